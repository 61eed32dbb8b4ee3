package rules

import (
	"fmt"
	"slices"

	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// distinct proves T2: nothing is two tenants'.
func (c *Case) distinct() {
	for _, t := range c.own.Tenants {
		own := c.own.Own(t.ID)
		for _, p := range own.All() {
			if !p.HasUnknown() {
				c.alone(t.ID, own, p)
			}
		}
	}
}

// alone finds what somebody else owns of what a tenant does.
func (c *Case) alone(tenant string, own *owners.Holdings, p pattern.Pattern) {
	for x := range c.own.Assets.Meeting(p) {
		if x.Owner == tenant || x.Namespace || x.Pattern.HasUnknown() || x.Owner == "" && own.IsPart(p) {
			continue
		}
		witness, meets := pattern.Intersect(p, x.Pattern)
		if !meets {
			continue
		}
		if tenant < x.Owner || x.Owner == "" {
			c.find(report.Finding{
				Rule: report.Ambiguous, Owner: tenant, Place: x.Place, Asset: x, Victims: victimsOf(x.Owner),
				Message: fmt.Sprintf("%s is both tenant %s's and that of %s", pattern.Readable(witness), tenant, owners.NameOf(x.Owner)),
				Fix:     "name the resources so that each belongs to one tenant",
			})
		}
		return
	}
}

// names proves T12: no resource of a tenant has a name of the platform's, such as that of a
// parameter which the platform's code would look up for another tenant.
func (c *Case) names() {
	reserved := pattern.CompileAll(c.own.Reserved)
	if len(reserved) == 0 {
		return
	}
	own := map[string][]pattern.Pattern{}
	for i := range c.own.Tenants {
		t := &c.own.Tenants[i]
		own[t.ID] = c.own.NamesOf(t)
	}
	covers := func(patterns []pattern.Pattern, p pattern.Pattern) bool {
		return slices.ContainsFunc(patterns, func(name pattern.Pattern) bool { return name.Covers(p) })
	}
	for _, a := range c.own.Declared {
		if a.Owner == "" || !a.Pattern.Exact() || covers(own[a.Owner], a.Pattern) || !covers(reserved, a.Pattern) {
			continue
		}
		c.find(report.Finding{
			Rule: report.Ambiguous, Owner: a.Owner, Place: a.Place, Asset: a,
			Message: fmt.Sprintf("%s is a name of the platform's and not one of tenant %s's, so it can take the place of what is another's", a.Arn, a.Owner),
			Fix:     "begin the name with what is the tenant's own",
		})
	}
}

// accountWide proves T14: what concerns a whole account and region is set by a tenant's stack only where no
// other stack of the templates is.
func (c *Case) accountWide() {
	stacks := slices.Concat(c.Stacks, c.Absent)
	for i := range c.Resources {
		r := &c.Resources[i]
		owner := c.own.Of(r.Place)
		if !r.AccountWide || owner == "" {
			continue
		}
		other := slices.IndexFunc(stacks, func(s facts.Stack) bool {
			of, _ := c.own.OfStack(s.Name)
			return s.Account == r.Account && of != owner
		})
		if other < 0 {
			continue
		}
		of, _ := c.own.OfStack(stacks[other].Name)
		c.find(report.Finding{
			Rule: report.CrossTenant, Owner: owner, Place: r.Place, Victims: victimsOf(of),
			Message: fmt.Sprintf("%s %s concerns everything in account %s, where %s of %s is too", r.Type, r.Place.LogicalID, r.Account, stacks[other].Name, owners.NameOf(of)),
			Fix:     "declare it in a stack of the platform",
		})
	}
}
