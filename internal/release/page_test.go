package release

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/tenantstack/tenantstack/plan"
)

// hookedReleaser does something before it puts index.html for the first time.
func hookedReleaser(w *world, before func()) *Releaser {
	h := &hooked{memory{w, "a"}, before, nil}
	return w.releaser("a", func(o *Options) {
		o.Connect = func(context.Context, plan.Environment) (Clients, error) {
			return Clients{h, memory{w, "a"}, memory{w, "a"}}, nil
		}
	})
}

// While one run is held up before it puts its page, others release so much that what it has checked is deleted, and in the end the
// very build that it found in place. Its page is not put in place of that one.
func TestSamePageAgain(t *testing.T) {
	for name, do := range map[string]func(*Releaser) []Result{
		"release":  func(r *Releaser) []Result { return r.Release(bg, version(t, 8), []Site{site("acme")}) },
		"rollback": func(r *Releaser) []Result { return r.back(Back{}) },
		"back to":  func(r *Releaser) []Result { return r.back(Back{To: version(t, 1).Release()}) },
	} {
		w := newWorld("acme")
		w.always(t, "acme")
		for n := 1; n <= 3; n++ {
			release(t, w, n)
		}
		bucket := w.buckets["acme-web"]
		first := bucket[indexKey].etag()
		r := do(hookedReleaser(w, func() {
			for _, n := range []int{4, 5, 6, 7, 3} {
				release(t, w, n)
			}
			if _, kept := bucket[code(t, 1)]; kept {
				t.Errorf("%s: nothing was deleted meanwhile", name)
			}
			if etag := bucket[indexKey].etag(); etag == first {
				t.Errorf("%s: the ETag %s came back", name, etag)
			}
		}))[0]
		if name == "release" && (r.Action != Released || w.current("acme") != version(t, 8).Release()) {
			t.Errorf("release: %+v, and %s is in place", r, w.current("acme"))
		}
		if name != "release" && (r.Err == nil || w.current("acme") != version(t, 3).Release()) {
			t.Errorf("%s: %+v, and %s is in place", name, r, w.current("acme"))
		}
	}
}

// What deletes files beside tenantctl is found out before a release is reported: a release puts them again, a rollback cannot.
func TestFilesVanish(t *testing.T) {
	for _, what := range []string{"asset", "manifest"} {
		w := newWorld("acme")
		for n := 1; n <= 3; n++ {
			release(t, w, n)
		}
		vanish := func(n int) func() {
			return func() {
				keys := slices.Collect(maps.Keys(w.buckets["acme-web"]))
				slices.Sort(keys)
				for _, key := range slices.Backward(keys) {
					if what == "asset" && key == code(t, n) || what == "manifest" && strings.HasSuffix(key, version(t, n).Release()+manifestSuffix) {
						delete(w.buckets["acme-web"], key)
						return
					}
				}
				t.Errorf("%s of %d is not there", what, n)
			}
		}
		r := hookedReleaser(w, vanish(4)).Release(bg, version(t, 4), []Site{site("acme")})[0]
		if r.Action != Released || w.whole("acme-web") != nil {
			t.Errorf("%s: %+v, %v", what, r, w.whole("acme-web"))
		}
		r = hookedReleaser(w, vanish(3)).back(Back{})[0]
		if what == "asset" && (r.Action != Failed || !strings.Contains(r.Err.Error(), "is not whole any more: s3://acme-web has no "+code(t, 3))) {
			t.Errorf("rollback without its %s: %+v", what, r)
		}
		if what == "manifest" && (r.Action != RolledBack || w.whole("acme-web") != nil) {
			t.Errorf("rollback without its %s: %+v, %v", what, r, w.whole("acme-web"))
		}
	}
	// Whoever deletes again and again is told of.
	w := newWorld("acme")
	release(t, w, 1)
	w.after = func(c call) error {
		if c.name == "PutObject" && (c.what == indexKey || c.what == code(t, 2) && entry(w.buckets["acme-web"][indexKey].metadata[metaRelease]).release() == version(t, 2).Release()) {
			delete(w.buckets["acme-web"], code(t, 2))
		}
		return nil
	}
	if r := w.releaser("a").Release(bg, version(t, 2), []Site{site("acme")})[0]; !errors.Is(r.Err, errVanished) {
		t.Errorf("%+v", r)
	}
}

// A page that an earlier tenantctl has put, without the comment, is what it is: it is not put again, rollbacks lead away from
// it and back, and the next release replaces it.
func TestPageWithoutEntry(t *testing.T) {
	w := newWorld("acme")
	release(t, w, 1)
	release(t, w, 2)
	b := w.buckets["acme-web"]
	bare := newFile(indexKey, version(t, 2).index, contentTypes[".html"])
	old := b[indexKey]
	old.body, old.sha256 = bare.body, bare.checksum()
	b[indexKey] = old
	if r := release(t, w, 2); r.Action != UpToDate || string(b[indexKey].body) != string(bare.body) {
		t.Errorf("release of what is in place: %+v", r)
	}
	if s := w.releaser("a").Status(bg, []Site{site("acme")})[0]; s.Release != version(t, 2).Release() || len(s.Others) != 1 {
		t.Errorf("status %+v", s)
	}
	if r := rollback(t, w, ""); r.Action != RolledBack || r.Release != version(t, 1).Release() {
		t.Errorf("rollback: %+v", r)
	}
	w.always(t, "acme")
	if r := rollback(t, w, version(t, 2).Release()); r.Release != version(t, 2).Release() || string(b[indexKey].body) == string(bare.body) {
		t.Errorf("and forward: %+v", r)
	}
}

// The comment is one for HTML parsers, and is not part of the id.
func TestPageOf(t *testing.T) {
	b := version(t, 1)
	e := newEntry(newWorld().now, b.Release())
	f := pageOf(b, e)
	if want := string(b.index) + fmt.Sprintf("\n<!-- %s -->\n", e); string(f.body) != want || b.ID != version(t, 1).ID {
		t.Errorf("page %s", f.body)
	}
	doc, err := html.Parse(strings.NewReader(string(f.body)))
	if err != nil {
		t.Fatal(err)
	}
	if d := doc.FirstChild; d.Type != html.DoctypeNode {
		t.Errorf("the page begins with %+v", d)
	}
	var comments []string
	for n := range doc.Descendants() {
		if n.Type == html.CommentNode {
			comments = append(comments, n.Data)
		}
	}
	if !slices.Equal(comments, []string{" " + string(e) + " "}) {
		t.Errorf("comments %q", comments)
	}
}
