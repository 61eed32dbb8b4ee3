package authz

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// plain is the value as encoding/json would have it.
func (v jsonValue) plain() any {
	switch v.kind {
	case jsonBool:
		return v.text == "true"
	case jsonNumber:
		return json.Number(v.text)
	case jsonString:
		return v.text
	case jsonArray:
		out := []any{}
		for _, item := range v.items {
			out = append(out, item.plain())
		}
		return out
	case jsonObject:
		out := map[string]any{}
		for _, m := range v.members {
			out[m.name] = m.value.plain()
		}
		return out
	}
	return nil
}

// standard reads a text as encoding/json does.
func standard(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return v, nil
}

var jsonTexts = []string{
	"null", "true", "false", "0", "-0", "-1.5e+10", "1E-7", `""`, `"a\"\\\/\b\f\n\r\tz"`, `"\u00e9\ud83d\ude00"`, "[]", "{}", ` [ 1 , "x" , [ ] , { } ] `,
	`{"a":1,"b":{"c":[null]}}`, `{"a":1,"a":2}`, `"\ud800"`, `"\ud800\ud800"`, `"\ud800\u0041"`, `"\ude00"`, `"日本"`,
}

var notJSON = []string{
	"", " ", "nul", "nulll", "True", "NaN", "01", "+1", "1.", ".1", "1e", "1e+", "-", "--1", "0x1", "1_0", `"`, `"\x"`, `"\u12"`, `"\u12g4"`, "\"\n\"", "\"\x00\"", "\"\x1f\"",
	"[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{", "}", `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{a:1}`, `{1:1}`, `{"a" 1}`, `{"a":1 "b":2}`, `{,}`, "1 1", "[]]", "{}x",
	"\ufeff1", "\x001", "1\x00", "\u00a01", "\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "//x\n1", "/**/1", "'a'",
}

func TestParseJSON(t *testing.T) {
	for _, text := range jsonTexts {
		v, err := parseJSON([]byte(text), maxDepth)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		want, err := standard([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := v.plain(); !v.unclear && !reflect.DeepEqual(got, want) {
			t.Errorf("%q is %#v, not %#v", text, got, want)
		}
		if unclear := strings.Contains(text, `"a":2`) || strings.Contains(text, `\ud800`) || text == `"\ude00"`; v.unclear != unclear {
			t.Errorf("%q: unclear is %v", text, v.unclear)
		}
	}
	for _, text := range notJSON {
		if v, err := parseJSON([]byte(text), maxDepth); err == nil {
			t.Errorf("%q is read as %#v", text, v.plain())
		}
	}
}

func TestParseJSONBounds(t *testing.T) {
	if _, err := parseJSON([]byte(nest(maxDepth)), maxDepth); err != nil {
		t.Errorf("the deepest nesting: %v", err)
	}
	for name, text := range map[string]string{
		"deeper":           nest(maxDepth + 1),
		"endless":          strings.Repeat("[", 1<<20),
		"endless objects":  strings.Repeat(`{"a":`, 1<<18),
		"too many values":  "[" + strings.Repeat("0,", maxJSONValues) + "0]",
		"too many members": "{" + strings.Repeat(`"":0,`, maxJSONValues) + `"":0}`,
	} {
		if _, err := parseJSON([]byte(text), maxDepth); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestManyMembers crosses the size at which repeated members are found by a set.
func TestManyMembers(t *testing.T) {
	for n := range 40 {
		var f fields
		for i := range n {
			f = append(f, [2]string{strings.Repeat("x", i+1), "0"})
		}
		for repeat := range n {
			v, err := parseJSON([]byte(f.also(f[repeat][0], "1").json()), maxDepth)
			if err != nil || !v.unclear {
				t.Fatalf("%d members, member %d repeats: unclear is %v, %v", n, repeat, v.unclear, err)
			}
		}
		if v, err := parseJSON([]byte(f.json()), maxDepth); err != nil || v.unclear {
			t.Fatalf("%d members: unclear is %v, %v", n, v.unclear, err)
		}
	}
}

// FuzzJSON holds the reader against encoding/json: it accepts no text that is not
// JSON, and reads what is clear to the same value.
func FuzzJSON(f *testing.F) {
	for _, text := range append(append([]string{goodClaims().json(), ours().jwks()}, jsonTexts...), notJSON...) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := parseJSON(data, maxDepth)
		if err != nil {
			return
		}
		if !json.Valid(data) {
			t.Fatalf("%q is no JSON", data)
		}
		want, err := standard(data)
		if err != nil {
			t.Fatal(err)
		}
		if got := v.plain(); !v.unclear && !reflect.DeepEqual(got, want) {
			t.Fatalf("%q is %#v, not %#v", data, got, want)
		}
	})
}
