// Package localtest starts the local cloud for tests that cross packages.
package localtest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/tenantstack/tenantstack/internal/localcloud"
	"github.com/tenantstack/tenantstack/internal/localcloud/control"
)

// AssemblyEnv names the environment variable with the folder that make synth wrote.
const AssemblyEnv = "TENANTSTACK_CDK_OUT"

// Assembly is the synthesized cloud assembly; the test is skipped where there is none.
func Assembly(t testing.TB) string {
	t.Helper()
	dir := os.Getenv(AssemblyEnv)
	if dir == "" {
		t.Skip(AssemblyEnv + " is not set; make test sets it")
	}
	return dir
}

// Copy copies an assembly, its assets by links, so that a test can change templates.
func Copy(t testing.TB, from string) string {
	t.Helper()
	to := t.TempDir()
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		source, target := filepath.Join(from, e.Name()), filepath.Join(to, e.Name())
		if strings.HasSuffix(e.Name(), ".json") {
			data, err := os.ReadFile(source)
			if err == nil {
				err = os.WriteFile(target, data, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		} else if !e.IsDir() {
			if err := os.Symlink(source, target); err != nil {
				t.Fatal(err)
			}
		}
	}
	return to
}

// Cloud is a running local cloud.
type Cloud struct {
	*localcloud.Cloud
	// HTTP reaches every host below localhost.
	HTTP *http.Client
	t    testing.TB
}

// Start runs an assembly until the test ends. Builds of functions are shared between tests.
func Start(t testing.TB, o localcloud.Options) *Cloud {
	t.Helper()
	if o.Data == "" {
		o.Data = t.TempDir()
	}
	if o.Assembly == "" {
		o.Assembly = Assembly(t)
	}
	if o.Builds == "" {
		o.Builds = Builds(t)
	}
	var log lines
	o.Progress = log.add
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	cloud, err := localcloud.Start(ctx, o)
	if err != nil {
		t.Fatalf("starting the local cloud: %v\n%s", err, log.text())
	}
	t.Cleanup(cloud.Close)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the local cloud said:\n%s", log.text())
		}
	})
	for _, tenant := range cloud.Status().Tenants {
		if tenant.State != control.Ready {
			t.Fatalf("tenant %s: %s: %s", tenant.ID, tenant.State, tenant.Problem)
		}
	}
	return &Cloud{Cloud: cloud, HTTP: Client(cloud.Status().Endpoint), t: t}
}

// Builds is where builds for this machine are kept from one test to the next.
func Builds(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(cache, "tenantstack", "builds")
}

// Client reaches every host below localhost at the address of an endpoint.
func Client(endpoint string) *http.Client {
	address := strings.TrimPrefix(endpoint, "http://")
	dialer := &net.Dialer{}
	return &http.Client{
		Timeout: time.Minute,
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, DialContext: func(ctx context.Context, network, to string) (net.Conn, error) {
			if host, _, err := net.SplitHostPort(to); err == nil && (host == "localhost" || strings.HasSuffix(host, ".localhost")) {
				to = address
			}
			return dialer.DialContext(ctx, network, to)
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// lines collects what is said.
type lines struct {
	mu   sync.Mutex
	said []string
}

func (l *lines) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said = append(l.said, line)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.said, "\n")
}

// Tenant finds a tenant by its id.
func (c *Cloud) Tenant(id string) control.Tenant {
	c.t.Helper()
	for _, t := range c.Status().Tenants {
		if t.ID == id {
			return t
		}
	}
	c.t.Fatalf("there is no tenant %s", id)
	return control.Tenant{}
}

// Token is an access token of a user of a tenant with all scopes of the user, or those given.
func (c *Cloud) Token(tenant, user string, scopes ...string) string {
	c.t.Helper()
	token, err := c.Cloud.Token(context.Background(), control.TokenRequest{Tenant: tenant, User: user, Scopes: scopes})
	if err != nil {
		c.t.Fatalf("token of %s at %s: %v", user, tenant, err)
	}
	return token.AccessToken
}

// TokenFor is an access token that is valid for a time.
func (c *Cloud) TokenFor(tenant, user string, ttl time.Duration) string {
	c.t.Helper()
	token, err := c.Cloud.Token(context.Background(), control.TokenRequest{Tenant: tenant, User: user, Seconds: int(ttl / time.Second)})
	if err != nil {
		c.t.Fatalf("token of %s at %s: %v", user, tenant, err)
	}
	return token.AccessToken
}

// Answer is a response that has been read.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// JSON is the body as an object.
func (a Answer) JSON(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(a.Body, &v); err != nil {
		t.Fatalf("body %q: %v", a.Body, err)
	}
	return v
}

// Request is a request to a tenant's API.
type Request struct {
	Method, URL, Token string
	Header             map[string]string
	// Body is sent as it is if it is a string or bytes, otherwise as JSON.
	Body any
}

// Do sends a request.
func (c *Cloud) Do(r Request) Answer {
	c.t.Helper()
	var body io.Reader
	switch b := r.Body.(type) {
	case nil:
	case string:
		body = strings.NewReader(b)
	case []byte:
		body = bytes.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequest(r.Method, r.URL, body)
	if err != nil {
		c.t.Fatal(err)
	}
	if r.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.Token != "" {
		req.Header.Set("Authorization", "Bearer "+r.Token)
	}
	for k, v := range r.Header {
		req.Header.Set(k, v)
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		c.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return Answer{resp.StatusCode, resp.Header, data}
}

// AWS is a configuration of the SDK's clients as the operator of an account, or as a role.
func (c *Cloud) AWS(account, role, region string) aws.Config {
	c.t.Helper()
	k, err := c.Credentials(account, role)
	if err != nil {
		c.t.Fatal(err)
	}
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(k.Endpoint),
		Credentials: credentials.NewStaticCredentialsProvider(k.AccessKeyID, k.SecretAccessKey, k.SessionToken),
	}
}

// patience is how long something may take that is awaited. Engines start again in 5 s, and in half a minute on a machine that
// does much else; after that, event source mappings wait for up to 10 s before they try again.
const patience = 2 * time.Minute

// Eventually waits until ok is true.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
