package prove

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
)

// IAM sees the method and the path of a request to OpenSearch and nothing of its body
// (OpenSearch Service Developer Guide, "Identity and Access Management in Amazon OpenSearch
// Service"). Below an index of a shared domain some paths therefore reach beyond it.

// naming are paths below an index whose last segment or body names another index or alias,
// so that they could take the name of an index that does not exist yet (OpenSearch
// documentation, "Index APIs").
var naming = []string{"_alias*", "_clone*", "_shrink*", "_split*", "_rollover*"}

// referring are paths whose body can refer to a document of another index: terms lookup,
// more_like_this, indexed shapes (OpenSearch documentation, "Query DSL"), and documents of term vectors
// (docs/aws-differences.md, 63).
var referring = []string{"_search*", "_mtermvectors*", "_count*", "_msearch*", "_delete_by_query*", "_update_by_query*", "_validate*", "_explain*", "_mget*"}

const (
	bodyAssumption = "search-bodies"
	pathAssumption = "search-paths"
	// creationAssumption is about bodies too, of requests that create an index.
	creationAssumption = "index-creation"
)

// partOfShared checks a pattern below the tenant's own part of a shared resource.
func (c *check) partOfShared(r pattern) {
	if serviceOf(r.source) != "es" || c.principal.runByPlatform {
		return
	}
	part := *c.own.part(r)
	base := strings.TrimSuffix(part.source, "/*")
	var read, write []*iam.ActionSpec
	for _, a := range c.actions.actions {
		switch a.String() {
		case "es:ESHttpGet", "es:ESHttpHead":
			read = append(read, a)
		case "es:ESHttpPost", "es:ESHttpPut", "es:ESHttpPatch", "es:ESHttpDelete":
			write = append(write, a)
		}
	}
	c.names(r, base, write)
	for _, path := range referring {
		if _, meets := intersect(r, compile(base+"/"+path, false)); meets && len(read)+len(write) > 0 {
			c.assume(bodyAssumption, "the bodies of searches on a shared domain come from code that does not let a request write them: a terms lookup could read another index, and IAM sees the path alone. With search: dedicated the assumption is not needed")
			break
		}
	}
	if !r.exact() && len(read) > 0 {
		c.assume(pathAssumption, "OpenSearch Service normalizes a path before IAM sees it, so that nothing below an index leads out of it")
	}
}

// names finds paths that take the name of another index.
func (c *check) names(r pattern, base string, write []*iam.ActionSpec) {
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
			witness, meets := intersect(r, compile(hole, false))
			if !meets {
				continue
			}
			if path == "" && c.principal.indexer {
				c.assume(creationAssumption, "the indexer of a tenant with tables of its own creates its index on a shared domain without aliases: IAM sees no bodies, the code is the platform's, and no other function has the role. With search: dedicated, or data: shared, the assumption is not needed")
				continue
			}
			c.find(Finding{
				Rule: CrossTenant, Actions: []string{a.String()},
				Asset:   &Asset{Kind: "index name", Arn: base[:strings.LastIndexByte(base, '/')+1] + "*"},
				Request: &iam.Request{Principal: c.principal.arn, Action: a.String(), Resource: witness}, Confirmed: c.confirm(a.String(), witness, nil),
				Message: fmt.Sprintf("%s on %s, whose body or path can give the index the name of another tenant's", a, witness),
				Fix:     "name the paths that are needed, such as " + base + "/_search; only the platform's indexer may create an index",
			})
			return
		}
	}
}

// assume records what the proof rests on, once for a statement.
func (c *check) assume(id, text string) {
	if !slices.Contains(c.assumes, id) {
		c.assumes = append(c.assumes, id)
		c.model.assume(id, text, c.place)
	}
}

// assume records what the proof rests on at one more place.
func (m *model) assume(id, text string, place Place) {
	a := m.assumed[id]
	if a == nil {
		a = &Assumption{ID: id, Text: text, Example: place}
		m.assumed[id] = a
	}
	a.Statements++
}
