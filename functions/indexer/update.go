package main

import (
	"context"
	"maps"
	"slices"

	"github.com/tenantstack/tenantstack/functions/internal/search"
)

// documentIndex is the part of an index that is used.
type documentIndex interface {
	Bulk(context.Context, []search.Action) ([]search.Outcome, error)
	Settle(ctx context.Context, table string, keys []string, read func(context.Context, []string, []search.Stored) (map[string]search.Row, error)) error
	Sample(ctx context.Context, table string, n int) ([]search.Stored, error)
	RemoveGone(ctx context.Context, table string, docs []search.Stored, exists func(context.Context, []search.Stored) ([]bool, error)) (int, error)
}

// update brings documents of one account in step with their rows: package search says how.
type update struct {
	account string
	index   documentIndex
	rows    rows
	// doubt says that the index did not take what it takes else.
	doubt bool
}

// subject is a row that records of a batch are of, and what becomes of its document.
type subject struct {
	row     rowKey
	changes []*change
	// removed says that the last of the records deleted the row. Version is the greatest that they have.
	removed bool
	version int64

	action search.Action
	// absent says that the row is not there; hidden, that the role may not read it.
	absent, hidden bool
	// changed says that the write made or removed a document, suspect that it has to be looked at.
	changed, suspect bool
}

func (s *subject) fail(poison bool, format string, args ...any) {
	for _, c := range s.changes {
		c.fail(poison, format, args...)
	}
}

// apply carries out changes that have not failed.
func (u *update) apply(ctx context.Context, group []*change) {
	subjects := u.decide(ctx, subjectsOf(group))
	subjects = u.write(ctx, subjects)
	subjects = u.readAgain(ctx, subjects)
	u.settle(ctx, subjects)
}

// subjectsOf are the rows of changes, in the order of their first.
func subjectsOf(group []*change) []*subject {
	var out []*subject
	byRow := map[rowKey]*subject{}
	for _, c := range group {
		s := byRow[c.row]
		if s == nil {
			s = &subject{row: c.row}
			byRow[c.row] = s
			out = append(out, s)
		}
		s.changes = append(s.changes, c)
		s.removed, s.version = c.removal, max(s.version, c.version)
	}
	return out
}

// decide says of each row what to do to its document, and returns those that have not failed.
func (u *update) decide(ctx context.Context, subjects []*subject) []*subject {
	written := u.read(ctx, subjects, func(s *subject) bool { return !s.removed })
	removed := u.read(ctx, subjects, func(s *subject) bool { return s.removed })
	var decided []*subject
	for _, s := range standing(subjects) {
		row, there := written[s.row]
		if s.removed {
			row, there = removed[s.row]
		}
		s.absent = !there
		var err error
		if there {
			if s.action, err = search.Document(s.row.table, s.row.key, row); err != nil {
				s.fail(true, "%v", err)
				continue
			}
		} else if s.action, err = search.Removal(s.row.table, s.row.key, s.version); err != nil {
			s.suspect = true // there is no version to delete by
		}
		decided = append(decided, s)
	}
	return decided
}

// read reads the rows of some subjects, which fail if that fails. A row that was deleted where the role may not read
// was one of an account whose rows have moved since, to other key shards: its deletion is as its record says.
func (u *update) read(ctx context.Context, subjects []*subject, some func(*subject) bool) map[rowKey]search.Row {
	var chosen []*subject
	var keys []rowKey
	for _, s := range subjects {
		if some(s) {
			chosen, keys = append(chosen, s), append(keys, s.row)
		}
	}
	found, err := u.rows.get(ctx, keys)
	for _, s := range chosen {
		switch {
		case err == nil:
		case s.removed && isDenied(err):
			s.hidden = true
		default:
			s.fail(false, "%v", err)
		}
	}
	return found
}

