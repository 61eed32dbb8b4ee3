package cloudfront

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// viewerRequest is what a viewer asks for, as a function may have changed it. path and query are as they
// were sent: escapes, dot segments and slashes are the origin's to interpret.
type viewerRequest struct {
	method, path, query string
	header              http.Header
}

// rawTarget is path and query of a request as the viewer sent them.
func rawTarget(r *http.Request) (path, query string) {
	target := r.RequestURI
	if target == "" {
		target = r.URL.RequestURI()
	}
	// The absolute form names scheme and host before the path (RFC 9112, 3.2.2).
	if !strings.HasPrefix(target, "/") {
		if _, rest, ok := strings.Cut(target, "://"); ok {
			i := strings.IndexAny(rest, "/?")
			if i < 0 {
				return "/", ""
			}
			if target = rest[i:]; target[0] == '?' {
				target = "/" + target
			}
		}
	}
	path, query, _ = strings.Cut(target, "?")
	return path, query
}

// hopByHop headers are those of one connection (RFC 9110, 7.6.1).
var hopByHop = set([]string{"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade"})

// dropHopByHop removes them, and those that Connection names.
func dropHopByHop(h http.Header) {
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	for name := range hopByHop {
		delete(h, name)
	}
}

// neverForwarded are headers that CloudFront sets itself or removes (CloudFront Developer Guide, "Request
// and response behavior for custom origins", HTTP request headers and CloudFront behavior).
func neverForwarded(name string) bool {
	switch name {
	case "Host", "Cookie", "Accept-Encoding", "User-Agent", "X-Forwarded-For", "Via", "Expect", "X-Forwarded-Proto", "X-Real-Ip", "Content-Length":
		return true
	}
	return hopByHop[name] || strings.HasPrefix(name, "X-Amz-Cf-") || strings.HasPrefix(name, "X-Edge-") || strings.HasPrefix(name, "Cloudfront-")
}

// alwaysForwarded describe the body, or make a request conditional or partial.
func alwaysForwarded(name string) bool {
	switch name {
	case "Content-Type", "Content-Encoding", "Content-Md5", "Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since":
		return true
	}
	return false
}

// legacyRemoved are the headers that a behavior without a cache policy removes unless it lists them.
var legacyRemoved = set([]string{"Accept", "Accept-Charset", "Accept-Language", "Authorization", "Referer", "X-Http-Method-Override"})

// forwards says whether a header of the viewer goes to the origin.
func (x *exchange) forwards(name string) bool {
	if x.caching.headers.has(name) || x.forwarding != nil && x.forwarding.headers.has(name) {
		return true
	}
	if x.behavior.legacy == nil {
		return false
	}
	if name == "Authorization" {
		return x.request.method != http.MethodGet && x.request.method != http.MethodHead && x.request.method != http.MethodOptions
	}
	return !legacyRemoved[name]
}

// originHeader makes the headers of the request to the origin.
func (x *exchange) originHeader() http.Header {
	h := make(http.Header, len(x.request.header)+6)
	for name, values := range x.request.header {
		if !neverForwarded(name) && (alwaysForwarded(name) || x.forwards(name)) {
			h[name] = values
		}
	}
	dropConnectionNamed(h, x.request.header)
	if cookies := x.cookies(func(name string) bool {
		return x.caching.cookies.has(name) || x.forwarding != nil && x.forwarding.cookies.has(name)
	}); cookies != "" {
		h["Cookie"] = []string{cookies}
	}
	h["User-Agent"] = []string{"Amazon CloudFront"}
	if agent := x.request.header["User-Agent"]; x.selects("User-Agent") && agent != nil {
		h["User-Agent"] = agent
	}
	if x.caching.gzip || x.caching.brotli {
		if x.encodings != "" {
			h["Accept-Encoding"] = []string{x.encodings}
		}
	} else if accepted := x.request.header["Accept-Encoding"]; x.selects("Accept-Encoding") && accepted != nil {
		h["Accept-Encoding"] = accepted
	}
	h["X-Forwarded-For"] = []string{strings.Join(append(slices.Clone(x.request.header["X-Forwarded-For"]), x.viewerIP()), ", ")}
	h["Via"] = []string{strings.Join(append(slices.Clone(x.request.header["Via"]), x.via()), ", ")}
	h["X-Amz-Cf-Id"] = []string{x.id}
	for _, name := range generatedHeaders {
		if x.caching.headers.mode == modeListed && x.caching.headers.has(name) ||
			x.forwarding != nil && (x.forwarding.headers.mode == modeListed && x.forwarding.headers.has(name) || slices.Contains(x.forwarding.added, name)) {
			h[name] = []string{x.generatedHeader(name)}
		}
	}
	for name, value := range x.behavior.origin.custom {
		h[name] = []string{value}
	}
	return h
}

