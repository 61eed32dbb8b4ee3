// Package registry reads the schemas of the CloudFormation registry that cfn-lint brings along, for
// the tests that hold the declarations of the proof against them.
package registry

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Registry is one copy of the schemas.
type Registry struct {
	dir   string
	files map[string]string
}

// Leaf is a property that has no properties of its own, or whose properties have names that nobody
// knows beforehand.
type Leaf struct {
	// Path of the names from the resource's properties on. Lists are not part of it, and * is any name.
	Path string
	// Types such as string, boolean or object (JSON Schema Validation, section 6.1.1), sorted.
	Types []string
	// Enum are the values that AWS takes, if it lists them.
	Enum []string
	// List says that the property is a list.
	List bool
	// Open says that what is below has any form, or is of a type that has itself below it.
	Open bool
}

// schema is what is read of a resource type's schema (CloudFormation CLI User Guide, "Resource type
// schema").
type schema struct {
	Ref                  string            `json:"$ref"`
	Type                 any               `json:"type"`
	Properties           map[string]schema `json:"properties"`
	PatternProperties    map[string]schema `json:"patternProperties"`
	AdditionalProperties json.RawMessage   `json:"additionalProperties"`
	Items                json.RawMessage   `json:"items"`
	Enum                 []any             `json:"enum"`
	OneOf                []schema          `json:"oneOf"`
	AnyOf                []schema          `json:"anyOf"`
	AllOf                []schema          `json:"allOf"`
	Definitions          map[string]schema `json:"definitions"`
	ReadOnly             []string          `json:"readOnlyProperties"`
}

// Open finds the copy in a Python environment that has cfn-lint. The region us-east-1 has all types.
func Open(venv string) (*Registry, error) {
	pattern := filepath.Join(venv, "lib", "python*", "site-packages", "cfnlint", "data", "schemas")
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) != 1 {
		return nil, fmt.Errorf("look for the schemas of cfn-lint at %s: found %d folders, want 1", pattern, len(found))
	}
	r := &Registry{dir: found[0]}
	data, err := os.ReadFile(filepath.Join(r.dir, "providers", "us-east-1.json"))
	if err != nil {
		return nil, fmt.Errorf("read the schemas of cfn-lint: %w", err)
	}
	if err := json.Unmarshal(data, &r.files); err != nil {
		return nil, fmt.Errorf("read the schemas of cfn-lint: %w", err)
	}
	return r, nil
}

// Types are the names of all resource types, sorted.
func (r *Registry) Types() []string { return slices.Sorted(maps.Keys(r.files)) }

// Leaves are the properties of a resource type that a template can set, sorted by path.
func (r *Registry) Leaves(name string) ([]Leaf, error) {
	file, ok := r.files[name]
	if !ok {
		return nil, fmt.Errorf("read the schema of %s: the registry has no such type", name)
	}
	data, err := os.ReadFile(filepath.Join(r.dir, "resources", file+".json"))
	if err != nil {
		return nil, fmt.Errorf("read the schema of %s: %w", name, err)
	}
	var s schema
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("read the schema of %s: %w", name, err)
	}
	w := walk{root: s, leaves: map[string]*Leaf{}}
	w.properties(s, "", nil, false)
	for _, path := range s.ReadOnly {
		at := strings.ReplaceAll(strings.TrimPrefix(path, "/properties/"), "/*", "")
		delete(w.leaves, strings.ReplaceAll(at, "/", "."))
	}
	out := make([]Leaf, 0, len(w.leaves))
	for _, path := range slices.Sorted(maps.Keys(w.leaves)) {
		leaf := *w.leaves[path]
		slices.Sort(leaf.Types)
		leaf.Types = slices.Compact(leaf.Types)
		slices.Sort(leaf.Enum)
		leaf.Enum = slices.Compact(leaf.Enum)
		out = append(out, leaf)
	}
	return out, nil
}

// walk goes through a schema.
type walk struct {
	root   schema
	leaves map[string]*Leaf
}

func join(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

// properties visits what is below an object. It says whether the schema names anything.
func (w *walk) properties(s schema, path string, refs []string, list bool) bool {
	named := false
	for name, p := range s.Properties {
		named = true
		w.visit(p, join(path, name), refs, false)
	}
	for _, p := range s.PatternProperties {
		named = true
		w.visit(p, join(path, "*"), refs, false)
	}
	var more schema
	if len(s.AdditionalProperties) > 0 && s.AdditionalProperties[0] == '{' &&
		json.Unmarshal(s.AdditionalProperties, &more) == nil {
		named = true
		w.visit(more, join(path, "*"), refs, false)
	}
	for _, alternatives := range [][]schema{s.OneOf, s.AnyOf, s.AllOf} {
		for _, a := range alternatives {
			if hasShape(a) {
				w.visit(a, path, refs, list)
				named = true
			}
		}
	}
	return named
}

// hasShape says whether an alternative tells more than which properties are required.
func hasShape(s schema) bool {
	return s.Ref != "" || len(s.Properties) > 0 || len(s.PatternProperties) > 0 || len(s.Items) > 0 ||
		s.Type != nil && s.Type != "object" ||
		len(s.OneOf)+len(s.AnyOf)+len(s.AllOf) > 0
}

func (w *walk) visit(s schema, path string, refs []string, list bool) {
	if s.Ref != "" {
		if slices.Contains(refs, s.Ref) {
			w.leaf(path, s, list, true)
			return
		}
		w.visit(w.resolve(s.Ref), path, append(slices.Clone(refs), s.Ref), list)
		return
	}
	if len(s.Items) > 0 {
		var item schema
		if json.Unmarshal(s.Items, &item) == nil {
			w.visit(item, path, refs, true)
			return
		}
	}
	if path != "" && !w.properties(s, path, refs, list) {
		w.leaf(path, s, list, slices.Contains(typesOf(s), "object") || s.Type == nil)
	}
}

// resolve a reference such as #/definitions/Tag.
func (w *walk) resolve(ref string) schema {
	steps := strings.Split(strings.TrimPrefix(ref, "#/"), "/")
	s := w.root
	for i := 0; i < len(steps); i++ {
		switch steps[i] {
		case "definitions":
			i++
			s = s.Definitions[steps[i]]
		case "properties":
			i++
			s = s.Properties[steps[i]]
		case "items":
			var item schema
			_ = json.Unmarshal(s.Items, &item) // a schema without items has none
			s = item
		}
	}
	return s
}

func typesOf(s schema) []string {
	switch t := s.Type.(type) {
	case string:
		return []string{t}
	case []any:
		var out []string
		for _, v := range t {
			if name, ok := v.(string); ok {
				out = append(out, name)
			}
		}
		return out
	}
	return nil
}

func (w *walk) leaf(path string, s schema, list, open bool) {
	leaf := w.leaves[path]
	if leaf == nil {
		leaf = &Leaf{Path: path}
		w.leaves[path] = leaf
	}
	leaf.List, leaf.Open = leaf.List || list, leaf.Open || open
	leaf.Types = append(leaf.Types, typesOf(s)...)
	for _, v := range s.Enum {
		leaf.Enum = append(leaf.Enum, fmt.Sprint(v))
	}
}
