package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// runDir makes a directory for one run of an engine, <cache>/run/<name>-<random>, and
// returns what removes it. A process that is killed cannot remove its own, so it
// holds a lock beside it, and every later run removes directories whose lock nobody holds.
func runDir(name string) (dir string, cleanup func(), err error) {
	cache, err := cacheDir()
	if err != nil {
		return "", nil, err
	}
	root := filepath.Join(cache, "run")
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", nil, fmt.Errorf("making the directory of runs: %w", err)
	}
	// Nobody sweeps between the making of a directory and the taking of its lock.
	all, err := lock(context.Background(), filepath.Join(root, "lock"), func() {})
	if err != nil {
		return "", nil, err
	}
	defer all.unlock()
	sweep(root)
	dir, err = os.MkdirTemp(root, name+"-")
	if err != nil {
		return "", nil, fmt.Errorf("making the run's directory: %w", err)
	}
	own, err := lock(context.Background(), dir+".lock", func() {})
	if err != nil {
		return "", nil, err
	}
	return dir, func() {
		os.RemoveAll(dir)
		os.Remove(dir + ".lock")
		own.unlock()
	}, nil
}

// sweep removes what ended runs left behind. What cannot be removed stays for the next one.
func sweep(root string) {
	locks, _ := filepath.Glob(filepath.Join(root, "*.lock"))
	for _, path := range locks {
		l, err := tryLock(path)
		if err != nil || l == nil {
			continue
		}
		if os.RemoveAll(strings.TrimSuffix(path, ".lock")) == nil {
			os.Remove(path)
		}
		l.unlock()
	}
}
