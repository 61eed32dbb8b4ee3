package apigateway

import (
	"maps"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemas compiles the models of a document: JSON Schema draft 4 (API Gateway Developer Guide,
// "Data models for REST APIs").
type schemas struct {
	compiler *jsonschema.Compiler
	loadErr  error
}

const schemaURL = "document:///openapi.json"

// notImported are keywords that an import leaves out (API Gateway Developer Guide, "Important
// notes": maxItems and minItems are not part of simple request validation, exclusiveMinimum and
// discriminator are not supported; nullable is ignored).
var notImported = []string{"maxItems", "minItems", "exclusiveMinimum", "discriminator", "nullable", "readOnly", "example", "$schema", "id"}

func newSchemas(d *document) *schemas {
	s := &schemas{compiler: jsonschema.NewCompiler()}
	s.compiler.DefaultDraft(jsonschema.Draft4)
	s.compiler.UseLoader(noLoader{})
	s.compiler.UseRegexpEngine(compileRegexp)
	s.loadErr = s.compiler.AddResource(schemaURL, s.imported(d))
	return s
}

// imported is the part of the document that has schemas, as API Gateway imports it. Inline schemas
// stay at their place, so that references work from anywhere.
func (s *schemas) imported(d *document) map[string]any {
	root := map[string]any{}
	if definitions, ok := d.root["definitions"]; ok {
		root["definitions"] = importMap(definitions)
	}
	components := map[string]any{}
	for name, group := range mapping(d.root["components"]) {
		if name == "schemas" {
			group = importMap(group)
		}
		components[name] = group
	}
	root["components"] = components
	return root
}

// importMap imports schemas by name.
func importMap(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	out := make(map[string]any, len(m))
	for name, schema := range m {
		out[name] = importSchema(schema)
	}
	return out
}

// importSchema leaves out what an import does.
func importSchema(v any) any {
	switch x := v.(type) {
	case []any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = importSchema(x[i])
		}
		return out
	case map[string]any:
		out := maps.Clone(x)
		for _, keyword := range notImported {
			delete(out, keyword)
		}
		for keyword, value := range out {
			switch keyword {
			case "properties", "patternProperties", "definitions":
				out[keyword] = importMap(value)
			case "items", "additionalItems", "additionalProperties", "allOf", "anyOf", "oneOf", "not":
				out[keyword] = importSchema(value)
			}
		}
		return out
	}
	return v
}

// compile makes the model of a request body.
func (s *schemas) compile(schema any, place string) (*jsonschema.Schema, error) {
	if s.loadErr != nil {
		return nil, s.loadErr
	}
	if ref, ok := mapping(schema)["$ref"].(string); ok {
		return s.compiler.Compile(schemaURL + ref)
	}
	// References of an inline schema are relative to the document.
	url := schemaURL + "/" + place
	if err := s.compiler.AddResource(url, absolute(importSchema(schema))); err != nil {
		return nil, err
	}
	return s.compiler.Compile(url)
}

// absolute makes the references of an inline schema those of the document.
func absolute(v any) any {
	switch x := v.(type) {
	case []any:
		for i := range x {
			x[i] = absolute(x[i])
		}
	case map[string]any:
		for key, value := range x {
			if ref, ok := value.(string); ok && key == "$ref" && len(ref) > 0 && ref[0] == '#' {
				x[key] = schemaURL + ref
				continue
			}
			x[key] = absolute(value)
		}
	}
	return v
}
