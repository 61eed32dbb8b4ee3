package main

import (
	"context"
	"fmt"

	"github.com/tenantstack/tenantstack/functions/internal/search"
)

// documentIndex is the part of an index that is used.
type documentIndex interface {
	Bulk(context.Context, []search.Action) ([]search.Outcome, error)
	Find(ctx context.Context, table string, keys []string) ([]search.Stored, error)
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
	// absent says that the row is not there, written that its document was created.
	absent, written bool
	// suspect says that the document has to be looked at.
	suspect bool
}

func (s *subject) fail(poison bool, format string, args ...any) {
	for _, c := range s.changes {
		c.fail(poison, format, args...)
	}
}

func failAll(subjects []*subject, err error) {
	for _, s := range subjects {
		s.fail(false, "%v", err)
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

// decide says of each row what to do to its document, and returns those that have not failed. A deletion need not read
// the row: it deletes no newer document, and a row that is there again has one or is going to.
func (u *update) decide(ctx context.Context, subjects []*subject) []*subject {
	var keys []rowKey
	for _, s := range subjects {
		if !s.removed {
			keys = append(keys, s.row)
		}
	}
	found, unread := u.rows.get(ctx, keys)
	var decided []*subject
	for _, s := range subjects {
		row, there := found[s.row]
		s.absent = !there
		var err error
		switch {
		case !s.removed && unread != nil:
			s.fail(false, "%v", unread)
			continue
		case there:
			if s.action, err = search.Document(s.row.table, s.row.key, row); err != nil {
				s.fail(true, "%v", err)
				continue
			}
		default:
			s.action, err = search.Removal(s.row.table, s.row.key, s.version)
			s.suspect = err != nil // there is no version to delete by
		}
		decided = append(decided, s)
	}
	return decided
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
		failAll(acting, err)
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
		case s.absent:
			// A newer document than the record knows of: it may have been written by whoever read the row
			// before it was deleted.
			s.suspect = o.Result == search.Stale && !s.removed
		default:
			s.written = o.Created
		}
		u.doubt = u.doubt || o.Result == search.Retry
	}
	return standing(subjects)
}

// readAgain finds rows that were deleted between the first reading and the write that created their documents.
func (u *update) readAgain(ctx context.Context, subjects []*subject) []*subject {
	var created []*subject
	var keys []rowKey
	for _, s := range subjects {
		if s.written {
			created, keys = append(created, s), append(keys, s.row)
		}
	}
	found, err := u.rows.get(ctx, keys)
	if err != nil {
		failAll(created, err)
	}
	for _, s := range created {
		_, there := found[s.row]
		s.suspect = !there
	}
	return standing(subjects)
}

// settle removes the documents of suspects whose row is absent.
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
		keys := make([]string, len(group))
		for i, s := range group {
			keys[i] = s.row.key
		}
		docs, err := u.index.Find(ctx, t.name, keys)
		if err == nil {
			_, err = u.index.RemoveGone(ctx, t.name, docs, u.exists(t.name, t.attribute))
		}
		if err != nil {
			failAll(group, fmt.Errorf("looking for documents without a row: %w", err))
		}
	}
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
