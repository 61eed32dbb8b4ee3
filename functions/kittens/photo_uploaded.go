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
// for the next attempt. What an earlier attempt stored of a photo that nobody waits for goes too.
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
	switch p := k.announced(photoID); {
	case err != nil:
		log.Warn("upload discarded", "why", "the kitten is gone")
		err = r.files.remove(ctx, kittenID, photoID)
	case p == nil:
		log.Warn("upload discarded", "why", "a later upload took its place")
		err = r.files.remove(ctx, kittenID, photoID)
	case p.Status == rejected:
		err = r.files.remove(ctx, kittenID, photoID)
	case p.Status == pending:
		err = r.renew(ctx, log, key, kittenID, *p)
	}
	if err != nil {
		return err
	}
	return r.bucket.Delete(ctx, key)
}

// renew makes the photo of a file, or rejects the file.
func (r receiver) renew(ctx context.Context, log *slog.Logger, key, kittenID string, p photo) error {
	large, thumbnail, err := r.look(ctx, key, kittenID, p)
	var refused *picture.Refused
	switch {
	case errors.As(err, &refused):
		return r.reject(ctx, log, kittenID, p, refused)
	case errors.Is(err, errSettled):
		return nil // the same event, delivered twice, was faster
	case errors.Is(err, errSuperseded):
		return r.discard(ctx, log, kittenID, p.ID)
	case err != nil:
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

// look makes pictures of a file. Errors: a *picture.Refused, those of settle.
func (r receiver) look(ctx context.Context, key, kittenID string, p photo) (large, thumbnail picture.Picture, err error) {
	// Counted first: what ends the process leaves nothing else behind.
	now := r.now()
	err = r.settle(ctx, kittenID, p.ID, func(k *kitten) error { return k.announced(p.ID).begin(now) })
	if err != nil && !errors.Is(err, errBegun) {
		return large, thumbnail, err
	}
	file, err := r.bucket.Get(ctx, key, p.Size)
	switch {
	case errors.Is(err, uploads.ErrTooLarge) || err == nil && int64(len(file)) != p.Size:
		// The signature does not let it happen.
		return large, thumbnail, &picture.Refused{Reason: "The file has another size than was announced."}
	case err != nil:
		if k, again := r.kittens.Get(ctx, kittenID); again == nil && !k.awaits(p.ID) {
			err = errSettled
		}
		return large, thumbnail, err
	}
	return picture.Renew(ctx, p.ContentType, file)
}

// reject records why a file is no photo.
func (r receiver) reject(ctx context.Context, log *slog.Logger, kittenID string, p photo, refused *picture.Refused) error {
	attrs := []any{"why", refused.Reason, "contentType", p.ContentType, "size", p.Size}
	if refused.Err != nil {
		attrs = append(attrs, rest.ErrorAttrs(refused.Err)...)
	}
	log.Warn("upload rejected", attrs...)
	p.Status, p.Reason, p.ExpiresAt, p.Attempts = rejected, refused.Reason, nil, nil
	err := r.settle(ctx, kittenID, p.ID, func(k *kitten) error {
		*k.announced(p.ID) = p
		return nil
	})
	switch {
	case errors.Is(err, errSettled):
		return nil
	case err != nil && !errors.Is(err, errSuperseded):
		return err
	}
	return r.files.remove(ctx, kittenID, p.ID)
}

// discard removes what was stored of a photo that nobody waits for.
func (r receiver) discard(ctx context.Context, log *slog.Logger, kittenID, photoID string) error {
	log.Warn("upload discarded", "why", "the kitten changed meanwhile")
	return r.files.remove(ctx, kittenID, photoID)
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

// show links a stored photo to its kitten and removes the one that was shown before.
func (r receiver) show(ctx context.Context, log *slog.Logger, kittenID string, p photo) error {
	var before *photo
	err := r.settle(ctx, kittenID, p.ID, func(k *kitten) error {
		before = k.link(p)
		return nil
	})
	switch {
	case errors.Is(err, errSettled):
		return nil
	case errors.Is(err, errSuperseded):
		return r.discard(ctx, log, kittenID, p.ID)
	case err != nil:
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

var (
	// errSuperseded says that nobody waits for the photo any more: the kitten is gone or has another one, or the
	// photo was rejected.
	errSuperseded = errors.New("the upload was superseded")
	// errSettled says that the photo was stored already, by the same event delivered twice.
	errSettled = errors.New("the upload was settled")
)

// settle changes a kitten whose photo of that id is pending. Errors: errSuperseded, errSettled, that of change.
func (r receiver) settle(ctx context.Context, kittenID, photoID string, change func(*kitten) error) error {
	err := updatePhotos(ctx, r.kittens, kittenID, r.now(), func(k *kitten) error {
		switch p := k.announced(photoID); {
		case p == nil || p.Status == rejected:
			return errSuperseded
		case p.Status == stored:
			return errSettled
		}
		return change(k)
	})
	if errors.Is(err, store.ErrNotFound) {
		return errSuperseded
	}
	if err != nil {
		return fmt.Errorf("changing the kitten of an upload: %w", err)
	}
	return nil
}
