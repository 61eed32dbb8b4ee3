package cfn

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestReadAssembly(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "manifest.json", `{"version":"54.0.0","artifacts":{
		"z":{"type":"aws:cloudformation:stack","environment":"aws://1/eu","properties":{"templateFile":"z.template.json"}},
		"a":{"type":"aws:cloudformation:stack","environment":"aws://1/eu","properties":{"templateFile":"a.template.json","stackName":"stack-a"}},
		"Tree":{"type":"cdk:tree","properties":{"file":"tree.json"}}}}`)
	write(t, dir, "z.template.json", `{"Resources":{"R":{"Type":"AWS::IAM::Role"}}}`)
	write(t, dir, "a.template.json", `{"Resources":{"F":{"Type":"AWS::Lambda::Function"},"G":{"Type":"AWS::Lambda::Function","Properties":{"Handler":"g"}}}}`)
	a, err := ReadAssembly(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Stacks) != 2 || a.Stacks[0].Name != "stack-a" || a.Stacks[1].Name != "z" {
		t.Fatalf("stacks %+v", a.Stacks)
	}
	if n := a.Stacks[0].Template.Count("AWS::Lambda::Function"); n != 2 {
		t.Errorf("%d functions, want 2", n)
	}
	if got := a.Stacks[0].Size; got != 118 {
		t.Errorf("size %d", got)
	}
}

func TestReadAssemblyErrors(t *testing.T) {
	const stack = `{"artifacts":{"a":{"type":"aws:cloudformation:stack","properties":{"templateFile":"a.json"}},"b":{"type":"aws:cloudformation:stack","properties":{"templateFile":"b.json"}}}}`
	for name, test := range map[string]struct {
		manifest, template string
		want               []string
	}{
		"no assembly":  {"", "", []string{"run cdk synth first"}},
		"no JSON":      {"{", "", []string{"manifest.json", "unexpected end"}},
		"no templates": {stack, "", []string{"read stack a", "read stack b", "a.json", "b.json"}},
		"bad template": {stack, `{"Resources": []}`, []string{"read stack a", "a.json", "read stack b"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if test.manifest != "" {
				write(t, dir, "manifest.json", test.manifest)
			}
			if test.template != "" {
				write(t, dir, "a.json", test.template)
			}
			_, err := ReadAssembly(dir)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not mention %q", err, want)
				}
			}
		})
	}
}
