package tenant

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// jsonBefore is a right file in JSON up to its tenants, whose text has what makes columns hard to count.
const jsonBefore = `"version": 1,
  "platform": {"name": "kittens", "domain": "example.com", "identityProvider": {"issuer": "https://id.example.com/", "audience": "https://api.example.com/", "webClientId": "k"}},
  "cells": {"eu-1": {"awsAccount": "111111111111", "region": "eu-central-1", "hostedZoneId": "Z0EXAMPLE", "certificateArn": "arn:aws:acm:us-east-1:111111111111:certificate/0a1b2c3d-0000-4000-8000-000000000000"}},
  "tiers": {"standard": {"data": "shared", "search": "shared", "keyShards": 1, "throttle": {"rate": 50, "burst": 100}}},
  `

// TestEditJSON adds the tenant new, and takes it away again, which gives the file of before.
func TestEditJSON(t *testing.T) {
	const (
		one   = `{"id": "a", "billingAccount": "a", "cell": "eu-1", "tier": "standard"}`
		two   = `{"id": "b", "billingAccount": "b", "name": "\u00c9t\u00e9 \"ü\", {[x", "cell": "eu-1", "tier": "standard"}`
		fresh = `{"id": "new", "billingAccount": "0777", "name": "New: Ltd", "cell": "eu-1", "tier": "standard", "wave": "late", "terminationProtection": false, "keyShards": 2, "throttle": {"burst": 9}, "domain": {"volumeGiB": 20}}`
	)
	compact := func(s string) string {
		var b bytes.Buffer
		if err := json.Compact(&b, []byte(s)); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	indent := func(s, prefix, indent string) string {
		var b bytes.Buffer
		if err := json.Indent(&b, []byte(s), prefix, indent); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	pad := func(s string) string {
		return strings.NewReplacer(`{"`, `{ "`, "}", " }").Replace(s)
	}
	padded := `{ "id": "new", "billingAccount": "0777", "name": "New: Ltd", "cell": "eu-1", "tier": "standard", "wave": "late", "terminationProtection": false, "keyShards": 2, "throttle": { "burst": 9 }, "domain": { "volumeGiB": 20 } }`
	for _, c := range []struct{ name, before, after string }{
		{"on one line", "[" + one + ", " + two + "]", "[" + one + ", " + two + ", " + fresh + "]"},
		{"without spaces", compact("[" + one + ", " + two + "]"), compact("[" + one + "," + two + "," + fresh + "]")},
		{"one without spaces", compact("[" + one + "]"), compact("[" + one + "," + fresh + "]")},
		{"a line each", "[\n    " + one + ",\n    " + two + "\n  ]", "[\n    " + one + ",\n    " + two + ",\n    " + fresh + "\n  ]"},
		{"bracket behind", "[\n    " + one + ",\n    " + two + "]", "[\n    " + one + ",\n    " + two + ",\n    " + fresh + "]"},
		{"bracket before", "[" + one + ",\n   " + two + "\n  ]", "[" + one + ",\n   " + two + ",\n   " + fresh + "\n  ]"},
		{"a line each field", indent("["+one+","+two+"]", "  ", "  "), indent("["+one+","+two+","+fresh+"]", "  ", "  ")},
		{"wide", indent("["+one+"]", "    ", "    "), indent("["+one+","+fresh+"]", "    ", "    ")},
		{"braces back to back", "[{\n    \"id\": \"a\", \"billingAccount\": \"a\",\n    \"cell\": \"eu-1\", \"tier\": \"standard\"\n  }, {\n    \"id\": \"b\", \"billingAccount\": \"b\",\n    \"cell\": \"eu-1\", \"tier\": \"standard\"\n  }]",
			"[{\n    \"id\": \"a\", \"billingAccount\": \"a\",\n    \"cell\": \"eu-1\", \"tier\": \"standard\"\n  }, {\n    \"id\": \"b\", \"billingAccount\": \"b\",\n    \"cell\": \"eu-1\", \"tier\": \"standard\"\n  }, " + indent(fresh, "  ", "  ") + "]"},
		{"padded", "[" + pad(one) + "]", "[" + pad(one) + ", " + padded + "]"},
		{"commas first", "[\n    " + one + "\n    , " + two + "\n  ]", "[\n    " + one + "\n    , " + two + ", " + fresh + "\n  ]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, frame := range []string{"{\n  " + jsonBefore + `"tenants": %s` + "\n}\n", `{"tenants": %s, ` + jsonBefore[:strings.LastIndex(jsonBefore, ",")] + "}"} {
				for _, eol := range []string{"\n", "\r\n"} {
					before, after := strings.ReplaceAll(fmt.Sprintf(frame, c.before), "\n", eol), strings.ReplaceAll(fmt.Sprintf(frame, c.after), "\n", eol)
					got, err := AddTenant([]byte(before), added)
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(after, string(got)); diff != "" {
						t.Errorf("added (-want +got):\n%s", diff)
					}
					if back, err := RemoveTenant(got, added.ID); err != nil || string(back) != before {
						t.Errorf("removed again: %v (-want +got):\n%s", err, cmp.Diff(before, string(back)))
					}
				}
			}
		})
	}
}

