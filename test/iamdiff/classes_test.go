package iamdiff

import (
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
)

// class of disagreements in which AWS's documentation decides for package iam; each has an
// entry in docs/aws-differences.md.
type class struct {
	name    string
	applies func(s sample, ours iam.Decision, theirs string) bool
}

var classes = []class{
	{"a list without a quantifier", func(s sample, _ iam.Decision, _ string) bool {
		return anyCondition(s, func(operator string, value any) bool {
			_, list := value.([]string)
			return list && !strings.Contains(operator, ":") && operator != "Null"
		})
	}},
	{"ForAnyValue with IfExists", func(s sample, _ iam.Decision, _ string) bool {
		return anyCondition(s, func(operator string, value any) bool {
			return value == nil && strings.HasPrefix(operator, "ForAnyValue:") && strings.HasSuffix(operator, "IfExists")
		})
	}},
	{"variables in version 2008-10-17", func(s sample, _ iam.Decision, _ string) bool {
		return strings.HasPrefix(s.Name, "variable ") && strings.HasSuffix(s.Name, iam.Version2008) && strings.Contains(s.Name, "${")
	}},
	{"special characters", func(s sample, _ iam.Decision, _ string) bool {
		return strings.HasPrefix(s.Name, "variable ") && (strings.Contains(s.Name, "${*}") || strings.Contains(s.Name, "${?}") || strings.Contains(s.Name, "${$}"))
	}},
	{"inverted operators and variables without a value", func(s sample, ours iam.Decision, _ string) bool {
		return strings.HasPrefix(s.Name, "variable StringNot") && strings.Contains(s.Name, "PrincipalTag/missing}") && ours.Result == iam.Allowed
	}},
	{"NotResource and variables without a value", func(s sample, ours iam.Decision, theirs string) bool {
		return ours.Result == iam.Allowed && theirs == string(iam.ImplicitlyDenied) && len(s.Policies.Identity) > 0 && slices.ContainsFunc(s.Policies.Identity[0].Statement[0].NotResource, func(p string) bool {
			return strings.Contains(p, "PrincipalTag/missing}")
		})
	}},
	{"an empty list is null", func(s sample, _ iam.Decision, _ string) bool {
		return anyCondition(s, func(operator string, value any) bool {
			list, ok := value.([]string)
			return ok && len(list) == 0 && operator == "Null"
		})
	}},
	{"the root user", func(s sample, ours iam.Decision, theirs string) bool {
		return s.Request.Principal == rootArn && ours.Result == iam.Allowed && theirs == string(iam.ImplicitlyDenied)
	}},
	{"a role without its trust policy", func(s sample, ours iam.Decision, _ string) bool {
		return s.Request.Action == "sts:AssumeRole" && s.Policies.Resource == nil && ours.Result == iam.ImplicitlyDenied
	}},
	{"NotPrincipal without the account", func(s sample, ours iam.Decision, theirs string) bool {
		if len(s.Policies.Resource) == 0 || ours.Result != iam.ExplicitlyDenied || theirs == string(iam.ExplicitlyDenied) {
			return false
		}
		spared := s.Policies.Resource[0].Statement[0].NotPrincipal["AWS"]
		both := slices.ContainsFunc(spared, isAccountID) && len(spared) > 1
		return len(spared) > 0 && (!both || s.Policies.Boundary != nil)
	}},
	{"session policies and direct grants", func(s sample, ours iam.Decision, theirs string) bool {
		if theirs != string(iam.ImplicitlyDenied) || s.Policies.Session == nil || len(s.Policies.Resource) == 0 || ours.Result != iam.Allowed {
			return false
		}
		principals := s.Policies.Resource[0].Statement[0].Principal["AWS"]
		return slices.Contains(principals, "*") || slices.Contains(principals, s.Request.Principal)
	}},
}

func isAccountID(id string) bool {
	return id == ownAccount || id == otherAccount || strings.HasSuffix(id, ":root")
}

// anyCondition asks about each operator of the identity policies with the request's value.
func anyCondition(s sample, ask func(operator string, value any) bool) bool {
	for _, d := range s.Policies.Identity {
		for _, statement := range d.Statement {
			for operator, keys := range statement.Condition {
				for key := range keys {
					if ask(operator, s.Request.Context[key]) {
						return true
					}
				}
			}
		}
	}
	return false
}

func classify(s sample, ours iam.Decision, theirs string) string {
	for _, c := range classes {
		if c.applies(s, ours, theirs) {
			return c.name
		}
	}
	return ""
}
