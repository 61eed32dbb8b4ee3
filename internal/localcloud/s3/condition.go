package s3

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// current is what is known of the current version of an object.
type current struct {
	// exists is false of an object that was never there, and of one whose current version is a delete marker.
	exists, marker bool
	etag           string
	// null says that the version has the id null: it was written while the bucket kept no versions.
	null bool
}

// current asks the engine. A delete marker is told by GET alone.
func (c *call) current(b *bucket, name string) (current, *gate.Error) {
	r := engineRequest{method: http.MethodHead, bucket: b.Name, name: name}
	response, err := c.s.engine.do(c.ctx, r)
	if err == nil {
		_ = response.Body.Close()
	}
	if err == nil && response.StatusCode == http.StatusNotFound && b.Versioning != "" {
		r.method = http.MethodGet
		if response, err = c.s.engine.do(c.ctx, r); err == nil {
			_ = response.Body.Close()
		}
	}
	switch {
	case err != nil:
		return current{}, c.s.engine.unavailable(err)
	case response.StatusCode == http.StatusOK:
		version := response.Header.Get("X-Amz-Version-Id")
		return current{exists: true, etag: response.Header.Get("Etag"), null: version == "" || version == nullVersion}, nil
	case response.StatusCode == http.StatusNotFound:
		return current{marker: response.Header.Get("X-Amz-Delete-Marker") == "true"}, nil
	}
	return current{}, engineError(response.StatusCode, nil)
}

// matches reports whether an ETag, in quotes or not, is the object's.
func (o current) matches(etag string) bool {
	return strings.Trim(etag, `"`) == strings.Trim(o.etag, `"`)
}

// mayDelete holds the ETag that a deletion expects against the object; an asterisk expects any (S3 User Guide, "How to
// perform conditional deletes": 412 where another is there or a delete marker, 404 where nothing is).
func (o current) mayDelete(etag string) *gate.Error {
	switch {
	case o.exists && (etag == "*" || o.matches(etag)):
		return nil
	case o.exists, o.marker:
		return errPrecondition
	}
	return errNoSuchKey
}

// mayWrite holds the conditions of a write against the object (S3 User Guide, "Conditional write behavior": 412 where
// an object is there or its ETag is another, 404 where none is whose ETag could be expected; a delete marker is none).
func (o current) mayWrite(h http.Header) *gate.Error {
	if expected := h.Get("If-Match"); expected != "" {
		switch {
		case expected == "*":
			return errHeader("If-Match")
		case !o.exists:
			return errNoSuchKey
		case !o.matches(expected):
			return errPrecondition
		}
	}
	if refused := h.Get("If-None-Match"); refused != "" {
		switch {
		case refused != "*":
			return errHeader("If-None-Match")
		case o.exists:
			return errPrecondition
		}
	}
	return nil
}

// sinceHeaders are conditions of writes that the engine looks at.
var sinceHeaders = headerSet("If-Modified-Since", "If-Unmodified-Since")

// writing keeps others from the object that the request writes, where it has conditions that the engine does not hold:
// all of a copy, and those where a delete marker may be the current version (docs/aws-differences.md, 131 and 134). It
// returns the conditions that are left to the engine.
func (c *call) writing(name string, copies bool) (unlock func(), left map[string]bool, problem *gate.Error) {
	k := objectKey{c.bucket.Name, c.target.key}
	conditional := c.header.Get("If-Match") != "" || c.header.Get("If-None-Match") != ""
	if !conditional || !copies && c.bucket.Versioning == "" {
		if c.header.Get("If-Match") == "*" {
			return nil, nil, errHeader("If-Match")
		}
		unlock, problem = c.s.writers.share(c.ctx, k)
		return unlock, conditionHeaders, problem
	}
	if unlock, problem = c.s.writers.alone(c.ctx, k); problem != nil {
		return nil, nil, problem
	}
	o, problem := c.current(c.bucket, name)
	if problem == nil {
		problem = o.mayWrite(c.header)
	}
	if problem != nil {
		unlock()
		return nil, nil, problem
	}
	return unlock, sinceHeaders, nil
}

// deleting is the same for a deletion of one object.
func (c *call) deleting(name string) (unlock func(), problem *gate.Error) {
	k, expected := objectKey{c.bucket.Name, c.target.key}, c.header.Get("If-Match")
	if expected == "" {
		return c.s.writers.share(c.ctx, k)
	}
	if unlock, problem = c.s.writers.alone(c.ctx, k); problem != nil {
		return nil, problem
	}
	o, problem := c.current(c.bucket, name)
	if problem == nil {
		problem = o.mayDelete(expected)
	}
	if problem != nil {
		unlock()
		return nil, problem
	}
	return unlock, nil
}

// version is the engine's query for a version of an object. The engine finds the version null of an object only where
// another is current, except for GET (docs/aws-differences.md, 135).
func (c *call) version(b *bucket, name, version string) (url.Values, *gate.Error) {
	q := url.Values{}
	if version == nullVersion {
		o, problem := c.current(b, name)
		if problem != nil || o.null {
			return q, problem
		}
	}
	if version != "" {
		q.Set("versionId", version)
	}
	return q, nil
}
