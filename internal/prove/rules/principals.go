package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// maxExamples is how many assets of one statement are listed; the rest is counted.
const maxExamples = 3

// principals proves T3: no role or user of a tenant can reach what is not the tenant's own. The platform's own
// are trusted; who can become them is checked with their trust policies.
func (c *Case) principals() {
	for _, u := range c.own.Unattached {
		c.find(report.Finding{
			Rule: report.NotUnderstood, Owner: c.own.Of(u.Place), Principal: u.Name, Place: u.Place,
			Message: fmt.Sprintf(
				"the policy is attached to %s, which no template declares, so whose it is is not known",
				u.Name,
			),
			Fix: "attach it to a role of the stack",
		})
	}
	for _, p := range c.Principals {
		owner := c.own.Of(p.Place)
		if owner == "" {
			continue
		}
		for _, arn := range p.Managed {
			c.find(report.Finding{
				Rule: report.NotUnderstood, Principal: p.Arn, Owner: owner, Place: p.Place,
				Message: fmt.Sprintf("the managed policy %s is attached, and what it allows is not in the templates", arn),
				Fix:     "write what the role needs as statements of its own",
			})
		}
		for i := range p.Policies {
			for j := range p.Policies[i].Document.Statement {
				c.statement(p, owner, &p.Policies[i], j)
			}
		}
	}
}

// statement checks one Allow statement of a tenant's principal. Denials, boundaries and
// service control policies can only take away, so ignoring them is safe.
func (c *Case) statement(p *facts.Principal, owner string, policy *facts.Policy, index int) {
	s := &policy.Document.Statement[index]
	c.report.Statements++
	if s.Effect != iam.Allow {
		return
	}
	k := &check{
		Case: c, principal: p, owner: owner, statement: s, holds: c.own.Own(owner), actionSet: c.actions.of(s),
		variables: policy.Document.Version == iam.Version, place: statementPlace(policy.Place, index, s.Sid),
	}
	resources := s.Resource
	if len(s.NotResource) > 0 {
		resources = []string{"*"}
	}
	for _, resource := range resources {
		k.resource(pattern.Compile(resource, k.variables))
	}
	k.done()
}

func statementPlace(place facts.Place, index int, sid string) facts.Place {
	place.Path = fmt.Sprintf("%s.Statement[%d]", place.Path, index)
	place.Sid = sid
	return place
}

// check of one statement.
type check struct {
	*Case
	principal *facts.Principal
	owner     string
	statement *iam.Statement
	// holds is what the owner has.
	holds     *owners.Holdings
	actionSet *actionSet
	variables bool
	place     facts.Place
	findings  []report.Finding
	more      int
	seen      map[string]bool
	// reports are the resources of which an asset was reported.
	reports map[string]bool
	// assumes are the assumptions that the statement rests on.
	assumes []string
}

// resource checks one pattern of a Resource element: everything that it names has to be the
// tenant's own, or to be out of reach of the actions under the condition.
func (k *check) resource(r pattern.Pattern) {
	k.escalation(r)
	if k.holds.Covers(r) {
		k.turned(r)
		if part := k.holds.Part(r); part != nil {
			k.partOfShared(r)
		}
		return
	}
	if r.Everything() {
		k.accountWide()
	}
	for _, action := range k.actionSet.unknown {
		k.find(report.Finding{
			Rule: report.NotUnderstood, Actions: []string{action},
			Message: fmt.Sprintf(
				"the action %s is not in the Service Authorization Reference of %s, so what it reaches on %s is not known",
				action,
				iam.ReferenceDate(),
				r.Source,
			),
			Fix: "correct the action" + meant(action) + ", or limit it to resources of the tenant's own",
		})
	}
	if len(k.actionSet.actions) == 0 {
		return
	}
	if k.own.IsTrusted(r) {
		return // it is none of the templates
	}
	before, declared := len(k.findings), false
	var platforms []*facts.Asset
	for x := range k.own.Assets.Meeting(r) {
		declared = declared || !x.Namespace && x.Pattern.Covers(r)
		if x.Owner == "" {
			platforms = append(platforms, x)
		} else {
			k.asset(r, x)
		}
	}
	for _, x := range platforms {
		k.asset(r, x)
	}
	if len(k.findings) == before && !declared {
		k.undeclared(r)
	}
}

// meant is the action that was probably meant, for a sentence.
func meant(action string) string {
	if nearest := iam.NearestAction(action); nearest != "" {
		return " (did you mean " + nearest + "?)"
	}
	return ""
}

