package bundle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// buildArgs make an executable that depends on the sources and the version of Go alone.
//
// The build id stays: with -trimpath it is a hash of the inputs, without any folder
// of the machine, and by it the go command sees that an executable is up to date and
// does not link it again.
var buildArgs = []string{"build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags", "-s -w"}

// compiler runs the go command.
type compiler struct {
	dir       string   // the module's root
	functions string   // relative to dir
	bin       string   // folder of the executables
	suffix    string   // of an executable's name
	env       []string // of the go command
}

func newCompiler(ctx context.Context, o Options, work string) (*compiler, error) {
	env, err := goEnv(ctx, o)
	if err != nil {
		return nil, err
	}
	c := &compiler{dir: o.Dir, functions: o.Functions, bin: filepath.Join(work, "bin")}
	// On one file system the go command moves a finished executable into place; across
	// two it copies, and an interrupted copy could pass for an executable that is up to date.
	tmp := filepath.Join(work, "tmp")
	c.env = append(env, "GOTMPDIR="+tmp)
	if o.GOOS == "windows" {
		c.suffix = ".exe"
	}
	for _, folder := range []string{c.bin, tmp} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return nil, fmt.Errorf("creating the work folder: %w", err)
		}
	}
	return c, nil
}

// binary is the path of a package's executable.
func (c *compiler) binary(pkg string) string {
	return filepath.Join(c.bin, pkg+c.suffix)
}

// compile builds all packages in one run of the go command. A failed run stops at the
// first kind of error, so each package is then built alone to tell the errors of all.
func (c *compiler) compile(ctx context.Context, pkgs []string) error {
	if _, err := c.build(ctx, pkgs); err == nil {
		return nil
	}
	outputs := make([]string, len(pkgs))
	errs := make([]error, len(pkgs))
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for i, pkg := range pkgs {
		group.Go(func() error {
			outputs[i], errs[i] = c.build(ctx, pkgs[i:i+1])
			if errs[i] != nil && outputs[i] == "" {
				outputs[i] = fmt.Sprintf("building %s: %v", pkg, errs[i])
			}
			return nil
		})
	}
	_ = group.Wait() // the errors are in errs, so that all of them are told
	if ctx.Err() != nil {
		return fmt.Errorf("building %s: %w", c.folders(pkgs), context.Cause(ctx))
	}
	return c.report(pkgs, outputs, errs)
}

// build runs the go command on packages and returns what it printed.
func (c *compiler) build(ctx context.Context, pkgs []string) (string, error) {
	args := append(append([]string{}, buildArgs...), "-o", c.bin+string(filepath.Separator))
	for _, pkg := range pkgs {
		args = append(args, "./"+path.Join(c.functions, pkg))
	}
	out, err := runGo(ctx, c.dir, c.env, args...)
	return strings.TrimSpace(string(out)), err
}

// report joins the errors of packages; packages that fail for the same reason, such as
// a broken package that they share, are told together.
func (c *compiler) report(pkgs, outputs []string, errs []error) error {
	var order []string
	failed := map[string][]string{}
	for i, pkg := range pkgs {
		if errs[i] == nil {
			continue
		}
		if failed[outputs[i]] == nil {
			order = append(order, outputs[i])
		}
		failed[outputs[i]] = append(failed[outputs[i]], pkg)
	}
	var joined []error
	for _, output := range order {
		joined = append(joined, fmt.Errorf("building %s:\n\t%s", c.folders(failed[output]), strings.ReplaceAll(output, "\n", "\n\t")))
	}
	return errors.Join(joined...)
}

func (c *compiler) folders(pkgs []string) string {
	folders := make([]string, len(pkgs))
	for i, pkg := range pkgs {
		folders[i] = path.Join(c.functions, pkg)
	}
	return strings.Join(folders, ", ")
}

// runGo runs the go command in a folder and returns its whole output.
func runGo(ctx context.Context, dir string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = dir, env
	// The go command removes its temporary files and stops the compilers when it is interrupted.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, fmt.Errorf("running the go command: %w (install Go, https://go.dev/doc/install)", err)
	}
	return out.Bytes(), err
}
