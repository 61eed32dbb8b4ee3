package facts

import (
	"fmt"
	"slices"
	"strings"
)

// API is a REST or HTTP API.
type API struct {
	Place Place
	// Arn by which it is called.
	Arn string
	// Authorizers by security scheme.
	Authorizers map[string]*Authorizer
}

// Authorizer lets callers of an API in.
type Authorizer struct {
	Place Place
	// Name of its security scheme or logical id.
	Name string
	// Type in lower case: request, token, cognito_user_pools or jwt. Signed requests of IAM principals have
	// awsSigv4, and a scheme without an authorizer none.
	Type string
	// URI of what decides, and the ARN of the function in it.
	URI, FunctionArn string
	// IdentitySources in lower case; TTL of its answers in seconds as it stands, empty if it does not.
	IdentitySources []string
	TTL             string
	// Providers are ARNs of user pools.
	Providers []string
}

// Method is one way in: a method of an API's document, a route, or a function's own address.
type Method struct {
	Place Place
	// Name such as GET /kittens.
	Name string
	// API that it is of; nil if it stands for itself.
	API *API
	// Preflight is a mock that answers OPTIONS (Fetch Standard, "CORS-preflight fetch").
	Preflight bool
	// Auth is what the method itself says of how callers are let in, empty if it says nothing.
	Auth string
	// Requirements are alternatives, each with the security schemes that have to be met.
	Requirements [][]string
	// Function that it calls at its own address.
	Function string
	// Kind is document, method, route or url.
	Kind string
}

// anyMethod stands for all methods of a path (API Gateway Developer Guide,
// "x-amazon-apigateway-any-method object").
const anyMethod = "x-amazon-apigateway-any-method"

// isMethod says whether a field of a path is a method: every one that is not known to be
// something else (OpenAPI Specification 3.0.3, "Path Item Object").
func isMethod(field string) bool {
	switch field {
	case "summary", "description", "servers", "parameters":
		return false
	}
	return field == anyMethod || !strings.HasPrefix(field, "x-")
}

// restAPI reads the document of a REST API.
func (w *walk) restAPI(value any) {
	body := object(value)
	arn := w.apiArn(w.id)
	api := &API{Place: w.place(), Arn: arn, Authorizers: map[string]*Authorizer{}}
	w.APIs = append(w.APIs, api)
	if len(body) == 0 {
		w.notUnderstood("is no object, so the methods of the API cannot be checked", "put the document into Body")
		return
	}
	if value, ok := body["x-amazon-apigateway-policy"]; ok {
		w.below("x-amazon-apigateway-policy", func() { w.resourcePolicy("API", value, arn) })
	}
	schemes := object(object(body["components"])["securitySchemes"])
	if body["swagger"] != nil {
		schemes = object(body["securityDefinitions"])
	}
	for _, name := range sortedKeys(schemes) {
		scheme := object(schemes[name])
		a := w.authorizer(w.reader.place(w.id, "Properties.Body.components.securitySchemes."+name), name, object(scheme["x-amazon-apigateway-authorizer"]))
		if kind := text(scheme["x-amazon-apigateway-authtype"]); strings.EqualFold(kind, "awsSigv4") {
			a.Type = "awsSigv4"
		}
		api.Authorizers[name] = a
	}
	for _, path := range sortedKeys(object(body["paths"])) {
		item := object(object(body["paths"])[path])
		for _, method := range sortedKeys(item) {
			if isMethod(method) {
				w.operation(api, path, method, object(item[method]))
			}
		}
	}
}

func (t *reader) apiArn(id string) string {
	name, err := t.resolver.Name(id)
	if err != nil {
		name = "*"
	}
	return t.anyArn("execute-api", name)
}

// authorizer reads what stands behind a security scheme.
func (t *reader) authorizer(place Place, name string, authorizer map[string]any) *Authorizer {
	a := &Authorizer{
		Place: place, Name: name, Type: strings.ToLower(text(authorizer["type"])), URI: text(authorizer["authorizerUri"]),
		TTL: scalarText(authorizer["authorizerResultTtlInSeconds"]), Providers: texts(authorizer["providerARNs"]),
	}
	if source := text(authorizer["identitySource"]); source != "" {
		a.IdentitySources = strings.Split(strings.ReplaceAll(strings.ToLower(source), " ", ""), ",")
	}
	for _, pool := range a.Providers {
		t.calls(place, "user-pool", pool)
	}
	if a.Type == "request" || a.Type == "token" {
		a.FunctionArn = t.integration(place, authorizer, "authorizerUri", "authorizerCredentials")
	}
	t.Authorizers = append(t.Authorizers, a)
	return a
}

