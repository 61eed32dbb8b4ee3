package release

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tenantstack/tenantstack/plan"
)

// connecting makes a Connect of a configuration.
func connecting(c aws.Config) func(*Options) {
	clients := NewClients(c)
	return func(o *Options) {
		o.Connect = func(context.Context, plan.Environment) (Clients, error) { return clients, nil }
	}
}

func manySites() []Site {
	var all []Site
	for _, c := range "abcdefghijklmnopqrst" {
		all = append(all, site(strings.Repeat(string(c), 3)))
	}
	return all
}

// failsOnce wants one error for all tenants, soon.
func failsOnce(t *testing.T, c aws.Config, want string) {
	t.Helper()
	start := time.Now()
	o := Options{}
	connecting(c)(&o)
	failures := Failures(New(o).Release(t.Context(), version(t, 1), manySites()))
	if len(failures) != 1 || !strings.HasSuffix(failures[0].Error(), want) || !strings.HasPrefix(failures[0].Error(), "tenants aaa, bbb, ccc, ddd, eee, fff, ggg, hhh and 12 more: ") {
		t.Errorf("failures %v, want one that ends in %q", failures, want)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}

const reachHint = ": check the endpoint, that it runs, and the network"

// closedPort is an endpoint at which nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

func TestConnectionRefused(t *testing.T) {
	endpoint := closedPort(t)
	failsOnce(t, Retrying(endpointConfig(endpoint)), "connecting to S3 at "+endpoint+": connection refused"+reachHint)
}

// Where it accepts and never answers, it is waited for, and not again for every tenant.
func TestSilence(t *testing.T) {
	var asked atomic.Int64
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked.Add(1)
		<-release
	}))
	defer s.Close()
	defer close(release)
	c := endpointConfig(s.URL)
	c.Retryer = adaptive
	failsOnce(t, reaching(c, patience{connect: time.Second, answer: 200 * time.Millisecond}), "connecting to S3 at "+s.URL+": no answer within 200ms"+reachHint)
	if n := asked.Load(); n > 8*attemptsInSilence {
		t.Errorf("it was asked %d times", n)
	}
}

// A port forwarder with nothing behind it accepts and closes.
func TestClosedAtOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	endpoint := "http://" + l.Addr().String()
	failsOnce(t, Retrying(endpointConfig(endpoint)), "connecting to S3 at "+endpoint+": the connection was closed before an answer came"+reachHint)
}

// A slow service that is alive is waited for: what bounds the wait is silence, not the whole.
func TestSlowButAlive(t *testing.T) {
	f := startFakeS3(t, func(f *fakeS3) { f.before = func(*http.Request) { time.Sleep(60 * time.Millisecond) } })
	o := Options{}
	c := endpointConfig(f.URL)
	c.Retryer = adaptive
	connecting(reaching(c, patience{connect: time.Second, answer: time.Second}))(&o)
	r := New(o).Release(t.Context(), version(t, 1), []Site{site("acme")})[0] // some 15 requests, longer in all than the bound of one
	if r.Err != nil || r.Action != Released {
		t.Errorf("%+v", r)
	}
}

// A service that comes back within the attempts of a request is used.
func TestComesBack(t *testing.T) {
	f := startFakeS3(t, nil)
	down := 2
	c := endpointConfig(f.URL)
	c.HTTPClient = sendFunc(func(r *http.Request) (*http.Response, error) {
		if down--; down >= 0 {
			return nil, &url.Error{Op: "Get", URL: r.URL.String(), Err: dialError(syscall.ECONNREFUSED)}
		}
		return http.DefaultClient.Do(r)
	})
	o := Options{}
	connecting(Retrying(c))(&o)
	if r := New(o).Release(t.Context(), version(t, 1), []Site{site("acme")})[0]; r.Err != nil {
		t.Error(r.Err)
	}
}

