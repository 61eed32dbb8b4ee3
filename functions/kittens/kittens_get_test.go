package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantstack/tenantstack/functions/internal/rest/resttest"
	"github.com/tenantstack/tenantstack/functions/internal/search"
	"github.com/tenantstack/tenantstack/internal/localcloud/engine/enginetest"
)

// page is a KittenList as a caller reads it.
type page struct {
	Items  []item       `json:"items"`
	Cursor string       `json:"cursor"`
	Search *searchState `json:"search"`
}

func (a *app) page(change ...func(resttest.Event)) page {
	a.t.Helper()
	var p page
	a.call("kittensGet", change...).Want(a.t, http.StatusOK).Decode(a.t, &p)
	return p
}

// Following the cursors shows every kitten once and in order, whatever the limit and the shards,
// while others add kittens in between.
func TestListPages(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, shards := range []int{1, 3, 16} {
		t.Run(fmt.Sprintf("%d shards", shards), func(t *testing.T) {
			a := newApp(t, shards, nil)
			var want []string
			for range 30 {
				want = append(want, a.create().ID)
			}
			for _, limit := range []int{1, 7, 29, 30, 31, 100} {
				var got, added []string
				cursor := func(resttest.Event) {}
				for {
					p := a.page(query("limit", fmt.Sprint(limit)), cursor)
					if len(p.Items) > limit || p.Search != nil {
						t.Fatalf("limit %d: %d items, search %+v", limit, len(p.Items), p.Search)
					}
					for _, k := range p.Items {
						got = append(got, k.ID)
					}
					if p.Cursor == "" {
						break
					}
					if random.IntN(3) == 0 {
						added = append(added, a.create().ID)
					}
					cursor = query("cursor", p.Cursor)
				}
				if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
					t.Fatalf("limit %d: listed %v, want each once and in order", limit, got)
				}
				for _, id := range want {
					if !slices.Contains(got, id) {
						t.Errorf("limit %d: %s is not listed", limit, id)
					}
				}
				want = append(want, added...)
			}
			if n := len(a.page().Items); n != 25 {
				t.Errorf("without a limit: %d items, want 25", n)
			}
		})
	}
}

func TestEmptyList(t *testing.T) {
	r := newApp(t, 4, nil).call("kittensGet").Want(t, http.StatusOK)
	if r.Body != `{"items":[]}` {
		t.Errorf("body %s, want an empty list", r.Body)
	}
}

func TestListFaults(t *testing.T) {
	a := newApp(t, 4, nil)
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for name, change := range map[string]func(resttest.Event){
		"limit 0":          query("limit", "0"),
		"limit 101":        query("limit", "101"),
		"huge limit":       query("limit", strings.Repeat("9", 1000)),
		"word":             query("limit", "ten"),
		"two limits":       query("limit", "1", "2"),
		"empty cursor":     query("cursor", ""),
		"garbage":          query("cursor", "garbage"),
		"no base64url":     query("cursor", "%00../"),
		"long cursor":      query("cursor", strings.Repeat("A", 10<<10)),
		"other table":      query("cursor", encode(`{"v":1,"t":"breeds","a":"x"}`)),
		"other account":    query("cursor", encode(`{"billingAccount":{"S":"99999"},"kittenId":{"S":"x"}}`)),
		"stand-in's":       query("cursor", "-"+encode(`{"v":1,"t":"kittens","a":"x"}`)),
		"empty q":          query("q", ""),
		"q of 10 KB":       query("q", strings.Repeat("x", 10<<10)),
		"two q":            query("q", "a", "b"),
		"search's garbage": func(e resttest.Event) { e.Query("q", "a").Query("cursor", "garbage") },
		"list's in search": func(e resttest.Event) { e.Query("q", "a").Query("cursor", encode(`{"v":1,"t":"kittens","a":"x"}`)) },
		"garbage stand-in": func(e resttest.Event) { e.Query("q", "a").Query("cursor", "-garbage") },
	} {
		t.Run(name, func(t *testing.T) { a.call("kittensGet", change).Problem(t, http.StatusBadRequest) })
	}
}

