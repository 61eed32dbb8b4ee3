package lambda

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// build makes the executable of an archive again for this machine (docs/aws-differences.md, 69): the same package with the same
// settings, from the sources in the module. The other files of the archive are kept beside it.
func (c *codeStore) build(ctx context.Context, unpacked, sum string, info *buildinfo.BuildInfo, names []string) (string, error) {
	toolchain, err := c.toolchain()
	if err != nil {
		return "", fmt.Errorf("building %s for %s/%s: %w", describe(names), runtime.GOOS, runtime.GOARCH, err)
	}
	if info.Path == "" || info.Path == "command-line-arguments" {
		return "", fmt.Errorf("building %s for %s/%s: its executable does not say of which package it is; build the archive from a package instead of files", describe(names), runtime.GOOS, runtime.GOARCH)
	}
	args := buildArgs(info)
	key := sha256.Sum256([]byte(strings.Join(append(args, toolchain, info.Path, c.module), "\x00")))
	dir := filepath.Join(c.dir, "host", sum+"-"+runtime.GOOS+"-"+runtime.GOARCH+"-"+hex.EncodeToString(key[:8]))
	err = makeDir(dir, func(tmp string) error {
		select {
		case c.slots <- struct{}{}:
			defer func() { <-c.slots }()
		case <-ctx.Done():
			return ctx.Err()
		}
		start := time.Now()
		c.progress(fmt.Sprintf("building %s (%s) for %s/%s", info.Path, describe(names), runtime.GOOS, runtime.GOARCH))
		if err := copyFiles(unpacked, tmp); err != nil {
			return err
		}
		if err := c.compile(ctx, args, info.Path, filepath.Join(tmp, bootstrapName), setting(info, "CGO_ENABLED")); err != nil {
			return err
		}
		c.progress(fmt.Sprintf("built %s in %.1f s", info.Path, time.Since(start).Seconds()))
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("building %s (%s) for %s/%s: %w", info.Path, describe(names), runtime.GOOS, runtime.GOARCH, err)
	}
	return dir, nil
}

// buildArgs are the settings that the executable was built with. The go command does not record
// -ldflags beside -trimpath; without a symbol table it links and starts faster.
func buildArgs(info *buildinfo.BuildInfo) []string {
	args := []string{"build", "-buildvcs=false"}
	for _, name := range []string{"-tags", "-ldflags", "-gcflags", "-asmflags"} {
		switch value := setting(info, name); {
		case value != "":
			args = append(args, name+"="+value)
		case name == "-ldflags":
			args = append(args, "-ldflags=-s -w")
		}
	}
	if setting(info, "-trimpath") == "true" {
		args = append(args, "-trimpath")
	}
	return args
}

func setting(info *buildinfo.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

func (c *codeStore) compile(ctx context.Context, args []string, pkg, out, cgo string) error {
	cmd := exec.CommandContext(ctx, "go", append(args, "-o", out, pkg)...)
	cmd.Dir = c.module
	cmd.Env = append(os.Environ(), "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	if cgo != "" {
		cmd.Env = append(cmd.Env, "CGO_ENABLED="+cgo)
	}
	output, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%w\n%s", err, bytes.TrimSpace(output))
}

// readToolchain is the version of Go that builds in the module.
func (c *codeStore) readToolchain() (string, error) {
	if c.module == "" {
		return "", errors.New("no module to build it in is configured; build the archive for this machine")
	}
	cmd := exec.Command("go", "env", "GOVERSION")
	cmd.Dir = c.module
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("asking the go command for its version: %w; the archive is for another machine, so that Go has to be installed to build it for this one", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// copyFiles copies all but the executable.
func copyFiles(from, to string) error {
	return filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil || rel == "." || rel == bootstrapName {
			return err
		}
		target := filepath.Join(to, rel)
		if d.IsDir() {
			return os.Mkdir(target, 0o755)
		}
		if os.Link(name, target) == nil {
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, info.Mode().Perm())
	})
}
