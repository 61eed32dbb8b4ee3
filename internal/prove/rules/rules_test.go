package rules

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/plan"
)

// What the tests name of the shipped templates.
const (
	account = "111111111111"
	kittens = "arn:aws:dynamodb:eu-central-1:111111111111:table/kittens_cell_eu-1_kittens"
	domain  = "arn:aws:es:eu-central-1:111111111111:domain/kittens-eu-1-78828d64"
	reader  = "arn:aws:iam::111111111111:role/kittens/tenant/super-awesome-customer/kittens_tenant_super-awesome-customer_Reader_eu-central-1"
)

// shipped is the assembly of the repository's own tenants, which make test synthesizes.
func shipped(t testing.TB) (*cfn.Assembly, owners.Ownership) {
	t.Helper()
	dir := os.Getenv("TENANTSTACK_CDK_OUT")
	if dir == "" {
		t.Skip("TENANTSTACK_CDK_OUT is not set: make test synthesizes and sets it")
	}
	assembly, err := cfn.ReadAssembly(dir)
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Load("../../../tenants.yaml", "../../../api/openapi.yaml", plan.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	return assembly, owners.FromPlan(p)
}

// emptyCase has owners and no templates.
func emptyCase(o owners.Ownership) *Case {
	f := facts.Read(&cfn.Assembly{}, nil)
	return newCase(f, owners.New(o, f))
}

// TestStatements holds the theorems against docs/proof.md, which states each in words.
func TestStatements(t *testing.T) {
	data, err := os.ReadFile("../../../docs/proof.md")
	if err != nil {
		t.Fatal(err)
	}
	stated := regexp.MustCompile(`(?m)^\*\*(T[0-9]+)\. `).FindAllStringSubmatch(string(data), -1)
	var want, got []string
	for _, s := range stated {
		got = append(got, s[1])
	}
	for _, theorem := range theorems {
		want = append(want, theorem.number)
	}
	if !slices.Equal(got, want) {
		t.Errorf("docs/proof.md states %q, and the rules prove %q", got, want)
	}
}
