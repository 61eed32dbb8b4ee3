package rules

import (
	"fmt"

	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// understood proves T1: the facts are all that the templates say. Whatever no declaration covers, in a tenant's
// stack or in the platform's, counts as reachable.
func (c *Case) understood() {
	for i := range c.Problems {
		p := &c.Problems[i]
		f := report.Finding{
			Rule: report.Unresolved, Owner: c.own.Of(p.Place), Place: p.Place, Message: p.Message,
			Fix: "mend the template: what cannot be resolved cannot be proved",
		}
		if p.InvalidPolicy {
			f.Rule, f.Fix = report.InvalidPolicy, "correct it: AWS refuses such a policy, or ignores the condition and leaves it open"
		}
		c.find(f)
	}
	c.unknown()
	c.stacks()
}

// unknown reports what no declaration covers: of a type that is not declared one finding a stack, with the number of
// its resources.
func (c *Case) unknown() {
	first := map[string]int{}
	for i := range c.Unknown {
		u := &c.Unknown[i]
		f := report.Finding{
			Rule:    report.NotUnderstood,
			Owner:   c.own.Of(u.Place),
			Place:   u.Place,
			Message: u.Message,
			Fix:     u.Fix,
		}
		if u.Place.Path != "" {
			c.find(f)
			continue
		}
		id := u.Place.Stack + " " + f.Owner + " " + u.Type
		before := len(c.report.Findings)
		if at, known := first[id]; !known {
			if c.find(f); len(c.report.Findings) > before {
				first[id] = before
			}
		} else if !c.accepted.covers(&f) {
			c.report.Findings[at].More++
		}
	}
}

// stacks finds what was left over from an earlier synthesis: a stack that has the name of a tenant's or a cell's
// and is neither. Whose it is, nothing says.
func (c *Case) stacks() {
	if len(c.own.Planned) == 0 {
		return
	}
	planned := map[string]bool{}
	for i := range c.own.Planned {
		planned[c.own.Planned[i].Stack] = true
	}
	for _, s := range c.Stacks {
		switch kind, id, found := c.own.StackOf(s.Name); {
		case planned[s.Name]:
		case found:
			c.find(report.Finding{
				Rule: report.NotUnderstood, Place: facts.Place{Stack: s.Name, File: s.File},
				Message: fmt.Sprintf(
					"the stack %s is among the templates, but there is no %s %s, so whose it is is not known",
					s.Name,
					kind,
					id,
				),
				Fix: "synthesize again; what was removed from tenants.yaml is deleted from AWS, and is not deployed any more",
			})
		default:
			c.report.Notes = append(
				c.report.Notes,
				fmt.Sprintf(
					"the stack %s is neither a tenant's nor a cell's: it counts as the platform's, which is trusted",
					s.Name,
				),
			)
		}
	}
}
