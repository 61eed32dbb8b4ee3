package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
	"github.com/tenantstack/tenantstack/functions/internal/rest/resttest"
	"github.com/tenantstack/tenantstack/functions/internal/store"
)

// answer is what the operation "probe" does; each test sets it.
var answer func(context.Context, *rest.Request) (*rest.Response, error)

var _ = rest.Handle("probe", func(d *rest.Deps) rest.Handler {
	d.OnEvent("job", func(ctx context.Context, member json.RawMessage) error {
		rest.Log(ctx).Info("working", "member", len(member))
		switch string(member) {
		case `"fail"`:
			return errors.New("working: it failed")
		case `"panic"`:
			panic("data of the event")
		}
		return nil
	})
	return func(ctx context.Context, r *rest.Request) (*rest.Response, error) { return answer(ctx, r) }
})

var _ = rest.Handle("demanding", func(d *rest.Deps) rest.Handler {
	rest.Table[struct{}](d, store.Schema{Table: "cat-toys", SortKey: "toyId", Sharded: true})
	d.Env("SEARCH_ENDPOINT")
	d.Fail(nil)
	return nil
})

// probe sends testdata/request.json, as change has changed it, to an operation that does what do does.
func probe(t *testing.T, w *resttest.World, change func(resttest.Event),
	do func(context.Context, *rest.Request) (*rest.Response, error)) resttest.Result {
	t.Helper()
	answer = do
	e := resttest.Load(t, "testdata/request.json")
	if change != nil {
		change(e)
	}
	return resttest.Invoke(t, w.Start(t, "probe"), e)
}

func ok(context.Context, *rest.Request) (*rest.Response, error) {
	return rest.JSON(http.StatusOK, map[string]string{"name": "<b>Minka</b>"}).ETag(7), nil
}

func TestResponseHeaders(t *testing.T) {
	for origin, want := range map[string]map[string]string{
		"*":                   {"Access-Control-Allow-Origin": "*", "Vary": ""},
		"https://example.com": {"Access-Control-Allow-Origin": "https://example.com", "Vary": "Origin"},
	} {
		w := resttest.New(t, "12345")
		w.Env["CORS_ALLOW_ORIGIN"] = origin
		for name, do := range map[string]func(context.Context, *rest.Request) (*rest.Response, error){
			"success": ok,
			"problem": func(context.Context, *rest.Request) (*rest.Response, error) { return nil, errors.New("no") },
			"empty": func(context.Context, *rest.Request) (*rest.Response, error) {
				return rest.Empty(http.StatusNoContent), nil
			},
			"panic": func(context.Context, *rest.Request) (*rest.Response, error) { panic("no") },
		} {
			r := probe(t, w, nil, do)
			for header, value := range want {
				if r.Header[header] != value {
					t.Errorf("%s: %s is %q, want %q", name, header, r.Header[header], value)
				}
			}
			for header, value := range map[string]string{
				"Access-Control-Expose-Headers": "ETag, Location, Retry-After",
				"Cache-Control":                 "no-store",
				"X-Content-Type-Options":        "nosniff",
			} {
				if r.Header[header] != value {
					t.Errorf("%s: %s is %q, want %q", name, header, r.Header[header], value)
				}
			}
		}
	}
}

func TestSuccess(t *testing.T) {
	r := probe(t, resttest.New(t, "12345"), nil, ok).Want(t, http.StatusOK)
	if r.Header["ETag"] != `"7"` || r.Header["Content-Type"] != "application/json" {
		t.Errorf("headers %v, want an ETag and application/json", r.Header)
	}
	// What looks like HTML is data; it is written so that no reader takes it for anything else.
	if want := `{"name":"\u003cb\u003eMinka\u003c/b\u003e"}`; r.Body != want {
		t.Errorf("body %s, want %s", r.Body, want)
	}
}

// apiError is an answer of AWS as the SDK hands it over.
func apiError(status int, code, message string) error {
	return fmt.Errorf("reading row: %w", &smithy.OperationError{ServiceID: "DynamoDB", OperationName: "GetItem",
		Err: &awshttp.ResponseError{RequestID: "AWSREQUEST", ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
			Err:      &smithy.GenericAPIError{Code: code, Message: message},
		}}})
}

