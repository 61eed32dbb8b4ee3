package release

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/plan"
)

// fixedVersion is version n with files that have fixed names: one that always changes, one that changes with every second version,
// one that never does, and two that only some versions have.
func fixedVersion(t testing.TB, n int) *Build {
	t.Helper()
	files := map[string]string{
		"robots.txt": fmt.Sprintf("# %d", n), "sw.js": fmt.Sprintf("// %d", n/2), "humans.txt": "us",
	}
	if n%2 == 1 {
		files["favicon.ico"] = "icon"
	}
	if n%3 == 0 {
		files[".well-known/security.txt"] = fmt.Sprintf("Contact: %d", n)
	}
	for _, f := range version(t, n).Files {
		files[f.Path] = string(f.body)
	}
	b, err := Load(folder(t, files))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func fixedOf(w *world) map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]string{}
	for key, o := range w.buckets["acme-web"] {
		if plan.IsFixedFile(key) {
			out[key] = string(o.body)
		}
	}
	return out
}

// wantFixed wants the bucket to have the files with fixed names of a build, and no others.
func wantFixed(t *testing.T, w *world, b *Build, what string) {
	t.Helper()
	want := map[string]string{}
	for _, f := range b.fixed() {
		want[f.Path] = string(f.body)
	}
	if got := fixedOf(w); !maps.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// alwaysThere checks after every change that the page is whole, and that every file with a fixed name that it may refer to is there.
func alwaysThere(t *testing.T, w *world) {
	w.after = func(c call) error {
		if c.name != "PutObject" && c.name != "DeleteObjects" {
			return nil // nothing has changed
		}
		b := w.buckets["acme-web"]
		if err := w.whole("acme-web"); err != nil {
			t.Errorf("after call %d, %s %s of %s: %v", c.n, c.name, c.what, c.client, err)
		}
		e := entry(b[indexKey].metadata[metaRelease])
		if m, err := decodeManifest(e, b[e.key()].body); err == nil {
			for _, f := range m.build().fixed() {
				if o, there := b[f.Path]; !there || o.kind != f.Type || o.cache != revalidate {
					t.Errorf("after call %d, %s %s of %s: %s of the page is not there: %v", c.n, c.name, c.what, c.client, f.Path, o)
				}
			}
		}
		return nil
	}
}

// They come and go with the releases, a rollback brings them back, and CloudFront is told.
func TestFixedFiles(t *testing.T) {
	w := newWorld("acme")
	s := []Site{site("acme")}
	releaseIt := func(n int) Result {
		t.Helper()
		w.pass(time.Minute)
		w.log = nil
		alwaysThere(t, w)
		r := ok(t, w.releaser("a").Release(bg, fixedVersion(t, n), s))[0]
		wantFixed(t, w, fixedVersion(t, n), fmt.Sprintf("release %d", n))
		return r
	}
	if r := releaseIt(1); r.Action != Released || r.Files != 3+4 {
		t.Errorf("%+v", r)
	}
	if r := releaseIt(2); r.Deleted != 1 || r.Files != 2+2 { // favicon.ico; code, picture, robots.txt, sw.js
		t.Errorf("%+v", r)
	}
	order := slices.DeleteFunc(puts(w), func(key string) bool { return key == assetsPrefix })
	if want := []string{markPrefix, releasesPrefix, indexKey, "robots.txt", "sw.js", noticePrefix}; !slices.Equal(order, want) {
		t.Errorf("put in the order %v, want %v", order, want)
	}
	r := releaseIt(3)
	order = slices.DeleteFunc(puts(w), func(key string) bool { return key == assetsPrefix })
	if want := []string{markPrefix, releasesPrefix, ".well-known/security.txt", "favicon.ico", indexKey, "robots.txt"}; !slices.Equal(order, want) {
		t.Errorf("put in the order %v, want %v", order, want)
	}
	if got, want := w.paths[r.Invalidation[1:]], []string{"/", "/index.html", "/config.json", "/.well-known/security.txt", "/favicon.ico", "/robots.txt"}; !slices.Equal(got, want) {
		t.Errorf("invalidated %v, want %v", got, want)
	}
	if r := releaseIt(3); r.Action != UpToDate || r.Files != 0 || r.Invalidation != "" {
		t.Errorf("%+v", r)
	}
	w.pass(time.Minute)
	if r := ok(t, w.releaser("a").back(Back{}))[0]; r.Action != RolledBack || r.Deleted != 2 {
		t.Errorf("%+v", r)
	}
	wantFixed(t, w, fixedVersion(t, 2), "rolled back")
	w.pass(time.Minute)
	ok(t, w.releaser("a").back(Back{To: fixedVersion(t, 3).Release()}))
	wantFixed(t, w, fixedVersion(t, 3), "forward again")
	w.pass(time.Minute)
	ok(t, w.releaser("a").Release(bg, version(t, 3), s))
	wantFixed(t, w, version(t, 3), "a build without any")
}

// A dry run says what would come and go, and does nothing.
func TestFixedFilesDryRun(t *testing.T) {
	w := newWorld("acme")
	ok(t, w.releaser("a").Release(bg, fixedVersion(t, 1), []Site{site("acme")}))
	w.pass(time.Minute)
	r := ok(t, w.releaser("a", func(o *Options) { o.DryRun = true }).Release(bg, fixedVersion(t, 2), []Site{site("acme")}))[0]
	if r.Files != 4 || r.Deleted != 1 {
		t.Errorf("%+v", r)
	}
	wantFixed(t, w, fixedVersion(t, 1), "dry run")
}

// What somebody put by hand stays until a build has a file of that name, and damage is repaired.
func TestFixedFilesByHand(t *testing.T) {
	w := newWorld("acme")
	b := w.buckets["acme-web"]
	s := []Site{site("acme")}
	b["ads.txt"] = stored{body: []byte("by hand"), modified: w.now}
	b["robots.txt"] = stored{body: []byte("by hand"), modified: w.now}
	ok(t, w.releaser("a").Release(bg, fixedVersion(t, 2), s))
	if got := fixedOf(w); got["ads.txt"] != "by hand" || got["robots.txt"] != "# 2" {
		t.Errorf("%v", got)
	}
	w.pass(time.Minute)
	b["robots.txt"] = stored{body: []byte("damaged"), modified: w.now}
	if r := ok(t, w.releaser("a").Release(bg, fixedVersion(t, 2), s))[0]; r.Action != Repaired || r.Files != 1 || r.Invalidation == "" || fixedOf(w)["robots.txt"] != "# 2" {
		t.Errorf("%+v, %v", r, fixedOf(w))
	}
	b["humans.txt"] = stored{body: []byte("others"), modified: w.now}
	w.pass(time.Minute)
	ok(t, w.releaser("a").Release(bg, version(t, 3), s))
	if got := fixedOf(w); len(got) != 2 || got["ads.txt"] != "by hand" || got["humans.txt"] != "others" {
		t.Errorf("%v", got)
	}
}

// Releases and rollbacks are interrupted at every call, before it and after it. Running them again ends as if they had not been.
func TestFixedFilesInterruptedEverywhere(t *testing.T) {
	s := site("acme")
	world := newWorld("acme")
	steps := []step{
		releaseStep(fixedVersion(t, 1), s), releaseStep(fixedVersion(t, 2), s), releaseStep(fixedVersion(t, 3), s), rollbackStep("", s),
		rollbackStep(fixedVersion(t, 3).Release(), s), releaseStep(version(t, 4), s), releaseStep(fixedVersion(t, 5), s), rollbackStep("", s),
		releaseStep(fixedVersion(t, 6), s), releaseStep(fixedVersion(t, 7), s),
	}
	for i, step := range steps {
		whole := world.clone()
		alwaysThere(t, whole)
		ok(t, step.do(whole.releaser("whole")))
		want, calls := state(whole, "acme"), whole.calls-world.calls
		for n := range calls {
			for _, answerLost := range []bool{false, true} {
				name := fmt.Sprintf("step %d, %s, call %d of %d, answer lost: %t", i, step.name, n, calls, answerLost)
				w := world.clone()
				alwaysThere(t, w)
				w.stopAt(n, answerLost)
				if r := step.do(w.releaser("stopped"))[0]; !errors.Is(r.Err, errStopped) {
					t.Fatalf("%s: %s, %v", name, r.Action, r.Err)
				}
				resume(t, name, w, step, want)
				wantTold(t, name, w)
			}
		}
		world = whole
		world.pass(10 * time.Minute)
	}
}

// wantTold wants CloudFront to have been told of every file with a fixed name after it was last put.
func wantTold(t *testing.T, name string, w *world) {
	t.Helper()
	untold := map[string]bool{}
	for _, c := range w.log {
		switch {
		case c.name == "PutObject" && plan.IsFixedFile(c.what):
			untold["/"+c.what] = true
		case c.name == "CreateInvalidation":
			for _, path := range w.paths[c.what] {
				delete(untold, path)
			}
		}
	}
	if len(untold) > 0 {
		t.Errorf("%s: CloudFront was not told of %v", name, untold)
	}
}

// At the same time, in hundreds of orders, some interrupted: in the end there are the files of the release that is in place, whatever
// the others have put.
func TestFixedFilesAtTheSameTime(t *testing.T) {
	seeds := 200
	if testing.Short() {
		seeds = 100
	}
	s := site("acme")
	world := newWorld("acme")
	builds := map[int]*Build{0: version(t, 9)}
	for n := 1; n <= 6; n++ {
		builds[n] = fixedVersion(t, n)
	}
	for n := 1; n <= 4; n++ {
		ok(t, world.releaser("a").Release(context.Background(), builds[n], []Site{s}))
		world.pass(5 * time.Minute)
	}
	steps := []step{
		releaseStep(builds[0], s), releaseStep(builds[1], s), releaseStep(builds[2], s), releaseStep(builds[5], s), releaseStep(builds[4], s),
		rollbackStep("", s), rollbackStep(builds[2].Release(), s), releaseAllStep(s, builds[6], builds[0], builds[3], builds[4]),
	}
	for seed := range seeds {
		random := rand.New(rand.NewPCG(uint64(seed), 7))
		w := world.clone()
		alwaysThere(t, w)
		clients, results, stopped := map[string]func(){}, map[string]*Result{}, map[string]int{}
		var names []string
		for i := range 2 + random.IntN(2) {
			name, step := fmt.Sprintf("client %d", i), steps[random.IntN(len(steps))]
			results[name] = &Result{}
			clients[name] = func() { *results[name] = step.do(w.releaser(name))[0] }
			if random.IntN(4) == 0 {
				stopped[name] = random.IntN(40)
			}
			names = append(names, step.name)
		}
		interleave(w, random, clients, stopped)
		quiet := len(stopped) == 0
		for name, r := range results {
			if !expected(r.Err) && !errors.Is(r.Err, errOvertaken) {
				t.Errorf("seed %d, %v: %s: %v", seed, names, name, r.Err)
			}
			quiet = quiet && r.Err == nil
		}
		if quiet {
			b := w.buckets["acme-web"]
			e := entry(b[indexKey].metadata[metaRelease])
			m, err := decodeManifest(e, b[e.key()].body)
			if err != nil {
				t.Fatal(err)
			}
			wantFixed(t, w, m.build(), fmt.Sprintf("seed %d, %v", seed, names))
		}
		for _, last := range []int{6, 3, 0} {
			w.pass(2 * time.Hour)
			ok(t, w.releaser("last").Release(context.Background(), builds[last], []Site{s}))
			wantFixed(t, w, builds[last], fmt.Sprintf("seed %d, %v, then %d", seed, names, last))
		}
		if t.Failed() {
			t.Fatalf("seed %d: %v, stopped %v", seed, names, stopped)
		}
	}
}

// Manifests with content have a version that earlier tenantctls do not pass over, and are checked; those without have the first.
func TestManifestOfFixedFiles(t *testing.T) {
	w := newWorld("acme")
	ok(t, w.releaser("a").Release(bg, version(t, 1), []Site{site("acme")}))
	w.pass(time.Minute)
	ok(t, w.releaser("a").Release(bg, fixedVersion(t, 1), []Site{site("acme")}))
	for i, want := range []int{1, 2} {
		key := w.keys("acme", "releases/2")[i]
		e, _ := parseManifestKey(key)
		data := w.buckets["acme-web"][key].body
		var m manifest
		if err := json.Unmarshal(data, &m); err != nil || m.Version != want || (len(m.Content) > 0) != (want == 2) {
			t.Errorf("version %d, content %v, %v", m.Version, m.Content, err)
		}
		if i == 0 {
			continue
		}
		for change, want := range map[[2]string]string{
			{`"robots.txt": "`, `"robots.txt": "AAAA`}: "robots.txt is not that of the files",
			{`"version": 2`, `"version": 1`}:           "version 1 is not known",
			{`"version": 2,`, `"version": 3, "x": 1,`}: "version 3 is not known: it was written by a newer tenantctl",
		} {
			if _, err := decodeManifest(e, []byte(strings.Replace(string(data), change[0], change[1], 1))); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %v, want %q", change, err, want)
			}
		}
	}
}

