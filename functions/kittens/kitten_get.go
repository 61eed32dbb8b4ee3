package main

import (
	"context"
	"net/http"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
)

var _ = rest.Handle("kittenGet", func(d *rest.Deps) rest.Handler {
	kittens := rest.Table[kitten](d, table)
	return func(ctx context.Context, r *rest.Request) (*rest.Response, error) {
		in := r.Input()
		id := kittenID(in)
		in.Header("If-None-Match", rest.Length(1, 1024))
		if err := in.Err(); err != nil {
			return nil, err
		}
		k, err := kittens.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		if r.NotModified(k.Version) {
			return rest.Empty(http.StatusNotModified).ETag(k.Version), nil
		}
		return rest.JSON(http.StatusOK, k).ETag(k.Version), nil
	}
})
