package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/api"
)

// maxIntegrationSeconds is how long API Gateway waits for a function (API Gateway quotas
// for REST APIs, "Integration timeout").
const maxIntegrationSeconds = 29

// authorizerTTL is how long API Gateway may reuse a decision, in seconds: a token is
// accepted for at most this long after it expired.
const authorizerTTL = 60

// validator checks the body and the parameters of every request.
const validator = "all"

// minimumCompression is the size of an answer, in bytes, from which API Gateway compresses it for
// clients that accept it, as CloudFront does for files (API Gateway Developer Guide, "Payload
// compression for REST APIs in API Gateway"; CloudFront compresses no answer that it does not
// cache).
const minimumCompression = 1000

// body is the contract's document as API Gateway imports it. What API Gateway does not
// use (examples, descriptions, response bodies) is left out, since a template holds 1 MB.
func (b *tenantBuilder) body(functions []Function) map[string]any {
	byHandler := map[string]Function{}
	for _, f := range functions {
		byHandler[f.Handler] = f
	}
	doc := newDocument(b.contract.Document)
	paths := map[string]any{}
	for _, o := range b.contract.Operations {
		path := b.resourcePath(o.Path)
		item, ok := paths[path].(map[string]any)
		if !ok {
			item = map[string]any{"options": b.preflight(doc, o.Path)}
			paths[path] = item
		}
		item[strings.ToLower(o.Method)] = b.method(doc, o, byHandler[o.ID])
	}
	body := map[string]any{
		"openapi": "3.0.1",
		"info":    map[string]any{"title": b.scope.stack(), "version": b.contract.Version},
		"paths":   paths,
		"components": map[string]any{
			"schemas":         doc.schemas,
			"securitySchemes": map[string]any{b.contract.SecurityScheme: b.securityScheme(byHandler[authorizerPackage])},
		},
		"x-amazon-apigateway-request-validators": map[string]any{
			validator: map[string]any{"validateRequestBody": true, "validateRequestParameters": true},
		},
		"x-amazon-apigateway-request-validator":        validator,
		"x-amazon-apigateway-minimum-compression-size": minimumCompression,
		"x-amazon-apigateway-gateway-responses":        b.gatewayResponses(),
	}
	if len(b.contract.BinaryMediaTypes) > 0 {
		body["x-amazon-apigateway-binary-media-types"] = anys(b.contract.BinaryMediaTypes)
	}
	return body
}

func (b *tenantBuilder) method(doc *document, o api.Operation, f Function) map[string]any {
	source := doc.operation(o.Path, o.Method)
	method := map[string]any{
		"operationId": o.ID,
		// API Gateway wants no scopes of a scheme with a Lambda authorizer; the authorizer has them.
		"security":  []any{map[string]any{b.contract.SecurityScheme: []any{}}},
		"responses": doc.responses(source),
		"x-amazon-apigateway-integration": map[string]any{
			"type": "aws_proxy", "httpMethod": "POST", "uri": b.integrationURI(f), "credentials": b.scope.roleArn(apiGatewayRole),
			"passthroughBehavior": "when_no_match",
		},
	}
	if parameters := b.parameters(doc.parameters(o.Path, source)); len(parameters) > 0 {
		method["parameters"] = parameters
	}
	if requestBody := doc.requestBody(source); requestBody != nil {
		method["requestBody"] = requestBody
	}
	return method
}

// resourcePath is a path of the contract as the API has it.
func (b *tenantBuilder) resourcePath(path string) string {
	if prefix := b.pathPrefix(); prefix != "" && path == "/" {
		return prefix // no path of an API ends with a slash, but the root
	}
	return b.pathPrefix() + path
}

// parameters are the contract's, and the billing account where paths begin with it.
func (b *tenantBuilder) parameters(parameters []any) []any {
	if b.pathPrefix() == "" {
		return parameters
	}
	return append([]any{pathParameter(accountParameter)}, parameters...)
}

func pathParameter(name string) map[string]any {
	return map[string]any{"name": name, "in": "path", "required": true, "schema": map[string]any{"type": "string"}}
}

// integrationURI is how API Gateway addresses a function.
func (b *tenantBuilder) integrationURI(f Function) string {
	env := b.scope.env
	return "arn:" + env.Partition + ":apigateway:" + env.Region + ":lambda:path/2015-03-31/functions/" + f.Arn + "/invocations"
}

