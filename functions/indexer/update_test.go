package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/tenantstack/tenantstack/functions/internal/search"
)

// fakeRows answer each reading from the next of their states; the last stays.
type fakeRows struct {
	states []map[string]int // versions by key; -1 for a row without one
	err    []error
	asked  []string
}

func (f *fakeRows) get(_ context.Context, keys []rowKey) (map[rowKey]search.Row, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	var names []string
	for _, k := range keys {
		names = append(names, k.key)
	}
	f.asked = append(f.asked, strings.Join(names, " "))
	state := f.states[0]
	if len(f.states) > 1 {
		f.states = f.states[1:]
	}
	if len(f.err) > 0 {
		err := f.err[0]
		if f.err = f.err[1:]; err != nil {
			return nil, err
		}
	}
	found := map[rowKey]search.Row{}
	for _, k := range keys {
		if v, ok := state[k.key]; ok {
			found[k] = search.Row{partitionKey: k.partition}
			if v > 0 {
				found[k]["version"] = json.Number(fmt.Sprint(v))
			}
		}
	}
	return found, nil
}

// fakeIndex has documents, by key their version. It remembers deletions in tombs until they are forgotten.
type fakeIndex struct {
	docs, tombs map[string]int64
	refuse      map[string]search.Result
	err         error
	settled     []string
}

func (f *fakeIndex) Bulk(_ context.Context, actions []search.Action) ([]search.Outcome, error) {
	var out []search.Outcome
	for _, a := range actions {
		key := strings.TrimPrefix(a.ID, "kittens/")
		have, there := f.docs[key]
		o := search.Outcome{Result: f.refuse[key]}
		switch {
		case f.err != nil:
			o.Result = search.Retry
		case o.Result != search.Done:
		case max(have, f.tombs[key]) > a.Version:
			o.Result = search.Stale
		case a.Op == search.OpIndex:
			f.docs[key], o.Created = a.Version, !there
		case a.Op == search.OpDelete:
			delete(f.docs, key)
			o.Deleted = there
		}
		out = append(out, o)
	}
	return out, f.err
}

// Settle does at once what it is for.
func (f *fakeIndex) Settle(ctx context.Context, _ string, keys []string, read func(context.Context, []string, []search.Stored) (map[string]search.Row, error)) error {
	f.settled = append(f.settled, keys...)
	var docs []search.Stored
	for _, key := range keys {
		if _, ok := f.docs[key]; ok {
			docs = append(docs, search.Stored{Key: key, Partition: "12345"})
		}
	}
	rows, err := read(ctx, keys, docs)
	if err != nil {
		return err
	}
	for _, key := range keys {
		delete(f.docs, key)
		if row, there := rows[key]; there {
			f.docs[key] = search.Version(row)
		}
	}
	return nil
}

func (f *fakeIndex) Sample(context.Context, string, int) ([]search.Stored, error) { return nil, nil }

func (f *fakeIndex) RemoveGone(context.Context, string, []search.Stored, func(context.Context, []search.Stored) ([]bool, error)) (int, error) {
	return 0, nil
}

