package plan

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/tenantstack/tenantstack/tenant"
)

// Accepted is a finding of the isolation proof that somebody decided to live with, as tenants.yaml says it. A finding
// is accepted if everything here is so of it. It changes nothing of what is to exist.
type Accepted struct {
	// Rule that the finding breaks: one of ProofRules, or empty for any.
	Rule string `json:"rule,omitempty"`
	// Stack of the finding, with * for any run of characters. At least one stack of tenants.yaml has such a name,
	// whether it was selected or not.
	Stack string `json:"stack"`
	// Resource is the logical id of the finding's resource, with * for any run of characters; * alone is also for
	// findings that have no resource.
	Resource string `json:"resource"`
	// Path is where the finding's path within the resource begins, in whole segments, or empty for any. A name behind
	// a dot and an index in brackets are a segment each. It has no *.
	Path string `json:"path,omitempty"`
	// Reason for people.
	Reason string `json:"reason"`
	// Where tenants.yaml has it, for messages; with file, line and column if Load read it.
	Where string `json:"-"`
}

// ProofRules are the rules of the isolation proof whose findings tenants.yaml can accept, sorted.
func ProofRules() []string { return tenant.ProofRules() }

// accepted are the findings that f accepts, in an order of their own: that of the file has no meaning.
func accepted(f *tenant.File) []Accepted {
	var out []Accepted
	for i, a := range f.Accept {
		out = append(out, Accepted{
			Rule: a.Rule, Stack: a.Stack, Resource: a.Resource, Path: a.Path, Reason: a.Reason,
			Where: "accept[" + strconv.Itoa(i) + "]",
		})
	}
	slices.SortFunc(out, func(a, b Accepted) int {
		return cmp.Or(cmp.Compare(a.Stack, b.Stack), cmp.Compare(a.Resource, b.Resource),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Rule, b.Rule))
	})
	return out
}
