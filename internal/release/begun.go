package release

import (
	"context"
	"errors"
	"slices"
)

// begun are the entries that were never in place: what is there of them was left by a run that was interrupted, or is being
// uploaded right now. Their mark, which is put before the manifest and deleted when the page is in place, is there, and
// neither the page nor another manifest names them as what was in place.
func (u *run) begun(ctx context.Context, l *listing, p page) (map[entry]bool, error) {
	begun := map[entry]bool{}
	for _, m := range l.marks {
		if l.has(m.entry.key()) {
			begun[m.entry] = true
		}
	}
	wasInPlace := func(entries ...entry) {
		for _, e := range entries {
			delete(begun, e)
		}
	}
	wasInPlace(p.current, p.rolledBackFrom)
	wasInPlace(p.previous...)
	for _, e := range slices.Backward(l.entries) {
		if len(begun) == 0 {
			break
		}
		m, err := u.readable(ctx, e)
		if err != nil && !errors.Is(err, errGone) {
			return nil, err
		}
		if m != nil {
			wasInPlace(m.RolledBackFrom)
			wasInPlace(m.Previous...)
		}
	}
	return begun, nil
}

// wereInPlace are the entries that were in place at some time, the latest first.
func (u *run) wereInPlace(ctx context.Context, l *listing, p page) ([]entry, error) {
	begun, err := u.begun(ctx, l, p)
	if err != nil {
		return nil, err
	}
	entries := slices.DeleteFunc(slices.Clone(l.entries), func(e entry) bool { return begun[e] })
	slices.Reverse(entries)
	return entries, nil
}

// leaving are the entries that go when a target is in place: those before the oldest that is kept, and what has begun long ago
// and was never in place. The latter can never be put in place any more when a later entry is: the page is not the one that
// its run has found.
func (u *run) leaving(l *listing, t *target, begun map[entry]bool) []entry {
	if t.since == "" {
		return nil
	}
	isYoung := map[entry]bool{}
	for _, m := range l.marks {
		if !u.isStray(l.objects[m.key()]) {
			isYoung[m.entry] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(l.entries), func(e entry) bool {
		return e >= t.since && (!begun[e] || e >= t.entry || isYoung[e])
	})
}
