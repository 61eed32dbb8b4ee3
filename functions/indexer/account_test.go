package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// A record states its account in its key. Whatever is missing of one, or of another type, nothing is written but for
// the account that the key states, and a tenant's own indexer writes for its own alone.
func TestAccountOfRecords(t *testing.T) {
	data, err := os.ReadFile("testdata/good.json")
	if err != nil {
		t.Fatal(err)
	}
	decode := func(text []byte) (record map[string]any) {
		var batch struct{ Records []json.RawMessage }
		if err := json.Unmarshal(text, &batch); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(batch.Records[0], &record); err != nil {
			t.Fatal(err)
		}
		return record
	}
	tables := map[string]string{tableName1: "kittens"}
	own, shared := settings{account: "12345", tables: tables}, settings{tables: tables}
	tried, written := 0, 0
	for _, path := range memberPaths(decode(data), nil) {
		for _, value := range []any{
			absentMember, nil, true, 0, "", "x", "12346", "12345", "12345#3", "12345#64", "12345#x", "#0", "Ä", []any{}, map[string]any{},
			map[string]any{"S": "12346"}, map[string]any{"S": "12345"}, map[string]any{"N": "12345"}, map[string]any{"SS": []any{"12345"}},
			map[string]any{"s": "12345"},
		} {
			record := decode(data)
			replaceMember(record, path, value)
			text, err := json.Marshal(record)
			if err != nil {
				t.Fatal(err)
			}
			r, err := recordOfEvent(text)
			if err != nil {
				continue
			}
			tried++
			change, _ := record["dynamodb"].(map[string]any)
			keys, _ := change["Keys"].(map[string]any)
			key, _ := keys["billingAccount"].(map[string]any)
			partition, _ := key["S"].(string)
			account, _, _ := strings.Cut(partition, "#")
			where := strings.Join(path, ".")
			if c := shared.change(r); c.failure == nil {
				written++
				if account == "" || c.account != account {
					t.Errorf("%s is %v: it would be written for %q, and its key states %q", where, value, c.account, account)
				}
			}
			if c := own.change(r); c.failure == nil && account != "12345" {
				t.Errorf("%s is %v: the indexer of 12345 would write a record of %q", where, value, account)
			}
		}
	}
	if tried < 500 || written < 100 {
		t.Errorf("%d records were tried and %d would be written, want more of both", tried, written)
	}
}

// absentMember stands for a member that is taken out.
var absentMember any = struct{}{}

// memberPaths are the paths of all members of an object.
func memberPaths(object map[string]any, prefix []string) (out [][]string) {
	for name, value := range object {
		path := append(slices.Clone(prefix), name)
		out = append(out, path)
		if members, ok := value.(map[string]any); ok {
			out = append(out, memberPaths(members, path)...)
		}
	}
	return out
}

func replaceMember(object map[string]any, path []string, to any) {
	for _, name := range path[:len(path)-1] {
		object = object[name].(map[string]any)
	}
	if last := path[len(path)-1]; to == absentMember {
		delete(object, last)
	} else {
		object[last] = to
	}
}
