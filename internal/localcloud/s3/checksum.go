package s3

import (
	"crypto/md5"  // Content-MD5 is part of the API
	"crypto/sha1" // x-amz-checksum-sha1 is part of the API
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"net/http"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// checksumSizes are the checksums that S3 knows, by header, with their sizes in bytes
// (S3 User Guide, "Checking object integrity for data uploads in Amazon S3").
var checksumSizes = map[string]int{
	"x-amz-checksum-crc32": 4, "x-amz-checksum-crc32c": 4, "x-amz-checksum-crc64nvme": 8, "x-amz-checksum-sha1": 20, "x-amz-checksum-sha256": 32,
}

// crc64NVME is the polynomial of CRC-64/NVME, reversed.
const crc64NVME = 0x9a6c9329ac4bc9b5

func newChecksum(header string) hash.Hash {
	switch header {
	case "x-amz-checksum-crc32":
		return crc32.NewIEEE()
	case "x-amz-checksum-crc32c":
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case "x-amz-checksum-crc64nvme":
		return crc64.New(crc64.MakeTable(crc64NVME))
	case "x-amz-checksum-sha1":
		return sha1.New()
	}
	return sha256.New()
}

// checkDigests verifies the checksums of a body that is not handed on as it is.
func (c *call) checkDigests(body []byte, p *payload) *gate.Error {
	if want := c.header.Get("Content-Md5"); want != "" {
		sum := md5.Sum(body)
		if base64.StdEncoding.EncodeToString(sum[:]) != want {
			return errBadDigest
		}
	}
	check := func(header, want string) bool {
		h := newChecksum(header)
		h.Write(body)
		return base64.StdEncoding.EncodeToString(h.Sum(nil)) == want
	}
	for header := range checksumSizes {
		if want := c.header.Get(header); want != "" && !check(header, want) {
			return errBadDigest
		}
	}
	if p.trailer != "" && !check(p.trailer, p.chunks.value) {
		return errBadDigest
	}
	return nil
}

// hasDigest says whether the request has a checksum, as S3 demands of some.
func (c *call) hasDigest() bool {
	if c.header.Get("Content-Md5") != "" || c.header.Get("X-Amz-Trailer") != "" {
		return true
	}
	for header := range checksumSizes {
		if c.header.Get(header) != "" {
			return true
		}
	}
	return false
}

// md5Header is what some requests to the engine need.
func md5Header(body []byte) http.Header {
	sum := md5.Sum(body)
	return http.Header{"Content-Md5": {base64.StdEncoding.EncodeToString(sum[:])}}
}

func lower(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
