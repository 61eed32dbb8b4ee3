package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/tenantstack/tenantstack/internal/authz"
)

var update = flag.Bool("update", false, "write the golden files")

// fixture is a handler with its log and an identity provider of its own.
type fixture struct {
	*identityProvider
	handler *handler
	logged  *bytes.Buffer
}

func newFixture(t *testing.T, sources ...string) *fixture {
	t.Helper()
	f := &fixture{identityProvider: newIdentityProvider(t), logged: &bytes.Buffer{}}
	logger := slog.New(slog.NewJSONHandler(f.logged, nil))
	keys, err := authz.NewKeys(authz.KeysConfig{Issuer: f.issuer})
	if err != nil {
		t.Fatal(err)
	}
	authorizer, err := authz.New(authz.Config{
		Issuer: f.issuer, Audience: audience, Account: "12345", AccountSources: sources, Table: table(), Keys: keys, Now: fixedNow,
	})
	if err != nil {
		t.Fatal(err)
	}
	f.handler = newHandler(authorizer, "super-awesome-customer", "12345", sources, logger)
	f.handler.now = fixedNow
	return f
}

// load reads an event and puts a token into it.
func load(t *testing.T, name, token string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var e map[string]any
	if err := json.Unmarshal(bytes.ReplaceAll(data, []byte("{{token}}"), []byte(token)), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func (f *fixture) handle(t *testing.T, e map[string]any) (events.APIGatewayCustomAuthorizerResponse, error) {
	t.Helper()
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return f.handler.handle(context.Background(), raw)
}

// golden compares with a file of testdata, which -update writes.
func golden(t *testing.T, name string, value any) {
	t.Helper()
	got, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: the answer is\n%s\nnot\n%s", name, got, want)
	}
}

func TestPolicies(t *testing.T) {
	host, path := authz.SourceHost, authz.SourcePath
	for _, test := range []struct {
		event, golden string
		sources       []string
		scope         string
	}{
		{"request", "request", nil, "account:12345 kittens:read"},
		{"documented", "documented", nil, "account:12345 kittens:read"},
		{"path-parameter", "path-parameter", nil, "account:12345 kittens:write kittens:read"},
		{"account-path", "account-path", []string{host, path}, "account:12345 kittens:write"},
		{"account-path", "account-path", []string{path}, "account:12345 kittens:write"},
		{"request", "scope-missing", nil, "account:12345"},
		{"request", "scope-missing", nil, "account:123456 kittens:read"},
		{"path-parameter", "write-scope-missing", nil, "account:12345 kittens:read"},
		{"path-parameter", "write-scope-missing", nil, "account:123456 kittens:write"},
		{"path-parameter", "denied", []string{host}, "account:12345 kittens:write"},
		{"account-path", "denied", nil, "account:12345 kittens:write"},
	} {
		f := newFixture(t, test.sources...)
		response, err := f.handle(t, load(t, test.event, f.token(test.scope)))
		if err != nil {
			t.Errorf("%s with %q: %v\n%s", test.event, test.scope, err, f.logged)
			continue
		}
		golden(t, test.golden, response)
	}
}

func TestPrincipal(t *testing.T) {
	f := newFixture(t)
	for _, test := range []struct{ sub, client, want string }{
		{"user-1", "web", "user-1"}, {"", "web", "web"}, {"", "", unnamedPrincipal}, {" ", "web", "web"},
	} {
		token := f.sign(f.claims("account:12345 kittens:read", test.sub, test.client))
		response, err := f.handle(t, load(t, "request", token))
		if err != nil || response.PrincipalID != test.want || response.Context["clientId"] != test.client {
			t.Errorf("sub %q, client_id %q: %+v, %v", test.sub, test.client, response, err)
		}
		for key, value := range response.Context {
			if _, isString := value.(string); !isString {
				t.Errorf("context value %s is %v, no string", key, value)
			}
		}
	}
}

func TestUnauthorized(t *testing.T) {
	f := newFixture(t)
	good := f.token("account:12345 kittens:read")
	for name, change := range map[string]func(map[string]any){
		"no header":              func(e map[string]any) { setHeaders(e, nil, nil) },
		"no headers at all":      func(e map[string]any) { delete(e, "headers"); delete(e, "multiValueHeaders") },
		"headers are null":       func(e map[string]any) { e["headers"], e["multiValueHeaders"] = nil, nil },
		"basic":                  func(e map[string]any) { setHeaders(e, "Basic eDp5", []any{"Basic eDp5"}) },
		"empty":                  func(e map[string]any) { setHeaders(e, "", []any{""}) },
		"two values":             func(e map[string]any) { setHeaders(e, "Bearer "+good, []any{"Bearer " + good, "Bearer " + good}) },
		"two, the last is good":  func(e map[string]any) { setHeaders(e, "Bearer "+good, []any{"Bearer x", "Bearer " + good}) },
		"the two members differ": func(e map[string]any) { setHeaders(e, "Bearer x", []any{"Bearer " + good}) },
		"one value joined": func(e map[string]any) {
			setHeaders(e, "Bearer "+good+", Bearer "+good, []any{"Bearer " + good + ", Bearer " + good})
		},
		"another spelling":         func(e map[string]any) { e["multiValueHeaders"].(map[string]any)["AUTHORIZATION"] = []any{"Bearer x"} },
		"another spelling, single": func(e map[string]any) { e["headers"].(map[string]any)["authorization"] = "Bearer x" },
		"another token":            func(e map[string]any) { setHeaders(e, "Bearer "+good+"A", []any{"Bearer " + good + "A"}) },
		"token in the query": func(e map[string]any) {
			setHeaders(e, nil, nil)
			e["queryStringParameters"] = map[string]any{"access_token": good, "Authorization": "Bearer " + good}
		},
		"token in another header": func(e map[string]any) {
			setHeaders(e, nil, nil)
			e["headers"].(map[string]any)["X-Authorization"] = "Bearer " + good
		},
		"token as TOKEN authorizer": func(e map[string]any) { setHeaders(e, nil, nil); e["authorizationToken"] = "Bearer " + good },
	} {
		e := load(t, "request", good)
		change(e)
		response, err := f.handle(t, e)
		if !errors.Is(err, unauthorizedError{}) || err.Error() != "Unauthorized" {
			t.Errorf("%s: %+v, %v", name, response, err)
		}
		if response.PolicyDocument.Statement != nil {
			t.Errorf("%s: a policy beside the error: %+v", name, response)
		}
	}
}

// setHeaders sets or, with nil, removes the Authorization header.
func setHeaders(e map[string]any, single, several any) {
	for member, value := range map[string]any{"headers": single, "multiValueHeaders": several} {
		headers := e[member].(map[string]any)
		delete(headers, "Authorization")
		if value != nil {
			headers["Authorization"] = value
		}
	}
}

// edit changes a member of an event by its path.
func edit(path string, value any) func(map[string]any) {
	return func(e map[string]any) {
		names := strings.Split(path, ".")
		for _, name := range names[:len(names)-1] {
			e = e[name].(map[string]any)
		}
		e[names[len(names)-1]] = value
	}
}

func TestForbiddenEvents(t *testing.T) {
	arn := func(s string) func(map[string]any) { return edit("methodArn", s) }
	const prefix = "arn:aws:execute-api:eu-central-1:111111111111:a1b2c3d4e5/api/"
	for name, change := range map[string]func(map[string]any){
		"type TOKEN":               edit("type", "TOKEN"),
		"no type":                  edit("type", nil),
		"type in lower case":       edit("type", "request"),
		"resource differs":         edit("resource", "/breeds"),
		"resource path differs":    edit("requestContext.resourcePath", "/breeds"),
		"resource is raw":          edit("resource", "/kittens/1"),
		"no resource":              edit("resource", nil),
		"no resource path":         edit("requestContext.resourcePath", ""),
		"method differs":           edit("httpMethod", "DELETE"),
		"context method differs":   edit("requestContext.httpMethod", "DELETE"),
		"method in lower case":     edit("httpMethod", "get"),
		"no method":                edit("httpMethod", nil),
		"no context":               edit("requestContext", nil),
		"context is a list":        edit("requestContext", []any{}),
		"headers are a list":       edit("headers", []any{"x"}),
		"stage differs":            edit("requestContext.stage", "test"),
		"api differs":              edit("requestContext.apiId", "zzzzzzzzzz"),
		"stage variable missing":   edit("stageVariables", nil),
		"stage variable empty":     edit("stageVariables.billingAccount", ""),
		"stage variable differs":   edit("stageVariables.billingAccount", "54321"),
		"stage variable in case":   edit("stageVariables", map[string]any{"BillingAccount": "12345"}),
		"ARN missing":              arn(""),
		"ARN of a stage only":      arn("arn:aws:execute-api:eu-central-1:111111111111:a1b2c3d4e5/api"),
		"ARN of another method":    arn(prefix + "POST/kittens"),
		"ARN of another stage":     arn("arn:aws:execute-api:eu-central-1:111111111111:a1b2c3d4e5/test/GET/kittens"),
		"ARN of another API":       arn("arn:aws:execute-api:eu-central-1:111111111111:zzzzzzzzzz/api/GET/kittens"),
		"ARN with wildcard stage":  arn("arn:aws:execute-api:eu-central-1:111111111111:a1b2c3d4e5/*/GET/kittens"),
		"ARN with wildcard method": arn(prefix + "*/kittens"),
		"ARN with wildcard API":    arn("arn:aws:execute-api:eu-central-1:111111111111:*/api/GET/kittens"),
		"ARN with wildcard region": arn("arn:aws:execute-api:*:111111111111:a1b2c3d4e5/api/GET/kittens"),
		"ARN without account":      arn("arn:aws:execute-api:eu-central-1::a1b2c3d4e5/api/GET/kittens"),
		"ARN of another service":   arn("arn:aws:lambda:eu-central-1:111111111111:a1b2c3d4e5/api/GET/kittens"),
		"ARN with text before":     arn("x" + prefix + "GET/kittens"),
		"ARN with a line before":   arn("x\n" + prefix + "GET/kittens"),
	} {
		f := newFixture(t)
		e := load(t, "request", f.token("account:12345 kittens:read"))
		change(e)
		response, err := f.handle(t, e)
		if err != nil || response.Context != nil || response.PolicyDocument.Statement[0].Effect != "Deny" {
			t.Errorf("%s: %+v, %v", name, response, err)
		}
	}
	f := newFixture(t)
	for _, raw := range []string{"", "null", "[]", "{}", `"x"`, "{", "1"} {
		if response, err := f.handler.handle(context.Background(), json.RawMessage(raw)); err != nil || response.PolicyDocument.Statement[0].Effect != "Deny" {
			t.Errorf("event %q: %+v, %v", raw, response, err)
		}
	}
}

func TestAccountSources(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"path differs":           edit("pathParameters.billingAccount", "54321"),
		"path missing":           edit("pathParameters", nil),
		"path is a prefix":       edit("pathParameters.billingAccount", "1234"),
		"host differs":           edit("requestContext.domainName", "54321.example.com"),
		"host missing":           edit("requestContext.domainName", nil),
		"host is a prefix":       edit("requestContext.domainName", "123456.example.com"),
		"host has it elsewhere":  edit("requestContext.domainName", "www.12345.example.com"),
		"header Host is no host": func(e map[string]any) { delete(e["requestContext"].(map[string]any), "domainName") },
		"viewer's host differs":  func(e map[string]any) { viewerHosts(e, "54321.example.com") },
		"viewer's host is empty": func(e map[string]any) { viewerHosts(e, "") },
		"two viewer's hosts":     func(e map[string]any) { viewerHosts(e, "12345.example.com", "12345.example.com") },
		"path without prefix": func(e map[string]any) {
			e["resource"] = "/kittens/{kittenId}"
			edit("requestContext.resourcePath", "/kittens/{kittenId}")(e)
		},
		"path with a longer prefix": func(e map[string]any) {
			e["resource"] = "/{billingAccount}kittens/{kittenId}"
			edit("requestContext.resourcePath", e["resource"])(e)
		},
		"path of nothing": func(e map[string]any) {
			e["resource"] = "/{billingAccount}"
			edit("requestContext.resourcePath", "/{billingAccount}")(e)
		},
	} {
		f := newFixture(t, authz.SourceHost, authz.SourcePath)
		e := load(t, "account-path", f.token("account:12345 kittens:write"))
		if response, err := f.handle(t, e); err != nil || response.PolicyDocument.Statement[0].Effect != "Allow" {
			t.Fatalf("unchanged: %+v, %v", response, err)
		}
		change(e)
		response, err := f.handle(t, e)
		if err != nil || response.PolicyDocument.Statement[0].Effect != "Deny" {
			t.Errorf("%s: %+v, %v", name, response, err)
		}
	}
}

