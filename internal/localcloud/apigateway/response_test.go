package apigateway

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

func TestProxyAnswers(t *testing.T) {
	h := newHarness(t)
	h.deploy(apiOf(`"/a":{"get":`+operation("")+`}`, ""), nil, nil)
	const bad = `{"message":"Internal server error"}`
	for name, tt := range map[string]struct {
		answer string
		status int
		body   string
		header http.Header
	}{
		"plain":             {`{"statusCode":200,"body":"x"}`, 200, "x", nil},
		"text status":       {`{"statusCode":"201"}`, 201, "", nil},
		"null status":       {`{"statusCode":null}`, 200, "", nil},
		"empty object":      {`{}`, 200, "", nil},
		"null body":         {`{"statusCode":204,"body":null}`, 204, "", nil},
		"only headers":      {`{"headers":{"x-a":"1","x-b":true,"x-c":7}}`, 200, "", http.Header{"X-A": {"1"}, "X-B": {"true"}, "X-C": {"7"}}},
		"null headers":      {`{"headers":null,"multiValueHeaders":null}`, 200, "", nil},
		"null header":       {`{"headers":{"x-a":null}}`, 200, "", http.Header{"X-A": nil}},
		"several":           {`{"multiValueHeaders":{"set-cookie":["a=1","b=2"]}}`, 200, "", http.Header{"Set-Cookie": {"a=1", "b=2"}}},
		"merged":            {`{"headers":{"x-a":"solo"},"multiValueHeaders":{"X-A":["multi"]}}`, 200, "", http.Header{"X-A": {"multi", "solo"}}},
		"merged once":       {`{"headers":{"x-a":"1"},"multiValueHeaders":{"x-a":["1"]}}`, 200, "", http.Header{"X-A": {"1"}}},
		"content type":      {`{"headers":{"content-type":"text/html"},"body":"<"}`, 200, "<", http.Header{"Content-Type": {"text/html"}}},
		"default type":      {`{"body":"x"}`, 200, "x", http.Header{"Content-Type": {"application/json"}}},
		"base64, no binary": {`{"body":"eA==","isBase64Encoded":true}`, 200, "eA==", nil},
		"remapped": {`{"headers":{"www-authenticate":"Basic","Connection":"close","content-length":"99","Date":"d","server":"s","authorization":"a","transfer-encoding":"chunked"},"body":"x"}`, 200, "x",
			http.Header{"Www-Authenticate": nil, "X-Amzn-Remapped-Www-Authenticate": {"Basic"}, "X-Amzn-Remapped-Connection": {"close"}, "X-Amzn-Remapped-Content-Length": {"99"}, "Content-Length": {"1"}, "X-Amzn-Remapped-Date": {"d"}, "X-Amzn-Remapped-Server": {"s"}, "X-Amzn-Remapped-Authorization": {"a"}, "Transfer-Encoding": nil}},
		"own request id":  {`{"headers":{"x-amzn-requestid":"forged"}}`, 200, "", nil},
		"split header":    {`{"headers":{"x-a":"1\r\nx-b: 2"}}`, 200, "", http.Header{"X-A": {"1  x-b: 2"}, "X-B": nil}},
		"null":            {`null`, 502, bad, nil},
		"text":            {`"ok"`, 502, bad, nil},
		"list":            {`[]`, 502, bad, nil},
		"no JSON":         {`oops`, 502, bad, nil},
		"nothing":         {``, 502, bad, nil},
		"other member":    {`{"statusCode":200,"cookies":["a=b"]}`, 502, bad, nil},
		"other case":      {`{"StatusCode":200}`, 502, bad, nil},
		"status text":     {`{"statusCode":"OK"}`, 502, bad, nil},
		"status 99":       {`{"statusCode":99}`, 502, bad, nil},
		"status 100":      {`{"statusCode":101}`, 502, bad, nil},
		"status 1000":     {`{"statusCode":1000}`, 502, bad, nil},
		"status 200.5":    {`{"statusCode":200.5}`, 502, bad, nil},
		"body object":     {`{"body":{"a":1}}`, 502, bad, nil},
		"header object":   {`{"headers":{"a":{}}}`, 502, bad, nil},
		"header list":     {`{"headers":{"a":["b"]}}`, 502, bad, nil},
		"headers list":    {`{"headers":["a"]}`, 502, bad, nil},
		"multi text":      {`{"multiValueHeaders":{"a":"b"}}`, 502, bad, nil},
		"header name":     {`{"headers":{"a b":"c"}}`, 502, bad, nil},
		"header no name":  {`{"headers":{"":"c"}}`, 502, bad, nil},
		"base64 not bool": {`{"isBase64Encoded":"yes"}`, 502, bad, nil},
	} {
		t.Run(name, func(t *testing.T) {
			h.fn.handlers[handlerFn] = answerWith(tt.answer)
			got := h.send("GET", "/test/a", "")
			if got.status != tt.status || got.body != tt.body {
				t.Errorf("got %d %q", got.status, got.body)
			}
			for key, want := range tt.header {
				if !reflect.DeepEqual(got.header[key], want) && len(got.header[key])+len(want) > 0 {
					t.Errorf("%s = %q, want %q", key, got.header[key], want)
				}
			}
			if id := got.header.Get("x-amzn-RequestId"); len(id) != 36 || got.header.Get("x-amz-apigw-id") == "" {
				t.Errorf("x-amzn-RequestId = %q", id)
			}
			if trace := got.header.Get("X-Amzn-Trace-Id"); (trace != "") != (tt.status < 500) {
				t.Errorf("X-Amzn-Trace-Id = %q", trace)
			}
		})
	}
}

