package release

import (
	"context"
	"slices"
)

// isForward says whether a release came later than the one in place, to which a rollback has led, or whether none is known to be
// in place. Putting it in place again takes
// nothing back: it comes on top as a release does, and the next rollback leads back from it.
func (u *run) isForward(ctx context.Context, l *listing, p page, source entry) (bool, error) {
	if p.current == "" {
		return true, nil
	}
	current, err := u.origin(ctx, l, p.current)
	if err != nil {
		return false, err
	}
	to, err := u.origin(ctx, l, source)
	return to > current, err
}

// origin is the entry by which the release of an entry came: a rollback makes a new one of the same release. Of a release whose
// own entry is not kept any more it is the oldest that is.
func (u *run) origin(ctx context.Context, l *listing, e entry) (entry, error) {
	oldest := e
	for _, o := range slices.Backward(l.entries) {
		if o > e || o.release() != e.release() {
			continue
		}
		m, err := u.readable(ctx, o)
		if err != nil {
			return "", err
		}
		if oldest = o; m != nil && m.RolledBackFrom == "" {
			break
		}
	}
	return oldest, nil
}
