package apigateway

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

// What is routed is what policies and functions get: the resource with its parameters filled in is
// the path by which policies know the request.
func FuzzRoute(f *testing.F) {
	h := newHarness(f)
	h.deploy(catsAPI(), nil, nil)
	d := h.s.find(testAPI).latest
	for _, path := range []string{"/test/cats", "/test//cats/", "/test/cats/a%2Fb", "/test/files/a//b/", "/test/cats/special/photos", "/test/files/%2e%2e/x", "/test/..", "//test/any//", "/test/cats/{id}", "/test/files/a/../b", "/test/%63ats/7"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		target, ok := readTarget(path)
		if !ok {
			return
		}
		res, m, params := d.find(target, "GET")
		if m == nil {
			return
		}
		filled := res.path
		for name, value := range params {
			if value == "" {
				t.Errorf("%q: %s is empty", path, name)
			}
			filled = strings.NewReplacer("{"+name+"}", value, "{"+name+"+}", value).Replace(filled)
		}
		if filled != target.canonical() {
			t.Errorf("%q: %s with %v is %q, not %q", path, res.path, params, filled, target.canonical())
		}
		for segment := range strings.SplitSeq(filled, "/") {
			if plain, err := url.PathUnescape(segment); err != nil || plain == ".." || plain == "." {
				t.Errorf("%q has the segment %q", path, segment)
			}
		}
	})
}

// Whatever a function answers is read or refused.
func FuzzProxyAnswer(f *testing.F) {
	for _, payload := range []string{`{}`, `{"statusCode":"200","headers":{"a":1},"multiValueHeaders":{"A":["b",true,null]},"body":"x","isBase64Encoded":true}`, `null`, `{"headers":{"a":"\r\n"}}`, `{"statusCode":1e2}`} {
		f.Add([]byte(payload))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		a, err := readProxyAnswer(payload)
		if err != nil {
			return
		}
		if a.status < 200 || a.status > 599 {
			t.Errorf("status %d", a.status)
		}
		for name, values := range a.headers {
			if !validHeaderName(name) {
				t.Errorf("header %q", name)
			}
			for _, value := range values {
				if strings.ContainsAny(value, "\r\n\x00") {
					t.Errorf("%s: %q", name, value)
				}
			}
		}
	})
}

// A gateway response whose only variables are the quoted message and the request id stays JSON,
// whatever the message is.
func FuzzMessageString(f *testing.F) {
	f.Add("Missing required request parameters: [\"a\\]")
	f.Add("\x00\xff<>")
	f.Fuzz(func(t *testing.T, message string) {
		if body := defaultBody(&failure{message: message}); !json.Valid(body) {
			t.Errorf("%q is no JSON", body)
		}
	})
}