func TestFunctionFailures(t *testing.T) {
	slow := func(ctx context.Context, _ []byte) (Output, error) {
		<-ctx.Done()
		return Output{}, ctx.Err()
	}
	refuse := func(status int, code string) func(context.Context, []byte) (Output, error) {
		return func(context.Context, []byte) (Output, error) {
			return Output{}, &gate.Error{Status: status, Code: code}
		}
	}
	for name, tt := range map[string]struct {
		answer    func(context.Context, []byte) (Output, error)
		status    int
		kind      string
		body      string
		configure string
	}{
		"error": {func(context.Context, []byte) (Output, error) {
			return Output{FunctionError: "Unhandled", Payload: []byte(`{"errorMessage":"x"}`)}, nil
		}, 502, "DEFAULT_5XX", `{"message":"Internal server error"}`, ""},
		"slow":      {slow, 504, "INTEGRATION_TIMEOUT", `{"message":"Endpoint request timed out"}`, `"timeoutInMillis":50,`},
		"throttled": {refuse(429, "TooManyRequestsException"), 500, "DEFAULT_5XX", `{"message":"Internal server error"}`, ""},
		"too large": {refuse(413, "RequestTooLargeException"), 413, "REQUEST_TOO_LARGE", `{"message":"Request Too Long"}`, ""},
		"missing":   {refuse(404, "ResourceNotFoundException"), 500, "API_CONFIGURATION_ERROR", `{"message":"Internal server error"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.fn.handlers[handlerFn] = tt.answer
			h.deploy(apiOf(`"/a":{"get":`+strings.Replace(operation(""), `"type":`, tt.configure+`"type":`, 1)+`}`, ""), nil, nil)
			got := h.send("GET", "/test/a", "")
			if r := h.lastRecord(); got.status != tt.status || got.body != tt.body || r.ErrorType != tt.kind || r.Status != tt.status || r.FunctionARN != handlerFn {
				t.Errorf("got %d %s %+v", got.status, got.body, r)
			}
		})
	}
}

// A client that goes away does not stop the integration.
func TestClientGone(t *testing.T) {
	h := newHarness(t)
	h.fn.handlers[handlerFn] = func(ctx context.Context, _ []byte) (Output, error) {
		return Output{Payload: []byte(`{}`)}, ctx.Err()
	}
	h.deploy(apiOf(`"/a":{"get":`+operation("")+`}`, ""), nil, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := h.do(httptest.NewRequest("GET", "/test/a", nil).WithContext(ctx)); got.status != 200 {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestHead(t *testing.T) {
	h := newHarness(t)
	h.fn.handlers[handlerFn] = answerWith(`{"statusCode":200,"body":"12345"}`)
	h.deploy(apiOf(`"/a":{"head":`+operation("")+`}`, ""), nil, nil)
	server := serverOf(t, h)
	response, err := http.Head(server + "/test/a")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != 200 || response.ContentLength != 5 {
		t.Errorf("got %d with %d bytes", response.StatusCode, response.ContentLength)
	}
}

func serverOf(t testing.TB, h *harness) string {
	t.Helper()
	handler, ok := h.s.Handler(testAPI)
	if !ok {
		t.Fatal("there is no API")
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// cause makes a request fail with each type that requests can cause.
func TestGatewayResponses(t *testing.T) {
	const template = `{"type":"$context.error.responseType","detail":$context.error.messageString,"message":"$context.error.message","id":"$context.requestId","stage":"$context.stage","var":"$stageVariables.account","path":"${context.path}","none":"$context.none","header":"$method.request.header.X-Echo","validation":"$context.error.validationErrorString"}`
	responses := func() string {
		var all []string
		for kind := range responseTypes {
			all = append(all, `"`+string(kind)+`":{"statusCode":"499","responseParameters":{"gatewayresponse.header.X-Kind":"'`+string(kind)+`'","gatewayresponse.header.X-Request":"context.requestId","gatewayresponse.header.X-Echo":"method.request.header.X-Echo","gatewayresponse.header.WWW-Authenticate":"'Bearer'","gatewayresponse.header.Content-Type":"'application/problem+json'"},"responseTemplates":{"application/json":`+quote(template)+`}}`)
		}
		return `"x-amazon-apigateway-gateway-responses":{` + strings.Join(all, ",") + `}`
	}()
	for name, tt := range map[string]struct {
		kind    responseType
		message string
		prepare func(h *harness)
		send    func(h *harness) answer
		skip    bool
	}{
		"missing":      {missingToken, "Missing Authentication Token", nil, func(h *harness) answer { return h.send("GET", "/test/none", "", "X-Echo", "e") }, false},
		"unauthorized": {unauthorized, "Unauthorized", nil, func(h *harness) answer { return h.send("GET", "/test/cats", "", "X-Echo", "e") }, false},
		"denied": {accessDenied, "User is not authorized to access this resource", func(h *harness) { h.fn.handlers[authorizeFn] = answerWith(allow("arn:aws:execute-api:*:*:*/x")) },
			func(h *harness) answer { return h.send("GET", "/test/cats", "", "X-Echo", "e", "Authorization", "t") }, false},
		"authorizer": {authorizerFailed, "", func(h *harness) {
			h.fn.handlers[authorizeFn] = func(context.Context, []byte) (Output, error) { return Output{FunctionError: "x"}, nil }
		}, func(h *harness) answer { return h.send("GET", "/test/cats", "", "X-Echo", "e", "Authorization", "t") }, false},
		"authorizer configuration": {authorizerMisconfigured, "", func(h *harness) { h.fn.handlers[authorizeFn] = answerWith(`{}`) },
			func(h *harness) answer { return h.send("GET", "/test/cats", "", "X-Echo", "e", "Authorization", "t") }, false},
		"parameters": {badRequestParameters, "Missing required request parameters: [q]", nil, func(h *harness) answer { return h.send("POST", "/test/open", `{}`, "X-Echo", "e") }, false},
		"body":       {badRequestBody, "Invalid request body", nil, func(h *harness) answer { return h.send("POST", "/test/open?q=1", `[]`, "X-Echo", "e") }, false},
		"key":        {invalidAPIKey, "Forbidden", nil, func(h *harness) answer { return h.send("GET", "/test/key", "", "X-Echo", "e", "X-Api-Key", "k") }, false},
		"type": {unsupportedMediaType, "Unsupported Media Type", nil, func(h *harness) answer {
			return h.send("PUT", "/test/open", "x", "X-Echo", "e", "Content-Type", "text/x")
		}, false},
		"unserved":    {apiConfigurationError, "Internal server error", nil, func(h *harness) answer { return h.send("PATCH", "/test/open", "", "X-Echo", "e") }, false},
		"bad request": {default4xx, "Bad Request", nil, func(h *harness) answer { return h.send("GET", "/test/..", "", "X-Echo", "e") }, false},
		"malformed": {default5xx, "Internal server error", func(h *harness) { h.fn.handlers[handlerFn] = answerWith(`x`) },
			func(h *harness) answer { return h.send("GET", "/test/open", "", "X-Echo", "e") }, false},
		"throttled": {throttled, "Too Many Requests", func(h *harness) { h.send("GET", "/test/slow", "") }, func(h *harness) answer { return h.send("GET", "/test/slow", "", "X-Echo", "e") }, false},
		"too large": {requestTooLarge, "Request Too Long", nil, func(h *harness) answer { return h.send("POST", "/test/open?q=1", strings.Repeat("x", maxPayload+1)) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.fn.handlers[authorizeFn] = answerWith(allow("*"))
			h.deploy(apiOf(`"/cats":{"get":`+operation(secured)+`},"/key":{"get":`+operation(`"x-amazon-apigateway-api-key-required":true`)+`},"/slow":{"get":`+operation("")+`},
				"/open":{"get":`+operation("")+`,"patch":{"x-amazon-apigateway-integration":{"type":"http"}},"put":`+strings.Replace(operation(""), `"type":`, `"passthroughBehavior":"never","type":`, 1)+`,
				"post":`+operation(`"x-amazon-apigateway-request-validator":"all","parameters":[{"in":"query","name":"q","required":true}],"requestBody":{"content":{"application/json":{"schema":{"type":"object"}}}}`)+`}`,
				authorizerOf(requestAuthorizer)+`,"x-amazon-apigateway-request-validators":{"all":{"validateRequestBody":true,"validateRequestParameters":true}},`+responses), nil,
				map[string]any{"Variables": map[string]any{"account": "12345"}, "MethodSettings": []any{map[string]any{"HttpMethod": "GET", "ResourcePath": "/~1slow", "ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 1}}})
			if tt.prepare != nil {
				tt.prepare(h)
			}
			got := tt.send(h)
			if r := h.lastRecord(); r.ErrorType != string(tt.kind) || r.ErrorMessage != tt.message {
				t.Errorf("record: %s %q", r.ErrorType, r.ErrorMessage)
			}
			if tt.skip {
				if got.status != 413 || got.header.Get("X-Kind") != "" {
					t.Errorf("got %d %v", got.status, got.header)
				}
				return
			}
			if got.status != 499 || got.header.Get("X-Kind") != string(tt.kind) || got.header.Get("X-Request") != got.header.Get("x-amzn-RequestId") || got.header.Get("X-Echo") != "e" ||
				got.header.Get("Content-Type") != "application/problem+json" || got.header.Get("WWW-Authenticate") != "Bearer" || got.header.Get("x-amzn-ErrorType") != responseTypes[tt.kind].code {
				t.Errorf("got %d %v", got.status, got.header)
			}
			body := decode(t, got.body)
			detail := any(tt.message)
			if tt.message == "" {
				detail = nil
			}
			if body["type"] != string(tt.kind) || body["detail"] != detail || body["message"] != tt.message || body["id"] != got.header.Get("x-amzn-RequestId") ||
				body["stage"] != "test" || body["var"] != "12345" || body["none"] != "" || body["header"] != "e" || !strings.HasPrefix(text(body["path"]), "/test/") {
				t.Errorf("body = %s", got.body)
			}
		})
	}
}

func TestGatewayResponseFallback(t *testing.T) {
	for name, tt := range map[string]struct {
		responses string
		status    int
		body      string
	}{
		"default":               {``, 403, `{"message":"Missing Authentication Token"}`},
		"class":                 {`"DEFAULT_4XX":{"responseTemplates":{"application/json":"x"}}`, 403, "x"},
		"class status":          {`"DEFAULT_4XX":{"statusCode":"410"}`, 410, `{"message":"Missing Authentication Token"}`},
		"type wins":             {`"DEFAULT_4XX":{"statusCode":"410"},"MISSING_AUTHENTICATION_TOKEN":{"responseTemplates":{"application/json":"y"}}`, 403, "y"},
		"other class":           {`"DEFAULT_5XX":{"statusCode":"599"}`, 403, `{"message":"Missing Authentication Token"}`},
		"other template":        {`"DEFAULT_4XX":{"responseTemplates":{"text/plain":"no: $context.error.message."}}`, 403, `no: Missing Authentication Token.`},
		"nothing is evaluated":  {`"DEFAULT_4XX":{"responseTemplates":{"text/plain":"#set($a=1)$input.body $util.x() $context"}}`, 403, `#set($a=1)$input.body $util.x() $context`},
		"status is not for 5XX": {`"DEFAULT_4XX":{"statusCode":404}`, 404, `{"message":"Missing Authentication Token"}`},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.deploy(apiOf("", `"x-amazon-apigateway-gateway-responses":{`+tt.responses+`}`), nil, nil)
			if got := h.send("GET", "/test/x", ""); got.status != tt.status || got.body != tt.body {
				t.Errorf("got %d %s", got.status, got.body)
			}
		})
	}
}

