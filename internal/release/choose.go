package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// toBuild chooses a build. The releases that were in place before it stay, one that was rolled back from among
// them: people have their pages open.
func toBuild(b *Build) choose {
	return func(ctx context.Context, u *run, l *listing, p page) (*target, error) {
		t := &target{build: b}
		if u.shows(p, b) {
			t.keep(p)
			return t, nil
		}
		var err error
		if t.previous, err = u.chain(ctx, l, p, b); err != nil {
			return nil, err
		}
		t.since = oldest(append(slices.Clone(t.previous), p.rolledBackFrom))
		if err := u.checkNames(ctx, l, t); err != nil {
			return nil, err
		}
		return t, u.stage(ctx, l, p, t)
	}
}

// keep makes what is in place the target.
func (t *target) keep(p page) {
	t.entry, t.previous, t.since, t.active = p.current, p.previous, p.since, true
	t.rolledBackFrom, t.tookPlaceOf = p.rolledBackFrom, p.rolledBackFrom
}

// oldest of the entries, leaving out empty ones.
func oldest(entries []entry) entry {
	var oldest entry
	for _, e := range entries {
		if e != "" && (oldest == "" || e < oldest) {
			oldest = e
		}
	}
	return oldest
}

// chain are the releases before a new one of a build: the current one, and what was in place before it. Where somebody else
// has put or deleted index.html they are the latest that are kept and were in place.
func (u *run) chain(ctx context.Context, l *listing, p page, b *Build) ([]entry, error) {
	before := append([]entry{p.current}, p.previous...)
	if p.current == "" {
		entries, err := u.wereInPlace(ctx, l, p)
		if err != nil {
			return nil, err
		}
		before = slices.DeleteFunc(entries, func(e entry) bool { return e.release() == b.Release() })
	} else if p.current.release() == b.Release() {
		before = p.previous // somebody has changed the page
	}
	return before[:min(len(before), keptBefore)], nil
}

// stage finds the entry of a new release: one that an interrupted run has begun, with a mark or a manifest too, or else a new one.
func (u *run) stage(ctx context.Context, l *listing, p page, t *target) error {
	for _, e := range slices.Backward(l.entries) {
		if e <= p.current || e.release() != t.build.Release() {
			continue
		}
		m, err := u.readable(ctx, e)
		if err != nil {
			return err
		}
		if m != nil && m.ID == t.build.ID && m.RolledBackFrom == t.tookPlaceOf && slices.Equal(m.Previous, t.previous) {
			t.entry = e
			return nil
		}
	}
	others := append(slices.Clone(l.entries), t.previous...)
	for _, m := range slices.Backward(l.marks) {
		isLatest := after(m.entry.time(), others).Equal(m.entry.time())
		if m.entry.release() == t.build.Release() && m.entry > p.current && isLatest {
			t.entry = m.entry
			return nil
		}
	}
	t.entry = newEntry(after(u.o.Now(), others), t.build.Release())
	return nil
}

// checkNames refuses a build that has another content under a name that a kept release has too: browsers and CloudFront
// would go on with what they have, which they were told never changes.
func (u *run) checkNames(ctx context.Context, l *listing, t *target) error {
	files := map[string]File{}
	for _, f := range t.build.assets() {
		files[f.Path] = f
	}
	var problems []error
	for _, e := range l.entries {
		if e < t.since {
			continue
		}
		m, err := u.readable(ctx, e)
		if err != nil {
			return err
		}
		if m == nil {
			continue
		}
		for _, f := range m.build().needed() {
			if mine, ok := files[f.Path]; ok && mine.SHA256 != f.SHA256 {
				problems = append(problems, fmt.Errorf("%s has another content than in release %s of %s: its name has no hash of its content: let the bundler put one there", f.Path, e.release(), e.time().Format("2006-01-02 15:04")))
				delete(files, f.Path) // once is enough
			}
		}
	}
	return errors.Join(problems...)
}

// manifest reads a manifest once.
func (u *run) manifest(ctx context.Context, e entry) (*manifest, error) {
	if m := u.manifests[e]; m != nil {
		return m, nil
	}
	data, err := u.get(ctx, e.key())
	if err != nil {
		return nil, err
	}
	m, err := decodeManifest(e, data)
	if err != nil {
		name := fmt.Sprintf("s3://%s/%s", u.name, e.key())
		if errors.Is(err, errNewer) {
			return nil, fmt.Errorf("reading the manifest %s: %w", name, err)
		}
		return nil, &unreadable{name, err}
	}
	u.manifests[e] = m
	return m, nil
}

// readable is the manifest, or nil if it is damaged, of which it warns.
func (u *run) readable(ctx context.Context, e entry) (*manifest, error) {
	m, err := u.manifest(ctx, e)
	var damaged *unreadable
	if errors.As(err, &damaged) {
		u.warn(damaged)
		return nil, nil
	}
	return m, err
}

// warn tells of something once.
func (u *run) warn(warning error) {
	same := func(w error) bool { return w.Error() == warning.Error() }
	if !slices.ContainsFunc(u.result.Warnings, same) {
		u.result.Warnings = append(u.result.Warnings, warning)
	}
}
