package release

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Deletion is the one thing that could break a page: a release finds an asset in the bucket and does not upload it again
// while another, which does not know of the first yet, deletes it. So that this cannot happen, both tell before they act:
//
//   - a release writes its manifest, then looks at notices and assets, then puts index.html;
//   - a deletion writes a notice with the keys, then looks at manifests again, then deletes what none of them names.
//
// S3 is strongly consistent, so at least one of the two sees the other: the deletion spares the asset, or the release
// waits until the notice is gone and uploads what is missing. A notice holds for as long as its run can delete, which is
// bounded.
const (
	// deleteWithin bounds the time between a notice and the last deletion.
	deleteWithin = time.Minute
	// noticeHolds is how long others wait for a notice to go, several times as long.
	noticeHolds = 5 * time.Minute
	// noticePoll is how often they look.
	noticePoll = time.Second
	// stray is how old something has to be that no release and no run accounts for, before it is deleted. Clocks of
	// machines may differ by less.
	stray = time.Hour
)

// notice is what is about to be deleted.
type notice struct {
	Keys []string `json:"keys"`
}

func (u *run) isStray(o object) bool { return u.o.Now().Sub(o.modified) > stray }

// stale are the keys of notices whose runs have ended long ago.
func (u *run) stale(l *listing) []string {
	return slices.DeleteFunc(slices.Clone(l.notices), func(key string) bool { return !u.isStray(l.objects[key]) })
}

// prune deletes old releases, what only they need, files with fixed names that are gone, and the keys given besides. Nothing but
// what releases have put is ever deleted, and assets that nobody accounts for.
func (u *run) prune(ctx context.Context, l *listing, t *target, old []entry, gone, besides []string) error {
	keys := slices.Concat(besides, u.stale(l))
	if len(old) > 0 {
		garbage, err := u.garbage(ctx, l, t, old)
		if err != nil {
			return err
		}
		gone = slices.Concat(garbage, gone)
	}
	noticed, err := u.deleteFiles(ctx, l, t, gone)
	if err != nil {
		return err
	}
	keys = append(keys, noticed...)
	for _, e := range old {
		keys = append(keys, e.key())
	}
	return u.delete(ctx, keys)
}

// garbage are the assets that none but old releases name. One that no release at all names may be of somebody who
// is about to write a manifest, so it is spared while it is young. While a manifest that is kept cannot be read, any of them
// may be its.
func (u *run) garbage(ctx context.Context, l *listing, t *target, old []entry) ([]string, error) {
	kept := names(t.build)
	for _, e := range l.entries {
		if slices.Contains(old, e) {
			continue
		}
		m, err := u.readable(ctx, e)
		if m == nil || err != nil {
			return nil, err
		}
		maps.Copy(kept, names(m.build()))
	}
	var garbage []string
	var ofOld map[string]bool
	for _, key := range slices.Sorted(maps.Keys(l.objects)) {
		if !strings.HasPrefix(key, assetsPrefix) || kept[key] {
			continue
		}
		if ofOld == nil && !u.isStray(l.objects[key]) {
			ofOld = u.namesOf(ctx, old)
		}
		if u.isStray(l.objects[key]) || ofOld[key] {
			garbage = append(garbage, key)
		}
	}
	return garbage, ctx.Err()
}

// namesOf are the assets of releases that are about to go. A manifest that cannot be read names nothing; then its assets
// go when they are old.
func (u *run) namesOf(ctx context.Context, entries []entry) map[string]bool {
	all := map[string]bool{}
	for _, e := range entries {
		if m, err := u.manifest(ctx, e); err == nil {
			maps.Copy(all, names(m.build()))
		}
	}
	return all
}

func names(b *Build) map[string]bool {
	all := make(map[string]bool, len(b.Files))
	for _, f := range b.Files {
		all[f.Path] = true
	}
	return all
}

// deleteFiles deletes files after it has announced it, and returns the key of the notice.
func (u *run) deleteFiles(ctx context.Context, before *listing, t *target, keys []string) ([]string, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, deleteWithin)
	defer cancel()
	data, err := json.Marshal(notice{keys})
	if err != nil {
		return nil, err
	}
	f := newFile(noticePrefix+string(t.entry)+"-"+u.o.NewID()+".json", data, contentTypes[".json"])
	if err := u.put(ctx, f); err != nil {
		return nil, err
	}
	now, err := u.list(ctx, releasesPrefix)
	if err != nil {
		return nil, err
	}
	for _, e := range now.entries {
		if before.has(e.key()) {
			continue
		}
		m, err := u.readable(ctx, e)
		if err != nil {
			return nil, err
		}
		if m == nil {
			return []string{f.Path}, nil // it may name any of them
		}
		spared := names(m.build())
		keys = slices.DeleteFunc(keys, func(key string) bool { return spared[key] })
	}
	if err := u.delete(ctx, keys); err != nil {
		return nil, err
	}
	u.result.Deleted += len(keys)
	return []string{f.Path}, nil
}

// awaitNotices lists the bucket when no notice names an asset of the build. It asks for the notices first: a listing has several
// pages, those of the assets before those of the notices, and a deletion that ends in between would be on none of them. A
// notice whose run was interrupted is removed when it does not hold any more.
func (u *run) awaitNotices(ctx context.Context, b *Build) (*listing, error) {
	for {
		l, err := u.list(ctx, noticePrefix)
		if err != nil {
			return nil, err
		}
		naming, err := u.naming(ctx, l, b)
		if errors.Is(err, errGone) {
			continue // what it announced is done, which this listing may not show
		}
		if err != nil {
			return nil, err
		}
		if len(naming) == 0 {
			return u.list(ctx, "")
		}
		if err := u.o.Sleep(ctx, noticePoll); err != nil {
			return nil, err
		}
		var ended []string
		for _, key := range naming {
			if u.waited[key] += noticePoll; u.waited[key] > noticeHolds {
				ended = append(ended, key)
			}
		}
		if err := u.delete(ctx, ended); err != nil {
			return nil, err
		}
	}
}

// naming are the keys of the notices that name assets of the build.
func (u *run) naming(ctx context.Context, l *listing, b *Build) ([]string, error) {
	var naming []string
	needed := names(b)
	for _, key := range l.notices {
		data, err := u.get(ctx, key)
		if err != nil {
			return nil, err
		}
		var n notice
		if err := json.Unmarshal(data, &n); err != nil {
			return nil, fmt.Errorf("reading s3://%s/%s: %w: delete it", u.name, key, err)
		}
		if slices.ContainsFunc(n.Keys, func(key string) bool { return needed[key] }) {
			naming = append(naming, key)
		}
	}
	return naming, nil
}
