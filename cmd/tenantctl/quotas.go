package main

import (
	"fmt"
	"io"

	"github.com/tenantstack/tenantstack/internal/capacity"
	"github.com/tenantstack/tenantstack/plan"
)

// warnOfQuotas warns of quotas of the AWS accounts in a plan. All tenants of these accounts count, selected or not: an account is full
// whatever part of it is looked at.
func warnOfQuotas(w io.Writer, planned *plan.Plan) []capacity.Warning {
	accounts := map[string]bool{}
	for _, c := range planned.Cells {
		accounts[c.Environment.Account] = true
	}
	for _, t := range planned.Tenants {
		accounts[t.Environment.Account] = true
	}
	warnings := capacity.Warnings(capacity.Count(planned.Census()), func(id string) bool { return accounts[id] })
	for _, warning := range warnings {
		fmt.Fprintln(w, "tenantctl: warning:", warning.Message)
	}
	return warnings
}
