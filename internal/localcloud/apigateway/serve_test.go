package apigateway

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// catsAPI has resources of all kinds.
func catsAPI() string {
	return apiOf(`"/":{"get":`+operation("")+`},
		"/cats":{"get":`+operation(`"operationId":"catsGet"`)+`,"post":`+operation("")+`},
		"/cats/{id}":{"get":`+operation("")+`,"delete":`+operation("")+`},
		"/cats/special":{"get":`+operation("")+`},
		"/cats/{id}/photos":{"get":`+operation("")+`},
		"/cats/special/toys":{"get":`+operation("")+`},
		"/files/{path+}":{"x-amazon-apigateway-any-method":`+operation("")+`,"get":`+operation("")+`},
		"/any":{"x-amazon-apigateway-any-method":`+operation("")+`}`, "")
}

func TestRouting(t *testing.T) {
	h := newHarness(t)
	h.deploy(catsAPI(), nil, nil)
	const missing = 403
	for _, tt := range []struct {
		method, path string
		resource     string // empty: none
		params       string
	}{
		{"GET", "/test", "/", ""},
		{"GET", "/test/", "/", ""},
		{"GET", "//test/", "/", ""},
		{"GET", "/test//", "/", ""},
		{"GET", "/test/cats", "/cats", ""},
		{"GET", "/test/cats/", "/cats", ""},
		{"GET", "/test//cats", "/cats", ""},
		{"GET", "//test/cats", "/cats", ""},
		{"GET", "/test/cats//", "", ""},
		{"GET", "/test/Cats", "", ""},
		{"GET", "/test/CATS", "", ""},
		{"GET", "/test/%63ats", "", ""},
		{"GET", "/test/cats%20", "", ""},
		{"GET", "/test/cats%2F", "", ""},
		{"GET", "/test/cats%2F7", "", ""},
		{"GET", "/test/cats;x=1", "", ""},
		{"GET", "/test/cats.json", "", ""},
		{"PUT", "/test/cats", "", ""},
		{"HEAD", "/test/cats", "", ""},
		{"OPTIONS", "/test/cats", "", ""},
		{"TRACE", "/test/any", "", ""},
		{"get", "/test/cats", "", ""},
		{"PROPFIND", "/test/any", "", ""},
		{"HEAD", "/test/any", "/any", ""},
		{"PATCH", "/test/any", "/any", ""},
		{"GET", "/test/any/more", "", ""},
		{"GET", "/test/cats/7", "/cats/{id}", "id=7"},
		{"GET", "/test/cats/7/", "/cats/{id}", "id=7"},
		{"GET", "/test/cats/a%2Fb", "/cats/{id}", "id=a%2Fb"},
		{"GET", "/test/cats/a%2fb", "/cats/{id}", "id=a%2fb"},
		{"GET", "/test/cats/a%20b", "/cats/{id}", "id=a%20b"},
		{"GET", "/test/cats/a+b", "/cats/{id}", "id=a+b"},
		{"GET", "/test/cats/%C3%A4", "/cats/{id}", "id=%C3%A4"},
		{"GET", "/test/cats/special", "/cats/special", ""},
		{"GET", "/test/cats/Special", "/cats/{id}", "id=Special"},
		{"GET", "/test/cats/%73pecial", "/cats/{id}", "id=%73pecial"},
		{"GET", "/test/cats/special/toys", "/cats/special/toys", ""},
		{"GET", "/test/cats/special/photos", "/cats/{id}/photos", "id=special"},
		{"DELETE", "/test/cats/special", "", ""},
		{"GET", "/test/cats//photos", "", ""},
		{"GET", "/test/cats/{id}", "/cats/{id}", "id=%7Bid%7D"},
		{"GET", "/test/cats/%2e%2e%2fx", "/cats/{id}", "id=%2e%2e%2fx"},
		{"GET", "/test/files", "", ""},
		{"GET", "/test/files/", "", ""},
		{"GET", "/test/files//a", "", ""},
		{"GET", "/test/files/a", "/files/{path+}", "path=a"},
		{"POST", "/test/files/a/b/c", "/files/{path+}", "path=a/b/c"},
		{"GET", "/test/files/a//b", "/files/{path+}", "path=a//b"},
		{"GET", "/test/files/a/b/", "/files/{path+}", "path=a/b"},
		{"GET", "/test/files/a%2Fb/c", "/files/{path+}", "path=a%2Fb/c"},
		{"GET", "/test/nothing", "", ""},
		{"GET", "/test/test/cats", "", ""},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			before := h.fn.count(handlerFn)
			got := h.send(tt.method, tt.path, "")
			if tt.resource == "" {
				if got.status != missing || got.body != `{"message":"Missing Authentication Token"}` && tt.method != "HEAD" || h.fn.count(handlerFn) != before {
					t.Fatalf("got %d %s", got.status, got.body)
				}
				if e := got.header.Get("x-amzn-ErrorType"); e != "MissingAuthenticationTokenException" {
					t.Errorf("x-amzn-ErrorType = %q", e)
				}
				return
			}
			if got.status != 200 {
				t.Fatalf("got %d %s", got.status, got.body)
			}
			event := h.fn.lastEvent(t, handlerFn)
			params := ""
			for k, v := range mapping(event["pathParameters"]) {
				params += fmt.Sprintf("%s=%v", k, v)
			}
			if event["resource"] != tt.resource || params != tt.params || event["httpMethod"] != tt.method {
				t.Errorf("resource %v, params %q, method %v", event["resource"], params, event["httpMethod"])
			}
		})
	}
}

