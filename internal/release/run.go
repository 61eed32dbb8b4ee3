package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"
)

const (
	// keptBefore is how many releases are kept beside the current one.
	keptBefore = 2
	// attempts to put a release in place while others do the same.
	attempts = 4
)

// run brings one tenant to a release.
type run struct {
	*Releaser
	bucket
	clients Clients
	site    Site
	config  File
	result  Result

	mu        sync.Mutex
	manifests map[entry]*manifest
	// marks are those that this run has put, with the assets that it has replaced.
	marks map[mark][]string
	// uploaded are the paths of the files that this run has put.
	uploaded map[string]bool
	// waited is how long this run has waited for each notice of others.
	waited map[string]time.Duration
	// staged is the entry that this run has tried to put in place.
	staged entry
	// from is the release that a rollback was asked to go back from.
	from entry
}

// target is what is to be in place.
type target struct {
	build *Build
	entry entry
	// previous releases, the latest first.
	previous []entry
	// rolledBackFrom is the release that a rollback takes away by it, tookPlaceOf the one in whose place a rollback puts it, also
	// where that leads forward.
	rolledBackFrom, tookPlaceOf entry
	// since is the oldest release that is kept, and all that are newer are kept too. If it is empty, nothing is deleted.
	since entry
	// active says that index.html is in place already.
	active bool
}

// index is index.html of the target as it is stored.
func (t *target) index() File { return pageOf(t.build, t.entry) }

func (t *target) manifest() *manifest {
	m := &manifest{ID: t.build.ID, Previous: t.previous, RolledBackFrom: t.tookPlaceOf, Files: t.build.Files, Index: string(t.build.index)}
	for _, f := range t.build.fixed() {
		if m.Content == nil {
			m.Content = map[string][]byte{}
		}
		m.Content[f.Path] = f.body
	}
	m.Version = m.version()
	return m
}

// manifestFile is the manifest as it is stored.
func (t *target) manifestFile() File {
	return newFile(t.entry.key(), t.manifest().encode(), contentTypes[".json"])
}

// choose decides by what a bucket holds what is to be in place. Without a target nothing is to be done.
type choose func(context.Context, *run, *listing, page) (*target, error)

var (
	// errOvertaken says that another release was put in place at the same time.
	errOvertaken = errors.New("other releases are put in place at the same time: run it again when they are done")
	// errVanished says that something which is in place lost a part of what it needs.
	errVanished = errors.New("files that it needs were deleted meanwhile: what else deletes in the bucket?")
)

// do brings the tenant to what is chosen. If another release overtakes it, or takes away what it needs, it looks again.
func (u *run) do(ctx context.Context, choose choose) error {
	var err error
	for range attempts {
		if err = u.attempt(ctx, choose); !errors.Is(err, errOvertaken) && !errors.Is(err, errGone) && !errors.Is(err, errVanished) {
			return err
		}
	}
	return err
}

func (u *run) attempt(ctx context.Context, choose choose) error {
	l, err := u.list(ctx, "")
	if err != nil {
		return err
	}
	p, err := u.page(ctx)
	if err != nil {
		return err
	}
	t, err := choose(ctx, u, l, p)
	if t == nil || err != nil {
		return err
	}
	u.result.Release, u.result.RolledBackFrom = t.build.Release(), t.rolledBackFrom.release()
	if t.active && t.entry == u.staged {
		u.putInPlace(t) // the answer to the request that did it was lost
	} else {
		u.result.Before = p.current.release()
	}
	w, err := u.work(ctx, l, p, t)
	if err != nil {
		return err
	}
	if u.o.DryRun {
		return u.foresee(ctx, l, t, w)
	}
	if w.nothing() {
		return nil
	}
	var distribution string
	if w.invalidate {
		// Asked first, so that a stack without it is found before anything changes.
		if distribution, err = u.distribution(ctx); err != nil {
			return err
		}
	}
	if err := u.write(ctx, l, p, t, w); err != nil {
		return err
	}
	t.active = true
	if err := u.finish(ctx, t, distribution); err != nil {
		return fmt.Errorf("release %s is in place, but something is left to do: %w", t.build.Release(), err)
	}
	return nil
}

// work is what is left to do for a target.
type work struct {
	manifest, config, index bool
	assets                  []File
	// fixed are the files with fixed names that are not there, or not as they should be, and gone the keys of those that go.
	fixed []File
	gone  []string
	// replaced are the assets that are there, and not as they should be.
	replaced []string
	// invalidate says that CloudFront is to be told.
	invalidate bool
	// old are the entries that go, and prune says that there is something to delete.
	old   []entry
	prune bool
}

