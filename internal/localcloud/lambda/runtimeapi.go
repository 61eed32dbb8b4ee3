package lambda

import (
	"bytes"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

const (
	invocationPath = "/2018-06-01/runtime/invocation/"
	initErrorPath  = "/2018-06-01/runtime/init/error"
	registerPath   = "/2020-01-01/extension/register"
	eventNextPath  = "/2020-01-01/extension/event/next"
	// maxDiscard is how much of a response that is too large is read, so that the function can read the answer.
	maxDiscard = 64 << 20
	// maxErrorBody bounds what a function says of its error.
	maxErrorBody = 1 << 20

	errorTypeHeader = "Lambda-Runtime-Function-Error-Type"
	errorBodyHeader = "Lambda-Runtime-Function-Error-Body"
)

// noLog swallows what the servers of the runtime API say: a process that is killed breaks its connections.
var noLog = log.New(io.Discard, "", 0)

// ServeHTTP is the runtime API of one process (AWS Lambda Developer Guide, "Using the Lambda
// runtime API for custom runtimes").
func (p *process) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, ok := p.path(r)
	if !ok {
		http.Error(w, "this is the runtime API of another function", http.StatusForbidden)
		return
	}
	rest, invocation := strings.CutPrefix(path, invocationPath)
	id, verb, _ := strings.Cut(rest, "/")
	switch {
	case r.Method == http.MethodGet && invocation && rest == "next":
		p.next(w, r)
	case r.Method == http.MethodPost && invocation && verb == "response":
		p.response(w, r, id)
	case r.Method == http.MethodPost && invocation && verb == "error":
		p.failure(w, r, id)
	case r.Method == http.MethodPost && path == initErrorPath:
		p.initFailure(w, r)
	case r.Method == http.MethodPost && path == registerPath:
		p.register(w, r)
	case r.Method == http.MethodGet && path == eventNextPath:
		p.extensionNext(w, r)
	default:
		runtimeError(w, http.StatusNotFound, "NotFound", "the runtime API has no "+r.Method+" "+path)
	}
}

// path is the path without the secret. Functions run as the same user, so that any could connect:
// who does not know the secret is not the function. Runtimes that take a host alone have none,
// and are protected from pages in a browser by the Host header.
func (p *process) path(r *http.Request) (string, bool) {
	if r.Host != p.host {
		return "", false
	}
	if p.secret == "" {
		return r.URL.Path, true
	}
	path := r.URL.Path
	if len(path) < len(p.secret)+2 || subtle.ConstantTimeCompare([]byte(path[1:len(p.secret)+1]), []byte(p.secret)) != 1 {
		return "", false
	}
	return path[len(p.secret)+1:], true
}

// next waits for an event.
func (p *process) next(w http.ResponseWriter, r *http.Request) {
	p.s.mu.Lock()
	switch p.state {
	case busy:
		if p.current != nil && p.current.fetched {
			p.s.mu.Unlock()
			runtimeError(w, http.StatusForbidden, "InvalidStateTransition", "State transition from InvocationResponse to Ready failed for runtime. Error: State transition is not allowed")
			return
		}
		p.s.mu.Unlock() // the connection broke before the event was written
	case starting, responded:
		if p.state == starting {
			p.init = time.Since(p.spawned)
		}
		then := p.pool.ready(p)
		p.s.mu.Unlock()
		then()
	default:
		p.s.mu.Unlock()
	}
	select {
	case inv := <-p.events:
		p.write(w, inv)
	case <-p.ended:
	case <-r.Context().Done():
	}
}

func (p *process) write(w http.ResponseWriter, inv *invocation) {
	p.s.mu.Lock()
	inv.fetched = true
	p.s.mu.Unlock()
	h := w.Header()
	h["Lambda-Runtime-Aws-Request-Id"] = []string{inv.id}
	h["Lambda-Runtime-Deadline-Ms"] = []string{strconv.FormatInt(inv.deadline.UnixMilli(), 10)}
	h["Lambda-Runtime-Invoked-Function-Arn"] = []string{inv.arn}
	h["Lambda-Runtime-Trace-Id"] = []string{inv.trace}
	if inv.clientContext != "" {
		h["Lambda-Runtime-Client-Context"] = []string{inv.clientContext}
	}
	h["Content-Type"] = []string{"application/json"}
	h["Content-Length"] = []string{strconv.Itoa(len(inv.payload))}
	_, _ = w.Write(inv.payload) // a process that is gone is noticed as such
}

