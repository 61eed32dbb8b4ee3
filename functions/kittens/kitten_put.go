package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
	"github.com/tenantstack/tenantstack/functions/internal/store"
)

var _ = rest.Handle("kittenPut", func(d *rest.Deps) rest.Handler {
	kittens := rest.Table[kitten](d, table)
	return func(ctx context.Context, r *rest.Request) (*rest.Response, error) {
		in := r.Input()
		id := kittenID(in)
		version := in.IfMatch()
		var k kitten
		k.read(in)
		if err := in.Err(); err != nil {
			return nil, err
		}
		if version == 0 {
			return nil, rest.PreconditionRequired()
		}
		old, err := kittens.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		if old.Version != version {
			return nil, rest.PreconditionFailed(old.Version)
		}
		k.Photo, k.Replacement, k.CreatedAt, k.UpdatedAt = old.Photo, old.Replacement, old.CreatedAt, d.Now()
		k, err = kittens.Replace(ctx, id, version, k)
		if errors.Is(err, store.ErrVersion) {
			return nil, changed(ctx, kittens, id)
		}
		if err != nil {
			return nil, err
		}
		return rest.JSON(http.StatusOK, k).ETag(k.Version), nil
	}
})

// changed is the answer to a change that another one came before: the kitten has a
// version that the answer tells, or is gone.
func changed(ctx context.Context, kittens *store.Table[kitten], id string) error {
	current, err := kittens.Get(ctx, id)
	if err != nil {
		return err
	}
	return rest.PreconditionFailed(current.Version)
}