func TestMock(t *testing.T) {
	mock := func(s string) string {
		return `{"x-amazon-apigateway-integration":{"type":"mock",` + s + `}}`
	}
	h := newHarness(t)
	h.deploy(apiOf(`"/cors":{"options":`+mock(`"requestTemplates":{"application/json":"{\"statusCode\": 204}"},"passthroughBehavior":"when_no_match","responses":{"default":{"statusCode":"204","responseParameters":{"method.response.header.Access-Control-Allow-Origin":"'*'","method.response.header.X-Id":"context.requestId","method.response.header.X-None":"integration.response.header.X"}}}`)+`},
		"/loose":{"get":`+mock(`"requestTemplates":{"application/json":"{statusCode: 418, x: 1}"},"responses":{"4\\d\\d":{"statusCode":"418","responseTemplates":{"application/json":"{\"tea\":true}","text/plain":"tea"}},"default":{"statusCode":"200"}}`)+`},
		"/never":{"post":`+mock(`"requestTemplates":{"application/json":"{\"statusCode\":200}"},"passthroughBehavior":"never","responses":{"default":{"statusCode":"200"}}`)+`},
		"/none":{"post":`+mock(`"passthroughBehavior":"when_no_templates","responses":{"2..":{"statusCode":"202"}}`)+`},
		"/default":{"post":`+mock(`"requestTemplates":{"$default":"{\"statusCode\":200}"},"passthroughBehavior":"never","responses":{"default":{"statusCode":"200"}}`)+`},
		"/unmatched":{"get":`+mock(`"requestTemplates":{"application/json":"{\"statusCode\":500}"},"responses":{"200":{"statusCode":"200"}}`)+`}`, ""), nil, nil)
	for _, tt := range []struct {
		method, path, body string
		headers            []string
		status             int
		want               string
	}{
		{"OPTIONS", "/test/cors", "", nil, 204, ""},
		{"OPTIONS", "/test/cors", "", []string{"Content-Type", "application/json; charset=utf-8"}, 204, ""},
		{"OPTIONS", "/test/cors", "", []string{"Content-Type", "text/plain"}, 500, `{"message":"Internal server error"}`},
		{"GET", "/test/loose", "", nil, 418, `{"tea":true}`},
		{"GET", "/test/loose", "", []string{"Accept", "text/plain"}, 418, `tea`},
		{"GET", "/test/loose", "", []string{"Accept", "image/png, text/plain;q=0.5"}, 418, `tea`},
		{"GET", "/test/loose", "", []string{"Accept", "*/*"}, 418, `{"tea":true}`},
		{"POST", "/test/never", "{}", []string{"Content-Type", "text/plain"}, 415, `{"message":"Unsupported Media Type"}`},
		{"POST", "/test/never", "{}", nil, 200, ``},
		{"POST", "/test/none", `{"statusCode":201}`, nil, 202, ``},
		{"POST", "/test/none", `{"statusCode":302}`, nil, 500, `{"message":"Internal server error"}`},
		{"POST", "/test/none", ``, nil, 500, `{"message":"Internal server error"}`},
		{"POST", "/test/default", "x", []string{"Content-Type", "text/plain"}, 200, ``},
		{"GET", "/test/unmatched", "", nil, 500, `{"message":"Internal server error"}`},
	} {
		got := h.send(tt.method, tt.path, tt.body, tt.headers...)
		if got.status != tt.status || got.body != tt.want {
			t.Errorf("%s %s %q: %d %s", tt.method, tt.path, tt.headers, got.status, got.body)
		}
		if tt.status == 204 && (got.header.Get("Access-Control-Allow-Origin") != "*" || got.header.Get("X-Id") != got.header.Get("x-amzn-RequestId") || got.header["X-None"] != nil) {
			t.Errorf("headers = %v", got.header)
		}
	}
}

