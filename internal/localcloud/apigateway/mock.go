package apigateway

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// mock answers without a backend (API Gateway Developer Guide, "Mock integrations for REST APIs in
// API Gateway").
type mock struct {
	responses []mockResponse
	fallback  *mockResponse
}

// mockResponse is an integration response.
type mockResponse struct {
	pattern   *regexp.Regexp
	status    int
	headers   []headerValue
	templates map[string]string
}

// headerValue is a header that a response parameter sets.
type headerValue struct {
	name  string
	value template
}

var (
	// directive is what the Velocity language gives a meaning; templates here are literal text.
	directive = regexp.MustCompile(`\$!?\{?[A-Za-z]|#[A-Za-z{#*\[]`)
	// mockStatus of a request template, whose keys may stand without quotes.
	mockStatus = regexp.MustCompile(`^\s*\{\s*"?statusCode"?\s*:\s*"?([0-9]{3})"?\s*[,}]`)
)

// literal checks that a template has nothing to evaluate.
func (c *compiler) literal(templates map[string]string, place string) {
	for _, name := range sortedKeys(templates) {
		if m := directive.FindString(templates[name]); m != "" {
			c.problems.add(place+pointer(name), "the template has %q; templates of mock integrations are literal text here", m)
		}
	}
}

func (c *compiler) readMock(g *integration, config map[string]any, place string) *mock {
	k := &mock{}
	c.literal(g.templates, place+"/requestTemplates")
	responses := mapping(config["responses"])
	for _, pattern := range sortedKeys(responses) {
		at := place + "/responses" + pointer(pattern)
		response := c.object(responses[pattern], at)
		if response == nil {
			continue
		}
		r := mockResponse{templates: texts(response["responseTemplates"])}
		c.literal(r.templates, at+"/responseTemplates")
		var good bool
		if r.status, good = wholeNumber(response["statusCode"]); !good || r.status < 200 || r.status > 599 {
			c.problems.add(at, "statusCode is %v, want 200 to 599", response["statusCode"])
		}
		r.headers = c.readHeaderValues(mapping(response["responseParameters"]), "method.response.header.", at+"/responseParameters")
		if pattern == "default" {
			k.fallback = &r
			continue
		}
		var err error
		if r.pattern, err = wholeMatch(pattern); err != nil {
			c.problems.add(at, "the selection pattern: %v", err)
			continue
		}
		k.responses = append(k.responses, r)
	}
	return k
}

// readHeaderValues reads response parameters: static values between quotes, or variables.
func (c *compiler) readHeaderValues(parameters map[string]any, prefix, place string) []headerValue {
	var out []headerValue
	for _, target := range sortedKeys(parameters) {
		name, ok := strings.CutPrefix(target, prefix)
		if !ok || !validHeaderName(name) {
			c.problems.add(place, "%q: want %sNAME", target, prefix)
			continue
		}
		value, ok := parameterTemplate(text(parameters[target]))
		if !ok {
			c.problems.add(place, "%q is %q: want 'static text', context.NAME, stageVariables.NAME or method.request.header.NAME", target, text(parameters[target]))
			continue
		}
		out = append(out, headerValue{http.CanonicalHeaderKey(name), value})
	}
	return out
}

// choose finds the response for the status that the request template gave.
func (k *mock) choose(status string) *mockResponse {
	for i := range k.responses {
		if k.responses[i].pattern.MatchString(status) {
			return &k.responses[i]
		}
	}
	return k.fallback
}

// serveMock answers a mock integration.
func (x *exchange) serveMock(template string) *failure {
	k := x.m.integration.mock
	if template == "" { // passed through
		template = string(x.body)
	}
	status, ok := statusOf(template)
	if !ok {
		return &failure{kind: default5xx, status: http.StatusInternalServerError, message: "Internal server error"}
	}
	response := k.choose(status)
	if response == nil {
		return configurationError
	}
	header := x.w.Header()
	contentType, body := pickTemplate(response.templates, x.r.Header.Get("Accept"))
	header.Set("Content-Type", contentType)
	for _, h := range response.headers {
		if value := h.value.expand(x); value != "" {
			setMapped(header, h.name, []string{value})
		}
	}
	x.answer(response.status, []byte(body))
	return nil
}

// statusOf reads the status of a request template.
func statusOf(template string) (string, bool) {
	var request struct {
		StatusCode json.RawMessage `json:"statusCode"`
	}
	if json.Unmarshal([]byte(template), &request) == nil {
		status := strings.Trim(string(request.StatusCode), `"`)
		_, err := strconv.Atoi(status)
		return status, err == nil && len(status) == 3
	}
	if m := mockStatus.FindStringSubmatch(template); m != nil {
		return m[1], true
	}
	return "", false
}

// pickTemplate finds the response template that the caller accepts, else that of
// application/json, else the first.
func pickTemplate(templates map[string]string, accept string) (contentType, body string) {
	if len(templates) == 0 {
		return "application/json", ""
	}
	names := sortedKeys(templates)
	for part := range strings.SplitSeq(accept, ",") {
		wanted := mediaType(part)
		if i := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(mediaType(name), wanted) }); i >= 0 && wanted != "" {
			return names[i], templates[names[i]]
		}
	}
	if body, ok := templates["application/json"]; ok {
		return "application/json", body
	}
	return names[0], templates[names[0]]
}
