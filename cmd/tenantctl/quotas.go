package main

import (
	"fmt"
	"io"

	"github.com/tenantstack/tenantstack/internal/capacity"
	"github.com/tenantstack/tenantstack/plan"
)

// quotas warns of quotas of the AWS accounts in a plan. All tenants of these accounts count, selected or not: an account is full
// whatever part of it is looked at.
func (p *project) quotas(w io.Writer, planned *plan.Plan) ([]capacity.Warning, error) {
	census, err := plan.LoadCensus(p.tenants, p.contract)
	if err != nil {
		return nil, err
	}
	accounts := map[string]bool{}
	for _, c := range planned.Cells {
		accounts[c.Environment.Account] = true
	}
	for _, t := range planned.Tenants {
		accounts[t.Environment.Account] = true
	}
	warnings := capacity.Warnings(capacity.Count(census), func(id string) bool { return accounts[id] })
	for _, warning := range warnings {
		fmt.Fprintln(w, "tenantctl: warning:", warning.Message)
	}
	return warnings, nil
}
