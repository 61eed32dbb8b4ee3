package bundle

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const imports = "package main\n\nimport \"example.com/m/functions/internal/rest\"\n\n"

func TestImplemented(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string // of functions/kittens
		want  []string          // id file:line
		errs  []string
	}{
		{name: "declarations", files: map[string]string{
			"b.go": imports + "var _ = rest.Handle(\"kittenGet\", nil)\n\nvar _ = rest.Handle(`kittensGet`, func(d *rest.Deps) rest.Handler { return nil })\n",
			"a.go": imports + "func init() { rest.Handle(\"kittenPut\", nil) }\n\nfunc main() { rest.Main() }\n",
		}, want: []string{"kittenGet b.go:5", "kittenPut a.go:5", "kittensGet b.go:7"}},
		{name: "alias", files: map[string]string{
			"a.go": "package main\n\nimport api \"example.com/m/functions/internal/rest\"\n\nvar _ = api.Handle(\"a\", nil)\n",
		}, want: []string{"a a.go:5"}},
		{name: "dot import", files: map[string]string{
			"a.go": "package main\n\nimport . \"example.com/m/functions/internal/rest\"\n\nvar _, _ = Handle(\"a\", nil), Handler(nil)\n",
		}, want: []string{"a a.go:5"}},
		{name: "no operations", files: map[string]string{"a.go": "package main\n\nfunc main() {}\n"}},
		{name: "relatives of Handle", files: map[string]string{
			"a.go": imports + "var _ = rest.HandleWithEvents(\"a\", nil)\nvar _ = rest.HandleRaw[int](\"b\", nil)\nvar _ = rest.HandlePair[int, string](\"c\", nil)\nvar _ = (rest.Handle)(\"d\", nil)\n",
		}, want: []string{"a a.go:5", "b a.go:6", "c a.go:7", "d a.go:8"}},
		{name: "not Handle", files: map[string]string{
			"a.go": imports + "var _ = rest.Handler(f)\nvar _ = rest.Handled(\"a\")\nvar h rest.Handler = rest.HandlerFunc(f)\n",
		}},
		{name: "other packages", files: map[string]string{
			"a.go": "package main\n\nimport (\n\t\"net/http\"\n\t\"example.com/m/rest\"\n\trested \"example.com/m/functions/internal/rested\"\n)\n\nfunc main() { http.Handle(\"/a\", nil); rest.Handle(\"b\", nil); rested.Handle(\"c\", nil) }\n",
		}},
		{name: "shadowed", files: map[string]string{
			"a.go": imports + "type t struct{}\n\nfunc (t) Handle(string) {}\n\nfunc main() {\n\trest := t{}\n\trest.Handle(\"a\")\n}\n\nvar _ = rest.Handle(\"b\", nil)\n",
		}, want: []string{"b a.go:14"}},
		{name: "dot import and a declaration of this package", files: map[string]string{
			"a.go": "package main\n\nimport . \"example.com/m/functions/internal/rest\"\n\ntype s struct{ HandleX int }\n\nvar x = s{HandleX: 1}.HandleX\n\nvar _ = Handle(\"a\", nil)\n\nfunc main() { HandleLocal(\"b\") }\n",
			"b.go": "package main\n\nfunc HandleLocal(string) {}\n",
		}, want: []string{"a a.go:9"}},
		{name: "constants", files: map[string]string{
			"a.go": imports + "type id string\n\nconst (\n\tprefix = \"kitten\"\n\tget id = prefix + \"Get\"\n)\n\nvar _ = rest.Handle(string(get), nil)\n\nvar _ = rest.Handle(put, nil)\n\nfunc init() {\n\tconst put = \"kittenDelete\"\n\trest.Handle(put, nil)\n}\n",
			"b.go": "package main\n\nconst put = \"kittenPut\"\n",
		}, want: []string{"kittenDelete a.go:18", "kittenGet a.go:12", "kittenPut a.go:14"}},
		{name: "in places that do not compile without the imports", files: map[string]string{
			"a.go": imports + "func main() {\n\tswitch x := rest.Value().(type) {\n\tcase int:\n\t\trest.Handle(\"a\", x)\n\t}\n\tfor range rest.Things() {\n\t\trest.Handle(\"b\", func() { rest.Handle(\"c\", nil) })\n\t}\n}\n",
		}, want: []string{"a a.go:8", "b a.go:11", "c a.go:11"}},
		{name: "files for other platforms and tests", files: map[string]string{
			"a.go":         imports + "var _ = rest.Handle(\"a\", nil)\n",
			"a_windows.go": imports + "var _ = rest.Handle(\"windows\", nil)\n",
			"a_amd64.go":   imports + "var _ = rest.Handle(\"amd64\", nil)\n",
			"a_arm64.go":   imports + "var _ = rest.Handle(\"arm64\", nil)\n",
			"a_test.go":    imports + "var _ = rest.Handle(\"test\", nil)\n",
			"cgo.go":       "//go:build cgo\n\n" + imports + "var _ = rest.Handle(\"cgo\", nil)\n",
			"norpc.go":     "//go:build lambda.norpc && linux\n\n" + imports + "var _ = rest.Handle(\"norpc\", nil)\n",
			"ignored.go":   "//go:build ignore\n\n" + imports + "var _ = rest.Handle(\"ignored\", nil)\n",
			"_a.go":        imports + "var _ = rest.Handle(\"underscore\", nil)\n",
			"a.go.txt":     "rest.Handle(\"text\", nil)",
		}, want: []string{"a a.go:5", "arm64 a_arm64.go:5", "norpc norpc.go:7"}},
		{name: "ids not known", files: map[string]string{
			"a.go": imports + "var id = \"a\"\n\nvar _ = rest.Handle(id, nil)\nvar _ = rest.Handle(rest.ID, nil)\nvar _ = rest.Handle(1, nil)\nvar _ = rest.Handle()\nvar _ = rest.Handle(\"\", nil)\nvar _ = rest.Handle(\"ok\", nil)\n",
		}, want: []string{"ok a.go:12"}, errs: []string{
			"functions/kittens/a.go:7: rest.Handle has the operation id id, which is not known before the program runs: write a string literal or a constant of this package",
			"functions/kittens/a.go:8: rest.Handle has the operation id rest.ID, which",
			"functions/kittens/a.go:9: rest.Handle has the operation id 1, which",
			"functions/kittens/a.go:10: rest.Handle has no operation id",
			"functions/kittens/a.go:11: rest.Handle has an empty operation id",
		}},
		{name: "not called where it is named", files: map[string]string{
			"a.go": imports + "var h = rest.Handle\n\nvar _ = h(\"a\", nil)\n",
			"b.go": "package main\n\nimport . \"example.com/m/functions/internal/rest\"\n\nvar g = HandleAll\n",
		}, errs: []string{
			"functions/kittens/a.go:5: rest.Handle must be called where it is named",
			"functions/kittens/b.go:5: HandleAll must be called where it is named",
		}},
		{name: "twice", files: map[string]string{
			"a.go": imports + "var _ = rest.Handle(\"a\", nil)\n",
			"b.go": imports + "var _ = rest.Handle(\"a\", nil)\n\nvar _ = rest.Handle(\"a\", nil)\n",
		}, want: []string{"a a.go:5"}, errs: []string{
			"functions/kittens/b.go:5: operation a is already registered at functions/kittens/a.go:5: remove one of the two",
			"functions/kittens/b.go:7: operation a is already registered at functions/kittens/a.go:5",
		}},
		{name: "syntax errors", files: map[string]string{
			"a.go": imports + "var _ = rest.Handle(\"a\", nil\n",
			"b.go": imports + "func {\n",
			"c.go": imports + "var _ = rest.Handle(\"c\", nil)\n",
		}, want: []string{"c c.go:5"}, errs: []string{"functions/kittens/a.go:5:", "functions/kittens/b.go:5:6:"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range test.files {
				write(t, filepath.Join(dir, "functions/kittens", name), content)
			}
			impls, err := Implemented(dir, "kittens")
			var got []string
			for _, impl := range impls {
				got = append(got, impl.OperationID+" "+strings.TrimPrefix(impl.At(), "functions/kittens/"))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("implements %q, want %q", got, test.want)
			}
			checkErrors(t, err, test.errs)
			if err != nil && strings.Contains(err.Error(), dir) {
				t.Errorf("error names the machine's folder:\n%v", err)
			}
		})
	}
}

