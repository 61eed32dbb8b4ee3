package apigateway

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

func TestDeployments(t *testing.T) {
	h := newHarness(t)
	document := func(path string) string { return apiOf(`"`+path+`":{"get":`+operation("")+`}`, "") }
	status := func(path string) int { return h.send("GET", "/test"+path, "").status }
	overwrite := map[string]any{"Mode": "overwrite"}
	h.deploy(document("/one"), overwrite, nil)
	if status("/one") != 200 {
		t.Fatal("the first document is not served")
	}
	if err := h.putAPI(document("/two"), overwrite); err != nil {
		t.Fatal(err)
	}
	if err := h.putStage("dep001", nil); err != nil {
		t.Fatal(err)
	}
	if status("/one") != 200 || status("/two") != 403 {
		t.Error("a document is served without a new deployment")
	}
	if err := h.putStage("dep002", nil); err != nil {
		t.Fatal(err)
	}
	if status("/one") != 403 || status("/two") != 200 {
		t.Error("the new deployment is not served")
	}
	if err := h.putAPI(`{"openapi":"3.0.1","paths":{"/a":{"get":{}}}}`, nil); err == nil || status("/two") != 200 {
		t.Errorf("after an error (%v) the API is not as it was", err)
	}
	if err := h.s.Put(t.Context(), resource.Resource{Type: typeStage, Properties: map[string]any{"RestApiId": testAPI, "DeploymentId": "none", "StageName": "test"}}); err == nil {
		t.Error("a stage without a deployment was taken")
	}
	if err := h.s.Put(t.Context(), resource.Resource{Type: typeStage, Properties: map[string]any{"RestApiId": "none", "DeploymentId": "dep001", "StageName": "test"}}); err == nil {
		t.Error("a stage without an API was taken")
	}
}

