package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
	"github.com/tenantstack/tenantstack/functions/internal/uploads"
)

// photoUpload is the contract's PhotoUpload.
type photoUpload struct {
	ID        string            `json:"photoId"`
	URL       string            `json:"url"`
	Method    string            `json:"method"`
	Headers   map[string]string `json:"headers"`
	ExpiresAt time.Time         `json:"expiresAt"`
}

var _ = rest.Handle("kittenPhotoPost", func(d *rest.Deps) rest.Handler {
	kittens := rest.Table[kitten](d, table)
	bucket := openUploads(d)
	return func(ctx context.Context, r *rest.Request) (*rest.Response, error) {
		in := r.Input()
		id := kittenID(in)
		var p photo
		digest, err := p.read(in)
		if err != nil {
			return nil, err
		}
		// Every upload has a key of its own: an object is stored once and never changes.
		p.ID = d.NewID()
		key, err := bucket.Key(incomingFolder, id, p.ID)
		if err != nil {
			return nil, err
		}
		signed, err := bucket.SignPut(ctx, uploads.Object{Key: key, ContentType: p.ContentType, Size: p.Size, SHA256: digest})
		if err != nil {
			return nil, err
		}
		p.ExpiresAt = &signed.ExpiresAt
		err = updatePhotos(ctx, kittens, id, d.Now(), func(k *kitten) error {
			k.announce(p)
			return nil
		})
		if errors.Is(err, errBusy) {
			return nil, rest.NewProblem(http.StatusConflict, "The kitten is being changed by others; try again.")
		}
		if err != nil {
			return nil, err
		}
		return rest.JSON(http.StatusCreated, photoUpload{p.ID, signed.URL, signed.Method, signed.Headers, signed.ExpiresAt}), nil
	}
})
