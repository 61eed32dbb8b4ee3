package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func removal(t *testing.T, key string, old int64) Action {
	t.Helper()
	a, err := Removal(table, key, old)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestVersions(t *testing.T) {
	v := func(n int64) Action { return kitten(t, "k", n, Row{"name": fmt.Sprintf("v%d", n)}) }
	del := func(old int64) Action { return removal(t, "k", old) }
	tests := []struct {
		name    string
		actions []Action
		want    []Result
		found   string
	}{
		{"in order", []Action{v(1), v(2)}, []Result{Done, Done}, "v2"},
		{"repeated", []Action{v(1), v(1)}, []Result{Done, Done}, "v1"},
		{"late", []Action{v(2), v(1)}, []Result{Done, Stale}, "v2"},
		{"deleted", []Action{v(1), del(1)}, []Result{Done, Done}, ""},
		{"deleted twice", []Action{v(1), del(1), del(1)}, []Result{Done, Done, Done}, ""},
		{"late after its deletion", []Action{v(1), del(2), v(2), v(1)}, []Result{Done, Done, Stale, Stale}, ""},
		{"deletion first", []Action{del(3), v(3)}, []Result{Done, Stale}, ""},
		{"deletion wins over its version", []Action{v(3), del(2)}, []Result{Done, Done}, ""},
		{"late deletion", []Action{v(9), del(2)}, []Result{Done, Stale}, "v9"},
		{"made again", []Action{v(1), del(1), v(3)}, []Result{Done, Done, Done}, "v3"},
		{"repeated after its deletion", []Action{v(3), del(3), v(3)}, []Result{Done, Done, Stale}, ""},
	}
	if got := del(4).Version; got != 5 {
		t.Errorf("version of the deletion of version 4 = %d, want 5", got)
	}
	c := newIndex(t)
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for j := range tt.actions {
				tt.actions[j].ID = fmt.Sprintf("%s/%d", table, i)
			}
			var got []Result
			for _, o := range write(t, c, tt.actions...) {
				got = append(got, o.Result)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("outcomes = %v, want %v", got, tt.want)
			}
			if name := stored(t, c, tt.actions[0].ID)["name"]; fmt.Sprint(name) != tt.found && (name != nil || tt.found != "") {
				t.Errorf("name = %v, want %q", name, tt.found)
			}
		})
	}
}

// stored is the document of an id; nil where there is none.
func stored(t *testing.T, c *Client, id string) map[string]any {
	t.Helper()
	var out struct {
		Hits struct {
			Hits []struct {
				Source map[string]any `json:"_source"`
			} `json:"hits"`
		} `json:"hits"`
	}
	body := encode(object{"query": object{"ids": object{"values": list{id}}}})
	if err := c.call(context.Background(), "reading", 5*time.Second, http.MethodPost, "/_search", body, &out); err != nil {
		t.Fatal(err)
	}
	if len(out.Hits.Hits) == 0 {
		return nil
	}
	return out.Hits.Hits[0].Source
}

func TestPoisonAmongGood(t *testing.T) {
	c := newIndex(t)
	bad := kitten(t, "bad", 1, nil)
	bad.Doc = json.RawMessage(`{"table":"kittens","key":"bad","name":{"an":"object"}}`)
	outcomes, err := c.Bulk(context.Background(), []Action{kitten(t, "a", 1, nil), bad, kitten(t, "b", 1, nil)})
	if err != nil {
		t.Fatal(err)
	}
	if outcomes[0].Result != Done || outcomes[1].Result != Poison || outcomes[2].Result != Done {
		t.Errorf("outcomes = %v", outcomes)
	}
	if outcomes[1].Type != "mapper_parsing_exception" {
		t.Errorf("type = %q", outcomes[1].Type)
	}
}

func TestLineBreaksInDocumentsAreNoActions(t *testing.T) {
	c := newIndex(t)
	a := kitten(t, "a", 1, Row{"name": "x\n{\"delete\":{\"_id\":\"kittens/b\"}}\n"})
	b := kitten(t, "b", 1, nil)
	b.Doc = json.RawMessage("{\"table\":\"kittens\",\n\"key\":\"b\",\r\n\"name\":\"spread\"}")
	hostile := kitten(t, "k\",\"_index\":\"other\"}}\n", 1, Row{"name": "key"})
	write(t, c, a, b, hostile)
	if n, err := c.Count(context.Background(), table); err != nil || n != 3 {
		t.Errorf("Count = %d, %v, want 3", n, err)
	}
}

