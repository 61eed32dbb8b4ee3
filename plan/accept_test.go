package plan_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/tenant"
)

// entries of accept, not in the order of the plan.
var entries = []tenant.Accepted{
	{Rule: "not-understood", Stack: "kittens-tenant-tabby-cafe", Resource: "Reports", Path: "Properties.Tags", Reason: "reviewed on Monday"},
	{Stack: "kittens-tenant-tabby-cafe", Resource: "Reports", Path: "Metadata", Reason: "reviewed on Tuesday"},
	{Rule: "data-loss", Stack: "kittens-tenant-tabby-cafe", Resource: "Reports", Path: "Properties.Tags", Reason: "reviewed on Friday"},
	{Stack: "kittens-*", Resource: "*", Reason: "nobody has looked"},
}

func TestPlanCarriesAccepted(t *testing.T) {
	f, c := shipped(t)
	if p := build(t, f, c, plan.Selection{}); p.Accept != nil {
		t.Errorf("the shipped files accept %+v", p.Accept)
	}
	f.Accept = slices.Clone(entries)
	want := []plan.Accepted{
		{Stack: "kittens-*", Resource: "*", Reason: "nobody has looked", Where: "accept[3]"},
		{Stack: "kittens-tenant-tabby-cafe", Resource: "Reports", Path: "Metadata", Reason: "reviewed on Tuesday", Where: "accept[1]"},
		{Rule: "data-loss", Stack: "kittens-tenant-tabby-cafe", Resource: "Reports", Path: "Properties.Tags", Reason: "reviewed on Friday", Where: "accept[2]"},
		{Rule: "not-understood", Stack: "kittens-tenant-tabby-cafe", Resource: "Reports", Path: "Properties.Tags", Reason: "reviewed on Monday", Where: "accept[0]"},
	}
	for _, s := range []plan.Selection{{}, {Tenants: []string{"acme"}}, {Cells: []string{"acme-1"}}} {
		if diff := cmp.Diff(want, build(t, f, c, s).Accept); diff != "" {
			t.Errorf("selection %+v accepts (-want +got):\n%s", s, diff)
		}
	}
	before := encode(t, build(t, f, c, plan.Selection{}))
	slices.Reverse(f.Accept)
	if diff := cmp.Diff(string(before), string(encode(t, build(t, f, c, plan.Selection{})))); diff != "" {
		t.Errorf("the plan changes with the order of the entries:\n%s", diff)
	}
}

// What is accepted is no part of what is to exist: neither a stack nor a layout nor a digest knows of it.
func TestAcceptedChangesNothingElse(t *testing.T) {
	f, c := shipped(t)
	file := lockedShipped(t)
	locked, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before := build(t, f, c, plan.Selection{})
	f.Accept = entries
	after := build(t, f, c, plan.Selection{})
	if len(after.Accept) != len(entries) {
		t.Fatalf("%d entries are accepted, want %d", len(after.Accept), len(entries))
	}
	l, err := after.Lock(file, plan.LockLocked)
	if err != nil {
		t.Fatal(err)
	}
	if said, err := l.Save(); said != "" || err != nil {
		t.Errorf("saving the lock says %q, %v", said, err)
	}
	if now, err := os.ReadFile(file); err != nil || !bytes.Equal(locked, now) {
		t.Errorf("the lock changed: %v\n%s", err, now)
	}
	for i, x := range after.Tenants {
		if was := before.Tenants[i]; was.Layout.Digest() != x.Layout.Digest() || was.API.Hash != x.API.Hash {
			t.Errorf("tenant %s: the digest of its layout or of its API changed", x.ID)
		}
	}
	after.Accept = nil
	if diff := cmp.Diff(string(encode(t, before)), string(encode(t, after))); diff != "" {
		t.Errorf("the plan changed beside what is accepted:\n%s", diff)
	}
}

func TestLoadSaysWhereAcceptedIs(t *testing.T) {
	text, err := os.ReadFile("../tenants.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "tenants.yaml")
	added := string(text) + `accept:
  - {stack: kittens-tenant-tabby-cafe, resource: B, reason: reviewed on Monday}
  - stack: kittens-cell-eu-1
    resource: A
    reason: reviewed on Tuesday
`
	if err := os.WriteFile(file, []byte(added), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := plan.Load(file, "../api/openapi.yaml", plan.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(added, "\n")
	var got []string
	for _, a := range p.Accept {
		got = append(got, a.Where)
	}
	at := func(part, column, path string) string {
		i := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, part) })
		return file + ":" + strconv.Itoa(i+1) + ":" + column + ": " + path
	}
	want := []string{at("stack: kittens-cell-eu-1", "5", "accept[1]"), at("{stack: kittens-tenant-tabby-cafe", "5", "accept[0]")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
}

// The names of stacks that tenants.yaml takes in accept are those that the plan gives.
func TestStacksCanBeAccepted(t *testing.T) {
	f, c := shipped(t)
	for _, platform := range []string{"kittens", "a-platform-eu-16"} {
		f.Platform.Name = platform
		f.Tenants[0].ID = strings.Repeat("x", 63)
		p := build(t, f, c, plan.Selection{})
		stacks := map[string]bool{}
		for _, x := range p.Tenants {
			stacks[x.Stack] = true
		}
		for _, x := range p.Cells {
			stacks[x.Stack] = true
		}
		if len(stacks) != len(f.Tenants)+len(f.Cells) {
			t.Fatalf("there are %d stacks, want %d", len(stacks), len(f.Tenants)+len(f.Cells))
		}
		for stack := range stacks {
			for name, takes := range map[string]bool{stack: true, stack[:len(stack)-1] + "*": true, stack + "-0": stacks[stack+"-0"], "x" + stack: false} {
				f.Accept = []tenant.Accepted{{Stack: name, Resource: "*", Reason: "reviewed on Monday"}}
				if _, err := tenant.Parse("tenants.yaml", encode(t, f)); (err == nil) != takes {
					t.Errorf("stack %s: accepting %s: %v", stack, name, err)
				}
			}
		}
	}
	f.Accept = nil
	if _, err := tenant.Parse("tenants.yaml", encode(t, f)); err != nil {
		t.Error(err)
	}
}

// The rules that can be accepted are those of package tenant.
func TestProofRules(t *testing.T) {
	if rules := plan.ProofRules(); !slices.Equal(rules, tenant.ProofRules()) || !slices.Contains(rules, "not-understood") {
		t.Errorf("rules are %q", rules)
	}
}
