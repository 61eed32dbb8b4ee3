//go:build !unix

package engine

import (
	"context"
	"fmt"
	"runtime"
)

type fileLock struct{}

func tryLock(string) (*fileLock, error) {
	return nil, fmt.Errorf("engines run on Linux and macOS, not on %s", runtime.GOOS)
}

func lock(_ context.Context, path string, _ func()) (*fileLock, error) { return tryLock(path) }

func (l *fileLock) unlock() {}
