package tenant

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// withTenants is a right file up to its tenants.
const withTenants = "version: 1\n" + basePlatform + baseCells + baseTiers

func pointer[T any](v T) *T { return &v }

// added is the tenant that TestAddTenant adds.
var added = Tenant{ID: "new", BillingAccount: "0777", Name: "New: Ltd", Cell: "eu-1", Tier: "standard", Wave: "late", TerminationProtection: pointer(false),
	Overrides: Overrides{KeyShards: pointer(2), Throttle: &ThrottleOverride{Burst: pointer(9)}, Domain: &Domain{VolumeGiB: 20}}}

const addedFlow = `{id: new, billingAccount: "0777", name: "New: Ltd", cell: eu-1, tier: standard, wave: late, terminationProtection: false, keyShards: 2, throttle: {burst: 9}, domain: {volumeGiB: 20}}`

func TestAddTenant(t *testing.T) {
	const a = `{id: a, billingAccount: a, cell: eu-1, tier: standard}`
	block := func(indent, gap string) string {
		var b strings.Builder
		for i, line := range []string{"id: new", `billingAccount: "0777"`, `name: "New: Ltd"`, "cell: eu-1", "tier: standard", "wave: late", "terminationProtection: false", "keyShards: 2", "throttle: {burst: 9}", "domain: {volumeGiB: 20}"} {
			lead := "-" + gap
			if i > 0 {
				lead = " " + strings.Repeat(" ", len(gap))
			}
			b.WriteString(indent + lead + line + "\n")
		}
		return b.String()
	}
	const blockA = "- id: a\n    billingAccount: a\n    cell: eu-1\n    tier: standard\n"
	for _, c := range []struct{ name, before, after string }{
		{"flow entry", "tenants:\n  - " + a + " # a\n\n  # end\n", "tenants:\n  - " + a + " # a\n  - " + addedFlow + "\n\n  # end\n"},
		{"block entry", "tenants:\n  " + blockA + "  # end\n", "tenants:\n  " + blockA + block("  ", " ") + "  # end\n"},
		{"block entry, wide", "tenants:\n-   id: a\n    billingAccount: a\n    cell: eu-1\n    tier: standard\n", "tenants:\n-   id: a\n    billingAccount: a\n    cell: eu-1\n    tier: standard\n" + block("", "   ")},
		{"no line break at the end", "tenants:\n  - " + a, "tenants:\n  - " + a + "\n  - " + addedFlow},
		{"document end", "tenants:\n  - " + a + "\n...\n", "tenants:\n  - " + a + "\n  - " + addedFlow + "\n...\n"},
		{"no tenant yet", "tenants: [] # none\n# end\n", "tenants: # none\n  - " + addedFlow + "\n# end\n"},
		{"no tenant yet, no line break", "tenants: []", "tenants:\n  - " + addedFlow},
		{"no tenant yet, on two lines", "tenants: [\n  ]\n", "tenants: [" + addedFlow + "\n  ]\n"},
		{"brackets on one line", "tenants: [" + a + "]\n", "tenants: [" + a + ", " + addedFlow + "]\n"},
		{"brackets and a last comma", "tenants: [" + a + ",]\n", "tenants: [" + a + ", " + addedFlow + ",]\n"},
		{"brackets on several lines", "tenants: [\n  " + a + " # a\n  ]\n", "tenants: [\n  " + a + ", # a\n  " + addedFlow + "\n  ]\n"},
		{"brackets on several lines and a last comma", "tenants: [\n  " + a + ", # a\n  # end\n  ]\n", "tenants: [\n  " + a + ", # a\n  " + addedFlow + ",\n  # end\n  ]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, eol := range []string{"\n", "\r\n"} {
				before, after := strings.ReplaceAll(withTenants+c.before, "\n", eol), strings.ReplaceAll(withTenants+c.after, "\n", eol)
				got, err := AddTenant([]byte(before), added)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(after, string(got)); diff != "" {
					t.Errorf("file with %q (-want +got):\n%s", eol, diff)
				}
			}
		})
	}
}

