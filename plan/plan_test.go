package plan_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/tenant"
)

var update = flag.Bool("update", false, "write golden files anew")

// shipped are the files at the top of the repository.
func shipped(t testing.TB) (*tenant.File, *api.Contract) {
	t.Helper()
	f, err := tenant.Load("../tenants.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return f, contract(t)
}

var loadContract = sync.OnceValues(func() (*api.Contract, error) { return api.Load("../api/openapi.yaml") })

// contract is the shipped one, in a copy whose lists a test may change.
func contract(t testing.TB) *api.Contract {
	t.Helper()
	c, err := loadContract()
	if err != nil {
		t.Fatal(err)
	}
	out := *c
	out.Tables, out.Uploads, out.Events = slices.Clone(c.Tables), slices.Clone(c.Uploads), slices.Clone(c.Events)
	out.Roles, out.Operations = slices.Clone(c.Roles), slices.Clone(c.Operations)
	return &out
}

func build(t testing.TB, f *tenant.File, c *api.Contract, s plan.Selection) *plan.Plan {
	t.Helper()
	p, err := plan.Build(f, c, s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(data, '\n')
}

func TestShippedPlan(t *testing.T) {
	f, c := shipped(t)
	p := build(t, f, c, plan.Selection{})
	for i := range p.Tenants {
		if i > 0 {
			p.Tenants[i].API.Body = nil // it differs in names alone
		}
	}
	golden := filepath.Join("testdata", "shipped.json")
	got := encode(t, p)
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("plan of the shipped files changed (-want +got); if this is meant, run with -update:\n%s", diff)
	}
}

// A tenant's plan depends on the tenant, its cell, its tier and the contract, and on no
// other tenant.
func TestTenantsAreIndependent(t *testing.T) {
	f, c := shipped(t)
	before := map[string][]byte{}
	for _, planned := range build(t, f, c, plan.Selection{}).Tenants {
		before[planned.ID] = encode(t, planned)
	}
	slices.Reverse(f.Tenants)
	renamed := f.Tenants[0].ID
	f.Tenants[0].ID = "renamed"
	f.Tenants = append([]tenant.Tenant{{ID: "another", BillingAccount: "another", Name: "another", Cell: f.Tenants[1].Cell, Tier: f.Tenants[1].Tier, Wave: "default"}}, f.Tenants...)
	after := build(t, f, c, plan.Selection{})
	if len(after.Tenants) != len(before)+1 {
		t.Fatalf("%d tenants planned, want %d", len(after.Tenants), len(before)+1)
	}
	for _, planned := range after.Tenants {
		if planned.ID == "renamed" || planned.ID == "another" {
			continue
		}
		if planned.ID == renamed {
			t.Errorf("tenant %s was renamed and is still planned", renamed)
		}
		if diff := cmp.Diff(string(before[planned.ID]), string(encode(t, planned))); diff != "" {
			t.Errorf("plan of tenant %s changed with other tenants:\n%s", planned.ID, diff)
		}
	}
}

func TestSelection(t *testing.T) {
	f, c := shipped(t)
	whole := build(t, f, c, plan.Selection{})
	first := whole.Tenants[0]
	ids := func(p *plan.Plan) (tenants, cells []string) {
		for _, x := range p.Tenants {
			tenants = append(tenants, x.ID)
		}
		for _, x := range p.Cells {
			cells = append(cells, x.Name)
		}
		return
	}
	tenants, cells := ids(build(t, f, c, plan.Selection{Tenants: []string{first.ID}}))
	if !slices.Equal(tenants, []string{first.ID}) || len(cells) != 0 {
		t.Errorf("tenant=%s selects tenants %v and cells %v", first.ID, tenants, cells)
	}
	tenants, cells = ids(build(t, f, c, plan.Selection{Cells: []string{first.Cell}}))
	if !slices.Equal(cells, []string{first.Cell}) || !slices.Contains(tenants, first.ID) {
		t.Errorf("cell=%s selects tenants %v and cells %v", first.Cell, tenants, cells)
	}
	one := build(t, f, c, plan.Selection{Tenants: []string{first.ID}}).Tenants[0]
	if diff := cmp.Diff(string(encode(t, first)), string(encode(t, one))); diff != "" {
		t.Errorf("a tenant selected alone has another plan:\n%s", diff)
	}
	_, err := plan.Build(f, c, plan.Selection{Tenants: []string{"nobody"}, Cells: []string{"nowhere"}})
	want := "select stacks: no cell \"nowhere\" in tenants.yaml; it has acme-1, eu-1\nselect stacks: no tenant \"nobody\" in tenants.yaml"
	if err == nil || err.Error() != want {
		t.Errorf("selecting unknown names: error %q, want %q", err, want)
	}
}
