package release

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A release that was begun and never in place is nothing to go back to: not where its run was interrupted, not where somebody has put or
// deleted the page since, and not by name. What is left of it goes with the next release after an hour.
func TestNeverInPlace(t *testing.T) {
	id := func(n int) string { return version(t, n).Release() }
	for _, last := range []string{markPrefix, releasesPrefix + "2", assetsPrefix, configKey} {
		w := newWorld("acme")
		release(t, w, 1)
		release(t, w, 2)
		changed := site("acme")
		changed.Config.Issuer = "https://other.example.com/"
		w.after = func(c call) error {
			if c.name == "PutObject" && strings.HasPrefix(c.what, last) {
				return errStopped
			}
			return nil
		}
		if r := w.releaser("a").Release(bg, version(t, 3), []Site{changed})[0]; r.Err == nil {
			t.Fatalf("%s: %+v", last, r)
		}
		w.after = func(call) error { return nil }
		check := func(what string, before int) {
			t.Helper()
			for _, o := range w.releaser("a").Status(bg, []Site{site("acme")})[0].Others {
				if o.Release == id(3) || o.Before != (o.Release == id(before)) {
					t.Errorf("stopped after %s, %s: status has %+v", last, what, o)
				}
			}
			if r := w.releaser("a").back(Back{To: id(3)})[0]; r.Err == nil || !strings.Contains(r.Err.Error(), "there is no release "+strconv.Quote(id(3))) {
				t.Errorf("stopped after %s, %s: %+v", last, what, r)
			}
		}
		check("interrupted", 1)
		for _, damage := range []string{"by hand", "deleted"} {
			w := w.clone()
			if damage == "by hand" {
				w.buckets["acme-web"][indexKey] = stored{body: []byte("by hand"), modified: w.now}
			} else {
				delete(w.buckets["acme-web"], indexKey)
			}
			release(t, w, 4)
			if r := rollback(t, w, ""); r.Release != id(2) {
				t.Errorf("stopped after %s, page %s: rolled back to %s, want %s", last, damage, r.Release, id(2))
			}
			w.pass(2 * stray)
			release(t, w, 5)
			if left := w.keys("acme", markPrefix); len(left) > 0 || slices.ContainsFunc(w.keys("acme", releasesPrefix), func(key string) bool { return strings.HasSuffix(key, id(3)+manifestSuffix) }) {
				t.Errorf("stopped after %s, page %s: left: %v", last, damage, w.keys("acme", releasesPrefix))
			}
		}
		release(t, w, 4)
		check("with the next release", 2)
		if r := release(t, w, 3); r.Action != Released {
			t.Errorf("stopped after %s: the release itself: %+v", last, r)
		}
	}
}

// Two runs may come by the same entry in the same second. The manifest is that of the first, and the other looks again.
func TestSameEntry(t *testing.T) {
	w := newWorld("acme")
	w.always(t, "acme")
	release(t, w, 1)
	release(t, w, 2)
	w.now = w.now.Add(time.Hour).Truncate(time.Second)
	other := &manifest{Version: manifestVersion, ID: version(t, 3).ID, Files: version(t, 3).Files, Index: string(version(t, 3).index), RolledBackFrom: "20261129T080000Z-0123456789ab"}
	key := ""
	w.before = func(c call) error {
		if e, ok := parseManifestKey(c.what); ok && c.name == "PutObject" && key == "" {
			key = e.key()
			f := newFile(key, other.encode(), "")
			w.buckets["acme-web"][key] = stored{body: f.body, sha256: f.checksum(), modified: w.now}
		}
		return nil
	}
	r := release(t, w, 3)
	if r.Action != Released || string(w.buckets["acme-web"][key].body) != string(other.encode()) || w.keys("acme", "releases/2")[3] == key {
		t.Errorf("%+v, %v", r, w.keys("acme", releasesPrefix))
	}
}
