package iam

import "strings"

// variable is one ${…} of a policy (IAM User Guide, "IAM policy elements: Variables and tags").
type variable struct {
	// literal is the character of ${*}, ${?} or ${$}, else 0.
	literal byte
	// key whose value is meant.
	key string
	// fallback is used when the request does not carry the key; hasFallback says there is one.
	fallback    string
	hasFallback bool
}

// nextVariable splits s before, at and after its first variable.
func nextVariable(s string) (before string, v variable, after string, found, wellFormed bool) {
	start := strings.Index(s, "${")
	if start < 0 {
		return s, v, "", false, true
	}
	body := s[start+2:]
	end := strings.IndexByte(body, '}')
	if end < 0 {
		return s, v, "", true, false
	}
	v, wellFormed = parseVariable(body[:end])
	return s[:start], v, body[end+1:], true, wellFormed
}

func parseVariable(body string) (variable, bool) {
	if body == "*" || body == "?" || body == "$" {
		return variable{literal: body[0]}, true
	}
	key, fallback, hasFallback := strings.Cut(body, ",")
	v := variable{key: strings.TrimSpace(key), hasFallback: hasFallback}
	if hasFallback {
		fallback = strings.TrimSpace(fallback)
		n := len(fallback)
		if n < 2 || fallback[0] != '\'' || fallback[n-1] != '\'' {
			return v, false
		}
		v.fallback = fallback[1 : n-1]
	}
	return v, v.key != "" && !strings.ContainsAny(v.key, "${'\"")
}

// substitute replaces the variables of s. With escape, an asterisk or a question mark that
// comes out of a variable stands for itself and not for other characters. It fails when a
// variable has no value, or several: then the text matches nothing.
func substitute(s string, context Context, escape bool) (string, bool) {
	if !strings.Contains(s, "${") {
		return s, true
	}
	var out strings.Builder
	for s != "" {
		before, v, after, found, wellFormed := nextVariable(s)
		out.WriteString(before)
		if !found {
			break
		}
		if !wellFormed {
			return "", false
		}
		value, ok := v.value(context)
		if !ok {
			return "", false
		}
		if escape {
			value = escapeWildcards(value)
		}
		out.WriteString(value)
		s = after
	}
	return out.String(), true
}

func (v variable) value(context Context) (string, bool) {
	if v.literal != 0 {
		return string(v.literal), true
	}
	values, present := context.Get(v.key)
	if !present && v.hasFallback {
		return v.fallback, true
	}
	if len(values) != 1 {
		return "", false
	}
	return values[0], true
}

var wildcardEscaper = strings.NewReplacer("*", string(rune(literalStar)), "?", string(rune(literalQuestion)))

func escapeWildcards(s string) string {
	if !strings.ContainsAny(s, "*?") {
		return s
	}
	return wildcardEscaper.Replace(s)
}
