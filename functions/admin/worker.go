package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
	"github.com/tenantstack/tenantstack/functions/internal/search"
	"github.com/tenantstack/tenantstack/functions/internal/store"
)

const (
	// handover is the time left of an invocation at which the next one takes over.
	handover = time.Minute
	// attempts of a step before the task fails.
	attempts = 6
)

// errLost says that another worker or task took the slot.
var errLost = errors.New("the task is another worker's")

// stepError is a step that failed for good, and what people are told about it.
type stepError struct {
	message string
	cause   error
}

func (e *stepError) Error() string { return e.cause.Error() }
func (e *stepError) Unwrap() error { return e.cause }

// worker works on a task, in as many invocations as it takes. After every step it writes down
// how far it came, by a conditional write that fails once another has the task; that, and
// that every step may be repeated, makes duplicate and lost invocations harmless.
type worker struct {
	tasks   *store.Table[task]
	kittens *store.Table[store.Item]
	index   *search.Client
	// again invokes the function for the same task.
	again func(ctx context.Context, taskID string) error
	now   func() time.Time
	newID func() string
	// backoff before the second attempt of a step; it doubles with each.
	backoff time.Duration
}

// handle works on the task that an event names. An error makes Lambda repeat the event.
func (w worker) handle(ctx context.Context, member json.RawMessage) error {
	var event work
	if err := json.Unmarshal(member, &event); err != nil || event.TaskID == "" {
		return errors.New("reading event: it names no task")
	}
	t, ok, err := w.claim(ctx, event.TaskID)
	if err != nil || !ok {
		return err
	}
	err = w.run(ctx, &t)
	var step *stepError
	switch {
	case errors.Is(err, errLost):
		rest.Log(ctx).Warn("task lost to another worker")
		return nil
	case errors.As(err, &step):
		rest.Log(ctx).Error("task failed", rest.ErrorAttrs(step)...)
		t = t.end(w.now(), step.message)
		return w.save(ctx, &t)
	}
	return err
}

// claim takes the lease of a task. It is not ok if the task is over: then the event is a
// late duplicate. Errors: a lease that another worker has, so that Lambda asks again when it may have ended.
func (w worker) claim(ctx context.Context, id string) (t task, ok bool, err error) {
	t, err = w.tasks.Get(ctx, reindex)
	if errors.Is(err, store.ErrNotFound) || err == nil && (t.ID != id || t.finished()) {
		rest.Log(ctx).Info("task is over")
		return t, false, nil
	}
	if err != nil {
		return t, false, err
	}
	if t.Owner != "" && w.now().Before(t.LeaseUntil) {
		return t, false, fmt.Errorf("claiming task %q: %w", id, errLost)
	}
	t.Owner, t.Status = w.newID(), running
	t, err = w.tasks.Replace(ctx, reindex, t.Version, w.renewed(t))
	if err != nil {
		return t, false, fmt.Errorf("claiming task %q: %w", id, err)
	}
	return t, true, nil
}

// renewed is t with a lease that begins now.
func (w worker) renewed(t task) task {
	t.UpdatedAt = w.now()
	t.LeaseUntil = t.UpdatedAt.Add(workLease)
	return t
}

// run does what is left of the task, or hands it over to another invocation.
func (w worker) run(ctx context.Context, t *task) error {
	if !t.Ready {
		if err := w.step(ctx, t, w.prepare); err != nil {
			return err
		}
	}
	for !t.finished() {
		next := w.page
		if t.Walked {
			next = w.check
		}
		if err := w.step(ctx, t, next); err != nil {
			return err
		}
		if deadline, ok := ctx.Deadline(); ok && !t.finished() && time.Until(deadline) < handover {
			return w.handOver(ctx, t)
		}
	}
	return nil
}

// step does f, which changes t, and saves t. It repeats f while that fails, keeping the lease.
// Errors: errLost, a *stepError after the last attempt.
func (w worker) step(ctx context.Context, t *task, f func(context.Context, *task) error) error {
	for attempt, wait := 1, w.backoff; ; attempt, wait = attempt+1, 2*wait {
		next := *t
		err := f(ctx, &next)
		if err == nil {
			*t = next
			return w.save(ctx, t)
		}
		if ctx.Err() != nil {
			return err
		}
		if attempt == attempts {
			message := writeMessage
			switch {
			case errors.Is(err, errRead):
				message = readMessage
			case errors.Is(err, errNoIndex):
				message = noIndexMessage
			}
			return &stepError{message: message, cause: err}
		}
		rest.Log(ctx).Warn("step of a task failed", append(rest.ErrorAttrs(err), "attempt", attempt)...)
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
		if err := w.save(ctx, t); err != nil {
			return err
		}
	}
}

// save writes t down and renews the lease. Errors: errLost.
func (w worker) save(ctx context.Context, t *task) error {
	saved, err := w.tasks.Replace(ctx, reindex, t.Version, w.renewed(*t))
	if errors.Is(err, store.ErrVersion) {
		// When the answer to a write is lost, the SDK repeats it and meets the row it wrote.
		current, getErr := w.tasks.Get(ctx, reindex)
		if getErr != nil {
			return getErr
		}
		if current.Version != t.Version+1 || current.ID != t.ID || current.Owner != t.Owner || current.Owner == "" {
			return errLost
		}
		saved, err = current, nil
	}
	if err != nil {
		return err
	}
	*t = saved
	return nil
}

// handOver gives the lease back and invokes the function for the rest of the task.
func (w worker) handOver(ctx context.Context, t *task) error {
	t.Owner, t.UpdatedAt = "", w.now()
	t.LeaseUntil = t.UpdatedAt.Add(queueLease)
	if _, err := w.tasks.Replace(ctx, reindex, t.Version, *t); err != nil {
		return err
	}
	rest.Log(ctx).Info("task handed over", "done", t.Done)
	return w.again(ctx, t.ID)
}
