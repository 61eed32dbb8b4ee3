package main

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// sampleSize is how many documents of a table are compared with their rows at a time, and sampleEvery how often
	// that is done for an account whose rows change.
	sampleSize  = 25
	sampleEvery = time.Minute
)

// samples remembers when documents of an account were last compared with their rows.
type samples struct {
	mu   sync.Mutex
	last map[string]time.Time
	now  func() time.Time
}

func newSamples() *samples { return &samples{last: map[string]time.Time{}, now: time.Now} }

// due reports whether it is time, and takes the answer for done.
func (s *samples) due(account string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if last, ok := s.last[account]; ok && now.Sub(last) < sampleEvery {
		return false
	}
	s.last[account] = now
	return true
}

// sample compares some documents of the tables that changed with their rows, and removes those whose row is gone.
// There are none unless something went wrong, such as a request that OpenSearch carried out long after the function
// that sent it was ended. A function that searches leaves such a document out and cannot remove it: it may not write.
func (ix *indexer) sample(ctx context.Context, u *update, group []*change) {
	if failed := func(c *change) bool { return c.failure != nil }; slices.ContainsFunc(group, failed) || !ix.samples.due(u.account) {
		return
	}
	seen := map[string]bool{}
	for _, c := range group {
		if seen[c.row.table] {
			continue
		}
		seen[c.row.table] = true
		docs, err := u.index.Sample(ctx, c.row.table, sampleSize)
		removed := 0
		if err == nil {
			removed, err = u.index.RemoveGone(ctx, c.row.table, docs, u.exists(c.row.table, c.row.attribute))
		}
		if removed > 0 {
			ix.log.WarnContext(ctx, "removed documents without a row", "billingAccount", u.account, "table", c.row.table, "documents", removed)
		}
		if err != nil {
			ix.log.WarnContext(ctx, "comparing documents with their rows failed", "billingAccount", u.account, "table", c.row.table, "error", err.Error())
		}
	}
}
