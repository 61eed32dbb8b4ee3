//go:build !unix

package lambda

import (
	"os"
	"syscall"
)

// ownGroup has nothing to set: functions end when their runtime API does.
func ownGroup() *syscall.SysProcAttr { return nil }

// signalGroup ends a process; there are no signals and no groups.
func signalGroup(pid int, _ syscall.Signal) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}

func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err == nil {
		_ = p.Release()
	}
	return err == nil
}

const residentUnit = 1

func maxResident(*os.ProcessState) int64 { return 0 }
func residentMemory(int) int64           { return 0 }
func peakMemory(int) int64               { return 0 }

func ownGroupOnly() *syscall.SysProcAttr { return nil }
