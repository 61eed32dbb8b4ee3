package gate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/tenantstack/tenantstack/iam"
)

const (
	testAccount = "111111111111"
	readerARN   = "arn:aws:iam::111111111111:role/app/Reader"
	otherARN    = "arn:aws:iam::222222222222:role/Other"
)

func policy(t *testing.T, kind iam.Kind, text string) iam.Document {
	t.Helper()
	d, err := iam.Parse([]byte(text), kind)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// clock is a clock that tests move.
type clock struct{ now time.Time }

func newTestGate(t *testing.T) (*Gate, *clock) {
	t.Helper()
	c := &clock{now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)}
	g, err := New(Options{Key: bytes.Repeat([]byte{7}, 32), Now: func() time.Time { return c.now }})
	if err != nil {
		t.Fatal(err)
	}
	lambda := policy(t, iam.Trust, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	g.PutRole(Role{ARN: readerARN, Name: "Reader", Account: testAccount, Trust: lambda, Tags: map[string]string{"team": "a"}, Identity: []iam.Document{
		policy(t, iam.Identity, `{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats"},
			{"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],"Resource":"`+otherARN+`"}]}`)}})
	g.PutRole(Role{ARN: otherARN, Name: "Other", Account: "222222222222", Trust: policy(t, iam.Trust, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":"`+readerARN+`"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x"}}},
		{"Effect":"Allow","Principal":{"AWS":"`+readerARN+`"},"Action":"sts:TagSession"}]}`),
		Identity: []iam.Document{policy(t, iam.Identity, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b-${aws:PrincipalTag/account}/*"}]}`)}})
	return g, c
}

func readerSession(t *testing.T, g *Gate) (Credentials, *Caller) {
	t.Helper()
	c, caller, err := g.ServiceSession("lambda.amazonaws.com", readerARN, "fn", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return c, caller
}

// request is signed by the SDK's own signer.
func request(t *testing.T, c Credentials, at time.Time, service, method, url, body string, change func(*http.Request)) *http.Request {
	t.Helper()
	r := httptest.NewRequest(method, url, strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
	sum := sha256.Sum256([]byte(body))
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
	if service == "s3" {
		r.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	}
	creds := aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
	if err := signer.SignHTTP(context.Background(), creds, r, hex.EncodeToString(sum[:]), service, "eu-central-1", at); err != nil {
		t.Fatal(err)
	}
	r.RequestURI = r.URL.RequestURI()
	if change != nil {
		change(r)
	}
	return r
}

func hash(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

func TestAuthenticate(t *testing.T) {
	g, clock := newTestGate(t)
	session, _ := readerSession(t, g)
	stranger, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	stranger.PutRole(*g.role(readerARN))
	foreign, _ := readerSession(t, stranger)
	tests := []struct {
		name        string
		credentials Credentials
		service     string
		url         string
		change      func(*http.Request)
		after       time.Duration
		want        string // code; none if empty
	}{
		{name: "session", credentials: session},
		{name: "operator", credentials: g.Operator(testAccount)},
		{name: "query and odd path", credentials: session, url: "http://127.0.0.1/a%2Fb/c%20d/..%2f?b=2&a=1&a=0&c=x%2By+z&d"},
		{name: "S3 path", credentials: session, service: "s3", url: "http://127.0.0.1/bucket/a%20b/c+d/%C3%A9/..%2F~x?prefix=a%2Fb"},
		{name: "unsigned", change: func(r *http.Request) { r.Header.Del("Authorization") }, credentials: session, want: "MissingAuthenticationTokenException"},
		{name: "key without its token", credentials: session, change: func(r *http.Request) { r.Header.Del("X-Amz-Security-Token") }, want: "UnrecognizedClientException"},
		{name: "token of another session", credentials: session, change: func(r *http.Request) {
			other, _ := readerSession(t, g)
			r.Header.Set("X-Amz-Security-Token", other.SessionToken)
		}, want: "UnrecognizedClientException"},
		{name: "token of another cloud", credentials: foreign, want: "UnrecognizedClientException"},
		{name: "guessed operator", credentials: Credentials{AccessKeyID: "AKIA" + testAccount + "AAAA", SecretAccessKey: "x"}, want: "UnrecognizedClientException"},
		{name: "wrong secret", credentials: Credentials{AccessKeyID: session.AccessKeyID, SecretAccessKey: "x", SessionToken: session.SessionToken}, want: "InvalidSignatureException"},
		{name: "operator with a wrong secret", credentials: Credentials{AccessKeyID: g.Operator(testAccount).AccessKeyID, SecretAccessKey: "x"}, want: "InvalidSignatureException"},
		{name: "another method", credentials: session, change: func(r *http.Request) { r.Method = "PUT" }, want: "InvalidSignatureException"},
		{name: "another path", credentials: session, change: func(r *http.Request) { r.RequestURI = "/other" }, want: "InvalidSignatureException"},
		{name: "another query", credentials: session, change: func(r *http.Request) { r.URL.RawQuery = "a=1" }, want: "InvalidSignatureException"},
		{name: "another host", credentials: session, change: func(r *http.Request) { r.Host = "example.com" }, want: "InvalidSignatureException"},
		{name: "another target", credentials: session, change: func(r *http.Request) { r.Header.Set("X-Amz-Target", "DynamoDB_20120810.Scan") }, want: "InvalidSignatureException"},
		{name: "an unsigned header of AWS", credentials: session, change: func(r *http.Request) { r.Header.Set("X-Amz-Acl", "public-read") }, want: "InvalidSignatureException"},
		{name: "another declared body", credentials: session, change: func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", hash("other")) }, want: "InvalidSignatureException"},
		{name: "unsigned body", credentials: session, change: func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", UnsignedPayload) }, want: "InvalidSignatureException"},
		{name: "another service", credentials: session, service: "sqs", want: "InvalidSignatureException"},
		{name: "two headers", credentials: session, change: func(r *http.Request) { r.Header.Add("Authorization", "AWS4-HMAC-SHA256 x") }, want: "IncompleteSignatureException"},
		{name: "no signature", credentials: session, change: func(r *http.Request) {
			r.Header.Set("Authorization", strings.Split(r.Header.Get("Authorization"), ", Signature")[0])
		}, want: "IncompleteSignatureException"},
		{name: "another algorithm", credentials: session, change: func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, want: "IncompleteSignatureException"},
		{name: "host not signed", credentials: session, change: func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), ";host;", ";", 1))
		}, want: "IncompleteSignatureException"},
		{name: "late", credentials: session, after: 6 * time.Minute, want: "InvalidSignatureException"},
		{name: "early", credentials: session, after: -6 * time.Minute, want: "InvalidSignatureException"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.url == "" {
				tt.url = "http://127.0.0.1/"
			}
			if tt.service == "" {
				tt.service = "dynamodb"
			}
			want := tt.service
			if tt.name == "another service" {
				want = "dynamodb"
			}
			r := request(t, tt.credentials, clock.now.Add(-tt.after), tt.service, "POST", tt.url, "{}", tt.change)
			caller, _, problem := g.Authenticate(r, want, hash("{}"))
			if problem == nil && tt.want != "" || problem != nil && problem.Code != tt.want {
				t.Fatalf("Authenticate = %v, want %q", problem, tt.want)
			}
			if problem == nil && caller.Account != testAccount {
				t.Errorf("caller = %+v", caller)
			}
		})
	}
}