// TestEditEmptyJSON adds to lists without tenants, and takes the last tenant away.
func TestEditEmptyJSON(t *testing.T) {
	a := Tenant{ID: "a", BillingAccount: "a", Cell: "eu-1", Tier: "standard"}
	const one = `{"id": "a", "billingAccount": "a", "cell": "eu-1", "tier": "standard"}`
	lines := "{\n  " + jsonBefore + `"tenants": %s` + "\n}\n"
	flat := strings.ReplaceAll(strings.ReplaceAll(lines, "\n  ", " "), "\n", "")
	expanded := "[\n    {\n      \"id\": \"a\",\n      \"billingAccount\": \"a\",\n      \"cell\": \"eu-1\",\n      \"tier\": \"standard\"\n    }\n  ]"
	for _, c := range []struct{ frame, before, after, again string }{
		{flat, "[]", "[" + one + "]", "[]"},
		{flat, "[ ]", "[" + one + " ]", "[]"},
		{lines, "[]", expanded, "[]"},
		{lines, "[ ]", expanded, "[]"},
		{lines, "[\n  ]", "[" + one + "\n  ]", "[]"},
	} {
		got, err := AddTenant(fmt.Appendf(nil, c.frame, c.before), a)
		if err != nil {
			t.Errorf("%q: %v", c.before, err)
			continue
		}
		if diff := cmp.Diff(fmt.Sprintf(c.frame, c.after), string(got)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.before, diff)
		}
		back, err := RemoveTenant(got, "a")
		if diff := cmp.Diff(fmt.Sprintf(c.frame, c.again), string(back)); err != nil || diff != "" {
			t.Errorf("%q, removed again: %v (-want +got):\n%s", c.before, err, diff)
		}
	}
}

