package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/functions/internal/search"
	"github.com/tenantstack/tenantstack/internal/localcloud/engine/enginetest"
)

func TestReindex(t *testing.T) {
	for _, shards := range []int{1, 4} {
		t.Run(fmt.Sprintf("%d shards", shards), func(t *testing.T) {
			a := newApp(t, shards)
			a.fill(450)
			a.document("left-behind")
			a.start()
			a.deliver(t.Context())
			v := a.list()[0]
			if v.Status != succeeded || v.Progress.Done != 450 || v.Progress.Total == nil || *v.Progress.Total != 450 || v.Error != "" {
				t.Errorf("task %+v, want it succeeded with 450 rows", v)
			}
			if n := a.indexed(); n != 450 {
				t.Errorf("%d documents, want 450", n)
			}
			// Once more changes nothing.
			a.start()
			a.deliver(t.Context())
			if n := a.indexed(); n != 450 || a.list()[0].Status != succeeded {
				t.Errorf("%d documents, want 450; tasks %+v", n, a.list())
			}
			if log := a.Log.String(); strings.Contains(log, "Minka") || strings.Contains(log, "row-0") {
				t.Errorf("log has data of rows:\n%s", log)
			}
		})
	}
}

// With less than a minute left, each invocation takes a step and hands the task over.
func TestHandover(t *testing.T) {
	a := newApp(t, 4)
	a.fill(450)
	id := a.start().ID
	invocations := 0
	for !a.slot().finished() {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
		a.deliver(ctx)
		cancel()
		invocations++
		if s := a.slot(); s.ID != id || !s.finished() && (s.Owner != "" || !s.active(a.Now()) || s.Status != running) {
			t.Fatalf("after invocation %d: %+v, want it running, active and without an owner", invocations, s)
		}
	}
	if v := a.list()[0]; invocations != 6 || v.Status != succeeded || v.Progress.Done != 450 || a.indexed() != 450 {
		t.Errorf("%d invocations, task %+v, %d documents, want 6 and 450", invocations, v, a.indexed())
	}
}

// Of events that arrive several times at once one is worked on; after the end all are ignored.
func TestDuplicateEvents(t *testing.T) {
	a := newApp(t, 2)
	a.fill(300)
	a.start()
	event := a.take()[0]
	var worked atomic.Int32
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			_, err := a.post.Invoke(t.Context(), event)
			if err == nil {
				worked.Add(1)
			}
		})
	}
	all.Wait()
	if v := a.list()[0]; worked.Load() < 1 || v.Status != succeeded || v.Progress.Done != 300 || a.indexed() != 300 {
		t.Errorf("%d worked, task %+v, %d documents, want 300", worked.Load(), v, a.indexed())
	}
	before := a.slot()
	if _, err := a.post.Invoke(t.Context(), event); err != nil || a.slot().Version != before.Version {
		t.Errorf("late duplicate: %v, the slot went from %+v to %+v", err, before, a.slot())
	}
	for _, event := range []string{
		`{"billingAccount":"12345","task":{}}`, `{"billingAccount":"12345","task":null}`, `{"billingAccount":"12345","task":"x"}`,
		`{"task":{"taskId":"other"}}`, `{"billingAccount":"12346","task":{"taskId":"other"}}`,
	} {
		if _, err := a.post.Invoke(t.Context(), []byte(event)); err == nil {
			t.Errorf("event %s: no error", event)
		}
	}
	if _, err := a.post.Invoke(t.Context(), []byte(`{"billingAccount":"12345","task":{"taskId":"other"}}`)); err != nil {
		t.Errorf("event of another task: %v, want it ignored", err)
	}
}

// While a worker that was lost has the lease, a repeated event fails, so that Lambda
// repeats it again; after that it goes on where the lost worker stopped.
func TestLostWorker(t *testing.T) {
	a := newApp(t, 1)
	a.fill(250)
	a.start()
	event := a.take()[0]
	w := a.worker()
	s, ok, err := w.claim(t.Context(), a.slot().ID)
	if !ok || err != nil {
		t.Fatal(err)
	}
	for _, step := range []func(context.Context, *task) error{w.prepare, w.page} {
		if err := w.step(t.Context(), &s, step); err != nil {
			t.Fatal(err)
		}
	}
	a.Pass(time.Minute)
	if _, err := a.post.Invoke(t.Context(), event); !errors.Is(err, errLost) {
		t.Errorf("while the lease lasts: %v, want errLost", err)
	}
	a.Pass(2 * time.Minute)
	if _, err := a.post.Invoke(t.Context(), event); err != nil {
		t.Error(err)
	}
	if v := a.list()[0]; v.Status != succeeded || v.Progress.Done != 250 {
		t.Errorf("task %+v, want it succeeded, each row counted once", v)
	}
	// The lost worker was only slow: its next step has no effect.
	if err := w.step(t.Context(), &s, w.page); !errors.Is(err, errLost) {
		t.Errorf("step of the lost worker: %v, want errLost", err)
	}
}

