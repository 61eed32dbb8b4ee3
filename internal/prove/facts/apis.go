package facts

import (
	"cmp"
	"fmt"
	"regexp"
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
	// Mode by which the document is imported, empty if the template does not say.
	Mode string
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
	// Issuer of the tokens that a JWT authorizer takes, and the value in it that only AWS knows.
	Issuer     string
	IssuerMark *Mark
	// HTTP says that it is of an HTTP API.
	HTTP bool
}

// Method is one way in: a method of an API's document, a route, or a function's own address.
type Method struct {
	Place Place
	// Name such as GET /kittens.
	Name string
	// API that it is of; nil if it stands for itself. APIName is the id of the API of a route.
	API     *API
	APIName string
	// Preflight is a mock that answers OPTIONS (Fetch Standard, "CORS-preflight fetch").
	Preflight bool
	// Auth is what the method itself says of how callers are let in, empty if it says nothing.
	Auth string
	// Requirements are alternatives, each with the security schemes that have to be met and their scopes.
	Requirements []map[string][]string
	// Scopes, one of which a token has to have, and the value that names the Authorizer of a route.
	Scopes     []string
	Authorizer string
	// Integration says what answers.
	Integration Integration
	// Function that it calls at its own address.
	Function string
	// Kind is document, method, route or url.
	Kind string
}