func TestHostilePaths(t *testing.T) {
	h := newHarness(t)
	h.deploy(catsAPI(), nil, nil)
	for _, path := range []string{
		"/test/cats/..", "/test/cats/.", "/test/cats/../any", "/test/./cats", "/test/../test/cats", "/test/cats/%2e%2e", "/test/cats/%2E%2E/any",
		"/test/cats/.%2e", "/test/cats/%2e", "/test/files/a/../b", "/test/files/..", "/test/files/a/%2e%2e/b", "/test/files/./a", "/test/files/a/.",
		"/test/cats/%00", "/test/cats/a%00b", "/test/files/a%0d%0ab", "/test/cats/%0A", "/test/cats/%7f", "/test/files/%1b", "/test/../cats",
	} {
		before := h.fn.count(handlerFn)
		got := h.send("GET", path, "")
		if got.status != 400 || got.body != `{"message":"Bad Request"}` || h.fn.count(handlerFn) != before {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	for _, path := range []string{"/", "/prod/cats", "/TEST/cats", "/tes%74/cats", "/..", "/../test/cats", "//", "/%2ftest/cats", "/test%2fcats", "/.test/cats", "/*/cats"} {
		got := h.send("GET", path, "")
		if got.status != 403 || got.body != `{"message":"Forbidden"}` || got.header.Get("x-amzn-ErrorType") != "ForbiddenException" {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if n := h.fn.count(handlerFn); n != 0 {
		t.Errorf("%d requests reached the function", n)
	}
}

func TestMethodOverride(t *testing.T) {
	h := newHarness(t)
	h.deploy(catsAPI(), nil, nil)
	if got := h.send("POST", "/test/cats/7", "", "X-HTTP-Method-Override", "DELETE"); got.status != 200 {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	event := h.fn.lastEvent(t, handlerFn)
	if event["httpMethod"] != "DELETE" || mapping(event["requestContext"])["httpMethod"] != "DELETE" || mapping(event["headers"])["X-Http-Method-Override"] != nil {
		t.Errorf("event = %v", event)
	}
	for _, method := range []string{"TRACE", "ANY", "get", "GET ", "GET,DELETE", "X"} {
		for _, path := range []string{"/test/cats/7", "/test/any"} {
			if got := h.send("GET", path, "", "X-HTTP-Method-Override", method); got.status != 403 {
				t.Errorf("%s as %q: %d %s", path, method, got.status, got.body)
			}
		}
	}
	if got := h.send("ANY", "/test/any", ""); got.status != 403 {
		t.Errorf("ANY: %d %s", got.status, got.body)
	}
	if got := h.send("GET", "/test/cats/7", "", "X-HTTP-Method-Override", "GET", "X-HTTP-Method-Override", "DELETE"); got.status != 400 {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestLimits(t *testing.T) {
	h := newHarness(t)
	h.deploy(apiOf(`"/up":{"post":`+operation("")+`}`, `"x-amazon-apigateway-gateway-responses":{"REQUEST_TOO_LARGE":{"statusCode":"400"},"DEFAULT_4XX":{"statusCode":"418"}}`), nil, nil)
	big := strings.Repeat("x", maxPayload+1)
	if got := h.send("POST", "/test/up", big); got.status != 413 || got.body != `{"message":"Request Too Long"}` {
		t.Errorf("declared: %d %s", got.status, got.body)
	}
	r, _ := http.NewRequest("POST", "https://x/test/up", struct{ *strings.Reader }{strings.NewReader(big)})
	r.ContentLength = -1
	if got := h.do(r); got.status != 413 {
		t.Errorf("chunked: %d %s", got.status, got.body)
	}
	if got := h.send("POST", "/test/up", big[:maxPayload]); got.status != 200 {
		t.Errorf("at the limit: %d %s", got.status, got.body)
	}
	if got := h.send("POST", "/test/up", "", "X-Large", strings.Repeat("y", maxHeader)); got.status != 418 {
		t.Errorf("headers: %d %s", got.status, got.body)
	}
	if n := h.fn.count(handlerFn); n != 1 {
		t.Errorf("%d invocations", n)
	}
	for _, query := range []string{"a=%zz", "%=1", "a=%", "%2=x"} {
		r, _ := http.NewRequest("POST", "https://x/test/up", nil)
		r.URL.RawQuery = query
		if got := h.do(r); got.status != 418 {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
	}
	if got := h.send("POST", "/test/up", "{}", "Content-Type", "application/json", "Content-Type", "text/plain"); got.status != 418 {
		t.Errorf("two types: %d %s", got.status, got.body)
	}
}
