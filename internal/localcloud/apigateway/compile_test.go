package apigateway

import (
	"strings"
	"testing"
)

func TestDocumentsThatCannotBeServed(t *testing.T) {
	integration := func(s string) string { return `"/a":{"get":{"x-amazon-apigateway-integration":{` + s + `}}}` }
	scheme := func(s string) string {
		return apiOf(`"/a":{"get":`+operation(`"security":[{"s":[]}]`)+`}`, `"components":{"securitySchemes":{"s":`+s+`}}`)
	}
	for name, tt := range map[string]struct{ body, problem string }{
		"version":          {`{"openapi":"2.9"}`, "want openapi 3.0"},
		"no integration":   {apiOf(`"/a":{"get":{}}`, ""), "there is no x-amazon-apigateway-integration"},
		"type":             {apiOf(integration(`"type":"lambda"`), ""), `the type is "lambda"`},
		"uri":              {apiOf(integration(`"type":"aws_proxy","httpMethod":"POST","uri":"https://example.com"`), ""), "uri:"},
		"uri not function": {apiOf(integration(`"type":"aws_proxy","httpMethod":"POST","uri":"`+uriOf("arn:aws:s3:::b")+`"`), ""), "is no ARN of a function"},
		"verb":             {apiOf(integration(`"type":"aws_proxy","httpMethod":"GET","uri":"`+uriOf(handlerFn)+`"`), ""), "invoked by POST"},
		"credentials":      {apiOf(integration(`"type":"aws_proxy","httpMethod":"POST","credentials":"me","uri":"`+uriOf(handlerFn)+`"`), ""), "is no ARN of a role"},
		"caller":           {apiOf(integration(`"type":"aws_proxy","httpMethod":"POST","credentials":"arn:aws:iam::*:user/*","uri":"`+uriOf(handlerFn)+`"`), ""), "not passed on"},
		"timeout":          {apiOf(integration(`"type":"mock","timeoutInMillis":10`), ""), "timeoutInMillis is 10"},
		"passthrough":      {apiOf(integration(`"type":"mock","passthroughBehavior":"always"`), ""), "passthroughBehavior"},
		"mock template":    {apiOf(integration(`"type":"mock","requestTemplates":{"application/json":"#set($x=1){\"statusCode\":200}"}`), ""), "literal text"},
		"mock answer":      {apiOf(integration(`"type":"mock","responses":{"default":{"statusCode":"200","responseTemplates":{"application/json":"$input.body"}}}`), ""), "literal text"},
		"mock status":      {apiOf(integration(`"type":"mock","responses":{"default":{"statusCode":"x"}}`), ""), "statusCode is x"},
		"mock pattern":     {apiOf(integration(`"type":"mock","responses":{"(":{"statusCode":"200"}}`), ""), "the selection pattern"},
		"mock parameter":   {apiOf(integration(`"type":"mock","responses":{"default":{"statusCode":"200","responseParameters":{"method.response.header.A":"text"}}}`), ""), "want 'static text'"},
		"mock header":      {apiOf(integration(`"type":"mock","responses":{"default":{"statusCode":"200","responseParameters":{"method.response.header.A B":"'x'"}}}`), ""), "want method.response.header.NAME"},
		"method":           {apiOf(`"/a":{"trace":`+operation("")+`}`, ""), `"trace" is no method`},
		"method case":      {apiOf(`"/a":{"GET":`+operation("")+`}`, ""), `"GET" is no method`},
		"path":             {apiOf(`"a":{"get":`+operation("")+`}`, ""), "begins with /"},
		"twice":            {apiOf(`"/a":{"get":`+operation("")+`},"/a/":{"get":`+operation("")+`}`, ""), "is there twice"},
		"payload format":   {apiOf(integration(`"type":"aws_proxy","httpMethod":"POST","payloadFormatVersion":"2.0","uri":"`+uriOf(handlerFn)+`"`), ""), "payloadFormatVersion"},
		"siblings":         {apiOf(`"/a/{x}":{"get":`+operation("")+`},"/a/{y}/b":{"get":`+operation("")+`}`, ""), "only one variable"},
		"greedy":           {apiOf(`"/a/{x+}/b":{"get":`+operation("")+`}`, ""), "last segment"},
		"half a variable":  {apiOf(`"/a/x{id}":{"get":`+operation("")+`}`, ""), "whole segment"},
		"open scheme":      {scheme(`{"type":"oauth2"}`), "without authorization"},
		"unknown scheme":   {apiOf(`"/a":{"get":`+operation(`"security":[{"s":[]}]`)+`}`, ""), "no security scheme"},
		"two schemes":      {apiOf(`"/a":{"get":`+operation(`"security":[{"auth":[]},{"b":[]}]`)+`}`, authorizerOf(requestAuthorizer)), "2 alternatives"},
		"scopes":           {apiOf(`"/a":{"get":`+operation(`"security":[{"auth":["x"]}]`)+`}`, authorizerOf(requestAuthorizer)), "scopes"},
		"cognito":          {scheme(`{"type":"apiKey","x-amazon-apigateway-authorizer":{"type":"cognito_user_pools"}}`), "token and request are served"},
		"ttl":              {apiOf("", authorizerOf(`"type":"request","identitySource":"context.path","authorizerResultTtlInSeconds":3601`)), "want 0 to 3600"},
		"no sources":       {apiOf("", authorizerOf(`"type":"request"`)), "needs an identitySource"},
		"source":           {apiOf("", authorizerOf(`"type":"request","identitySource":"header.X"`)), "identitySource"},
		"source late":      {apiOf("", authorizerOf(`"type":"request","identitySource":"context.authorizer.x"`)), "not known before authorization"},
		"token source":     {apiOf("", authorizerOf(`"type":"token","identitySource":"context.path"`)), "identitySource"},
		"expression":       {apiOf("", authorizerOf(`"type":"token","identityValidationExpression":"("`)), "identityValidationExpression"},
		"validator":        {apiOf(`"/a":{"get":`+operation(`"x-amazon-apigateway-request-validator":"all"`)+`}`, ""), "does not declare"},
		"schema":           {apiOf(`"/a":{"post":`+operation(`"requestBody":{"content":{"application/json":{"schema":{"type":"cat"}}}}`)+`}`, ""), "the schema"},
		"schema reference": {apiOf(`"/a":{"post":`+operation(`"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/None"}}}}`)+`}`, ""), "the schema"},
		"schema elsewhere": {apiOf(`"/a":{"post":`+operation(`"requestBody":{"content":{"application/json":{"schema":{"$ref":"file:///etc/passwd"}}}}`)+`}`, ""), "the schema"},
		"schema pattern":   {apiOf(`"/a":{"post":`+operation(`"requestBody":{"content":{"application/json":{"schema":{"type":"string","pattern":"(?=a)"}}}}`)+`}`, ""), "the schema"},
		"reference":        {apiOf(`"/a":{"post":`+operation(`"parameters":[{"$ref":"#/components/parameters/None"}]`)+`}`, ""), "names nothing"},
		"circle":           {apiOf(`"/a":{"post":`+operation(`"parameters":[{"$ref":"#/components/parameters/A"}]`)+`}`, `"components":{"parameters":{"A":{"$ref":"#/components/parameters/A"}}}`), "circles"},
		"response type":    {apiOf("", `"x-amazon-apigateway-gateway-responses":{"FORBIDDEN":{}}`), "no such type"},
		"response status":  {apiOf("", `"x-amazon-apigateway-gateway-responses":{"THROTTLED":{"statusCode":"9"}}`), "statusCode is 9"},
		"response header":  {apiOf("", `"x-amazon-apigateway-gateway-responses":{"THROTTLED":{"responseParameters":{"gatewayresponse.header.A":"$util.escape('x')"}}}`), "want 'static text'"},
		"compression":      {apiOf("", `"x-amazon-apigateway-minimum-compression-size":-1`), "bytes, have -1"},
		"policy":           {apiOf("", `"x-amazon-apigateway-policy":{"Statement":[]}`), "Policy:"},
		"auth":             {apiOf(`"/a":{"get":`+operation(`"x-amazon-apigateway-auth":{"type":"CUSTOM"}`)+`}`, ""), "want NONE or AWS_IAM"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			err := h.putAPI(tt.body, nil)
			if err == nil || !strings.Contains(err.Error(), tt.problem) {
				t.Errorf("error = %v, want %q", err, tt.problem)
			}
			if _, ok := h.s.Handler(testAPI); ok {
				t.Error("it is served")
			}
		})
	}
}

