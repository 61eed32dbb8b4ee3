package rules

import (
	"fmt"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// acceptance is what somebody decided to live with.
type acceptance struct {
	entries []owners.Accepted
	// used counts the findings, or the statements, that each entry covers.
	used []int
	// example of each.
	example []facts.Place
	// types of the resources by stack and logical id.
	types   map[string]string
	present map[string]bool
	// complete says that all stacks which are planned, or which tenants have, are among the templates.
	complete bool
}

func newAcceptance(own *owners.Index) *acceptance {
	a := &acceptance{
		entries: own.Accepted, used: make([]int, len(own.Accepted)), example: make([]facts.Place, len(own.Accepted)), present: own.Present,
	}
	a.complete = len(own.Absent(func(stack string) bool { return own.Present[stack] })) == 0
	if len(a.entries) > 0 {
		a.types = map[string]string{}
		for i := range own.Facts.Resources {
			r := &own.Facts.Resources[i]
			a.types[r.Place.Resource()] = r.Type
		}
	}
	return a
}

// covers says whether an entry without an action accepts a finding.
func (a *acceptance) covers(f *report.Finding) bool {
	for i := range a.entries {
		e := &a.entries[i]
		if e.Action == "" && (e.Rule == "" || e.Rule == string(f.Rule)) && a.at(e, f.Place) {
			a.use(i, f.Place)
			return true
		}
	}
	return false
}

// action says whether an entry accepts an action of a statement.
func (a *acceptance) action(spec *iam.ActionSpec, place facts.Place) bool {
	for i := range a.entries {
		e := &a.entries[i]
		if e.Action != "" && iam.MatchAction(e.Action, spec.String()) && a.at(e, place) {
			a.use(i, place)
			return true
		}
	}
	return false
}

func (a *acceptance) use(i int, place facts.Place) {
	if a.used[i] == 0 {
		a.example[i] = place
	}
	a.used[i]++
}

// at says whether an entry is about a place.
func (a *acceptance) at(e *owners.Accepted, p facts.Place) bool {
	return matches(e.Stack, p.Stack) && matches(e.Resource, p.LogicalID) &&
		(e.Type == "" || e.Type == a.types[p.Resource()]) &&
		(e.Path == "" || p.Path == e.Path || strings.HasPrefix(p.Path, e.Path+".") || strings.HasPrefix(p.Path, e.Path+"["))
}

// matches says whether a text with asterisks stands for a name; an empty one stands for all.
func matches(glob, name string) bool {
	return glob == "" || pattern.Compile(glob, false).Covers(pattern.Exactly(name, false))
}

// report prints each entry that was used as an assumption. An idle one, whose stack is among the
// templates, is a finding: what it accepted is gone, and it would accept what comes next.
func (a *acceptance) report(c *Case) {
	for i := range a.entries {
		e := &a.entries[i]
		if a.used[i] > 0 {
			c.report.Assumptions = append(c.report.Assumptions, report.Assumption{
				ID: "accepted", Text: fmt.Sprintf("%s is accepted: %s", e, e.Reason), Statements: a.used[i], Example: a.example[i],
			})
			continue
		}
		if !a.mayBeIdle(e) {
			where := "the accept list"
			if e.Where != "" {
				where = e.Where
			}
			c.report.Findings = append(c.report.Findings, report.Finding{
				Rule: report.Idle, Theorem: "T1", Place: facts.Place{Stack: e.Stack, LogicalID: e.Resource, Path: e.Path},
				Message: fmt.Sprintf("%s is accepted, and nothing needs it", e), Fix: "remove the entry from " + where,
			})
		}
	}
}

// mayBeIdle says whether an entry is about stacks that are not all among the templates.
func (a *acceptance) mayBeIdle(e *owners.Accepted) bool {
	if e.Stack == "" || strings.ContainsAny(e.Stack, "*?") {
		return !a.complete
	}
	return !a.present[e.Stack]
}
