package cloudfront

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/dop251/goja"
)

const functionARNOf = "arn:aws:cloudfront::111111111111:function/"

func functionJSON(code string) string {
	data, _ := json.Marshal(map[string]any{"Name": "f", "FunctionCode": code, "FunctionConfig": map[string]any{"Runtime": "cloudfront-js-2.0"}})
	return string(data)
}

// withFunction declares a function f of an event type in front of the API.
func withFunction(t *testing.T, event, code string) *world {
	t.Helper()
	w := newWorld(t)
	w.put("AWS::CloudFront::Function", "f", nil, functionJSON(code))
	w.distribution(optimized, strings.Replace(apiBehavior, `"PathPattern"`, `"FunctionAssociations":[{"EventType":"`+event+`","FunctionARN":"`+functionARNOf+`f"}],"PathPattern"`, 1))
	return w
}

func TestViewerRequest(t *testing.T) {
	for _, test := range []struct {
		name, code, target string
		uri                string
		header             map[string]string
	}{
		{"unchanged", `function handler(event) { return event.request; }`, "/api/a%2Fb//c?b=2&a=1&&b=%20", "/api/a%2Fb//c?b=2&a=1&&b=%20", map[string]string{"X-A": "1", "Cookie": "c=1"}},
		{"uri", `function handler(event) { event.request.uri = '/api/x y'; return event.request; }`, "/api/a?q=1", "/api/x%20y?q=1", nil},
		{"querystring", `function handler(event) { var q = event.request.querystring; q.a.value = 'x&y'; q.z = {value: '1', multiValue: [{value: '1'}, {value: '2'}]}; delete q.b; return event.request; }`, "/api/a?b=2&a=1", "/api/a?a=x%26y&z=1&z=2", nil},
		{"headers", `function handler(event) { var h = event.request.headers; h['x-a'].value = '2'; h['x-new'] = {value: h.host.value}; return event.request; }`, "/api/a", "/api/a", map[string]string{"X-A": "2", "X-New": alias}},
		{"cookies", `function handler(event) { event.request.cookies = {d: {value: '2'}}; return event.request; }`, "/api/a", "/api/a", map[string]string{"Cookie": "d=2"}},
		{"async", `async function handler(event) { await null; event.request.uri = '/api/async'; return event.request; }`, "/api/a", "/api/async", nil},
		{"constant", `const handler = (event) => ({...event.request, uri: '/api/const'});`, "/api/a", "/api/const", nil},
		{"modules", `var crypto = require('crypto'); function handler(event) { event.request.uri = '/api/' + crypto.createHmac('sha256', 'k').update('a').update('b').digest('hex').substring(0, 8) + btoa('x').length; return event.request; }`, "/api/a", "/api/7475bb114", nil},
		{"context", `function handler(event) { event.request.uri = ['/api', event.version, event.context.eventType, event.context.distributionId, event.viewer.ip, event.request.method].join('/'); return event.request; }`, "/api/a", "/api/1.0/viewer-request/" + distID + "/192.0.2.1/GET", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := withFunction(t, "viewer-request", test.code)
			e := w.echo("GET", test.target, "", "X-A", "1", "Cookie", "c=1")
			if e.URI != test.uri {
				t.Errorf("got %s, want %s", e.URI, test.uri)
			}
			for name, want := range test.header {
				if got := e.Header.Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestFunctionFails(t *testing.T) {
	for name, code := range map[string]string{
		"throws":           `function handler(event) { throw new Error('no'); }`,
		"endless":          `function handler(event) { for (;;) {} }`,
		"recursion":        `function handler(event) { return handler(event); }`,
		"nothing":          `function handler(event) {}`,
		"null":             `function handler(event) { return null; }`,
		"text":             `function handler(event) { return 'x'; }`,
		"method":           `function handler(event) { event.request.method = 'DELETE'; return event.request; }`,
		"host":             `function handler(event) { event.request.headers.host.value = 'evil'; return event.request; }`,
		"via":              `function handler(event) { event.request.headers.via = {value: 'x'}; return event.request; }`,
		"uri":              `function handler(event) { event.request.uri = 'http://evil/'; return event.request; }`,
		"uri with a query": `function handler(event) { event.request.uri = '/x?y'; return event.request; }`,
		"disallowed":       `function handler(event) { event.request.headers['x-edge-x'] = {value: 'x'}; return event.request; }`,
		"header injection": `function handler(event) { event.request.headers['x'] = {value: 'a\r\nb: c'}; return event.request; }`,
		"header name":      `function handler(event) { event.request.headers['x y'] = {value: 'a'}; return event.request; }`,
		"status":           `function handler(event) { return {statusCode: 99}; }`,
		"large body":       `function handler(event) { return {statusCode: 200, body: 'x'.repeat(50000)}; }`,
		"eval":             `function handler(event) { return eval('event.request'); }`,
		"module":           `function handler(event) { return require('fs'); }`,
		"never":            `async function handler(event) { await new Promise(function () {}); return event.request; }`,
		"rejected":         `async function handler(event) { throw new Error('x'); }`,
	} {
		t.Run(name, func(t *testing.T) {
			w := withFunction(t, "viewer-request", code)
			asked := false
			w.api = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true })
			resp, body := w.get("/api/x")
			if resp.StatusCode != 503 || !strings.HasPrefix(resp.Header.Get("X-Cache"), "Function") || asked || len(w.logged) == 0 {
				t.Errorf("got %d %s %v, the origin was asked: %v, logged %q", resp.StatusCode, body, resp.Header, asked, w.logged)
			}
		})
	}
}

func TestBadFunctions(t *testing.T) {
	w := newWorld(t)
	for name, properties := range map[string]string{
		"syntax":     functionJSON(`function handler(`),
		"no handler": functionJSON(`var x = 1;`),
		"throws":     functionJSON(`throw new Error('x'); function handler() {}`),
		"large":      functionJSON(`function handler() {} //` + strings.Repeat("x", 11000)),
		"runtime":    strings.Replace(functionJSON(`function handler() {}`), "js-2.0", "js-3.0", 1),
		"store":      strings.Replace(functionJSON(`function handler() {}`), `"Runtime"`, `"KeyValueStoreAssociations":[{"KeyValueStoreARN":"x"}],"Runtime"`, 1),
	} {
		if err := w.tryPut("AWS::CloudFront::Function", "g", nil, properties); err == nil {
			t.Errorf("%s: the function was created", name)
		}
	}
}

// A function that is gone fails the request: what it kept out may not get through.
func TestMissingFunction(t *testing.T) {
	w := newWorld(t)
	w.distribution(optimized+`,"FunctionAssociations":[{"EventType":"viewer-request","FunctionARN":"arn:none"}]`, "")
	w.buckets.set("/index.html", object{body: "x"})
	if resp, body := w.get("/"); resp.StatusCode != 503 || body == "x" {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
}

func TestGeneratedResponse(t *testing.T) {
	w := withFunction(t, "viewer-request", `function handler(event) { console.log('sent', {to: '/x'}); return {statusCode: 302, statusDescription: 'Found', headers: {location: {value: '/x'}},
		cookies: {a: {value: '1', attributes: 'Secure; Path=/'}}, body: {encoding: 'base64', data: 'Ynll'}}; }`)
	resp, body := w.get("/api/x")
	if resp.StatusCode != 302 || resp.Header.Get("Location") != "/x" || body != "bye" || resp.Header.Get("Set-Cookie") != "a=1; Secure; Path=/" || resp.Header.Get("X-Cache") != fromFunction {
		t.Errorf("got %d %v %q", resp.StatusCode, resp.Header, body)
	}
	if len(w.logged) != 1 || !strings.Contains(w.logged[0], `sent {"to":"/x"}`) {
		t.Errorf("logged %q", w.logged)
	}
}

func TestViewerResponse(t *testing.T) {
	w := withFunction(t, "viewer-response", `function handler(event) { var r = event.response; r.headers['x-status'] = {value: String(r.statusCode)}; r.headers['x-uri'] = {value: event.request.uri};
		delete r.headers['x-remove']; r.cookies.b = {value: '2', attributes: 'HttpOnly'}; if (event.request.uri === '/api/body') { r.body = 'replaced'; } return r; }`)
	status := 200
	w.api = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-Remove", "x")
		rw.Header().Add("Set-Cookie", "a=1; Secure")
		rw.WriteHeader(status)
		_, _ = rw.Write([]byte("original"))
	})
	resp, body := w.get("/api/x")
	if resp.Header.Get("X-Status") != "200" || resp.Header.Get("X-Uri") != "/api/x" || resp.Header.Get("X-Remove") != "" || body != "original" || strings.Join(resp.Header["Set-Cookie"], "|") != "a=1; Secure|b=2; HttpOnly" {
		t.Errorf("got %v %q", resp.Header, body)
	}
	if resp, body := w.get("/api/body"); body != "replaced" || resp.ContentLength != 8 {
		t.Errorf("got %q of %d bytes", body, resp.ContentLength)
	}
	status = 404
	if resp, _ := w.get("/api/x"); resp.Header.Get("X-Status") != "" {
		t.Error("the function ran for an error of the origin")
	}
	w = withFunction(t, "viewer-response", `function handler(event) { event.response.headers['via'] = {value: 'x'}; return event.response; }`)
	if resp, body := w.get("/api/x"); resp.StatusCode != 503 || strings.Contains(body, "uri") {
		t.Errorf("a failing function: got %d %q", resp.StatusCode, body)
	}
}

// One call leaves nothing for the next.
func TestFunctionKeepsNoState(t *testing.T) {
	w := withFunction(t, "viewer-request", `var n = 0; function handler(event) { n++; globalThis.seen = (globalThis.seen || 0) + 1; Object.prototype.leak = (Object.prototype.leak || 0) + 1;
		event.request.uri = '/api/' + n + globalThis.seen + Object.prototype.leak; delete Object.prototype.leak; return event.request; }`)
	for range 3 {
		if e := w.echo("GET", "/api/x", ""); e.URI != "/api/111" {
			t.Errorf("got %s, want /api/111", e.URI)
		}
	}
}

func TestRouterOfTheTemplates(t *testing.T) {
	resources := template(t, "kittens-cell-eu-1.template.json")
	w := newWorld(t)
	data, err := json.Marshal(resources["Router"].Properties)
	if err != nil {
		t.Fatal(err)
	}
	w.put("AWS::CloudFront::Function", "Router", map[string]string{"FunctionARN": "arn:router"}, string(data))
	data, err = json.Marshal(resources["ResponseHeadersPolicy"].Properties)
	if err != nil {
		t.Fatal(err)
	}
	w.put("AWS::CloudFront::ResponseHeadersPolicy", "headers", nil, string(data))
	w.o.Localize = func(name, value string) string {
		return strings.ReplaceAll(value, "https://id.example.com", "http://id.localhost:8000")
	}
	w.distribution(optimized+`,"ResponseHeadersPolicyId":"headers","FunctionAssociations":[{"EventType":"viewer-request","FunctionARN":"arn:router"}]`, apiBehavior)
	w.buckets.set("/index.html", object{body: "app", header: map[string]string{"X-Frame-Options": "DENY"}})
	w.buckets.set("/assets/app.js", object{body: "js"})
	w.buckets.set("/config.json", object{body: "{}"})
	w.buckets.set("/releases/1.json", object{body: "manifest"})
	w.buckets.set("/robots.txt", object{body: "robots"})
	w.buckets.set("/.well-known/security.txt", object{body: "contact"})
	for target, want := range map[string]string{
		"/": "app", "/kittens/42": "app", "/kittens/": "app", "/assets/app.js": "js", "/config.json": "{}",
		"/kittens/1.0": "app", "/kittens/a.b/edit": "app", "/releases/1.json": "app", "/jane.doe": "app", "/v1.2": "app", "/node.js": "app", "/assets/": "app",
		"/robots.txt.bak": "app", "/robots.txt": "robots", "/.well-known/security.txt": "contact", "/.well-known/": "app",
	} {
		if resp, body := w.get(target); resp.StatusCode != 200 || body != want {
			t.Errorf("%s: got %d %q, want %q", target, resp.StatusCode, body, want)
		}
	}
	resp, _ := w.get("/kittens/1?x=y")
	for name, want := range map[string]string{
		"X-Frame-Options": "SAMEORIGIN", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
		"Strict-Transport-Security": "max-age=63072000; includeSubDomains", "X-Cache": "Hit from cloudfront",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "connect-src 'self' http://id.localhost:8000") {
		t.Errorf("the policy is not localized: %s", csp)
	}
	if resp, _ := w.get("/assets/none.js"); resp.StatusCode != 403 || resp.Header.Get("X-Frame-Options") != "SAMEORIGIN" {
		t.Errorf("an error: got %d %v", resp.StatusCode, resp.Header)
	}
}

func BenchmarkFunction(b *testing.B) {
	program, err := goja.Compile("f", `function handler(event) { var request = event.request; if (request.uri.indexOf('.') === -1) { request.uri = '/index.html'; } return request; }`, false)
	if err != nil {
		b.Fatal(err)
	}
	f := &function{program: program, log: func(string) {}}
	e := &functionEvent{Version: "1.0", Request: functionRequest{Method: "GET", URI: "/x", Headers: map[string]multi{"accept": {Value: "*/*"}}}}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			var got functionResult
			if err := f.call(e, &got); err != nil {
				b.Fatal(err)
			}
		}
	})
}
