package apigateway

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

const requestAuthorizer = `"type":"request","identitySource":"method.request.header.Authorization, context.httpMethod, context.resourcePath","authorizerResultTtlInSeconds":60`

const everyMethod = "arn:aws:execute-api:eu-central-1:111111111111:abcdef1234/*"

func securedAPI(config, more string) string {
	if more != "" {
		more = "," + more
	}
	return apiOf(`"/cats":{"get":`+operation(secured)+`,"post":`+operation(secured)+`},"/cats/{id}":{"get":`+operation(secured)+`,"delete":`+operation(secured)+`},"/open":{"get":`+operation("")+`}`,
		authorizerOf(config)+more)
}

func TestAuthorizerAnswers(t *testing.T) {
	fail := func(payload string) func(context.Context, []byte) (Output, error) {
		return func(context.Context, []byte) (Output, error) {
			return Output{FunctionError: "Unhandled", Payload: []byte(payload)}, nil
		}
	}
	policy := func(effect, resource string) string {
		return `{"principalId":"u","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"execute-api:Invoke","Effect":"` + effect + `","Resource":"` + resource + `"}]}}`
	}
	arn := "arn:aws:execute-api:eu-central-1:111111111111:abcdef1234/test/GET/cats/7"
	for name, tt := range map[string]struct {
		answer func(context.Context, []byte) (Output, error)
		status int
		body   string
		code   string
	}{
		"allow all":      {answerWith(allow("*")), 200, "ok", ""},
		"allow exactly":  {answerWith(policy("Allow", arn)), 200, "ok", ""},
		"allow pattern":  {answerWith(policy("Allow", "arn:aws:execute-api:eu-central-1:111111111111:abcdef1234/test/GET/cats/*")), 200, "ok", ""},
		"other method":   {answerWith(policy("Allow", strings.Replace(arn, "GET", "DELETE", 1))), 403, `{"Message":"User is not authorized to access this resource"}`, "AccessDeniedException"},
		"other stage":    {answerWith(policy("Allow", strings.Replace(arn, "/test/", "/prod/", 1))), 403, `{"Message":"User is not authorized to access this resource"}`, "AccessDeniedException"},
		"other api":      {answerWith(policy("Allow", strings.Replace(arn, "abcdef1234", "abcdef1235", 1))), 403, `{"Message":"User is not authorized to access this resource"}`, "AccessDeniedException"},
		"other account":  {answerWith(policy("Allow", strings.Replace(arn, testAccount, "222222222222", 1))), 403, `{"Message":"User is not authorized to access this resource"}`, "AccessDeniedException"},
		"other action":   {answerWith(`{"principalId":"u","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"execute-api:ManageConnections","Effect":"Allow","Resource":"*"}]}}`), 403, `{"Message":"User is not authorized to access this resource"}`, "AccessDeniedException"},
		"deny":           {answerWith(policy("Deny", "*")), 403, `{"Message":"User is not authorized to access this resource with an explicit deny in an identity-based policy"}`, "AccessDeniedException"},
		"unauthorized":   {fail(`{"errorMessage":"Unauthorized","errorType":"errorString"}`), 401, `{"message":"Unauthorized"}`, "UnauthorizedException"},
		"unauthorized.":  {fail(`{"errorMessage":"Unauthorized."}`), 500, `{"message":null}`, "AuthorizerFailureException"},
		"crash":          {fail(`{"errorMessage":"panic"}`), 500, `{"message":null}`, "AuthorizerFailureException"},
		"crash no JSON":  {fail(`x`), 500, `{"message":null}`, "AuthorizerFailureException"},
		"no function":    {nil, 500, `{"message":null}`, "AuthorizerConfigurationException"},
		"no JSON":        {answerWith(`allow`), 500, `{"message":null}`, "AuthorizerConfigurationException"},
		"null":           {answerWith(`null`), 500, `{"message":null}`, "AuthorizerConfigurationException"},
		"empty":          {answerWith(``), 500, `{"message":null}`, "AuthorizerConfigurationException"},
		"no principal":   {answerWith(strings.Replace(allow("*"), "principalId", "principal", 1)), 500, `{"message":null}`, "AuthorizerConfigurationException"},
		"principal 7":    {answerWith(`{"principalId":7,"policyDocument":{}}`), 500, `{"message":null}`, "AuthorizerConfigurationException"},
		"no policy":      {answerWith(`{"principalId":"u"}`), 500, `{"message":null}`, "AuthorizerConfigurationException"},
		"no statements":  {answerWith(`{"principalId":"u","policyDocument":{"Version":"2012-10-17"}}`), 500, `{"message":null}`, "AuthorizerConfigurationException"},
		"simple answer":  {answerWith(`{"isAuthorized":true}`), 500, `{"message":null}`, "AuthorizerConfigurationException"},
		"context object": {answerWith(`{"principalId":"u","context":{"a":{"b":1}},"policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"*","Effect":"Allow","Resource":"*"}]}}`), 500, `{"message":null}`, "AuthorizerConfigurationException"},
		"context list":   {answerWith(`{"principalId":"u","context":{"a":[1]},"policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"*","Effect":"Allow","Resource":"*"}]}}`), 500, `{"message":null}`, "AuthorizerConfigurationException"},
		"refused": {func(context.Context, []byte) (Output, error) {
			return Output{}, &gate.Error{Status: 429, Code: "TooManyRequestsException"}
		}, 500, `{"message":null}`, "AuthorizerConfigurationException"},
		"broken": {func(context.Context, []byte) (Output, error) { return Output{}, errors.New("broken") }, 500, `{"message":null}`, "AuthorizerFailureException"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.fn.handlers[authorizeFn] = tt.answer
			h.deploy(securedAPI(requestAuthorizer, ""), nil, nil)
			got := h.send("GET", "/test/cats/7", "", "Authorization", "Bearer x")
			if got.status != tt.status || got.body != tt.body || got.header.Get("x-amzn-ErrorType") != tt.code {
				t.Errorf("got %d %s %s", got.status, got.body, got.header.Get("x-amzn-ErrorType"))
			}
			if reached := h.fn.count(handlerFn) > 0; reached != (tt.status == 200) {
				t.Errorf("function reached: %v", reached)
			}
		})
	}
}