// A new task takes the place of one whose lease has ended, and its worker loses.
func TestTakeover(t *testing.T) {
	a := newApp(t, 1)
	a.fill(10)
	old := a.start().ID
	a.take()
	w := a.worker()
	s, ok, err := w.claim(t.Context(), old)
	if !ok || err != nil {
		t.Fatal(err)
	}
	a.ask().Problem(t, http.StatusConflict)
	a.Pass(workLease + time.Second)
	id := a.start().ID
	if err := w.step(t.Context(), &s, w.prepare); !errors.Is(err, errLost) {
		t.Errorf("step of the old worker: %v, want errLost", err)
	}
	if err := w.handle(t.Context(), json.RawMessage(`{"taskId":"`+old+`"}`)); err != nil {
		t.Errorf("late event of the old task: %v, want it ignored", err)
	}
	a.deliver(t.Context())
	items := a.list()
	if len(items) != 2 || items[0].ID != id || items[0].Status != succeeded || items[1].ID != old || items[1].Status != failed || items[1].Error != stoppedMessage {
		t.Errorf("tasks %+v, want the new one succeeded and the old one failed", items)
	}
}

// A write whose answer was lost is repeated by the SDK and finds the row it wrote.
func TestLostAnswer(t *testing.T) {
	a := newApp(t, 1)
	w := a.worker()
	s, ok, err := w.claim(t.Context(), a.start().ID)
	if !ok || err != nil {
		t.Fatal(err)
	}
	before := s
	if err := w.save(t.Context(), &s); err != nil {
		t.Fatal(err)
	}
	if err := w.save(t.Context(), &before); err != nil || before.Version != s.Version {
		t.Errorf("save of the same version again: %v, version %d, want %d", err, before.Version, s.Version)
	}
}