// escalation checks actions that would let the principal change its own rights.
func (k *check) escalation(r pattern.Pattern) {
	var names []string
	for _, a := range k.actionSet.actions {
		if escalates(a) && !k.accepted.action(a, k.place) {
			names = append(names, a.String())
		}
	}
	if len(names) == 0 {
		return
	}
	k.find(report.Finding{
		Rule: report.CrossTenant, Actions: names,
		Request: &iam.Request{Principal: k.principal.Arn, Action: names[0], Resource: pattern.Readable(r.Example())},
		Message: fmt.Sprintf("%s on %s, by which it could give itself any right", list(names, 4), r.Source),
		Fix:     "remove the actions: rights are given by the platform's stacks alone",
	})
}

// asset checks one asset that is not the principal's own.
func (k *check) asset(r pattern.Pattern, x *facts.Asset) {
	if x.Owner == k.owner && !x.Namespace {
		return
	}
	witness, meets := pattern.Intersect(r, x.Pattern)
	if !meets {
		return
	}
	possible := k.possible(x)
	if len(possible) == 0 {
		return
	}
	if id := x.Place.Resource(); !x.Namespace && x.Place.LogicalID != "" {
		if k.reports[id] {
			return // the same resource, by what is below it
		}
		if k.reports == nil {
			k.reports = map[string]bool{}
		}
		k.reports[id] = true
	}
	ways := 0
	for i := range k.findings {
		if k.findings[i].Rule == report.CrossTenant {
			ways++
		}
	}
	if ways >= maxExamples {
		k.more++
		return
	}
	if k.ownName(witness) {
		witness = k.foreign(r, x, witness)
	}
	k.reached(r, x, witness, possible)
}

// ownName says whether a string out of the names of all tenants is the principal's own.
func (k *check) ownName(witness string) bool {
	p := pattern.Compile(witness, false)
	return k.holds.Covers(p)
}

// possible are the actions of the statement that act on the asset and that the condition
// does not keep to the principal's own part.
func (k *check) possible(x *facts.Asset) []*iam.ActionSpec {
	var possible []*iam.ActionSpec
	for _, a := range k.actionSet.actions {
		if isHarmless(a) || !k.actions.concerns(a, x) || k.accepted.action(a, k.place) || k.confined(a, x) {
			continue
		}
		if x.Owner == "" && x.Kind == "parameter" && (a.Level == iam.LevelRead || a.Level == iam.LevelList) {
			// The platform's parameters are settings, no data of anybody.
			continue
		}
		possible = append(possible, a)
	}
	return possible
}

// confined says whether the condition keeps an action on a shared resource to the
// principal's own part of it.
func (k *check) confined(a *iam.ActionSpec, x *facts.Asset) bool {
	for _, part := range k.sharedParts(x) {
		own := part.Values[k.owner]
		if x.Service == "dynamodb" && part.Attribute != "" && x.PartitionKey != part.Attribute {
			continue
		}
		if len(own) > 0 && a.Carries(part.Key) && (x.Service != "dynamodb" || x.Split) &&
			confines(k.statement.Condition, part.Key, own, part.MultiValue, k.variables) {
			return true
		}
	}
	return false
}

// sharedParts are the shared resources that an asset is, or is an index of.
func (k *check) sharedParts(x *facts.Asset) []owners.Part {
	target := x.Pattern
	if table, _, isIndex := strings.Cut(x.Arn, "/index/"); isIndex && x.Service == "dynamodb" {
		target = pattern.Compile(table, false)
	}
	var parts []owners.Part
	for _, part := range k.own.Parts {
		if part.Resource.Covers(target) {
			parts = append(parts, part)
		}
	}
	return parts
}

func (k *check) reached(r pattern.Pattern, x *facts.Asset, witness string, possible []*iam.ActionSpec) {
	names := make([]string, 0, len(possible))
	for _, a := range possible {
		names = append(names, a.String())
	}
	f := report.Finding{Rule: report.CrossTenant, Actions: names, Asset: x, Victims: k.victims(x, witness)}
	f.Request, f.Confirmed = k.example(possible, x, witness)
	f.Message = fmt.Sprintf("%s on %s", list(names, 4), k.whose(x, witness))
	f.Fix = k.fix(r, x, possible)
	k.find(f)
}

