package s3

import (
	"bytes"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"sync"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// Headers that the engine gets, by what the request does. All others stay in the front.
var (
	conditionHeaders = headerSet("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since")
	readHeaders      = headerSet("Range", "X-Amz-Checksum-Mode", "X-Amz-Object-Attributes", "X-Amz-Max-Parts", "X-Amz-Part-Number-Marker")
	writeHeaders     = headerSet("Content-Type", "Content-Encoding", "Content-Disposition", "Content-Language", "Cache-Control", "Expires", "Content-Md5",
		"X-Amz-Checksum-Crc32", "X-Amz-Checksum-Crc32c", "X-Amz-Checksum-Crc64nvme", "X-Amz-Checksum-Sha1", "X-Amz-Checksum-Sha256",
		"X-Amz-Sdk-Checksum-Algorithm", "X-Amz-Checksum-Algorithm", "X-Amz-Checksum-Type", "X-Amz-Tagging", "X-Amz-Storage-Class",
		"X-Amz-Website-Redirect-Location", "X-Amz-Object-Lock-Mode", "X-Amz-Object-Lock-Retain-Until-Date", "X-Amz-Object-Lock-Legal-Hold", "X-Amz-Mp-Object-Size")
	copyHeaders = headerSet("X-Amz-Metadata-Directive", "X-Amz-Tagging-Directive", "X-Amz-Copy-Source-If-Match", "X-Amz-Copy-Source-If-None-Match",
		"X-Amz-Copy-Source-If-Modified-Since", "X-Amz-Copy-Source-If-Unmodified-Since", "X-Amz-Copy-Source-Range")
	bypassHeaders = headerSet("X-Amz-Bypass-Governance-Retention")
)

// answerHeaders are what clients get of the engine's; X-Amz-Meta- ones, too.
var answerHeaders = headerSet("Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length", "Content-Range",
	"Content-Type", "Etag", "Expires", "Last-Modified", "X-Amz-Version-Id", "X-Amz-Delete-Marker", "X-Amz-Tagging-Count", "X-Amz-Missing-Meta", "X-Amz-Mp-Parts-Count",
	"X-Amz-Storage-Class", "X-Amz-Website-Redirect-Location", "X-Amz-Checksum-Crc32", "X-Amz-Checksum-Crc32c", "X-Amz-Checksum-Crc64nvme", "X-Amz-Checksum-Sha1",
	"X-Amz-Checksum-Sha256", "X-Amz-Checksum-Type", "X-Amz-Checksum-Algorithm", "X-Amz-Object-Lock-Mode", "X-Amz-Object-Lock-Retain-Until-Date", "X-Amz-Object-Lock-Legal-Hold",
	"X-Amz-Copy-Source-Version-Id", "X-Amz-Object-Size")

func headerSet(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[textproto.CanonicalMIMEHeaderKey(name)] = true
	}
	return set
}

// maxMetadata of an object in bytes (S3 User Guide, "Working with object metadata").
const maxMetadata = 2 << 10