// write carries out the actions and returns the subjects that have not failed.
func (u *update) write(ctx context.Context, subjects []*subject) []*subject {
	var acting []*subject
	var actions []search.Action
	for _, s := range subjects {
		if !s.suspect {
			acting, actions = append(acting, s), append(actions, s.action)
		}
	}
	outcomes, err := u.index.Bulk(ctx, actions)
	if err != nil && len(outcomes) == 0 {
		for _, s := range acting {
			s.fail(false, "%v", err)
		}
	}
	for i, o := range outcomes {
		s := acting[i]
		switch {
		case o.Result == search.Poison:
			s.fail(true, "the index refused it: %s", o.Type)
		case !o.Result.OK() && err != nil:
			s.fail(false, "%v", err)
		case !o.Result.OK():
			s.fail(false, "the index did not take it: %s", o.Type)
		default:
			s.suspect = o.Result == search.Stale
			s.changed = o.Created || o.Deleted
		}
		u.doubt = u.doubt || o.Result == search.Retry
	}
	return standing(subjects)
}

// readAgain finds rows that were deleted or made between the first reading and the write that made or removed their
// documents.
func (u *update) readAgain(ctx context.Context, subjects []*subject) []*subject {
	changed := func(s *subject) bool { return s.changed && !s.hidden }
	found := u.read(ctx, subjects, changed)
	for _, s := range subjects {
		if changed(s) {
			_, there := found[s.row]
			s.suspect = there == s.absent
		}
	}
	return standing(subjects)
}

// settle makes the documents of suspects agree with their rows.
func (u *update) settle(ctx context.Context, subjects []*subject) {
	type table struct{ name, attribute string }
	suspects := map[table][]*subject{}
	for _, s := range subjects {
		if s.suspect {
			t := table{s.row.table, s.row.attribute}
			suspects[t] = append(suspects[t], s)
		}
	}
	for t, group := range suspects {
		// places are where rows with a key may be; more than one while rows move between key shards.
		places := map[string][]string{}
		var keys []string
		for _, s := range group {
			if !slices.Contains(keys, s.row.key) {
				keys = append(keys, s.row.key)
			}
			if !s.hidden {
				places[s.row.key] = append(places[s.row.key], s.row.partition)
			}
		}
		err := u.index.Settle(ctx, t.name, keys, func(ctx context.Context, keys []string, docs []search.Stored) (map[string]search.Row, error) {
			return u.latest(ctx, t.name, t.attribute, keys, places, docs)
		})
		if err != nil {
			for _, s := range group {
				s.fail(false, "%v", err)
			}
		}
	}
}

// latest reads rows of a table by the values of their sort keys, where records have them and where their documents have
// them from. Of several with a key it takes the one with the greatest version.
func (u *update) latest(ctx context.Context, table, attribute string, keys []string, places map[string][]string, docs []search.Stored) (map[string]search.Row, error) {
	wanted := map[rowKey]bool{}
	add := func(partition, key string) {
		if account, ok := accountOf(partition); ok && account == u.account {
			wanted[rowKey{table: table, attribute: attribute, partition: partition, key: key}] = true
		}
	}
	for _, key := range keys {
		for _, partition := range places[key] {
			add(partition, key)
		}
	}
	for _, d := range docs {
		add(d.Partition, d.Key)
	}
	found, err := u.rows.get(ctx, slices.Collect(maps.Keys(wanted)))
	if err != nil {
		return nil, err
	}
	rows := map[string]search.Row{}
	for k, row := range found {
		if other, ok := rows[k.key]; !ok || search.Version(row) > search.Version(other) {
			rows[k.key] = row
		}
	}
	return rows, nil
}

// exists reports whether documents of a table have the row that they were made of. One that was not made of a row of
// the account has none.
func (u *update) exists(table, attribute string) func(context.Context, []search.Stored) ([]bool, error) {
	return func(ctx context.Context, docs []search.Stored) ([]bool, error) {
		rowOf := func(d search.Stored) (rowKey, bool) {
			account, ok := accountOf(d.Partition)
			return rowKey{table: table, attribute: attribute, partition: d.Partition, key: d.Key}, ok && account == u.account
		}
		var keys []rowKey
		for _, d := range docs {
			if k, ok := rowOf(d); ok {
				keys = append(keys, k)
			}
		}
		found, err := u.rows.get(ctx, keys)
		if err != nil {
			return nil, err
		}
		there := make([]bool, len(docs))
		for i, d := range docs {
			k, _ := rowOf(d)
			_, there[i] = found[k]
		}
		return there, nil
	}
}

// standing are the subjects that have not failed.
func standing(subjects []*subject) []*subject {
	var out []*subject
	for _, s := range subjects {
		if s.changes[0].failure == nil {
			out = append(out, s)
		}
	}
	return out
}
