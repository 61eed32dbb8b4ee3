package prove

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/internal/prove/declared"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/registry"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// elsewhere is something of an account that no template is for.
const elsewhere = "arn:aws:%s:eu-central-1:999999999999:foreign"

// foreignValues are what an edit puts into a property of a judgement, each something of another tenant's, or
// of nobody who is known.
func foreignValues(n *declared.Node) []any {
	open := map[string]any{"Version": "2012-10-17", "Statement": []any{letIn("*", "*", "*")}}
	document, err := json.Marshal(open)
	if err != nil {
		panic(err)
	}
	switch n.Judgement {
	case declared.Names:
		values := []any{fmt.Sprintf(elsewhere, "sns")}
		if named := foreignNames[n.Args[0]]; named != "" {
			values = append(values, named)
		}
		return values
	case declared.Role:
		return []any{
			"arn:aws:iam::999999999999:role/foreign",
			"admin",
			"arn:aws:iam::111111111111:role/kittens/tenant/tabby-cafe/kittens_tenant_tabby-cafe_Reader_eu-central-1",
		}
	case declared.Policy:
		if n.Args[0] == "identity" {
			open["Statement"] = []any{allow("dynamodb:Scan", kittens)}
			document, _ = json.Marshal(open)
		}
		return []any{open, string(document), "no document"}
	case declared.Host:
		return []any{"tabby-cafe.example.com", "*.example.com"}
	case declared.Mention:
		return []any{tabbyFn, map[string]any{"of": tabbyFn}, []any{"all of " + tabbyFn}}
	case declared.JSON:
		return []any{`{"foreign": "` + tabbyFn + `"}`, map[string]any{"foreign": tabbyFn}, "no JSON", `"{}"`}
	case declared.Read, declared.Refused:
		return []any{map[string]any{"foreign": tabbyFn}, tabbyFn}
	case declared.Must, declared.Only:
		return []any{"foreign"}
	default:
		return []any{"foreign"}
	}
}

// judgedValues are foreign values where "foreign" is none.
var judgedValues = map[string]any{
	"AWS::Cognito::UserPoolDomain Domain":    "tabby-cafe.example.com",
	"AWS::CloudFront::Function FunctionCode": "import cf from 'cloudfront'; function handler(e) { return e.request; }",
}

// foreignNames are another tenant's things by the kinds of what is named.
var foreignNames = map[string]string{
	"bucket": tabbyUploads, "function": tabbyFn, "log-group": "/kittens/tenant/tabby-cafe/kittens", "table": "kittens_tenant_purrfect-bank_kittens",
	"queue": "https://sqs.eu-central-1.amazonaws.com/111111111111/kittens_cell_eu-1_IndexerDeadLetters", "host": tabbyUploads + s3Host,
	"id": "a1b2c3d4e5", "api": "a1b2c3d4e5", "image": "999999999999.dkr.ecr.eu-central-1.amazonaws.com/foreign:1", "parameter": "/kittens/tenant/tabby-cafe/distribution",
}

// bases are resources that edits are made to, where a judgement is about several properties.
var bases = map[string]map[string]any{
	"AWS::ApiGateway::Authorizer": {
		"Type":                         "REQUEST",
		"AuthorizerUri":                invoke("AuthorizerFn"),
		"RestApiId":                    map[string]any{"Ref": "RestApi"},
		"IdentitySource":               "method.request.header.Authorization, context.httpMethod, context.resourcePath",
		"AuthorizerResultTtlInSeconds": 60,
		"AuthorizerCredentials":        getAtt("ApiGatewayRole", "Arn"),
	},
	"AWS::ApiGateway::Method": {
		"HttpMethod":        "GET",
		"AuthorizationType": "CUSTOM",
		"RestApiId":         map[string]any{"Ref": "RestApi"},
		"Integration":       map[string]any{"Type": "AWS_PROXY", "Uri": invoke("KittensGetFn")},
	},
	"AWS::ApiGatewayV2::Authorizer": {"AuthorizerType": "REQUEST", "AuthorizerUri": invoke("AuthorizerFn"),
		"IdentitySource": []any{"$request.header.Authorization", "$context.routeKey"}, "AuthorizerResultTtlInSeconds": 60},
	"AWS::IAM::Policy": {
		"PolicyName":     "p",
		"Roles":          []any{map[string]any{"Ref": "ReaderRole"}},
		"PolicyDocument": nothing,
	},
	"AWS::IAM::ManagedPolicy": {"Roles": []any{map[string]any{"Ref": "ReaderRole"}}, "PolicyDocument": nothing},
	"AWS::IAM::RolePolicy": {
		"PolicyName":     "p",
		"RoleName":       map[string]any{"Ref": "ReaderRole"},
		"PolicyDocument": nothing,
	},
	"AWS::IAM::UserPolicy": {"PolicyName": "p", "UserName": "nobody", "PolicyDocument": nothing},
	"AWS::IAM::User":       {"Policies": []any{map[string]any{"PolicyName": "p", "PolicyDocument": nothing}}},
	"AWS::ApiGatewayV2::Integration": {
		"IntegrationType":      "AWS_PROXY",
		"IntegrationUri":       getAtt("KittensGetFn", "Arn"),
		"PayloadFormatVersion": "2.0",
	},
	"AWS::ApiGatewayV2::Route": {
		"RouteKey":            "GET /kittens",
		"AuthorizationType":   "JWT",
		"AuthorizationScopes": []any{"account:12345"},
	},
}

