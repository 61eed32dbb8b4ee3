//go:build unix && !linux

package engine

import "syscall"

// dieWithParent puts the engine into a process group of its own, so that an interrupt from
// the terminal reaches this process alone. The launcher's standard input ends it.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
