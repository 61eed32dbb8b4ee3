package release

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var bg = context.Background()

func release(t *testing.T, w *world, n int) Result {
	t.Helper()
	w.pass(time.Minute)
	return ok(t, w.releaser("a").Release(bg, version(t, n), []Site{site("acme")}))[0]
}

func rollback(t *testing.T, w *world, id string) Result {
	t.Helper()
	w.pass(time.Minute)
	return ok(t, w.releaser("a").back(Back{To: id}))[0]
}

// code is the asset that only one version has.
func code(t *testing.T, n int) string {
	t.Helper()
	for _, f := range version(t, n).assets() {
		if strings.HasSuffix(f.Path, ".js") {
			return f.Path
		}
	}
	t.Fatal("no code")
	return ""
}

// puts are the keys that were uploaded, in order, without the times in names.
func puts(w *world) []string {
	var keys []string
	for _, c := range w.log {
		if c.name == "PutObject" {
			kind := c.what
			for _, prefix := range []string{assetsPrefix, markPrefix, noticePrefix, releasesPrefix} {
				if strings.HasPrefix(c.what, prefix) {
					kind = prefix
					break
				}
			}
			keys = append(keys, kind)
		}
	}
	return keys
}

// What a page needs is there before the page, and everything has its type and its time to live.
func TestFirstRelease(t *testing.T) {
	w := newWorld("acme")
	r := release(t, w, 1)
	if r.Action != Released || r.Release != version(t, 1).Release() || r.Before != "" || r.Files != 3 || r.Bytes == 0 || r.Config || r.Deleted != 0 || r.Invalidation == "" || r.Took <= 0 {
		t.Errorf("result %+v", r)
	}
	want := []string{markPrefix, releasesPrefix, assetsPrefix, assetsPrefix, assetsPrefix, configKey, indexKey}
	if d := cmp.Diff(want, puts(w)); d != "" {
		t.Error(d)
	}
	config := w.buckets["acme-web"][configKey]
	if config.cache != "no-cache" || config.kind != "application/json" || !strings.Contains(string(config.body), `"name": "<acme>"`) {
		t.Errorf("config.json: %q, %q, %s", config.cache, config.kind, config.body)
	}
	if len(w.keys("acme", markPrefix)) != 0 {
		t.Errorf("left: %v", w.keys("acme", markPrefix))
	}
	if again := release(t, w, 1); again.Action != UpToDate || again.Before != r.Release || again.Files != 0 || again.Invalidation != "" {
		t.Errorf("again: %+v", again)
	}
	if n := len(puts(w)); n != len(want) {
		t.Errorf("%d uploads after the second run, want %d", n, len(want))
	}
}

// The current release and the two before it are kept; what only older ones need goes, and nothing else.
func TestWhatIsKept(t *testing.T) {
	w := newWorld("acme")
	w.buckets["acme-web"]["hello.txt"] = stored{body: []byte("x")}
	w.buckets["acme-web"]["releases/notes.md"] = stored{body: []byte("x")}
	for n := 1; n <= 3; n++ {
		if r := release(t, w, n); r.Deleted != 0 {
			t.Errorf("release %d deleted %d", n, r.Deleted)
		}
	}
	// Version 1 has code and a picture of its own (2 and 3 share one); the style sheet is everybody's.
	r := release(t, w, 4)
	if r.Deleted != 2 {
		t.Errorf("release 4 deleted %d assets, want 2", r.Deleted)
	}
	needed := map[string]bool{}
	for n := 2; n <= 4; n++ {
		for _, f := range version(t, n).assets() {
			needed[f.Path] = true
		}
	}
	if got := w.keys("acme", assetsPrefix); len(got) != len(needed) || slices.ContainsFunc(got, func(key string) bool { return !needed[key] }) {
		t.Errorf("assets %v, want %v", got, needed)
	}
	if got := w.keys("acme", releasesPrefix); len(got) != 4 {
		t.Errorf("releases/ holds %v", got)
	}
	if len(w.keys("acme", "hello.txt")) != 1 {
		t.Error("a file that no release has put is gone")
	}
}

