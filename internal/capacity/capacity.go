package capacity

import (
	"cmp"
	"slices"

	"github.com/tenantstack/tenantstack/plan"
)

// Place is what has a quota.
type Place struct {
	// Account of AWS, by id.
	Account string
	// Region of the account, for a quota that each has.
	Region string
	// Resource of the account, for a quota that each of a kind has.
	Resource string
}

// Use is how much of one quota the stacks of a tenants.yaml take at one place.
type Use struct {
	Quota Quota
	Place Place
	// Count of things in the stacks. What else is in the account is not known.
	Count int
}

// Count is what all stacks of a tenants.yaml take together, sorted by account, then in the order of Quotas. A cell counts
// whether tenants live in it or not, since its stack is deployed.
func Count(c *plan.Census) []Use {
	var uses []Use
	for _, q := range quotas {
		counts := map[Place]int{}
		for i := range c.Cells {
			counts[q.place(c.Cells[i].Environment, "")] += q.cell(&c.Cells[i])
		}
		for i := range c.Kinds {
			example, resource := &c.Kinds[i].Example, ""
			if q.of != nil {
				resource = q.of(example)
			}
			counts[q.place(example.Environment, resource)] += c.Kinds[i].Tenants * q.tenant(example)
		}
		for place, n := range counts {
			if n > 0 && (q.Scope != Resource || place.Resource != "") {
				uses = append(uses, Use{Quota: q, Place: place, Count: n})
			}
		}
	}
	slices.SortFunc(uses, func(a, b Use) int {
		return cmp.Or(cmp.Compare(a.Place.Account, b.Place.Account), cmp.Compare(index(a.Quota), index(b.Quota)),
			cmp.Compare(a.Place.Region, b.Place.Region), cmp.Compare(a.Place.Resource, b.Place.Resource))
	})
	return uses
}

// place that has the quota of what is in an environment.
func (q Quota) place(env plan.Environment, resource string) Place {
	p := Place{Account: env.Account}
	switch q.Scope {
	case Region:
		p.Region = env.Region
	case Resource:
		p.Resource = resource
	}
	return p
}

func index(q Quota) int {
	return slices.IndexFunc(quotas, func(other Quota) bool { return other.ID == q.ID })
}
