package cfn

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestReadTemplate(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "t.json", `{"AWSTemplateFormatVersion": "2010-09-09", "Description": "d ⟨x⟩", "Metadata": {"a": null},
		"Rules": {"CheckBootstrapVersion": {"Assertions": []}},
		"Parameters": {"P": {"Type": "Number", "Default": 12, "MinValue": 1}, "Q": {"Type": "String"}},
		"Mappings": {"M": {"a": {"b": "c"}}},
		"Conditions": {"C": {"Fn::Equals": [1, 1]}},
		"Resources": {
			"A": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}, "Condition": "C", "DependsOn": "B", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Delete", "Metadata": {}},
			"B": {"Type": "AWS::SNS::Topic", "CreationPolicy": {}, "UpdatePolicy": {}}, "D": {"Type": "AWS::SNS::Topic", "DependsOn": ["A", "B"]}},
		"Outputs": {"O": {"Value": {"Ref": "B"}, "Condition": "C", "Description": "o", "Export": {"Name": "e"}}}}`)
	file := filepath.Join(dir, "t.json")
	s, err := ReadTemplate(file, "my-stack", testEnvironment)
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "my-stack" || s.Environment != testEnvironment || s.File != file || s.Size != 786 {
		t.Errorf("stack %+v", s)
	}
	twelve := "12"
	want := Template{
		Description: "d ⟨x⟩",
		Parameters:  map[string]Parameter{"P": {Type: "Number", Default: &twelve}, "Q": {Type: "String"}},
		Resources: map[string]Resource{
			"A": {Type: "AWS::SQS::Queue", Properties: []byte(`{"QueueName": "q"}`), Condition: "C", DependsOn: []string{"B"}, DeletionPolicy: "Retain", UpdateReplacePolicy: "Delete"},
			"B": {Type: "AWS::SNS::Topic", UpdatePolicy: []byte("{}")}, "D": {Type: "AWS::SNS::Topic", DependsOn: []string{"A", "B"}},
		},
		Outputs: map[string]Output{"O": {Value: []byte(`{"Ref": "B"}`), ExportName: []byte(`"e"`), Condition: "C"}},
	}
	got := s.Template
	if string(got.Mappings["M"]) != `{"a": {"b": "c"}}` || string(got.Conditions["C"]) != `{"Fn::Equals": [1, 1]}` {
		t.Errorf("mappings %s, conditions %s", got.Mappings, got.Conditions)
	}
	got.Mappings, got.Conditions = nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("template\n%+v, want\n%+v", got, want)
	}
}

