package s3

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// keyLocks keep writes of an object from what the front looks up before it writes the same object. The zero value has
// no locks.
type keyLocks struct {
	mu   sync.Mutex
	held map[objectKey]*keyLock
}

// objectKey names an object.
type objectKey struct{ bucket, key string }

type keyLock struct {
	// shared holders write without looking; alone says that one looks and writes.
	shared int
	alone  bool
	// changed is closed when a holder lets go.
	changed chan struct{}
}

// conflictAfter is how long a conditional write waits for others of the object. Then it fails as it does at S3 (S3 User
// Guide, "Conditional write behavior": 409 Conflict).
const conflictAfter = 5 * time.Second

// share waits until nobody has the object alone.
func (l *keyLocks) share(ctx context.Context, k objectKey) (unlock func(), problem *gate.Error) {
	return l.take(ctx, k, false)
}

// alone waits until nobody writes the object.
func (l *keyLocks) alone(ctx context.Context, k objectKey) (unlock func(), problem *gate.Error) {
	return l.take(ctx, k, true)
}

func (l *keyLocks) take(ctx context.Context, k objectKey, alone bool) (unlock func(), problem *gate.Error) {
	timer := time.NewTimer(conflictAfter)
	defer timer.Stop()
	for {
		changed := l.try(k, alone)
		if changed == nil {
			return func() { l.release(k, alone) }, nil
		}
		select {
		case <-changed:
		case <-timer.C:
			return nil, errConflict
		case <-ctx.Done():
			return nil, errConflict
		}
	}
}

// try takes a lock; if it cannot, the channel that is returned is closed when that may have changed.
func (l *keyLocks) try(k objectKey, alone bool) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	lock := l.held[k]
	switch {
	case lock == nil:
		if l.held == nil {
			l.held = map[objectKey]*keyLock{}
		}
		lock = &keyLock{changed: make(chan struct{})}
		l.held[k] = lock
	case lock.alone, alone:
		return lock.changed
	}
	if lock.alone = alone; !alone {
		lock.shared++
	}
	return nil
}

func (l *keyLocks) release(k objectKey, alone bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lock := l.held[k]
	if lock.alone = false; !alone {
		lock.shared--
	}
	if lock.shared == 0 {
		delete(l.held, k)
		close(lock.changed)
	}
}

// takeAll takes the locks of several objects, in one order for everybody.
func (l *keyLocks) takeAll(ctx context.Context, keys map[objectKey]bool) (unlock func(), problem *gate.Error) {
	var held []func()
	unlock = func() {
		for _, u := range held {
			u()
		}
	}
	for _, k := range sortedKeys(keys) {
		u, problem := l.take(ctx, k, keys[k])
		if problem != nil {
			unlock()
			return nil, problem
		}
		held = append(held, u)
	}
	return unlock, nil
}

func sortedKeys(keys map[objectKey]bool) []objectKey {
	out := make([]objectKey, 0, len(keys))
	for k := range keys {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b objectKey) int {
		if a.key < b.key {
			return -1
		}
		return 1
	})
	return out
}
