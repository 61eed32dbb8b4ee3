package console

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/control"
)

// fake is a source that remembers what it was asked.
type fake struct {
	mu    sync.Mutex
	query control.LogQuery
	queue string
}

func (f *fake) Status() control.Status {
	return control.Status{State: control.Ready, Tenants: []control.Tenant{{ID: "acme", State: control.Ready}}, Queues: []control.Queue{{Name: "dead", Visible: 1}}}
}

func (f *fake) DeadLetters(queue string, _ int) []Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = queue
	if queue != "dead" {
		return nil
	}
	return []Message{{ID: "1", Body: "<b>x</b>"}}
}

func (f *fake) SearchLogs(q control.LogQuery) []control.LogLine {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.query = q
	return nil
}

func get(c *Console, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", target, nil)
	r.Host = "localhost:4566"
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
			continue
		}
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w
}

func TestWhoMayAsk(t *testing.T) {
	c := New(Options{Source: &fake{}})
	for _, test := range []struct {
		name   string
		header []string
		want   int
	}{
		{"a program", nil, 200},
		{"its own page", []string{"Origin", "http://localhost:4566", "Sec-Fetch-Site", "same-origin"}, 200},
		{"the address bar", []string{"Sec-Fetch-Site", "none"}, 200},
		{"IPv4", []string{"Host", "127.0.0.1:4566"}, 200},
		{"IPv6", []string{"Host", "[::1]:4566"}, 200},
		{"no port", []string{"Host", "localhost"}, 200},
		{"upper case", []string{"Host", "LOCALHOST.:4566"}, 200},
		{"a name below", []string{"Host", "console.localhost:4566"}, 200},
		{"rebound name", []string{"Host", "evil.example:4566"}, 403},
		{"no host", []string{"Host", ""}, 403},
		{"name that ends alike", []string{"Host", "evillocalhost"}, 403},
		{"name that begins alike", []string{"Host", "localhost.evil.example"}, 403},
		{"other address", []string{"Host", "192.168.0.1:4566"}, 403},
		{"unspecified address", []string{"Host", "0.0.0.0:4566"}, 403},
		{"foreign origin", []string{"Origin", "http://evil.example"}, 403},
		{"a tenant's page", []string{"Origin", "http://acme.localhost:4566", "Sec-Fetch-Site", "cross-site"}, 403},
		{"opaque origin", []string{"Origin", "null"}, 403},
		{"other port", []string{"Origin", "http://localhost:3000"}, 403},
		{"https", []string{"Origin", "https://localhost:4566"}, 403},
		{"a foreign page's script", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "script"}, 403},
		{"a sibling's image", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}, 403},
		{"a frame", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, 403},
		{"a link", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 200},
	} {
		for _, path := range []string{"/", "/api/status"} {
			if got := get(c, path, test.header...).Code; got != test.want {
				t.Errorf("%s: %s is %d", test.name, path, got)
			}
		}
	}
}

func TestHeaders(t *testing.T) {
	c := New(Options{Source: &fake{}})
	for _, path := range []string{"/", "/app.js", "/style.css", "/api/status"} {
		w := get(c, path)
		if w.Code != 200 || w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Cross-Origin-Resource-Policy") != "same-origin" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
		csp := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: the policy is %q", path, csp)
		}
	}
	for _, path := range []string{"/nothing", "/../console.go", "/static/app.js"} {
		if w := get(c, path); w.Code == 200 {
			t.Errorf("%s is there", path)
		}
	}
	r := httptest.NewRequest("POST", "http://localhost:4566/api/status", nil)
	w := httptest.NewRecorder()
	if c.ServeHTTP(w, r); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST is %d", w.Code)
	}
}

