package tenant

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

// FuzzParse checks that Parse never panics, that every problem has a place in the text,
// and that a file which is taken keeps every promise: it satisfies the schema, another
// YAML library reads the same values from it, and its tenants can be removed and added.
func FuzzParse(f *testing.F) {
	shipped, err := os.ReadFile("../tenants.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(shipped)
	for _, c := range slices.Concat(lintCases(), acceptCases(), syntaxCases()) {
		f.Add([]byte(c.text))
	}
	f.Add([]byte(mustJSON(mustParse(f, base))))
	f.Add([]byte(acceptList))
	schema := compileSchema(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		if found := ParsePlaceholders("tenants.yaml", data); len(found) > 0 {
			checkPlaces(t, data, found)
		}
		file, err := Parse("tenants.yaml", data)
		if err != nil {
			checkPlaces(t, data, err)
			return
		}
		checkInvariants(t, schema, file)
		checkOtherReader(t, data, file)
		checkEdits(t, data, file)
	})
}

// checkPlaces checks that err is Problems, each with a place inside the text.
func checkPlaces(t *testing.T, data []byte, err error) {
	t.Helper()
	var problems Problems
	if !errors.As(err, &problems) || len(problems) == 0 {
		t.Fatalf("error is %T, want Problems: %v", err, err)
	}
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string([]rune(string(data))))
	lines := strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n")
	line, column := 0, 0
	for _, p := range problems {
		if p.Line < 1 || p.Line > len(lines) || p.Column < 1 || p.Column > utf8.RuneCountInString(lines[p.Line-1])+1 {
			t.Fatalf("problem outside of the text:\n%v", p)
		}
		if p.Line < line || p.Line == line && p.Column < column {
			t.Fatalf("problems are not sorted:\n%v", err)
		}
		line, column = p.Line, p.Column
		if p.Message == "" || p.Fix == "" || strings.ContainsAny(p.Message+p.Fix, "\n\x1b") || strings.Count(p.Excerpt, "\n") != 1 {
			t.Fatalf("problem is not whole: %+v", p)
		}
	}
}

// checkInvariants checks what the rest of the program relies on.
func checkInvariants(t *testing.T, schema *jsonschema.Schema, f *File) {
	t.Helper()
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Fatalf("the schema refuses what Parse takes: %v", err)
	}
	ids, accounts := map[string]bool{}, map[string]bool{}
	for _, tenant := range f.Tenants {
		_, cell := f.Cells[tenant.Cell]
		_, tier := f.Tiers[tenant.Tier]
		s := f.Settings(tenant)
		switch {
		case ids[tenant.ID], accounts[tenant.BillingAccount], !cell, !tier, tenant.Name == "", tenant.Wave == "":
			t.Fatalf("tenant breaks a promise: %+v", tenant)
		case s.KeyShards < 1, s.KeyShards > MaxKeyShards, s.Throttle.Rate < 1, s.Throttle.Burst < 1, s.LogRetentionDays < 1, s.Domain.InstanceCount < 1, s.Domain.VolumeGiB < MinVolumeGiB:
			t.Fatalf("settings break a promise: %+v", s)
		}
		ids[tenant.ID], accounts[tenant.BillingAccount] = true, true
	}
	accepted := map[Accepted]bool{}
	for _, a := range f.Accept {
		if len(strings.Fields(a.Reason)) < 3 || a.Resource == "" || !matchesAny(a.Stack, f.stacks()) {
			t.Fatalf("accepted breaks a promise: %+v", a)
		}
		if a.Reason = ""; accepted[a] {
			t.Fatalf("accepted twice: %+v", a)
		}
		accepted[a] = true
	}
}

// checkOtherReader compares the values with what another YAML library reads.
func checkOtherReader(t *testing.T, data []byte, f *File) {
	t.Helper()
	var other File
	if bytes.Contains(data, []byte(`\/`)) || bytes.Contains(data, []byte("?")) {
		return // right in YAML 1.2, but the other library knows neither the escape nor ? within text
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&other); err != nil {
		t.Fatalf("another library refuses what Parse takes: %v\n%s", err, data)
	}
	for i := range other.Tenants {
		other.Tenants[i].setDefaults()
	}
	if got, want := mustJSON(f), mustJSON(&other); got != want {
		t.Fatalf("another library reads\n%s\ninstead of\n%s\nfrom\n%s", want, got, data)
	}
}

func mustParse(t testing.TB, text string) *File {
	t.Helper()
	f, err := Parse("tenants.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func mustJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// checkEdits removes and adds every tenant.
func checkEdits(t *testing.T, data []byte, f *File) {
	t.Helper()
	for _, tenant := range f.Tenants {
		less, err := RemoveTenant(data, tenant.ID)
		if err != nil {
			if strings.Contains(err.Error(), "by hand") {
				continue
			}
			t.Fatalf("%v\n%s", err, data)
		}
		for _, a := range mustParse(t, string(less)).Accept {
			if !slices.Contains(f.Accept, a) {
				t.Fatalf("accepted is what was not: %+v", a)
			}
		}
		more, err := AddTenant(less, tenant)
		if err != nil {
			if strings.Contains(err.Error(), "by hand") {
				continue
			}
			t.Fatalf("%v\n%s\n--\n%s", err, data, less)
		}
		again, err := Parse("tenants.yaml", more)
		if err != nil || len(again.Tenants) != len(f.Tenants) || !reflect.DeepEqual(again.Tenants[len(again.Tenants)-1], tenant) {
			t.Fatalf("adding what was removed gives another tenant: %v\n%s", err, more)
		}
	}
}
