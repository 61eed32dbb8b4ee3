package localcloud

import (
	"regexp"
	"sync"
	"sync/atomic"

	"github.com/tenantstack/tenantstack/internal/localcloud/apigateway"
	"github.com/tenantstack/tenantstack/internal/localcloud/console"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/lambda"
)

// bucketHosts are sources of a content security policy that stand for buckets.
var bucketHosts = regexp.MustCompile(`https://(\*|[a-z0-9.-]+)\.s3\.[a-z0-9-]+\.amazonaws\.com`)

// traffic counts what happens.
type traffic struct {
	requests, denials atomic.Int64
}

// guarded is a value that is read often and replaced at times.
type guarded[T any] struct {
	mu sync.RWMutex
	v  T
}

func (g *guarded[T]) set(v T) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.v = v
}

func (g *guarded[T]) get() T {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.v
}

// decided is told of every decision of the gate.
func (s *services) decided(e gate.Event) {
	if e.Allowed {
		return
	}
	s.traffic.denials.Add(1)
	s.console.Denial(denialOf(e))
}

// denialOf is a denial with what each statement about the action said.
func denialOf(e gate.Event) console.Denial {
	d := console.Denial{Time: e.Time, Principal: e.Principal, Action: e.Action, Resource: e.Resource, Message: e.Message, Statements: []console.Statement{}}
	if e.Decision == nil {
		return d
	}
	for _, r := range e.Decision.Reasons {
		s := console.Statement{Policy: string(r.Policy), Sid: r.Sid, Effect: string(r.Effect), Matched: r.Matched, Failures: []string{}}
		for _, f := range r.Failures {
			s.Failures = append(s.Failures, f.String())
		}
		d.Statements = append(d.Statements, s)
	}
	return d
}

// requested is told of every request to an API.
func (s *services) requested(r apigateway.Record) {
	s.traffic.requests.Add(1)
	s.console.Request(console.Request{
		Time: r.Time, RequestID: r.RequestID, Tenant: s.tenantOfAPI.get()[r.API], Operation: r.OperationID, Method: r.Method, Path: r.Path,
		Status: r.Status, Millis: float64(r.Latency.Microseconds()) / 1000, Cold: r.Cold, Error: r.ErrorType,
	})
}

// invoked is told of every invocation before its caller goes on.
func (s *services) invoked(i lambda.Invocation) {
	if i.Cold {
		s.cold.add(i.RequestID)
	}
}
