package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// buildWeb builds the application with npm and returns the folder of the build.
func buildWeb(ctx context.Context, progress io.Writer, dir string) (string, error) {
	if _, err := os.Stat(filepath.Join(dir, "package.json")); err != nil {
		return "", fmt.Errorf("building the web application: there is no package.json in %s: name the folder with --web, or that of a build with --dist", dir)
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", errors.New("building the web application: there is no npm: install Node.js 20 or newer, or name the folder of a build with --dist")
	}
	stale, err := packagesAreStale(dir)
	if err != nil {
		return "", fmt.Errorf("building the web application: %w", err)
	}
	if stale {
		fmt.Fprintf(progress, "installing the packages of %s (npm ci)\n", dir)
		if err := runNPM(ctx, npm, dir, "ci", "--no-audit", "--no-fund", "--loglevel=error"); err != nil {
			return "", err
		}
	}
	fmt.Fprintf(progress, "building %s (npm run build)\n", dir)
	if err := runNPM(ctx, npm, dir, "run", "build"); err != nil {
		return "", err
	}
	return filepath.Join(dir, distFolder), nil
}

// distFolder is where npm run build writes to.
const distFolder = "dist"

// keepDist calls build and leaves dist as it was before, which is put aside meanwhile.
func keepDist(dir string, build func() error) error {
	if _, err := os.Stat(dir); err != nil {
		return build() // which says so
	}
	aside, err := os.MkdirTemp(dir, ".dist-*")
	if err != nil {
		return fmt.Errorf("putting %s aside: %w", filepath.Join(dir, distFolder), err)
	}
	dist, kept := filepath.Join(dir, distFolder), filepath.Join(aside, distFolder)
	err = os.Rename(dist, kept)
	isThere := err == nil
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err == nil {
		err = errors.Join(build(), os.RemoveAll(dist))
	}
	if isThere {
		if restored := os.Rename(kept, dist); restored != nil {
			return errors.Join(err, fmt.Errorf("putting %s back, which is in %s: %w", dist, kept, restored))
		}
	}
	return errors.Join(err, os.RemoveAll(aside))
}

// packagesAreStale says whether node_modules is missing or older than the lock file. npm notes in a file what it has installed.
func packagesAreStale(dir string) (bool, error) {
	lock, err := os.Stat(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return false, err
	}
	installed, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	return err == nil && installed.ModTime().Before(lock.ModTime()), err
}

// npmGrace is how long npm may take to end after it was told to.
const npmGrace = 5 * time.Second

// runNPM runs npm in a folder. What it prints is of interest only when it fails.
func runNPM(ctx context.Context, npm, dir string, args ...string) error {
	var did bytes.Buffer
	cmd := exec.CommandContext(ctx, npm, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &did, &did
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = npmGrace
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted while building; nothing was released")
	case err != nil:
		return errors.Join(fmt.Errorf("building the web application: npm %s in %s: %w", strings.Join(args, " "), dir, err), errors.New(strings.TrimSpace(did.String())))
	}
	return nil
}
