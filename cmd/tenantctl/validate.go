package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/plan/layout"
	"github.com/tenantstack/tenantstack/tenant"
)

func newValidate(p *project) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "validate",
		Short: "Check tenants.yaml and the contract, and report all problems at once",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			planned, err := p.plan(plan.Selection{})
			if asJSON {
				return reportJSON(c, err)
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s: %s, %s; %s: %s\n", p.tenants,
				count(len(planned.Cells), "cell"), count(len(planned.Tenants), "tenant"),
				p.contract, count(len(planned.Operations), "operation"))
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print {\"problems\": […]} for scripts; the exit code stays 1 when there are any")
	return c
}

// problemsJSON is what validate --json prints.
type problemsJSON struct {
	Problems []any `json:"problems"`
}

func reportJSON(c *cobra.Command, err error) error {
	out := problemsJSON{Problems: []any{}}
	for _, e := range flatten(err) {
		out.Problems = append(out.Problems, plainProblems(e)...)
	}
	if printErr := printJSON(c.OutOrStdout(), out); printErr != nil {
		return printErr
	}
	if len(out.Problems) > 0 {
		return errReported
	}
	return nil
}

// flatten takes joined errors apart, but not the problems of one file.
func flatten(err error) []error {
	switch joined := err.(type) {
	case nil:
		return nil
	case tenant.Problems, api.Problems, layout.Changes:
		return []error{err}
	case interface{ Unwrap() []error }:
		var out []error
		for _, e := range joined.Unwrap() {
			out = append(out, flatten(e)...)
		}
		return out
	}
	return []error{err}
}

// plainProblems are the problems of one error, each a JSON object.
func plainProblems(err error) []any {
	var out []any
	var tenantProblems tenant.Problems
	var contractProblems api.Problems
	var changes layout.Changes
	switch {
	case errors.As(err, &tenantProblems):
		for _, p := range tenantProblems {
			out = append(out, p)
		}
	case errors.As(err, &contractProblems):
		for _, p := range contractProblems {
			out = append(out, p)
		}
	case errors.As(err, &changes):
		for _, c := range changes {
			out = append(out, c)
		}
	default:
		out = append(out, json.RawMessage(fmt.Sprintf(`{"message":%q}`, err.Error())))
	}
	return out
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
