package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

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

// fakeIndex has documents, by key their version. It has forgotten all deletions.
type fakeIndex struct {
	docs    map[string]int64
	refuse  map[string]search.Result
	err     error
	removed []string
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
		case a.Op == search.OpIndex && there && have >= a.Version, a.Op == search.OpDelete && there && have > a.Version:
			o.Result = search.Stale
		case a.Op == search.OpIndex:
			f.docs[key], o.Created = a.Version, !there
		case a.Op == search.OpDelete:
			delete(f.docs, key)
		}
		out = append(out, o)
	}
	return out, f.err
}

func (f *fakeIndex) Find(_ context.Context, _ string, keys []string) ([]search.Stored, error) {
	var out []search.Stored
	for _, key := range keys {
		if _, ok := f.docs[key]; ok {
			out = append(out, search.Stored{Key: key, Partition: "12345"})
		}
	}
	return out, nil
}

func (f *fakeIndex) Sample(ctx context.Context, table string, _ int) ([]search.Stored, error) {
	return f.Find(ctx, table, nil)
}

func (f *fakeIndex) RemoveGone(ctx context.Context, _ string, docs []search.Stored, exists func(context.Context, []search.Stored) ([]bool, error)) (int, error) {
	there, err := exists(ctx, docs)
	for i, d := range docs {
		if err == nil && !there[i] {
			delete(f.docs, d.Key)
			f.removed = append(f.removed, d.Key)
		}
	}
	return len(f.removed), err
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
	is := func(v int) map[string]int { return map[string]int{"a": v} }
	none := map[string]int{}
	broken := errors.New("broken")
	tests := []struct {
		name    string
		changes []change
		rows    fakeRows
		index   fakeIndex
		want    map[string]int64
		// asked are the keys of each reading, removed those whose documents were taken out by what they are.
		asked, removed []string
		failed         string
		poison         bool
	}{
		{name: "new", changes: []change{write("a", 1)}, rows: fakeRows{states: []map[string]int{is(1)}},
			want: map[string]int64{"a": 1}, asked: []string{"a", "a"}},
		{name: "changed", changes: []change{write("a", 2)}, rows: fakeRows{states: []map[string]int{is(2)}}, index: fakeIndex{docs: map[string]int64{"a": 1}},
			want: map[string]int64{"a": 2}, asked: []string{"a"}},
		{name: "as it is now", changes: []change{write("a", 1), write("a", 2)}, rows: fakeRows{states: []map[string]int{is(7)}}, index: fakeIndex{docs: map[string]int64{"a": 1}},
			want: map[string]int64{"a": 7}, asked: []string{"a"}},
		{name: "a duplicate", changes: []change{write("a", 1)}, rows: fakeRows{states: []map[string]int{is(7)}}, index: fakeIndex{docs: map[string]int64{"a": 7}},
			want: map[string]int64{"a": 7}, asked: []string{"a"}},
		{name: "gone", changes: []change{write("a", 1)}, rows: fakeRows{states: []map[string]int{none}},
			want: map[string]int64{}, asked: []string{"a"}},
		{name: "gone with its document there", changes: []change{write("a", 1)}, rows: fakeRows{states: []map[string]int{none}}, index: fakeIndex{docs: map[string]int64{"a": 1}},
			want: map[string]int64{}, asked: []string{"a"}},
		{name: "gone with a newer document there", changes: []change{write("a", 1)}, rows: fakeRows{states: []map[string]int{none}}, index: fakeIndex{docs: map[string]int64{"a": 5}},
			want: map[string]int64{}, asked: []string{"a", "a"}, removed: []string{"a"}},
		{name: "gone and made again meanwhile", changes: []change{write("a", 1)}, rows: fakeRows{states: []map[string]int{none, is(5)}}, index: fakeIndex{docs: map[string]int64{"a": 5}},
			want: map[string]int64{"a": 5}, asked: []string{"a", "a"}},
		{name: "gone after the first reading", changes: []change{write("a", 1)}, rows: fakeRows{states: []map[string]int{is(3), none}},
			want: map[string]int64{}, asked: []string{"a", "a", "a"}, removed: []string{"a"}},
		{name: "a deletion reads nothing", changes: []change{write("a", 1), removal("a", 1)},
			want: map[string]int64{}, index: fakeIndex{docs: map[string]int64{"a": 1}}},
		{name: "a late deletion", changes: []change{removal("a", 1)}, index: fakeIndex{docs: map[string]int64{"a": 5}},
			want: map[string]int64{"a": 5}},
		{name: "deleted and made again", changes: []change{removal("a", 1), write("a", 3)}, rows: fakeRows{states: []map[string]int{is(3)}}, index: fakeIndex{docs: map[string]int64{"a": 1}},
			want: map[string]int64{"a": 3}, asked: []string{"a"}},
		{name: "a deletion without a version", changes: []change{removal("a", 0)}, rows: fakeRows{states: []map[string]int{none}}, index: fakeIndex{docs: map[string]int64{"a": 5}},
			want: map[string]int64{}, asked: []string{"a"}, removed: []string{"a"}},
		{name: "a row without a version", changes: []change{write("a", 1)}, rows: fakeRows{states: []map[string]int{is(-1)}}, index: fakeIndex{docs: map[string]int64{"a": 1}},
			want: map[string]int64{"a": 1}, asked: []string{"a"}, failed: "version", poison: true},
		{name: "rows cannot be read", changes: []change{write("a", 1)}, rows: fakeRows{states: []map[string]int{none}, err: []error{broken}}, index: fakeIndex{docs: map[string]int64{"a": 1}},
			want: map[string]int64{"a": 1}, asked: []string{"a"}, failed: "broken"},
		{name: "rows cannot be read again", changes: []change{write("a", 1)}, rows: fakeRows{states: []map[string]int{is(1)}, err: []error{nil, broken}},
			want: map[string]int64{"a": 1}, asked: []string{"a", "a"}, failed: "broken"},
		{name: "rows cannot be read a third time", changes: []change{write("a", 1)}, rows: fakeRows{states: []map[string]int{is(1), none}, err: []error{nil, nil, broken}},
			want: map[string]int64{"a": 1}, asked: []string{"a", "a", "a"}, failed: "broken"},
		{name: "the index refuses", changes: []change{write("a", 1)}, rows: fakeRows{states: []map[string]int{is(1)}}, index: fakeIndex{refuse: map[string]search.Result{"a": search.Poison}},
			want: map[string]int64{}, asked: []string{"a"}, failed: "refused", poison: true},
		{name: "the index is away", changes: []change{write("a", 1)}, rows: fakeRows{states: []map[string]int{none}}, index: fakeIndex{err: broken},
			want: map[string]int64{}, asked: []string{"a"}, failed: "broken"},
		{name: "one request for all", changes: []change{write("a", 1), write("b", 1), write("c", 1), removal("d", 1)},
			rows: fakeRows{states: []map[string]int{{"a": 1, "b": 2}}}, index: fakeIndex{docs: map[string]int64{"b": 1, "d": 1}},
			want: map[string]int64{"a": 1, "b": 2}, asked: []string{"a b c", "a"}},
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
			if !slices.Equal(tt.rows.asked, tt.asked) || !slices.Equal(tt.index.removed, tt.removed) {
				t.Errorf("read %q, removed %q, want %q and %q", tt.rows.asked, tt.index.removed, tt.asked, tt.removed)
			}
		})
	}
}

// A row whose document was made of a row of another partition: the account's rows were moved between its shards.
func TestMovedRows(t *testing.T) {
	docs := []search.Stored{{Key: "own", Partition: "12345#1"}, {Key: "gone", Partition: "12345"}, {Key: "foreign", Partition: "67890"}, {Key: "bare"}}
	rows := &fakeRows{states: []map[string]int{{"own": 3, "foreign": 1}}}
	there, err := (&update{account: "12345", rows: rows}).exists("kittens", "kittenId")(t.Context(), docs)
	if err != nil || !slices.Equal(there, []bool{true, false, false, false}) || !slices.Equal(rows.asked, []string{"own gone"}) {
		t.Errorf("there %v, %v, asked %q: want the first alone, and no row of another account read", there, err, rows.asked)
	}
}
