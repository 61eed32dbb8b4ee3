// Package cloudfront is the content delivery network of the local cloud: distributions with their
// cache behaviors, functions, policies and cache, in front of buckets, REST APIs and real servers,
// and the Route 53 records that name them.
package cloudfront

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// Bucket reads buckets for distributions. The request's URL is the key below /, still escaped as the
// viewer sent it; its Host is the bucket's domain name.
type Bucket interface {
	// ServeOrigin answers a request of an origin access identity, by its canonical user. The
	// bucket policy decides. An empty canonicalUserID is an anonymous request.
	ServeOrigin(w http.ResponseWriter, r *http.Request, bucket, canonicalUserID string)
}

// ServiceBucket is a Bucket that also knows origin access controls.
type ServiceBucket interface {
	Bucket
	// ServeService answers a request of a service principal such as cloudfront.amazonaws.com, with
	// aws:SourceArn and aws:SourceAccount for the bucket policy.
	ServeService(w http.ResponseWriter, r *http.Request, bucket, principal, sourceARN, sourceAccount string)
}

// Request is what OnRequest is told of.
type Request struct {
	// Time when it arrived, and how long the answer took.
	Time     time.Time
	Duration time.Duration
	// DistributionID answered Host, Method and Path.
	DistributionID, Host, Method, Path string
	// Status of the answer and its size in bytes.
	Status int
	Bytes  int64
	// Result is X-Cache, such as "Hit from cloudfront".
	Result string
	// ID is X-Amz-Cf-Id.
	ID string
}

// Options of the service.
type Options struct {
	// Buckets are the origins in S3. Required for distributions that have such.
	Buckets Bucket
	// APIs finds the handler of a REST API, to which the request comes with the stage in its path.
	APIs func(restAPIID string) (http.Handler, bool)
	// Localize rewrites host names in the value of a response header for the laptop. Optional.
	Localize func(headerName, value string) string
	// Now is the clock. Optional.
	Now func() time.Time
	// OnRequest is told of every answered request. It must not block. Optional.
	OnRequest func(Request)
	// Log takes what functions log, and what a distribution declares that is not run here. Optional.
	Log func(message string)
	// Transport reaches custom origins. Optional.
	Transport http.RoundTripper
}

// Service holds all distributions. It is a resource.Provider, and a gate.Service named cloudfront.
type Service struct {
	o     Options
	cache *cache

	mu            sync.RWMutex
	distributions map[string]*distribution // by id
	functions     map[string]*function     // by ARN
	headers       map[string]*headersPolicy
	caching       map[string]*cachePolicy
	forwarding    map[string]*originRequestPolicy
	identities    map[string]string   // origin access identity → canonical user
	controls      map[string]bool     // origin access control → whether it signs
	records       map[string][]record // by resource
	hosts         map[string]string   // alias or domain name → distribution id
	invalidations map[string][]invalidation
}

// New makes a service without distributions.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Localize == nil {
		o.Localize = func(_, value string) string { return value }
	}
	if o.OnRequest == nil {
		o.OnRequest = func(Request) {}
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	if o.Transport == nil {
		o.Transport = newTransport()
	}
	return &Service{
		o: o, cache: newCache(),
		distributions: map[string]*distribution{}, functions: map[string]*function{}, headers: managedHeadersPolicies(),
		caching: managedCachePolicies(), forwarding: managedOriginRequestPolicies(),
		identities: map[string]string{}, controls: map[string]bool{}, records: map[string][]record{},
		hosts: map[string]string{}, invalidations: map[string][]invalidation{},
	}
}

// CanonicalUser is the canonical user of an origin access identity, which
// Fn::GetAtt S3CanonicalUserId returns: 64 hexadecimal digits derived from its id.
func CanonicalUser(oaiID string) string {
	sum := sha256.Sum256([]byte("origin access identity " + oaiID))
	return hex.EncodeToString(sum[:])
}

// Site is a name under which a distribution answers.
type Site struct {
	// Host is the name of a Route 53 record, or the distribution's own if no record names it.
	Host string
	// DistributionID and the stack that declares the distribution.
	DistributionID, Stack string
}

// Hosts lists the names of all distributions, sorted.
func (s *Service) Hosts() []Site {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var sites []Site
	named := map[string]bool{}
	for host, id := range s.hosts {
		d := s.distributions[id]
		if d == nil || host == d.domain {
			continue
		}
		named[id] = true
		sites = append(sites, Site{Host: host, DistributionID: id, Stack: d.stack})
	}
	for id, d := range s.distributions {
		if !named[id] {
			sites = append(sites, Site{Host: d.domain, DistributionID: id, Stack: d.stack})
		}
	}
	slices.SortFunc(sites, func(a, b Site) int { return strings.Compare(a.Host, b.Host) })
	return sites
}

// Handler answers requests to a host: the name of a record, a distribution's domain name or its id.
func (s *Service) Handler(host string) (http.Handler, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	id, ok := host, s.distributions[host] != nil
	if !ok {
		id, ok = s.hosts[canonicalHost(host)]
	}
	if !ok || s.distributions[id] == nil {
		return nil, false
	}
	name := canonicalHost(host)
	if id == host {
		name = s.distributions[id].domain
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, id, name) }), true
}

func canonicalHost(host string) string { return strings.TrimSuffix(strings.ToLower(host), ".") }

// find is the distribution as it is now.
func (s *Service) find(id string) *distribution {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.distributions[id]
}

// Types are the resource types of the provider.
func (s *Service) Types() []string {
	return []string{
		"AWS::CloudFront::Distribution", "AWS::CloudFront::Function", "AWS::CloudFront::CloudFrontOriginAccessIdentity",
		"AWS::CloudFront::OriginAccessControl", "AWS::CloudFront::ResponseHeadersPolicy", "AWS::CloudFront::CachePolicy",
		"AWS::CloudFront::OriginRequestPolicy", "AWS::Route53::RecordSet", "AWS::Route53::RecordSetGroup",
	}
}

var _ resource.Provider = (*Service)(nil)
