package main

import (
	"time"

	"github.com/tenantstack/tenantstack/functions/internal/store"
)

// tasks is the table of the account's tasks, the latest first.
//
// The row whose sort key is a kind of task is the slot of that kind: the task that runs, or
// ran last. There is one row to compare and swap, so that two tasks of a kind never run at
// the same time. When a task takes the slot, the one before it is kept in a row of its own.
var tasks = store.Schema{Table: "tasks", SortKey: "taskId", Descending: true}

// reindex is the kind of task that writes all rows of the account to its search index again.
const reindex = "reindex"

// Statuses of a task.
const (
	queued    = "queued"
	running   = "running"
	succeeded = "succeeded"
	failed    = "failed"
)

const (
	// queueLease is how long a task may wait for the function that works on it.
	queueLease = 5 * time.Minute
	// workLease is how long a worker may be silent before another takes its place. Lambda
	// repeats an asynchronous invocation that failed after one minute and again after two
	// (Lambda Developer Guide, "Asynchronous invocation"): by then the lease has ended.
	workLease = 2 * time.Minute
	// keep is how long a finished task is listed.
	keep = 7 * 24 * time.Hour
)

// Messages of tasks that failed.
const (
	stoppedMessage = "The task stopped before it was complete. It can be started again."
	invokeMessage  = "The task could not be started."
	writeMessage   = "The search index could not be written."
	readMessage    = "The rows could not be read."
	noIndexMessage = "There is no search index yet. It is made with the first change; then the task can be started again."
)

// task is a row of the table.
type task struct {
	// Key is the sort key: the kind in the slot, the id elsewhere.
	Key       string    `dynamodbav:"taskId"`
	ID        string    `dynamodbav:"id"`
	Kind      string    `dynamodbav:"kind"`
	Status    string    `dynamodbav:"status"`
	Error     string    `dynamodbav:"error,omitempty"`
	CreatedAt time.Time `dynamodbav:"createdAt"`
	UpdatedAt time.Time `dynamodbav:"updatedAt"`
	// ExpiresAt is when DynamoDB may remove the row, in seconds since 1970; 0 for never.
	ExpiresAt int64 `dynamodbav:"expiresAt,omitempty"`
	Version   int64 `dynamodbav:"version"`

	// Owner is the worker that has the lease, or empty.
	Owner string `dynamodbav:"owner,omitempty"`
	// LeaseUntil is when the task counts as stopped.
	LeaseUntil time.Time `dynamodbav:"leaseUntil"`

	// Ready says that the index has the mapping for the first row.
	Ready bool `dynamodbav:"ready,omitempty"`
	// Cursor is the position in the rows; Walked says that their end was reached, and that the position is one in
	// the documents.
	Cursor string `dynamodbav:"cursor,omitempty"`
	Walked bool   `dynamodbav:"walked,omitempty"`
	// Done counts the rows that were read, Refused those of them that cannot be indexed.
	Done    int `dynamodbav:"done"`
	Refused int `dynamodbav:"refused,omitempty"`
}

// finished says that nothing changes the task any more.
func (t task) finished() bool { return t.Status == succeeded || t.Status == failed }

// active says that a worker has the task, or is going to.
func (t task) active(now time.Time) bool { return !t.finished() && now.Before(t.LeaseUntil) }

// end finishes the task: without a message it has succeeded.
func (t task) end(now time.Time, message string) task {
	t.Status, t.Error = succeeded, message
	if message != "" {
		t.Status = failed
	}
	t.Owner, t.UpdatedAt, t.ExpiresAt = "", now, now.Add(keep).Unix()
	return t
}

// view is the contract's Task.
type view struct {
	ID        string    `json:"taskId"`
	Kind      string    `json:"kind"`
	Status    string    `json:"status"`
	Progress  progress  `json:"progress"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
	Error     string    `json:"error,omitempty"`
}

// progress is the contract's TaskProgress. The total is known at the end.
type progress struct {
	Done  int  `json:"done"`
	Total *int `json:"total,omitempty"`
}

// view is what a caller sees. A task whose workers were all lost is seen as what it is, though
// no worker was left to write that down; until then another attempt may yet go on with it.
func (t task) view(now time.Time) view {
	if !t.finished() && now.After(t.LeaseUntil.Add(queueLease)) {
		t.Status, t.Error = failed, stoppedMessage
	}
	v := view{
		ID: t.ID, Kind: t.Kind, Status: t.Status, Progress: progress{Done: t.Done},
		CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, Error: t.Error,
	}
	if t.Walked {
		v.Progress.Total = &t.Done
	}
	return v
}
