package rules

import (
	"fmt"
	"slices"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// doors proves T7: every way in is behind the authorizer, and what it decided for one caller and operation
// covers no other.
func (c *Case) doors() {
	for _, a := range c.Authorizers {
		c.authorizer(a)
	}
	for i := range c.Methods {
		switch m := &c.Methods[i]; m.Kind {
		case "document":
			c.operation(m)
		case "method":
			if !m.Preflight && m.Auth != "CUSTOM" && m.Auth != "COGNITO_USER_POOLS" {
				c.open(m.Place, fmt.Sprintf("%s is open: its AuthorizationType is %q", m.Name, m.Auth), "set AuthorizationType to CUSTOM and name the authorizer")
			}
		case "route":
			if m.Auth != "JWT" && m.Auth != "CUSTOM" {
				c.open(m.Place, fmt.Sprintf("route %s is open: its AuthorizationType is %q", m.Name, m.Auth), "set AuthorizationType to JWT or CUSTOM and name the authorizer")
			}
		case "url":
			c.address(m)
		}
	}
}

func (c *Case) open(place facts.Place, message, fix string) {
	c.find(report.Finding{Rule: report.OpenMethod, Owner: c.own.Of(place), Place: place, Principal: "*", Message: message, Fix: fix})
}

// tokenSource is the identity source with the token (RFC 6750 section 2.1). An authorizer reads it wherever its API's
// document says that the token is.
const tokenSource = "method.request.header.authorization"

// authorizes says whether an authorizer decides at all.
func authorizes(a *facts.Authorizer) bool {
	return a != nil && slices.Contains([]string{"request", "token", "cognito_user_pools", "jwt"}, a.Type)
}

// authorizer checks what keeps answers apart.
func (c *Case) authorizer(a *facts.Authorizer) {
	if a.Type != "request" && a.Type != "token" {
		return
	}
	if a.FunctionArn == "" {
		c.open(a.Place, fmt.Sprintf("the API is authorized by %q, which is no function", a.URI), "name the authorizer's function")
	}
	if a.TTL == "0" {
		return
	}
	if a.Type == "request" && !a.HasSource(tokenSource) {
		c.open(a.Place, "a cached answer of the authorizer lets callers without a token in, since the Authorization header is not among its identity sources",
			"add method.request.header.Authorization to identitySource, or set authorizerResultTtlInSeconds to 0")
	}
	if a.Type == "token" || !a.HasSource("context.httpmethod") || !a.HasSource("context.resourcepath", "context.path") {
		c.open(a.Place, "a cached answer of the authorizer covers other operations too, since the method and the path are not among its identity sources",
			"add context.httpMethod and context.resourcePath to identitySource, or set authorizerResultTtlInSeconds to 0")
	}
}

func (c *Case) operation(m *facts.Method) {
	if m.Preflight {
		return
	}
	if m.Auth != "" && m.Auth != "custom" && m.Auth != "CUSTOM" {
		c.open(m.Place, fmt.Sprintf("%s has x-amazon-apigateway-auth of type %q, which leaves out the authorizer", m.Name, m.Auth), "remove x-amazon-apigateway-auth")
		return
	}
	if len(m.Requirements) == 0 {
		c.open(m.Place, m.Name+" is open: it has no security requirement", "give the operation its scopes in the OpenAPI document")
	}
	for _, schemes := range m.Requirements {
		if !slices.ContainsFunc(schemes, func(scheme string) bool { return authorizes(m.API.Authorizers[scheme]) }) {
			c.open(m.Place, fmt.Sprintf("%s is open: its security requirement %v has no authorizer behind it", m.Name, schemes),
				"name a security scheme with x-amazon-apigateway-authorizer")
		}
	}
}

// address is a function's own, without the API in front.
func (c *Case) address(m *facts.Method) {
	if m.Auth == "AWS_IAM" {
		return
	}
	c.find(report.Finding{
		Rule: report.OpenMethod, Principal: "*", Owner: c.own.Of(m.Place), Place: m.Place, Actions: []string{"lambda:InvokeFunctionUrl"},
		Request: &iam.Request{Principal: "*", Action: "lambda:InvokeFunctionUrl", Resource: m.Function},
		Message: fmt.Sprintf("the function answers everyone at its own address: AuthType is %q", m.Auth), Fix: "remove the URL, or set AuthType to AWS_IAM",
	})
}
