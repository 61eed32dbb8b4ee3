package prove

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
)

// maxExamples is how many assets of one statement are listed; the rest is counted.
const maxExamples = 3

// principals checks what each tenant's roles and users may do. The platform's own are
// trusted; who can become them is checked with their trust policies.
func (m *model) checkPrincipals() {
	for _, p := range m.principals {
		if p.owner == "" {
			continue
		}
		for _, arn := range p.managed {
			m.find(Finding{
				Rule: NotUnderstood, Principal: p.arn, Owner: p.owner, Place: p.place,
				Message: fmt.Sprintf("the managed policy %s is attached, and what it allows is not in the templates", arn),
				Fix:     "write what the role needs as statements of its own",
			})
		}
		for i := range p.policies {
			for j := range p.policies[i].document.Statement {
				m.statement(p, &p.policies[i], j)
			}
		}
	}
}

// statement checks one Allow statement of a tenant's principal. Denials, boundaries and
// service control policies can only take away, so ignoring them is safe.
func (m *model) statement(p *principal, policy *attached, index int) {
	s := &policy.document.Statement[index]
	m.report.Statements++
	if s.Effect != iam.Allow {
		return
	}
	c := &check{
		model: m, principal: p, statement: s, own: m.own[p.owner], actions: m.actionsOf(s),
		variables: policy.document.Version == iam.Version, place: statementPlace(policy.place, index, s.Sid),
	}
	resources := s.Resource
	if len(s.NotResource) > 0 {
		resources = []string{"*"}
	}
	for _, resource := range resources {
		c.resource(compile(resource, c.variables))
	}
	c.done()
}

func statementPlace(place Place, index int, sid string) Place {
	place.Path = fmt.Sprintf("%s.Statement[%d]", place.Path, index)
	place.Sid = sid
	return place
}

// check of one statement.
type check struct {
	*model
	principal *principal
	statement *iam.Statement
	own       *holdings
	actions   *actionSet
	variables bool
	place     Place
	findings  []Finding
	more      int
	seen      map[string]bool
	// assumes are the assumptions that the statement rests on.
	assumes []string
}

// resource checks one pattern of a Resource element: everything that it names has to be the
// tenant's own, or to be out of reach of the actions under the condition.
func (c *check) resource(r pattern) {
	c.escalation(r)
	if c.own.covers(r) {
		if part := c.own.part(r); part != nil {
			c.partOfShared(r)
		}
		return
	}
	if r.everything() {
		c.accountWide()
	}
	for _, action := range c.actions.unknown {
		c.find(Finding{
			Rule: NotUnderstood, Actions: []string{action},
			Message: fmt.Sprintf("the action %s is not in the Service Authorization Reference of %s, so what it reaches on %s is not known", action, iam.ReferenceDate(), r.source),
			Fix:     "correct the action" + meant(action) + ", or limit it to resources of the tenant's own",
		})
	}
	if len(c.actions.actions) == 0 {
		return
	}
	before, declared := len(c.findings), false
	c.assets.meeting(r, func(x *asset) bool {
		declared = declared || !x.namespace && x.arn.covers(r)
		c.asset(r, x)
		return true
	})
	if len(c.findings) == before && !declared && !c.isTrusted(r) {
		c.undeclared(r)
	}
}

// isTrusted says whether the file of owners lists a resource outside of the templates.
func (m *model) isTrusted(r pattern) bool {
	return slices.ContainsFunc(m.trusted, func(t pattern) bool { return t.covers(r) })
}

// meant is the action that was probably meant, for a sentence.
func meant(action string) string {
	if nearest := iam.NearestAction(action); nearest != "" {
		return " (did you mean " + nearest + "?)"
	}
	return ""
}

// escalation checks actions that would let the principal change its own rights.
func (c *check) escalation(r pattern) {
	var names []string
	for _, a := range c.actions.actions {
		if escalates(a) && !c.accepted(a) {
			names = append(names, a.String())
		}
	}
	if len(names) == 0 {
		return
	}
	c.find(Finding{
		Rule: CrossTenant, Actions: names,
		Request: &iam.Request{Principal: c.principal.arn, Action: names[0], Resource: readable(r.example())},
		Message: fmt.Sprintf("%s on %s, by which it could give itself any right", list(names, 4), r.source),
		Fix:     "remove the actions: rights are given by the platform's stacks alone",
	})
}

// asset checks one asset that is not the principal's own.
func (c *check) asset(r pattern, x *asset) {
	if x.Owner == c.principal.owner && !x.namespace {
		return
	}
	witness, meets := intersect(r, x.arn)
	if !meets {
		return
	}
	possible := c.possible(x)
	if len(possible) == 0 {
		return
	}
	if len(c.findings) >= maxExamples {
		c.more++
		return
	}
	if c.ownName(witness) {
		witness = c.foreign(r, x, witness)
	}
	c.reached(r, x, witness, possible)
}

// ownName says whether a string out of the names of all tenants is the principal's own.
func (c *check) ownName(witness string) bool {
	p := compile(witness, false)
	return c.own.covers(p)
}

