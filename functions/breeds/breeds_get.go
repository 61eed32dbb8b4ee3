package main

import (
	"context"
	"net/http"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
	"github.com/tenantstack/tenantstack/functions/internal/store"
)

// pageSize is how many rows one read takes.
const pageSize = 1000

// table of the breeds. The application only reads it.
var table = store.Schema{Table: "breeds", SortKey: "breedId"}

// breed is a row, and the contract's Breed.
type breed struct {
	ID          string `dynamodbav:"breedId" json:"breedId"`
	Name        string `dynamodbav:"name" json:"name"`
	Origin      string `dynamodbav:"origin,omitempty" json:"origin,omitempty"`
	Description string `dynamodbav:"description,omitempty" json:"description,omitempty"`
}

// list is the contract's BreedList.
type list struct {
	Items []breed `json:"items"`
}

var _ = rest.Handle("breedsGet", func(d *rest.Deps) rest.Handler {
	breeds := rest.Table[breed](d, table)
	return func(ctx context.Context, _ *rest.Request) (*rest.Response, error) {
		all := list{Items: []breed{}}
		for cursor := ""; ; {
			page, err := breeds.List(ctx, pageSize, cursor)
			if err != nil {
				return nil, err
			}
			all.Items = append(all.Items, page.Rows...)
			if cursor = page.Next; cursor == "" {
				return rest.JSON(http.StatusOK, all), nil
			}
		}
	}
})
