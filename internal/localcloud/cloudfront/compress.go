package cloudfront

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

// compressedTypes are those that CloudFront compresses (CloudFront Developer Guide, "Serve
// compressed files", File types that CloudFront compresses).
var compressedTypes = set(strings.Fields(`
	application/dash+xml application/eot application/font application/font-sfnt application/javascript application/json
	application/opentype application/otf application/pdf application/pkcs7-mime application/protobuf application/rss+xml
	application/truetype application/ttf application/vnd.apple.mpegurl application/vnd.mapbox-vector-tile application/vnd.ms-fontobject
	application/wasm application/xhtml+xml application/xml application/x-font-opentype application/x-font-truetype
	application/x-font-ttf application/x-httpd-cgi application/x-javascript application/x-mpegurl application/x-opentype
	application/x-otf application/x-perl application/x-ttf font/eot font/opentype font/otf font/ttf image/svg+xml text/css text/csv
	text/html text/javascript text/js text/plain text/richtext text/tab-separated-values text/xml text/x-component text/x-java-source
	text/x-script vnd.apple.mpegurl`))

// The sizes of bodies that CloudFront compresses, in bytes.
const (
	minCompressed = 1000
	maxCompressed = 10_000_000
)

// encodingFor is how an answer of the origin is to be compressed; empty if it is not.
func (x *exchange) encodingFor(status int, h http.Header) string {
	if !x.behavior.compress || !x.caching.caches() || x.encodings == "" || x.request.method != http.MethodGet || x.request.header.Get("Range") != "" {
		return ""
	}
	if status != http.StatusOK && status != http.StatusForbidden && status != http.StatusNotFound {
		return ""
	}
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	size, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64)
	_, fixed := cacheControl(h)["no-transform"]
	if err != nil || size < minCompressed || size > maxCompressed || fixed || h.Get("Content-Encoding") != "" || !compressedTypes[strings.ToLower(strings.TrimSpace(kind))] {
		return ""
	}
	if strings.HasPrefix(x.encodings, "br") {
		return "br"
	}
	return "gzip"
}

// markCompressed changes the headers of an answer whose body is about to be compressed. A strong
// ETag becomes a weak one.
func markCompressed(h http.Header, encoding string) {
	h.Set("Content-Encoding", encoding)
	h.Del("Content-Length")
	h.Del("Accept-Ranges")
	h.Add("Vary", "Accept-Encoding")
	if etag := h.Get("ETag"); etag != "" && !strings.HasPrefix(etag, "W/") {
		h.Set("ETag", "W/"+etag)
	}
}

var (
	brotliWriters = sync.Pool{New: func() any { return brotli.NewWriterLevel(nil, 4) }}
	gzipWriters   = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}
)

// compressor compresses into w. It is to be closed.
func compressor(w io.Writer, encoding string) io.WriteCloser {
	if encoding == "br" {
		b := brotliWriters.Get().(*brotli.Writer)
		b.Reset(w)
		return pooled{b, func() { brotliWriters.Put(b) }}
	}
	g := gzipWriters.Get().(*gzip.Writer)
	g.Reset(w)
	return pooled{g, func() { gzipWriters.Put(g) }}
}

type pooled struct {
	io.WriteCloser
	release func()
}

func (p pooled) Close() error {
	err := p.WriteCloser.Close()
	p.release()
	return err
}
