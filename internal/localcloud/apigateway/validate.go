package apigateway

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// validator says what is validated before the integration (API Gateway Developer Guide, "Request
// validation for REST APIs in API Gateway").
type validator struct{ body, parameters bool }

// validation is a method's.
type validation struct {
	validator
	required []parameter
	models   map[string]*jsonschema.Schema // by media type, in lower case
	fallback *jsonschema.Schema            // of $default
}

// parameter is one that has to be there; in is header, path or querystring.
type parameter struct{ in, name string }

// readValidation reads parameters and models of an operation.
func (c *compiler) readValidation(m *method, operation, item map[string]any, place string) {
	name := text(operation["x-amazon-apigateway-request-validator"])
	if name == "" {
		name = c.validator
	}
	if name != "" {
		v, ok := c.validators[name]
		if !ok {
			c.problems.add(place, "x-amazon-apigateway-request-validator names %q, which the document does not declare", name)
		}
		m.validation.validator = v
	}
	m.validation.models = map[string]*jsonschema.Schema{}
	bodies := 0
	for i, raw := range slices.Concat(list(item["parameters"]), list(operation["parameters"])) {
		at := fmt.Sprintf("%s/parameters[%d]", place, i)
		p := c.object(raw, at)
		if p == nil {
			continue
		}
		in, name := text(p["in"]), text(p["name"])
		switch in {
		case "query":
			in = "querystring"
		case "header", "path":
		case "body":
			bodies++
			c.readSwaggerBody(m, p, operation, at)
			continue
		case "cookie", "formData": // not imported
			continue
		default:
			c.problems.add(at, "in is %q, want path, query or header", in)
			continue
		}
		entry := parameter{in, name}
		// An operation's parameter replaces the one of its path.
		m.validation.required = slices.DeleteFunc(m.validation.required, func(old parameter) bool { return old == entry })
		if boolean(p["required"]) {
			m.validation.required = append(m.validation.required, entry)
		}
	}
	slices.SortFunc(m.validation.required, func(a, b parameter) int { return strings.Compare(a.in+"."+a.name, b.in+"."+b.name) })
	if raw, ok := operation["requestBody"]; ok && !c.swagger {
		c.readRequestBody(m, raw, place+"/requestBody")
	}
}

func (c *compiler) readRequestBody(m *method, raw any, place string) {
	body := c.object(raw, place)
	content := mapping(body["content"])
	for _, mediaName := range sortedKeys(content) {
		at := place + "/content" + pointer(mediaName)
		if media := c.object(content[mediaName], at); media["schema"] != nil {
			c.addModel(m, mediaName, media["schema"], at)
		}
	}
}

// readSwaggerBody reads a body parameter; its types are those that the operation consumes.
func (c *compiler) readSwaggerBody(m *method, p, operation map[string]any, place string) {
	consumes := list(operation["consumes"])
	if consumes == nil {
		consumes = list(c.root["consumes"])
	}
	if consumes == nil {
		consumes = []any{"application/json"}
	}
	for _, t := range consumes {
		if p["schema"] != nil {
			c.addModel(m, text(t), p["schema"], place)
		}
	}
}

func (c *compiler) addModel(m *method, mediaName string, schema any, place string) {
	model, err := c.schemas.compile(schema, shortID(place, 16))
	if err != nil {
		c.problems.add(place, "the schema: %v", err)
		return
	}
	if mediaName == "$default" {
		m.validation.fallback = model
		return
	}
	m.validation.models[mediaType(mediaName)] = model
}

// validate checks parameters and body as far as the method's validator says.
func (x *exchange) validate() *failure {
	v := &x.m.validation
	if v.parameters {
		if missing := x.missingParameters(v.required); len(missing) > 0 {
			return &failure{kind: badRequestParameters, message: "Missing required request parameters: [" + strings.Join(missing, ", ") + "]"}
		}
	}
	if !v.body || len(v.models) == 0 && v.fallback == nil {
		return nil
	}
	contentType := x.contentType
	if contentType == "" {
		contentType = "application/json"
	}
	model := v.models[contentType]
	if model == nil {
		model = v.fallback
	}
	if model == nil { // "If no matching content type is found, request validation is not performed."
		return nil
	}
	body := x.body
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return &failure{kind: badRequestBody, message: "Invalid request body", validation: "[the body is not valid JSON]"}
	}
	if err := model.Validate(instance); err != nil {
		return &failure{kind: badRequestBody, message: "Invalid request body", validation: validationErrors(err)}
	}
	return nil
}

// missingParameters are those that are absent or blank.
func (x *exchange) missingParameters(required []parameter) []string {
	var missing []string
	for _, p := range required {
		value := ""
		switch p.in {
		case "header":
			if values := x.headers[http.CanonicalHeaderKey(p.name)]; len(values) > 0 {
				value = values[len(values)-1]
			}
		case "path":
			value = x.params[p.name]
		case "querystring":
			if values := x.query[p.name]; len(values) > 0 {
				value = values[len(values)-1]
			}
		}
		if strings.TrimSpace(value) == "" {
			missing = append(missing, p.name)
		}
	}
	return missing
}

// validationErrors are the causes in one line, for $context.error.validationErrorString.
func validationErrors(err error) string {
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return "[" + err.Error() + "]"
	}
	var causes []string
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			causes = append(causes, "/"+strings.Join(e.InstanceLocation, "/")+": "+e.ErrorKind.LocalizedString(printer))
		}
		for _, cause := range e.Causes {
			walk(cause)
		}
	}
	walk(invalid)
	return "[" + strings.Join(causes, ", ") + "]"
}
