package main

import (
	"encoding/base64"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
	"github.com/tenantstack/tenantstack/functions/internal/uploads"
)

// maxPhoto is the size limit of a photo in bytes.
const maxPhoto = 10 << 20

// pending is the status of a photo that was announced and has not arrived.
const pending = "pending"

// photo is an attribute of a kitten's row, and the contract's Photo.
type photo struct {
	// Key of the object in the uploads bucket.
	Key         string `dynamodbav:"key" json:"-"`
	Status      string `dynamodbav:"status" json:"status"`
	ContentType string `dynamodbav:"contentType" json:"contentType"`
	Size        int64  `dynamodbav:"size" json:"size"`
	SHA256      string `dynamodbav:"sha256" json:"sha256"`
}

// read sets a photo from the body, the contract's PhotoInput, and returns its digest.
func (p *photo) read(in *rest.Input) ([]byte, error) {
	body := in.Body()
	p.Status = pending
	p.ContentType = body.String("contentType", rest.OneOf("image/png", "image/jpeg", "image/webp"))
	p.Size = body.Int("size", 1, 1<<53)
	p.SHA256 = body.String("sha256", sha256Digest)
	if err := in.Err(); err != nil {
		return nil, err
	}
	if p.Size > maxPhoto {
		return nil, rest.NewProblem(http.StatusRequestEntityTooLarge, "The photo has %d bytes; at most %d are accepted.", p.Size, maxPhoto)
	}
	return base64.StdEncoding.DecodeString(p.SHA256)
}

// sha256Digest demands the only base64 text of 32 bytes.
func sha256Digest(text string) string {
	if digest, err := base64.StdEncoding.Strict().DecodeString(text); err != nil || len(digest) != 32 || len(text) != 44 {
		return "must be a SHA-256 digest in base64"
	}
	return ""
}

// openUploads opens the account's prefix of the uploads bucket.
func openUploads(d *rest.Deps) *uploads.Bucket {
	bucket, err := uploads.New(s3.NewFromConfig(d.AWS()), d.Env("UPLOADS_BUCKET"), d.Env("UPLOADS_PREFIX"), d.Account(), d.Now)
	d.Fail(err)
	return bucket
}
