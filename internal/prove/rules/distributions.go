package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// distributions proves T8: a tenant's distribution, which answers everyone, passes on only what belongs to the
// tenant, and keeps nothing that is meant for one caller.
func (c *Case) distributions() {
	for _, d := range c.Distributions {
		owner := c.own.Of(d.Place)
		if owner == "" {
			continue
		}
		private := map[string]bool{}
		for i := range d.Origins {
			private[d.Origins[i].ID] = c.origin(&d.Origins[i], owner)
		}
		for id, members := range d.Groups {
			// Another origin answers where the first one fails.
			private[id] = slices.ContainsFunc(members, func(member string) bool { return private[member] })
		}
		for i := range d.Behaviors {
			b := &d.Behaviors[i]
			keeps, known := private[b.Target]
			if !known {
				c.find(report.Finding{
					Rule: report.NotUnderstood, Owner: owner, Place: b.Place,
					Message: fmt.Sprintf(
						"the behavior passes requests to %q, which is no origin of the distribution",
						b.Target,
					), Fix: "name an origin",
				})
			}
			if keeps {
				c.cached(b, owner)
			}
		}
	}
}

// isOwnMark says whether a value that only AWS knows is of a resource of the owner.
func (c *Case) isOwnMark(m *facts.Mark, owner string) bool {
	if m == nil || m.Stack == "" {
		return false
	}
	of, known := c.own.OfMark(m)
	return known && of == owner
}

// origin checks where a distribution passes requests on to. It says whether what the origin
// answers depends on who asks.
func (c *Case) origin(o *facts.Origin, owner string) (private bool) {
	if o.Identity != "" && !c.isOwnMark(o.IdentityMark, owner) {
		c.find(report.Finding{
			Rule: report.CrossTenant, Owner: owner, Place: o.Place, Asset: &facts.Asset{Kind: "origin access identity", Arn: o.Identity},
			Message: fmt.Sprintf(
				"the distribution reads with the origin access identity %s, which is not tenant %s's",
				pattern.Readable(o.Identity),
				owner,
			),
			Fix: "use an origin access identity of the tenant's own stack",
		})
	}
	if slices.Contains(o.Headers, "authorization") {
		c.find(report.Finding{
			Rule: report.OpenMethod, Owner: owner, Place: o.Place, Principal: "*",
			Message: fmt.Sprintf(
				"the distribution sends a token of its own to %s, in place of the caller's, so everyone is let in with it",
				pattern.Readable(o.DomainName),
			),
			Fix: "remove Authorization from OriginCustomHeaders",
		})
	}
	switch {
	case o.Bucket != "":
		// Whose bucket it is, references finds. What CloudFront does not sign, callers do.
		return o.Identity == "" && !c.signs(o.AccessControl)
	case c.isOwnMark(o.Mark, owner) || c.own.IsTrusted(pattern.Exactly(o.DomainName, false)):
		// Another distribution or another name of the API may be in front of what lets callers in.
		return true
	case o.API != "":
		c.notOwnOrigin(report.CrossTenant, o, owner, "is an API that is not tenant "+owner+"'s")
	case o.PathStyle:
		c.notOwnOrigin(report.NotUnderstood, o, owner, "may be any bucket")
	default:
		c.notOwnOrigin(
			report.NotUnderstood,
			o,
			owner,
			"is no resource of tenant "+owner+"'s stack, so requests and what is signed in them leave it",
		)
	}
	return false
}

func (c *Case) notOwnOrigin(rule report.Rule, o *facts.Origin, owner, message string) {
	c.find(report.Finding{
		Rule: rule, Owner: owner, Place: o.Place, Asset: &facts.Asset{Kind: "origin", Arn: o.DomainName},
		Message: fmt.Sprintf("the origin %s %s", pattern.Readable(o.DomainName), message),
		Fix:     "name a bucket or an API of the stack, or list the host name under trusted in the file of owners",
	})
}

// cachingDisabled is the managed policy of that name (Amazon CloudFront Developer Guide, "Use
// managed cache policies").
const cachingDisabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"

// cached finds a behavior that answers one caller with what another was told.
func (c *Case) cached(b *facts.Behavior, owner string) {
	policy := b.Legacy
	if b.CachePolicy != "" {
		policy = c.CachePolicies[b.CachePolicy]
	}
	if b.CachePolicy == cachingDisabled || policy.KeepsNothing || policy.PerCaller {
		return
	}
	c.find(report.Finding{
		Rule: report.OpenMethod, Owner: owner, Place: b.Place, Principal: "*",
		Message: "the distribution keeps answers that were meant for one caller, and gives them to whoever asks next, without the authorizer",
		Fix:     "use the cache policy CachingDisabled, or one with Authorization and all of the query string in its key",
	})
}

// signs says whether an origin access control signs every request. Of one that only a parameter tells, all those of the
// templates have to; one that is written out is nobody's who is known.
func (c *Case) signs(control string) bool {
	always, declared := c.Signs[control]
	switch {
	case declared:
		return always
	case !strings.Contains(control, pattern.OpenMark):
		return false
	}
	for _, always := range c.Signs {
		if !always {
			return false
		}
	}
	return true
}
