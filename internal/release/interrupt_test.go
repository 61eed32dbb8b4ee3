package release

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// step of the life of a tenant.
type step struct {
	name string
	do   func(*Releaser) []Result
}

func releaseStep(b *Build, site Site) step {
	return step{"release " + b.Release(), func(r *Releaser) []Result { return r.Release(context.Background(), b, []Site{site}) }}
}

// releaseAllStep are releases of one client, one after the other.
func releaseAllStep(site Site, builds ...*Build) step {
	name := "releases"
	for _, b := range builds {
		name += " " + b.Release()
	}
	return step{name, func(r *Releaser) []Result {
		var results []Result
		for _, b := range builds {
			if results = r.Release(context.Background(), b, []Site{site}); results[0].Err != nil {
				break
			}
		}
		return results
	}}
}

func rollbackStep(id string, site Site) step {
	return step{"rollback " + id, func(r *Releaser) []Result {
		return orFailed(r.Rollback(context.Background(), Back{To: id}, []Site{site}))
	}}
}

// life are releases, rollbacks, changes of config.json and prunings.
func life(t *testing.T, s Site) []step {
	changed := s
	changed.Config.Issuer = "https://other.example.com/"
	return []step{
		releaseStep(version(t, 1), s),
		releaseStep(version(t, 2), s),
		releaseStep(version(t, 3), s),
		rollbackStep("", s),
		rollbackStep(version(t, 3).Release(), s), // forward
		rollbackStep("", s),
		releaseStep(version(t, 4), s),
		releaseStep(version(t, 5), changed),
		releaseStep(version(t, 5), s), // config.json alone
		releaseStep(version(t, 6), s), // the first deletes
		rollbackStep(version(t, 4).Release(), s),
		releaseStep(version(t, 6), s),
		releaseStep(version(t, 1), s), // long gone
		releaseStep(version(t, 7), s),
	}
}

const leftNotice = "left notice"

// state is what a bucket serves and keeps, without times.
func state(w *world, tenant string) map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]string{}
	b := w.buckets[site(tenant).Bucket]
	for _, key := range slices.Sorted(maps.Keys(b)) {
		o := b[key]
		switch e, isManifest := parseManifestKey(key); {
		case isManifest:
			m, err := decodeManifest(e, o.body)
			if err != nil {
				out[key] = err.Error()
				continue
			}
			out["release "+e.release()] += fmt.Sprintf("after %v, from %q; ", releasesOf(m.Previous), m.RolledBackFrom.release())
		case key == indexKey:
			previous := []entry{}
			for name := range strings.FieldsSeq(o.metadata[metaPrevious]) {
				previous = append(previous, entry(name))
			}
			current := entry(o.metadata[metaRelease])
			body, _ := strings.CutSuffix(string(o.body), "\n<!-- "+string(current)+" -->\n")
			out[key] = fmt.Sprintf("%s of %s after %v", body, current.release(), releasesOf(previous))
		case strings.HasPrefix(key, noticePrefix):
			out[leftNotice] = "there"
		case strings.HasPrefix(key, markPrefix):
			out["left mark"] = "there"
		default:
			out[key] = string(o.body)
		}
	}
	return out
}

func releasesOf(entries []entry) []string {
	var out []string
	for _, e := range entries {
		out = append(out, e.release())
	}
	return out
}

