package cloudfront

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// functionEvent is the event of version 1.0 (CloudFront Developer Guide, "CloudFront Functions event structure").
type functionEvent struct {
	Version string `json:"version"`
	Context struct {
		DistributionDomainName string `json:"distributionDomainName"`
		DistributionID         string `json:"distributionId"`
		EventType              string `json:"eventType"`
		RequestID              string `json:"requestId"`
	} `json:"context"`
	Viewer struct {
		IP string `json:"ip"`
	} `json:"viewer"`
	Request  functionRequest   `json:"request"`
	Response *functionResponse `json:"response,omitempty"`
}

type functionRequest struct {
	Method      string           `json:"method"`
	URI         string           `json:"uri"`
	Querystring map[string]multi `json:"querystring"`
	Headers     map[string]multi `json:"headers"`
	Cookies     map[string]multi `json:"cookies"`
}

type functionResponse struct {
	StatusCode        int              `json:"statusCode"`
	StatusDescription string           `json:"statusDescription,omitempty"`
	Headers           map[string]multi `json:"headers"`
	Cookies           map[string]multi `json:"cookies"`
	Body              *functionBody    `json:"body,omitempty"`
}

// multi is a value, or several of the same name.
type multi struct {
	Value      string  `json:"value"`
	Attributes string  `json:"attributes,omitempty"`
	MultiValue []multi `json:"multiValue,omitempty"`
}

func (m multi) all() []multi {
	if len(m.MultiValue) > 0 {
		return m.MultiValue
	}
	return []multi{m}
}

// functionBody is a string, or an object with an encoding and data.
type functionBody struct {
	Encoding string `json:"encoding"`
	Data     string `json:"data"`
}

func (b *functionBody) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		b.Encoding = "text"
		return json.Unmarshal(data, &b.Data)
	}
	type plain functionBody
	return json.Unmarshal(data, (*plain)(b))
}

// functionResult is what a viewer-request function returns: a response has a status code, a request a URI.
type functionResult struct {
	Method            string           `json:"method"`
	URI               string           `json:"uri"`
	Querystring       map[string]multi `json:"querystring"`
	StatusCode        int              `json:"statusCode"`
	StatusDescription string           `json:"statusDescription"`
	Body              *functionBody    `json:"body"`
	Headers           map[string]multi `json:"headers"`
	Cookies           map[string]multi `json:"cookies"`
}

// collect adds a value to those of a name.
func collect(m map[string]multi, name string, v multi) {
	old, ok := m[name]
	switch {
	case !ok:
		m[name] = v
	case len(old.MultiValue) == 0:
		m[name] = multi{Value: old.Value, Attributes: old.Attributes, MultiValue: []multi{old, v}}
	default:
		old.MultiValue = append(old.MultiValue, v)
		m[name] = old
	}
}

// hiddenFromFunctions are headers that a function neither sees nor sets (CloudFront Developer Guide,
// "Restrictions on edge functions", Disallowed headers).
func hiddenFromFunctions(name string) bool {
	if hopByHop[name] && name != "Transfer-Encoding" {
		return true
	}
	switch name {
	case "Expect", "X-Cache", "X-Forwarded-Proto", "X-Real-Ip":
		return true
	}
	return strings.HasPrefix(name, "Proxy-") || strings.HasPrefix(name, "X-Accel-") || strings.HasPrefix(name, "X-Amz-Cf-") || strings.HasPrefix(name, "X-Edge-")
}

// Read-only headers are seen and not changed.
var (
	readOnlyInRequests  = []string{"Content-Length", "Host", "Transfer-Encoding", "Via"}
	readOnlyInResponses = []string{"Content-Encoding", "Content-Length", "Transfer-Encoding", "Warning", "Via"}
)

func (x *exchange) event(kind string) *functionEvent {
	e := &functionEvent{Version: "1.0"}
	e.Context.DistributionDomainName, e.Context.DistributionID = x.distribution.domain, x.distribution.id
	e.Context.EventType, e.Context.RequestID = kind, x.id
	e.Viewer.IP = x.viewerIP()
	e.Request = functionRequest{Method: x.request.method, URI: x.request.path, Querystring: queryOf(x.request.query), Headers: headersOf(x.request.header, "Cookie"), Cookies: map[string]multi{}}
	e.Request.Headers["host"] = multi{Value: x.host}
	for _, line := range x.request.header["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			if name, value, _ := strings.Cut(strings.TrimSpace(pair), "="); name != "" {
				collect(e.Request.Cookies, name, multi{Value: value})
			}
		}
	}
	return e
}

func queryOf(query string) map[string]multi {
	m := map[string]multi{}
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); pair != "" {
			collect(m, name, multi{Value: value})
		}
	}
	return m
}

func headersOf(h http.Header, except string) map[string]multi {
	m := make(map[string]multi, len(h))
	for name, values := range h {
		if name == except || hiddenFromFunctions(name) {
			continue
		}
		for _, v := range values {
			collect(m, strings.ToLower(name), multi{Value: v})
		}
	}
	return m
}

