package apigateway

import (
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// serve answers a request to an API.
func (s *Service) serve(w http.ResponseWriter, r *http.Request, a *api) {
	t, understood := readTarget(r.URL.EscapedPath())
	st := a.stage(t.stage)
	if st == nil || st.definition.disabled {
		s.forbidden(w)
		return
	}
	x := s.newExchange(w, r, st, t)
	// A client that goes away does not stop an integration.
	ctx := context.WithoutCancel(r.Context())
	if f := x.handle(ctx, understood); f != nil {
		x.fail(f)
	}
	x.finish()
}

// forbidden is the answer for a stage that does not exist: no API's responses apply to it.
func (s *Service) forbidden(w http.ResponseWriter) {
	x := &exchange{s: s, w: w, requestID: gate.NewRequestID(), extendedID: newExtendedID()}
	x.identify(w.Header())
	w.Header()["X-Amzn-Errortype"] = []string{"ForbiddenException"}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "23")
	w.WriteHeader(http.StatusForbidden)
	_, _ = w.Write([]byte(`{"message":"Forbidden"}`))
}

// badRequest is the answer to what is no request that could be decided.
var badRequest = &failure{kind: default4xx, status: http.StatusBadRequest, message: "Bad Request"}

// handle decides and answers in the order of API Gateway. A failure is answered by the caller.
func (x *exchange) handle(ctx context.Context, understood bool) *failure {
	if headerSize(x.r) > maxHeader {
		return &failure{kind: default4xx, status: http.StatusRequestHeaderFieldsTooLarge, message: "Request Header Fields Too Large"}
	}
	if x.r.ContentLength > maxPayload {
		return tooLarge
	}
	if !understood || !x.readRequest() {
		return badRequest
	}
	x.resource, x.m, x.params = x.d.find(x.target, x.httpMethod)
	if x.m == nil {
		return &failure{kind: missingToken, message: "Missing Authentication Token"}
	}
	if !x.st.throttle.allow(x.m, x.httpMethod) {
		return &failure{kind: throttled, message: "Too Many Requests"}
	}
	if f := x.authorize(ctx); f != nil {
		return f
	}
	// There are no usage plans here, so no key is valid.
	if x.m.apiKeyRequired {
		return &failure{kind: invalidAPIKey, message: "Forbidden"}
	}
	if f := x.takeBody(); f != nil {
		return f
	}
	if f := x.validate(); f != nil {
		return f
	}
	g := x.m.integration
	template, ok := g.template(x.contentType)
	switch {
	case g.unserved != "":
		return configurationError
	case !ok:
		return &failure{kind: unsupportedMediaType, message: "Unsupported Media Type"}
	case g.mock != nil:
		return x.serveMock(template)
	}
	return x.serveFunction(ctx)
}

var tooLarge = &failure{kind: requestTooLarge, message: "Request Too Long"}

// takeBody reads the body for validation and integration.
func (x *exchange) takeBody() *failure {
	err := x.readBody()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errTooLarge):
		return tooLarge
	}
	return badRequest
}

// identify sets the headers by which a request is found again.
func (x *exchange) identify(header http.Header) {
	header["X-Amzn-Requestid"] = []string{x.requestID}
	header["X-Amz-Apigw-Id"] = []string{x.extendedID}
}

// answer writes the body with the headers that are set.
func (x *exchange) answer(status int, body []byte) {
	header := x.w.Header()
	x.identify(header)
	if x.failure == nil && x.m.integration.mock == nil {
		header["X-Amzn-Trace-Id"] = []string{x.trace}
	}
	x.status = status
	if status == http.StatusNoContent || status == http.StatusNotModified {
		body = nil
	} else {
		body = x.compressed(header, body)
		header["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	x.w.WriteHeader(status)
	if x.r.Method != http.MethodHead && len(body) > 0 {
		x.bytes, _ = x.w.Write(body)
	}
}

// compressed compresses what is large enough for a caller who takes it.
func (x *exchange) compressed(header http.Header, body []byte) []byte {
	if x.d.minCompression < 0 || len(body) == 0 || len(body) < x.d.minCompression || header.Get("Content-Encoding") != "" || !acceptsGzip(x.r.Header.Get("Accept-Encoding")) {
		return body
	}
	var b strings.Builder
	z := gzip.NewWriter(&b)
	_, err := z.Write(body)
	if err != nil || z.Close() != nil {
		return body
	}
	header.Set("Content-Encoding", "gzip")
	return []byte(b.String())
}

func acceptsGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		name, q, _ := strings.Cut(part, ";")
		name = strings.TrimSpace(name)
		if (strings.EqualFold(name, "gzip") || name == "*") && strings.ReplaceAll(q, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

// finish writes the access log and reports the request.
func (x *exchange) finish() {
	end := x.s.o.Now()
	latency := end.Sub(x.start)
	if l := x.st.log; l != nil && x.s.o.Logs != nil {
		x.s.o.Logs.Write(l.group, l.account, l.region, l.stream, end, l.format.expandOr(logged{x, latency}, "-"))
	}
	if x.s.o.OnRequest == nil {
		return
	}
	record := Record{
		Time: x.start, API: x.d.id, Stage: x.st.name, Account: x.d.account, Region: x.d.region, RequestID: x.requestID, Trace: x.trace,
		Method: x.httpMethod, Path: x.target.path, Status: x.status, Bytes: x.bytes, Latency: latency,
		IntegrationLatency: x.integrationLatency, AuthorizerLatency: x.authorizerLatency, Cold: x.cold,
		FunctionARN: x.function, FunctionRequestID: x.functionRequestID,
	}
	if x.m != nil {
		record.ResourcePath, record.OperationID = x.m.resourcePath, x.m.operationID
	}
	if x.authorized != nil {
		record.AuthorizerCached = x.authorized.cached
	}
	if x.failure != nil {
		record.ErrorType, record.ErrorMessage = string(x.failure.kind), x.failure.message
	}
	x.s.o.OnRequest(record)
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
