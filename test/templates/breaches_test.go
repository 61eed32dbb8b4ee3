package templates

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/plan"
)

// breachOf is a tenant whose template is edited so that it reaches another one's.
type breachOf struct {
	own, other plan.Tenant
	// resources are the properties of the own stack by logical id, and types those of added ones.
	resources map[string]map[string]any
	types     map[string]string
}

// breach is an edit of a tenant's template.
type breach struct {
	name string
	// plant says in which resource it is to be found, and nothing where it breaks nothing.
	plant func(b *breachOf) string
}

// plant edits a copy of the assembly.
func (b *breachOf) plant(t *testing.T, assembly *cfn.Assembly, breach breach) (*cfn.Assembly, string) {
	t.Helper()
	out := &cfn.Assembly{Dir: assembly.Dir, Stacks: append([]cfn.Stack(nil), assembly.Stacks...)}
	for i := range out.Stacks {
		s := &out.Stacks[i]
		if s.Name != b.own.Stack {
			continue
		}
		b.resources, b.types = map[string]map[string]any{}, map[string]string{}
		for id, r := range s.Template.Resources {
			properties := map[string]any{}
			if len(r.Properties) > 0 {
				if err := json.Unmarshal(r.Properties, &properties); err != nil {
					t.Fatal(err)
				}
			}
			b.resources[id] = properties
		}
		id := breach.plant(b)
		resources := maps.Clone(s.Template.Resources)
		for id, properties := range b.resources {
			encoded, err := json.Marshal(properties)
			if err != nil {
				t.Fatal(err)
			}
			r := resources[id]
			if b.types[id] != "" {
				r.Type = b.types[id]
			}
			r.Properties = encoded
			resources[id] = r
		}
		s.Template.Resources = resources
		return out, id
	}
	t.Fatalf("no stack %s", b.own.Stack)
	return nil, ""
}

// policy of a role.
func (b *breachOf) policy(role string) map[string]any {
	return b.resources[role]["Policies"].([]any)[0].(map[string]any)["PolicyDocument"].(map[string]any)
}

// allow adds a statement to the reader's policy.
func (b *breachOf) allow(action, resource string) string {
	d := b.policy("ReaderRole")
	d["Statement"] = append(d["Statement"].([]any), map[string]any{"Effect": "Allow", "Action": action, "Resource": resource})
	return "ReaderRole"
}

// letIn adds a principal to the policy of the uploads bucket.
func (b *breachOf) letIn(statement map[string]any) string {
	d := b.resources["UploadsBucketPolicy"]["PolicyDocument"].(map[string]any)
	statement["Effect"], statement["Action"], statement["Resource"] = "Allow", "s3:GetObject", b.own.Uploads.Arn+"/*"
	d["Statement"] = append(d["Statement"].([]any), statement)
	return "UploadsBucketPolicy"
}

func (b *breachOf) operation(path, method string) map[string]any {
	paths := b.resources["RestApi"]["Body"].(map[string]any)["paths"].(map[string]any)
	for p, item := range paths {
		if strings.HasSuffix(p, path) {
			return item.(map[string]any)[method].(map[string]any)
		}
	}
	return nil
}

func (b *breachOf) table(t plan.Tenant) string {
	scope := t.Stack
	for _, f := range t.Functions {
		if name := f.Environment["TABLE_KITTENS"]; name != "" {
			scope = name
		}
	}
	return "arn:" + t.Environment.Partition + ":dynamodb:" + t.Environment.Region + ":" + t.Environment.Account + ":table/" + scope
}

func otherRole(b *breachOf) string { return b.other.Roles[0].Arn }

