package dynamodb

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestParseJSON(t *testing.T) {
	for _, text := range []string{
		`{}`, ` { "a" : [ 1 , -0.5e+3 , true , false , null , "x\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00" ] } `, `[]`, `"ä"`, `0`, `{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}`,
	} {
		n, err := parseJSON([]byte(text))
		if err != nil {
			t.Errorf("parseJSON(%s): %v", text, err)
			continue
		}
		if string(n.raw) != strings.TrimSpace(text) {
			t.Errorf("raw of %s = %s", text, n.raw)
		}
	}
	for _, text := range []string{
		``, ` `, `{`, `}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `[1,]`, `[1 2]`, `{a:1}`, `{'a':1}`, `01`, `1.`, `.5`, `+1`, `1e`, `-`, `tru`, `nul`, `NaN`,
		`"a`, `"\x"`, `"\u12"`, `"\u+123"`, `"\ud800"`, `"\ud800\u0041"`, `"\udc00"`, "\"\xff\"", "\"\n\"", "\"a\x00\"", "\xef\xbb\xbf{}", `{} {}`, `{}x`, `/* */{}`,
		`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, strings.Repeat(`[`, 5000) + strings.Repeat(`]`, 5000),
		`{"1":1,"2":1,"3":1,"4":1,"5":1,"6":1,"7":1,"8":1,"9":1,"10":1,"11":1,"12":1,"13":1,"1":2}`,
	} {
		if _, err := parseJSON([]byte(text)); err == nil {
			t.Errorf("parseJSON(%.60q) is no error", text)
		}
	}
}

func TestSplice(t *testing.T) {
	body := []byte(`{"a":"x","b":{"c":1}}`)
	n, err := parseJSON(body)
	if err != nil {
		t.Fatal(err)
	}
	got := splice(body, sorted([]edit{n.get("b").get("c").replace([]byte("22")), n.get("a").replace(quoteJSON("a\"\n\\"))}))
	if want := `{"a":"a\"\u000a\\","b":{"c":22}}`; string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// FuzzParseJSON holds the parser against encoding/json, which accepts more: what it accepts has to be
// JSON, and its strings have to be the same.
func FuzzParseJSON(f *testing.F) {
	f.Add([]byte(`{"TableName":"cats","Key":{"a":{"S":"\u00e9\ud83d\ude00"},"n":{"N":"1"}},"x":[1.5e3,null,true]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := parseJSON(data)
		if err != nil {
			return
		}
		if !json.Valid(data) {
			t.Fatalf("%q is no JSON", data)
		}
		compare(t, n)
	})
}

func compare(t *testing.T, n *node) {
	if n.kind == isString {
		var want string
		if err := json.Unmarshal(n.raw, &want); err != nil || want != string(n.plain) {
			t.Fatalf("%s is read as %q", n.raw, n.plain)
		}
	}
	if n.kind == isObject {
		var want map[string]json.RawMessage
		if err := json.Unmarshal(n.raw, &want); err != nil || len(want) != len(n.list) {
			t.Fatalf("%s has %d members, want %d (%v)", n.raw, len(n.list), len(want), err)
		}
		for i, m := range n.names {
			if !bytes.Equal(want[string(m.text)], n.list[i].raw) {
				t.Fatalf("member %q of %s is read as %s", m.text, n.raw, n.list[i].raw)
			}
		}
	}
	for i := range n.list {
		compare(t, &n.list[i])
	}
}
