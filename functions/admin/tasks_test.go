package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantstack/tenantstack/functions/internal/rest/resttest"
)

func TestStart(t *testing.T) {
	a := newApp(t, 1)
	if items := a.list(); items == nil || len(items) != 0 {
		t.Errorf("tasks %v, want an empty list", items)
	}
	r := a.ask().Want(t, http.StatusAccepted)
	var m map[string]any
	r.Decode(t, &m)
	id, _ := m["taskId"].(string)
	want := map[string]any{
		"taskId": id, "kind": "reindex", "status": "queued", "progress": map[string]any{"done": 0.0},
		"createdAt": "2024-03-05T17:12:44.123Z", "updatedAt": "2024-03-05T17:12:44.123Z",
	}
	if diff := cmp.Diff(want, m); diff != "" || len(id) != 36 || id[14] != '7' {
		t.Errorf("task (-want +got), with a version 7 UUID:\n%s", diff)
	}
	if got, want := r.Header["Location"], "/api/admin/tasks#"+id; got != want {
		t.Errorf("Location %s, want %s", got, want)
	}
	events := a.take()
	if len(events) != 1 || string(events[0]) != `{"billingAccount":"12345","task":{"taskId":"`+id+`"}}` {
		t.Errorf("events %s, want the task's", events)
	}
	if items := a.list(); len(items) != 1 || items[0].ID != id || items[0].Status != queued {
		t.Errorf("tasks %+v, want the one that is queued", items)
	}

	r = a.ask()
	if p := r.Problem(t, http.StatusConflict); r.Header["Location"] != "/api/admin/tasks#"+id || p.Detail == "" {
		t.Errorf("second start: %+v, Location %s, want that of the first", p, r.Header["Location"])
	}
	if events := a.take(); len(events) != 0 {
		t.Errorf("second start sent %s", events)
	}
	for _, body := range []string{`{}`, `{"kind":"drop"}`, `{"kind":"reindex","taskId":"x"}`, `{"kind":["reindex"]}`} {
		resttest.Invoke(t, a.post, resttest.Load(t, "testdata/adminTasksPost.json").Body(t, body)).Problem(t, http.StatusBadRequest)
	}
}

// However many ask at the same time, one task runs, first on an empty table and then after a task that is over.
func TestConcurrentStarts(t *testing.T) {
	const callers = 8
	a := newApp(t, 1)
	for round := range 3 {
		results := make([]resttest.Result, callers)
		var all sync.WaitGroup
		for i := range callers {
			e := resttest.Load(t, "testdata/adminTasksPost.json")
			all.Go(func() { results[i] = resttest.Invoke(t, a.post, e) })
		}
		all.Wait()
		started := ""
		for _, r := range results {
			if r.Status == http.StatusAccepted {
				if started != "" {
					t.Errorf("round %d: two tasks started", round)
				}
				started = r.Header["Location"]
			}
		}
		for _, r := range results {
			if r.Header["Location"] != started || r.Status != http.StatusAccepted && r.Status != http.StatusConflict {
				t.Errorf("round %d: status %d, Location %s, want 409 and %s: %s", round, r.Status, r.Header["Location"], started, r.Body)
			}
		}
		if items := a.list(); len(items) != round+1 {
			t.Errorf("round %d: %d tasks, want %d: %+v", round, len(items), round+1, items)
		}
		switch round {
		case 0:
			a.deliver(t.Context())
			a.Pass(time.Second)
		case 1:
			a.take()
			a.Pass(queueLease + time.Second) // no worker ever came
		}
	}
	var statuses []string
	for _, v := range a.list() {
		statuses = append(statuses, v.Status)
	}
	if got := strings.Join(statuses, " "); got != "queued failed succeeded" {
		t.Errorf("tasks are %s, want the latest first: queued failed succeeded", got)
	}
}

// A task that nobody works on any more is shown as failed, also before another one takes its place.
func TestStoppedTask(t *testing.T) {
	a := newApp(t, 1)
	a.start()
	a.Pass(queueLease + time.Second)
	if v := a.list()[0]; v.Status != queued {
		t.Errorf("task %+v, want it queued while Lambda may still try again", v)
	}
	a.Pass(queueLease)
	if v := a.list()[0]; v.Status != failed || v.Error != stoppedMessage {
		t.Errorf("task %+v, want it stopped", v)
	}
	// If the event arrives after all, it is worked on.
	a.deliver(t.Context())
	if v := a.list()[0]; v.Status != succeeded || v.Error != "" {
		t.Errorf("task %+v, want it succeeded", v)
	}
}

func TestFinishedTasksDisappear(t *testing.T) {
	a := newApp(t, 1)
	for range 3 {
		a.start()
		a.deliver(t.Context())
		a.Pass(time.Hour)
	}
	if n := len(a.list()); n != 3 {
		t.Errorf("%d tasks, want 3", n)
	}
	a.Pass(keep - 3*time.Hour + time.Minute)
	if n := len(a.list()); n != 2 {
		t.Errorf("%d tasks after a week, want 2", n)
	}
	if s := a.slot(); s.ExpiresAt != a.Now().Add(2*time.Hour-time.Minute).Unix() {
		t.Errorf("the slot expires at %d, want a week after its end in seconds", s.ExpiresAt)
	}
}

// A task that Lambda does not take is over at once.
func TestLambdaRefuses(t *testing.T) {
	a := newApp(t, 1)
	a.refuse = http.StatusForbidden
	a.ask().Problem(t, http.StatusInternalServerError)
	if v := a.list()[0]; v.Status != failed || v.Error != invokeMessage {
		t.Errorf("task %+v, want it failed", v)
	}
	a.refuse = 0
	a.start()
	log := a.Log.String()
	if !strings.Contains(log, "AccessDeniedException") || strings.Contains(log, "Bearer") {
		t.Errorf("log has no reason, or a token:\n%s", log)
	}
}

func TestListIsBounded(t *testing.T) {
	a := newApp(t, 1)
	for i := range listed + 5 {
		if _, err := a.slots.Create(t.Context(), fmt.Sprintf("018e0000-0000-7000-8000-%012d", i), task{
			ID: fmt.Sprintf("018e0000-0000-7000-8000-%012d", i), Kind: reindex, Status: failed, Error: "x",
		}); err != nil {
			t.Fatal(err)
		}
	}
	items := a.list()
	if len(items) != listed || items[0].ID != "018e0000-0000-7000-8000-000000000104" {
		t.Errorf("%d tasks beginning with %s, want the latest %d", len(items), items[0].ID, listed)
	}
	data, err := json.Marshal(items[0])
	if err != nil || strings.Contains(string(data), "lease") {
		t.Errorf("task %s, %v, want only what the contract has", data, err)
	}
}
