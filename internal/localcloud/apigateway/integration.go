package apigateway

import (
	"fmt"
	"strings"
	"time"
)

// integrationTimeout is the longest that an integration may take, and the default (API Gateway
// Developer Guide, "Quotas for configuring and running a REST API").
const (
	integrationTimeout = 29 * time.Second
	shortestTimeout    = 50 * time.Millisecond
)

// integration is what answers a method.
type integration struct {
	// function and credentials of a Lambda proxy integration; stage variables may be in them.
	function, credentials string
	mock                  *mock
	// unserved says why requests are answered with API_CONFIGURATION_ERROR.
	unserved string

	timeout     time.Duration
	passthrough string
	// templates are the request templates by media type.
	templates map[string]string
}

// readIntegration reads the extension x-amazon-apigateway-integration of an operation.
func (c *compiler) readIntegration(m *method, operation map[string]any, place string) {
	raw, ok := operation["x-amazon-apigateway-integration"]
	if !ok {
		c.problems.add(place, "there is no x-amazon-apigateway-integration")
		return
	}
	place += "/x-amazon-apigateway-integration"
	config := c.object(raw, place)
	if config == nil {
		return
	}
	g := &integration{timeout: integrationTimeout, passthrough: strings.ToLower(text(config["passthroughBehavior"])), templates: texts(config["requestTemplates"])}
	m.integration = g
	switch g.passthrough {
	case "":
		g.passthrough = "when_no_match"
	case "when_no_match", "when_no_templates", "never":
	default:
		c.problems.add(place, "passthroughBehavior is %q, want when_no_match, when_no_templates or never", g.passthrough)
	}
	if raw, ok := config["timeoutInMillis"]; ok {
		n, good := wholeNumber(raw)
		g.timeout = time.Duration(n) * time.Millisecond
		if !good || g.timeout < shortestTimeout {
			c.problems.add(place, "timeoutInMillis is %v, want at least %d", raw, shortestTimeout.Milliseconds())
		}
	}
	switch kind := strings.ToLower(text(config["type"])); kind {
	case "aws_proxy":
		c.readProxy(g, config, place)
	case "mock":
		g.mock = c.readMock(g, config, place)
	case "aws", "http", "http_proxy":
		g.unserved = "integrations of type " + kind + " are not served here"
		if !c.named[kind] {
			c.named[kind] = true
			c.log(fmt.Sprintf("API %s: %s; %s %s and its like answer 500", c.d.id, g.unserved, m.httpMethod, m.resourcePath))
		}
	default:
		c.problems.add(place, "the type is %q, want aws_proxy or mock", text(config["type"]))
	}
}

func (c *compiler) readProxy(g *integration, config map[string]any, place string) {
	if version := text(config["payloadFormatVersion"]); version != "" && version != "1.0" {
		c.problems.add(place, "payloadFormatVersion is %q; REST APIs have 1.0 alone", version)
	}
	var err error
	if g.function, err = functionOf(text(config["uri"])); err != nil {
		c.problems.add(place, "uri: %v", err)
	}
	if g.credentials, err = readCredentials(text(config["credentials"])); err != nil {
		c.problems.add(place, "credentials: %v", err)
	}
	// Functions are invoked by POST, whatever the method of the API is.
	if verb := text(config["httpMethod"]); verb != "POST" {
		c.problems.add(place, "httpMethod is %q; functions are invoked by POST", verb)
	}
}

// template finds the request template for a content type. It is false if the integration does not
// take that type (API Gateway Developer Guide, "Method request behavior for payloads without mapping
// templates for REST APIs in API Gateway"). A request without a content type has application/json.
func (g *integration) template(contentType string) (string, bool) {
	if contentType == "" {
		contentType = "application/json"
	}
	for name, template := range g.templates {
		if strings.EqualFold(mediaType(name), contentType) {
			return template, true
		}
	}
	if template, ok := g.templates["$default"]; ok {
		return template, true
	}
	switch g.passthrough {
	case "never":
		return "", false
	case "when_no_templates":
		return "", len(g.templates) == 0
	}
	return "", true
}