func (w work) nothing() bool {
	return !w.manifest && !w.config && !w.index && len(w.assets) == 0 && len(w.fixed) == 0 && !w.invalidate && !w.prune
}

// changes says whether something changes that CloudFront may have.
func (w work) changes() bool {
	return w.index || w.config || len(w.replaced) > 0 || len(w.fixed) > 0 || len(w.gone) > 0
}

func (u *run) work(ctx context.Context, l *listing, p page, t *target) (work, error) {
	w := work{manifest: !l.has(t.entry.key()), index: !t.active}
	same, err := u.has(ctx, l, u.config)
	if err != nil {
		return w, err
	}
	w.config = !same
	// The source maps of an earlier release may be those of a later one, and cannot be put again.
	files := slices.DeleteFunc(t.build.assets(), func(f File) bool { return isMap(f.Path) && !f.hasBody() })
	if w.assets, err = u.missing(ctx, l, files); err != nil {
		return w, err
	}
	for _, f := range w.assets {
		if l.has(f.Path) {
			w.replaced = append(w.replaced, f.Path)
		}
	}
	if w.fixed, err = u.missing(ctx, l, t.build.fixed()); err != nil {
		return w, err
	}
	begun, err := u.begun(ctx, l, p)
	if err != nil {
		return w, err
	}
	if w.gone, err = u.goneFixed(ctx, l, t, begun); err != nil {
		return w, err
	}
	w.invalidate = w.changes() || len(u.doneMarks(l, t, begun)) > 0
	w.old = u.leaving(l, t, begun)
	w.prune = len(w.old) > 0 || len(w.gone) > 0 || len(u.stale(l)) > 0
	return w, nil
}

