package tenant

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// decoder fills Go values from a document and checks every value against its rule.
type decoder struct {
	*report
	// at is the place of every value, by path.
	at map[string]span
	// unsure holds the paths whose value is missing or already reported.
	unsure map[string]bool
}

// sure says that the value at a path is there and has no problem yet.
func (d *decoder) sure(path string) bool {
	_, ok := d.at[path]
	return ok && !d.unsure[path]
}

// wrong records a problem of the value at a path, which later checks then leave alone.
func (d *decoder) wrong(path, message, fix string) {
	d.unsure[path] = true
	d.add(d.at[path], path, message, fix)
}

// node decodes a node into v. key names the rule.
func (d *decoder) node(n ast.Node, v reflect.Value, path, key string) {
	tagged := false
	for unwrapped := false; !unwrapped; {
		switch w := n.(type) {
		case *ast.AnchorNode:
			n = w.Value
		case *ast.TagNode:
			n, tagged = w.Value, true
		default:
			unwrapped = true
		}
	}
	s, leaf := scalarOf(n)
	_, alias := n.(*ast.AliasNode)
	if n == nil || alias || leaf && (tagged || d.isMisread(n)) {
		d.unsure[path] = true
		return
	}
	d.at[path] = d.place(n)
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch {
	case leaf && s.other == "null":
		d.null(s, path, key)
	case v.Kind() == reflect.Struct:
		if m, ok := n.(*ast.MappingNode); ok {
			d.structure(m, v, path)
			return
		}
		d.wrongKind(n, path, key, "a mapping")
	case v.Kind() == reflect.Map:
		if m, ok := n.(*ast.MappingNode); ok {
			d.mapping(m, v, path, key)
			return
		}
		d.wrongKind(n, path, key, "a mapping")
	case v.Kind() == reflect.Slice:
		if l, ok := n.(*ast.SequenceNode); ok {
			d.list(l, v, path, key)
			return
		}
		d.wrongKind(n, path, key, "a list")
	case !leaf && v.Kind() == reflect.Int:
		d.wrongKind(n, path, key, "an integer")
	case !leaf && v.Kind() == reflect.Bool:
		d.wrongKind(n, path, key, "true or false")
	case !leaf:
		d.wrongKind(n, path, key, "text")
	case v.Kind() == reflect.Int:
		d.integer(s, v, path, key)
	case v.Kind() == reflect.Bool:
		d.boolean(s, v, path, key)
	default:
		d.text(s, v, path, key)
	}
}

// isMisread says that a node is text that was reported as not being YAML.
func (d *decoder) isMisread(n ast.Node) bool {
	if n == nil {
		return false
	}
	at := d.place(n)
	return d.misread[span{at.line, at.column, 0}]
}

// place is where a node begins. A null that is not written stands at its key or dash.
func (d *decoder) place(n ast.Node) span {
	tk := n.GetToken()
	if m, ok := n.(*ast.MappingNode); ok && tk.Type == token.MappingValueType && len(m.Values) > 0 {
		return spanOf(m.Values[0].Key.GetToken())
	}
	at := spanOf(tk)
	if tk.Type == token.ImplicitNullType {
		// The parser puts it one or two characters behind the colon or dash.
		line := d.line(at.line)
		for at.column > len(line) || at.column > 1 && line[at.column-1] == ' ' {
			at.column--
		}
		at.column, at.width = max(at.column, 1), 1
	}
	return at
}

func (d *decoder) null(s scalar, path, key string) {
	if s.text == "" {
		d.wrong(path, leafName(path)+" has no value", example(path, rules[key].example))
		return
	}
	fix := example(path, rules[key].example)
	if r := rules[key]; r.pattern != nil && r.allows(s.text) {
		fix = "if that text is meant, quote it: " + leafField(path, quote(s.text))
	}
	d.wrong(path, fmt.Sprintf("%s is %s, which YAML reads as no value", leafName(path), s.text), fix)
}

func (d *decoder) wrongKind(n ast.Node, path, key, want string) {
	got := "a mapping"
	if s, ok := scalarOf(n); ok {
		got = s.String()
	} else if _, ok := n.(*ast.SequenceNode); ok {
		got = "a list"
	}
	d.wrong(path, fmt.Sprintf("%s is %s, but must be %s", leafName(path), got, want), example(path, rules[key].example))
}

// text decodes a string. The source of a scalar that YAML takes for another type is
// kept, so that duplicates of it are found in the same run.
func (d *decoder) text(s scalar, v reflect.Value, path, key string) {
	v.SetString(s.text)
	r := rules[key]
	switch {
	case s.other != "" && len(r.values) == 0 && r.allows(s.text):
		// What was meant is clear, so later checks go on with it.
		d.add(d.at[path], path, fmt.Sprintf("%s is %s, which YAML reads as %s", leafName(path), s.text, s.other),
			"quote it: "+leafField(path, quote(s.text)))
		d.unsure[path] = r.reference
	case s.other != "":
		d.wrong(path, fmt.Sprintf("%s is %s, which YAML reads as %s", leafName(path), s, s.other), "write text, for example "+leafField(path, r.example))
	case !r.reference && !r.allows(s.text):
		d.wrong(path, d.describe(s, path, r), d.repair(r, s.text, path))
	}
}

