package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// IAM sees the method and the path of a request to OpenSearch and nothing of its body
// (OpenSearch Service Developer Guide, "Identity and Access Management in Amazon OpenSearch
// Service"). Below an index of a shared domain some paths therefore reach beyond it.

// naming are paths below an index whose last segment or body names another index or alias,
// so that they could take the name of an index that does not exist yet (OpenSearch
// documentation, "Index APIs").
var naming = []string{"_alias*", "_clone*", "_shrink*", "_split*", "_rollover*"}

// referring are paths whose body can refer to a document of another index: terms lookup,
// more_like_this, indexed shapes (OpenSearch documentation, "Query DSL").
var referring = []string{
	"_search",
	"_count",
	"_msearch",
	"_delete_by_query",
	"_update_by_query",
	"_validate/query",
	"_explain/*",
}

// confinedPaths are paths that name nothing but the index before them and its documents: with
// rest.action.multi.allow_explicit_index set to false, which T11 checks, bodies of _bulk and _mget name no index
// (OpenSearch documentation, "Document APIs", "Index APIs"; OpenSearch Service Developer Guide, "Advanced cluster
// settings"). Whatever else is below an index is not understood: the bodies of _mtermvectors and _rank_eval, for
// one, name others (docs/aws-differences.md, 63).
var confinedPaths = []string{
	"_doc",
	"_doc/*",
	"_create/*",
	"_source/*",
	"_update/*",
	"_bulk",
	"_mget",
	"_refresh",
	"_flush",
	"_mapping",
	"_stats",
}

const (
	bodyAssumption = "search-bodies"
	pathAssumption = "search-paths"
	// creationAssumption is about bodies too, of requests that create an index.
	creationAssumption = "index-creation"
)

// partOfShared checks a pattern below the tenant's own part of a shared resource.
func (k *check) partOfShared(r pattern.Pattern) {
	if facts.ServiceOf(r.Source) != "es" || k.runByPlatform[k.principal] {
		return
	}
	part := *k.holds.Part(r)
	base := strings.TrimSuffix(part.Source, "/*")
	var read, write []*iam.ActionSpec
	for _, a := range k.actionSet.actions {
		switch a.String() {
		case "es:ESHttpGet", "es:ESHttpHead":
			read = append(read, a)
		case "es:ESHttpPost", "es:ESHttpPut", "es:ESHttpPatch", "es:ESHttpDelete":
			write = append(write, a)
		}
	}
	if len(read)+len(write) == 0 {
		return
	}
	k.names(r, base, write)
	covered := func(paths []string) bool {
		return slices.ContainsFunc(paths, func(path string) bool { return pattern.Compile(base+"/"+path, false).Covers(r) })
	}
	switch {
	case covered(referring):
		k.searchers[k.principal] = true
		k.assume(
			bodyAssumption,
			"the bodies of searches on a shared domain come from code that does not let a request write them: a terms lookup could read another index, and IAM sees the path alone. With search: dedicated the assumption is not needed",
		)
	case r.Source != base && !covered(confinedPaths):
		k.find(report.Finding{
			Rule: report.NotUnderstood, Actions: []string{append(read, write...)[0].String()},
			Message: fmt.Sprintf(
				"%s is more than the paths below an index that are understood, and the body of a request for another one, such as _mtermvectors, can name any index of the domain",
				r.Source,
			),
			Fix: "name the paths that are needed: " + strings.Join(append(slices.Clone(referring), confinedPaths...), ", "),
		})
	}
	if !r.Exact() && len(read) > 0 {
		k.assume(
			pathAssumption,
			"OpenSearch Service normalizes a path before IAM sees it, so that nothing below an index leads out of it",
		)
	}
}

// names finds paths that take the name of another index.
func (k *check) names(r pattern.Pattern, base string, write []*iam.ActionSpec) {
	for _, a := range write {
		if a.String() == "es:ESHttpDelete" || a.String() == "es:ESHttpPatch" {
			continue
		}
		paths := naming
		if a.String() == "es:ESHttpPut" {
			paths = append([]string{""}, naming...)
		}
		for _, path := range paths {
			hole := base + "/" + path
			if path == "" {
				hole = base
			}
			witness, meets := pattern.Intersect(r, pattern.Compile(hole, false))
			if !meets {
				continue
			}
			if path == "" && k.indexers[k.principal] {
				k.searchers[k.principal] = true
				k.assume(
					creationAssumption,
					"the indexer of a tenant with tables of its own creates its index on a shared domain without aliases: IAM sees no bodies, the code is the platform's, and no other function has the role. With search: dedicated, or data: shared, the assumption is not needed",
				)
				continue
			}
			k.find(report.Finding{
				Rule: report.CrossTenant, Actions: []string{a.String()},
				Asset: &facts.Asset{Kind: "index name", Arn: base[:strings.LastIndexByte(base, '/')+1] + "*"},
				Request: &iam.Request{
					Principal: k.principal.Arn,
					Action:    a.String(),
					Resource:  witness,
				}, Confirmed: k.confirm(a.String(), witness, nil),
				Message: fmt.Sprintf("%s on %s, whose body or path can give the index the name of another tenant's", a, witness),
				Fix:     "name the paths that are needed, such as " + base + "/_search; only the platform's indexer may create an index",
			})
			return
		}
	}
}

// assume records what the proof rests on, once for a statement.
func (k *check) assume(id, text string) {
	if !slices.Contains(k.assumes, id) {
		k.assumes = append(k.assumes, id)
		k.Case.assume(id, text, k.place)
	}
}
