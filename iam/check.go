package iam

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

var principalKinds = []string{"AWS", "Service", "CanonicalUser", "Federated"}

// principals reads Principal or NotPrincipal; "*" is {"AWS": ["*"]} (IAM User Guide, "IAM
// JSON policy elements: Principal").
func (r *reader) principals(path string, object map[string]any, name string) map[string][]string {
	value, ok := object[name]
	if !ok {
		return nil
	}
	if s, ok := value.(string); ok {
		if s != "*" {
			r.problem(path, "a principal has a kind: write {\"AWS\": %q} or {\"Service\": %q}", s, s)
		}
		return map[string][]string{"AWS": {"*"}}
	}
	kinds, ok := value.(map[string]any)
	if !ok || len(kinds) == 0 {
		r.problem(path, "want \"*\" or principals by kind (%s); got %s", strings.Join(principalKinds, ", "), describe(value))
		return nil
	}
	r.unknown(path, kinds, principalKinds)
	out := make(map[string][]string, len(kinds))
	for _, kind := range sortedKeys(kinds) {
		out[kind] = r.strings(path+"."+kind, kinds[kind])
		for i, id := range out[kind] {
			r.checkPrincipal(fmt.Sprintf("%s.%s[%d]", path, kind, i), kind, id)
		}
	}
	return out
}

// checkPrincipal refuses partial wildcards, which a Principal element does not know.
func (r *reader) checkPrincipal(path, kind, id string) {
	switch {
	case id == "*" && kind != "Service":
	case strings.Contains(id, "${"):
		r.problem(path, "%q: a principal has no policy variables: name the principal", id)
	case strings.ContainsAny(id, "*?"):
		r.problem(path, "%q: a principal is matched exactly, wildcards are not allowed in it: name the principal", id)
	case kind == "AWS" && !isAccount(id) && !strings.HasPrefix(id, "arn:") && !isPrincipalID(id) && !strings.ContainsRune(id, opaqueMark):
		r.problem(path, "%q is no ARN of IAM or STS and no account id of %d digits", id, accountDigits)
	case kind == "Service" && !isServicePrincipal(id):
		r.problem(path, "%q is no service principal such as lambda.amazonaws.com", id)
	}
}

// opaqueMark begins a value that only AWS knows, in policies that come from templates.
const opaqueMark = '⟨'

// isPrincipalID says whether id is a unique id, to which IAM turns the ARN of a principal
// that was deleted (IAM User Guide, "IAM identifiers").
func isPrincipalID(id string) bool {
	return len(id) > 16 && (strings.HasPrefix(id, "AROA") || strings.HasPrefix(id, "AIDA"))
}

func (r *reader) condition(path string, value any) Condition {
	if value == nil {
		return nil
	}
	operators, ok := value.(map[string]any)
	if !ok {
		r.problem(path, "want an object of operators; got %s", describe(value))
		return nil
	}
	if len(operators) == 0 {
		return nil
	}
	out := make(Condition, len(operators))
	for _, name := range sortedKeys(operators) {
		op, known := parseOperator(name)
		if !known {
			r.problem(path, "unknown operator %q%s", name, didYouMean(nearestOperator(name)))
		}
		keys, ok := operators[name].(map[string]any)
		if !ok || len(keys) == 0 {
			r.problem(path+"."+name, "want an object of condition keys; got %s", describe(operators[name]))
			continue
		}
		out[name] = make(map[string][]string, len(keys))
		spelled := map[string]string{}
		for _, key := range sortedKeys(keys) {
			if other := spelled[strings.ToLower(key)]; other != "" {
				r.problem(path+"."+name, "%q and %q are one key, whose names have no case: keep one", other, key)
			}
			spelled[strings.ToLower(key)] = key
			at := path + "." + name + "." + key
			out[name][key] = r.values(at, keys[key])
			if known {
				r.checkValues(at, op, out[name][key])
			}
		}
	}
	return out
}

// values of a condition may also be numbers and booleans.
func (r *reader) values(path string, value any) []string {
	items, ok := value.([]any)
	if !ok {
		items = []any{value}
	}
	if len(items) == 0 {
		r.problem(path, "an empty list matches nothing: name at least one value")
	}
	out := make([]string, 0, len(items))
	for _, item := range items {
		switch v := item.(type) {
		case string:
			r.controlCharacters(path, v)
			out = append(out, v)
		case bool:
			out = append(out, strconv.FormatBool(v))
		case fmt.Stringer: // json.Number
			out = append(out, v.String())
		case float64:
			out = append(out, strconv.FormatFloat(v, 'f', -1, 64))
		default:
			r.problem(path, "want a string, number or boolean; got %s", describe(item))
		}
	}
	return out
}

func (r *reader) checkValues(path string, op operator, values []string) {
	valid, wants := op.valid, op.wants
	if op.base == nullOperator {
		valid, wants = isBool, "true or false"
	}
	for _, v := range values {
		if valid != nil && !valid(v) && !(op.variables && strings.Contains(v, "${")) {
			r.problem(path, "value %q: want %s", v, wants)
		}
	}
}

func nearestOperator(name string) string {
	flat := strings.ToLower(strings.ReplaceAll(name, " ", ""))
	for base := range comparisons {
		for _, prefix := range []string{"", "ForAllValues:", "ForAnyValue:"} {
			for _, suffix := range []string{"", "IfExists"} {
				if full := prefix + base + suffix; strings.EqualFold(full, flat) || strings.EqualFold(full, flat+"s") {
					return full
				}
			}
		}
	}
	return ""
}

func didYouMean(name string) string {
	if name == "" {
		return ""
	}
	return ": did you mean " + name + "?"
}

