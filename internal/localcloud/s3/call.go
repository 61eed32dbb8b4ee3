package s3

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// call is one request.
type call struct {
	s    *Service
	w    http.ResponseWriter
	http *http.Request
	ctx  context.Context
	id   string

	target target
	// query are the parameters other than those of the signature; header are the headers, with those
	// that a presigned request has in its query.
	query  map[string]string
	header http.Header
	// caller is nil for an anonymous request.
	caller    *gate.Caller
	signature *gate.Signature
	origin    *gate.Origin
	authType  string

	bucket *bucket
	op     *operation
	// document is the body of a request that has one, once it is read.
	document []byte
	// extra are condition keys of a request that an AWS service makes.
	extra iam.Context
}

// serve answers the request, or returns why not.
func (c *call) serve() *gate.Error {
	var problem *gate.Error
	if c.target, problem = parseTarget(c.http); problem != nil {
		return problem
	}
	if c.http.Method == http.MethodOptions {
		return c.preflight()
	}
	// Pages may read errors, too.
	c.bucket = c.s.buckets.get(c.target.bucket)
	c.allowOrigin()
	if problem := c.parseQuery(); problem != nil {
		return problem
	}
	if c.isForm() {
		return c.postForm()
	}
	if problem := c.authenticate(); problem != nil {
		return problem
	}
	return c.dispatch()
}

// dispatch decides and serves an authenticated request.
func (c *call) dispatch() *gate.Error {
	var problem *gate.Error
	if c.op, problem = c.operation(); problem != nil {
		return problem
	}
	if c.target.bucket != "" && c.bucket == nil && c.op.name != "CreateBucket" {
		if !validBucket(c.target.bucket) {
			return errInvalidBucket
		}
		return errNoSuchBucket
	}
	if expected := c.header.Get("X-Amz-Expected-Bucket-Owner"); expected != "" && c.bucket != nil && expected != c.bucket.Account {
		return errForbidden("Access Denied")
	}
	accesses, problem := c.op.accesses(c)
	if problem != nil {
		return problem
	}
	if problem := c.authorize(accesses...); problem != nil {
		return problem
	}
	// What is refused is refused after the decision, so that it says nothing to who may not ask.
	if problem := c.checkParameters(); problem != nil {
		return problem
	}
	if c.op.serve == nil {
		return errNotImplemented("The operation " + c.op.name)
	}
	return c.op.serve(c)
}

// authenticate finds who calls. A request without any signature is anonymous.
func (c *call) authenticate() *gate.Error {
	header := c.http.Header.Get("Authorization") != ""
	switch {
	case header && presigned(c.http):
		return errInvalidArgument("Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified")
	case header && !strings.HasPrefix(c.http.Header.Get("Authorization"), "AWS4-HMAC-SHA256"):
		return errAlgorithm
	case !header && !presigned(c.http):
		c.origin = gate.OriginOf(c.http, c.region())
		return nil
	}
	var problem *gate.Error
	if c.caller, c.signature, problem = c.s.gate.Authenticate(c.http, "s3", ""); problem != nil {
		return problem
	}
	c.authType = "REST-HEADER"
	if c.signature.Presigned {
		c.authType = "REST-QUERY-STRING"
	}
	c.origin = gate.OriginOf(c.http, c.region())
	return nil
}

// presigned says whether the query has a part of a signature.
func presigned(r *http.Request) bool {
	q := "&" + r.URL.RawQuery
	return strings.Contains(q, "&X-Amz-Algorithm=") || strings.Contains(q, "&X-Amz-Signature=") || strings.Contains(q, "&X-Amz-Credential=")
}

// region is the bucket's: the local cloud has one endpoint for all regions.
func (c *call) region() string {
	switch {
	case c.bucket != nil:
		return c.bucket.Region
	case c.signature != nil:
		return c.signature.Region
	}
	return ""
}