// missing are the files that are not in the bucket, or not as they should be.
func (u *run) missing(ctx context.Context, l *listing, files []File) ([]File, error) {
	there := make([]bool, len(files))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(u.o.Uploads)
	for i, f := range files {
		group.Go(func() (err error) {
			there[i], err = u.has(ctx, l, f)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var missing []File
	for i, f := range files {
		if !there[i] {
			missing = append(missing, f)
		}
	}
	return missing, nil
}

// has says whether a file is in the bucket as it should be. What this run has put itself needs no second look.
func (u *run) has(ctx context.Context, l *listing, f File) (bool, error) {
	u.mu.Lock()
	mine := u.uploaded[f.Path]
	u.mu.Unlock()
	if mine && l.holds(f) {
		return true, nil
	}
	return u.is(ctx, l, f)
}

// putFile puts a file and remembers it.
func (u *run) putFile(ctx context.Context, f File) error {
	err := u.put(ctx, f)
	if err == nil {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.uploaded[f.Path] = true
	}
	return err
}

// write changes the bucket. The order keeps the page whole at every moment: the manifest before the assets, which keeps them from
// being deleted by another release; the assets; config.json; and index.html when a listing has shown all of it. A mark comes
// before everything, so that the manifest of what was never in place has one. Files with fixed names that change come after the page.
func (u *run) write(ctx context.Context, l *listing, p page, t *target, w work) error {
	if w.changes() {
		if err := u.putMark(ctx, l, t, slices.Concat(w.replaced, paths(w.fixed), w.gone)); err != nil {
			return err
		}
	}
	if w.manifest {
		if err := u.putManifest(ctx, t); err != nil {
			return err
		}
	}
	if err := u.upload(ctx, w.assets); err != nil {
		return err
	}
	if w.config {
		if err := u.putFile(ctx, u.config); err != nil {
			return err
		}
		u.result.Config = t.active || l.has(configKey)
	}
	if !w.index {
		return nil
	}
	if err := u.checkConditions(ctx, t.manifestFile()); err != nil {
		return err
	}
	if err := u.awaitComplete(ctx, t); err != nil {
		return err
	}
	return u.activate(ctx, p, t)
}

// putManifest writes the manifest, unless another run has come by the same entry.
func (u *run) putManifest(ctx context.Context, t *target) error {
	f := t.manifestFile()
	put, err := u.putIf(ctx, f, "")
	if err != nil {
		return err
	}
	if !put {
		return errOvertaken
	}
	u.manifests[t.entry] = t.manifest()
	return nil
}

// upload puts assets, some at a time.
func (u *run) upload(ctx context.Context, files []File) error {
	for _, f := range files {
		if !f.hasBody() {
			return u.incomplete(files)
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(u.o.Uploads)
	for _, f := range files {
		group.Go(func() error {
			if err := u.putFile(ctx, f); err != nil {
				return err
			}
			u.mu.Lock()
			defer u.mu.Unlock()
			u.result.Files++
			u.result.Bytes += f.Size
			return nil
		})
	}
	return group.Wait()
}

// incomplete says that an earlier release cannot be put in place.
func (u *run) incomplete(missing []File) error {
	var names []string
	for _, f := range missing {
		names = append(names, f.Path)
	}
	return fmt.Errorf("rolling back: release %s is not whole any more: s3://%s has no %s as it was: release its build again", u.result.Release, u.name, strings.Join(names, ", "))
}

// awaitComplete returns when a listing shows everything that index.html needs, and nobody has announced to delete any of it.
func (u *run) awaitComplete(ctx context.Context, t *target) error {
	for range attempts {
		l, err := u.awaitNotices(ctx, t.build)
		if err != nil {
			return err
		}
		missing, err := u.missing(ctx, l, t.build.needed())
		if err != nil {
			return err
		}
		missing = append(missing, t.build.absentMaps(l)...)
		absent := slices.DeleteFunc(t.build.fixed(), func(f File) bool { return l.has(f.Path) })
		config, err := u.has(ctx, l, u.config)
		switch {
		case err != nil:
			return err
		case !l.has(t.entry.key()) || !config:
			return errOvertaken
		case len(missing)+len(absent) == 0:
			return nil
		}
		if err := errors.Join(u.upload(ctx, missing), u.putAbsent(ctx, l, absent)); err != nil {
			return err
		}
	}
	return fmt.Errorf("files of release %s vanish from s3://%s while they are uploaded: what else deletes there?", t.build.Release(), u.name)
}

// activate puts index.html, unless somebody else has changed it since it was read.
func (u *run) activate(ctx context.Context, p page, t *target) error {
	metadata := map[string]string{metaRelease: string(t.entry)}
	if len(t.previous) > 0 {
		metadata[metaPrevious] = joinEntries(t.previous)
	}
	if t.since != "" {
		metadata[metaSince] = string(t.since)
	}
	if t.rolledBackFrom != "" {
		metadata[metaRolledBack] = string(t.rolledBackFrom)
	}
	u.staged = t.entry
	put, err := u.putIf(ctx, t.index(), p.etag, func(in *s3.PutObjectInput) { in.Metadata = metadata })
	if err != nil {
		return err
	}
	if !put {
		return errOvertaken
	}
	u.putInPlace(t)
	return nil
}

func (u *run) putInPlace(t *target) {
	u.result.Action = Released
	if t.rolledBackFrom != "" {
		u.result.Action = RolledBack
	}
}

func joinEntries(entries []entry) string {
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = string(e)
	}
	return strings.Join(names, " ")
}

// foresee sets the result to what would be done.
func (u *run) foresee(ctx context.Context, l *listing, t *target, w work) error {
	if w.index {
		u.putInPlace(t)
	}
	u.result.Config = w.config && (t.active || l.has(configKey))
	for _, f := range slices.Concat(w.assets, w.fixed) {
		u.result.Files++
		u.result.Bytes += f.Size
	}
	u.result.Deleted = len(w.gone)
	if len(w.old) == 0 {
		return nil
	}
	garbage, err := u.garbage(ctx, l, t, w.old)
	u.result.Deleted += len(garbage)
	return err
}

// finish makes sure that what is in place has everything, tells CloudFront, and deletes what nobody needs any more.
func (u *run) finish(ctx context.Context, t *target, distribution string) error {
	l, err := u.list(ctx, "")
	if err != nil {
		return err
	}
	p, err := u.page(ctx)
	if err != nil {
		return err
	}
	if p.current == t.entry {
		missing, err := u.missing(ctx, l, t.build.needed())
		if err != nil {
			return err
		}
		if len(missing) > 0 || !l.has(t.entry.key()) {
			return errVanished
		}
		if l, p, err = u.settleFixed(ctx, l, p, t); err != nil {
			return err
		}
	}
	begun, err := u.begun(ctx, l, p)
	if err != nil {
		return err
	}
	done := u.doneMarks(l, t, begun)
	if distribution != "" {
		if err := u.invalidate(ctx, l, t, done, distribution); err != nil {
			return err
		}
	}
	if p.current != t.entry {
		return u.delete(ctx, done) // what is old is for the release to say that has taken over
	}
	gone, err := u.goneFixed(ctx, l, t, begun)
	if err != nil {
		return err
	}
	return u.prune(ctx, l, t, u.leaving(l, t, begun), gone, done)
}