// An asset that nobody names may be of a release that has just begun: it goes when it is old.
func TestStrayAssets(t *testing.T) {
	w := newWorld("acme")
	for n := 1; n <= 3; n++ {
		release(t, w, n)
	}
	w.buckets["acme-web"]["assets/stray-12345678.js"] = stored{modified: w.now.Add(-stray / 2)}
	w.buckets["acme-web"]["assets/ancient-12345678.js"] = stored{modified: w.now.Add(-2 * stray)}
	release(t, w, 4)
	if len(w.keys("acme", "assets/stray")) != 1 || len(w.keys("acme", "assets/ancient")) != 0 {
		t.Errorf("assets %v", w.keys("acme", assetsPrefix))
	}
	w.pass(stray)
	release(t, w, 5)
	if len(w.keys("acme", "assets/stray")) != 0 {
		t.Error("a stray asset stays for ever")
	}
}

func TestRollback(t *testing.T) {
	w := newWorld("acme")
	w.always(t, "acme")
	id := func(n int) string { return version(t, n).Release() }
	for n := 1; n <= 3; n++ {
		release(t, w, n)
	}
	r := rollback(t, w, "")
	if r.Action != RolledBack || r.Release != id(2) || r.Before != id(3) || r.RolledBackFrom != id(3) || r.Invalidation == "" || w.current("acme") != id(2) {
		t.Errorf("rollback: %+v", r)
	}
	// It goes back once, so that it can be run again for the tenants for which it failed.
	if r = rollback(t, w, ""); r.Action != UpToDate || r.Release != id(2) || r.RolledBackFrom != id(3) {
		t.Errorf("second rollback: %+v", r)
	}
	if r = rollback(t, w, id(1)); r.Action != RolledBack || w.current("acme") != id(1) {
		t.Errorf("rollback to the first: %+v", r)
	}
	if r = rollback(t, w, id(3)); r.Action != Released || r.RolledBackFrom != "" || w.current("acme") != id(3) {
		t.Errorf("and forward: %+v", r)
	}
	if r = rollback(t, w, id(3)); r.Action != UpToDate {
		t.Errorf("to the current one: %+v", r)
	}
	// A release comes on top, and the one before it is what was in place, not what was rolled back.
	rollback(t, w, id(2))
	release(t, w, 4)
	if r = rollback(t, w, ""); r.Release != id(2) {
		t.Errorf("rollback after a rollback: %+v, want %s", r, id(2))
	}
	release(t, w, 4)
	if w.current("acme") != id(4) {
		t.Errorf("release after a rollback: %s", w.current("acme"))
	}
}

func TestRollbackErrors(t *testing.T) {
	w := newWorld("acme")
	want := func(id, text string) {
		t.Helper()
		r := w.releaser("a").back(Back{To: id})[0]
		if r.Action != Failed || r.Err == nil || !strings.Contains(r.Err.Error(), text) {
			t.Errorf("rollback to %q: %s, %v, want %q", id, r.Action, r.Err, text)
		}
	}
	want("", "tenantctl has released nothing to s3://acme-web yet")
	release(t, w, 1)
	want("", "there is no release before "+version(t, 1).Release())
	release(t, w, 2)
	want("0123456789ab", `there is no release "0123456789ab": there are `+version(t, 2).Release()+", "+version(t, 1).Release())
	gone := code(t, 1)
	delete(w.buckets["acme-web"], gone)
	want("", "release "+version(t, 1).Release()+" is not whole any more: s3://acme-web has no "+gone)
	if w.current("acme") != version(t, 2).Release() {
		t.Error("a rollback that failed changed the page")
	}
	release(t, w, 3)
	release(t, w, 4)
	rollback(t, w, "") // to 3, before which are 2 and 1
	rollback(t, w, version(t, 2).Release())
	w.buckets["acme-web"][indexKey].metadata[metaRolledBack] = ""
	want("", "is not kept any more: release its build again")
}