func TestBulkOfAnySize(t *testing.T) {
	c := newIndex(t)
	var actions []Action
	for i := range 30 {
		actions = append(actions, kitten(t, fmt.Sprint("large", i), 1, Row{"photo": strings.Repeat("x", 399_000)}))
	}
	for i := range bulkActions + 1 {
		actions = append(actions, kitten(t, fmt.Sprint("small", i), 1, nil))
	}
	if got := write(t, c, actions...); len(got) != len(actions) {
		t.Errorf("%d outcomes of %d actions", len(got), len(actions))
	}
	if n, err := c.Count(context.Background(), table); err != nil || n != len(actions) {
		t.Errorf("Count = %d, %v, want %d", n, err, len(actions))
	}
	if got, err := c.Bulk(context.Background(), nil); err != nil || len(got) != 0 {
		t.Errorf("Bulk(nil) = %v, %v", got, err)
	}
}

func TestAnyRowIsIndexed(t *testing.T) {
	deep := types.AttributeValue(&types.AttributeValueMemberS{Value: "x"})
	for range 31 {
		deep = &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"m": deep}}
	}
	s := func(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
	item := map[string]types.AttributeValue{
		"billingAccount": s("12345#3"), "kittenId": s("k"), "version": &types.AttributeValueMemberN{Value: "7"},
		"name": s("Luna"), "empty": s(""), "deep": deep,
		"table": s("other"), "key": s("other"), "row": s("other"), "_id": s("x"), "_source": s("x"),
		"": s("no name"), ".": s("dot"), "a..b": s("dots"), " ": s("blank"), "a.b": s("one"), "a": s("two"),
		"weight": &types.AttributeValueMemberN{Value: "1234567890123456789012345678901234567.8"},
		"large":  &types.AttributeValueMemberN{Value: "1E+120"},
		"on":     &types.AttributeValueMemberBOOL{Value: true}, "none": &types.AttributeValueMemberNULL{Value: true},
		"photo": &types.AttributeValueMemberB{Value: []byte{1}}, "photos": &types.AttributeValueMemberBS{Value: [][]byte{{1}}},
		"tags": &types.AttributeValueMemberSS{Value: []string{"a"}}, "sizes": &types.AttributeValueMemberNS{Value: []string{"1"}},
		"list": &types.AttributeValueMemberL{Value: []types.AttributeValue{s("x"), &types.AttributeValueMemberB{Value: []byte{1}}, deep}},
	}
	a, err := Document(table, "k", RowOf(item))
	if err != nil {
		t.Fatal(err)
	}
	c := newIndex(t)
	write(t, c, a)
	doc := stored(t, c, table+"/k")
	row, _ := doc["row"].(map[string]any)
	if a.Version != 7 || doc["table"] != table || doc["key"] != "k" || doc["name"] != "Luna" {
		t.Errorf("document = %v", doc)
	}
	for name, want := range map[string]any{
		"table": "other", "": "no name", "a..b": "dots", "on": true, "none": nil, "tags": []any{"a"}, "photos": []any{},
	} {
		if got, ok := row[name]; !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("row[%q] = %v, %v, want %v", name, got, ok, want)
		}
	}
	if _, ok := row["photo"]; ok {
		t.Error("a binary value is in the index")
	}
}

func TestRowsThatCannotBeIndexed(t *testing.T) {
	one := Row{VersionAttribute: number(1)}
	tests := []struct {
		name, table, key string
		row              Row
	}{
		{"no version", table, "k", Row{}},
		{"version is a string", table, "k", Row{VersionAttribute: "1"}},
		{"version 0", table, "k", Row{VersionAttribute: number(0)}},
		{"negative version", table, "k", Row{VersionAttribute: number(-1)}},
		{"broken version", table, "k", Row{VersionAttribute: json.Number("1.5")}},
		{"huge version", table, "k", Row{VersionAttribute: json.Number("1E+30")}},
		{"greatest version", table, "k", Row{VersionAttribute: json.Number("9223372036854775807")}},
		{"no key", table, "", one},
		{"no table", "", "k", one},
		{"long key", table, strings.Repeat("k", 505), one},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Document(tt.table, tt.key, tt.row); !errors.Is(err, ErrDocument) {
				t.Errorf("Document: %v, want ErrDocument", err)
			}
			if _, err := Removal(tt.table, tt.key, Version(tt.row)); !errors.Is(err, ErrDocument) {
				t.Errorf("Removal: %v, want ErrDocument", err)
			}
		})
	}
	c := newIndex(t)
	write(t, c, kitten(t, strings.Repeat("k", 504), 1, nil))
	greatest := kitten(t, "greatest", 9223372036854775806, nil)
	write(t, c, greatest, removal(t, "greatest", 9223372036854775806))
}
