// Package resttest calls operations in tests as Lambda does: with events of API Gateway,
// as AWS documents them, in a process with an environment.
package resttest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
)

// World is what surrounds the functions of a test.
type World struct {
	// Env is the functions' environment.
	Env map[string]string
	// Log is what the functions logged.
	Log Log

	mu  sync.Mutex
	now time.Time
}

// New is a world for an account. The clients' endpoints come from the process's own
// variables AWS_ENDPOINT_URL_<SERVICE>, which a test sets before.
func New(t testing.TB, account string) *World {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIDLOCAL", "AWS_SECRET_ACCESS_KEY": "local",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(name, value)
	}
	return &World{
		Env: map[string]string{
			"TENANT": "acme", "BILLING_ACCOUNT": account, "CORS_ALLOW_ORIGIN": "*",
		},
		now: time.Date(2024, 3, 5, 17, 12, 44, 123456789, time.UTC),
	}
}

// Now is the world's clock.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Pass lets time pass.
func (w *World) Pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Start starts the function of an operation of the package under test.
func (w *World) Start(t testing.TB, operation string) *rest.Function {
	t.Helper()
	f, err := rest.New(operation, w.Outside())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Outside is the world as a function sees it.
func (w *World) Outside() rest.Outside {
	return rest.Outside{
		Getenv: func(name string) string { return w.Env[name] },
		AWS: func(ctx context.Context) (aws.Config, error) {
			return config.LoadDefaultConfig(ctx)
		},
		Now:    w.Now,
		Random: rand.Reader,
		Log:    &w.Log,
	}
}

// Log collects what is written by several goroutines.
type Log struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.Write(p)
}

// String is all that was written.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.String()
}

// Event is an API Gateway proxy request with all its members.
type Event map[string]any

// Load reads an event from a file.
func Load(t testing.TB, file string) Event {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var e Event
	if err := json.Unmarshal(data, &e); err != nil {
		t.Fatalf("reading event %s: %v", file, err)
	}
	return e
}

// set changes a member of a member that may be null.
func (e Event) set(member, name string, value any) Event {
	members, _ := e[member].(map[string]any)
	if members == nil {
		members = map[string]any{}
	}
	members[name] = value
	e[member] = members
	return e
}

// Path sets a path parameter.
func (e Event) Path(name, value string) Event { return e.set("pathParameters", name, value) }

// Query sets a query parameter.
func (e Event) Query(name string, values ...string) Event {
	e.set("queryStringParameters", name, values[len(values)-1])
	return e.set("multiValueQueryStringParameters", name, values)
}

// Header sets a header field.
func (e Event) Header(name string, values ...string) Event {
	e.set("headers", name, values[len(values)-1])
	return e.set("multiValueHeaders", name, values)
}

// Context sets a member of the request context.
func (e Event) Context(name string, value any) Event { return e.set("requestContext", name, value) }

// Body sets the body: a string as it is, any other value as JSON.
func (e Event) Body(t testing.TB, body any) Event {
	t.Helper()
	text, ok := body.(string)
	if !ok {
		data, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		text = string(data)
	}
	e["body"] = text
	return e
}

// Result is the answer to an event.
type Result struct {
	// Status of HTTP.
	Status int `json:"statusCode"`
	// Header fields.
	Header map[string]string `json:"headers"`
	// Body as text.
	Body string `json:"body"`
}

// Check looks at every answer that Invoke gets, such as whether it is one that the contract has. Optional.
var Check func(t testing.TB, e Event, r Result)

// Invoke sends an event to a function.
func Invoke(t testing.TB, f *rest.Function, e Event) Result {
	t.Helper()
	payload, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	out, err := f.Invoke(t.Context(), payload)
	if err != nil {
		t.Fatal(err)
	}
	var r Result
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("reading answer %s: %v", out, err)
	}
	if Check != nil {
		Check(t, e, r)
	}
	return r
}

// Want fails the test unless the answer has that status.
func (r Result) Want(t testing.TB, status int) Result {
	t.Helper()
	if r.Status != status {
		t.Fatalf("status %d, want %d: %s", r.Status, status, r.Body)
	}
	return r
}

// Decode reads the body into v.
func (r Result) Decode(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.Body), v); err != nil {
		t.Fatalf("reading body %s: %v", r.Body, err)
	}
}

// Problem reads the body of an answer with that status as a problem.
func (r Result) Problem(t testing.TB, status int) rest.Problem {
	t.Helper()
	r.Want(t, status)
	if got := r.Header["Content-Type"]; got != rest.ProblemType {
		t.Errorf("content type %q, want %q", got, rest.ProblemType)
	}
	var p rest.Problem
	r.Decode(t, &p)
	if p.Status != status {
		t.Errorf("problem has status %d, want %d", p.Status, status)
	}
	return p
}
