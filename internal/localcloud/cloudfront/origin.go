package cloudfront

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// origin is where a behavior gets its objects from.
type origin struct {
	id, domain, path string
	custom           map[string]string
	bucket           string // not empty: an S3 bucket
	identity         string // origin access identity of a bucket
	control          string // origin access control of a bucket
	api              string // not empty: a REST API
	scheme, port     string // of other origins
	readTimeout      time.Duration
}

type originConfig struct {
	Id, DomainName, OriginPath, OriginAccessControlId string
	OriginCustomHeaders                               []struct{ HeaderName, HeaderValue string }
	S3OriginConfig                                    *struct{ OriginAccessIdentity string }
	CustomOriginConfig                                *struct {
		OriginProtocolPolicy string
		HTTPPort, HTTPSPort  int
		OriginReadTimeout    int
	}
}

var (
	// bucketDomain are the domain names of a bucket's REST endpoint (S3 User Guide, "Virtual hosting
	// of buckets"). A bucket name may contain dots.
	bucketDomain = regexp.MustCompile(`^(.+)\.s3[.-](?:dualstack\.)?(?:([a-z0-9-]+)\.)?amazonaws\.com(?:\.cn)?$`)
	apiDomain    = regexp.MustCompile(`^([a-z0-9-]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?$`)
)

// identityPrefix is what an S3 origin has before the id of its origin access identity.
const identityPrefix = "origin-access-identity/cloudfront/"

func readOrigin(c originConfig) (*origin, error) {
	o := &origin{id: c.Id, domain: strings.ToLower(c.DomainName), path: strings.TrimSuffix(c.OriginPath, "/"), control: c.OriginAccessControlId, custom: map[string]string{}, readTimeout: 30 * time.Second}
	if o.path != "" && !strings.HasPrefix(o.path, "/") {
		return nil, fmt.Errorf("the origin %s has the OriginPath %q, want one that begins with /", c.Id, c.OriginPath)
	}
	for _, h := range c.OriginCustomHeaders {
		o.custom[http.CanonicalHeaderKey(h.HeaderName)] = h.HeaderValue
	}
	if m := bucketDomain.FindStringSubmatch(o.domain); m != nil && !strings.HasPrefix(m[2], "website-") {
		o.bucket = m[1]
		if c.S3OriginConfig != nil && c.S3OriginConfig.OriginAccessIdentity != "" {
			id, ok := strings.CutPrefix(c.S3OriginConfig.OriginAccessIdentity, identityPrefix)
			if !ok || id == "" {
				return nil, fmt.Errorf("the origin %s has the OriginAccessIdentity %q, want %sID", c.Id, c.S3OriginConfig.OriginAccessIdentity, identityPrefix)
			}
			o.identity = id
		}
		return o, nil
	}
	if c.CustomOriginConfig == nil {
		return nil, fmt.Errorf("the origin %s has the DomainName %q without CustomOriginConfig, and it is no bucket's", c.Id, c.DomainName)
	}
	if m := apiDomain.FindStringSubmatch(o.domain); m != nil {
		o.api = m[1]
		return o, nil
	}
	return o, o.readCustom(c)
}

func (o *origin) readCustom(c originConfig) error {
	custom := c.CustomOriginConfig
	if custom.OriginReadTimeout > 0 {
		o.readTimeout = time.Duration(custom.OriginReadTimeout) * time.Second
	}
	port := 0
	switch custom.OriginProtocolPolicy {
	case "http-only":
		o.scheme, port = "http", custom.HTTPPort
	case "https-only", "match-viewer": // viewers count as connected with TLS
		o.scheme, port = "https", custom.HTTPSPort
	default:
		return fmt.Errorf("the origin %s has the OriginProtocolPolicy %q, want http-only, https-only or match-viewer", c.Id, custom.OriginProtocolPolicy)
	}
	if port != 0 && port != 80 && port != 443 || o.scheme == "http" && port == 443 || o.scheme == "https" && port == 80 {
		o.port = strconv.Itoa(port)
	}
	if host := (&url.URL{Host: o.domain}).Hostname(); host == "" || strings.ContainsAny(o.domain, "/@?# ") {
		return fmt.Errorf("the origin %s has the DomainName %q, which is none", c.Id, c.DomainName)
	}
	return nil
}

// host is the domain name with the port, if it is not the scheme's own.
func (o *origin) host() string {
	if o.port == "" {
		return o.domain
	}
	return net.JoinHostPort(o.domain, o.port)
}

// newTransport reaches custom origins and leaves bodies as they are.
func newTransport() http.RoundTripper {
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		MaxIdleConnsPerHost: 256, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second,
		DisableCompression: true, ForceAttemptHTTP2: true,
	}
}

// handler answers what is asked of the origin of a distribution.
func (s *Service) handler(d *distribution, o *origin) http.Handler {
	switch {
	case o.bucket != "":
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serveBucket(w, r, d, o) })
	case o.api != "":
		if s.o.APIs != nil {
			if h, ok := s.o.APIs(o.api); ok {
				return h
			}
		}
		return failure{http.StatusBadGateway, "The local cloud has no REST API " + o.api + "."}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serveCustom(w, r, o) })
}

// serveBucket asks S3 as the origin access identity, as CloudFront with an origin access control, or
// as nobody.
func (s *Service) serveBucket(w http.ResponseWriter, r *http.Request, d *distribution, o *origin) {
	if s.o.Buckets == nil {
		failure{http.StatusBadGateway, "The local cloud has no buckets."}.ServeHTTP(w, r)
		return
	}
	if o.control != "" {
		s.mu.RLock()
		signs, known := s.controls[o.control]
		s.mu.RUnlock()
		services, ok := s.o.Buckets.(ServiceBucket)
		switch {
		case !known || signs && !ok:
			failure{http.StatusBadGateway, "The local cloud has no origin access control " + o.control + "."}.ServeHTTP(w, r)
			return
		case signs:
			services.ServeService(w, r, o.bucket, "cloudfront.amazonaws.com", d.arn, d.account)
			return
		}
	}
	user := ""
	if o.identity != "" {
		user = CanonicalUser(o.identity)
	}
	s.o.Buckets.ServeOrigin(w, r, o.bucket, user)
}

var errReadTimeout = errors.New("the origin did not answer in time")

// serveCustom asks a real server.
func (s *Service) serveCustom(w http.ResponseWriter, r *http.Request, o *origin) {
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	timer := time.AfterFunc(o.readTimeout, func() { cancel(errReadTimeout) })
	defer timer.Stop()
	proxy := httputil.ReverseProxy{
		Transport: s.o.Transport,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = o.scheme, o.host(), r.Host
			p.Out.URL.RawQuery = p.In.URL.RawQuery
			p.Out.Header["X-Forwarded-For"] = p.In.Header["X-Forwarded-For"]
		},
		ModifyResponse: func(*http.Response) error { timer.Stop(); return nil },
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if errors.Is(context.Cause(ctx), errReadTimeout) {
				failure{http.StatusGatewayTimeout, "CloudFront could not get an answer from " + o.domain + " in time."}.ServeHTTP(w, r)
				return
			}
			s.o.Log(fmt.Sprintf("asking origin %s: %v", o.host(), err))
			failure{http.StatusBadGateway, "CloudFront wasn't able to connect to the origin."}.ServeHTTP(w, r)
		},
	}
	proxy.ServeHTTP(w, r.WithContext(ctx))
}