// Integration is what answers a method (API Gateway Developer Guide, "x-amazon-apigateway-integration object").
type Integration struct {
	Place Place
	// Type in lower case, and URI as it is resolved.
	Type, URI string
	// Function that is called, empty if the URI is that of none.
	Function string
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

// restAPI reads the document of a REST API. What is an extension of API Gateway's and not known is not
// understood; everything else of OpenAPI describes.
func (w *walk) restAPI(value any) {
	body := object(value)
	arn := w.apiArn(w.id)
	api := &API{Place: w.place(), Arn: arn, Authorizers: map[string]*Authorizer{}, Mode: text(w.properties["Mode"])}
	w.APIs = append(w.APIs, api)
	if len(body) == 0 {
		w.notUnderstood("is no object, so the methods of the API cannot be checked", "put the document into Body")
		return
	}
	if value, ok := body["x-amazon-apigateway-policy"]; ok {
		w.below("x-amazon-apigateway-policy", func() { w.resourcePolicy("API", value, arn) })
	}
	w.documentFields(body)
	schemes, at := object(object(body["components"])["securitySchemes"]), []string{"components", "securitySchemes"}
	if body["swagger"] != nil {
		schemes, at = object(body["securityDefinitions"]), []string{"securityDefinitions"}
	}
	w.path = append(w.path, at...)
	for _, name := range sortedKeys(schemes) {
		w.below(stepOf(name), func() { api.Authorizers[name] = w.scheme(name, object(schemes[name])) })
	}
	w.path = w.path[:len(w.path)-len(at)]
	for _, path := range sortedKeys(object(body["paths"])) {
		w.below(fmt.Sprintf("paths[%q]", path), func() { w.methods(api, path, object(object(body["paths"])[path])) })
	}
}

// documentFields finds what of a document is not understood, beside its methods and what lets callers in.
func (w *walk) documentFields(body map[string]any) {
	w.only(
		slices.DeleteFunc(sortedKeys(body), func(name string) bool { return strings.HasPrefix(name, "x-") }),
		"openapi",
		"swagger",
		"info",
		"tags",
		"paths",
		"components",
		"servers",
		"security",
		"externalDocs",
		"host",
		"basePath",
		"schemes",
		"definitions",
		"securityDefinitions",
		"consumes",
		"produces",
		"parameters",
		"responses",
	)
	w.extensions(
		body,
		"policy",
		"gateway-responses",
		"minimum-compression-size",
		"request-validator",
		"request-validators",
		"binary-media-types",
		"api-key-source",
		"documentation",
		"importexport-version",
	)
	if (body["openapi"] == nil) == (body["swagger"] == nil) {
		w.notUnderstood("is of two versions of OpenAPI, or of none", "name one version, with either openapi or swagger")
	}
	w.below("info", func() { w.extensions(object(body["info"])) })
	for i, server := range items(body["servers"]) {
		w.below(fmt.Sprintf("servers[%d]", i), func() { w.extensions(object(server), "endpoint-configuration") })
	}
	w.below("components", func() { w.extensions(object(body["components"])) })
}

// extensions finds those of API Gateway's in an object that are not among the known ones.
func (w *walk) extensions(value map[string]any, known ...string) {
	for _, name := range sortedKeys(value) {
		if extension, is := strings.CutPrefix(name, "x-amazon-apigateway-"); is && !slices.Contains(known, extension) {
			w.below(name, func() {
				w.notUnderstood("is no extension that the proof understands", "remove it, or accept it with a reason")
			})
		}
	}
}

// only finds fields that are not among the known ones.
func (w *walk) only(fields []string, known ...string) {
	for _, name := range fields {
		if !slices.Contains(known, name) {
			w.below(stepOf(name), func() {
				w.notUnderstood("is no field that the proof understands", "remove it, or accept it with a reason")
			})
		}
	}
}

// scheme is a security scheme with what stands behind it.
func (w *walk) scheme(name string, scheme map[string]any) *Authorizer {
	w.extensions(scheme, "authtype", "authorizer")
	authorizer := object(scheme["x-amazon-apigateway-authorizer"])
	w.below("x-amazon-apigateway-authorizer", func() {
		w.only(
			sortedKeys(authorizer),
			"type",
			"authorizerUri",
			"authorizerCredentials",
			"authorizerResultTtlInSeconds",
			"identitySource",
			"identityValidationExpression",
			"providerARNs",
		)
	})
	a := w.authorizer(w.place(), name, authorizer)
	if strings.EqualFold(text(scheme["x-amazon-apigateway-authtype"]), "awsSigv4") {
		a.Type = "awsSigv4"
	}
	return a
}

func (w *walk) methods(api *API, path string, item map[string]any) {
	w.extensions(item, strings.TrimPrefix(anyMethod, "x-amazon-apigateway-"))
	for _, method := range sortedKeys(item) {
		if isMethod(method) {
			w.below(method, func() { w.operation(api, path, method, object(item[method])) })
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
		t.usesPool(place, pool)
	}
	if a.Type == "request" || a.Type == "token" {
		a.FunctionArn = t.calledBy(place, a.URI, text(authorizer["authorizerCredentials"]))
	}
	t.Authorizers = append(t.Authorizers, a)
	return a
}

// calledBy is the function that API Gateway calls at a URI; the role it calls it with is noted.
func (t *reader) calledBy(place Place, uri, credentials string) (function string) {
	if match := invocation.FindStringSubmatch(uri); match != nil {
		function = match[1]
		t.calls(place, "function", function)
	}
	if credentials != "" {
		t.Roles = append(t.Roles, RoleUse{Place: place, Account: t.stack.Account, Role: credentials})
	}
	return function
}

// calls is what API Gateway calls.
func (t *reader) calls(place Place, kind, text string) {
	t.References = append(
		t.References,
		Reference{
			Place:   place,
			Kind:    kind,
			Text:    text,
			Arn:     t.namedArn(kind, text),
			Account: t.stack.Account,
			Marks:   marks(text),
		},
	)
}

func (w *walk) operation(api *API, path, method string, operation map[string]any) {
	name := strings.ToUpper(method)
	if method == anyMethod {
		name = "ANY"
	}
	w.extensions(operation, "integration", "auth", "request-validator")
	m := Method{Place: w.place(), Name: name + " " + path, API: api, Kind: "document"}
	w.below(
		"x-amazon-apigateway-integration",
		func() { m.Integration = w.integration(object(operation["x-amazon-apigateway-integration"]), m.Place) },
	)
	m.Preflight = method == "options" && m.Integration.Type == "mock"
	if auth := object(operation["x-amazon-apigateway-auth"]); auth != nil {
		if m.Auth = text(auth["type"]); m.Auth == "" {
			m.Auth = "none"
		}
	}
	// A requirement of the whole document does not count: API Gateway takes those of the
	// operations (API Gateway Developer Guide, "OpenAPI security").
	for _, item := range items(operation["security"]) {
		requirement := map[string][]string{}
		for name, scopes := range object(item) {
			requirement[name] = texts(scopes)
		}
		m.Requirements = append(m.Requirements, requirement)
	}
	w.Methods = append(w.Methods, m)
}

// integration reads what answers a method.
func (w *walk) integration(value map[string]any, method Place) Integration {
	w.only(
		sortedKeys(value),
		"type",
		"httpMethod",
		"uri",
		"credentials",
		"passthroughBehavior",
		"requestTemplates",
		"requestParameters",
		"responses",
		"timeoutInMillis",
		"contentHandling",
		"cacheKeyParameters",
		"cacheNamespace",
		"connectionType",
		"responseTransferMode",
	)
	if connection := scalarText(value["connectionType"]); connection != "" && connection != "INTERNET" {
		w.below("connectionType", func() {
			w.notUnderstood("leads to a server, and whose it is, the templates do not tell", "call a function of the stack")
		})
	}
	i := Integration{Place: w.place(), Type: strings.ToLower(text(value["type"])), URI: text(value["uri"])}
	if i.Type != "mock" {
		i.Function = w.calledBy(method, i.URI, text(value["credentials"]))
	}
	w.overrides(value["requestTemplates"])
	return i
}

// overrides finds templates that could change where a request goes (API Gateway Developer Guide, "Override your
// API's request and response parameters and status codes").
func (w *walk) overrides(templates any) {
	for _, kind := range sortedKeys(object(templates)) {
		if strings.Contains(text(object(templates)[kind]), "requestOverride") {
			w.below("requestTemplates", func() { w.notUnderstood("overrides what is requested", "remove requestOverride") })
		}
	}
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
	place := t.place(id, "Properties.Integration")
	i := Integration{Place: place, Type: strings.ToLower(text(integration["Type"])), URI: text(integration["Uri"])}
	if match := invocation.FindStringSubmatch(i.URI); match != nil {
		i.Function = match[1]
		t.calls(t.place(id, "Properties.Integration.Uri"), "function", i.Function)
	}
	t.Methods = append(t.Methods, Method{
		Place: t.place(
			id,
			"Properties.AuthorizationType",
		), Name: text(properties["HttpMethod"]) + " of " + id, Kind: "method",
		Auth: text(properties["AuthorizationType"]), Scopes: texts(properties["AuthorizationScopes"]), Integration: i,
		Preflight: text(properties["HttpMethod"]) == "OPTIONS" && i.Type == "mock",
	})
}

func (t *reader) route(id string, properties map[string]any) {
	t.Methods = append(t.Methods, Method{
		APIName: text(properties["ApiId"]),
		Place: t.place(
			id,
			"Properties.AuthorizationType",
		), Name: text(properties["RouteKey"]), Kind: "route", Auth: text(properties["AuthorizationType"]),
		Scopes: texts(properties["AuthorizationScopes"]), Authorizer: text(properties["AuthorizerId"]),
	})
}

// httpAPI is an HTTP or a WebSocket API.
func (t *reader) httpAPI(id string, properties map[string]any) {
	t.apiName(id, properties)
	if name, err := t.resolver.Name(id); err == nil && text(properties["ProtocolType"]) == "WEBSOCKET" {
		t.WebSockets[name] = true
	}
}

// userPoolIssuer is a user pool as the issuer of tokens (Amazon Cognito Developer Guide, "Verifying JSON web tokens").
var userPoolIssuer = regexp.MustCompile(
	`^https://cognito-idp\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/([^/⟨⟩]+|⟨[^⟨⟩]*⟩)$`,
)

// httpAuthorizer is that of an HTTP API, whose answers are not kept unless it says so (Amazon API Gateway
// Version 2 API Reference, "Authorizers").
func (t *reader) httpAuthorizer(id string, properties map[string]any) {
	name, err := t.resolver.Name(id)
	if err != nil {
		name = id
	}
	a := &Authorizer{
		Place: t.place(
			id,
			"Properties",
		), Name: name, Type: strings.ToLower(text(properties["AuthorizerType"])), URI: text(properties["AuthorizerUri"]),
		TTL: cmp.Or(scalarText(properties["AuthorizerResultTtlInSeconds"]), "0"), HTTP: true,
		Issuer: text(object(properties["JwtConfiguration"])["Issuer"]),
	}
	for _, source := range texts(properties["IdentitySource"]) {
		a.IdentitySources = append(a.IdentitySources, strings.ToLower(source))
	}
	if match := userPoolIssuer.FindStringSubmatch(a.Issuer); match != nil {
		a.IssuerMark = only(match[1])
		t.usesPool(a.Place, match[1])
	}
	if a.Type == "request" {
		a.FunctionArn = t.calledBy(a.Place, a.URI, "")
	}
	t.Authorizers = append(t.Authorizers, a)
}

// httpIntegration is what answers routes of an HTTP API.
func (t *reader) httpIntegration(id string, properties map[string]any) {
	uri := text(properties["IntegrationUri"])
	i := Integration{
		Place: t.place(id, "Properties.IntegrationUri"),
		Type:  strings.ToLower(text(properties["IntegrationType"])),
		URI:   uri,
	}
	if properties["IntegrationSubtype"] != nil {
		i.Type = "a service of AWS"
	}
	if match := invocation.FindStringSubmatch(uri); match != nil {
		i.Function = match[1]
	} else if strings.HasPrefix(uri, "arn:") && ServiceOf(uri) == "lambda" {
		i.Function = t.functionArn(uri)
	}
	if i.Function != "" {
		t.calls(i.Place, "function", i.Function)
	}
	t.Integrations = append(t.Integrations, i)
}

// functionURL is an address without the API in front.
func (t *reader) functionURL(id string, properties map[string]any) {
	t.Methods = append(t.Methods, Method{
		Place: t.place(
			id,
			"Properties.AuthType",
		), Name: "the function's own address", Kind: "url", Auth: text(properties["AuthType"]),
		Function: t.functionArn(text(properties["TargetFunctionArn"])),
	})
}

// HasSource says whether the answers of the authorizer are told apart by one of some identity sources.
func (a *Authorizer) HasSource(sources ...string) bool {
	return slices.ContainsFunc(sources, func(s string) bool { return slices.Contains(a.IdentitySources, s) })
}
