package cloudfront

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cacheable says whether the answer to the method may come out of the cache.
func (x *exchange) cacheable() bool {
	switch x.request.method {
	case http.MethodGet, http.MethodHead:
		return true
	case http.MethodOptions:
		return slices.Contains(x.behavior.cached, http.MethodOptions)
	}
	return false
}

// key of the object that is asked for: its path, and the parts of the request that the cache policy names.
// GET and HEAD share an object.
func (x *exchange) key() string {
	var b strings.Builder
	b.Grow(128)
	for _, part := range []string{x.distribution.id, x.behavior.origin.id, x.request.path, selectQuery(x.request.query, x.caching.query), x.encodings} {
		b.WriteString(part)
		b.WriteByte(0)
	}
	if x.request.method == http.MethodOptions {
		b.WriteString(http.MethodOptions)
	}
	b.WriteByte(0)
	if x.caching.cookies.mode != modeNone {
		b.WriteString(x.cookies(x.caching.cookies.has))
	}
	for _, name := range x.caching.headers.sorted() {
		b.WriteByte(0)
		value := strings.Join(x.request.header[name], ",")
		switch {
		case name == "Host":
			value = x.host
		case strings.HasPrefix(name, "Cloudfront-"):
			value = x.generatedHeader(name)
		}
		b.WriteString(value)
	}
	return b.String()
}

// answer answers from the cache, or from the origin.
func (x *exchange) answer() {
	var stale *entry
	if x.caching.caches() && x.cacheable() {
		if e := x.s.cache.get(x.key()); e != nil {
			if x.s.o.Now().Before(e.expires) {
				x.fromEntry(e, "Hit from cloudfront")
				return
			}
			stale = e
		}
	}
	o := &originAnswer{x: x, stale: stale, header: http.Header{}}
	r, err := x.originRequest(stale)
	if err != nil {
		x.fail(failure{http.StatusBadRequest, "Bad request."})
		return
	}
	x.s.handler(x.distribution, x.behavior.origin).ServeHTTP(o, r)
	o.finish()
}

// originRequest is the request to the origin. If there is a stale object it asks whether it is still right.
func (x *exchange) originRequest(stale *entry) (*http.Request, error) {
	origin := x.behavior.origin
	target := origin.path + x.request.path
	selections := []selection{x.caching.query}
	if x.forwarding != nil {
		selections = append(selections, x.forwarding.query)
	}
	if query := selectQuery(x.request.query, selections...); query != "" {
		target += "?" + query
	}
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, err
	}
	header := x.originHeader()
	if stale != nil && x.request.method != http.MethodOptions {
		for _, name := range []string{"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range"} {
			delete(header, name)
		}
		if stale.etag != "" {
			header["If-None-Match"] = []string{stale.etag}
		}
		if modified := stale.header.Get("Last-Modified"); modified != "" {
			header["If-Modified-Since"] = []string{modified}
		}
	}
	host := origin.domain
	if origin.bucket == "" && x.selects("Host") {
		host = x.host
	}
	r := (&http.Request{
		Method: x.request.method, URL: u, Proto: x.viewer.Proto, ProtoMajor: x.viewer.ProtoMajor, ProtoMinor: x.viewer.ProtoMinor,
		Header: header, Body: x.viewer.Body, ContentLength: x.viewer.ContentLength, TransferEncoding: x.viewer.TransferEncoding,
		Host: host, RemoteAddr: x.viewer.RemoteAddr, RequestURI: target,
	}).WithContext(x.viewer.Context())
	return r, nil
}

// fromEntry answers with a kept object: whole, in part, or not at all if the viewer has it.
func (x *exchange) fromEntry(e *entry, result string) {
	x.result = result
	if e.status >= 400 {
		x.result = "Error from cloudfront"
		if page, ok := x.distribution.errors[e.status]; ok && page.page != "" && x.errorPage(page) {
			return
		}
	}
	x.header = e.header.Clone()
	if age := e.age + x.s.o.Now().Sub(e.stored); strings.HasPrefix(result, "Hit") {
		x.header.Set("Age", strconv.Itoa(int(age/time.Second)))
	}
	if e.status != http.StatusOK {
		x.WriteHeader(e.status)
		_, _ = x.Write(e.body)
		return
	}
	if x.header["Content-Type"] == nil {
		x.header["Content-Type"] = nil // or ServeContent would guess one
	}
	modified, _ := http.ParseTime(e.header.Get("Last-Modified"))
	r := &http.Request{Method: x.request.method, Header: x.request.header, URL: x.viewer.URL}
	http.ServeContent(x, r, "", modified, bytes.NewReader(e.body))
}

// originAnswer takes the answer of an origin and decides what becomes of it.
type originAnswer struct {
	x      *exchange
	stale  *entry
	header http.Header
	status int

	held   bool          // the body is not for the viewer
	body   io.Writer     // where the body goes
	closer io.Closer     // of a compressor
	keep   *bytes.Buffer // what is to be kept; nil if nothing is
	entry  *entry        // what is to be kept, without its body
	size   int64         // of the body that came from the origin
	early  bytes.Buffer  // the beginning of a held body
}

// Header of the origin's answer.
func (o *originAnswer) Header() http.Header { return o.header }

