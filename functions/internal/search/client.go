// Package search keeps and queries one billing account's index in OpenSearch.
//
// A client knows one index and names it in the path of every request; nothing that a caller
// passes becomes part of a path. Request bodies are built here from typed parameters
// and never name an index either: the domains set rest.action.multi.allow_explicit_index to
// false, so that IAM, which sees method and path alone, bounds what a function reaches.
package search

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Timeouts of one request, connection included.
const (
	queryTimeout = 3 * time.Second
	writeTimeout = 25 * time.Second
)

// maxResponse is the size of a response in bytes that is still read.
const maxResponse = 32 << 20

// transport is common to all clients of the process: they reuse each other's connections.
var transport = func() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = (&net.Dialer{Timeout: time.Second, KeepAlive: 30 * time.Second}).DialContext
	t.TLSHandshakeTimeout = 2 * time.Second
	t.MaxIdleConnsPerHost = 16
	t.IdleConnTimeout = 50 * time.Second
	return t
}()

// Client keeps and queries one index. It is safe for concurrent use.
type Client struct {
	index       string
	base        string
	region      string
	credentials aws.CredentialsProvider
	signer      *v4.Signer
	http        *http.Client
	// patience is the timeout of a query.
	patience time.Duration
}

// indexName allows neither a second index nor a pattern, an alias expression, date math, an escape or
// another path segment.
var indexName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// New makes a client of one index. The endpoint is scheme and host, such as
// https://search-example.eu-central-1.es.amazonaws.com; the index is the billing account. Requests are
// signed with the configuration's credentials and region, with Signature Version 4 for the service es.
func New(cfg aws.Config, endpoint, index string) (*Client, error) {
	if !indexName.MatchString(index) {
		return nil, fmt.Errorf("making a search client: index %q is no billing account: want characters of [a-z0-9-], beginning with a letter or a digit", index)
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil ||
		u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("making a search client: endpoint %q is not of the form https://host", endpoint)
	}
	if cfg.Region == "" || cfg.Credentials == nil {
		return nil, errors.New("making a search client: the AWS configuration has no region or no credentials")
	}
	return &Client{
		index:       index,
		base:        u.Scheme + "://" + u.Host + "/" + index,
		region:      cfg.Region,
		credentials: cfg.Credentials,
		signer:      v4.NewSigner(),
		patience:    queryTimeout,
		http: &http.Client{
			Transport: transport,
			// A signature is for one host.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// call sends one request to the index and decodes the response's body into out, which may be nil.
// The path is empty or begins with a slash, and is a constant of this package.
func (c *Client) call(ctx context.Context, what string, timeout time.Duration, method, path string, body []byte, out any) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := c.exchange(ctx, method, path, body, out)
	if err == nil {
		return nil
	}
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{cause: err}
	}
	e.What = fmt.Sprintf("%s %s", what, c.index)
	return e
}

func (c *Client) exchange(ctx context.Context, method, path string, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	if err := c.sign(ctx, req, body); err != nil {
		return err
	}
	// Every request here may be repeated, and net/http repeats one when a connection that was
	// idle turns out to be dead, as after a pause of the function. An empty value is not sent.
	req.Header["X-Idempotency-Key"] = []string{}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	if err != nil {
		return err
	}
	if len(text) > maxResponse {
		return fmt.Errorf("response of more than %d bytes", maxResponse)
	}
	if resp.StatusCode/100 != 2 {
		return responseError(resp.StatusCode, text)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("decoding the response: %w", err)
	}
	return nil
}

func (c *Client) sign(ctx context.Context, req *http.Request, body []byte) error {
	credentials, err := c.credentials.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("retrieving credentials: %w", err)
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	req.Header.Set("X-Amz-Content-Sha256", hash)
	return c.signer.SignHTTP(ctx, credentials, req, hash, "es", c.region, time.Now())
}