// viewerHosts sets the header in which the distribution passes on the host name.
func viewerHosts(e map[string]any, hosts ...any) {
	e["multiValueHeaders"].(map[string]any)["x-viewer-host"] = hosts
}

// Behind the distribution the event's own host name is the API's; the viewer's counts.
func TestViewerHost(t *testing.T) {
	f := newFixture(t, authz.SourceHost, authz.SourcePath)
	e := load(t, "account-path", f.token("account:12345 kittens:write"))
	edit("requestContext.domainName", "a1b2c3.execute-api.eu-central-1.amazonaws.com")(e)
	viewerHosts(e, "12345.example.com")
	if response, err := f.handle(t, e); err != nil || response.PolicyDocument.Statement[0].Effect != "Allow" {
		t.Errorf("%+v, %v", response, err)
	}
}

func TestOperationARN(t *testing.T) {
	const stage = "arn:aws-us-gov:execute-api:us-gov-west-1:111111111111:a1/prod_1-x"
	for _, test := range []struct{ arn, prefix, path, want string }{
		{stage + "/GET/", "", "/", stage + "/GET/"},
		{stage + "/GET", "", "/", stage + "/GET/"},
		{stage + "/GET/a/b", "", "/{x}/b", stage + "/GET/*/b"},
		{stage + "/PUT/a/b/c", "", "/a/{b}/c/{d-e}", stage + "/PUT/a/*/c/*"},
		{stage + "/GET/files/a/b", "", "/files/{path+}", stage + "/GET/files/*"},
		{stage + "/GET/1/a", "/1", "/a", stage + "/GET/1/a"},
		{stage + "/GET/1", "/1", "/", stage + "/GET/1"},
		{stage + "/GET/*/a?b", "", "/{x}/a", stage + "/GET/*/a"},
	} {
		arn, err := parseMethodARN(test.arn)
		if err != nil {
			t.Errorf("%s: %v", test.arn, err)
			continue
		}
		if got := arn.operationARN(test.prefix, test.path); got != test.want {
			t.Errorf("%s for %s%s is %s, not %s", test.arn, test.prefix, test.path, got, test.want)
		}
	}
}

