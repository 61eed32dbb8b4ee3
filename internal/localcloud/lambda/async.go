package lambda

import (
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// Bounds of the asynchronous events that wait at once. On AWS the queue has no bound.
const (
	maxQueued      = 10_000
	maxQueuedBytes = 256 << 20
	// throttlePause is the pause before a throttled event is tried again.
	throttlePause = 250 * time.Millisecond
)

// queued counts the events that wait.
type queued struct {
	events, bytes int
}

// enqueue takes an asynchronous event (AWS Lambda Developer Guide, "Invoking a Lambda function
// asynchronously").
func (s *Service) enqueue(in Input, inv *invocation) (Output, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return Output{}, errClosing()
	}
	p, problem := s.resolve(in.FunctionARN)
	if problem != nil {
		return Output{}, problem
	}
	if s.queued.events >= maxQueued || s.queued.bytes+len(in.Payload) > maxQueuedBytes {
		return Output{}, errThrottled("CallerRateLimitExceeded")
	}
	if inv.trace == "" {
		inv.trace = newTrace(p.config.tracing)
	}
	s.queued.events++
	s.queued.bytes += len(in.Payload)
	// All attempts have the request id of the first.
	in.RequestID, in.TraceHeader = inv.id, inv.trace
	event := asyncEvent{in: in, slots: p.function.asyncSlots, retries: 2, until: time.Now().Add(6 * time.Hour)}
	for _, c := range s.invokes {
		if c.arn == in.FunctionARN {
			event.retries, event.until = c.retries, time.Now().Add(c.age)
		}
	}
	s.background.Go(func() { s.runAsync(event) })
	return Output{StatusCode: 202, RequestID: inv.id}, nil
}

type asyncEvent struct {
	in      Input
	slots   chan struct{}
	retries int
	until   time.Time
}

// runAsync runs an event until the function succeeds, attempts are used up or the event is too old.
func (s *Service) runAsync(e asyncEvent) {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.queued.events--
		s.queued.bytes -= len(e.in.Payload)
	}()
	for attempt := 0; ; {
		failed, throttled := s.attempt(e)
		pause := throttlePause
		switch {
		case throttled:
		case !failed:
			return
		case attempt >= e.retries:
			s.o.Progress("event " + e.in.RequestID + " of " + e.in.FunctionARN + ": discarded, the function failed every time")
			return
		default:
			pause = s.retryDelay(attempt)
			attempt++
		}
		if time.Now().Add(pause).After(e.until) {
			s.o.Progress("event " + e.in.RequestID + " of " + e.in.FunctionARN + ": discarded, it is too old")
			return
		}
		if !s.pause(pause) {
			return
		}
	}
}

func (s *Service) retryDelay(attempt int) time.Duration {
	if len(s.o.RetryDelays) == 0 {
		return 0
	}
	return s.o.RetryDelays[min(attempt, len(s.o.RetryDelays)-1)]
}

// pause waits, and is false if the service closes.
func (s *Service) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.context.Done():
		return false
	}
}

// attempt runs an event once. A function that no longer exists neither fails nor succeeds: the
// event ends with it.
func (s *Service) attempt(e asyncEvent) (failed, throttled bool) {
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
	case <-s.context.Done():
		return false, false
	}
	in := e.in
	in.Async = false
	out, err := s.Invoke(s.context, in)
	if problem, ok := err.(*gate.Error); ok {
		switch problem.Code {
		case TooManyRequests:
			return false, true
		case ResourceNotFound:
			return false, false
		}
	}
	return err != nil || out.FunctionError != "", false
}
