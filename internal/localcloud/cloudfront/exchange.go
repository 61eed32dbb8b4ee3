package cloudfront

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// pop is the edge location of the local cloud.
const pop = "LOCAL50-P1"

// The limits of a request, in bytes (CloudFront Developer Guide, "General quotas on distributions").
const (
	maxURL     = 8192
	maxRequest = 32768
)

// exchange is one request to a distribution and its answer. To the code that makes the answer it is an
// http.ResponseWriter, which adds what CloudFront adds before the viewer gets it.
type exchange struct {
	s            *Service
	distribution *distribution
	behavior     *behavior
	caching      *cachePolicy
	forwarding   *originRequestPolicy // nil if there is none
	headers      *headersPolicy       // nil if there is none
	host, id     string
	viewer       *http.Request // as it came
	request      viewerRequest // as it is now
	encodings    string        // normalized Accept-Encoding
	result       string        // X-Cache

	w       http.ResponseWriter
	header  http.Header
	status  int
	bytes   int64
	replace bool // a function replaced the body
}

func (s *Service) serve(w http.ResponseWriter, r *http.Request, id, host string) {
	start := s.o.Now()
	x := &exchange{s: s, distribution: s.find(id), host: host, viewer: r, id: newID(), w: w, header: http.Header{}}
	path, query := rawTarget(r)
	x.request = viewerRequest{method: r.Method, path: path, query: query, header: r.Header}
	defer func() {
		s.o.OnRequest(Request{Time: start, Duration: s.o.Now().Sub(start), DistributionID: id, Host: host, Method: r.Method, Path: path,
			Status: x.status, Bytes: x.bytes, Result: x.result, ID: x.id})
	}()
	if f := x.refusal(); f != nil {
		x.fail(*f)
		return
	}
	x.behavior = x.distribution.behavior(path)
	if f := x.policies(); f != nil {
		x.fail(*f)
		return
	}
	if f := x.methodRefusal(); f != nil {
		x.fail(*f)
		return
	}
	if x.behavior.viewerRequest != "" && !x.runViewerRequest() {
		return
	}
	if x.request.path == "/" && x.distribution.rootObject != "" {
		x.request.path += x.distribution.rootObject
	}
	x.encodings = acceptedEncodings(x.request.header, x.caching)
	x.answer()
}

func newID() string {
	var b [40]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return base64.URLEncoding.EncodeToString(b[:])
}

// refusal is what is refused before a behavior is known.
func (x *exchange) refusal() *failure {
	d := x.distribution
	size := len(x.request.path) + len(x.request.query)
	total := size
	for name, values := range x.viewer.Header {
		for _, v := range values {
			total += len(name) + len(v) + 4
		}
	}
	switch {
	case d == nil:
		return &failure{http.StatusForbidden, "There is no such distribution any more."}
	case !d.enabled:
		return &failure{http.StatusForbidden, "The distribution is disabled."}
	case !d.answersTo(x.host):
		return &failure{http.StatusForbidden, "The distribution does not have " + x.host + " as an alternate domain name."}
	case !strings.HasPrefix(x.request.path, "/"):
		return &failure{http.StatusBadRequest, "Bad request."}
	case size > maxURL || total > maxRequest:
		return &failure{http.StatusRequestEntityTooLarge, "The request is too large: CloudFront takes URLs of 8192 bytes and requests of 32768 bytes with their headers."}
	case strings.Contains(strings.Join(x.viewer.Header["Via"], ","), d.domain):
		return &failure{http.StatusForbidden, "The request came through this distribution before: its origins lead back to it."}
	}
	return nil
}

// policies finds those of the behavior. One that is missing fails the request: what it would
// have kept out may not get through.
func (x *exchange) policies() *failure {
	b := x.behavior
	x.s.mu.RLock()
	defer x.s.mu.RUnlock()
	missing := func(what, id string) *failure {
		return &failure{http.StatusInternalServerError, fmt.Sprintf("The local cloud has no %s %s, which the behavior %s names.", what, id, b.pattern)}
	}
	if b.legacy != nil {
		x.caching, x.forwarding = b.legacy.cache, b.legacy.forwarding
	} else if x.caching = x.s.caching[b.cachePolicyID]; x.caching == nil {
		return missing("cache policy", b.cachePolicyID)
	}
	if b.originPolicyID != "" {
		if x.forwarding = x.s.forwarding[b.originPolicyID]; x.forwarding == nil {
			return missing("origin request policy", b.originPolicyID)
		}
	}
	if b.headersPolicyID != "" {
		if x.headers = x.s.headers[b.headersPolicyID]; x.headers == nil {
			return missing("response headers policy", b.headersPolicyID)
		}
	}
	return nil
}

