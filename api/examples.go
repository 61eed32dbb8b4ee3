package api

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
)

// exampleValue is an example or a default, with the schema that it must fit.
type exampleValue struct {
	value, schema *node
}

// maxExampleSteps limits the steps of checking all examples. Schemas that refer to each
// other several times over multiply them: 30 schemas make a billion.
const maxExampleSteps = 1_000_000

// collectExamples remembers the examples and defaults of one object.
func (r *reader) collectExamples(n *node, kind string) {
	add := func(value, schema *node) {
		if value != nil && schema.isObject() {
			r.examples = append(r.examples, exampleValue{value, schema})
		}
	}
	switch kind {
	case "schema":
		add(n.get("example"), n)
		add(n.get("default"), n)
	case "mediaType", "parameter", "header":
		add(n.get("example"), n.get("schema"))
		if examples := n.get("examples"); examples.isObject() {
			for _, item := range examples.items {
				add(item, n.get("schema"))
			}
		}
	}
}

// checkExamples holds examples against their schemas, as far as the steps go.
func (r *reader) checkExamples(schemas map[*node]*openapi3.Schema) {
	counts := make(stepCounts)
	steps := 0
	for _, example := range r.examples {
		value := example.value
		if r.kinds[value] == "example" {
			value = r.resolve(value).get("value")
		}
		schema := schemas[example.schema]
		if value == nil || schema == nil || r.withinBroken(example.schema) {
			continue
		}
		if steps += counts.count(r, value, example.schema); steps >= maxExampleSteps {
			r.report(example.value, "simplify the schemas, or remove the example", "checking %s and those before it takes more than %d steps", label(example.value), maxExampleSteps)
			return
		}
		r.reportMisfits(value, value, schema.VisitJSON(plainNumbers(value.value()), openapi3.MultiErrors()))
	}
}

// reportMisfits reports each member of value that does not fit.
func (r *reader) reportMisfits(example, value *node, err error) {
	var list openapi3.MultiError
	var misfit *openapi3.SchemaError
	switch {
	case err == nil:
	case isList(err) && errors.As(err, &list):
		for _, inner := range list {
			r.reportMisfits(example, value, inner)
		}
	case errors.As(err, &misfit):
		place := value
		for _, token := range misfit.JSONPointer() {
			place = cmpNode(place.child(token), place)
		}
		reason := misfit.Reason
		if reason == "" {
			reason = "does not match " + strconv.Quote(misfit.SchemaField)
		}
		r.report(place, "make the value fit its schema, or the schema the value", "%s does not fit its schema: %s", label(place), cut(reason, maxReason))
	default:
		r.report(example, "make the value fit its schema, or the schema the value", "%s does not fit its schema: %s", label(example), cut(err.Error(), maxReason))
	}
}

// isList is true for an error that is a list itself, not one that wraps a list.
func isList(err error) bool {
	_, ok := err.(openapi3.MultiError)
	return ok
}

// plainNumbers makes a float64 of every number: the OpenAPI library knows no other.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		f, _ := v.Float64()
		return f
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = plainNumbers(v[key])
		}
	}
	return v
}

// stepCounts remembers the steps for a value and a schema.
type stepCounts map[[2]*node]int

// count is the number of schemas that are held against value and what it contains,
// twice for alternatives, which a validator may visit again. It ends because
// breakContainment has removed the schemas that apply themselves.
func (c stepCounts) count(r *reader, value, schema *node) int {
	if r.broken[schema] {
		return 0
	}
	if schema = r.resolve(schema); schema == nil || r.broken[schema] {
		return 0
	}
	key := [2]*node{value, schema}
	if steps, ok := c[key]; ok {
		return steps
	}
	steps := 1
	for _, next := range r.inPlace(schema) {
		steps = min(steps+2*c.count(r, value, next), maxExampleSteps)
	}
	for _, child := range value.items {
		var inner *node
		switch value.kind {
		case arrayKind:
			inner = schema.get("items")
		case objectKind:
			if inner = schema.at("properties", child.token); inner == nil {
				inner = schema.get("additionalProperties")
			}
		}
		if inner.isObject() {
			steps = min(steps+c.count(r, child, inner), maxExampleSteps)
		}
	}
	c[key] = steps
	return steps
}
