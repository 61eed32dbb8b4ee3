package plan

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/iam"
)

// Item actions that carry dynamodb:LeadingKeys. Scan, PartiQL and the control plane
// do not, so no function may use them (DynamoDB Developer Guide, "Using IAM policy
// conditions for fine-grained access control").
var (
	readActions      = []string{"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"}
	readWriteActions = []string{
		"dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem",
		"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
	}
)

// leadingKeys limits a statement to rows with exactly these partition keys.
//
// ForAllValues alone is true when a request carries no key at all and when it carries
// an empty list; the other two operators exclude both (IAM User Guide, "Multivalued
// context keys").
func leadingKeys(values []string) iam.Condition {
	const key = "dynamodb:LeadingKeys"
	return iam.Condition{
		"ForAllValues:StringEquals": {key: values},
		"ForAnyValue:StringLike":    {key: {"*"}},
		"Null":                      {key: {"false"}},
	}
}

func allow(sid string, actions, resources []string) iam.Statement {
	return iam.Statement{Sid: sid, Effect: iam.Allow, Action: actions, Resource: resources}
}

// trust lets one AWS service assume a role.
func trust(service string) iam.Document {
	return iam.NewDocument(iam.Statement{
		Effect: iam.Allow, Principal: map[string][]string{"Service": {service}}, Action: []string{"sts:AssumeRole"},
	})
}

// grants are the statements that let a function of the tenant use what g says.
func (b *tenantBuilder) grants(g api.Grants) []iam.Statement {
	statements := b.tableStatements(g.Tables)
	statements = append(statements, b.searchStatements(g.Search)...)
	return append(statements, b.uploadStatements(g.Uploads)...)
}

// tableStatements has one statement for all tables with the same access and the same keys.
func (b *tenantBuilder) tableStatements(access map[string]api.Access) []iam.Statement {
	type group struct {
		access  api.Access
		sharded bool
	}
	groups := map[group][]string{}
	for _, name := range slices.Sorted(maps.Keys(access)) {
		sharded := b.contractTables[name].Sharded && len(b.partitionKeys) > 1
		g := group{access[name], sharded}
		groups[g] = append(groups[g], b.data.tableArn(name))
	}
	var statements []iam.Statement
	for _, kind := range []struct {
		group
		sid     string
		actions []string
	}{
		{group{api.Read, false}, "ReadRows", readActions},
		{group{api.Read, true}, "ReadShardedRows", readActions},
		{group{api.ReadWrite, false}, "ReadWriteRows", readWriteActions},
		{group{api.ReadWrite, true}, "ReadWriteShardedRows", readWriteActions},
	} {
		arns := groups[kind.group]
		if len(arns) == 0 {
			continue
		}
		keys := []string{b.tenant.BillingAccount}
		if kind.sharded {
			keys = b.partitionKeys
		}
		s := allow(kind.sid, kind.actions, arns)
		s.Condition = leadingKeys(append(slices.Clone(keys), LayoutKey(b.tenant.BillingAccount)))
		statements = append(statements, s)
	}
	return statements
}

// searchStatements cover the tenant's own index. IAM sees the method and the path of a
// request and nothing of its body (OpenSearch Service Developer Guide, "Identity and
// Access Management"), so each path is named: below an index there are also _alias, which
// could take the name of another account's index, and _settings. Reading is POST where
// the path says that it searches.
func (b *tenantBuilder) searchStatements(access api.Access) []iam.Statement {
	var paths []string
	if access == api.Read || access == api.ReadWrite {
		paths = append(paths, "_count", "_search")
	}
	write := access == api.Write || access == api.ReadWrite
	if write {
		paths = append(paths, "_bulk", "_delete_by_query", "_refresh")
	}
	if len(paths) == 0 {
		return nil
	}
	statements := []iam.Statement{allow("UseIndex", []string{"es:ESHttpPost"}, b.indexPaths(paths...))}
	if write {
		statements = append(statements, allow("MapIndex", []string{"es:ESHttpPut"}, b.indexPaths("_mapping")))
	}
	return statements
}

// indexerStatements are what the platform's indexer needs beyond a function of the tenant:
// it alone creates the index, since the body of that request may name aliases.
func (b *tenantBuilder) indexerStatements() []iam.Statement {
	return append(b.searchStatements(api.ReadWrite),
		allow("CreateIndex", []string{"es:ESHttpPut"}, []string{b.index()}))
}

// index is the ARN of the tenant's index.
func (b *tenantBuilder) index() string {
	return b.search.domainArn() + "/" + b.tenant.BillingAccount
}

// indexPaths are ARNs below the index, sorted.
func (b *tenantBuilder) indexPaths(paths ...string) []string {
	slices.Sort(paths)
	arns := make([]string, len(paths))
	for i, path := range paths {
		arns[i] = b.index() + "/" + path
	}
	return arns
}

// uploadStatements name the folders, so that what a function may send is not what another
// one may show.
func (b *tenantBuilder) uploadStatements(access map[string]api.Access) []iam.Statement {
	var statements []iam.Statement
	for _, kind := range []struct {
		sid, action string
		by          func(api.Access) bool
	}{
		{"GetUploads", "s3:GetObject", api.Access.Reads},
		{"PutUploads", "s3:PutObject", api.Access.Writes},
		{"DeleteUploads", "s3:DeleteObject", api.Access.Deletes},
	} {
		var objects []string
		for _, folder := range slices.Sorted(maps.Keys(access)) {
			if kind.by(access[folder]) {
				objects = append(objects, b.scope.bucketArn(uploadsBucket)+"/"+b.folderPrefix(folder)+"*")
			}
		}
		if len(objects) > 0 {
			statements = append(statements, allow(kind.sid, []string{kind.action}, objects))
		}
	}
	return statements
}

// runtime is what every function needs to write its log and its trace. X-Ray has no
// resources to name (Service Authorization Reference, "AWS X-Ray").
func runtime(groups ...LogGroup) []iam.Statement {
	var arns []string
	for _, g := range groups {
		arns = append(arns, g.Arn+":*")
	}
	slices.Sort(arns)
	return []iam.Statement{
		allow("WriteLogs", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, slices.Compact(arns)),
		allow("WriteTraces", []string{"xray:PutTelemetryRecords", "xray:PutTraceSegments"}, []string{"*"}),
	}
}

// maxInlinePolicy is the number of characters, white space not counted, of all inline
// policies of a role (IAM User Guide, "IAM and AWS STS quotas").
const maxInlinePolicy = 10240

func checkPolicySize(r Role) error {
	size, err := r.Policy.Size()
	if err != nil {
		return err
	}
	if size > maxInlinePolicy {
		return fmt.Errorf("plan role %s: its policy has %d characters; IAM allows %d: use fewer tables, packages or key shards in one role", r.Name, size, maxInlinePolicy)
	}
	return nil
}