// TestEditYAMLInBrackets keeps names in quotes where they are, commas at the end, and comments.
func TestEditYAMLInBrackets(t *testing.T) {
	b := Tenant{ID: "b", BillingAccount: "b", Cell: "eu-1", Tier: "standard"}
	for _, c := range []struct{ before, after string }{
		{`tenants: [{"id": "a", "billingAccount": "a", "cell": "eu-1", "tier": "standard"}, ]` + "\n",
			`tenants: [{"id": "a", "billingAccount": "a", "cell": "eu-1", "tier": "standard"}, {"id": "b", "billingAccount": "b", "cell": "eu-1", "tier": "standard"}, ]` + "\n"},
		{"tenants: [ # all, [of them]\n  {id: a, billingAccount: a, cell: eu-1, tier: standard} # it's \"a\", {\n  # end ]\n]\n",
			"tenants: [ # all, [of them]\n  {id: a, billingAccount: a, cell: eu-1, tier: standard}, # it's \"a\", {\n  {id: b, billingAccount: b, cell: eu-1, tier: standard}\n  # end ]\n]\n"},
		{"tenants: [\n  { id: a, billingAccount: 'a', name: it's a, cell: eu-1, tier: standard },\n]\n",
			"tenants: [\n  { id: a, billingAccount: 'a', name: it's a, cell: eu-1, tier: standard },\n  { id: b, billingAccount: b, cell: eu-1, tier: standard },\n]\n"},
		{"tenants:\n  - {\"id\": \"a\", \"billingAccount\": \"a\", \"cell\": \"eu-1\", \"tier\": \"standard\"}\n",
			"tenants:\n  - {\"id\": \"a\", \"billingAccount\": \"a\", \"cell\": \"eu-1\", \"tier\": \"standard\"}\n  - {\"id\": \"b\", \"billingAccount\": \"b\", \"cell\": \"eu-1\", \"tier\": \"standard\"}\n"},
		{"\"tenants\": [] # none\n", "\"tenants\": [{\"id\": \"b\", \"billingAccount\": \"b\", \"cell\": \"eu-1\", \"tier\": \"standard\"}] # none\n"},
	} {
		got, err := AddTenant([]byte(withTenants+c.before), b)
		if err != nil {
			t.Errorf("%v\n%s", err, c.before)
			continue
		}
		if diff := cmp.Diff(withTenants+c.after, string(got)); diff != "" {
			t.Errorf("added (-want +got):\n%s", diff)
		}
	}
}

// layout writes a value in brackets with white space, and in YAML comments, commas and quotes, as the random numbers decide.
type layout struct {
	r    *rand.Rand
	yaml bool
	b    strings.Builder
}

func (l *layout) gap() {
	for range l.r.Intn(3) {
		switch n := l.r.Intn(8); {
		case n < 3:
			l.b.WriteByte(' ')
		case n < 5:
			l.b.WriteString("\n" + strings.Repeat(" ", l.r.Intn(6)))
		case n == 5 && l.yaml:
			l.b.WriteString(" # [a], {b: \"c\", 'd}\n ")
		case n == 6:
			l.b.WriteString("\r\n  ")
		}
	}
}

func (l *layout) text(s string) {
	switch n := l.r.Intn(3); {
	case l.yaml && n == 0:
		l.b.WriteString(yamlText(s))
	case l.yaml && n == 1 && !strings.Contains(s, "'"):
		l.b.WriteString("'" + s + "'")
	case n == 2:
		var b strings.Builder
		for _, c := range s {
			if c < 0x10000 && l.r.Intn(4) == 0 {
				fmt.Fprintf(&b, `\u%04x`, c)
			} else {
				b.WriteString(strings.Trim(quote(string(c)), `"`))
				if c == '"' {
					b.WriteString(`"`)
				}
			}
		}
		l.b.WriteString(`"` + b.String() + `"`)
	default:
		l.b.WriteString(quote(s))
	}
}

func (l *layout) value(v any) {
	switch v := v.(type) {
	case map[string]any:
		l.list("{", "}", len(v), func(i int) {
			keys := make([]string, 0, len(v))
			for key := range v {
				keys = append(keys, key)
			}
			slices.Sort(keys)
			l.text(keys[i])
			l.b.WriteString(":")
			if l.yaml || l.r.Intn(2) == 0 {
				l.b.WriteString(" ")
			}
			l.value(v[keys[i]])
		})
	case []any:
		l.list("[", "]", len(v), func(i int) { l.value(v[i]) })
	case string:
		l.text(v)
	default:
		data, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		l.b.Write(data)
	}
}

func (l *layout) list(open, end string, n int, entry func(int)) {
	l.b.WriteString(open)
	for i := range n {
		l.gap()
		entry(i)
		l.gap()
		if i < n-1 || l.yaml && l.r.Intn(4) == 0 {
			l.b.WriteString(",")
			if l.yaml {
				l.b.WriteString(" ")
			}
		}
	}
	l.gap()
	l.b.WriteString(end)
}

