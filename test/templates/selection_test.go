package templates

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/internal/prove"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/report"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/tenant"
)

// generatedTenants is a tenants.yaml with cells in several accounts, and tenants that share
// what the cell has, or not, in all four ways.
func generatedTenants(t testing.TB, r *rand.Rand) *tenant.File {
	t.Helper()
	var b strings.Builder
	sources := []string{"", "", "  accountSources: [host]\n", "  accountSources: [path]\n", "  accountSources: [host, path]\n"}[r.IntN(5)]
	fmt.Fprintf(&b, "version: 1\nplatform:\n  name: %s\n  domain: example.com\n%s", oneOf(r, "shop", "a", "a-platform-of-16"), sources)
	b.WriteString("  identityProvider: {issuer: https://id.example.com/, audience: https://api.example.com/, webClientId: web}\ncells:\n")
	accounts := []string{"111111111111", "222222222222", "333333333333"}
	cells := []string{"eu-1", "eu", "us-1"}[:1+r.IntN(3)]
	for i, name := range cells {
		account := accounts[r.IntN(len(accounts))]
		region := []string{"eu-central-1", "eu-west-1", "us-east-1"}[i]
		fmt.Fprintf(&b, "  %s: {awsAccount: %q, region: %s, hostedZoneId: Z0EXAMPLE, certificateArn: \"arn:aws:acm:us-east-1:%s:certificate/0f7d2c1e-58a4-4b0e-9d61-3c5b8e2a7f10\"}\n", name, account, region, account)
	}
	b.WriteString("tiers:\n")
	tiers := []string{"ss", "sd", "ds", "dd"}
	kinds := map[byte]string{'s': "shared", 'd': "dedicated"}
	for _, tier := range tiers {
		fmt.Fprintf(&b, "  %s: {data: %s, search: %s, throttle: {rate: 50, burst: 100}}\n", tier, kinds[tier[0]], kinds[tier[1]])
	}
	b.WriteString("tenants:\n")
	// Ids and billing accounts begin each other; long ones are shortened in names.
	ids := []string{"acme", "acme-eu", "acme-eu-1", "eu-1", "a-customer-with-a-name-that-no-function-has-room-for", "a-customer-with-a-name-that-no-function-has"}
	r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	for i, id := range ids[:2+r.IntN(3)] {
		fmt.Fprintf(&b, "  - {id: %s, billingAccount: %q, cell: %s, tier: %s, keyShards: %d}\n", id, strings.Repeat("1", i+1), oneOf(r, cells...), oneOf(r, tiers...), 1+r.IntN(3))
	}
	f, err := tenant.Parse("tenants.yaml", []byte(b.String()))
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	return f
}

func oneOf[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// generatedSelections are one tenant, several, a cell, a cell with a tenant of another, and
// what the templates of a tenant and of nobody else are.
func generatedSelections(r *rand.Rand, f *tenant.File) []plan.Selection {
	var ids, cells []string
	for _, t := range f.Tenants {
		ids = append(ids, t.ID)
	}
	for name := range f.Cells {
		cells = append(cells, name)
	}
	slices.Sort(cells)
	return []plan.Selection{
		{Tenants: []string{oneOf(r, ids...)}}, {Tenants: ids[:2]}, {Tenants: ids}, {Cells: []string{oneOf(r, cells...)}},
		{Cells: []string{oneOf(r, cells...)}, Tenants: []string{oneOf(r, ids...)}}, {},
	}
}

// part is an assembly with the stacks of a plan.
func part(whole *cfn.Assembly, p *plan.Plan) *cfn.Assembly {
	out := &cfn.Assembly{Dir: whole.Dir}
	for _, s := range whole.Stacks {
		if slices.ContainsFunc(p.Tenants, func(t plan.Tenant) bool { return t.Stack == s.Name }) ||
			slices.ContainsFunc(p.Cells, func(c plan.Cell) bool { return c.Stack == s.Name }) {
			out.Stacks = append(out.Stacks, s)
		}
	}
	return out
}

func stackNames(a *cfn.Assembly) []string {
	var out []string
	for _, s := range a.Stacks {
		out = append(out, s.Name)
	}
	return out
}

// TestSelectionsAreProved synthesizes generated tenants and proves parts of them: whatever is
// selected is proved, and a breach in what is selected is found.
func TestSelectionsAreProved(t *testing.T) {
	contract, err := api.Load(contractFile)
	if err != nil {
		t.Fatal(err)
	}
	planted := map[string]int{}
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 18))
		f := generatedTenants(t, r)
		whole, err := plan.Build(f, contract, plan.Selection{})
		if err != nil {
			t.Fatal(err)
		}
		assembly, ownership := synth(t, whole), owners.FromPlan(whole)
		for i, selection := range generatedSelections(r, f) {
			p, err := plan.Build(f, contract, selection)
			if err != nil {
				t.Fatal(err)
			}
			selected := part(assembly, p)
			if len(selected.Stacks) == 0 {
				t.Fatalf("seed %d: %+v selects nothing", seed, selection)
			}
			if i == 0 {
				sameTemplates(t, selected, synth(t, p))
			}
			proof, err := prove.Prove(selected, ownership)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range proof.Findings {
				t.Errorf("seed %d, %v: %s %s: %s", seed, stackNames(selected), f.Rule, f.Place, f.Message)
			}
			if got, want := len(proof.NotChecked), len(assembly.Stacks)-len(selected.Stacks); got != want {
				t.Errorf("seed %d, %v: %d stacks are not checked, want %d", seed, stackNames(selected), got, want)
			}
			plantBreaches(t, r, whole, p, selected, ownership, planted)
		}
	}
	for _, b := range breaches {
		if planted[b.name] == 0 {
			t.Errorf("%s: was never planted", b.name)
		}
	}
}

// sameTemplates holds templates that were synthesized alone against those of the whole.
func sameTemplates(t *testing.T, whole, alone *cfn.Assembly) {
	t.Helper()
	if !slices.Equal(stackNames(whole), stackNames(alone)) {
		t.Fatalf("synthesized %v, want %v", stackNames(alone), stackNames(whole))
	}
	for i := range whole.Stacks {
		want, err := os.ReadFile(whole.Stacks[i].File)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(alone.Stacks[i].File)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(want, got) {
			t.Errorf("the template of %s is another when it is synthesized alone", whole.Stacks[i].Name)
		}
	}
}

// plantBreaches plants each breach into a tenant of the selection, one at a time.
func plantBreaches(t *testing.T, r *rand.Rand, whole, selected *plan.Plan, assembly *cfn.Assembly, ownership owners.Ownership, planted map[string]int) {
	t.Helper()
	if len(selected.Tenants) == 0 {
		return
	}
	for _, b := range breaches {
		victim := &breachOf{own: oneOf(r, selected.Tenants...), other: oneOf(r, whole.Tenants...)}
		if victim.own.ID == victim.other.ID {
			continue
		}
		edited, id := victim.plant(t, assembly, b)
		if id == "" {
			continue
		}
		planted[b.name]++
		proof, err := prove.Prove(edited, ownership)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(proof.Findings, func(f report.Finding) bool {
			return f.Place.Stack == victim.own.Stack && f.Place.LogicalID == id && f.Rule != report.CannotWork && f.Message != "" && f.Fix != ""
		}) {
			t.Errorf("%s of %s towards %s is not found among %v: %+v", b.name, victim.own.ID, victim.other.ID, stackNames(assembly), proof.Findings)
		}
	}
}
