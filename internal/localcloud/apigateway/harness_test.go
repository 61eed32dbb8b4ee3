package apigateway

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

const (
	testAccount = "111111111111"
	testRegion  = "eu-central-1"
	testAPI     = "abcdef1234"
	testRole    = "arn:aws:iam::111111111111:role/app/ApiGateway"
	handlerFn   = "arn:aws:lambda:eu-central-1:111111111111:function:Handler"
	authorizeFn = "arn:aws:lambda:eu-central-1:111111111111:function:Authorizer"
	denied      = "arn:aws:lambda:eu-central-1:111111111111:function:Denied"
)

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// functions are fake functions by ARN.
type functions struct {
	mu       sync.Mutex
	handlers map[string]func(ctx context.Context, event []byte) (Output, error)
	policies map[string][]iam.Document
	calls    map[string][]Input
}

func (f *functions) Invoke(ctx context.Context, in Input) (Output, error) {
	f.mu.Lock()
	f.calls[in.FunctionARN] = append(f.calls[in.FunctionARN], in)
	handler := f.handlers[in.FunctionARN]
	f.mu.Unlock()
	if handler == nil {
		return Output{}, &gate.Error{Status: 404, Code: "ResourceNotFoundException", Message: "Function not found: " + in.FunctionARN}
	}
	return handler(ctx, in.Payload)
}

func (f *functions) InvokeAccess(arn string) gate.Access {
	return gate.Access{Action: "lambda:InvokeFunction", Resource: arn, ResourceAccount: testAccount, Policies: f.policies[arn]}
}

func (f *functions) count(arn string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls[arn])
}

func (f *functions) lastEvent(t *testing.T, arn string) map[string]any {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.calls[arn]) == 0 {
		t.Fatalf("%s was not invoked", arn)
	}
	calls := f.calls[arn]
	var event map[string]any
	if err := json.Unmarshal(calls[len(calls)-1].Payload, &event); err != nil {
		t.Fatal(err)
	}
	return event
}

type logLine struct{ group, account, region, stream, text string }

type harness struct {
	t       testing.TB
	s       *Service
	gate    *gate.Gate
	clock   *clock
	fn      *functions
	mu      sync.Mutex
	lines   []logLine
	records []Record
	notes   []string
}

// Write implements LogSink.
func (h *harness) Write(group, account, region, stream string, _ time.Time, text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, logLine{group, account, region, stream, text})
}

