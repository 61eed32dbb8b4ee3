package release

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// patience is how long a service is waited for. A service that is slow and alive is within it: every byte that arrives begins the
// wait for an answer anew.
type patience struct {
	// connect bounds the making of a connection, answer the silence after a request.
	connect, answer time.Duration
}

var usualPatience = patience{connect: 10 * time.Second, answer: 30 * time.Second}

// How often a request is sent to a service that cannot be reached. What the service refuses is another matter (maxAttempts).
const (
	attemptsToReach   = 4
	attemptsInSilence = 2 // each has waited long already
	attemptsInVain    = 1 // what no repetition changes, such as a wrong certificate
)

// Waits between these attempts.
const (
	firstWait = 250 * time.Millisecond
	lastWait  = 2 * time.Second
)

// Unreachable is the error of a service that could not be reached. It says the same for all tenants, whatever was asked of the
// service for each, so that one cause is told once.
type Unreachable struct {
	// Service by its name in the SDK, such as S3.
	Service string
	// Endpoint is scheme, host and port, without the name of a bucket.
	Endpoint string
	// Why it could not be reached.
	Why string

	err      error
	key      string
	attempts int
	// dialing says that there was no connection, so that the service is down for every other request too.
	dialing bool
	// final errors are of a service that was given up.
	final bool
}

func (u *Unreachable) Error() string {
	return fmt.Sprintf("connecting to %s at %s: %s: check the endpoint, that it runs, and the network", u.Service, u.Endpoint, u.Why)
}

// Unwrap returns what the transport said.
func (u *Unreachable) Unwrap() error { return u.err }

// RetryableError reports whether it is of use to send the request again, for the SDK.
func (u *Unreachable) RetryableError() bool { return !u.final }

// plainly is the error of a service that could not be reached without what was asked of it, and any other error as it is.
func plainly(err error) error {
	var u *Unreachable
	if errors.As(err, &u) {
		return u
	}
	return err
}

// reach knows which services of a configuration answer. It is asked before every attempt, and told of what became of it.
type reach struct {
	mu       sync.Mutex
	answered map[string]bool
	down     map[string]*Unreachable
	patience patience
}

// reaching bounds how long a configuration's clients try to reach a service: a few attempts for each request, and none any more
// when one request has been given up for want of a connection, since a release to a thousand tenants sends thousands.
func reaching(c aws.Config, p patience) aws.Config {
	r := &reach{answered: map[string]bool{}, down: map[string]*Unreachable{}, patience: p}
	inner := c.Retryer
	c.Retryer = func() aws.Retryer { return &retryer{inner().(aws.RetryerV2), r} }
	c.APIOptions = append(c.APIOptions[:len(c.APIOptions):len(c.APIOptions)], func(stack *middleware.Stack) error {
		return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("tenantstack:Reach", r.handle), middleware.After)
	})
	buildable, ok := c.HTTPClient.(*awshttp.BuildableClient)
	if c.HTTPClient == nil {
		buildable, ok = awshttp.NewBuildableClient(), true
	}
	if ok {
		c.HTTPClient = buildable.WithDialerOptions(func(d *net.Dialer) { d.Timeout = p.connect }).WithReadTimeout(p.answer)
	}
	return c
}

// handle sends one attempt, next to the transport.
func (r *reach) handle(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	key := awsmiddleware.GetServiceID(ctx) + " " + awsmiddleware.GetRegion(ctx)
	r.mu.Lock()
	down := r.down[key]
	r.mu.Unlock()
	if down != nil {
		return middleware.DeserializeOutput{}, middleware.Metadata{}, down
	}
	out, metadata, err := next.HandleDeserialize(ctx, in)
	var unsent *smithyhttp.RequestSendError
	switch {
	case err == nil:
		r.mu.Lock()
		r.answered[key] = true
		r.mu.Unlock()
	case ctx.Err() == nil && errors.As(err, &unsent):
		u := &Unreachable{Service: awsmiddleware.GetServiceID(ctx), key: key, err: err}
		if req, ok := in.Request.(*smithyhttp.Request); ok {
			u.Endpoint = endpointWithoutBucket(req.URL)
		}
		u.explain(unsent.Err, r.patience)
		err = u
	}
	return out, metadata, err
}

// giveUp remembers that a service is down: there was no connection to it, or it has never answered.
func (r *reach) giveUp(u *Unreachable) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if (u.dialing || !r.answered[u.key]) && r.down[u.key] == nil {
		final := *u
		final.final = true
		r.down[u.key] = &final
	}
}

// endpointWithoutBucket is where a request goes to. S3 has names of buckets in host names (S3 User Guide, "Virtual hosting of
// general purpose buckets").
func endpointWithoutBucket(u *url.URL) string {
	host := u.Host
	if i := strings.LastIndex(host, ".s3"); i >= 0 {
		host = host[i+1:]
	}
	return u.Scheme + "://" + host
}

// explain says why a request could not be sent or had no answer, and what that means for others.
func (u *Unreachable) explain(err error, p patience) {
	var (
		op          *net.OpError
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		timeout     net.Error
		inner       *url.Error
	)
	if errors.As(err, &inner) {
		err = inner.Err // without the URL, which is another one for every tenant
	}
	isOp := errors.As(err, &op)
	u.attempts, u.dialing = attemptsToReach, isOp && (op.Op == "dial" || op.Op == "proxyconnect")
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		u.Why, u.attempts = "there is no host of this name", attemptsInVain
	case errors.As(err, &dns):
		u.Why = "the name of the host cannot be looked up (" + dns.Err + ")"
	case errors.Is(err, syscall.ECONNREFUSED):
		u.Why = "connection refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		u.Why = "no route to host"
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, new(x509.UnknownAuthorityError)), errors.Is(err, http.ErrSchemeMismatch):
		u.Why, u.attempts, u.dialing = err.Error(), attemptsInVain, true
	case errors.As(err, &timeout) && timeout.Timeout() && u.dialing:
		u.Why, u.attempts = fmt.Sprintf("no connection within %s", p.connect), attemptsInSilence
	case errors.As(err, &timeout) && timeout.Timeout(), errors.As(err, new(*awshttp.ResponseTimeoutError)):
		u.Why, u.attempts = fmt.Sprintf("no answer within %s", p.answer), attemptsInSilence
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		strings.Contains(err.Error(), "server closed idle connection"): // net/http has no value for it
		u.Why = "the connection was closed before an answer came"
	case isOp:
		u.Why = op.Err.Error()
	default:
		u.Why = err.Error()
	}
	if isOp && op.Op == "proxyconnect" {
		u.Why = "connecting to the proxy of HTTPS_PROXY or HTTP_PROXY: " + u.Why
	}
}

// retryer repeats requests that could not be sent less often than those that were refused.
type retryer struct {
	aws.RetryerV2
	reach *reach
}

var _ aws.RetryerV2 = (*retryer)(nil)

// RetryDelay is the wait before the next attempt. With an error there is none.
func (r *retryer) RetryDelay(attempt int, err error) (time.Duration, error) {
	var u *Unreachable
	if !errors.As(err, &u) {
		return r.RetryerV2.RetryDelay(attempt, err)
	}
	attempt = max(attempt, 1)
	if attempt >= u.attempts {
		r.reach.giveUp(u)
		return 0, err
	}
	return min(firstWait<<(attempt-1), lastWait), nil
}

// adaptive repeats what is throttled or fails at the service.
func adaptive() aws.Retryer {
	return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
		o.StandardOptions = append(o.StandardOptions, func(o *retry.StandardOptions) { o.MaxAttempts = maxAttempts })
	})
}
