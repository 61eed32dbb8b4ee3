package logs

import (
	"strings"
	"testing"
)

func TestPattern(t *testing.T) {
	const document = `{"level":"error","n":5,"f":1.5,"ok":true,"nothing":null,"user":{"id":"u-1","tags":["a","b"]},"a.b":"dot","list":[{"x":1},{"x":2}]}`
	for _, test := range []struct {
		pattern, message string
		want             bool
	}{
		{"", "anything", true},
		{"ERROR", "an ERROR here", true}, {"ERROR", "an error here", false},
		{"a b", "b then a", true}, {"a b", "only a", false},
		{`"a b"`, "xa bx", true}, {`"a b"`, "b a", false}, {`"say \"x\""`, `say "x"`, true},
		{"?a ?b", "has b", true}, {"?a ?b", "only c", false},
		{"x -y", "x z", true}, {"x -y", "x y", false}, {`-"a b"`, "a b", false},
		{"?a x", "x", true}, {"?a x", "a", false},
		{"%[0-9]+ms%", "took 15ms", true}, {"%^x%", "ax", false},
		{`{ $.level = "error" }`, document, true}, {`{ $.level = "err*" }`, document, true}, {`{ $.level = error }`, document, true},
		{`{ $.level != "error" }`, document, false}, {`{ $.missing != "x" }`, document, false},
		{`{ $.n = 5 }`, document, true}, {`{ $.n >= 5 && $.n <= 5 }`, document, true}, {`{ $.n > 5 || $.f < 2 }`, document, true}, {`{ $.n != 5 }`, document, false},
		{`{ $.n = 5e0 }`, document, true}, {`{ $.level > 3 }`, document, false},
		{`{ $.ok IS TRUE }`, document, true}, {`{ $.ok IS FALSE }`, document, false}, {`{ $.nothing IS NULL }`, document, true}, {`{ $.missing IS NULL }`, document, false},
		{`{ $.missing NOT EXISTS }`, document, true}, {`{ $.level NOT EXISTS }`, document, false}, {`{ $.level EXISTS }`, document, true},
		{`{ $.user.id = "u-1" }`, document, true}, {`{ $.user.tags[1] = "b" }`, document, true}, {`{ $.user.tags[*] = "a" }`, document, true}, {`{ $.user.tags[9] = "a" }`, document, false},
		{`{ $.['a.b'] = "dot" }`, document, true}, {`{ $.list[*].x = 2 }`, document, true},
		{`{ ($.level = "info" || $.n = 5) && $.ok IS TRUE }`, document, true}, {`{ $.level = "info" || $.n = 5 && $.ok IS FALSE }`, document, false},
		{`{ $.level = %^err% }`, document, true},
		{`{ $.level = "error" }`, "not JSON", false}, {`{ $.level = "error" }`, `{"level":"error"`, false},
	} {
		takes, err := compilePattern(test.pattern)
		if err != nil {
			t.Errorf("%s: %v", test.pattern, err)
			continue
		}
		if got := takes(test.message); got != test.want {
			t.Errorf("%s on %s: got %v, want %v", test.pattern, test.message, got, test.want)
		}
	}
}

func TestMalformedPattern(t *testing.T) {
	for _, pattern := range []string{
		`"open`, "a,b", "-", "? x", "%(%", "%open", "[ip, user]", strings.Repeat("a ", 600),
		"{", "{}", "{ $ = 1 }", "{ $. = 1 }", "{ $.a }", "{ $.a = }", "{ $.a = 1", "{ $.a = 1 } x", "{ $.a = 1 && }", "{ ($.a = 1 }", `{ $.a = "x }`,
		`{ $.a > "x" }`, "{ $.a[x] = 1 }", "{ $.a[-1] = 1 }", "{ a = 1 }", "{ $.a = %(% }", "{ " + strings.Repeat("(", 100) + "$.a = 1" + strings.Repeat(")", 100) + " }",
	} {
		if _, err := compilePattern(pattern); err == nil {
			t.Errorf("%s was accepted", pattern)
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add(`{ $.a = "x*" && ($.b[0] > 5 || $.c NOT EXISTS) }`, `{"a":"xy"}`)
	f.Add(`?a "b c" -d %e%`, "a b c")
	f.Add("{$.0=\xa0&", "0")
	f.Fuzz(func(_ *testing.T, pattern, message string) {
		if takes, err := compilePattern(pattern); err == nil {
			takes(message)
		}
	})
}