// methodRefusal is what a behavior does not take (CloudFront Developer Guide, "Request and response
// behavior for custom origins", HTTP methods, GET requests that include a body).
func (x *exchange) methodRefusal() *failure {
	method := x.request.method
	known, allowed := false, false
	for _, m := range allMethods {
		known = known || m == method
	}
	for _, m := range x.behavior.allowed {
		allowed = allowed || m == method
	}
	switch {
	case !known:
		return &failure{http.StatusMethodNotAllowed, "CloudFront does not take the method " + method + "."}
	case !allowed:
		return &failure{http.StatusForbidden, "This distribution is not configured to allow the HTTP request method that was used for this request."}
	case (method == http.MethodGet || method == http.MethodHead) && x.viewer.ContentLength != 0:
		return &failure{http.StatusForbidden, "A " + method + " request has no body."}
	case x.behavior.private:
		return &failure{http.StatusForbidden, "MissingKey: the behavior takes signed requests only, and the local cloud verifies no CloudFront signatures."}
	}
	return nil
}

// fail answers with an error of CloudFront's own.
func (x *exchange) fail(f failure) {
	if x.result == "" {
		x.result = "Error from cloudfront"
	}
	body := f.body(x.id)
	x.header = http.Header{"Content-Type": {"text/html"}, "Server": {"CloudFront"}, "Content-Length": {strconv.Itoa(len(body))}, "Cache-Control": {"no-store"}}
	x.WriteHeader(f.status)
	_, _ = x.Write([]byte(body))
}

// Header of the answer.
func (x *exchange) Header() http.Header { return x.header }

// WriteHeader finishes the headers and sends them: first the policy, then the viewer-response function,
// then what says that CloudFront answered.
func (x *exchange) WriteHeader(status int) {
	if x.status != 0 {
		return
	}
	h := x.header
	var body []byte
	if x.behavior != nil {
		if x.caching != nil && !x.forwardsCookies() && x.result != fromFunction {
			h.Del("Set-Cookie") // what is not asked with cookies may not set any
		}
		if x.headers != nil {
			x.headers.apply(h, x.viewer, x.result, x.s.o.Localize)
		}
		// Errors of an origin do not come to the function (CloudFront Developer Guide, "Restrictions on edge functions").
		if x.behavior.viewerResponse != "" && status < 400 && x.result != fromFunction {
			status, body = x.runViewerResponse(status)
			h = x.header
		}
	}
	x.status = status
	h.Set("X-Cache", x.result)
	h.Set("Via", strings.Join(append(h["Via"], x.via0()), ", "))
	h.Set("X-Amz-Cf-Pop", pop)
	h.Set("X-Amz-Cf-Id", x.id)
	for _, name := range localized {
		for i, value := range h[name] {
			h[name][i] = x.s.o.Localize(name, value)
		}
	}
	maps.Copy(x.w.Header(), h)
	x.w.WriteHeader(status)
	if x.replace && x.request.method != http.MethodHead {
		n, _ := x.w.Write(body)
		x.bytes += int64(n)
	}
}

// via0 is Via also when there is no distribution any more.
func (x *exchange) via0() string {
	if x.distribution == nil {
		return "1.1 cloudfront.net (CloudFront)"
	}
	return x.via()
}

// localized are the headers of answers whose values name hosts.
var localized = []string{
	"Location", "Content-Location", "Content-Security-Policy", "Content-Security-Policy-Report-Only", "Access-Control-Allow-Origin", "Link",
}

func (x *exchange) forwardsCookies() bool {
	return x.caching.cookies.mode != modeNone || x.forwarding != nil && x.forwarding.cookies.mode != modeNone
}

// Write sends a part of the body.
func (x *exchange) Write(p []byte) (int, error) {
	if x.status == 0 {
		x.WriteHeader(http.StatusOK)
	}
	if x.replace || x.request.method == http.MethodHead {
		return len(p), nil
	}
	n, err := x.w.Write(p)
	x.bytes += int64(n)
	return n, err
}

