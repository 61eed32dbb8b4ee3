// Package bundle builds the folders of functions/ into zips for AWS Lambda and
// checks that they implement the operations of the contract.
//
// A zip is reproducible: the same sources and the same version of Go give the
// same bytes on any machine, from any folder and under any setting of the go
// command. Changing a zip means changing what is in it.
package bundle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

const (
	// Bootstrap is the name of the executable of the provided.al2023 runtime
	// (https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html).
	Bootstrap = "bootstrap"

	// MaxZipSize in bytes of one zip: 6 MiB, which keeps cold starts short. Lambda
	// itself takes 50 MB zipped when uploaded directly and 250 MB unzipped
	// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
	MaxZipSize = 6 << 20

	defaultFunctions = "functions"
	defaultOut       = ".build/functions"
	defaultGOOS      = "linux"
	defaultGOARCH    = "arm64"
)

// Options of Build.
type Options struct {
	// Dir is the module's root, the folder of go.mod. Default ".".
	Dir string
	// Functions is the folder of the packages, relative to Dir. Default "functions".
	Functions string
	// Out is the folder that receives <package>.zip; a relative path is relative to
	// Dir. It also receives the hidden folder .work, which makes later builds fast.
	// Default ".build/functions".
	Out string
	// Packages to build, by the names of their folders. Default: all that Packages finds.
	Packages []string
	// Files are the contents to put beside the executable: package → slash-separated file name → content.
	Files map[string]map[string][]byte
	// GOOS of the executables. Default "linux".
	GOOS string
	// GOARCH of the executables. Default "arm64".
	GOARCH string
	// Progress receives one line for each zip. It is never called twice at once. Optional.
	Progress func(line string)
}

// Asset is a zip that Build wrote or found up to date.
type Asset struct {
	// Package is the name of the folder.
	Package string
	// Path of the zip, absolute.
	Path string
	// SHA256 of the zip in lower-case hexadecimal.
	SHA256 string
	// Size of the zip in bytes.
	Size int64
}

// Build compiles packages and zips each with its files, and returns the assets
// by package. A zip that would not change is not written again. The errors of all
// packages are returned at once, joined, each with the compiler's output; no zip is
// written unless all packages compile.
func Build(ctx context.Context, o Options) (map[string]Asset, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if len(o.Packages) == 0 {
		return map[string]Asset{}, nil
	}
	work := filepath.Join(o.Out, ".work", o.GOOS+"-"+o.GOARCH)
	if err := os.MkdirAll(work, 0o755); err != nil {
		return nil, fmt.Errorf("creating the output folder: %w", err)
	}
	c, err := newCompiler(ctx, o, work)
	if err != nil {
		return nil, err
	}
	if err := c.compile(ctx, o.Packages); err != nil {
		return nil, err
	}

	assets := make([]Asset, len(o.Packages))
	errs := make([]error, len(o.Packages))
	var progress sync.Mutex
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for i, pkg := range o.Packages {
		group.Go(func() error {
			z := zipper{pkg: pkg, binary: c.binary(pkg), files: o.Files[pkg], out: o.Out, stamp: filepath.Join(work, pkg+".json")}
			asset, state, err := z.zip()
			if err != nil {
				errs[i] = fmt.Errorf("bundling %s: %w", path.Join(o.Functions, pkg), err)
				return nil
			}
			assets[i] = asset
			if o.Progress != nil {
				progress.Lock()
				defer progress.Unlock()
				o.Progress(fmt.Sprintf("%s: %s, %s", path.Join(o.Functions, pkg), mebibytes(asset.Size), state))
			}
			return nil
		})
	}
	_ = group.Wait() // the errors are in errs, so that all of them are told
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	byPackage := make(map[string]Asset, len(assets))
	for _, a := range assets {
		byPackage[a.Package] = a
	}
	return byPackage, nil
}

// withDefaults fills in what is absent, makes the paths absolute and refuses
// packages and files that cannot be bundled, all at once.
func (o Options) withDefaults() (Options, error) {
	set := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	set(&o.Dir, ".")
	set(&o.Functions, defaultFunctions)
	set(&o.Out, defaultOut)
	set(&o.GOOS, defaultGOOS)
	set(&o.GOARCH, defaultGOARCH)
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return o, fmt.Errorf("finding the module's root %q: %w", o.Dir, err)
	}
	o.Dir = dir
	if !filepath.IsAbs(o.Out) {
		o.Out = filepath.Join(dir, o.Out)
	}
	o.Functions = path.Clean(filepath.ToSlash(o.Functions))
	if !fs.ValidPath(o.Functions) {
		return o, fmt.Errorf("bundling functions: folder %q is not a path inside the module", o.Functions)
	}
	if o.Packages == nil {
		if o.Packages, err = packagesIn(dir, o.Functions); err != nil {
			return o, err
		}
	}
	o.Packages = slices.Compact(slices.Sorted(slices.Values(o.Packages)))
	return o, o.validate()
}

func (o Options) validate() error {
	var errs []error
	for _, pkg := range o.Packages {
		if err := mainPackage(o.Dir, o.Functions, pkg); err != nil {
			errs = append(errs, fmt.Errorf("bundling %s: %w", path.Join(o.Functions, pkg), err))
		}
	}
	for pkg, files := range o.Files {
		if !slices.Contains(o.Packages, pkg) {
			errs = append(errs, fmt.Errorf("bundling files of package %q: it is not among the packages to build (%s)", pkg, strings.Join(o.Packages, ", ")))
		}
		for name := range files {
			if err := validFile(name); err != nil {
				errs = append(errs, fmt.Errorf("bundling %s: %w", path.Join(o.Functions, pkg), err))
			}
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

// validFile refuses names that would leave $LAMBDA_TASK_ROOT or hide the executable.
func validFile(name string) error {
	switch {
	case !fs.ValidPath(name), name == ".", strings.ContainsAny(name, "\\:\x00"):
		return fmt.Errorf("file name %q is not a plain relative path with slashes", name)
	case name == Bootstrap, strings.HasPrefix(name, Bootstrap+"/"):
		return fmt.Errorf("file name %q is the executable's: choose another", name)
	}
	return nil
}

// mebibytes of a size, for people.
func mebibytes(size int64) string {
	return fmt.Sprintf("%.2f MiB", float64(size)/(1<<20))
}
