package cloudfront

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// distribution is a distribution made ready to serve. It is not modified.
type distribution struct {
	id, domain, arn, account, stack string
	enabled                         bool
	aliases                         []string
	rootObject                      string
	origins                         map[string]*origin
	behaviors                       []*behavior // in order; the default one is last
	errors                          map[int]customError
}

// behavior is a cache behavior.
type behavior struct {
	pattern         string
	origin          *origin
	allowed, cached []string
	compress        bool
	private         bool // signed URLs or cookies are required
	cachePolicyID   string
	originPolicyID  string
	headersPolicyID string
	legacy          *legacySettings // nil with a cache policy
	viewerRequest   string          // function ARNs
	viewerResponse  string
}

// customError is what answers instead of an error of the origin.
type customError struct {
	code, responseCode int
	page               string
	ttl                time.Duration
}

type distributionProperties struct {
	DistributionConfig distributionConfig
}

type distributionConfig struct {
	Aliases              []string
	CacheBehaviors       []behaviorConfig
	DefaultCacheBehavior behaviorConfig
	CustomErrorResponses []struct {
		ErrorCode          int
		ErrorCachingMinTTL *float64
		ResponseCode       int
		ResponsePagePath   string
	}
	DefaultRootObject string
	Enabled           bool
	Origins           []originConfig
	OriginGroups      struct {
		Items []struct {
			Id      string
			Members struct {
				Items []struct{ OriginId string }
			}
		}
	}
	Restrictions struct {
		GeoRestriction struct{ RestrictionType string }
	}
	WebACLId string
}

type behaviorConfig struct {
	PathPattern, TargetOriginId                                   string
	AllowedMethods, CachedMethods                                 []string
	CachePolicyId, OriginRequestPolicyId, ResponseHeadersPolicyId string
	Compress                                                      bool
	FunctionAssociations                                          []struct{ EventType, FunctionARN string }
	LambdaFunctionAssociations                                    []struct{ EventType, LambdaFunctionARN string }
	TrustedKeyGroups, TrustedSigners                              []string
	FieldLevelEncryptionId                                        string
	ForwardedValues                                               *forwardedValues
	MinTTL, MaxTTL, DefaultTTL                                    *float64
}

func (s *Service) readDistribution(r resource.Resource) (*distribution, error) {
	var p distributionProperties
	if err := r.Decode(&p); err != nil {
		return nil, err
	}
	c := p.DistributionConfig
	d := &distribution{
		id: r.Name, domain: canonicalHost(r.Attributes["DomainName"]), arn: r.ARN, account: r.Account, stack: r.Stack,
		enabled: c.Enabled, rootObject: strings.TrimPrefix(c.DefaultRootObject, "/"), origins: map[string]*origin{}, errors: map[int]customError{},
	}
	if d.domain == "" {
		d.domain = strings.ToLower(r.Name) + ".cloudfront.net"
	}
	if d.arn == "" {
		d.arn = "arn:aws:cloudfront::" + r.Account + ":distribution/" + r.Name
	}
	for _, alias := range c.Aliases {
		d.aliases = append(d.aliases, canonicalHost(alias))
	}
	for _, oc := range c.Origins {
		o, err := readOrigin(oc)
		if err != nil {
			return nil, fmt.Errorf("creating distribution %s: %w", r, err)
		}
		d.origins[oc.Id] = o
	}
	for _, group := range c.OriginGroups.Items {
		if members := group.Members.Items; len(members) > 0 && d.origins[members[0].OriginId] != nil {
			d.origins[group.Id] = d.origins[members[0].OriginId]
			s.o.Log(fmt.Sprintf("distribution %s: origin group %s always uses its first origin, %s", r, group.Id, members[0].OriginId))
		}
	}
	for i, bc := range append(slices.Clone(c.CacheBehaviors), c.DefaultCacheBehavior) {
		if i == len(c.CacheBehaviors) {
			bc.PathPattern = "*"
		}
		b, err := readBehavior(bc, d)
		if err != nil {
			return nil, fmt.Errorf("creating distribution %s: %w", r, err)
		}
		d.behaviors = append(d.behaviors, b)
		s.name(r, bc)
	}
	if err := readErrors(d, c); err != nil {
		return nil, fmt.Errorf("creating distribution %s: %w", r, err)
	}
	if c.WebACLId != "" {
		s.o.Log(fmt.Sprintf("distribution %s: the web ACL %s is not run", r, c.WebACLId))
	}
	if t := c.Restrictions.GeoRestriction.RestrictionType; t != "" && t != "none" {
		s.o.Log(fmt.Sprintf("distribution %s: the geographic restriction is not run, since viewers have no country here", r))
	}
	return d, nil
}

