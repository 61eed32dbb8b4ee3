package plan

import "strings"

// A model of API Gateway is a JSON Schema of draft 4, which OpenAPI 3.0 extends (API
// Gateway Developer Guide, "Data models for REST APIs" and "Amazon API Gateway important
// notes"). What validates nothing there is left out.

// annotations are keywords of OpenAPI that do not validate.
var annotations = map[string]bool{
	"default": true, "deprecated": true, "description": true, "discriminator": true, "example": true, "examples": true,
	"externalDocs": true, "nullable": true, "readOnly": true, "title": true, "writeOnly": true, "xml": true,
}

const schemaPrefix = "#/components/schemas/"

// schema is a copy of a schema object as a model. Schemas it refers to are remembered.
func (d *document) schema(v any) any {
	source := object(v)
	if source == nil {
		return map[string]any{}
	}
	if ref, ok := source["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, schemaPrefix)
		d.remember(name)
		return map[string]any{"$ref": ref}
	}
	out := map[string]any{}
	for _, key := range sortedKeys(source) {
		if annotations[key] || strings.HasPrefix(key, "x-") {
			continue
		}
		out[key] = d.keyword(key, source[key])
	}
	if nullable, _ := source["nullable"].(bool); nullable {
		// Draft 4 knows no nullable: a value of another type is left to the function.
		delete(out, "type")
		delete(out, "enum")
	}
	return out
}

func (d *document) keyword(key string, value any) any {
	switch key {
	case "properties":
		out := map[string]any{}
		for _, name := range sortedKeys(object(value)) {
			out[name] = d.schema(object(value)[name])
		}
		return out
	case "items", "not":
		return d.schema(value)
	case "additionalProperties":
		if _, isBool := value.(bool); isBool {
			return value
		}
		return d.schema(value)
	case "allOf", "anyOf", "oneOf":
		var out []any
		for _, v := range array(value) {
			out = append(out, d.schema(v))
		}
		return out
	}
	return value
}

// remember adds a schema of the document, once, and what it refers to.
func (d *document) remember(name string) {
	if _, ok := d.schemas[name]; ok {
		return
	}
	d.schemas[name] = nil // a schema may refer to itself
	d.schemas[name] = d.schema(lookup(d.root, schemaPrefix+name))
}
