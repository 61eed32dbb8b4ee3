package rules

import (
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
)

// confines says whether a condition certainly lets through only requests in which the key
// is present, has a value, and has no value but own ones. Of all that a condition can say
// only these forms count (IAM User Guide, "Multivalued context keys"):
//
//   - all values are own ones: ForAllValues:StringEquals or StringLike, for a key with one
//     value StringEquals or StringLike, with nothing but own values;
//   - it is there: Null "false", or one of the other operators without IfExists;
//   - it is not empty: ForAnyValue with a positive operator; a key with one value never is.
//
// Other operators of the condition can only narrow it.
func confines(c iam.Condition, key string, own []pattern.Pattern, multiValued, variables bool) bool {
	var allOwn, present, notEmpty bool
	for operator, keys := range c {
		quantifier, base := splitOperator(operator)
		for name, values := range keys {
			if !strings.EqualFold(name, key) {
				continue
			}
			positive := base == "StringEquals" || base == "StringLike"
			switch {
			case base == "Null":
				present = present || onlyFalse(values)
			case !positive:
			case quantifier == "ForAllValues":
				allOwn = allOwn || ownValues(values, base, own, variables)
			case quantifier == "ForAnyValue":
				present, notEmpty = true, true
			case !multiValued:
				present, notEmpty = true, true
				allOwn = allOwn || ownValues(values, base, own, variables)
			}
		}
	}
	return allOwn && present && (notEmpty || !multiValued)
}

func splitOperator(name string) (quantifier, base string) {
	if quantifier, base, found := strings.Cut(name, ":"); found {
		return quantifier, base
	}
	return "", name
}

func onlyFalse(values []string) bool {
	return len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return !strings.EqualFold(v, "false") })
}

// ownValues says whether whatever a value of the policy matches is the tenant's own.
func ownValues(values []string, base string, own []pattern.Pattern, variables bool) bool {
	return len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool {
		p := pattern.Compile(v, variables)
		if base == "StringEquals" {
			p = pattern.Exactly(v, variables)
		}
		return !slices.ContainsFunc(own, func(o pattern.Pattern) bool { return o.Covers(p) })
	})
}
