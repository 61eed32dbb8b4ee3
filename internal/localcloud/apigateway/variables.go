package apigateway

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// logged are the variables of a finished exchange.
type logged struct {
	*exchange
	latency time.Duration
}

// variable adds what is known at the end alone.
func (l logged) variable(name string) (string, bool) {
	switch name {
	case "context.responseLatency":
		return milliseconds(l.latency), true
	case "context.responseLength":
		return strconv.Itoa(l.bytes), true
	}
	return l.exchange.variable(name)
}

// variable is the value of a name such as context.requestId, and whether it has one (API Gateway
// Developer Guide, "Variables for data transformations for API Gateway", "Variables for access
// logging for API Gateway").
func (x *exchange) variable(name string) (string, bool) {
	space, rest, _ := strings.Cut(name, ".")
	switch space {
	case "context":
		value := x.contextVariable(rest)
		return value, value != ""
	case "stageVariables":
		value, ok := x.st.variables[rest]
		return value, ok
	case "method":
		return x.requestVariable(rest)
	}
	return "", false
}

// requestVariable is request.header.NAME, request.querystring.NAME or request.path.NAME.
func (x *exchange) requestVariable(name string) (string, bool) {
	parts := strings.SplitN(name, ".", 3)
	if len(parts) != 3 || parts[0] != "request" {
		return "", false
	}
	switch parts[1] {
	case "header":
		if values := x.r.Header[http.CanonicalHeaderKey(parts[2])]; len(values) > 0 {
			return values[len(values)-1], true
		}
	case "querystring":
		if values := x.query[parts[2]]; len(values) > 0 {
			return values[len(values)-1], true
		}
	case "path":
		value, ok := x.params[parts[2]]
		return value, ok
	}
	return "", false
}

// contextVariable is empty if the variable does not exist or has no value.
func (x *exchange) contextVariable(name string) string {
	group, rest, nested := strings.Cut(name, ".")
	if nested {
		switch group {
		case "error":
			return x.errorVariable(rest)
		case "identity":
			return x.identityVariable(rest)
		case "authorizer":
			return x.authorizerVariable(rest)
		case "authorize":
			return x.authorizeVariable(rest)
		case "integration":
			return x.integrationVariable(rest)
		case "requestOverride", "responseOverride", "waf":
			return ""
		}
	}
	if value, ok := x.resourceVariable(name); ok {
		return value
	}
	switch name {
	case "requestId":
		return x.requestID
	case "extendedRequestId":
		return x.extendedID
	case "httpMethod":
		return x.httpMethod
	case "path":
		return x.target.contextPath
	case "protocol":
		return x.r.Proto
	case "requestTime":
		return x.start.UTC().Format(requestTime)
	case "requestTimeEpoch":
		return strconv.FormatInt(x.start.UnixMilli(), 10)
	case "status":
		if x.status != 0 {
			return strconv.Itoa(x.status)
		}
	case "xrayTraceId":
		return strings.TrimPrefix(strings.SplitN(x.trace, ";", 2)[0], "Root=")
	case "integrationLatency":
		return x.integrationVariable("latency")
	case "integrationStatus":
		return x.integrationVariable("integrationStatus")
	}
	return ""
}

// resourceVariable are those of API, stage and resource.
func (x *exchange) resourceVariable(name string) (string, bool) {
	switch name {
	case "accountId":
		return x.d.account, true
	case "apiId":
		return x.d.id, true
	case "stage":
		return x.st.name, true
	case "deploymentId":
		return x.st.properties.DeploymentId, true
	case "domainName":
		return x.d.host(), true
	case "domainPrefix":
		return x.d.id, true
	case "resourceId":
		if x.m == nil {
			return "", true
		}
		return x.m.resourceID, true
	case "resourcePath":
		if x.m == nil {
			return "", true
		}
		return x.m.resourcePath, true
	case "operationName":
		if x.m == nil {
			return "", true
		}
		return x.m.operationID, true
	}
	return "", false
}

func (x *exchange) errorVariable(name string) string {
	if x.failure == nil {
		return ""
	}
	switch name {
	case "message":
		return x.failure.message
	case "messageString":
		return x.failure.messageString()
	case "responseType":
		return string(x.failure.kind)
	case "validationErrorString":
		return x.failure.validation
	}
	return ""
}

func (x *exchange) identityVariable(name string) string {
	switch name {
	case "sourceIp":
		return x.sourceIP
	case "userAgent":
		return x.r.UserAgent()
	}
	if x.caller == nil {
		return ""
	}
	switch name {
	case "accountId":
		return x.caller.Account
	case "userArn":
		return x.caller.ARN
	case "user", "caller":
		return x.caller.UserID
	case "accessKey":
		return x.caller.AccessKeyID
	}
	return ""
}

func (x *exchange) authorizerVariable(name string) string {
	switch name {
	case "status", "integrationStatus":
		if x.authorizerStatus != 0 {
			return strconv.Itoa(x.authorizerStatus)
		}
		return ""
	case "latency", "integrationLatency":
		if x.authorizerStatus != 0 {
			return milliseconds(x.authorizerLatency)
		}
		return ""
	case "requestId":
		if x.authorized != nil {
			return x.authorized.requestID
		}
		return ""
	case "error":
		if x.failure != nil && (x.failure.kind == authorizerFailed || x.failure.kind == authorizerMisconfigured) {
			return x.failure.message
		}
		return ""
	}
	if x.authorized == nil {
		return ""
	}
	if name == "principalId" {
		return x.authorized.principal
	}
	return x.authorized.context[name]
}

// authorizeVariable is about the decision, which comes after the authorizer's answer.
func (x *exchange) authorizeVariable(name string) string {
	switch {
	case name != "status" || x.m == nil || x.m.auth == authNone:
		return ""
	case x.failure != nil && x.failure.kind == accessDenied:
		return "403"
	case x.authorized != nil || x.caller != nil:
		return "200"
	}
	return ""
}

func (x *exchange) integrationVariable(name string) string {
	if x.integrationStatus == 0 {
		return ""
	}
	switch name {
	case "latency":
		return milliseconds(x.integrationLatency)
	case "integrationStatus":
		return strconv.Itoa(x.integrationStatus)
	case "status":
		return "200"
	case "requestId":
		return x.functionRequestID
	}
	return ""
}
