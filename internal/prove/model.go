package prove

import (
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
)

// model is what the proof needs of all templates.
type model struct {
	ownership  Ownership
	report     *Report
	stackOwner map[string]string
	// present are the stacks that have a template.
	present map[string]bool
	own     map[string]*holdings
	assets  *assetIndex
	shared  []sharedPart
	// roles and users, and those of them by ARN.
	principals []*principal
	byArn      map[string]*principal
	// byName has them by account, kind and name.
	byName    map[string]*principal
	accounts  map[string]bool
	resources []resourcePolicy
	borrowed  []borrowed
	// claims are what has to be the own of a tenant that uses it.
	claims []claim
	named  []reference
	// imports finds the values of exports; trusted are ARNs outside of the templates.
	imports func(name string) (any, bool)
	trusted []pattern
	// public are objects that are meant for everyone, and hostsOf names, by tenant, of those
	// for whom they are known.
	public  map[string][]pattern
	hostsOf map[string][]string
	hosts   []hostUse
	rules   []eventRule
	// cached are behaviors that must keep nothing, and perCaller the cache policies which
	// answer only the same caller again.
	cached    []cached
	perCaller map[string]bool
	// policies that name those they are attached to, and managed policies by ARN.
	policies []latePolicy
	later    []lateManaged
	// policiesOf a bucket, queue or domain by its ARN, for requests that are tried out.
	policiesOf map[string][]iam.Document
	// functionRoles are ARNs by stack and logical id of the function.
	functionRoles map[string]string
	expansions    map[string]*actionSet
	applicable    map[applicability]bool
	matches       map[*iam.ResourceType][]pattern
	assumed       map[string]*Assumption
	// notifications of buckets by stack and logical id.
	notifications map[string][]any
	// unmet needs by role and resource.
	unmet map[string]*Finding
}

// principal is a role or user that a template declares.
type principal struct {
	owner    string
	arn      string
	account  string
	place    Place
	policies []attached
	trust    *resourcePolicy
	// managed are ARNs of managed policies that no template declares.
	managed []string
	// runByPlatform says that nobody but principals of the platform can assume the role, so
	// that no code of the tenant has it.
	runByPlatform bool
	// indexer says that the role is that of an Indexer, and no other function's.
	indexer bool
	// planned says that the template which declares the role is not there.
	planned bool
}

// attached is a policy document with its place.
type attached struct {
	document iam.Document
	place    Place
}

// resourcePolicy is a policy of a resource: who may use it.
type resourcePolicy struct {
	attached
	kind iam.Kind
	// owner and arn of the resource, account it is in, and the kind of asset.
	owner, arn, account, assetKind string
	// itself says that the resource declares the policy, as a property of its own.
	itself bool
}

// borrowed is a role that a property hands to a service.
type borrowed struct {
	owner, account string
	arn            string
	place          Place
}

// holdings are what one tenant owns.
type holdings struct {
	exact    map[string]bool
	patterns []pattern
	// parts are the tenant's namespaces within shared resources, such as an index of a
	// shared domain.
	parts []pattern
}

// covers says whether a pattern of a policy certainly names nothing but the tenant's own.
func (h *holdings) covers(p pattern) bool {
	if p.exact() && h.exact[p.prefix] {
		return true
	}
	return slices.ContainsFunc(h.patterns, func(own pattern) bool { return own.covers(p) }) || h.part(p) != nil
}

// part is the part of a shared resource that covers p, nil if none does.
func (h *holdings) part(p pattern) *pattern {
	for i := range h.parts {
		if h.parts[i].covers(p) {
			return &h.parts[i]
		}
	}
	return nil
}

// sharedPart is a Shared resource, compiled.
type sharedPart struct {
	resource   pattern
	key        string
	attribute  string
	multiValue bool
	values     map[string][]pattern
}

// asset with its compiled ARN.
type asset struct {
	Asset
	arn     pattern
	service string
	// namespace marks the names of all tenants, those to come included.
	namespace bool
	// split marks a table, or an index whose partition key is that of the table, so that
	// dynamodb:LeadingKeys tells the tenants apart; partitionKey is its name.
	split        bool
	partitionKey string
}

// serviceOf is the service of an ARN, empty if it has none or a wildcard for it.
func serviceOf(arn string) string {
	parts := strings.SplitN(arn, ":", 4)
	if len(parts) < 3 || strings.ContainsAny(parts[2], "*?$⟨") {
		return ""
	}
	return parts[2]
}

// accountOf is the account of an ARN, empty if it does not say.
func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[4]
}

// assetIndex finds assets by the literal beginning of their ARNs.
type assetIndex struct {
	all       []*asset
	byService map[string]*prefixes
}

// prefixes holds assets sorted by literal prefix.
type prefixes struct {
	sorted []*asset
	exact  map[string][]*asset
	// lengths of the prefixes that occur, to look up those that begin a pattern.
	lengths []int
}

func newAssetIndex(all []*asset) *assetIndex {
	x := &assetIndex{all: all, byService: map[string]*prefixes{}}
	for _, a := range all {
		p := x.byService[a.service]
		if p == nil {
			p = &prefixes{exact: map[string][]*asset{}}
			x.byService[a.service] = p
		}
		p.sorted = append(p.sorted, a)
		p.exact[a.arn.prefix] = append(p.exact[a.arn.prefix], a)
	}
	for _, p := range x.byService {
		slices.SortStableFunc(p.sorted, func(a, b *asset) int { return strings.Compare(a.arn.prefix, b.arn.prefix) })
		seen := map[int]bool{}
		for prefix := range p.exact {
			seen[len(prefix)] = true
		}
		for n := range seen {
			p.lengths = append(p.lengths, n)
		}
		slices.Sort(p.lengths)
	}
	return x
}

// meeting yields the assets whose ARN a pattern may cover.
func (x *assetIndex) meeting(p pattern, yield func(*asset) bool) {
	service := serviceOf(p.source)
	if service == "" {
		for _, name := range sortedKeys(x.byService) {
			if !x.byService[name].meeting(p, yield) {
				return
			}
		}
		return
	}
	if found := x.byService[service]; found != nil {
		found.meeting(p, yield)
	}
}

func (x *prefixes) meeting(p pattern, yield func(*asset) bool) bool {
	// Assets whose prefix is shorter than that of the pattern.
	for _, n := range x.lengths {
		if n >= len(p.prefix) {
			break
		}
		for _, a := range x.exact[p.prefix[:n]] {
			if !yield(a) {
				return false
			}
		}
	}
	from, _ := slices.BinarySearchFunc(x.sorted, p.prefix, func(a *asset, prefix string) int { return strings.Compare(a.arn.prefix, prefix) })
	for _, a := range x.sorted[from:] {
		if !strings.HasPrefix(a.arn.prefix, p.prefix) {
			break
		}
		if !yield(a) {
			return false
		}
	}
	return true
}

func (m *model) find(f Finding) { m.report.Findings = append(m.report.Findings, f) }

// nameOf an owner in a sentence.
func (m *model) nameOf(owner string) string {
	if owner == "" {
		return "the platform"
	}
	return "tenant " + owner
}
