package lint

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFindingsFile(t *testing.T) {
	if _, err := readExplanations("findings.yaml"); err != nil {
		t.Error(err)
	}
}

func TestReadExplanations(t *testing.T) {
	const reason = ", reason: A reason that is long enough."
	tests := []struct {
		name, yaml string
		want       int
		errs       []string
	}{
		{name: "empty"},
		{name: "empty list", yaml: "# none\n[]\n"},
		{name: "only a comment", yaml: "# none\n"},
		{name: "entries", yaml: "- {check: CKV_AWS_18, resources: AWS::S3::Bucket" + reason + "}\n- {check: W3005, resources: '*Fn'" + reason + "}\n- {check: CKV2_AWS_5, resources: A" + reason + "}\n", want: 3},
		{name: "unknown field", yaml: "- {check: CKV_AWS_18, resource: A" + reason + "}\n", errs: []string{"unknown field \"resource\""}},
		{name: "all that is wrong", yaml: "- {check: E3002, resources: A" + reason + "}\n- {check: CKV_AWS_1, resources: '*', reason: no}\n- {check: CKV_AWS_1, resources: 'a[', reason: }\n- {check: W1001, resources: A" + reason + "}\n- {check: W1001, resources: A" + reason + "}\n", want: 5, errs: []string{
			`entry 1 (E3002): check "E3002" is neither`, `entry 2 (CKV_AWS_1): resources "*" is not a pattern`, `entry 2 (CKV_AWS_1): reason "no" does not tell why`,
			`entry 3 (CKV_AWS_1): resources "a["`, `entry 3 (CKV_AWS_1): reason ""`, `entry 5 (W1001): resources "A" are explained before`,
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "findings.yaml")
			if err := os.WriteFile(file, []byte(test.yaml), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := readExplanations(file)
			if len(got) != test.want {
				t.Errorf("%d entries, want %d", len(got), test.want)
			}
			if (err != nil) != (len(test.errs) > 0) {
				t.Fatalf("error %v, want %q", err, test.errs)
			}
			for _, want := range test.errs {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error lacks %q:\n%v", want, err)
				}
			}
		})
	}
	if _, err := readExplanations(filepath.Join(t.TempDir(), "none.yaml")); err == nil {
		t.Error("no error without a file")
	}
}

func TestJudge(t *testing.T) {
	findings := []finding{
		{Check: "CKV_AWS_1", Type: "AWS::S3::Bucket", ID: "Uploads"},
		{Check: "CKV_AWS_1", Type: "AWS::S3::Bucket", ID: "Website"},
		{Check: "CKV_AWS_2", Type: "AWS::Lambda::Function", ID: "KittensGetFn", Suppressed: true},
		{Check: "E3002", Type: "AWS::S3::Bucket", ID: "Uploads"},
		{Check: "W2001", ID: "Parameters/Unused"},
	}
	tests := []struct {
		name         string
		explanations []explanation
		unexplained  []int // of findings
		idle         []int // of explanations
	}{
		{name: "nothing explained", unexplained: []int{0, 1, 2, 3, 4}},
		{name: "by type", explanations: []explanation{{Check: "CKV_AWS_1", Resources: "AWS::S3::Bucket"}}, unexplained: []int{2, 3, 4}},
		{name: "by logical id", explanations: []explanation{{Check: "CKV_AWS_1", Resources: "Uploads"}}, unexplained: []int{1, 2, 3, 4}},
		{name: "by pattern, and a suppressed one", explanations: []explanation{{Check: "CKV_AWS_2", Resources: "*Fn"}}, unexplained: []int{0, 1, 3, 4}},
		{name: "no resource", explanations: []explanation{{Check: "W2001", Resources: "Parameters/*"}}, unexplained: []int{0, 1, 2, 3}},
		{name: "part of a name", explanations: []explanation{{Check: "CKV_AWS_1", Resources: "Upload"}, {Check: "CKV_AWS_1", Resources: "AWS::S3"}}, unexplained: []int{0, 1, 2, 3, 4}, idle: []int{0, 1}},
		{name: "another check", explanations: []explanation{{Check: "CKV_AWS_3", Resources: "Uploads"}}, unexplained: []int{0, 1, 2, 3, 4}, idle: []int{0}},
		{name: "explained already", explanations: []explanation{{Check: "CKV_AWS_1", Resources: "AWS::S3::Bucket"}, {Check: "CKV_AWS_1", Resources: "Uploads"}}, unexplained: []int{2, 3, 4}, idle: []int{1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			unexplained, idle := judge(findings, test.explanations)
			var wantUnexplained []finding
			for _, i := range test.unexplained {
				wantUnexplained = append(wantUnexplained, findings[i])
			}
			var wantIdle []explanation
			for _, i := range test.idle {
				wantIdle = append(wantIdle, test.explanations[i])
			}
			if !slices.Equal(unexplained, wantUnexplained) || !slices.Equal(idle, wantIdle) {
				t.Errorf("unexplained %v, idle %v; want %v, %v", unexplained, idle, wantUnexplained, wantIdle)
			}
		})
	}
}

