package apigateway

import (
	"context"
	"testing"
)

func TestVariables(t *testing.T) {
	h := newHarness(t)
	h.fn.handlers[authorizeFn] = answerWith(allow("*"))
	h.deploy(securedAPI(requestAuthorizer, ""), nil, map[string]any{"Variables": map[string]any{"account": "12345"},
		"AccessLogSetting": map[string]any{"DestinationArn": "arn:aws:logs:eu-central-1:111111111111:log-group:g", "Format": "$context.requestId"}})
	text := func(format string) string {
		t.Helper()
		h.s.find(testAPI).stage("test").log.format = readTemplate(format)
		h.send("GET", "/test/cats/7?q=1&q=2", "", "Authorization", "a", "X-Echo", "1", "X-Echo", "2", "User-Agent", "agent/1")
		return h.lines[len(h.lines)-1].text
	}
	for format, want := range map[string]string{
		"$context.accountId":                   testAccount,
		"$context.apiId":                       testAPI,
		"$context.stage":                       "test",
		"$context.deploymentId":                "dep001",
		"$context.domainPrefix":                testAPI,
		"$context.resourceId":                  h.s.find(testAPI).latest.resourceID("/cats/{id}"),
		"$context.operationName":               "-",
		"$context.identity.userAgent":          "agent/1",
		"$context.identity.userArn":            "-",
		"$context.identity.caller":             "-",
		"$context.authorizer.principalId":      "user1",
		"$context.authorizer.age":              "7",
		"$context.authorizer.none":             "-",
		"$context.authorizer.latency":          "0",
		"$context.authorizer.requestId":        "11111111-2222-3333-4444-555555555555",
		"$context.authorizer.error":            "-",
		"$context.authorize.status":            "200",
		"$context.authorize.error":             "-",
		"$context.integration.latency":         "0",
		"$context.integration.status":          "200",
		"$context.integration.requestId":       "11111111-2222-3333-4444-555555555555",
		"$context.integrationStatus":           "200",
		"$context.integration.none":            "-",
		"$context.error.message":               "-",
		"$context.requestOverride.header.a":    "-",
		"$context.none":                        "-",
		"$method.request.header.x-echo":        "2",
		"$method.request.querystring.q":        "2",
		"$method.request.path.id":              "7",
		"$method.request.path.none":            "-",
		"$method.request.body.a":               "-",
		"$stageVariables.account":              "12345",
		"$stageVariables.none":                 "-",
		"a$context.stage.b":                    "a-",
		"$context.stage/$context.httpMethod.":  "test/GET.",
		"${context.stage}s ${context.stage":    "tests ${context.stage",
		"$input $util.a #if(1) $ ${x} $$":      "$input $util.a #if(1) $ ${x} $$",
		"$$context.stage":                      "$test",
		"no variables":                         "no variables",
		"$contextual.stage $stageVariablesX.a": "$contextual.stage $stageVariablesX.a",
	} {
		if got := text(format); got != want {
			t.Errorf("%s is %q, want %q", format, got, want)
		}
	}
}

func TestAuthorizerVariables(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(context.Context, []byte) (Output, error)
		want   string
	}{
		"denied": {answerWith(allow("arn:aws:execute-api:*:*:*/none")), "200 403 ACCESS_DENIED"},
		"crash":  {func(context.Context, []byte) (Output, error) { return Output{FunctionError: "x"}, nil }, "500 - AUTHORIZER_FAILURE"},
		"unauthorized": {func(context.Context, []byte) (Output, error) {
			return Output{FunctionError: "x", Payload: []byte(`{"errorMessage":"Unauthorized"}`)}, nil
		}, "401 - UNAUTHORIZED"},
	} {
		h := newHarness(t)
		h.fn.handlers[authorizeFn] = tt.answer
		h.deploy(securedAPI(requestAuthorizer, ""), nil, map[string]any{"AccessLogSetting": map[string]any{
			"DestinationArn": "arn:aws:logs:eu-central-1:111111111111:log-group:g", "Format": "$context.requestId $context.authorizer.status $context.authorize.status $context.error.responseType"}})
		h.send("GET", "/test/cats", "", "Authorization", "a")
		if got := h.lines[0].text[37:]; got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestPartitions(t *testing.T) {
	for region, want := range map[string]string{
		"eu-central-1": "x.execute-api.eu-central-1.amazonaws.com arn:aws:execute-api:eu-central-1:1:x", "cn-north-1": "x.execute-api.cn-north-1.amazonaws.com.cn arn:aws-cn:execute-api:cn-north-1:1:x",
		"us-gov-west-1": "x.execute-api.us-gov-west-1.amazonaws.com arn:aws-us-gov:execute-api:us-gov-west-1:1:x",
	} {
		d := &definition{id: "x", account: "1", region: region, partition: partitionOf(region)}
		if got := d.host() + " " + d.arn(); got != want {
			t.Errorf("%s: %s", region, got)
		}
	}
}
