package lambda

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// spawner starts all processes from one thread that lives as long as the service: Linux sends the
// parent-death signal when the thread that forked ends, not when the process does.
type spawner struct {
	once  sync.Once
	work  chan func()
	ended chan struct{}
}

func (s *spawner) start(cmd *exec.Cmd) error {
	s.once.Do(func() {
		s.work, s.ended = make(chan func()), make(chan struct{})
		go func() {
			runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
			defer close(s.ended)
			for f := range s.work {
				f()
			}
		}()
	})
	if s.work == nil {
		return errors.New("the service is closed")
	}
	var err error
	done := make(chan struct{})
	s.work <- func() {
		defer close(done)
		err = cmd.Start()
	}
	<-done
	return err
}

// close ends the thread. No process is to be started any more.
func (s *spawner) close() {
	s.once.Do(func() {})
	if s.work != nil {
		close(s.work)
		<-s.ended
	}
}

// watchdog is a shell that kills the process groups of all functions when this process ends, in
// whatever way: it sees the end of its standard input. The parent-death signal of Linux reaches
// the functions themselves, and not what they started; other systems have none.
type watchdog struct {
	once  sync.Once
	mu    sync.Mutex
	cmd   *exec.Cmd
	input io.WriteCloser
}

const watchdogScript = `
trap '' INT TERM HUP
groups=
while read -r verb group; do
  case $verb in
  +) groups="$groups $group" ;;
  -) rest=
     for g in $groups; do [ "$g" = "$group" ] || rest="$rest $g"; done
     groups=$rest ;;
  esac
done
for g in $groups; do kill -s KILL -- "-$g"; done
`

func (w *watchdog) add(pid int) {
	w.once.Do(func() {
		shell, err := exec.LookPath("sh")
		if err != nil {
			return // a system without process groups
		}
		cmd := &exec.Cmd{Path: shell, Args: []string{"sh", "-c", watchdogScript}, Dir: string(filepath.Separator), Env: []string{}, SysProcAttr: ownGroupOnly()}
		input, err := cmd.StdinPipe()
		if err != nil || cmd.Start() != nil {
			return
		}
		w.cmd, w.input = cmd, input
	})
	w.tell("+", pid)
}

func (w *watchdog) remove(pid int) { w.tell("-", pid) }

func (w *watchdog) tell(verb string, pid int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.input != nil {
		_, _ = io.WriteString(w.input, verb+" "+strconv.Itoa(pid)+"\n")
	}
}

func (w *watchdog) close() {
	w.once.Do(func() {})
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.input != nil {
		w.input.Close()
		_ = w.cmd.Wait()
		w.input = nil
	}
}

// scratch makes the private directory of a process, which holds its /tmp.
func (s *Service) scratch() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runDir == "" {
		root := filepath.Join(s.o.Dir, "run")
		sweep(root)
		dir := filepath.Join(root, strconv.Itoa(os.Getpid())+"-"+strconv.FormatInt(time.Now().UnixNano(), 36))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", fmt.Errorf("making the directory of processes: %w", err)
		}
		s.runDir = dir
	}
	dir, err := os.MkdirTemp(s.runDir, "")
	if err != nil {
		return "", fmt.Errorf("making the directory of a process: %w", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "tmp"), 0o700); err != nil {
		return "", fmt.Errorf("making the directory of a process: %w", err)
	}
	return dir, nil
}

// sweep removes the directories of services that were killed.
func sweep(root string) {
	entries, _ := os.ReadDir(root)
	for _, e := range entries {
		var pid int
		if _, err := fmt.Sscanf(e.Name(), "%d-", &pid); err == nil && !alive(pid) {
			_ = os.RemoveAll(filepath.Join(root, e.Name()))
		}
	}
}

func (s *Service) removeRunDir() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runDir == "" {
		return nil
	}
	return os.RemoveAll(s.runDir)
}

// memorySample is the most memory of a process, looked up now and then.
type memorySample struct {
	mu    sync.Mutex
	bytes int64
	at    time.Time
}

// sampleInterval keeps the look-up away from most invocations.
const sampleInterval = 250 * time.Millisecond

// peak is the most memory so far in MiB, rounded up.
func (m *memorySample) peak(pid int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := time.Now(); pid != 0 && now.Sub(m.at) > sampleInterval {
		m.bytes, m.at = max(m.bytes, peakMemory(pid)), now
	}
	return int((m.bytes + 1<<20 - 1) >> 20)
}

// exited takes what the system says of a process that has ended.
func (m *memorySample) exited(state *os.ProcessState) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bytes = max(m.bytes, maxResident(state)*residentUnit)
}