func TestUpdate(t *testing.T) {
	write := func(key string, version int64) change {
		return change{row: rowKey{"kittens", "12345", "kittenId", key}, version: version}
	}
	removal := func(key string, version int64) change {
		c := write(key, version)
		c.removal = true
		return c
	}
	is := func(versions ...int) fakeRows {
		var f fakeRows
		for _, v := range versions {
			state := map[string]int{}
			if v != 0 {
				state["a"] = v
			}
			f.states = append(f.states, state)
		}
		return f
	}
	has := func(v int64) fakeIndex { return fakeIndex{docs: map[string]int64{"a": v}} }
	failing := func(f fakeRows, err ...error) fakeRows { f.err = err; return f }
	broken, denied := errors.New("broken"), &smithy.GenericAPIError{Code: "AccessDeniedException"}
	tests := []struct {
		name    string
		changes []change
		rows    fakeRows
		index   fakeIndex
		// want is what the index has in the end.
		want map[string]int64
		// reads counts the readings of rows.
		reads   int
		settled bool
		failed  string
		poison  bool
	}{
		{name: "new", changes: []change{write("a", 1)}, rows: is(1), want: map[string]int64{"a": 1}, reads: 2},
		{name: "changed", changes: []change{write("a", 2)}, rows: is(2), index: has(1), want: map[string]int64{"a": 2}, reads: 1},
		{name: "as it is now", changes: []change{write("a", 1), write("a", 2)}, rows: is(7), index: has(1), want: map[string]int64{"a": 7}, reads: 1},
		{name: "a duplicate", changes: []change{write("a", 1)}, rows: is(7), index: has(7), want: map[string]int64{"a": 7}, reads: 1},
		{name: "gone", changes: []change{write("a", 1)}, rows: is(0), want: map[string]int64{}, reads: 1},
		{name: "gone with its document there", changes: []change{write("a", 1)}, rows: is(0), index: has(1), want: map[string]int64{}, reads: 2},
		{name: "gone with a newer document there", changes: []change{write("a", 1)}, rows: is(0), index: has(5), want: map[string]int64{}, reads: 2, settled: true},
		{name: "gone, and made again meanwhile", changes: []change{write("a", 1)}, rows: is(0, 5), index: has(5), want: map[string]int64{"a": 5}, reads: 2, settled: true},
		{name: "gone after the first reading", changes: []change{write("a", 1)}, rows: is(3, 0), want: map[string]int64{}, reads: 3, settled: true},
		{name: "changed after the first reading", changes: []change{write("a", 1)}, rows: is(3, 4), want: map[string]int64{"a": 3}, reads: 2},
		{name: "overtaken", changes: []change{write("a", 1)}, rows: is(3, 4), index: has(4), want: map[string]int64{"a": 4}, reads: 2, settled: true},
		{name: "deleted", changes: []change{write("a", 1), removal("a", 1)}, rows: is(0), index: has(1), want: map[string]int64{}, reads: 2},
		{name: "deleted before", changes: []change{removal("a", 1)}, rows: is(0), want: map[string]int64{}, reads: 1},
		{name: "deleted, with a newer document there", changes: []change{removal("a", 1)}, rows: is(0), index: has(5), want: map[string]int64{}, reads: 2, settled: true},
		{name: "a late deletion", changes: []change{removal("a", 1)}, rows: is(5), index: has(5), want: map[string]int64{"a": 5}, reads: 1},
		{name: "made again with a later version", changes: []change{removal("a", 1), write("a", 3)}, rows: is(3), index: has(1), want: map[string]int64{"a": 3}, reads: 1},
		{name: "made again from the beginning", changes: []change{write("a", 1)}, rows: is(1), index: fakeIndex{tombs: map[string]int64{"a": 6}}, want: map[string]int64{"a": 1}, reads: 2, settled: true},
		{name: "made again, its deletion not indexed", changes: []change{write("a", 1)}, rows: is(1), index: has(5), want: map[string]int64{"a": 1}, reads: 2, settled: true},
		{name: "made again while the deletion was indexed", changes: []change{removal("a", 5)}, rows: is(0, 1), index: has(5), want: map[string]int64{"a": 1}, reads: 3, settled: true},
		{name: "a deletion without a version", changes: []change{removal("a", 0)}, rows: is(0), index: has(5), want: map[string]int64{}, reads: 2, settled: true},
		{name: "a row without a version", changes: []change{write("a", 1)}, rows: is(-1), index: has(1), want: map[string]int64{"a": 1}, reads: 1, failed: "version", poison: true},
		{name: "rows cannot be read", changes: []change{write("a", 1)}, rows: failing(is(0), broken), index: has(1), want: map[string]int64{"a": 1}, reads: 1, failed: "broken"},
		{name: "rows may not be read", changes: []change{write("a", 1)}, rows: failing(is(0), denied), index: has(1), want: map[string]int64{"a": 1}, reads: 1, failed: "AccessDenied"},
		{name: "rows cannot be read again", changes: []change{write("a", 1)}, rows: failing(is(1), nil, broken), want: map[string]int64{"a": 1}, reads: 2, failed: "broken"},
		{name: "rows cannot be read a third time", changes: []change{write("a", 1)}, rows: failing(is(1, 0), nil, nil, broken), want: map[string]int64{"a": 1}, reads: 3, settled: true, failed: "broken"},
		{name: "deleted where rows cannot be read", changes: []change{removal("a", 1)}, rows: failing(is(0), broken), index: has(1), want: map[string]int64{"a": 1}, reads: 1, failed: "broken"},
		{name: "deleted where rows may not be read", changes: []change{removal("a", 1)}, rows: failing(is(0), denied), index: has(1), want: map[string]int64{}, reads: 1},
		{name: "the index refuses", changes: []change{write("a", 1)}, rows: is(1), index: fakeIndex{refuse: map[string]search.Result{"a": search.Poison}}, want: map[string]int64{}, reads: 1, failed: "refused", poison: true},
		{name: "the index is away", changes: []change{write("a", 1)}, rows: is(0), index: fakeIndex{err: broken}, want: map[string]int64{}, reads: 1, failed: "broken"},
		{name: "one request for all that were written", changes: []change{write("a", 1), write("b", 1), write("c", 1)},
			rows: fakeRows{states: []map[string]int{{"a": 1, "b": 2}}}, index: fakeIndex{docs: map[string]int64{"b": 1}}, want: map[string]int64{"a": 1, "b": 2}, reads: 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.index.docs == nil {
				tt.index.docs = map[string]int64{}
			}
			var group []*change
			for i := range tt.changes {
				group = append(group, &tt.changes[i])
			}
			u := &update{account: "12345", index: &tt.index, rows: &tt.rows}
			u.apply(t.Context(), group)
			for _, c := range group {
				switch {
				case tt.failed == "" && c.failure != nil:
					t.Errorf("failed: %+v", c.failure)
				case tt.failed != "" && (c.failure == nil || !strings.Contains(c.failure.reason, tt.failed) || c.failure.poison != tt.poison):
					t.Errorf("failure %+v, want %q, poison %v", c.failure, tt.failed, tt.poison)
				}
			}
			if fmt.Sprint(tt.index.docs) != fmt.Sprint(tt.want) {
				t.Errorf("index has %v, want %v", tt.index.docs, tt.want)
			}
			if len(tt.rows.asked) != tt.reads || len(tt.index.settled) > 0 != tt.settled {
				t.Errorf("read %q, settled %q, want %d readings and settled: %v", tt.rows.asked, tt.index.settled, tt.reads, tt.settled)
			}
		})
	}
}