// describe says what a string is not. A reserved name reads better when it is called so.
func (d *decoder) describe(s scalar, path string, r rule) string {
	for _, word := range r.not {
		if s.text == word {
			return fmt.Sprintf("%s %s is reserved for the platform", leafName(path), s)
		}
	}
	if s.text == "" {
		return fmt.Sprintf("%s is empty", leafName(path))
	}
	return fmt.Sprintf("%s is %s, but must be %s", leafName(path), s, r.what)
}

func (d *decoder) repair(r rule, text, path string) string {
	fix := "write for example " + leafField(path, d.suggestion(r, text))
	if strings.Contains(text, "#") && strings.HasSuffix(path, ".billingAccount") {
		return "leave out the '#', which separates key shards: " + fix
	}
	for _, word := range r.not {
		if text == word {
			return fmt.Sprintf("choose another, for example %s; docs/tenants.md lists the reserved names", leafField(path, yamlText(text+"-1")))
		}
	}
	return fix
}

// suggestion is a right value as YAML: near the wrong one when that is possible.
func (d *decoder) suggestion(r rule, text string) string {
	if better := r.better(text); better != "" {
		return yamlText(better)
	}
	return r.example
}

var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

// integer decodes a plain decimal. Other notations are refused, for YAML 1.1 and 1.2
// differ on what 010 is.
func (d *decoder) integer(s scalar, v reflect.Value, path, key string) {
	r := rules[key]
	if !s.plain {
		fix := example(path, r.example)
		if n, err := strconv.Atoi(s.text); err == nil && r.allowsInt(n) {
			fix = "remove the quotes: " + leafField(path, strconv.Itoa(n))
		}
		d.wrong(path, fmt.Sprintf("%s is the text %s, but must be an integer", leafName(path), quoted(s.text)), fix)
		return
	}
	if !decimal.MatchString(s.text) {
		d.wrong(path, fmt.Sprintf("%s is %s, but must be an integer in plain decimal digits", leafName(path), s), example(path, r.example))
		return
	}
	n, err := strconv.Atoi(s.text)
	if err != nil || !r.allowsInt(n) {
		fix := example(path, r.example)
		if len(r.ints) > 1 {
			values := make([]string, len(r.ints))
			for i, n := range r.ints {
				values[i] = strconv.Itoa(n)
			}
			fix = "write one of " + strings.Join(values, ", ")
		}
		d.wrong(path, fmt.Sprintf("%s is %s, but must be %s", leafName(path), shorten(s.text), r.what), fix)
		return
	}
	v.SetInt(int64(n))
}

// boolean decodes what YAML 1.1 and 1.2 both take for a boolean: true or false. They differ on other words, such as no.
func (d *decoder) boolean(s scalar, v reflect.Value, path, key string) {
	switch s.text {
	case "true", "True", "TRUE", "false", "False", "FALSE":
		if s.plain {
			v.SetBool(strings.EqualFold(s.text, "true"))
			return
		}
	}
	fix := "write for example " + leafField(path, rules[key].example)
	if meant, ok := booleans[strings.ToLower(strings.TrimSpace(s.text))]; ok {
		fix = "write " + leafField(path, strconv.FormatBool(meant))
	}
	got := s.String()
	if !s.plain {
		got = "the text " + got
	}
	d.wrong(path, fmt.Sprintf("%s is %s, but must be true or false", leafName(path), got), fix)
}

// booleans are the words of YAML 1.1 (yaml.org/type/bool.html), in lower case.
var booleans = map[string]bool{"true": true, "yes": true, "y": true, "on": true, "false": false, "no": false, "n": false, "off": false}

func (d *decoder) list(n *ast.SequenceNode, v reflect.Value, path, key string) {
	v.Set(reflect.MakeSlice(v.Type(), len(n.Values), len(n.Values)))
	for i, value := range n.Values {
		if !n.IsFlowStyle {
			dash := spanOf(n.Entries[i].Start)
			d.checkIndent(span{dash.line, dash.column, 1}, value)
		}
		d.node(value, v.Index(i), entryPath(path, i), key+"[]")
	}
	if !rules[key].unique {
		return
	}
	seen := map[string]bool{}
	for i := range v.Len() {
		at, value := entryPath(path, i), v.Index(i).String()
		if d.sure(at) && seen[value] {
			d.wrong(at, fmt.Sprintf("%s %q is listed twice", leafName(path), value), "remove one of the two")
		}
		seen[value] = true
	}
}

// leafName is the last part of a path, with its indices: accountSources[0].
func leafName(path string) string {
	if strings.HasSuffix(path, `"]`) { // cells["…"]
		return path
	}
	return path[strings.LastIndexByte(path, '.')+1:]
}

// leafField writes a field as YAML: billingAccount: "12345". An entry of a list has no name.
func leafField(path, value string) string {
	name := leafName(path)
	if strings.HasSuffix(name, "]") {
		return "- " + value
	}
	return name + ": " + value
}

func example(path, value string) string {
	if value == "" {
		return "give it a value, or remove it"
	}
	return "write for example " + leafField(path, value)
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,60}$`)

// child is the path of a field or of the entry of a mapping.
func child(path, name string) string {
	if !plainName.MatchString(name) {
		return path + "[" + quoted(name) + "]"
	}
	if path == "" {
		return name
	}
	return path + "." + name
}
