package dynamodb

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestKeyCondition(t *testing.T) {
	names := map[string]string{"#pk": "account", "#other": "id"}
	tests := []struct{ expression, want string }{
		{"account = :a", ":a"},
		{"#pk = :a", ":a"},
		{":a = account", ":a"},
		{"(account = :a) AND begins_with(id, :b)", ":a"},
		{"account=:a and id between :b and :c", ":a"},
		{"id BETWEEN :b AND :c AND #pk = :a", ":a"},
		{"((account = :a) AND (id >= :b))", ":a"},
		{"id > :b AND :a = #pk", ":a"},
		{"account = :a AND account = :b", ""},
		{"account > :a", ""},
		{"account BETWEEN :a AND :b", ""},
		{"begins_with(account, :a)", ""},
		{"account = :a OR account = :b", ""},
		{"account IN (:a, :b)", ""},
		{"NOT account = :a", ""},
		{"account <> :a", ""},
		{"accounts = :a", ""},
		{"account.x = :a", ""},
		{"#other = :a", ""},
		{"account = id", ""},
		{":a = :b", ""},
		{"account = :a)", ""},
		{"(account = :a", ""},
		{"account = :a AND", ""},
		{"account = :", ""},
		{"", ""},
		{strings.Repeat("(", 1000) + "account = :a" + strings.Repeat(")", 1000), ""},
	}
	for _, tt := range tests {
		if got := keyCondition(tt.expression, "account", names); got != tt.want {
			t.Errorf("keyCondition(%.80q) = %q, want %q", tt.expression, got, tt.want)
		}
	}
}

func TestParseStatement(t *testing.T) {
	parameters := []json.RawMessage{json.RawMessage(`{"S":"p0"}`), json.RawMessage(`{"S":"p1"}`)}
	tests := []struct{ text, verb, table, index, keys string }{
		{`SELECT * FROM "cats" WHERE account = 'a'`, "select", "cats", "", "a"},
		{`select id from cats where id = 'x' and account='a'`, "select", "cats", "", "a"},
		{`SELECT * FROM "cats"."by-name" WHERE "account" = ?`, "select", "cats", "by-name", "p0"},
		{`SELECT * FROM cats WHERE id = ? AND account = ?`, "select", "cats", "", "p1"},
		{`SELECT * FROM cats WHERE account IN ['a', 'b']`, "select", "cats", "", "a,b"},
		{`SELECT * FROM cats WHERE account IN (?, 'b')`, "select", "cats", "", "p0,b"},
		{`SELECT * FROM cats WHERE account = 'it''s'`, "select", "cats", "", "it's"},
		{`SELECT * FROM cats`, "select", "cats", "", ""},
		{`SELECT * FROM cats WHERE account = 'a' OR id = 'x'`, "select", "cats", "", ""},
		{`SELECT * FROM cats WHERE NOT account = 'a'`, "select", "cats", "", ""},
		{`SELECT * FROM cats WHERE account > 'a'`, "select", "cats", "", ""},
		{`SELECT * FROM cats WHERE x.account = 'a'`, "select", "cats", "", ""},
		{`INSERT INTO cats VALUE {'account': 'a', 'id': ?}`, "insert", "cats", "", "a"},
		{`INSERT INTO cats VALUE {'id': 'x', 'm': {'account': 'b'}}`, "insert", "cats", "", ""},
		{`UPDATE cats SET x = 'account' WHERE account = 'a' AND id = 'i'`, "update", "cats", "", "a"},
		{`DELETE FROM cats WHERE account = 'a' AND id = 'i'`, "delete", "cats", "", "a"},
		{`EXISTS(SELECT * FROM cats WHERE account = 'a' AND id = 'i')`, "select", "cats", "", "a"},
	}
	for _, tt := range tests {
		st, err := parseStatement(tt.text)
		if err != nil {
			t.Errorf("parseStatement(%q): %v", tt.text, err)
			continue
		}
		keys := strings.Join(st.keys("account", parameters), ",")
		if st.verb != tt.verb || st.table != tt.table || st.index != tt.index || keys != tt.keys {
			t.Errorf("parseStatement(%q) = %s %s.%s keys %q, want %+v", tt.text, st.verb, st.table, st.index, keys, tt)
		}
	}
	for _, text := range []string{"", "DROP TABLE cats", "SELECT * FROM", "SELECT * FROM cats -- x", "SELECT * FROM cats; DELETE FROM dogs", `SELECT * FROM "cats`,
		"SELECT * FROM cats WHERE account = 'a", "INSERT cats VALUE {}", "SELECT * FROM a FROM b", "SELECT /* x */ * FROM cats", "`SELECT`"} {
		if st, err := parseStatement(text); err == nil {
			t.Errorf("parseStatement(%q) = %+v, want an error", text, st)
		}
	}
}

func TestStrict(t *testing.T) {
	for _, text := range []string{`{"A":1,"A":2}`, `{"A":{"b":1,"b":2}}`, `{"A":[{"b":1,"b":1}]}`, `{} {}`, `[]`, `"x"`, `{`, ``, `null`,
		`{"a":1,"\u0061":2}`, strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200)} {
		if _, err := strict([]byte(text)); err == nil {
			t.Errorf("strict(%.60s) is no error", text)
		}
	}
	if o, err := strict([]byte(`{"TableName":"x","tableName":"y"}`)); err != nil || o.text("TableName") != "x" {
		t.Errorf("strict = %v, %v", o, err)
	}
}

func TestExpressionAttributes(t *testing.T) {
	got := expressionAttributes("SET #a.b = if_not_exists(c[1], :v), d = size(e) REMOVE f AND attribute_exists(g.h)")
	if want := []string{"#a", "c", "d", "e", "f", "g"}; !slices.Equal(got, want) {
		t.Errorf("attributes %q, want %q", got, want)
	}
}

// FuzzKeyCondition holds that a found condition is one that the expression has as it stands.
func FuzzKeyCondition(f *testing.F) {
	f.Add("account = :a AND id > :b")
	f.Add("(:a = account)")
	f.Fuzz(func(t *testing.T, expression string) {
		value := keyCondition(expression, "account", nil)
		if value != "" && (!strings.Contains(expression, value) || !strings.Contains(expression, "account") || strings.Contains(strings.ToUpper(expression), " OR ")) {
			t.Errorf("keyCondition(%q) = %q", expression, value)
		}
	})
}

// FuzzStatement holds that no statement ends the process.
func FuzzStatement(f *testing.F) {
	f.Add(`SELECT * FROM "cats"."i" WHERE account IN ['a', ?]`)
	f.Fuzz(func(_ *testing.T, text string) {
		if st, err := parseStatement(text); err == nil {
			st.keys("account", nil)
		}
	})
}
