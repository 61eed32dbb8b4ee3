package sqs

import (
	"regexp"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// maxBatch is the size limit of all messages of a batch in bytes (SQS API Reference, "SendMessageBatch").
const maxBatch = 1 << 20

var batchID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// failedEntry is an entry of a batch that failed; the others succeed.
type failedEntry struct {
	ID          string `json:"Id"`
	SenderFault bool
	Code        string
	Message     string
}

func failed(id string, e *gate.Error) failedEntry {
	return failedEntry{ID: id, SenderFault: e.Status < 500, Code: queryCode(e.Code), Message: e.Message}
}

// checkBatch checks the ids of a batch.
func checkBatch[E interface{ id() string }](entries []E) *gate.Error {
	switch {
	case len(entries) == 0:
		return fail("EmptyBatchRequest", "There should be at least one entry in the batch request.")
	case len(entries) > 10:
		return fail("TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10. You have sent %d.", len(entries))
	}
	seen := map[string]bool{}
	for _, e := range entries {
		id := e.id()
		if !batchID.MatchString(id) {
			return fail("InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		}
		if seen[id] {
			return fail("BatchEntryIdsNotDistinct", "Id %s repeated.", id)
		}
		seen[id] = true
	}
	return nil
}

// batchAnswer is the answer to a batch.
type batchAnswer struct {
	Successful []any
	Failed     []failedEntry
}

func newBatchAnswer() batchAnswer { return batchAnswer{Successful: []any{}, Failed: []failedEntry{}} }

type sendEntry struct {
	ID string `json:"Id"`
	outgoing
}

func (e sendEntry) id() string { return e.ID }

type sendBatchInput struct {
	onQueue
	Entries []sendEntry
}

func (s *Service) sendBatch(c *gate.Call, q *queue, in sendBatchInput) (any, *gate.Error) {
	if problem := checkBatch(in.Entries); problem != nil {
		return nil, problem
	}
	size := 0
	for _, e := range in.Entries {
		size += e.size()
	}
	if size > maxBatch {
		return nil, fail("BatchRequestTooLong", "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxBatch, size)
	}
	answer := newBatchAnswer()
	var ids []string
	var list []outgoing
	for _, e := range in.Entries {
		if problem := q.checkLocked(e.outgoing); problem != nil {
			answer.Failed = append(answer.Failed, failed(e.ID, problem))
			continue
		}
		ids, list = append(ids, e.ID), append(list, e.outgoing)
	}
	receipts, problem := q.send(s.now(), c.Caller.UserID, list)
	if problem != nil {
		return nil, problem
	}
	for i, receipt := range receipts {
		answer.Successful = append(answer.Successful, struct {
			ID string `json:"Id"`
			receiptOfSend
		}{ids[i], receipt})
	}
	return answer, nil
}

type handleEntry struct {
	ID                string `json:"Id"`
	ReceiptHandle     string
	VisibilityTimeout int
}

func (e handleEntry) id() string { return e.ID }

type handleBatchInput struct {
	onQueue
	Entries []handleEntry
}

func (s *Service) deleteBatch(_ *gate.Call, q *queue, in handleBatchInput) (any, *gate.Error) {
	return each(in.Entries, func(e handleEntry) *gate.Error { return q.delete(e.ReceiptHandle) })
}

func (s *Service) changeVisibilityBatch(_ *gate.Call, q *queue, in handleBatchInput) (any, *gate.Error) {
	return each(in.Entries, func(e handleEntry) *gate.Error {
		return q.setVisibility(s.now(), e.ReceiptHandle, e.VisibilityTimeout)
	})
}

func each(entries []handleEntry, do func(handleEntry) *gate.Error) (any, *gate.Error) {
	if problem := checkBatch(entries); problem != nil {
		return nil, problem
	}
	answer := newBatchAnswer()
	for _, e := range entries {
		if problem := do(e); problem != nil {
			answer.Failed = append(answer.Failed, failed(e.ID, problem))
		} else {
			answer.Successful = append(answer.Successful, map[string]string{"Id": e.ID})
		}
	}
	return answer, nil
}

// tagContext are the condition keys of tags in a request.
func tagContext(tags map[string]string) iam.Context {
	if len(tags) == 0 {
		return nil
	}
	c := iam.Context{}
	for key, value := range tags {
		c["aws:RequestTag/"+key] = []string{value}
		c["aws:TagKeys"] = append(c["aws:TagKeys"], key)
	}
	return c
}
