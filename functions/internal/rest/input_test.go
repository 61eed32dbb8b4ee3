package rest_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
	"github.com/tenantstack/tenantstack/functions/internal/rest/resttest"
)

// seen is what the operation "input" read.
type seen struct {
	Thing, Name, Kind, Day, Cursor string
	Given                          bool
	Limit                          int
	Size, Version                  int64
}

var lastSeen seen

var _ = rest.Handle("input", func(*rest.Deps) rest.Handler {
	letters := regexp.MustCompile(`^[a-z/]+$`)
	return func(_ context.Context, r *rest.Request) (*rest.Response, error) {
		in := r.Input()
		var s seen
		s.Thing = in.Path("thingId", rest.Pattern(letters, "small letters"))
		s.Limit = in.QueryInt("limit", 1, 100, 25)
		s.Cursor, s.Given = in.Query("cursor", rest.Length(1, 4))
		s.Version = in.IfMatch()
		body := in.Body()
		s.Name = body.String("name", rest.Length(1, 5))
		s.Kind = body.OptionalString("kind", rest.OneOf("a", "b"))
		s.Day = body.OptionalString("day", rest.Date)
		if strings.Contains(s.Name, "!") {
			s.Size = body.Int("size", 1, 10)
		}
		if err := in.Err(); err != nil {
			return nil, err
		}
		lastSeen = s
		return rest.Empty(http.StatusNoContent), nil
	}
})

func input(t *testing.T, change func(resttest.Event)) resttest.Result {
	t.Helper()
	e := resttest.Load(t, "testdata/request.json")
	change(e)
	return resttest.Invoke(t, resttest.New(t, "12345").Start(t, "input"), e)
}

