// Package rules has the theorems of the proof, one file each. A rule asks the facts and the ownership, and
// what contradicts the theorem is a finding. It never sees a template.
//
// docs/proof.md states the theorems in words; T1, T2 and so on are its numbers.
package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// Case is what is to be decided.
type Case struct {
	*facts.Facts
	own    *owners.Index
	report *report.Report
	// runByPlatform are roles of tenants that nobody but principals of the platform can assume, so that no
	// code of the tenant has them; indexers are those of an Indexer alone.
	runByPlatform, indexers map[*facts.Principal]bool
	// searchers are roles whose requests to a shared domain rest on the code that makes them.
	searchers map[*facts.Principal]bool
	// policiesOf a resource by its ARN, for requests that are tried out.
	policiesOf map[string][]iam.Document
	actions    actionTables
	assumed    map[string]*report.Assumption
	accepted   *acceptance
	// theorem that is being checked.
	theorem string
}

// Check decides every theorem. The report says what was found.
func Check(f *facts.Facts, own *owners.Index) *report.Report {
	c := newCase(f, own)
	for _, t := range theorems {
		c.theorem = t.number
		t.check(c)
	}
	c.finish()
	return c.report
}

// theorems in the order in which they are checked.
var theorems = []struct {
	number string
	check  func(c *Case)
}{
	{"T1", (*Case).understood},
	{"T2", (*Case).distinct},
	{"T3", (*Case).principals},
	{"T4", (*Case).letIn},
	{"T5", (*Case).roles},
	{"T6", (*Case).references},
	{"T7", (*Case).doors},
	{"T8", (*Case).distributions},
	{"T9", (*Case).hosts},
	{"T10", (*Case).events},
	{"T11", (*Case).settings},
	{"T12", (*Case).names},
	{"T13", (*Case).mentions},
	{"T14", (*Case).accountWide},
	{"T15", (*Case).kept},
	{"T16", (*Case).configured},
	{"T17", (*Case).needs},
}

func newCase(f *facts.Facts, own *owners.Index) *Case {
	c := &Case{
		Facts: f, own: own, report: report.New(own.Platform), policiesOf: map[string][]iam.Document{}, actions: newActionTables(),
		assumed: map[string]*report.Assumption{}, accepted: newAcceptance(own),
		runByPlatform: map[*facts.Principal]bool{}, indexers: map[*facts.Principal]bool{},
		searchers: map[*facts.Principal]bool{},
	}
	for _, t := range own.Tenants {
		c.report.Tenants = append(c.report.Tenants, t.ID)
	}
	for _, p := range f.Policies {
		if p.Kind == iam.Trust {
			c.policiesOf[p.Arn] = []iam.Document{p.Document}
		} else {
			c.policiesOf[p.Arn] = append(c.policiesOf[p.Arn], p.Document)
		}
	}
	c.classify()
	return c
}

// find adds a finding, unless somebody accepts it.
func (c *Case) find(f report.Finding) {
	f.Theorem = c.theorem
	if !c.accepted.covers(&f) {
		c.report.Findings = append(c.report.Findings, f)
	}
}

// assume records what the proof rests on at one more place.
func (c *Case) assume(id, text string, place facts.Place) {
	a := c.assumed[id]
	if a == nil {
		a = &report.Assumption{ID: id, Text: text, Example: place}
		c.assumed[id] = a
	}
	a.Statements++
}

// finish counts what was decided and puts the report in order.
func (c *Case) finish() {
	r := c.report
	c.absent()
	c.unchecked()
	if c.Parameters != nil {
		c.assumed["parameters"] = &report.Assumption{
			ID: "parameters", Text: "parameters of templates keep their defaults when the stacks are deployed", Example: *c.Parameters,
		}
	}
	for _, id := range sortedKeys(c.assumed) {
		r.Assumptions = append(r.Assumptions, *c.assumed[id])
	}
	c.accepted.report(c)
	slices.SortStableFunc(r.Findings, func(a, b report.Finding) int {
		return cmp.Or(
			compareBools(a.Rule == report.CannotWork, b.Rule == report.CannotWork),
			cmp.Compare(a.Place.Stack, b.Place.Stack),
			cmp.Compare(a.Place.LogicalID, b.Place.LogicalID),
			cmp.Compare(a.Place.Path, b.Place.Path),
		)
	})
	r.Stacks, r.Methods, r.Assets = len(c.Stacks), len(c.Methods), len(c.own.Assets.All)
	for _, p := range c.Principals {
		if !p.Planned {
			r.Principals++
		}
	}
	c.count()
	r.Proved = len(r.Findings) == 0
}

// absent names the tenants of whom there is nothing to prove: their stacks are not among the templates, or they
// have none and no role.
func (c *Case) absent() {
	if len(c.own.Planned) > 0 {
		return
	}
	seen := map[string]bool{}
	for _, p := range c.Principals {
		seen[c.own.Of(p.Place)] = true
	}
	var absent, pooled []string
	for _, t := range c.own.Tenants {
		for _, stack := range t.Stacks {
			if !c.own.Present[stack] {
				absent = append(absent, stack)
			}
		}
		if len(t.Stacks) == 0 && !seen[t.ID] {
			pooled = append(pooled, t.ID)
		}
	}
	if len(absent) > 0 {
		c.report.Notes = append(
			c.report.Notes,
			fmt.Sprintf(
				"%d stacks of tenants are not among the templates, such as %s: nothing is proved of them",
				len(absent),
				absent[0],
			),
		)
	}
	if len(pooled) > 0 {
		c.report.Notes = append(
			c.report.Notes,
			fmt.Sprintf(
				"%s of the file of owners have no stack and no role, such as %s: what acts for them is the platform's, which is trusted, and nothing is proved of it",
				report.Counted(len(pooled), "tenant"),
				pooled[0],
			),
		)
	}
}

// compareBools puts false before true.
func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// count adds up what was decided: for each principal of a tenant, what is not the tenant's
// own, times the actions of its service.
func (c *Case) count() {
	type group struct{ owner, service string }
	groups := map[group]uint64{}
	services := map[string]uint64{}
	for _, a := range c.own.Assets.All {
		groups[group{a.Owner, a.Service}]++
		services[a.Service]++
	}
	actions := map[string]uint64{}
	for service := range services {
		actions[service] = uint64(len(iam.ExpandAction(service + ":*")))
		c.report.Actions += int(actions[service])
	}
	perOwner := map[string]uint64{}
	for _, p := range c.Principals {
		owner := c.own.Of(p.Place)
		if owner == "" || p.Planned {
			continue
		}
		if _, known := perOwner[owner]; !known {
			for service, n := range services {
				perOwner[owner] += (n - groups[group{owner, service}]) * actions[service]
			}
		}
		c.report.Decided += perOwner[owner]
	}
}

func victimsOf(owner string) []string {
	if owner == "" {
		return nil
	}
	return []string{owner}
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
