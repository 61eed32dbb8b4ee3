package prove

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/report"
	"github.com/tenantstack/tenantstack/plan"
)

// manyTenants writes an assembly of n tenants, made of the shipped templates of one cell
// and one tenant of it with other names, and plans the same tenants.
func manyTenants(t testing.TB, n int) (dir string, ownership owners.Ownership) {
	t.Helper()
	shipped := os.Getenv("TENANTSTACK_CDK_OUT")
	if shipped == "" {
		t.Skip("TENANTSTACK_CDK_OUT is not set: make test synthesizes and sets it")
	}
	read := func(path string) string {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	dir = t.TempDir()
	artifacts := map[string]any{}
	write := func(stack, text string) {
		file := stack + ".template.json"
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		artifacts[stack] = map[string]any{
			"type": "aws:cloudformation:stack", "environment": "aws://111111111111/eu-central-1",
			"properties": map[string]any{"templateFile": file},
		}
	}
	yaml := read("../../tenants.yaml")
	var list strings.Builder
	for i := range n {
		// Ids and billing accounts that begin each other.
		fmt.Fprintf(&list, "  - {id: shop-%d, billingAccount: b%d, cell: eu-1, tier: standard}\n", i, i)
	}
	tenants := filepath.Join(dir, "tenants.yaml")
	if err := os.WriteFile(tenants, []byte(yaml[:strings.Index(yaml, "\ntenants:")]+"\ntenants:\n"+list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	load := func(path string) *plan.Plan {
		p, err := plan.Load(path, "../../api/openapi.yaml", plan.Selection{})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := load(tenants)
	from := layouts(tenantOf(load("../../tenants.yaml"), "tabby-cafe"))
	write(cell, read(filepath.Join(shipped, cell+".template.json")))
	template := read(filepath.Join(shipped, tabby+".template.json"))
	for i := range p.Tenants {
		other := &p.Tenants[i]
		replaced := []string{"tabby-cafe", other.ID, "20417", other.BillingAccount, "Tabby Café", other.ID}
		for name, layout := range layouts(other) {
			replaced = append(replaced, from[name], layout)
		}
		write("kittens-tenant-"+other.ID, strings.NewReplacer(replaced...).Replace(template))
	}
	manifest, err := json.Marshal(map[string]any{"version": "54.0.0", "artifacts": artifacts})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "manifest.json"), manifest, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, owners.FromPlan(p)
}

func tenantOf(p *plan.Plan, id string) *plan.Tenant {
	for i := range p.Tenants {
		if p.Tenants[i].ID == id {
			return &p.Tenants[i]
		}
	}
	return nil
}

// layouts are what the functions of a tenant compare with the rows that say how the others are keyed, by function
// and variable.
func layouts(t *plan.Tenant) map[string]string {
	out := map[string]string{}
	for _, f := range t.Functions {
		for name, value := range f.Environment {
			if strings.HasPrefix(name, "LAYOUT_") {
				out[f.LogicalID+"."+name] = value
			}
		}
	}
	return out
}

func proveDir(t testing.TB, dir string, ownership owners.Ownership) *report.Report {
	t.Helper()
	assembly, err := cfn.ReadAssembly(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Prove(assembly, ownership)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestIdsThatBeginEachOther has shop-1 and shop-12, b1 and b12.
func TestIdsThatBeginEachOther(t *testing.T) {
	dir, ownership := manyTenants(t, 25)
	got := proveDir(t, dir, ownership)
	for _, f := range got.Findings {
		t.Errorf("%s %s: %s", f.Rule, f.Place, f.Message)
	}
	if got.Needs < 25*100 {
		t.Errorf("%d needs", got.Needs)
	}
}

// BenchmarkProve reads and proves templates of 10, 100 and 1,000 tenants on one core.
func BenchmarkProve(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("tenants=%d", n), func(b *testing.B) {
			dir, ownership := manyTenants(b, n)
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			for b.Loop() {
				if got := proveDir(b, dir, ownership); !got.Proved {
					b.Fatalf("%d findings, such as %+v", len(got.Findings), got.Findings[0])
				}
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.Sys)/(1<<20), "MiB-of-memory")
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/tenant")
		})
	}
}