func TestBinary(t *testing.T) {
	h := newHarness(t)
	h.deploy(apiOf(`"/a":{"post":`+operation("")+`}`, `"x-amazon-apigateway-binary-media-types":["image/png","audio/*"]`), nil, nil)
	for _, tt := range []struct {
		contentType, body string
		encoded           bool
	}{
		{"image/png", "\x00\x01", true}, {"IMAGE/PNG", "\x00", true}, {"image/png;q=1", "a", true}, {"image/jpeg", "a", false}, {"audio/mp4", "a", true}, {"audio/", "a", false}, {"", "a", false}, {"image/png", "", false},
	} {
		h.send("POST", "/test/a", tt.body, "Content-Type", tt.contentType)
		event := h.fn.lastEvent(t, handlerFn)
		if event["isBase64Encoded"] != tt.encoded || tt.body == "" && event["body"] != nil {
			t.Errorf("%q %q: %v", tt.contentType, tt.body, event["body"])
		}
	}
	h.fn.handlers[handlerFn] = answerWith(`{"body":"AAE=","isBase64Encoded":true,"headers":{"Content-Type":"image/png"}}`)
	if got := h.send("POST", "/test/a", "", "Accept", "image/png,*/*"); got.body != "\x00\x01" {
		t.Errorf("accepted: %q", got.body)
	}
	if got := h.send("POST", "/test/a", "", "Accept", "*/*,image/png"); got.body != "AAE=" {
		t.Errorf("not accepted first: %q", got.body)
	}
	h.fn.handlers[handlerFn] = answerWith(`{"body":"%%","isBase64Encoded":true}`)
	if got := h.send("POST", "/test/a", "", "Accept", "image/png"); got.status != 500 {
		t.Errorf("no Base64: %d", got.status)
	}
	h.deploy(apiOf(`"/a":{"post":`+operation("")+`}`, ""), map[string]any{"BinaryMediaTypes": []any{"*/*"}}, nil)
	if err := h.putStage("dep002", nil); err != nil {
		t.Fatal(err)
	}
	if h.send("POST", "/test/a", "a"); h.fn.lastEvent(t, handlerFn)["isBase64Encoded"] != true {
		t.Error("*/* does not cover a body without a type")
	}
}