// While search does not answer, the list stands in for it and says so, page after page.
func TestSearchUnavailable(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"no connection": nil,
		"throttling":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
		"server error":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
	} {
		t.Run(name, func(t *testing.T) {
			a := newApp(t, 2, handler)
			for range 5 {
				a.create()
			}
			var got []string
			cursor := func(resttest.Event) {}
			for {
				p := a.page(query("q", "minka"), query("limit", "2"), cursor)
				if p.Search == nil || p.Search.Available || p.Search.Message == "" {
					t.Fatalf("search %+v, want it unavailable with a message", p.Search)
				}
				for _, k := range p.Items {
					got = append(got, k.ID)
				}
				if p.Cursor == "" {
					break
				}
				cursor = query("cursor", p.Cursor)
			}
			if len(got) != 5 || !slices.IsSorted(got) {
				t.Errorf("listed %v, want all 5 in order", got)
			}
		})
	}
}

// hit answers a search with ids and, if there are more, the sort values of the last.
func hit(w http.ResponseWriter, ids ...string) {
	var hits []map[string]any
	for i, id := range ids {
		hits = append(hits, map[string]any{
			"_score": 9 - i, "sort": []any{9 - i, id}, "highlight": map[string][]string{"name": {"<em>Minka</em> &lt;b&gt;"}},
		})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"hits": map[string]any{"total": map[string]any{"value": len(ids)}, "hits": hits}})
}

// Hits are shown as the table has them, in the order of the search; one without a row is not shown.
func TestSearchShowsRows(t *testing.T) {
	var found []string
	var asked []string
	a := newApp(t, 4, func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		asked = append(asked, r.Method+" "+r.URL.Path+" "+string(data))
		hit(w, found...)
	})
	first, second := a.create(), a.create()
	found = []string{second.ID, "00000000-0000-4000-8000-000000000000", first.ID}
	p := a.page(query("q", `minka" OR _index:99999`))
	var got []string
	for _, k := range p.Items {
		got = append(got, k.ID)
		if diff := cmp.Diff(map[string][]string{"name": {"<em>Minka</em> &lt;b&gt;"}}, k.Highlights); diff != "" {
			t.Errorf("highlights (-want +got):\n%s", diff)
		}
	}
	if !slices.Equal(got, []string{second.ID, first.ID}) || p.Search == nil || !p.Search.Available || p.Search.Message != "" {
		t.Errorf("found %v, search %+v, want %v and %v", got, p.Search, second.ID, first.ID)
	}
	if len(asked) != 1 || !strings.HasPrefix(asked[0], "POST /12345/_search ") {
		t.Errorf("asked %v, want one search in the account's own index", asked)
	}
	if p := a.page(query("q", " \t")); len(asked) != 1 || len(p.Items) != 0 || !p.Search.Available {
		t.Errorf("q without a word: %+v after %d searches, want no match and no search", p, len(asked))
	}
}