// TestPage holds the page against its own policy and its script against the page.
func TestPage(t *testing.T) {
	read := func(name string) string {
		data, err := fs.ReadFile(static, "static/"+name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	html, js := read("index.html"), read("app.js")
	for _, bad := range []string{"style=", " onclick", " onload", "<style", "http://cdn", "https://"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page has %q, which its policy does not let work", bad)
		}
	}
	for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", ".style."} {
		if strings.Contains(js, bad) {
			t.Errorf("the script has %q", bad)
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(`\bid="([^"]+)"`).FindAllStringSubmatch(html, -1) {
		if ids[m[1]] {
			t.Errorf("the id %q is there twice", m[1])
		}
		ids[m[1]] = true
	}
	used := regexp.MustCompile(`\$\('([^']+)'\)`).FindAllStringSubmatch(js, -1)
	used = append(used, regexp.MustCompile(`(?:href="#|aria-labelledby=")([^"]+)"`).FindAllStringSubmatch(html, -1)...)
	for _, m := range used {
		if !ids[m[1]] {
			t.Errorf("no element has the id %q", m[1])
		}
	}
}

func TestAPI(t *testing.T) {
	source := &fake{}
	c := New(Options{Source: source})
	c.Request(Request{RequestID: "r1", Tenant: "acme", Status: 200, Millis: 1.5})
	c.Denial(Denial{Action: "dynamodb:GetItem", Statements: []Statement{{Sid: "Rows", Effect: "Allow", Failures: []string{"x"}}}})
	for path, want := range map[string]string{
		"/api/status":                  `"id":"acme"`,
		"/api/requests":                `"requestId":"r1"`,
		"/api/denials":                 `"sid":"Rows"`,
		"/api/streams":                 `[]`,
		"/api/queues":                  `[{"name":"dead"`,
		"/api/dead-letters?queue=dead": `[{"id":"1"`,
		"/api/dead-letters":            `[]`,
		"/api/logs":                    `[]`,
	} {
		w := get(c, path)
		if w.Header().Get("Content-Type") != "application/json" || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	for query, want := range map[string]control.LogQuery{
		"":                            {Limit: 300},
		"tenant=acme&text=a%20b":      {Tenant: "acme", Text: "a b", Limit: 300},
		"function=Kittens&limit=7":    {Function: "Kittens", Limit: 7},
		"limit=100000000":             {Limit: 5000},
		"limit=-1":                    {Limit: 300},
		"limit=99999999999999999999x": {Limit: 300},
	} {
		get(c, "/api/logs?"+query)
		if source.query != want {
			t.Errorf("%q asks for %+v", query, source.query)
		}
	}
}

func TestRing(t *testing.T) {
	r := newRing[int](3)
	if got := r.all(); got == nil || len(got) != 0 {
		t.Errorf("an empty ring has %v", got)
	}
	for i := range 5 {
		r.add(i)
	}
	for n, want := range map[uint64]string{0: "[2 3 4]", 2: "[2 3 4]", 4: "[4]", 5: "[]", 99: "[]"} {
		if got, now, _ := r.since(n); fmt.Sprint(got) != want || now != 5 {
			t.Errorf("since %d: %v of %d", n, got, now)
		}
	}
	_, _, changed := r.since(5)
	select {
	case <-changed:
		t.Error("nothing changed")
	default:
	}
	r.add(5)
	<-changed
}

// reader reads server-sent events.
type reader struct {
	t     *testing.T
	lines *bufio.Scanner
}

func (r *reader) next() (name, data string) {
	r.t.Helper()
	for r.lines.Scan() {
		line := r.lines.Text()
		if v, ok := strings.CutPrefix(line, "event: "); ok {
			name = v
		}
		if v, ok := strings.CutPrefix(line, "data: "); ok {
			data = v
		}
		if line == "" && name != "" {
			return name, data
		}
	}
	r.t.Fatalf("the events end: %v", r.lines.Err())
	return "", ""
}

// until reads events until one has the name and holds the text.
func (r *reader) until(name, text string) string {
	r.t.Helper()
	for {
		if n, data := r.next(); n == name && strings.Contains(data, text) {
			return data
		}
	}
}

func listen(t *testing.T, c *Console) *reader {
	t.Helper()
	server := httptest.NewServer(c)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(func() { cancel(); server.Close() })
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/api/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	if response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("the events are %q", response.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	return &reader{t, lines}
}

func TestEvents(t *testing.T) {
	c := New(Options{Source: &fake{}})
	c.Request(Request{RequestID: "before"})
	events := listen(t, c)
	events.until("requests", "before")
	events.until("status", "acme")
	c.Denial(Denial{Action: "es:ESHttpGet", Message: "line one\nevent: forged\ndata: x"})
	data := events.until("denials", "es:ESHttpGet")
	var list []Denial
	if err := json.Unmarshal([]byte(data), &list); err != nil || len(list) != 1 || !strings.Contains(list[0].Message, "\nevent: forged") {
		t.Errorf("a message of several lines arrives as %q", data)
	}
	for i := range 50 {
		c.Request(Request{RequestID: fmt.Sprintf("r%02d", i)})
	}
	batches := 0
	for seen := 0; seen < 50; batches++ {
		var batch []Request
		if err := json.Unmarshal([]byte(events.until("requests", "r")), &batch); err != nil {
			t.Fatal(err)
		}
		for _, r := range batch {
			if r.RequestID != fmt.Sprintf("r%02d", seen) {
				t.Fatalf("request %d is %s", seen, r.RequestID)
			}
			seen++
		}
	}
	if batches > 25 {
		t.Errorf("50 requests came in %d events", batches)
	}
}

// TestNobodyReads adds more than is remembered while a reader does not read.
func TestNobodyReads(t *testing.T) {
	c := New(Options{Source: &fake{}})
	listen(t, c)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 20 * ringSize {
				c.Denial(Denial{Message: strings.Repeat("x", 200)})
				c.Request(Request{})
			}
		})
	}
	wait.Wait()
	if n := len(c.denials.all()); n != ringSize {
		t.Errorf("%d denials are remembered", n)
	}
}

func BenchmarkRequest(b *testing.B) {
	c := New(Options{Source: &fake{}})
	b.ReportAllocs()
	for b.Loop() {
		c.Request(Request{Tenant: "acme", Status: 200})
	}
}
