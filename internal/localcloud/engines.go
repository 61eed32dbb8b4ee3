package localcloud

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/control"
	"github.com/tenantstack/tenantstack/internal/localcloud/engine"
)

// supervised is an engine that is started again when it ends by itself.
type supervised struct {
	name    string
	options engine.Options
	start   func(context.Context, engine.Options) (*engine.Engine, error)
	// use is told of the endpoint after each start.
	use func(endpoint string)
	log func(string)

	mu       sync.Mutex
	current  *engine.Engine
	state    control.State
	restarts int
	closed   chan struct{}
	done     chan struct{}
}

// restartPause between attempts to start an engine again.
const restartPause = time.Second

// run starts the engine and keeps it running until stop.
func (s *supervised) run(ctx context.Context) error {
	s.closed, s.done, s.state = make(chan struct{}), make(chan struct{}), control.Starting
	e, err := s.start(ctx, s.options)
	if err != nil {
		close(s.done)
		return err
	}
	s.set(e)
	go s.watch(e)
	return nil
}

func (s *supervised) set(e *engine.Engine) {
	s.mu.Lock()
	s.current, s.state = e, control.Ready
	s.mu.Unlock()
	s.use(e.Endpoint())
}

func (s *supervised) watch(e *engine.Engine) {
	defer close(s.done)
	for {
		select {
		case <-s.closed:
			e.Stop()
			return
		case <-e.Done():
		}
		s.mu.Lock()
		s.state, s.restarts = control.Failed, s.restarts+1
		s.mu.Unlock()
		s.log(s.name + " ended by itself; starting it again")
		e.Stop()
		next := s.again()
		if next == nil {
			return
		}
		e = next
		s.set(e)
		s.log(s.name + " runs again")
	}
}

// again starts the engine until it runs; nil if the local cloud ends before.
func (s *supervised) again() *engine.Engine {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-s.closed:
			cancel()
		case <-ctx.Done():
		}
	}()
	for {
		e, err := s.start(ctx, s.options)
		if err == nil {
			return e
		}
		s.log(fmt.Sprintf("starting %s again: %v", s.name, err))
		select {
		case <-s.closed:
			return nil
		case <-time.After(restartPause):
		}
	}
}

func (s *supervised) stop() {
	if s.closed == nil {
		return
	}
	close(s.closed)
	<-s.done
}

func (s *supervised) status() control.Engine {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := control.Engine{Name: s.name, State: s.state, Restarts: s.restarts}
	if s.current != nil {
		out.PID = s.current.PID()
		out.MemoryBytes = residentBytes(out.PID)
	}
	return out
}

// treeBytes is the resident memory of a process and of all that it started; of the process alone
// where /proc does not tell.
func treeBytes(pid int) int64 {
	children := map[int][]int{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return residentBytes(pid)
	}
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue // it has ended
		}
		// The name, which may hold anything, ends with the last parenthesis.
		rest := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(rest) > 1 {
			if parent, err := strconv.Atoi(rest[1]); err == nil {
				children[parent] = append(children[parent], child)
			}
		}
	}
	var sum func(pid int) int64
	sum = func(pid int) int64 {
		total := residentBytes(pid)
		for _, child := range children[pid] {
			total += sum(child)
		}
		return total
	}
	return sum(pid)
}

// residentBytes is the resident memory of a process; 0 where /proc does not tell.
func residentBytes(pid int) int64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10
		}
	}
	return 0
}