// possible are the actions of the statement that act on the asset and that the condition
// does not keep to the principal's own part.
func (c *check) possible(x *asset) []*iam.ActionSpec {
	var possible []*iam.ActionSpec
	for _, a := range c.actions.actions {
		if isHarmless(a) || !c.concerns(a, x) || c.accepted(a) || c.confined(a, x) {
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
func (c *check) confined(a *iam.ActionSpec, x *asset) bool {
	for _, part := range c.sharedParts(x) {
		own := part.values[c.principal.owner]
		if x.service == "dynamodb" && part.attribute != "" && x.partitionKey != part.attribute {
			continue
		}
		if len(own) > 0 && a.Carries(part.key) && (x.service != "dynamodb" || x.split) &&
			confines(c.statement.Condition, part.key, own, part.multiValue, c.variables) {
			return true
		}
	}
	return false
}

// sharedParts are the shared resources that an asset is, or is an index of.
func (c *check) sharedParts(x *asset) []sharedPart {
	target := x.arn
	if table, _, isIndex := strings.Cut(x.Arn, "/index/"); isIndex && x.service == "dynamodb" {
		target = compile(table, false)
	}
	var parts []sharedPart
	for _, part := range c.shared {
		if part.resource.covers(target) {
			parts = append(parts, part)
		}
	}
	return parts
}

func (c *check) reached(r pattern, x *asset, witness string, possible []*iam.ActionSpec) {
	names := make([]string, 0, len(possible))
	for _, a := range possible {
		names = append(names, a.String())
	}
	f := Finding{Rule: CrossTenant, Actions: names, Asset: &x.Asset, Victims: c.victims(x, witness)}
	f.Request, f.Confirmed = c.example(possible, x, witness)
	f.Message = fmt.Sprintf("%s on %s", list(names, 4), c.whose(x, witness))
	f.Fix = c.fix(r, x, possible)
	c.find(f)
}

// whose says what an asset is, in a sentence.
func (c *check) whose(x *asset, witness string) string {
	switch {
	case x.namespace:
		return fmt.Sprintf("what another tenant can be named, such as %s", readable(witness))
	case x.Owner == "" && x.split:
		return fmt.Sprintf("rows of every tenant in %s %s", x.Kind, x.Arn)
	case x.Owner == "":
		return fmt.Sprintf("%s %s of the platform, which serves every tenant", x.Kind, x.Arn)
	default:
		return fmt.Sprintf("%s %s of tenant %s", x.Kind, x.Arn, x.Owner)
	}
}

func readable(witness string) string { return strings.ReplaceAll(witness, unnamed, "anything") }

func (c *check) victims(x *asset, witness string) []string {
	if x.Owner != "" {
		return []string{x.Owner}
	}
	var out []string
	w := compile(witness, false)
	for _, t := range c.ownership.Tenants {
		if t.ID != c.principal.owner && x.namespace && c.model.own[t.ID].covers(w) {
			out = append(out, t.ID)
		}
	}
	return out
}

// accountWide checks actions that name no resource.
func (c *check) accountWide() {
	var names []string
	for _, a := range c.actions.accountWide {
		if !isHarmless(a) && !c.accepted(a) {
			names = append(names, a.String())
		}
	}
	if len(names) == 0 {
		return
	}
	c.find(Finding{
		Rule: CrossTenant, Actions: names,
		Request: &iam.Request{Principal: c.principal.arn, Action: names[0], Resource: "*"}, Confirmed: c.confirm(names[0], "*", nil),
		Message: fmt.Sprintf("%s, which concern everything in the account", list(names, 4)),
		Fix:     "remove the actions, or accept them in the file of owners with a reason",
	})
}

// undeclared checks a pattern that names resources which no template declares as the
// tenant's. What no tenant owns is the platform's, or somebody's who has nothing to do with it.
func (c *check) undeclared(r pattern) {
	for _, a := range c.actions.actions {
		if isHarmless(a) || c.accepted(a) {
			continue
		}
		for _, use := range a.Resources {
			for _, form := range c.forms(use.Type) {
				witness, meets := intersect(r, form)
				if !meets {
					continue
				}
				c.find(Finding{
					Rule: CrossTenant, Actions: []string{a.String()},
					Asset:   &Asset{Kind: use.Type.Name, Arn: form.source},
					Request: &iam.Request{Principal: c.principal.arn, Action: a.String(), Resource: readable(witness)},
					Message: fmt.Sprintf("%s on %s, a %s that no template declares as the tenant's", a, r.source, use.Type.Name),
					Fix:     "name resources of the tenant's own stack, or list it under trusted in the file of owners",
				})
				return
			}
		}
	}
}

func (c *check) find(f Finding) {
	f.Principal, f.Owner, f.Place = c.principal.arn, c.principal.owner, c.place
	id := string(f.Rule) + f.Message
	if c.seen == nil {
		c.seen = map[string]bool{}
	}
	if !c.seen[id] {
		c.seen[id] = true
		c.findings = append(c.findings, f)
	}
}

func (c *check) done() {
	if len(c.findings) > 0 {
		c.findings[len(c.findings)-1].More = c.more
	}
	c.report.Findings = append(c.report.Findings, c.findings...)
}

func (c *check) fix(r pattern, x *asset, possible []*iam.ActionSpec) string {
	if parts := c.sharedParts(x); len(parts) > 0 {
		part, own := parts[0], []string{}
		for _, v := range part.values[c.principal.owner] {
			own = append(own, v.source)
		}
		i := slices.IndexFunc(possible, func(a *iam.ActionSpec) bool { return !a.Carries(part.key) })
		if i >= 0 {
			return fmt.Sprintf("remove %s: its requests carry no %s, so no condition can tell the tenants apart", possible[i], part.key)
		}
		return fmt.Sprintf("limit %s to %s, with ForAllValues:StringEquals, Null \"false\" and ForAnyValue:StringLike \"*\"", part.key, strings.Join(own, ", "))
	}
	return fmt.Sprintf("narrow %q to resources of tenant %s, or remove the statement", r.source, c.principal.owner)
}

// list names the first most of several.
func list(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more actions", strings.Join(names[:most], ", "), len(names)-most)
}
