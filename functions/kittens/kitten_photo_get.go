package main

import (
	"context"
	"net/http"
	"time"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
)

// photoDownload is the contract's PhotoDownload.
type photoDownload struct {
	ID           string    `json:"photoId"`
	URL          string    `json:"url"`
	ThumbnailURL string    `json:"thumbnailUrl"`
	ExpiresAt    time.Time `json:"expiresAt"`
	ContentType  string    `json:"contentType"`
	Size         int64     `json:"size"`
	SHA256       string    `json:"sha256"`
	Width        int       `json:"width"`
	Height       int       `json:"height"`
}

var _ = rest.Handle("kittenPhotoGet", func(d *rest.Deps) rest.Handler {
	kittens := rest.Table[kitten](d, table)
	files := photoFiles{openUploads(d)}
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
		switch {
		case k.Photo == nil:
			return nil, rest.NewProblem(http.StatusNotFound, "The kitten has no photo.")
		case !k.hasPhoto():
			return nil, rest.NewProblem(http.StatusNotFound, "The photo of the kitten is %s.", k.Photo.Status)
		}
		p := *k.Photo
		out := photoDownload{ID: p.ID, ContentType: p.ContentType, Size: p.Size, SHA256: p.SHA256, Width: p.Width, Height: p.Height}
		if out.URL, out.ThumbnailURL, out.ExpiresAt, err = files.sign(ctx, id, p); err != nil {
			return nil, err
		}
		return rest.JSON(http.StatusOK, out), nil
	}
})
