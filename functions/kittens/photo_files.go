package main

import (
	"context"
	"time"

	"github.com/tenantstack/tenantstack/functions/internal/uploads"
)

// photoFiles are the objects of stored photos: each has two, the photo and its thumbnail.
type photoFiles struct {
	bucket *uploads.Bucket
}

// keys of a photo and its thumbnail. Every photo has keys of its own, so an object never changes.
func (f photoFiles) keys(kittenID, photoID string) (photo, thumbnail string, err error) {
	if photo, err = f.bucket.Key(photosFolder, kittenID, photoID); err != nil {
		return "", "", err
	}
	thumbnail, err = f.bucket.Key(photosFolder, kittenID, photoID+"-thumbnail")
	return photo, thumbnail, err
}

// extensions of the files that photos are saved as.
var extensions = map[string]string{"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}

// disposition shows a photo in the browser and names the file that it is saved as (RFC 6266).
func disposition(contentType string) string {
	return `inline; filename="photo` + extensions[contentType] + `"`
}

// sign makes URLs that read a stored photo and its thumbnail. A thumbnail has the photo's type.
func (f photoFiles) sign(ctx context.Context, kittenID string, p photo) (photoURL, thumbnailURL string, expires time.Time, err error) {
	photo, thumbnail, err := f.keys(kittenID, p.ID)
	if err != nil {
		return "", "", expires, err
	}
	signed, err := f.bucket.SignGet(ctx, photo, p.ContentType, disposition(p.ContentType))
	if err != nil {
		return "", "", expires, err
	}
	small, err := f.bucket.SignGet(ctx, thumbnail, p.ContentType, disposition(p.ContentType))
	return signed.URL, small.URL, signed.ExpiresAt, err
}

// signThumbnail makes the URL of the thumbnail alone, for lists.
func (f photoFiles) signThumbnail(ctx context.Context, kittenID string, p photo) (string, error) {
	_, thumbnail, err := f.keys(kittenID, p.ID)
	if err != nil {
		return "", err
	}
	signed, err := f.bucket.SignGet(ctx, thumbnail, p.ContentType, disposition(p.ContentType))
	return signed.URL, err
}

// remove removes a photo and its thumbnail.
func (f photoFiles) remove(ctx context.Context, kittenID, photoID string) error {
	photo, thumbnail, err := f.keys(kittenID, photoID)
	if err != nil {
		return err
	}
	return f.bucket.Delete(ctx, photo, thumbnail)
}