func TestAuthorizerContext(t *testing.T) {
	h := newHarness(t)
	h.fn.handlers[authorizeFn] = answerWith(allow("*"))
	h.deploy(securedAPI(requestAuthorizer, ""), nil, nil)
	h.send("GET", "/test/cats", "", "Authorization", "Bearer x")
	got := mapping(mapping(h.fn.lastEvent(t, handlerFn)["requestContext"])["authorizer"])
	want := map[string]any{"principalId": "user1", "name": "Mia", "age": "7", "good": "true", "integrationLatency": 0.0}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("authorizer.%s = %v (%T), want %v", name, got[name], got[name], value)
		}
	}
	if len(got) != len(want) {
		t.Errorf("authorizer = %v", got)
	}
}

// A denial's context can be a header of the API's answer, also when the answer is cached; without it there is none.
func TestChallengeOfADenial(t *testing.T) {
	const denied = `{"principalId":"denied","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"execute-api:Invoke","Effect":"Deny","Resource":"*"}]}`
	responses := `"x-amazon-apigateway-gateway-responses":{"ACCESS_DENIED":{"statusCode":"403","responseParameters":{"gatewayresponse.header.WWW-Authenticate":"context.authorizer.wwwAuthenticate"}}}`
	for name, tt := range map[string]struct{ context, want string }{
		"scopes":    {`,"context":{"wwwAuthenticate":"Bearer error=\"insufficient_scope\", scope=\"a b\""}}`, `Bearer error="insufficient_scope", scope="a b"`},
		"none":      {`}`, ""},
		"another":   {`,"context":{"WwwAuthenticate":"x","other":"y"}}`, ""},
		"two lines": {`,"context":{"wwwAuthenticate":"Bearer\r\nX-Injected: 1"}}`, "Bearer  X-Injected: 1"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.fn.handlers[authorizeFn] = answerWith(denied + tt.context)
			h.deploy(securedAPI(requestAuthorizer, responses), nil, nil)
			for range 2 {
				got := h.send("GET", "/test/cats", "", "Authorization", "Bearer x")
				values := got.header.Values("WWW-Authenticate")
				if got.status != 403 || got.header.Get("WWW-Authenticate") != tt.want || (len(values) != 0) != (tt.want != "") || got.header.Get("X-Injected") != "" {
					t.Errorf("got %d %q", got.status, values)
				}
			}
			if n := h.fn.count(authorizeFn); n != 1 {
				t.Errorf("the authorizer was called %d times, want the second answer from the cache", n)
			}
			if got := h.send("GET", "/test/cats", ""); got.status != 401 || got.header.Get("WWW-Authenticate") != "" {
				t.Errorf("without a token: %d %v", got.status, got.header)
			}
		})
	}
}

