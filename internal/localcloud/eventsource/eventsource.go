// Package eventsource is what Lambda does for event source mappings: it reads DynamoDB streams and
// SQS queues and calls functions with batches of what it read.
//
// Streams and queues are read over HTTP at the endpoint of the local cloud, signed with a session
// of the function's role, so that the IAM gate decides what a mapping may read as AWS does
// (Lambda Developer Guide, "Permissions" of "Using AWS Lambda with Amazon DynamoDB").
package eventsource

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// Invoker calls functions.
type Invoker interface {
	// Invoke calls a function and waits for its answer. functionError is what Lambda says in
	// X-Amz-Function-Error, such as Unhandled; empty if the function succeeded. err says that
	// the function could not be called at all.
	Invoke(ctx context.Context, functionARN string, payload []byte) (answer []byte, functionError string, err error)
	// RoleOf is the ARN of a function's role; false if there is no such function.
	RoleOf(functionARN string) (roleARN string, ok bool)
}

// Options of a service.
type Options struct {
	// Gate makes the sessions of functions' roles. Required unless Connect is given.
	Gate *gate.Gate
	// Endpoint is the URL of the local cloud's front. Required unless Connect is given.
	Endpoint func() string
	// Functions calls functions. Required.
	Functions Invoker
	// Notify returns a channel that is closed, or receives, after the next write to the table of
	// a stream. It is asked anew for each wait. Optional; without it streams are polled.
	Notify func(streamARN string) <-chan struct{}
	// Dir keeps checkpoints, one file a mapping. Required.
	Dir string
	// Now is the clock that ages of records are measured with. Optional.
	Now func() time.Time
	// Log is told of what people should know, one line each. Optional.
	Log func(line string)
	// OnBatch is told of every invocation. It must not block. Optional.
	OnBatch func(Batch)
	// PollInterval is the time between two reads of a shard in which nothing happens. Optional; 5 s
	// with Notify, 1 s without.
	PollInterval time.Duration
	// RetryDelay and MaxRetryDelay bound the exponential delay before a failed batch is sent
	// again. AWS waits up to a minute or so (docs/aws-differences.md, 73). Optional; 100 ms and 10 s.
	RetryDelay, MaxRetryDelay time.Duration
	// Connect makes the clients of a mapping. Optional; by default they sign with the role's session.
	Connect func(roleARN, region string) (Streams, Queue)
}

// Batch is one invocation of a function by a mapping.
type Batch struct {
	// UUID of the mapping; FunctionARN and SourceARN are what it connects.
	UUID, FunctionARN, SourceARN string
	// ShardID of the stream; empty for a queue.
	ShardID string
	// Records in the payload.
	Records int
	// Attempt counts the invocations of this batch from 1.
	Attempt int
	// Failure is empty if the whole batch succeeded.
	Failure string
	// Duration of the invocation.
	Duration time.Duration
}

// Service keeps event source mappings. It is a [resource.Provider].
type Service struct {
	options Options
	http    *http.Client
	// changes is held by whoever changes mappings, mu for moments only.
	changes sync.Mutex

	mu       sync.Mutex
	closed   bool
	mappings map[string]*mapping // by UUID
}

// New makes a service without mappings. It creates Dir.
func New(o Options) (*Service, error) {
	if o.Functions == nil || o.Dir == "" || o.Connect == nil && (o.Gate == nil || o.Endpoint == nil) {
		return nil, errors.New("making the event source mappings: Functions, Dir, Gate and Endpoint are required")
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the event source mappings: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	if o.OnBatch == nil {
		o.OnBatch = func(Batch) {}
	}
	if o.PollInterval <= 0 {
		o.PollInterval = time.Second
		if o.Notify != nil {
			o.PollInterval = 5 * time.Second
		}
	}
	if o.RetryDelay <= 0 {
		o.RetryDelay = 100 * time.Millisecond
	}
	if o.MaxRetryDelay <= 0 {
		o.MaxRetryDelay = 10 * time.Second
	}
	return &Service{options: o, http: newHTTPClient(), mappings: map[string]*mapping{}}, nil
}

// Types implements [resource.Provider].
func (s *Service) Types() []string { return []string{"AWS::Lambda::EventSourceMapping"} }

// Put implements [resource.Provider]. A mapping whose settings changed goes on from its checkpoint.
func (s *Service) Put(_ context.Context, r resource.Resource) error {
	set, err := readSettings(r)
	if err != nil {
		return fmt.Errorf("creating the event source mapping of %s: %w", r, err)
	}
	s.changes.Lock()
	defer s.changes.Unlock()
	s.mu.Lock()
	old, closed := s.mappings[set.uuid], s.closed
	s.mu.Unlock()
	if closed {
		return fmt.Errorf("creating the event source mapping of %s: the service is closed", r)
	}
	if old != nil {
		if old.settings.same(set) {
			return nil
		}
		if err := old.stop(); err != nil {
			return fmt.Errorf("changing the event source mapping of %s: %w", r, err)
		}
	}
	m, err := newMapping(s, set)
	if err != nil {
		return fmt.Errorf("creating the event source mapping of %s: %w", r, err)
	}
	s.mu.Lock()
	s.mappings[set.uuid] = m
	s.mu.Unlock()
	m.start()
	return nil
}

// Delete implements [resource.Provider]. The checkpoint is kept, so that a mapping that comes back
// goes on where it was.
func (s *Service) Delete(_ context.Context, r resource.Resource) error {
	s.changes.Lock()
	defer s.changes.Unlock()
	s.mu.Lock()
	m := s.mappings[r.Name]
	delete(s.mappings, r.Name)
	s.mu.Unlock()
	if m == nil {
		return nil
	}
	if err := m.stop(); err != nil {
		return fmt.Errorf("deleting the event source mapping of %s: %w", r, err)
	}
	return nil
}

// Close stops all mappings and writes their checkpoints. Invocations that are under way are cancelled.
func (s *Service) Close() error {
	s.changes.Lock()
	defer s.changes.Unlock()
	s.mu.Lock()
	s.closed = true
	all := make([]*mapping, 0, len(s.mappings))
	for _, m := range s.mappings {
		m.cancel()
		all = append(all, m)
	}
	s.mu.Unlock()
	var problems []error
	for _, m := range all {
		problems = append(problems, m.stop())
	}
	s.http.CloseIdleConnections()
	return errors.Join(problems...)
}

// Status describes all mappings, sorted by function and source.
func (s *Service) Status() []Mapping {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Mapping, 0, len(s.mappings))
	for _, m := range s.mappings {
		out = append(out, m.status())
	}
	slices.SortFunc(out, func(a, b Mapping) int {
		return strings.Compare(a.FunctionARN+a.StreamARN+a.UUID, b.FunctionARN+b.StreamARN+b.UUID)
	})
	return out
}

func (s *Service) checkpointFile(uuid string) string {
	return filepath.Join(s.options.Dir, uuid+".json")
}