// Which files a build may have beside assets, and their types.
func TestLoadFixedFiles(t *testing.T) {
	for name, c := range map[string]struct{ content, kind, problem string }{
		"favicon.ico":                      {"x", "image/x-icon", ""},
		"robots.txt":                       {"x", "text/plain; charset=utf-8", ""},
		"sitemap.xml":                      {"<x/>", "application/xml", ""},
		"manifest.webmanifest":             {"{}", "application/manifest+json", ""},
		"sw.js":                            {"x", "text/javascript; charset=utf-8", ""},
		"google0123456789abcdef.html":      {"x", "text/html; charset=utf-8", ""},
		"apple-app-site-association":       {`{"applinks": {}}`, "application/json", ""},
		".well-known/openid-configuration": {`{}`, "application/json", ""},
		".well-known/acme-challenge/aB_-9": {"token", "text/plain; charset=utf-8", ""},
		".well-known/security.txt":         {"x", "text/plain; charset=utf-8", ""},
		".well-known/com.example.thing":    {"[]", "application/json", ""},
		".well-known/empty":                {"", "text/plain; charset=utf-8", ""},
		".well-known/binary":               {"\xff\xfe", "", "neither JSON nor UTF-8 text"},
		".well-known/a b":                  {"x", "", "characters in its path that URLs write otherwise"},
		".well-known/ü/x.txt":              {"x", "", "characters in its path that URLs write otherwise"},
		"jane.doe":                         {"x", "", "so its path is answered with the page"},
		"readme.txt":                       {"x", "", "is neither index.html nor below assets/"},
		"docs/robots.txt":                  {"x", "", "is neither index.html nor below assets/"},
		"well-known/security.txt":          {"x", "", "is neither index.html nor below assets/"},
		"assets/favicon.ico":               {"x", "", "has no hash of its content in its name"},
		".well-known/large.txt":            {strings.Repeat("x", maxFixed+1), "", "1048577 bytes together, the limit is 1048576"},
	} {
		b, err := Load(folder(t, map[string]string{indexKey: "<p>", name: c.content}))
		if c.problem != "" {
			if err == nil || !strings.Contains(err.Error(), c.problem) || strings.Contains(err.Error(), "and more") {
				t.Errorf("%s: %v, want %q", name, err, c.problem)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if f := b.fixed(); len(f) != 1 || f[0].Type != c.kind || f[0].cacheControl() != revalidate || len(b.assets()) != 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if _, err := Load(folder(t, map[string]string{indexKey: `<link rel="icon" href="/favicon.ico"><link rel="manifest" href="/manifest.webmanifest">`, "favicon.ico": "x", "manifest.webmanifest": "{}"})); err != nil {
		t.Error(err)
	}
}

// An S3 that refuses to write over a delete marker, as if there were an object, gets the file of a later release nevertheless.
func TestFixedFilesOverDeleteMarkers(t *testing.T) {
	deleted := map[string]bool{}
	f := startFakeS3(t, func(f *fakeS3) {
		f.conditions = func(r *http.Request, holds bool) (int, string) {
			return amazon(r, holds && !(deleted[r.URL.Path] && r.Header.Get("If-None-Match") != ""))
		}
	})
	for n, want := range []int{1, 2, 3, 3} {
		if n == 2 {
			deleted["/acme-web/favicon.ico"] = true
		}
		if r := f.releaser().Release(t.Context(), fixedVersion(t, want), []Site{site("acme")})[0]; r.Err != nil {
			t.Fatalf("release %d: %v", want, r.Err)
		}
		f.mu.Lock()
		_, there := f.objects["acme-web/favicon.ico"]
		f.mu.Unlock()
		if there != (want%2 == 1) {
			t.Errorf("release %d: favicon.ico is there: %t", want, there)
		}
	}
}
