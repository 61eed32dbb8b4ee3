package lambda

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// WriteError implements [gate.Service].
func (s *Service) WriteError(w http.ResponseWriter, _ *http.Request, e *gate.Error, requestID string) {
	writeError(w, e, requestID)
}

// writeError answers as Lambda does. The reason of a refusal for capacity is a member of its own.
func writeError(w http.ResponseWriter, e *gate.Error, requestID string) {
	reason, ok := e.Fields["Reason"]
	if !ok {
		e.WriteREST(w, requestID)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("x-amzn-RequestId", requestID)
	h.Set("x-amzn-ErrorType", e.Code)
	w.WriteHeader(e.Status)
	_ = json.NewEncoder(w).Encode(map[string]any{"Type": "User", "message": e.Message, "Reason": reason})
}

// operation is a request of the API: its action and what it names.
type operation struct {
	action string
	// function is the FunctionName of the path; empty if the operation is about none.
	function string
	// subresource after the name, such as configuration.
	subresource string
}

// Serve implements [gate.Service].
func (s *Service) Serve(w http.ResponseWriter, c *gate.Call) {
	op, ok := classify(c.HTTP)
	if !ok {
		writeError(w, &gate.Error{Status: http.StatusNotFound, Code: "UnknownOperationException", Message: "There is no operation " + c.HTTP.Method + " " + c.HTTP.URL.Path}, c.RequestID)
		return
	}
	problem := s.serve(w, c, op)
	if problem != nil {
		writeError(w, problem, c.RequestID)
	}
}

func (s *Service) serve(w http.ResponseWriter, c *gate.Call, op operation) *gate.Error {
	if op.function == "" {
		if denied := c.Authorize(gate.Access{Action: op.action, Resource: "*"}); denied != nil {
			return denied
		}
		if op.action == "lambda:ListFunctions" {
			return s.listFunctions(w, c)
		}
		return unsupported(op)
	}
	ref, problem := referenceOf(c, op)
	if problem != nil {
		return problem
	}
	if denied := c.Authorize(s.access(op.action, ref.arn())); denied != nil {
		return denied
	}
	if ref.region != c.Region {
		return &gate.Error{Status: http.StatusNotFound, Code: ResourceNotFound, Message: "Functions from '" + ref.region + "' are not reachable in this region ('" + c.Region + "')"}
	}
	switch op.action {
	case "lambda:InvokeFunction":
		if op.subresource == "invocations" {
			return s.serveInvoke(w, c, ref)
		}
	case "lambda:GetFunction", "lambda:GetFunctionConfiguration":
		return s.getFunction(w, c, op, ref)
	case "lambda:GetPolicy":
		return s.getPolicy(w, c, ref)
	}
	return unsupported(op)
}

func unsupported(op operation) *gate.Error {
	return &gate.Error{Status: http.StatusNotImplemented, Code: "NotImplementedException", Message: "The local cloud does not have " + op.action + " here; functions come from the templates."}
}

// referenceOf reads the name of the path and the parameter Qualifier.
func referenceOf(c *gate.Call, op operation) (reference, *gate.Error) {
	ref, problem := parseReference(op.function, c.Region, c.Caller.Account)
	if problem != nil {
		return ref, problem
	}
	query, err := url.ParseQuery(c.HTTP.URL.RawQuery)
	if err != nil {
		return ref, errInvalid("reading the query: %v", err)
	}
	values, given := query["Qualifier"]
	if !given {
		return ref, nil
	}
	switch {
	case len(values) != 1 || !qualifierName.MatchString(values[0]):
		return ref, errInvalid("Qualifier %q: want one version or alias", values)
	case ref.qualifier != "" && ref.qualifier != values[0]:
		return ref, errInvalid("The derived qualifier from the function name does not match the specified qualifier.")
	}
	ref.qualifier = values[0]
	return ref, nil
}

// serveInvoke answers Invoke (Lambda API Reference, "Invoke").
func (s *Service) serveInvoke(w http.ResponseWriter, c *gate.Call, ref reference) *gate.Error {
	r := c.HTTP.Header
	in := Input{FunctionARN: ref.arn(), Payload: c.Body, ClientContext: r.Get("X-Amz-Client-Context"),
		TraceHeader: traceHeader(r.Get("X-Amzn-Trace-Id")), RequestID: c.RequestID}
	logType := r.Get("X-Amz-Log-Type")
	switch kind := r.Get("X-Amz-Invocation-Type"); kind {
	case "", "RequestResponse":
	case "Event":
		in.Async = true
	case "DryRun":
		return s.dryRun(w, c, in.FunctionARN)
	default:
		return &gate.Error{Status: 400, Code: "ValidationException", Message: "1 validation error detected: Value '" + kind + "' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]"}
	}
	if logType != "" && logType != "None" && logType != "Tail" {
		return &gate.Error{Status: 400, Code: "ValidationException", Message: "1 validation error detected: Value '" + logType + "' at 'logType' failed to satisfy constraint: Member must satisfy enum value set: [None, Tail]"}
	}
	if len(c.Body) > 0 && len(c.Body) <= maxRequest && !json.Valid(c.Body) {
		return &gate.Error{Status: 400, Code: "InvalidRequestContentException", Message: "Could not parse request body into json: the payload is no JSON value"}
	}
	out, err := s.Invoke(c.HTTP.Context(), in)
	if err != nil {
		var problem *gate.Error
		if errors.As(err, &problem) {
			return problem
		}
		return &gate.Error{Status: 500, Code: "ServiceException", Message: err.Error()}
	}
	h := w.Header()
	h.Set("x-amzn-RequestId", c.RequestID)
	if in.Async {
		w.WriteHeader(http.StatusAccepted)
		return nil
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(out.Payload)))
	h.Set("X-Amz-Executed-Version", out.ExecutedVersion)
	if out.FunctionError != "" {
		h.Set("X-Amz-Function-Error", out.FunctionError)
	}
	if logType == "Tail" {
		h.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString([]byte(out.LogTail)))
	}
	_, _ = w.Write(out.Payload)
	return nil
}

