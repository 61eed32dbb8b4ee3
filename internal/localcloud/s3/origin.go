package s3

import (
	"net/http"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// ServeOrigin answers GET and HEAD of an object for a CloudFront distribution with an origin access
// identity, whose canonical user the bucket policy has to let in; empty is an anonymous request
// (CloudFront Developer Guide, "Use an origin access identity (legacy, not recommended)"). The path
// of the request is the key. A request of nobody that has a signature in its query is as much worth
// as that.
func (s *Service) ServeOrigin(w http.ResponseWriter, r *http.Request, bucket, canonicalUserID string) {
	var caller *gate.Caller
	if canonicalUserID == "" && s.endpoint != nil && presigned(r) {
		s.ServeHTTP(w, s.atEndpoint(r, bucket))
		return
	}
	if canonicalUserID != "" {
		caller = &gate.Caller{ARN: canonicalUserID}
	}
	s.serveOrigin(w, r, bucket, caller, nil)
}

// atEndpoint is a request to the bucket's domain name, as the client signed it: for the endpoint here, with
// the bucket in the path (docs/aws-differences.md, 86).
func (s *Service) atEndpoint(r *http.Request, bucket string) *http.Request {
	out := r.Clone(r.Context())
	out.Header.Del("X-Amz-Cf-Id") // of CloudFront, and in no signature
	_, out.Host, _ = strings.Cut(s.endpoint(), "://")
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if path == "" {
		path = r.URL.EscapedPath()
	}
	out.URL.Path = "/" + bucket + r.URL.Path
	out.URL.RawPath = "/" + bucket + path
	out.RequestURI = out.URL.RawPath + "?" + r.URL.RawQuery
	return out
}

// ServeService answers GET and HEAD of an object for an AWS service on behalf of a resource of an
// account, as CloudFront asks with an origin access control (CloudFront Developer Guide, "Restrict access to an
// Amazon S3 origin").
func (s *Service) ServeService(w http.ResponseWriter, r *http.Request, bucket, service, sourceARN, sourceAccount string) {
	s.serveOrigin(w, r, bucket, &gate.Caller{ARN: service}, iam.Context{
		"aws:SourceArn": {sourceARN}, "aws:SourceAccount": {sourceAccount},
		"aws:PrincipalIsAWSService": {"true"}, "aws:PrincipalServiceName": {service},
	})
}

func (s *Service) serveOrigin(w http.ResponseWriter, r *http.Request, name string, caller *gate.Caller, extra iam.Context) {
	key, _ := strings.CutPrefix(r.URL.Path, "/")
	c := &call{s: s, w: w, http: r, ctx: r.Context(), id: gate.NewRequestID(), caller: caller, header: r.Header,
		target: target{name, key}, query: map[string]string{}, bucket: s.buckets.get(name)}
	if problem := c.readOrigin(extra); problem != nil {
		c.fail(problem)
	}
}

func (c *call) readOrigin(extra iam.Context) *gate.Error {
	switch {
	case c.bucket == nil:
		return errNoSuchBucket
	case c.http.Method != http.MethodGet && c.http.Method != http.MethodHead:
		return errMethodNotAllowed
	}
	c.extra = extra
	// The bucket itself would be listed, which a distribution's root never means here.
	if c.target.key == "" {
		if denied := c.authorize(c.on(c.bucket, "s3:ListBucket", "")); denied != nil {
			return denied
		}
		return errNotImplemented("A listing through a distribution")
	}
	c.allowOrigin()
	c.op = operations[route{c.http.Method, objectLevel, ""}]
	accesses, problem := accessObject(c)
	if problem != nil {
		return problem
	}
	if denied := c.authorize(accesses...); denied != nil {
		return denied
	}
	return c.getObject()
}

// identityARN begins the other form in which a policy may name an origin access identity.
const identityARN = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity "

// forIdentities has a policy that names an origin access identity by its ARN name the canonical user,
// as S3 itself rewrites it (CloudFront Developer Guide, "Use an origin access identity").
func forIdentities(d iam.Document, canonical func(id string) string) iam.Document {
	d.Statement = slices.Clone(d.Statement)
	for i, s := range d.Statement {
		d.Statement[i].Principal = identities(s.Principal, canonical)
		d.Statement[i].NotPrincipal = identities(s.NotPrincipal, canonical)
	}
	return d
}

func identities(principals map[string][]string, canonical func(string) string) map[string][]string {
	if !slices.ContainsFunc(principals["AWS"], func(p string) bool { return strings.HasPrefix(p, identityARN) }) {
		return principals
	}
	out := map[string][]string{}
	for kind, ids := range principals {
		for _, id := range ids {
			if rest, ok := strings.CutPrefix(id, identityARN); ok && kind == "AWS" {
				out["CanonicalUser"] = append(out["CanonicalUser"], canonical(rest))
				continue
			}
			out[kind] = append(out[kind], id)
		}
	}
	return out
}
