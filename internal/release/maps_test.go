package release

import (
	"strings"
	"testing"
	"time"
)

// mapped is a build with a source map. A change in a comment of the source changes the map and nothing else.
func mapped(t *testing.T, comment string) (b *Build, name string) {
	t.Helper()
	script := hashed("app", ".js", "1")
	b, err := Load(folder(t, map[string]string{indexKey: `<script src="/` + script + `"></script>`, script: "1", script + ".map": `{"sourcesContent": ["// ` + comment + `"]}`}))
	if err != nil {
		t.Fatal(err)
	}
	return b, script + ".map"
}

// A source map may change while its name does not: it is replaced, and asked for each time. Releases are whole without it.
func TestSourceMaps(t *testing.T) {
	w := newWorld("acme")
	w.always(t, "acme")
	first, name := mapped(t, "first")
	second, _ := mapped(t, "second")
	b := w.buckets["acme-web"]
	do := func(what string, got []Result, action Action, files int) Result {
		t.Helper()
		r := ok(t, got)[0]
		if w.pass(time.Minute); r.Action != action || r.Files != files {
			t.Errorf("%s: %+v, want %s with %d files", what, r, action, files)
		}
		return r
	}
	put := func(x *Build) []Result { return w.releaser("a").Release(bg, x, []Site{site("acme")}) }
	has := func(what, comment string) {
		t.Helper()
		if o := b[name]; !strings.Contains(string(o.body), comment) || o.cache != "no-cache" || o.kind != "application/json" {
			t.Errorf("%s: the map is %s with %q and %q", what, o.body, o.cache, o.kind)
		}
	}
	do("first", put(first), Released, 2)
	has("first", "first")
	r := do("second", put(second), Released, 1)
	has("second", "second")
	if paths := w.paths[r.Invalidation[1:]]; !strings.Contains(strings.Join(paths, " "), "/"+name) {
		t.Errorf("invalidated %v", paths)
	}
	if s := w.releaser("a").Status(bg, []Site{site("acme")})[0]; len(s.Others) != 1 || !s.Others[0].Before {
		t.Errorf("status %+v", s)
	}
	do("rollback", w.releaser("a").back(Back{}), RolledBack, 0)
	do("rollback again", w.releaser("a").back(Back{}), UpToDate, 0)
	has("rollback", "second")
	do("release of what is in place", put(first), Repaired, 1)
	has("release of what is in place", "first")
	delete(b, name)
	w.after = func(call) error { return nil }
	do("rollback without a map", w.releaser("a").back(Back{To: second.Release()}), Released, 0)
	do("and its release", put(second), Repaired, 1)
	has("in the end", "second")
}

// Two runs with different maps of the same name do not keep each other from their pages.
func TestSourceMapsAtTheSameTime(t *testing.T) {
	w := newWorld("acme")
	first, name := mapped(t, "first")
	second, _ := mapped(t, "second")
	other := newFile(name, []byte("other"), contentTypes[".map"])
	ok(t, w.releaser("a").Release(bg, first, []Site{site("acme")}))
	w.after = func(c call) error {
		if c.name == "PutObject" && c.what == name {
			w.buckets["acme-web"][name] = stored{body: other.body, sha256: other.checksum(), kind: other.Type, cache: other.cacheControl(), modified: w.now}
		}
		return nil
	}
	if r := ok(t, w.releaser("a").Release(bg, second, []Site{site("acme")}))[0]; r.Action != Released || w.current("acme") != second.Release() {
		t.Errorf("%+v", r)
	}
}
