package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
	"github.com/tenantstack/tenantstack/functions/internal/store"
)

var _ = rest.Handle("kittenDelete", func(d *rest.Deps) rest.Handler {
	kittens := rest.Table[kitten](d, table)
	files := photoFiles{openUploads(d)}
	return func(ctx context.Context, r *rest.Request) (*rest.Response, error) {
		in := r.Input()
		id := kittenID(in)
		version := in.IfMatch()
		if err := in.Err(); err != nil {
			return nil, err
		}
		if version == 0 {
			return nil, rest.PreconditionRequired()
		}
		k, err := kittens.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		err = kittens.Delete(ctx, id, version)
		if errors.Is(err, store.ErrVersion) {
			err = changed(ctx, kittens, id)
			if k.Version == version && errors.Is(err, store.ErrNotFound) {
				err = nil // the SDK repeated a deletion whose answer was lost
			}
		}
		if err != nil {
			return nil, err
		}
		if k.hasPhoto() {
			// The kitten is gone; that its photo stays behind, which nobody can find, is no failure to the caller.
			if err := files.remove(ctx, id, k.Photo.ID); err != nil {
				rest.Log(ctx).Error("photo left behind", append(rest.ErrorAttrs(err), "photo", k.Photo.ID)...)
			}
		}
		return rest.Empty(http.StatusNoContent), nil
	}
})
