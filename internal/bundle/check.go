package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Want is an operation or an event of the contract and the package that is to implement it.
type Want struct {
	// Package is a folder of functions/.
	Package string
	// OperationID to be registered there, or the id of an event.
	OperationID string
	// Where the contract has it, for messages: GET /kittens, or an event.
	Where string
	// Event says that it works on events and not on requests.
	Event bool
}

// declaration registers what is wanted.
func (w Want) declaration() string {
	if w.Event {
		return fmt.Sprintf("var _ = rest.HandleEvent(%q, …)", w.OperationID)
	}
	return fmt.Sprintf("var _ = rest.Handle(%q, …)", w.OperationID)
}

// Check reports the operations that their packages below the module's root dir do not
// implement, and what is wrong with the packages, all at once and each with what to do.
func Check(dir string, want []Want) error {
	c := &checker{dir: dir, wanted: map[string]bool{}, scans: map[string]scanned{}}
	for _, w := range want {
		c.wanted[w.OperationID] = true
	}
	var errs []error
	for _, w := range want {
		if err := c.check(w); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", w.Where, err))
		}
	}
	for _, pkg := range c.broken {
		errs = append(errs, fmt.Errorf("reading the operations of %s: %w", path.Join(defaultFunctions, pkg), c.scans[pkg].err))
	}
	return errors.Join(errs...)
}

// checker reads each package once.
type checker struct {
	dir    string
	wanted map[string]bool // operation ids
	scans  map[string]scanned
	broken []string // packages whose scan has errors of its own, in the order of their first use
}

// scanned is what a package implements, and what is wrong with it.
type scanned struct {
	impls []Implementation
	err   error
}

func (c *checker) scan(pkg string) scanned {
	s, ok := c.scans[pkg]
	if !ok {
		s.impls, s.err = implemented(c.dir, pkg)
		c.scans[pkg] = s
	}
	return s
}

// check one operation.
func (c *checker) check(w Want) error {
	folder := path.Join(defaultFunctions, w.Package)
	switch err := mainPackage(c.dir, defaultFunctions, w.Package); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s does not exist%s: create it with a package main that declares %s",
			folder, c.nearestPackage(w.Package), w.declaration())
	case errors.Is(err, errNoMain):
		return fmt.Errorf("%s has no package main: add a main.go whose main calls rest.Main, and declare %s", folder, w.declaration())
	case err != nil:
		return err
	}
	s := c.scan(w.Package)
	if i := slices.IndexFunc(s.impls, func(i Implementation) bool { return i.OperationID == w.OperationID }); i >= 0 {
		c.report(w.Package)
		if s.impls[i].Event != w.Event {
			return fmt.Errorf("%s registers %s at %s for the other kind of function: write %s there", folder, w.OperationID, s.impls[i].At(), w.declaration())
		}
		return nil
	}
	if s.err != nil {
		// The registration may be the one that could not be read.
		c.report(w.Package)
		return nil
	}
	return fmt.Errorf("%s does not implement %s; %s%s; add %s to the package",
		folder, w.OperationID, implementsList(s.impls), c.hint(w, s.impls), w.declaration())
}

// report keeps a package's own errors for the end, once.
func (c *checker) report(pkg string) {
	if c.scans[pkg].err != nil && !slices.Contains(c.broken, pkg) {
		c.broken = append(c.broken, pkg)
	}
}

// implementsList names at most ten implementations.
func implementsList(impls []Implementation) string {
	if len(impls) == 0 {
		return "it implements no operation"
	}
	var ids []string
	for _, impl := range impls {
		ids = append(ids, impl.OperationID)
	}
	if len(ids) > 10 {
		ids = append(ids[:10], fmt.Sprintf("… (%d in all)", len(impls)))
	}
	return "it implements " + strings.Join(ids, ", ")
}

// hint names the implementation that is probably meant: of the same id in another
// package, or of a similar id in this one.
func (c *checker) hint(w Want, impls []Implementation) string {
	others, _ := packagesIn(c.dir, defaultFunctions)
	for _, other := range others {
		for _, impl := range c.scan(other).impls {
			if impl.OperationID == w.OperationID {
				return fmt.Sprintf("; functions/%s implements it at %s: is x-function.package to be %s?", other, impl.At(), other)
			}
		}
	}
	var spare []Implementation // those that the contract does not name: one may be a misspelling
	var ids []string
	for _, impl := range impls {
		if !c.wanted[impl.OperationID] {
			spare = append(spare, impl)
			ids = append(ids, impl.OperationID)
		}
	}
	if i := nearest(w.OperationID, ids); i >= 0 {
		return fmt.Sprintf("; did you mean %s at %s?", spare[i].OperationID, spare[i].At())
	}
	return ""
}

// nearestPackage suggests a folder of a similar name.
func (c *checker) nearestPackage(pkg string) string {
	if _, err := os.Stat(filepath.Join(c.dir, defaultFunctions)); err != nil {
		return fmt.Sprintf(" (the module has no folder %s)", defaultFunctions)
	}
	pkgs, _ := packagesIn(c.dir, defaultFunctions)
	if i := nearest(pkg, pkgs); i >= 0 {
		return fmt.Sprintf(" (did you mean %s?)", path.Join(defaultFunctions, pkgs[i]))
	}
	return ""
}

// nearest is the index of the candidate that is the fewest edits away from a name, -1 if
// all are more than a third of its length away.
func nearest(name string, candidates []string) int {
	best, index := max(1, len(name)/3)+1, -1
	for i, candidate := range candidates {
		if d := edits(strings.ToLower(name), strings.ToLower(candidate)); d < best {
			best, index = d, i
		}
	}
	return index
}

// edits is the Levenshtein distance of two strings.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitution := diagonal
			if a[i] != b[j] {
				substitution++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitution, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
