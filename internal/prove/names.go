package prove

import (
	"fmt"
	"slices"

	"github.com/tenantstack/tenantstack/internal/cfn"
)

// imports is how values that stacks export are found, for all stacks of an assembly.
func imports(assembly *cfn.Assembly) func(name string) (any, bool) {
	exports := map[string]any{}
	for i := range assembly.Stacks {
		s := &assembly.Stacks[i]
		if !slices.ContainsFunc(sortedKeys(s.Template.Outputs), func(name string) bool { return s.Template.Outputs[name].ExportName != nil }) {
			continue
		}
		// What cannot be resolved stays an import that no template tells.
		values, _ := cfn.NewResolver(s, cfn.Options{}).Exports()
		for name, value := range values {
			exports[name] = value
		}
	}
	return func(name string) (any, bool) {
		value, ok := exports[name]
		return value, ok
	}
}

// checkNames finds resources of a tenant with names among the platform's, such as that of a
// parameter which the platform's code would look up for another tenant.
func (m *model) checkNames(declared []*asset) {
	var reserved []pattern
	for _, name := range m.ownership.Reserved {
		reserved = append(reserved, compile(name, false))
	}
	if len(reserved) == 0 {
		return
	}
	own := map[string][]pattern{}
	for _, t := range m.ownership.Tenants {
		for _, namespace := range m.ownership.Namespaces {
			for _, name := range t.expand(namespace) {
				own[t.ID] = append(own[t.ID], compile(name, true))
			}
		}
		for _, arn := range t.Resources {
			own[t.ID] = append(own[t.ID], compile(arn, false))
		}
	}
	covers := func(patterns []pattern, p pattern) bool {
		return slices.ContainsFunc(patterns, func(c pattern) bool { return c.covers(p) })
	}
	for _, a := range declared {
		if a.Owner == "" || !a.arn.exact() || hasUnknown(a.arn) || !covers(reserved, a.arn) || covers(own[a.Owner], a.arn) {
			continue
		}
		m.find(Finding{
			Rule: Ambiguous, Owner: a.Owner, Place: a.Place, Asset: &a.Asset,
			Message: fmt.Sprintf("%s is a name of the platform's and not one of tenant %s's, so it can take the place of what is another's", a.Arn, a.Owner),
			Fix:     "begin the name with what is the tenant's own",
		})
	}
}
