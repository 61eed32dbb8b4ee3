package store_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/functions/internal/store"
)

// walk reads all pages and calls between after each; it fails if a page is longer than limit.
func walk(t *testing.T, cats *store.Table[cat], limit int, between func()) []string {
	t.Helper()
	ids := []string{}
	for cursor := ""; ; {
		page, err := cats.List(t.Context(), limit, cursor)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Rows) > limit || len(page.Rows) == 0 && page.Next != "" {
			t.Fatalf("a page of %d rows with cursor %q, want 1 to %d", len(page.Rows), page.Next, limit)
		}
		for _, row := range page.Rows {
			ids = append(ids, row.ID)
		}
		if page.Next == "" {
			return ids
		}
		cursor = page.Next
		between()
	}
}

// Every row is listed exactly once and in order, whatever the limit and the number of
// shards. Rows that come in between appear at most once and change nothing else.
func TestListShowsEveryRowOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, shards := range []int{1, 2, 7, 16} {
		for _, count := range []int{0, 1, 40} {
			t.Run(fmt.Sprintf("%d shards %d rows", shards, count), func(t *testing.T) {
				cats, _ := open(t, "12345", shards)
				var want []string
				create := func() string {
					id := fmt.Sprintf("%x", random.Uint64())
					if _, err := cats.Create(t.Context(), id, cat{}); err != nil {
						t.Fatal(err)
					}
					return id
				}
				for range count {
					want = append(want, create())
				}
				slices.Sort(want)
				for _, limit := range []int{1, 2, 3, 10, 39, 40, 41, 100} {
					if got := walk(t, cats, limit, func() {}); !slices.Equal(got, want) {
						t.Fatalf("limit %d: listed\n%v, want\n%v", limit, got, want)
					}
				}
				var added []string
				got := walk(t, cats, 1+random.IntN(9), func() { added = append(added, create()) })
				if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
					t.Fatalf("with rows added: listed %v, want each once and in order", got)
				}
				for _, id := range want {
					if !slices.Contains(got, id) {
						t.Errorf("with rows added: %s is not listed", id)
					}
				}
				for _, id := range got {
					if !slices.Contains(want, id) && !slices.Contains(added, id) {
						t.Errorf("with rows added: %s is listed and was never created", id)
					}
				}
			})
		}
	}
}

func TestListDescending(t *testing.T) {
	_, config := open(t, "12345", 3)
	cats := store.New[cat](config, store.Schema{Table: "cats", SortKey: "catId", Sharded: true, Descending: true})
	for _, id := range []string{"b", "d", "a", "c", "e"} {
		if _, err := cats.Create(t.Context(), id, cat{}); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(walk(t, cats, 2, func() {}), ""); got != "edcba" {
		t.Errorf("listed %s, want edcba", got)
	}
}

// Pages end at 1 MB of rows read; a list goes on behind that.
func TestListReadsBeyondOneMegabyte(t *testing.T) {
	cats, _ := open(t, "12345", 1)
	for i := range 6 {
		if _, err := cats.Create(t.Context(), fmt.Sprint(i), cat{Name: strings.Repeat("x", 350<<10)}); err != nil {
			t.Fatal(err)
		}
	}
	page, err := cats.List(t.Context(), 6, "")
	if err != nil || len(page.Rows) != 6 || page.Next != "" {
		t.Errorf("List: %d rows, cursor %q, %v, want 6 and no cursor", len(page.Rows), page.Next, err)
	}
}

// A cursor speaks of ids alone: it survives another number of shards, and that of
// another account is a position in one's own rows.
func TestCursorNamesNoPartition(t *testing.T) {
	cats, config := open(t, "12345", 4)
	for i := range 6 {
		if _, err := cats.Create(t.Context(), fmt.Sprint(i), cat{}); err != nil {
			t.Fatal(err)
		}
	}
	page, err := cats.List(t.Context(), 3, "")
	if err != nil {
		t.Fatal(err)
	}
	data, err := base64.RawURLEncoding.DecodeString(page.Next)
	if want := `{"v":1,"t":"cats","a":"2"}`; string(data) != want || err != nil {
		t.Errorf("cursor is %s, %v, want %s", data, err, want)
	}
	config.Account, config.Shards = "other", 1
	other := store.New[cat](config, schema)
	for _, id := range []string{"1", "7"} {
		if _, err := other.Create(t.Context(), id, cat{}); err != nil {
			t.Fatal(err)
		}
	}
	page, err = other.List(t.Context(), 3, page.Next)
	if err != nil || len(page.Rows) != 1 || page.Rows[0].ID != "7" {
		t.Errorf("List at the other account: %+v, %v, want its own row 7", page.Rows, err)
	}
}

func TestForeignCursors(t *testing.T) {
	cats, _ := open(t, "12345", 2)
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for name, cursor := range map[string]string{
		"no base64":           "%%%",
		"padding":             encode(`{"v":1,"t":"cats","a":"xx"}`) + "=",
		"no JSON":             encode("12345"),
		"other version":       encode(`{"v":2,"t":"cats","a":"x"}`),
		"other table":         encode(`{"v":1,"t":"dogs","a":"x"}`),
		"no id":               encode(`{"v":1,"t":"cats","a":""}`),
		"long id":             encode(`{"v":1,"t":"cats","a":"` + strings.Repeat("x", store.MaxKey+1) + `"}`),
		"further members":     encode(`{"v":1,"t":"cats","a":"x","billingAccount":"99999"}`),
		"duplicate members":   encode(`{"v":1,"t":"cats","a":"x","a":"y"}`),
		"other letters":       encode(`{"V":1,"T":"cats","A":"x"}`),
		"space":               encode(`{"v":1, "t":"cats","a":"x"}`),
		"text after":          encode(`{"v":1,"t":"cats","a":"x"}{}`),
		"DynamoDB's own form": encode(`{"billingAccount":{"S":"99999"},"catId":{"S":"x"}}`),
		"null":                encode("null"),
		"huge number":         encode(`{"v":1e999999,"t":"cats","a":"x"}`),
		"NUL":                 encode("\x00"),
	} {
		if page, err := cats.List(t.Context(), 10, cursor); !errors.Is(err, store.ErrCursor) {
			t.Errorf("%s: %+v, %v, want ErrCursor", name, page, err)
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("eyJ2IjoxLCJ0IjoiY2F0cyIsImEiOiIyIn0")
	f.Add("bnVsbA")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := store.DecodeCursor("cats", text)
		if err == nil && store.EncodeCursor("cats", id) != text {
			t.Errorf("cursor %q was read as %q, which is written %q", text, id, store.EncodeCursor("cats", id))
		}
	})
}
