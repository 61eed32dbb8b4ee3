package s3

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// getObject answers GetObject and HeadObject.
func (c *call) getObject() *gate.Error {
	name, problem := c.stored()
	if problem != nil {
		return problem
	}
	header, problem := c.forwarded(false, readHeaders, conditionHeaders)
	if problem != nil {
		return problem
	}
	query, problem := c.versionQuery(name)
	if problem != nil {
		return problem
	}
	for param, value := range c.query {
		switch {
		case param == "partNumber":
			query.Set(param, value)
		case strings.HasPrefix(param, "response-"):
			if c.caller == nil {
				return errInvalidRequest("Request specific response headers cannot be used for anonymous GET requests.")
			}
			query.Set(param, value)
		}
	}
	response, err := c.s.engine.do(c.ctx, engineRequest{method: c.http.Method, bucket: c.bucket.Name, name: name, query: query, header: header})
	if err != nil {
		return c.s.engine.unavailable(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode < 300 || response.StatusCode == http.StatusNotModified {
		c.answer(response)
		return nil
	}
	return c.readFailure(response)
}

func (c *call) readFailure(response *http.Response) *gate.Error {
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxSmall)) // an error without its text is still one
	problem := c.missing(engineError(response.StatusCode, body))
	if response.StatusCode == http.StatusNotFound && c.http.Method == http.MethodHead && c.bucket.Versioning != "" && c.query["versionId"] == "" {
		// The engine says of a delete marker that it is one to GET alone.
		if name, unnamed := c.stored(); unnamed == nil {
			if o, unknown := c.current(c.bucket, name); unknown == nil && o.marker {
				response.Header.Set("X-Amz-Delete-Marker", "true")
			}
		}
	}
	for _, name := range []string{"X-Amz-Delete-Marker", "X-Amz-Version-Id"} {
		if value := response.Header.Get(name); value != "" && problem.Status != http.StatusForbidden {
			c.w.Header().Set(name, value)
		}
	}
	return problem
}

// putObject answers PutObject and CopyObject.
func (c *call) putObject() *gate.Error {
	if c.header.Get("X-Amz-Copy-Source") != "" {
		return c.copyObject()
	}
	p, problem := c.payload()
	if problem != nil {
		return problem
	}
	return c.store(c.target.key, p, "ObjectCreated:Put", nil)
}

// store sends an object to the engine and tells who wants to know. It answers with the engine's
// answer, or by written.
func (c *call) store(key string, p *payload, event string, written func(*http.Response)) *gate.Error {
	name, problem := storedKey(key)
	if problem != nil {
		return problem
	}
	unlock, conditions, problem := c.writing(name, false)
	if problem != nil {
		return problem
	}
	defer unlock()
	header, problem := c.forwarded(true, writeHeaders, conditions)
	if problem != nil {
		return problem
	}
	response, problem := c.send(engineRequest{method: http.MethodPut, bucket: c.bucket.Name, name: name, header: header}, p)
	if problem != nil {
		return problem
	}
	defer func() { _ = response.Body.Close() }()
	c.s.tell(c, Event{Name: event, Key: key, Size: p.length, ETag: response.Header.Get("Etag"), VersionID: response.Header.Get("X-Amz-Version-Id")})
	if written != nil {
		written(response)
		return nil
	}
	c.answer(response)
	return nil
}

// send sends a payload; the engine has not stored it if that fails. The engine would keep what it got
// of a body that ends early, but not of one in chunks, whose end is marked.
func (c *call) send(r engineRequest, p *payload) (*http.Response, *gate.Error) {
	if p.length > 0 || p.trailer != "" {
		w := newChunkWriter(p)
		r.body, r.length, r.payload = w, w.length(), streamingUnsigned
		r.header.Set("X-Amz-Decoded-Content-Length", strconv.FormatInt(p.length, 10))
		if p.trailer != "" {
			r.header.Set("X-Amz-Trailer", p.trailer)
		}
	}
	response, err := c.s.engine.do(c.ctx, r)
	switch {
	case p.problem != nil:
		if err == nil {
			_ = response.Body.Close()
		}
		return nil, p.problem
	case err != nil:
		return nil, c.s.engine.unavailable(err)
	case response.StatusCode >= 300:
		defer func() { _ = response.Body.Close() }()
		body, _ := io.ReadAll(io.LimitReader(response.Body, maxSmall)) // an error without its text is still one
		return nil, engineError(response.StatusCode, body)
	}
	return response, nil
}

