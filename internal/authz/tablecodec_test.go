package authz

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

const encodedTable = `{"operations":[` +
	`{"id":"kittensGet","method":"GET","path":"/kittens","scopes":[["kittens:read"]]},` +
	`{"id":"kittensPost","method":"POST","path":"/kittens","scopes":[["kittens:write"],["kittens:admin"]]},` +
	`{"id":"kittenDelete","method":"DELETE","path":"/kittens/{kittenId}","scopes":[["kittens:read","kittens:write"]]}` +
	"]}\n"

func TestTableRoundTrip(t *testing.T) {
	shuffled := Table{Operations: slices.Clone(testTable.Operations)}
	slices.Reverse(shuffled.Operations)
	for _, table := range []Table{testTable, shuffled} {
		got, err := table.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != encodedTable {
			t.Errorf("encoded as %s", got)
		}
	}
	decoded, err := Decode([]byte(encodedTable))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(decoded, testTable) {
		t.Errorf("decoded as %+v", decoded)
	}
}

// operation is a good one with one field changed.
func operation(change func(*Operation)) Operation {
	o := Operation{ID: "x", Method: "GET", Path: "/x", Scopes: [][]string{{"x:read"}}}
	change(&o)
	return o
}

func TestTableRefuses(t *testing.T) {
	good := operation(func(*Operation) {})
	tables := map[string][]Operation{
		"empty":                          {},
		"id twice":                       {good, operation(func(o *Operation) { o.Path = "/y" })},
		"method and path twice":          {good, operation(func(o *Operation) { o.ID = "y" })},
		"a parameter that is greedy too": {operation(func(o *Operation) { o.Path = "/{a}" }), operation(func(o *Operation) { o.ID, o.Path = "y", "/{a+}" })},
		"parameter names differ":         {operation(func(o *Operation) { o.Path = "/{a}" }), operation(func(o *Operation) { o.ID, o.Method, o.Path = "y", "PUT", "/{b}" })},
	}
	for name, change := range map[string]func(*Operation){
		"no id":                 func(o *Operation) { o.ID = "" },
		"id with a space":       func(o *Operation) { o.ID = "a b" },
		"id with a line":        func(o *Operation) { o.ID = "a\n" },
		"id too long":           func(o *Operation) { o.ID = strings.Repeat("a", 129) },
		"no method":             func(o *Operation) { o.Method = "" },
		"method in lower case":  func(o *Operation) { o.Method = "get" },
		"OPTIONS":               func(o *Operation) { o.Method = "OPTIONS" },
		"ANY":                   func(o *Operation) { o.Method = "ANY" },
		"no path":               func(o *Operation) { o.Path = "" },
		"path without slash":    func(o *Operation) { o.Path = "x" },
		"path ends with slash":  func(o *Operation) { o.Path = "/x/" },
		"path with two slashes": func(o *Operation) { o.Path = "/x//y" },
		"path with wildcard":    func(o *Operation) { o.Path = "/x*" },
		"path with question":    func(o *Operation) { o.Path = "/x?" },
		"path with variable":    func(o *Operation) { o.Path = "/${aws:username}" },
		"path with escape":      func(o *Operation) { o.Path = "/x%2F" },
		"path with dots":        func(o *Operation) { o.Path = "/x/../y" },
		"path with part":        func(o *Operation) { o.Path = "/x-{id}" },
		"path with two in one":  func(o *Operation) { o.Path = "/{a}{b}" },
		"path with braces":      func(o *Operation) { o.Path = "/{}" },
		"path greedy inside":    func(o *Operation) { o.Path = "/{proxy+}/x" },
		"path greedy twice":     func(o *Operation) { o.Path = "/{a+}/{b+}" },
		"path with two plus":    func(o *Operation) { o.Path = "/{proxy++}" },
		"path with letters":     func(o *Operation) { o.Path = "/é" },
		"path too long":         func(o *Operation) { o.Path = "/" + strings.Repeat("x", maxPathSize) },
		"no scopes":             func(o *Operation) { o.Scopes = nil },
		"empty scopes":          func(o *Operation) { o.Scopes = [][]string{} },
		"an empty list":         func(o *Operation) { o.Scopes = [][]string{{"x:read"}, {}} },
		"an empty scope":        func(o *Operation) { o.Scopes = [][]string{{""}} },
		"scope with a space":    func(o *Operation) { o.Scopes = [][]string{{"x:read x:write"}} },
		"scope with a quote":    func(o *Operation) { o.Scopes = [][]string{{`x"`}} },
		"scope of an account":   func(o *Operation) { o.Scopes = [][]string{{"account:12345"}} },
		"scope twice":           func(o *Operation) { o.Scopes = [][]string{{"x:read", "x:read"}} },
		"list twice":            func(o *Operation) { o.Scopes = [][]string{{"a", "b"}, {"b", "a"}} },
	} {
		tables[name] = []Operation{operation(change)}
	}
	for name, operations := range tables {
		if _, err := (Table{Operations: operations}).Encode(); err == nil {
			t.Errorf("%s: encoded", name)
		}
	}
	if _, err := (Table{Operations: []Operation{good}}).Encode(); err != nil {
		t.Error(err)
	}
	for _, path := range []string{"/", "/{id}", "/{proxy+}", "/files/{id}/{path+}", "/x.y/_z~/{a-b.c_d}/v1:run", "/" + strings.Repeat("x", maxPathSize-1)} {
		if _, err := (Table{Operations: []Operation{operation(func(o *Operation) { o.Path = path })}}).Encode(); err != nil {
			t.Errorf("the path %s: %v", path, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	const row = `{"id":"x","method":"GET","path":"/x","scopes":[["x:read"]]}`
	table := func(rows string) string { return `{"operations":[` + rows + `]}` }
	if _, err := Decode([]byte(table(row))); err != nil {
		t.Fatal(err)
	}
	replace := func(old, new string) string { return table(strings.Replace(row, old, new, 1)) }
	for _, text := range []string{
		"", "null", "[]", "{}", row, "[" + row + "]", table(""), table("null"), table("[]"), table(row + "," + row), table(row + ","), table(row) + "x", table(row) + table(row), "\ufeff" + table(row),
		`{"Operations":[` + row + `]}`, `{"operations":null}`, `{"operations":{}}`, `{"operations":[` + row + `],"version":1}`, `{"operations":[],"operations":[` + row + `]}`,
		replace(`"id":"x",`, ""), replace(`"id"`, `"ID"`), replace(`"scopes"`, `"Scopes"`), replace(`,"scopes":[["x:read"]]`, ""), replace(`{`, `{"public":true,`), replace(`{`, `{"id":"y",`),
		replace(`"x"`, "1"), replace(`"GET"`, `["GET"]`), replace(`"GET"`, `"get"`), replace(`"/x"`, "null"), replace(`[["x:read"]]`, "null"), replace(`[["x:read"]]`, "[]"), replace(`[["x:read"]]`, "[[]]"),
		replace(`[["x:read"]]`, `["x:read"]`), replace(`[["x:read"]]`, `"x:read"`), replace(`[["x:read"]]`, `[[1]]`), replace(`[["x:read"]]`, `[[null]]`), replace(`[["x:read"]]`, `[["x:read"],null]`), replace("x:read", ""),
		table(row) + strings.Repeat(" ", maxTableSize),
	} {
		if got, err := Decode([]byte(text)); err == nil {
			t.Errorf("%.120q is decoded as %+v", text, got)
		}
	}
}
