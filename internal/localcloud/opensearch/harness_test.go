package opensearch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

const (
	account   = "111111111111"
	region    = "eu-central-1"
	cellARN   = "arn:aws:es:eu-central-1:111111111111:domain/kittens-eu-1-78828d64"
	otherARN  = "arn:aws:es:eu-central-1:111111111111:domain/kittens-acme-1f921683"
	readerARN = "arn:aws:iam::111111111111:role/kittens/tenant/whisker-world/kittens_tenant_whisker-world_Reader_eu-central-1"
	writerARN = "arn:aws:iam::111111111111:role/kittens/cell/eu-1/index-writer/kittens_index_59104a83_ww-7"
	wideARN   = "arn:aws:iam::111111111111:role/wide"
	adminARN  = "arn:aws:iam::111111111111:role/admin"
)

// The policies of the templates.
const (
	readerPolicy = `{"Version":"2012-10-17","Statement":[
		{"Sid":"UseIndex","Effect":"Allow","Action":["es:ESHttpPost"],"Resource":["` + cellARN + `/ww-7/_count","` + cellARN + `/ww-7/_search"]}]}`
	writerPolicy = `{"Version":"2012-10-17","Statement":[
		{"Sid":"UseIndex","Effect":"Allow","Action":["es:ESHttpPost"],"Resource":["` + cellARN + `/ww-7/_bulk","` + cellARN + `/ww-7/_count","` + cellARN + `/ww-7/_delete_by_query","` + cellARN + `/ww-7/_refresh","` + cellARN + `/ww-7/_search"]},
		{"Sid":"MapIndex","Effect":"Allow","Action":["es:ESHttpPut"],"Resource":["` + cellARN + `/ww-7/_mapping"]},
		{"Sid":"CreateIndex","Effect":"Allow","Action":["es:ESHttpPut"],"Resource":["` + cellARN + `/ww-7"]}]}`
	// widePolicy is what a less careful template has: everything below the index.
	widePolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"es:ESHttp*","Resource":"` + cellARN + `/ww-7/*"},
		{"Effect":"Allow","Action":"es:ESHttp*","Resource":"` + cellARN + `/ww-7"}]}`
	adminPolicy  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"es:*","Resource":"*"}]}`
	accessPolicy = `{"Version":"2012-10-17","Statement":[{"Sid":"OnlyEncrypted","Effect":"Deny","Principal":{"AWS":["*"]},"Action":["es:*"],
		"Condition":{"Bool":{"aws:SecureTransport":["false"]}},"Resource":["` + cellARN + `/*"]}]}`
)

// cloud is a gate with roles and a service with domains.
type cloud struct {
	t       testing.TB
	gate    *gate.Gate
	service *Service
}

func newCloud(t testing.TB, engine string) *cloud {
	t.Helper()
	g, err := gate.New(gate.Options{Key: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	trust := document(t, iam.Trust, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	for arn, policy := range map[string]string{readerARN: readerPolicy, writerARN: writerPolicy, wideARN: widePolicy, adminARN: adminPolicy} {
		g.PutRole(gate.Role{ARN: arn, Name: arn[strings.LastIndex(arn, "/")+1:], Account: account, Trust: trust, Identity: []iam.Document{document(t, iam.Identity, policy)}})
	}
	s := New(Options{Gate: g, Engine: engine, Log: func(line string) { t.Log(line) }})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	c := &cloud{t, g, s}
	c.put(cellARN, map[string]any{"AccessPolicies": accessPolicy, "AdvancedOptions": map[string]any{allowExplicitIndex: "false"}, "EngineVersion": "OpenSearch_2.19"})
	c.put(otherARN, nil)
	return c
}

func document(t testing.TB, kind iam.Kind, text string) iam.Document {
	t.Helper()
	d, err := iam.Parse([]byte(text), kind)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (c *cloud) put(arn string, properties map[string]any) {
	c.t.Helper()
	if err := c.service.Put(context.Background(), domainResource(arn, properties)); err != nil {
		c.t.Fatal(err)
	}
}

func domainResource(arn string, properties map[string]any) resource.Resource {
	return resource.Resource{Stack: "cell", LogicalID: "SearchDomain", Type: "AWS::OpenSearchService::Domain", Account: account, Region: region,
		Name: arn[strings.LastIndex(arn, "/")+1:], ARN: arn, Properties: properties}
}

// answer of a domain.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   []byte
}

// decode fills v with the body.
func (a answer) decode(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		a.t.Fatalf("decoding %.300q: %v", a.body, err)
	}
}

// call is a request as role, which is empty for an anonymous one. The request line is sent as it is.
func (c *cloud) call(arn, role, method, target, body string, change ...func(*http.Request)) answer {
	c.t.Helper()
	host := c.service.Endpoint(arn)
	r, err := http.NewRequest(method, "http://"+host, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.URL.Opaque, r.Host = target, host
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, f := range change {
		f(r)
	}
	if role != "" {
		c.sign(r, role, target, body)
	}
	return c.send(r, target, body)
}

// sign signs the target as it is sent, as a hostile client would.
func (c *cloud) sign(r *http.Request, role, target, body string) {
	c.t.Helper()
	credentials, _, err := c.gate.ServiceSession("lambda.amazonaws.com", role, "test", time.Hour)
	if err != nil {
		c.t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(body))
	// The signer reads path and query from URL.
	path, query, _ := strings.Cut(target, "?")
	signed := r.Clone(context.Background())
	signed.URL.Opaque = "//" + r.Host + path
	signed.URL.RawQuery = query
	keys := aws.Credentials{AccessKeyID: credentials.AccessKeyID, SecretAccessKey: credentials.SecretAccessKey, SessionToken: credentials.SessionToken}
	if err := v4.NewSigner().SignHTTP(context.Background(), keys, signed, hex.EncodeToString(sum[:]), "es", region, time.Now()); err != nil {
		c.t.Fatal(err)
	}
	r.Header = signed.Header
}

// send writes the request line itself, since net/http cleans what it is given.
func (c *cloud) send(r *http.Request, target, body string) answer {
	c.t.Helper()
	conn, err := net.Dial("tcp", r.Host)
	if err != nil {
		c.t.Fatal(err)
	}
	defer conn.Close()
	var b bytes.Buffer
	b.WriteString(r.Method + " " + target + " HTTP/1.1\r\nHost: " + r.Host + "\r\n")
	r.Header.Set("Content-Length", itoa(len(body)))
	r.Header.Set("Connection", "close")
	_ = r.Header.Write(&b)
	b.WriteString("\r\n" + body)
	if _, err := conn.Write(b.Bytes()); err != nil {
		c.t.Fatal(err)
	}
	return c.read(conn, r.Method)
}

// spy is an engine that only counts and keeps what it is asked.
type spy struct {
	*httptest.Server
	seen atomic.Int64
	last atomic.Pointer[seenRequest]
	// reply of all requests.
	reply string
}

type seenRequest struct{ method, uri, body string }

func newSpy(t testing.TB) *spy {
	s := &spy{reply: `{"acknowledged":true}`}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.seen.Add(1)
		s.last.Store(&seenRequest{r.Method, r.RequestURI, string(body)})
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, s.reply)
	}))
	t.Cleanup(s.Close)
	return s
}
