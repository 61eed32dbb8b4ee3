package plan_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/tenant"
)

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// Every method of every path calls the function of its operation behind the authorizer;
// OPTIONS alone is a mock without either.
func TestEveryMethodIsAuthorized(t *testing.T) {
	f, c := shipped(t)
	p := build(t, f, c, plan.Selection{})
	for _, x := range p.Tenants {
		methods := 0
		for path, item := range object(x.API.Body["paths"]) {
			for method, v := range object(item) {
				m := object(v)
				integration := object(m["x-amazon-apigateway-integration"])
				where := fmt.Sprintf("%s %s %s", x.ID, method, path)
				if method == "options" {
					if integration["type"] != "mock" || m["security"] != nil {
						t.Errorf("%s: integration %v, security %v", where, integration["type"], m["security"])
					}
					continue
				}
				methods++
				if diff := cmp.Diff([]any{map[string]any{"oauth2": []any{}}}, m["security"]); diff != "" {
					t.Errorf("%s: security: %s", where, diff)
				}
				id, _ := m["operationId"].(string)
				i := slices.IndexFunc(x.Functions, func(f plan.Function) bool { return f.Handler == id })
				if i < 0 {
					t.Errorf("%s: no function for %q", where, id)
					continue
				}
				if uri, _ := integration["uri"].(string); !strings.Contains(uri, "/functions/"+x.Functions[i].Arn+"/invocations") {
					t.Errorf("%s: integration calls %s", where, uri)
				}
				if integration["credentials"] != role(t, x, "ApiGatewayRole").Arn {
					t.Errorf("%s: credentials are %v", where, integration["credentials"])
				}
			}
		}
		if methods != len(c.Operations) {
			t.Errorf("%s: %d methods, want %d", x.ID, methods, len(c.Operations))
		}
		scheme := object(object(object(x.API.Body["components"])["securitySchemes"])["oauth2"])
		authorizer := object(scheme["x-amazon-apigateway-authorizer"])
		if want := "method.request.header.Authorization, context.httpMethod, context.resourcePath"; authorizer["identitySource"] != want || authorizer["type"] != "request" {
			t.Errorf("%s: authorizer %v", x.ID, authorizer)
		}
	}
}

// Where paths state the account, every one of them does.
func TestAccountFromPath(t *testing.T) {
	f, c := shipped(t)
	f.Platform.AccountSources = []tenant.AccountSource{tenant.AccountFromHost, tenant.AccountFromPath}
	p := build(t, f, c, plan.Selection{Cells: []string{"acme-1"}})
	x := p.Tenants[0]
	// The distribution is called by the account and tells the authorizer so.
	if want := x.BillingAccount + ".example.com"; x.Web.Host != want || p.Cells[0].ViewerHost == nil || x.Web.ViewerHostArn != p.Cells[0].ViewerHost.Arn {
		t.Errorf("host %q, want %q; function %q of cell %v", x.Web.Host, want, x.Web.ViewerHostArn, p.Cells[0].ViewerHost)
	}
	scheme := object(object(object(x.API.Body["components"])["securitySchemes"])["oauth2"])
	if ttl := object(scheme["x-amazon-apigateway-authorizer"])["authorizerResultTtlInSeconds"]; ttl != 0.0 {
		t.Errorf("decisions are cached for %v seconds", ttl)
	}
	for path, item := range object(x.API.Body["paths"]) {
		if !strings.HasPrefix(path, "/{billingAccount}/") {
			t.Errorf("path %s does not begin with the account", path)
		}
		for method, v := range object(item) {
			parameters, _ := object(v)["parameters"].([]any)
			if len(parameters) == 0 || object(parameters[0])["name"] != "billingAccount" {
				t.Errorf("%s %s: parameters %v", method, path, parameters)
			}
		}
	}
	for _, fn := range x.Functions {
		if fn.LogicalID == "AuthorizerFn" && fn.Environment["ACCOUNT_SOURCES"] != "host,path" {
			t.Errorf("ACCOUNT_SOURCES is %q", fn.Environment["ACCOUNT_SOURCES"])
		}
	}
}

const schemaContract = `
openapi: 3.0.3
info: {title: Schemas, version: 1.0.0}
x-tables: {things: {sortKey: thingId}}
x-roles: {writer: {tables: {things: readWrite}}}
paths:
  /things:
    parameters:
      - {$ref: '#/components/parameters/Trace'}
    put:
      operationId: thingsPut
      security: [{oauth2: ["things:write"]}]
      x-function: {package: things, role: writer}
      parameters:
        - {name: q, in: query, required: true, schema: {type: string}}
        - {name: session, in: cookie, schema: {type: string}}
      requestBody: {$ref: '#/components/requestBodies/Thing'}
      responses:
        "200": {description: OK}
        "400": {description: No}
components:
  parameters:
    Trace: {name: X-Trace, in: header, schema: {type: string}}
  requestBodies:
    Thing: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Thingv1'}}}}
  schemas:
    Thingv1:
      type: object
      description: not needed
      required: [name]
      properties:
        name: {type: string, example: x, maxLength: 9, x-label: Name}
        note: {type: string, nullable: true, maxLength: 5}
        description: {type: string}
        parent: {$ref: '#/components/schemas/Thingv1'}
        tags: {type: array, items: {oneOf: [{type: string}, {$ref: '#/components/schemas/Tag'}]}}
    Tag: {type: object, additionalProperties: {type: integer, readOnly: true}}
    Unused: {type: string}
  securitySchemes:
    oauth2:
      type: oauth2
      flows: {authorizationCode: {authorizationUrl: https://id.example.com/a, tokenUrl: https://id.example.com/t, scopes: {"things:write": w}}}
`