func TestReadTemplateProblems(t *testing.T) {
	for _, test := range []struct{ name, template, path, want string }{
		{"YAML", "Resources:\n  A:\n    Type: T\n", "", "convert YAML first"},
		{"list", "[]", "", "no JSON template"},
		{"empty", "", "", "no JSON at line 1"},
		{"syntax", "{\n  \"Resources\": {,}\n}", "", "no JSON at line 2, column 18"},
		{"UTF-8", "{\"Resources\": {}, \"Description\": \"\xff\"}", "", "no UTF-8"},
		{"no resources", `{"Description": "d"}`, "", "no section Resources"},
		{"case", `{"resources": {}}`, "resources", `the section "resources"`},
		{"hooks", `{"Resources": {}, "Hooks": {}}`, "Hooks", `the section "Hooks"`},
		{"serverless", `{"Resources": {}, "Transform": "AWS::Serverless-2016-10-31"}`, "Transform", `macro "AWS::Serverless-2016-10-31"`},
		{"extensions", `{"Resources": {}, "Transform": ["AWS::LanguageExtensions"]}`, "Transform", `macro ["AWS::LanguageExtensions"]`},
		{"include", `{"Resources": {}, "Fn::Transform": {"Name": "AWS::Include"}}`, "Fn::Transform", "AWS::Include"},
		{"include in section", `{"Resources": {"Fn::Transform": {"Name": "AWS::Include"}}}`, "Resources.Fn::Transform", "rewrites the section"},
		{"for each", `{"Resources": {"Fn::ForEach::X": []}}`, "Resources.Fn::ForEach::X", "rewrites the section"},
		{"logical id", `{"Resources": {"a-b": {"Type": "T"}}}`, "Resources", `"a-b" is no logical id`},
		{"duplicate section", `{"Resources": {}, "Resources": {}}`, "Resources", `"Resources" stands twice`},
		{"duplicate deep", `{"Resources": {"A": {"Type": "T", "Properties": {"L": [{"a.b": {"c": 1, "c": 1}}]}}}}`, `Resources.A.Properties.L[0]["a.b"].c`, `"c" stands twice`},
		{"duplicate in metadata", `{"Resources": {}, "Metadata": {"a": 1, "\u0061": 1}}`, "Metadata.a", `"a" stands twice`},
		{"resources list", `{"Resources": []}`, "Resources", "want an object; got []"},
		{"resource text", `{"Resources": {"A": "x"}}`, "Resources.A", `want an object; got "x"`},
		{"no type", `{"Resources": {"A": {}}}`, "Resources.A", "has no Type"},
		{"empty type", `{"Resources": {"A": {"Type": ""}}}`, "Resources.A", "has no Type"},
		{"type number", `{"Resources": {"A": {"Type": 1}}}`, "Resources.A.Type", "want a text; got 1"},
		{"attribute", `{"Resources": {"A": {"Type": "T", "properties": {}}}}`, "Resources.A.properties", `the attribute "properties"`},
		{"properties", `{"Resources": {"A": {"Type": "T", "Properties": null}}}`, "Resources.A.Properties", "got null"},
		{"condition", `{"Resources": {"A": {"Type": "T", "Condition": {"Ref": "x"}}}}`, "Resources.A.Condition", "want a text"},
		{"depends", `{"Resources": {"A": {"Type": "T", "DependsOn": "B"}}}`, "Resources.A.DependsOn", `"B" is no resource`},
		{"depends number", `{"Resources": {"A": {"Type": "T", "DependsOn": [1]}}}`, "Resources.A.DependsOn", "want a text or a list"},
		{"parameter type", `{"Resources": {}, "Parameters": {"P": {}}}`, "Parameters.P", "has no Type"},
		{"parameter default", `{"Resources": {}, "Parameters": {"P": {"Type": "String", "Default": ["a"]}}}`, "Parameters.P.Default", `got ["a"]`},
		{"parameter forged", `{"Resources": {}, "Parameters": {"P": {"Type": "String", "Default": "⟨s/R⟩"}}}`, "Parameters.P.Default", "has a bracket"},
		{"same id", `{"Resources": {"P": {"Type": "T"}}, "Parameters": {"P": {"Type": "String"}}}`, "Resources.P", "is a parameter too"},
		{"output value", `{"Resources": {}, "Outputs": {"O": {}}}`, "Outputs.O", "has no Value"},
		{"output attribute", `{"Resources": {}, "Outputs": {"O": {"Value": 1, "Type": "x"}}}`, "Outputs.O.Type", `the attribute "Type"`},
		{"export", `{"Resources": {}, "Outputs": {"O": {"Value": 1, "Export": "x"}}}`, "Outputs.O.Export", `got "x"`},
		{"export attribute", `{"Resources": {}, "Outputs": {"O": {"Value": 1, "Export": {"name": "x"}}}}`, "Outputs.O.Export.name", `the attribute "name"`},
		{"mapping", `{"Resources": {}, "Mappings": {"M": 1}}`, "Mappings.M", "got 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "t.json", test.template)
			_, err := ReadTemplate(filepath.Join(dir, "t.json"), "s", testEnvironment)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "read template") {
				t.Fatalf("error %v, want %q", err, test.want)
			}
			var p Problem
			if errors.As(err, &p) && (p.Path != test.path || p.Stack != "s" || p.File == "") {
				t.Errorf("problem %+v, want the path %q", p, test.path)
			}
		})
	}
}