func TestIdentitySources(t *testing.T) {
	for name, tt := range map[string]struct {
		config string
		path   string
		header []string
		called bool
	}{
		"header":          {`"type":"request","identitySource":"method.request.header.X-Key"`, "/test/cats", []string{"x-key", "1"}, true},
		"header missing":  {`"type":"request","identitySource":"method.request.header.X-Key"`, "/test/cats", nil, false},
		"header empty":    {`"type":"request","identitySource":"method.request.header.X-Key"`, "/test/cats", []string{"x-key", ""}, false},
		"header blank":    {`"type":"request","identitySource":"method.request.header.X-Key"`, "/test/cats", []string{"x-key", "  "}, false},
		"query":           {`"type":"request","identitySource":"method.request.querystring.key"`, "/test/cats?key=1", nil, true},
		"query missing":   {`"type":"request","identitySource":"method.request.querystring.key"`, "/test/cats?Key=1", nil, false},
		"query empty":     {`"type":"request","identitySource":"method.request.querystring.key"`, "/test/cats?key=", nil, false},
		"stage":           {`"type":"request","identitySource":"stageVariables.account"`, "/test/cats", nil, true},
		"stage missing":   {`"type":"request","identitySource":"stageVariables.none"`, "/test/cats", nil, false},
		"all":             {`"type":"request","identitySource":"method.request.header.X-Key,stageVariables.account,context.path"`, "/test/cats", []string{"x-key", "1"}, true},
		"one of many":     {`"type":"request","identitySource":"method.request.header.X-Key,method.request.querystring.q"`, "/test/cats", []string{"x-key", "1"}, false},
		"no caching":      {`"type":"request","authorizerResultTtlInSeconds":0`, "/test/cats", nil, true},
		"token":           {`"type":"token"`, "/test/cats", []string{"Authorization", "allow"}, true},
		"token missing":   {`"type":"token"`, "/test/cats", nil, false},
		"token valid":     {`"type":"token","identityValidationExpression":"Bearer [a-z]+"`, "/test/cats", []string{"Authorization", "Bearer abc"}, true},
		"token not valid": {`"type":"token","identityValidationExpression":"Bearer [a-z]+"`, "/test/cats", []string{"Authorization", "Bearer abc1"}, false},
		"token prefix":    {`"type":"token","identityValidationExpression":"a|b"`, "/test/cats", []string{"Authorization", "ab"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.fn.handlers[authorizeFn] = answerWith(allow("*"))
			h.deploy(securedAPI(tt.config, ""), nil, map[string]any{"Variables": map[string]any{"account": "12345"}})
			got := h.send("GET", tt.path, "", tt.header...)
			want := 200
			if !tt.called {
				want = 401
			}
			if got.status != want || (h.fn.count(authorizeFn) == 1) != tt.called {
				t.Errorf("got %d %s, %d calls", got.status, got.body, h.fn.count(authorizeFn))
			}
		})
	}
}

func TestAuthorizerEvents(t *testing.T) {
	h := newHarness(t)
	h.fn.handlers[authorizeFn] = answerWith(allow("*"))
	h.deploy(securedAPI(`"type":"token"`, ""), nil, nil)
	h.send("GET", "/test/cats/a%2Fb/", "", "Authorization", "secret")
	got := h.fn.lastEvent(t, authorizeFn)
	if len(got) != 3 || got["type"] != "TOKEN" || got["authorizationToken"] != "secret" ||
		got["methodArn"] != "arn:aws:execute-api:eu-central-1:111111111111:abcdef1234/test/GET/cats/a%2Fb" {
		t.Errorf("token event = %v", got)
	}
}

