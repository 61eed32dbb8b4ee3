package plan

import (
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
		g := group{access[name], b.spread(name)}
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
		keys := append(b.rowKeys(kind.sharded), LayoutKey(b.tenant.BillingAccount))
		statements = append(statements, rowStatement(kind.sid, kind.actions, arns, keys))
	}
	return statements
}

// spread reports whether the tenant's rows of a table are spread over key shards.
func (b *tenantBuilder) spread(table string) bool {
	return b.contractTables[table].Sharded && len(b.partitionKeys) > 1
}

// rowKeys are the partition keys of the tenant's rows, in tables that are sharded or in those that are not.
func (b *tenantBuilder) rowKeys(sharded bool) []string {
	if sharded {
		return slices.Clone(b.partitionKeys)
	}
	return []string{b.tenant.BillingAccount}
}

// rowStatement allows actions on rows of tables with these partition keys.
func rowStatement(sid string, actions, arns, keys []string) iam.Statement {
	s := allow(sid, actions, arns)
	s.Condition = leadingKeys(keys)
	return s
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
		paths = append(paths, "_bulk", "_refresh")
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

// indexerStatements are what the platform's indexer needs beyond a function of the tenant: it alone creates
// the index, since the body of that request may name aliases. What it indexes are rows as they are, which it
// reads: a record of a stream says only which.
func (b *tenantBuilder) indexerStatements() []iam.Statement {
	statements := append(b.searchStatements(api.ReadWrite),
		allow("CreateIndex", []string{"es:ESHttpPut"}, []string{b.index()}))
	arns := map[bool][]string{}
	for _, t := range b.contract.Tables {
		if t.Search {
			arns[b.spread(t.Name)] = append(arns[b.spread(t.Name)], b.data.tableArn(t.Name))
		}
	}
	for _, kind := range []struct {
		sid     string
		sharded bool
	}{{"ReadIndexedRows", false}, {"ReadIndexedShardedRows", true}} {
		if len(arns[kind.sharded]) > 0 {
			slices.Sort(arns[kind.sharded])
			statements = append(statements, rowStatement(kind.sid, []string{"dynamodb:BatchGetItem"}, arns[kind.sharded], b.rowKeys(kind.sharded)))
		}
	}
	return statements
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
	putNew := "PutUploads"
	if slices.ContainsFunc(slices.Collect(maps.Keys(access)), func(f string) bool { return access[f].Writes() && !b.receives(f) }) {
		putNew = "PutNewUploads" // a Sid stands once in a policy
	}
	var statements []iam.Statement
	for _, kind := range []struct {
		sid, action string
		by          func(folder string) bool
		condition   iam.Condition
	}{
		{"GetUploads", "s3:GetObject", func(f string) bool { return access[f].Reads() }, nil},
		{"PutUploads", "s3:PutObject", func(f string) bool { return access[f].Writes() && !b.receives(f) }, nil},
		{putNew, "s3:PutObject", func(f string) bool { return access[f].Writes() && b.receives(f) }, ifNoneMatch("false")},
		{"DeleteUploads", "s3:DeleteObject", func(f string) bool { return access[f].Deletes() }, nil},
	} {
		var objects []string
		for _, folder := range slices.Sorted(maps.Keys(access)) {
			if kind.by(folder) {
				objects = append(objects, b.uploadObjects(folder))
			}
		}
		if len(objects) > 0 {
			s := allow(kind.sid, []string{kind.action}, objects)
			s.Condition = kind.condition
			statements = append(statements, s)
		}
	}
	return append(statements, b.denyOverwrites(access)...)
}

// receives reports whether an event's function works on what arrives in the folder. Browsers send to such a folder by
// signed requests, once for each key; what is there must not change while it is looked at. Into all other
// folders functions write themselves, and have to be able to do so again after a failure.
func (b *tenantBuilder) receives(folder string) bool {
	return slices.ContainsFunc(b.contract.Events, func(e api.Event) bool { return e.ObjectCreated == folder })
}

// denyOverwrites keeps the folders that receive as they are where a function may write to all of them: no
// statement can allow a prefix but for a part of it.
func (b *tenantBuilder) denyOverwrites(access map[string]api.Access) []iam.Statement {
	if !access[api.AllUploads].Writes() {
		return nil
	}
	var objects []string
	for _, e := range b.contract.Events {
		objects = append(objects, b.uploadObjects(e.ObjectCreated))
	}
	if len(objects) == 0 {
		return nil
	}
	slices.Sort(objects)
	return []iam.Statement{{
		Sid: "KeepUploads", Effect: iam.Deny, Action: []string{"s3:PutObject"}, Resource: slices.Compact(objects), Condition: ifNoneMatch("true"),
	}}
}

// uploadObjects are the objects of a folder.
func (b *tenantBuilder) uploadObjects(folder string) string {
	return b.scope.bucketArn(uploadsBucket) + "/" + b.folderPrefix(folder) + "*"
}

// ifNoneMatch holds for requests with the header If-None-Match, or with absent "true" for those without. S3 takes no other
// value than * in a write, and stores nothing then where an object is (Amazon S3 User Guide, "Enforce conditional
// writes on Amazon S3 buckets"). Uploads in parts have no such header where they begin, so they are refused.
func ifNoneMatch(absent string) iam.Condition {
	return iam.Condition{"Null": {"s3:if-none-match": {absent}}}
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
