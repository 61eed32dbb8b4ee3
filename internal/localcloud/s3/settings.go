package s3

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"slices"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// readXML reads the document of the request.
func (c *call) readXML(v any) *gate.Error {
	body, problem := c.body()
	if problem != nil {
		return problem
	}
	if err := xml.Unmarshal(body, v); err != nil {
		return errMalformedXML
	}
	return nil
}

// set changes the settings of the bucket and answers.
func (c *call) set(f func(*bucket) error, status int) *gate.Error {
	err := c.s.buckets.change(c.bucket.Name, func(b *bucket) (*bucket, error) {
		if b == nil || b.Retired {
			return nil, errNoSuchBucket
		}
		return b, f(b)
	})
	var refused *gate.Error
	switch {
	case errors.As(err, &refused):
		return refused
	case err != nil:
		return c.s.engine.unavailable(err)
	}
	return c.writeStatus(status)
}

// notSet is the error for a setting that the bucket does not have.
func notSet(code, message string) *gate.Error { return fault(http.StatusNotFound, code, message) }

func (c *call) getPolicy() *gate.Error {
	if c.bucket.Policy == nil {
		return notSet("NoSuchBucketPolicy", "The bucket policy does not exist")
	}
	c.w.Header().Set("Content-Type", "application/json")
	c.w.Header().Set("X-Amz-Request-Id", c.id)
	_, _ = c.w.Write(c.bucket.Policy) // a client that left needs no answer
	return nil
}

// maxPolicy in bytes (S3 User Guide, "Bucket policies for Amazon S3").
const maxPolicy = 20 << 10

// putPolicy refuses a document that AWS would take but that can never have an effect, since every
// document goes through the same strict reading.
func (c *call) putPolicy() *gate.Error {
	body, problem := c.body()
	if problem != nil {
		return problem
	}
	if len(body) > maxPolicy {
		return fault(http.StatusBadRequest, "PolicyTooLarge", "The policy exceeds the maximum allowed document size of 20480 bytes.")
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, body); err != nil {
		return errMalformedPolicy
	}
	document, err := iam.Parse(body, iam.Resource)
	if err != nil {
		return fault(http.StatusBadRequest, "MalformedPolicy", err.Error())
	}
	if !c.bucket.isAbout(document) {
		return fault(http.StatusBadRequest, "MalformedPolicy", "Policy has invalid resource")
	}
	if !knownActions(document) {
		return fault(http.StatusBadRequest, "MalformedPolicy", "Policy has invalid action")
	}
	return c.set(func(b *bucket) error {
		b.Policy = compact.Bytes()
		if err := b.prepare(); err != nil {
			return fault(http.StatusBadRequest, "MalformedPolicy", err.Error())
		}
		if b.public && b.PublicAccess.BlockPublicPolicy {
			return errForbidden("User: " + c.caller.ARN + " is not authorized to perform: s3:PutBucketPolicy on resource: \"" + b.arn("") + "\" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.")
		}
		return nil
	}, http.StatusNoContent)
}

// isAbout says whether all resources of a policy are the bucket or in it.
func (b *bucket) isAbout(d iam.Document) bool {
	for _, s := range d.Statement {
		if slices.ContainsFunc(append(slices.Clip(s.Resource), s.NotResource...), func(r string) bool {
			return !iam.MatchResource(r, b.arn("")) && bucketOfARN(r) != b.Name
		}) {
			return false
		}
	}
	return true
}

// knownActions says whether every pattern of a policy covers an action.
func knownActions(d iam.Document) bool {
	for _, s := range d.Statement {
		for _, pattern := range append(slices.Clip(s.Action), s.NotAction...) {
			if pattern != "*" && len(iam.ExpandAction(pattern)) == 0 {
				return false
			}
		}
	}
	return true
}

func (c *call) deletePolicy() *gate.Error {
	return c.set(func(b *bucket) error { b.Policy = nil; return nil }, http.StatusNoContent)
}

type policyStatus struct {
	XMLName   xml.Name `xml:"PolicyStatus"`
	Namespace string   `xml:"xmlns,attr"`
	IsPublic  bool
}

func (c *call) getPolicyStatus() *gate.Error {
	if c.bucket.Policy == nil {
		return notSet("NoSuchBucketPolicy", "The bucket policy does not exist")
	}
	return c.writeXML(http.StatusOK, policyStatus{Namespace: namespace, IsPublic: c.bucket.public})
}

type corsConfiguration struct {
	XMLName   xml.Name   `xml:"CORSConfiguration"`
	Namespace string     `xml:"xmlns,attr,omitempty"`
	Rules     []corsRule `xml:"CORSRule"`
}

func (c *call) getCORS() *gate.Error {
	if len(c.bucket.CORS) == 0 {
		return notSet("NoSuchCORSConfiguration", "The CORS configuration does not exist")
	}
	return c.writeXML(http.StatusOK, corsConfiguration{Namespace: namespace, Rules: c.bucket.CORS})
}

func (c *call) putCORS() *gate.Error {
	var in corsConfiguration
	if problem := c.readXML(&in); problem != nil {
		return problem
	}
	if len(in.Rules) == 0 || len(in.Rules) > 100 {
		return errMalformedXML
	}
	for _, rule := range in.Rules {
		if err := rule.check(); err != nil {
			return errInvalidRequest(err.Error())
		}
	}
	return c.set(func(b *bucket) error { b.CORS = in.Rules; return nil }, http.StatusOK)
}

