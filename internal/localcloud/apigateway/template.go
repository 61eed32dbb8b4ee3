package apigateway

import (
	"regexp"
	"strings"
)

// template is text with variables, compiled.
type template []templatePart

// templatePart is a text, or a variable if name is set.
type templatePart struct {
	text string
	name string // such as context.requestId
}

// reference is a variable in a template of a gateway response or an access log (API Gateway
// Developer Guide, "Gateway responses for REST APIs in API Gateway").
var reference = regexp.MustCompile(`\$(?:\{((?:context|stageVariables|method\.request)(?:\.[A-Za-z0-9_-]+)+)\}|((?:context|stageVariables|method\.request)(?:\.[A-Za-z0-9_-]+)+))`)

// readTemplate compiles a text in which variables are replaced and nothing else is evaluated.
func readTemplate(s string) template {
	var t template
	last := 0
	for _, m := range reference.FindAllStringSubmatchIndex(s, -1) {
		if m[0] > last {
			t = append(t, templatePart{text: s[last:m[0]]})
		}
		from, to := m[2], m[3]
		if from < 0 {
			from, to = m[4], m[5]
		}
		t = append(t, templatePart{name: s[from:to]})
		last = m[1]
	}
	if last < len(s) {
		t = append(t, templatePart{text: s[last:]})
	}
	return t
}

// parameterTemplate reads the value of a response parameter: 'static text', or a variable without
// the dollar sign. An integration.response.header has no value in what API Gateway answers itself.
func parameterTemplate(value string) (template, bool) {
	if len(value) >= 2 && value[0] == '\'' && value[len(value)-1] == '\'' {
		return template{{text: value[1 : len(value)-1]}}, true
	}
	if strings.HasPrefix(value, "integration.response.header.") {
		return nil, true
	}
	name := strings.TrimPrefix(value, "$")
	if m := reference.FindString("$" + name); m == "" || m != "$"+name {
		return nil, false
	}
	return template{{name: name}}, true
}

// variables are what templates refer to.
type variables interface {
	// variable is the value of a name such as context.requestId, and whether there is one.
	variable(name string) (string, bool)
}

// expand replaces the variables; those without a value are empty.
func (t template) expand(x variables) string { return t.expandOr(x, "") }

// expandOr replaces the variables; missing stands for those without a value.
func (t template) expandOr(x variables, missing string) string {
	if len(t) == 1 && t[0].name == "" {
		return t[0].text
	}
	var b strings.Builder
	for _, part := range t {
		if part.name == "" {
			b.WriteString(part.text)
			continue
		}
		if value, ok := x.variable(part.name); ok {
			b.WriteString(value)
		} else {
			b.WriteString(missing)
		}
	}
	return b.String()
}
