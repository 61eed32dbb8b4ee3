package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/tenantstack/tenantstack/functions/internal/search"
)

const (
	// parallelAccounts is how many accounts' indices are written at the same time.
	parallelAccounts = 8
	// answerMargin is kept of an invocation's time to answer in: a batch that is not answered is
	// repeated whole.
	answerMargin = 2 * time.Second
)

// indexer is the function. It is made once a process.
type indexer struct {
	settings settings
	accounts accounts
	streams  streams
	queue    queue
	log      *slog.Logger
}

// invocation is a batch of stream records, or a request to replay dead letters.
type invocation struct {
	Records []json.RawMessage `json:"Records"`
	Replay  *replayRequest    `json:"replay"`
}

// handle answers an invocation: events.DynamoDBEventResponse to a batch, a summary to a replay.
func (ix *indexer) handle(ctx context.Context, payload json.RawMessage) (any, error) {
	began := time.Now()
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		ix = &indexer{ix.settings, ix.accounts, ix.streams, ix.queue, ix.log.With("requestId", lc.AwsRequestID)}
	}
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-answerMargin))
		defer cancel()
	}
	var in invocation
	if err := json.Unmarshal(payload, &in); err != nil {
		return nil, errors.New("reading the invocation: it is not of the expected form")
	}
	switch {
	case in.Replay != nil && in.Records == nil:
		return ix.replay(ctx, *in.Replay, began)
	case in.Replay == nil && in.Records != nil:
		return ix.batch(ctx, in.Records, began)
	default:
		return nil, errors.New("reading the invocation: want either Records or replay")
	}
}

// batch indexes a batch of one shard. The answer names the first record that failed: Lambda
// takes the lowest sequence number of an answer as its checkpoint and repeats the batch from there
// (Lambda Developer Guide, "Configuring partial batch response with DynamoDB and Lambda"). The
// records behind it are indexed all the same, so that a record that fails for ever, or an account whose
// domain is down, holds up nothing that this batch brought.
func (ix *indexer) batch(ctx context.Context, texts []json.RawMessage, began time.Time) (any, error) {
	changes := make([]change, 0, len(texts))
	for _, text := range texts {
		r, err := recordOfEvent(text)
		if err != nil {
			return nil, err // without a sequence number there is no checkpoint: all of the batch fails
		}
		changes = append(changes, ix.settings.change(r))
	}
	ix.index(ctx, changes)
	ix.reportFailures(ctx, changes)
	ix.log.InfoContext(ctx, "indexed a batch", "records", len(changes), "failed", failures(changes), "durationMs", time.Since(began).Milliseconds())
	var answer events.DynamoDBEventResponse
	answer.BatchItemFailures = []events.DynamoDBBatchItemFailure{}
	for _, c := range changes {
		if c.failure != nil {
			answer.BatchItemFailures = append(answer.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: c.sequence})
			break
		}
	}
	return answer, nil
}

// index carries out the changes that have not failed, account by account, in order within each.
func (ix *indexer) index(ctx context.Context, changes []change) {
	groups := map[string][]*change{}
	for i := range changes {
		if c := &changes[i]; c.failure == nil {
			groups[c.account] = append(groups[c.account], c)
		}
	}
	var wg sync.WaitGroup
	free := make(chan struct{}, parallelAccounts)
	for account, group := range groups {
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			ix.indexAccount(ctx, account, group)
		})
	}
	wg.Wait()
}

func (ix *indexer) indexAccount(ctx context.Context, account string, group []*change) {
	client, err := ix.accounts.index(ctx, account)
	if err != nil {
		for _, c := range group {
			c.fail(false, "%v", err)
		}
		return
	}
	outcomes, err := client.Bulk(ctx, actions(group))
	if err != nil && len(outcomes) == 0 {
		for _, c := range group {
			c.fail(false, "%v", err)
		}
		return
	}
	for i, o := range outcomes {
		switch {
		case o.Result.OK():
		case o.Result == search.Poison:
			group[i].fail(true, "the index refused it: %s", o.Type)
		case err != nil:
			group[i].fail(false, "%v", err)
		default:
			group[i].fail(false, "the index did not take it: %s", o.Type)
		}
	}
	if slices.ContainsFunc(outcomes, func(o search.Outcome) bool { return o.Result == search.Retry }) {
		ix.accounts.doubt(account)
	}
}

func actions(group []*change) []search.Action {
	out := make([]search.Action, len(group))
	for i, c := range group {
		out[i] = c.action
	}
	return out
}

// reportFailures logs one line for each account and reason that changes failed for.
func (ix *indexer) reportFailures(ctx context.Context, changes []change) {
	type cause struct {
		account, table string
		failure        failure
	}
	counts := map[cause]int{}
	first := map[cause]string{}
	var causes []cause
	for _, c := range changes {
		if c.failure == nil {
			continue
		}
		k := cause{c.account, c.table, *c.failure}
		if counts[k] == 0 {
			causes = append(causes, k)
			first[k] = c.sequence
		}
		counts[k]++
	}
	for _, k := range causes {
		ix.log.ErrorContext(ctx, "records failed", "billingAccount", k.account, "table", k.table, "poison", k.failure.poison,
			"reason", k.failure.reason, "records", counts[k], "sequenceNumber", first[k])
	}
}

// failures is the number of changes that failed.
func failures(changes []change) int {
	n := 0
	for _, c := range changes {
		if c.failure != nil {
			n++
		}
	}
	return n
}
