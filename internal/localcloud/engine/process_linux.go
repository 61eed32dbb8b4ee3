package engine

import "syscall"

// dieWithParent puts the engine into a process group of its own, so that an interrupt from
// the terminal reaches this process alone, and has the kernel kill it with its parent.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
