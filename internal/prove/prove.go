// Package prove shows from synthesized templates that no principal of one tenant can reach
// what is another tenant's, or finds a counterexample.
//
// It goes through stages, each of which sees only what the one before made:
//
//	templates ─► facts ─► owners ─► rules ─► report
//	               ▲         ▲
//	           declared   tenants.yaml, or a file of owners
//
// The facts are what the templates say, read by declarations of resource types; what no declaration
// covers is a fact too. The ownership comes from tenants.yaml or from a file, never from the templates.
// The rules are the theorems, one file each, and see no template; what contradicts one is a finding.
//
// It is a proof and not a sample: patterns of policies are compared with everything that is not the
// tenant's own as sets of strings, and the names that tenants to come can have are among them. What is
// not understood is reported and counts as reachable. docs/proof.md states what is proved.
package prove

import (
	"fmt"
	"slices"
	"time"

	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/report"
	"github.com/tenantstack/tenantstack/internal/prove/rules"
)

// Prove decides the stacks of an assembly. The error is about the ownership; what is wrong
// with the templates is in the report. Not all templates have to be there: what belongs to whom is known of
// every stack that is planned, by the names in it; what the absent templates say is named as not checked.
func Prove(assembly *cfn.Assembly, o owners.Ownership) (*report.Report, error) {
	began := time.Now()
	if err := o.Check(); err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, s := range assembly.Stacks {
		names[s.Name] = true
	}
	present := func(stack string) bool { return names[stack] }
	if len(o.Planned) > 0 && !slices.ContainsFunc(o.Planned, func(p owners.Planned) bool { return present(p.Stack) }) {
		return nil, fmt.Errorf(
			"prove: none of the %s among the templates is a tenant's or a cell's of platform %s: synthesize again",
			report.Counted(len(assembly.Stacks), "stack"),
			o.Platform,
		)
	}
	absent := o.Absent(present)
	planned := make([]facts.Planned, len(absent))
	for i := range absent {
		planned[i] = absent[i].Planned
	}
	f := facts.Read(assembly, planned)
	r := rules.Check(f, owners.New(o, f))
	r.Elapsed = time.Since(began)
	return r, nil
}
