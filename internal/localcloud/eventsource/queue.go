package eventsource

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

const (
	// pollSeconds is the longest poll of a queue.
	pollSeconds = 20
	// receiveMost and deleteMost are the most messages of one request to SQS.
	receiveMost = 10
	deleteMost  = 10
	// pageBytes is more than what the messages of one answer, 1 MiB at most, make of a payload.
	pageBytes = 2 << 20
	// deleteAttempts of messages that the function has taken. After that they come again.
	deleteAttempts = 5
	// defaultInvokes at the same time, where AWS scales up to a thousand.
	defaultInvokes = 10
)

// readQueue reads what is of a queue alone (Lambda Developer Guide, "Creating and configuring an
// Amazon SQS event source mapping").
func (s *settings) readQueue(p properties, r resource.Resource) error {
	for _, name := range []string{
		"StartingPosition", "ParallelizationFactor", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts",
		"BisectBatchOnFunctionError", "TumblingWindowInSeconds", "DestinationConfig",
	} {
		if _, ok := r.Properties[name]; ok {
			return fmt.Errorf("%s is for streams, the source is the queue %s", name, s.source)
		}
	}
	s.fifo = strings.HasSuffix(s.source, ".fifo")
	most := 10_000
	if s.fifo {
		most = 10
	}
	var err error
	if s.batchSize, err = within("BatchSize", p.BatchSize, 10, 1, most); err != nil {
		return err
	}
	switch {
	case s.fifo && s.window > 0:
		return fmt.Errorf("MaximumBatchingWindowInSeconds is %d, which Lambda does not take for the FIFO queue %s", int(s.window.Seconds()), s.source)
	case s.batchSize > 10 && s.window == 0:
		return fmt.Errorf("BatchSize is %d: maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10", s.batchSize)
	}
	s.maxInvokes, err = within("ScalingConfig.MaximumConcurrency", p.ScalingConfig.MaximumConcurrency, defaultInvokes, 2, 1000)
	return err
}

// runQueue receives batches and hands them to as many invocations as there may be.
func (m *mapping) runQueue(ctx context.Context) {
	var invokes sync.WaitGroup
	defer invokes.Wait()
	free := make(chan struct{}, m.settings.maxInvokes)
	for failed := 0; ; {
		// A slot comes first: what is received and waits would use up its visibility timeout.
		select {
		case free <- struct{}{}:
		case <-ctx.Done():
			return
		}
		batch, err := m.receiveBatch(ctx)
		if ctx.Err() != nil {
			return
		}
		m.outcome("queue", err)
		if failed++; err == nil {
			failed = 0
			m.enabled()
		}
		if len(batch) == 0 {
			<-free
			if err != nil {
				m.renew(err)
				sleep(ctx, m.delay(failed))
			}
			continue
		}
		m.holds(len(batch))
		invokes.Go(func() {
			defer func() { <-free }()
			defer m.holds(-len(batch))
			m.handle(ctx, batch)
		})
	}
}

func (m *mapping) holds(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.backlog.messages == 0 {
		m.backlog.oldest = m.service.options.Now()
	}
	if m.backlog.messages += n; m.backlog.messages == 0 {
		m.backlog.oldest = time.Time{}
	}
}

// message of a queue, as the function gets it.
type message struct {
	id, receipt string
	event       []byte
}

// receiveBatch polls until the batch is full, as large as a payload may be, or its window is over.
// Messages that filters hold back are deleted, as Lambda does.
func (m *mapping) receiveBatch(ctx context.Context) (batch []message, err error) {
	c, err := m.clients()
	if err != nil {
		return nil, err
	}
	var until time.Time
	size, last := len(payloadHead)+len(payloadTail), false
	for wait := pollSeconds; ; {
		out, err := c.queue.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(queueURL(m.settings.source)), MaxNumberOfMessages: int32(min(receiveMost, m.settings.batchSize-len(batch))),
			WaitTimeSeconds: int32(wait), MessageAttributeNames: []string{"All"},
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		})
		if err != nil {
			return batch, err
		}
		var dropped []message
		for _, received := range out.Messages {
			one := message{id: aws.ToString(received.MessageId), receipt: aws.ToString(received.ReceiptHandle), event: m.messageEvent(received)}
			if m.settings.filters.matchMessage(one.event) {
				batch = append(batch, one)
				size += len(one.event) + 1
			} else {
				dropped = append(dropped, one)
			}
		}
		m.deleteAll(ctx, c, dropped)
		if until.IsZero() {
			until = time.Now().Add(m.settings.window)
		}
		left := time.Until(until)
		if len(batch) == 0 || last || left <= 0 || len(batch) >= m.settings.batchSize || size > maxPayload-pageBytes {
			return batch, nil
		}
		if wait = min(pollSeconds, int(left.Seconds())); wait == 0 {
			last = true
			if !sleep(ctx, left) {
				return batch, ctx.Err()
			}
		}
	}
}

