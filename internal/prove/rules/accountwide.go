package rules

import (
	"fmt"
	"strings"

	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// accountWide proves T14: what concerns a whole account and region, such as the role with which API Gateway writes logs, a
// policy of all log groups, a trail, a stream of all metrics or a rule of which requests are traced, is set by a tenant's
// stack only where no stack of anybody else is, planned or among the templates.
func (c *Case) accountWide() {
	for i := range c.Resources {
		r := &c.Resources[i]
		owner := c.own.Of(r.Place)
		if !r.AccountWide || owner == "" {
			continue
		}
		other, found := c.another(owner, r.Account)
		if !found {
			continue
		}
		of, _ := c.own.OfStack(other)
		c.find(report.Finding{
			Rule: report.CrossTenant, Owner: owner, Place: r.Place, Victims: victimsOf(of),
			Message: fmt.Sprintf(
				"%s %s concerns everything in account %s, where %s of %s is too",
				r.Type,
				r.Place.LogicalID,
				r.Account,
				other,
				owners.NameOf(of),
			),
			Fix: "declare it in a stack of the platform",
		})
	}
}

// another is a stack in an account that is not the owner's.
func (c *Case) another(owner, account string) (stack string, found bool) {
	for i := range c.own.Planned {
		p := &c.own.Planned[i]
		if of, _ := c.own.OfStack(p.Stack); of != owner && strings.HasPrefix(p.Environment, "aws://"+account+"/") {
			return p.Stack, true
		}
	}
	for _, s := range c.Stacks {
		// An account that the template does not say can be any.
		if of, _ := c.own.OfStack(s.Name); of != owner &&
			(s.Account == account || s.Account == "" || !facts.IsAccount(account)) {
			return s.Name, true
		}
	}
	return "", false
}
