package eventsource

import (
	"context"
	"time"
)

// part is a batch, or what is left or split off of one, with what happened to it.
type part struct {
	records []*record
	// invokes counts invocations, failures those that count against MaximumRetryAttempts, and
	// refusals the times that the function could not be called.
	invokes, failures, refusals int
	// answered says that last is how the function answered.
	answered bool
	last     string // its function error
}

// conditions under which Lambda gives up.
const (
	attemptsExhausted = "RetryAttemptsExhausted"
	ageExceeded       = "RecordAgeExceeded"
)

// work sends a batch until all of it is done: taken by the function, or given up. A part that is
// split off keeps its place, so that order holds.
func (l *lane) work(ctx context.Context, batch []*record) {
	parts := []*part{{records: batch}}
	for len(parts) > 0 && ctx.Err() == nil {
		p := parts[len(parts)-1]
		l.giveUpOld(ctx, p)
		if len(p.records) == 0 {
			parts = parts[:len(parts)-1]
			continue
		}
		failed, err := l.invoke(ctx, p)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			// The function was not called, which costs no attempt (Lambda Developer Guide,
			// "Retain discarded records for a DynamoDB event source", before invocation).
			p.refusals++
			sleep(ctx, l.s.m.delay(p.refusals))
			continue
		case failed < 0:
			l.s.complete(p.records)
			parts = parts[:len(parts)-1]
			continue
		}
		parts = append(parts[:len(parts)-1], l.remaining(ctx, p, failed)...)
	}
}

// remaining is what to send of a part whose record at an index failed, the last first.
//
// What the function has taken is done, and the rest is a new batch with all its attempts. Without
// such progress the part is cut in half if the mapping bisects, which costs no attempt either
// (Lambda Developer Guide, "Retain discarded records for a DynamoDB event source" and "Configuring
// partial batch response with DynamoDB and Lambda"); else it is sent again until its attempts are
// exhausted.
func (l *lane) remaining(ctx context.Context, p *part, failed int) []*part {
	set := &l.s.m.settings
	switch n := len(p.records); {
	case failed > 0:
		l.s.complete(p.records[:failed])
		return []*part{{records: p.records[failed:], answered: true, last: p.last}}
	case set.bisect && n > 1:
		half := n / 2
		return []*part{{records: p.records[half:]}, {records: p.records[:half], answered: true, last: p.last}}
	}
	p.refusals = 0
	p.failures++
	if set.maxRetries >= 0 && p.failures > set.maxRetries {
		l.giveUp(ctx, p, p.records, attemptsExhausted)
		return nil
	}
	sleep(ctx, l.s.m.delay(p.failures))
	return []*part{p}
}

// giveUpOld drops records that are older than the mapping allows, be they sent before or not.
// Older records are in front.
func (l *lane) giveUpOld(ctx context.Context, p *part) {
	age := l.s.m.settings.maxAge
	if age == 0 {
		return
	}
	oldest := l.s.m.service.options.Now().Add(-age)
	n := 0
	for n < len(p.records) && p.records[n].arrived.Before(oldest) {
		n++
	}
	if n > 0 {
		l.giveUp(ctx, p, p.records[:n], ageExceeded)
		p.records = p.records[n:]
	}
}

// giveUp reports records to the destination and counts them as done. They stay where they are until the
// destination has taken the report: a dead letter that is lost is worse than a stream that waits.
func (l *lane) giveUp(ctx context.Context, p *part, records []*record, condition string) {
	m := l.s.m
	if m.settings.destination == "" {
		m.log("gave up %d records of shard %s from %s to %s: %s", len(records), l.s.id, records[0].sequence, records[len(records)-1].sequence, condition)
		l.s.complete(records)
		return
	}
	body := m.failureRecord(l.s.id, p, records, condition)
	for failed := 1; ; failed++ {
		err := m.send(ctx, body)
		if ctx.Err() != nil {
			return
		}
		m.outcome("destination", err)
		if err == nil {
			l.s.complete(records)
			return
		}
		m.renew(err)
		sleep(ctx, m.delay(failed))
	}
}

// invoke calls the function. failed is the index of the first record that it did not take,
// negative if it took all.
func (l *lane) invoke(ctx context.Context, p *part) (failed int, err error) {
	m := l.s.m
	m.inFlight.Add(1)
	began := time.Now()
	answer, functionError, err := m.service.options.Functions.Invoke(ctx, m.settings.function, payload(p.records))
	took := time.Since(began)
	m.inFlight.Add(-1)
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if err == nil {
		p.invokes++
		p.answered, p.last = true, functionError
		failed = -1
		switch {
		case functionError != "":
			failed = 0
		case m.settings.partial:
			failed = firstFailure(answer, p.records)
		}
	}
	why := reason(functionError, failed, len(p.records), err)
	if m.outcome("function", err); why == "" {
		m.result(resultOK)
	} else {
		m.result("PROBLEM: " + why)
	}
	m.service.options.OnBatch(Batch{
		UUID: m.settings.uuid, FunctionARN: m.settings.function, SourceARN: m.settings.source, ShardID: l.s.id,
		Records: len(p.records), Attempt: max(1, p.invokes), Failure: why, Duration: took,
	})
	return failed, err
}
