package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/tenantstack/tenantstack/functions/internal/store"
	"github.com/tenantstack/tenantstack/functions/internal/store/storetest"
	"github.com/tenantstack/tenantstack/internal/localcloud/engine/enginetest"
)

type cat struct {
	ID      string `dynamodbav:"catId"`
	Name    string `dynamodbav:"name,omitempty"`
	Version int64  `dynamodbav:"version"`
}

var schema = store.Schema{Table: "cats", SortKey: "catId", Sharded: true}

// open makes a table and opens it for an account with that many shards.
func open(t *testing.T, account string, shards int) (*store.Table[cat], store.Config) {
	t.Helper()
	config := store.Config{
		Client:  storetest.Client(enginetest.Config(), enginetest.DynamoDB(t)),
		Name:    enginetest.Unique("cats"),
		Account: account,
		Shards:  shards,
	}
	storetest.Table(t, config.Client.(*dynamodb.Client), config.Name, schema.SortKey)
	return store.New[cat](config, schema), config
}

func TestRowLifecycle(t *testing.T) {
	for _, shards := range []int{1, 4} {
		t.Run(fmt.Sprintf("%d shards", shards), func(t *testing.T) {
			cats, _ := open(t, "12345", shards)
			ctx := t.Context()
			if _, err := cats.Get(ctx, "a"); !errors.Is(err, store.ErrNotFound) {
				t.Fatalf("Get before Create: %v, want ErrNotFound", err)
			}
			row, err := cats.Create(ctx, "a", cat{Name: "Minka\x00\u2028<script>"})
			want := cat{ID: "a", Name: "Minka\x00\u2028<script>", Version: 1}
			if diff := cmp.Diff(want, row); diff != "" || err != nil {
				t.Fatalf("Create: %v\n%s", err, diff)
			}
			if row, err = cats.Get(ctx, "a"); err != nil || row != want {
				t.Fatalf("Get: %+v, %v, want %+v", row, err, want)
			}
			if _, err := cats.Create(ctx, "a", cat{Name: "Other"}); !errors.Is(err, store.ErrExists) {
				t.Fatalf("Create of an existing row: %v, want ErrExists", err)
			}
			if row, err = cats.Replace(ctx, "a", 1, cat{Name: "Max"}); err != nil || row != (cat{ID: "a", Name: "Max", Version: 2}) {
				t.Fatalf("Replace: %+v, %v", row, err)
			}
			if _, err := cats.Replace(ctx, "a", 1, cat{}); !errors.Is(err, store.ErrVersion) {
				t.Fatalf("Replace of an old version: %v, want ErrVersion", err)
			}
			if _, err := cats.Replace(ctx, "b", 1, cat{}); !errors.Is(err, store.ErrVersion) {
				t.Fatalf("Replace of no row: %v, want ErrVersion", err)
			}
			if err := cats.Delete(ctx, "a", 1); !errors.Is(err, store.ErrVersion) {
				t.Fatalf("Delete of an old version: %v, want ErrVersion", err)
			}
			if err := cats.Delete(ctx, "a", 2); err != nil {
				t.Fatal(err)
			}
			if err := cats.Delete(ctx, "a", 2); !errors.Is(err, store.ErrVersion) {
				t.Fatalf("Delete of no row: %v, want ErrVersion", err)
			}
		})
	}
}

// A write whose answer was lost is repeated by the SDK and meets the row it wrote.
func TestCreateRepeated(t *testing.T) {
	cats, _ := open(t, "12345", 1)
	for range 2 {
		if row, err := cats.Create(t.Context(), "a", cat{Name: "Minka"}); err != nil || row.Version != 1 {
			t.Fatalf("Create: %+v, %v", row, err)
		}
	}
}

func TestIDsThatDynamoDBRefuses(t *testing.T) {
	cats, _ := open(t, "12345", 4)
	for _, id := range []string{"", strings.Repeat("x", store.MaxKey+1), "\xff"} {
		if _, err := cats.Get(t.Context(), id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Get(%.10q): %v, want ErrNotFound", id, err)
		}
		if rows, err := cats.BatchGet(t.Context(), []string{id}); err != nil || len(rows) != 0 {
			t.Errorf("BatchGet(%.10q): %v, %v, want nothing", id, rows, err)
		}
	}
}