// A search goes on only as a search: its next page is never an unfiltered one.
func TestSearchUnavailableBetweenPages(t *testing.T) {
	down := false
	var ids []string
	a := newApp(t, 1, func(w http.ResponseWriter, _ *http.Request) {
		if down {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		hit(w, ids...)
	})
	ids = []string{a.create().ID, a.create().ID}
	p := a.page(query("q", "minka"), query("limit", "1"))
	if p.Cursor == "" || len(p.Items) != 1 {
		t.Fatalf("page %+v, want one kitten and a cursor", p)
	}
	a.call("kittensGet", query("q", "other"), query("cursor", p.Cursor)).Problem(t, http.StatusBadRequest)
	a.call("kittensGet", query("cursor", p.Cursor)).Problem(t, http.StatusBadRequest)
	down = true
	r := a.call("kittensGet", query("q", "minka"), query("limit", "1"), query("cursor", p.Cursor))
	if r.Problem(t, http.StatusServiceUnavailable); r.Header["Retry-After"] == "" {
		t.Errorf("headers %v, want Retry-After", r.Header)
	}
}

// A refusal is a fault of the deployment: it is not taken for a search engine that is down.
func TestSearchRefused(t *testing.T) {
	a := newApp(t, 1, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	a.call("kittensGet", query("q", "secret words")).Problem(t, http.StatusInternalServerError)
	if log := a.Log.String(); !strings.Contains(log, "403") || strings.Contains(log, "secret") {
		t.Errorf("log has no status, or the words:\n%s", log)
	}
}

// Documents without a row hide no match: a page is full, and its cursor is there if there is more to come.
func TestSearchPagesAreFull(t *testing.T) {
	a := newApp(t, 2, nil)
	a.Env["SEARCH_ENDPOINT"], a.Env["SEARCH_INDEX"] = enginetest.OpenSearch(t), enginetest.Unique("account")
	index, err := search.New(enginetest.Config(), a.Env["SEARCH_ENDPOINT"], a.Env["SEARCH_INDEX"])
	if err != nil {
		t.Fatal(err)
	}
	if err := index.EnsureIndex(t.Context()); err != nil {
		t.Fatal(err)
	}
	var actions []search.Action
	document := func(id, name string) {
		action, err := search.Document(table.Table, id, search.Row{"name": name, "version": json.Number("1")})
		if err != nil {
			t.Fatal(err)
		}
		actions = append(actions, action)
	}
	var want []string
	for i := range 3 {
		for n := range 5 { // the better matches are of kittens that are gone
			document(fmt.Sprintf("00000000-0000-4000-8000-0000000000%d%d", i, n), "Keyboard")
		}
		k := a.create()
		want = append(want, k.ID)
		document(k.ID, "Keyboard of the cat")
	}
	slices.Sort(want)
	if _, err := index.Bulk(t.Context(), actions); err != nil {
		t.Fatal(err)
	}
	if err := index.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{1, 2, 3, 100} {
		var got []string
		cursor := func(resttest.Event) {}
		for pages := 0; ; pages++ {
			p := a.page(query("q", "keyboard"), query("limit", fmt.Sprint(limit)), cursor)
			for _, k := range p.Items {
				got = append(got, k.ID)
				if len(k.Highlights["name"]) == 0 {
					t.Errorf("%s has no highlights", k.ID)
				}
			}
			if left := len(want) - len(got); len(p.Items) != limit && left > 0 || (p.Cursor == "") != (left == 0) || pages > len(want) {
				t.Fatalf("limit %d: page %d of %d kittens, cursor %q, %d left", limit, pages, len(p.Items), p.Cursor, left)
			}
			if p.Cursor == "" {
				break
			}
			cursor = query("cursor", p.Cursor)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("limit %d: found %v, want %v", limit, got, want)
		}
	}
	if log := a.Log.String(); !strings.Contains(log, `"documents":15`) || strings.Contains(log, "00000000-") {
		t.Errorf("log has no count of documents without a row, or their ids:\n%s", log)
	}
}

// The whole way through OpenSearch.
func TestSearchForReal(t *testing.T) {
	a := newApp(t, 2, nil)
	a.Env["SEARCH_ENDPOINT"] = enginetest.OpenSearch(t)
	a.Env["SEARCH_INDEX"] = enginetest.Unique("account")
	index, err := search.New(enginetest.Config(), a.Env["SEARCH_ENDPOINT"], a.Env["SEARCH_INDEX"])
	if err != nil {
		t.Fatal(err)
	}
	if p := a.page(query("q", "minka")); len(p.Items) != 0 || !p.Search.Available {
		t.Errorf("before anything is indexed: %+v, want no match", p)
	}
	if err := index.EnsureIndex(t.Context()); err != nil {
		t.Fatal(err)
	}
	var actions []search.Action
	for _, description := range []string{"Sleeps on keyboards.", "Plays.", "<b>keyboard</b>", "A keyboard, and another keyboard"} {
		k := a.create(body(t, map[string]string{"name": "Minka", "breed": "siam", "birthDate": "2024-01-01", "description": description}))
		action, err := search.Document(table.Table, k.ID, search.Row{"name": k.Name, "description": description, "version": json.Number("1")})
		if err != nil {
			t.Fatal(err)
		}
		actions = append(actions, action)
	}
	if _, err := index.Bulk(t.Context(), actions); err != nil {
		t.Fatal(err)
	}
	if err := index.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	cursor := func(resttest.Event) {}
	for {
		p := a.page(query("q", "keyboards"), query("limit", "2"), cursor)
		for _, k := range p.Items {
			if seen[k.ID] || len(k.Highlights["description"]) == 0 || !strings.Contains(k.Highlights["description"][0], "<em>") {
				t.Errorf("found %+v, want each once and with a highlight", k)
			}
			if strings.Contains(k.Highlights["description"][0], "<b>") {
				t.Errorf("highlight %s is not escaped", k.Highlights["description"][0])
			}
			seen[k.ID] = true
		}
		if p.Cursor == "" {
			break
		}
		cursor = query("cursor", p.Cursor)
	}
	if len(seen) != 3 {
		t.Errorf("found %d kittens, want 3", len(seen))
	}
	for _, q := range []string{"nul\x00", "🐱", strings.Repeat("w ", 100), `"`, "*", "a AND (", "\u202e", "<script>"} {
		a.page(query("q", q))
	}
}