func TestErrors(t *testing.T) {
	for name, test := range map[string]struct {
		err    error
		status int
		retry  string
		logged []string
		secret string
	}{
		"problem":     {err: fmt.Errorf("x: %w", rest.NewProblem(409, "No.")), status: 409},
		"not found":   {err: fmt.Errorf("x: %w", store.ErrNotFound), status: 404},
		"exists":      {err: store.ErrExists, status: 409},
		"version":     {err: store.ErrVersion, status: 412},
		"cursor":      {err: store.ErrCursor, status: 400},
		"row too big": {err: store.ErrTooLarge, status: 413},
		"unprocessed": {err: store.ErrUnprocessed, status: 503, retry: "1"},
		"deadline":    {err: fmt.Errorf("x: %w", context.DeadlineExceeded), status: 503, retry: "1"},
		"unknown":     {err: errors.New("decoding row"), status: 500, logged: []string{"decoding row"}},
		"throttled": {err: apiError(400, "ProvisionedThroughputExceededException", "m"), status: 503, retry: "1",
			logged: []string{"ProvisionedThroughputExceededException", "AWSREQUEST", "GetItem"}},
		"throttling":   {err: apiError(400, "ThrottlingException", "m"), status: 503, retry: "1"},
		"service down": {err: apiError(500, "InternalServerError", "m"), status: 503, retry: "1"},
		"no answer":    {err: &smithyhttp.RequestSendError{Err: errors.New("connection refused")}, status: 503, retry: "1"},
		"no connection": {err: &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{}}, Err: &smithyhttp.RequestSendError{Err: errors.New("connection refused")},
		}}, status: 503, retry: "1"},
		"denied":  {err: apiError(400, "AccessDeniedException", "not authorized to perform: dynamodb:GetItem"), status: 500, logged: []string{"not authorized to perform"}},
		"invalid": {err: apiError(400, "ValidationException", "value Minka is invalid"), status: 500, logged: []string{"ValidationException"}, secret: "Minka"},
	} {
		t.Run(name, func(t *testing.T) {
			w := resttest.New(t, "12345")
			r := probe(t, w, nil, func(context.Context, *rest.Request) (*rest.Response, error) { return nil, test.err })
			p := r.Problem(t, test.status)
			if p.Type != "about:blank" || p.Title == "" || p.Instance != "urn:uuid:c6af9ac6-7b61-11e6-9a41-93e8deadbeef" {
				t.Errorf("problem %+v, want a type, a title and the request's id", p)
			}
			if r.Header["Retry-After"] != test.retry {
				t.Errorf("Retry-After %q, want %q", r.Header["Retry-After"], test.retry)
			}
			log := w.Log.String()
			for _, text := range test.logged {
				if !strings.Contains(log, text) {
					t.Errorf("log has no %q:\n%s", text, log)
				}
				if strings.Contains(r.Body, text) {
					t.Errorf("the caller is told %q: %s", text, r.Body)
				}
			}
			if test.secret != "" && strings.Contains(log, test.secret) {
				t.Errorf("log has %q:\n%s", test.secret, log)
			}
		})
	}
}

func TestPanic(t *testing.T) {
	w := resttest.New(t, "12345")
	r := probe(t, w, nil, func(context.Context, *rest.Request) (*rest.Response, error) { panic("Minka's secret") })
	r.Problem(t, http.StatusInternalServerError)
	log := w.Log.String()
	if strings.Contains(log, "Minka") || !strings.Contains(log, "rest_test.go") {
		t.Errorf("log has no stack or has the panic's value:\n%s", log)
	}
	w = resttest.New(t, "12345")
	probe(t, w, nil, func(context.Context, *rest.Request) (*rest.Response, error) {
		var none *rest.Request
		return nil, errors.New(none.ID())
	}).Problem(t, http.StatusInternalServerError)
	if log := w.Log.String(); !strings.Contains(log, "nil pointer dereference") {
		t.Errorf("log has no error of the runtime:\n%s", log)
	}
}

// An operation may ask what the authorizer found out; what is no text is nothing.
func TestAuthorizer(t *testing.T) {
	var got string
	probe(t, resttest.New(t, "12345"), nil, func(_ context.Context, r *rest.Request) (*rest.Response, error) {
		got = strings.Join([]string{r.ID(), r.Authorizer("principalId"), r.Authorizer("integrationLatency"), r.Authorizer("absent")}, ",")
		return rest.Empty(http.StatusNoContent), nil
	})
	if want := "c6af9ac6-7b61-11e6-9a41-93e8deadbeef,user-7f3a,,"; got != want {
		t.Errorf("read %q, want %q", got, want)
	}
}

// The handler must give up before Lambda ends the process, and before API Gateway
// answers for it, so that the caller gets an answer that says what happened.
func TestDeadline(t *testing.T) {
	w := resttest.New(t, "12345")
	var left time.Duration
	answer = func(ctx context.Context, _ *rest.Request) (*rest.Response, error) {
		deadline, ok := ctx.Deadline()
		if !ok {
			return nil, errors.New("no deadline")
		}
		left = time.Until(deadline)
		if left < time.Second {
			<-ctx.Done()
			return nil, fmt.Errorf("reading row: %w", ctx.Err())
		}
		return rest.Empty(http.StatusNoContent), nil
	}
	f := w.Start(t, "probe")
	payload, err := json.Marshal(resttest.Load(t, "testdata/request.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		given, least, most time.Duration
		status             string
	}{
		{15 * time.Minute, 20 * time.Second, 29 * time.Second, `"statusCode":204`},
		{10 * time.Second, 9 * time.Second, 9600 * time.Millisecond, `"statusCode":204`},
		{200 * time.Millisecond, 0, 160 * time.Millisecond, `"statusCode":503`},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), test.given)
		out, err := f.Invoke(ctx, payload)
		if err != nil || ctx.Err() != nil {
			t.Errorf("given %v: %v, %v, want an answer in time", test.given, err, ctx.Err())
		}
		cancel()
		if left < test.least || left > test.most || !strings.Contains(string(out), test.status) {
			t.Errorf("given %v: the handler had %v, answer %s; want %v to %v, %s", test.given, left, out, test.least, test.most, test.status)
		}
	}
}

