package tenant

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(filepath.Join(dir, "none.yaml")); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "loading tenants: ") {
		t.Errorf("absent file: %v", err)
	}
	if _, err := Load(dir); err == nil || !strings.HasPrefix(err.Error(), "loading tenants: ") {
		t.Errorf("folder: %v", err)
	}
	large := filepath.Join(dir, "large.yaml")
	if err := os.WriteFile(large, make([]byte, MaxFileSize+10), 0o600); err != nil {
		t.Fatal(err)
	}
	var problems Problems
	if _, err := Load(large); !errors.As(err, &problems) || problems[0].File != large || problems[0].Message != "the file is larger than 8 MiB" {
		t.Errorf("large file: %v", err)
	}
}

// TestShippedFile checks what the shipped file is to show.
func TestShippedFile(t *testing.T) {
	f, err := Load("../tenants.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, x := range f.Tenants {
		s := f.Settings(x)
		lines = append(lines, fmt.Sprintf("%s %s %s %s %s/%s x%d", x.ID, x.BillingAccount, x.Cell, x.Wave, s.Data, s.Search, s.KeyShards))
	}
	want := []string{
		"super-awesome-customer 12345 eu-1 canary shared/shared x1",
		"tabby-cafe 20417 eu-1 default shared/shared x1",
		"whisker-world ww-7 eu-1 default shared/shared x4",
		"purrfect-bank 31300 eu-1 default dedicated/dedicated x1",
		"acme acme-2024 acme-1 default dedicated/dedicated x1",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("tenants (-want +got):\n%s", diff)
	}
	if a, b := f.Cells["eu-1"].AWSAccount, f.Cells["acme-1"].AWSAccount; len(f.Cells) != 2 || a == b {
		t.Errorf("cells are %+v", f.Cells)
	}
	text, err := os.ReadFile("../tenants.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), "# yaml-language-server: $schema=./tenants.schema.json\n") {
		t.Error("the first line does not name the schema")
	}
}

func TestDefaults(t *testing.T) {
	f := mustParse(t, edit("    tier: standard\n", "    tier: standard\n    name: Bmce Inc\n    wave: canary\n"))
	want := []Tenant{
		{ID: "acme", BillingAccount: "12345", Name: "acme", Cell: "eu-1", Tier: "standard", Wave: "default"},
		{ID: "bmce", BillingAccount: "b-7", Name: "Bmce Inc", Cell: "eu-1", Tier: "standard", Wave: "canary"},
	}
	if diff := cmp.Diff(want, f.Tenants); diff != "" {
		t.Errorf("tenants (-want +got):\n%s", diff)
	}
}

func TestNoTenantsYet(t *testing.T) {
	f := mustParse(t, strings.Replace(base, baseTenants, "tenants: []\n", 1))
	if f.Tenants == nil || len(f.Tenants) != 0 {
		t.Errorf("tenants are %#v", f.Tenants)
	}
}

// TestTen checks that ten mistakes of different kinds give ten messages in one run.
func TestTen(t *testing.T) {
	_, err := Load(filepath.Join("testdata", "ten.yaml"))
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != 10 {
		t.Errorf("%d problems, want 10", len(problems))
	}
	golden(t, "ten.golden", fmt.Sprintln(err))
}

func TestProblemsAsJSON(t *testing.T) {
	_, err := Parse("tenants.yaml", []byte(edit(`"12345"`, "012345")))
	text, merr := json.Marshal(err)
	if merr != nil {
		t.Fatal(merr)
	}
	const want = `[{"file":"tenants.yaml","line":18,"column":32,"path":"tenants[0].billingAccount",` +
		`"message":"billingAccount is 012345, which YAML reads as a number","fix":"quote it: billingAccount: \"012345\"",` +
		`"excerpt":"  - {id: acme, billingAccount: 012345, cell: eu-1, tier: standard}\n                               ^~~~~~"}]`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
}

func TestExcerptOfLongLine(t *testing.T) {
	line := strings.Repeat("a", 500)
	for _, at := range []span{{1, 1, 3}, {1, 250, 3}, {1, 500, 9}, {1, 501, 1}} {
		source, caret, _ := strings.Cut(excerpt([]rune(line+"b"), at), "\n")
		if n := len([]rune(source)); n > excerptWidth+4 || strings.IndexByte(caret, '^') >= n+1 {
			t.Errorf("excerpt at column %d:\n%s\n%s", at.column, source, caret)
		}
	}
}

// TestManyProblems checks that a wholly wrong file does not drown the reader or the program.
func TestManyProblems(t *testing.T) {
	text := strings.Replace(base, baseTenants, "tenants:\n"+strings.Repeat("  - {}\n", maxProblems/2), 1)
	_, err := Parse("tenants.yaml", []byte(text))
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != maxProblems || problems[maxProblems-1].Message != "there are more than 9999 problems" {
		t.Errorf("%d problems", len(problems))
	}
}