func TestAuthenticatePresigned(t *testing.T) {
	g, clock := newTestGate(t)
	session, _ := readerSession(t, g)
	presign := func(method, url string, header map[string]string) *http.Request {
		r := httptest.NewRequest(method, url+"?X-Amz-Expires=300", nil)
		for k, v := range header {
			r.Header.Set(k, v)
		}
		signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping, o.DisableHeaderHoisting = true, true })
		creds := aws.Credentials{AccessKeyID: session.AccessKeyID, SecretAccessKey: session.SecretAccessKey, SessionToken: session.SessionToken}
		signed, _, err := signer.PresignHTTP(context.Background(), creds, r, UnsignedPayload, "s3", "eu-central-1", clock.now)
		if err != nil {
			t.Fatal(err)
		}
		out := httptest.NewRequest(method, signed, nil)
		out.RequestURI = out.URL.RequestURI()
		for k, v := range header {
			out.Header.Set(k, v)
		}
		return out
	}
	tests := []struct {
		name   string
		change func(*http.Request)
		after  time.Duration
		ok     bool
	}{
		{name: "as signed", ok: true},
		{name: "in its last second", after: 300 * time.Second, ok: true},
		{name: "expired", after: 301 * time.Second},
		{name: "another key", change: func(r *http.Request) { r.RequestURI = strings.Replace(r.RequestURI, "photo", "other", 1) }},
		{name: "another type", change: func(r *http.Request) { r.Header.Set("Content-Type", "text/html") }},
		{name: "longer validity", change: func(r *http.Request) {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "X-Amz-Expires=300", "X-Amz-Expires=900", 1)
		}},
		{name: "a parameter more", change: func(r *http.Request) { r.URL.RawQuery += "&response-content-type=text/html" }},
		{name: "a header of AWS more", change: func(r *http.Request) { r.Header.Set("X-Amz-Acl", "public-read") }},
		{name: "twice", change: func(r *http.Request) { r.URL.RawQuery += "&X-Amz-Expires=900" }},
		{name: "without its token", change: func(r *http.Request) {
			q := r.URL.Query()
			q.Del("X-Amz-Security-Token")
			r.URL.RawQuery = q.Encode()
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := clock.now
			defer func() { clock.now = start }()
			r := presign("PUT", "http://127.0.0.1/bucket/photo", map[string]string{"Content-Type": "image/png", "If-None-Match": "*"})
			clock.now = clock.now.Add(tt.after)
			if tt.change != nil {
				tt.change(r)
			}
			if _, _, problem := g.Authenticate(r, "s3", ""); (problem == nil) != tt.ok {
				t.Errorf("Authenticate = %v, want ok %v", problem, tt.ok)
			}
		})
	}
}