// handle calls the function and deletes what it took. What it did not take is visible again after
// the queue's visibility timeout (Lambda Developer Guide, "Handling errors for an SQS event
// source in Lambda").
func (m *mapping) handle(ctx context.Context, batch []message) {
	records := make([]*record, len(batch))
	for i, one := range batch {
		records[i] = &record{sequence: one.id, event: one.event}
	}
	m.inFlight.Add(1)
	began := time.Now()
	answer, functionError, err := m.service.options.Functions.Invoke(ctx, m.settings.function, payload(records))
	took := time.Since(began)
	m.inFlight.Add(-1)
	if ctx.Err() != nil {
		return
	}
	taken := batch
	why := reason(functionError, -1, len(batch), err)
	switch {
	case err != nil || functionError != "":
		taken = nil
	case m.settings.partial:
		if taken = takenOf(batch, answer); len(taken) < len(batch) {
			why = fmt.Sprintf("Function reported failures of %d of %d messages", len(batch)-len(taken), len(batch))
		}
	}
	if m.outcome("function", err); why == "" {
		m.result(resultOK)
	} else {
		m.result("PROBLEM: " + why)
	}
	m.service.options.OnBatch(Batch{
		UUID: m.settings.uuid, FunctionARN: m.settings.function, SourceARN: m.settings.source,
		Records: len(batch), Attempt: 1, Failure: why, Duration: took,
	})
	if c, err := m.clients(); err == nil {
		m.deleteAll(ctx, c, taken)
	}
	if err != nil {
		sleep(ctx, m.service.options.MaxRetryDelay)
	}
}

// takenOf are the messages that an answer does not report as failed.
func takenOf(batch []message, answer []byte) []message {
	failed := make(map[string]bool, len(batch))
	for _, one := range batch {
		failed[one.id] = false
	}
	ids, all := failures(answer, func(id string) bool { _, ok := failed[id]; return ok })
	if all {
		return nil
	}
	for _, id := range ids {
		failed[id] = true
	}
	return slices.DeleteFunc(slices.Clone(batch), func(one message) bool { return failed[one.id] })
}

// deleteAll deletes messages, also when the mapping is being stopped: they have been worked on.
func (m *mapping) deleteAll(ctx context.Context, c *clients, messages []message) {
	ctx = context.WithoutCancel(ctx)
	for len(messages) > 0 {
		page := messages[:min(deleteMost, len(messages))]
		messages = messages[len(page):]
		var err error
		for attempt := 1; attempt <= deleteAttempts && len(page) > 0; attempt++ {
			if attempt > 1 {
				sleep(ctx, m.delay(attempt-1))
			}
			page, err = m.deletePage(ctx, c, page)
		}
		m.outcome("deleting messages", err)
	}
}

// deletePage returns the messages that are still there.
func (m *mapping) deletePage(ctx context.Context, c *clients, page []message) ([]message, error) {
	entries := make([]types.DeleteMessageBatchRequestEntry, len(page))
	for i, one := range page {
		entries[i] = types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(one.receipt)}
	}
	out, err := c.queue.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: aws.String(queueURL(m.settings.source)), Entries: entries})
	if err != nil {
		return page, err
	}
	var left []message
	for _, f := range out.Failed {
		if i, e := strconv.Atoi(aws.ToString(f.Id)); e == nil && i >= 0 && i < len(page) {
			left = append(left, page[i])
			err = fmt.Errorf("%s: %s", aws.ToString(f.Code), aws.ToString(f.Message))
		}
	}
	return left, err
}
