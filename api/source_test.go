package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestYAMLScalars reads scalars by the rules of YAML 1.2.
func TestYAMLScalars(t *testing.T) {
	for _, test := range []struct {
		yaml string
		want any
	}{
		{"2024-01-01", "2024-01-01"},
		{"2024-01-01T10:00:00Z", "2024-01-01T10:00:00Z"},
		{"12:30:45", "12:30:45"},
		{"yes", "yes"}, {"No", "No"}, {"on", "on"}, {"n", "n"},
		{"true", true}, {"False", false}, {"'true'", "true"},
		{"null", nil}, {"~", nil}, {"", nil}, {`""`, ""},
		{"12", 12.0}, {"+12", 12.0}, {"-0", numberValue("-0")}, {"1.50", 1.5}, {"1e3", 1000.0}, {"0.1", 0.1},
		{`"12"`, "12"}, {"!!str 12", "12"}, {"'012'", "012"},
		{"9007199254740993", json.Number("9007199254740993")},
		{"9223372036854775807", json.Number("9223372036854775807")},
		{"9007199254740992", 9007199254740992.0},
		{"1.0.0", "1.0.0"}, {"1_a", "1_a"}, {"0.0.1", "0.0.1"}, {"1-2", "1-2"},
		{"|\n    a\n    b\n", "a\nb\n"},
		{"[a, 1]", []any{"a", 1.0}},
	} {
		root, faults, err := readSource("x.yaml", []byte("v: "+test.yaml+"\n"))
		if err != nil || len(faults) > 0 {
			t.Errorf("%s: %v, %v", test.yaml, err, faults)
			continue
		}
		if got := root.get("v").value(); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %#v, want %#v", test.yaml, got, test.want)
		}
	}
}

// TestYAMLAmbiguous refuses what is a number to some YAML readers only.
func TestYAMLAmbiguous(t *testing.T) {
	for _, scalar := range []string{"012", "0x1F", "0o17", "0b11", "1_000", ".5", "5.", ".inf", "-.Inf", ".nan", "-012", "1e999"} {
		_, err := Parse("contract.yaml", edited(t, edit{catName, "{type: string, x-a: " + scalar + "}"}))
		got := shown(t, err)
		if len(got) != 1 || !strings.HasPrefix(got[0], "components/schemas/Cat/properties/name/x-a: ") {
			t.Errorf("%s: got %q", scalar, got)
		}
	}
}

// TestDocument keeps references, dates and all members, in YAML as in JSON.
func TestDocument(t *testing.T) {
	data := edited(t, edit{catName, "{type: string, example: 2024-01-01, x-big: 9223372036854775807, x-none: null}"}, edit{`"200": {description: Good}`, `200: {description: "Good \U0001F431"}`})
	contract, err := Parse("contract.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	name := contract.Document["components"].(map[string]any)["schemas"].(map[string]any)["Cat"].(map[string]any)["properties"].(map[string]any)["name"]
	want := map[string]any{"type": "string", "example": "2024-01-01", "x-big": json.Number("9223372036854775807"), "x-none": nil}
	if !reflect.DeepEqual(name, want) {
		t.Errorf("got %#v, want %#v", name, want)
	}
	text, err := json.Marshal(contract.Document)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `{"$ref":"#/components/schemas/Cat"}`) || !strings.Contains(string(text), `"200":{"description":"Good 🐱"}`) {
		t.Errorf("the document lost something: %s", text)
	}
	again, err := Parse("contract.json", text)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again, contract) {
		t.Error("the same contract in JSON reads in another way")
	}
}