func TestSessions(t *testing.T) {
	g, clock := newTestGate(t)
	session, _ := readerSession(t, g)
	try := func(g *Gate) *Error {
		_, _, problem := g.Authenticate(request(t, session, clock.now, "dynamodb", "POST", "http://127.0.0.1/", "{}", nil), "dynamodb", hash("{}"))
		return problem
	}
	again, err := New(Options{Key: bytes.Repeat([]byte{7}, 32), Now: func() time.Time { return clock.now }})
	if err != nil {
		t.Fatal(err)
	}
	again.PutRole(*g.role(readerARN))
	if problem := try(again); problem != nil {
		t.Errorf("after a restart: %v", problem)
	}
	clock.now = clock.now.Add(time.Hour)
	if problem := try(g); problem != errExpiredToken {
		t.Errorf("after an hour: %v, want %v", problem, errExpiredToken)
	}
	clock.now = clock.now.Add(-time.Minute)
	g.RemoveRole(readerARN)
	if problem := try(g); problem != errInvalidToken {
		t.Errorf("without its role: %v, want %v", problem, errInvalidToken)
	}
	if _, _, err := again.ServiceSession("apigateway.amazonaws.com", readerARN, "fn", time.Hour); err == nil {
		t.Error("a service that the trust policy does not name got a session")
	}
}

func TestAuthorize(t *testing.T) {
	var events []Event
	g, _ := newTestGate(t)
	g.onDecision = func(e Event) { events = append(events, e) }
	_, caller := readerSession(t, g)
	events = nil
	get := Access{Action: "dynamodb:GetItem", Resource: "arn:aws:dynamodb:eu-central-1:111111111111:table/cats"}
	if denied := g.Authorize(caller, nil, get); denied != nil {
		t.Errorf("Authorize = %v", denied)
	}
	get.Resource = "arn:aws:dynamodb:eu-central-1:111111111111:table/dogs"
	denied := g.Authorize(caller, nil, Access{Action: "dynamodb:GetItem", Resource: "arn:aws:dynamodb:eu-central-1:111111111111:table/cats"}, get)
	const want = "User: arn:aws:sts::111111111111:assumed-role/Reader/fn is not authorized to perform: dynamodb:GetItem on resource: " +
		"arn:aws:dynamodb:eu-central-1:111111111111:table/dogs because no identity-based policy allows the dynamodb:GetItem action"
	if denied == nil || denied.Message != want || denied.Code != "AccessDeniedException" {
		t.Fatalf("Authorize = %v, want %s", denied, want)
	}
	if len(events) != 3 || !events[1].Allowed || events[2].Allowed || events[2].Decision == nil || events[2].Role != readerARN {
		t.Errorf("events = %+v", events)
	}
	if denied := g.Authorize(nil, nil, get); denied == nil {
		t.Error("an anonymous caller is allowed")
	}
	deny := policy(t, iam.Resource, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`)
	ok := Access{Action: "dynamodb:GetItem", Resource: "arn:aws:dynamodb:eu-central-1:111111111111:table/cats", Policies: []iam.Document{deny}}
	if denied := g.Authorize(caller, nil, ok); denied != nil {
		t.Errorf("the endpoint does not count as one with TLS: %v", denied)
	}
}

func TestAssumeRole(t *testing.T) {
	g, _ := newTestGate(t)
	_, caller := readerSession(t, g)
	in := AssumeRole{RoleARN: otherARN, SessionName: "s1", ExternalID: "x", Tags: map[string]string{"account": "42"}, Transitive: []string{"account"}}
	_, assumed, problem := g.AssumeRole(caller, nil, in)
	if problem != nil {
		t.Fatal(problem)
	}
	if assumed.ARN != "arn:aws:sts::222222222222:assumed-role/Other/s1" {
		t.Errorf("ARN = %s", assumed.ARN)
	}
	for resource, want := range map[string]bool{"arn:aws:s3:::b-42/x": true, "arn:aws:s3:::b-43/x": false} {
		denied := g.Authorize(assumed, nil, Access{Action: "s3:GetObject", Resource: resource, ResourceAccount: "222222222222"})
		if (denied == nil) != want {
			t.Errorf("%s: %v, want allowed %v", resource, denied, want)
		}
	}
	session := in
	session.Policies = []iam.Document{policy(t, iam.Session, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}`)}
	_, narrowed, problem := g.AssumeRole(caller, nil, session)
	if problem != nil {
		t.Fatal(problem)
	}
	if denied := g.Authorize(narrowed, nil, Access{Action: "s3:GetObject", Resource: "arn:aws:s3:::b-42/x", ResourceAccount: "222222222222"}); denied == nil || !strings.HasSuffix(denied.Message, "because no session policy allows the s3:GetObject action") {
		t.Errorf("beyond the session policy: %v", denied)
	}
	for name, change := range map[string]func(*AssumeRole){
		"without the external id": func(in *AssumeRole) { in.ExternalID = "" },
		"of a role that is not":   func(in *AssumeRole) { in.RoleARN = "arn:aws:iam::222222222222:role/None" },
		"of the own role":         func(in *AssumeRole) { in.RoleARN = readerARN },
		"with a source identity":  func(in *AssumeRole) { in.SourceIdentity = "eve" },
		"with an odd name":        func(in *AssumeRole) { in.SessionName = "a b" },
		"for too long":            func(in *AssumeRole) { in.Duration = 2 * time.Hour },
	} {
		changed := in
		change(&changed)
		if _, _, problem := g.AssumeRole(caller, nil, changed); problem == nil {
			t.Errorf("AssumeRole %s is allowed", name)
		}
	}
}

