package apigateway

import (
	"slices"
	"strings"
)

// authType says who may call a method (API Gateway API Reference, "Method": authorizationType).
type authType int

const (
	authNone authType = iota
	authIAM
	authCustom
)

// securitySchemes are those of either version.
func (c *compiler) securitySchemes() (map[string]any, string) {
	if c.swagger {
		return mapping(c.root["securityDefinitions"]), "securityDefinitions"
	}
	return mapping(mapping(c.root["components"])["securitySchemes"]), "components/securitySchemes"
}

// readAuthorizers reads every authorizer, used or not.
func (c *compiler) readAuthorizers() {
	c.d.authorizers = map[string]*authorizer{}
	schemes, place := c.securitySchemes()
	for _, name := range sortedKeys(schemes) {
		at := place + pointer(name)
		scheme := c.object(schemes[name], at)
		if scheme["x-amazon-apigateway-authorizer"] == nil {
			continue
		}
		config := c.object(scheme["x-amazon-apigateway-authorizer"], at+"/x-amazon-apigateway-authorizer")
		if a := c.readAuthorizer(name, scheme, config, at); a != nil {
			c.d.authorizers[name] = a
		}
	}
}

// readAuth finds who may call a method. A requirement that API Gateway would not enforce is a
// problem, since the method would be open. An operation without requirements has those of the
// document (OpenAPI Specification, "OpenAPI Object").
func (c *compiler) readAuth(m *method, operation map[string]any, place string) {
	auth := operation["x-amazon-apigateway-auth"]
	if auth == nil {
		auth = c.auth
	}
	switch kind := strings.ToUpper(text(mapping(auth)["type"])); kind {
	case "", "NONE":
	case "AWS_IAM":
		m.auth = authIAM
	default:
		c.problems.add(place, "x-amazon-apigateway-auth has the type %q, want NONE or AWS_IAM", kind)
	}
	m.apiKeyRequired = boolean(operation["x-amazon-apigateway-api-key-required"])
	security, ok := operation["security"]
	if !ok {
		security = c.security
	}
	requirements := list(security)
	if len(requirements) > 1 && !c.apiKeysOnly(requirements) {
		c.problems.add(place, "security has %d alternatives; API Gateway takes one authorizer for a method", len(requirements))
		return
	}
	for _, requirement := range requirements {
		for _, name := range sortedKeys(mapping(requirement)) {
			c.require(m, name, list(mapping(requirement)[name]), place)
		}
	}
}

// apiKeysOnly says whether all but one of the requirements are API keys, which the method then
// asks for in addition.
func (c *compiler) apiKeysOnly(requirements []any) bool {
	others := 0
	schemes, _ := c.securitySchemes()
	for _, requirement := range requirements {
		for name := range mapping(requirement) {
			if !isAPIKey(mapping(schemes[name])) {
				others++
			}
		}
	}
	return others <= 1
}

func isAPIKey(scheme map[string]any) bool {
	return text(scheme["type"]) == "apiKey" && text(scheme["in"]) == "header" && strings.EqualFold(text(scheme["name"]), "x-api-key") &&
		scheme["x-amazon-apigateway-authorizer"] == nil && scheme["x-amazon-apigateway-authtype"] == nil
}

// require adds one security scheme to a method.
func (c *compiler) require(m *method, name string, scopes []any, place string) {
	schemes, _ := c.securitySchemes()
	raw, ok := schemes[name]
	if !ok {
		c.problems.add(place, "security names %q, which is no security scheme of the document", name)
		return
	}
	scheme := mapping(raw)
	switch {
	case scheme["x-amazon-apigateway-authorizer"] != nil:
		if m.auth != authNone {
			c.problems.add(place, "security names %q, and the method has another authorization already", name)
			return
		}
		if len(scopes) > 0 {
			c.problems.add(place, "security names scopes of %q (%v); API Gateway checks scopes with Cognito alone", name, scopes)
		}
		m.auth, m.authorizer = authCustom, c.d.authorizers[name]
	case strings.EqualFold(text(scheme["x-amazon-apigateway-authtype"]), "awsSigv4"):
		m.auth = authIAM
	case isAPIKey(scheme):
		m.apiKeyRequired = true
	default:
		c.problems.add(place, "security names %q, which has no x-amazon-apigateway-authorizer: API Gateway would serve the method without authorization", name)
	}
}

