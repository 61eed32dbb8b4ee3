package apigateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
)

// requestTime is the format of CLF, as in 09/Apr/2015:12:34:56 +0000.
const requestTime = "02/Jan/2006:15:04:05 -0700"

// proxyEvent is the input of a Lambda proxy integration, payload format 1.0 (API Gateway Developer
// Guide, "Input format of a Lambda function for proxy integration"). What is empty is null.
type proxyEvent struct {
	Resource                        string              `json:"resource"`
	Path                            string              `json:"path"`
	HTTPMethod                      string              `json:"httpMethod"`
	Headers                         map[string]string   `json:"headers"`
	MultiValueHeaders               map[string][]string `json:"multiValueHeaders"`
	QueryStringParameters           map[string]string   `json:"queryStringParameters"`
	MultiValueQueryStringParameters map[string][]string `json:"multiValueQueryStringParameters"`
	PathParameters                  map[string]string   `json:"pathParameters"`
	StageVariables                  map[string]string   `json:"stageVariables"`
	RequestContext                  requestContext      `json:"requestContext"`
	Body                            *string             `json:"body"`
	IsBase64Encoded                 bool                `json:"isBase64Encoded"`
}

// authorizerEvent is the input of a REQUEST authorizer (API Gateway Developer Guide, "Input to an
// API Gateway Lambda authorizer"). What is empty is an empty object.
type authorizerEvent struct {
	Type                            string              `json:"type"`
	MethodArn                       string              `json:"methodArn"`
	Resource                        string              `json:"resource"`
	Path                            string              `json:"path"`
	HTTPMethod                      string              `json:"httpMethod"`
	Headers                         map[string]string   `json:"headers"`
	MultiValueHeaders               map[string][]string `json:"multiValueHeaders"`
	QueryStringParameters           map[string]string   `json:"queryStringParameters"`
	MultiValueQueryStringParameters map[string][]string `json:"multiValueQueryStringParameters"`
	PathParameters                  map[string]string   `json:"pathParameters"`
	StageVariables                  map[string]string   `json:"stageVariables"`
	RequestContext                  requestContext      `json:"requestContext"`
}

// tokenEvent is the input of a TOKEN authorizer.
type tokenEvent struct {
	Type               string `json:"type"`
	AuthorizationToken string `json:"authorizationToken"`
	MethodArn          string `json:"methodArn"`
}

type requestContext struct {
	ResourceID        string         `json:"resourceId"`
	Authorizer        map[string]any `json:"authorizer,omitempty"`
	ResourcePath      string         `json:"resourcePath"`
	OperationName     string         `json:"operationName,omitempty"`
	HTTPMethod        string         `json:"httpMethod"`
	ExtendedRequestID string         `json:"extendedRequestId"`
	RequestTime       string         `json:"requestTime"`
	Path              string         `json:"path"`
	AccountID         string         `json:"accountId"`
	Protocol          string         `json:"protocol"`
	Stage             string         `json:"stage"`
	DomainPrefix      string         `json:"domainPrefix"`
	RequestTimeEpoch  int64          `json:"requestTimeEpoch"`
	RequestID         string         `json:"requestId"`
	Identity          identity       `json:"identity"`
	DomainName        string         `json:"domainName"`
	DeploymentID      string         `json:"deploymentId"`
	APIID             string         `json:"apiId"`
}

// identity of the caller; null stands for what the kind of authorization does not say.
type identity struct {
	CognitoIdentityPoolID         *string `json:"cognitoIdentityPoolId"`
	AccountID                     *string `json:"accountId"`
	CognitoIdentityID             *string `json:"cognitoIdentityId"`
	Caller                        *string `json:"caller"`
	SourceIP                      string  `json:"sourceIp"`
	PrincipalOrgID                *string `json:"principalOrgId"`
	AccessKey                     *string `json:"accessKey"`
	CognitoAuthenticationType     *string `json:"cognitoAuthenticationType"`
	CognitoAuthenticationProvider *string `json:"cognitoAuthenticationProvider"`
	UserArn                       *string `json:"userArn"`
	UserAgent                     *string `json:"userAgent"`
	User                          *string `json:"user"`
}

