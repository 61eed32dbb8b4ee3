// Package uploadstest has a bucket for tests: what S3 does with whole objects, for one
// client that is trusted. That S3 verifies signatures is shown where the local cloud runs.
package uploadstest

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Object is a stored file.
type Object struct {
	// ContentType is the media type it was sent with.
	ContentType string
	// Data is the file.
	Data []byte
}

// Bucket holds objects by key.
type Bucket struct {
	// URL is the endpoint for the SDK.
	URL string

	mu      sync.Mutex
	objects map[string]Object
	fail    func(method, key string) int
}

// New starts a bucket of any name that ends with the test.
func New(t testing.TB) *Bucket {
	t.Helper()
	b := &Bucket{objects: map[string]Object{}}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	b.URL = server.URL
	return b
}

// Put stores an object as a browser does.
func (b *Bucket) Put(key, contentType string, data []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.objects[key] = Object{contentType, data}
}

// Get is an object; false if there is none.
func (b *Bucket) Get(key string) (Object, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.objects[key]
	return o, ok
}

// Keys of all objects, sorted.
func (b *Bucket) Keys() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.objects))
}

// Fail answers requests with the status that f returns, unless it is 0. It may be called while
// requests are served, and f may change objects.
func (b *Bucket) Fail(f func(method, key string) int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail = f
}

// ServeHTTP implements http.Handler. The path is /<bucket>/<key>.
func (b *Bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	b.mu.Lock()
	fail := b.fail
	b.mu.Unlock()
	if fail != nil {
		if status := fail(r.Method, key); status != 0 {
			w.WriteHeader(status)
			return
		}
	}
	switch r.Method {
	case http.MethodPut:
		b.Put(key, r.Header.Get("Content-Type"), data)
	case http.MethodGet:
		o, ok := b.Get(key)
		if !ok {
			w.WriteHeader(http.StatusForbidden) // who may not list the bucket is not told that there is none
			return
		}
		// The SDK complains of objects without a checksum.
		sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(o.Data))
		w.Header().Set("x-amz-checksum-crc32", base64.StdEncoding.EncodeToString(sum))
		_, _ = w.Write(o.Data)
	case http.MethodDelete:
		b.mu.Lock()
		delete(b.objects, key)
		b.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	}
}
