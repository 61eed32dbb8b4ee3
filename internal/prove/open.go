package prove

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
)

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

// restAPI checks that the authorizer stands before every method of an API's document, except
// the mocks that answer a CORS preflight.
func (t *stackReader) restAPI(id string, properties map[string]any) {
	if value, ok := properties["Policy"]; ok {
		t.resourcePolicy(id, "Policy", "API", value, t.apiArn(id))
	}
	body := object(properties["Body"])
	if properties["BodyS3Location"] != nil || properties["Body"] != nil && len(body) == 0 {
		t.find(Finding{
			Rule: NotUnderstood, Owner: t.owner, Place: t.place(id, "Properties.BodyS3Location"),
			Message: "the API's document is not in the template, so its methods cannot be checked", Fix: "put the document into Body",
		})
		return
	}
	if value, ok := body["x-amazon-apigateway-policy"]; ok {
		t.resourcePolicy(id, "Body.x-amazon-apigateway-policy", "API", value, t.apiArn(id))
	}
	a := apiDocument{stackReader: t, id: id, authorizers: map[string]bool{}}
	schemes := object(object(body["components"])["securitySchemes"])
	if body["swagger"] != nil {
		schemes = object(body["securityDefinitions"])
	}
	for _, name := range sortedKeys(schemes) {
		scheme := object(schemes[name])
		a.authorizer(t.place(id, "Properties.Body.components.securitySchemes."+name), name, object(scheme["x-amazon-apigateway-authorizer"]))
		if kind := text(scheme["x-amazon-apigateway-authtype"]); strings.EqualFold(kind, "awsSigv4") {
			a.authorizers[name] = false
		}
	}
	for _, path := range sortedKeys(object(body["paths"])) {
		item := object(object(body["paths"])[path])
		for _, method := range sortedKeys(item) {
			if isMethod(method) {
				a.operation(path, method, object(item[method]))
			}
		}
	}
}

func (t *stackReader) apiArn(id string) string {
	name, err := t.resolver.Name(id)
	if err != nil {
		name = "*"
	}
	return fmt.Sprintf("arn:%s:execute-api:%s:%s:%s", or(t.env.Partition, "*"), or(t.env.Region, "*"), or(t.account, "*"), name)
}

// apiDocument is the Body of a REST API.
type apiDocument struct {
	*stackReader
	id string
	// authorizers by security scheme; false for one that does not authorize.
	authorizers map[string]bool
}

func (a *apiDocument) open(place Place, message, fix string) {
	a.find(Finding{Rule: OpenMethod, Owner: a.owner, Place: place, Principal: "*", Message: message, Fix: fix})
}

// invocation is the function in the URI of an integration (API Gateway Developer Guide,
// "x-amazon-apigateway-integration object").
var invocation = regexp.MustCompile(`/functions/(arn:[^/]+)/(?:response-streaming-)?invocations$`)

// tokenSource is the identity source with the token (RFC 6750 section 2.1). An authorizer reads it wherever its API's
// document says that the token is.
const tokenSource = "method.request.header.authorization"

// authorizer checks what stands behind a security scheme.
func (a *apiDocument) authorizer(place Place, name string, authorizer map[string]any) {
	kind := strings.ToLower(text(authorizer["type"]))
	a.authorizers[name] = slices.Contains([]string{"request", "token", "cognito_user_pools", "jwt"}, kind)
	for _, pool := range texts(authorizer["providerARNs"]) {
		a.claimCall(pool, place)
	}
	if kind != "request" && kind != "token" {
		return
	}
	a.calls(place, authorizer, "authorizerUri", "authorizerCredentials", "is authorized by")
	if fmt.Sprint(authorizer["authorizerResultTtlInSeconds"]) == "0" {
		return
	}
	sources := strings.Split(strings.ReplaceAll(strings.ToLower(text(authorizer["identitySource"])), " ", ""), ",")
	if kind == "request" && !slices.Contains(sources, tokenSource) {
		a.open(place, "a cached answer of the authorizer lets callers without a token in, since the Authorization header is not among its identity sources",
			"add method.request.header.Authorization to identitySource, or set authorizerResultTtlInSeconds to 0")
	}
	if kind == "token" || !slices.Contains(sources, "context.httpmethod") || !slices.Contains(sources, "context.resourcepath") && !slices.Contains(sources, "context.path") {
		a.open(place, "a cached answer of the authorizer covers other operations too, since the method and the path are not among its identity sources",
			"add context.httpMethod and context.resourcePath to identitySource, or set authorizerResultTtlInSeconds to 0")
	}
}

// calls checks that a function that API Gateway calls, and the role it calls it with, are
// the owner's.
func (a *apiDocument) calls(place Place, integration map[string]any, uri, credentials, verb string) {
	if match := invocation.FindStringSubmatch(text(integration[uri])); match != nil {
		a.claimCall(match[1], place)
	} else if uri == "authorizerUri" {
		a.open(place, fmt.Sprintf("the API %s %q, which is no function", verb, text(integration[uri])), "name the authorizer's function")
	}
	if role := text(integration[credentials]); role != "" && a.owner != "" {
		a.borrowed = append(a.borrowed, borrowed{owner: a.owner, account: a.account, arn: role, place: place})
	}
}