// Flush sends what was written.
func (x *exchange) Flush() {
	if f, ok := x.w.(http.Flusher); ok {
		f.Flush()
	}
}

// fromFunction is X-Cache of what a viewer-request function answered.
const fromFunction = "FunctionGeneratedResponse from cloudfront"

// runViewerRequest runs the function and says whether the request goes on.
func (x *exchange) runViewerRequest() bool {
	event := x.event("viewer-request")
	var got functionResult
	err := x.s.run(x.behavior.viewerRequest, event, &got)
	if err == nil && got.StatusCode != 0 {
		err = x.answerGenerated(got)
		if err == nil {
			return false
		}
	} else if err == nil {
		err = x.changeRequest(event.Request, got)
	}
	if err != nil {
		x.failFunction(x.behavior.viewerRequest, err)
		return false
	}
	return true
}

func (s *Service) run(arn string, event *functionEvent, out any) error {
	s.mu.RLock()
	f := s.functions[arn]
	s.mu.RUnlock()
	if f == nil {
		return fmt.Errorf("the local cloud has no function %s", arn)
	}
	return f.call(event, out)
}

func (x *exchange) failFunction(arn string, err error) {
	x.s.o.Log(fmt.Sprintf("function %s failed (%s %s%s, %s): %v", arn, x.request.method, x.host, x.request.path, x.id, err))
	x.result = "FunctionExecutionError from cloudfront"
	if _, ok := err.(invalidResult); ok {
		x.result = "FunctionValidationError from cloudfront"
	}
	x.fail(failure{http.StatusServiceUnavailable, "The CloudFront function associated with the CloudFront distribution is invalid or could not run."})
}

// answerGenerated answers with the response of a viewer-request function.
func (x *exchange) answerGenerated(got functionResult) error {
	body, header, err := readResponse(http.Header{}, &functionResponse{StatusCode: got.StatusCode, Headers: got.Headers, Cookies: got.Cookies, Body: got.Body})
	if err != nil {
		return err
	}
	if got.Body != nil {
		header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	x.header, x.result = header, fromFunction
	x.WriteHeader(got.StatusCode)
	_, _ = x.Write(body)
	return nil
}

// readResponse makes headers and body of what a function returned.
func readResponse(before http.Header, f *functionResponse) ([]byte, http.Header, error) {
	if f.StatusCode < 200 || f.StatusCode > 599 {
		return nil, nil, invalidResult{fmt.Sprintf("it returned the status code %d, want 200 to 599", f.StatusCode)}
	}
	body, err := f.content()
	if err != nil {
		return nil, nil, err
	}
	plain := maps.Clone(before)
	delete(plain, "Set-Cookie")
	header, err := changeHeaders(plain, f.Headers, readOnlyInResponses)
	if err != nil {
		return nil, nil, err
	}
	lines, err := setCookies(f.Cookies)
	if lines != nil {
		header["Set-Cookie"] = lines
	}
	return body, header, err
}

// runViewerResponse lets the function change the headers, and the body if it returns one.
func (x *exchange) runViewerResponse(status int) (int, []byte) {
	event := x.event("viewer-response")
	event.Response = &functionResponse{StatusCode: status, StatusDescription: http.StatusText(status), Headers: headersOf(x.header, "Set-Cookie"), Cookies: cookiesOf(x.header)}
	var got functionResponse
	err := x.s.run(x.behavior.viewerResponse, event, &got)
	var body []byte
	var header http.Header
	if err == nil {
		body, header, err = readResponse(x.header, &got)
	}
	if err != nil {
		x.s.o.Log(fmt.Sprintf("function %s failed (%s %s%s, %s): %v", x.behavior.viewerResponse, x.request.method, x.host, x.request.path, x.id, err))
		x.result, x.replace = "FunctionExecutionError from cloudfront", true
		page := failure{http.StatusServiceUnavailable, "The CloudFront function associated with the CloudFront distribution is invalid or could not run."}.body(x.id)
		x.header = http.Header{"Content-Type": {"text/html"}, "Server": {"CloudFront"}, "Content-Length": {strconv.Itoa(len(page))}}
		return http.StatusServiceUnavailable, []byte(page)
	}
	x.header = header
	if got.Body != nil {
		x.replace = true
		header.Del("Content-Encoding")
		header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	return got.StatusCode, body
}