func newHarness(t testing.TB) *harness {
	t.Helper()
	h := &harness{t: t, clock: &clock{now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)},
		fn: &functions{handlers: map[string]func(context.Context, []byte) (Output, error){}, policies: map[string][]iam.Document{}, calls: map[string][]Input{}}}
	var err error
	if h.gate, err = gate.New(gate.Options{Key: bytes.Repeat([]byte{7}, 32), Now: h.clock.Now}); err != nil {
		t.Fatal(err)
	}
	h.gate.PutRole(gate.Role{ARN: testRole, Name: "ApiGateway", Account: testAccount,
		Trust:    parsePolicy(t, iam.Trust, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		Identity: []iam.Document{parsePolicy(t, iam.Identity, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":["`+handlerFn+`","`+authorizeFn+`"]}]}`)}})
	h.fn.handlers[handlerFn] = answerWith(`{"statusCode":200,"body":"ok"}`)
	h.s = New(Options{Gate: h.gate, Functions: h.fn, Logs: h, Now: h.clock.Now,
		OnRequest: func(r Record) { h.mu.Lock(); defer h.mu.Unlock(); h.records = append(h.records, r) },
		Log:       func(line string) { h.mu.Lock(); defer h.mu.Unlock(); h.notes = append(h.notes, line) }})
	return h
}

func parsePolicy(t testing.TB, kind iam.Kind, text string) iam.Document {
	t.Helper()
	d, err := iam.Parse([]byte(text), kind)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func answerWith(payload string) func(context.Context, []byte) (Output, error) {
	return func(context.Context, []byte) (Output, error) {
		return Output{Payload: []byte(payload), RequestID: "11111111-2222-3333-4444-555555555555"}, nil
	}
}

// decode reads JSON as the template loader does.
func decode(t testing.TB, text string) map[string]any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var v map[string]any
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func apiResourceOf(properties map[string]any) resource.Resource {
	return resource.Resource{Stack: "app", LogicalID: "Api", Type: typeRestAPI, Account: testAccount, Region: testRegion, Name: testAPI, Properties: properties}
}

// putAPI puts an API with a document and other properties.
func (h *harness) putAPI(body string, properties map[string]any) error {
	h.t.Helper()
	all := map[string]any{"Name": "test", "Body": decode(h.t, body)}
	for k, v := range properties {
		all[k] = v
	}
	return h.s.Put(context.Background(), apiResourceOf(all))
}

// putStage puts deployment and stage.
func (h *harness) putStage(deployment string, properties map[string]any) error {
	h.t.Helper()
	d := resource.Resource{Stack: "app", LogicalID: "Deployment", Type: typeDeployment, Account: testAccount, Region: testRegion, Name: deployment, Properties: map[string]any{"RestApiId": testAPI}}
	if err := h.s.Put(context.Background(), d); err != nil {
		return err
	}
	all := map[string]any{"RestApiId": testAPI, "DeploymentId": deployment, "StageName": "test"}
	for k, v := range properties {
		all[k] = v
	}
	return h.s.Put(context.Background(), resource.Resource{Stack: "app", LogicalID: "Stage", Type: typeStage, Account: testAccount, Region: testRegion, Name: "test", Properties: all})
}

// deploy puts API, deployment and stage.
func (h *harness) deploy(body string, api, stage map[string]any) {
	h.t.Helper()
	if err := h.putAPI(body, api); err != nil {
		h.t.Fatal(err)
	}
	if err := h.putStage("dep001", stage); err != nil {
		h.t.Fatal(err)
	}
}

type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request without a network.
func (h *harness) do(r *http.Request) answer {
	h.t.Helper()
	handler, ok := h.s.Handler(testAPI)
	if !ok {
		h.t.Fatal("there is no API")
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.String()}
}

// send sends a request; headers are names and values in turn.
func (h *harness) send(method, path, body string, headers ...string) answer {
	h.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, "https://"+testAPI+".execute-api.eu-central-1.amazonaws.com"+path, reader)
	r.RemoteAddr = "192.0.2.7:4711"
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return h.do(r)
}

func (h *harness) lastRecord() Record {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.records) == 0 {
		h.t.Fatal("no request was reported")
	}
	return h.records[len(h.records)-1]
}

// operation makes an operation with a Lambda proxy integration; more is further JSON members.
func operation(more string) string {
	if more != "" {
		more += ","
	}
	return `{` + more + `"x-amazon-apigateway-integration":{"type":"aws_proxy","httpMethod":"POST","credentials":"` + testRole + `","uri":"` + uriOf(handlerFn) + `"}}`
}

func uriOf(function string) string {
	return "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/" + function + "/invocations"
}

// api makes a document of paths; more is further JSON members.
func apiOf(paths, more string) string {
	if more != "" {
		more = "," + more
	}
	return `{"openapi":"3.0.1","info":{"title":"t","version":"1"},"paths":{` + paths + `}` + more + `}`
}

// authorizerOf makes the components with an authorizer called auth.
func authorizerOf(config string) string {
	return `"components":{"securitySchemes":{"auth":{"type":"apiKey","name":"Authorization","in":"header","x-amazon-apigateway-authtype":"custom","x-amazon-apigateway-authorizer":{` +
		`"authorizerUri":"` + uriOf(authorizeFn) + `","authorizerCredentials":"` + testRole + `",` + config + `}}}}`
}

const secured = `"security":[{"auth":[]}]`

func allow(arn string) string {
	return `{"principalId":"user1","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"execute-api:Invoke","Effect":"Allow","Resource":"` + arn + `"}]},"context":{"name":"Mia","age":7,"good":true}}`
}

// bodies of the synthesized templates, by file name; empty if there are none.
func assembly(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("TENANTSTACK_CDK_OUT")
	if dir == "" {
		t.Skip("TENANTSTACK_CDK_OUT is not set")
	}
	return dir
}
