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

// roles proves T5: what a tenant's stack declares runs with roles of the tenant's alone.
func (c *Case) roles() {
	for i := range c.Roles {
		use := &c.Roles[i]
		owner := c.own.Of(use.Place)
		if owner == "" {
			continue
		}
		p := c.own.Principal(use.Role)
		if !facts.IsRoleArn(use.Role) && !strings.Contains(use.Role, pattern.OpenMark) {
			// A bare name is a role's of the account.
			p = c.own.RoleNamed(use.Account, facts.LastName(use.Role))
		}
		switch {
		case p == nil && !slices.Contains(c.own.Trusted, use.Role):
			c.find(report.Finding{
				Rule: report.NotUnderstood, Principal: use.Role, Owner: owner, Place: use.Place,
				Message: fmt.Sprintf(
					"runs with the role %s, which no template declares, so what it may do is not known",
					use.Role,
				),
				Fix: "use a role of the stack, or list this one under trusted in the file of owners",
			})
		case p != nil && c.own.Of(p.Place) != owner:
			of := c.own.Of(p.Place)
			c.find(report.Finding{
				Rule: report.BorrowedRole, Principal: use.Role, Owner: owner, Place: use.Place, Victims: victimsOf(of),
				Message: fmt.Sprintf(
					"runs with the role %s of %s, so code of tenant %s has all that the role may do",
					use.Role,
					owners.NameOf(of),
					owner,
				),
				Fix: "use a role of the tenant's own stack",
			})
		}
	}
}

// classify finds roles of a tenant that only the platform, or only its code, can assume.
func (c *Case) classify() {
	for _, p := range c.Principals {
		if p.Trust == nil || len(p.Trust.Document.Statement) == 0 {
			continue
		}
		c.runByPlatform[p] = !slices.ContainsFunc(p.Trust.Document.Statement, func(s iam.Statement) bool {
			return s.Effect == iam.Allow && !c.onlyPlatform(&s)
		})
	}
	c.classifyIndexers()
}

// classifyIndexers finds the roles that only code of the platform's has, although it runs in
// a tenant's stack: Lambda alone may assume them, for one function.
func (c *Case) classifyIndexers() {
	for _, x := range c.own.Indexers {
		f := c.Functions[x.Stack+"/"+x.Function]
		if f == nil {
			continue
		}
		p := c.own.Principal(f.Role)
		if p == nil || p.Place.Stack != x.Stack || p.Place.LogicalID != x.Role || p.Trust == nil {
			continue
		}
		c.indexers[p] = !slices.ContainsFunc(p.Trust.Document.Statement, func(s iam.Statement) bool {
			return s.Effect == iam.Allow &&
				(s.NotPrincipal != nil || len(s.Principal) != 1 || !slices.Equal(s.Principal["Service"], []string{"lambda.amazonaws.com"}))
		}) && !slices.ContainsFunc(c.Roles, func(u facts.RoleUse) bool {
			return u.Role == p.Arn && (u.Place.Stack != x.Stack || u.Place.LogicalID != x.Function)
		})
	}
}

func (c *Case) onlyPlatform(s *iam.Statement) bool {
	if s.NotPrincipal != nil || len(s.Principal) != 1 {
		return false
	}
	return !slices.ContainsFunc(s.Principal["AWS"], func(id string) bool {
		p := c.own.Principal(id)
		return p == nil || c.own.Of(p.Place) != ""
	}) && len(s.Principal["AWS"]) > 0
}
