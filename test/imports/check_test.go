package imports

import (
	"slices"
	"strings"
	"testing"
)

const cdk = "github.com/aws/aws-cdk-go/awscdk/v2"

// TestCheck breaks each rule once.
func TestCheck(t *testing.T) {
	tests := []struct {
		name    string
		folder  string
		imports []string // import paths; "m/" begins those of the project, "test:" those of tests
		want    string   // in the problem; none if empty
	}{
		{"standard library", "iam", []string{"fmt", "encoding/json"}, ""},
		{"module where the standard library is enough", "iam", []string{"github.com/goccy/go-yaml"}, "a.go:1: iam must not import github.com/goccy/go-yaml: beside the standard library it may import nothing"},
		{"test of such a package", "iam", []string{"test:github.com/google/go-cmp/cmp"}, ""},
		{"other module", "tenant", []string{"github.com/goccy/go-yaml"}, ""},
		{"project package where none is allowed", "api", []string{"m/tenant"}, "api must not import m/tenant: of the project it may import nothing"},
		{"allowed project package", "plan", []string{"m/tenant", "m/internal/authz"}, ""},
		{"project package that is not allowed", "plan", []string{"m/internal/cfn"}, "of the project it may import tenant, api, internal/authz, iam"},
		{"name that begins alike", "plan", []string{"m/iamx"}, "plan must not import m/iamx"},
		{"same folder", "internal/localcloud/dynamodb", []string{"m/internal/localcloud/gate", "m/internal/cfn"}, ""},
		{"prove in localcloud", "internal/localcloud", []string{"m/internal/prove"}, "internal/localcloud must not import m/internal/prove"},
		{"functions", "functions/internal/rest", []string{"m/functions/internal/store", "m/internal/authz", "github.com/aws/aws-lambda-go/lambda", "github.com/aws/aws-sdk-go-v2/config"}, ""},
		{"functions and the plan", "functions/kittens", []string{"m/plan"}, "functions must not import m/plan: of the project it may import internal/authz"},
		{"functions and another module", "functions/kittens", []string{"github.com/getkin/kin-openapi/openapi3"}, "functions must not import github.com/getkin"},
		{"AWS in authz", "internal/authz", []string{"github.com/aws/aws-sdk-go-v2/aws"}, "internal/authz must not import github.com/aws"},
		{"app", ".", []string{"m/constructs", "m/plan", cdk}, ""},
		{"app and the proof", ".", []string{"m/internal/prove"}, "app.go must not import m/internal/prove"},
		{"constructs", "constructs", []string{"m/plan", "m/iam", cdk, "github.com/aws/jsii-runtime-go", "github.com/cdklabs/x"}, ""},
		{"constructs and tenants", "constructs", []string{"m/tenant"}, "constructs must not import m/tenant"},
		{"command and the CDK", "cmd/tenantctl", []string{cdk}, "cmd must not import " + cdk + ": only app.go"},
		{"test of a command and the CDK", "cmd/tenantctl", []string{"test:github.com/aws/constructs-go/constructs/v10"}, "cmd must not import github.com/aws/constructs-go"},
		{"test folder", "test/golden", []string{"m/internal/prove", cdk, "m/constructs"}, ""},
		{"folder without a row", "internal/new", nil, "package internal/new has no row in the table"},
		{"folder below the root only", "web", nil, "package web has no row"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := pkg{path: strings.TrimSuffix("m/"+test.folder, "/.")}
			for _, imported := range test.imports {
				imported, isTest := strings.CutPrefix(imported, "test:")
				p.imports = append(p.imports, use{path: imported, at: "a.go:1", test: isTest})
			}
			problems := graph{module: "m", packages: []pkg{p}}.check(table)
			if test.want == "" && len(problems) > 0 || test.want != "" && (len(problems) != 1 || !strings.Contains(problems[0], test.want)) {
				t.Errorf("problems %q, want %q", problems, test.want)
			}
		})
	}
}

// TestCheckLinked finds the CDK behind other packages.
func TestCheckLinked(t *testing.T) {
	g := graph{
		module:   "m",
		packages: []pkg{{path: "m/cmd/tenantctl"}, {path: "m/constructs"}, {path: "m/plan"}},
		imports: map[string][]string{
			"m/cmd/tenantctl": {"fmt", "m/plan", "example.com/x"},
			"m/plan":          {"fmt"},
			"example.com/x":   {"example.com/y", cdk},
			"example.com/y":   {cdk, "m/cmd/tenantctl"},
			"m/constructs":    {cdk},
		},
	}
	want := []string{"cmd/tenantctl links the CDK: m/cmd/tenantctl → example.com/x → " + cdk}
	if got := g.check(table); !slices.Equal(got, want) {
		t.Errorf("problems %q, want %q", got, want)
	}
}
