package search

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tenantstack/tenantstack/internal/localcloud/engine/enginetest"
)

func TestNewRefuses(t *testing.T) {
	const endpoint = "https://search.example.com"
	tests := []struct{ endpoint, index string }{
		{endpoint, ""}, {endpoint, "_all"}, {endpoint, "*"}, {endpoint, "a,b"}, {endpoint, "a/b"}, {endpoint, ".."}, {endpoint, "-a"},
		{endpoint, "a%2fb"}, {endpoint, "<a-{now/d}>"}, {endpoint, "A"}, {endpoint, "a\n"}, {endpoint, "a?x"}, {endpoint, "a#1"}, {endpoint, strings.Repeat("a", 65)},
		{"", "a"}, {"search.example.com", "a"}, {"ftp://x", "a"}, {"https://x/path", "a"}, {"https://x?q", "a"}, {"https://x#f", "a"}, {"https://u:p@x", "a"}, {"://", "a"},
	}
	for _, tt := range tests {
		if _, err := New(enginetest.Config(), tt.endpoint, tt.index); err == nil {
			t.Errorf("New(%q, %q) succeeds", tt.endpoint, tt.index)
		}
	}
	if _, err := New(aws.Config{}, endpoint, "a"); err == nil {
		t.Error("New takes a configuration without credentials")
	}
	for _, e := range []string{endpoint, endpoint + "/", "http://127.0.0.1:9200"} {
		if _, err := New(enginetest.Config(), e, "12345"); err != nil {
			t.Error(err)
		}
	}
}

// served makes a client of a server that answers as the handler does.
func served(t *testing.T, handler http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	cfg := enginetest.Config()
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret", SessionToken: "session"}, nil
	})
	c, err := New(cfg, server.URL, "12345")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRequestsAreSigned(t *testing.T) {
	var requests atomic.Int64
	c := served(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if got := r.Header.Get("Authorization"); !strings.HasPrefix(got, "AWS4-HMAC-SHA256 Credential=AKID/") ||
			!strings.Contains(got, "/eu-central-1/es/aws4_request") ||
			!strings.Contains(got, "host;x-amz-content-sha256;x-amz-date;x-amz-security-token") {
			t.Errorf("Authorization = %q", got)
		}
		if r.Header.Get("X-Amz-Security-Token") != "session" || r.Header.Get("X-Amz-Date") == "" {
			t.Errorf("headers = %v", r.Header)
		}
		if _, ok := r.Header["X-Idempotency-Key"]; ok {
			t.Error("X-Idempotency-Key is sent")
		}
		if !strings.HasPrefix(r.URL.Path, "/12345") {
			t.Errorf("path = %q", r.URL.Path)
		}
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "_index") {
			t.Errorf("a body names an index: %s", body)
		}
		io.WriteString(w, `{"items":[{"index":{"status":201}}],"_shards":{"total":1}}`)
	})
	ctx := context.Background()
	_, err1 := c.Search(ctx, Query{Table: "t", Text: "x"})
	_, err2 := c.Bulk(ctx, []Action{kitten(t, "k", 1, nil)})
	_, err3 := c.Count(ctx, "t")
	err4 := c.Settle(ctx, "t", []string{"k"}, func(context.Context, []string, []Stored) (map[string]Row, error) { return nil, nil })
	_, _, err5 := c.Walk(ctx, "t", "", 5)
	_, err6 := c.Sample(ctx, "t", 5)
	if err := errors.Join(err1, err2, err3, err4, err5, err6, c.EnsureIndex(ctx), c.Refresh(ctx)); err != nil {
		t.Error(err)
	}
	if requests.Load() < 10 {
		t.Errorf("%d requests", requests.Load())
	}
}