// WriteHeader decides by status and headers.
func (o *originAnswer) WriteHeader(status int) {
	if o.status != 0 || status < 200 {
		return // informational answers end here
	}
	o.status = status
	x := o.x
	dropHopByHop(o.header)
	delete(o.header, "X-Cache")
	custom, hasPage := x.distribution.errors[status]
	switch {
	case status == http.StatusNotModified && o.stale != nil,
		status >= 500 && o.stale != nil && o.stale.status < 400,
		hasPage && custom.page != "":
		o.held = true
		o.entry = x.newEntry(status, o.header)
		return
	}
	x.result = "Miss from cloudfront"
	if status >= 400 {
		x.result = "Error from cloudfront"
	}
	o.body = x
	etag := o.header.Get("ETag")
	encoding := x.encodingFor(status, o.header)
	kept := x.newEntry(status, o.header)
	if encoding != "" {
		markCompressed(o.header, encoding)
	}
	if kept != nil && x.request.method != http.MethodHead {
		kept.header, kept.etag = o.header.Clone(), etag
		o.entry, o.keep = kept, new(bytes.Buffer)
		o.body = io.MultiWriter(x, &limited{o.keep, maxObject})
	}
	x.header = o.header
	x.WriteHeader(status)
	if encoding != "" {
		c := compressor(o.body, encoding)
		o.body, o.closer = c, c
	}
}

// limited takes as much as may be kept and one byte more, so that too much can be told.
type limited struct {
	b   *bytes.Buffer
	max int
}

func (l *limited) Write(p []byte) (int, error) {
	if room := l.max + 1 - l.b.Len(); room > 0 {
		l.b.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// newEntry is what may be kept of an answer, without its body; nil if nothing may.
func (x *exchange) newEntry(status int, h http.Header) *entry {
	fresh := x.freshFor(status, h)
	if fresh <= 0 {
		return nil
	}
	now := x.s.o.Now()
	age, _ := strconv.Atoi(h.Get("Age"))
	path := x.request.path
	if query := selectQuery(x.request.query, x.caching.query); query != "" {
		path += "?" + query
	}
	return &entry{key: x.key(), distribution: x.distribution.id, path: path, status: status, header: h.Clone(), etag: h.Get("ETag"),
		stored: now, age: time.Duration(max(age, 0)) * time.Second, expires: now.Add(fresh)}
}

// maxHeld of an error's body is kept for the case that its error page cannot be had, in bytes.
const maxHeld = 64 << 10

// Write takes a part of the origin's body.
func (o *originAnswer) Write(p []byte) (int, error) {
	if o.status == 0 {
		o.WriteHeader(http.StatusOK)
	}
	o.size += int64(len(p))
	if o.held {
		return (&limited{&o.early, maxHeld}).Write(p)
	}
	return o.body.Write(p)
}

// Flush sends what was written, unless a compressor is to see more of it first.
func (o *originAnswer) Flush() {
	if o.status != 0 && !o.held && o.closer == nil {
		o.x.Flush()
	}
}

// finish ends the answer after the origin did.
func (o *originAnswer) finish() {
	if o.status == 0 {
		o.WriteHeader(http.StatusOK)
	}
	if o.held {
		o.finishHeld()
		return
	}
	if o.closer != nil {
		_ = o.closer.Close() // the viewer is gone, or all was sent
	}
	if o.keep == nil || o.keep.Len() > maxObject || o.x.viewer.Context().Err() != nil {
		return
	}
	if declared, err := strconv.ParseInt(o.entry.header.Get("Content-Length"), 10, 64); err == nil && declared != o.size {
		return // cut off: half an object is not kept
	}
	o.entry.body = o.keep.Bytes()
	o.x.s.cache.put(o.entry)
}

// finishHeld answers with the stale object or an error page.
func (o *originAnswer) finishHeld() {
	x := o.x
	if o.stale != nil && o.status == http.StatusNotModified {
		refreshed := *o.stale
		refreshed.header = o.stale.header.Clone()
		for _, name := range []string{"Cache-Control", "Expires", "Date"} {
			if v := o.header[name]; v != nil {
				refreshed.header[name] = v
			}
		}
		refreshed.stored, refreshed.age = x.s.o.Now(), 0
		refreshed.expires = refreshed.stored.Add(x.freshFor(refreshed.status, refreshed.header))
		x.s.cache.put(&refreshed)
		x.fromEntry(&refreshed, "RefreshHit from cloudfront")
		return
	}
	// While the origin fails, what it answered last is better than its error.
	if o.stale != nil && o.status >= 500 && o.stale.status < 400 {
		x.fromEntry(o.stale, "Hit from cloudfront")
		return
	}
	x.result = "Error from cloudfront"
	if o.entry != nil && x.request.method != http.MethodHead && o.early.Len() <= maxHeld {
		o.entry.body = bytes.Clone(o.early.Bytes())
		x.s.cache.put(o.entry)
	}
	if x.errorPage(x.distribution.errors[o.status]) {
		return
	}
	x.header = o.header
	x.header.Del("Content-Length") // what was held may have been cut
	x.WriteHeader(o.status)
	_, _ = x.Write(o.early.Bytes())
}