func TestStageOfDeployment(t *testing.T) {
	h := newHarness(t)
	if err := h.putAPI(catsAPI(), nil); err != nil {
		t.Fatal(err)
	}
	d := resource.Resource{Stack: "app", LogicalID: "D", Type: typeDeployment, Account: testAccount, Region: testRegion, Name: "dep9", Properties: map[string]any{"RestApiId": testAPI, "StageName": "live", "StageDescription": map[string]any{"Variables": map[string]any{"a": "b"}}}}
	if err := h.s.Put(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if got := h.send("GET", "/live/cats", ""); got.status != 200 || mapping(h.fn.lastEvent(t, handlerFn)["stageVariables"])["a"] != "b" {
		t.Errorf("got %d", got.status)
	}
}

func TestDelete(t *testing.T) {
	h := newHarness(t)
	h.deploy(catsAPI(), nil, nil)
	stage := resource.Resource{Type: typeStage, Name: "test", Properties: map[string]any{"RestApiId": testAPI, "StageName": "test"}}
	if err := h.s.Delete(t.Context(), stage); err != nil {
		t.Fatal(err)
	}
	if got := h.send("GET", "/test/cats", ""); got.status != 403 || got.body != `{"message":"Forbidden"}` {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if err := h.s.Delete(t.Context(), apiResourceOf(nil)); err != nil {
		t.Fatal(err)
	}
	if _, ok := h.s.Handler(testAPI); ok {
		t.Error("the API is still there")
	}
	if err := h.s.Put(t.Context(), resource.Resource{Type: typeAccount, Properties: map[string]any{"CloudWatchRoleArn": testRole}}); err != nil {
		t.Error(err)
	}
}

func TestDisabledEndpoint(t *testing.T) {
	h := newHarness(t)
	h.deploy(catsAPI(), map[string]any{"DisableExecuteApiEndpoint": true}, nil)
	if got := h.send("GET", "/test/cats", ""); got.status != 403 || h.fn.count(handlerFn) != 0 {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

// The same stage again keeps caches and buckets.
func TestPutChangesNothing(t *testing.T) {
	h := newHarness(t)
	h.fn.handlers[authorizeFn] = answerWith(allow("*"))
	h.deploy(securedAPI(requestAuthorizer, ""), nil, nil)
	h.send("GET", "/test/cats", "", "Authorization", "a")
	h.deploy(securedAPI(requestAuthorizer, ""), nil, nil)
	h.send("GET", "/test/cats", "", "Authorization", "a")
	if n := h.fn.count(authorizeFn); n != 1 {
		t.Errorf("%d calls of the authorizer", n)
	}
}

func TestStageProblems(t *testing.T) {
	h := newHarness(t)
	if err := h.putAPI(catsAPI(), nil); err != nil {
		t.Fatal(err)
	}
	for problem, properties := range map[string]map[string]any{
		"StageName":      {"StageName": "a b"},
		"DestinationArn": {"AccessLogSetting": map[string]any{"DestinationArn": "arn:aws:s3:::b", "Format": "$context.requestId"}},
		"Format":         {"AccessLogSetting": map[string]any{"DestinationArn": "arn:aws:logs:eu-central-1:111111111111:log-group:g", "Format": "$context.path"}},
		"want *":         {"MethodSettings": []any{map[string]any{"HttpMethod": "GET", "ResourcePath": "/*", "ThrottlingRateLimit": 1}}},
		"begin with /":   {"MethodSettings": []any{map[string]any{"HttpMethod": "GET", "ResourcePath": "cats", "ThrottlingRateLimit": 1}}},
	} {
		if err := h.putStage("dep001", properties); err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%s: %v", problem, err)
		}
	}
}

func TestAccessLog(t *testing.T) {
	h := newHarness(t)
	h.fn.handlers[authorizeFn] = answerWith(allow("*"))
	format := `$context.requestId $context.httpMethod $context.resourcePath ${context.status} $context.responseLatency "$context.integrationLatency" "$context.responseLength" "$context.error.responseType" "$context.authorizer.status" "$context.authorizer.name" "$context.authorizer.principalId" $context.identity.sourceIp $context.requestTime $context.requestTimeEpoch $context.apiId $context.stage $context.accountId $context.domainName $context.xrayTraceId $context.path $context.protocol "$context.error.message" $stageVariables.account $context.waf.status`
	h.deploy(securedAPI(requestAuthorizer, ""), nil, map[string]any{"Variables": map[string]any{"account": "12345"},
		"AccessLogSetting": map[string]any{"DestinationArn": "arn:aws:logs:eu-central-1:111111111111:log-group:access:*", "Format": format}})
	h.send("GET", "/test/cats/7", "", "Authorization", "a", "X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
	h.send("GET", "/test/none", "", "X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793")
	if len(h.lines) != 2 {
		t.Fatalf("%d lines", len(h.lines))
	}
	const id = `^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12} `
	const rest = ` 192\.0\.2\.7 25/Nov/2026:12:00:00 \+0000 1795608000000 abcdef1234 test 111111111111 abcdef1234\.execute-api\.eu-central-1\.amazonaws\.com 1-5759e988-bd862e3fe1be46a994272793 `
	for i, want := range []string{
		id + `GET /cats/\{id\} 200 0 "0" "2" "-" "200" "Mia" "user1"` + rest + `/test/cats/7 HTTP/1\.1 "-" 12345 -$`,
		id + `GET - 403 0 "-" "42" "MISSING_AUTHENTICATION_TOKEN" "-" "-" "-"` + rest + `/test/none HTTP/1\.1 "Missing Authentication Token" 12345 -$`,
	} {
		line := h.lines[i]
		if line.group != "access" || line.account != testAccount || line.region != testRegion || line.stream == "" || !regexp.MustCompile(want).MatchString(line.text) {
			t.Errorf("line %d: %+v, want %s", i, line, want)
		}
	}
}

func TestRecord(t *testing.T) {
	h := newHarness(t)
	h.deploy(catsAPI(), nil, nil)
	h.send("GET", "/test/cats?q=1", "")
	r := h.lastRecord()
	if r.API != testAPI || r.Stage != "test" || r.Account != testAccount || r.Region != testRegion || r.Method != "GET" || r.Path != "/cats" || r.ResourcePath != "/cats" || r.OperationID != "catsGet" ||
		r.Status != 200 || r.Bytes != 2 || r.ErrorType != "" || r.FunctionARN != handlerFn || r.FunctionRequestID == "" || len(r.RequestID) != 36 || !r.Time.Equal(h.clock.Now()) {
		t.Errorf("record = %+v", r)
	}
}

func TestResourcePolicy(t *testing.T) {
	statement := func(effect, resource, condition string) string {
		return `{"Effect":"` + effect + `","Principal":"*","Action":"execute-api:Invoke","Resource":"` + resource + `"` + condition + `}`
	}
	policy := func(statements ...string) string {
		return `"x-amazon-apigateway-policy":{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	}
	const inside, outside = `,"Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`, `,"Condition":{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}`
	nothing := strings.Replace(allow("*"), `"Resource":"*"`, `"Resource":"arn:aws:execute-api:*:*:*/none"`, 1)
	for name, tt := range map[string]struct {
		policy       string
		open, closed int
		authorizer   string
	}{
		"allowed":               {policy(statement("Allow", "execute-api:/*", inside)), 200, 200, allow("*")},
		"not allowed":           {policy(statement("Allow", "execute-api:/*", outside)), 403, 200, allow("*")},
		"denied":                {policy(statement("Allow", "execute-api:/*", ""), statement("Deny", "execute-api:/*", inside)), 403, 403, allow("*")},
		"other method":          {policy(statement("Allow", "execute-api:/test/POST/*", "")), 403, 200, allow("*")},
		"long ARN":              {policy(statement("Allow", "arn:aws:execute-api:eu-central-1:111111111111:abcdef1234/test/GET/open", "")), 200, 200, allow("*")},
		"policy or authorizer":  {policy(statement("Allow", "execute-api:/*", "")), 200, 200, nothing},
		"neither":               {policy(statement("Allow", "execute-api:/*", outside)), 403, 403, nothing},
		"authorizer denies":     {policy(statement("Allow", "execute-api:/*", "")), 200, 403, strings.Replace(allow("*"), "Allow", "Deny", 1)},
		"no policy of the API":  {`"x-none":1`, 200, 403, nothing},
		"other API in the ARN ": {policy(statement("Allow", "arn:aws:execute-api:eu-central-1:111111111111:zzzzzz/*", "")), 403, 200, allow("*")},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.fn.handlers[authorizeFn] = answerWith(tt.authorizer)
			h.deploy(securedAPI(requestAuthorizer, tt.policy), nil, nil)
			if got := h.send("GET", "/test/open", ""); got.status != tt.open {
				t.Errorf("open: %d %s", got.status, got.body)
			}
			if got := h.send("GET", "/test/cats", "", "Authorization", "a"); got.status != tt.closed {
				t.Errorf("closed: %d %s", got.status, got.body)
			}
		})
	}
}

func TestSignedRequests(t *testing.T) {
	h := newHarness(t)
	h.deploy(apiOf(`"/cats":{"post":`+operation(`"x-amazon-apigateway-auth":{"type":"AWS_IAM"}`)+`},"/dogs":{"post":`+operation(`"security":[{"sigv4":[]}]`)+`}`,
		`"components":{"securitySchemes":{"sigv4":{"type":"apiKey","name":"Authorization","in":"header","x-amazon-apigateway-authtype":"awsSigv4"}}}`), nil, nil)
	session, _, err := h.gate.ServiceSession(principal, testRole, "s", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	operator := h.gate.Operator(testAccount)
	send := func(path, body, signed string, access, secret, token, service string) answer {
		r := httptest.NewRequest("POST", "http://"+testAPI+".execute-api.eu-central-1.amazonaws.com/test"+path, strings.NewReader(body))
		r.RemoteAddr = "192.0.2.7:1"
		if access != "" {
			sum := sha256.Sum256([]byte(signed))
			if err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: access, SecretAccessKey: secret, SessionToken: token}, r, hex.EncodeToString(sum[:]), service, testRegion, h.clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
		return h.do(r)
	}
	const path = "/cats"
	if got := send(path, "{}", "{}", operator.AccessKeyID, operator.SecretAccessKey, "", "execute-api"); got.status != 200 {
		t.Errorf("operator: %d %s", got.status, got.body)
	}
	identity := mapping(mapping(h.fn.lastEvent(t, handlerFn)["requestContext"])["identity"])
	if identity["accountId"] != testAccount || identity["accessKey"] != operator.AccessKeyID || !strings.HasSuffix(text(identity["userArn"]), ":user/operator") {
		t.Errorf("identity = %v", identity)
	}
	for name, tt := range map[string]struct {
		got  answer
		kind responseType
	}{
		"unsigned":       {send("/dogs", "{}", "{}", "", "", "", ""), missingToken},
		"other body":     {send(path, "{1}", "{}", operator.AccessKeyID, operator.SecretAccessKey, "", "execute-api"), invalidSignature},
		"other secret":   {send(path, "{}", "{}", operator.AccessKeyID, "x", "", "execute-api"), invalidSignature},
		"other service":  {send(path, "{}", "{}", operator.AccessKeyID, operator.SecretAccessKey, "", "s3"), invalidSignature},
		"no permission":  {send("/dogs", "{}", "{}", session.AccessKeyID, session.SecretAccessKey, session.SessionToken, "execute-api"), accessDenied},
		"forged session": {send("/dogs", "{}", "{}", session.AccessKeyID, session.SecretAccessKey, "x", "execute-api"), default4xx},
	} {
		if tt.got.status != 403 {
			t.Errorf("%s: %d %s", name, tt.got.status, tt.got.body)
		}
		if code := tt.got.header.Get("x-amzn-ErrorType"); tt.kind != default4xx && code != responseTypes[tt.kind].code {
			t.Errorf("%s: %s %s", name, code, tt.got.body)
		}
	}
	if n := h.fn.count(handlerFn); n != 1 {
		t.Errorf("%d invocations", n)
	}
}