// signatureParameters are those of a presigned request (Amazon S3 API Reference, "Authenticating
// Requests: Using Query Parameters").
var signatureParameters = map[string]bool{
	"X-Amz-Algorithm": true, "X-Amz-Credential": true, "X-Amz-Date": true, "X-Amz-Expires": true,
	"X-Amz-SignedHeaders": true, "X-Amz-Signature": true, "X-Amz-Security-Token": true,
}

// parseQuery reads the query strictly: what can be read in two ways is refused.
func (c *call) parseQuery() *gate.Error {
	c.query, c.header = map[string]string{}, c.http.Header
	if c.http.URL.RawQuery == "" {
		return nil
	}
	signed := presigned(c.http)
	for part := range strings.SplitSeq(c.http.URL.RawQuery, "&") {
		if part == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil {
			return errInvalidArgument("The query parameter " + rawName + " is not well encoded")
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil {
			return errInvalidArgument("The value of the query parameter " + name + " is not well encoded")
		}
		switch {
		case signed && signatureParameters[name]:
			continue
		case signed && len(name) > 6 && strings.EqualFold(name[:6], "x-amz-"):
			if problem := c.hoist(name, value); problem != nil {
				return problem
			}
			continue
		case name == "AWSAccessKeyId" || name == "Signature":
			return errAlgorithm
		}
		if _, twice := c.query[name]; twice {
			return errInvalidArgument("The query parameter " + name + " is there twice")
		}
		c.query[name] = value
	}
	return nil
}

// hoist takes a header from the query, where presigners put those that a client need not send.
func (c *call) hoist(name, value string) *gate.Error {
	if strings.ContainsAny(value, "\r\n\x00") {
		return errInvalidArgument("The value of the query parameter " + name + " is no value of a header")
	}
	if old := c.header.Values(name); len(old) > 0 && (len(old) > 1 || old[0] != value) {
		return errInvalidArgument("The query parameter " + name + " contradicts the header of that name")
	}
	if strings.EqualFold(name, "x-amz-content-sha256") {
		return nil // The signature is over UNSIGNED-PAYLOAD.
	}
	if c.header.Get(name) == "" {
		c.header = c.header.Clone()
		c.header.Set(name, value)
	}
	return nil
}

// authorize has the gate decide. Where the bucket restricts public access a public policy is for
// nobody outside the account (S3 User Guide, "Blocking public access to your Amazon S3 storage").
func (c *call) authorize(accesses ...gate.Access) *gate.Error {
	for i := range accesses {
		if b := c.s.buckets.get(bucketOfARN(accesses[i].Resource)); b != nil && accesses[i].Policies != nil {
			if b.public && b.PublicAccess.RestrictPublicBuckets && c.extra == nil && (c.caller == nil || c.caller.Account != b.Account) {
				accesses[i].Policies = nil
			}
		}
	}
	return c.s.gate.Authorize(c.caller, c.origin, accesses...)
}

func bucketOfARN(arn string) string {
	if i := strings.LastIndex(arn, ":::"); i >= 0 && strings.HasPrefix(arn, "arn:") {
		name, _, _ := strings.Cut(arn[i+3:], "/")
		return name
	}
	return ""
}

// on is an access to a bucket, or to an object in it, with the keys of every request
// (Service Authorization Reference, "Condition keys for Amazon S3").
func (c *call) on(b *bucket, action, key string) gate.Access {
	context := iam.Context{"s3:ResourceAccount": {b.Account}}
	c.addSignature(context)
	maps.Copy(context, c.extra)
	return gate.Access{Action: action, Resource: b.arn(key), ResourceAccount: b.Account, Policies: b.policies, Context: context}
}

// fail answers with an error.
func (c *call) fail(e *gate.Error) {
	if e.Status == http.StatusNotModified {
		c.w.Header().Set("X-Amz-Request-Id", c.id)
		c.w.WriteHeader(e.Status)
		return
	}
	e.WriteS3(c.w, c.http.URL.Path, c.id)
}
