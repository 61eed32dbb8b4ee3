package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"github.com/tenantstack/tenantstack/internal/authz"
)

// event is a REQUEST authorizer's input (API Gateway Developer Guide, "Input to an
// API Gateway Lambda authorizer").
type event struct {
	events.APIGatewayCustomAuthorizerRequestTypeRequest
	// RequestContext hides the field of the embedded type, which has no domainName.
	RequestContext requestContext `json:"requestContext"`
}

type requestContext struct {
	events.APIGatewayCustomAuthorizerRequestTypeRequestContext
	// DomainName is the host name that the client called.
	DomainName string `json:"domainName"`
}

// accountParameter is the path parameter and the stage variable with the billing account.
const accountParameter = "billingAccount"

// pathPrefix begins every resource path of an API whose paths state the account.
const pathPrefix = "/{" + accountParameter + "}"

// parseEvent reads an event and checks that what it says twice is the same.
func parseEvent(raw json.RawMessage) (event, methodARN, error) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		// The error of encoding/json may quote the event.
		return event{}, methodARN{}, errors.New("reading the event: not the JSON of an authorizer's event")
	}
	if e.Type != "REQUEST" {
		return e, methodARN{}, fmt.Errorf("reading the event: type %q is not REQUEST", e.Type)
	}
	if e.Resource == "" || e.Resource != e.RequestContext.ResourcePath {
		return e, methodARN{}, errors.New("reading the event: resource and requestContext.resourcePath differ")
	}
	if e.HTTPMethod == "" || e.HTTPMethod != e.RequestContext.HTTPMethod {
		return e, methodARN{}, errors.New("reading the event: httpMethod and requestContext.httpMethod differ")
	}
	arn, err := parseMethodARN(e.MethodArn)
	if err != nil {
		return e, methodARN{}, err
	}
	if arn.stage != e.RequestContext.Stage || arn.method != e.HTTPMethod {
		return e, methodARN{}, errors.New("reading the event: methodArn is of another stage or method")
	}
	if e.RequestContext.APIID != "" && arn.api != e.RequestContext.APIID {
		return e, methodARN{}, errors.New("reading the event: methodArn is of another API")
	}
	return e, arn, nil
}

// authorization collects the values of every header of that name, however it is
// cased. Headers has the last value only and is there for events without
// multiValueHeaders; a value that only one of the two has counts as one more.
func (e event) authorization() []string {
	var values []string
	for name, several := range e.MultiValueHeaders {
		if strings.EqualFold(name, "Authorization") {
			values = append(values, several...)
		}
	}
	for name, value := range e.Headers {
		if strings.EqualFold(name, "Authorization") && !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	return values
}

// viewerHost is the header in which the distribution passes on the host name that the
// browser called; the event's own is then the API's. A client that calls the API itself may
// send it too, and gains nothing: a source can only disagree with the stack.
const viewerHost = "X-Viewer-Host"

// host is the host name that the client called. Several are none.
func (e event) host() string {
	var values []string
	for name, several := range e.MultiValueHeaders {
		if strings.EqualFold(name, viewerHost) {
			values = append(values, several...)
		}
	}
	switch len(values) {
	case 0:
		return e.RequestContext.DomainName
	case 1:
		return values[0]
	}
	return ""
}

// request is what the decision is made from. Sources that are not configured are
// not looked at: a host name is no account just because it looks like one.
func (e event) request(sources []string) (authz.Request, error) {
	r := authz.Request{
		Authorization: e.authorization(),
		Method:        e.HTTPMethod,
		ResourcePath:  e.Resource,
		Accounts:      map[string]string{authz.SourceStage: e.StageVariables[accountParameter]},
	}
	if slices.Contains(sources, authz.SourceHost) {
		label, _, _ := strings.Cut(e.host(), ".")
		r.Accounts[authz.SourceHost] = label
	}
	if slices.Contains(sources, authz.SourcePath) {
		rest, found := strings.CutPrefix(e.Resource, pathPrefix)
		if !found || rest != "" && !strings.HasPrefix(rest, "/") {
			return authz.Request{}, fmt.Errorf("reading the event: the resource path does not begin with %s", pathPrefix)
		}
		if rest == "" {
			rest = "/"
		}
		r.ResourcePath = rest
		r.Accounts[authz.SourcePath] = e.PathParameters[accountParameter]
	}
	return r, nil
}
