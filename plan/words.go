package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The API's document is a part of the template, so CloudFormation and the CDK read it too.

// dynamicReference begins what CloudFormation replaces by a value of another service, wherever
// it stands (CloudFormation User Guide, "Get values stored in other services using dynamic
// references").
const dynamicReference = "{{resolve:"

// reference is what Fn::Sub replaces. Elsewhere CloudFormation keeps it, but the CDK takes
// tokens for values that it put there itself, and its validation of templates, where it is
// on, refuses references that stand outside of Fn::Sub.
var reference = regexp.MustCompile(`\$\{(Token\[[^\]]*\]|[A-Za-z0-9_:.]+)\}`)

// hasWords reports whether a text has what CloudFormation or the CDK would take for its own.
func hasWords(s string) bool {
	return strings.Contains(s, dynamicReference) || reference.MatchString(s)
}

// isFunction reports whether CloudFormation takes an object with such a key for a function, which
// has that key alone (CloudFormation User Guide, "Intrinsic function reference").
func isFunction(key string) bool { return key == "Ref" || strings.HasPrefix(key, "Fn::") }

// checkBody finds words of the API's document that CloudFormation would take for its own.
// prefix begins the paths of the body, and none of the contract's.
func checkBody(body map[string]any, prefix string) []Problem {
	w := &wordCheck{prefix: prefix}
	w.value(body)
	return w.found
}

type wordCheck struct {
	prefix string
	at     []string
	found  []Problem
}

func (w *wordCheck) value(v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range sortedKeys(v) {
			w.at = append(w.at, key)
			if isFunction(key) {
				w.report(fmt.Sprintf("the name %q is that of a function of CloudFormation, which reads the API's document as a part of the template", key), "choose another name")
			}
			w.text(key)
			w.value(v[key])
			w.at = w.at[:len(w.at)-1]
		}
	case []any:
		for i, item := range v {
			w.at = append(w.at, fmt.Sprint(i))
			w.value(item)
			w.at = w.at[:len(w.at)-1]
		}
	case string:
		w.text(v)
	}
}

func (w *wordCheck) text(s string) {
	if strings.Contains(s, dynamicReference) {
		w.report(fmt.Sprintf("the text %.80q has %s, which CloudFormation replaces", s, dynamicReference), "write it in another way")
	}
	if found := reference.FindString(s); found != "" {
		w.report(fmt.Sprintf("the text %.80q has %s, which the CDK takes for a reference to the template", s, found), "write it in another way")
	}
}

func (w *wordCheck) report(message, fix string) {
	place := slices.Clone(w.at)
	if len(place) > 1 && place[0] == "paths" {
		if place[1] = strings.TrimPrefix(place[1], w.prefix); place[1] == "" {
			place[1] = "/"
		}
	}
	w.found = append(w.found, Problem{Contract: place, Message: message, Fix: fix})
}