func TestSettings(t *testing.T) {
	full := Tier{Data: Dedicated, Search: Dedicated, KeyShards: 8, Throttle: Throttle{Rate: 5, Burst: 6}, LogRetentionDays: 7, Domain: &Domain{InstanceType: "m7g.large.search", InstanceCount: 3}}
	f := &File{Tiers: map[string]Tier{"plain": {Data: Shared, Search: Shared, Throttle: Throttle{Rate: 1, Burst: 2}}, "full": full}}
	plain := Tier{Data: Shared, Search: Shared, KeyShards: 1, Throttle: Throttle{Rate: 1, Burst: 2}, LogRetentionDays: 30, Domain: pointer(DefaultDomain())}
	change := func(from Tier, f func(*Tier)) Tier {
		f(&from)
		return from
	}
	for _, c := range []struct {
		name   string
		tenant Tenant
		want   Tier
	}{
		{"defaults", Tenant{Tier: "plain"}, plain},
		{"tier", Tenant{Tier: "full"}, change(full, func(s *Tier) { s.Domain = &Domain{"m7g.large.search", 3, 10} })},
		{"isolation", Tenant{Tier: "plain", Overrides: Overrides{Data: pointer(Dedicated)}}, change(plain, func(s *Tier) { s.Data = Dedicated })},
		{"search", Tenant{Tier: "plain", Overrides: Overrides{Search: pointer(Dedicated)}}, change(plain, func(s *Tier) { s.Search = Dedicated })},
		{"integers", Tenant{Tier: "plain", Overrides: Overrides{KeyShards: pointer(4), LogRetentionDays: pointer(90)}}, change(plain, func(s *Tier) { s.KeyShards, s.LogRetentionDays = 4, 90 })},
		{"throttle", Tenant{Tier: "full", Overrides: Overrides{Throttle: &ThrottleOverride{Burst: pointer(99)}}}, change(full, func(s *Tier) { s.Throttle.Burst, s.Domain = 99, &Domain{"m7g.large.search", 3, 10} })},
		{"domain", Tenant{Tier: "full", Overrides: Overrides{Domain: &Domain{InstanceCount: 2, VolumeGiB: 50}}}, change(full, func(s *Tier) { s.Domain = &Domain{"m7g.large.search", 2, 50} })},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := f.Settings(c.tenant)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
			got.Domain.InstanceCount = 77
			if reflect.DeepEqual(f.Settings(c.tenant), got) {
				t.Error("settings share memory with the file")
			}
		})
	}
	if got, want := (Cell{Domain: &Domain{VolumeGiB: 99}}).SearchDomain(), (Domain{"t3.small.search", 1, 99}); got != want {
		t.Errorf("SearchDomain is %+v, want %+v", got, want)
	}
}

// TestDocs checks that docs/tenants.md describes every field and lists every reserved name.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../docs/tenants.md")
	if err != nil {
		t.Fatal(err)
	}
	names := ReservedSubdomains()
	if !slices.IsSorted(names) {
		t.Error("reserved subdomains are not sorted")
	}
	for _, known := range fields {
		for _, f := range known {
			names = append(names, f.name)
		}
	}
	for _, name := range names {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/tenants.md has no `%s`", name)
		}
	}
}

// TestRules checks that every field has a rule, every rule a field, and every example is right.
func TestRules(t *testing.T) {
	known := map[string]bool{}
	for _, list := range fields {
		for _, f := range list {
			known[f.rule] = true
			if _, ok := rules[f.rule]; !ok {
				t.Errorf("%s has no rule", f.rule)
			}
		}
	}
	for name, r := range rules {
		if field := strings.TrimRight(name, "[]{}"); !known[field] {
			t.Errorf("rule %s is of no field", name)
		}
		if text := strings.Trim(r.example, `"`); r.pattern != nil && !r.allows(text) {
			t.Errorf("rule %s does not allow its own example %s", name, text)
		}
	}
}

func largeFile(tenants int) []byte {
	var b strings.Builder
	b.WriteString(withTenants + "tenants:\n")
	for i := range tenants {
		fmt.Fprintf(&b, "  # Customer %d\n  - {id: customer-%d, billingAccount: \"%d\", name: Customer %d, cell: eu-1, tier: standard, keyShards: 2}\n", i, i, 100000+i, i)
	}
	return []byte(b.String())
}

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{5, 1000, 5000} {
		b.Run(fmt.Sprintf("tenants=%d", n), func(b *testing.B) {
			data := largeFile(n)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse("tenants.yaml", data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAddTenant(b *testing.B) {
	data := largeFile(1000)
	for b.Loop() {
		if _, err := AddTenant(data, added); err != nil {
			b.Fatal(err)
		}
	}
}

// A stack is protected unless the file says that it is not.
func TestTerminationProtection(t *testing.T) {
	for value, want := range map[string]bool{"": true, "true": true, "True": true, "false": false, "FALSE": false} {
		field := ""
		if value != "" {
			field = "\n    terminationProtection: " + value
		}
		f, err := Parse("tenants.yaml", []byte(edit("    region: eu-central-1", "    region: eu-central-1"+field, "    tier: standard", "    tier: standard"+field)))
		if err != nil {
			t.Fatal(err)
		}
		if cell, tenant := f.Cells["eu-1"].Protected(), f.Tenants[1].Protected(); cell != want || tenant != want || !f.Tenants[0].Protected() {
			t.Errorf("terminationProtection: %q: cell %v, tenant %v, want %v", value, cell, tenant, want)
		}
	}
}