func diff(a, b map[string]string) string {
	var lines []string
	for key := range a {
		if b[key] != a[key] {
			lines = append(lines, fmt.Sprintf("%s: %q, want %q", key, b[key], a[key]))
		}
	}
	for key := range b {
		if _, ok := a[key]; !ok {
			lines = append(lines, fmt.Sprintf("%s: %q, want nothing", key, b[key]))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

var errStopped = errors.New("the machine is off")

// stopAt lets a client make n calls of the world. The next one is not made, or is made and its answer lost, and nor is any after it.
func (w *world) stopAt(n int, answerLost bool) {
	first := w.calls
	check := w.after
	w.before = func(c call) error {
		if c.n-first > n || c.n-first == n && !answerLost {
			return errStopped
		}
		return nil
	}
	w.after = func(c call) error {
		if err := check(c); err != nil {
			return err
		}
		if c.n-first == n {
			return errStopped
		}
		return nil
	}
}

// Every step of a tenant's life is interrupted at every call, before it and after it. At every moment the page is whole, and
// running the step again ends as if it had not been interrupted, with CloudFront told after the last change.
func TestInterruptedEverywhere(t *testing.T) {
	s := site("acme")
	world := newWorld("acme")
	interruptions := 0
	for i, step := range life(t, s) {
		whole := world.clone()
		whole.always(t, "acme")
		ok(t, step.do(whole.releaser("whole")))
		calls := whole.calls - world.calls
		want := state(whole, "acme")
		for n := range calls {
			for _, answerLost := range []bool{false, true} {
				name := fmt.Sprintf("step %d, %s, call %d of %d, answer lost: %t", i, step.name, n, calls, answerLost)
				w := world.clone()
				w.always(t, "acme")
				w.stopAt(n, answerLost)
				if r := step.do(w.releaser("stopped"))[0]; !errors.Is(r.Err, errStopped) {
					t.Fatalf("%s: %s, %v", name, r.Action, r.Err)
				}
				interruptions++
				resume(t, name, w, step, want)
			}
		}
		world = whole
		world.pass(10 * time.Minute)
	}
	t.Logf("%d interruptions", interruptions)
}

func resume(t *testing.T, name string, w *world, step step, want map[string]string) {
	t.Helper()
	w.before = func(call) error { return nil }
	w.always(t, "acme")
	w.pass(time.Minute)
	ok(t, step.do(w.releaser("resumed")))
	got := state(w, "acme")
	// The notice of a deletion that was interrupted stays for a while, since nobody can know that its run has ended.
	delete(got, leftNotice)
	if d := diff(want, got); d != "" {
		t.Errorf("%s: resumed:\n%s", name, d)
	}
	if w.changed > w.told {
		t.Errorf("%s: CloudFront was told after %d calls, the page changed after %d", name, w.told, w.changed)
	}
	w.pass(2 * time.Hour)
	ok(t, step.do(w.releaser("later")))
	if d := diff(want, state(w, "acme")); d != "" {
		t.Errorf("%s: two hours later:\n%s", name, d)
	}
}

// What one run leaves behind when it is interrupted, any other release can go on from too.
func TestInterruptedByAnotherRelease(t *testing.T) {
	s := site("acme")
	world := newWorld("acme")
	for n := 1; n <= 4; n++ {
		ok(t, world.releaser("a").Release(context.Background(), version(t, n), []Site{s}))
	}
	for n := 0; ; n++ {
		w := world.clone()
		w.always(t, "acme")
		w.stopAt(n, n%2 == 0)
		if r := w.releaser("stopped").Release(context.Background(), version(t, 5), []Site{s})[0]; r.Err == nil {
			t.Logf("%d interruptions", n)
			return
		}
		w.before = func(call) error { return nil }
		w.always(t, "acme")
		// The files of version 1 may be among those that the interrupted run has announced to delete.
		ok(t, w.releaser("b").Release(context.Background(), version(t, 1), []Site{s}))
		if got := w.current("acme"); got != version(t, 1).Release() || w.changed > w.told {
			t.Errorf("stopped at call %d: release %s; page changed after %d calls, CloudFront told after %d", n, got, w.changed, w.told)
		}
	}
}

// An invalidation that is repeated because its answer was lost is the same one.
func TestInvalidationIsNotRepeated(t *testing.T) {
	w := newWorld("acme")
	b, s := version(t, 1), site("acme")
	w.after = func(c call) error {
		if c.name == "CreateInvalidation" {
			return errStopped
		}
		return nil
	}
	if r := w.releaser("a").Release(context.Background(), b, []Site{s})[0]; !errors.Is(r.Err, errStopped) {
		t.Fatal(r.Err)
	}
	w.after = func(call) error { return nil }
	w.pass(time.Hour)
	r := ok(t, w.releaser("b").Release(context.Background(), b, []Site{s}))[0]
	if n := len(w.invalidations["Eacme"]); n != 1 || r.Invalidation == "" {
		t.Errorf("%d invalidations, the last run made %q", n, r.Invalidation)
	}
	calls := w.calls
	if r := ok(t, w.releaser("c").Release(context.Background(), b, []Site{s}))[0]; r.Invalidation != "" || r.Action != UpToDate || w.log[len(w.log)-1].name != "HeadObject" {
		t.Errorf("nothing was left to do: %+v after %d calls", r, w.calls-calls)
	}
}

// A notice that can be read by nobody is a clear error and not a reason to go on.
func TestNoticeIsRead(t *testing.T) {
	w := newWorld("acme")
	ok(t, w.releaser("a").Release(context.Background(), version(t, 1), []Site{site("acme")}))
	bucket := w.buckets[site("acme").Bucket]
	bucket[noticePrefix+"x"] = stored{body: []byte("{"), modified: w.now}
	r := w.releaser("a").Release(context.Background(), version(t, 2), []Site{site("acme")})[0]
	if r.Err == nil || !strings.Contains(r.Err.Error(), "reading s3://acme-web/releases/deleting-x: unexpected end of JSON input: delete it") {
		t.Errorf("error %v", r.Err)
	}
	data, err := json.Marshal(notice{[]string{"assets/other-12345678.js"}})
	if err != nil {
		t.Fatal(err)
	}
	bucket[noticePrefix+"x"] = stored{body: data, modified: w.now}
	before := w.now
	ok(t, w.releaser("a").Release(context.Background(), version(t, 2), []Site{site("acme")}))
	if w.now.Sub(before) > noticeHolds {
		t.Error("waited for a notice about other files")
	}
}

// A deletion may end while a run goes through the pages of a listing: what was listed before it is gone then, and its notice is not
// listed any more.
func TestDeletionEndsWhileListing(t *testing.T) {
	w := newWorld("acme")
	for n := 1; n <= 3; n++ {
		release(t, w, n)
	}
	b, notices := w.buckets["acme-web"], noticePrefix+"20261129T090000Z-0123456789ab-x.json"
	b[notices] = stored{body: []byte(`{"keys": ["` + code(t, 2) + `"]}`), modified: w.now}
	staged, pages := false, 0
	w.after = func(c call) error {
		staged = staged || c.name == "PutObject" && strings.HasPrefix(c.what, releasesPrefix+"2")
		if staged && c.name == "ListObjectsV2" && c.what == "" {
			pages++
		}
		if c.name == "Sleep" || pages == 1 { // the asset was listed, the notice was not
			delete(b, code(t, 2))
			delete(b, notices)
		}
		if err := w.whole("acme-web"); err != nil && b[indexKey].metadata[metaRolledBack] != "" {
			t.Errorf("after %s %s: %v", c.name, c.what, err)
		}
		return nil
	}
	r := w.releaser("a").back(Back{})[0]
	if r.Action != Failed || !strings.Contains(r.Err.Error(), "is not whole any more") || w.current("acme") != version(t, 3).Release() {
		t.Errorf("%+v, and %s is in place", r, w.current("acme"))
	}
}

// A run that replaces an asset is interrupted at every call: CloudFront is told of it nevertheless, by whoever comes next.
func TestReplacedAssetIsInvalidated(t *testing.T) {
	world := newWorld("acme")
	release(t, world, 1)
	release(t, world, 2)
	asset := code(t, 2)
	world.buckets["acme-web"][asset] = stored{body: []byte("damaged"), modified: world.now}
	for _, n := range []int{2, 3} { // the release in place, and one that comes with the repair of what both have
		for stop := 0; ; stop++ {
			w := world.clone()
			if n == 3 {
				asset = hashed("app", ".css", "body{margin:0}")
				w.buckets["acme-web"][asset] = stored{body: []byte("damaged"), modified: w.now}
			}
			w.repaired = asset
			w.stopAt(stop, stop%2 == 0)
			r := w.releaser("stopped").Release(bg, version(t, n), []Site{site("acme")})[0]
			w.before, w.after = func(call) error { return nil }, func(call) error { return nil }
			if r.Err != nil {
				release(t, w, n)
			}
			told := slices.ContainsFunc(slices.Collect(maps.Values(w.paths)), func(paths []string) bool { return slices.Contains(paths, "/"+asset) })
			if string(w.buckets["acme-web"][asset].body) == "damaged" || !told || w.changed > w.told {
				t.Errorf("release %d stopped at call %d: told of %s: %t; changed after %d calls, told after %d", n, stop, asset, told, w.changed, w.told)
			}
			if r.Err == nil {
				break
			}
		}
	}
}