func (c *call) deleteObject() *gate.Error {
	name, problem := c.stored()
	if problem != nil {
		return problem
	}
	header, problem := c.forwarded(false, bypassHeaders)
	if problem != nil {
		return problem
	}
	unlock, problem := c.deleting(name)
	if problem != nil {
		return problem
	}
	defer unlock()
	query := url.Values{}
	if version := c.query["versionId"]; version != "" {
		query.Set("versionId", version)
	}
	response, _, problem := c.s.engine.read(c.ctx, engineRequest{method: http.MethodDelete, bucket: c.bucket.Name, name: name, query: query, header: header})
	// Deleting what does not exist succeeds (S3 API Reference, "DeleteObject").
	if problem != nil && problem.Code != "NoSuchKey" && problem.Code != "NoSuchVersion" {
		return problem
	}
	if problem != nil {
		return c.writeStatus(http.StatusNoContent)
	}
	c.s.tell(c, removal(c.target.key, c.query["versionId"], response.Header))
	response.Body = http.NoBody
	c.answer(response)
	return nil
}

func removal(key, version string, h http.Header) Event {
	e := Event{Name: "ObjectRemoved:Delete", Key: key, VersionID: h.Get("X-Amz-Version-Id")}
	if version == "" && h.Get("X-Amz-Delete-Marker") == "true" {
		e.Name = "ObjectRemoved:DeleteMarkerCreated"
	}
	return e
}

// tagging is the document of tags.
type tagging struct {
	XMLName xml.Name `xml:"Tagging"`
	Tags    []tag    `xml:"TagSet>Tag"`
}

type tag struct{ Key, Value string }

// objectTags are the tags of an object, none if it does not exist.
func (c *call) objectTags(b *bucket, key, version string) (map[string]string, *gate.Error) {
	name, problem := storedKey(key)
	if problem != nil {
		return nil, nil // the object cannot exist
	}
	query, problem := c.version(b, name, version)
	if problem != nil {
		return nil, problem
	}
	query.Set("tagging", "")
	_, body, problem := c.s.engine.read(c.ctx, engineRequest{method: http.MethodGet, bucket: b.Name, name: name, query: query})
	if problem != nil {
		if problem.Status == http.StatusNotFound || problem.Status == http.StatusMethodNotAllowed {
			return nil, nil
		}
		return nil, problem
	}
	var t tagging
	if err := xml.Unmarshal(body, &t); err != nil {
		return nil, c.s.engine.unavailable(err)
	}
	tags := make(map[string]string, len(t.Tags))
	for _, x := range t.Tags {
		tags[x.Key] = x.Value
	}
	return tags, nil
}

// accessTagging carries the tags that the body gives.
func accessTagging(c *call) ([]gate.Access, *gate.Error) {
	body, problem := c.body()
	if problem != nil {
		return nil, problem
	}
	var t tagging
	if err := xml.Unmarshal(body, &t); err != nil {
		return nil, errMalformedXML
	}
	a, problem := c.onObject(c.bucket, c.op.action, c.op.versionAction, c.target.key, c.query["versionId"])
	values := url.Values{}
	for _, x := range t.Tags {
		values.Add(x.Key, x.Value)
	}
	if problem == nil {
		problem = addRequestTags(a.Context, values.Encode())
	}
	return []gate.Access{a}, problem
}

