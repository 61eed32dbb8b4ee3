package cloudfront

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

const (
	account   = "111111111111"
	region    = "eu-central-1"
	distID    = "E2TESTDIST"
	domain    = "d123.cloudfront.net"
	alias     = "acme.example.com"
	identity  = "EOAI"
	webBucket = "web.bucket"
)

// buckets are objects by bucket and path, which one canonical user may read.
type buckets struct {
	mu       sync.Mutex
	user     string
	objects  map[string]object
	requests []*http.Request
	fail     int // status of every answer, if not 0
}

type object struct {
	body   string
	header map[string]string
}

// ServeOrigin answers as S3 does whom the policy gives s3:GetObject only: what is not there is denied.
func (b *buckets) ServeOrigin(w http.ResponseWriter, r *http.Request, bucket, canonicalUserID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests = append(b.requests, r)
	o, ok := b.objects[bucket+r.RequestURI]
	switch {
	case b.fail != 0:
		w.WriteHeader(b.fail)
	case canonicalUserID != b.user || !ok:
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, "<Error><Code>AccessDenied</Code></Error>")
	default:
		w.Header().Set("Content-Type", "text/html")
		for name, value := range o.header {
			w.Header().Set(name, value)
		}
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(o.body))
	}
}

func (b *buckets) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.requests)
}

func (b *buckets) set(path string, o object) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.objects[webBucket+path] = o
}

// world is a service with a distribution in front of a bucket and an API.
type world struct {
	*Service
	t       *testing.T
	buckets *buckets
	now     time.Time
	logged  []string
	api     http.Handler
	last    Request
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), buckets: &buckets{user: CanonicalUser(identity), objects: map[string]object{}}}
	w.api = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		rw.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(rw).Encode(map[string]any{"host": r.Host, "uri": r.RequestURI, "path": r.URL.Path, "method": r.Method, "header": r.Header, "body": string(body)})
	})
	w.Service = New(Options{
		Buckets: w.buckets, Now: func() time.Time { return w.now }, Log: func(m string) { w.logged = append(w.logged, m) }, OnRequest: func(r Request) { w.last = r },
		APIs: func(id string) (http.Handler, bool) { return w.api, id == "api1" },
	})
	w.put("AWS::CloudFront::CloudFrontOriginAccessIdentity", identity, nil, `{}`)
	w.put("AWS::Route53::RecordSet", "Record", nil, `{"Name":"`+alias+`.","Type":"A","AliasTarget":{"DNSName":"`+domain+`"}}`)
	return w
}

func (w *world) put(kind, name string, attributes map[string]string, properties string) {
	w.t.Helper()
	if err := w.tryPut(kind, name, attributes, properties); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tryPut(kind, name string, attributes map[string]string, properties string) error {
	w.t.Helper()
	r := resource.Resource{Stack: "stack", LogicalID: name, Type: kind, Account: account, Region: region, Name: name, Attributes: attributes}
	d := json.NewDecoder(strings.NewReader(properties))
	d.UseNumber()
	if err := d.Decode(&r.Properties); err != nil {
		w.t.Fatal(err)
	}
	return w.Put(context.Background(), r)
}

const origins = `[
	{"Id":"web","DomainName":"web.bucket.s3.eu-central-1.amazonaws.com","S3OriginConfig":{"OriginAccessIdentity":"origin-access-identity/cloudfront/EOAI"}},
	{"Id":"api","DomainName":"api1.execute-api.eu-central-1.amazonaws.com","CustomOriginConfig":{"OriginProtocolPolicy":"https-only"}}]`

// distribution declares the distribution with more of its config.
func (w *world) distribution(defaultBehavior, more string) {
	w.t.Helper()
	w.put("AWS::CloudFront::Distribution", distID, map[string]string{"DomainName": domain}, distributionJSON(defaultBehavior, more))
}

const optimized = `"CachePolicyId":"658327ea-f89d-4fab-a63d-7e88639e58f6"`

func distributionJSON(defaultBehavior, more string) string {
	if more != "" {
		more = "," + more
	}
	return `{"DistributionConfig":{"Enabled":true,"Aliases":["` + alias + `"],"DefaultRootObject":"index.html","Origins":` + origins + `,
		"DefaultCacheBehavior":{"TargetOriginId":"web",` + defaultBehavior + `}` + more + `}}`
}

const apiBehavior = `"CacheBehaviors":[{"PathPattern":"/api/*","TargetOriginId":"api","AllowedMethods":["GET","HEAD","OPTIONS","PUT","POST","PATCH","DELETE"],
	"CachePolicyId":"4135ea2d-6df8-44a3-9df3-4b5a84be39ad","OriginRequestPolicyId":"b689b0a8-53d0-40ab-baf2-68738e2966ac"}]`

func (w *world) send(r *http.Request) *http.Response {
	w.t.Helper()
	h, ok := w.Handler(alias)
	if !ok {
		w.t.Fatal("there is no handler of " + alias)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec.Result()
}

// get asks for a target with headers, given as name and value.
func (w *world) get(target string, headers ...string) (*http.Response, string) {
	w.t.Helper()
	return w.ask(http.MethodGet, target, "", headers...)
}

func (w *world) ask(method, target, body string, headers ...string) (*http.Response, string) {
	w.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body == "" {
		r = httptest.NewRequest(method, target, nil)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	resp := w.send(r)
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp, string(data)
}

// template reads a template of the synthesized application.
func template(t *testing.T, name string) map[string]struct {
	Type       string
	Properties map[string]any
} {
	t.Helper()
	dir := os.Getenv("TENANTSTACK_CDK_OUT")
	if dir == "" {
		dir = "../../../cdk.out"
	}
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Skip("the application is not synthesized: ", err)
	}
	var out struct {
		Resources map[string]struct {
			Type       string
			Properties map[string]any
		}
	}
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out.Resources
}
