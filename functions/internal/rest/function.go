package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

const (
	// gatewayLimit is a little less than the time API Gateway waits for an answer, 29 s
	// (API Gateway Developer Guide, "Quotas": integration timeout).
	gatewayLimit = 28 * time.Second
	// answerTime is kept of the function's time to answer when the work did not finish.
	answerTime = 500 * time.Millisecond
)

// Function serves one operation. It implements lambda.Handler of aws-lambda-go.
type Function struct {
	deps    *Deps
	handler Handler
	headers map[string]string
}

func newFunction(d *Deps, handler Handler) *Function {
	return &Function{deps: d, handler: handler, headers: commonHeaders(d.outside.Getenv("CORS_ALLOW_ORIGIN"))}
}

// Invoke answers one event: an API Gateway proxy request, or one that the operation
// registered for with OnEvent. Only the latter reports an error to Lambda.
func (f *Function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	handle, member, err := f.event(payload)
	if handle != nil {
		return nil, f.work(ctx, handle, member)
	}
	var event events.APIGatewayProxyRequest
	if err == nil {
		event, err = f.request(payload)
	}
	if err != nil {
		f.deps.log.Error("event refused", "requestId", lambdaRequestID(ctx), "error", err.Error())
		return nil, err
	}
	return json.Marshal(f.serve(ctx, &Request{event: event, payload: payload, id: requestID(ctx, event)}))
}

// request reads an event as a request. Its errors hold nothing of the event.
func (f *Function) request(payload []byte) (event events.APIGatewayProxyRequest, err error) {
	if f.handler == nil {
		return event, fmt.Errorf("reading event of %q: it works on events of S3 and on nothing else", f.deps.operation)
	}
	if err := json.Unmarshal(payload, &event); err != nil {
		return event, errors.New("reading event: it is no API Gateway proxy request")
	}
	if event.HTTPMethod == "" || event.RequestContext.APIID == "" && event.RequestContext.Stage == "" {
		return event, errors.New("reading event: it has neither a method nor a member that the operation works on")
	}
	return event, nil
}

// event finds the handler of an event that is no request. What came through API
// Gateway always has a request context, so that no caller can pass for such an event. Errors: an event of the
// function to itself that is not for its account.
func (f *Function) event(payload []byte) (EventHandler, json.RawMessage, error) {
	if len(f.deps.events) == 0 {
		return nil, nil, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(payload, &members); err != nil || members["requestContext"] != nil {
		return nil, nil, nil
	}
	for name, handle := range f.deps.events {
		member, ok := members[name]
		switch {
		case !ok:
		case name == recordsMember || stated(payload, accountMember) == f.deps.account:
			return handle, member, nil
		default:
			return nil, nil, refused(f.deps.operation)
		}
	}
	return nil, nil, nil
}

// work runs the handler of an event that is no request.
func (f *Function) work(ctx context.Context, handle EventHandler, member json.RawMessage) (err error) {
	start := time.Now()
	log := f.deps.log.With("requestId", lambdaRequestID(ctx))
	defer func() {
		if p := recover(); p != nil {
			logPanic(log, p)
			err = fmt.Errorf("working on event of operation %q: panic", f.deps.operation)
		}
		if err != nil {
			log.Error("event", append(ErrorAttrs(err), "durationMs", milliseconds(start))...)
			return
		}
		log.Info("event", "durationMs", milliseconds(start))
	}()
	ctx, cancel := within(ctx, 0)
	defer cancel()
	if err := f.deps.checkLayouts(ctx); err != nil {
		return err
	}
	return handle(withLog(ctx, log), member)
}

// serve answers a request and logs one line about it.
func (f *Function) serve(ctx context.Context, r *Request) events.APIGatewayProxyResponse {
	start := time.Now()
	log := f.deps.log.With("requestId", r.id)
	ctx, cancel := within(withLog(ctx, log), gatewayLimit)
	defer cancel()
	response := f.respond(ctx, r, log)
	level := slog.LevelInfo
	if response.StatusCode >= 500 {
		level = slog.LevelError
	}
	log.Log(ctx, level, "request", "status", response.StatusCode, "durationMs", milliseconds(start))
	return response
}

// respond turns every outcome of the handler, a panic included, into a response.
func (f *Function) respond(ctx context.Context, r *Request, log *slog.Logger) (response events.APIGatewayProxyResponse) {
	defer func() {
		if p := recover(); p != nil {
			logPanic(log, p)
			response = f.problem(r, internalProblem())
		}
	}()
	if what, problem := r.checkAccount(f.deps.account); problem != nil {
		log.Error("request refused", "why", errAccount.Error(), "where", what)
		return f.problem(r, problem)
	}
	answer, err := f.handle(ctx, r)
	if err == nil {
		var out events.APIGatewayProxyResponse
		if out, err = answer.encode(f.headers); err == nil {
			return out
		}
	}
	problem := problemOf(err)
	if problem.Status >= 500 {
		log.Error("request failed", ErrorAttrs(err)...)
	}
	return f.problem(r, problem)
}

// handle runs the handler once the tables' rows are known to be where it looks for them.
func (f *Function) handle(ctx context.Context, r *Request) (*Response, error) {
	if err := f.deps.checkLayouts(ctx); err != nil {
		return nil, err
	}
	return f.handler(ctx, r)
}

// problem encodes a problem as the answer to r.
func (f *Function) problem(r *Request, p *Problem) events.APIGatewayProxyResponse {
	out, err := p.response(r.id).encode(f.headers)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return out
}

// within bounds ctx by limit, if that is not 0, and keeps answerTime of what Lambda gives.
func within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if ok {
		left := time.Until(deadline)
		deadline = deadline.Add(-min(answerTime, left/4))
	}
	if bound := time.Now().Add(limit); limit != 0 && (!ok || bound.Before(deadline)) {
		deadline, ok = bound, true
	}
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline)
}

// requestID is API Gateway's id of the request, which its access log has too, or Lambda's.
func requestID(ctx context.Context, event events.APIGatewayProxyRequest) string {
	if id := event.RequestContext.RequestID; id != "" {
		return id
	}
	return lambdaRequestID(ctx)
}

func lambdaRequestID(ctx context.Context) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return lc.AwsRequestID
	}
	return ""
}

// logPanic logs where a panic came from. Its value may hold data of the request, so
// that only errors of the Go runtime are written out.
func logPanic(log *slog.Logger, value any) {
	text := fmt.Sprintf("%T", value)
	if err, ok := value.(runtime.Error); ok {
		text = err.Error()
	}
	log.Error("panic", "panic", text, "stack", string(debug.Stack()))
}

func milliseconds(start time.Time) float64 {
	return float64(time.Since(start).Microseconds()) / 1000
}

type logKey struct{}

func withLog(ctx context.Context, log *slog.Logger) context.Context {
	return context.WithValue(ctx, logKey{}, log)
}

// Log is the log of the request that ctx belongs to, with its id.
func Log(ctx context.Context) *slog.Logger {
	if log, ok := ctx.Value(logKey{}).(*slog.Logger); ok {
		return log
	}
	return slog.Default()
}
