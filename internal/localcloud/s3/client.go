package s3

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

const (
	engineRegion = "us-east-1"
	engineHost   = "engine"
	// maxSocket is what the shortest systems take of the path of a Unix socket, in bytes.
	maxSocket = 100
	// engineStart and engineStop bound how long the engine may take to start and to end.
	engineStart, engineStop = 30 * time.Second, 3 * time.Second
)

// engine keeps objects. It is started again when it ends.
type engine struct {
	config      engineConfig
	temporary   string // directory of the socket, if it is not the data's
	transport   *http.Transport
	signer      *v4.Signer
	credentials aws.Credentials
	log         func(string)

	mu      sync.Mutex
	process *process
	closed  bool
}

func startEngine(ctx context.Context, dir string, log func(string)) (*engine, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("starting S3 in %s: %w", dir, err)
	}
	e := &engine{log: log, config: engineConfig{
		Buckets: filepath.Join(dir, "buckets"), Versions: filepath.Join(dir, "versions"), SideCar: filepath.Join(dir, "metadata"),
		Access: randomHex(8), Secret: randomHex(20), Region: engineRegion,
	}}
	for _, d := range []string{e.config.Buckets, e.config.Versions, e.config.SideCar} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("starting S3 in %s: %w", dir, err)
		}
	}
	if e.config.Socket = filepath.Join(dir, "engine.sock"); len(e.config.Socket) > maxSocket {
		if e.temporary, err = os.MkdirTemp("", "s3-"); err != nil {
			return nil, fmt.Errorf("starting S3 in %s: %w", dir, err)
		}
		e.config.Socket = filepath.Join(e.temporary, "engine.sock")
	}
	e.credentials = aws.Credentials{AccessKeyID: e.config.Access, SecretAccessKey: e.config.Secret}
	e.signer = v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	dialer := net.Dialer{}
	e.transport = &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", e.config.Socket)
		},
		MaxIdleConns: 1024, MaxIdleConnsPerHost: 1024, DisableCompression: true,
		WriteBufferSize: 64 << 10, ReadBufferSize: 64 << 10,
	}
	if e.process, err = e.start(ctx); err != nil {
		e.removeSocket()
		return nil, err
	}
	go e.supervise(e.process)
	return e, nil
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

// start starts the process and waits until it listens.
func (e *engine) start(ctx context.Context) (*process, error) {
	p, err := startProcess(e.config)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, engineStart)
	defer cancel()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for {
		if c, err := net.Dial("unix", e.config.Socket); err == nil {
			_ = c.Close()
			return p, nil
		}
		select {
		case <-poll.C:
		case <-p.ended:
			return nil, p.err
		case <-ctx.Done():
			p.stop(ctx)
			return nil, fmt.Errorf("starting the S3 engine: it does not listen: %w", p.err)
		}
	}
}

// supervise starts the engine again when it ends; it gives up when it cannot be started.
func (e *engine) supervise(p *process) {
	for {
		<-p.ended
		e.mu.Lock()
		if e.closed {
			e.mu.Unlock()
			return
		}
		e.log(p.err.Error() + "; starting it again")
		e.transport.CloseIdleConnections()
		next, err := e.start(context.Background())
		if err != nil {
			e.mu.Unlock()
			e.log(err.Error())
			return
		}
		e.process, p = next, next
		e.mu.Unlock()
	}
}

func (e *engine) close() {
	e.mu.Lock()
	e.closed = true
	p := e.process
	e.mu.Unlock()
	e.transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), engineStop)
	defer cancel()
	p.stop(ctx)
	e.removeSocket()
}

func (e *engine) removeSocket() {
	_ = os.Remove(e.config.Socket)
	if e.temporary != "" {
		_ = os.RemoveAll(e.temporary)
	}
}

// engineRequest is a request to the engine.
type engineRequest struct {
	method, bucket string
	// name is the stored name of an object; empty for the bucket itself.
	name   string
	query  url.Values
	header http.Header
	body   io.Reader
	// length of the body in bytes.
	length int64
	// payload is the hash that is signed; not signed if empty.
	payload string
}

// do sends a request as root, which only the front may do once the gate has allowed it.
func (e *engine) do(ctx context.Context, r engineRequest) (*http.Response, error) {
	if r.body == nil {
		r.body, r.length = http.NoBody, 0
	}
	out, err := http.NewRequestWithContext(ctx, r.method, "http://"+engineHost, nil)
	if err != nil {
		return nil, err
	}
	out.URL.Path = "/" + r.bucket
	if r.name != "" {
		out.URL.Path += "/" + r.name
	}
	out.URL.RawPath = escapePath(out.URL.Path)
	out.URL.RawQuery = strings.ReplaceAll(r.query.Encode(), "+", "%20")
	if r.header != nil {
		out.Header = r.header
	}
	if r.length > 0 {
		out.Body, out.ContentLength = io.NopCloser(r.body), r.length
	}
	if r.payload == "" {
		r.payload = gate.UnsignedPayload
	}
	out.Header.Set("X-Amz-Content-Sha256", r.payload)
	out.Header.Set("User-Agent", "localcloud")
	if err := e.signer.SignHTTP(ctx, e.credentials, out, r.payload, "s3", engineRegion, time.Now()); err != nil {
		return nil, fmt.Errorf("signing a request to the S3 engine: %w", err)
	}
	return e.transport.RoundTrip(out)
}

const upperHex = "0123456789ABCDEF"

// escapePath encodes all but the unreserved characters and slashes, as both sides sign it.
func escapePath(path string) string {
	var b strings.Builder
	b.Grow(len(path) + 16)
	for i := range len(path) {
		c := path[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '~', c == '/':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(upperHex[c>>4])
			b.WriteByte(upperHex[c&15])
		}
	}
	return b.String()
}

// maxAnswer of the engine that is read into memory, in bytes: 1000 versions of long keys.
const maxAnswer = 16 << 20

// read sends a request whose answer is small and reads it.
func (e *engine) read(ctx context.Context, r engineRequest) (*http.Response, []byte, *gate.Error) {
	response, err := e.do(ctx, r)
	if err != nil {
		return nil, nil, e.unavailable(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, nil, e.unavailable(err)
	}
	if response.StatusCode >= 300 {
		return response, body, engineError(response.StatusCode, body)
	}
	return response, body, nil
}

// unavailable is the error of an engine that does not answer; SDKs try again.
func (e *engine) unavailable(err error) *gate.Error {
	if !errors.Is(err, context.Canceled) {
		e.log("asking the S3 engine: " + err.Error())
	}
	return &gate.Error{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Message: "Service is unable to handle request."}
}