func TestInput(t *testing.T) {
	want := seen{Thing: "a/b", Name: "Minka", Limit: 5, Version: 3}
	with := func(change func(*seen)) seen { s := want; change(&s); return s }
	body := func(text string) func(resttest.Event) { return func(e resttest.Event) { e["body"] = text } }
	for name, test := range map[string]struct {
		change func(resttest.Event)
		want   seen
	}{
		"as sent":     {func(resttest.Event) {}, want},
		"no query":    {func(e resttest.Event) { e["queryStringParameters"], e["multiValueQueryStringParameters"] = nil, nil }, with(func(s *seen) { s.Limit = 25 })},
		"single only": {func(e resttest.Event) { e["multiValueQueryStringParameters"], e["multiValueHeaders"] = nil, nil }, want},
		"more query":  {func(e resttest.Event) { e.Query("cursor", "äöüß").Query("unknown", "1", "2") }, with(func(s *seen) { s.Cursor, s.Given = "äöüß", true })},
		"base64": {func(e resttest.Event) {
			e["body"], e["isBase64Encoded"] = base64.StdEncoding.EncodeToString([]byte(`{"name":"x"}`)), true
		}, with(func(s *seen) { s.Name = "x" })},
		"media type": {func(e resttest.Event) { e.Header("Content-Type", "Application/JSON; charset=UTF-8") }, want},
		"header in capital": {func(e resttest.Event) {
			e["multiValueHeaders"] = map[string][]string{"CONTENT-TYPE": {"application/json"}}
		}, want},
		"all members": {body(`{"name":"!","kind":"b","day":"2024-02-29","size":1e1}`), with(func(s *seen) { s.Name, s.Kind, s.Day, s.Size = "!", "b", "2024-02-29", 10 })},
		"escapes":     {body(`{"na\u006de":"\u00e4\ud83d\udc31\u0000"}`), with(func(s *seen) { s.Name = "ä🐱\x00" })},
		"code points": {body(`{"name":"🐱🐱🐱🐱🐱"}`), with(func(s *seen) { s.Name = "🐱🐱🐱🐱🐱" })},
	} {
		t.Run(name, func(t *testing.T) {
			input(t, test.change).Want(t, http.StatusNoContent)
			if diff := cmp.Diff(test.want, lastSeen); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBodyFaults(t *testing.T) {
	deep := strings.Repeat(`[`, 20) + strings.Repeat(`]`, 20)
	for body, want := range map[string][]rest.Violation{
		``:                                    {{Pointer: "", Detail: "is not one JSON value"}},
		`{`:                                   {{Pointer: "", Detail: "is not one JSON value"}},
		`{"name":"x"} {}`:                     {{Pointer: "", Detail: "is not one JSON value"}},
		`{"name":"x",}`:                       {{Pointer: "", Detail: "is not one JSON value"}},
		"\ufeff{\"name\":\"x\"}":              {{Pointer: "", Detail: "is not one JSON value"}},
		`{"name":NaN}`:                        {{Pointer: "", Detail: "is not one JSON value"}},
		`null`:                                {{Pointer: "", Detail: "must be an object"}},
		`[{"name":"x"}]`:                      {{Pointer: "", Detail: "must be an object"}},
		`{}`:                                  {{Pointer: "/name", Detail: "is required"}},
		`{"NAME":"x"}`:                        {{Pointer: "/name", Detail: "is required"}, {Pointer: "/NAME", Detail: "is not known"}},
		`{"name":"x","name":"y"}`:             {{Pointer: "/name", Detail: "is given more than once"}},
		`{"name":"x","n\u0061me":"y"}`:        {{Pointer: "/name", Detail: "is given more than once"}},
		`{"name":"x","z":{"~/":1,"~\/":2}}`:   {{Pointer: "/z/~0~1", Detail: "is given more than once"}},
		`{"name":"x","a/b":1,"__proto__":{}}`: {{Pointer: "/__proto__", Detail: "is not known"}, {Pointer: "/a~1b", Detail: "is not known"}},
		`{"name":null}`:                       {{Pointer: "/name", Detail: "must be a string"}},
		`{"name":["x"],"kind":1}`:             {{Pointer: "/name", Detail: "must be a string"}, {Pointer: "/kind", Detail: "must be a string"}},
		`{"name":"","kind":"","day":"today"}`: {{Pointer: "/name", Detail: "must have 1 to 5 characters"},
			{Pointer: "/kind", Detail: "must be one of a, b"}, {Pointer: "/day", Detail: "must be a date such as 2024-02-29"}},
		`{"name":"x","day":"2023-02-29"}`:         {{Pointer: "/day", Detail: "must be a date such as 2024-02-29"}},
		`{"name":"x","day":"2023-2-9"}`:           {{Pointer: "/day", Detail: "must be a date such as 2024-02-29"}},
		`{"name":"!"}`:                            {{Pointer: "/size", Detail: "is required"}},
		`{"name":"!","size":0}`:                   {{Pointer: "/size", Detail: "must be an integer from 1 to 10"}},
		`{"name":"!","size":1.5}`:                 {{Pointer: "/size", Detail: "must be an integer from 1 to 10"}},
		`{"name":"!","size":"1"}`:                 {{Pointer: "/size", Detail: "must be an integer from 1 to 10"}},
		`{"name":"!","size":1e999999999}`:         {{Pointer: "/size", Detail: "must be an integer from 1 to 10"}},
		`{"name":"!","size":9223372036854775808}`: {{Pointer: "/size", Detail: "must be an integer from 1 to 10"}},
		`{"name":"x","deep":` + deep + `}`:        {{Pointer: "/deep" + strings.Repeat("/0", 15), Detail: "is nested deeper than 16 levels"}},
	} {
		p := input(t, func(e resttest.Event) { e["body"] = body }).Problem(t, http.StatusBadRequest)
		if diff := cmp.Diff(want, p.Errors); diff != "" || p.Detail != "The body does not fit the contract." {
			t.Errorf("body %.60s: detail %q, faults (-want +got):\n%s", body, p.Detail, diff)
		}
	}
	raw := base64.StdEncoding.EncodeToString([]byte("{\"name\":\"\xff\"}"))
	p := input(t, func(e resttest.Event) { e["body"], e["isBase64Encoded"] = raw, true }).Problem(t, http.StatusBadRequest)
	if len(p.Errors) != 1 || p.Errors[0].Detail != "is not UTF-8" {
		t.Errorf("bytes that are not UTF-8: %+v", p)
	}
}

func TestParameterFaults(t *testing.T) {
	const limit = "The query parameter limit must be an integer from 1 to 100."
	const match = `The header If-Match must be one entity tag such as "3".`
	for name, test := range map[string]struct {
		change func(resttest.Event)
		detail string
	}{
		"zero":          {func(e resttest.Event) { e.Query("limit", "0") }, limit},
		"sign":          {func(e resttest.Event) { e.Query("limit", "+5") }, limit},
		"hexadecimal":   {func(e resttest.Event) { e.Query("limit", "0x5") }, limit},
		"huge":          {func(e resttest.Event) { e.Query("limit", strings.Repeat("9", 400)) }, limit},
		"empty":         {func(e resttest.Event) { e.Query("limit", "") }, limit},
		"space":         {func(e resttest.Event) { e.Query("limit", " 5") }, limit},
		"twice":         {func(e resttest.Event) { e.Query("limit", "1", "1") }, "The query parameter limit is given more than once."},
		"long":          {func(e resttest.Event) { e.Query("cursor", "12345") }, "The query parameter cursor must have 1 to 4 characters."},
		"path":          {func(e resttest.Event) { e.Path("thingId", "..%2F..%2FA") }, "The path parameter thingId must be small letters."},
		"path escape":   {func(e resttest.Event) { e.Path("thingId", "%zz") }, "The path parameter thingId must be small letters."},
		"no path":       {func(e resttest.Event) { e["pathParameters"] = nil }, "The path parameter thingId must be small letters."},
		"any":           {func(e resttest.Event) { e.Header("If-Match", "*") }, match},
		"weak":          {func(e resttest.Event) { e.Header("If-Match", `W/"3"`) }, match},
		"two tags":      {func(e resttest.Event) { e.Header("If-Match", `"3"`, `"4"`) }, match},
		"version 0":     {func(e resttest.Event) { e.Header("If-Match", `"0"`) }, match},
		"huge version":  {func(e resttest.Event) { e.Header("If-Match", `"9999999999999999999"`) }, match},
		"several":       {func(e resttest.Event) { e.Query("limit", "0").Header("If-Match", "x") }, limit + " " + match},
		"with the body": {func(e resttest.Event) { e.Query("limit", "0"); e["body"] = "{}" }, limit + " The body does not fit the contract."},
	} {
		t.Run(name, func(t *testing.T) {
			if p := input(t, test.change).Problem(t, http.StatusBadRequest); p.Detail != test.detail {
				t.Errorf("detail %q, want %q", p.Detail, test.detail)
			}
		})
	}
}

func TestBodiesThatAreNotRead(t *testing.T) {
	for name, test := range map[string]struct {
		change func(resttest.Event)
		status int
	}{
		"no type":       {func(e resttest.Event) { e["headers"], e["multiValueHeaders"] = nil, nil }, 400},
		"form":          {func(e resttest.Event) { e.Header("Content-Type", "application/x-www-form-urlencoded") }, 400},
		"other charset": {func(e resttest.Event) { e.Header("Content-Type", "application/json; charset=utf-16") }, 400},
		"two types":     {func(e resttest.Event) { e.Header("Content-Type", "application/json", "text/plain") }, 400},
		"bad base64":    {func(e resttest.Event) { e["isBase64Encoded"] = true }, 400},
		"too large":     {func(e resttest.Event) { e["body"] = `{"name":"` + strings.Repeat("x", rest.MaxBody) + `"}` }, 413},
	} {
		t.Run(name, func(t *testing.T) {
			p := input(t, test.change).Problem(t, test.status)
			if len(p.Errors) != 0 || p.Detail == "" {
				t.Errorf("problem %+v, want a detail and no faults of members", p)
			}
		})
	}
}

func TestURI(t *testing.T) {
	for path, want := range map[string]string{
		"/api/things":         "/api/things/x%2Fy",
		"/api/12345/things/":  "/api/12345/things/x%2Fy",
		"//evil.example/":     "/evil.example/x%2Fy",
		"/api/../../things":   "/things/x%2Fy",
		"":                    "/things/a%2Fb/x%2Fy",
		"/test/a%2Fb/things/": "/test/a%2Fb/things/x%2Fy",
	} {
		var got string
		probe(t, resttest.New(t, "12345"), func(e resttest.Event) { e.Context("path", path) },
			func(_ context.Context, r *rest.Request) (*rest.Response, error) {
				got = r.URI("x/y")
				return rest.Empty(http.StatusNoContent), nil
			})
		if got != want {
			t.Errorf("path %q: %q, want %q", path, got, want)
		}
	}
}

func TestNotModified(t *testing.T) {
	for header, want := range map[string]bool{
		`"3"`: true, `W/"3"`: true, `*`: true, `"1", W/"3"`: true, `"1","2"`: false, `3`: false, ``: false, `"33"`: false,
	} {
		var got bool
		probe(t, resttest.New(t, "12345"), func(e resttest.Event) { e.Header("If-None-Match", header) },
			func(_ context.Context, r *rest.Request) (*rest.Response, error) {
				got = r.NotModified(3)
				return rest.Empty(http.StatusNotModified), nil
			})
		if got != want {
			t.Errorf("If-None-Match: %s: %t, want %t", header, got, want)
		}
	}
}