func (c *call) deleteCORS() *gate.Error {
	return c.set(func(b *bucket) error { b.CORS = nil; return nil }, http.StatusNoContent)
}

func (c *call) getBucketTags() *gate.Error {
	if len(c.bucket.Tags) == 0 {
		return notSet("NoSuchTagSet", "The TagSet does not exist")
	}
	var t tagging
	for key, value := range c.bucket.Tags {
		t.Tags = append(t.Tags, tag{key, value})
	}
	slices.SortFunc(t.Tags, func(a, b tag) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return c.writeXML(http.StatusOK, t)
}

func (c *call) putBucketTags() *gate.Error {
	var in tagging
	if problem := c.readXML(&in); problem != nil {
		return problem
	}
	tags := map[string]string{}
	for _, t := range in.Tags {
		if _, twice := tags[t.Key]; twice || t.Key == "" || len(t.Key) > 128 || len(t.Value) > 256 {
			return fault(http.StatusBadRequest, "InvalidTag", "The tag "+t.Key+" is there twice or is no valid tag")
		}
		tags[t.Key] = t.Value
	}
	if len(tags) > 50 {
		return errInvalidRequest("Bucket tag count cannot be greater than 50")
	}
	return c.set(func(b *bucket) error { b.Tags = tags; return nil }, http.StatusNoContent)
}

func (c *call) deleteBucketTags() *gate.Error {
	return c.set(func(b *bucket) error { b.Tags = nil; return nil }, http.StatusNoContent)
}

type publicAccessConfiguration struct {
	XMLName               xml.Name `xml:"PublicAccessBlockConfiguration"`
	Namespace             string   `xml:"xmlns,attr,omitempty"`
	BlockPublicAcls       bool
	IgnorePublicAcls      bool
	BlockPublicPolicy     bool
	RestrictPublicBuckets bool
}

func (c *call) getPublicAccess() *gate.Error {
	p := c.bucket.PublicAccess
	if p == (publicAccess{}) {
		return notSet("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
	}
	return c.writeXML(http.StatusOK, publicAccessConfiguration{Namespace: namespace, BlockPublicAcls: p.BlockPublicAcls, IgnorePublicAcls: p.IgnorePublicAcls, BlockPublicPolicy: p.BlockPublicPolicy, RestrictPublicBuckets: p.RestrictPublicBuckets})
}

func (c *call) putPublicAccess() *gate.Error {
	var in publicAccessConfiguration
	if problem := c.readXML(&in); problem != nil {
		return problem
	}
	return c.set(func(b *bucket) error {
		b.PublicAccess = publicAccess{in.BlockPublicAcls, in.IgnorePublicAcls, in.BlockPublicPolicy, in.RestrictPublicBuckets}
		return nil
	}, http.StatusOK)
}

func (c *call) deletePublicAccess() *gate.Error {
	return c.set(func(b *bucket) error { b.PublicAccess = publicAccess{}; return nil }, http.StatusNoContent)
}

type ownershipResult struct {
	XMLName   xml.Name `xml:"OwnershipControls"`
	Namespace string   `xml:"xmlns,attr"`
	Ownership string   `xml:"Rule>ObjectOwnership"`
}

func (c *call) getOwnership() *gate.Error {
	return c.writeXML(http.StatusOK, ownershipResult{Namespace: namespace, Ownership: c.bucket.Ownership})
}

type encryptionResult struct {
	XMLName   xml.Name `xml:"ServerSideEncryptionConfiguration"`
	Namespace string   `xml:"xmlns,attr"`
	Algorithm string   `xml:"Rule>ApplyServerSideEncryptionByDefault>SSEAlgorithm"`
	Key       string   `xml:"Rule>ApplyServerSideEncryptionByDefault>KMSMasterKeyID,omitempty"`
}

func (c *call) getEncryption() *gate.Error {
	return c.writeXML(http.StatusOK, encryptionResult{Namespace: namespace, Algorithm: c.bucket.Encryption.Algorithm, Key: c.bucket.Encryption.Key})
}

type notificationResult struct {
	XMLName   xml.Name               `xml:"NotificationConfiguration"`
	Namespace string                 `xml:"xmlns,attr"`
	Functions []functionNotification `xml:"CloudFunctionConfiguration"`
}

type functionNotification struct {
	Function string `xml:"CloudFunction"`
	Event    string
	Rules    []filterRule `xml:"Filter>S3Key>FilterRule,omitempty"`
}

type filterRule struct{ Name, Value string }

func (c *call) getNotifications() *gate.Error {
	r := notificationResult{Namespace: namespace}
	for _, n := range c.bucket.Notifications {
		f := functionNotification{Function: n.Function, Event: n.Event}
		for name, value := range map[string]string{"Prefix": n.Prefix, "Suffix": n.Suffix} {
			if value != "" {
				f.Rules = append(f.Rules, filterRule{name, value})
			}
		}
		r.Functions = append(r.Functions, f)
	}
	return c.writeXML(http.StatusOK, r)
}
