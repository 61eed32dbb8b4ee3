package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// doors proves T7: every way in is behind the authorizer, what it decided for one caller and operation covers no
// other, and what comes in goes to functions of the owner and nowhere else.
func (c *Case) doors() {
	for _, a := range c.APIs {
		if a.Mode != "overwrite" {
			place := a.Place
			place.Path = "Properties.Mode"
			c.open(
				place,
				fmt.Sprintf(
					"Mode is %q, so methods that an earlier document had stay, whatever this one says (API Gateway API Reference, \"PutRestApi\")",
					a.Mode,
				),
				"set Mode to overwrite",
			)
		}
	}
	c.signUps()
	of, connected := map[string]*facts.Authorizer{}, map[string]bool{}
	for _, a := range c.Authorizers {
		c.authorizer(a)
		of[a.Name] = a
	}
	for i := range c.Methods {
		if m := &c.Methods[i]; m.Kind == "route" && m.Name == connectRoute && m.Auth == "CUSTOM" {
			connected[m.APIName] = true
		}
	}
	for i := range c.Methods {
		m := &c.Methods[i]
		switch m.Kind {
		case "document":
			c.operation(m)
		case "method":
			c.method(m)
		case "route":
			if c.WebSockets[m.APIName] && m.Name != connectRoute {
				c.message(m, connected[m.APIName])
			} else {
				c.route(m, of[m.Authorizer])
			}
		case "url":
			c.address(m)
		}
		if m.Kind == "document" || m.Kind == "method" {
			c.integration(&m.Integration, m.Name)
		}
	}
	for i := range c.Integrations {
		c.integration(&c.Integrations[i], "the integration "+c.Integrations[i].Place.LogicalID)
	}
}

// signUps finds what lets in the users of a pool that everyone can join.
func (c *Case) signUps() {
	for i := range c.PoolUses {
		use := &c.PoolUses[i]
		byAdministrators, declared := c.UserPools[use.Pool.Text]
		if declared && !byAdministrators && c.isOwnMark(use.Pool, c.own.Of(use.Place)) {
			c.open(
				use.Place,
				fmt.Sprintf(
					"%s lets in the users of %s, and everyone can become one: AllowAdminCreateUserOnly is not true",
					use.Place.LogicalID,
					use.Pool.LogicalID,
				),
				"set AdminCreateUserConfig.AllowAdminCreateUserOnly of the user pool, or accept it with a reason",
			)
		}
	}
}

// integration finds what answers with something else than a function: a service of AWS, whose request a template
// makes, or a server somewhere, which gets the caller's token.
func (c *Case) integration(i *facts.Integration, name string) {
	switch {
	case i.Type == "mock":
	case (i.Type == "aws_proxy" || i.Type == "aws") && i.Function != "":
	case i.Type == "http" || i.Type == "http_proxy":
		c.open(
			i.Place,
			fmt.Sprintf("%s sends requests, with the caller's token, to %q", name, i.URI),
			"call a function of the stack",
		)
	default:
		c.find(report.Finding{
			Rule: report.NotUnderstood, Owner: c.own.Of(i.Place), Place: i.Place,
			Message: fmt.Sprintf(
				"%s is answered by %q (type %q), which is no function, and what is requested there is not understood",
				name,
				i.URI,
				i.Type,
			),
			Fix: "call a function of the stack",
		})
	}
}

// method is one of an API without a document.
func (c *Case) method(m *facts.Method) {
	switch {
	case m.Preflight || m.Auth == "CUSTOM":
	case m.Auth == "COGNITO_USER_POOLS" && len(m.Scopes) > 0:
	case m.Auth == "COGNITO_USER_POOLS":
		c.open(m.Place, m.Name+" lets in every user of the pool: it asks for no scope", "set AuthorizationScopes")
	default:
		c.open(
			m.Place,
			fmt.Sprintf("%s is open: its AuthorizationType is %q", m.Name, m.Auth),
			"set AuthorizationType to CUSTOM and name the authorizer",
		)
	}
}

// route is one of an HTTP API. A JWT authorizer lets in whoever has a token of the issuer, other tenants' users as
// well, unless the issuer is the owner's user pool or each scope that suffices is the owner's (Amazon API
// Gateway Developer Guide, "Control access to HTTP APIs with JWT authorizers in API Gateway").
func (c *Case) route(m *facts.Method, a *facts.Authorizer) {
	owner := c.own.Of(m.Place)
	switch {
	case m.Auth == "CUSTOM":
	case m.Auth != "JWT":
		c.open(
			m.Place,
			fmt.Sprintf("route %s is open: its AuthorizationType is %q", m.Name, m.Auth),
			"set AuthorizationType to CUSTOM and name the authorizer",
		)
	case a != nil && c.isOwnMark(a.IssuerMark, owner):
	case len(m.Scopes) == 0 || slices.ContainsFunc(m.Scopes, func(s string) bool { return !slices.Contains(c.own.ScopesOf(owner), s) }):
		c.open(
			m.Place,
			fmt.Sprintf(
				"route %s lets in whoever has a token of the issuer with one of the scopes %q, and not the owner's users alone",
				m.Name,
				m.Scopes,
			),
			"set AuthorizationScopes to the scope of the tenant's account, or let a function decide",
		)
	}
}

