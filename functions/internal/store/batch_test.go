package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tenantstack/tenantstack/functions/internal/store"
)

// reluctant leaves all but a few keys of each batch unprocessed.
type reluctant struct {
	store.API
	processed int
	calls     int
}

func (r *reluctant) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput,
	options ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	r.calls++
	for table, request := range in.RequestItems {
		n := min(r.processed, len(request.Keys))
		left := request
		left.Keys = request.Keys[n:]
		out := &dynamodb.BatchGetItemOutput{}
		if n > 0 {
			request.Keys = request.Keys[:n]
			in.RequestItems[table] = request
			var err error
			if out, err = r.API.BatchGetItem(ctx, in, options...); err != nil {
				return nil, err
			}
		}
		if len(left.Keys) > 0 {
			out.UnprocessedKeys = map[string]types.KeysAndAttributes{table: left}
		}
		return out, nil
	}
	return nil, errors.New("no table")
}

func TestBatchGet(t *testing.T) {
	cats, config := open(t, "12345", 3)
	ids := []string{"absent", "249", "3", "3", "", "absent"}
	for i := range 250 {
		if _, err := cats.Create(t.Context(), fmt.Sprint(i), cat{}); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, fmt.Sprint(i))
	}
	want := []string{"249", "3"}
	for i := range 249 {
		if i != 3 {
			want = append(want, fmt.Sprint(i))
		}
	}
	config.Client = &reluctant{API: config.Client, processed: 40}
	for name, table := range map[string]*store.Table[cat]{"DynamoDB": cats, "unprocessed keys": store.New[cat](config, schema)} {
		rows, err := table.BatchGet(t.Context(), ids)
		var got []string
		for _, row := range rows {
			got = append(got, row.ID)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, want)
		}
	}
}

func TestBatchGetGivesUp(t *testing.T) {
	_, config := open(t, "12345", 1)
	refusing := &reluctant{API: config.Client}
	config.Client = refusing
	cats := store.New[cat](config, schema)
	if _, err := cats.BatchGet(t.Context(), []string{"a", "b"}); !errors.Is(err, store.ErrUnprocessed) || refusing.calls != 6 {
		t.Errorf("BatchGet: %v after %d calls, want ErrUnprocessed after 6", err, refusing.calls)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := cats.BatchGet(ctx, []string{"a"}); !errors.Is(err, context.Canceled) {
		t.Errorf("BatchGet with an ended context: %v, want context.Canceled", err)
	}
}