// echo is a service that tells who called.
type echo struct{}

func (echo) Serve(w http.ResponseWriter, c *Call) {
	_ = json.NewEncoder(w).Encode(map[string]string{"arn": c.Caller.ARN, "region": c.Region, "body": string(c.Body)})
}

func (echo) WriteError(w http.ResponseWriter, _ *http.Request, e *Error, id string) {
	e.WriteJSON(w, "1.0", id)
}

func TestFront(t *testing.T) {
	g, clock := newTestGate(t)
	session, _ := readerSession(t, g)
	f := NewFront(g)
	f.Handle("dynamodb", echo{})
	tests := []struct {
		name    string
		service string
		change  func(*http.Request)
		status  int
		want    string
	}{
		{"signed", "dynamodb", nil, 200, `"region":"eu-central-1"`},
		{"unsigned", "dynamodb", func(r *http.Request) { r.Header.Del("Authorization") }, 400, "MissingAuthenticationTokenException"},
		{"unsigned and of no service", "dynamodb", func(r *http.Request) { r.Header.Del("Authorization"); r.Header.Del("X-Amz-Target") }, 403, "<Code>AccessDenied</Code>"},
		{"service that is not there", "kms", nil, 501, "no service kms"},
		{"credential without a service", "dynamodb", func(r *http.Request) {
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x")
			r.Header.Del("X-Amz-Target")
		}, 403, "<Code>AccessDenied</Code>"},
		{"malformed", "dynamodb", func(r *http.Request) { r.Header.Set("X-Amz-Date", "now") }, 400, "IncompleteSignatureException"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			f.ServeHTTP(w, request(t, session, clock.now, tt.service, "POST", "http://127.0.0.1/", "{}", tt.change))
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, tt.status, tt.want)
			}
		})
	}
}

func BenchmarkAuthenticateAndAuthorize(b *testing.B) {
	g, clock := newTestGate(&testing.T{})
	session, _, err := g.ServiceSession("lambda.amazonaws.com", readerARN, "fn", time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	r := request(&testing.T{}, session, clock.now, "dynamodb", "POST", "http://127.0.0.1/", "{}", nil)
	h := hash("{}")
	access := Access{Action: "dynamodb:GetItem", Resource: "arn:aws:dynamodb:eu-central-1:111111111111:table/cats"}
	for b.Loop() {
		caller, _, problem := g.Authenticate(r, "dynamodb", h)
		if problem == nil {
			problem = g.Authorize(caller, nil, access)
		}
		if problem != nil {
			b.Fatal(problem)
		}
	}
}
