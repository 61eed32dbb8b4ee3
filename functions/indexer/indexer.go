package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
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
	samples  *samples
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
		logged := *ix
		logged.log = ix.log.With("requestId", lc.AwsRequestID)
		ix = &logged
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
		switch c := &changes[i]; {
		case c.failure != nil:
		case c.ignored:
			ix.log.DebugContext(ctx, "a row of the platform is not indexed", "billingAccount", c.account, "table", c.row.table)
		default:
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
	u := &update{index: client, rows: ix.accounts.rows(account), account: account}
	u.apply(ctx, group)
	if u.doubt {
		ix.accounts.doubt(account)
		return
	}
	ix.sample(ctx, u, group)
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
		k := cause{c.account, c.row.table, *c.failure}
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
