// Package dynamodb stands in for Amazon DynamoDB and DynamoDB Streams: DynamoDB Local behind the
// IAM gate. It reads what a request is about as AWS does, has the gate decide it, and gives the
// engine the same bytes that were decided.
package dynamodb

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

const (
	dataTarget    = "DynamoDB_20120810."
	streamsTarget = "DynamoDBStreams_20120810."
	// enginePrefix begins every ARN of DynamoDB Local.
	enginePrefix = "arn:aws:dynamodb:ddblocal:000000000000:"
	jsonVersion  = "1.0"
	// patience is how long a request waits for an engine that is being started again.
	patience = 15 * time.Second
)

// Options of the service.
type Options struct {
	// Gate decides requests.
	Gate *gate.Gate
	// Engine is the address of DynamoDB Local, started with Separate. Optional; requests wait until
	// SetEngine names it.
	Engine string
	// Now is the clock of TTL. Optional.
	Now func() time.Time
	// Log is told of problems in one line each. Optional.
	Log func(string)
}

// Service is a gate.Service named dynamodb and a resource.Provider for tables.
type Service struct {
	gate      *gate.Gate
	now       func() time.Time
	log       func(string)
	transport *http.Transport
	// iteratorKey signs shard iterators, which end with the process; AWS's end after 15 minutes.
	iteratorKey []byte

	engine atomic.Pointer[string]

	mu     sync.Mutex
	up     chan struct{} // closed when an engine is named
	tables map[tableID]*table
	// changed by the ARN of a stream.
	changed map[string]chan struct{}

	stop context.CancelFunc
	done chan struct{}
}

// tableID is a table in an account and region.
type tableID struct{ account, region, name string }

func (t tableID) arn() string {
	return "arn:aws:dynamodb:" + t.region + ":" + t.account + ":table/" + t.name
}

// New makes the service. It ends with Close.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	s := &Service{
		gate: o.Gate, now: o.Now, log: o.Log, iteratorKey: make([]byte, 32), up: make(chan struct{}),
		tables: map[tableID]*table{}, changed: map[string]chan struct{}{}, done: make(chan struct{}),
		transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: time.Second, KeepAlive: 30 * time.Second}).DialContext,
			MaxIdleConnsPerHost: 256, IdleConnTimeout: 90 * time.Second, DisableCompression: true,
		},
	}
	_, _ = rand.Read(s.iteratorKey) // never fails (crypto/rand)
	if o.Engine != "" {
		s.SetEngine(o.Engine)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	go s.expire(ctx)
	return s
}

// SetEngine names the address of the engine, also after it was started again.
func (s *Service) SetEngine(address string) {
	s.engine.Store(&address)
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.up:
	default:
		close(s.up)
	}
}

// Close ends what the service does by itself.
func (s *Service) Close() {
	s.stop()
	<-s.done
}

// WriteError implements gate.Service.
func (s *Service) WriteError(w http.ResponseWriter, _ *http.Request, e *gate.Error, requestID string) {
	e.WriteJSON(w, jsonVersion, requestID)
}

// Serve implements gate.Service.
func (s *Service) Serve(w http.ResponseWriter, c *gate.Call) {
	answer, problem := s.answer(c)
	if problem != nil {
		problem.WriteJSON(w, jsonVersion, c.RequestID)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/x-amz-json-"+jsonVersion)
	h.Set("x-amzn-RequestId", c.RequestID)
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body)
}

// answered is what the engine answered.
type answered struct {
	status int
	body   []byte
}

// answer authorizes a call and has the engine do it.
func (s *Service) answer(c *gate.Call) (answered, *gate.Error) {
	target := c.HTTP.Header.Get("X-Amz-Target")
	if operation, ok := strings.CutPrefix(target, streamsTarget); ok {
		return s.streams(c, operation)
	}
	operation, ok := strings.CutPrefix(target, dataTarget)
	if !ok {
		return answered{}, unknownOperation(target)
	}
	r, problem := s.parse(c, operation)
	if problem != nil {
		return answered{}, problem
	}
	if problem := c.Authorize(r.accesses...); problem != nil {
		return answered{}, problem
	}
	out, err := s.forward(c.HTTP.Context(), r.home, target, r.body)
	if err != nil {
		return answered{}, engineDown(err)
	}
	if r.control {
		out.body = s.realARNs(r.home, out.body)
	}
	if out.status == http.StatusOK {
		s.after(r)
	}
	return out, nil
}

// home is the account and region whose tables a request is about.
type home struct{ account, region string }

// forward sends a request to the engine. While the engine is being started again it waits.
func (s *Service) forward(ctx context.Context, h home, target string, body []byte) (answered, error) {
	deadline := time.Now().Add(patience)
	for {
		out, err := s.send(ctx, h, target, body)
		if err == nil || !isRefused(err) || time.Now().After(deadline) {
			return out, err
		}
		select {
		case <-ctx.Done():
			return answered{}, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// isRefused says that nobody listened, so that the request was not done.
func isRefused(err error) bool {
	return strings.Contains(err.Error(), "connection refused")
}

func (s *Service) send(ctx context.Context, h home, target string, body []byte) (answered, error) {
	s.mu.Lock()
	up := s.up
	s.mu.Unlock()
	select {
	case <-up:
	case <-ctx.Done():
		return answered{}, ctx.Err()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, *s.engine.Load(), bytes.NewReader(body))
	if err != nil {
		return answered{}, err
	}
	req.Header["Content-Type"] = []string{"application/x-amz-json-1.0"}
	req.Header["X-Amz-Target"] = []string{target}
	// The engine checks no signature; access key and region choose the database.
	req.Header["Authorization"] = []string{"AWS4-HMAC-SHA256 Credential=" + h.account + "/20260101/" + h.region + "/dynamodb/aws4_request, SignedHeaders=host, Signature=0"}
	resp, err := s.transport.RoundTrip(req)
	if err != nil {
		return answered{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return answered{resp.StatusCode, data}, err
}

// realARNs puts account and region in the place of the engine's, and the labels of streams that the
// templates know.
func (s *Service) realARNs(h home, body []byte) []byte {
	if !bytes.Contains(body, []byte(enginePrefix)) {
		return body
	}
	body = bytes.ReplaceAll(body, []byte(enginePrefix), []byte("arn:aws:dynamodb:"+h.region+":"+h.account+":"))
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, t := range s.tables {
		if id.account == h.account && id.region == h.region && t.engineLabel != "" {
			body = bytes.ReplaceAll(body, []byte(t.engineLabel), []byte(streamLabel(id)))
		}
	}
	return body
}

func unknownOperation(name string) *gate.Error {
	return &gate.Error{Status: http.StatusBadRequest, Code: "UnknownOperationException", Message: fmt.Sprintf("the local cloud does not know operation %q", name)}
}

func invalid(format string, args ...any) *gate.Error {
	return &gate.Error{Status: http.StatusBadRequest, Code: "ValidationException", Message: fmt.Sprintf(format, args...)}
}

func engineDown(err error) *gate.Error {
	return &gate.Error{Status: http.StatusInternalServerError, Code: "InternalServerError", Message: "DynamoDB Local did not answer: " + err.Error()}
}