// whose says what an asset is, in a sentence.
func (k *check) whose(x *facts.Asset, witness string) string {
	switch {
	case x.Namespace:
		return fmt.Sprintf("what another tenant can be named, such as %s", pattern.Readable(witness))
	case x.Owner == "" && x.Split:
		return fmt.Sprintf("rows of every tenant in %s %s", x.Kind, x.Arn)
	case x.Owner == "":
		return fmt.Sprintf("%s %s of the platform, which serves every tenant", x.Kind, x.Arn)
	default:
		return fmt.Sprintf("%s %s of tenant %s", x.Kind, x.Arn, x.Owner)
	}
}

func (k *check) victims(x *facts.Asset, witness string) []string {
	if x.Owner != "" {
		return []string{x.Owner}
	}
	var out []string
	w := pattern.Compile(witness, false)
	for _, t := range k.own.Tenants {
		if t.ID != k.owner && x.Namespace && k.own.Own(t.ID).Covers(w) {
			out = append(out, t.ID)
		}
	}
	return out
}

// accountWide checks actions that name no resource.
func (k *check) accountWide() {
	var names []string
	for _, a := range k.actionSet.accountWide {
		if !isHarmless(a) && !k.accepted.action(a, k.place) {
			names = append(names, a.String())
		}
	}
	if len(names) == 0 {
		return
	}
	k.find(report.Finding{
		Rule: report.CrossTenant, Actions: names,
		Request: &iam.Request{
			Principal: k.principal.Arn,
			Action:    names[0],
			Resource:  "*",
		}, Confirmed: k.confirm(names[0], "*", nil),
		Message: fmt.Sprintf("%s, which concern everything in the account", list(names, 4)),
		Fix:     "remove the actions, or accept them in the file of owners with a reason",
	})
}

// undeclared checks a pattern that names resources which no template declares as the
// tenant's. What no tenant owns is the platform's, or somebody's who has nothing to do with it.
func (k *check) undeclared(r pattern.Pattern) {
	for _, a := range k.actionSet.actions {
		if isHarmless(a) || k.accepted.action(a, k.place) {
			continue
		}
		for _, use := range a.Resources {
			for _, form := range k.actions.forms(use.Type) {
				witness, meets := pattern.Intersect(r, form)
				if !meets {
					continue
				}
				k.find(report.Finding{
					Rule: report.CrossTenant, Actions: []string{a.String()},
					Asset:   &facts.Asset{Kind: use.Type.Name, Arn: form.Source},
					Request: &iam.Request{Principal: k.principal.Arn, Action: a.String(), Resource: pattern.Readable(witness)},
					Message: fmt.Sprintf("%s on %s, a %s that no template declares as the tenant's", a, r.Source, use.Type.Name),
					Fix:     "name resources of the tenant's own stack, or list it under trusted in the file of owners",
				})
				return
			}
		}
	}
}

func (k *check) find(f report.Finding) {
	f.Principal, f.Owner, f.Place = k.principal.Arn, k.owner, k.place
	id := string(f.Rule) + f.Message
	if k.seen == nil {
		k.seen = map[string]bool{}
	}
	if !k.seen[id] {
		k.seen[id] = true
		k.findings = append(k.findings, f)
	}
}

func (k *check) done() {
	if len(k.findings) > 0 {
		k.findings[len(k.findings)-1].More = k.more
	}
	for _, f := range k.findings {
		k.Case.find(f)
	}
}

func (k *check) fix(r pattern.Pattern, x *facts.Asset, possible []*iam.ActionSpec) string {
	if parts := k.sharedParts(x); len(parts) > 0 {
		part, own := parts[0], []string{}
		for _, v := range part.Values[k.owner] {
			own = append(own, v.Source)
		}
		i := slices.IndexFunc(possible, func(a *iam.ActionSpec) bool { return !a.Carries(part.Key) })
		if i >= 0 {
			return fmt.Sprintf(
				"remove %s: its requests carry no %s, so no condition can tell the tenants apart",
				possible[i],
				part.Key,
			)
		}
		return fmt.Sprintf(
			"limit %s to %s, with ForAllValues:StringEquals, Null \"false\" and ForAnyValue:StringLike \"*\"",
			part.Key,
			strings.Join(own, ", "),
		)
	}
	return fmt.Sprintf("narrow %q to resources of tenant %s, or remove the statement", r.Source, k.owner)
}

// list names the first most of several.
func list(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more actions", strings.Join(names[:most], ", "), len(names)-most)
}