func TestThrottle(t *testing.T) {
	h := newHarness(t)
	setting := func(method, path string, rate, burst int) map[string]any {
		return map[string]any{"HttpMethod": method, "ResourcePath": path, "ThrottlingRateLimit": rate, "ThrottlingBurstLimit": burst}
	}
	h.deploy(apiOf(`"/a":{"get":`+operation("")+`,"post":`+operation("")+`},"/b/{id}":{"get":`+operation("")+`},"/free":{"get":`+operation("")+`},"/off":{"get":`+operation("")+`}`, ""), nil,
		map[string]any{"MethodSettings": []any{setting("*", "/*", 1, 2), setting("GET", "/~1b~1{id}", 10, 1), setting("GET", "/~1free", -1, -1), setting("*", "/~1off", 0, 0)}})
	want := func(path string, status int) {
		t.Helper()
		method, rest, _ := strings.Cut(path, " ")
		if got := h.send(method, "/test"+rest, ""); got.status != status {
			t.Errorf("%s: %d, want %d", path, got.status, status)
		}
	}
	want("GET /a", 200)
	want("POST /a", 200) // the stage's settings are for all methods together
	want("GET /a", 429)
	want("GET /none", 403) // what no method answers takes no token
	want("GET /b/1", 200)
	want("GET /b/2", 429)
	want("GET /off", 429)
	for range 20 {
		want("GET /free", 200)
	}
	h.clock.advance(100 * time.Millisecond)
	want("GET /b/2", 200)
	want("GET /a", 429)
	h.clock.advance(900 * time.Millisecond)
	want("GET /a", 200)
	want("GET /a", 429)
}