func TestAllProblemsAreListed(t *testing.T) {
	h := newHarness(t)
	err := h.putAPI(apiOf(`"/a":{"get":{},"post":{}},"/b":{"put":{"x-amazon-apigateway-integration":{"type":"x"}}}`, ""), nil)
	if err == nil || strings.Count(err.Error(), "\n") != 3 || !strings.Contains(err.Error(), "paths/~1b/put") {
		t.Errorf("error = %v", err)
	}
}

func TestNoDocument(t *testing.T) {
	h := newHarness(t)
	for _, properties := range []map[string]any{{}, {"Body": "x"}, {"Body": []any{}}} {
		if err := h.s.Put(t.Context(), apiResourceOf(properties)); err == nil {
			t.Errorf("%v was taken", properties)
		}
	}
	if err := h.s.Put(t.Context(), apiResourceOf(map[string]any{"Body": apiOf(`"/a":{"get":`+operation("")+`}`, "")})); err != nil {
		t.Errorf("a document that is a string: %v", err)
	}
}

func TestUnservedIntegrations(t *testing.T) {
	h := newHarness(t)
	one := `{"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"GET","uri":"https://example.com"}}`
	h.deploy(apiOf(`"/a":{"get":`+one+`,"put":`+one+`}`, ""), nil, nil)
	if got := h.send("GET", "/test/a", ""); got.status != 500 || h.lastRecord().ErrorType != "API_CONFIGURATION_ERROR" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if len(h.notes) != 1 || !strings.Contains(h.notes[0], "http_proxy") {
		t.Errorf("notes = %q", h.notes)
	}
}

