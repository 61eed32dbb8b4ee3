package s3

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// chunkReader decodes aws-chunked bodies and verifies the signatures of their chunks, each of which
// signs the one before (S3 API Reference, "Signature calculations for the authorization header:
// Transferring payload in multiple chunks", "… including trailing headers").
type chunkReader struct {
	r *bufio.Reader
	// left is what the chunk still has, in bytes; last says that the empty chunk was read.
	left    int64
	started bool
	last    bool

	// trailer is the header that has to follow; value is what it says.
	trailer, value string

	// key is nil if chunks are not signed. previous is the signature before, next that of the chunk.
	key            []byte
	date, scope    string
	previous, next string
	digest         hash.Hash
}

const (
	chunkAlgorithm   = "AWS4-HMAC-SHA256-PAYLOAD"
	trailerAlgorithm = "AWS4-HMAC-SHA256-TRAILER"
	emptyHash        = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	// maxLine of a chunk's header or a trailer, in bytes.
	maxLine = 4096
	// maxTrailers that are read before the body has to end.
	maxTrailers = 8
)

var errMalformedChunk = fault(http.StatusBadRequest, "IncompleteBody", "The request body terminated unexpectedly")

func newChunkReader(r io.Reader) *chunkReader {
	return &chunkReader{r: bufio.NewReaderSize(r, maxLine)}
}

// sign has the chunks signed, beginning with the signature of the request.
func (c *chunkReader) sign(s *gate.Signature) {
	c.key, c.date, c.scope, c.previous = s.Key, s.Time.UTC().Format("20060102T150405Z"), s.Scope(), s.Value
	c.digest = sha256.New()
}

func (c *chunkReader) Read(b []byte) (int, error) {
	if c.left == 0 {
		if err := c.nextChunk(); err != nil {
			return 0, err
		}
		if c.last {
			return 0, io.EOF
		}
	}
	if int64(len(b)) > c.left {
		b = b[:c.left]
	}
	n, err := c.r.Read(b)
	if c.digest != nil {
		c.digest.Write(b[:n])
	}
	c.left -= int64(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// nextChunk ends the chunk before and reads the header of the next.
func (c *chunkReader) nextChunk() error {
	if c.last {
		return nil
	}
	if c.started {
		if line, err := c.line(); err != nil || line != "" {
			return errors.Join(errMalformedChunk, err)
		}
		if err := c.verify(); err != nil {
			return err
		}
	}
	c.started = true
	line, err := c.line()
	if err != nil {
		return err
	}
	size, extension, _ := strings.Cut(line, ";")
	if c.left, err = strconv.ParseInt(size, 16, 64); err != nil || c.left < 0 || strings.HasPrefix(size, "+") {
		return errMalformedChunk
	}
	if c.key != nil {
		signature, ok := strings.CutPrefix(extension, "chunk-signature=")
		if !ok {
			return errChunkSignature
		}
		c.next = signature
		c.digest.Reset()
	}
	if c.left == 0 {
		c.last = true
		return c.verify()
	}
	return nil
}

func (c *chunkReader) line() (string, error) {
	line, err := c.r.ReadSlice('\n')
	switch {
	case err == io.EOF && len(line) == 0:
		return "", errors.Join(errMalformedChunk, io.EOF)
	case err != nil:
		return "", errMalformedChunk
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r"), nil
}

// verify checks the signature of the chunk that was read.
func (c *chunkReader) verify() error {
	if c.key == nil {
		return nil
	}
	want := c.signature(chunkAlgorithm, emptyHash+"\n"+hex.EncodeToString(c.digest.Sum(nil)))
	if !hmac.Equal([]byte(want), []byte(c.next)) {
		return errChunkSignature
	}
	c.previous = want
	return nil
}

func (c *chunkReader) signature(algorithm, hashes string) string {
	h := hmac.New(sha256.New, c.key)
	_, _ = io.WriteString(h, algorithm+"\n"+c.date+"\n"+c.scope+"\n"+c.previous+"\n"+hashes)
	return hex.EncodeToString(h.Sum(nil))
}

// finish reads what follows the data: the empty chunk and the trailers.
func (c *chunkReader) finish() error {
	if c.left > 0 {
		return errMalformedChunk // more data than was declared
	}
	if err := c.nextChunk(); err != nil {
		return err
	}
	if !c.last {
		return errMalformedChunk
	}
	signature := ""
	for range maxTrailers {
		line, err := c.line()
		if errors.Is(err, io.EOF) {
			return c.verifyTrailer(signature)
		}
		if err != nil {
			return err
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch name = lower(name); {
		case line == "":
		case name == c.trailer && c.value == "":
			c.value = value
		case name == "x-amz-trailer-signature" && c.key != nil && signature == "":
			signature = value
		default:
			return errTrailer
		}
	}
	return errTrailer
}

var errTrailer = fault(http.StatusBadRequest, "MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema.")

// verifyTrailer checks that the trailer is the one that was declared.
func (c *chunkReader) verifyTrailer(signature string) error {
	if c.trailer == "" {
		return nil
	}
	if sum, err := base64.StdEncoding.DecodeString(c.value); err != nil || len(sum) != checksumSizes[c.trailer] {
		return errTrailer
	}
	if c.key == nil {
		return nil
	}
	sum := sha256.Sum256([]byte(c.trailer + ":" + c.value + "\n"))
	if !hmac.Equal([]byte(c.signature(trailerAlgorithm, hex.EncodeToString(sum[:]))), []byte(signature)) {
		return errChunkSignature
	}
	return nil
}

// outChunk is the size of the chunks for the engine, in bytes.
const outChunk = 64 << 10

// chunkWriter encodes a payload for the engine, with its trailer if it has one: the engine stores that
// checksum if it is right.
type chunkWriter struct {
	p       *payload
	out     bytes.Buffer
	data    []byte
	trailed bool
}

func newChunkWriter(p *payload) *chunkWriter {
	return &chunkWriter{p: p, data: make([]byte, min(outChunk, p.length))}
}

// length of the encoded body in bytes.
func (w *chunkWriter) length() int64 {
	full, rest := w.p.length/outChunk, w.p.length%outChunk
	n := full * int64(len(strconv.FormatInt(outChunk, 16))+outChunk+4)
	if rest > 0 {
		n += int64(len(strconv.FormatInt(rest, 16))) + rest + 4
	}
	n += int64(len("0\r\n\r\n"))
	if w.p.trailer != "" {
		n += int64(len(w.p.trailer) + len(":") + base64.StdEncoding.EncodedLen(checksumSizes[w.p.trailer]) + len("\r\n"))
	}
	return n
}

func (w *chunkWriter) Read(b []byte) (int, error) {
	if w.out.Len() == 0 {
		if w.trailed {
			return 0, io.EOF
		}
		n, err := io.ReadFull(w.p, w.data)
		switch {
		case n > 0 && (err == nil || errors.Is(err, io.ErrUnexpectedEOF) && w.p.problem == nil):
			w.out.WriteString(strconv.FormatInt(int64(n), 16) + "\r\n")
			w.out.Write(w.data[:n])
			w.out.WriteString("\r\n")
		case w.p.problem != nil:
			return 0, w.p.problem
		case n == 0 && (err == nil || errors.Is(err, io.EOF)):
			w.trailed = true
			w.out.WriteString("0\r\n")
			if w.p.trailer != "" {
				w.out.WriteString(w.p.trailer + ":" + w.p.chunks.value + "\r\n")
			}
			w.out.WriteString("\r\n")
		default:
			return 0, err
		}
	}
	return w.out.Read(b)
}