// nothing is a policy that allows nothing.
var nothing = map[string]any{"Version": "2012-10-17", "Statement": []any{}}

// invoke is the URI by which API Gateway calls a function.
func invoke(function string) any {
	return map[string]any{
		"Fn::Sub": "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/${" + function + ".Arn}/invocations",
	}
}

// elsewhereJudged are properties that are judged with others, of which what the edit makes of them is right, and why.
var elsewhereJudged = map[string]string{
	"AWS::CloudFront::Distribution DistributionConfig.OriginGroups.Items.Members.Items.OriginId": "no behavior of the base names a group; TestMutations edits one",
	"AWS::ApiGatewayV2::Authorizer JwtConfiguration.Issuer":                                      "the base has no JWT authorizer; TestMutations edits one",
	"AWS::CloudFront::Distribution DistributionConfig.DefaultCacheBehavior.CachePolicyId":        "what the default behavior answers is public",
}

// clone of a resource's properties.
func clone(t *testing.T, raw json.RawMessage) map[string]any {
	t.Helper()
	properties := map[string]any{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &properties); err != nil {
			t.Fatal(err)
		}
	}
	return properties
}

// put a value at a path of names, into the first element of the lists on the way.
func put(at map[string]any, path []string, value any) {
	name := path[0]
	if name == "*" {
		name = "foreign"
	}
	if len(path) == 1 {
		at[name] = value
		return
	}
	next := at[name]
	if list, isList := next.([]any); isList && len(list) > 0 {
		next = list[0]
	}
	object, isObject := next.(map[string]any)
	if !isObject {
		object = map[string]any{}
		at[name] = object
	} else if _, isIntrinsic := object["Fn::GetAtt"]; isIntrinsic || object["Ref"] != nil || object["Fn::Join"] != nil {
		object = map[string]any{}
		at[name] = object
	}
	put(object, path[1:], value)
}

// judge is the node that judges a path: its own, or one above it that takes a value of any form.
func judge(n *declared.Node, path []string) *declared.Node {
	for _, name := range path {
		if n.Judgement.TakesAny() {
			return n
		}
		if n = n.Child(name); n == nil {
			return nil
		}
	}
	return n
}

// host is a stack and a resource of a type to edit; if none is shipped, one of the tenant's with what it has to
// have alone.
func host(t *testing.T, assembly *cfn.Assembly, kind string) (stack string, base map[string]any) {
	t.Helper()
	if base := bases[kind]; base != nil {
		return awesome, base
	}
	for _, name := range []string{awesome, bank} {
		for _, s := range assembly.Stacks {
			for _, id := range slices.Sorted(maps.Keys(s.Template.Resources)) {
				if r := s.Template.Resources[id]; s.Name == name && r.Type == kind {
					return name, clone(t, r.Properties)
				}
			}
		}
	}
	base = map[string]any{}
	declared.Lookup(kind).Properties.Each(func(path string, n *declared.Node) {
		if n.Judgement == declared.Must {
			put(base, strings.Split(path, "."), n.Args[1])
		}
	})
	return awesome, base
}

// withResources is the assembly with further resources in a stack.
func withResources(
	t *testing.T,
	assembly *cfn.Assembly,
	stack, kind string,
	all map[string]map[string]any,
) *cfn.Assembly {
	t.Helper()
	out := selected(assembly, cell, awesome, tabby, bank)
	for i, s := range out.Stacks {
		if s.Name != stack {
			continue
		}
		resources := maps.Clone(s.Template.Resources)
		for id, properties := range all {
			encoded, err := json.Marshal(properties)
			if err != nil {
				t.Fatal(err)
			}
			resources[id] = cfn.Resource{
				Type:                kind,
				Properties:          encoded,
				DeletionPolicy:      "Retain",
				UpdateReplacePolicy: "Retain",
			}
		}
		out.Stacks[i].Template.Resources = resources
	}
	return out
}

// found are the findings by the logical ids of the resources.
func found(t *testing.T, assembly *cfn.Assembly, ownership owners.Ownership) map[string][]report.Finding {
	t.Helper()
	got, err := Prove(assembly, ownership)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]report.Finding{}
	for _, f := range got.Findings {
		out[f.Place.LogicalID] = append(out[f.Place.LogicalID], f)
	}
	return out
}

// isNew says whether a resource has a finding that the unedited one does not.
func isNew(edited, base []report.Finding) bool {
	same := func(f report.Finding) string {
		return fmt.Sprint(
			f.Rule,
			f.Place.Path,
			f.Place.Sid,
			strings.ReplaceAll(f.Message, f.Place.LogicalID, "the resource"),
		)
	}
	return slices.ContainsFunc(edited, func(f report.Finding) bool {
		return !slices.ContainsFunc(base, func(g report.Finding) bool { return same(f) == same(g) })
	})
}

