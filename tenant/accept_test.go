package tenant

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// acceptList is a right file with findings that are accepted.
const acceptList = base + `# What the proof may find.
accept:
  - rule: not-understood # the only one
    stack: kittens-tenant-acme
    resource: Reports
    path: Properties.ReplicationSpec
    reason: the vendor's template, reviewed on 2026-11-03
  # The cell.
  - {stack: "kittens-*-eu-1", resource: "*", reason: "nobody has looked at it, but somebody will"}
  - stack: kittens-tenant-*
    resource: Log*Bucket
    reason: 'reviewed: it is harmless'
`

// accepting is the base with entries of accept, the first of them in line 24.
func accepting(entries ...string) string {
	return base + "accept:\n  - " + strings.Join(entries, "\n  - ") + "\n"
}

const acceptedAcme = "stack: kittens-tenant-acme, resource: Reports, reason: reviewed on Monday"

func TestAccept(t *testing.T) {
	want := []Accepted{
		{Rule: "not-understood", Stack: "kittens-tenant-acme", Resource: "Reports", Path: "Properties.ReplicationSpec", Reason: "the vendor's template, reviewed on 2026-11-03"},
		{Stack: "kittens-*-eu-1", Resource: "*", Reason: "nobody has looked at it, but somebody will"},
		{Stack: "kittens-tenant-*", Resource: "Log*Bucket", Reason: "reviewed: it is harmless"},
	}
	if diff := cmp.Diff(want, mustParse(t, acceptList).Accept); diff != "" {
		t.Errorf("accepted (-want +got):\n%s", diff)
	}
	for _, text := range []string{base, base + "accept: []\n"} {
		if f := mustParse(t, text); len(f.Accept) > 0 {
			t.Errorf("accepted are %+v", f.Accept)
		}
	}
	// What differs in one part is not the same, and neither are words that are only alike.
	mustParse(t, accepting("{"+acceptedAcme+"}", "{"+acceptedAcme+", rule: unresolved}", "{"+acceptedAcme+", path: Tags}", "{"+acceptedAcme+", path: tags}",
		"{"+strings.Replace(acceptedAcme, "Reports", "reports", 1)+"}"))
	// Entries are about stacks of tenants that the file gets to know below them.
	mustParse(t, "accept:\n  - {"+acceptedAcme+"}\n"+base)
}

