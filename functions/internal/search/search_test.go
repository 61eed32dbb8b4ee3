package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/engine/enginetest"
)

const table = "kittens"

// newIndex makes a client of an index of the test's own.
func newIndex(t *testing.T) *Client {
	t.Helper()
	c, err := New(enginetest.Config(), enginetest.OpenSearch(t), enginetest.Unique("account"))
	if err != nil {
		t.Fatal(err)
	}
	c.patience = time.Minute // the machine may be busy
	if err := c.EnsureIndex(context.Background()); err != nil {
		t.Fatal(err)
	}
	return c
}

func number(n int64) json.Number { return json.Number(fmt.Sprint(n)) }

func kitten(t *testing.T, key string, version int64, attributes Row) Action {
	t.Helper()
	row := Row{"kittenId": key, VersionAttribute: number(version)}
	for name, v := range attributes {
		row[name] = v
	}
	a, err := Document(table, key, row)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// write carries out actions, which must succeed, and makes them visible.
func write(t *testing.T, c *Client, actions ...Action) []Outcome {
	t.Helper()
	outcomes, err := c.Bulk(context.Background(), actions)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range outcomes {
		if !o.Result.OK() {
			t.Fatalf("action %d: %v %s", i, o.Result, o.Type)
		}
	}
	if err := c.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	return outcomes
}

func find(t *testing.T, c *Client, text string) []string {
	t.Helper()
	p, err := c.Search(context.Background(), Query{Table: table, Text: text})
	if err != nil {
		t.Fatalf("search %q: %v", text, err)
	}
	ids := []string{}
	for _, h := range p.Hits {
		ids = append(ids, h.ID)
	}
	return ids
}

func TestSearchFinds(t *testing.T) {
	c := newIndex(t)
	write(t, c,
		kitten(t, "luna", 1, Row{"name": "Luna", "breed": "Siamese", "description": "loves running after birds"}),
		kitten(t, "milo", 1, Row{"name": "Milo", "breed": "Maine Coon", "description": "sleeps beside Luna's basket"}),
		kitten(t, "zoe", 1, Row{"name": "Zoë", "breed": "Persian", "description": "The cat's whiskers"}),
		kitten(t, "list", 1, Row{"name": []any{"Twin", "Tweedle", map[string]any{"x": "y"}}, "breed": map[string]any{"of": "object"}, "description": number(42)}),
	)
	other, err := Document("toys", "ball", Row{"name": "Luna", VersionAttribute: number(1)})
	if err != nil {
		t.Fatal(err)
	}
	write(t, c, other)
	tests := []struct {
		name, text string
		want       []string
	}{
		{"the name counts most", "luna", []string{"luna", "milo"}},
		{"case", "LUNA siamese", []string{"luna"}},
		{"stem", "bird runs", []string{"luna"}},
		{"stop words are words", "the", []string{"zoe"}},
		{"typing error", "siamesse", []string{"luna"}},
		{"prefix", "sia", []string{"luna"}},
		{"prefixes across fields", "lu sia", []string{"luna"}},
		{"accent", "zoe", []string{"zoe"}},
		{"accent in the query", "Zoé persian", []string{"zoe"}},
		{"all words", "luna persian", []string{}},
		{"list", "tweedle", []string{"list"}},
		{"number", "42", []string{"list"}},
		{"not the rest of the row", "object", []string{}},
		{"nothing", "dog", []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := find(t, c, tt.text); !slices.Equal(got, tt.want) {
				t.Errorf("search %q = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestHostileTextIsHarmless(t *testing.T) {
	c := newIndex(t)
	var actions []Action
	for i := range 300 {
		// Many similar words make fuzzy queries expand.
		actions = append(actions, kitten(t, fmt.Sprint(i), 1, Row{"name": fmt.Sprintf("qbcdefg%c%c", 'a'+i%26, 'a'+i/26), "description": "x"}))
	}
	write(t, c, actions...)
	distinct := func(n int, f func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(f(i))
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"match all":        "*:*",
		"wildcard":         "*",
		"leading wildcard": "*a*",
		"regular":          "/.*/",
		"boolean":          "a OR NOT b AND (c",
		"field":            "table:toys",
		"exists":           "_exists_:name",
		"range":            "name:[* TO *]",
		"boost and slop":   `"a b"~1000000^1e9`,
		"json":             `"}},"query":{"match_all":{}}`,
		"script":           `{"script":{"source":"while(true){}"}}`,
		"template":         `{{#toJson}}x{{/toJson}}`,
		"control":          "\x00\x01\n\r\t\u2028",
		"invalid utf-8":    "\xff\xfe",
		"words":            distinct(128, func(i int) string { return string(rune('a'+i%26)) + " " }),
		"similar words":    distinct(28, func(i int) string { return fmt.Sprintf("qbcdefg%c ", 'a'+i%26) }),
		"ideographs":       distinct(256, func(i int) string { return string(rune(0x4e00 + i)) }),
		"one word":         strings.Repeat("a", 256),
		"combining":        strings.Repeat("e\u0301", 128),
		"emoji":            strings.Repeat("🐈", 256),
		"right to left":    strings.Repeat("\u202eabc ", 50),
		"zero width":       strings.Repeat("\u200d", 256),
	} {
		t.Run(name, func(t *testing.T) {
			if got := find(t, c, text); len(got) >= DefaultLimit && !strings.Contains(name, "words") {
				t.Errorf("search %q found %d rows", text, len(got))
			}
		})
	}
	for name, text := range map[string]string{
		"10 KB": strings.Repeat("a ", 5000), "257 characters": strings.Repeat("a", 257), "empty": "", "blank": " \t\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := c.Search(context.Background(), Query{Table: table, Text: text}); !errors.Is(err, ErrText) {
				t.Errorf("error = %v, want ErrText", err)
			}
		})
	}
}

func TestHighlightsAreEscaped(t *testing.T) {
	c := newIndex(t)
	write(t, c, kitten(t, "x", 1, Row{
		"name": `<script>alert("Luna")</script>`, "breed": "Siamese & co",
		"description": strings.Repeat("filler words go here. ", 100) + "Luna runs." + strings.Repeat(" And more <b>bold</b> filler.", 100),
	}))
	tests := []struct{ text, field, want string }{
		{"luna", "name", `&lt;script&gt;alert(&quot;<em>Luna</em>&quot;)`},
		{"luna", "description", "<em>Luna</em> runs."},
		{"siam", "breed", "<em>Siamese</em> &amp; co"},
		{"siamesse", "breed", "<em>Siamese</em> &amp; co"},
		{"luna running", "description", "<em>Luna</em> <em>runs</em>."},
	}
	for _, tt := range tests {
		p, err := c.Search(context.Background(), Query{Table: table, Text: tt.text})
		if err != nil || len(p.Hits) != 1 {
			t.Fatalf("search %q = %v, %v", tt.text, p, err)
		}
		got := strings.Join(p.Hits[0].Highlights[tt.field], " … ")
		if !strings.Contains(got, tt.want) || strings.Contains(got, "<script") || strings.Contains(got, "<b>") || len(got) > 2000 {
			t.Errorf("search %q: highlight of %s = %q, want %q in it", tt.text, tt.field, got, tt.want)
		}
	}
}

func TestPaging(t *testing.T) {
	c := newIndex(t)
	var actions []Action
	for i := range 23 {
		// Groups of equal scores are ordered by key.
		actions = append(actions, kitten(t, fmt.Sprintf("k%02d", i), 1, Row{"name": "Luna " + strings.Repeat("the cat ", i/5)}))
	}
	write(t, c, actions...)
	q := Query{Table: table, Text: "luna", Limit: 4}
	var ids []string
	for pages := 1; ; pages++ {
		p, err := c.Search(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		if p.Total != 23 {
			t.Errorf("total = %d, want 23", p.Total)
		}
		for _, h := range p.Hits {
			ids = append(ids, h.ID)
		}
		if p.Next == "" {
			if pages != 6 {
				t.Errorf("%d pages, want 6", pages)
			}
			break
		}
		q.Cursor = p.Next
	}
	if len(ids) != 23 || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 23 || ids[0] != "k00" {
		t.Errorf("ids of all pages = %q", ids)
	}
}

func TestCursorsOfOthersAreRefused(t *testing.T) {
	c := newIndex(t)
	q := Query{Table: table, Text: "luna"}
	good := encodeCursor(q, []json.RawMessage{json.RawMessage("1.5"), json.RawMessage(`"k"`)})
	if _, err := c.Search(context.Background(), Query{Table: table, Text: "luna", Cursor: good}); err != nil {
		t.Errorf("own cursor: %v", err)
	}
	raw := func(s string) string {
		return encodeCursor(q, []json.RawMessage{json.RawMessage(s), json.RawMessage(`"k"`)})
	}
	for name, q := range map[string]Query{
		"other text":   {Table: table, Text: "milo", Cursor: good},
		"other table":  {Table: "toys", Text: "luna", Cursor: good},
		"no base64":    {Table: table, Text: "luna", Cursor: "!"},
		"no json":      {Table: table, Text: "luna", Cursor: "AAAA"},
		"too long":     {Table: table, Text: "luna", Cursor: strings.Repeat("A", 20_000)},
		"object score": {Table: table, Text: "luna", Cursor: raw(`{"a":1}`)},
		"string score": {Table: table, Text: "luna", Cursor: raw(`"1"`)},
		"huge score":   {Table: table, Text: "luna", Cursor: raw(`1e300`)},
		"no score":     {Table: table, Text: "luna", Cursor: raw(`null`)},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := c.Search(context.Background(), q); !errors.Is(err, ErrCursor) {
				t.Errorf("error = %v, want ErrCursor", err)
			}
		})
	}
	for _, limit := range []int{-1, MaxLimit + 1} {
		if _, err := c.Search(context.Background(), Query{Table: table, Text: "luna", Limit: limit}); err == nil {
			t.Errorf("limit %d is taken", limit)
		}
	}
}

func TestMissingIndexIsEmpty(t *testing.T) {
	c, err := New(enginetest.Config(), enginetest.OpenSearch(t), enginetest.Unique("missing"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if p, err := c.Search(ctx, Query{Table: table, Text: "luna"}); err != nil || len(p.Hits) != 0 {
		t.Errorf("Search = %v, %v", p, err)
	}
	if n, err := c.Count(ctx, table); err != nil || n != 0 {
		t.Errorf("Count = %d, %v", n, err)
	}
	found, err1 := c.find(ctx, table, []string{"k"}, false)
	walked, next, err2 := c.Walk(ctx, table, "", 5)
	sampled, err3 := c.Sample(ctx, table, 5)
	if err := errors.Join(err1, err2, err3); err != nil || len(found)+len(walked)+len(sampled) > 0 || next != "" {
		t.Errorf("found %v, walked %v, sampled %v, %v", found, walked, sampled, err)
	}
	if err := c.Map(ctx); !errors.Is(err, ErrNoIndex) {
		t.Errorf("Map = %v, want ErrNoIndex", err)
	}
	resp, err := http.Head(enginetest.OpenSearch(t) + "/" + c.index)
	if err != nil || resp.StatusCode != http.StatusNotFound {
		t.Errorf("reading made the index: %v %v", resp, err)
	}
}

func TestEnsureIndexTwice(t *testing.T) {
	c := newIndex(t)
	write(t, c, kitten(t, "luna", 1, Row{"name": "Luna"}))
	if err := errors.Join(c.EnsureIndex(context.Background()), c.Map(context.Background())); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Count(context.Background(), table); err != nil || n != 1 {
		t.Errorf("Count = %d, %v", n, err)
	}
	var settings map[string]struct {
		Settings struct {
			Index struct {
				Shards    string `json:"number_of_shards"`
				GCDeletes string `json:"gc_deletes"`
			} `json:"index"`
		} `json:"settings"`
	}
	if err := c.call(context.Background(), "reading", time.Second, http.MethodGet, "/_settings", nil, &settings); err != nil {
		t.Fatal(err)
	}
	if got := settings[c.index].Settings.Index; got.Shards != "1" || got.GCDeletes != deletedVersionsKept {
		t.Errorf("settings = %+v", got)
	}
}