// What is not what it should be is uploaded again, whatever made it so.
func TestRepair(t *testing.T) {
	w := newWorld("acme")
	release(t, w, 1)
	b := w.buckets["acme-web"]
	asset := version(t, 1).assets()[0]
	good := b[asset.Path]
	change := func(f func(*stored)) { o := good; f(&o); b[asset.Path] = o }
	other := newFile("", []byte(strings.Repeat("x", len(good.body))), "").checksum()
	for name, damage := range map[string]func(){
		"gone":      func() { delete(b, asset.Path) },
		"truncated": func() { change(func(o *stored) { o.body = o.body[:3] }) },
		"damaged": func() {
			change(func(o *stored) { o.body, o.sha256 = []byte(strings.Repeat("x", len(good.body))), other })
		},
		"put by hand":         func() { change(func(o *stored) { o.sha256, o.cache = "", "" }) },
		"without its type":    func() { change(func(o *stored) { o.sha256, o.kind = "", "binary/octet-stream" }) },
		"without its digests": func() { change(func(o *stored) { o.sha256 = "" }) },
		"with another type":   func() { change(func(o *stored) { o.kind, o.modified = "binary/octet-stream", w.now }) },
		"cached for a minute": func() { change(func(o *stored) { o.cache, o.modified = "max-age=60", w.now }) },
	} {
		w.pass(time.Minute)
		damage()
		r := release(t, w, 1)
		if o := b[asset.Path]; r.Action != Repaired || r.Files != 1 || o.kind != good.kind || o.cache != good.cache || o.sha256 != good.sha256 {
			t.Errorf("%s: %+v", name, r)
		}
		// CloudFront may have what was there.
		if (r.Invalidation != "") != (name != "gone") || r.Invalidation != "" && !slices.Contains(w.paths[r.Invalidation[1:]], "/"+asset.Path) {
			t.Errorf("%s: invalidated %q, %v", name, r.Invalidation, w.paths)
		}
		if r = release(t, w, 1); r.Action != UpToDate || r.Invalidation != "" {
			t.Errorf("%s, again: %+v", name, r)
		}
	}
	w.after = func(call) error { return nil }
	for name, key := range map[string]string{"config.json": configKey, "manifest": w.keys("acme", releasesPrefix)[0]} {
		before := b[key]
		delete(b, key)
		r := release(t, w, 1)
		if string(b[key].body) != string(before.body) || r.Config != (key == configKey) || (r.Invalidation != "") != r.Config {
			t.Errorf("%s: %+v, %s", name, r, b[key].body)
		}
	}
	// A page that somebody else has put is replaced, and rollbacks work as before.
	b[indexKey] = stored{body: []byte("by hand"), modified: w.now}
	release(t, w, 2)
	if r := rollback(t, w, ""); r.Release != version(t, 1).Release() {
		t.Errorf("rollback after a page by hand: %+v", r)
	}
	current := b[indexKey]
	current.body, current.sha256 = []byte("edited"), newFile("", []byte("edited"), "").checksum()
	b[indexKey] = current
	if r := release(t, w, 1); r.Action != Released || string(b[indexKey].body) == "edited" {
		t.Errorf("an edited page: %+v", r)
	}
}

// An object whose ETag is no MD5, as with keys of KMS, is recognized by its SHA-256.
func TestOtherETags(t *testing.T) {
	w := newWorld("acme")
	release(t, w, 1)
	l, err := bucket{memory{w, "a"}, "acme-web", ""}.list(bg, "")
	if err != nil {
		t.Fatal(err)
	}
	for key, o := range l.objects {
		o.etag = `"0123456789abcdef0123456789abcdef"`
		l.objects[key] = o
	}
	for _, f := range version(t, 1).assets() {
		same, err := bucket{memory{w, "a"}, "acme-web", ""}.is(bg, l, f)
		if !same || err != nil {
			t.Errorf("%s: %t, %v", f.Path, same, err)
		}
		o := w.buckets["acme-web"][f.Path]
		o.cache = revalidate
		w.buckets["acme-web"][f.Path] = o
		if same, _ = (bucket{memory{w, "a"}, "acme-web", ""}).is(bg, l, f); same {
			t.Errorf("%s is taken with another Cache-Control", f.Path)
		}
	}
}

func TestConfigAlone(t *testing.T) {
	w := newWorld("acme")
	release(t, w, 1)
	s := site("acme")
	s.Config.Tenant.Name = "Acme & Sons"
	r := ok(t, w.releaser("a").Release(bg, version(t, 1), []Site{s}))[0]
	if r.Action != Repaired || !r.Config || r.Files != 0 || r.Invalidation == "" || !strings.Contains(string(w.buckets["acme-web"][configKey].body), "Acme & Sons") {
		t.Errorf("%+v", r)
	}
	if n := len(w.invalidations["Eacme"]); n != 2 {
		t.Errorf("%d invalidations", n)
	}
}

