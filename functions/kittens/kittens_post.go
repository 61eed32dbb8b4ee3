package main

import (
	"context"
	"net/http"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
)

var _ = rest.Handle("kittensPost", func(d *rest.Deps) rest.Handler {
	kittens := rest.Table[kitten](d, table)
	return func(ctx context.Context, r *rest.Request) (*rest.Response, error) {
		in := r.Input()
		var k kitten
		k.read(in)
		if err := in.Err(); err != nil {
			return nil, err
		}
		k.CreatedAt = d.Now()
		k.UpdatedAt = k.CreatedAt
		k, err := kittens.Create(ctx, d.NewID(), k)
		if err != nil {
			return nil, err
		}
		return rest.JSON(http.StatusCreated, k).ETag(k.Version).Location(r.URI(k.ID)), nil
	}
})
