package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestBuildWebWithoutNPM(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "package.json"), "{}")
	t.Setenv("PATH", t.TempDir())
	_, err := buildWeb(context.Background(), io.Discard, dir)
	if err == nil || !strings.Contains(err.Error(), "there is no npm: install Node.js 20 or newer, or name the folder of a build with --dist") {
		t.Errorf("error %v", err)
	}
}

// Packages are installed when none are, and again when the lock file is newer.
func TestPackagesAreStale(t *testing.T) {
	dir := t.TempDir()
	lock, installed := filepath.Join(dir, "package-lock.json"), filepath.Join(dir, "node_modules", ".package-lock.json")
	if _, err := packagesAreStale(dir); err == nil {
		t.Error("a folder without package-lock.json is no error")
	}
	want := func(want bool) {
		t.Helper()
		if got, err := packagesAreStale(dir); got != want || err != nil {
			t.Errorf("stale = %t, %v, want %t", got, err, want)
		}
	}
	write(t, lock, "{}")
	want(true)
	write(t, installed, "{}")
	now := time.Now()
	for _, test := range []struct {
		installed time.Duration
		stale     bool
	}{{time.Minute, false}, {0, false}, {-time.Minute, true}} {
		if err := os.Chtimes(lock, now, now); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(installed, now, now.Add(test.installed)); err != nil {
			t.Fatal(err)
		}
		want(test.stale)
	}
}