// changeRequest makes the request what the function returned.
func (x *exchange) changeRequest(sent functionRequest, got functionResult) error {
	if got.Method != "" && got.Method != sent.Method {
		return invalidResult{"it changed the method to " + got.Method}
	}
	if got.URI != sent.URI {
		if !strings.HasPrefix(got.URI, "/") || strings.ContainsAny(got.URI, "?#") {
			return invalidResult{fmt.Sprintf("it changed the uri to %q, want a path that begins with /", got.URI)}
		}
		x.request.path = escapePath(got.URI)
	}
	if !reflect.DeepEqual(got.Querystring, sent.Querystring) {
		x.request.query = joinQuery(x.request.query, got.Querystring)
	}
	sentHost := sent.Headers["host"]
	if h, ok := got.Headers["host"]; ok && h.Value != sentHost.Value {
		return invalidResult{"it changed the read-only header Host"}
	}
	delete(got.Headers, "host")
	header, err := changeHeaders(x.request.header, got.Headers, readOnlyInRequests)
	if err != nil {
		return err
	}
	delete(header, "Cookie")
	var cookies []string
	for _, name := range slices.Sorted(maps.Keys(got.Cookies)) {
		for _, v := range got.Cookies[name].all() {
			cookies = append(cookies, name+"="+v.Value)
		}
	}
	if line := strings.Join(cookies, "; "); line != "" {
		if !httpguts.ValidHeaderFieldValue(line) {
			return invalidResult{"it made a cookie that is none"}
		}
		header["Cookie"] = []string{line}
	}
	x.request.header = header
	return nil
}

// escapePath escapes what may not stand in a path and leaves the escapes that are there.
func escapePath(path string) string {
	var b strings.Builder
	for i := range len(path) {
		if c := path[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// joinQuery writes the parameters, first those that the query had before in their order.
func joinQuery(before string, parameters map[string]multi) string {
	var pairs, names []string
	for pair := range strings.SplitSeq(before, "&") {
		if name, _, _ := strings.Cut(pair, "="); pair != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		p, ok := parameters[name]
		if !ok {
			continue
		}
		for _, v := range p.all() {
			pair := escapeParameter(name)
			if v.Value != "" {
				pair += "=" + escapeParameter(v.Value)
			}
			pairs = append(pairs, pair)
		}
	}
	return strings.Join(pairs, "&")
}

// escapeParameter escapes what would end a parameter or the query, and leaves the escapes that are there.
func escapeParameter(s string) string {
	return strings.NewReplacer("&", "%26", "#", "%23").Replace(escapePath(s))
}

// changeHeaders makes headers what a function returned: those it saw are replaced, those it did
// not see stay.
func changeHeaders(before http.Header, got map[string]multi, readOnly []string) (http.Header, error) {
	after := http.Header{}
	for name, values := range before {
		if hiddenFromFunctions(name) {
			after[name] = values
		}
	}
	for name, m := range got {
		key := http.CanonicalHeaderKey(name)
		if !httpguts.ValidHeaderFieldName(name) || hiddenFromFunctions(key) {
			return nil, invalidResult{fmt.Sprintf("it set the header %q, which functions may not set", name)}
		}
		for _, v := range m.all() {
			if !httpguts.ValidHeaderFieldValue(v.Value) {
				return nil, invalidResult{fmt.Sprintf("it set the header %s to %q, which is no value of a header", name, v.Value)}
			}
			after[key] = append(after[key], v.Value)
		}
	}
	for _, name := range readOnly {
		if v, ok := after[name]; ok && !slices.Equal(v, before[name]) {
			return nil, invalidResult{"it changed the read-only header " + name}
		}
		delete(after, name)
		if v, ok := before[name]; ok {
			after[name] = v
		}
	}
	return after, nil
}

// content is the body of a response that a function made.
func (f *functionResponse) content() ([]byte, error) {
	if f.Body == nil {
		return nil, nil
	}
	body := []byte(f.Body.Data)
	switch f.Body.Encoding {
	case "text", "":
	case "base64":
		var err error
		if body, err = base64.StdEncoding.DecodeString(f.Body.Data); err != nil {
			return nil, invalidResult{"its body is no base64"}
		}
	default:
		return nil, invalidResult{"its body has the encoding " + f.Body.Encoding + ", want text or base64"}
	}
	if len(body) > maxFunctionBody {
		return nil, invalidResult{fmt.Sprintf("its body has %d bytes, want at most %d", len(body), maxFunctionBody)}
	}
	return body, nil
}

// setCookies are the Set-Cookie lines of a response.
func setCookies(cookies map[string]multi) ([]string, error) {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(cookies)) {
		for _, v := range cookies[name].all() {
			line := name + "=" + v.Value
			if v.Attributes != "" {
				line += "; " + v.Attributes
			}
			if !httpguts.ValidHeaderFieldValue(line) {
				return nil, invalidResult{"it made a cookie that is none"}
			}
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// cookiesOf reads Set-Cookie lines.
func cookiesOf(h http.Header) map[string]multi {
	m := map[string]multi{}
	for _, line := range h["Set-Cookie"] {
		pair, attributes, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(pair, "=")
		collect(m, strings.TrimSpace(name), multi{Value: value, Attributes: strings.TrimSpace(attributes)})
	}
	return m
}