// Ctrl-C ends the waiting at once.
func TestInterruptedWhileWaiting(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	asked := make(chan struct{}, 100)
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	}))
	defer s.Close()
	defer close(release)
	go func() {
		<-asked
		cancel(errors.New("interrupt"))
	}()
	o := Options{}
	connecting(Retrying(endpointConfig(s.URL)))(&o)
	start := time.Now()
	for _, r := range New(o).Release(ctx, version(t, 1), manySites()) {
		if r.Action != Interrupted {
			t.Errorf("%+v", r)
		}
	}
	if took := time.Since(start); took > usualPatience.connect {
		t.Errorf("it took %s", took)
	}
}

// Nobody can tell whose credentials these are where STS cannot be reached, and no other profile helps.
func TestSTSUnreachable(t *testing.T) {
	endpoint := closedPort(t)
	for _, role := range []string{"", "web-release"} {
		_, err := NewAccounts(endpointConfig(endpoint), role).Connect(t.Context(), env("111111111111"))
		if want := "connecting to STS at " + endpoint + ": connection refused" + reachHint; err == nil || err.Error() != want {
			t.Errorf("with role %q: %v, want %s", role, err, want)
		}
	}
}

type sendFunc func(*http.Request) (*http.Response, error)

func (t sendFunc) Do(r *http.Request) (*http.Response, error) { return t(r) }

func dialError(errno syscall.Errno) error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", errno)}
}

type dialTimeout struct{}

func (dialTimeout) Error() string   { return "i/o timeout" }
func (dialTimeout) Timeout() bool   { return true }
func (dialTimeout) Temporary() bool { return true }

func TestWhyUnreachable(t *testing.T) {
	for _, c := range []struct {
		err      error
		want     string
		attempts int64
	}{
		{dialError(syscall.ECONNREFUSED), "connection refused", attemptsToReach},
		{dialError(syscall.EHOSTUNREACH), "no route to host", attemptsToReach},
		{dialError(syscall.ENETUNREACH), "no route to host", attemptsToReach},
		{&net.OpError{Op: "dial", Net: "tcp", Err: dialTimeout{}}, "no connection within 10s", attemptsInSilence},
		{&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}}, "there is no host of this name", attemptsInVain},
		{&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "server misbehaving", Name: "x"}}, "the name of the host cannot be looked up (server misbehaving)", attemptsToReach},
		{&net.OpError{Op: "proxyconnect", Net: "tcp", Err: dialError(syscall.ECONNREFUSED)}, "connecting to the proxy of HTTPS_PROXY or HTTP_PROXY: connection refused", attemptsToReach},
		{x509.UnknownAuthorityError{}, "x509: certificate signed by unknown authority", attemptsInVain},
		{http.ErrSchemeMismatch, "http: server gave HTTP response to HTTPS client", attemptsInVain},
		{io.EOF, "the connection was closed before an answer came", attemptsToReach},
		{errors.New("strange"), "strange", attemptsToReach},
	} {
		t.Run(c.want, func(t *testing.T) {
			t.Parallel()
			wantUnreachable(t, c.err, c.want, c.attempts)
		})
	}
}

// wantUnreachable wants an error of the transport to be told so, after a number of attempts, and none for what is asked next.
func wantUnreachable(t *testing.T, cause error, why string, attempts int64) {
	const amazon = "https://s3.eu-central-1.amazonaws.com"
	var sent atomic.Int64
	base := endpointConfig("")
	base.BaseEndpoint = nil
	base.HTTPClient = sendFunc(func(r *http.Request) (*http.Response, error) {
		sent.Add(1)
		return nil, &url.Error{Op: "Get", URL: r.URL.String(), Err: cause}
	})
	clients := NewClients(Retrying(base))
	for range 2 { // the second is not sent any more
		_, err := clients.S3.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("acme-web")})
		want := "connecting to S3 at " + amazon + ": " + why + reachHint
		if err = plainly(err); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	if n := sent.Load(); n != attempts {
		t.Errorf("%s: sent %d times, want %d", why, n, attempts)
	}
}