// propertyEdit is one value for one property.
type propertyEdit struct {
	path     string
	value    any
	harmless bool
}

// editsOf a type: for every property of the registry foreign values, and for those that are texts, numbers and
// switches an object too, which no declaration of such covers.
func editsOf(t *testing.T, r *registry.Registry, kind *declared.Type) []propertyEdit {
	t.Helper()
	leaves, err := r.Leaves(kind.Name)
	if err != nil {
		t.Fatal(err)
	}
	var out []propertyEdit
	for _, leaf := range leaves {
		if v := judgedValues[kind.Name+" "+leaf.Path]; v != nil {
			out = append(out, propertyEdit{leaf.Path, v, false})
			continue
		}
		n := judge(kind.Properties, strings.Split(leaf.Path, "."))
		if n == nil || n.Judgement == "" {
			continue // TestSchemas of package declared finds it
		}
		harmless := n.Judgement.IsHarmless() || n.Judgement == declared.Name
		for _, v := range foreignValues(n) {
			out = append(out, propertyEdit{leaf.Path, v, harmless})
		}
		if !n.Judgement.TakesAny() && n.Judgement != declared.JSON {
			out = append(out, propertyEdit{leaf.Path, map[string]any{"Foreign": tabbyFn}, false})
		}
	}
	return out
}

// TestEveryProperty edits every property of every declared type to something foreign: it is caught, or the
// property is declared harmless and nothing is found.
func TestEveryProperty(t *testing.T) {
	venv := os.Getenv("TENANTSTACK_VENV")
	if venv == "" {
		t.Skip("TENANTSTACK_VENV is not set: make test installs cfn-lint and sets it")
	}
	r, err := registry.Open(venv)
	if err != nil {
		t.Fatal(err)
	}
	assembly, ownership := shipped(t)
	caught, harmless, judged := 0, 0, 0
	for _, kind := range declared.Types() {
		if strings.HasPrefix(kind.Name, "AWS::CDK::") {
			continue
		}
		stack, base := host(t, assembly, kind.Name)
		encoded, err := json.Marshal(base)
		if err != nil {
			t.Fatal(err)
		}
		edits := editsOf(t, r, kind)
		all := map[string]map[string]any{"Unedited": base}
		for i, e := range edits {
			properties := clone(t, encoded)
			put(properties, strings.Split(e.path, "."), e.value)
			all[fmt.Sprintf("Edited%d", i)] = properties
		}
		findings := found(t, withResources(t, assembly, stack, kind.Name, all), ownership)
		for i, e := range edits {
			switch is := isNew(findings[fmt.Sprintf("Edited%d", i)], findings["Unedited"]); {
			case is && !e.harmless:
				caught++
			case !is && e.harmless:
				harmless++
			case elsewhereJudged[kind.Name+" "+e.path] != "" && !is:
				judged++
			case is:
				t.Errorf(
					"%s %s is declared harmless, and %v is found: %s",
					kind.Name,
					e.path,
					e.value,
					findings[fmt.Sprintf("Edited%d", i)][0].Message,
				)
			default:
				t.Errorf("%s %s: nothing found with %v", kind.Name, e.path, e.value)
			}
		}
	}
	t.Logf(
		"%d types: %d edits caught, %d of properties that are declared harmless, %d judged elsewhere",
		len(declared.Types()),
		caught,
		harmless,
		judged,
	)
}

// TestEveryType adds a resource of every type of the registry that is not declared to a tenant's stack, and to
// the platform's: each is not understood.
func TestEveryType(t *testing.T) {
	venv := os.Getenv("TENANTSTACK_VENV")
	if venv == "" {
		t.Skip("TENANTSTACK_VENV is not set: make test installs cfn-lint and sets it")
	}
	r, err := registry.Open(venv)
	if err != nil {
		t.Fatal(err)
	}
	assembly, ownership := shipped(t)
	for _, stack := range []string{awesome, cell} {
		planted, types := selected(assembly, cell, awesome), map[string]string{}
		for i, s := range planted.Stacks {
			if s.Name != stack {
				continue
			}
			resources := maps.Clone(s.Template.Resources)
			for j, kind := range r.Types() {
				if declared.Lookup(kind) == nil {
					id := fmt.Sprintf("Added%d", j)
					types[id] = kind
					resources[id] = cfn.Resource{Type: kind}
				}
			}
			planted.Stacks[i].Template.Resources = resources
		}
		findings := found(t, planted, ownership)
		for id, kind := range types {
			if !slices.ContainsFunc(findings[id], func(f report.Finding) bool {
				return f.Rule == report.NotUnderstood && strings.Contains(f.Message, kind+" ") && f.Fix != ""
			}) {
				t.Errorf("%s in %s: %+v", kind, stack, findings[id])
			}
		}
		t.Logf("%d types of the registry that are not declared are not understood in %s", len(types), stack)
	}
}
