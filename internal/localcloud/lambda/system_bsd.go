//go:build unix && !linux

package lambda

import "syscall"

// ownGroup puts a function into a process group of its own, so that all that it starts ends with it.
// The watchdog ends it with this process.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// residentUnit is the unit of [maxResident] in bytes.
const residentUnit = 1

// residentMemory is not to be had without a subprocess.
func residentMemory(int) int64 { return 0 }

// peakMemory is known once a process has ended.
func peakMemory(int) int64 { return 0 }

// ownGroupOnly is the same for the watchdog, which outlives this process for a moment.
func ownGroupOnly() *syscall.SysProcAttr { return ownGroup() }
