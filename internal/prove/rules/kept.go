package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// keeps are the deletion policies by which a resource stays when its stack goes (CloudFormation Template Reference,
// "DeletionPolicy attribute"): RetainExceptOnCreate deletes what a failed first deployment has made, which is
// empty.
var keeps = []string{"Retain", "RetainExceptOnCreate"}

// kept proves T15: what a tenant cannot get back once it is deleted stays, whatever becomes of the template.
func (c *Case) kept() {
	c.expiries()
	for i := range c.Resources {
		r := &c.Resources[i]
		if !r.Data {
			continue
		}
		for _, policy := range []struct {
			name, value, effect string
			want                []string
		}{
			{"DeletionPolicy", r.DeletionPolicy, "goes with its stack, or with its entry in the template", keeps},
			{"UpdateReplacePolicy", r.UpdateReplacePolicy, "goes when an update replaces the resource", keeps[:1]},
		} {
			if slices.Contains(policy.want, policy.value) {
				continue
			}
			place := r.Place
			place.Path = policy.name
			is := fmt.Sprintf("is %q", policy.value)
			if policy.value == "" {
				is = "is not set"
			}
			c.find(report.Finding{
				Rule: report.DataLoss, Owner: c.own.Of(r.Place), Place: place,
				Message: fmt.Sprintf(
					"%s of %s %s, so what the %s holds %s",
					policy.name,
					r.Place.LogicalID,
					is,
					r.Type,
					policy.effect,
				),
				Fix: "set it to Retain",
			})
		}
	}
}

// expiries finds rules by which a bucket deletes what it is to keep.
func (c *Case) expiries() {
	kept := map[string]*owners.Kept{}
	for i := range c.own.Kept {
		k := &c.own.Kept[i]
		kept[k.Stack+"/"+k.LogicalID] = k
	}
	for i := range c.Expiries {
		e := &c.Expiries[i]
		k := kept[e.Place.Resource()]
		if k == nil {
			continue
		}
		least, may := k.Expiring[e.Prefix]
		if days, err := strconv.Atoi(e.Days); may && err == nil && days >= least {
			continue
		}
		fix := "remove the rule: of this bucket nothing may expire"
		if len(k.Expiring) > 0 {
			fix = fmt.Sprintf(
				"remove the rule, or let nothing expire but what tenants.yaml and the contract say: %v (days by prefix)",
				k.Expiring,
			)
		}
		c.find(report.Finding{
			Rule: report.DataLoss, Owner: c.own.Of(e.Place), Place: e.Place,
			Message: fmt.Sprintf(
				"objects of %s below %q are deleted after %s days, and are to be kept",
				e.Place.LogicalID,
				e.Prefix,
				cmp.Or(e.Days, "certain"),
			), Fix: fix,
		})
	}
}
