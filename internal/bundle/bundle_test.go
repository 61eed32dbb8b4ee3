package bundle

import (
	"archive/zip"
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// hello is a module without dependencies, so that tests need no module downloads.
var hello = map[string]string{
	"go.mod": "module example.com/hello\n\ngo 1.24\n",
	"functions/hello/main.go": `package main

import "example.com/hello/functions/internal/greeting"

func main() { println(greeting.Text) }
`,
	"functions/goodbye/main.go": `package main

import "example.com/hello/functions/internal/greeting"

func main() { println("not", greeting.Text) }
`,
	"functions/internal/greeting/greeting.go": "package greeting\n\nvar Text = \"hello\"\n",
}

// module writes files, over those of base, to a new folder.
func module(t testing.TB, base map[string]string, files ...string) string {
	t.Helper()
	all := maps.Clone(base)
	for i := 0; i < len(files); i += 2 {
		all[files[i]] = files[i+1]
	}
	dir := t.TempDir()
	for name, content := range all {
		write(t, filepath.Join(dir, name), content)
	}
	return dir
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func mustBuild(t testing.TB, o Options) map[string]Asset {
	t.Helper()
	assets, err := Build(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return assets
}

func TestBuild(t *testing.T) {
	dir := module(t, hello)
	files := map[string]map[string][]byte{"hello": {
		"operations.json": []byte(`{"operations":[]}`),
		"data/a.txt":      []byte("a"),
	}}
	assets := mustBuild(t, Options{Dir: dir, Files: files})
	if got := slices.Sorted(maps.Keys(assets)); !slices.Equal(got, []string{"goodbye", "hello"}) {
		t.Fatalf("built packages %v", got)
	}

	a := assets["hello"]
	data, err := os.ReadFile(a.Path)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, ".build/functions/hello.zip"); a.Path != want {
		t.Errorf("path %s, want %s", a.Path, want)
	}
	if a.Package != "hello" || a.Size != int64(len(data)) || a.SHA256 != sum(data) {
		t.Errorf("asset %+v does not describe its file of %d bytes with hash %s", a, len(data), sum(data))
	}

	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range r.File {
		names = append(names, f.Name)
		wantMode := os.FileMode(0o644)
		if f.Name == Bootstrap {
			wantMode = 0o755
		}
		if f.Mode() != wantMode || !f.Modified.Equal(epoch) || f.Method != zip.Deflate {
			t.Errorf("%s: mode %v, time %v, method %d", f.Name, f.Mode(), f.Modified, f.Method)
		}
	}
	if want := []string{"bootstrap", "data/a.txt", "operations.json"}; !slices.Equal(names, want) {
		t.Errorf("entries %v, want %v", names, want)
	}
	if got := content(t, r, "operations.json"); string(got) != `{"operations":[]}` {
		t.Errorf("operations.json holds %q", got)
	}
	bin, err := elf.NewFile(bytes.NewReader(content(t, r, Bootstrap)))
	if err != nil {
		t.Fatal(err)
	}
	if bin.Machine != elf.EM_AARCH64 || bin.Section(".symtab") != nil || bin.Section(".interp") != nil {
		t.Errorf("bootstrap: machine %v, symbols %v, interpreter %v", bin.Machine, bin.Section(".symtab"), bin.Section(".interp"))
	}
}

func content(t *testing.T, r *zip.Reader, name string) []byte {
	t.Helper()
	f, err := r.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestBuildArchitecture builds for the machine that runs a function as a local process.
func TestBuildArchitecture(t *testing.T) {
	dir := module(t, hello)
	arm := mustBuild(t, Options{Dir: dir, Packages: []string{"hello"}})["hello"]
	amd := mustBuild(t, Options{Dir: dir, Packages: []string{"hello"}, GOARCH: "amd64", Out: ".build/local"})["hello"]
	if arm.SHA256 == amd.SHA256 || arm.Path == amd.Path {
		t.Errorf("arm64 %+v, amd64 %+v", arm, amd)
	}
}

func TestBuildUnchanged(t *testing.T) {
	dir := module(t, hello)
	var lines []string
	o := Options{Dir: dir, Progress: func(line string) { lines = append(lines, line) }}
	last := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	path := filepath.Join(dir, ".build/functions/hello.zip")
	rebuild := func(step, wantState string) Asset {
		t.Helper()
		lines = nil
		asset := mustBuild(t, o)["hello"]
		var got string
		for _, line := range lines {
			if strings.HasPrefix(line, "functions/hello: ") {
				got = line
			}
		}
		if !strings.HasSuffix(got, "MiB, "+wantState) {
			t.Errorf("%s: progress %q, want it to end in %q", step, got, wantState)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if rewritten := !info.ModTime().Equal(last); rewritten != (wantState == "built") {
			t.Errorf("%s: rewritten %v", step, rewritten)
		}
		if err := os.Chtimes(path, last, last); err != nil {
			t.Fatal(err)
		}
		return asset
	}

	first := rebuild("first build", "built")
	if got := rebuild("no change", "unchanged"); got != first {
		t.Errorf("no change: %+v, want %+v", got, first)
	}
	if err := os.RemoveAll(filepath.Join(dir, ".build/functions/.work")); err != nil {
		t.Fatal(err)
	}
	rebuild("work folder removed", "unchanged")

	write(t, path, "cut off")
	if got := rebuild("damaged zip", "built"); got != first {
		t.Errorf("damaged zip: %+v, want %+v", got, first)
	}
	write(t, filepath.Join(dir, "functions/internal/greeting/greeting.go"), "package greeting\n\nvar Text = \"hi\"\n")
	if got := rebuild("changed dependency", "built"); got.SHA256 == first.SHA256 {
		t.Error("changed dependency: the hash stayed")
	}
	o.Files = map[string]map[string][]byte{"hello": {"operations.json": []byte("{}")}}
	rebuild("file added", "built")
	rebuild("file kept", "unchanged")
	o.Files = nil
	rebuild("file removed", "built")
}

func TestBuildErrors(t *testing.T) {
	random := make([]byte, MaxZipSize+1)
	rng := rand.NewChaCha8([32]byte{})
	if _, err := rng.Read(random); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		files []string // over those of hello
		o     Options
		want  []string
		times int // that the first wanted text is said; any number if 0
	}{
		{name: "compile errors of two packages", files: []string{
			"functions/hello/main.go", "package main\n\nfunc main() {\n\tundefinedName()\n}\n",
			"functions/goodbye/main.go", "package main\n\nfunc main() { var x int = \"\" }\n",
		}, want: []string{"functions/hello/main.go:4:2: undefined: undefinedName", "functions/goodbye/main.go:3:27: ", "building functions/goodbye:\n", "building functions/hello:\n"}},
		{name: "package not found and a compile error", files: []string{
			"functions/hello/main.go", "package main\n\nimport \"example.com/hello/missing\"\n\nfunc main() { missing.F() }\n",
			"functions/goodbye/main.go", "package main\n\nfunc main() { f() }\n",
		}, want: []string{"functions/goodbye/main.go:3:15: undefined: f", "functions/hello/main.go:3:8: cannot find module providing package example.com/hello/missing"}},
		{name: "error that packages share", files: []string{
			"functions/internal/greeting/greeting.go", "package greeting\n\nvar Text = helo\n",
		}, want: []string{"greeting.go:3:12: undefined: helo", "building functions/goodbye, functions/hello:"}, times: 1},
		{name: "go.mod that asks for changes", files: []string{
			"functions/hello/main.go", "package main\n\nimport _ \"golang.org/x/sync/errgroup\"\n\nfunc main() {}\n",
		}, want: []string{"functions/hello/main.go:3:8: cannot find module providing package golang.org/x/sync/errgroup"}},
		{name: "too large", o: Options{Files: map[string]map[string][]byte{"hello": {"random.bin": random}}},
			want: []string{"bundling functions/hello: the zip has ", " MiB, the limit is 6.00 MiB; unzipped, its largest files are random.bin 6.00 MiB, bootstrap "}},
		{name: "unusable files", o: Options{Files: map[string]map[string][]byte{
			"hello":  {"bootstrap": nil, "../x": nil, "/etc/x": nil, "a//b": nil, `a\b`: nil, "": nil, ".": nil},
			"helloo": {"a": nil},
		}}, want: []string{
			`functions/hello: file name "bootstrap" is the executable's`, `file name "../x" is not a plain`, `file name "/etc/x"`, `file name "a//b"`,
			`file name "a\\b"`, `file name ""`, `file name "."`, `package "helloo": it is not among the packages to build (goodbye, hello)`,
		}},
		{name: "unusable packages", o: Options{Packages: []string{"nope", "internal", "../x", "a/b", ""}},
			want: []string{"functions/nope: reading the folder functions/nope: ", `"internal" is not the name`, `"../x" is not`, `"a/b" is not`, `"" is not`}},
		{name: "no folder", o: Options{Functions: "lambdas"}, want: []string{"listing the packages of lambdas: "}},
		{name: "folder outside", o: Options{Functions: "../x"}, want: []string{`folder "../x" is not a path inside the module`}},
		{name: "package without main", files: []string{"functions/lib/lib.go", "package lib\n"}, o: Options{Packages: []string{"lib"}},
			want: []string{"bundling functions/lib: no package main"}},
		{name: "platform", o: Options{GOARCH: "arm46"}, want: []string{"arm46"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.o.Dir = module(t, hello, test.files...)
			assets, err := Build(t.Context(), test.o)
			if err == nil || assets != nil {
				t.Fatalf("built %v", assets)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error lacks %q:\n%v", want, err)
				}
			}
			if n := strings.Count(err.Error(), test.want[0]); test.times != 0 && n != test.times {
				t.Errorf("error says %q %d times:\n%v", test.want[0], n, err)
			}
			if strings.Contains(err.Error(), test.o.Dir) && test.name != "no folder" && test.name != "unusable packages" {
				t.Errorf("error names the machine's folder:\n%v", err)
			}
			if zips, _ := filepath.Glob(filepath.Join(test.o.Dir, ".build/functions/hello.zip")); len(zips) > 0 {
				t.Errorf("wrote %v", zips)
			}
		})
	}
}

func TestBuildNothing(t *testing.T) {
	dir := module(t, map[string]string{"go.mod": hello["go.mod"], "functions/internal/a/a.go": "package a\n"})
	if assets := mustBuild(t, Options{Dir: dir}); assets == nil || len(assets) != 0 {
		t.Errorf("assets %v", assets)
	}
}

func TestBuildCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Build(ctx, Options{Dir: module(t, hello)}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want one that wraps context.Canceled", err)
	}
}

// TestBuildConcurrent builds into one folder from several places at once.
func TestBuildConcurrent(t *testing.T) {
	dir := module(t, hello)
	results := make([]map[string]Asset, 4)
	errs := make([]error, len(results))
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() { results[i], errs[i] = Build(t.Context(), Options{Dir: dir}) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for _, got := range results {
		if !maps.Equal(got, results[0]) {
			t.Errorf("assets differ: %v and %v", got, results[0])
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, ".build/functions/.*.zip.*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind %v, %v", left, err)
	}
}

// BenchmarkBuildUnchanged measures a build that finds everything up to date: what
// each synth pays.
func BenchmarkBuildUnchanged(b *testing.B) {
	o := Options{Dir: module(b, hello)}
	for i := range 6 {
		write(b, filepath.Join(o.Dir, fmt.Sprintf("functions/f%d/main.go", i)), hello["functions/hello/main.go"])
	}
	mustBuild(b, o)
	for b.Loop() {
		mustBuild(b, o)
	}
}