func TestTooLarge(t *testing.T) {
	cats, _ := open(t, "12345", 1)
	if _, err := cats.Create(t.Context(), "a", cat{Name: strings.Repeat("x", 401<<10)}); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("Create of 401 KiB: %v, want ErrTooLarge", err)
	}
}

// Every row lies in the partition that IAM permits, and in the one its hash gives.
func TestPartitionKeys(t *testing.T) {
	cats, config := open(t, "acme", 4)
	for i := range 40 {
		if _, err := cats.Create(t.Context(), fmt.Sprint("cat-", i), cat{}); err != nil {
			t.Fatal(err)
		}
	}
	out, err := config.Client.(*dynamodb.Client).Scan(t.Context(), &dynamodb.ScanInput{TableName: &config.Name})
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]int{}
	for _, item := range out.Items {
		key := item[store.PartitionKey].(*types.AttributeValueMemberS).Value
		id := item["catId"].(*types.AttributeValueMemberS).Value
		if want := fmt.Sprintf("acme#%d", store.Shard(id, 4)); key != want {
			t.Errorf("row %s has partition key %q, want %q", id, key, want)
		}
		used[key]++
	}
	if len(used) != 4 {
		t.Errorf("40 rows use the partitions %v, want 4 of them", used)
	}
}

// The shard of a row is part of the data format: these values never change.
func TestShardIsStable(t *testing.T) {
	for id, want := range map[string]int{"": 5, "a": 12, "3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01": 4} {
		if got := store.Shard(id, 16); got != want {
			t.Errorf("Shard(%q, 16) = %d, want %d", id, got, want)
		}
	}
}

// Two accounts in one table see nothing of each other, even when one's name begins the other's.
func TestAccountsAreApart(t *testing.T) {
	cats, config := open(t, "12345", 1)
	config.Account = "12345-x"
	others := store.New[cat](config, schema)
	if _, err := cats.Create(t.Context(), "a", cat{Name: "Minka"}); err != nil {
		t.Fatal(err)
	}
	if _, err := others.Get(t.Context(), "a"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get of the other account: %v, want ErrNotFound", err)
	}
	if page, err := others.List(t.Context(), 10, ""); err != nil || len(page.Rows) != 0 {
		t.Errorf("List of the other account: %+v, %v, want nothing", page, err)
	}
}

// Of writers that replace the same version exactly one succeeds, round after round.
func TestOptimisticLocking(t *testing.T) {
	const writers, rounds = 8, 10
	cats, _ := open(t, "12345", 4)
	if _, err := cats.Create(t.Context(), "a", cat{}); err != nil {
		t.Fatal(err)
	}
	for version := int64(1); version <= rounds; version++ {
		won := make(chan string, writers)
		var all sync.WaitGroup
		for i := range writers {
			all.Go(func() {
				name := fmt.Sprintf("writer %d", i)
				_, err := cats.Replace(t.Context(), "a", version, cat{Name: name})
				switch {
				case err == nil:
					won <- name
				case !errors.Is(err, store.ErrVersion):
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		all.Wait()
		if len(won) != 1 {
			t.Fatalf("version %d: %d writers succeeded, want 1", version, len(won))
		}
		row, err := cats.Get(t.Context(), "a")
		if want := (cat{ID: "a", Name: <-won, Version: version + 1}); err != nil || row != want {
			t.Fatalf("after version %d: %+v, %v, want %+v", version, row, err, want)
		}
	}
}

func TestErrorsOfAWSAreKept(t *testing.T) {
	_, config := open(t, "12345", 1)
	config.Name = "absent"
	absent := store.New[cat](config, schema)
	var notFound *types.ResourceNotFoundException
	_, err := absent.Get(t.Context(), "a")
	if !errors.As(err, &notFound) {
		t.Errorf("Get from an absent table: %v, want ResourceNotFoundException", err)
	}
	if want := "reading row of table cats: "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("Get from an absent table: %v, want it to begin with %q", err, want)
	}
}