// TestJSONPlaces counts lines and columns in JSON with tabs and surrogate pairs.
func TestJSONPlaces(t *testing.T) {
	data := "\uFEFF{\n\t\"openapi\": \"3.0.3\",\n\t\"info\": {\"title\": \"\\ud83d\\udc31\", \"version\": 1},\n\t\"paths\": {\"é\": {}, \"/a\": {}, \"/a\": {}}\n}"
	_, err := Parse("contract.json", []byte(data))
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	var got []string
	for _, p := range problems {
		got = append(got, fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Message))
	}
	want := []string{
		"3:47 version must be a string, not 1",
		`4:12 a path begins with a slash, not "é"`,
		`4:31 the key "/a" is there already, in line 4`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestAliases expands anchors and merge keys, and values do not share memory.
func TestAliases(t *testing.T) {
	contract, err := Parse("contract.yaml", edited(t,
		edit{security, "security: &s [{oauth2: [\"cats:read\"]}]"}, edit{function, "x-function: &f {package: cats, role: reader, timeout: 3}"},
		edit{security, "security: *s"}, edit{"x-function: {package: cats, role: reader, timeout: 5, memory: 512}", "x-function: {<<: *f, memory: 512}"}))
	if err != nil {
		t.Fatal(err)
	}
	want := Function{Package: "cats", Role: "reader", Timeout: 3, Memory: 512}
	if got := contract.Operations[1].Function; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	paths := contract.Document["paths"].(map[string]any)
	first := paths["/cats"].(map[string]any)["get"].(map[string]any)["security"].([]any)
	first[0] = "changed"
	if second := paths["/cats/{catId}"].(map[string]any)["get"].(map[string]any)["security"].([]any); second[0] == "changed" {
		t.Error("an alias shares memory with its anchor")
	}
}

// TestSources has documents that are refused before they are contracts.
func TestSources(t *testing.T) {
	deep := func(open, shut string, n int) string { return strings.Repeat(open, n) + strings.Repeat(shut, n) }
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		bomb += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 9), i)
	}
	for _, test := range []struct{ name, file, text, want string }{
		{"empty", "c.yaml", "", "c.yaml:1: the document is empty"},
		{"comment", "c.yaml", "# nothing\n", "c.yaml:1: the document is empty"},
		{"list", "c.yaml", "[a]", "c.yaml:1:1: the document must be an object, not a list"},
		{"string", "c.yaml", "openapi", "c.yaml:1:1: the document must be an object, not a string"},
		{"YAML", "c.yaml", "a: b: c", "c.yaml: YAML: mapping values are not allowed in this context"},
		{"unknown anchor", "c.yaml", "a: *b", "c.yaml: YAML: unknown anchor 'b' referenced"},
		{"JSON", "c.json", "{\n \"a\": }", "c.json:2:7: invalid character '}' looking for beginning of value"},
		{"half of JSON", "c.json", `{"a": [1`, "c.json:1:9: unexpected end of JSON input"},
		{"two of JSON", "c.json", "{}\n{}", "c.json:2:1: text follows the document"},
		{"two documents", "c.yaml", "a: 1\n---\nb: 1\n", "c.yaml:2:1: a second YAML document follows"},
		{"UTF-16", "c.yaml", "\xff\xfea\x00", "c.yaml: the document is not UTF-8"},
		{"deep YAML lists", "c.yaml", deep("[", "]", 200), "c.yaml:1:102: the document nests deeper than 100 levels"},
		{"deep JSON lists", "c.json", deep("[", "]", 5000), "c.json:1:102: the document nests deeper than 100 levels"},
		{"very deep YAML", "c.yaml", deep("[", "]", 1_000_000), "c.yaml"},
		{"very deep JSON", "c.json", deep(`{"a":`, "", 1_000_000), "c.json:1:506: the document nests deeper than 100 levels"},
		{"aliases", "c.yaml", bomb, "c.yaml:1:34: the document has more than 400000 values, aliases expanded"},
		{"alias of itself", "c.yaml", "a: &a [*a]", `c.yaml:1:8: the anchor "a" contains itself`},
		{"merge of itself", "c.yaml", "a: &a {<<: *a}", `c.yaml:1:12: the anchor "a" contains itself`},
		{"huge", "c.yaml", strings.Repeat("#", maxBytes+1), "c.yaml: the document has 8388609 bytes, more than 8388608"},
		{"many values", "c.json", "[" + strings.Repeat("1,", 400_000) + "1]", "c.json:1:"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(test.file, []byte(test.text))
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %.300v, want %s", err, test.want)
			}
		})
	}
}

