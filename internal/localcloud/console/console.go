// Package console is the page at which people watch the local cloud: tenants, live requests,
// every denial of the IAM gate with the statement that decided, streams, dead letters and logs.
package console

import (
	"embed"
	"encoding/json"
	"io/fs"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/control"
)

//go:embed static
var static embed.FS

// Source is what the console shows beside the events that it is told of.
type Source interface {
	// Status of the local cloud.
	Status() control.Status
	// DeadLetters are some messages of a queue, by its name, without receiving them.
	DeadLetters(queue string, limit int) []Message
	// SearchLogs finds the latest lines.
	SearchLogs(q control.LogQuery) []control.LogLine
}

// Message of a queue.
type Message struct {
	ID   string    `json:"id"`
	Sent time.Time `json:"sent"`
	Body string    `json:"body"`
}

// Request is a request to an API.
type Request struct {
	Time      time.Time `json:"time"`
	RequestID string    `json:"requestId"`
	Tenant    string    `json:"tenant"`
	Operation string    `json:"operation"`
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	Status    int       `json:"status"`
	// Millis until the answer.
	Millis float64 `json:"ms"`
	// Cold says that a process was started for it.
	Cold bool `json:"cold"`
	// Error is the type of the gateway's own answer, such as THROTTLED.
	Error string `json:"error,omitempty"`
}

// Denial is a decision of the IAM gate against a request.
type Denial struct {
	Time      time.Time `json:"time"`
	Principal string    `json:"principal"`
	Action    string    `json:"action"`
	Resource  string    `json:"resource"`
	Message   string    `json:"message"`
	// Statements say what each statement about the action did not match, or which one denied.
	Statements []Statement `json:"statements"`
}

// Statement of a policy that was considered.
type Statement struct {
	// Policy is its kind, Sid and Effect are its own.
	Policy string `json:"policy"`
	Sid    string `json:"sid"`
	Effect string `json:"effect"`
	// Matched says that it decided.
	Matched bool `json:"matched"`
	// Failures say why it did not match.
	Failures []string `json:"failures"`
}

// deadLetters is how many messages of a queue are shown.
const deadLetters = 20

// ringSize is how many requests, and how many denials, are remembered.
const ringSize = 500

// Console serves the page and what it needs.
type Console struct {
	source   Source
	requests *ring[Request]
	denials  *ring[Denial]
	handler  http.Handler
}

// Options of a console.
type Options struct {
	// Source answers what is not an event.
	Source Source
}

// New makes a console.
func New(o Options) *Console {
	c := &Console{source: o.Source, requests: newRing[Request](ringSize), denials: newRing[Denial](ringSize)}
	files, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // the folder is embedded
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /api/status", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, c.source.Status()) })
	mux.HandleFunc("GET /api/streams", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, orEmpty(c.source.Status().Streams)) })
	mux.HandleFunc("GET /api/queues", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, orEmpty(c.source.Status().Queues)) })
	mux.HandleFunc("GET /api/requests", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, c.requests.all()) })
	mux.HandleFunc("GET /api/denials", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, c.denials.all()) })
	mux.HandleFunc("GET /api/dead-letters", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, orEmpty(c.source.DeadLetters(r.FormValue("queue"), deadLetters)))
	})
	mux.HandleFunc("GET /api/logs", c.logs)
	mux.HandleFunc("GET /api/events", c.events)
	c.handler = mux
	return c
}

// Request tells of a request. It never blocks.
func (c *Console) Request(r Request) { c.requests.add(r) }

// Denial tells of a denial. It never blocks.
func (c *Console) Denial(d Denial) { c.denials.add(d) }

// policy lets the page load nothing from elsewhere and run nothing inline.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// ServeHTTP implements http.Handler. It answers this machine alone: a name that an attacker lets
// point to 127.0.0.1 is refused (DNS rebinding), and so are requests that pages of other origins make,
// those of tenants among them. A link to the page may be followed from anywhere.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !local(r.Host) || !sameOrigin(r) {
		http.Error(w, "the console is for this machine and for its own page", http.StatusForbidden)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
	c.handler.ServeHTTP(w, r)
}

// sameOrigin says whether no page of another origin is behind a request, as Origin and fetch metadata tell
// (Fetch Metadata Request Headers, section 2). Programs send neither.
func sameOrigin(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" && !strings.EqualFold(origin, "http://"+r.Host) {
		return false
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return true
	}
	return r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// local recognizes names and addresses of this machine (RFC 6761 section 6.3).
func local(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if ip := net.ParseIP(strings.Trim(host, "[]")); ip != nil {
		return ip.IsLoopback()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// orEmpty writes [] and not null.
func orEmpty[T any](values []T) []T {
	if values == nil {
		return []T{}
	}
	return values
}

func (c *Console) logs(w http.ResponseWriter, r *http.Request) {
	q := control.LogQuery{Tenant: r.FormValue("tenant"), Function: r.FormValue("function"), Text: r.FormValue("text"), Limit: 300}
	if n, err := strconv.Atoi(r.FormValue("limit")); err == nil && n > 0 {
		q.Limit = min(n, 5000)
	}
	writeJSON(w, orEmpty(c.source.SearchLogs(q)))
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}
