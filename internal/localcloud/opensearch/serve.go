package opensearch

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// ServeHTTP authenticates, decides, rewrites and forwards a request, in this order.
func (d *domain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := gate.NewRequestID()
	out, problem := d.admit(w, r)
	if problem == nil {
		problem = d.forward(w, r, out)
	}
	if problem != nil {
		problem.WriteREST(w, id)
	}
}

func (d *domain) admit(w http.ResponseWriter, r *http.Request) (*outgoing, *gate.Error) {
	current := d.settings.Load()
	if current == nil {
		return nil, unavailable
	}
	t, problem := parseTarget(r.RequestURI)
	if problem != nil {
		return nil, problem
	}
	if actions[r.Method] == "" {
		return nil, notThisMethod(r.Method, t)
	}
	body, hash, problem := gate.ReadBody(w, r)
	if problem != nil {
		return nil, problem
	}
	caller, problem := d.authenticate(r, hash)
	if problem != nil {
		return nil, problem
	}
	found, known := find(r.Method, t.segments)
	accesses, problem := d.accesses(r.Method, t, found, current.policies)
	if problem != nil {
		return nil, problem
	}
	if problem := d.service.gate.Authorize(caller, gate.OriginOf(r, d.region), accesses...); problem != nil {
		return nil, problem
	}
	switch {
	case found != nil:
		return d.prepare(r, t, found, body)
	case known:
		return nil, notThisMethod(r.Method, t)
	}
	return nil, &gate.Error{Status: http.StatusUnauthorized, Code: "UnsupportedOperation", Message: "Your request: '" + t.path() + "' is not allowed."}
}

// unavailable is the answer while there is no domain or the node does not run.
var unavailable = &gate.Error{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Message: "Service Unavailable"}

func notThisMethod(method string, t target) *gate.Error {
	return &gate.Error{Status: http.StatusMethodNotAllowed, Code: "MethodNotAllowed", Message: "Incorrect HTTP method for uri [" + t.path() + "] and method [" + method + "]"}
}

// maxBuffered is the size of an answer in bytes up to which it is sent as one piece with its length.
const maxBuffered = 1 << 20

func (d *domain) forward(w http.ResponseWriter, r *http.Request, out *outgoing) *gate.Error {
	resp, problem := d.roundTrip(r, out)
	if problem != nil {
		return problem
	}
	defer resp.Body.Close()
	header := w.Header()
	for name, values := range resp.Header {
		if name == "Content-Length" || name == "Connection" || name == "Transfer-Encoding" || name == "Keep-Alive" {
			continue
		}
		for _, v := range values {
			header.Add(name, strings.ReplaceAll(v, d.prefix, ""))
		}
	}
	if r.Method == http.MethodHead {
		w.WriteHeader(resp.StatusCode)
		return nil
	}
	if !out.handles && (resp.ContentLength < 0 || resp.ContentLength > maxBuffered) {
		w.WriteHeader(resp.StatusCode)
		if err := copyWithout(w, resp.Body, []byte(d.prefix)); err != nil {
			// The status is sent: that the answer is not whole shows in its ending early.
			panic(http.ErrAbortHandler)
		}
		return nil
	}
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return unavailable
	}
	if out.handles {
		answer = d.sealAnswer(answer)
	}
	if bytes.Contains(answer, []byte(d.prefix)) {
		answer = bytes.ReplaceAll(answer, []byte(d.prefix), nil)
	}
	header.Set("Content-Length", strconv.Itoa(len(answer)))
	w.WriteHeader(resp.StatusCode)
	_, _ = w.Write(answer) // whoever hung up needs no answer
	return nil
}

func (d *domain) roundTrip(r *http.Request, out *outgoing) (*http.Response, *gate.Error) {
	engine := d.service.engine.Load()
	if engine == nil {
		return nil, unavailable
	}
	req, err := http.NewRequestWithContext(r.Context(), out.method, engine.Scheme+"://"+engine.Host+out.path, bytes.NewReader(out.body))
	if err != nil {
		return nil, malformed("forwarding the request: %v", err)
	}
	req.URL.RawQuery = out.query
	req.Header["User-Agent"] = nil
	if len(out.body) > 0 {
		req.Header.Set("Content-Type", out.contentType)
	}
	if out.accept != "" {
		req.Header.Set("Accept", out.accept)
	}
	if opaque := r.Header.Get("X-Opaque-Id"); opaque != "" {
		req.Header.Set("X-Opaque-Id", opaque)
	}
	resp, err := d.service.transport.RoundTrip(req)
	if err != nil {
		if r.Context().Err() == nil {
			d.service.log("forwarding to OpenSearch: " + err.Error())
		}
		return nil, unavailable
	}
	return resp, nil
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 64<<10); return &b }}

// copyWithout copies src without the occurrences of a text.
func copyWithout(dst io.Writer, src io.Reader, text []byte) error {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	b, kept := *buffer, 0
	for {
		n, readErr := src.Read(b[kept:])
		data := b[:kept+n]
		for {
			i := bytes.Index(data, text)
			if i < 0 {
				break
			}
			if _, err := dst.Write(data[:i]); err != nil {
				return err
			}
			data = data[i+len(text):]
		}
		tail := 0
		if readErr == nil {
			tail = beginning(data, text)
		}
		if _, err := dst.Write(data[:len(data)-tail]); err != nil {
			return err
		}
		kept = copy(b, data[len(data)-tail:])
		if readErr == io.EOF {
			return nil
		}
		if readErr != nil {
			return readErr
		}
	}
}

// beginning is the length of the longest end of data that text begins with, but is not whole.
func beginning(data, text []byte) int {
	for n := min(len(data), len(text)-1); n > 0; n-- {
		if bytes.HasPrefix(text, data[len(data)-n:]) {
			return n
		}
	}
	return 0
}
