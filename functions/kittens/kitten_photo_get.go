package main

import (
	"context"
	"net/http"
	"time"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
)

// photoDownload is the contract's PhotoDownload.
type photoDownload struct {
	URL         string    `json:"url"`
	ExpiresAt   time.Time `json:"expiresAt"`
	ContentType string    `json:"contentType"`
	Size        int64     `json:"size"`
	SHA256      string    `json:"sha256"`
}

// Until the announced photo has arrived, storage answers to the URL that there is none.
var _ = rest.Handle("kittenPhotoGet", func(d *rest.Deps) rest.Handler {
	kittens := rest.Table[kitten](d, table)
	bucket := openUploads(d)
	return func(ctx context.Context, r *rest.Request) (*rest.Response, error) {
		in := r.Input()
		id := kittenID(in)
		if err := in.Err(); err != nil {
			return nil, err
		}
		k, err := kittens.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		if k.Photo == nil {
			return nil, rest.NewProblem(http.StatusNotFound, "The kitten has no photo.")
		}
		p := *k.Photo
		signed, err := bucket.SignGet(ctx, p.Key, p.ContentType, "inline")
		if err != nil {
			return nil, err
		}
		return rest.JSON(http.StatusOK, photoDownload{
			URL: signed.URL, ExpiresAt: signed.ExpiresAt, ContentType: p.ContentType, Size: p.Size, SHA256: p.SHA256,
		}), nil
	}
})