type panicker struct{}

func (panicker) Decide(_ context.Context, r authz.Request) authz.Decision {
	panic(r.Authorization[0])
}

func TestPanicIsADenial(t *testing.T) {
	f := newFixture(t)
	f.handler.authorizer = panicker{}
	token := f.token("account:12345 kittens:read")
	if _, err := f.handle(t, load(t, "request", token)); !errors.Is(err, unauthorizedError{}) {
		t.Errorf("a panic gives %v", err)
	}
	if log := f.logged.String(); strings.Contains(log, token) || !strings.Contains(log, string(panicked)) {
		t.Errorf("the log is %s", log)
	}
}

func TestLog(t *testing.T) {
	f := newFixture(t)
	token := f.token("account:12345 kittens:read")
	if _, err := f.handle(t, load(t, "request", token)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(f.logged.String()), "\n")
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil || len(lines) != 1 {
		t.Fatalf("the log is %s: %v", f.logged, err)
	}
	for key, want := range map[string]any{
		"msg": "allowed", "level": "INFO", "reason": "allowed", "operation": "kittensGet", "status": 200.0, "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
	} {
		if line[key] != want {
			t.Errorf("%s is %v, not %v", key, line[key], want)
		}
	}
	e := load(t, "request", token)
	edit("methodArn", "arn:secret-path")(e)
	if _, err := f.handle(t, e); err != nil {
		t.Fatal(err)
	}
	if _, err := f.handle(t, load(t, "request", token[:len(token)-2])); err == nil {
		t.Fatal("a damaged token is allowed")
	}
	for _, secret := range append(strings.Split(token, "."), "user-1", "kittens-web", "secret-path", "198.51.100.8") {
		if strings.Contains(f.logged.String(), secret) {
			t.Errorf("the log has %q:\n%s", secret, f.logged)
		}
	}
}
