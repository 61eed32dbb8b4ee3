package resttest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
)

// Unstated is e in forms that do not state an account where the platform does: each member on the way
// there taken out, null, of another type, spelled in another way, for another account, and in the events
// of other authorizers and other kinds of APIs (API Gateway Developer Guide, "Input format of a Lambda
// function for proxy integration", "Lambda proxy integrations for HTTP APIs").
func Unstated(t testing.TB, e Event) map[string]Event {
	t.Helper()
	forms := map[string]Event{}
	change := func(name string, f func(Event)) {
		copied := e.clone(t)
		f(copied)
		forms[name] = copied
	}
	for _, path := range [][]string{
		{"requestContext"}, {"requestContext", "authorizer"}, {"requestContext", "authorizer", "account"},
		{"stageVariables"}, {"stageVariables", "billingAccount"},
	} {
		name, parents := path[len(path)-1], path[:len(path)-1]
		at := func(e Event) map[string]any {
			var members map[string]any = e
			for _, parent := range parents {
				members = members[parent].(map[string]any)
			}
			return members
		}
		where := strings.Join(path, ".")
		change(where+" taken out", func(e Event) { delete(at(e), name) })
		for what, value := range map[string]any{
			"null": nil, "a number": 12345, "a boolean": true, "empty": "", "a list": []any{"12345"}, "an object": map[string]any{"value": "12345"},
			"another's": "12346", "the beginning": "1234", "longer": "123456", "with a space": "12345 ", "with a shard": "12345#0", "a pattern": "*",
		} {
			change(where+" is "+what, func(e Event) { at(e)[name] = value })
		}
		for _, spelling := range []string{strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:], name + " "} {
			change(where+" spelled "+spelling, func(e Event) {
				members := at(e)
				members[spelling] = members[name]
				delete(members, name)
			})
		}
	}
	for name, authorizer := range map[string]any{
		"JWT of an HTTP API":    map[string]any{"jwt": map[string]any{"claims": map[string]any{"scope": "account:12345", "account": "12345"}, "scopes": nil}},
		"claims of a user pool": map[string]any{"claims": map[string]any{"sub": "user-7f3a", "account": "12345"}, "scopes": nil},
		"Lambda of an HTTP API": map[string]any{"lambda": map[string]any{"account": "12345"}},
		"IAM":                   map[string]any{"iam": map[string]any{"accountId": "12345", "account": "12345"}},
		"another context":       map[string]any{"principalId": "12345", "billingAccount": "12345", "tenant": "acme"},
	} {
		change("authorizer: "+name, func(e Event) { e.Context("authorizer", authorizer) })
		change("HTTP API with payload format 1.0: "+name, func(e Event) {
			e["version"] = "1.0"
			e.Context("authorizer", authorizer)
		})
		change("HTTP API with payload format 2.0: "+name, func(e Event) {
			e["version"], e["routeKey"], e["rawPath"] = "2.0", "GET /x", "/api/x"
			e.Context("authorizer", authorizer).Context("http", map[string]any{"method": e["httpMethod"], "path": "/api/x"})
			delete(e, "httpMethod")
		})
	}
	return forms
}

func (e Event) clone(t testing.TB) Event {
	t.Helper()
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var copied Event
	if err := json.Unmarshal(data, &copied); err != nil {
		t.Fatal(err)
	}
	return copied
}

// Refuses fails the test unless the function refuses every form of e that states no account: with 403 and a
// line in the log, or with an error.
func (w *World) Refuses(t testing.TB, f *rest.Function, e Event) {
	t.Helper()
	for name, form := range Unstated(t, e) {
		payload, err := json.Marshal(form)
		if err != nil {
			t.Fatal(err)
		}
		before := len(w.Log.String())
		out, err := f.Invoke(t.Context(), payload)
		var r Result
		if err == nil {
			if err := json.Unmarshal(out, &r); err != nil {
				t.Fatalf("%s: reading answer %s: %v", name, out, err)
			}
			if r.Status != http.StatusForbidden {
				t.Errorf("%s: %s, want 403 or an error", name, out)
			}
		}
		if log := w.Log.String()[before:]; !strings.Contains(log, `"level":"ERROR"`) || !strings.Contains(log, "refused") {
			t.Errorf("%s: the log does not say that it was refused: %s", name, log)
		}
	}
}

// AllRefuse fails the test unless every operation of the package refuses its event, testdata/<operation>.json, in
// every form that states no account. Nothing that the operations depend on exists.
func AllRefuse(t testing.TB) {
	t.Helper()
	w := New(t, "12345")
	for name, value := range map[string]string{
		"KEY_SHARDS": "1", "SEARCH_ENDPOINT": "https://search.invalid", "SEARCH_INDEX": "12345", "SITE_URL": "https://acme.invalid",
		"UPLOADS_PREFIX": "uploads/12345/", "UPLOADS_BUCKET": "uploads", "AWS_LAMBDA_FUNCTION_NAME": "function",
	} {
		w.Env[name] = value
	}
	outside := w.Outside()
	outside.Getenv = func(name string) string {
		switch {
		case strings.HasPrefix(name, "TABLE_"):
			return name
		case strings.HasPrefix(name, "LAYOUT_"):
			return "84a613009eab:readWrite"
		}
		return w.Env[name]
	}
	requests := 0
	for _, operation := range rest.Operations() {
		e := Load(t, "testdata/"+operation+".json")
		if e["requestContext"] == nil {
			continue // an event of S3
		}
		f, err := rest.New(operation, outside)
		if err != nil {
			t.Fatal(err)
		}
		w.Refuses(t, f, e)
		requests++
	}
	if requests == 0 {
		t.Error("the package has no operation")
	}
}