// dropConnectionNamed removes what the viewer's Connection header names.
func dropConnectionNamed(h, viewer http.Header) {
	for _, line := range viewer["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
}

// selects says whether one of the policies names a header or all headers.
func (x *exchange) selects(name string) bool {
	return x.caching.headers.has(name) || x.forwarding != nil && x.forwarding.headers.has(name)
}

func (x *exchange) via() string { return "1.1 " + x.distribution.domain + " (CloudFront)" }

func (x *exchange) viewerIP() string {
	host, _, err := net.SplitHostPort(x.viewer.RemoteAddr)
	if err != nil {
		return x.viewer.RemoteAddr
	}
	return host
}

// generatedHeaders are the CloudFront headers that can be told without knowing where in the world the
// viewer is (CloudFront Developer Guide, "Add CloudFront request headers").
var generatedHeaders = []string{
	"Cloudfront-Forwarded-Proto", "Cloudfront-Is-Android-Viewer", "Cloudfront-Is-Desktop-Viewer", "Cloudfront-Is-Ios-Viewer",
	"Cloudfront-Is-Mobile-Viewer", "Cloudfront-Is-Smarttv-Viewer", "Cloudfront-Is-Tablet-Viewer", "Cloudfront-Viewer-Address",
	"Cloudfront-Viewer-Http-Version",
}

func (x *exchange) generatedHeader(name string) string {
	agent := x.request.header.Get("User-Agent")
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(agent, w) })
	}
	tv := has("SmartTV", "SMART-TV", "AppleTV", "GoogleTV", "HbbTV")
	tablet := has("iPad", "Tablet") || has("Android") && !has("Mobile") && !tv
	mobile := !tv && !tablet && has("Mobi", "iPhone", "Android")
	is := false
	switch name {
	case "Cloudfront-Forwarded-Proto":
		return "https" // locally there is no TLS; what runs behind is to see what it sees on AWS
	case "Cloudfront-Viewer-Address":
		return x.viewer.RemoteAddr
	case "Cloudfront-Viewer-Http-Version":
		return strconv.Itoa(x.viewer.ProtoMajor) + "." + strconv.Itoa(x.viewer.ProtoMinor)
	case "Cloudfront-Is-Android-Viewer":
		is = has("Android")
	case "Cloudfront-Is-Ios-Viewer":
		is = has("iPhone", "iPad", "iPod")
	case "Cloudfront-Is-Mobile-Viewer":
		is = mobile
	case "Cloudfront-Is-Smarttv-Viewer":
		is = tv
	case "Cloudfront-Is-Tablet-Viewer":
		is = tablet
	case "Cloudfront-Is-Desktop-Viewer":
		is = !tv && !tablet && !mobile
	}
	return strconv.FormatBool(is)
}

// cookies are the viewer's whose name is selected, in their order.
func (x *exchange) cookies(selected func(string) bool) string {
	var kept []string
	for _, line := range x.request.header["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.TrimSpace(pair)
			name, _, _ := strings.Cut(pair, "=")
			if pair != "" && selected(name) {
				kept = append(kept, pair)
			}
		}
	}
	return strings.Join(kept, "; ")
}

// selectQuery keeps the parameters whose name is selected, in their order and form.
func selectQuery(query string, selections ...selection) string {
	for _, s := range selections {
		if s.mode == modeAll {
			return query
		}
	}
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if pair != "" && slices.ContainsFunc(selections, func(s selection) bool { return s.hasParameter(name) }) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

// hasParameter is has for a query parameter. One that is left out is left out under every spelling.
func (s selection) hasParameter(name string) bool {
	if s.mode == modeAllExcept {
		if plain, err := url.QueryUnescape(name); err != nil || s.names[plain] {
			return false
		}
	}
	return s.has(name)
}

// acceptedEncodings is the normalized Accept-Encoding: br and gzip, if the viewer takes them
// and the policy asks for them (CloudFront Developer Guide, "Serve compressed files").
func acceptedEncodings(h http.Header, p *cachePolicy) string {
	var br, gzip bool
	for _, line := range h["Accept-Encoding"] {
		for item := range strings.SplitSeq(line, ",") {
			name, parameters, _ := strings.Cut(item, ";")
			q, hasQ := strings.CutPrefix(strings.TrimSpace(parameters), "q=")
			if weight, err := strconv.ParseFloat(q, 64); hasQ && (err != nil || weight == 0) {
				continue
			}
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "br":
				br = p.brotli
			case "gzip":
				gzip = p.gzip
			}
		}
	}
	switch {
	case br && gzip:
		return "br,gzip"
	case br:
		return "br"
	case gzip:
		return "gzip"
	}
	return ""
}
