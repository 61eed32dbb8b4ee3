package plan_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/tenant"
)

// many are n lines of a format with a number.
func many(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// longTables is x-tables with n tables of long names, and grants of all of them.
func longTables(n int) (tables, grants string) {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("a-table-with-quite-a-long-name-and-number-%02d", i))
	}
	return "x-tables: {things: {sortKey: thingId}, " + strings.Join(all, ": {sortKey: id, search: true}, ") + ": {sortKey: id, search: true}}",
		"tables: {things: readWrite, " + strings.Join(all, ": read, ") + ": read}"
}

// Everything that a plan refuses has a place in a file, and says what to do.
func TestRefusalsHavePlaces(t *testing.T) {
	const property = "        name: {type: string,"
	manyTables, manyGrants := longTables(60)
	for _, test := range []struct {
		name string
		// contract replaces text of schemaContract, and tenants text of the shipped tenants.yaml.
		contract, tenants []string
		want              string
	}{
		{"timeout", []string{"role: writer}", "role: writer, timeout: 30}"}, nil,
			"openapi.yaml:13:60: PUT /things: x-function.timeout 30 is longer than the 29 seconds API Gateway waits"},
		{"a role of the platform", []string{"writer", "api-gateway"}, nil,
			"openapi.yaml:5:11: x-roles/api-gateway: tenant acme, and 4 more: role ApiGatewayRole: a role has this logical id too, the platform's"},
		{"a role of tenants with tables of their own", []string{"writer", "indexer", "things: {sortKey: thingId}", "things: {sortKey: thingId, search: true}"}, nil,
			"openapi.yaml:5:11: x-roles/indexer: tenant acme, and 1 more: role IndexerRole: a role has this logical id too, the platform's"},
		{"a package of the platform's log", []string{"package: things", "package: access"}, nil,
			"openapi.yaml:13:29: PUT /things: tenant acme, and 4 more: loggroup AccessLogGroup: a loggroup has this logical id too, the platform's"},
		{"no operation", []string{"\n  /things:", "\n  x-things:"}, nil,
			"openapi.yaml:6:1: paths: the contract has no operation, and API Gateway deploys no API without one"},
		{"a function of CloudFormation", []string{"        description: {type: string}", "        Ref: {type: string}"}, nil,
			`the name "Ref" is that of a function of CloudFormation`},
		{"a reference that CloudFormation replaces", []string{"version: 1.0.0", "version: '{{resolve:ssm:/x}}'"}, nil,
			`openapi.yaml:3:33: info/version: the text "{{resolve:ssm:/x}}" has {{resolve:, which CloudFormation replaces`},
		{"a reference to the template", []string{"description: {type: string}", "description: {type: string, enum: ['${AWS::Region}']}"}, nil,
			`the text "${AWS::Region}" has ${AWS::Region}, which the CDK takes for a reference to the template`},
		{"an audience that CloudFormation replaces", nil, []string{"audience: https://api.example.com/", "audience: '{{resolve:ssm:/x}}'"},
			`tenants.yaml:12:15: audience "{{resolve:ssm:/x}}" has {{resolve:, which begins what CloudFormation replaces`},
		{"an audience with a reference to the template", nil, []string{"audience: https://api.example.com/", "audience: urn:${AWS"},
			`tenants.yaml:12:15: audience "urn:${AWS" has ${, which begins what CloudFormation replaces`},
		{"a long issuer", nil, []string{"issuer: https://id.example.com/", "issuer: https://id.example.com/" + strings.Repeat("x", 2000) + "\n    jwksUri: https://id.example.com/" + strings.Repeat("y", 2010)},
			"tenants.yaml:11:5: tenant acme, and 4 more: the environment of function kittens_tenant_acme_AuthorizerFn has"},
		{"many tables in a function", []string{"x-tables: {things: {sortKey: thingId}}", manyTables, "tables: {things: readWrite}", manyGrants}, nil,
			"PUT /things: tenant acme, and 4 more: the environment of function kittens_tenant_acme_ThingsPutFn has"},
		{"many packages in a role", []string{"  /things:\n", many(140, "  /t%d: {get: {operationId: get%[1]d, security: [{oauth2: [\"things:write\"]}], x-function: {package: p%[1]d, role: writer}, responses: {\"200\": {description: OK}}}}\n") + "  /things:\n"}, nil,
			"openapi.yaml:5:11: x-roles/writer: tenant acme, and 4 more: the policy of role kittens_tenant_acme_Writer_eu-west-1 has"},
		{"many tables in the indexer", []string{"x-tables: {things: {sortKey: thingId}}", manyTables}, nil,
			"openapi.yaml:4:1: x-tables: tenant acme, and 2 more: the environment of function kittens_tenant_acme_IndexerFn has"},
		{"many resources", []string{"  /things:\n", many(290, "  /t%d: {get: {operationId: get%[1]d, security: [{oauth2: [\"things:write\"]}], x-function: {package: p%[1]d, role: writer}, responses: {\"200\": {description: OK}}}}\n") + "  /things:\n"}, nil,
			"paths: tenant acme, and 4 more: stack kittens-tenant-acme has"},
		{"a large template", []string{"\ncomponents:\n", "\ncomponents:\n", "\n  schemas:\n", "\n  schemas:\n    Large:\n      type: object\n      properties:\n" + many(10_000, "        aPropertyWithALongNameAsGeneratorsMakeThemFromOtherLongNamesInLongModels%d: {type: string, maxLength: 80}\n"), property, "        large: {$ref: '#/components/schemas/Large'}\n" + property}, nil,
			"paths: tenant acme, and 4 more: the template of stack kittens-tenant-acme has about"},
		{"paths with the account", []string{"  /things:\n", many(298, "  /t%d: {get: {operationId: get%[1]d, security: [{oauth2: [\"things:write\"]}], x-function: {package: things, role: writer}, responses: {\"200\": {description: OK}}}}\n") + "  /things:\n"},
			[]string{"  domain: example.com", "  domain: example.com\n  accountSources: [path]"},
			"paths: the paths need 301 resources with {billingAccount} before them, more than the 300 of an API"},
		{"many folders", []string{"x-roles:", "x-uploads:\n" + many(999, "  f%d: {expireDays: 1}\n") + "x-roles:"}, nil,
			"openapi.yaml:5:1: x-uploads: 999 folders have expireDays; a bucket takes 1000 lifecycle rules, 2 of which are the platform's"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			shippedTenants, err := os.ReadFile(shippedTenantsFile)
			if err != nil {
				t.Fatal(err)
			}
			writeEdited(t, "openapi.yaml", schemaContract, test.contract)
			writeEdited(t, "tenants.yaml", string(shippedTenants), test.tenants)
			_, err = plan.Load("tenants.yaml", "openapi.yaml", plan.Selection{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error is %.2000v\nwant %s", err, test.want)
			}
			hasPlaces(t, err)
		})
	}
}

