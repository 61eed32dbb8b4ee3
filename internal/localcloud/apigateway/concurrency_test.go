package apigateway

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/tenantstack/tenantstack/iam"
)

func newRequest(method, path, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.7:4711"
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func newRecorder() *httptest.ResponseRecorder { return httptest.NewRecorder() }

func trustAPIGateway(t testing.TB) iam.Document {
	return parsePolicy(t, iam.Trust, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
}

func invokeEverything(t testing.TB) []iam.Document {
	return []iam.Document{parsePolicy(t, iam.Identity, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"*"}]}`)}
}

// Requests, deployments and reports at the same time, over a network.
func TestConcurrency(t *testing.T) {
	h := newHarness(t)
	h.fn.handlers[authorizeFn] = answerWith(allow(everyMethod))
	h.deploy(securedAPI(requestAuthorizer, ""), nil, nil)
	server := serverOf(t, h)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 30 {
				r, err := http.NewRequest("GET", fmt.Sprintf("%s/test/cats/%d-%d", server, i, j), nil)
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Authorization", fmt.Sprint(j%5))
				response, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, response.Body)
				response.Body.Close()
				if response.StatusCode != 200 {
					t.Errorf("status %d", response.StatusCode)
				}
			}
		})
	}
	group.Go(func() {
		for i := range 20 {
			if err := h.putAPI(securedAPI(requestAuthorizer, fmt.Sprintf(`"x-n":%d`, i)), nil); err != nil {
				t.Error(err)
			}
			if err := h.putStage(fmt.Sprint("dep", i), nil); err != nil {
				t.Error(err)
			}
		}
	})
	group.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.records) != 240 {
		t.Errorf("%d requests were reported", len(h.records))
	}
}

// BenchmarkProxy is what the gateway adds to an invocation when the authorizer's answer is cached.
func BenchmarkProxy(b *testing.B) {
	h := newHarness(b)
	h.fn.handlers[authorizeFn] = answerWith(allow(everyMethod))
	h.deploy(securedAPI(requestAuthorizer, ""), nil, nil)
	h.s.o.Functions = quiet{h.fn}
	h.s.o.OnRequest = func(Record) {}
	handler, _ := h.s.Handler(testAPI)
	r := newRequest("GET", "/test/cats/7?q=1", "", "Authorization", "Bearer "+strings.Repeat("x", 700), "Accept", "*/*", "User-Agent", "bench", "Accept-Encoding", "gzip", "Origin", "https://example.com", "Content-Type", "application/json")
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatal(w.Code, w.Body)
		}
	}
}

// quiet keeps no calls.
type quiet struct{ *functions }

func (q quiet) Invoke(ctx context.Context, in Input) (Output, error) {
	return q.handlers[in.FunctionARN](ctx, in.Payload)
}
