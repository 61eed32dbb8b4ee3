package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/plan/layout"
	"github.com/tenantstack/tenantstack/tenant"
)

func newValidate(p *project) *cobra.Command {
	var asJSON, local bool
	c := &cobra.Command{
		Use:   "validate",
		Short: "Check tenants.yaml and the contract before a deployment, and report all problems at once",
		Long: `validate checks tenants.yaml, the contract and, where there is a folder functions, that it implements the
contract. What synth would refuse of these, and what AWS would refuse of the names, policies, environments and templates
that follow from them, is reported with its place and what to do. Whether the functions compile, it does not try.

It refuses values that only stand for yours, as the tenants.yaml has them that comes with tenantstack: account ids of
documentation, zones and certificates that nobody has, domains that are reserved for examples. The local cloud runs with
them, and so do plan, synth and up; with --local validate takes them too.

A cell without tenants is deployed as well, so its AWS account counts; its zone, certificate and alarm topic are not
used and do not.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			planned, err := p.plan(plan.Selection{})
			if err == nil {
				err = p.checkFunctions(planned)
			}
			if !local {
				err = withPlaceholders(err, p.tenants)
			}
			if asJSON {
				return reportJSON(c, err)
			}
			if err != nil {
				return hinted(err)
			}
			fmt.Fprintf(c.OutOrStdout(), "%s: %s, %s; %s: %s\n", p.tenants,
				count(len(planned.Cells), "cell"), count(len(planned.Tenants), "tenant"),
				p.contract, count(len(planned.Operations), "operation"))
			return nil
		},
	}
	c.Flags().BoolVar(&local, "local", false, "check only what the local cloud needs: take values that stand for yours")
	c.Flags().BoolVar(&asJSON, "json", false, "print {\"problems\": […]} for scripts; the exit code stays 1 when there are any")
	return c
}

// withPlaceholders adds the placeholders of a tenants.yaml to what else is wrong, in the order of the file.
func withPlaceholders(err error, path string) error {
	found, readErr := tenant.Placeholders(path)
	if readErr != nil || len(found) == 0 {
		return err // a file that cannot be read has been reported
	}
	var others []error
	for _, e := range flatten(err) {
		if problems, ok := e.(tenant.Problems); ok {
			found = append(found, problems...)
			continue
		}
		others = append(others, e)
	}
	found.Sort()
	return errors.Join(append([]error{found}, others...)...)
}

// hinted says how to go on with placeholders where nothing is deployed.
func hinted(err error) error {
	for _, e := range flatten(err) {
		problems, _ := e.(tenant.Problems)
		if slices.ContainsFunc(problems, func(p tenant.Problem) bool { return p.Placeholder }) {
			return errors.Join(err, errors.New("nothing can be deployed with values that stand for yours; make up, plan and synth take them, and so does validate --local"))
		}
	}
	return err
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
		out = append(out, map[string]string{"message": err.Error()})
	}
	return out
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
