// Package apigateway stands in for REST APIs of Amazon API Gateway: it serves what the OpenAPI
// document of an AWS::ApiGateway::RestApi declares, with authorizers, validation, throttling,
// gateway responses and Lambda proxy integrations, and has the IAM gate decide every invocation
// of a function (API Gateway Developer Guide).
package apigateway

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// Input is an event for a function.
type Input struct {
	// FunctionARN may have a version or an alias.
	FunctionARN string
	// Payload is the event, JSON.
	Payload []byte
	// TraceHeader is the value of X-Amzn-Trace-Id.
	TraceHeader string
}

// Output is what a function answered.
type Output struct {
	// FunctionError is empty for a success.
	FunctionError string
	// Payload is the answer, or the error object if FunctionError is set.
	Payload []byte
	// RequestID of the invocation.
	RequestID string
	// Cold says that a process was started for the invocation.
	Cold bool
}

// Invoker runs functions.
type Invoker interface {
	// Invoke runs a function and returns when it has answered or the context has ended; the
	// invocation itself goes on then, so the payload stays its own. The error is a *gate.Error if
	// Lambda refused the event. The call has been authorized.
	Invoke(ctx context.Context, in Input) (Output, error)
	// InvokeAccess is what a caller has to be allowed to invoke a function, with the resource
	// policy of the function.
	InvokeAccess(functionARN string) gate.Access
}

// LogSink stores lines of access logs.
type LogSink interface {
	// Write stores a line in a stream of a log group, which is given by its name.
	Write(group, account, region, stream string, at time.Time, text string)
}

// Record is a request that was answered, as it is shown to people.
type Record struct {
	// Time at which the request arrived.
	Time time.Time
	// API, Stage, Account and Region that served it.
	API, Stage, Account, Region string
	// RequestID of the answer, and the trace header of the request.
	RequestID, Trace string
	// Method and Path (without the stage, as sent) of the request.
	Method, Path string
	// ResourcePath such as /cats/{id}, and OperationID; empty if no method matched.
	ResourcePath, OperationID string
	// Status of the answer, and its length in bytes.
	Status, Bytes int
	// Latency of everything, of the integration and of the authorizer.
	Latency, IntegrationLatency, AuthorizerLatency time.Duration
	// AuthorizerCached says that no authorizer had to be called.
	AuthorizerCached bool
	// Cold says that the integration had to start a process.
	Cold bool
	// ErrorType is the gateway response, such as ACCESS_DENIED, and ErrorMessage its text; empty
	// if the integration answered.
	ErrorType, ErrorMessage string
	// FunctionARN of the integration, and the id of the invocation.
	FunctionARN, FunctionRequestID string
}

// Options of the service. Gate and Functions are needed.
type Options struct {
	// Gate decides who may invoke functions and APIs.
	Gate *gate.Gate
	// Functions run integrations and authorizers.
	Functions Invoker
	// Logs receives access logs. Optional; none are kept by default.
	Logs LogSink
	// Now is the clock of caches, throttles and logs. Optional.
	Now func() time.Time
	// OnRequest is told of every request after its answer. It must not block. Optional.
	OnRequest func(Record)
	// Log is told of what does not run here as on AWS, in one line each. Optional.
	Log func(string)
}

// Service serves REST APIs. It is a resource.Provider and safe for concurrent use.
type Service struct {
	o        Options
	sessions sessions
	noted    sync.Map // lines that Options.Log was told

	mu   sync.RWMutex
	apis map[string]*api
}

// api is a REST API. Its maps of definitions are guarded by the service's lock; stages are read
// by every request and therefore replaced as a whole.
type api struct {
	latest      *definition
	deployments map[string]*definition
	stages      atomic.Pointer[map[string]*stage]
}

// New makes a service without APIs.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	return &Service{o: o, apis: map[string]*api{}}
}

// Handler serves /{stage}/… of an API, as https://{id}.execute-api.{region}.amazonaws.com does.
// It is false if there is no such API.
func (s *Service) Handler(restAPIID string) (http.Handler, bool) {
	a := s.find(restAPIID)
	if a == nil {
		return nil, false
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, a) }), true
}

// note tells Options.Log a line once.
func (s *Service) note(line string) {
	if _, told := s.noted.LoadOrStore(line, true); !told {
		s.o.Log(line)
	}
}

func (s *Service) find(id string) *api {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.apis[id]
}

// stage finds a stage by its name.
func (a *api) stage(name string) *stage {
	if stages := a.stages.Load(); stages != nil {
		return (*stages)[name]
	}
	return nil
}