// acceptCases has mistakes in entries of accept.
func acceptCases() []problemCase {
	entry := func(field, value string) string {
		fields := map[string]string{"stack": "kittens-tenant-acme", "resource": "Reports", "reason": "reviewed on Monday", field: value}
		var parts []string
		for _, name := range []string{"rule", "stack", "resource", "path", "reason"} {
			if fields[name] != "" {
				parts = append(parts, name+": "+fields[name])
			}
		}
		return accepting(strings.Join(parts, "\n    "))
	}
	rules := "one of " + strings.Join(ProofRules(), ", ")
	const (
		resource = "a logical id, with * for any run of characters: letters and digits, at most 255 characters"
		path     = "the beginning of a path within the resource, in whole segments and without *, at most 1024 characters"
		reason   = "a reason in three words or more, at most 512 characters: who decided it, when, and why it may stay so"
		stack    = "the name of a stack, with * for any run of characters: lower-case letters, digits and hyphens, at most 128 characters"
	)
	return []problemCase{
		{"accept no list", base + "accept: {stack: kittens-tenant-acme}\n", []string{"23:9: accept: accept is a mapping, but must be a list"}},
		{"accept null", base + "accept:\n", []string{"23:7: accept: accept has no value"}},
		{"accept misspelt", base + "accepts: []\n", []string{`23:1: accepts: the file has no field "accepts"`}},
		{"accepted text", accepting("Reports"), []string{`24:5: accept[0]: accept[0] is "Reports", but must be a mapping`}},
		{"accepted without a stack", accepting("resource: Reports\n    reason: reviewed on Monday"), []string{"24:5: accept[0].stack: accept[0] has no stack"}},
		{"accepted without a resource", accepting("stack: kittens-tenant-acme\n    reason: reviewed on Monday"), []string{"24:5: accept[0].resource: accept[0] has no resource"}},
		{"accepted without a reason", accepting("stack: kittens-tenant-acme\n    resource: Reports"), []string{"24:5: accept[0].reason: accept[0] has no reason"}},
		{"accepted with a further field", accepting("{" + acceptedAcme + ", until: never}"), []string{`24:81: accept[0].until: accept[0] has no field "until"`}},
		{"rule unknown", entry("rule", "not-understod"), []string{`24:11: accept[0].rule: rule is "not-understod", but must be a rule of the proof: ` + rules}},
		{"rule empty", entry("rule", `""`), []string{"24:11: accept[0].rule: rule is empty"}},
		{"rule with *", entry("rule", `"*"`), []string{`24:11: accept[0].rule: rule is "*", but must be a rule of the proof: ` + rules}},
		{"stack of no tenant", entry("stack", "kittens-tenant-acne"), []string{`24:12: accept[0].stack: there is no stack "kittens-tenant-acne"`}},
		{"stack of no cell", entry("stack", "kittens-cell-eu-2"), []string{`24:12: accept[0].stack: there is no stack "kittens-cell-eu-2"`}},
		{"stack of a tenant as a cell's", entry("stack", "kittens-cell-acme"), []string{`24:12: accept[0].stack: there is no stack "kittens-cell-acme"`}},
		{"stack of another platform", entry("stack", "cats-tenant-acme"), []string{`24:12: accept[0].stack: there is no stack "cats-tenant-acme"`}},
		{"stack with * that none matches", entry("stack", "kittens-tenant-z*"), []string{`24:12: accept[0].stack: there is no stack "kittens-tenant-z*"`}},
		{"stack with ?", entry("stack", "kittens-tenant-acm?"), []string{`24:12: accept[0].stack: stack is "kittens-tenant-acm?", but must be ` + stack}},
		{"stack as an id", entry("stack", "acme"), []string{`24:12: accept[0].stack: stack is "acme", but must be ` + stack}},
		{"stack empty", entry("stack", `""`), []string{"24:12: accept[0].stack: stack is empty"}},
		{"stack number", entry("stack", "12"), []string{"24:12: accept[0].stack: stack is 12, which YAML reads as a number"}},
		{"stack alias", entry("stack", "*-tenant-acme"), []string{"24:12: aliases are not supported"}},
		{"stack alone *", entry("stack", "*"), []string{"24:12: invalid YAML: a * without quotes begins an alias"}},
		{"resource with a hyphen", entry("resource", "Rep-orts"), []string{`25:15: accept[0].resource: resource is "Rep-orts", but must be ` + resource}},
		{"resource empty", entry("resource", `""`), []string{"25:15: accept[0].resource: resource is empty"}},
		{"resource boolean", entry("resource", "On"), []string{"25:15: accept[0].resource: resource is On, which YAML reads as a boolean"}},
		{"resource long", entry("resource", strings.Repeat("R", 256)), []string{`25:15: accept[0].resource: resource is "` + strings.Repeat("R", 60) + `…", but must be ` + resource}},
		{"path with *", entry("path", "Properties.*.Policy"), []string{`26:11: accept[0].path: path is "Properties.*.Policy", but must be ` + path}},
		{"path with a dot last", entry("path", "Properties."), []string{`26:11: accept[0].path: path is "Properties.", but must be ` + path}},
		{"path with a dot first", entry("path", ".Properties"), []string{`26:11: accept[0].path: path is ".Properties", but must be ` + path}},
		{"path empty", entry("path", `""`), []string{"26:11: accept[0].path: path is empty"}},
		{"reason blank", entry("reason", `"   "`), []string{`26:13: accept[0].reason: reason is "   ", but must be ` + reason}},
		{"reason empty", entry("reason", `""`), []string{"26:13: accept[0].reason: reason is empty"}},
		{"reason of two words", entry("reason", "was reviewed"), []string{`26:13: accept[0].reason: reason is "was reviewed", but must be ` + reason}},
		{"reason of spaces between", entry("reason", `"a      b"`), []string{`26:13: accept[0].reason: reason is "a      b", but must be ` + reason}},
		{"reason on lines", entry("reason", "|\n      it is\n      fine"), []string{"26:13: text on lines of its own is not supported"}},
		{"accepted twice", accepting("{"+acceptedAcme+"}", "{"+strings.Replace(acceptedAcme, "Monday", "Tuesday", 1)+"}"), []string{"25:5: accept[1]: accept[1] accepts the same as accept[0] in line 24"}},
		{"accepted three times", accepting("{"+acceptedAcme+", path: Tags}", "{"+acceptedAcme+", path: Tags}", "{"+acceptedAcme+", path: Tags}"),
			[]string{"25:5: accept[1]: accept[1] accepts the same as accept[0] in line 24", "26:5: accept[2]: accept[2] accepts the same as accept[0] in line 24"}},
		{"everything at once", accepting("rule: none\n    stack: kittens-tenant-acne\n    resource: ''\n    path: '*'\n    reason: ''", "{"+acceptedAcme+"}", "{"+acceptedAcme+"}"), []string{
			`24:11: accept[0].rule: rule is "none", but must be a rule of the proof: ` + rules,
			`25:12: accept[0].stack: there is no stack "kittens-tenant-acne"`,
			"26:15: accept[0].resource: resource is empty",
			`27:11: accept[0].path: path is "*", but must be ` + path,
			"28:13: accept[0].reason: reason is empty",
			"30:5: accept[2]: accept[2] accepts the same as accept[1] in line 29",
		}},
		// Which stacks there are is not known before their names are right.
		{"stack of a tenant with a wrong id", strings.Replace(entry("stack", "kittens-tenant-bmce"), "id: bmce", "id: Bmce", 1), []string{
			`19:9: tenants[1].id: id is "Bmce", but must be a DNS label: letters, digits and inner hyphens, in lower case, at most 63 characters`}},
		{"stack of a tenant whose id needs quotes", strings.Replace(entry("stack", "kittens-tenant-on"), "id: bmce", "id: on", 1), []string{"19:9: tenants[1].id: id is on, which YAML reads as a boolean"}},
		{"stack of a platform with a wrong name", strings.Replace(entry("stack", "kittens-tenant-acme"), "name: kittens", "name: Kittens", 1), []string{
			`3:9: platform.name: name is "Kittens", but must be a DNS label that begins with a letter, at most 16 characters`}},
		{"stack of a cell with a wrong name", strings.Replace(entry("stack", "kittens-cell-eu-9"), "tiers:", "  eu_9: {awsAccount: \"111111111111\", region: eu-central-1, hostedZoneId: Z0, certificateArn: \"arn:aws:acm:us-east-1:111111111111:certificate/1\"}\ntiers:", 1), []string{
			`15:3: cells.eu_9: the cell name is "eu_9", but must be a name: a letter, then letters, digits and hyphens, in lower case, at most 20 characters`}},
	}
}