// traceHeader is a trace header that fits into another header; any other is left out.
func traceHeader(text string) string {
	if len(text) > 512 || !strings.Contains(text, "Root=") {
		return ""
	}
	return text
}

func (s *Service) dryRun(w http.ResponseWriter, c *gate.Call, arn string) *gate.Error {
	s.mu.Lock()
	_, problem := s.resolve(arn)
	s.mu.Unlock()
	if problem != nil {
		return problem
	}
	w.Header().Set("x-amzn-RequestId", c.RequestID)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func writeJSON(w http.ResponseWriter, c *gate.Call, v any) *gate.Error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("x-amzn-RequestId", c.RequestID)
	_ = json.NewEncoder(w).Encode(v) // strings, numbers and maps of them
	return nil
}

// configuration is FunctionConfiguration (Lambda API Reference).
func configuration(c *config, modified string, qualified bool) map[string]any {
	arn := c.arn
	if qualified || c.version != latestVersion {
		arn += ":" + c.version
	}
	format := "Text"
	if c.logJSON {
		format = "JSON"
	}
	tracing := "PassThrough"
	if c.tracing {
		tracing = "Active"
	}
	out := map[string]any{
		"FunctionName": c.name, "FunctionArn": arn, "Runtime": c.runtime, "Role": c.role, "Handler": c.handler,
		"CodeSize": c.code.size, "CodeSha256": c.code.sha256, "Description": c.description,
		"Timeout": int(c.timeout.Seconds()), "MemorySize": c.memory, "LastModified": modified, "Version": c.version,
		"PackageType": "Zip", "Architectures": c.architectures, "EphemeralStorage": map[string]any{"Size": c.storage},
		"TracingConfig": map[string]any{"Mode": tracing}, "State": "Active", "LastUpdateStatus": "Successful",
		"LoggingConfig": map[string]any{"LogFormat": format, "LogGroup": c.logGroup},
	}
	if len(c.environment) > 0 {
		out["Environment"] = map[string]any{"Variables": c.environment}
	}
	return out
}

func (s *Service) getFunction(w http.ResponseWriter, c *gate.Call, op operation, ref reference) *gate.Error {
	s.mu.Lock()
	p, problem := s.resolve(ref.arn())
	if problem != nil {
		s.mu.Unlock()
		return problem
	}
	modified := p.function.modified.UTC().Format("2006-01-02T15:04:05.000+0000")
	s.mu.Unlock()
	described := configuration(p.config, modified, ref.qualifier != "")
	if op.action == "lambda:GetFunctionConfiguration" {
		return writeJSON(w, c, described)
	}
	out := map[string]any{"Configuration": described, "Code": map[string]any{"RepositoryType": "S3"}}
	if len(p.config.tags) > 0 {
		out["Tags"] = p.config.tags
	}
	if p.config.reserved >= 0 {
		out["Concurrency"] = map[string]any{"ReservedConcurrentExecutions": p.config.reserved}
	}
	return writeJSON(w, c, out)
}

func (s *Service) getPolicy(w http.ResponseWriter, c *gate.Call, ref reference) *gate.Error {
	document, err := s.policyOf(ref.arn())
	if err != nil {
		return &gate.Error{Status: 404, Code: ResourceNotFound, Message: "The resource you requested does not exist."}
	}
	text, err := json.Marshal(document)
	if err != nil {
		return &gate.Error{Status: 500, Code: "ServiceException", Message: err.Error()}
	}
	return writeJSON(w, c, map[string]any{"Policy": string(text), "RevisionId": c.RequestID})
}

// listFunctions lists the functions of the caller's account and region; Marker is the name of the
// last one of the page before.
func (s *Service) listFunctions(w http.ResponseWriter, c *gate.Call) *gate.Error {
	query := c.HTTP.URL.Query()
	limit := 50
	if text := query.Get("MaxItems"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 10_000 {
			return errInvalid("MaxItems %q: want 1 to 10000", text)
		}
		limit = min(n, limit)
	}
	s.mu.Lock()
	functions := map[string]map[string]any{}
	for _, f := range s.functions {
		if f.latest != nil && f.latest.config.account == c.Caller.Account && f.latest.config.region == c.Region {
			functions[f.latest.config.name] = configuration(f.latest.config, f.modified.UTC().Format("2006-01-02T15:04:05.000+0000"), false)
		}
	}
	s.mu.Unlock()
	page := []map[string]any{}
	out := map[string]any{}
	last := ""
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		if name <= query.Get("Marker") {
			continue
		}
		if len(page) == limit {
			out["NextMarker"] = last
			break
		}
		page, last = append(page, functions[name]), name
	}
	out["Functions"] = page
	return writeJSON(w, c, out)
}