// checkErrors wants one line of an error for each text, and no more.
func checkErrors(t *testing.T, err error, want []string) {
	t.Helper()
	if len(want) == 0 {
		if err != nil {
			t.Errorf("error %v", err)
		}
		return
	}
	if err == nil {
		t.Fatalf("no error, want %q", want)
	}
	for _, text := range want {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error lacks %q:\n%v", text, err)
		}
	}
	if lines := strings.Split(err.Error(), "\n"); len(lines) != len(want) {
		t.Errorf("error has %d lines, want %d:\n%v", len(lines), len(want), err)
	}
}

func TestImplementedFolder(t *testing.T) {
	dir := t.TempDir()
	for _, pkg := range []string{"missing", "../x", "internal", ""} {
		if impls, err := Implemented(dir, pkg); err == nil {
			t.Errorf("package %q implements %v", pkg, impls)
		}
	}
}

func TestPackages(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"kittens/main.go":      "package main\n",
		"breeds/a_test.go":     "package main\n",
		"breeds/main_linux.go": "// Command breeds.\npackage main\n",
		"library/a.go":         "package library\n",
		"tests/a_test.go":      "package main\n",
		"windows/a_windows.go": "package main\n",
		"ignored/a.go":         "//go:build ignore\n\npackage main\n",
		"empty/README":         "",
		"internal/main.go":     "package main\n",
		"testdata/main.go":     "package main\n",
		"vendor/main.go":       "package main\n",
		".hidden/main.go":      "package main\n",
		"_old/main.go":         "package main\n",
		"deep/er/main.go":      "package main\n",
		"main.go":              "package main\n",
	} {
		write(t, filepath.Join(dir, "functions", name), content)
	}
	got, err := Packages(dir)
	if want := []string{"breeds", "kittens"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("packages %v, %v; want %v", got, err, want)
	}

	write(t, filepath.Join(dir, "functions/broken/main.go"), "pakage main\n")
	write(t, filepath.Join(dir, "functions/broken2/main.go"), "//go:build (\n\npackage main\n")
	got, err = Packages(dir)
	if want := []string{"breeds", "kittens"}; !slices.Equal(got, want) {
		t.Errorf("packages beside broken ones %v, want %v", got, want)
	}
	checkErrors(t, err, []string{"functions/broken/main.go:1:1: ", "functions/broken2/main.go: "})

	if err := os.RemoveAll(filepath.Join(dir, "functions")); err != nil {
		t.Fatal(err)
	}
	if got, err := Packages(dir); err == nil {
		t.Errorf("packages %v without a folder", got)
	}
}