// integration reads which function API Gateway calls, and the role it calls it with.
func (t *reader) integration(place Place, integration map[string]any, uri, credentials string) (function string) {
	if match := invocation.FindStringSubmatch(text(integration[uri])); match != nil {
		function = match[1]
		t.calls(place, "function", function)
	}
	if role := text(integration[credentials]); role != "" {
		t.Roles = append(t.Roles, RoleUse{Place: place, Account: t.stack.Account, Role: role})
	}
	return function
}

// calls is what API Gateway calls.
func (t *reader) calls(place Place, kind, text string) {
	t.References = append(t.References, Reference{Place: place, Kind: kind, Text: text, Arn: t.namedArn(kind, text), Account: t.stack.Account, Marks: marks(text)})
}

func (w *walk) operation(api *API, path, method string, operation map[string]any) {
	name := strings.ToUpper(method)
	if method == anyMethod {
		name = "ANY"
	}
	place := w.reader.place(w.id, fmt.Sprintf("Properties.Body.paths[%q].%s", path, method))
	integration := object(operation["x-amazon-apigateway-integration"])
	m := Method{Place: place, Name: name + " " + path, API: api, Kind: "document"}
	if m.Preflight = method == "options" && strings.EqualFold(text(integration["type"]), "mock"); !m.Preflight {
		w.integration(place, integration, "uri", "credentials")
		if auth := object(operation["x-amazon-apigateway-auth"]); auth != nil {
			m.Auth = text(auth["type"])
			if m.Auth == "" {
				m.Auth = "none"
			}
		}
		// A requirement of the whole document does not count: API Gateway takes those of the
		// operations (API Gateway Developer Guide, "OpenAPI security").
		for _, requirement := range items(operation["security"]) {
			m.Requirements = append(m.Requirements, sortedKeys(object(requirement)))
		}
	}
	w.Methods = append(w.Methods, m)
}

// authorizerProperties are those of AWS::ApiGateway::Authorizer, as a document names them.
var authorizerProperties = map[string]string{
	"Type": "type", "AuthorizerUri": "authorizerUri", "AuthorizerCredentials": "authorizerCredentials", "IdentitySource": "identitySource",
	"AuthorizerResultTtlInSeconds": "authorizerResultTtlInSeconds", "ProviderARNs": "providerARNs",
}

// authorizerResource is the authorizer of an API without a document.
func (t *reader) authorizerResource(id string, properties map[string]any) {
	authorizer := map[string]any{}
	for property, name := range authorizerProperties {
		if value, ok := properties[property]; ok {
			authorizer[name] = value
		}
	}
	t.authorizer(t.place(id, "Properties"), id, authorizer)
}

// method is one of an API without a document.
func (t *reader) method(id string, properties map[string]any) {
	integration := object(properties["Integration"])
	if match := invocation.FindStringSubmatch(text(integration["Uri"])); match != nil {
		t.calls(t.place(id, "Properties.Integration.Uri"), "function", match[1])
	}
	t.Methods = append(t.Methods, Method{
		Place: t.place(id, "Properties.AuthorizationType"), Name: text(properties["HttpMethod"]), Kind: "method", Auth: text(properties["AuthorizationType"]),
		Preflight: text(properties["HttpMethod"]) == "OPTIONS" && strings.EqualFold(text(integration["Type"]), "MOCK"),
	})
}

func (t *reader) route(id string, properties map[string]any) {
	t.Methods = append(t.Methods, Method{
		Place: t.place(id, "Properties.AuthorizationType"), Name: text(properties["RouteKey"]), Kind: "route", Auth: text(properties["AuthorizationType"]),
	})
}

// functionURL is an address without the API in front.
func (t *reader) functionURL(id string, properties map[string]any) {
	t.Methods = append(t.Methods, Method{
		Place: t.place(id, "Properties.AuthType"), Name: "the function's own address", Kind: "url", Auth: text(properties["AuthType"]),
		Function: t.functionArn(text(properties["TargetFunctionArn"])),
	})
}

// HasSource says whether the answers of the authorizer are told apart by one of some identity sources.
func (a *Authorizer) HasSource(sources ...string) bool {
	return slices.ContainsFunc(sources, func(s string) bool { return slices.Contains(a.IdentitySources, s) })
}
