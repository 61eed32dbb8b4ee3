package apigateway

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// generated are ids that differ from run to run.
var generated = regexp.MustCompile(`"(requestId|extendedRequestId|X-Amzn-Trace-Id)":\s*("[^"]*"|\[\s*"[^"]*"\s*\])`)

// golden compares an event with a file of testdata.
func golden(t *testing.T, name string, payload []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, payload, "", "  "); err != nil {
		t.Fatal(err)
	}
	got := generated.ReplaceAllString(b.String(), `"$1": "…"`) + "\n"
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func (h *harness) payload(function string) []byte {
	h.fn.mu.Lock()
	defer h.fn.mu.Unlock()
	calls := h.fn.calls[function]
	if len(calls) == 0 {
		h.t.Fatalf("%s was not invoked", function)
	}
	return calls[len(calls)-1].Payload
}

// eventAPI has everything that shows in events.
func eventAPI() string {
	return apiOf(`"/shops/{shop}/{path+}":{"post":`+operation(secured+`,"operationId":"shopPost"`)+`},"/":{"get":`+operation("")+`}`, authorizerOf(requestAuthorizer))
}

func (h *harness) sendEvents() {
	h.t.Helper()
	h.fn.handlers[authorizeFn] = answerWith(allow("*"))
	h.deploy(eventAPI(), nil, map[string]any{"Variables": map[string]any{"account": "12345"}})
	got := h.send("POST", "/test/shops/a%2Fb/x//%C3%A4/?name=me&name=you&plus=a+b&url=https%3A%2F%2Fx%2F%3F&empty=&flag&semi=1;colon=2", `{"a":"<ü>"}`,
		"Authorization", "Bearer x", "Content-Type", "application/json", "Accept", "*/*", "X-Several", "1", "X-Several", "2", "User-Agent", "test/1",
		"X-Forwarded-For", "203.0.113.9", "X-Forwarded-Proto", "gopher", "Connection", "keep-alive", "Expect", "100-continue", "Content-MD5", "x", "Host", "evil.example")
	if got.status != 200 {
		h.t.Fatalf("got %d %s", got.status, got.body)
	}
}

func TestEvents(t *testing.T) {
	h := newHarness(t)
	h.sendEvents()
	golden(t, "proxy-event.golden.json", h.payload(handlerFn))
	golden(t, "authorizer-event.golden.json", h.payload(authorizeFn))
	h.send("GET", "/test", "")
	golden(t, "proxy-event-empty.golden.json", h.payload(handlerFn))
}

// The events are those that aws-lambda-go reads and, read and written by it, keep every value.
func TestEventsAsAWSReadsThem(t *testing.T) {
	h := newHarness(t)
	h.sendEvents()
	var proxy events.APIGatewayProxyRequest
	if err := json.Unmarshal(h.payload(handlerFn), &proxy); err != nil {
		t.Fatal(err)
	}
	c := proxy.RequestContext
	if proxy.Resource != "/shops/{shop}/{path+}" || proxy.PathParameters["shop"] != "a%2Fb" || proxy.PathParameters["path"] != "x//%C3%A4" || c.APIID != testAPI || c.AccountID != testAccount ||
		c.OperationName != "shopPost" || c.Identity.SourceIP != "192.0.2.7" || c.Identity.UserAgent != "test/1" || c.RequestTimeEpoch != h.clock.Now().UnixMilli() ||
		c.DomainName != "abcdef1234.execute-api.eu-central-1.amazonaws.com" || c.DomainPrefix != testAPI || c.Authorizer["principalId"] != "user1" || proxy.Body != `{"a":"<ü>"}` {
		t.Errorf("event = %+v", proxy)
	}
	var authorizer events.APIGatewayCustomAuthorizerRequestTypeRequest
	if err := json.Unmarshal(h.payload(authorizeFn), &authorizer); err != nil {
		t.Fatal(err)
	}
	if authorizer.Type != "REQUEST" || authorizer.MethodArn != "arn:aws:execute-api:eu-central-1:111111111111:abcdef1234/test/POST/shops/a%2Fb/x//%C3%A4" ||
		authorizer.RequestContext.ResourcePath != authorizer.Resource || authorizer.StageVariables["account"] != "12345" || authorizer.Headers["Authorization"] != "Bearer x" {
		t.Errorf("event = %+v", authorizer)
	}
}

// documented are the members of the sample in the API Gateway Developer Guide, "Input format of a
// Lambda function for proxy integration", as aws-lambda-go has it too.
func TestEventMembers(t *testing.T) {
	h := newHarness(t)
	h.sendEvents()
	event := h.fn.lastEvent(t, handlerFn)
	for place, want := range map[string]string{
		"":                        "body headers httpMethod isBase64Encoded multiValueHeaders multiValueQueryStringParameters path pathParameters queryStringParameters requestContext resource stageVariables",
		"requestContext":          "accountId apiId authorizer deploymentId domainName domainPrefix extendedRequestId httpMethod identity operationName path protocol requestId requestTime requestTimeEpoch resourceId resourcePath stage",
		"requestContext.identity": "accessKey accountId caller cognitoAuthenticationProvider cognitoAuthenticationType cognitoIdentityId cognitoIdentityPoolId principalOrgId sourceIp user userAgent userArn",
	} {
		at := event
		for part := range strings.SplitSeq(place, ".") {
			if part != "" {
				at = mapping(at[part])
			}
		}
		if got := sortedKeys(at); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s has %v", place, got)
		}
	}
}