// A stack that is not there is compared with others only so often: thousands of both are reported within seconds.
func TestManyStacksThatAreNotThere(t *testing.T) {
	const n = 3000
	text := string(largeFile(n)) + "accept:\n" + strings.Repeat("  - {stack: kittens-tenant-customer-x, resource: A, reason: it is fine}\n", n)
	_, err := Parse("tenants.yaml", []byte(text))
	problems := problemsOf(t, err)
	if len(problems) != n || !strings.Contains(problems[n-1], `there is no stack "kittens-tenant-customer-x"`) {
		t.Errorf("%d problems, want %d", len(problems), n)
	}
}

func TestMatchesAny(t *testing.T) {
	names := []string{"kittens-cell-eu-1", "kittens-tenant-acme", "kittens-tenant-acme-2"}
	for _, c := range []struct {
		pattern string
		want    []string
	}{
		{"kittens-tenant-acme", names[1:2]},
		{"kittens-tenant-acme*", names[1:]},
		{"kittens-tenant-acme-*", names[2:]},
		{"*", names}, {"**", names},
		{"*-acme", names[1:2]},
		{"*e*e*", names},
		{"kittens-*-eu-1", names[:1]},
		{"kittens-*1*1", nil}, // an end is no part of the middle
		{"kittens-cell-eu-1*eu-1", nil},
		{"kittens-cell-eu-1*", names[:1]},
		{"*-tenant-*-2", names[2:]},
		{"kittens", nil}, {"tenant-acme", nil}, {"", nil},
		{"x*", nil}, {"kittens-tenant-b*", nil}, {"*x", nil},
	} {
		var got []string
		for _, name := range names {
			if matchesAny(c.pattern, []string{name}) {
				got = append(got, name)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q matches %q, want %q", c.pattern, got, c.want)
		}
		if matchesAny(c.pattern, names) != (len(c.want) > 0) {
			t.Errorf("%q matches any: %v", c.pattern, len(c.want) == 0)
		}
	}
}

// What is accepted of a tenant's stack alone goes with the tenant.
func TestRemoveTenantWithAccepted(t *testing.T) {
	const (
		all   = `{stack: kittens-tenant-*, resource: A, reason: it is fine}`
		acme  = `{stack: kittens-tenant-acme, resource: A, reason: it is fine}`
		acmes = `{stack: "*-acme*", resource: B, reason: it is fine}`
		bmce  = `{stack: kittens-tenant-bmce, resource: A, reason: it is fine}`
		cell  = `{stack: kittens-cell-eu-1, resource: A, reason: it is fine}`
	)
	one := strings.Replace(base, "  - {id: acme, billingAccount: \"12345\", cell: eu-1, tier: standard}\n", "", 1)
	for _, c := range []struct{ name, before, after string }{
		{"none", "accept: []\n", "accept: []\n"},
		{"of others", "accept:\n  - " + all + "\n  - " + bmce + "\n  - " + cell + "\n", "accept:\n  - " + all + "\n  - " + bmce + "\n  - " + cell + "\n"},
		{"the only one", "accept: # reviewed\n  - " + acme + " # a\n# end\n", "accept: [] # reviewed\n# end\n"},
		{"some", "accept:\n  # a\n  - " + acme + "\n  # b\n  - " + bmce + "\n  - " + acmes + " # c\n  - " + all + "\n", "accept:\n  # a\n  # b\n  - " + bmce + "\n  - " + all + "\n"},
		{"block", "accept:\n- stack: kittens-tenant-acme\n  # why\n  resource: A\n  reason: it is fine\n\n- " + cell + "\n", "accept:\n\n- " + cell + "\n"},
		{"brackets, all", "accept: [" + acme + ", " + acmes + "]\n", "accept: []\n"},
		{"brackets, some", "accept: [" + acme + ", " + all + ", " + acmes + "]\n", "accept: [" + all + "]\n"},
		{"brackets on lines", "accept: [\n  " + acme + ", # a\n  " + acmes + ",\n  " + cell + "\n  ]\n", "accept: [\n  " + cell + "\n  ]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, first := range []bool{false, true} {
				before, after := base+c.before, one+c.after
				if first {
					before, after = c.before+base, c.after+one
				}
				got, err := RemoveTenant([]byte(before), "acme")
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(after, string(got)); diff != "" {
					t.Errorf("file with accept first %v (-want +got):\n%s", first, diff)
				}
			}
		})
	}
	t.Run("JSON", func(t *testing.T) {
		got, err := RemoveTenant([]byte(mustJSON(mustParse(t, acceptList))), "acme")
		if err != nil {
			t.Fatal(err)
		}
		if f := mustParse(t, string(got)); len(f.Tenants) != 1 || len(f.Accept) != 2 || f.Accept[0].Resource != "*" || !isJSON(got) {
			t.Errorf("the file is %s", got)
		}
	})
	t.Run("the last tenant", func(t *testing.T) {
		got, err := RemoveTenant([]byte(acceptList), "bmce")
		if err == nil {
			got, err = RemoveTenant(got, "acme")
		}
		if err != nil {
			t.Fatal(err)
		}
		if f := mustParse(t, string(got)); len(f.Tenants) != 0 || len(f.Accept) != 1 || f.Accept[0].Stack != "kittens-*-eu-1" {
			t.Errorf("the file is %s", got)
		}
	})
	t.Run("layout", func(t *testing.T) {
		text := "{version: 1, " + flowOf(t, base) + `, "\x61ccept": [` + acme + "]}"
		mustParse(t, text)
		want := `removing tenant "acme": removing accept[0], which is about the tenant's stack alone: ` + errLayout.Error()
		if got, err := RemoveTenant([]byte(text), "acme"); err == nil || err.Error() != want {
			t.Errorf("it is %q, %v, want %s", got, err, want)
		}
	})
}

// flowOf is what a file has, beside its version, within braces.
func flowOf(t *testing.T, text string) string {
	t.Helper()
	f := mustParse(t, text)
	return fmt.Sprintf(`platform: %s, cells: %s, tiers: %s, tenants: %s`, mustJSON(f.Platform), mustJSON(f.Cells), mustJSON(f.Tiers), mustJSON(f.Tenants))
}

func TestProofRules(t *testing.T) {
	rules := ProofRules()
	if !slices.IsSorted(rules) || len(slices.Compact(slices.Clone(rules))) != 13 {
		t.Errorf("rules are %q", rules)
	}
	rules[0] = "changed"
	if ProofRules()[0] == "changed" {
		t.Error("who gets the rules can change them")
	}
	for _, rule := range ProofRules() {
		mustParse(t, accepting("{"+acceptedAcme+", rule: "+rule+"}"))
	}
}
