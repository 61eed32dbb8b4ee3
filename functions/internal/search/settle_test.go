package search

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// rowsOf answers whether documents have a row, from the keys of rows.
func rowsOf(keys ...string) func(context.Context, []Stored) ([]bool, error) {
	return func(_ context.Context, docs []Stored) ([]bool, error) {
		there := make([]bool, len(docs))
		for i, d := range docs {
			there[i] = slices.Contains(keys, d.Key)
		}
		return there, nil
	}
}

func keysOf(docs []Stored) []string {
	var keys []string
	for _, d := range docs {
		keys = append(keys, d.Key)
	}
	return keys
}

// The reason why nothing rests on the versions of deleted documents.
func TestDeletedVersionsAreForgotten(t *testing.T) {
	c := newIndex(t)
	write(t, c, kitten(t, "k", 3, nil), removal(t, "k", 3))
	if got := write(t, c, kitten(t, "k", 2, nil))[0].Result; got != Stale {
		t.Errorf("an older version after the deletion: %v, want stale", got)
	}
	for _, step := range []string{"_close", "_open?wait_for_active_shards=1"} {
		if err := c.call(t.Context(), "reopening", time.Minute, http.MethodPost, "/"+step, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := write(t, c, kitten(t, "k", 2, nil))[0].Result; got != Done {
		t.Errorf("an older version after close and open: %v, want done", got)
	}
}

func TestCreated(t *testing.T) {
	c := newIndex(t)
	actions := []Action{kitten(t, "k", 1, nil), kitten(t, "k", 1, nil), kitten(t, "k", 2, nil), removal(t, "k", 2), removal(t, "k", 2), kitten(t, "k", 4, nil)}
	for i, want := range []Outcome{{Created: true}, {}, {}, {Deleted: true}, {}, {Created: true}} {
		if o := write(t, c, actions[i])[0]; o != want {
			t.Errorf("action %d: %+v, want %+v", i, o, want)
		}
	}
}

func TestRemoveGone(t *testing.T) {
	c := newIndex(t)
	ctx := t.Context()
	toy, err := Document("toys", "gone", Row{VersionAttribute: number(1)})
	if err != nil {
		t.Fatal(err)
	}
	write(t, c, toy, kitten(t, "kept", 2, Row{partitionAttribute: "12345#3"}), kitten(t, "gone", 7, nil), kitten(t, "gone too", 1, nil))
	docs, err := c.find(ctx, table, []string{"kept", "gone", "gone too", "absent", strings.Repeat("k", 600)}, false)
	if err != nil || len(docs) != 3 {
		t.Fatalf("find = %+v, %v", docs, err)
	}
	for _, d := range docs {
		if want := map[string]string{"kept": "12345#3"}[d.Key]; d.Partition != want {
			t.Errorf("%s is of partition %q, want %q", d.Key, d.Partition, want)
		}
	}
	if n, err := c.RemoveGone(ctx, table, docs, rowsOf("kept")); err != nil || n != 2 {
		t.Errorf("RemoveGone = %d, %v, want 2", n, err)
	}
	// What was removed is gone, and removing it again is no fault.
	if n, err := c.RemoveGone(ctx, table, docs, rowsOf("kept")); err != nil || n != 0 {
		t.Errorf("RemoveGone again = %d, %v, want 0", n, err)
	}
	for id, want := range map[string]bool{"kittens/kept": true, "kittens/gone": false, "kittens/gone too": false, "toys/gone": true} {
		if got := stored(t, c, id) != nil; got != want {
			t.Errorf("%s is in the index: %v, want %v", id, got, want)
		}
	}
	broken := errors.New("broken")
	if _, err := c.RemoveGone(ctx, table, docs, func(context.Context, []Stored) ([]bool, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("RemoveGone = %v, want the error of reading rows", err)
	}
	if n, err := c.RemoveGone(ctx, table, nil, nil); err != nil || n != 0 {
		t.Errorf("RemoveGone of nothing = %d, %v", n, err)
	}
}

// A document that is written between the reading of its row and its removal stays, if the row is there again.
func TestRemoveGoneMeetsAWriter(t *testing.T) {
	for _, remains := range []bool{true, false} {
		t.Run(fmt.Sprintf("row remains %v", remains), func(t *testing.T) {
			c := newIndex(t)
			write(t, c, kitten(t, "k", 1, nil))
			docs, err := c.find(t.Context(), table, []string{"k"}, false)
			if err != nil {
				t.Fatal(err)
			}
			readings := 0
			n, err := c.RemoveGone(t.Context(), table, docs, func(_ context.Context, docs []Stored) ([]bool, error) {
				if readings++; readings == 1 {
					write(t, c, kitten(t, "k", 3, nil))
					return []bool{false}, nil
				}
				return []bool{remains}, nil
			})
			if err := c.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			if there := stored(t, c, table+"/k") != nil; err != nil || there != remains || readings != 2 || n == 1 == remains {
				t.Errorf("removed %d, %v, in %d readings; document there: %v, want %v", n, err, readings, there, remains)
			}
		})
	}
	// One that is written each time is left to whoever tries again.
	c := newIndex(t)
	write(t, c, kitten(t, "k", 1, nil))
	docs, err := c.find(t.Context(), table, []string{"k"}, false)
	if err != nil {
		t.Fatal(err)
	}
	version := int64(1)
	_, err = c.RemoveGone(t.Context(), table, docs, func(context.Context, []Stored) ([]bool, error) {
		version++
		write(t, c, kitten(t, "k", version, nil))
		return []bool{false}, nil
	})
	if !errors.Is(err, ErrBusy) {
		t.Errorf("error = %v, want ErrBusy", err)
	}
}

// Whatever the index has and remembers, its document is what the row is in the end.
func TestSettle(t *testing.T) {
	row := func(version int64, name string) Row {
		return Row{VersionAttribute: number(version), "name": name, "kittenId": "k"}
	}
	document := func(version int64, name string) Action { return kitten(t, "k", version, Row{"name": name}) }
	for _, tt := range []struct {
		name   string
		before []Action
		row    Row
		want   string
	}{
		{"nothing and no row", nil, nil, ""},
		{"nothing", nil, row(1, "new"), "new"},
		{"no row", []Action{document(5, "old")}, nil, ""},
		{"the same", []Action{document(5, "same")}, row(5, "same"), "same"},
		{"an older one", []Action{document(2, "old")}, row(5, "new"), "new"},
		{"a newer one", []Action{document(9, "old")}, row(1, "new"), "new"},
		{"another one of the version", []Action{document(1, "old")}, row(1, "new"), "new"},
		{"deleted", []Action{document(5, "old"), removal(t, "k", 5)}, row(1, "new"), "new"},
		{"deleted and no row", []Action{document(5, "old"), removal(t, "k", 5)}, nil, ""},
		{"a row that cannot be indexed", []Action{document(5, "old")}, Row{"name": "spoiled"}, "old"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newIndex(t)
			write(t, c, append(tt.before, kitten(t, "other", 1, nil))...)
			err := c.Settle(t.Context(), table, []string{"k"}, func(_ context.Context, keys []string, docs []Stored) (map[string]Row, error) {
				if !slices.Equal(keys, []string{"k"}) || len(docs) > 1 {
					t.Errorf("asked for %q of %+v", keys, docs)
				}
				if tt.row == nil {
					return nil, nil
				}
				return map[string]Row{"k": tt.row}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			if name, _ := stored(t, c, table+"/k")["name"].(string); name != tt.want {
				t.Errorf("index has %q, want %q", name, tt.want)
			}
			if stored(t, c, table+"/other") == nil {
				t.Error("another document is gone")
			}
		})
	}
}

// A row that changes while its document is settled is looked at again.
func TestSettleMeetsChanges(t *testing.T) {
	c := newIndex(t)
	states := []map[string]Row{{"k": {VersionAttribute: number(1)}}, nil, {"k": {VersionAttribute: number(3)}}, {"k": {VersionAttribute: number(3)}}}
	readings := 0
	read := func(context.Context, []string, []Stored) (map[string]Row, error) {
		readings++
		return states[min(readings, len(states))-1], nil
	}
	if err := c.Settle(t.Context(), table, []string{"k"}, read); err != nil || readings != 4 {
		t.Errorf("%v after %d readings, want 4: made, removed, made, and seen so", err, readings)
	}
	if err := c.Refresh(t.Context()); err != nil || stored(t, c, table+"/k") == nil {
		t.Errorf("%v, and the document is gone", err)
	}
	version := int64(3)
	busy := func(context.Context, []string, []Stored) (map[string]Row, error) {
		version++
		write(t, c, kitten(t, "k", version, nil))
		return nil, nil
	}
	if err := c.Settle(t.Context(), table, []string{"k"}, busy); !errors.Is(err, ErrBusy) {
		t.Errorf("error = %v, want ErrBusy", err)
	}
	broken := errors.New("broken")
	if err := c.Settle(t.Context(), table, []string{"k"}, func(context.Context, []string, []Stored) (map[string]Row, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("error = %v, want that of reading", err)
	}
}

func TestWalk(t *testing.T) {
	c := newIndex(t)
	ctx := t.Context()
	want := []string{"A", "a", "b/c", "k", "z", "ä", "🐱"} // in the order of their bytes
	for _, key := range want {
		write(t, c, kitten(t, key, 1, nil))
	}
	toy, err := Document("toys", "k", Row{VersionAttribute: number(1)})
	if err != nil {
		t.Fatal(err)
	}
	write(t, c, toy)
	for _, n := range []int{1, 3, len(want), 100} {
		var got []string
		for after, calls := "", 0; ; calls++ {
			docs, next, err := c.Walk(ctx, table, after, n)
			if err != nil || len(docs) > n || calls > len(want) {
				t.Fatalf("Walk = %v, %q, %v", docs, next, err)
			}
			got = append(got, keysOf(docs)...)
			if after = next; after == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("by %d: %q, want %q", n, got, want)
		}
	}
	docs, err := c.Sample(ctx, table, 4)
	if err != nil || len(docs) != 4 {
		t.Errorf("Sample = %+v, %v", docs, err)
	}
	if docs, err = c.Sample(ctx, table, 100); err != nil || !slices.Equal(slices.Sorted(slices.Values(keysOf(docs))), want) {
		t.Errorf("Sample of all = %q, %v", keysOf(docs), err)
	}
}

// A document that no row was made into is one without a row, and is removed like others.
func TestOddDocuments(t *testing.T) {
	c := newIndex(t)
	for id, doc := range map[string]string{
		"kittens/bare": `{"table":"kittens","key":"bare"}`, "kittens/number": `{"table":"kittens","key":"number","row":7}`,
		"kittens/list": `{"table":"kittens","key":"list","row":[{"billingAccount":"12345"}]}`, "odd": `{"table":"kittens"}`,
		"kittens/numbered": `{"table":"kittens","key":"numbered","row":{"billingAccount":12345}}`,
	} {
		write(t, c, Action{ID: id, Version: 1, Doc: []byte(doc)})
	}
	docs, next, err := c.Walk(t.Context(), table, "", 3)
	for after := next; after != "" && err == nil; {
		var more []Stored
		more, after, err = c.Walk(t.Context(), table, after, 3)
		docs = append(docs, more...)
	}
	if err != nil || len(docs) != 5 {
		t.Fatalf("Walk = %+v, %v", docs, err)
	}
	for _, d := range docs {
		if d.Partition != "" {
			t.Errorf("%+v has a partition", d)
		}
	}
	if n, err := c.RemoveGone(t.Context(), table, docs, rowsOf()); err != nil || n != 5 {
		t.Errorf("RemoveGone = %d, %v, want 5", n, err)
	}
}

// hitsOf answers which hits have a row.
func hitsOf(there func(id string) bool) func(context.Context, []Hit) ([]bool, error) {
	return func(_ context.Context, hits []Hit) ([]bool, error) {
		var out []bool
		for _, h := range hits {
			out = append(out, there(h.ID))
		}
		return out, nil
	}
}

// Whatever documents have no row, the pages together are all that have one, each full but the last.
func TestSearchRows(t *testing.T) {
	c := newIndex(t)
	var actions []Action
	const count = 260
	for i := range count {
		actions = append(actions, kitten(t, fmt.Sprintf("k%03d", i), 1, Row{"name": "Luna"}))
	}
	write(t, c, actions...)
	for name, there := range map[string]func(int) bool{
		"all": func(int) bool { return true }, "none": func(int) bool { return false },
		"first": func(i int) bool { return i == 0 }, "last": func(i int) bool { return i == count-1 },
		"every third": func(i int) bool { return i%3 == 0 }, "not the first": func(i int) bool { return i > 0 },
		"the first half": func(i int) bool { return i < count/2 }, "the second half": func(i int) bool { return i >= count/2 },
	} {
		var want []string
		for i := range count {
			if there(i) {
				want = append(want, fmt.Sprintf("k%03d", i))
			}
		}
		for _, limit := range []int{1, 7, 99, 100} {
			if limit == 1 && len(want) > 20 {
				continue
			}
			var got []string
			q := Query{Table: table, Text: "luna", Limit: limit}
			for {
				p, err := c.SearchRows(t.Context(), q, hitsOf(func(id string) bool { return slices.Contains(want, id) }))
				if err != nil || p.Total != count {
					t.Fatalf("%s: %+v, %v", name, p, err)
				}
				for _, h := range p.Hits {
					got = append(got, h.ID)
				}
				if left := len(want) - len(got); p.Next != "" && (len(p.Hits) != limit || left == 0) || p.Next == "" && left > 0 {
					t.Fatalf("%s, limit %d: a page of %d with a cursor: %v, and %d rows are left", name, limit, len(p.Hits), p.Next != "", left)
				}
				if q.Cursor = p.Next; p.Next == "" {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, limit %d: %d rows, want %d", name, limit, len(got), len(want))
			}
		}
	}
}

// The work for one page is bounded, and the cursor goes on where it ended.
func TestSearchRowsIsBounded(t *testing.T) {
	c := newIndex(t)
	var actions []Action
	count := fillSize*fillRounds + 50
	for i := range count {
		actions = append(actions, kitten(t, fmt.Sprintf("k%04d", i), 1, Row{"name": "Luna"}))
	}
	write(t, c, actions...)
	last := fmt.Sprintf("k%04d", count-1)
	q, looked := Query{Table: table, Text: "luna", Limit: 1}, 0
	for pages := 1; ; pages++ {
		p, err := c.SearchRows(t.Context(), q, hitsOf(func(id string) bool { looked++; return id == last }))
		if err != nil {
			t.Fatal(err)
		}
		if p.Next == "" {
			if len(p.Hits) != 1 || p.Hits[0].ID != last || looked != count || pages < 2 {
				t.Errorf("%+v on page %d after %d hits, want the last row and each hit looked at once", p, pages, looked)
			}
			return
		}
		if len(p.Hits) != 0 || p.Gone == 0 || p.Gone > fillSize*fillRounds {
			t.Fatalf("page %d: %+v", pages, p)
		}
		q.Cursor = p.Next
	}
}

// A search that stops answering keeps what was found so far, and its cursor.
func TestSearchRowsWhileSearchFails(t *testing.T) {
	searches := 0
	c := served(t, func(w http.ResponseWriter, r *http.Request) {
		if searches++; searches > 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, `{"hits":{"total":{"value":9},"hits":[{"_score":3,"sort":[3,"a"]},{"_score":2,"sort":[2,"b"]},{"_score":1,"sort":[1,"c"]},{"_score":1,"sort":[1,"d"]}]}}`)
	})
	q := Query{Table: table, Text: "x", Limit: 2}
	p, err := c.SearchRows(t.Context(), q, hitsOf(func(id string) bool { return id == "a" }))
	if err != nil || len(p.Hits) != 1 || p.Gone != 2 || p.Next == "" {
		t.Fatalf("%+v, %v, want one hit and a cursor", p, err)
	}
	if after, err := decodeCursor(Query{Table: table, Text: "x", Cursor: p.Next}); err != nil || after[1] != "c" {
		t.Errorf("the cursor goes on behind %v, want c, the last that was looked at: %v", after, err)
	}
	searches = 0
	if _, err := c.SearchRows(t.Context(), q, hitsOf(func(string) bool { return false })); !errors.Is(err, ErrUnavailable) {
		t.Errorf("with nothing found: %v, want ErrUnavailable", err)
	}
	if _, err := c.SearchRows(t.Context(), Query{Table: table, Text: " "}, nil); !errors.Is(err, ErrText) {
		t.Errorf("no text: %v, want ErrText", err)
	}
}