// TestNotation has faults of the notation that are reported with all others.
func TestNotation(t *testing.T) {
	for _, test := range []struct {
		name  string
		edits []edit
		want  []string
	}{
		{"key twice", []edit{{"x-cors:", "x-cors: {}\nx-cors:"}}, []string{`x-cors: the key "x-cors" is there already, in line 3`}},
		{"key no scalar", []edit{{"x-cors:", "[a]: b\nx-cors:"}}, []string{`a key is no scalar`}},
		{"tag", []edit{{"title: Base", "title: !Sub Base"}}, []string{`info/title: the YAML tag "!Sub" has no meaning in JSON`}},
		{"binary", []edit{{"title: Base", "title: !!binary aGk="}}, []string{`info/title: the YAML tag "!!binary" has no meaning in JSON`}},
		{"merge of a scalar", []edit{{"role: reader}", "role: reader, <<: 1}"}}, []string{`GET /cats: a merge key takes objects, not a number`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("contract.yaml", edited(t, test.edits...))
			if got := shown(t, err); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestReferenceBombs has documents whose references multiply; reading them must end.
func TestReferenceBombs(t *testing.T) {
	schemas := func(n int, format string) string {
		var b strings.Builder
		b.WriteString("  schemas:\n")
		for i := range n {
			b.WriteString("    " + strings.ReplaceAll(strings.ReplaceAll(format, "NEXT", fmt.Sprintf("'#/components/schemas/S%d'", (i+1)%n)), "NAME", fmt.Sprintf("S%d", i)) + "\n")
		}
		return b.String()
	}
	last := "    S30: {type: object}\n"
	for _, test := range []struct{ name, schemas, want string }{
		{"alternatives", strings.Replace(schemas(30, "NAME: {oneOf: [{$ref: NEXT}, {$ref: NEXT}]}"), "S0'", "S30'", 2) + last + "    Example: {allOf: [{$ref: '#/components/schemas/S0'}], example: {}}\n", "components/schemas/Example/example: checking example and those before it takes more than 1000000 steps"},
		{"properties", schemas(30, "NAME: {type: object, properties: {a: {$ref: NEXT}, b: {$ref: NEXT}}}"), ""},
		{"within itself", schemas(2, "NAME: {type: object, properties: {a: {allOf: [{$ref: NEXT}, {$ref: NEXT}]}}, example: "+strings.Repeat("{a: ", 40)+"{}"+strings.Repeat("}", 40)+"}"), "components/schemas/S0/example: checking example and those before it takes more than 1000000 steps"},
		{"in a circle", schemas(500, "NAME: {allOf: [{$ref: NEXT}]}"), "components/schemas/S499/allOf/0: the schema applies itself through allOf, anyOf, oneOf, not or $ref"},
		{"chain", strings.Replace(schemas(5_000, "NAME: {not: {$ref: NEXT}}"), "S0'", "Cat'", 1), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("contract.yaml", edited(t, edit{"  schemas:\n", test.schemas}))
			if got := strings.Join(shown(t, err), "\n"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// FuzzParse looks for documents that crash or hang, or are taken in spite of a gap that
// opens an operation.
func FuzzParse(f *testing.F) {
	f.Add(base)
	for _, test := range gaps {
		f.Add(string(edited(f, test.edits...)))
	}
	f.Add(`{"openapi": "3.0.3", "info": {"title": "a", "version": "1"}, "paths": {}}`)
	f.Fuzz(func(t *testing.T, text string) {
		contract, err := Parse("contract.yaml", []byte(text))
		if err != nil {
			var problems Problems
			if contract != nil || !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("got %v and %v", contract, err)
			}
			return
		}
		for _, operation := range contract.Operations {
			if len(operation.Scopes) == 0 || operation.Function.Package == "" || operation.Function.Role == "" || operation.ID == "" {
				t.Errorf("the operation %+v is open or incomplete", operation)
			}
			for _, scopes := range operation.Scopes {
				if len(scopes) == 0 {
					t.Errorf("the operation %+v is open", operation)
				}
			}
		}
		if _, err := json.Marshal(contract.Document); err != nil {
			t.Errorf("encoding the document: %v", err)
		}
	})
}

// TestReplacements puts other values in every place of a contract, one at a time. None
// may crash, open an operation, or be refused for a reason without a place.
func TestReplacements(t *testing.T) {
	text := string(edited(t, edit{responses, `parameters: [{$ref: '#/components/parameters/Q'}]
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Cat'}, examples: {one: {$ref: '#/components/examples/One'}}}}}
      callbacks: {done: {'{$request.body#/url}': {post: {responses: {default: {description: Good}}}}}}
      responses: {"200": {$ref: '#/components/responses/Good'}}`},
		edit{"  schemas:", `  parameters: {Q: {name: q, in: query, schema: {type: string}, example: a}}
  headers: {H: {schema: {type: integer}, example: 1}}
  examples: {One: {value: {name: a}}}
  responses: {Good: {description: Good, headers: {H: {$ref: '#/components/headers/H'}}, links: {self: {operationId: catGet}}}}
  schemas:`}))
	if _, err := Parse("contract.yaml", []byte(text)); err != nil {
		t.Fatal(err)
	}
	values := []string{`null`, `{}`, `[]`, `""`, `"x"`, `-1`, `true`, `[null]`, `[{}]`, `{"a": null}`, `{"a": {}}`, `{"$ref": "#/components/schemas/Cat"}`, `{"$ref": "#"}`, `{"$ref": 1}`}
	root, _, err := readSource("contract.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	document := root.value()
	var visit func(v any, set func(any))
	visit = func(v any, set func(any)) {
		for _, value := range values {
			var other any
			if err := json.Unmarshal([]byte(value), &other); err != nil {
				t.Fatal(err)
			}
			set(other)
			checkReplaced(t, document)
		}
		set(v)
		switch v := v.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				inner := v[key]
				delete(v, key)
				checkReplaced(t, document)
				visit(inner, func(other any) { v[key] = other })
			}
		case []any:
			for i, inner := range v {
				visit(inner, func(other any) { v[i] = other })
			}
		}
	}
	visit(document, func(other any) { document = other })
}

func checkReplaced(t *testing.T, document any) {
	t.Helper()
	data, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	contract, err := Parse("contract.json", data)
	if err == nil {
		for _, operation := range contract.Operations {
			if len(operation.Scopes) == 0 || operation.Function.Role == "" {
				t.Errorf("an operation is open or incomplete: %s", data)
			}
		}
		return
	}
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatalf("got %v, want Problems", err)
	}
	for _, p := range problems {
		if p.Line == 0 && !strings.Contains(p.Message, "OpenAPI version") || strings.Contains(p.Message, "library") {
			t.Errorf("%v\nof %s", p, data)
		}
	}
}