// checkStatement holds a statement against the Service Authorization Reference.
func (r *reader) checkStatement(path string, s Statement, version string) {
	if s.NotPrincipal != nil && s.Effect == Allow {
		// IAM User Guide, "AWS JSON policy elements: NotPrincipal".
		r.problem(path+".NotPrincipal", "is supported with \"Effect\": \"Deny\" alone, with Allow it would let in everyone else: name the principals")
	}
	for _, element := range []struct {
		name     string
		patterns []string
	}{{"Action", s.Action}, {"NotAction", s.NotAction}} {
		for i, p := range element.patterns {
			r.checkAction(fmt.Sprintf("%s.%s[%d]", path, element.name, i), p)
		}
	}
	for _, element := range []struct {
		name     string
		patterns []string
	}{{"Resource", s.Resource}, {"NotResource", s.NotResource}} {
		for i, p := range element.patterns {
			at := fmt.Sprintf("%s.%s[%d]", path, element.name, i)
			r.checkResource(at, p)
			r.checkVariables(at, p, version)
		}
	}
	for _, name := range sortedKeys(s.Condition) {
		for _, key := range sortedKeys(s.Condition[name]) {
			at := path + ".Condition." + name + "." + key
			r.checkKey(at, name, key, s)
			for _, v := range s.Condition[name][key] {
				r.checkVariables(at, v, version)
			}
		}
	}
}

func (r *reader) checkAction(path, pattern string) {
	service, name, found := strings.Cut(pattern, ":")
	switch {
	case pattern == "*" || pattern == "*:*" || pattern == "":
	case !found || service == "" || name == "":
		r.problem(path, "%q: an action is <service>:<name>, such as dynamodb:GetItem, or *", pattern)
	case strings.ContainsFunc(service, func(c rune) bool { return !isWordCharacter(c) && c != '-' }):
		r.problem(path, "%q: the service before the colon has letters, digits and hyphens, no wildcards", pattern)
	case strings.ContainsFunc(name, func(c rune) bool { return !isWordCharacter(c) && c != '*' && c != '?' }):
		r.problem(path, "%q: the name of an action has letters, digits, * and ?", pattern)
	}
}

func isWordCharacter(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func (r *reader) checkResource(path, pattern string) {
	if pattern == "*" || strings.HasPrefix(pattern, "execute-api:/") || strings.ContainsRune(pattern, opaqueMark) || pattern == "" {
		return
	}
	parts := strings.SplitN(pattern, ":", arnComponents)
	if len(parts) < 2 || parts[0] != "arn" {
		r.problem(path, "%q: a resource is an ARN or *", pattern)
		return
	}
	if len(parts) < 3 || strings.ContainsAny(parts[2], "*?") {
		r.problem(path, "%q: the service of an ARN cannot have wildcards: name it", pattern)
	}
	// IAM User Guide, "IAM policy elements: Variables and tags".
	if len(parts) > 1 && slices.ContainsFunc(parts[:min(len(parts), arnComponents)-1], func(p string) bool { return strings.Contains(p, "${") }) {
		r.problem(path, "%q: a policy variable stands after the fifth colon of an ARN only", pattern)
	}
}

func (r *reader) checkVariables(path, s, version string) {
	if version != Version {
		return
	}
	for {
		_, v, after, found, wellFormed := nextVariable(s)
		switch {
		case !found:
			return
		case !wellFormed:
			r.problem(path, "%q: a policy variable is ${key} or ${key, 'default'}", s)
			return
		case v.literal == 0 && !isVariableKey(v.key):
			r.problem(path, "%q: no request carries %q%s", s, v.key, didYouMean(NearestKey(v.key)))
		case isMultiValued(v.key):
			r.problem(path, "%q: %s can have several values, which a policy variable cannot", s, v.key)
		}
		s = after
	}
}

func isVariableKey(key string) bool { return knownKey(key) || isProviderKey(key) }

// isProviderKey says whether a key is a claim of an identity provider, such as
// id.example.com:sub, or of a SAML assertion (IAM User Guide, "Available keys for AWS web
// identity federation").
func isProviderKey(key string) bool {
	provider, claim, found := strings.Cut(key, ":")
	return found && claim != "" && (provider == "saml" || strings.Contains(provider, ".")) && !strings.ContainsAny(key, " \t")
}

// checkKey refuses a condition key that does not exist, that none of the statement's
// actions carries, or that the operator cannot compare.
func (r *reader) checkKey(path, operatorName, key string, s Statement) {
	if isProviderKey(key) {
		return
	}
	spec, known := LookupKey(key)
	if !known {
		r.problem(path, "condition key %q does not exist, so AWS never finds it in a request%s", key, didYouMean(NearestKey(key)))
		return
	}
	op, ok := parseOperator(operatorName)
	if ok && !op.compares(spec.Type) {
		r.problem(path, "operator %s cannot compare %s, whose type is %s", operatorName, key, spec.Type)
	}
	if !spec.Global && !slices.ContainsFunc(s.Action, func(p string) bool { return mayCarry(p, key) }) && len(s.NotAction) == 0 {
		r.problem(path, "none of the actions carries the condition key %q, so the condition never sees a value: remove it, or name actions that carry it", key)
	}
}

// mayCarry is true for a pattern with an action that carries the key, or with one that the
// reference does not know.
func mayCarry(pattern, key string) bool {
	if pattern == "*" || pattern == "*:*" {
		return true
	}
	actions := ExpandAction(pattern)
	return len(actions) == 0 || slices.ContainsFunc(actions, func(a *ActionSpec) bool { return a.Carries(key) })
}