func TestReadTemplateArguments(t *testing.T) {
	for _, test := range []struct{ path, name, environment, want string }{
		{"t.json", "s", "eu-central-1", `environment "eu-central-1"`},
		{"t.json", "a_b", testEnvironment, `"a_b" is no name of a stack`},
		{"none.json", "s", testEnvironment, "none.json"},
	} {
		if _, err := ReadTemplate(filepath.Join(t.TempDir(), test.path), test.name, test.environment); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v tells %v", test, err)
		}
	}
}

// TestDuplicatesAmongManyKeys is about objects whose keys are found by a map.
func TestDuplicatesAmongManyKeys(t *testing.T) {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, `"k%d": {"k%d": 1}, `, i, i)
	}
	for last, want := range map[string]int{`"k100": 1`: 0, `"k7": 1`: 1, `"k99": 1`: 1} {
		if faults := check([]byte("{" + b.String() + last + "}")); len(faults) != want {
			t.Errorf("with %s: %v, want %d", last, faults, want)
		}
	}
}

func TestParseEnvironment(t *testing.T) {
	for s, want := range map[string]Environment{
		"aws://111111111111/eu-central-1":      {"aws", "111111111111", "eu-central-1"},
		"aws://111111111111/cn-northwest-1":    {"aws-cn", "111111111111", "cn-northwest-1"},
		"aws://111111111111/us-gov-east-1":     {"aws-us-gov", "111111111111", "us-gov-east-1"},
		"aws://111111111111/us-isob-east-1":    {"aws-iso-b", "111111111111", "us-isob-east-1"},
		"aws://unknown-account/us-east-1":      {"aws", "", "us-east-1"},
		"aws://111111111111/unknown-region":    {"", "111111111111", ""},
		"aws://unknown-account/unknown-region": {},
	} {
		if got, err := ParseEnvironment(s); got != want || err != nil {
			t.Errorf("%s is %+v, %v; want %+v", s, got, err, want)
		}
	}
	for s, suffix := range map[string]string{"us-east-1": "amazonaws.com", "cn-north-1": "amazonaws.com.cn", "": ""} {
		if got := (Environment{Region: s}).URLSuffix(); got != suffix {
			t.Errorf("suffix of %q is %q", s, got)
		}
	}
	for _, s := range []string{"", "aws://", "111111111111/eu-central-1", "aws://1/eu-central-1", "aws://111111111111/eu", "aws://111111111111/*", "aws://*/eu-central-1", "aws://111111111111/eu-central-1/x"} {
		if got, err := ParseEnvironment(s); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("environment %q", s)) {
			t.Errorf("%q is %+v, %v", s, got, err)
		}
	}
}

func TestReadNestedAssembly(t *testing.T) {
	dir := t.TempDir()
	nested := filepath.Join(dir, "stage")
	makeDir(t, nested)
	write(t, dir, "manifest.json", `{"artifacts": {"stage": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "stage"}}}}`)
	write(t, nested, "manifest.json", `{"artifacts": {"n": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "n.json"}}}}`)
	write(t, nested, "n.json", `{"Resources": {}}`)
	a, err := ReadAssembly(dir)
	if err != nil || len(a.Stacks) != 1 || a.Stacks[0].Name != "n" {
		t.Errorf("assembly %+v, %v", a, err)
	}
	for _, name := range []string{".", "..", "/tmp", ""} {
		write(t, dir, "manifest.json", fmt.Sprintf(`{"artifacts": {"stage": {"type": "cdk:cloud-assembly", "properties": {"directoryName": %q}}}}`, name))
		if _, err := ReadAssembly(dir); err == nil || !strings.Contains(err.Error(), "is no folder below") {
			t.Errorf("directoryName %q tells %v", name, err)
		}
	}
	write(t, dir, "manifest.json", `{"artifacts": {}, "artifacts": {}}`)
	if _, err := ReadAssembly(dir); err == nil || !strings.Contains(err.Error(), `"artifacts" stands twice`) {
		t.Errorf("duplicate key tells %v", err)
	}
}
