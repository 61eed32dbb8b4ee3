package rules

import (
	"fmt"
	"slices"
	"strings"

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
				Message: fmt.Sprintf(
					"%s is both tenant %s's and that of %s",
					pattern.Readable(witness),
					tenant,
					owners.NameOf(x.Owner),
				),
				Fix: "name the resources so that each belongs to one tenant",
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
	planned := map[string]string{}
	for i := range c.own.Planned {
		for _, r := range c.own.Planned[i].Resources {
			planned[r.Arn] = c.own.Planned[i].Stack + "/" + r.LogicalID
		}
	}
	for _, a := range c.own.Declared {
		if planned[a.Arn] == a.Place.Resource() || strings.HasSuffix(a.Arn, "/*") || a.Owner == "" || !a.Pattern.Exact() || covers(own[a.Owner], a.Pattern) || !covers(reserved, a.Pattern) {
			continue
		}
		c.find(report.Finding{
			Rule: report.Ambiguous, Owner: a.Owner, Place: a.Place, Asset: a,
			Message: fmt.Sprintf(
				"%s is a name of the platform's and not one of tenant %s's, so it can take the place of what is another's",
				a.Arn,
				a.Owner,
			),
			Fix: "begin the name with what is the tenant's own",
		})
	}
}
