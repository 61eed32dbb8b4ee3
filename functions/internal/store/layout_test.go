package store_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tenantstack/tenantstack/functions/internal/store"
	"github.com/tenantstack/tenantstack/functions/internal/store/storetest"
	"github.com/tenantstack/tenantstack/internal/localcloud/engine/enginetest"
)

// layoutOf is the layout of a new table.
func layoutOf(t *testing.T, client *dynamodb.Client, digest string, writes bool) store.Layout {
	t.Helper()
	name := enginetest.Unique("cats")
	storetest.Table(t, client, name, "catId")
	return store.Layout{Table: "cats", Name: name, SortKey: "catId", Digest: digest, Writes: writes}
}

func TestCheckLayouts(t *testing.T) {
	client := storetest.Client(enginetest.Config(), enginetest.DynamoDB(t))
	check := func(account string, layouts ...store.Layout) error {
		return store.CheckLayouts(t.Context(), client, account, layouts)
	}
	cats := layoutOf(t, client, "one", false)
	other := cats
	other.Digest = "two"

	// A reader stores nothing: another layout is as good as the first.
	for _, l := range []store.Layout{cats, other, cats} {
		if err := check("12345", l); err != nil {
			t.Fatalf("nothing is stored: %v", err)
		}
	}
	cats.Writes = true
	if err := check("12345", cats); err != nil {
		t.Fatalf("the first writer: %v", err)
	}
	if err := check("12345", cats); err != nil {
		t.Errorf("the same layout again: %v", err)
	}
	for _, writes := range []bool{false, true} {
		other.Writes = writes
		if err := check("12345", other); !errors.Is(err, store.ErrLayout) || !strings.Contains(err.Error(), "keyed as one says, the function was deployed for two") {
			t.Errorf("another layout, writes %t: %v, want ErrLayout", writes, err)
		}
	}
	if err := check("12346", other); err != nil {
		t.Errorf("another account: %v", err)
	}

	// Each table is compared, and the one that differs is named.
	toys := layoutOf(t, client, "three", true)
	toys.Table = "toys"
	if err := check("12345", toys, other); !errors.Is(err, store.ErrLayout) || strings.Contains(err.Error(), "toys") {
		t.Errorf("one of two tables differs: %v", err)
	}

	// The row has a partition of its own: no list has it.
	rows := store.New[cat](store.Config{Client: client, Name: cats.Name, Account: "12345", Shards: 1}, schema)
	if page, err := rows.List(t.Context(), 10, ""); err != nil || len(page.Rows) > 0 {
		t.Errorf("the list has %v, %v", page.Rows, err)
	}

	// Once the row is deleted, as the guide says, the new layout is stored.
	_, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: aws.String(cats.Name), Key: storetest.Item(map[string]string{"billingAccount": "12345#layout", "catId": "layout"}),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := check("12345", other); err != nil {
		t.Errorf("after it was deleted: %v", err)
	}
	if err := check("12345", cats); !errors.Is(err, store.ErrLayout) {
		t.Errorf("the old layout after it was deleted: %v, want ErrLayout", err)
	}

	absent := cats
	absent.Name = "absent"
	if err := check("12345", absent); err == nil || errors.Is(err, store.ErrLayout) {
		t.Errorf("a table that is not there: %v", err)
	}
}

// Of writers that are deployed for different layouts and start at the same time, those of one win.
func TestCheckLayoutsRace(t *testing.T) {
	client := storetest.Client(enginetest.Config(), enginetest.DynamoDB(t))
	one := layoutOf(t, client, "one", true)
	two := one
	two.Digest = "two"
	var wg sync.WaitGroup
	refused := map[string]int{}
	var mu sync.Mutex
	for i := range 16 {
		l := []store.Layout{one, two}[i%2]
		wg.Go(func() {
			err := store.CheckLayouts(t.Context(), client, "12345", []store.Layout{l})
			if err != nil && !errors.Is(err, store.ErrLayout) {
				t.Error(err)
			}
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				refused[l.Digest]++
			}
		})
	}
	wg.Wait()
	if refused["one"]+refused["two"] != 8 || refused["one"]*refused["two"] != 0 {
		t.Errorf("refused %v, want all of one layout", refused)
	}
}
