package release

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// fakeS3 is an S3 over HTTP for any bucket, with CloudFront and Systems Manager as far as a release asks them. How it answers
// conditional writes is the test's to say.
type fakeS3 struct {
	*httptest.Server
	mu      sync.Mutex
	objects map[string]fakeObject
	log     []string
	// conditions answers a conditional write, given whether its condition holds; a status of 0 means to go on and write.
	conditions func(r *http.Request, holds bool) (status int, code string)
	// keepsSums says that SHA-256 sums are kept, as Amazon S3 does.
	keepsSums bool
	// etag writes an ETag.
	etag func(sum string) string
	// before is called before anything is done, without the lock.
	before func(*http.Request)
}

type fakeObject struct {
	body     []byte
	header   http.Header
	modified time.Time
}

// amazon answers as Amazon S3 does.
func amazon(r *http.Request, holds bool) (int, string) {
	if holds {
		return 0, ""
	}
	return http.StatusPreconditionFailed, "PreconditionFailed"
}

func startFakeS3(t *testing.T, change func(*fakeS3)) *fakeS3 {
	f := &fakeS3{objects: map[string]fakeObject{}, conditions: amazon, keepsSums: true,
		etag: func(sum string) string { return `"` + sum + `"` }, before: func(*http.Request) {}}
	if change != nil {
		change(f)
	}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fakeS3) sum(o fakeObject) string {
	sum := md5.Sum(o.body)
	return f.etag(hex.EncodeToString(sum[:]))
}

func (f *fakeS3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.before(r)
	f.mu.Lock()
	defer f.mu.Unlock()
	key := strings.TrimPrefix(r.URL.Path, "/")
	f.log = append(f.log, r.Method+" "+r.URL.RequestURI())
	switch {
	case strings.Contains(r.Header.Get("X-Amz-Target"), "GetParameter"):
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		fmt.Fprint(w, `{"Parameter": {"Value": "E1"}}`)
	case strings.HasSuffix(r.URL.Path, "/invalidation"):
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, `<Invalidation><Id>I1</Id><Status>InProgress</Status></Invalidation>`)
	case r.Method == http.MethodPost && r.URL.Query().Has("delete"):
		f.delete(w, key, body)
	case r.Method == http.MethodGet && r.URL.Query().Has("list-type"):
		f.list(w, key, r.URL.Query().Get("prefix"))
	case r.Method == http.MethodPut:
		f.put(w, r, key, body)
	default:
		f.get(w, r, key)
	}
}

func (f *fakeS3) refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	if status != http.StatusNotModified {
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code)
	}
}

func (f *fakeS3) put(w http.ResponseWriter, r *http.Request, key string, body []byte) {
	old, exists := f.objects[key]
	none, match := r.Header.Get("If-None-Match"), r.Header.Get("If-Match")
	if none != "" || match != "" {
		holds := none == "*" && !exists || match != "" && exists && match == f.sum(old)
		if status, code := f.conditions(r, holds); status != 0 {
			f.refuse(w, status, code)
			return
		}
	}
	o := fakeObject{body: body, header: http.Header{}, modified: time.Now().Truncate(time.Second)}
	for name, values := range r.Header {
		if strings.HasPrefix(name, "X-Amz-Meta-") || name == "Content-Type" || name == "Cache-Control" || name == "X-Amz-Checksum-Sha256" && f.keepsSums {
			o.header[name] = values
		}
	}
	f.objects[key] = o
	w.Header().Set("ETag", f.sum(o))
}

func (f *fakeS3) get(w http.ResponseWriter, r *http.Request, key string) {
	o, ok := f.objects[key]
	if !ok {
		f.refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	maps.Copy(w.Header(), o.header)
	w.Header().Set("ETag", f.sum(o))
	w.Header().Set("Last-Modified", o.modified.UTC().Format(http.TimeFormat))
	if r.Method != http.MethodHead {
		_, _ = w.Write(o.body)
	}
}

func (f *fakeS3) list(w http.ResponseWriter, bucket, prefix string) {
	fmt.Fprint(w, "<ListBucketResult><IsTruncated>false</IsTruncated>")
	for _, name := range slices.Sorted(maps.Keys(f.objects)) {
		key, ok := strings.CutPrefix(name, strings.TrimSuffix(bucket, "/")+"/")
		if !ok || !strings.HasPrefix(key, prefix) {
			continue
		}
		o := f.objects[name]
		algorithm := ""
		if o.header.Get("X-Amz-Checksum-Sha256") != "" {
			algorithm = "<ChecksumAlgorithm>SHA256</ChecksumAlgorithm>"
		}
		fmt.Fprintf(w, "<Contents><Key>%s</Key><Size>%d</Size><ETag>%s</ETag><LastModified>%s</LastModified>%s</Contents>",
			key, len(o.body), f.sum(o), o.modified.UTC().Format(time.RFC3339), algorithm)
	}
	fmt.Fprint(w, "</ListBucketResult>")
}

func (f *fakeS3) delete(w http.ResponseWriter, bucket string, body []byte) {
	var in struct {
		Object []struct{ Key string }
	}
	_ = xml.Unmarshal(body, &in)
	for _, o := range in.Object {
		delete(f.objects, strings.TrimSuffix(bucket, "/")+"/"+o.Key)
	}
	fmt.Fprint(w, "<DeleteResult></DeleteResult>")
}

// endpointConfig is that of clients of an endpoint.
func endpointConfig(endpoint string) aws.Config {
	return aws.Config{Region: "eu-central-1", BaseEndpoint: aws.String(endpoint), Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}
}

// count is how many requests there were that begin so.
func (f *fakeS3) count(prefix string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, line := range f.log {
		if strings.HasPrefix(line, prefix) {
			n++
		}
	}
	return n
}
