package release

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// fleet are tenants in alphabetical order, the first of them with a later release than the others.
func fleet(t *testing.T) (*world, []Site) {
	t.Helper()
	w := newWorld("a", "b", "c")
	sites := []Site{site("a"), site("b"), site("c")}
	for n := 1; n <= 3; n++ {
		to := sites
		if n == 3 {
			to = sites[:1]
		}
		ok(t, w.releaser("x").Release(bg, version(t, n), to))
		w.pass(time.Minute)
	}
	return w, sites
}

// wantFleet wants tenants a, b and c to have these versions.
func wantFleet(t *testing.T, w *world, what string, versions ...int) {
	t.Helper()
	for i, n := range versions {
		if tenant := string(rune('a' + i)); w.current(tenant) != version(t, n).Release() {
			t.Errorf("%s: tenant %s has %s, want %s", what, tenant, w.current(tenant), version(t, n).Release())
		}
	}
}

// A release that has come to some of the tenants is not taken back at all of them: the others would go back from another one.
func TestRollbackOfAPartlyReleasedFleet(t *testing.T) {
	w, sites := fleet(t)
	id := func(n int) string { return version(t, n).Release() }
	before := len(w.log)
	results, err := w.releaser("x").Rollback(bg, Back{}, sites)
	if err == nil || results != nil {
		t.Fatalf("%+v, %v", results, err)
	}
	for _, want := range []string{
		"the selected tenants have different releases", "nothing was done", id(3) + " is in place at tenant a\n", id(2) + " is in place at tenants b, c\n",
		"--from " + id(3), "--to",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
	for _, c := range w.log[before:] {
		if c.name != "HeadObject" {
			t.Errorf("it did %s %s", c.name, c.what)
		}
	}
	wantFleet(t, w, "refused", 3, 2, 2)

	// With --from the others stay, however often it is run.
	for i, first := range []Action{RolledBack, UpToDate} {
		results, err = w.releaser("x").Rollback(bg, Back{From: id(3)}, sites)
		if err != nil {
			t.Fatal(err)
		}
		for j, want := range []Action{first, Left, Left} {
			if r := ok(t, results)[j]; r.Action != want || r.Release != id(2) {
				t.Errorf("run %d: %+v, want %s", i, r, want)
			}
		}
		wantFleet(t, w, "from", 2, 2, 2)
	}
	// One has been rolled back, the others never had that release: still not the same.
	if _, err = w.releaser("x").Rollback(bg, Back{}, sites); err == nil || !strings.Contains(err.Error(), id(2)+" is in place at tenant a, rolled back from "+id(3)) {
		t.Errorf("after the rollback of one: %v", err)
	}
	if _, err = w.releaser("x").Rollback(bg, Back{From: "0123456789ab"}, sites); err == nil || !strings.Contains(err.Error(), "none of the selected tenants has this release; nothing was done") {
		t.Errorf("from a release that nobody has: %v", err)
	}
	results, err = w.releaser("x").Rollback(bg, Back{To: id(1)}, sites)
	if err != nil {
		t.Fatal(err)
	}
	ok(t, results)
	wantFleet(t, w, "to", 1, 1, 1)
}

// --from and --to together take one release back, at the tenants that have it, to another than the one before.
func TestRollbackFromTo(t *testing.T) {
	w, sites := fleet(t)
	back := Back{From: version(t, 3).Release(), To: version(t, 1).Release()}
	for _, first := range []Action{RolledBack, UpToDate} {
		results, err := w.releaser("x").Rollback(bg, back, sites)
		if err != nil || results[0].Action != first || results[1].Action != Left {
			t.Errorf("%+v, %v, want %s", results, err, first)
		}
		wantFleet(t, w, "from and to", 1, 2, 2)
	}
}

// A rollback that failed at some tenants is run again for all, also while one of them does not answer.
func TestRollbackAgain(t *testing.T) {
	w, sites := fleet(t)
	ok(t, w.releaser("x").Release(bg, version(t, 3), sites))
	bucket := w.buckets["b-web"]
	delete(w.buckets, "b-web")
	results, err := w.releaser("x").Rollback(bg, Back{}, append(sites, site("none")))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range results {
		got = append(got, fmt.Sprint(r.Tenant, " ", r.Action))
	}
	if want := "a rolledBack, b failed, c rolledBack, none failed"; strings.Join(got, ", ") != want {
		t.Errorf("%v, want %s", got, want)
	}
	w.buckets["b-web"] = bucket
	if results, err = w.releaser("x").Rollback(bg, Back{}, sites); err != nil {
		t.Fatal(err)
	}
	ok(t, results)
	wantFleet(t, w, "again", 2, 2, 2)
}

// A tenant that did not tell its release at first is not taken back from one that nobody has asked about.
func TestRollbackOfWhatCouldNotBeRead(t *testing.T) {
	w, sites := fleet(t)
	fail := 1
	w.before = func(c call) error {
		if fail--; fail >= 0 {
			return errStopped
		}
		return nil
	}
	results, err := w.releaser("x").Rollback(bg, Back{}, sites[1:])
	if err != nil || results[0].Action != RolledBack {
		t.Errorf("b has what c was found to have: %+v, %v", results, err)
	}
	fail = 1
	results, err = w.releaser("x").Rollback(bg, Back{}, sites[:1])
	if err != nil || results[0].Err == nil || !strings.Contains(results[0].Err.Error(), "could not be read at first") {
		t.Errorf("%+v, %v", results, err)
	}
	wantFleet(t, w, "unread", 3, 1, 1)
}

// Going forward again takes nothing back, so that the next rollback leads back from there, to what was in place before it.
func TestRollbackAfterGoingForward(t *testing.T) {
	w := newWorld("acme")
	w.always(t, "acme")
	id := func(n int) string { return version(t, n).Release() }
	for n := 1; n <= 4; n++ {
		release(t, w, n)
	}
	want := func(what string, r Result, action Action, n int, from string) {
		t.Helper()
		if r.Action != action || r.Release != id(n) || r.RolledBackFrom != from || w.current("acme") != id(n) {
			t.Errorf("%s: %+v, want %s %s", what, r, action, id(n))
		}
	}
	want("back", rollback(t, w, ""), RolledBack, 3, id(4))
	want("further back", rollback(t, w, id(2)), RolledBack, 2, id(3))
	want("forward by one", rollback(t, w, id(3)), Released, 3, "")
	want("forward to the latest", rollback(t, w, id(4)), Released, 4, "")
	if s := w.releaser("a").Status(bg, []Site{site("acme")})[0]; s.RolledBackFrom != "" || len(s.Others) != 2 || !s.Others[0].Before {
		t.Errorf("status %+v", s)
	}
	want("back from there", rollback(t, w, ""), RolledBack, 3, id(4))
	want("once", rollback(t, w, ""), UpToDate, 3, id(4))
	// A release that was released a second time is the latest, and going from it to one that came after its first time is a rollback.
	release(t, w, 2)
	want("back from a second time", rollback(t, w, id(4)), RolledBack, 4, id(2))
}

// Where somebody has replaced or deleted the page, a release that is named can be put in place, a plain rollback says what there is, and
// what comes next has what was in place before it.
func TestRollbackWithoutAPage(t *testing.T) {
	id := func(n int) string { return version(t, n).Release() }
	for damage, want := range map[string]string{"by hand": "index.html was not put by tenantctl, so", "deleted": "index.html is gone, so"} {
		w := newWorld("acme")
		for n := 1; n <= 3; n++ {
			release(t, w, n)
		}
		if damage == "by hand" {
			w.buckets["acme-web"][indexKey] = stored{body: []byte("by hand"), modified: w.now}
		} else {
			delete(w.buckets["acme-web"], indexKey)
		}
		s := w.releaser("a").Status(bg, []Site{site("acme")})[0]
		if s.Err != nil || s.Release != "" || s.Foreign != (damage == "by hand") || s.Since.IsZero() != (damage == "deleted") || len(s.Others) != 3 || s.Others[0].Release != id(3) || s.Others[0].Before {
			t.Errorf("%s: status %+v", damage, s)
		}
		r := w.releaser("a").back(Back{})[0]
		if r.Err == nil || !strings.Contains(r.Err.Error(), want) || !strings.Contains(r.Err.Error(), "--to, there are "+strings.Join([]string{id(3), id(2), id(1)}, ", ")) {
			t.Errorf("%s: rollback: %+v", damage, r)
		}
		if r = w.releaser("a").back(Back{From: id(3)})[0]; r.Err == nil || !strings.Contains(r.Err.Error(), "none of the selected tenants has this release") {
			t.Errorf("%s: rollback from 3: %+v", damage, r)
		}
		for name, do := range map[string]func(*world) Result{
			"to":      func(w *world) Result { return rollback(t, w, id(3)) },
			"release": func(w *world) Result { return release(t, w, 3) },
		} {
			w := w.clone()
			if r = do(w); r.Action != Released || r.RolledBackFrom != "" || w.current("acme") != id(3) || w.whole("acme-web") != nil {
				t.Errorf("%s, %s: %+v, %v", damage, name, r, w.whole("acme-web"))
			}
			if r = rollback(t, w, ""); r.Action != RolledBack || w.current("acme") != id(2) {
				t.Errorf("%s, %s and rollback: %+v", damage, name, r)
			}
		}
	}
	// A page that was changed and has kept its metadata is replaced by that of its release, before which is what was before.
	w := newWorld("acme")
	release(t, w, 1)
	release(t, w, 2)
	o := w.buckets["acme-web"][indexKey]
	o.body, o.sha256 = []byte("edited"), newFile("", []byte("edited"), "").checksum()
	w.buckets["acme-web"][indexKey] = o
	release(t, w, 2)
	if r := rollback(t, w, ""); r.Release != id(1) {
		t.Errorf("rollback after the release was repaired: %+v", r)
	}
}