// readAuthorizer reads a Lambda authorizer (API Gateway Developer Guide,
// "x-amazon-apigateway-authorizer object").
func (c *compiler) readAuthorizer(name string, scheme, config map[string]any, place string) *authorizer {
	a := &authorizer{name: name, id: shortID(c.d.id+" authorizer "+name, 6), ttl: defaultAuthorizerTTL}
	switch kind := strings.ToLower(text(config["type"])); kind {
	case "token", "request":
		a.token = kind == "token"
	default:
		c.problems.add(place, "the authorizer has the type %q; token and request are served", kind)
		return nil
	}
	if version := text(config["authorizerPayloadFormatVersion"]); version != "" && version != "1.0" {
		c.problems.add(place, "authorizerPayloadFormatVersion is %q; REST APIs have 1.0 alone", version)
	}
	if raw, ok := config["authorizerResultTtlInSeconds"]; ok {
		seconds, good := wholeNumber(raw)
		if !good || seconds < 0 || seconds > 3600 {
			c.problems.add(place, "authorizerResultTtlInSeconds is %v, want 0 to 3600", raw)
		}
		a.ttl = secondsOf(seconds)
	}
	var err error
	if a.function, err = functionOf(text(config["authorizerUri"])); err != nil {
		c.problems.add(place, "authorizerUri: %v", err)
	}
	if a.credentials, err = readCredentials(text(config["authorizerCredentials"])); err != nil {
		c.problems.add(place, "authorizerCredentials: %v", err)
	}
	sources := text(config["identitySource"])
	if sources == "" && a.token && text(scheme["in"]) == "header" && text(scheme["name"]) != "" {
		sources = "method.request.header." + text(scheme["name"])
	}
	for source := range strings.SplitSeq(sources, ",") {
		if source = strings.TrimSpace(source); source != "" {
			a.sources = append(a.sources, c.readSource(a, source, place))
		}
	}
	switch {
	case a.token && len(a.sources) != 1:
		c.problems.add(place, "a token authorizer has one identity source, have %q", sources)
	case a.ttl > 0 && len(a.sources) == 0:
		c.problems.add(place, "a request authorizer that caches for %v needs an identitySource", a.ttl)
	}
	if expression := text(config["identityValidationExpression"]); expression != "" {
		if !a.token {
			c.problems.add(place, "identityValidationExpression is for token authorizers")
		}
		if a.validation, err = wholeMatch(expression); err != nil {
			c.problems.add(place, "identityValidationExpression: %v", err)
		}
	}
	return a
}

// readSource reads an identity source.
func (c *compiler) readSource(a *authorizer, text, place string) identitySource {
	for prefix, kind := range map[string]sourceKind{
		"method.request.header.": sourceHeader, "method.request.querystring.": sourceQuery,
		"stageVariables.": sourceStageVariable, "context.": sourceContext,
	} {
		name, ok := strings.CutPrefix(text, prefix)
		if !ok || name == "" {
			continue
		}
		if a.token && kind != sourceHeader {
			break
		}
		if kind == sourceContext && !slices.Contains(identityContext, name) {
			c.problems.add(place, "identitySource %q: the variable is not known before authorization; known are %v", text, identityContext)
		}
		return identitySource{kind, name}
	}
	c.problems.add(place, "identitySource %q: want method.request.header.NAME, method.request.querystring.NAME, stageVariables.NAME or context.NAME", text)
	return identitySource{}
}

// identityContext are the context variables that exist before authorization.
var identityContext = []string{
	"accountId", "apiId", "domainName", "domainPrefix", "extendedRequestId", "httpMethod", "identity.sourceIp", "identity.userAgent", "path",
	"protocol", "requestId", "requestTime", "requestTimeEpoch", "resourceId", "resourcePath", "stage", "deploymentId",
}