// flaky is OpenSearch behind something that fails the first requests whose path ends in suffix.
func flaky(t *testing.T, a *app, suffix string, failures int32) *search.Client {
	t.Helper()
	target, err := url.Parse(enginetest.OpenSearch(t))
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	var count atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, suffix) && count.Add(1) <= failures {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	client, err := search.New(enginetest.Config(), server.URL, a.Env["SEARCH_INDEX"])
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestSearchFails(t *testing.T) {
	for _, test := range []struct {
		suffix   string
		failures int32
		status   string
		message  string
	}{
		{"/_bulk", attempts - 1, succeeded, ""},
		{"/_bulk", 1 << 30, failed, writeMessage},
		{"/_mapping", 0, succeeded, ""},
		{"/_search", 2, succeeded, ""},
		{"/_search", 1 << 30, failed, writeMessage},
	} {
		t.Run(fmt.Sprintf("%d times %s", test.failures, strings.TrimPrefix(test.suffix, "/")), func(t *testing.T) {
			a := newApp(t, 1)
			a.fill(20)
			w := a.worker()
			w.index = flaky(t, a, test.suffix, test.failures)
			id := a.start().ID
			if err := w.handle(t.Context(), json.RawMessage(`{"taskId":"`+id+`"}`)); err != nil {
				t.Fatal(err)
			}
			if v := a.list()[0]; v.Status != test.status || v.Error != test.message {
				t.Errorf("task %+v, want it %s with %q", v, test.status, test.message)
			}
		})
	}
}

// A function of the tenant cannot create the index: it changes a row, and the indexer does.
func TestNoIndex(t *testing.T) {
	a := newApp(t, 1)
	a.fill(3)
	a.Env["SEARCH_INDEX"] = enginetest.Unique("absent")
	index, err := search.New(enginetest.Config(), a.Env["SEARCH_ENDPOINT"], a.Env["SEARCH_INDEX"])
	if err != nil {
		t.Fatal(err)
	}
	a.index = index

	id := a.start().ID
	w := a.worker()
	if err := w.handle(t.Context(), json.RawMessage(`{"taskId":"`+id+`"}`)); err != nil {
		t.Fatal(err)
	}
	if v := a.list()[0]; v.Status != failed || v.Error != noIndexMessage {
		t.Errorf("task %+v, want it failed with %q", v, noIndexMessage)
	}
	page, err := w.kittens.List(t.Context(), 1, "")
	if err != nil {
		t.Fatal(err)
	}
	action, err := document(page.Rows[0])
	if err != nil || action.Version < 2 {
		t.Errorf("first row %+v, %v: want it written again", action, err)
	}

	// The indexer makes the index when it sees the change.
	if err := index.EnsureIndex(t.Context()); err != nil {
		t.Fatal(err)
	}
	id = a.start().ID
	if err := w.handle(t.Context(), json.RawMessage(`{"taskId":"`+id+`"}`)); err != nil {
		t.Fatal(err)
	}
	for _, v := range a.list() {
		if v.ID == id && v.Status != succeeded {
			t.Errorf("task %+v, want it succeeded", v)
		}
	}
	if n := a.indexed(); n != 3 {
		t.Errorf("%d documents, want 3", n)
	}
}

// Without rows and without an index there is nothing to do.
func TestNothingToIndex(t *testing.T) {
	a := newApp(t, 1)
	a.Env["SEARCH_INDEX"] = enginetest.Unique("absent")
	index, err := search.New(enginetest.Config(), a.Env["SEARCH_ENDPOINT"], a.Env["SEARCH_INDEX"])
	if err != nil {
		t.Fatal(err)
	}
	a.index = index
	id := a.start().ID
	if err := a.worker().handle(t.Context(), json.RawMessage(`{"taskId":"`+id+`"}`)); err != nil {
		t.Fatal(err)
	}
	if v := a.list()[0]; v.Status != succeeded {
		t.Errorf("task %+v, want it succeeded", v)
	}
}

func TestRowsFail(t *testing.T) {
	a := newApp(t, 1)
	id := a.start().ID
	a.Env["TABLE_KITTENS"] = "absent"
	if err := a.worker().handle(t.Context(), json.RawMessage(`{"taskId":"`+id+`"}`)); err != nil {
		t.Fatal(err)
	}
	if v := a.list()[0]; v.Status != failed || v.Error != readMessage {
		t.Errorf("task %+v, want it failed with %q", v, readMessage)
	}
}

// Rows that cannot be indexed are told; the others are indexed, and only what has no row is removed.
func TestRefusedRows(t *testing.T) {
	a := newApp(t, 1)
	a.fill(5)
	a.unversioned("without-version")
	a.document("without-version")
	a.document("left-behind")
	a.start()
	a.deliver(t.Context())
	if v := a.list()[0]; v.Status != failed || v.Error != "1 rows cannot be indexed." || v.Progress.Done != 6 {
		t.Errorf("task %+v, want it failed because of one row", v)
	}
	if n := a.indexed(); n != 6 {
		t.Errorf("%d documents, want 6", n)
	}
}

// A row that is deleted after it was read, and whose deletion the engine has forgotten when the document is written at last,
// by a worker that ends then; the next one goes on behind it.
func TestRowDeletedMeanwhile(t *testing.T) {
	for _, ends := range []bool{false, true} {
		t.Run(fmt.Sprintf("worker ends: %v", ends), func(t *testing.T) {
			a := newApp(t, 1)
			a.fill(3)
			w := a.worker()
			s, ok, err := w.claim(t.Context(), a.start().ID)
			if !ok || err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			w.index = meeting(t, a, func() {
				if err := a.rows.Delete(t.Context(), "row-0001", 1); err != nil {
					t.Error(err)
				}
			}, func() {
				if ends {
					cancel()
				}
			})
			err = w.run(ctx, &s)
			if ends == (err == nil) {
				t.Fatalf("run = %v", err)
			}
			if ends {
				a.Pass(workLease + time.Second)
				w = a.worker()
				if s, ok, err = w.claim(t.Context(), s.ID); !ok || err != nil {
					t.Fatal(err)
				}
				if err := w.run(t.Context(), &s); err != nil {
					t.Fatal(err)
				}
			}
			if v := a.list()[0]; v.Status != succeeded || a.indexed() != 2 {
				t.Errorf("task %+v, %d documents, want the 2 that have a row", v, a.indexed())
			}
		})
	}
}

// meeting is OpenSearch behind something that calls before and after the first bulk request.
func meeting(t *testing.T, a *app, before, after func()) *search.Client {
	t.Helper()
	target, err := url.Parse(enginetest.OpenSearch(t))
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	var done atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first := strings.HasSuffix(r.URL.Path, "/_bulk") && !done.Swap(true)
		if first {
			before()
		}
		proxy.ServeHTTP(w, r)
		if first {
			after()
		}
	}))
	t.Cleanup(server.Close)
	client, err := search.New(enginetest.Config(), server.URL, a.Env["SEARCH_INDEX"])
	if err != nil {
		t.Fatal(err)
	}
	return client
}