// TestLayouts adds and removes tenants in files of a thousand layouts: the file has the tenant more or less and is otherwise the
// same, JSON stays JSON, and what cannot be done so is refused.
func TestLayouts(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	names := []string{"Été \"x\"", "a, b", "[x", "{", "it's", "# no", "\\", "🐈 x", "a: b"}
	made, refused := 0, 0
	for range 1200 {
		var file map[string]any
		if err := json.Unmarshal([]byte("{"+jsonBefore+`"tenants": []}`), &file); err != nil {
			t.Fatal(err)
		}
		tenants := []any{}
		for i := range r.Intn(4) {
			one := map[string]any{"id": fmt.Sprint("t", i), "billingAccount": fmt.Sprint("b", i), "cell": "eu-1", "tier": "standard", "name": names[r.Intn(len(names))]}
			if r.Intn(2) == 0 {
				one["throttle"] = map[string]any{"burst": 7}
			}
			tenants = append(tenants, one)
		}
		file["tenants"] = tenants
		l := layout{r: r, yaml: r.Intn(2) == 0}
		l.value(file)
		text := []byte(l.b.String())
		before, err := Parse("tenants.yaml", text)
		if err != nil {
			continue // a layout that is no tenants.yaml, such as text on two lines
		}
		made++
		want := *before
		fresh := added
		fresh.setDefaults()
		want.Tenants = append(slices.Clone(before.Tenants), fresh)
		out, err := AddTenant(text, added)
		if refusedEdit(t, text, out, err) {
			refused++
			continue
		}
		checkLayout(t, text, out, &want, 1)
		for i, tenant := range want.Tenants {
			less := want
			less.Tenants = slices.Delete(slices.Clone(want.Tenants), i, i+1)
			gone, err := RemoveTenant(out, tenant.ID)
			if refusedEdit(t, out, gone, err) {
				refused++
				continue
			}
			checkLayout(t, out, gone, &less, -1)
		}
		if t.Failed() {
			t.Fatalf("of\n%s", text)
		}
	}
	t.Logf("%d files, %d edits refused", made, refused)
	if made < 1000 || refused > made/20 {
		t.Errorf("%d files, %d edits refused: the test does not test much", made, refused)
	}
}

func refusedEdit(t *testing.T, text, out []byte, err error) bool {
	t.Helper()
	if err == nil {
		return false
	}
	if out != nil || !strings.Contains(err.Error(), "too unusual for an edit that changes nothing else: edit it by hand") || json.Valid(text) {
		t.Errorf("%v, of\n%s", err, text)
	}
	return true
}

// checkLayout wants the values, JSON where there was JSON, with the same values to another reader, and every comment.
func checkLayout(t *testing.T, before, after []byte, want *File, more int) {
	t.Helper()
	got, err := Parse("tenants.yaml", after)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the values are others: %v\n%s", err, after)
		return
	}
	if more > 0 && bytes.Count(after, []byte(" # [a]")) != bytes.Count(before, []byte(" # [a]")) {
		t.Errorf("a comment is gone:\n%s", after)
	}
	if !json.Valid(before) {
		return
	}
	var was, is map[string]any
	if err := json.Unmarshal(after, &is); err != nil {
		t.Errorf("it is not JSON any more: %v\n%s", err, after)
		return
	}
	if err := json.Unmarshal(before, &was); err != nil {
		t.Fatal(err)
	}
	if len(is["tenants"].([]any)) != len(was["tenants"].([]any))+more {
		t.Errorf("%d tenants more:\n%s", more, after)
	}
	delete(is, "tenants")
	delete(was, "tenants")
	if !reflect.DeepEqual(is, was) {
		t.Errorf("what is not a tenant changed:\n%s", after)
	}
}