func TestAuthorizerCache(t *testing.T) {
	h := newHarness(t)
	h.fn.handlers[authorizeFn] = answerWith(allow(everyMethod))
	h.deploy(securedAPI(requestAuthorizer, ""), nil, nil)
	steps := []struct {
		method, path, token string
		advance             time.Duration
		calls               int
	}{
		{"GET", "/test/cats", "a", 0, 1},
		{"GET", "/test/cats", "a", 0, 1},
		{"POST", "/test/cats", "a", 0, 2}, // another method
		{"GET", "/test/cats/1", "a", 0, 3},
		{"GET", "/test/cats/2", "a", 0, 3}, // the same resource
		{"DELETE", "/test/cats/2", "a", 0, 4},
		{"GET", "/test/cats", "b", 0, 5},
		{"GET", "/test/cats", "a", 59 * time.Second, 5},
		{"GET", "/test/cats", "a", time.Second, 6},
		{"GET", "/test/cats", "a", 0, 6},
	}
	for i, step := range steps {
		h.clock.advance(step.advance)
		if got := h.send(step.method, step.path, "", "Authorization", step.token); got.status != 200 {
			t.Fatalf("step %d: %d %s", i, got.status, got.body)
		}
		if n := h.fn.count(authorizeFn); n != step.calls {
			t.Errorf("step %d: %d calls, want %d", i, n, step.calls)
		}
	}
	if !h.lastRecord().AuthorizerCached {
		t.Error("the last answer was not from the cache")
	}
}

// A policy that is kept for a token alone still decides every path by itself.
func TestCachedPolicyCoversNoOtherResource(t *testing.T) {
	h := newHarness(t)
	h.fn.handlers[authorizeFn] = answerWith(allow("arn:aws:execute-api:eu-central-1:111111111111:abcdef1234/test/GET/cats"))
	h.deploy(securedAPI(`"type":"request","identitySource":"method.request.header.Authorization"`, ""), nil, nil)
	for _, tt := range []struct {
		method, path string
		status       int
	}{{"GET", "/test/cats", 200}, {"POST", "/test/cats", 403}, {"GET", "/test/cats/1", 403}, {"DELETE", "/test/cats/1", 403}, {"GET", "/test/cats/", 200}} {
		if got := h.send(tt.method, tt.path, "", "Authorization", "a"); got.status != tt.status {
			t.Errorf("%s %s: %d", tt.method, tt.path, got.status)
		}
	}
	if n := h.fn.count(authorizeFn); n != 1 {
		t.Errorf("%d calls", n)
	}
}

func TestWhatIsCached(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(context.Context, []byte) (Output, error)
		calls  int
	}{
		"allow": {answerWith(allow("*")), 1},
		"deny":  {answerWith(strings.Replace(allow("*"), "Allow", "Deny", 1)), 1},
		"unauthorized": {func(context.Context, []byte) (Output, error) {
			return Output{FunctionError: "Unhandled", Payload: []byte(`{"errorMessage":"Unauthorized"}`)}, nil
		}, 2},
		"malformed": {answerWith(`{}`), 2},
	} {
		h := newHarness(t)
		h.fn.handlers[authorizeFn] = tt.answer
		h.deploy(securedAPI(requestAuthorizer, ""), nil, nil)
		h.send("GET", "/test/cats", "", "Authorization", "a")
		h.send("GET", "/test/cats", "", "Authorization", "a")
		if n := h.fn.count(authorizeFn); n != tt.calls {
			t.Errorf("%s: %d calls, want %d", name, n, tt.calls)
		}
	}
}

func TestCacheKeys(t *testing.T) {
	seen := map[string][][]string{}
	for _, values := range [][][]string{
		{{"a"}, {"b"}}, {{"a", "b"}}, {{"ab"}}, {{"a"}, {"b"}, {""}}, {{"a:1:b"}}, {{"1:a"}}, {{"a", "1:b"}}, {{"a,b"}}, {{"a"}, {"", "b"}}, {{""}, {"a", "b"}},
	} {
		key := cacheKey(values)
		if other, ok := seen[key]; ok {
			t.Errorf("%q and %q have the key %q", values, other, key)
		}
		seen[key] = values
	}
}

func TestCacheIsBounded(t *testing.T) {
	c, now := newAuthorizerCache(), time.Unix(0, 0)
	for i := range maxCached + 10 {
		c.put(cacheKey([][]string{{string(rune(i))}, {time.Duration(i).String()}}), &authorization{expires: now.Add(time.Minute)}, now)
	}
	if len(c.entries) > maxCached {
		t.Errorf("%d entries", len(c.entries))
	}
}