var shippedTenantsFile, _ = filepath.Abs("../tenants.yaml")

func writeEdited(t *testing.T, name, text string, edits []string) {
	t.Helper()
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(text, edits[i]) {
			t.Fatalf("%s has no %q", name, edits[i])
		}
		text = strings.Replace(text, edits[i], edits[i+1], -1)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func hasPlaces(t *testing.T, err error) {
	t.Helper()
	var ofContract api.Problems
	var ofTenants tenant.Problems
	errors.As(err, &ofContract)
	errors.As(err, &ofTenants)
	if len(ofContract)+len(ofTenants) == 0 {
		t.Errorf("no places: %v", err)
	}
	for _, p := range ofContract {
		if p.Line == 0 || p.Column == 0 || p.Fix == "" {
			t.Errorf("%+v", p)
		}
	}
	for _, p := range ofTenants {
		if p.Line == 0 || p.Column == 0 || p.Fix == "" {
			t.Errorf("%+v", p)
		}
	}
}

// Greedy paths and the root are paths of the API, with the account before them too.
func TestGreedyAndRootPaths(t *testing.T) {
	f, _ := shipped(t)
	text := strings.ReplaceAll(schemaContract, "  /things:\n    parameters:\n", "  /:\n    get: {operationId: root, security: [{oauth2: [\"things:write\"]}], x-function: {package: things, role: writer}, responses: {\"200\": {description: OK}}}\n"+
		"  /files/{path+}:\n    parameters:\n      - {name: path, in: path, required: true, schema: {type: string}}\n")
	c, err := api.Parse("openapi.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		sources []tenant.AccountSource
		paths   []string
	}{
		{nil, []string{"/", "/files/{path+}"}},
		{[]tenant.AccountSource{tenant.AccountFromPath}, []string{"/{billingAccount}", "/{billingAccount}/files/{path+}"}},
	} {
		f.Platform.AccountSources = test.sources
		p := build(t, f, c, plan.Selection{Tenants: []string{"acme"}})
		paths := object(p.Tenants[0].API.Body["paths"])
		if len(paths) != len(test.paths) {
			t.Errorf("the API has the paths %v, want %v", paths, test.paths)
		}
		for _, path := range test.paths {
			for method, operation := range object(paths[path]) {
				if !strings.Contains(path, "files") {
					continue
				}
				found := false
				for _, v := range object(operation)["parameters"].([]any) {
					found = found || object(v)["name"] == "path" && object(v)["in"] == "path"
				}
				if !found {
					t.Errorf("%s %s has no parameter path: %v", method, path, object(operation)["parameters"])
				}
			}
			if object(paths[path])["options"] == nil {
				t.Errorf("%s has no preflight", path)
			}
		}
		if _, err := p.Files(); err != nil {
			t.Error(err)
		}
	}
}