// connectRoute is the one on which an authorizer of a WebSocket API decides (API Gateway Developer Guide, "Control
// access to WebSocket APIs with AWS Lambda REQUEST authorizers").
const connectRoute = "$connect"

// message is a route of a WebSocket API for messages of those who are connected.
func (c *Case) message(m *facts.Method, connected bool) {
	if !connected {
		c.open(
			m.Place,
			fmt.Sprintf("route %s is open: the API has no route %s with an authorizer", m.Name, connectRoute),
			"give the API a route $connect of AuthorizationType CUSTOM, and name the authorizer",
		)
	}
}

func (c *Case) open(place facts.Place, message, fix string) {
	c.find(
		report.Finding{
			Rule:      report.OpenMethod,
			Owner:     c.own.Of(place),
			Place:     place,
			Principal: "*",
			Message:   message,
			Fix:       fix,
		},
	)
}

// tokenSource is the identity source with the token (RFC 6750 section 2.1). An authorizer reads it wherever its API's
// document says that the token is.
const tokenSource = "method.request.header.authorization"

// authorizes says whether an authorizer of a REST API decides at all.
func authorizes(a *facts.Authorizer) bool {
	return a != nil && slices.Contains([]string{"request", "token", "cognito_user_pools"}, a.Type)
}

// authorizer checks what keeps answers apart.
func (c *Case) authorizer(a *facts.Authorizer) {
	switch a.Type {
	case "request", "token":
	case "cognito_user_pools", "jwt", "awsSigv4", "":
		return
	default:
		c.open(
			a.Place,
			fmt.Sprintf("the type %q of the authorizer is none that the proof understands", a.Type),
			"use an authorizer of type request",
		)
		return
	}
	if a.FunctionArn == "" {
		c.open(
			a.Place,
			fmt.Sprintf("the API is authorized by %q, which is no function", a.URI),
			"name the authorizer's function",
		)
	}
	if a.TTL == "0" {
		return
	}
	if a.Type == "request" && !a.HasSource(tokenSource, "$request.header.authorization") {
		c.open(
			a.Place,
			"a cached answer of the authorizer lets callers without a token in, since the Authorization header is not among its identity sources",
			"add the Authorization header to the identity sources, or set the time to live of answers to 0",
		)
	}
	method, path := a.HasSource(
		"context.httpmethod",
		"$context.httpmethod",
	), a.HasSource(
		"context.resourcepath",
		"context.path",
		"$context.path",
	)
	if a.Type == "token" || !a.HasSource("$context.routekey") && (!method || !path) {
		c.open(
			a.Place,
			"a cached answer of the authorizer covers other operations too, since the method and the path are not among its identity sources",
			"add the method and the path to the identity sources, or set the time to live of answers to 0",
		)
	}
}

func (c *Case) operation(m *facts.Method) {
	if m.Preflight {
		return
	}
	if m.Auth != "" && !strings.EqualFold(m.Auth, "custom") {
		c.open(
			m.Place,
			fmt.Sprintf("%s has x-amazon-apigateway-auth of type %q, which leaves out the authorizer", m.Name, m.Auth),
			"remove x-amazon-apigateway-auth",
		)
		return
	}
	if len(m.Requirements) == 0 {
		c.open(
			m.Place,
			m.Name+" is open: it has no security requirement",
			"give the operation its scopes in the OpenAPI document",
		)
	}
	for _, requirement := range m.Requirements {
		schemes := sortedKeys(requirement)
		behind := slices.IndexFunc(schemes, func(scheme string) bool { return authorizes(m.API.Authorizers[scheme]) })
		switch {
		case behind < 0:
			c.open(m.Place, fmt.Sprintf("%s is open: its security requirement %v has no authorizer behind it", m.Name, schemes),
				"name a security scheme with x-amazon-apigateway-authorizer")
		case m.API.Authorizers[schemes[behind]].Type == "cognito_user_pools" && len(requirement[schemes[behind]]) == 0:
			c.open(
				m.Place,
				m.Name+" lets in every user of the pool: its security requirement has no scopes",
				"name the scopes of the operation",
			)
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
		Message: fmt.Sprintf(
			"the function answers everyone at its own address: AuthType is %q",
			m.Auth,
		), Fix: "remove the URL, or set AuthType to AWS_IAM",
	})
}
