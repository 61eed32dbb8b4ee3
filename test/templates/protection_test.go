package templates

import (
	"testing"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/tenant"
)

// Every stack is protected from being deleted but those whose entry says that it is not. The CDK takes it from the
// cloud assembly, not from the template.
func TestTerminationProtection(t *testing.T) {
	f, err := tenant.Load(tenantsFile)
	if err != nil {
		t.Fatal(err)
	}
	off, on := false, true
	f.Tenants = f.Tenants[:3]
	f.Tenants[0].TerminationProtection, f.Tenants[1].TerminationProtection = &off, &on
	cell := f.Cells["acme-1"]
	cell.TerminationProtection = &off
	f.Cells["acme-1"] = cell
	contract, err := api.Load(contractFile)
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Build(f, contract, plan.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"kittens-cell-acme-1": false, "kittens-cell-eu-1": true}
	for i, one := range f.Tenants {
		want["kittens-tenant-"+one.ID] = i > 0
	}
	artifacts := manifestOf(t, synth(t, p).Dir)
	for stack, protected := range want {
		if got, ok := artifacts[stack]; !ok || got.Properties.TerminationProtection != protected {
			t.Errorf("%s is protected: %v (there: %v), want %v", stack, got.Properties.TerminationProtection, ok, protected)
		}
	}
}
