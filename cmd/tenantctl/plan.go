package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/tenantstack/tenantstack/internal/capacity"
	"github.com/tenantstack/tenantstack/plan"
)

func newPlan(p *project) *cobra.Command {
	var selection plan.Selection
	var asJSON bool
	c := &cobra.Command{
		Use:   "plan",
		Short: "Show what is to exist, without synthesizing it",
		Long: `plan shows the stacks of tenants.yaml and the contract. With --json it prints the whole
plan: every function, role, policy, table, index and record, with its name and ARN. It warns when
all tenants of an AWS account together come near a default quota of AWS, or pass it.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			planned, err := p.plan(selection)
			if err != nil {
				return err
			}
			quotas := warnOfQuotas(c.ErrOrStderr(), planned)
			if asJSON {
				return printJSON(c.OutOrStdout(), planJSON{planned, quotas})
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "STACK\tACCOUNT\tREGION\tDATA\tSEARCH\tFUNCTIONS\tROLES\tURL")
			for _, cell := range planned.Cells {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t-\t-\t-\n", cell.Stack, cell.Environment.Account, cell.Environment.Region,
					has(len(cell.Tables) > 0, "shared"), has(cell.Domain != nil, "shared"))
			}
			for _, t := range planned.Tenants {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%d\thttps://%s\n", t.Stack, t.Environment.Account, t.Environment.Region,
					placement(len(t.Tables) > 0), placement(t.Domain != nil), len(t.Functions), len(t.Roles), t.Web.Host)
			}
			return w.Flush()
		},
	}
	selectionFlags(c, &selection)
	c.Flags().BoolVar(&asJSON, "json", false, "print the whole plan as JSON")
	return c
}

// planJSON is what plan --json prints.
type planJSON struct {
	*plan.Plan
	Quotas []capacity.Warning `json:"quotas,omitempty"`
}

func has(yes bool, word string) string {
	if yes {
		return word
	}
	return "-"
}

func placement(dedicated bool) string {
	if dedicated {
		return "dedicated"
	}
	return "shared"
}
