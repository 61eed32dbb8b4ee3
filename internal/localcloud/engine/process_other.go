//go:build !unix

package engine

import "syscall"

// dieWithParent has nothing to set: the launcher's standard input ends it.
func dieWithParent() *syscall.SysProcAttr { return nil }