// Requests of one identity that arrive together share one call, and no other identity shares it.
func TestConcurrentAuthorization(t *testing.T) {
	h := newHarness(t)
	release := make(chan struct{})
	h.fn.handlers[authorizeFn] = func(_ context.Context, event []byte) (Output, error) {
		<-release
		if strings.Contains(string(event), `"Authorization":"good"`) {
			return Output{Payload: []byte(allow("*"))}, nil
		}
		return Output{Payload: []byte(strings.Replace(allow("*"), "Allow", "Deny", 1))}, nil
	}
	h.deploy(securedAPI(requestAuthorizer, ""), nil, nil)
	var group sync.WaitGroup
	for i := range 40 {
		token, want := "good", 200
		if i%2 == 1 {
			token, want = "bad", 403
		}
		group.Go(func() {
			if got := h.send("GET", "/test/cats", "", "Authorization", token); got.status != want {
				t.Errorf("%s: %d %s", token, got.status, got.body)
			}
		})
	}
	close(release)
	group.Wait()
	if n := h.fn.count(authorizeFn); n < 2 || n > 40 {
		t.Errorf("%d calls", n)
	}
}

// The gate decides whether API Gateway may invoke a function.
func TestInvocationsAreAuthorized(t *testing.T) {
	h := newHarness(t)
	h.fn.handlers[denied] = answerWith(`{"statusCode":200}`)
	h.fn.handlers[authorizeFn] = answerWith(allow("*"))
	method := func(credentials, function string) string {
		return `{"x-amazon-apigateway-integration":{"type":"aws_proxy","httpMethod":"POST",` + credentials + `"uri":"` + uriOf(function) + `"}}`
	}
	const role = `"credentials":"` + testRole + `",`
	h.deploy(apiOf(`"/ok":{"get":`+method(role, handlerFn)+`},"/denied":{"get":`+method(role, denied)+`},"/norole":{"get":`+method(`"credentials":"arn:aws:iam::111111111111:role/None",`, handlerFn)+`},
		"/policy":{"get":`+method("", denied)+`,"post":`+method("", denied)+`},"/nopolicy":{"get":`+method("", handlerFn)+`},
		"/missing":{"get":`+method(role, strings.Replace(handlerFn, "Handler", "${stageVariables.none}", 1))+`}`, ""), nil, nil)
	h.fn.policies[denied] = []iam.Document{parsePolicy(t, iam.Resource, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"`+denied+`",
		"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:execute-api:eu-central-1:111111111111:abcdef1234/*/GET/policy"}}}]}`)}
	for path, want := range map[string]int{"GET /ok": 200, "GET /denied": 500, "GET /norole": 500, "GET /policy": 200, "POST /policy": 500, "GET /nopolicy": 500, "GET /missing": 500} {
		verb, rest, _ := strings.Cut(path, " ")
		got := h.send(verb, "/test"+rest, "")
		if got.status != want {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
		if r := h.lastRecord(); want == 500 && r.ErrorType != "API_CONFIGURATION_ERROR" {
			t.Errorf("%s: %s", path, r.ErrorType)
		}
	}
}

func TestAuthorizerNeedsPermission(t *testing.T) {
	h := newHarness(t)
	h.fn.handlers[authorizeFn] = answerWith(allow("*"))
	body := strings.Replace(securedAPI(requestAuthorizer, ""), `"authorizerCredentials":"`+testRole+`",`, "", 1)
	h.deploy(body, nil, nil)
	if got := h.send("GET", "/test/cats", "", "Authorization", "a"); got.status != 500 || h.fn.count(authorizeFn) != 0 || h.lastRecord().ErrorType != "AUTHORIZER_CONFIGURATION_ERROR" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	h.fn.policies[authorizeFn] = []iam.Document{parsePolicy(t, iam.Resource, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"`+authorizeFn+`",
		"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:execute-api:eu-central-1:111111111111:abcdef1234/authorizers/*"}}}]}`)}
	if got := h.send("GET", "/test/cats", "", "Authorization", "a"); got.status != 200 {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

// The name of an authorizer has no part in the decision.
func TestAuthorizerName(t *testing.T) {
	h := newHarness(t)
	h.fn.handlers[authorizeFn] = answerWith(allow("*"))
	h.deploy(strings.ReplaceAll(securedAPI(requestAuthorizer, ""), `"auth":`, `"my auth: a/b*":`), nil, nil)
	if got := h.send("GET", "/test/cats", "", "Authorization", "a"); got.status != 200 {
		t.Errorf("got %d %s", got.status, got.body)
	}
}
