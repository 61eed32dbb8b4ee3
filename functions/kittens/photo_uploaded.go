package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/tenantstack/tenantstack/functions/internal/picture"
	"github.com/tenantstack/tenantstack/functions/internal/rest"
	"github.com/tenantstack/tenantstack/functions/internal/store"
	"github.com/tenantstack/tenantstack/functions/internal/uploads"
)

// photoUploaded looks at files that browsers sent. S3 tells of each at least once, and
// Lambda repeats what failed, so every step may be repeated.
var _ = rest.HandleEvent("photoUploaded", func(d *rest.Deps) rest.RecordsHandler {
	bucket := openUploads(d)
	r := receiver{kittens: rest.Table[kitten](d, table), bucket: bucket, files: photoFiles{bucket}, now: d.Now}
	return func(ctx context.Context, records []events.S3EventRecord) error {
		var problems []error
		for _, record := range records {
			if err := r.receive(ctx, record.S3.Object.URLDecodedKey); err != nil {
				problems = append(problems, err)
			}
		}
		return errors.Join(problems...)
	}
})

// receiver makes photos of uploaded files.
type receiver struct {
	kittens *store.Table[kitten]
	bucket  *uploads.Bucket
	files   photoFiles
	now     func() time.Time
}

// receive works on one file and removes it, whatever came of it. An error leaves it there
// for the next attempt.
func (r receiver) receive(ctx context.Context, key string) error {
	folder, kittenID, photoID, err := r.bucket.Parse(key)
	if err != nil || folder != incomingFolder {
		// Nobody could have signed it. It expires with its folder.
		rest.Log(ctx).Error("upload ignored", "why", "its key is none of an upload")
		return nil
	}
	log := rest.Log(ctx).With("photo", photoID)
	k, err := r.kittens.Get(ctx, kittenID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("reading the kitten of an upload: %w", err)
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		log.Warn("upload discarded", "why", "the kitten is gone")
	case k.announced(photoID) == nil:
		log.Warn("upload discarded", "why", "a later upload took its place")
	case k.awaits(photoID):
		if err := r.renew(ctx, log, key, kittenID, *k.announced(photoID)); err != nil {
			return err
		}
	}
	return r.bucket.Delete(ctx, key)
}

// renew makes the photo of a file, or rejects the file.
func (r receiver) renew(ctx context.Context, log *slog.Logger, key, kittenID string, p photo) error {
	file, err := r.bucket.Get(ctx, key, p.Size)
	if err != nil && !errors.Is(err, uploads.ErrTooLarge) {
		if k, again := r.kittens.Get(ctx, kittenID); again == nil && !k.awaits(p.ID) {
			return nil // the same event, delivered twice, was faster
		}
		return err
	}
	if err != nil || int64(len(file)) != p.Size {
		// The signature does not let it happen.
		err = &picture.Refused{Reason: "The file has another size than was announced."}
	}
	var large, thumbnail picture.Picture
	if err == nil {
		large, thumbnail, err = picture.Renew(ctx, p.ContentType, file)
	}
	var refused *picture.Refused
	if errors.As(err, &refused) {
		log.Warn("upload rejected", "why", refused.Reason, "contentType", p.ContentType, "size", p.Size)
		p.Status, p.Reason, p.ExpiresAt = rejected, refused.Reason, nil
		if err := r.settle(ctx, kittenID, p.ID, func(k *kitten) { *k.announced(p.ID) = p }); !errors.Is(err, errSuperseded) {
			return err
		}
		return nil
	}
	if err != nil {
		return err
	}
	if err := r.store(ctx, kittenID, p.ID, large, thumbnail); err != nil {
		return err
	}
	digest := sha256.Sum256(large.Data)
	return r.show(ctx, log, kittenID, photo{
		ID: p.ID, Status: stored, ContentType: large.ContentType, Size: int64(len(large.Data)),
		SHA256: base64.StdEncoding.EncodeToString(digest[:]), Width: large.Width, Height: large.Height,
	})
}

// store writes a photo and its thumbnail.
func (r receiver) store(ctx context.Context, kittenID, photoID string, large, thumbnail picture.Picture) error {
	photoKey, thumbnailKey, err := r.files.keys(kittenID, photoID)
	if err != nil {
		return err
	}
	return errors.Join(
		r.bucket.Put(ctx, photoKey, large.ContentType, large.Data),
		r.bucket.Put(ctx, thumbnailKey, large.ContentType, thumbnail.Data),
	)
}

// errSuperseded says that the kitten has no pending photo of that id any more.
var errSuperseded = errors.New("the upload was superseded")

// show links a stored photo to its kitten and removes the one that was shown before.
func (r receiver) show(ctx context.Context, log *slog.Logger, kittenID string, p photo) error {
	var before *photo
	err := r.settle(ctx, kittenID, p.ID, func(k *kitten) { before = k.link(p) })
	if errors.Is(err, errSuperseded) {
		log.Warn("upload discarded", "why", "the kitten changed meanwhile")
		return r.files.remove(ctx, kittenID, p.ID)
	}
	if err != nil {
		return err
	}
	log.Info("photo stored", "contentType", p.ContentType, "size", p.Size, "width", p.Width, "height", p.Height)
	if before != nil {
		if err := r.files.remove(ctx, kittenID, before.ID); err != nil {
			log.Error("photo left behind", append(rest.ErrorAttrs(err), "before", before.ID)...)
		}
	}
	return nil
}

// errSettled says that the photo was stored or rejected already.
var errSettled = errors.New("the upload was settled")

// settle changes a kitten whose photo of that id is pending. That it is settled already, by the same event
// delivered twice, is fine. Errors: errSuperseded.
func (r receiver) settle(ctx context.Context, kittenID, photoID string, change func(*kitten)) error {
	err := updatePhotos(ctx, r.kittens, kittenID, r.now(), func(k *kitten) error {
		switch {
		case k.announced(photoID) == nil:
			return errSuperseded
		case !k.awaits(photoID):
			return errSettled
		}
		change(k)
		return nil
	})
	switch {
	case errors.Is(err, errSettled):
		return nil
	case errors.Is(err, store.ErrNotFound):
		return errSuperseded
	case err != nil && !errors.Is(err, errSuperseded):
		return fmt.Errorf("changing the kitten of an upload: %w", err)
	}
	return err
}
