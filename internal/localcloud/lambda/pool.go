package lambda

import (
	"slices"
	"time"
)

const (
	// patience is how long an event waits for a process to get free once a function has
	// MaxPerFunction of them, before it gets one more.
	patience = 100 * time.Millisecond
	// finishPatience is how long an event waits for a process that has answered and is about to
	// ask for its next event, before it gets another.
	finishPatience = 20 * time.Millisecond
	// endurance is how long an event waits once there are MaxProcesses, before it is refused.
	endurance = 10 * time.Second
)

// pool are the processes of one configuration of a function. s.mu guards it.
type pool struct {
	s        *Service
	config   *config
	function *function
	// idle are the processes that wait for an event, the last used at the end.
	idle []*process
	// processes counts all, finishing those that have answered and not asked for the next event.
	processes, finishing int
	// waiting are the events that wait for a process, the oldest first.
	waiting []*invocation
	// retired pools start no process but for what they already took on.
	retired bool
}

func newPool(s *Service, f *function, c *config) *pool {
	return &pool{s: s, function: f, config: c}
}

// retire ends processes as soon as they have nothing to do.
func (p *pool) retire() {
	p.retired = true
	for _, process := range slices.Clone(p.idle) {
		process.stop()
	}
	if p.processes == 0 && len(p.waiting) == 0 {
		delete(p.function.old, p)
	}
}

// submit gives an event to a process, the one that was used last; it starts one if none is free.
// What happens then is told by inv.done. s.mu is held; the returned function is to be called
// without it.
func (p *pool) submit(inv *invocation) (then func()) {
	inv.pool = p
	if process := p.takeIdle(); process != nil {
		process.assign(inv)
		return func() { process.deliver(inv) }
	}
	switch {
	case p.finishing > len(p.waiting):
		p.wait(inv, finishPatience)
	case p.processes < p.s.o.MaxPerFunction && p.s.makeRoom():
		return p.launch(inv)
	case p.processes > 0:
		p.wait(inv, patience)
	default:
		p.wait(inv, finishPatience)
	}
	return func() {}
}

// takeIdle takes the process that was used last, if its credentials are still good for an event.
func (p *pool) takeIdle() *process {
	now := p.s.o.Now()
	for len(p.idle) > 0 {
		process := p.idle[len(p.idle)-1]
		if now.Before(process.expires) {
			p.idle = p.idle[:len(p.idle)-1]
			return process
		}
		process.stop()
	}
	return nil
}

// wait queues an event, and looks again after a while.
func (p *pool) wait(inv *invocation, d time.Duration) {
	if inv.queued.IsZero() {
		inv.queued = time.Now()
	}
	p.waiting = append(p.waiting, inv)
	time.AfterFunc(d, func() { p.s.hurry(inv) })
}

// hurry starts a process for an event that has waited long enough, or refuses the event.
func (s *Service) hurry(inv *invocation) {
	s.mu.Lock()
	p := inv.pool
	at := slices.Index(p.waiting, inv)
	if at < 0 || s.closed {
		s.mu.Unlock()
		return
	}
	late := time.Since(inv.queued)
	switch {
	case p.processes >= s.o.MaxPerFunction && late < patience:
		time.AfterFunc(patience-late, func() { s.hurry(inv) })
		s.mu.Unlock()
		return
	case s.makeRoom():
		p.waiting = slices.Delete(p.waiting, at, at+1)
		then := p.launch(inv)
		s.mu.Unlock()
		then()
		return
	case late < endurance:
		time.AfterFunc(patience, func() { s.hurry(inv) })
		s.mu.Unlock()
		return
	}
	p.waiting = slices.Delete(p.waiting, at, at+1)
	p.function.throttles++
	s.mu.Unlock()
	s.abandon(inv, errThrottled("ConcurrentInvocationLimitExceeded"))
}

// makeRoom says whether one more process may start. At the limit it ends the process that has been
// idle for longest.
func (s *Service) makeRoom() bool {
	if s.processes < s.o.MaxProcesses {
		return true
	}
	var oldest *process
	for _, f := range s.functions {
		for p := range f.pools() {
			if len(p.idle) > 0 && (oldest == nil || p.idle[0].idleSince.Before(oldest.idleSince)) {
				oldest = p.idle[0]
			}
		}
	}
	if oldest == nil {
		return false
	}
	oldest.stop()
	return true
}

// launch starts a process for an event.
func (p *pool) launch(inv *invocation) (then func()) {
	process := newProcess(p)
	process.assign(inv)
	inv.cold = true
	p.processes++
	p.s.processes++
	p.function.coldStarts++
	p.function.processes[process] = struct{}{}
	p.s.background.Add(1)
	return func() {
		go func() {
			defer p.s.background.Done()
			process.run()
		}()
	}
}

// ready takes a process that asks for its next event. s.mu is held, as for submit.
func (p *pool) ready(process *process) (then func()) {
	switch process.state {
	case starting:
		inv := process.current
		process.state = busy
		return func() { process.deliver(inv) }
	case responded:
		p.finishing--
	}
	process.state = idle
	process.idleSince = time.Now()
	switch {
	case p.retired || p.s.closed || !p.s.o.Now().Before(process.expires):
		process.stop()
	case len(p.waiting) > 0:
		inv := p.waiting[0]
		p.waiting = p.waiting[1:]
		process.assign(inv)
		return func() { process.deliver(inv) }
	default:
		p.idle = append(p.idle, process)
	}
	return func() {}
}

// leave takes a process that ends out of all counts. s.mu is held.
func (p *pool) leave(process *process) {
	switch process.state {
	case dead:
		return
	case idle:
		if i := slices.Index(p.idle, process); i >= 0 {
			p.idle = slices.Delete(p.idle, i, i+1)
		}
	case responded:
		p.finishing--
	}
	process.state = dead
	p.processes--
	p.s.processes--
	if p.retired && p.processes == 0 && len(p.waiting) == 0 {
		delete(p.function.old, p)
	}
}

// janitor ends processes that have been idle for long, whose credentials end or that do not finish.
func (s *Service) janitor() {
	ticker := time.NewTicker(min(max(s.o.IdleTimeout/10, 10*time.Millisecond), 10*time.Second))
	defer ticker.Stop()
	for {
		select {
		case <-s.context.Done():
			return
		case <-ticker.C:
			s.evict()
		}
	}
}

func (s *Service) evict() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Now()
	for _, f := range s.functions {
		for process := range f.processes {
			// What a function does after its response counts against its timeout, too.
			if process.state == responded && time.Now().After(process.finishBy) {
				process.stop()
			}
		}
		for p := range f.pools() {
			for _, process := range slices.Clone(p.idle) {
				if time.Since(process.idleSince) >= s.o.IdleTimeout || !now.Before(process.expires) {
					process.stop()
				}
			}
		}
	}
}
