package console

import "sync"

// ring remembers the latest values. Adding one costs no more than a lock and a copy, since it happens
// while a request waits.
type ring[T any] struct {
	mu     sync.Mutex
	values []T
	size   int
	// added counts all values that ever were.
	added uint64
	// changed is closed by the next value; nil while nobody waits.
	changed chan struct{}
}

func newRing[T any](size int) *ring[T] { return &ring[T]{size: size} }

func (r *ring[T]) add(v T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.values) < r.size {
		r.values = append(r.values, v)
	} else {
		r.values[r.added%uint64(r.size)] = v
	}
	r.added++
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}

// all are the remembered values, the oldest first.
func (r *ring[T]) all() []T {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.from(0)
}

// since are the values after the first n that ever were, how many there are now, and what is closed
// when there are more.
func (r *ring[T]) since(n uint64) (values []T, now uint64, changed <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changed == nil {
		r.changed = make(chan struct{})
	}
	return r.from(n), r.added, r.changed
}

// from copies what is left of the values after the first n. The caller holds mu.
func (r *ring[T]) from(n uint64) []T {
	values := []T{}
	for i := max(n, r.added-uint64(len(r.values))); i < r.added; i++ {
		values = append(values, r.values[i%uint64(r.size)])
	}
	return values
}