// name says what a behavior declares that is not run here.
func (s *Service) name(r resource.Resource, c behaviorConfig) {
	for _, l := range c.LambdaFunctionAssociations {
		s.o.Log(fmt.Sprintf("distribution %s: Lambda@Edge function %s (%s of %s) is not run", r, l.LambdaFunctionARN, l.EventType, c.PathPattern))
	}
	if c.FieldLevelEncryptionId != "" {
		s.o.Log(fmt.Sprintf("distribution %s: field-level encryption of %s is not run", r, c.PathPattern))
	}
}

func readBehavior(c behaviorConfig, d *distribution) (*behavior, error) {
	b := &behavior{
		pattern: "/" + strings.TrimPrefix(c.PathPattern, "/"), origin: d.origins[c.TargetOriginId], allowed: c.AllowedMethods, cached: c.CachedMethods,
		compress: c.Compress, private: len(c.TrustedKeyGroups)+len(c.TrustedSigners) > 0,
		cachePolicyID: c.CachePolicyId, originPolicyID: c.OriginRequestPolicyId, headersPolicyID: c.ResponseHeadersPolicyId,
	}
	if c.PathPattern == "*" {
		b.pattern = "*"
	}
	if b.origin == nil {
		return nil, fmt.Errorf("the behavior %s has the origin %q, which is none of the distribution's", c.PathPattern, c.TargetOriginId)
	}
	if b.allowed == nil {
		b.allowed = []string{http.MethodGet, http.MethodHead}
	}
	if b.cached == nil {
		b.cached = []string{http.MethodGet, http.MethodHead}
	}
	if c.CachePolicyId == "" {
		b.legacy = readLegacy(c)
	}
	for _, f := range c.FunctionAssociations {
		switch f.EventType {
		case "viewer-request":
			b.viewerRequest = f.FunctionARN
		case "viewer-response":
			b.viewerResponse = f.FunctionARN
		default:
			return nil, fmt.Errorf("the behavior %s associates function %s with %q, want viewer-request or viewer-response", c.PathPattern, f.FunctionARN, f.EventType)
		}
	}
	return b, nil
}

// defaultErrorTTL is the error caching minimum TTL (CloudFront Developer Guide, "Controlling how long
// CloudFront caches errors").
const defaultErrorTTL = 10 * time.Second

func readErrors(d *distribution, c distributionConfig) error {
	for _, e := range c.CustomErrorResponses {
		custom := customError{code: e.ErrorCode, responseCode: e.ResponseCode, page: e.ResponsePagePath, ttl: defaultErrorTTL}
		if e.ErrorCachingMinTTL != nil {
			custom.ttl = seconds(*e.ErrorCachingMinTTL)
		}
		if custom.responseCode == 0 {
			custom.responseCode = e.ErrorCode
		}
		if custom.page != "" && !strings.HasPrefix(custom.page, "/") {
			return fmt.Errorf("the error page of %d is %q, want a path that begins with /", e.ErrorCode, custom.page)
		}
		d.errors[e.ErrorCode] = custom
	}
	return nil
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// answersTo says whether a distribution takes requests to a name: its own, or an alternate domain name,
// which may begin with a wildcard label (CloudFront Developer Guide, "Using custom URLs").
func (d *distribution) answersTo(host string) bool {
	if host == d.domain || slices.Contains(d.aliases, host) {
		return true
	}
	_, rest, ok := strings.Cut(host, ".")
	return ok && slices.Contains(d.aliases, "*."+rest)
}

// behavior finds the first whose pattern matches the path.
func (d *distribution) behavior(path string) *behavior {
	normalized := normalize(path)
	for _, b := range d.behaviors {
		if match(b.pattern, normalized) {
			return b
		}
	}
	return d.behaviors[len(d.behaviors)-1]
}
