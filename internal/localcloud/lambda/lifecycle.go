package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"
)

// outcome of an invocation.
type outcome struct {
	payload []byte
	// kind is empty for a success, else the error's type; status is what the log says.
	kind, status string
	// line of the log that explains an error of the platform.
	line string
}

func platformOutcome(kind, requestID, text string) outcome {
	e := platformError(kind, requestID, text)
	return outcome{payload: e.payload(), kind: kind, status: "error", line: e.Message + "\n" + kind}
}

// begin starts the clock of an invocation. It is called once, whatever process runs it.
func (p *process) begin(inv *invocation) {
	c := p.pool.config
	p.s.mu.Lock()
	first := inv.begun.IsZero()
	if first {
		inv.begun = time.Now()
		inv.deadline = inv.begun.Add(c.timeout)
		inv.timer = time.AfterFunc(c.timeout, func() { p.s.expire(inv) })
	}
	p.lastRequest = inv.id
	p.s.mu.Unlock()
	p.output.begin(inv.id)
	if first {
		p.output.platform(startLine(c, inv))
	}
}

// deliver hands an event to the process, which has asked for one.
func (p *process) deliver(inv *invocation) {
	p.begin(inv)
	p.events <- inv
}

// claim takes the right to say how an invocation ended; whoever comes second has none.
func (p *process) claim(inv *invocation, failed bool) bool {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.claimLocked(inv, failed)
}

func (p *process) claimLocked(inv *invocation, failed bool) bool {
	if inv.finished || p.current != inv {
		return false
	}
	inv.finished = true
	p.current = nil
	if p.state == busy {
		p.state, p.finishBy = responded, inv.deadline
		p.pool.finishing++
	}
	f := p.pool.function
	f.inFlight--
	f.invocations++
	if failed {
		f.errors++
	}
	return true
}

// settle writes the end of the log and hands the outcome over. The invocation was claimed.
func (p *process) settle(inv *invocation, o outcome) {
	if inv.timer != nil {
		inv.timer.Stop()
	}
	c := p.pool.config
	r := report{inv: inv, duration: time.Since(inv.begun), outcome: o}
	p.s.mu.Lock()
	pid := p.pid()
	p.s.mu.Unlock()
	r.memory = p.memory.peak(pid)
	if inv.cold && inv.attempts == 1 {
		r.init = p.init
	}
	if o.status == "timeout" {
		r.duration = c.timeout
	}
	p.output.drain()
	p.output.end(r.lines(c, o.line)...)
	inv.output = Output{StatusCode: 200, Payload: o.payload, RequestID: inv.id, LogTail: p.output.tail(), ExecutedVersion: c.version}
	if o.kind != "" {
		inv.output.FunctionError = unhandled
	}
	p.s.o.OnInvoke(Invocation{Account: c.account, Region: c.region, FunctionARN: c.arn, FunctionName: c.name, Version: c.version,
		RequestID: inv.id, TraceHeader: inv.trace, Start: inv.begun, Duration: r.duration, InitDuration: r.init, Cold: inv.cold,
		ErrorKind: o.kind, MemoryMB: r.memory})
	close(inv.done)
}

// expire ends an invocation that takes longer than the function's timeout, with its process.
func (s *Service) expire(inv *invocation) {
	s.mu.Lock()
	p := inv.process
	if !p.claimLocked(inv, true) {
		s.mu.Unlock()
		return
	}
	p.kill()
	s.mu.Unlock()
	text := fmt.Sprintf("Task timed out after %.2f seconds", p.pool.config.timeout.Seconds())
	p.settle(inv, outcome{payload: platformError(timedOut, inv.id, text).payload(), kind: timedOut, status: "timeout",
		line: s.o.Now().UTC().Format("2006-01-02T15:04:05.000Z") + " " + inv.id + " " + text})
}

// expireInit ends a process whose init phase takes too long.
func (p *process) expireInit() {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if p.state == starting && !p.stopped {
		p.initExpired = true
		signalGroup(p.processID, syscall.SIGKILL)
	}
}

// exit draws the consequences of the end of a process.
func (p *process) exit(err error) {
	s := p.s
	s.mu.Lock()
	p.exited = true
	if p.initTimer != nil {
		p.initTimer.Stop()
	}
	before, inv := p.state, p.current
	p.pool.leave(p)
	delete(p.pool.function.processes, p)
	switch {
	case inv == nil:
		stopped, last := p.stopped, p.lastRequest
		s.mu.Unlock()
		if !stopped {
			p.output.platform(exitedLine(p.pool.config, last, exitText(err)))
		}
	case p.stopped || s.closed:
		s.abandonLocked(inv, errClosing())
		s.mu.Unlock()
	case before == starting && inv.attempts == 1:
		p.retryInit(inv, err)
	case before != starting && !inv.fetched:
		// It ended while it was idle. Another one takes the event.
		then := p.pool.submit(inv)
		s.mu.Unlock()
		then()
	default:
		s.mu.Unlock()
		o := platformOutcome(exitError, inv.id, exitText(err))
		if p.initError != nil {
			o = outcome{payload: p.initError, kind: p.initKind, status: "error"}
		}
		if p.claim(inv, true) {
			p.settle(inv, o)
		}
	}
}

// retryInit starts another process for an event whose first one did not initialize, as Lambda does.
// The init phase now counts as a part of the invocation. s.mu is held and released.
func (p *process) retryInit(inv *invocation, err error) {
	r := initReport{duration: time.Since(p.spawned), status: "error", kind: exitError}
	switch {
	case p.initExpired:
		r.status, r.kind = "timeout", ""
	case p.initError != nil:
		r.kind = p.initKind
	}
	then := p.pool.launch(inv)
	p.s.mu.Unlock()
	if !p.initExpired && p.initError == nil {
		p.output.platform(exitedLine(p.pool.config, inv.id, exitText(err)))
	}
	p.output.platform(r.line(p.pool.config, p.s.o.Now()))
	then()
}

// exitText is how Lambda words the end of a process.
func exitText(err error) string {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "Runtime exited without providing a reason"
	case errors.As(err, &exit):
		return "Runtime exited with error: " + exit.Error()
	}
	return "Runtime exited with error: " + err.Error()
}

// errorKind is the type that a function reports of its error.
func errorKind(header string, body []byte) string {
	var e struct {
		Type string `json:"errorType"`
	}
	if json.Unmarshal(body, &e) == nil && e.Type != "" {
		return e.Type
	}
	if header != "" {
		return header
	}
	return unhandled
}