func TestSwagger(t *testing.T) {
	h := newHarness(t)
	h.fn.handlers[authorizeFn] = answerWith(allow("*"))
	body := `{"swagger":"2.0","info":{"title":"t","version":"1"},"consumes":["application/json"],
		"x-amazon-apigateway-request-validators":{"all":{"validateRequestBody":true,"validateRequestParameters":true}},"x-amazon-apigateway-request-validator":"all",
		"securityDefinitions":{"auth":{"type":"apiKey","name":"Authorization","in":"header","x-amazon-apigateway-authtype":"custom","x-amazon-apigateway-authorizer":{"type":"token","authorizerUri":"` + uriOf(authorizeFn) + `","authorizerCredentials":"` + testRole + `"}}},
		"definitions":{"Cat":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"mother":{"$ref":"#/definitions/Cat"}}}},
		"paths":{"/cats":{"post":` + operation(secured+`,"parameters":[{"in":"body","name":"Cat","schema":{"$ref":"#/definitions/Cat"}},{"in":"query","name":"q","required":true,"type":"string"}]`) + `}}}`
	h.deploy(body, nil, nil)
	for _, tt := range []struct {
		path, body, token string
		status            int
	}{
		{"/test/cats?q=1", `{"name":"a","mother":{"name":"b"}}`, "t", 200}, {"/test/cats?q=1", `{"name":"a","mother":{}}`, "t", 400},
		{"/test/cats", `{"name":"a"}`, "t", 400}, {"/test/cats?q=1", `{"name":"a"}`, "", 401},
	} {
		if got := h.send("POST", tt.path, tt.body, "Authorization", tt.token); got.status != tt.status {
			t.Errorf("%s %s: %d %s", tt.path, tt.body, got.status, got.body)
		}
	}
}
