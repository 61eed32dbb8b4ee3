package prove

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/cfn"
)

// stackReader is one stack while it is read.
type stackReader struct {
	*model
	stack    *cfn.Stack
	resolver *cfn.Resolver
	owner    string
	account  string
	env      cfn.Environment
	found    []*asset
}

// extract reads what the proof needs of one stack; nothing else of it is kept.
func (m *model) extract(s *cfn.Stack) []*asset {
	t := &stackReader{model: m, stack: s, resolver: cfn.NewResolver(s, cfn.Options{Imports: m.imports}), owner: m.stackOwner[s.Name]}
	env, err := cfn.ParseEnvironment(s.Environment)
	if err != nil {
		t.problem(Unresolved, Place{Stack: s.Name, File: s.File}, err)
	}
	t.env, t.account = env, env.Account
	t.stackAsset()
	for _, id := range t.resolver.Resources() {
		t.resource(id, s.Template.Resources[id].Type)
	}
	return t.found
}

// stackAsset is the stack itself, and makes its account known.
func (t *stackReader) stackAsset() {
	if t.account != "" {
		t.accounts[t.account] = true
	}
	t.asset("stack", fmt.Sprintf("arn:%s:cloudformation:%s:%s:stack/%s/*", or(t.env.Partition, "*"), or(t.env.Region, "*"), or(t.account, "*"), t.stack.Name),
		Place{Stack: t.stack.Name, File: t.stack.File})
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func (t *stackReader) problem(rule Rule, place Place, err error) {
	t.find(Finding{Rule: rule, Owner: t.owner, Place: place, Message: err.Error(), Fix: "mend the template: what cannot be resolved cannot be proved"})
}

func (t *stackReader) place(id, path string) Place {
	return Place{Stack: t.stack.Name, File: t.stack.File, LogicalID: id, Path: path}
}

// resource reads one resource.
func (t *stackReader) resource(id, kind string) {
	properties, err := t.resolver.Properties(id)
	if err != nil {
		t.problem(Unresolved, t.place(id, ""), err)
		return
	}
	t.declared(id, kind, properties)
	t.source(id, kind, properties)
	if kind != "AWS::ApiGateway::RestApi" && !strings.HasPrefix(kind, "AWS::IAM::") {
		t.references(id, kind, properties)
	}
	if t.owner != "" {
		t.lookups(id, properties)
	}
	if kind == "AWS::Route53::RecordSet" || kind == "AWS::Route53::RecordSetGroup" {
		t.record(id, kind, properties)
	}
	if read := readers[kind]; read != nil {
		read(t, id, properties)
	} else if !inert[kind] {
		t.unfamiliar(id, kind, properties)
	}
	if t.owner != "" && !strings.HasPrefix(kind, "AWS::IAM::") && kind != "AWS::ApiGateway::RestApi" || kind == "AWS::IAM::InstanceProfile" {
		t.roles(id, properties)
	}
}

// asset records what is to be protected.
func (t *stackReader) asset(kind, arn string, place Place) *asset {
	a := &asset{Asset: Asset{Kind: kind, Owner: t.owner, Arn: arn, Place: place}, arn: compile(arn, false), service: serviceOf(arn)}
	t.found = append(t.found, a)
	return a
}

// kindsOf names the assets of a type that has an ARN, where its last word would not do.
var kindsOf = map[string]string{
	"AWS::S3::Bucket": "bucket", "AWS::Lambda::Function": "function", "AWS::Logs::LogGroup": "log group",
	"AWS::OpenSearchService::Domain": "domain", "AWS::Elasticsearch::Domain": "domain",
}

// declared records a resource, and everything below it, as an asset.
func (t *stackReader) declared(id, kind string, properties map[string]any) {
	place := t.place(id, "")
	if kind == "AWS::ApiGateway::RestApi" {
		t.api(id, place)
		return
	}
	if arn, err := t.resolver.Arn(id); err == nil {
		t.declaredAs(kind, arn, properties, place)
	}
}

// declaredAs records a resource by its ARN.
func (t *stackReader) declaredAs(kind, arn string, properties map[string]any, place Place) {
	if !strings.HasPrefix(arn, "arn:") {
		return
	}
	arn = strings.TrimSuffix(arn, ":*")
	name := kindsOf[kind]
	if name == "" {
		name = strings.ToLower(kind[strings.LastIndexByte(kind, ':')+1:])
	}
	switch kind {
	case "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable":
		t.table(arn, properties, place)
		for _, replica := range items(properties["Replicas"]) {
			parts := strings.SplitN(arn, ":", 5)
			if region := text(object(replica)["Region"]); len(parts) == 5 && region != "" && region != parts[3] {
				parts[3] = region
				t.table(strings.Join(parts, ":"), properties, place)
			}
		}
		return
	case "AWS::S3::Bucket":
		t.asset(name, arn, place)
		t.asset("object", arn+"/*", place)
		return
	}
	t.asset(name, arn, place)
	t.asset(name+" path", arn+"/*", place)
	t.asset(name+" version", arn+":*", place)
}

func (t *stackReader) api(id string, place Place) {
	name, err := t.resolver.Name(id)
	if err != nil {
		return
	}
	partition, region := or(t.env.Partition, "*"), or(t.env.Region, "*")
	t.asset("API stage", fmt.Sprintf("arn:%s:execute-api:%s:%s:%s/*", partition, region, or(t.account, "*"), name), place)
	t.asset("API", fmt.Sprintf("arn:%s:apigateway:%s::/restapis/%s", partition, region, name), place)
	t.asset("API path", fmt.Sprintf("arn:%s:apigateway:%s::/restapis/%s/*", partition, region, name), place)
}

// table has rows, indices, streams, backups, exports and imports. dynamodb:LeadingKeys of
// an index are the index's partition keys, so they tell tenants apart only where these are
// the table's (DynamoDB Developer Guide, "Using IAM policy conditions for fine-grained
// access control").
func (t *stackReader) table(arn string, properties map[string]any, place Place) {
	hash := hashKey(properties)
	table := t.asset("table", arn, place)
	table.split, table.partitionKey = true, hash
	for _, property := range []string{"GlobalSecondaryIndexes", "LocalSecondaryIndexes"} {
		for _, item := range items(properties[property]) {
			index, _ := item.(map[string]any)
			a := t.asset("index", arn+"/index/"+text(index["IndexName"]), place)
			a.split, a.partitionKey = hash != "" && hashKey(index) == hash, hashKey(index)
		}
	}
	t.asset("index", arn+"/index/"+unnamed, place)
	for _, kind := range []string{"stream", "backup", "export", "import"} {
		t.asset(kind, arn+"/"+kind+"/*", place)
	}
}

func hashKey(properties map[string]any) string {
	for _, item := range items(properties["KeySchema"]) {
		if key, _ := item.(map[string]any); text(key["KeyType"]) == "HASH" {
			return text(key["AttributeName"])
		}
	}
	return ""
}

func items(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

func text(value any) string {
	s, _ := value.(string)
	return s
}

func object(value any) map[string]any {
	m, _ := value.(map[string]any)
	return m
}

func texts(value any) []string {
	var out []string
	for _, v := range items(value) {
		out = append(out, text(v))
	}
	return out
}

// policy reads a document; what is wrong with it is a finding, and the rest is judged.
func (t *stackReader) policy(value any, kind iam.Kind, place Place) attached {
	if s, ok := value.(string); ok {
		var decoded any
		if err := json.Unmarshal([]byte(s), &decoded); err != nil {
			t.problem(InvalidPolicy, place, fmt.Errorf("the policy is a text that is no JSON: %w", err))
		}
		value = decoded
	}
	document, err := iam.Decode(value, kind)
	if err != nil {
		t.invalid(document, err, place)
	}
	return attached{document: document, place: place}
}

func (t *stackReader) invalid(document iam.Document, err error, place Place) {
	problems, ok := err.(iam.Problems)
	if !ok {
		t.problem(InvalidPolicy, place, err)
		return
	}
	for _, p := range problems {
		at := place
		at.Path = strings.TrimSuffix(place.Path+"."+p.Path, ".")
		var index int
		if _, err := fmt.Sscanf(p.Path, "Statement[%d]", &index); err == nil && index < len(document.Statement) {
			at.Sid = document.Statement[index].Sid
		}
		t.find(Finding{
			Rule: InvalidPolicy, Owner: t.owner, Place: at, Message: p.Message,
			Fix: "correct it: AWS refuses such a policy, or ignores the condition and leaves it open",
		})
	}
}

func isRoleArn(s string) bool {
	return strings.HasPrefix(s, "arn:") && serviceOf(s) == "iam" && strings.Contains(s, ":role/")
}
