package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
	"github.com/tenantstack/tenantstack/functions/internal/rest/resttest"
	"github.com/tenantstack/tenantstack/functions/internal/search"
	"github.com/tenantstack/tenantstack/functions/internal/store"
	"github.com/tenantstack/tenantstack/functions/internal/store/storetest"
	"github.com/tenantstack/tenantstack/internal/localcloud/engine/enginetest"
)

// row is a kitten of the tests.
type row struct {
	ID      string `dynamodbav:"kittenId"`
	Name    string `dynamodbav:"name"`
	Version int64  `dynamodbav:"version"`
}

// app is an account with its functions, tables and index.
type app struct {
	*resttest.World
	t     *testing.T
	get   *rest.Function
	post  *rest.Function
	slots *store.Table[task]
	rows  *store.Table[row]
	index *search.Client

	mu sync.Mutex
	// events that the function sent to itself and that were not delivered.
	events [][]byte
	// refuse is the status that Lambda answers with instead, if not 0.
	refuse int
}

// newApp makes an account with that many shards, on real engines but for Lambda.
func newApp(t *testing.T, shards int) *app {
	t.Helper()
	a := &app{t: t}
	endpoint := enginetest.DynamoDB(t)
	lambda := httptest.NewServer(http.HandlerFunc(a.invocation))
	t.Cleanup(lambda.Close)
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
	t.Setenv("AWS_ENDPOINT_URL_LAMBDA", lambda.URL)
	a.World = resttest.New(t, "12345")
	client := storetest.Client(enginetest.Config(), endpoint)
	config := func(schema store.Schema) store.Config {
		name := enginetest.Unique(schema.Table)
		storetest.Table(t, client, name, schema.SortKey)
		a.Env["TABLE_"+strings.ToUpper(schema.Table)] = name
		a.Env["LAYOUT_"+strings.ToUpper(schema.Table)] = "84a613009eab:readWrite"
		return store.Config{Client: client, Name: name, Account: "12345", Shards: shards}
	}
	a.slots = store.New[task](config(tasks), tasks)
	a.rows = store.New[row](config(kittens), kittens)
	a.Env["KEY_SHARDS"] = strconv.Itoa(shards)
	a.Env["SEARCH_ENDPOINT"], a.Env["SEARCH_INDEX"] = enginetest.OpenSearch(t), enginetest.Unique("account")
	a.Env["AWS_LAMBDA_FUNCTION_NAME"] = "kittens_tenant_acme_AdminTasksPostFn"
	a.get, a.post = a.Start(t, "adminTasksGet"), a.Start(t, "adminTasksPost")
	var err error
	if a.index, err = search.New(enginetest.Config(), a.Env["SEARCH_ENDPOINT"], a.Env["SEARCH_INDEX"]); err != nil {
		t.Fatal(err)
	}
	if err := a.index.EnsureIndex(t.Context()); err != nil { // as the indexer did
		t.Fatal(err)
	}
	return a
}

// invocation stands in for Lambda's Invoke with the invocation type Event.
func (a *app) invocation(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	payload, err := io.ReadAll(r.Body)
	if want := "/2015-03-31/functions/kittens_tenant_acme_AdminTasksPostFn/invocations"; err != nil ||
		r.URL.Path != want || r.Method != http.MethodPost || r.Header.Get("X-Amz-Invocation-Type") != "Event" {
		a.t.Errorf("%s %s of type %q, %v, want POST %s of type Event", r.Method, r.URL.Path, r.Header.Get("X-Amz-Invocation-Type"), err, want)
	}
	if a.refuse != 0 {
		w.Header().Set("X-Amzn-ErrorType", "AccessDeniedException")
		w.WriteHeader(a.refuse)
		return
	}
	a.events = append(a.events, payload)
	w.WriteHeader(http.StatusAccepted)
}

// take removes the events that were sent.
func (a *app) take() [][]byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	events := a.events
	a.events = nil
	return events
}

// start starts a task through the API.
func (a *app) start() view {
	a.t.Helper()
	var v view
	a.ask().Want(a.t, http.StatusAccepted).Decode(a.t, &v)
	return v
}

func (a *app) ask() resttest.Result {
	a.t.Helper()
	return resttest.Invoke(a.t, a.post, resttest.Load(a.t, "testdata/adminTasksPost.json"))
}

// list is the answer of adminTasksGet.
func (a *app) list() []view {
	a.t.Helper()
	var l list
	resttest.Invoke(a.t, a.get, resttest.Load(a.t, "testdata/adminTasksGet.json")).Want(a.t, http.StatusOK).Decode(a.t, &l)
	return l.Items
}

// deliver gives the function one event that it sent to itself.
func (a *app) deliver(ctx context.Context) {
	a.t.Helper()
	events := a.take()
	if len(events) != 1 {
		a.t.Fatalf("events %s, want one", events)
	}
	if out, err := a.post.Invoke(ctx, events[0]); err != nil || len(out) != 0 && string(out) != "null" {
		a.t.Fatalf("working on %s: %s, %v", events[0], out, err)
	}
}

// fill adds that many rows.
func (a *app) fill(count int) {
	a.t.Helper()
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := worker; i < count; i += 8 {
				if _, err := a.rows.Create(a.t.Context(), fmt.Sprintf("row-%04d", i), row{Name: "Minka"}); err != nil {
					a.t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// document writes a document past the rows, as one that a lost event left behind.
func (a *app) document(id string) {
	a.t.Helper()
	action, err := search.Document(kittens.Table, id, search.Row{"name": "Minka", "version": json.Number("1")})
	if err != nil {
		a.t.Fatal(err)
	}
	if outcomes, err := a.index.Bulk(a.t.Context(), []search.Action{action}); err != nil || !outcomes[0].Result.OK() {
		a.t.Fatalf("writing a document: %v, %v", outcomes, err)
	}
}

// indexed is how many documents queries see.
func (a *app) indexed() int {
	a.t.Helper()
	if err := a.index.Refresh(a.t.Context()); err != nil {
		a.t.Fatal(err)
	}
	n, err := a.index.Count(a.t.Context(), kittens.Table)
	if err != nil {
		a.t.Fatal(err)
	}
	return n
}

// slot is the row of the running task.
func (a *app) slot() task {
	a.t.Helper()
	t, err := a.slots.Get(a.t.Context(), reindex)
	if err != nil {
		a.t.Fatal(err)
	}
	return t
}

// worker is a worker of the account that waits but a moment before it tries again.
func (a *app) worker() worker {
	config := store.Config{Client: storetest.Client(enginetest.Config(), enginetest.DynamoDB(a.t)), Name: a.Env["TABLE_KITTENS"], Account: "12345", Shards: 1}
	return worker{
		tasks: a.slots, kittens: store.New[store.Item](config, kittens), index: a.index,
		again: func(context.Context, string) error { return nil }, now: a.Now, newID: func() string { return "worker" },
		backoff: time.Millisecond,
	}
}

// unversioned puts a row that cannot be indexed.
func (a *app) unversioned(id string) {
	a.t.Helper()
	client := storetest.Client(enginetest.Config(), enginetest.DynamoDB(a.t))
	name := a.Env["TABLE_KITTENS"]
	if _, err := client.PutItem(a.t.Context(), &dynamodb.PutItemInput{TableName: &name, Item: storetest.Item(map[string]string{
		store.PartitionKey: "12345", kittens.SortKey: id,
	})}); err != nil {
		a.t.Fatal(err)
	}
}
