package cfn

import (
	"os"
	"slices"
	"testing"
)

func makeDir(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestParts(t *testing.T) {
	for s, want := range map[string][]Part{
		"":           nil,
		"a":          {{"a", false}},
		"⟨s/A⟩":      {{"⟨s/A⟩", true}},
		"a⟨s/A⟩b⟨c⟩": {{"a", false}, {"⟨s/A⟩", true}, {"b", false}, {"⟨c⟩", true}},
		"⟨a⟩⟨b⟩":     {{"⟨a⟩", true}, {"⟨b⟩", true}},
		"x⟨a⟨b⟩c⟩":   {{"x", false}, {"⟨a⟨b⟩c⟩", true}},
		"a⟨b":        {{"a⟨b", false}},
		"a⟩b":        {{"a⟩b", false}},
		"⟨a⟩b⟨c":     {{"⟨a⟩", true}, {"b⟨c", false}},
		"⟨a⟨b⟩":      {{"⟨a⟨b⟩", false}},
	} {
		got := Parts(s)
		if !slices.Equal(got, want) {
			t.Errorf("Parts(%q) are %v, want %v", s, got, want)
		}
		if HasOpaque(s) != slices.ContainsFunc(want, func(p Part) bool { return p.Opaque }) {
			t.Errorf("HasOpaque(%q) is %t", s, HasOpaque(s))
		}
		if isOpaque(s) != (len(want) == 1 && want[0].Opaque) {
			t.Errorf("isOpaque(%q) is %t", s, isOpaque(s))
		}
	}
}

func TestOpaque(t *testing.T) {
	if got := Opaque("s", "A", "Arn"); got != "⟨s/A.Arn⟩" {
		t.Error(got)
	}
	if got := Opaque("s", "A", ""); got != "⟨s/A⟩" {
		t.Error(got)
	}
}