func (x *exchange) requestContext() requestContext {
	c := requestContext{
		ResourceID: x.m.resourceID, ResourcePath: x.m.resourcePath, OperationName: x.m.operationID, HTTPMethod: x.httpMethod,
		ExtendedRequestID: x.extendedID, RequestTime: x.start.UTC().Format(requestTime), Path: x.target.contextPath, AccountID: x.d.account,
		Protocol: x.r.Proto, Stage: x.st.name, DomainPrefix: x.d.id, RequestTimeEpoch: x.start.UnixMilli(), RequestID: x.requestID,
		DomainName: x.d.host(), DeploymentID: x.st.properties.DeploymentId, APIID: x.d.id,
		Identity: identity{SourceIP: x.sourceIP},
	}
	if agent := x.r.UserAgent(); agent != "" {
		c.Identity.UserAgent = &agent
	}
	if x.caller != nil {
		c.Identity.AccountID, c.Identity.Caller, c.Identity.AccessKey = &x.caller.Account, &x.caller.UserID, &x.caller.AccessKeyID
		c.Identity.UserArn, c.Identity.User = &x.caller.ARN, &x.caller.UserID
	}
	return c
}

// proxyEvent makes the event of the integration.
func (x *exchange) proxyEvent() ([]byte, error) {
	e := proxyEvent{
		Resource: x.m.resourcePath, Path: x.target.path, HTTPMethod: x.httpMethod,
		Headers: last(x.headers), MultiValueHeaders: x.headers,
		QueryStringParameters: last(x.query), MultiValueQueryStringParameters: x.query,
		PathParameters: x.params, StageVariables: x.st.variables, RequestContext: x.requestContext(),
	}
	if a := x.authorized; a != nil {
		// Numbers and booleans of the context arrive as text ("Output from an API Gateway Lambda authorizer").
		values := make(map[string]any, len(a.context)+2)
		for name, value := range a.context {
			values[name] = value
		}
		values["principalId"], values["integrationLatency"] = a.principal, a.latency.Milliseconds()
		e.RequestContext.Authorizer = values
	}
	if len(x.body) > 0 {
		var body string
		if x.d.binary.match(x.contentType) {
			body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(x.body), true
		} else {
			body = string(x.body)
		}
		e.Body = &body
	}
	return encode(e, len(x.body))
}

// authorizerEvent makes the event of an authorizer.
func (x *exchange) authorizerEvent(a *authorizer, values [][]string) ([]byte, error) {
	if a.token {
		return encode(tokenEvent{"TOKEN", values[0][len(values[0])-1], x.methodARN()}, 0)
	}
	e := authorizerEvent{
		Type: "REQUEST", MethodArn: x.methodARN(), Resource: x.m.resourcePath, Path: x.target.path, HTTPMethod: x.httpMethod,
		Headers: last(x.headers), MultiValueHeaders: x.headers,
		QueryStringParameters: orEmpty(last(x.query)), MultiValueQueryStringParameters: orEmpty(map[string][]string(x.query)),
		PathParameters: orEmpty(x.params), StageVariables: orEmpty(x.st.variables), RequestContext: x.requestContext(),
	}
	return encode(e, 0)
}

func orEmpty[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

// multi are the types of headers and queries.
type multi interface{ http.Header | url.Values }

// last keeps the last value of each name, as API Gateway does; nil if there are none.
func last[M multi](m M) map[string]string {
	if len(m) == 0 {
		return nil
	}
	out := make(map[string]string, len(m))
	for name, values := range m {
		if len(values) > 0 {
			out[name] = values[len(values)-1]
		}
	}
	return out
}

// encode writes JSON without escapes for HTML. The result is the caller's.
func encode(v any, extra int) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(4096 + extra + extra/8)
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// quote writes a text as JSON.
func quote(s string) string {
	b, err := encode(s, len(s))
	if err != nil {
		return `""`
	}
	return string(b)
}
