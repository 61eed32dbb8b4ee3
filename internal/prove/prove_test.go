package prove

import (
	"os"
	"testing"

	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/plan"
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
	p, err := plan.Load("../../tenants.yaml", "../../api/openapi.yaml", plan.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	return assembly, owners.FromPlan(p)
}

func TestShippedTenantsAreIsolated(t *testing.T) {
	assembly, ownership := shipped(t)
	got, err := Prove(assembly, ownership)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range got.Findings {
		t.Errorf("%s %s/%s %s (%s): %s", f.Rule, f.Place.Stack, f.Place.LogicalID, f.Place.Path, f.Place.Sid, f.Message)
	}
}