// copySource is the object that x-amz-copy-source names.
type copySource struct {
	bucket       *bucket
	key, version string
}

// copySource reads x-amz-copy-source: /bucket/key?versionId=id, where bucket and key are
// percent-encoded (S3 API Reference, "CopyObject").
func (c *call) copySource() (copySource, *gate.Error) {
	invalid := errInvalidArgument("Copy Source must mention the source bucket and key: /sourcebucket/sourcekey")
	values := c.header.Values("X-Amz-Copy-Source")
	if len(values) != 1 {
		return copySource{}, invalid
	}
	path, version, versioned := strings.Cut(values[0], "?versionId=")
	if strings.Contains(path, "?") || versioned && !versionID.MatchString(version) {
		return copySource{}, invalid
	}
	// A plus sign stands for itself, as in paths.
	decoded, err := url.PathUnescape(strings.TrimPrefix(path, "/"))
	if err != nil {
		return copySource{}, invalid
	}
	name, key, ok := strings.Cut(decoded, "/")
	if !ok || key == "" || strings.HasPrefix(name, "arn:") {
		return copySource{}, invalid
	}
	b := c.s.buckets.get(name)
	if b == nil {
		return copySource{}, errNoSuchBucket
	}
	if owner := c.header.Get("X-Amz-Source-Expected-Bucket-Owner"); owner != "" && owner != b.Account {
		return copySource{}, errForbidden("Access Denied")
	}
	return copySource{b, key, version}, nil
}

// header is the value for the engine.
func (c *call) copyHeader(s copySource) (string, *gate.Error) {
	name, problem := storedKey(s.key)
	if problem != nil {
		return "", problem
	}
	query, problem := c.version(s.bucket, name, s.version)
	if problem != nil {
		return "", problem
	}
	value := escapePath(s.bucket.Name + "/" + name)
	if len(query) > 0 {
		value += "?" + query.Encode()
	}
	return value, nil
}

// copyRequest is a request to the engine that copies the source; conditions are those on the target that it holds.
func (c *call) copyRequest(conditions map[string]bool) (engineRequest, *gate.Error) {
	source, problem := c.copySource()
	if problem != nil {
		return engineRequest{}, problem
	}
	from, problem := c.copyHeader(source)
	if problem != nil {
		return engineRequest{}, problem
	}
	name, problem := c.stored()
	if problem != nil {
		return engineRequest{}, problem
	}
	header, problem := c.forwarded(true, writeHeaders, copyHeaders, conditions)
	if problem != nil {
		return engineRequest{}, problem
	}
	header.Set("X-Amz-Copy-Source", from)
	return engineRequest{method: http.MethodPut, bucket: c.bucket.Name, name: name, header: header}, nil
}

func (c *call) copyObject() *gate.Error {
	name, problem := c.stored()
	if problem != nil {
		return problem
	}
	unlock, conditions, problem := c.writing(name, true)
	if problem != nil {
		return problem
	}
	defer unlock()
	r, problem := c.copyRequest(conditions)
	if problem != nil {
		return problem
	}
	response, body, problem := c.s.engine.read(c.ctx, r)
	if problem != nil {
		return copyProblem(problem)
	}
	if source, problem := c.copySource(); problem == nil && source.version == nullVersion {
		c.w.Header().Set("X-Amz-Copy-Source-Version-Id", nullVersion)
	}
	c.s.tellStored(c, "ObjectCreated:Copy", response.Header.Get("X-Amz-Version-Id"))
	response.Body = io.NopCloser(bytes.NewReader(body))
	c.answer(response)
	return nil
}

// copyProblem is an error of a copy. The engine answers a condition on the source that does not hold as that of GET, with
// 304, and S3 with 412 (S3 API Reference, "CopyObject", x-amz-copy-source-if-none-match).
func copyProblem(problem *gate.Error) *gate.Error {
	if problem.Status == http.StatusNotModified {
		return errPrecondition
	}
	return problem
}
