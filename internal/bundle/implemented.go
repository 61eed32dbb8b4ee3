package bundle

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// restPackage ends the import path of the package in which operations are registered.
const restPackage = "/functions/internal/rest"

// Implementation is a registration of an operation's code.
type Implementation struct {
	// OperationID is the first argument of the registering call.
	OperationID string
	// File of the call, slash-separated and relative to the module's root.
	File string
	// Line of the call.
	Line int
	// Event says that it was registered as working on events (HandleEvent).
	Event bool
}

// At is the place of the call, as file:line.
func (i Implementation) At() string { return fmt.Sprintf("%s:%d", i.File, i.Line) }

// Implemented lists the operations that the package functions/<pkg> below the module's
// root dir implements, sorted by id: its calls of Handle, or of another
// function whose name goes on after Handle, of functions/internal/rest. The sources are
// read, not built: files for Lambda's platform, without tests.
//
// Errors, all at once, each with its file and line: sources that do not parse, an
// operation id that is not a constant of the package, and an operation registered twice. The
// implementations found are returned beside them.
func Implemented(dir, pkg string) ([]Implementation, error) {
	impls, err := implemented(dir, pkg)
	if err != nil {
		return impls, fmt.Errorf("reading the operations of %s: %w", path.Join(defaultFunctions, pkg), err)
	}
	return impls, nil
}

func implemented(dir, pkg string) ([]Implementation, error) {
	if err := mainPackage(dir, defaultFunctions, pkg); err != nil && !errors.Is(err, errNoMain) {
		return nil, err
	}
	names, err := sources(dir, path.Join(defaultFunctions, pkg))
	if err != nil {
		return nil, err
	}
	s := &scan{fset: token.NewFileSet()}
	for _, name := range names {
		file, err := parser.ParseFile(s.fset, filepath.Join(dir, filepath.FromSlash(name)), nil, parser.SkipObjectResolution)
		if err != nil {
			s.errs = append(s.errs, syntaxErrors(dir, err)...)
			continue
		}
		s.files = append(s.files, file)
		s.names = append(s.names, name)
	}
	s.resolve()
	for i, file := range s.files {
		s.file(file, s.names[i])
	}
	s.sort()
	return s.impls, errors.Join(s.errs...)
}

// scan reads one package.
type scan struct {
	fset  *token.FileSet
	files []*ast.File
	names []string // of files
	info  types.Info
	impls []Implementation
	errs  []error
}

// resolve finds what the identifiers mean and what constants are worth. Imported
// packages are taken as empty, so errors are expected; whatever depends on them stays unknown.
func (s *scan) resolve() {
	s.info = types.Info{
		Types: map[ast.Expr]types.TypeAndValue{},
		Defs:  map[*ast.Ident]types.Object{},
		Uses:  map[*ast.Ident]types.Object{},
	}
	config := types.Config{Importer: emptyPackages{}, Error: func(error) {}}
	_, _ = config.Check("main", s.fset, s.files, &s.info)
}

// emptyPackages imports every path as a package without any declaration.
type emptyPackages struct{}

func (emptyPackages) Import(importPath string) (*types.Package, error) {
	p := types.NewPackage(importPath, path.Base(importPath))
	p.MarkComplete()
	return p, nil
}

// file finds the registrations of one file.
func (s *scan) file(file *ast.File, name string) {
	dot := slices.ContainsFunc(file.Imports, func(spec *ast.ImportSpec) bool {
		importPath, _ := strconv.Unquote(spec.Path.Value)
		return spec.Name != nil && spec.Name.Name == "." && isRest(importPath)
	})
	const elsewhere = "%s must be called where it is named, with a string literal as its operation id"
	direct := map[ast.Expr]bool{}
	selected := map[*ast.Ident]bool{} // names after a dot and of fields, which are no uses of their own
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			fun := callee(n.Fun)
			if s.registers(fun, dot) {
				direct[fun] = true
				s.call(n, fun, name)
			}
		case *ast.SelectorExpr:
			selected[n.Sel] = true
			if s.registers(n, dot) && !direct[n] {
				s.fail(name, n, elsewhere, types.ExprString(n))
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok {
				selected[key] = true
			}
		case *ast.Ident:
			if !selected[n] && s.registers(n, dot) && !direct[n] {
				s.fail(name, n, elsewhere, n.Name)
			}
		}
		return true
	})
}

