package release

import (
	"slices"
	"strings"
	"testing"
)

// A manifest decides what is deleted, so one that does not fit together is not believed: a release passes it over, tells of it and
// deletes no assets until it has gone as the oldest. The release that it was of cannot be gone back to.
func TestDamagedManifest(t *testing.T) {
	w := newWorld("acme")
	for n := 1; n <= 3; n++ {
		release(t, w, n)
	}
	key := w.keys("acme", "releases/2")[1]
	good := string(w.buckets["acme-web"][key].body)
	for change, want := range map[[2]string]string{
		{`"assets/app-`, `"assets/bpp-`}:       "the id is not that of the files",
		{"doctype", "Doctype"}:                 "index.html is not that of the files",
		{"doctype", "doc\xfftype"}:             "index.html is not that of the files",
		{`"previous": [`, `"previous": ["x",`}: `it names the release "x"`,
		{`"files"`, `"fyles"`}:                 "unknown field",
		{`{`, `{{`}:                            "invalid character",
	} {
		w := w.clone()
		b := w.buckets["acme-web"]
		b[key] = stored{body: []byte(strings.Replace(good, change[0], change[1], 1))}
		warned := func(what string, warnings []error) {
			t.Helper()
			if len(warnings) != 1 || !strings.Contains(warnings[0].Error(), "s3://acme-web/"+key+": ") || !strings.Contains(warnings[0].Error(), want) {
				t.Errorf("%v: %s warned of %v, want %q", change, what, warnings, want)
			}
		}
		before := w.keys("acme", assetsPrefix)
		r := release(t, w, 4)
		warned("release", r.Warnings)
		for _, asset := range before {
			if _, ok := b[asset]; !ok {
				t.Errorf("%v: %s was deleted", change, asset)
			}
		}
		s := w.releaser("a").Status(bg, []Site{site("acme")})[0]
		if warned("status", s.Warnings); s.Err != nil || s.Release != version(t, 4).Release() || len(s.Others) != 1 || s.Others[0].Release != version(t, 3).Release() {
			t.Errorf("%v: status %+v", change, s)
		}
		if r := w.releaser("a").back(Back{To: version(t, 2).Release()})[0]; r.Err == nil || !strings.Contains(r.Err.Error(), want) || !strings.Contains(r.Err.Error(), ": its release cannot be gone back to") {
			t.Errorf("%v: rollback %+v", change, r)
		}
		release(t, w, 5)
		w.pass(2 * stray)
		if r := release(t, w, 6); len(r.Warnings) > 0 || slices.Contains(w.keys("acme", assetsPrefix), code(t, 1)) || slices.Contains(w.keys("acme", ""), key) {
			t.Errorf("%v: the damage has not gone: %+v, %v", change, r, w.keys("acme", ""))
		}
	}
}

// What a newer tenantctl keeps is not for this one to pass over.
func TestManifestOfNewerVersion(t *testing.T) {
	w := newWorld("acme")
	release(t, w, 1)
	release(t, w, 2)
	key, before := w.keys("acme", "releases/2")[1], w.current("acme")
	o := w.buckets["acme-web"][key]
	o.body = []byte(strings.Replace(string(o.body), `"version": 1`, `"version": 2`, 1))
	w.buckets["acme-web"][key] = o
	r := w.releaser("a").Release(bg, version(t, 3), []Site{site("acme")})[0]
	if r.Err == nil || !strings.Contains(r.Err.Error(), "s3://acme-web/"+key+": version 2 is not known: it was written by a newer tenantctl: use that one") || w.current("acme") != before {
		t.Errorf("%+v", r)
	}
}

// The manifest that a run was interrupted after is damaged: the release begins with another one.
func TestDamagedManifestOfTheSameRelease(t *testing.T) {
	w := newWorld("acme")
	release(t, w, 1)
	w.after = func(c call) error {
		if c.name == "PutObject" && strings.HasPrefix(c.what, releasesPrefix+"2") {
			return errStopped
		}
		return nil
	}
	_ = w.releaser("a").Release(bg, version(t, 2), []Site{site("acme")})
	w.after = func(call) error { return nil }
	keys := w.keys("acme", "releases/2")
	if len(keys) != 2 {
		t.Fatalf("the run was to be stopped after its manifest: %v", keys)
	}
	w.buckets["acme-web"][keys[1]] = stored{body: []byte("x")}
	if r := release(t, w, 2); r.Action != Released || len(r.Warnings) != 1 || len(w.keys("acme", "releases/2")) != 3 {
		t.Errorf("%+v, %v", r, w.keys("acme", "releases/2"))
	}
}