func TestErrors(t *testing.T) {
	respond := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://elsewhere.example.com/")
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	tests := []struct {
		name        string
		handler     http.HandlerFunc
		unavailable bool
		text        string
	}{
		{"429", respond(429, `{"error":{"type":"rejected_execution_exception","reason":"luna"}}`), true, "searching index 12345: status 429: rejected_execution_exception"},
		{"500", respond(500, ``), true, "status 500"},
		{"503 of a proxy", respond(503, `<html>`), true, "status 503"},
		{"504", respond(504, `{"message":"luna"}`), true, "status 504"},
		{"full disk", respond(403, `{"error":{"type":"cluster_block_exception"}}`), true, "status 403: cluster_block_exception"},
		{"denied", respond(403, `{"Message":"User: luna is not authorized"}`), false, "status 403"},
		{"malformed query", respond(400, `{"error":{"type":"parsing_exception","reason":"luna"},"status":400}`), false, "status 400: parsing_exception"},
		{"error is a string", respond(400, `{"error":"luna","status":400}`), false, "status 400"},
		{"redirect", respond(302, ``), false, "status 302"},
		{"no json", respond(200, `luna`), true, "decoding the response"},
		{"query timed out", respond(200, `{"timed_out":true}`), true, "timed out"},
		{"no answer", func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}, true, "deadline exceeded"},
		{"broken connection", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			conn.Close()
		}, true, "searching index 12345"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
			defer cancel()
			_, err := served(t, tt.handler).Search(ctx, Query{Table: "t", Text: "luna"})
			if err == nil || errors.Is(err, ErrUnavailable) != tt.unavailable || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error = %v (unavailable: %v), want %q (unavailable: %v)", err, errors.Is(err, ErrUnavailable), tt.text, tt.unavailable)
			}
			if err != nil && strings.Contains(err.Error(), "luna") {
				t.Errorf("the error %q quotes the query or a document", err)
			}
		})
	}
}

func TestRefusedConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	c, err := New(enginetest.Config(), "http://"+l.Addr().String(), "12345")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := c.Search(ctx, Query{Table: "t", Text: "x"}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("error = %v, want ErrUnavailable", err)
	}
	outcomes, err := c.Bulk(ctx, []Action{kitten(t, "k", 1, nil)})
	if !errors.Is(err, ErrUnavailable) || len(outcomes) != 1 || outcomes[0].Result != Retry {
		t.Errorf("Bulk = %v, %v", outcomes, err)
	}
	cancel()
	if _, err := c.Search(ctx, Query{Table: "t", Text: "x"}); errors.Is(err, ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("error of a cancelled query = %v", err)
	}
}

// A function that was paused finds its connections closed by the other side.
func TestDeadConnectionIsReplaced(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"count":1}`)
	}))
	server.Start()
	t.Cleanup(server.Close)
	c, err := New(enginetest.Config(), server.URL, "12345")
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if _, err := c.Count(context.Background(), "t"); err != nil {
			t.Fatal(err)
		}
		server.CloseClientConnections()
	}
}

func TestClassify(t *testing.T) {
	tests := []struct {
		op     string
		status int
		kind   string
		want   Result
	}{
		{"index", 201, "", Done}, {"index", 200, "", Done}, {"delete", 200, "", Done}, {"delete", 404, "", Done},
		{"index", 409, "version_conflict_engine_exception", Stale}, {"delete", 409, "version_conflict_engine_exception", Stale},
		{"index", 429, "rejected_execution_exception", Retry}, {"index", 503, "unavailable_shards_exception", Retry},
		{"index", 403, "cluster_block_exception", Retry}, {"delete", 404, "index_not_found_exception", Retry},
		{"index", 400, "mapper_parsing_exception", Poison}, {"index", 400, "illegal_argument_exception", Poison},
	}
	for _, tt := range tests {
		if got := classify(tt.op, tt.status, tt.kind); got.Result != tt.want {
			t.Errorf("classify(%s, %d, %s) = %v, want %v", tt.op, tt.status, tt.kind, got.Result, tt.want)
		}
	}
}