func TestAddTenantBeforeOtherFields(t *testing.T) {
	before := "tenants:\n  - {id: a, billingAccount: a, cell: eu-1, tier: standard}\n\n# The rest.\n" + withTenants
	got, err := AddTenant([]byte(before), Tenant{ID: "b", BillingAccount: "b", Cell: "eu-1", Tier: "standard"})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(before, "standard}\n", "standard}\n  - {id: b, billingAccount: b, cell: eu-1, tier: standard}\n", 1)
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

func TestAddTenantInJSON(t *testing.T) {
	got, err := AddTenant([]byte(mustJSON(mustParse(t, base))), added)
	if err != nil {
		t.Fatal(err)
	}
	if f := mustParse(t, string(got)); len(f.Tenants) != 3 || f.Tenants[2].ID != "new" {
		t.Errorf("tenants are %+v", f.Tenants)
	}
}

func TestAddTenantErrors(t *testing.T) {
	right := Tenant{ID: "new", BillingAccount: "new", Cell: "eu-1", Tier: "standard"}
	for _, c := range []struct {
		name   string
		text   string
		change func(*Tenant)
		want   []string
	}{
		{"id taken", base, func(t *Tenant) { t.ID = "acme" }, []string{`23:9: tenants[2].id: id "acme" is taken by tenants[0] in line 18`}},
		{"account taken", base, func(t *Tenant) { t.BillingAccount = "12345" }, []string{`24:21: tenants[2].billingAccount: billingAccount "12345" is taken by tenants[0] in line 18`}},
		{"cell unknown", base, func(t *Tenant) { t.Cell = "us-1" }, []string{`25:11: tenants[2].cell: there is no cell "us-1"`}},
		{"id no label", base, func(t *Tenant) { t.ID = "a}, {b" }, []string{`23:9: tenants[2].id: id is "a}, {b", but must be a DNS label: letters, digits and inner hyphens, in lower case, at most 63 characters`}},
		{"account empty", base, func(t *Tenant) { t.BillingAccount = "" }, []string{`24:21: tenants[2].billingAccount: billingAccount is empty`}},
		{"file wrong", edit("tier: standard}", "tier: gold}"), func(*Tenant) {}, []string{`18:59: tenants[0].tier: there is no tier "gold"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tenant := right
			c.change(&tenant)
			out, err := AddTenant([]byte(c.text), tenant)
			if err == nil || out != nil {
				t.Fatalf("AddTenant gives %q, %v", out, err)
			}
			if !strings.HasPrefix(err.Error(), `adding tenant "`) {
				t.Errorf("error does not say what was done: %v", err)
			}
			if diff := cmp.Diff(c.want, problemsOf(t, err)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRemoveTenant(t *testing.T) {
	const (
		a = `{id: a, billingAccount: a, cell: eu-1, tier: standard}`
		b = `{id: b, billingAccount: b, cell: eu-1, tier: standard}`
		c = `{id: c, billingAccount: c, cell: eu-1, tier: standard}`
	)
	for _, c := range []struct{ name, id, before, after string }{
		{"first", "a", "tenants:\n  # all\n  - " + a + " # a\n  # b\n  - " + b + "\n", "tenants:\n  # all\n  # b\n  - " + b + "\n"},
		{"last", "b", "tenants:\n  - " + a + "\n  # b\n  - " + b + "\n\n# end\n", "tenants:\n  - " + a + "\n  # b\n\n# end\n"},
		{"last, no line break", "b", "tenants:\n  - " + a + "\n  - " + b, "tenants:\n  - " + a + "\n"},
		{"only", "a", "tenants: # all\n  - " + a + "\n", "tenants: [] # all\n"},
		{"block", "a", "tenants:\n- id: a\n  # account\n  billingAccount: a\n\n  cell: eu-1\n  tier: standard\n\n# next\n- " + b + "\n", "tenants:\n\n# next\n- " + b + "\n"},
		{"dash alone", "a", "tenants:\n  -\n    id: a\n    billingAccount: a\n    cell: eu-1\n    tier: standard\n  - " + b + "\n", "tenants:\n  - " + b + "\n"},
		{"brackets, first", "a", "tenants: [" + a + ", " + b + ", " + c + "]\n", "tenants: [" + b + ", " + c + "]\n"},
		{"brackets, middle", "b", "tenants: [" + a + ", " + b + ", " + c + "]\n", "tenants: [" + a + ", " + c + "]\n"},
		{"brackets, last", "c", "tenants: [" + a + ", " + b + ", " + c + "]\n", "tenants: [" + a + ", " + b + "]\n"},
		{"brackets, only", "a", "tenants: [" + a + "]\n", "tenants: []\n"},
		{"brackets on lines, first", "a", "tenants: [\n  " + a + ", # a\n  # b\n  " + b + "\n  ]\n", "tenants: [\n  # b\n  " + b + "\n  ]\n"},
		{"brackets on lines, last", "b", "tenants: [\n  " + a + ", # a\n  # b\n  " + b + "\n  ]\n", "tenants: [\n  " + a + " # a\n  # b\n  ]\n"},
		{"brackets on lines, last comma", "b", "tenants: [\n  " + a + ", # a\n  " + b + ", # b\n  ]\n", "tenants: [\n  " + a + ", # a\n  ]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, eol := range []string{"\n", "\r\n"} {
				before, after := strings.ReplaceAll(withTenants+c.before, "\n", eol), strings.ReplaceAll(withTenants+c.after, "\n", eol)
				got, err := RemoveTenant([]byte(before), c.id)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(after, string(got)); diff != "" {
					t.Errorf("file with %q (-want +got):\n%s", eol, diff)
				}
			}
		})
	}
}

func TestRemoveTenantErrors(t *testing.T) {
	for _, c := range []struct{ id, text, want string }{
		{"acne", base, `removing tenant "acne": no tenant has this id; did you mean acme?`},
		{"zzzzzz", base, `removing tenant "zzzzzz": no tenant has this id`},
	} {
		if _, err := RemoveTenant([]byte(c.text), c.id); err == nil || err.Error() != c.want {
			t.Errorf("RemoveTenant(%q): %v, want %s", c.id, err, c.want)
		}
	}
	var problems Problems
	if _, err := RemoveTenant([]byte("version: 1\n"), "a"); !errors.As(err, &problems) {
		t.Errorf("RemoveTenant of a wrong file: %v", err)
	}
}

// TestEditShippedFile removes and adds back every tenant.
func TestEditShippedFile(t *testing.T) {
	text, err := os.ReadFile("../tenants.yaml")
	if err != nil {
		t.Fatal(err)
	}
	checkEdits(t, text, mustParse(t, string(text)))
}
