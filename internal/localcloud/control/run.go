//go:build unix

package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Run is where a running local cloud is found: run.json in its data folder.
type Run struct {
	// PID of the process.
	PID int `json:"pid"`
	// URL of the console.
	URL string `json:"url"`
	// Secret authorizes commands.
	Secret string `json:"secret"`
}

const (
	runFile  = "run.json"
	lockFile = "lock"
)

// ErrNotRunning says that no local cloud uses the data folder.
var ErrNotRunning = errors.New("the local cloud is not running: start it with make up or tenantctl up")

// Lock is held by the process that uses a data folder.
type Lock struct {
	dir  string
	file *os.File
}

// Acquire locks a data folder for this process. The lock ends with the process, however that ends.
func Acquire(dir string) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the data folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if r, err := Find(dir); err == nil {
			return nil, fmt.Errorf("the data folder %s is in use: a local cloud runs there at %s (process %d); tenantctl down stops it", dir, r.URL, r.PID)
		}
		return nil, fmt.Errorf("the data folder %s is in use by another process", dir)
	}
	return &Lock{dir: dir, file: f}, nil
}

// Publish says where this process is found.
func (l *Lock) Publish(r Run) error {
	tmp := filepath.Join(l.dir, runFile+".tmp")
	if err := os.WriteFile(tmp, encode(r), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(l.dir, runFile))
}

// Release gives the folder back.
func (l *Lock) Release() {
	_ = os.Remove(filepath.Join(l.dir, runFile))
	_ = l.file.Close()
}

// Running says whether a process holds the lock of a data folder.
func Running(dir string) bool {
	f, err := os.Open(filepath.Join(dir, lockFile))
	if err != nil {
		return false
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil
}

// Find finds the local cloud that uses a data folder. It is ErrNotRunning if none does, or if the
// one that starts has not said yet where it is found.
func Find(dir string) (Run, error) {
	var r Run
	data, err := os.ReadFile(filepath.Join(dir, runFile))
	if errors.Is(err, fs.ErrNotExist) || err == nil && !Running(dir) {
		return r, ErrNotRunning
	}
	if err != nil {
		return r, fmt.Errorf("finding the local cloud: %w", err)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("finding the local cloud: reading %s: %w", filepath.Join(dir, runFile), err)
	}
	return r, nil
}
