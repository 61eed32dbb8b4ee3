package s3

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"net/url"
	"strings"
	"time"
)

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// xmlBody is a document with its declaration.
func xmlBody(v any) *bytes.Buffer {
	b := bytes.NewBufferString(xml.Header)
	// The documents of this package have nothing that cannot be encoded.
	_ = xml.NewEncoder(b).Encode(v)
	return b
}

// timestamp is the form of times in documents.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// owner of buckets and objects.
type owner struct{ ID string }

// ownerOf is the canonical user of an account, derived from its number.
func ownerOf(account string) owner {
	sum := sha256.Sum256([]byte("account " + account))
	return owner{hex.EncodeToString(sum[:])}
}

// encoder is what encoding-type asks for (S3 API Reference, "ListObjectsV2").
func encoder(encodingType string) func(string) string {
	if encodingType != "url" {
		return func(s string) string { return s }
	}
	return func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "%2F", "/") }
}