// securityScheme calls the authorizer. Method and resource path are identity sources, so
// that a cached decision never covers another operation.
func (b *tenantBuilder) securityScheme(authorizer Function) map[string]any {
	return map[string]any{
		"type": "apiKey", "name": "Authorization", "in": "header",
		"x-amazon-apigateway-authtype": "custom",
		"x-amazon-apigateway-authorizer": map[string]any{
			"type":                         "request",
			"identitySource":               "method.request.header.Authorization, context.httpMethod, context.resourcePath",
			"authorizerUri":                b.integrationURI(authorizer),
			"authorizerCredentials":        b.scope.roleArn(apiGatewayRole),
			"authorizerResultTtlInSeconds": float64(b.authorizerTTL()),
		},
	}
}

// authorizerTTL is 0 where a decision depends on more of a request than its identity
// sources: on the host name or the account in the path.
func (b *tenantBuilder) authorizerTTL() int {
	if len(b.file.Platform.AccountSources) > 0 {
		return 0
	}
	return authorizerTTL
}

// document reads a plain OpenAPI document and remembers the schemas that requests need.
type document struct {
	root    map[string]any
	schemas map[string]any
}

func newDocument(root map[string]any) *document {
	return &document{root: root, schemas: map[string]any{}}
}

func (d *document) pathItem(path string) map[string]any {
	return object(object(d.root["paths"])[path])
}

func (d *document) operation(path, method string) map[string]any {
	return object(d.pathItem(path)[strings.ToLower(method)])
}

// resolve follows references to anything but schemas.
func (d *document) resolve(v any) map[string]any {
	m := object(v)
	for range 16 {
		ref, ok := m["$ref"].(string)
		if !ok {
			return m
		}
		m = object(lookup(d.root, ref))
	}
	return nil
}

// lookup follows a JSON pointer within the document (RFC 6901).
func lookup(root map[string]any, ref string) any {
	var v any = root
	for token := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		v = object(v)[strings.NewReplacer("~1", "/", "~0", "~").Replace(token)]
	}
	return v
}

// parameters of an operation and its path; the operation's win (OpenAPI 3.0.3, "Path Item Object").
func (d *document) parameters(path string, operation map[string]any) []any {
	type key struct{ name, in string }
	var order []key
	found := map[key]map[string]any{}
	for _, list := range []any{d.pathItem(path)["parameters"], operation["parameters"]} {
		for _, v := range array(list) {
			p := d.resolve(v)
			name, _ := p["name"].(string)
			in, _ := p["in"].(string)
			k := key{name, in}
			if _, ok := found[k]; !ok {
				order = append(order, k)
			}
			found[k] = p
		}
	}
	var out []any
	for _, k := range order {
		if k.in == "cookie" {
			continue // API Gateway does not map cookies
		}
		p := map[string]any{"name": k.name, "in": k.in, "schema": map[string]any{"type": "string"}}
		if required, _ := found[k]["required"].(bool); required {
			p["required"] = true
		}
		out = append(out, p)
	}
	return out
}

// responses are those of success, without their bodies: API Gateway passes a function's
// answer on as it is, and 400 operations with all their errors would not fit a template.
func (d *document) responses(operation map[string]any) map[string]any {
	out := map[string]any{}
	for status, v := range object(operation["responses"]) {
		if strings.HasPrefix(status, "2") {
			description, _ := d.resolve(v)["description"].(string)
			first, _, _ := strings.Cut(description, "\n")
			if hasWords(first) {
				first = "OK" // nobody reads it there
			}
			out[status] = map[string]any{"description": first}
		}
	}
	if len(out) == 0 {
		out["200"] = map[string]any{"description": "OK"}
	}
	return out
}

func (d *document) requestBody(operation map[string]any) map[string]any {
	source := d.resolve(operation["requestBody"])
	if source == nil {
		return nil
	}
	content := map[string]any{}
	for mediaType, v := range object(source["content"]) {
		content[mediaType] = map[string]any{"schema": d.schema(object(v)["schema"])}
	}
	out := map[string]any{"content": content}
	if required, _ := source["required"].(bool); required {
		out["required"] = true
	}
	return out
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func array(v any) []any {
	a, _ := v.([]any)
	return a
}

func anys(values []string) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

// sortedKeys of an object.
func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
