package api

import (
	"reflect"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

var originType = reflect.TypeFor[*openapi3.Origin]()

// attachOrigins gives the objects of a document the origins that the library itself keeps
// of YAML only, and remembers which node is which object.
func attachOrigins(document *openapi3.T, root *node, left map[*node]bool) *origins {
	o := &origins{left: left, places: make(map[*openapi3.Origin]*node), schemas: make(map[*node]*openapi3.Schema)}
	o.visit(reflect.ValueOf(document), root)
	return o
}

type origins struct {
	// left are the nodes that the document is without.
	left   map[*node]bool
	places map[*openapi3.Origin]*node
	// schemas by node; of a reference, the schema it leads to.
	schemas map[*node]*openapi3.Schema
	// schemaReferences and responseReferences are all in the document.
	schemaReferences   []*openapi3.SchemaRef
	responseReferences []*openapi3.ResponseRef
}

// detachReferences points references to nothing in particular, so that validation does
// not follow them: what they lead to is a component, or a part of another operation, and
// validated there.
func (o *origins) detachReferences() {
	schema := &openapi3.Schema{}
	for _, ref := range o.schemaReferences {
		ref.Value = schema
	}
	description := "A response."
	response := &openapi3.Response{Description: &description}
	for _, ref := range o.responseReferences {
		ref.Value = response
	}
}

// visit walks a value of the library and its node side by side. A reference's value
// belongs to another node, and is visited there.
func (o *origins) visit(v reflect.Value, n *node) {
	pointer := v
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return
		}
		pointer, v = v, v.Elem()
	}
	switch v.Kind() {
	case reflect.Struct:
		o.visitStruct(v, pointer, n)
	case reflect.Map:
		if v.Type().Key().Kind() != reflect.String {
			return
		}
		for _, item := range n.items {
			if o.left[item] {
				continue
			}
			if value := v.MapIndex(reflect.ValueOf(item.token).Convert(v.Type().Key())); value.IsValid() {
				o.visit(value, item)
			}
		}
	case reflect.Slice:
		i := 0
		for _, item := range n.items {
			if !o.left[item] && i < v.Len() {
				o.visit(v.Index(i), item)
				i++
			}
		}
	}
}

// isReference remembers references and schemas.
func (o *origins) isReference(v, pointer reflect.Value, n *node) bool {
	switch p := pointer.Interface().(type) {
	case *openapi3.Schema:
		o.schemas[n] = p
		return false
	case *openapi3.SchemaRef:
		if p.Ref != "" {
			o.schemas[n] = p.Value
			o.schemaReferences = append(o.schemaReferences, p)
		}
	case *openapi3.ResponseRef:
		if p.Ref != "" {
			o.responseReferences = append(o.responseReferences, p)
		}
	}
	ref := v.FieldByName("Ref")
	return ref.IsValid() && ref.Kind() == reflect.String && ref.String() != ""
}

func (o *origins) visitStruct(v, pointer reflect.Value, n *node) {
	t := v.Type()
	if field := v.FieldByName("Origin"); field.IsValid() && field.Type() == originType && field.CanSet() {
		origin := &openapi3.Origin{Key: &openapi3.Location{Line: n.line, Column: n.column}}
		field.Set(reflect.ValueOf(origin))
		o.places[origin] = n
	}
	if o.isReference(v, pointer, n) {
		return
	}
	for i := range t.NumField() {
		field := t.Field(i)
		if !field.IsExported() {
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name != "" && name != "-":
			if child := n.get(name); child != nil && !o.left[child] {
				o.visit(v.Field(i), child)
			}
		case name == "" && (field.Name == "Value" || field.Name == "Schema"):
			// The wrappers of references and of additionalProperties add no level.
			o.visit(v.Field(i), n)
		}
	}
	// These keep their members in a map of their own.
	switch m := pointer.Interface().(type) {
	case *openapi3.Paths:
		o.visit(reflect.ValueOf(m.Map()), n)
	case *openapi3.Responses:
		o.visit(reflect.ValueOf(m.Map()), n)
	case *openapi3.Callback:
		o.visit(reflect.ValueOf(m.Map()), n)
	}
}