// callee strips parentheses and type arguments from a called expression.
func callee(fun ast.Expr) ast.Expr {
	for {
		switch f := fun.(type) {
		case *ast.ParenExpr:
			fun = f.X
		case *ast.IndexExpr:
			fun = f.X
		case *ast.IndexListExpr:
			fun = f.X
		default:
			return fun
		}
	}
}

// registers reports whether an expression names a registering function, as
// rest.Handle under any name of the import, or as Handle after a dot import.
func (s *scan) registers(fun ast.Expr, dot bool) bool {
	switch f := fun.(type) {
	case *ast.SelectorExpr:
		x, ok := f.X.(*ast.Ident)
		if !ok || !isHandle(f.Sel.Name) {
			return false
		}
		imported, ok := s.info.Uses[x].(*types.PkgName)
		return ok && isRest(imported.Imported().Path())
	case *ast.Ident:
		// What the dot import would declare is unknown to the empty package.
		_, defined := s.info.Defs[f]
		return dot && isHandle(f.Name) && s.info.Uses[f] == nil && !defined
	}
	return false
}

func isRest(importPath string) bool { return strings.HasSuffix("/"+importPath, restPackage) }

// isHandle holds for Handle and HandleWithEvents, not for Handler.
func isHandle(name string) bool {
	rest, ok := strings.CutPrefix(name, "Handle")
	next, _ := utf8.DecodeRuneInString(rest)
	return ok && (rest == "" || !unicode.IsLower(next))
}

// call records one registering call.
func (s *scan) call(call *ast.CallExpr, fun ast.Expr, name string) {
	if len(call.Args) == 0 {
		s.fail(name, call, "%s has no operation id: give it one as a string literal", types.ExprString(fun))
		return
	}
	id := call.Args[0]
	value := s.info.Types[id].Value
	if value == nil || value.Kind() != constant.String {
		s.fail(name, id, "%s has the operation id %s, which is not known before the program runs: write a string literal or a constant of this package", types.ExprString(fun), types.ExprString(id))
		return
	}
	if constant.StringVal(value) == "" {
		s.fail(name, id, "%s has an empty operation id: write the operationId of the contract", types.ExprString(fun))
		return
	}
	s.impls = append(s.impls, Implementation{
		OperationID: constant.StringVal(value),
		File:        name,
		Line:        s.fset.Position(call.Pos()).Line,
		Event:       called(fun) == "HandleEvent",
	})
}

// called is the name of a registering function, without its package.
func called(fun ast.Expr) string {
	switch f := fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}

func (s *scan) fail(name string, at ast.Node, format string, args ...any) {
	line := s.fset.Position(at.Pos()).Line
	s.errs = append(s.errs, fmt.Errorf("%s:%d: %s", name, line, fmt.Sprintf(format, args...)))
}

// sort orders the implementations and reports those registered twice.
func (s *scan) sort() {
	slices.SortStableFunc(s.impls, func(a, b Implementation) int {
		return cmp.Or(cmp.Compare(a.OperationID, b.OperationID), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	unique := s.impls[:0]
	for _, impl := range s.impls {
		if n := len(unique); n > 0 && unique[n-1].OperationID == impl.OperationID {
			s.errs = append(s.errs, fmt.Errorf("%s: operation %s is already registered at %s: remove one of the two", impl.At(), impl.OperationID, unique[n-1].At()))
			continue
		}
		unique = append(unique, impl)
	}
	s.impls = unique
}

// syntaxErrors are the errors of a file one by one, with paths relative to dir.
func syntaxErrors(dir string, err error) []error {
	var list scanner.ErrorList
	if !errors.As(err, &list) {
		return []error{relativeTo(dir, err)}
	}
	errs := make([]error, len(list))
	for i, e := range list {
		errs[i] = relativeTo(dir, e)
	}
	return errs
}