func TestReport(t *testing.T) {
	got := report([]finding{
		{Check: "W2001", Message: "Parameter Unused not used.", Template: "b.template.json", Line: 3, ID: "Parameters/Unused"},
		{Check: "CKV_AWS_18", Message: "Log access", Template: "b.template.json", Line: 9, Type: "AWS::S3::Bucket", ID: "Website"},
		{Check: "CKV_AWS_18", Message: "Log access", Template: "a.template.json", Line: 8, Type: "AWS::S3::Bucket", ID: "Website"},
		{Check: "CKV_AWS_18", Message: "Log access", Template: "a.template.json", Line: 1, Type: "AWS::S3::Bucket", ID: "Uploads", Suppressed: true},
		{Check: "E3002", Message: "Invalid", Template: "a.template.json", Line: 1, Type: "AWS::S3::Bucket", ID: "Uploads"},
	})
	want := []string{
		"CKV_AWS_18: Log access (change the template, or explain the finding in test/lint/findings.yaml)\n" +
			"\ta.template.json:1: AWS::S3::Bucket Uploads (suppressed in the template's metadata, which does not count)\n" +
			"\ta.template.json:8: AWS::S3::Bucket Website, and 1 more",
		"E3002: Invalid (change the template)\n\ta.template.json:1: AWS::S3::Bucket Uploads",
		"W2001: Parameter Unused not used. (change the template, or explain the finding in test/lint/findings.yaml)\n" +
			"\tb.template.json:3: Parameters/Unused",
	}
	if !slices.Equal(got, want) {
		t.Errorf("report\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestParseCheckov(t *testing.T) {
	const head = `{"check_type": "cloudformation", "results": {"passed_checks": [{"check_id": "CKV_AWS_20", "file_path": "/a.template.json", "resource": "AWS::S3::Bucket.B"}], `
	tests := []struct{ name, out, want string }{
		{"all read", head + `"failed_checks": [], "skipped_checks": [], "parsing_errors": []}}`, ""},
		{"a file not read", head + `"failed_checks": [], "skipped_checks": [], "parsing_errors": ["b.template.json"]}}`, "it cannot read b.template.json"},
		{"nothing read", `{"passed": 0, "failed": 0, "resource_count": 0}`, "it found nothing to check in a.template.json"},
		{"no JSON", "Traceback", "reading the output of checkov"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			findings, err := parseCheckov([]byte(test.out), []string{"a.template.json"})
			if len(findings) > 0 || (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("findings %v, error %v; want %q", findings, err, test.want)
			}
		})
	}
}

func TestReadAssembly(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := func(step string, templates, regions []string) {
		t.Helper()
		a, err := readAssembly(dir)
		if !slices.Equal(a.Templates, templates) || !slices.Equal(a.Regions, regions) || (err != nil) != (templates == nil) {
			t.Errorf("%s: %+v, %v; want %v in %v", step, a, err, templates, regions)
		}
	}
	check("empty folder", nil, []string{"us-east-1"})
	write("b.template.json", "{}")
	write("a.template.json", "{}")
	write("tree.json", "{}")
	check("no manifest", []string{"a.template.json", "b.template.json"}, []string{"us-east-1"})
	write("manifest.json", `{"artifacts": {
		"b": {"type": "aws:cloudformation:stack", "environment": "aws://1/eu-west-1", "properties": {"templateFile": "b.template.json"}},
		"c": {"type": "aws:cloudformation:stack", "environment": "aws://2/eu-central-1", "properties": {"templateFile": "c.template.json"}},
		"d": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region", "properties": {"templateFile": "d.template.json"}},
		"e": {"type": "aws:cloudformation:stack", "environment": "aws://2/eu-west-1", "properties": {"templateFile": "e.template.json"}},
		"Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}}}}`)
	check("manifest", []string{"b.template.json", "c.template.json", "d.template.json", "e.template.json"}, []string{"eu-central-1", "eu-west-1", "us-east-1"})
	write("manifest.json", "{")
	check("broken manifest", nil, nil)
}