func (a *apiDocument) operation(path, method string, operation map[string]any) {
	a.report.Methods++
	name := strings.ToUpper(method)
	if method == anyMethod {
		name = "ANY"
	}
	place := a.place(a.id, fmt.Sprintf("Properties.Body.paths[%q].%s", path, method))
	integration := object(operation["x-amazon-apigateway-integration"])
	if method == "options" && strings.EqualFold(text(integration["type"]), "mock") {
		return
	}
	a.calls(place, integration, "uri", "credentials", "calls")
	if auth := object(operation["x-amazon-apigateway-auth"]); auth != nil && !strings.EqualFold(text(auth["type"]), "custom") {
		a.open(place, fmt.Sprintf("%s %s has x-amazon-apigateway-auth of type %q, which leaves out the authorizer", name, path, text(auth["type"])), "remove x-amazon-apigateway-auth")
		return
	}
	// A requirement of the whole document does not count: API Gateway takes those of the
	// operations (API Gateway Developer Guide, "OpenAPI security").
	requirements := items(operation["security"])
	if len(requirements) == 0 {
		a.open(place, fmt.Sprintf("%s %s is open: it has no security requirement", name, path), "give the operation its scopes in the OpenAPI document")
	}
	for _, requirement := range requirements {
		schemes := sortedKeys(object(requirement))
		if !slices.ContainsFunc(schemes, func(scheme string) bool { return a.authorizers[scheme] }) {
			a.open(place, fmt.Sprintf("%s %s is open: its security requirement %v has no authorizer behind it", name, path, schemes),
				"name a security scheme with x-amazon-apigateway-authorizer")
		}
	}
}

// authorizerProperties are those of AWS::ApiGateway::Authorizer, as a document names them.
var authorizerProperties = map[string]string{
	"Type": "type", "AuthorizerUri": "authorizerUri", "AuthorizerCredentials": "authorizerCredentials", "IdentitySource": "identitySource",
	"AuthorizerResultTtlInSeconds": "authorizerResultTtlInSeconds", "ProviderARNs": "providerARNs",
}

// authorizerResource is the authorizer of an API without a document.
func (t *stackReader) authorizerResource(id string, properties map[string]any) {
	authorizer := map[string]any{}
	for property, name := range authorizerProperties {
		if value, ok := properties[property]; ok {
			authorizer[name] = value
		}
	}
	a := apiDocument{stackReader: t, id: id, authorizers: map[string]bool{}}
	a.authorizer(t.place(id, "Properties"), id, authorizer)
}

// method is one of an API without a document.
func (t *stackReader) method(id string, properties map[string]any) {
	t.report.Methods++
	if match := invocation.FindStringSubmatch(text(object(properties["Integration"])["Uri"])); match != nil {
		t.claimCall(match[1], t.place(id, "Properties.Integration.Uri"))
	}
	integration := text(object(properties["Integration"])["Type"])
	kind := text(properties["AuthorizationType"])
	if text(properties["HttpMethod"]) == "OPTIONS" && strings.EqualFold(integration, "MOCK") || kind == "CUSTOM" || kind == "COGNITO_USER_POOLS" {
		return
	}
	t.find(Finding{
		Rule: OpenMethod, Principal: "*", Owner: t.owner, Place: t.place(id, "Properties.AuthorizationType"),
		Message: fmt.Sprintf("%s is open: its AuthorizationType is %q", text(properties["HttpMethod"]), kind), Fix: "set AuthorizationType to CUSTOM and name the authorizer",
	})
}

func (t *stackReader) route(id string, properties map[string]any) {
	t.report.Methods++
	if kind := text(properties["AuthorizationType"]); kind != "JWT" && kind != "CUSTOM" {
		t.find(Finding{
			Rule: OpenMethod, Principal: "*", Owner: t.owner, Place: t.place(id, "Properties.AuthorizationType"),
			Message: fmt.Sprintf("route %s is open: its AuthorizationType is %q", text(properties["RouteKey"]), kind), Fix: "set AuthorizationType to JWT or CUSTOM and name the authorizer",
		})
	}
}

// httpAPI with a Target or a Body has routes that are not resources of the template.
func (t *stackReader) httpAPI(id string, properties map[string]any) {
	for _, property := range []string{"Target", "Body", "BodyS3Location"} {
		if properties[property] != nil {
			t.find(Finding{
				Rule: NotUnderstood, Owner: t.owner, Place: t.place(id, "Properties."+property),
				Message: "the routes that " + property + " makes are not checked", Fix: "declare them as AWS::ApiGatewayV2::Route",
			})
		}
	}
}

// functionURL is an address without the API in front.
func (t *stackReader) functionURL(id string, properties map[string]any) {
	t.report.Methods++
	kind := text(properties["AuthType"])
	if kind == "AWS_IAM" {
		return
	}
	t.find(Finding{
		Rule: OpenMethod, Principal: "*", Owner: t.owner, Place: t.place(id, "Properties.AuthType"), Actions: []string{"lambda:InvokeFunctionUrl"},
		Request: &iam.Request{Principal: "*", Action: "lambda:InvokeFunctionUrl", Resource: t.functionArn(text(properties["TargetFunctionArn"]))},
		Message: fmt.Sprintf("the function answers everyone at its own address: AuthType is %q", kind), Fix: "remove the URL, or set AuthType to AWS_IAM",
	})
}
