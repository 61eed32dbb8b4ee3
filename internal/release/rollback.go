package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Back says what a rollback does. Releases are named by their short ids.
type Back struct {
	// From is the release to take back: tenants that have another one stay as they are. Without it, all tenants have to have
	// the same release, unless To is given.
	From string
	// To is the release to put in place. Without it, it is the one before the current one.
	To string
}

// Rollback puts an earlier release in place at every site. A tenant that was rolled back already stays as it is, so that a
// rollback can be run again. If it is not clear what is to be taken back, nothing is done, and the error says why.
func (r *Releaser) Rollback(ctx context.Context, back Back, sites []Site) ([]Result, error) {
	b := backward{Back: back, others: Left}
	if back.From == "" && back.To == "" {
		b.others = Failed
	}
	if back.From != "" || back.To == "" {
		from, err := r.takenBack(ctx, back.From, sites)
		if err != nil {
			return nil, err
		}
		b.From = from
	}
	return r.all(ctx, sites, back.To, b.choose), nil
}

// backward chooses earlier releases. It deletes no assets, so that there is a way forward too.
type backward struct {
	Back
	// others is what becomes of tenants that have another release than From: they are Left as they are, or Failed since it was
	// put in place in the meantime.
	others Action
}

// choose is a choose.
func (b backward) choose(ctx context.Context, u *run, l *listing, p page) (*target, error) {
	if b.others == Failed && p.current == "" {
		return nil, u.unknown(ctx, l, p)
	}
	if b.From != "" && p.current.release() != b.From && p.rolledBackFrom.release() != b.From && (b.To == "" || p.current.release() != b.To) {
		if b.others == Failed {
			return nil, errOvertaken
		}
		u.result.Action, u.result.Release, u.result.Before = Left, p.current.release(), p.current.release()
		return nil, nil
	}
	if b.From == "" && b.To == "" {
		return nil, errors.New("rolling back: which release it has could not be read at first: run it again")
	}
	if u.from == "" {
		u.from = p.current
	}
	if b.To == "" && p.current != u.from && p.rolledBackFrom != u.from {
		return nil, errOvertaken // what is in place now is not what was to be taken back
	}
	source, err := b.source(ctx, u, l, p)
	if err != nil {
		return nil, err
	}
	m, err := u.manifest(ctx, source)
	if err != nil {
		return nil, err
	}
	t := &target{build: m.build(), tookPlaceOf: p.current}
	if source == p.current {
		t.keep(p)
		return t, nil
	}
	forward := false
	if b.To != "" {
		if forward, err = u.isForward(ctx, l, p, source); err != nil {
			return nil, err
		}
	}
	if forward {
		if t.previous, err = u.chain(ctx, l, p, t.build); err != nil {
			return nil, err
		}
	} else {
		t.previous, t.rolledBackFrom = m.Previous, p.current
	}
	u.result.Release = t.build.Release()
	missing, err := u.missing(ctx, l, t.build.needed())
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		return nil, u.incomplete(missing)
	}
	return t, u.stage(ctx, l, p, t)
}

// source finds the release to go back to. A rollback goes back once and not further, so that it can be run again where it
// failed for some tenants, unless the release to go to is named.
func (b backward) source(ctx context.Context, u *run, l *listing, p page) (entry, error) {
	switch {
	case b.From != "" && p.rolledBackFrom.release() == b.From, b.To == p.current.release():
		return p.current, nil
	case b.To != "":
		return u.kept(ctx, l, p, b.To)
	case p.rolledBackFrom != "":
		return p.current, nil
	case len(p.previous) == 0:
		return "", fmt.Errorf("rolling back: there is no release before %s", p.current.release())
	case !l.has(p.previous[0].key()):
		return "", fmt.Errorf("rolling back: release %s, the one before %s, is not kept any more: release its build again", p.previous[0].release(), p.current.release())
	}
	return p.previous[0], nil
}

// kept is the latest entry of a release that was in place.
func (u *run) kept(ctx context.Context, l *listing, p page, id string) (entry, error) {
	entries, err := u.wereInPlace(ctx, l, p)
	if err != nil {
		return "", err
	}
	if i := slices.IndexFunc(entries, func(e entry) bool { return e.release() == id }); i >= 0 {
		return entries[i], nil
	}
	if len(entries) == 0 {
		return "", u.nothing()
	}
	return "", fmt.Errorf("rolling back: there is no release %q: there are %s", id, releases(entries))
}

func (u *run) nothing() error {
	return fmt.Errorf("rolling back: tenantctl has released nothing to s3://%s yet", u.name)
}

// releases of entries, for messages.
func releases(entries []entry) string {
	var names []string
	for _, e := range entries {
		if !slices.Contains(names, e.release()) {
			names = append(names, e.release())
		}
	}
	return strings.Join(names, ", ")
}

// unknown says why there is nothing to go back from at a tenant whose page is gone, or is not tenantctl's.
func (u *run) unknown(ctx context.Context, l *listing, p page) error {
	entries, err := u.wereInPlace(ctx, l, p)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return u.nothing()
	}
	what := "is gone"
	if p.etag != "" {
		what = "was not put by tenantctl"
	}
	return fmt.Errorf("rolling back: s3://%s/%s %s, so it is not known what was in place: put a release in place with --to, there are %s, or release a build", u.name, indexKey, what, releases(entries))
}
