package s3

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"regexp"
	"strconv"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// The values of x-amz-content-sha256 beside a hash (S3 API Reference, "Authenticating Requests: Using
// the Authorization Header").
const (
	streamingSigned   = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	streamingTrailer  = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
	streamingUnsigned = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
)

var hexDigest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// maxPut is the largest object of one request, in bytes (S3 User Guide, "Uploading objects").
const maxPut = 5 << 30

// payload is the body of a request as the client means it: decoded, and verified before its last byte
// is given away, so that whoever waits for length bytes never has a whole body that is not what was signed.
type payload struct {
	source io.Reader
	// length in bytes; left are those that are still to be read.
	length, left int64
	// digest and want are the declared SHA-256; nil if none is.
	digest hash.Hash
	want   []byte
	// chunks is the source of an aws-chunked body.
	chunks *chunkReader
	// trailer is the name of the checksum that follows the body; empty if none does.
	trailer string
	// problem says why reading failed.
	problem *gate.Error
}

// payload prepares the body of the request.
func (c *call) payload() (*payload, *gate.Error) {
	declared := c.http.Header.Get("X-Amz-Content-Sha256")
	p := &payload{source: c.http.Body, length: c.http.ContentLength}
	if len(c.http.Header.Values("X-Amz-Content-Sha256")) > 1 {
		return nil, errInvalidArgument("x-amz-content-sha256 is there twice")
	}
	switch {
	case hexDigest.MatchString(declared):
		p.want, _ = hex.DecodeString(declared)
		p.digest = sha256.New()
	case declared == streamingSigned, declared == streamingTrailer, declared == streamingUnsigned:
		if problem := c.chunked(p, declared); problem != nil {
			return nil, problem
		}
	case declared == "" && c.authType == "REST-HEADER":
		return nil, errInvalidRequest("Missing required header for this request: x-amz-content-sha256")
	case declared != "" && declared != gate.UnsignedPayload:
		return nil, errInvalidArgument("x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.")
	}
	switch {
	case p.length < 0:
		return nil, errMissingLength
	case p.length > maxPut:
		return nil, errTooLarge
	}
	if p.left = p.length; p.left == 0 {
		return p, p.finish()
	}
	return p, nil
}

// chunked prepares an aws-chunked body.
func (c *call) chunked(p *payload, declared string) *gate.Error {
	if c.signature == nil || c.signature.Presigned {
		return errInvalidRequest("aws-chunked needs a signature in the Authorization header")
	}
	length, err := strconv.ParseInt(c.header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
	if err != nil || length < 0 {
		return errMissingLength
	}
	p.chunks = newChunkReader(c.http.Body)
	if declared != streamingUnsigned {
		p.chunks.sign(c.signature)
	}
	if declared != streamingSigned {
		p.trailer = lower(c.header.Get("X-Amz-Trailer"))
		if _, ok := checksumSizes[p.trailer]; !ok {
			return errInvalidRequest("The value specified in the x-amz-trailer header is not supported")
		}
		p.chunks.trailer = p.trailer
	}
	p.source, p.length = p.chunks, length
	return nil
}

func (p *payload) Read(b []byte) (int, error) {
	if p.problem != nil {
		return 0, p.problem
	}
	if p.left == 0 {
		return 0, io.EOF
	}
	if int64(len(b)) > p.left {
		b = b[:p.left]
	}
	n, err := p.source.Read(b)
	if p.digest != nil {
		p.digest.Write(b[:n])
	}
	p.left -= int64(n)
	if p.left == 0 {
		if problem := p.finish(); problem != nil {
			return 0, problem
		}
		return n, nil
	}
	if err != nil {
		return 0, p.fail(err)
	}
	return n, nil
}

// finish verifies what can be verified once all is read.
func (p *payload) finish() *gate.Error {
	if p.chunks != nil {
		if err := p.chunks.finish(); err != nil {
			return p.fail(err)
		}
	}
	if p.digest != nil && !hmac.Equal(p.digest.Sum(nil), p.want) {
		p.problem = errPayloadHash
	}
	return p.problem
}

func (p *payload) fail(err error) *gate.Error {
	var known *gate.Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &known):
		p.problem = known
	case errors.As(err, &tooLarge):
		p.problem = errTooLarge
	default:
		p.problem = errIncompleteBody
	}
	return p.problem
}

// maxSmall bounds bodies that are read into memory, in bytes: 1000 keys to delete.
const maxSmall = 4 << 20

// readBody reads a body that is a document.
func (c *call) readBody() (*payload, []byte, *gate.Error) {
	p, problem := c.payload()
	if problem != nil {
		return nil, nil, problem
	}
	if p.length > maxSmall {
		return nil, nil, errTooLarge
	}
	body := bytes.NewBuffer(make([]byte, 0, p.length+bytes.MinRead))
	if _, err := body.ReadFrom(p); err != nil {
		return nil, nil, p.fail(err)
	}
	return p, body.Bytes(), nil
}

// smallBody reads a document and verifies its checksums.
func (c *call) smallBody() ([]byte, *gate.Error) {
	p, body, problem := c.readBody()
	if problem != nil {
		return nil, problem
	}
	if problem := c.checkDigests(body, p); problem != nil {
		return nil, problem
	}
	return body, nil
}