// breaches reach from one tenant to another, whose template need not be there.
var breaches = []breach{
	{"rows without a condition", func(b *breachOf) string {
		if len(b.own.Tables) > 0 {
			return "" // all rows are the tenant's
		}
		for _, s := range b.policy("ReaderRole")["Statement"].([]any) {
			delete(s.(map[string]any), "Condition")
		}
		return "ReaderRole"
	}},
	{"rows of the other's key", func(b *breachOf) string {
		if len(b.own.Tables) > 0 {
			return ""
		}
		for _, s := range b.policy("ReaderRole")["Statement"].([]any) {
			if c, ok := s.(map[string]any)["Condition"].(map[string]any); ok {
				c["ForAllValues:StringEquals"] = map[string]any{"dynamodb:LeadingKeys": []any{b.own.BillingAccount, b.other.BillingAccount}}
			}
		}
		return "ReaderRole"
	}},
	{"a scan", func(b *breachOf) string { return b.allow("dynamodb:Scan", b.table(b.other)) }},
	{"an index of a table", func(b *breachOf) string { return b.allow("dynamodb:Query", b.table(b.other)+"/index/*") }},
	{"a stream", func(b *breachOf) string { return b.allow("dynamodb:GetRecords", b.table(b.other)+"/stream/*") }},
	{"another's bucket", func(b *breachOf) string { return b.allow("s3:GetObject", b.other.Uploads.Arn+"/*") }},
	{"another's site", func(b *breachOf) string { return b.allow("s3:PutObject", b.other.Web.Bucket.Arn+"/index.html") }},
	{"every bucket", func(b *breachOf) string { return b.allow("s3:GetObject", "*") }},
	{"another's function", func(b *breachOf) string { return b.allow("lambda:InvokeFunction", b.other.Functions[0].Arn) }},
	{"another's log", func(b *breachOf) string { return b.allow("logs:FilterLogEvents", b.other.LogGroups[0].Arn+":*") }},
	{"another's role", func(b *breachOf) string { return b.allow("sts:AssumeRole", otherRole(b)) }},
	{"another's API", func(b *breachOf) string {
		return b.allow("execute-api:Invoke", "arn:aws:execute-api:"+b.other.Environment.Region+":"+b.other.Environment.Account+":*")
	}},
	{"the name of another index", func(b *breachOf) string {
		if b.own.Domain != nil {
			return "" // all indices are the tenant's
		}
		for _, s := range b.policy("ReaderRole")["Statement"].([]any) {
			if s := s.(map[string]any); s["Sid"] == "UseIndex" {
				base := s["Resource"].([]any)[0].(string)
				return b.allow("es:ESHttpPut", base[:strings.LastIndexByte(base, '/')]+"/_alias/x")
			}
		}
		return ""
	}},
	{"a function with another's role", func(b *breachOf) string {
		b.resources["KittensGetFn"]["Role"] = otherRole(b)
		return "KittensGetFn"
	}},
	{"a method of another's function", func(b *breachOf) string {
		uri := "arn:aws:apigateway:" + b.other.Environment.Region + ":lambda:path/2015-03-31/functions/" + b.other.Functions[0].Arn + "/invocations"
		b.operation("/kittens", "get")["x-amazon-apigateway-integration"].(map[string]any)["uri"] = uri
		return "RestApi"
	}},
	{"an open method", func(b *breachOf) string {
		delete(b.operation("/kittens", "get"), "security")
		return "RestApi"
	}},
	{"a bucket that lets another in", func(b *breachOf) string {
		return b.letIn(map[string]any{"Principal": map[string]any{"AWS": otherRole(b)}})
	}},
	{"a bucket that lets in whoever is in the account", func(b *breachOf) string {
		if b.own.Environment.Account != b.other.Environment.Account {
			return "" // nobody else need be in it
		}
		return b.letIn(map[string]any{
			"Principal": map[string]any{"Service": "lambda.amazonaws.com"},
			"Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": b.own.Environment.Account}},
		})
	}},
	{"a role that another becomes", func(b *breachOf) string {
		b.resources["ReaderRole"]["AssumeRolePolicyDocument"] = map[string]any{"Version": "2012-10-17", "Statement": []any{
			map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": otherRole(b)}, "Action": "sts:AssumeRole"},
		}}
		return "ReaderRole"
	}},
	{"a policy for another's role", func(b *breachOf) string {
		if b.own.Environment.Account != b.other.Environment.Account {
			return "" // no role of that name is in the account
		}
		b.types["Planted"] = "AWS::IAM::RolePolicy"
		b.resources["Planted"] = map[string]any{"PolicyName": "planted", "RoleName": b.other.Roles[0].Name, "PolicyDocument": map[string]any{
			"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Action": "s3:GetObject", "Resource": b.own.Uploads.Arn + "/*"}},
		}}
		return "Planted"
	}},
	{"a function with the role of the indexer", func(b *breachOf) string {
		if b.own.Indexer == nil || b.own.Domain != nil {
			return "" // it may create no index of a shared domain
		}
		b.resources["KittensGetFn"]["Role"] = b.resources["IndexerFn"]["Role"]
		return "IndexerRole"
	}},
	{"a public bucket", func(b *breachOf) string {
		b.resources["UploadsBucket"]["PublicAccessBlockConfiguration"] = map[string]any{}
		return "UploadsBucket"
	}},
	{"another's host name", func(b *breachOf) string {
		b.resources["RecordA"]["Name"] = b.other.Web.Host
		return "RecordA"
	}},
	{"another's name of a queue", func(b *breachOf) string {
		b.types["Planted"] = "AWS::SQS::Queue"
		name, _, _ := strings.Cut(b.other.Functions[0].Name, b.other.Functions[0].LogicalID[:1])
		if !strings.HasSuffix(name, "_") {
			return ""
		}
		b.resources["Planted"] = map[string]any{"QueueName": name + "Planted"}
		return "Planted"
	}},
	{"another's bucket, told of objects", func(b *breachOf) string {
		b.types["Planted"] = "AWS::Logs::SubscriptionFilter"
		b.resources["Planted"] = map[string]any{"LogGroupName": b.other.LogGroups[0].Name, "FilterPattern": "", "DestinationArn": b.own.Functions[0].Arn}
		return "Planted"
	}},
}