func TestLog(t *testing.T) {
	w := resttest.New(t, "12345")
	probe(t, w, nil, ok)
	var line map[string]any
	if err := json.Unmarshal([]byte(w.Log.String()), &line); err != nil {
		t.Fatalf("log is not one JSON object: %v\n%s", err, w.Log.String())
	}
	for name, want := range map[string]any{
		"level": "INFO", "msg": "request", "tenant": "acme", "operation": "probe",
		"requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", "status": 200.0,
	} {
		if line[name] != want {
			t.Errorf("%s is %v, want %v", name, line[name], want)
		}
	}
	if ms, ok := line["durationMs"].(float64); !ok || ms < 0 || ms > 60000 {
		t.Errorf("durationMs is %v, want milliseconds", line["durationMs"])
	}
	if len(line) != 8 { // and the time
		t.Errorf("line has %d members, want 8: %v", len(line), line)
	}
}

func TestLogLevel(t *testing.T) {
	for level, lines := range map[string]int{"": 1, "info": 1, "debug": 1, "warn": 0, "error": 0, "loud": 1} {
		w := resttest.New(t, "12345")
		w.Env["LOG_LEVEL"] = level
		probe(t, w, nil, ok)
		if got := strings.Count(w.Log.String(), "\n"); got != lines {
			t.Errorf("level %q: %d lines, want %d", level, got, lines)
		}
	}
}

func TestEventsThatAreNoRequests(t *testing.T) {
	w := resttest.New(t, "12345")
	f := w.Start(t, "probe")
	answer = ok
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "lambda-id"})
	for name, test := range map[string]struct{ payload, result, err string }{
		"known":            {`{"billingAccount":"12345","job":"x"}`, "", ""},
		"failing":          {`{"billingAccount":"12345","job":"fail"}`, "", "working: it failed"},
		"panicking":        {`{"billingAccount":"12345","job":"panic"}`, "", `working on event of operation "probe": panic`},
		"unknown":          {`{"other":1}`, "", "reading event: it has neither a method nor a member that the operation works on"},
		"no object":        {`[]`, "", "reading event: it is no API Gateway proxy request"},
		"empty":            {``, "", "reading event: it is no API Gateway proxy request"},
		"request with job": {`{"job":"fail","httpMethod":"GET","requestContext":{"stage":"api","authorizer":{"account":"12345"}},"stageVariables":{"billingAccount":"12345"}}`, `"statusCode":200`, ""},
		"context with job": {`{"job":"fail","requestContext":{}}`, "", "reading event: it has neither a method nor a member that the operation works on"},
		"null with job":    {`{"job":"x","requestContext":null}`, "", "reading event: it has neither a method nor a member that the operation works on"},
	} {
		out, err := f.Invoke(ctx, []byte(test.payload))
		if (err == nil) != (test.err == "") || err != nil && err.Error() != test.err || !strings.Contains(string(out), test.result) {
			t.Errorf("%s: %s, %v, want %q, %q", name, out, err, test.result, test.err)
		}
	}
	log := w.Log.String()
	if strings.Contains(log, "data of the event") || !strings.Contains(log, `"msg":"working"`) || !strings.Contains(log, `"requestId":"lambda-id"`) {
		t.Errorf("log has data of the event, or not the handler's line with the request id:\n%s", log)
	}
}

func TestStart(t *testing.T) {
	w := resttest.New(t, "12345")
	_, err := rest.New("probes", w.Outside())
	if want := `starting operation "probes": the package implements only demanding, input, probe, received, selfish`; err == nil || err.Error() != want {
		t.Errorf("unknown operation: %v, want %s", err, want)
	}
	w.Env["KEY_SHARDS"] = "65"
	delete(w.Env, "BILLING_ACCOUNT")
	_, err = rest.New("demanding", w.Outside())
	for _, want := range []string{"BILLING_ACCOUNT is not set", `KEY_SHARDS: "65" is no number from 1 to 64`, "TABLE_CAT_TOYS is not set", "LAYOUT_CAT_TOYS is not set", "SEARCH_ENDPOINT is not set"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("missing environment: %v, want it to say %q", err, want)
		}
	}
	for name, value := range map[string]string{"KEY_SHARDS": "64", "BILLING_ACCOUNT": "12345", "TABLE_CAT_TOYS": "t", "LAYOUT_CAT_TOYS": "84a613009eab:read", "SEARCH_ENDPOINT": "e"} {
		w.Env[name] = value
	}
	if _, err := rest.New("demanding", w.Outside()); err != nil {
		t.Errorf("complete environment: %v", err)
	}
}
