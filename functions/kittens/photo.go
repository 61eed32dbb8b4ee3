package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tenantstack/tenantstack/functions/internal/picture"
	"github.com/tenantstack/tenantstack/functions/internal/rest"
	"github.com/tenantstack/tenantstack/functions/internal/store"
	"github.com/tenantstack/tenantstack/functions/internal/uploads"
)

// maxPhoto is the size limit of a photo in bytes.
const maxPhoto = 10 << 20

// Statuses of a photo.
const (
	// pending photos were announced and have not been received and checked.
	pending = "pending"
	// stored photos can be seen.
	stored = "stored"
	// rejected photos were received and are no acceptable pictures.
	rejected = "rejected"
)

// Folders of the contract's x-uploads.
const (
	incomingFolder = "incoming"
	photosFolder   = "photos"
)

// photo is an attribute of a kitten's row, and the contract's Photo.
type photo struct {
	ID          string     `dynamodbav:"photoId" json:"photoId"`
	Status      string     `dynamodbav:"status" json:"status"`
	ContentType string     `dynamodbav:"contentType" json:"contentType"`
	Size        int64      `dynamodbav:"size" json:"size"`
	SHA256      string     `dynamodbav:"sha256" json:"sha256"`
	Width       int        `dynamodbav:"width,omitempty" json:"width,omitempty"`
	Height      int        `dynamodbav:"height,omitempty" json:"height,omitempty"`
	Reason      string     `dynamodbav:"reason,omitempty" json:"reason,omitempty"`
	ExpiresAt   *time.Time `dynamodbav:"expiresAt,omitempty" json:"expiresAt,omitempty"`
	// Attempts of making a pending photo, by when they began.
	Attempts []time.Time `dynamodbav:"attempts,omitempty" json:"-"`
}

const (
	// maxAttempts of making a photo. A file that ends the process each time, or that cannot be fetched, is rejected with
	// the last of the three that Lambda makes (Lambda Developer Guide, "How Lambda handles errors and retries
	// with asynchronous invocation"), instead of staying pending.
	maxAttempts = 2
	// retryPause is a little less than what Lambda waits at least before it repeats an event. What is delivered sooner is
	// the same attempt: S3 may tell of an object more than once.
	retryPause = 50 * time.Second
)

// errBegun says that an attempt is being made already.
var errBegun = errors.New("the attempt has begun")

// begin counts an attempt of making a photo. Errors: errBegun, a *picture.Refused after too many.
func (p *photo) begin(now time.Time) error {
	n := len(p.Attempts)
	switch {
	case n > 0 && now.Sub(p.Attempts[n-1]) < retryPause:
		return errBegun
	case n >= maxAttempts:
		return picture.Unprocessable(fmt.Errorf("%d attempts were not finished", n))
	}
	p.Attempts = append(p.Attempts, now)
	return nil
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

// hasPhoto says whether the kitten has a photo that can be seen.
func (k *kitten) hasPhoto() bool { return k.Photo != nil && k.Photo.Status == stored }

// announce records which photo is going to be sent. One that can be seen stays until the
// new one can.
func (k *kitten) announce(p photo) {
	if k.hasPhoto() {
		k.Replacement = &p
		return
	}
	k.Photo = &p
}

// announced is the kitten's photo of that id, whatever became of it; nil if there is none.
func (k *kitten) announced(id string) *photo {
	for _, p := range []*photo{k.Photo, k.Replacement} {
		if p != nil && p.ID == id {
			return p
		}
	}
	return nil
}

// awaits says whether the kitten has a photo of that id that was not received yet.
func (k *kitten) awaits(id string) bool {
	p := k.announced(id)
	return p != nil && p.Status == pending
}

// link shows a photo that was announced, and returns the one that was shown before.
func (k *kitten) link(p photo) (before *photo) {
	if k.hasPhoto() {
		before = k.Photo
	}
	k.Photo, k.Replacement = &p, nil
	return before
}

// updateAttempts bounds how often photos are written over changes that others make meanwhile.
const updateAttempts = 5

// errBusy says that others change the kitten all the time.
var errBusy = errors.New("others change the kitten all the time")

// updatePhotos changes what a kitten says of its photos. Nobody states a version for it, since nothing that another
// caller decides is lost: a change that came in between is read again. Errors: errBusy, those of change.
func updatePhotos(ctx context.Context, kittens *store.Table[kitten], id string, now time.Time, change func(*kitten) error) error {
	for range updateAttempts {
		k, err := kittens.Get(ctx, id)
		if err == nil {
			err = change(&k)
		}
		if err != nil {
			return err
		}
		k.UpdatedAt = now
		if _, err = kittens.Replace(ctx, id, k.Version, k); !errors.Is(err, store.ErrVersion) {
			return err
		}
	}
	return errBusy
}

// openUploads opens the account's prefix of the uploads bucket.
func openUploads(d *rest.Deps) *uploads.Bucket {
	bucket, err := uploads.New(uploads.Config{
		Client: s3.NewFromConfig(d.AWS()), Bucket: d.Env("UPLOADS_BUCKET"), Prefix: d.Env("UPLOADS_PREFIX"),
		Account: d.Account(), Site: d.Env("SITE_URL"), Now: d.Now,
	})
	d.Fail(err)
	return bucket
}
