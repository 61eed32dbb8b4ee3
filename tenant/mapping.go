package tenant

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// field is a field of one of the package's types as the file knows it.
type field struct {
	name     string
	rule     string // key of rules
	index    []int
	required bool
}

// fieldsOf lists the fields of a struct type, those of inlined structs among them.
func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if options == "inline" {
			for _, in := range fieldsOf(f.Type) {
				in.index = append([]int{i}, in.index...)
				out = append(out, in)
			}
			continue
		}
		out = append(out, field{name, t.Name() + "." + f.Name, []int{i}, options != "omitempty"})
	}
	return out
}

// fields of every struct type that occurs in a File.
var fields = func() map[reflect.Type][]field {
	out := map[reflect.Type][]field{}
	for _, v := range []any{File{}, Platform{}, IdentityProvider{}, Cell{}, Tier{}, Throttle{}, Domain{}, Tenant{}, ThrottleOverride{}, Accepted{}} {
		out[reflect.TypeOf(v)] = fieldsOf(reflect.TypeOf(v))
	}
	return out
}()

// entry is a field of a mapping in the source.
type entry struct {
	name  scalar
	at    span
	value ast.Node
}

// entries lists the fields of a mapping once each and reports repeated ones. complete
// is false when some names are not known, for a reason that was reported elsewhere.
func (d *decoder) entries(n *ast.MappingNode, path string) (out []entry, complete bool) {
	complete = true
	seen := map[string]span{}
	for _, value := range n.Values {
		key := ast.Node(value.Key)
		if k, ok := key.(*ast.MappingKeyNode); ok {
			key = k.Value
		}
		if a, ok := key.(*ast.AnchorNode); ok {
			key = a.Value
		}
		name, ok := scalarOf(key)
		if _, merge := key.(*ast.MergeKeyNode); merge || !ok {
			complete = false
			if _, reported := value.Key.(*ast.MappingKeyNode); !merge && !reported {
				d.add(spanOf(key.GetToken()), path, "a field name must be plain text", "write name: value")
			}
			continue
		}
		at := spanOf(key.GetToken())
		if _, explicit := value.Key.(*ast.MappingKeyNode); !n.IsFlowStyle && !explicit {
			d.checkIndent(at, value.Value)
		}
		if first, ok := seen[name.text]; ok {
			d.add(at, child(path, name.text), fmt.Sprintf("field %s appears twice; the first is in line %d", quoted(name.text), first.line), "remove one of the two")
			continue
		}
		seen[name.text] = at
		out = append(out, entry{name, at, value.Value})
	}
	return out, complete
}

// checkIndent reports a value on a line of its own that is not indented deeper than
// its field's name. A list may stand right below the name.
func (d *decoder) checkIndent(name span, value ast.Node) {
	at := d.place(value)
	l, ok := value.(*ast.SequenceNode)
	if ok && !l.IsFlowStyle && at.column == name.column {
		return
	}
	if at.line > name.line && at.column <= name.column {
		d.add(at, "", "invalid YAML: the value is not indented deeper than its field's name", "indent it")
	}
}

// structure decodes a mapping with known fields.
func (d *decoder) structure(n *ast.MappingNode, v reflect.Value, path string) {
	known := fields[v.Type()]
	found, complete := d.entries(n, path)
	complete = complete && !slices.ContainsFunc(found, func(e entry) bool {
		_, alias := e.value.(*ast.AliasNode)
		return alias || d.isMisread(e.value) // these may hide other fields
	})
	missing := map[string]bool{}
	for _, f := range known {
		missing[f.name] = f.required
	}
	for _, e := range found {
		delete(missing, e.name.text)
	}
	for _, e := range found {
		i := slices.IndexFunc(known, func(f field) bool { return f.name == e.name.text })
		if i < 0 {
			// A misspelt field is read as what it was meant to be, so that it is
			// not reported as missing too, and its value is checked.
			if i = d.unknown(e, known, missing, path); i < 0 {
				continue
			}
			delete(missing, known[i].name)
		}
		f := known[i]
		d.node(e.value, v.FieldByIndex(f.index), child(path, f.name), f.rule)
	}
	for _, f := range known {
		if missing[f.name] && complete {
			at := span{1, 1, 1}
			if path != "" {
				at = d.at[path]
			}
			d.add(at, child(path, f.name), fmt.Sprintf("%s has no %s", subject(path), f.name), "add "+f.name+": "+rules[f.rule].example)
		}
	}
}

// unknown reports a field that the type does not have, and returns the index of the
// field that was meant, if that one is absent, or -1.
func (d *decoder) unknown(e entry, known []field, missing map[string]bool, path string) int {
	if d.full() {
		return -1
	}
	names := make([]string, len(known))
	for i, f := range known {
		names[i] = f.name
	}
	fix := "remove it; the fields here are " + list(names, "and")
	meant := nearest(e.name.text, names)
	_, absent := missing[meant]
	switch {
	case absent:
		fix = "write " + meant
	case meant != "":
		fix = "remove it; " + meant + " is there already"
	}
	d.add(e.at, child(path, e.name.text), fmt.Sprintf("%s has no field %s", subject(path), quoted(e.name.text)), fix)
	if !absent {
		return -1
	}
	return slices.Index(names, meant)
}

// subject names the mapping at a path.
func subject(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}

// mapping decodes a mapping with free names.
func (d *decoder) mapping(n *ast.MappingNode, v reflect.Value, path, key string) {
	v.Set(reflect.MakeMap(v.Type()))
	found, complete := d.entries(n, path)
	for _, e := range found {
		at := child(path, e.name.text)
		d.name(e, at, strings.TrimSuffix(path, "s"), rules[key+"{}"])
		value := reflect.New(v.Type().Elem()).Elem()
		d.node(e.value, value, at, key+"[]")
		v.SetMapIndex(reflect.ValueOf(e.name.text), value)
	}
	d.unsure[path] = !complete
	if complete && len(found) < rules[key].min {
		d.wrong(path, path+" is empty, but must have "+rules[key].what, "write for example "+path+": "+rules[key].example)
	}
}

// name checks the name of an entry.
func (d *decoder) name(e entry, path, kind string, r rule) {
	switch {
	case e.name.other == "null" && e.name.text == "":
		d.add(e.at, path, "a "+kind+" has no name", "write for example "+r.example+":")
	case e.name.other != "":
		d.add(e.at, path, fmt.Sprintf("the %s name is %s, which YAML reads as %s", kind, e.name.text, e.name.other), "quote it: "+d.suggestionQuoted(r, e.name.text)+":")
	case !r.allows(e.name.text):
		d.add(e.at, path, fmt.Sprintf("the %s name is %s, but must be %s", kind, e.name, r.what), "write for example "+d.suggestion(r, e.name.text)+":")
	}
}

// suggestionQuoted quotes a name, or one like it that the rule takes.
func (d *decoder) suggestionQuoted(r rule, text string) string {
	if r.allows(text) {
		return quote(text)
	}
	return d.suggestion(r, text)
}

// sortedKeys of a mapping, so that messages do not depend on map order.
func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

// entryPath is the path of an entry of a list.
func entryPath(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }
