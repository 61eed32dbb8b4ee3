// Package dynamodb stands in for Amazon DynamoDB and DynamoDB Streams: DynamoDB Local behind the IAM
// gate.
//
// A request is read once, strictly; what it does follows from what was read as AWS derives it, the gate
// decides that, and the engine gets the very bytes that were decided, with numbers in the form that DynamoDB
// keeps. What cannot be understood is refused, and so is what the engine would let pass and AWS would not.
// Accounts and regions have databases of their own in the engine, whose ARNs appear nowhere.
package dynamodb

import (
	"context"
	"crypto/cipher"
	"fmt"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// Options of the service.
type Options struct {
	// Gate decides requests. Required.
	Gate *gate.Gate
	// Engine is the address of DynamoDB Local, http://127.0.0.1:<port>, that was started with
	// engine.Options.Separate. Optional; requests wait until SetEngine names it.
	Engine string
	// Dir keeps the settings of tables that the engine does not: tags, policies, times to live. Optional;
	// nothing is kept without it.
	Dir string
	// Now is the clock by which items expire. Optional.
	Now func() time.Time
	// Log is told of problems in one line each. Optional.
	Log func(line string)
}

// Service is DynamoDB and DynamoDB Streams. It is a [gate.Service] named dynamodb and a
// [resource.Provider] of tables, safe for concurrent use.
type Service struct {
	gate      *gate.Gate
	now       func() time.Time
	log       func(string)
	engine    *local
	state     *state
	iterators cipher.AEAD

	mu     sync.RWMutex
	tables map[tableID]*table
	// homes that hold tables.
	homes map[home]bool
	// notifiers by the ARN of a stream.
	notifiers map[string]*notifier

	stop context.CancelFunc
	done chan struct{}
}

// New makes the service. It removes expired items until Close. Settings that cannot be read are told
// to Log.
func New(o Options) *Service {
	s := &Service{
		gate: o.Gate, now: o.Now, log: o.Log, engine: newLocal(), iterators: newIteratorSeal(),
		tables: map[tableID]*table{}, homes: map[home]bool{}, notifiers: map[string]*notifier{}, done: make(chan struct{}),
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = func(string) {}
	}
	var err error
	if s.state, err = openState(o.Dir); err != nil {
		s.log(err.Error())
	}
	for h := range s.state.homes {
		s.homes[h] = true
	}
	s.SetEngine(o.Engine)
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	go s.expire(ctx)
	return s
}

// SetEngine names the address of the engine, also after it was started again. With an empty address
// requests wait for another, for some seconds.
func (s *Service) SetEngine(address string) {
	s.engine.set(address)
	if address == "" {
		return
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, n := range s.notifiers {
		n.notify() // what was written last may not have been read
	}
}

// Close ends what the service does by itself.
func (s *Service) Close() {
	s.stop()
	<-s.done
	s.engine.transport.CloseIdleConnections()
}

const jsonVersion = "1.0"

// WriteError answers an error in the JSON 1.0 protocol.
func (s *Service) WriteError(w http.ResponseWriter, _ *http.Request, e *gate.Error, requestID string) {
	e.WriteJSON(w, jsonVersion, requestID)
}

// Serve answers a call in the JSON 1.0 protocol.
func (s *Service) Serve(w http.ResponseWriter, c *gate.Call) {
	out, problem := s.serve(c)
	if problem != nil {
		problem.WriteJSON(w, jsonVersion, c.RequestID)
		return
	}
	h := w.Header()
	h["Content-Type"] = contentType
	h["Content-Length"] = []string{strconv.Itoa(len(out.body))}
	h["X-Amzn-Requestid"] = []string{c.RequestID}
	h["X-Amz-Crc32"] = []string{strconv.FormatUint(uint64(crc32.ChecksumIEEE(out.body)), 10)}
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body)
}

func (s *Service) serve(c *gate.Call) (answer, *gate.Error) {
	target := c.HTTP.Header.Get("X-Amz-Target")
	if c.HTTP.Method != http.MethodPost || len(c.HTTP.Header.Values("X-Amz-Target")) != 1 {
		return answer{}, unknownOperation(target)
	}
	if h := (home{c.Caller.Account, c.Region}); !h.valid() {
		return answer{}, failed("UnrecognizedClientException", "%q is no account, or %q no region", c.Caller.Account, c.Region)
	}
	if operation, ok := strings.CutPrefix(target, streamsTarget); ok {
		return s.run(c, target, operation, streamOperations[operation])
	}
	if operation, ok := strings.CutPrefix(target, dataTarget); ok {
		return s.run(c, target, operation, operations[operation])
	}
	return answer{}, unknownOperation(target)
}

// run does a call of an operation; derive is nil if there is no such operation.
func (s *Service) run(c *gate.Call, target, operation string, derive func(*request)) (answer, *gate.Error) {
	if derive == nil {
		return answer{}, unknownOperation(target)
	}
	in, problem := readRequest(c.Body)
	if problem != nil {
		return answer{}, problem
	}
	// A request whose table changes between its decision and its execution is decided again.
	for range maxAttempts {
		r := &request{service: s, call: c, target: target, operation: operation, in: in}
		out, problem, again := r.run(derive)
		if !again {
			return out, problem
		}
	}
	return answer{}, failed("ResourceInUseException", "The table is being changed")
}

const maxAttempts = 10

func readRequest(body []byte) (*node, *gate.Error) {
	in, err := parseJSON(body)
	if err != nil {
		return nil, malformed("reading the request: %v", err)
	}
	if in.kind != isObject {
		return nil, malformed("reading the request: it is no object")
	}
	return in, nil
}

// problemf is a line for people about something that failed in the background.
func (s *Service) problemf(format string, args ...any) {
	s.log("dynamodb: " + fmt.Sprintf(format, args...))
}
