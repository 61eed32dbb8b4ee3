package apigateway

import (
	"net/http"
	"strconv"
	"strings"
)

// responseType is a type of gateway response.
type responseType string

const (
	accessDenied            responseType = "ACCESS_DENIED"
	apiConfigurationError   responseType = "API_CONFIGURATION_ERROR"
	authorizerMisconfigured responseType = "AUTHORIZER_CONFIGURATION_ERROR"
	authorizerFailed        responseType = "AUTHORIZER_FAILURE"
	badRequestParameters    responseType = "BAD_REQUEST_PARAMETERS"
	badRequestBody          responseType = "BAD_REQUEST_BODY"
	default4xx              responseType = "DEFAULT_4XX"
	default5xx              responseType = "DEFAULT_5XX"
	expiredToken            responseType = "EXPIRED_TOKEN"
	integrationFailed       responseType = "INTEGRATION_FAILURE"
	integrationTimedOut     responseType = "INTEGRATION_TIMEOUT"
	invalidAPIKey           responseType = "INVALID_API_KEY"
	invalidSignature        responseType = "INVALID_SIGNATURE"
	missingToken            responseType = "MISSING_AUTHENTICATION_TOKEN"
	quotaExceeded           responseType = "QUOTA_EXCEEDED"
	requestTooLarge         responseType = "REQUEST_TOO_LARGE"
	resourceNotFound        responseType = "RESOURCE_NOT_FOUND"
	throttled               responseType = "THROTTLED"
	unauthorized            responseType = "UNAUTHORIZED"
	unsupportedMediaType    responseType = "UNSUPPORTED_MEDIA_TYPE"
	wafFiltered             responseType = "WAF_FILTERED"
)

// responseTypes are all types with their default status (API Gateway Developer Guide, "Gateway
// response types for API Gateway") and the value of x-amzn-ErrorType.
var responseTypes = map[responseType]struct {
	status int
	code   string
}{
	accessDenied: {403, "AccessDeniedException"}, apiConfigurationError: {500, "InternalServerErrorException"},
	authorizerMisconfigured: {500, "AuthorizerConfigurationException"}, authorizerFailed: {500, "AuthorizerFailureException"},
	badRequestParameters: {400, "BadRequestException"}, badRequestBody: {400, "BadRequestException"},
	default4xx: {400, "BadRequestException"}, default5xx: {500, "InternalServerErrorException"},
	expiredToken: {403, "ExpiredTokenException"}, integrationFailed: {504, "InternalServerErrorException"},
	integrationTimedOut: {504, "InternalServerErrorException"}, invalidAPIKey: {403, "ForbiddenException"},
	invalidSignature: {403, "InvalidSignatureException"}, missingToken: {403, "MissingAuthenticationTokenException"},
	quotaExceeded: {429, "LimitExceededException"}, requestTooLarge: {413, "RequestTooLargeException"},
	resourceNotFound: {404, "ResourceNotFoundException"}, throttled: {429, "TooManyRequestsException"},
	unauthorized: {401, "UnauthorizedException"}, unsupportedMediaType: {415, "BadRequestException"}, wafFiltered: {403, "ForbiddenException"},
}

// failure is an answer that API Gateway gives itself.
type failure struct {
	kind responseType
	// status in place of the type's own; the document's still wins.
	status int
	// code in place of the type's own x-amzn-ErrorType.
	code string
	// message is null if it is empty.
	message string
	// validation says what of a body is not valid.
	validation string
	// capital spells the member Message, as for denials by IAM.
	capital bool
}

// configurationError is the answer to whatever the document makes impossible.
var configurationError = &failure{kind: apiConfigurationError, message: "Internal server error"}

// gatewayResponse is how the document wants a failure to look.
type gatewayResponse struct {
	status    int // zero: the default
	headers   []headerValue
	templates map[string]template
	names     []string // of the templates, sorted
}

// readGatewayResponses reads x-amazon-apigateway-gateway-responses.
func (c *compiler) readGatewayResponses() {
	c.d.responses = map[responseType]*gatewayResponse{}
	all := mapping(c.root["x-amazon-apigateway-gateway-responses"])
	for _, name := range sortedKeys(all) {
		place := "x-amazon-apigateway-gateway-responses/" + name
		if _, ok := responseTypes[responseType(name)]; !ok {
			c.problems.add(place, "there is no such type of gateway response")
			continue
		}
		config := c.object(all[name], place)
		if config == nil {
			continue
		}
		g := &gatewayResponse{templates: map[string]template{}, headers: c.readHeaderValues(mapping(config["responseParameters"]), "gatewayresponse.header.", place+"/responseParameters")}
		if raw, ok := config["statusCode"]; ok && text(raw) != "" {
			n, err := strconv.Atoi(text(raw))
			if err != nil || n < 200 || n > 599 {
				c.problems.add(place, "statusCode is %v, want 200 to 599", raw)
			}
			g.status = n
		}
		templates := texts(config["responseTemplates"])
		g.names = sortedKeys(templates)
		for _, t := range g.names {
			g.templates[t] = readTemplate(templates[t])
		}
		c.d.responses[responseType(name)] = g
	}
}

// responseFor finds the document's response for a failure: that of its type, else that of its
// class; the latter's status, if it has one, replaces all of the class.
func (d *definition) responseFor(f *failure) (g *gatewayResponse, status int, code string) {
	known := responseTypes[f.kind]
	status, code = known.status, known.code
	if f.status != 0 {
		status = f.status
	}
	if f.code != "" {
		code = f.code
	}
	if f.kind == requestTooLarge { // cannot be changed ("Gateway response types for API Gateway")
		return nil, status, code
	}
	g = d.responses[f.kind]
	if g == nil {
		if status >= 500 {
			g = d.responses[default5xx]
		} else {
			g = d.responses[default4xx]
		}
	}
	if g != nil && g.status != 0 {
		status = g.status
	}
	return g, status, code
}

// fail answers with a gateway response.
func (x *exchange) fail(f *failure) {
	x.failure = f
	header := x.w.Header()
	g, status, code := x.d.responseFor(f)
	x.status = status // $context.status of the template
	header.Set("Content-Type", "application/json")
	x.identify(header)
	header["X-Amzn-Errortype"] = []string{code}
	if g == nil || len(g.templates) == 0 {
		if g != nil {
			x.setHeaders(header, g)
		}
		x.answer(status, defaultBody(f))
		return
	}
	name := "application/json"
	body, ok := g.templates[name]
	if !ok {
		name = g.names[0]
		body = g.templates[name]
	}
	header.Set("Content-Type", name)
	x.setHeaders(header, g)
	x.answer(status, []byte(body.expand(x)))
}

func (x *exchange) setHeaders(header http.Header, g *gatewayResponse) {
	for _, h := range g.headers {
		if value := h.value.expand(x); value != "" {
			header[h.name] = []string{oneLine(value)}
		}
	}
}

// defaultBody is {"message":$context.error.messageString}.
func defaultBody(f *failure) []byte {
	name := `{"message":`
	if f.capital {
		name = `{"Message":`
	}
	return []byte(name + f.messageString() + "}")
}

// messageString is the message with its quotes.
func (f *failure) messageString() string {
	if f.message == "" {
		return "null"
	}
	return quote(f.message)
}

// oneLine keeps a value that came from the request from starting a header of its own.
func oneLine(s string) string {
	if !strings.ContainsAny(s, "\r\n\x00") {
		return s
	}
	return strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ").Replace(s)
}