// A document may be of a row in another partition: the account's rows were moved between its key shards.
func TestMovedRows(t *testing.T) {
	docs := []search.Stored{{Key: "own", Partition: "12345#1"}, {Key: "gone", Partition: "12345"}, {Key: "foreign", Partition: "67890"}, {Key: "bare"}}
	rows := &fakeRows{states: []map[string]int{{"own": 3, "foreign": 1}}}
	u := &update{account: "12345", rows: rows}
	there, err := u.exists("kittens", "kittenId")(t.Context(), docs)
	if err != nil || !slices.Equal(there, []bool{true, false, false, false}) || !slices.Equal(rows.asked, []string{"own gone"}) {
		t.Errorf("there %v, %v, asked %q: want the first alone, and no row of another account read", there, err, rows.asked)
	}
	place := func(partition string) rowKey { return rowKey{"kittens", partition, "kittenId", "a"} }
	byPlace := placedRows{place("12345"): {"version": json.Number("2")}, place("12345#1"): {"version": json.Number("4")}, place("67890"): {"version": json.Number("9")}}
	u.rows = byPlace
	latest, err := u.latest(t.Context(), "kittens", "kittenId", []string{"a"}, map[string][]string{"a": {"12345"}},
		[]search.Stored{{Key: "a", Partition: "12345#1"}, {Key: "a", Partition: "67890"}})
	if err != nil || len(latest) != 1 || search.Version(latest["a"]) != 4 {
		t.Errorf("latest = %v, %v, want version 4", latest, err)
	}
}

type placedRows map[rowKey]search.Row

func (p placedRows) get(_ context.Context, keys []rowKey) (map[rowKey]search.Row, error) {
	found := map[rowKey]search.Row{}
	for _, k := range keys {
		if row, ok := p[k]; ok {
			found[k] = row
		}
	}
	return found, nil
}
