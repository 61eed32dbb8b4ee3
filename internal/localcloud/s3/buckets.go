package s3

import (
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

type listedBucket struct {
	Name         string
	CreationDate string
	BucketRegion string
}

type bucketsResult struct {
	XMLName           xml.Name `xml:"ListAllMyBucketsResult"`
	Namespace         string   `xml:"xmlns,attr"`
	Owner             owner
	Buckets           []listedBucket `xml:"Buckets>Bucket"`
	Prefix            string         `xml:",omitempty"`
	ContinuationToken string         `xml:",omitempty"`
}

// maxBuckets of a page (S3 API Reference, "ListBuckets").
const maxBuckets = 10_000

func (c *call) listBuckets() *gate.Error {
	n := maxBuckets
	if value := c.query["max-buckets"]; value != "" {
		var err error
		if n, err = strconv.Atoi(value); err != nil || n < 1 || n > maxBuckets {
			return errInvalidArgument("Argument max-buckets must be an integer between 1 and 10000")
		}
	}
	result := bucketsResult{Namespace: namespace, Owner: ownerOf(c.caller.Account), Prefix: c.query["prefix"]}
	for _, name := range c.s.names(c.caller.Account) {
		b := c.s.buckets.get(name)
		region := c.query["bucket-region"]
		if b == nil || name <= c.query["continuation-token"] || !strings.HasPrefix(name, result.Prefix) || region != "" && region != b.Region {
			continue
		}
		if len(result.Buckets) == n {
			result.ContinuationToken = result.Buckets[n-1].Name
			break
		}
		result.Buckets = append(result.Buckets, listedBucket{name, timestamp(b.Created), b.Region})
	}
	return c.writeXML(http.StatusOK, result)
}

type createConfiguration struct {
	LocationConstraint string
}

// createBucket makes a bucket of the caller's account. In us-east-1 making one's own bucket again
// succeeds (S3 API Reference, "CreateBucket").
func (c *call) createBucket() *gate.Error {
	name, account, region := c.target.bucket, c.caller.Account, c.signature.Region
	if !validBucket(name) {
		return errInvalidBucket
	}
	body, problem := c.body()
	if problem != nil {
		return problem
	}
	var in createConfiguration
	if len(body) > 0 {
		if err := xml.Unmarshal(body, &in); err != nil {
			return errMalformedXML
		}
	}
	if in.LocationConstraint != "" {
		region = in.LocationConstraint
	}
	var refused *gate.Error
	err := c.s.buckets.change(name, func(b *bucket) (*bucket, error) {
		switch {
		case b != nil && b.Account != account:
			refused = errBucketExists
			return nil, refused
		case b != nil && !b.Retired:
			if region != "us-east-1" {
				refused = errBucketOwned
				return nil, refused
			}
			return b, nil
		case b == nil:
			b = &bucket{Name: name, Account: account, Created: c.s.now().UTC()}
		}
		b.Region, b.Retired, b.PublicAccess, b.Encryption, b.Ownership = region, false, allBlocked, encryption{Algorithm: "AES256"}, "BucketOwnerEnforced"
		b.ObjectLock = b.ObjectLock || c.header.Get("X-Amz-Bucket-Object-Lock-Enabled") == "true"
		if b.ObjectLock {
			b.Versioning = "Enabled"
		}
		return b, c.s.realize(c.ctx, b)
	})
	if refused != nil {
		return refused
	}
	if err != nil {
		return c.s.engine.unavailable(err)
	}
	c.w.Header().Set("Location", "/"+name)
	return c.writeStatus(http.StatusOK)
}

func (c *call) headBucket() *gate.Error {
	c.w.Header().Set("X-Amz-Bucket-Region", c.bucket.Region)
	c.w.Header().Set("X-Amz-Access-Point-Alias", "false")
	return c.writeStatus(http.StatusOK)
}

func (c *call) deleteBucket() *gate.Error {
	var refused *gate.Error
	err := c.s.buckets.change(c.bucket.Name, func(*bucket) (*bucket, error) {
		if _, _, refused = c.s.engine.read(c.ctx, engineRequest{method: http.MethodDelete, bucket: c.bucket.Name}); refused != nil {
			return nil, refused
		}
		return nil, nil
	})
	if refused != nil {
		return refused
	}
	if err != nil {
		return c.s.engine.unavailable(err)
	}
	return c.writeStatus(http.StatusNoContent)
}

type locationResult struct {
	XMLName   xml.Name `xml:"LocationConstraint"`
	Namespace string   `xml:"xmlns,attr"`
	Region    string   `xml:",chardata"`
}

// getLocation answers nothing for us-east-1 (S3 API Reference, "GetBucketLocation").
func (c *call) getLocation() *gate.Error {
	r := locationResult{Namespace: namespace, Region: c.bucket.Region}
	if r.Region == "us-east-1" {
		r.Region = ""
	}
	return c.writeXML(http.StatusOK, r)
}

type aclResult struct {
	XMLName   xml.Name `xml:"AccessControlPolicy"`
	Namespace string   `xml:"xmlns,attr"`
	Owner     owner
	Grants    []aclGrant `xml:"AccessControlList>Grant"`
}

type aclGrant struct {
	Grantee    aclGrantee
	Permission string
}

type aclGrantee struct {
	XSI  string `xml:"xmlns:xsi,attr"`
	Type string `xml:"xsi:type,attr"`
	ID   string
}

// getACL is that of a bucket whose owner owns all objects.
func (c *call) getACL() *gate.Error {
	if c.target.key != "" {
		name, problem := c.stored()
		if problem != nil {
			return problem
		}
		query, problem := c.versionQuery(name)
		if problem == nil {
			_, _, problem = c.s.engine.read(c.ctx, engineRequest{method: http.MethodHead, bucket: c.bucket.Name, name: name, query: query})
		}
		if problem != nil {
			return c.missing(problem)
		}
	}
	o := ownerOf(c.bucket.Account)
	return c.writeXML(http.StatusOK, aclResult{Namespace: namespace, Owner: o, Grants: []aclGrant{{aclGrantee{"http://www.w3.org/2001/XMLSchema-instance", "CanonicalUser", o.ID}, "FULL_CONTROL"}}})
}

func (c *call) putACL() *gate.Error {
	if c.header.Get("X-Amz-Acl") == "bucket-owner-full-control" {
		return c.writeStatus(http.StatusOK)
	}
	return errACLs
}

type versioningConfiguration struct {
	XMLName   xml.Name `xml:"VersioningConfiguration"`
	Namespace string   `xml:"xmlns,attr,omitempty"`
	Status    string   `xml:",omitempty"`
	MfaDelete string   `xml:",omitempty"`
}

func (c *call) getVersioning() *gate.Error {
	return c.writeXML(http.StatusOK, versioningConfiguration{Namespace: namespace, Status: c.bucket.Versioning})
}

func (c *call) putVersioning() *gate.Error {
	var in versioningConfiguration
	if problem := c.readXML(&in); problem != nil {
		return problem
	}
	switch {
	case in.MfaDelete == "Enabled":
		return errNotImplemented("MFA delete")
	case in.Status != "Enabled" && in.Status != "Suspended":
		return fault(http.StatusBadRequest, "IllegalVersioningConfigurationException", "The Versioning element must be specified")
	case c.bucket.ObjectLock && in.Status == "Suspended":
		return fault(http.StatusConflict, "InvalidBucketState", "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
	}
	return c.set(func(b *bucket) error {
		b.Versioning = in.Status
		return c.s.setVersioning(c.ctx, b.Name, b.Versioning)
	}, http.StatusOK)
}
