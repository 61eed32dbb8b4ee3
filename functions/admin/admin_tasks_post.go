package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
	"github.com/tenantstack/tenantstack/functions/internal/search"
	"github.com/tenantstack/tenantstack/functions/internal/store"
)

// errBusy says that another task of the kind has the slot.
var errBusy = errors.New("another task is running")

// takeAttempts bounds how often a caller asks for the slot while others take it.
const takeAttempts = 10

// eventMember of an event says which task to work on.
const eventMember = "task"

// work is the value of eventMember.
type work struct {
	TaskID string `json:"taskId"`
}

var _ = rest.Handle("adminTasksPost", func(d *rest.Deps) rest.Handler {
	index, err := search.New(d.AWS(), d.Env("SEARCH_ENDPOINT"), d.Env("SEARCH_INDEX"))
	d.Fail(err)
	rows := rest.Table[task](d, tasks)
	again := invoker(d)
	d.OnEvent(eventMember, worker{
		tasks: rows, kittens: rest.Table[store.Item](d, kittens), index: index,
		again: again, now: d.Now, newID: d.NewID, backoff: time.Second,
	}.handle)
	return func(ctx context.Context, r *rest.Request) (*rest.Response, error) {
		in := r.Input()
		in.Body().String("kind", rest.OneOf(reindex))
		if err := in.Err(); err != nil {
			return nil, err
		}
		now := d.Now()
		t, err := take(ctx, rows, task{
			ID: d.NewOrderedID(), Kind: reindex, Status: queued, CreatedAt: now, UpdatedAt: now, LeaseUntil: now.Add(queueLease),
		})
		// Tasks have no resource of their own: the fragment says which one of the list it is.
		location := r.URI() + "#" + t.ID
		if errors.Is(err, errBusy) {
			return nil, rest.NewProblem(http.StatusConflict, "A task of this kind is running.").With("Location", location)
		}
		if err != nil {
			return nil, err
		}
		if err := again(ctx, t.ID); err != nil {
			// What has no worker must not keep the next task waiting.
			_, endErr := rows.Replace(ctx, t.Key, t.Version, t.end(d.Now(), invokeMessage))
			return nil, errors.Join(err, endErr)
		}
		return rest.JSON(http.StatusAccepted, t.view(now)).Location(location), nil
	}
})

// invoker invokes the function itself to work on a task, without waiting for it.
func invoker(d *rest.Deps) func(ctx context.Context, taskID string) error {
	client := lambda.NewFromConfig(d.AWS())
	name := d.Env("AWS_LAMBDA_FUNCTION_NAME")
	return func(ctx context.Context, taskID string) error {
		payload, err := d.SelfEvent(eventMember, work{TaskID: taskID})
		if err != nil {
			return fmt.Errorf("encoding the event of task %q: %w", taskID, err)
		}
		_, err = client.Invoke(ctx, &lambda.InvokeInput{
			FunctionName: &name, InvocationType: types.InvocationTypeEvent, Payload: payload,
		})
		if err != nil {
			return fmt.Errorf("invoking the function for task %q: %w", taskID, err)
		}
		return nil
	}
}

// take puts a new task into the slot of its kind. What is active there already stays and is
// returned with errBusy.
func take(ctx context.Context, rows *store.Table[task], t task) (task, error) {
	for range takeAttempts {
		taken, err := try(ctx, rows, t)
		if !errors.Is(err, store.ErrVersion) && !errors.Is(err, store.ErrExists) {
			return taken, err
		}
		// Another caller was faster, and may not have come to the end of it yet.
	}
	last, err := rows.Get(ctx, t.Kind)
	if err == nil {
		err = errBusy
	}
	return last, err
}

// try takes the slot as it is now. A task that has stopped there is marked so first, which
// makes a worker of it that comes back lose. Errors: errBusy; store.ErrVersion and
// store.ErrExists when the slot changes meanwhile.
func try(ctx context.Context, rows *store.Table[task], t task) (task, error) {
	last, err := rows.Get(ctx, t.Kind)
	if errors.Is(err, store.ErrNotFound) {
		return rows.Create(ctx, t.Kind, t)
	}
	if err != nil {
		return t, err
	}
	if last.active(t.CreatedAt) {
		return last, errBusy
	}
	if !last.finished() {
		if last, err = rows.Replace(ctx, t.Kind, last.Version, last.end(t.CreatedAt, stoppedMessage)); err != nil {
			return t, err
		}
	}
	if _, err := rows.Create(ctx, last.ID, last); err != nil && !errors.Is(err, store.ErrExists) {
		return t, err
	}
	return rows.Replace(ctx, t.Kind, last.Version, t)
}
