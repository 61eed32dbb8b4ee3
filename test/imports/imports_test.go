// Package imports holds rules that no single package can hold: who may import
// whom, how long a file may be, and what no tracked file may name.
package imports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const root = "../.."

// pkg is a package of the module.
type pkg struct {
	path    string // import path
	imports []use  // of its files and, with test set, of its tests
}

// use is one import of one file.
type use struct {
	path string // import path
	at   string // file:line, relative to the module's root
	test bool
}

// graph is what the rules look at.
type graph struct {
	module   string
	packages []pkg
	// imports of each package, dependencies included, as the linker sees them.
	imports map[string][]string
}

func TestImports(t *testing.T) {
	g := load(t)
	for _, problem := range g.check(table) {
		t.Error(problem)
	}
	t.Logf("%d packages", len(g.packages))
}

// load reads the imports of all files of the module, whatever platform they are for.
func load(t *testing.T) graph {
	t.Helper()
	tracked(t)
	g := graph{imports: map[string][]string{}}
	cmd := exec.Command("go", "list", "-e", "-deps", "-json=ImportPath,Dir,Imports,Module,GoFiles,CgoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles,Error", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("listing packages: %v\n%s", err, stderr.Bytes())
	}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath, Dir                                         string
			Imports, GoFiles, CgoFiles, IgnoredGoFiles, TestGoFiles []string
			XTestGoFiles                                            []string
			Module                                                  *struct {
				Path, Dir string
				Main      bool
			}
			Error *struct{ Err string }
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return g
		} else if err != nil {
			t.Fatalf("listing packages: %v", err)
		}
		if strings.Contains(p.ImportPath, "/node_modules/") {
			continue // npm packages may hold Go files, such as templates of new projects
		}
		if p.Error != nil {
			t.Errorf("package %s cannot be loaded: %s", p.ImportPath, p.Error.Err)
		}
		g.imports[p.ImportPath] = p.Imports
		if p.Module == nil || !p.Module.Main {
			continue
		}
		g.module = p.Module.Path
		self := pkg{path: p.ImportPath}
		for _, file := range slices.Concat(p.GoFiles, p.CgoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles) {
			self.imports = append(self.imports, fileImports(t, p.Module.Dir, filepath.Join(p.Dir, file))...)
		}
		g.packages = append(g.packages, self)
	}
}

// fileImports parses the imports of one file.
func fileImports(t *testing.T, moduleDir, file string) []use {
	t.Helper()
	fset := token.NewFileSet()
	syntax, err := parser.ParseFile(fset, file, nil, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		t.Fatalf("reading imports: %v", err)
	}
	for _, group := range syntax.Comments {
		for _, comment := range group.List {
			// A file that is in no build, such as a generator, belongs to no package.
			expr, err := constraint.Parse(comment.Text)
			if err == nil && group.Pos() < syntax.Package && !expr.Eval(func(tag string) bool { return tag != "ignore" }) {
				return nil
			}
		}
	}
	name, err := filepath.Rel(moduleDir, file)
	if err != nil {
		t.Fatalf("reading imports: %v", err)
	}
	var uses []use
	for _, spec := range syntax.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatalf("reading imports of %s: %v", name, err)
		}
		uses = append(uses, use{
			path: imported,
			at:   fmt.Sprintf("%s:%d", filepath.ToSlash(name), fset.Position(spec.Pos()).Line),
			test: strings.HasSuffix(name, "_test.go"),
		})
	}
	return uses
}

// check returns what breaks the table, sorted.
func (g graph) check(table []row) []string {
	var problems []string
	for _, p := range g.packages {
		folder := g.folder(p.path)
		r, ok := find(table, folder)
		if !ok {
			problems = append(problems, fmt.Sprintf("package %s has no row in the table: add one that says what it may import", folder))
			continue
		}
		for _, u := range p.imports {
			if reason := g.refuse(r, u); reason != "" {
				problems = append(problems, fmt.Sprintf("%s: %s must not import %s: %s", u.at, r.subject(), u.path, reason))
			}
		}
		if chain := g.chain(p.path); !r.cdk && len(chain) > 2 {
			problems = append(problems, fmt.Sprintf("%s links the CDK: %s", folder, strings.Join(chain, " → ")))
		}
	}
	slices.Sort(problems)
	return problems
}

// refuse says why a row does not allow an import, or nothing.
func (g graph) refuse(r row, u use) string {
	first, _, _ := strings.Cut(u.path, "/")
	switch {
	case isCDK(u.path):
		if !r.cdk {
			return "only app.go, constructs and test use the CDK"
		}
	case u.test:
		// Tests compare with whatever they need.
	case within(u.path, g.module):
		folder := g.folder(u.path)
		if within(folder, r.folder) || slices.Equal(r.project, everything) || slices.ContainsFunc(r.project, func(f string) bool { return within(folder, f) }) {
			return ""
		}
		return "of the project it may import " + list(r.project)
	case !strings.Contains(first, "."):
		// The standard library's paths begin with no domain.
	case r.modules != nil && !slices.ContainsFunc(r.modules, func(m string) bool { return within(u.path, m) }):
		return "beside the standard library it may import " + list(r.modules)
	}
	return ""
}

func (r row) subject() string {
	if r.folder == "." {
		return "app.go"
	}
	return r.folder
}

// folder of a package, relative to the module's root.
func (g graph) folder(importPath string) string {
	return path.Clean(strings.TrimPrefix(strings.TrimPrefix(importPath, g.module), "/"))
}

// chain is a shortest way from a package to the CDK through the imports of packages
// that are linked, the package itself first; empty without one.
func (g graph) chain(from string) []string {
	previous := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if isCDK(at) {
			var way []string
			for ; at != ""; at = previous[at] {
				way = append([]string{at}, way...)
			}
			return way
		}
		for _, next := range g.imports[at] {
			if _, seen := previous[next]; !seen {
				previous[next] = at
				queue = append(queue, next)
			}
		}
	}
	return nil
}

// find is the row of the longest folder that holds a package. The root's row holds the root alone.
func find(table []row, folder string) (row, bool) {
	var best row
	for _, r := range table {
		if (folder == r.folder || r.folder != "." && within(folder, r.folder)) && len(r.folder) > len(best.folder) {
			best = r
		}
	}
	return best, best.folder != ""
}

// within reports whether a path is a folder or is below it.
func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

func isCDK(importPath string) bool {
	return slices.ContainsFunc(cdkModules, func(m string) bool { return within(importPath, m) })
}

func list(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
