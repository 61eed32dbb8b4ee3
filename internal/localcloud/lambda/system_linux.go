package lambda

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// ownGroup puts a function into a process group of its own, so that all that it starts ends with it,
// and has the kernel kill it with this process.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// residentUnit is the unit of [maxResident] in bytes.
const residentUnit = 1 << 10

// residentMemory of a process in bytes.
func residentMemory(pid int) int64 { return statusField(pid, "VmRSS:") }

// peakMemory is the most memory that a process has used so far, in bytes.
func peakMemory(pid int) int64 { return statusField(pid, "VmHWM:") }

// statusField is a size of /proc/<pid>/status, which gives it in kB.
func statusField(pid int, name string) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("\n"+name))
	fields := bytes.Fields(rest[:min(len(rest), 32)])
	if len(fields) == 0 {
		return 0
	}
	kb, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kb << 10
}

// ownGroupOnly puts the watchdog into a process group of its own: it outlives this process for a moment.
func ownGroupOnly() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
