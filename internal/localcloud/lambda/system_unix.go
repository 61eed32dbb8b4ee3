//go:build unix

package lambda

import (
	"os"
	"syscall"
)

// signalGroup signals a process and all that it started. One that is gone already is fine.
func signalGroup(pid int, signal syscall.Signal) {
	_ = syscall.Kill(-pid, signal)
}

// alive says whether there is a process of that id.
func alive(pid int) bool {
	return syscall.Kill(pid, 0) != syscall.ESRCH
}

// maxResident is the most memory that an ended process used, in the system's unit.
func maxResident(state *os.ProcessState) int64 {
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		return int64(usage.Maxrss)
	}
	return 0
}
