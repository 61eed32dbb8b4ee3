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
		err := kittens.Delete(ctx, id, version)
		if errors.Is(err, store.ErrVersion) {
			return nil, changed(ctx, kittens, id)
		}
		if err != nil {
			return nil, err
		}
		return rest.Empty(http.StatusNoContent), nil
	}
})