// event is the invocation that a process answers.
func (p *process) event(w http.ResponseWriter, id string) *invocation {
	p.s.mu.Lock()
	inv := p.current
	p.s.mu.Unlock()
	if inv == nil || inv.id != id {
		runtimeError(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return nil
	}
	return inv
}

// response takes the result of an event. One that is streamed is a result like any other.
func (p *process) response(w http.ResponseWriter, r *http.Request, id string) {
	inv := p.event(w, id)
	if inv == nil {
		return
	}
	body, tooLarge, err := readLimited(r, maxResponse)
	if err != nil {
		runtimeError(w, http.StatusBadRequest, "InvalidRequest", "reading the response: "+err.Error())
		return
	}
	o := outcome{payload: body, status: "success"}
	if kind := r.Trailer.Get(errorTypeHeader); kind != "" {
		o = trailerOutcome(kind, r.Trailer.Get(errorBodyHeader))
	}
	if tooLarge {
		e := functionError{tooLargeError, "Response payload size exceeded maximum allowed payload size (" + strconv.Itoa(maxResponse) + " bytes)."}
		o = outcome{payload: e.payload(), kind: e.Type, status: "error"}
	}
	if !p.claim(inv, o.kind != "") {
		runtimeError(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return
	}
	p.settle(inv, o)
	if tooLarge {
		_, _ = io.CopyN(io.Discard, r.Body, maxDiscard)
		runtimeError(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "Exceeded maximum allowed payload size ("+strconv.Itoa(maxResponse)+" bytes).")
		return
	}
	accepted(w)
}

// trailerOutcome is an error that occurred while a response was written (AWS Lambda Developer Guide,
// "Response streaming for custom runtimes").
func trailerOutcome(kind, encoded string) outcome {
	body, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || !json.Valid(body) {
		body = functionError{Type: kind}.payload()
	}
	return outcome{payload: body, kind: kind, status: "error"}
}

// failure takes the error of an event.
func (p *process) failure(w http.ResponseWriter, r *http.Request, id string) {
	inv := p.event(w, id)
	if inv == nil {
		return
	}
	body, kind, err := readError(r)
	if err != nil {
		runtimeError(w, http.StatusBadRequest, "InvalidRequest", "reading the error: "+err.Error())
		return
	}
	if !p.claim(inv, true) {
		runtimeError(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return
	}
	p.settle(inv, outcome{payload: body, kind: kind, status: "error"})
	accepted(w)
}

func (p *process) initFailure(w http.ResponseWriter, r *http.Request) {
	body, kind, err := readError(r)
	if err != nil {
		runtimeError(w, http.StatusBadRequest, "InvalidRequest", "reading the error: "+err.Error())
		return
	}
	p.s.mu.Lock()
	ok := p.state == starting
	if ok {
		p.initError, p.initKind = body, kind
	}
	p.s.mu.Unlock()
	if !ok {
		runtimeError(w, http.StatusForbidden, "InvalidStateTransition", "State transition to InitError failed for runtime. Error: State transition is not allowed")
		return
	}
	accepted(w)
}

// readError reads the error object that a function reports. What is no JSON is replaced by one of
// the type that the header says.
func readError(r *http.Request) (body []byte, kind string, err error) {
	body, tooLarge, err := readLimited(r, maxErrorBody)
	if err != nil {
		return nil, "", err
	}
	kind = errorKind(r.Header.Get(errorTypeHeader), body)
	if tooLarge || !json.Valid(body) {
		body = functionError{Type: kind}.payload()
	}
	return body, kind, nil
}

// readLimited reads a body of at most limit bytes.
func readLimited(r *http.Request, limit int) (body []byte, tooLarge bool, err error) {
	if r.ContentLength > int64(limit) {
		return nil, true, nil
	}
	var b bytes.Buffer
	if r.ContentLength > 0 {
		b.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	if _, err := b.ReadFrom(io.LimitReader(r.Body, int64(limit)+1)); err != nil {
		return nil, false, err
	}
	if b.Len() > limit {
		return nil, true, nil
	}
	return b.Bytes(), false, nil
}

// register takes an extension within the function's process, which gets SIGTERM before it is ended. Events
// for extensions there are none (AWS Lambda Developer Guide, "Using the Lambda Extensions API").
func (p *process) register(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Events []string `json:"events"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, maxErrorBody)).Decode(&in); err != nil {
		runtimeError(w, http.StatusBadRequest, "InvalidRequestFormat", "reading the registration: "+err.Error())
		return
	}
	if len(in.Events) > 0 {
		runtimeError(w, http.StatusForbidden, "Extension.UnsupportedEvents", "the local cloud has no events for extensions: "+strings.Join(in.Events, ", "))
		return
	}
	p.s.mu.Lock()
	p.extension = true
	p.s.mu.Unlock()
	c := p.pool.config
	w.Header().Set("Lambda-Extension-Identifier", gate.NewRequestID())
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"functionName": c.name, "functionVersion": c.version, "handler": c.handler})
}

func (p *process) extensionNext(_ http.ResponseWriter, r *http.Request) {
	select {
	case <-p.ended:
	case <-r.Context().Done():
	}
}

func accepted(w http.ResponseWriter) {
	w.Header()["Content-Type"] = []string{"application/json"}
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, "{\"status\":\"OK\"}\n")
}

func runtimeError(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(functionError{kind, message}.payload())
}
