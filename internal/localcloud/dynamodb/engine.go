package dynamodb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	dataTarget    = "DynamoDB_20120810."
	streamsTarget = "DynamoDBStreams_20120810."
	// enginePrefix begins every ARN of DynamoDB Local.
	enginePrefix = "arn:aws:dynamodb:ddblocal:000000000000:"
	// patience is how long a request waits for an engine that is being started again.
	patience = 20 * time.Second
	// retryPause between two attempts to reach an engine that refuses connections.
	retryPause = 20 * time.Millisecond
)

// local is DynamoDB Local, wherever it listens just now.
type local struct {
	transport *http.Transport

	mu  sync.RWMutex
	url *url.URL
	// named is closed when the engine has an address.
	named chan struct{}
}

func newLocal() *local {
	// The engine closes connections that are idle for 30 s.
	return &local{named: make(chan struct{}), transport: &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 2 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConnsPerHost: 512, IdleConnTimeout: 20 * time.Second, DisableCompression: true,
		WriteBufferSize: 32 << 10, ReadBufferSize: 32 << 10,
	}}
}

// set names the address; empty while there is none.
func (l *local) set(address string) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		u = nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.transport.CloseIdleConnections()
	had := l.url != nil
	l.url = u
	switch {
	case u != nil && !had:
		close(l.named)
	case u == nil && had:
		l.named = make(chan struct{})
	}
}

func (l *local) address() (*url.URL, <-chan struct{}) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.url, l.named
}

// answer of the engine.
type answer struct {
	status int
	body   []byte
}

// do sends a request. While nobody listens, so that it cannot have been done, it is sent again.
func (l *local) do(ctx context.Context, h home, target string, body []byte) (answer, error) {
	var waited time.Duration
	for {
		u, named := l.address()
		if u != nil {
			out, err := l.send(ctx, u, h, target, body)
			var dial *net.OpError
			if err == nil || !errors.As(err, &dial) || dial.Op != "dial" || waited >= patience {
				return out, err
			}
			named = nil
		}
		if waited >= patience {
			return answer{}, errors.New("it does not run")
		}
		begin := time.Now()
		if err := pause(ctx, named, u == nil, patience-waited); err != nil {
			return answer{}, err
		}
		waited += time.Since(begin)
	}
}

// pause waits for an address, or a moment where there is one.
func pause(ctx context.Context, named <-chan struct{}, absent bool, most time.Duration) error {
	if !absent {
		most = retryPause
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-named:
	case <-timer.C:
	}
	return nil
}

var (
	contentType = []string{"application/x-amz-json-1.0"}
	noAgent     = []string{""}
)

func (l *local) send(ctx context.Context, u *url.URL, h home, target string, body []byte) (answer, error) {
	req := (&http.Request{
		Method: http.MethodPost, URL: u, Host: u.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
		GetBody: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil },
		Header: http.Header{
			"Content-Type": contentType, "User-Agent": noAgent, "X-Amz-Target": {target},
			// The engine checks no signature; access key and region choose the database.
			"Authorization": {"AWS4-HMAC-SHA256 Credential=" + h.account + "/20260101/" + h.region + "/dynamodb/aws4_request, SignedHeaders=host, Signature=0"},
		},
	}).WithContext(ctx)
	resp, err := l.transport.RoundTrip(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	var data []byte
	if n := resp.ContentLength; n >= 0 && n < 64<<20 {
		data = make([]byte, n)
		_, err = io.ReadFull(resp.Body, data)
	} else {
		data, err = io.ReadAll(resp.Body)
	}
	return answer{resp.StatusCode, data}, err
}

// engineError is an error that the engine answered to a request of the service itself.
type engineError struct {
	Type    string `json:"__type"`
	Message string `json:"Message"`
}

func (e *engineError) Error() string { return e.code() + ": " + e.Message }

func (e *engineError) code() string { return e.Type[strings.LastIndexByte(e.Type, '#')+1:] }

// is says whether an error is the engine's of a code.
func is(err error, code string) bool {
	var e *engineError
	return errors.As(err, &e) && e.code() == code
}

// call has the engine do something for the service itself; out may be nil.
func (l *local) call(ctx context.Context, h home, target string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	a, err := l.do(ctx, h, target, body)
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		e := &engineError{}
		if json.Unmarshal(a.body, e) != nil || e.Type == "" {
			e.Type, e.Message = fmt.Sprintf("status %d", a.status), string(a.body)
		}
		return e
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(a.body, out)
}
