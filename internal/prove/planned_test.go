package prove

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// selected is an assembly with some of its stacks.
func selected(assembly *cfn.Assembly, stacks ...string) *cfn.Assembly {
	out := &cfn.Assembly{Dir: assembly.Dir}
	for _, s := range assembly.Stacks {
		if slices.Contains(stacks, s.Name) {
			out.Stacks = append(out.Stacks, s)
		}
	}
	return out
}

// names are the ARNs of assets that no template has to tell.
func names(found []*facts.Asset) []string {
	var out []string
	for _, a := range found {
		if !a.Pattern.HasUnknown() {
			out = append(out, fmt.Sprintf("%s %s of %q, partition key %q", a.Kind, a.Arn, a.Owner, a.PartitionKey))
		}
	}
	slices.Sort(out)
	return out
}

// A stack that is not there is expected to declare just what its template declares.
func TestPlannedStacksDeclareWhatTemplatesDo(t *testing.T) {
	assembly, ownership := shipped(t)
	if len(ownership.Planned) != len(assembly.Stacks) {
		t.Fatalf("%d stacks are planned, and %d synthesized", len(ownership.Planned), len(assembly.Stacks))
	}
	for i := range ownership.Planned {
		p := &ownership.Planned[i]
		t.Run(p.Stack, func(t *testing.T) {
			one := selected(assembly, p.Stack)
			if len(one.Stacks) != 1 || one.Stacks[0].Environment != p.Environment {
				t.Fatalf("synthesized as %+v, and planned in %s", one.Stacks, p.Environment)
			}
			template := facts.Read(one, nil)
			owners.New(ownership, template)
			planned := facts.Read(&cfn.Assembly{}, []facts.Planned{p.Planned})
			owners.New(ownership, planned)
			if diff := cmp.Diff(names(template.Assets), names(planned.Assets)); diff != "" {
				t.Errorf("the plan names other things than the template (-template +plan):\n%s", diff)
			}
			if diff := cmp.Diff(rolesOf(template), rolesOf(planned)); diff != "" {
				t.Errorf("the plan names other roles than the template (-template +plan):\n%s", diff)
			}
		})
	}
}

func rolesOf(f *facts.Facts) []string {
	var out []string
	for _, p := range f.Principals {
		out = append(out, p.Arn+" of "+p.Place.Stack+" in "+p.Account)
	}
	slices.Sort(out)
	return out
}

// selections are what may be synthesized of the shipped stacks: each alone, each with its cell
// or without, and some at random.
func selections(r *rand.Rand, assembly *cfn.Assembly, with string) [][]string {
	var all, tenants, random []string
	for _, s := range assembly.Stacks {
		all = append(all, s.Name)
		if strings.Contains(s.Name, "-tenant-") {
			tenants = append(tenants, s.Name)
		}
	}
	for _, name := range all {
		if name == with || r.IntN(2) == 0 {
			random = append(random, name)
		}
	}
	return [][]string{{with}, append(slices.Clone(tenants), with), {with, cell}, {with, acme}, random}
}

// TestPartsAreProvedAlone leaves out stacks: what is there is proved, and what is not is named.
func TestPartsAreProvedAlone(t *testing.T) {
	assembly, ownership := shipped(t)
	r := rand.New(rand.NewPCG(1, 2))
	for _, s := range assembly.Stacks {
		for _, stacks := range selections(r, assembly, s.Name) {
			got, err := Prove(selected(assembly, stacks...), ownership)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range got.Findings {
				t.Errorf("%v: %s %s: %s", stacks, f.Rule, f.Place, f.Message)
			}
			checkNotChecked(t, got, assembly, stacks)
		}
	}
}