func TestCompression(t *testing.T) {
	h := newHarness(t)
	h.fn.handlers[handlerFn] = answerWith(`{"body":"` + strings.Repeat("a", 1000) + `"}`)
	h.deploy(apiOf(`"/a":{"post":`+operation("")+`}`, ""), map[string]any{"MinimumCompressionSize": 100}, nil)
	got := h.send("POST", "/test/a", "", "Accept-Encoding", "gzip")
	if got.header.Get("Content-Encoding") != "gzip" || len(got.body) > 500 {
		t.Fatalf("%d bytes, %v", len(got.body), got.header)
	}
	if plain := h.send("POST", "/test/a", "", "Accept-Encoding", "gzip;q=0"); len(plain.body) != 1000 {
		t.Errorf("%d bytes", len(plain.body))
	}
	h.send("POST", "/test/a", got.body, "Content-Encoding", "gzip")
	event := h.fn.lastEvent(t, handlerFn)
	if event["body"] != strings.Repeat("a", 1000) || mapping(event["headers"])["Content-Encoding"] != nil {
		t.Errorf("event = %v", event)
	}
	if got := h.send("POST", "/test/a", "no gzip", "Content-Encoding", "gzip"); got.status != 400 {
		t.Errorf("got %d", got.status)
	}
}
