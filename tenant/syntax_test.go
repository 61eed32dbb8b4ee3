package tenant

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSyntax(t *testing.T) {
	var rendered strings.Builder
	for _, c := range syntaxCases() {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("tenants.yaml", []byte(c.text))
			if diff := cmp.Diff(c.want, problemsOf(t, err)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if err != nil {
				fmt.Fprintf(&rendered, "# %s\n%v\n\n", c.name, err)
			}
		})
	}
	golden(t, "syntax.golden", rendered.String())
}

// syntaxCases are about the text as YAML. Those without problems are taken.
func syntaxCases() []problemCase {
	const (
		empty     = "1:1: the file is empty"
		noMapping = "1:1: the file is no mapping"
		alias     = ": aliases are not supported"
		anchor    = ": anchors are not supported"
		tab       = ": a tab character stands here"
		brace     = ": invalid YAML: a '{' is not closed, or a comma is missing before here"
		deeper    = ": invalid YAML: this line is indented deeper than the field above it, so it continues that field's value"
		here      = ": invalid YAML: value is not allowed in this context"
		quote     = ": invalid YAML: a quote is not closed"
		second    = ": invalid YAML: a second ': ' on one line"
		noField   = ": " + notField
	)
	return []problemCase{
		{"empty", "", []string{empty}},
		{"comments alone", "# nothing\n\n# here\n", []string{empty}},
		{"document marker alone", "---\n", []string{empty}},
		{"text", "hello\n", []string{noMapping}},
		{"list", "- a\n", []string{noMapping}},
		{"null", "~\n", []string{noMapping}},

		{"unclosed brace", edit("tier: standard}\n", "tier: standard\n"), []string{"18:5" + brace}},
		{"missing comma", edit("cell: eu-1, tier", "cell: eu-1 tier"), []string{`18:47: invalid YAML: the value "eu-1 tier: standard" holds a colon`}},
		{"missing comma before an optional field", edit("tier: standard}", "tier: standard, name: A wave: b}"), []string{`18:75: invalid YAML: the value "A wave: b" holds a colon`}},
		{"closing brace too many", edit("tier: standard}", "tier: standard}}"), []string{"18:68" + here}},
		{"comma too many", edit(`"12345",`, `"12345",,`), []string{"18:40: invalid YAML: could not find flow map content"}},
		{"unclosed bracket", edit("tenants:\n", "tenants: [\n"), []string{"17:10: invalid YAML: a '[' is not closed, or a comma is missing before here"}},
		{"unclosed quote", edit(`"12345"`, `"12345`), []string{"18:32" + quote}},
		{"text behind quotes", edit(`"12345"`, `"12345" x`), []string{"18:40" + brace}},
		{"unknown escape", edit("billingAccount: b-7", `billingAccount: "\q"`), []string{"20:23: invalid YAML: found unknown escape character 'q'"}},
		{"no space after a colon", edit("tier: standard}", "tier:standard}"), []string{"18:57: invalid YAML: no space follows the colon"}},
		{"no space after quotes and a colon", edit("{id: acme", `{"id":acme`), nil},
		{"no colon", edit("    cell: eu-1", "    cell eu-1"), []string{"21:5" + noField}},
		{"no colon in platform", edit("  name: kittens", "  name kittens"), []string{"3:3" + noField}},
		{"no colon at the top", edit("cells:", "cells"), []string{"9:1" + noField}},
		{"second colon", edit("billingAccount: b-7", "billingAccount: b: 7"), []string{"20:21" + second}},
		{"reserved character", edit("billingAccount: b-7", "billingAccount: @b7"), []string{"20:21: invalid YAML: '@' is a reserved character"}},
		{"list as a field name", edit("    cell: eu-1", "    [a]: b\n    cell: eu-1"), []string{"21:8: invalid YAML: found an invalid key for this map"}},
		{"indented too deep", edit("    cell: eu-1", "     cell: eu-1"), []string{"21:10" + deeper}},
		{"indented too little", edit("    tier: standard\n", "   tier: standard\n"), []string{"22:4" + here}},
		{"platform indented too deep", edit("  domain:", "   domain:"), []string{"4:10" + deeper}},
		{"platform indented too little", edit("  domain:", " domain:"), []string{"4:2" + here}},
		{"nested too deep", edit(`"12345"`, strings.Repeat("[", 40)+strings.Repeat("]", 40)), []string{"18:61: values are nested more than 32 deep"}},

		{"two broken entries", edit(`"12345"`, `"12345`, "billingAccount: b-7", "billingAccount: b: 7"), []string{"18:32" + quote, "20:21" + second}},
		{"broken cell and unknown tier", edit(`"111111111111"`, `"111111111111`, "    tier: standard", "    tier: gold"),
			[]string{"11:17" + quote, `22:11: tenants[1].tier: there is no tier "gold"`}},

		{"anchor and alias", edit("id: bmce", "id: &a bmce\n    wave: *a"), []string{"19:9" + anchor, "20:11" + alias}},
		{"alias without an anchor", edit("    cell: eu-1", "    cell: *broken"), []string{"21:11" + alias}},
		{"quoted text on two lines", edit("cell: eu-1\n", "cell: \"eu-1\\\n      \"\n"), []string{"21:11: the text goes on in another line"}},
		{"text that begins with a comma", edit("    cell: eu-1", "    cell: , eu-1"), []string{"21:11: invalid YAML: text without quotes begins with ,"}},
		{"comma at the start", edit("{id: acme", "{, id: acme"), []string{"18:6: invalid YAML: nothing stands before the comma"}},
		{"bracket within text", edit("tier: standard}", "tier: standard, name: a]b}"), []string{`18:75: invalid YAML: the value "a]b" holds a bracket`}},
		{"colon on the next line", edit(`{id: acme`, "{\"id\"\n   : acme"), []string{"19:4: invalid YAML: the colon is not on the line of its field's name"}},
		{"value not indented", edit("version: 1", "version:\n1"), []string{"2:1: invalid YAML: the value is not indented deeper than its field's name"}},
		{"merge key", edit("- {id: acme", "- &t {id: acme", "    tier: standard", "    <<: *t"), []string{"18:5" + anchor, "22:5: merge keys are not supported"}},
		{"alias of a tenant", base + "  - *t\n", []string{"23:5" + alias}},
		{"alias bomb", "a: &a [x, x]\nb: &b [*a, *a]\n" + base, []string{
			`1:1: a: the file has no field "a"`, "1:4" + anchor, `2:1: b: the file has no field "b"`, "2:4" + anchor, "2:8" + alias, "2:12" + alias}},
		{"tag", edit(`"12345"`, "!!str 12345", "cell: eu-1", "cell: eu-2"), []string{
			"18:32: tags such as !!str are not supported", `18:51: tenants[0].cell: there is no cell "eu-2"`}},
		{"tag on a list", edit("tenants:\n", "tenants: !!seq\n"), []string{"17:10: tags such as !!seq are not supported"}},
		{"question mark", edit("    cell: eu-1", "    ? cell\n    : eu-1"), []string{"21:5: keys marked with ? are not supported"}},
		{"directive", "%YAML 1.2\n---\n" + base, []string{"1:1: YAML directives are not supported"}},
		{"one document with markers", "# start\n---\n" + base + "...\n# end\n", nil},
		{"two documents", base + "---\n" + base, []string{"23:1: a second YAML document begins here"}},
		{"text after the end", base + "...\nversion: 1\n", []string{"23:1: more follows after the end of the document"}},

		{"byte order mark", "\ufeff" + base, []string{"1:1: the file begins with a byte order mark (U+FEFF)"}},
		{"UTF-16", "\xff\xfev\x00e\x00", []string{"1:1: the file is UTF-16"}},
		{"Latin-1", edit("tier: standard}", "tier: standard, name: Caf\xe9}"), []string{"18:78: byte 0xe9 is not UTF-8"}},
		{"tab for indentation", edit("    cell: eu-1", "\tcell: eu-1"), []string{"21:1" + tab}},
		{"tab after a colon", edit("    cell: eu-1", "    cell:\teu-1"), []string{"21:10" + tab}},
		{"tab in quotes", edit("billingAccount: b-7", "billingAccount: b-7\n    name: \"a\tb\""), []string{"21:13" + tab}},
		{"tab in comments", edit("    cell: eu-1", "    cell: eu-1 #\ta\tb\n#\tc"), nil},
		{"control character", edit("billingAccount: b-7", "billingAccount: b-7 # \x07"), []string{"20:27: character U+0007 is not allowed in YAML text"}},
		{"line separator", edit("billingAccount: b-7", "billingAccount: b-7 # \u2028"), []string{"20:27: character U+2028 is not allowed in YAML text"}},
		{"merge conflict", edit("tenants:\n", "tenants:\n<<<<<<< HEAD\n", "  - id: bmce", "=======\n  - id: bmce") + ">>>>>>> topic\n", []string{"18:1: a merge conflict begins here"}},
		{"many empty lines", strings.Repeat("\n", 101) + base, []string{"101:1: more than 100 empty lines stand in a row"}},
		{"CR LF", strings.ReplaceAll(edit("tier: standard}", "tier: gold}"), "\n", "\r\n"), []string{`18:59: tenants[0].tier: there is no tier "gold"`}},
		{"CR", strings.ReplaceAll(edit("tier: standard}", "tier: gold}"), "\n", "\r"), []string{`18:59: tenants[0].tier: there is no tier "gold"`}},
		{"no line break at the end", strings.TrimSuffix(edit("    tier: standard\n", "    tier: gold\n"), "\n"), []string{`22:11: tenants[1].tier: there is no tier "gold"`}},
		{"characters of more than one byte", edit("{id: acme", "{name: Tabby Café ✓, id: Acme"), []string{
			`18:30: tenants[0].id: id is "Acme", but must be a DNS label: letters, digits and inner hyphens, in lower case, at most 63 characters`}},
		{"block scalar", edit("    tier: standard\n", "    tier: standard\n    name: >-\n      # Acme:\n      Ltd\n"), []string{"23:11: text on lines of its own is not supported"}},
		{"text on two lines", edit("    cell: eu-1", "    cell: eu-1\n      x"), []string{"21:11: the text goes on in another line"}},
		{"hexadecimal escape", edit("    cell: eu-1", `    cell: "\xeu-1"`), []string{`21:11: invalid YAML: \x needs 2 hexadecimal digits of a character`}},
		{"escapes", edit("    cell: eu-1", `    cell: "\x65\u0075\U0000002d1"`), nil},
	}
}

// TestHostile checks that input made to be expensive is refused, and by a message of its own.
func TestHostile(t *testing.T) {
	const size = 1 << 19
	for name, unit := range map[string]string{
		"brackets": "[", "mappings": "{a: ", "dashes": "- ", "fields": "a:\n", "tags": "!a ", "anchors": "&a ", "aliases": "*a\n",
		"angles": "<", "documents": "---\n", "quotes": "\"\n", "questions": "? ", "empty lines": "\n", "braces": "- {\n", "reserved": "@",
		"blocks": "a: |\n\n\n", "bytes": "\xff", "controls": "\x01\n", "tabs": "\tx\n",
	} {
		t.Run(name, func(t *testing.T) {
			data := []byte(strings.Repeat(unit, size/len(unit)))
			_, err := Parse("tenants.yaml", data)
			if err == nil {
				t.Fatal("hostile input is taken")
			}
			checkPlaces(t, data, err)
		})
	}
	if _, err := Parse("tenants.yaml", make([]byte, MaxFileSize+1)); fmt.Sprint(problemsOf(t, err)) != "[1:1: the file is larger than 8 MiB]" {
		t.Errorf("file over the limit: %v", err)
	}
}
