package lint

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// planted is a template with faults, checked beside the real ones in the same run.
const planted = "planted.template.json"

// fromRoot makes a path of the environment absolute; a relative one is relative to the module's root.
func fromRoot(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	abs, err := filepath.Abs(filepath.Join("../..", path))
	if err != nil {
		return path
	}
	return abs
}

// TestTemplates checks the synthesized templates. Without a folder of templates it
// checks the planted one alone, which shows that the checkers work.
func TestTemplates(t *testing.T) {
	v := venv(fromRoot(os.Getenv("TENANTSTACK_VENV")))
	out := fromRoot(os.Getenv("TENANTSTACK_CDK_OUT"))
	if v == "" {
		if out != "" {
			t.Fatal("TENANTSTACK_CDK_OUT is set and TENANTSTACK_VENV is not: name the virtual environment of the checkers")
		}
		t.Skip("TENANTSTACK_VENV names no virtual environment with the checkers; `make test` does")
	}
	if err := v.check("requirements.txt"); err != nil {
		t.Fatal(err)
	}
	explanations, err := readExplanations("findings.yaml")
	if err != nil {
		t.Fatal(err)
	}

	a := assembly{Regions: []string{defaultRegion}}
	if out != "" {
		if a, err = readAssembly(out); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	for _, name := range a.Templates {
		copyFile(t, filepath.Join(out, name), filepath.Join(dir, name))
	}
	if out != "" {
		a.Templates = append(a.Templates, control(t, dir)...)
	}
	copyFile(t, filepath.Join("testdata", planted), filepath.Join(dir, planted))
	a.Templates = append(a.Templates, planted)

	all, err := inspect(t.Context(), v, dir, a)
	if err != nil {
		t.Fatal(err)
	}
	var real, faults []finding
	for _, f := range all {
		if f.Template == planted {
			faults = append(faults, f)
		} else {
			real = append(real, f)
		}
	}
	checkPlanted(t, faults)
	if out == "" {
		return
	}
	unexplained, idle := judge(real, explanations)
	for _, message := range report(unexplained) {
		t.Error(message)
	}
	for _, e := range idle {
		t.Errorf("findings.yaml: %s of %s explains no finding: remove the entry", e.Check, e.Resources)
	}
	t.Logf("%d templates in %s, %d findings, %d not explained", len(a.Templates)-1, strings.Join(a.Regions, ", "), len(real), len(unexplained))
}

// control copies the templates of a cell with an origin access control and of a tenant in it, which the shipped tenants.yaml does
// not have, and returns their names.
func control(t *testing.T, dir string) []string {
	t.Helper()
	goldens, err := filepath.Glob("../templates/testdata/control/*.json")
	if err != nil || len(goldens) == 0 {
		t.Fatalf("the golden templates with an origin access control: %d, %v", len(goldens), err)
	}
	var names []string
	for _, golden := range goldens {
		name := "control-" + strings.TrimSuffix(filepath.Base(golden), ".json") + ".template.json"
		copyFile(t, golden, filepath.Join(dir, name))
		names = append(names, name)
	}
	return names
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// checkPlanted wants the planted faults to be found.
func checkPlanted(t *testing.T, found []finding) {
	t.Helper()
	for _, want := range []finding{
		{Check: "E3002", Type: "AWS::S3::Bucket", ID: "Bucket", Line: 10},
		{Check: "E6101", ID: "Outputs/Missing", Line: 31},
		{Check: "W2001", ID: "Parameters/Unused", Line: 5},
		{Check: "CKV_AWS_18", Type: "AWS::S3::Bucket", ID: "Bucket", Line: 8},
		{Check: "CKV_AWS_18", Type: "AWS::S3::Bucket", ID: "Suppressed", Line: 12, Suppressed: true},
		{Check: "CKV_AWS_63", Type: "AWS::IAM::Role", ID: "Role", Line: 16},
	} {
		want.Template = planted
		if !slices.ContainsFunc(found, func(f finding) bool { f.Message = ""; return f == want }) {
			t.Errorf("the checkers miss a planted fault: %s of %s at %s; they find:\n%s", want.Check, want.about(), want.place(), strings.Join(report(found), "\n"))
		}
	}
}