// A name whose content changes would stay in caches for a year.
func TestNameWithoutHash(t *testing.T) {
	w := newWorld("acme")
	build := func(content string) *Build {
		b, err := Load(folder(t, map[string]string{indexKey: "<p>" + content, "assets/my-component.js": content, "assets/other-component.js": content}))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	ok(t, w.releaser("a").Release(bg, build("1"), []Site{site("acme")}))
	before := len(puts(w))
	r := w.releaser("a").Release(bg, build("2"), []Site{site("acme")})[0]
	for _, want := range []string{"assets/my-component.js has another content than in release " + build("1").Release() + " of 2026-11-29 08:00", "assets/other-component.js has another"} {
		if r.Err == nil || !strings.Contains(r.Err.Error(), want) {
			t.Errorf("error %v, want %q", r.Err, want)
		}
	}
	if len(puts(w)) != before {
		t.Error("something was uploaded")
	}
}

func TestDryRun(t *testing.T) {
	w := newWorld("acme")
	for n := 1; n <= 3; n++ {
		release(t, w, n)
	}
	before := state(w, "acme")
	changed := site("acme")
	changed.Config.Issuer = "x"
	dry := w.releaser("a", func(o *Options) { o.DryRun = true })
	r := ok(t, dry.Release(bg, version(t, 4), []Site{changed}))[0]
	if r.Action != Released || r.Files != 2 || r.Bytes == 0 || r.Deleted != 2 || !r.Config {
		t.Errorf("release: %+v", r)
	}
	if r = ok(t, dry.back(Back{}))[0]; r.Action != RolledBack || r.Release != version(t, 2).Release() || r.Config {
		t.Errorf("rollback: %+v", r)
	}
	if r = ok(t, dry.Release(bg, version(t, 3), []Site{site("acme")}))[0]; r.Action != UpToDate {
		t.Errorf("up to date: %+v", r)
	}
	if d := diff(before, state(w, "acme")); d != "" {
		t.Errorf("a dry run changed something: %s", d)
	}
	real := release(t, w, 4)
	if real.Files != 2 || real.Deleted != 2 {
		t.Errorf("it was to be 2 and 2: %+v", real)
	}
}

func TestStatus(t *testing.T) {
	w := newWorld("acme", "new")
	sites := []Site{site("acme"), site("new"), site("none")}
	for n := 1; n <= 3; n++ {
		release(t, w, n)
	}
	id := func(n int) string { return version(t, n).Release() }
	others := func(s Status) (all []string) {
		for _, o := range s.Others {
			name := o.Release
			if o.Before {
				name += " before"
			}
			if o.Released.IsZero() {
				t.Errorf("no time: %+v", o)
			}
			all = append(all, name)
		}
		return all
	}
	got := w.releaser("a").Status(bg, sites)
	if got[0].Release != id(3) || got[0].Since.IsZero() || !slices.Equal(others(got[0]), []string{id(2) + " before", id(1)}) {
		t.Errorf("acme: %+v", got[0])
	}
	if got[1].Tenant != "new" || got[1].Release != "" || got[1].Err != nil {
		t.Errorf("new: %+v", got[1])
	}
	if got[2].Err == nil || !strings.Contains(got[2].Err.Error(), "deploy the stack kittens-tenant-none first") {
		t.Errorf("none: %+v", got[2])
	}
	rollback(t, w, "")
	delete(w.buckets["acme-web"], code(t, 1)) // no way back to it
	got = w.releaser("a").Status(bg, sites[:1])
	if got[0].Release != id(2) || got[0].RolledBackFrom != id(3) || !slices.Equal(others(got[0]), []string{id(3)}) {
		t.Errorf("after a rollback: %+v", got[0])
	}
}

// Clocks of machines differ: a release is later than those before it nevertheless.
func TestClockThatIsBehind(t *testing.T) {
	w := newWorld("acme")
	release(t, w, 1)
	release(t, w, 2)
	w.pass(-48 * time.Hour)
	r := release(t, w, 3)
	keys := w.keys("acme", "releases/2")
	if len(keys) != 3 || !strings.HasSuffix(keys[2], r.Release+".json") {
		t.Errorf("entries %v, want %s last", keys, r.Release)
	}
	if r := rollback(t, w, ""); r.Release != version(t, 2).Release() {
		t.Errorf("rollback to %s", r.Release)
	}
}