// What API Gateway imports: references resolved but for schemas, keywords that validate,
// recursion kept, nothing that no request needs.
func TestSchemasBecomeModels(t *testing.T) {
	f, _ := shipped(t)
	c, err := api.Parse("openapi.yaml", []byte(schemaContract))
	if err != nil {
		t.Fatal(err)
	}
	body := build(t, f, c, plan.Selection{Tenants: []string{"acme"}}).Tenants[0].API.Body
	encoded, err := json.Marshal(object(body["components"])["schemas"])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Tag":{"additionalProperties":{"type":"integer"},"type":"object"},` +
		`"Thingv1":{"properties":{"description":{"type":"string"},"name":{"maxLength":9,"type":"string"},"note":{"maxLength":5},` +
		`"parent":{"$ref":"#/components/schemas/Thingv1"},"tags":{"items":{"oneOf":[{"type":"string"},{"$ref":"#/components/schemas/Tag"}]},"type":"array"}},` +
		`"required":["name"],"type":"object"}}`
	if diff := cmp.Diff(want, string(encoded)); diff != "" {
		t.Errorf("models (-want +got):\n%s", diff)
	}
	put := object(object(object(body["paths"])["/things"])["put"])
	encoded, err = json.Marshal(map[string]any{"parameters": put["parameters"], "requestBody": put["requestBody"], "responses": put["responses"]})
	if err != nil {
		t.Fatal(err)
	}
	want = `{"parameters":[{"in":"header","name":"X-Trace","schema":{"type":"string"}},{"in":"query","name":"q","required":true,"schema":{"type":"string"}}],` +
		`"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Thingv1"}}},"required":true},` +
		`"responses":{"200":{"description":"OK"}}}`
	if diff := cmp.Diff(want, string(encoded)); diff != "" {
		t.Errorf("method (-want +got):\n%s", diff)
	}
	preflight := object(object(object(object(object(object(body["paths"])["/things"])["options"])["x-amazon-apigateway-integration"])["responses"])["default"])
	headers := object(preflight["responseParameters"])
	if got := headers["method.response.header.Access-Control-Allow-Headers"]; got != "'Authorization,Content-Type,X-Trace'" {
		t.Errorf("allowed headers are %v", got)
	}
	if got := headers["method.response.header.Access-Control-Allow-Methods"]; got != "'OPTIONS,PUT'" {
		t.Errorf("allowed methods are %v", got)
	}
}

// A role of the contract may not have the name of one that the platform makes.
func TestReservedRoles(t *testing.T) {
	f, _ := shipped(t)
	c, err := api.Parse("openapi.yaml", []byte(strings.ReplaceAll(schemaContract, "writer", "api-gateway")))
	if err != nil {
		t.Fatal(err)
	}
	_, err = plan.Build(f, c, plan.Selection{Tenants: []string{"acme"}})
	if err == nil || !strings.Contains(err.Error(), "role ApiGatewayRole: a role has this logical id too") {
		t.Errorf("error is %v", err)
	}
}

// An operation may take longer than API Gateway waits if it may invoke itself, by its own
// grant or by its role's.
func TestLongTimeout(t *testing.T) {
	f, _ := shipped(t)
	const long = "x-function: {package: things, role: writer, timeout: 900}"
	for name, test := range map[string]struct {
		role, function string
		ok             bool
	}{
		"not at all":  {"{tables: {things: readWrite}}", long, false},
		"by the role": {"{tables: {things: readWrite}, invokeSelf: true}", long, true},
		"by itself":   {"{tables: {things: readWrite}}", "x-function: {package: things, role: writer, timeout: 900, invokeSelf: true}", true},
	} {
		text := strings.Replace(schemaContract, "x-function: {package: things, role: writer}", test.function, 1)
		text = strings.Replace(text, "writer: {tables: {things: readWrite}}", "writer: "+test.role, 1)
		c, err := api.Parse("openapi.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = plan.Build(f, c, plan.Selection{}); (err == nil) != test.ok {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// An operation with a role of its own does not share it with an entry of x-roles that has the
// same name: either would have the rights of both.
func TestOwnRoleWithASharedName(t *testing.T) {
	f, _ := shipped(t)
	text := strings.ReplaceAll(schemaContract, "writer", "things-put-fn")
	text = strings.Replace(text, "role: things-put-fn}", "role: things-put-fn, invokeSelf: true}", 1)
	c, err := api.Parse("openapi.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	_, err = plan.Build(f, c, plan.Selection{})
	if err == nil || !strings.Contains(err.Error(), "ThingsPutFnRole, which the function has for its own grants: a role has this logical id too, that of x-roles/things-put-fn") {
		t.Errorf("error is %v", err)
	}
}
