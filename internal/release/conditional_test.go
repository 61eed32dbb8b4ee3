package release

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/plan"
)

// releaser connects to an S3 over HTTP, without waiting between attempts.
func (f *fakeS3) releaser() *Releaser {
	clients := NewClients(Retrying(endpointConfig(f.URL)))
	return New(Options{
		Connect: func(context.Context, plan.Environment) (Clients, error) { return clients, nil },
		Sleep:   func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
}

// page is the body of the page that is in place.
func (f *fakeS3) page() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return string(f.objects["acme-web/"+indexKey].body)
}

// What each S3 makes of conditional writes: releases go through where they are honoured, however a refusal is worded, and
// elsewhere the error says what is the matter, puts no page, and never tells of other releases.
func TestConditionalWrites(t *testing.T) {
	unmet := func(status int, code string) func(*http.Request, bool) (int, string) {
		return func(_ *http.Request, holds bool) (int, string) {
			if holds {
				return 0, ""
			}
			return status, code
		}
	}
	always := func(status int, code string) func(*http.Request, bool) (int, string) {
		return func(*http.Request, bool) (int, string) { return status, code }
	}
	// ifMatch answers differently for this one condition.
	ifMatch := func(status int, code string) func(*http.Request, bool) (int, string) {
		return func(r *http.Request, holds bool) (int, string) {
			if r.Header.Get("If-Match") != "" {
				return status, code
			}
			return amazon(r, holds)
		}
	}
	const not = "does not honour conditional writes: "
	for _, c := range []struct {
		name       string
		conditions func(*http.Request, bool) (int, string)
		change     func(*fakeS3)
		want       string // the error; empty if releases go through
	}{
		{"Amazon S3", amazon, nil, ""},
		{"409 instead of 412", unmet(409, "ConditionalRequestConflict"), nil, ""},
		{"304 instead of 412", unmet(304, ""), nil, ""},
		{"404 instead of 412", unmet(404, "NoSuchKey"), nil, ""},
		{"412 without a body", unmet(412, ""), nil, ""},
		{"another code", unmet(412, "ConditionNotMet"), nil, ""},
		{"no sums", amazon, func(f *fakeS3) { f.keepsSums = false }, ""},
		{"bare ETags, no sums", amazon, func(f *fakeS3) { f.keepsSums, f.etag = false, func(sum string) string { return sum } }, ""},
		{"weak ETags", amazon, func(f *fakeS3) { f.etag = func(sum string) string { return `W/"` + sum + `"` } }, ""},
		{"conflicts without end", always(409, "ConditionalRequestConflict"), nil, "ConditionalRequestConflict"},
		{"not implemented", always(501, "NotImplemented"), nil, not + `PutObject with "If-None-Match: *" was answered 501 Not Implemented`},
		{"always unmet", always(412, "PreconditionFailed"), nil, not + `PutObject with "If-None-Match: *" was answered 412 Precondition Failed although the condition holds`},
		{"always not modified", always(304, ""), nil, "was answered 304 Not Modified although the condition holds"},
		{"ignored", always(0, ""), nil, not + `PutObject with "If-None-Match: *" of an object that is there was answered 200 OK`},
		{"If-Match ignored", ifMatch(0, ""), nil, not + `PutObject with "If-Match: 00000000000000000000000000000000" of an object that has another ETag was answered 200 OK`},
		{"If-Match not implemented", ifMatch(501, "NotImplemented"), nil, `00" was answered 501 Not Implemented`},
		{"no ETags", amazon, func(f *fakeS3) { f.etag = func(string) string { return "" } }, not + "HeadObject gives no ETag"},
		{"forbidden", ifMatch(403, "AccessDenied"), nil, "AccessDenied"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := startFakeS3(t, c.change)
			f.conditions = c.conditions
			for n, action := range []Action{Released, Released, UpToDate} {
				before := f.page()
				r := f.releaser().Release(t.Context(), version(t, min(n+1, 2)), []Site{site("acme")})[0]
				if c.want == "" {
					if r.Err != nil || r.Action != action {
						t.Fatalf("release %d: %+v", n+1, r)
					}
					continue
				}
				if r.Err == nil || !strings.Contains(r.Err.Error(), c.want) {
					t.Fatalf("release %d: error %v, want %s", n+1, r.Err, c.want)
				}
				if errors.Is(r.Err, errOvertaken) || errors.Is(r.Err, errVanished) {
					t.Errorf("it tells of other releases: %v", r.Err)
				}
				if f.page() != before {
					t.Error("a page was put")
				}
			}
		})
	}
}

// An S3 that refuses every If-Match lets the first release through, and is found out by the second.
func TestIfMatchAlwaysRefused(t *testing.T) {
	f := startFakeS3(t, func(f *fakeS3) {
		f.conditions = func(r *http.Request, holds bool) (int, string) {
			return amazon(r, holds && r.Header.Get("If-Match") == "")
		}
	})
	for n, want := range []string{"", `although the condition holds`} {
		r := f.releaser().Release(t.Context(), version(t, n+1), []Site{site("acme")})[0]
		if want == "" && r.Err != nil || want != "" && (r.Err == nil || !strings.Contains(r.Err.Error(), want)) {
			t.Errorf("release %d: %v, want %q", n+1, r.Err, want)
		}
	}
}

// A 409 is sent again while the page is the one that was read.
func TestConflictsEnd(t *testing.T) {
	n := 0
	f := startFakeS3(t, func(f *fakeS3) {
		f.conditions = func(r *http.Request, holds bool) (int, string) {
			if n++; holds && n%3 != 0 {
				return 409, "ConditionalRequestConflict"
			}
			return amazon(r, holds)
		}
	})
	for v := 1; v <= 3; v++ {
		if r := f.releaser().Release(t.Context(), version(t, v), []Site{site("acme")})[0]; r.Err != nil || r.Action != Released {
			t.Errorf("release %d: %+v", v, r)
		}
	}
}

// Where another release really was faster, the release comes on top of it; where that goes on, it says so.
func TestReallyOvertaken(t *testing.T) {
	for _, c := range []struct {
		times  int
		action Action
	}{{1, Released}, {1000, Failed}} {
		f := startFakeS3(t, nil)
		if r := f.releaser().Release(t.Context(), version(t, 1), []Site{site("acme")})[0]; r.Err != nil {
			t.Fatal(r.Err)
		}
		left := c.times
		f.before = func(r *http.Request) {
			if r.Method != http.MethodPut || r.Header.Get("If-Match") == "" || !strings.HasSuffix(r.URL.Path, "/"+indexKey) || left == 0 {
				return
			}
			left--
			f.mu.Lock()
			defer f.mu.Unlock()
			o := f.objects["acme-web/"+indexKey]
			o.body = fmt.Appendf(nil, "somebody's page %d", left)
			f.objects["acme-web/"+indexKey] = o
		}
		r := f.releaser().Release(t.Context(), version(t, 2), []Site{site("acme")})[0]
		if r.Action != c.action || (c.action == Failed) != errors.Is(r.Err, errOvertaken) {
			t.Errorf("overtaken %d times: %+v", c.times, r)
		}
	}
}

// Conditions are tried once for all tenants of a client, and not at the endpoint of AWS, which documents them.
func TestConditionsAreTriedOnce(t *testing.T) {
	f := startFakeS3(t, nil)
	for _, r := range f.releaser().Release(t.Context(), version(t, 1), []Site{site("a"), site("b"), site("c")}) {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	// Of each tenant: mark, manifest, three assets, config.json and the page; and the two that are refused.
	if n := f.count("PUT "); n != 3*7+2 {
		t.Errorf("%d writes", n)
	}
}
