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

// cdkToken is what the CDK takes for a value that it put there itself.
var cdkToken = regexp.MustCompile(`\$\{Token\[[^\]]*\]\}`)

// isFunction says whether CloudFormation takes an object with such a key for a function, which
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
	if token := cdkToken.FindString(s); token != "" {
		w.report(fmt.Sprintf("the text %.80q has %s, which the CDK takes for a value of its own", s, token), "write it in another way")
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