// forwarded are the headers of the request that are in the sets, and the user's metadata if there is any to write.
func (c *call) forwarded(metadata bool, sets ...map[string]bool) (http.Header, *gate.Error) {
	out := make(http.Header, 16)
	size := 0
	for name, values := range c.header {
		known := false
		for _, set := range sets {
			known = known || set[name]
		}
		switch {
		case known && len(values) > 1 && name != "If-Match" && name != "If-None-Match":
			return nil, errInvalidArgument("The header " + name + " is there twice")
		case known:
			out[name] = []string{strings.Join(values, ", ")}
		case metadata && strings.HasPrefix(name, "X-Amz-Meta-"):
			value := strings.Join(values, ",")
			size += len(name) - len("X-Amz-Meta-") + len(value)
			out[name] = []string{value}
		}
	}
	if size > maxMetadata {
		return nil, fault(http.StatusBadRequest, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
	}
	// The coding of the transfer is not the object's.
	if encoding := out.Get("Content-Encoding"); encoding != "" {
		var kept []string
		for coding := range strings.SplitSeq(encoding, ",") {
			if coding = strings.TrimSpace(coding); !strings.EqualFold(coding, "aws-chunked") && coding != "" {
				kept = append(kept, coding)
			}
		}
		if out.Del("Content-Encoding"); len(kept) > 0 {
			out.Set("Content-Encoding", strings.Join(kept, ","))
		}
	}
	return out, nil
}

// stored is the name of the request's object.
func (c *call) stored() (string, *gate.Error) { return storedKey(c.target.key) }

func storedKey(key string) (string, *gate.Error) {
	name, err := storedName(key)
	switch err {
	case nil:
		return name, nil
	case errKeyTooLong:
		return "", fault(http.StatusBadRequest, "KeyTooLongError", "Your key is too long")
	case errSegment:
		return "", fault(http.StatusBadRequest, "KeyTooLongError", "Your key is too long: "+err.Error())
	}
	return "", fault(http.StatusBadRequest, "InvalidURI", "Couldn't parse the specified URI: "+err.Error())
}

// subresource is a query that has nothing but a subresource.
func subresource(name string) url.Values { return url.Values{name: {""}} }

// versionQuery is the engine's query for the version that the request names.
func (c *call) versionQuery(name string) (url.Values, *gate.Error) {
	return c.version(c.bucket, name, c.query["versionId"])
}

var copyBuffers = sync.Pool{New: func() any { b := make([]byte, 64<<10); return &b }}

// answer copies the engine's answer to the client.
func (c *call) answer(response *http.Response) {
	c.answerHead(response)
	buffer := copyBuffers.Get().(*[]byte)
	defer copyBuffers.Put(buffer)
	// The status is sent: a client sees a body that is too short.
	if _, err := io.CopyBuffer(struct{ io.Writer }{c.w}, response.Body, *buffer); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// answerHead copies status and headers. Every object is encrypted, since that is all that S3 has
// (S3 User Guide, "Setting default server-side encryption behavior").
func (c *call) answerHead(response *http.Response) {
	h := c.w.Header()
	for name, values := range response.Header {
		if answerHeaders[name] || strings.HasPrefix(name, "X-Amz-Meta-") {
			h[name] = values
		}
	}
	if c.query["versionId"] == nullVersion && response.StatusCode < 300 {
		h.Set("X-Amz-Version-Id", nullVersion)
	}
	h.Set("X-Amz-Request-Id", c.id)
	switch c.op.name {
	case "GetObject", "HeadObject", "PutObject", "CreateMultipartUpload", "UploadPart":
		if response.StatusCode < 300 {
			c.encrypted(h)
		}
	}
	c.w.WriteHeader(response.StatusCode)
}

func (c *call) encrypted(h http.Header) {
	algorithm := c.header.Get("X-Amz-Server-Side-Encryption")
	if algorithm == "" {
		algorithm = c.bucket.Encryption.Algorithm
	}
	if algorithm == "" {
		algorithm = "AES256"
	}
	h.Set("X-Amz-Server-Side-Encryption", algorithm)
}

// write answers with a document.
func (c *call) writeXML(status int, v any) *gate.Error {
	body := xmlBody(v)
	h := c.w.Header()
	h.Set("Content-Type", "application/xml")
	h.Set("X-Amz-Request-Id", c.id)
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body.Bytes()) // a client that left needs no answer
	return nil
}

func (c *call) writeStatus(status int) *gate.Error {
	c.w.Header().Set("X-Amz-Request-Id", c.id)
	c.w.WriteHeader(status)
	return nil
}

// forwardBucket hands a document about the bucket through.
func (c *call) forwardBucket() *gate.Error { return c.forward("") }

// forwardObject hands a document about the object through; it has no key in it.
func (c *call) forwardObject() *gate.Error {
	name, problem := c.stored()
	if problem != nil {
		return problem
	}
	return c.forward(name)
}

func (c *call) forward(name string) *gate.Error {
	header, problem := c.forwarded(false, readHeaders, bypassHeaders)
	if problem != nil {
		return problem
	}
	query, problem := c.versionQuery(name)
	if problem != nil {
		return problem
	}
	r := engineRequest{method: c.http.Method, bucket: c.bucket.Name, name: name, query: query, header: header}
	for name := range c.query {
		if subresources[name] {
			r.query.Set(name, "")
		}
	}
	if r.method == http.MethodPut {
		body, problem := c.body()
		if problem != nil {
			return problem
		}
		r.body, r.length = bytes.NewReader(body), int64(len(body))
		header["Content-Md5"] = md5Header(body)["Content-Md5"]
	}
	response, body, problem := c.s.engine.read(c.ctx, r)
	if problem != nil {
		return c.missing(problem)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	c.answer(response)
	return nil
}

// body is the body of a document, which may have been read to decide the request.
func (c *call) body() ([]byte, *gate.Error) {
	if c.document == nil {
		document, problem := c.smallBody()
		if problem != nil {
			return nil, problem
		}
		c.document = document
	}
	return c.document, nil
}

// missing hides that an object does not exist from who may not list the bucket
// (S3 API Reference, "GetObject": "If you don't have the s3:ListBucket permission …").
func (c *call) missing(problem *gate.Error) *gate.Error {
	if problem.Code != "NoSuchKey" && problem.Code != "NoSuchVersion" {
		return problem
	}
	action := "s3:ListBucket"
	if c.query["versionId"] != "" {
		action = "s3:ListBucketVersions"
	}
	if denied := c.authorize(c.on(c.bucket, action, "")); denied != nil {
		return errForbidden(denied.Message)
	}
	return problem
}
