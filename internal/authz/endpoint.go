package authz

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxDocumentSize bounds a key set and a discovery document, in bytes.
const maxDocumentSize = 1 << 20

// fetchTimeout bounds discovery and the fetch of the keys together.
const fetchTimeout = 5 * time.Second

const maxRedirects = 3

// checkEndpoint parses an absolute URL that keys may come from: https, or http on
// the machine itself, where nobody is in between.
func checkEndpoint(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return nil, fmt.Errorf("%q is no absolute URL", raw)
	case u.User != nil || u.Fragment != "":
		return nil, fmt.Errorf("%q has user information or a fragment", raw)
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return u, nil
	}
	return nil, fmt.Errorf("%q is neither https nor http on a loopback host", raw)
}

// checkIssuerURL takes an issuer that a discovery document can be asked of
// (OpenID Connect Discovery 1.0 section 3: no query and no fragment).
func checkIssuerURL(raw string) error {
	u, err := checkEndpoint(raw)
	if err != nil {
		return err
	}
	if u.RawQuery != "" || u.ForceQuery {
		return fmt.Errorf("%q has a query", raw)
	}
	return nil
}

// isLoopback recognizes loopback addresses, localhost and *.localhost (RFC 6761 section 6.3).
func isLoopback(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return isLocalhost(host)
}

func isLocalhost(host string) bool {
	host = strings.TrimSuffix(asciiLower(host), ".")
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// newHTTPClient is a client that leaves https only on the machine itself.
func newHTTPClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = newTransport()
	}
	return &http.Client{Transport: transport, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return fmt.Errorf("more than %d redirects", maxRedirects)
		}
		if _, err := checkEndpoint(next.URL.String()); err != nil {
			return fmt.Errorf("refusing a redirect: %w", err)
		}
		return checkDowngrade(via[0].URL, next.URL)
	}}
}

// checkDowngrade refuses the step from a URL on https to one on http, loopback or not.
func checkDowngrade(from, to *url.URL) error {
	if from.Scheme == "https" && to.Scheme != "https" {
		return fmt.Errorf("refusing to go from https to %q", to.Redacted())
	}
	return nil
}

// newTransport resolves *.localhost itself: the resolver of the system may ask a
// name server, and a proxy would carry the request off the machine.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 3 * time.Second}
	return &http.Transport{
		Proxy: func(r *http.Request) (*url.URL, error) {
			if isLoopback(r.URL.Hostname()) {
				return nil, nil
			}
			return http.ProxyFromEnvironment(r)
		},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(address)
			if err != nil || !isLocalhost(host) {
				return dialer.DialContext(ctx, network, address)
			}
			conn, err := dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
			if err != nil {
				return dialer.DialContext(ctx, network, net.JoinHostPort("::1", port))
			}
			return conn, nil
		},
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    3 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// source is where the key set is.
type source struct {
	client *http.Client
	issuer string
	// jwksURI is empty when it has to be discovered.
	jwksURI string
}

// fetch gets the key set. Discovery is repeated every time, since an identity
// provider may move its keys.
func (s source) fetch(ctx context.Context) (*keySet, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	// A frozen process does not keep connections alive.
	defer s.client.CloseIdleConnections()
	uri := s.jwksURI
	if uri == "" {
		var err error
		if uri, err = s.discover(ctx); err != nil {
			return nil, err
		}
	}
	data, err := s.get(ctx, uri)
	if err != nil {
		return nil, err
	}
	return parseKeySet(data)
}

// discover asks the issuer for jwks_uri (OpenID Connect Discovery 1.0 sections 4.1 to 4.3).
func (s source) discover(ctx context.Context) (string, error) {
	data, err := s.get(ctx, strings.TrimSuffix(s.issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return "", err
	}
	v, err := parseJSON(data, maxDepth)
	if err != nil {
		return "", fmt.Errorf("reading the discovery document: %w", err)
	}
	if v.kind != jsonObject || v.unclear || v.disguised([]string{"issuer", "jwks_uri"}) {
		return "", errors.New("reading the discovery document: not an object with distinct members")
	}
	if issuer, _ := v.member("issuer"); issuer.kind != jsonString || issuer.text != s.issuer {
		return "", fmt.Errorf("reading the discovery document: issuer is %q, not %q", issuer.text, s.issuer)
	}
	uri, _ := v.member("jwks_uri")
	if uri.kind != jsonString {
		return "", errors.New("reading the discovery document: jwks_uri is missing")
	}
	to, err := checkEndpoint(uri.text)
	if err != nil {
		return "", fmt.Errorf("reading the discovery document: jwks_uri: %w", err)
	}
	from, err := checkEndpoint(s.issuer)
	if err != nil {
		return "", fmt.Errorf("reading the discovery document: issuer: %w", err)
	}
	return uri.text, checkDowngrade(from, to)
}

func (s source) get(ctx context.Context, uri string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
	if err != nil {
		return nil, fmt.Errorf("fetching %q: %w", uri, err)
	}
	request.Header.Set("Accept", "application/json, application/jwk-set+json")
	response, err := s.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("fetching %q: %w", uri, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetching %q: status %d", uri, response.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, maxDocumentSize+1))
	if err != nil {
		return nil, fmt.Errorf("fetching %q: %w", uri, err)
	}
	if len(data) > maxDocumentSize {
		return nil, fmt.Errorf("fetching %q: more than %d bytes", uri, maxDocumentSize)
	}
	return data, nil
}
