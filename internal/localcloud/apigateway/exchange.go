package apigateway

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

const (
	// maxPayload and maxHeader are limits of requests in bytes (API Gateway Developer Guide,
	// "Quotas for configuring and running a REST API").
	maxPayload = 10 << 20
	maxHeader  = 10240
)

// exchange is a request and its answer.
type exchange struct {
	s  *Service
	st *stage
	d  *definition
	w  http.ResponseWriter
	r  *http.Request

	start                 time.Time
	requestID, extendedID string
	trace                 string
	sourceIP              string

	target     target
	httpMethod string
	resource   *apiResource
	m          *method
	params     map[string]string

	headers     http.Header // as the event has them
	query       url.Values
	contentType string // of the body, without parameters, in lower case
	body        []byte
	bodyRead    bool

	caller     *gate.Caller // of a signed request
	authorized *authorization
	failure    *failure

	status, bytes                         int
	authorizerLatency, integrationLatency time.Duration
	authorizerStatus, integrationStatus   int
	function, functionRequestID           string
	cold                                  bool
}

func (s *Service) newExchange(w http.ResponseWriter, r *http.Request, st *stage, t target) *exchange {
	x := &exchange{s: s, st: st, d: st.definition, w: w, r: r, target: t, start: s.o.Now(), httpMethod: r.Method,
		requestID: gate.NewRequestID(), extendedID: newExtendedID()}
	// With this header the method is another one for all that follows (API Gateway Developer Guide,
	// "Important notes"; docs/aws-differences.md, 4).
	if override := r.Header.Get("X-Http-Method-Override"); override != "" {
		x.httpMethod = override
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	x.sourceIP = host
	x.trace = traceOf(r.Header.Get("X-Amzn-Trace-Id"), x.start)
	return x
}

func newExtendedID() string {
	var b [11]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return base64.StdEncoding.EncodeToString(b[:])
}

// traceOf keeps the trace of a request that has one, else begins one (AWS X-Ray Developer Guide,
// "Tracing header").
func traceOf(header string, now time.Time) string {
	if strings.HasPrefix(header, "Root=1-") && len(header) <= 256 && oneLine(header) == header {
		return header
	}
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return "Root=1-" + strconv.FormatInt(now.Unix()&0xffffffff, 16) + "-" + hex.EncodeToString(b[:])
}

// notPassed are request headers that no integration gets (API Gateway Developer Guide, "Important
// notes": header restrictions).
var notPassed = map[string]bool{
	"Connection": true, "Content-Length": true, "Content-Md5": true, "Expect": true, "Max-Forwards": true,
	"Proxy-Authenticate": true, "Server": true, "Te": true, "Transfer-Encoding": true, "Trailer": true,
	"Upgrade": true, "Www-Authenticate": true, "X-Http-Method-Override": true,
}

// readRequest takes over headers and query. It is false if they cannot be understood in one way.
func (x *exchange) readRequest() bool {
	if len(x.r.Header["Content-Type"]) > 1 || len(x.r.Header["X-Http-Method-Override"]) > 1 {
		return false
	}
	x.contentType = mediaType(x.r.Header.Get("Content-Type"))
	x.headers = make(http.Header, len(x.r.Header)+6)
	for name, values := range x.r.Header {
		if !notPassed[name] {
			x.headers[name] = values
		}
	}
	x.headers["Host"] = []string{x.d.host()}
	x.headers["X-Amzn-Trace-Id"] = []string{x.trace}
	forwarded := x.sourceIP
	if before := x.r.Header["X-Forwarded-For"]; len(before) > 0 {
		forwarded = strings.Join(before, ", ") + ", " + forwarded
	}
	x.headers["X-Forwarded-For"] = []string{forwarded}
	x.headers["X-Forwarded-Port"] = []string{"443"}
	x.headers["X-Forwarded-Proto"] = []string{"https"}
	var ok bool
	x.query, ok = readQuery(x.r.URL.RawQuery)
	return ok
}

// readQuery decodes a query. A semicolon divides as an ampersand does (API Gateway Developer Guide,
// "Important notes").
func readQuery(raw string) (url.Values, bool) {
	if raw == "" {
		return nil, true
	}
	query := url.Values{}
	for pair := range strings.FieldsFuncSeq(raw, func(c rune) bool { return c == '&' || c == ';' }) {
		name, value, _ := strings.Cut(pair, "=")
		n, err := url.QueryUnescape(name)
		v, err2 := url.QueryUnescape(value)
		if err != nil || err2 != nil {
			return nil, false
		}
		query[n] = append(query[n], v)
	}
	return query, true
}

// headerSize is what counts against maxHeader.
func headerSize(r *http.Request) int {
	n := len(r.Method) + len(r.URL.RequestURI()) + len(r.Host)
	for name, values := range r.Header {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	return n
}

var (
	errTooLarge = errors.New("the body is too large")
	errEncoding = errors.New("the body is not encoded as Content-Encoding says")
)

// readBody reads the body once.
func (x *exchange) readBody() error {
	if x.bodyRead {
		return nil
	}
	x.bodyRead = true
	if x.r.ContentLength > maxPayload {
		return errTooLarge
	}
	if x.r.Body == nil || x.r.Body == http.NoBody {
		return nil
	}
	var err error
	if x.body, err = readAtMost(x.r.Body, int(max(x.r.ContentLength, 0))); err != nil {
		return err
	}
	return x.decompress()
}

// readAtMost reads up to the limit.
func readAtMost(r io.Reader, size int) ([]byte, error) {
	var buffer bytes.Buffer
	buffer.Grow(size + bytes.MinRead)
	n, err := buffer.ReadFrom(io.LimitReader(r, maxPayload+1))
	switch {
	case err != nil:
		return nil, err
	case n > maxPayload:
		return nil, errTooLarge
	}
	return buffer.Bytes(), nil
}

// decompress undoes Content-Encoding where the API compresses (API Gateway Developer Guide, "Payload
// compression for REST APIs in API Gateway").
func (x *exchange) decompress() error {
	if x.d.minCompression < 0 || len(x.body) == 0 {
		return nil
	}
	var reader io.Reader
	var err error
	switch strings.ToLower(x.r.Header.Get("Content-Encoding")) {
	case "gzip":
		reader, err = gzip.NewReader(bytes.NewReader(x.body))
	case "deflate":
		reader = flate.NewReader(bytes.NewReader(x.body))
	default:
		return nil
	}
	if err != nil {
		return errEncoding
	}
	plain, err := readAtMost(reader, len(x.body))
	if err != nil {
		if errors.Is(err, errTooLarge) {
			return err
		}
		return errEncoding
	}
	x.body = plain
	x.headers.Del("Content-Encoding")
	return nil
}
