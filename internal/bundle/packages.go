package bundle

import (
	"errors"
	"fmt"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Packages lists the folders of functions/ below the module's root dir that hold a
// package main, sorted. The folders internal, testdata and vendor and those whose names
// begin with a dot or an underscore are none, as for the go command.
func Packages(dir string) ([]string, error) {
	return packagesIn(dir, defaultFunctions)
}

func packagesIn(dir, functions string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(functions)))
	if err != nil {
		return nil, fmt.Errorf("listing the packages of %s: %w", functions, err)
	}
	var pkgs []string
	var errs []error
	for _, entry := range entries {
		if !entry.IsDir() || reserved(entry.Name()) {
			continue
		}
		switch err := mainPackage(dir, functions, entry.Name()); {
		case err == nil:
			pkgs = append(pkgs, entry.Name())
		case !errors.Is(err, errNoMain):
			errs = append(errs, fmt.Errorf("listing the packages of %s: %w", functions, err))
		}
	}
	return pkgs, errors.Join(errs...)
}

// errNoMain is a folder that holds no package main.
var errNoMain = errors.New("no package main")

// mainPackage returns nil for a folder with a package main, and errNoMain for one without.
func mainPackage(dir, functions, pkg string) error {
	if !fs.ValidPath(pkg) || strings.ContainsAny(pkg, `/\`) || reserved(pkg) {
		return fmt.Errorf("package %q is not the name of a folder of %s that can hold one", pkg, functions)
	}
	files, err := sources(dir, path.Join(functions, pkg))
	if err != nil {
		return err
	}
	for _, file := range files {
		syntax, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, filepath.FromSlash(file)), nil, parser.PackageClauseOnly)
		if err != nil {
			return relativeTo(dir, err)
		}
		if syntax.Name.Name == "main" {
			return nil
		}
	}
	return errNoMain
}

// reserved names of folders hold no package to build.
func reserved(name string) bool {
	switch name {
	case "internal", "testdata", "vendor", ".", "":
		return true
	}
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

// sources lists the Go files of a folder that a build for Lambda compiles, as
// slash-separated paths relative to dir, sorted.
func sources(dir, folder string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(folder)))
	if err != nil {
		return nil, fmt.Errorf("reading the folder %s: %w", folder, err)
	}
	lambda := build.Default
	lambda.GOOS, lambda.GOARCH, lambda.CgoEnabled = defaultGOOS, defaultGOARCH, false
	lambda.BuildTags = []string{"lambda.norpc"}
	var files []string
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		match, err := lambda.MatchFile(filepath.Join(dir, filepath.FromSlash(folder)), name)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", path.Join(folder, name), relativeTo(dir, err))
		}
		if match {
			files = append(files, path.Join(folder, name))
		}
	}
	return files, nil
}

// relativeTo shortens the paths in an error's text to ones relative to dir.
func relativeTo(dir string, err error) error {
	prefix := filepath.Clean(dir) + string(filepath.Separator)
	if prefix == "."+string(filepath.Separator) || !strings.Contains(err.Error(), prefix) {
		return err
	}
	return &relativeError{strings.ReplaceAll(err.Error(), prefix, ""), err}
}

// relativeError is an error under a shorter text.
type relativeError struct {
	text string
	err  error
}

func (e *relativeError) Error() string { return e.text }
func (e *relativeError) Unwrap() error { return e.err }
