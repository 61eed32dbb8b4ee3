package templates

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/plan"
)

// largeContract is a contract with n operations on n/4 paths, with bodies, parameters and
// errors as real ones have.
func largeContract(t testing.TB, n int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`openapi: 3.0.3
info: {title: Large, version: 1.0.0}
x-tables:
  things: {sortKey: thingId, sharded: true, search: true}
x-roles:
  reader: {tables: {things: read}, search: read}
  writer: {tables: {things: readWrite}}
paths:
`)
	for i := range n / 4 {
		fmt.Fprintf(&b, "  /things%d/{thingId}:\n    parameters:\n      - {name: thingId, in: path, required: true, schema: {type: string, maxLength: 64}}\n", i)
		for _, method := range []string{"get", "put", "post", "delete"} {
			role, scope, body := "writer", "things:write", ""
			if method == "get" {
				role, scope = "reader", "things:read"
			}
			if method == "put" || method == "post" {
				body = "      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}\n"
			}
			fmt.Fprintf(&b, "    %s:\n      operationId: thing%d%s\n      security: [{oauth2: [\"%s\"]}]\n      x-function: {package: things%d, role: %s}\n%s", method, i, method, scope, i%8, role, body)
			b.WriteString("      responses:\n")
			for _, status := range []int{200, 400, 401, 403, 404, 409, 429, 500} {
				fmt.Fprintf(&b, "        \"%d\": {description: What the answer %d of this operation means to its caller.}\n", status, status)
			}
		}
	}
	b.WriteString(`components:
  securitySchemes:
    oauth2:
      type: oauth2
      flows: {authorizationCode: {authorizationUrl: https://id.example.com/a, tokenUrl: https://id.example.com/t, scopes: {"things:read": r, "things:write": w}}}
  schemas:
    Thing: {type: object, required: [name], properties: {name: {type: string, maxLength: 80}}}
`)
	path := filepath.Join(t.TempDir(), "openapi.yaml")
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Four hundred operations fit one template, for every tenant.
func TestFourHundredOperationsFitATemplate(t *testing.T) {
	p, err := plan.Load(tenantsFile, largeContract(t, 400), plan.Selection{Tenants: []string{"acme", "super-awesome-customer"}})
	if err != nil {
		t.Fatal(err)
	}
	assembly := synth(t, p)
	checkResources(t, p, assembly)
	for _, s := range assembly.Stacks {
		functions := s.Template.Count("AWS::Lambda::Function")
		t.Logf("%s: %d functions, %d resources, %d bytes", s.Name, functions, len(s.Template.Resources), s.Size)
		if functions < 401 {
			t.Errorf("%s has %d functions, want 400 and the authorizer", s.Name, functions)
		}
		if len(s.Template.Resources) > cfn.MaxResources {
			t.Errorf("%s has %d resources; a template takes %d", s.Name, len(s.Template.Resources), cfn.MaxResources)
		}
		if s.Size > cfn.MaxTemplateBytes {
			t.Errorf("%s has %d bytes; a template takes %d", s.Name, s.Size, cfn.MaxTemplateBytes)
		}
	}
}
