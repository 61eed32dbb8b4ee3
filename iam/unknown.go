package iam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// UnknownAction says what is wrong with an action that AWS does not have, or a pattern of an Action element that covers
// none, with the nearest one; it is empty of those that AWS has. AWS takes a policy with such an action, and it never
// matters; so a misspelled Deny denies nothing. Of a service of which this package knows the name alone
// (Services has the others) every action may exist.
func UnknownAction(pattern string) string {
	flat := strings.ToLower(pattern)
	prefix, name, ok := strings.Cut(flat, ":")
	switch {
	case !ok || strings.ContainsAny(prefix, "*?"):
		return ""
	case !KnownService(prefix):
		return fmt.Sprintf("%q: no service has the prefix %q (Service Authorization Reference of %s)%s", pattern, prefix, ReferenceDate(), meantInstead(flat))
	case referenceServices().described[prefix] == nil || len(ExpandAction(flat)) > 0:
		return ""
	case strings.ContainsAny(name, "*?"):
		return fmt.Sprintf("%q: it covers no action of %s (Service Authorization Reference of %s)", pattern, prefix, ReferenceDate())
	}
	return fmt.Sprintf("%q: %s has no such action (Service Authorization Reference of %s)%s", pattern, prefix, ReferenceDate(), meantInstead(flat))
}

// meantInstead names the action that is nearest to one that does not exist: of its service, or of the one
// that its prefix is nearest to; where none is near, the nearest all the same.
func meantInstead(flat string) string {
	prefix, name, _ := strings.Cut(flat, ":")
	if !KnownService(prefix) {
		index := referenceServices()
		services := append(slices.Clone(index.names), slices.Sorted(maps.Keys(index.others))...)
		if prefix = nearestWithin(prefix, services, 3); prefix == "" {
			return ""
		}
		flat = prefix + ":" + name
	}
	if spec, ok := LookupAction(flat); ok {
		return "; did you mean " + spec.String() + "?"
	}
	names := actionNames(prefix)
	if near := nearest(flat, names); near != "" {
		return "; did you mean " + near + "?"
	}
	if near := nearestWithin(flat, names, len(flat)); near != "" {
		return "; the nearest is " + near
	}
	return "; did you mean the service " + prefix + "?"
}

// UnknownActions are the actions of a document that AWS does not have: see UnknownAction.
func (d Document) UnknownActions() []Problem {
	var problems []Problem
	for i, s := range d.Statement {
		for _, element := range []struct {
			name     string
			patterns []string
		}{{"Action", s.Action}, {"NotAction", s.NotAction}} {
			for j, pattern := range element.patterns {
				if message := UnknownAction(pattern); message != "" {
					problems = append(problems, Problem{Path: fmt.Sprintf("Statement[%d].%s[%d]", i, element.name, j), Message: message})
				}
			}
		}
	}
	return problems
}