// checkNotChecked holds what a report says was not checked against what was left out.
func checkNotChecked(t *testing.T, got *report.Report, assembly *cfn.Assembly, stacks []string) {
	t.Helper()
	var absent, told []string
	for _, s := range assembly.Stacks {
		if !slices.Contains(stacks, s.Name) {
			absent = append(absent, s.Name)
		}
	}
	for _, n := range got.NotChecked {
		told = append(told, n.Stack)
		if len(n.What) == 0 || (n.Cell == "") == (n.Tenant == "") {
			t.Errorf("%v: not checked: %+v", stacks, n)
		}
		for _, id := range n.UsedBy {
			if !slices.Contains(stacks, "kittens-tenant-"+id) {
				t.Errorf("%v: cell %s is said to be used by %s, which is not there", stacks, n.Cell, id)
			}
		}
	}
	slices.Sort(told)
	slices.Sort(absent)
	if diff := cmp.Diff(absent, told); diff != "" {
		t.Errorf("%v: not checked (-want +got):\n%s", stacks, diff)
	}
	var text bytes.Buffer
	if err := got.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if got := strings.Contains(text.String(), "not checked: "); got != (len(absent) > 0) {
		t.Errorf("%v: %d stacks are absent, and the report says:\n%s", stacks, len(absent), text.String())
	}
}

// checkParts proves parts of an assembly that an edit was planted into. Whatever the whole
// assembly shows of the stacks that are there, the part shows too.
func (e edit) checkParts(
	t *testing.T,
	planted *cfn.Assembly,
	whole *report.Report,
	ownership owners.Ownership,
	r *rand.Rand,
) {
	t.Helper()
	of := selections(r, planted, e.stack)
	for _, i := range []int{0, 1 + r.IntN(len(of)-1)} {
		stacks := of[i]
		for _, beside := range e.also {
			stacks = append(stacks, beside.stack)
		}
		if len(e.export) > 0 {
			stacks = append(stacks, tabby)
		}
		got, err := Prove(selected(planted, stacks...), ownership)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range whole.Findings {
			if slices.Contains(stacks, f.Place.Stack) && !shows(got, f) {
				t.Errorf("%v: nothing at %s, where the whole assembly has %s: %s", stacks, f.Place, f.Rule, f.Message)
			}
		}
	}
}

// shows reports whether a report has a counterexample of the same rule at the same place. What the whole knows to be
// another's may be nobody's who is known in a part.
func shows(got *report.Report, f report.Finding) bool {
	return slices.ContainsFunc(got.Findings, func(g report.Finding) bool {
		return (g.Rule == f.Rule || g.Rule == report.NotUnderstood) && g.Place.Stack == f.Place.Stack &&
			g.Place.LogicalID == f.Place.LogicalID &&
			g.Place.Path == f.Place.Path
	})
}

// A stack whose tenant or cell is gone is nobody's, and is not taken for the platform's.
func TestStacksThatAreLeftOver(t *testing.T) {
	assembly, ownership := shipped(t)
	for _, test := range []struct{ rename, to, want string }{
		{tabby, "kittens-tenant-gone", `the stack kittens-tenant-gone is among the templates, but there is no tenant gone, so whose it is is not known`},
		{"kittens-cell-acme-1", "kittens-cell-old", `the stack kittens-cell-old is among the templates, but there is no cell old, so whose it is is not known`},
	} {
		copied := selected(assembly, cell, tabby, "kittens-cell-acme-1")
		for i := range copied.Stacks {
			if copied.Stacks[i].Name == test.rename {
				copied.Stacks[i].Name = test.to
			}
		}
		got, err := Prove(copied, ownership)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(
			got.Findings,
			func(f report.Finding) bool { return f.Message == test.want && f.Fix != "" && f.Place.Stack == test.to },
		) {
			t.Errorf("%s: %+v", test.to, got.Findings)
		}
	}
	one := selected(assembly, cell)
	one.Stacks[0].Name = "network"
	if _, err := Prove(one, ownership); err == nil ||
		!strings.Contains(err.Error(), "none of the 1 stack among the templates") {
		t.Errorf("stacks of something else: %v", err)
	}
	both := selected(assembly, cell, "kittens-cell-acme-1")
	both.Stacks[0].Name = "network"
	got, err := Prove(both, ownership)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(
		got.Notes,
		func(n string) bool { return strings.Contains(n, "the stack network is neither") },
	) {
		t.Errorf("notes: %v", got.Notes)
	}
}
