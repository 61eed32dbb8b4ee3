package iam

import (
	"maps"
	"slices"
	"strings"
)

// holds evaluates every operator and key, and returns what failed. Nothing failed: the
// condition holds.
func (c Condition) holds(context Context, variables bool) []Failure {
	var failures []Failure
	for _, name := range sortedKeys(c) {
		op, known := parseOperator(name)
		for _, key := range sortedKeys(c[name]) {
			want := c[name][key]
			if known && op.holds(key, want, context, variables) {
				continue
			}
			have, present := context.Get(key)
			failures = append(failures, Failure{Element: "Condition", Operator: name, Key: key, Want: want, Have: have, Absent: !present})
		}
	}
	return failures
}

func sortedKeys[V any](m map[string]V) []string {
	if len(m) == 1 {
		for key := range m {
			return []string{key}
		}
	}
	return slices.Sorted(maps.Keys(m))
}

// holds decides one key of one operator (IAM User Guide, "Conditions with multiple context
// keys or values" and "Multivalued context keys"): the policy's values are alternatives, and
// of a negated operator none may match. ForAllValues is true for an absent key and for no
// values; ForAnyValue is false for both.
func (o operator) holds(key string, want []string, context Context, variables bool) bool {
	have, present := context.Get(key)
	if o.base == nullOperator {
		return o.holdsNull(want, len(have) > 0)
	}
	if !present {
		return o.ifExists || o.quantifier == forAllValues || o.quantifier == single && o.negated
	}
	values := o.policyValues(want, context, variables)
	matches := func(v string) bool {
		return slices.ContainsFunc(values, func(w string) bool { return o.match(w, v) }) != o.negated
	}
	switch o.quantifier {
	case forAllValues:
		return !slices.ContainsFunc(have, func(v string) bool { return !matches(v) })
	case forAnyValue:
		return slices.ContainsFunc(have, matches)
	default:
		return o.holdsSingle(have, matches)
	}
}

// holdsSingle compares a key without a quantifier. AWS leaves open what it does when the
// request carries several values then; they are refused.
func (o operator) holdsSingle(have []string, matches func(string) bool) bool {
	if len(have) == 0 {
		return o.negated
	}
	return len(have) == 1 && matches(have[0])
}

// holdsNull asks for presence: false is "the key exists and its value is not null" (IAM User
// Guide, "IAM JSON policy elements: Condition operators"). No values are null.
func (o operator) holdsNull(want []string, present bool) bool {
	return slices.ContainsFunc(want, func(w string) bool { return isBool(w) && strings.EqualFold(w, "true") != present })
}

// policyValues replaces variables. A value with a variable that the request does not carry
// matches nothing, so a negated comparison with it holds (IAM User Guide, "IAM policy
// elements: Variables and tags", "Policy variables with no value").
func (o operator) policyValues(want []string, context Context, variables bool) []string {
	if !variables || !o.variables {
		return want
	}
	values := make([]string, 0, len(want))
	for _, w := range want {
		value, ok := substitute(w, context, o.wildcards)
		if ok {
			values = append(values, value)
		}
	}
	return values
}
