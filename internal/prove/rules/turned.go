package rules

import (
	"fmt"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// turned proves a part of T3: what is the tenant's own cannot be turned on what is another's. An action that names
// others in its request, such as the target of a rule or the origin of a distribution, has AWS act on these
// with rights that are not the tenant's, so not even an own resource may be given for it. To pass a role is judged
// by the role.
func (k *check) turned(r pattern.Pattern) {
	var names []string
	for _, a := range k.actionSet.actions {
		if a.NamesOthers() && a.String() != "iam:PassRole" && !escalates(a) && !k.accepted.action(a, k.place) &&
			k.actions.mayActOn(a, r) {
			names = append(names, a.String())
		}
	}
	if len(names) == 0 {
		return
	}
	k.find(report.Finding{
		Rule: report.CrossTenant, Actions: names, Asset: &facts.Asset{Kind: "own resource", Owner: k.owner, Arn: r.Source},
		Request: &iam.Request{Principal: k.principal.Arn, Action: names[0], Resource: pattern.Readable(r.Example())},
		Message: fmt.Sprintf(
			"%s on %s, which can turn what is the tenant's own on what is another's: the request names other resources",
			list(names, 4),
			r.Source,
		),
		Fix: "remove the actions: how resources are configured is for the stacks alone",
	})
}

// mayActOn says whether an action has a resource type that a pattern can name.
func (t *actionTables) mayActOn(a *iam.ActionSpec, r pattern.Pattern) bool {
	for _, use := range a.Resources {
		for _, form := range t.forms(use.Type) {
			if _, meets := pattern.Intersect(r, form); meets {
				return true
			}
		}
	}
	return false
}
