package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Headers of callers on other origins. The application itself calls its own origin.
const exposeHeaders = "ETag,Location,Retry-After,WWW-Authenticate"

// preflight answers OPTIONS without a function and without a token (Fetch standard,
// "CORS-preflight request").
func (b *tenantBuilder) preflight(doc *document, path string) map[string]any {
	methods, requestHeaders := b.allowed(doc, path)
	headers := map[string]string{
		"Access-Control-Allow-Headers": strings.Join(requestHeaders, ","),
		"Access-Control-Allow-Methods": strings.Join(methods, ","),
		"Access-Control-Allow-Origin":  b.contract.CORS.AllowOrigin,
		"Access-Control-Max-Age":       strconv.Itoa(b.contract.CORS.MaxAge),
	}
	declared, mapped := map[string]any{}, map[string]any{}
	for name, value := range headers {
		declared[name] = map[string]any{"schema": map[string]any{"type": "string"}}
		mapped["method.response.header."+name] = "'" + value + "'"
	}
	method := map[string]any{
		"responses": map[string]any{"204": map[string]any{"description": "CORS preflight", "headers": declared}},
		"x-amazon-apigateway-integration": map[string]any{
			"type":                "mock",
			"passthroughBehavior": "when_no_match",
			"requestTemplates":    map[string]any{"application/json": `{"statusCode": 204}`},
			"responses": map[string]any{"default": map[string]any{
				"statusCode": "204", "responseParameters": mapped,
			}},
		},
	}
	var parameters []any
	for segment := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			parameters = append(parameters, pathParameter(strings.TrimRight(name, "+}")))
		}
	}
	if parameters = b.parameters(parameters); len(parameters) > 0 {
		method["parameters"] = parameters
	}
	return method
}

// allowed are the methods that the contract has on a path, and OPTIONS, and the request
// headers that it names there.
func (b *tenantBuilder) allowed(doc *document, path string) (methods, headers []string) {
	methods, headers = []string{"OPTIONS"}, []string{"Authorization", "Content-Type"}
	for _, o := range b.contract.Operations {
		if o.Path != path {
			continue
		}
		methods = append(methods, o.Method)
		for _, v := range doc.parameters(path, doc.operation(path, o.Method)) {
			if p := object(v); p["in"] == "header" {
				headers = append(headers, p["name"].(string))
			}
		}
	}
	slices.Sort(methods)
	slices.Sort(headers)
	return methods, slices.Compact(headers)
}

// gatewayResponses are API Gateway's own errors as problem details (RFC 9457), readable
// by callers on other origins (API Gateway Developer Guide, "Gateway response types").
func (b *tenantBuilder) gatewayResponses() map[string]any {
	out := map[string]any{}
	for _, r := range []struct {
		kind   string
		status int // 0 keeps API Gateway's own
		title  string
		// detail replaces API Gateway's message where that misleads.
		detail string
	}{
		{"ACCESS_DENIED", 403, "Forbidden", ""},
		{"API_CONFIGURATION_ERROR", 500, "Internal Server Error", ""},
		{"AUTHORIZER_CONFIGURATION_ERROR", 500, "Internal Server Error", ""},
		{"AUTHORIZER_FAILURE", 500, "Internal Server Error", ""},
		{"BAD_REQUEST_BODY", 400, "Bad Request", ""},
		{"BAD_REQUEST_PARAMETERS", 400, "Bad Request", ""},
		{"DEFAULT_4XX", 0, "Bad Request", ""},
		{"DEFAULT_5XX", 0, "Internal Server Error", ""},
		{"INTEGRATION_FAILURE", 504, "Gateway Timeout", ""},
		{"INTEGRATION_TIMEOUT", 504, "Gateway Timeout", ""},
		{"MISSING_AUTHENTICATION_TOKEN", 404, "Not Found", "no such path or method"},
		{"RESOURCE_NOT_FOUND", 404, "Not Found", ""},
		{"THROTTLED", 429, "Too Many Requests", ""},
		{"UNAUTHORIZED", 401, "Unauthorized", ""},
		{"UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported Media Type", ""},
	} {
		response := map[string]any{
			"responseParameters": b.errorHeaders(r.kind),
			"responseTemplates":  map[string]any{"application/json": problem(r.status, r.title, r.detail)},
		}
		if r.status != 0 {
			response["statusCode"] = strconv.Itoa(r.status)
		}
		out[r.kind] = response
	}
	return out
}

// challengeVariable is the challenge that the authorizer puts into the context of a denial for want of
// scopes (functions/authorizer). Without one the answer has no such header.
const challengeVariable = "context.authorizer.wwwAuthenticate"

func (b *tenantBuilder) errorHeaders(kind string) map[string]any {
	headers := map[string]any{
		"gatewayresponse.header.Access-Control-Allow-Origin":   "'" + b.contract.CORS.AllowOrigin + "'",
		"gatewayresponse.header.Access-Control-Expose-Headers": "'" + exposeHeaders + "'",
		"gatewayresponse.header.Cache-Control":                 "'no-store'",
		"gatewayresponse.header.Content-Type":                  "'application/problem+json'",
	}
	switch kind {
	case "UNAUTHORIZED":
		headers["gatewayresponse.header.WWW-Authenticate"] = "'Bearer'" // RFC 6750 section 3
	case "ACCESS_DENIED":
		headers["gatewayresponse.header.WWW-Authenticate"] = challengeVariable // RFC 6750 section 3.1
	case "THROTTLED":
		headers["gatewayresponse.header.Retry-After"] = "'1'"
	}
	return headers
}

// problem is a template of API Gateway, which replaces variables and evaluates nothing.
// $context.error.messageString is quoted already.
func problem(status int, title, detail string) string {
	member := ""
	if status != 0 {
		member = fmt.Sprintf(`"status":%d,`, status)
	}
	message := "$context.error.messageString"
	if detail != "" {
		message = strconv.Quote(detail)
	}
	return fmt.Sprintf(`{"type":"about:blank","title":%q,%s"detail":%s,"instance":"$context.requestId"}`, title, member, message)
}
