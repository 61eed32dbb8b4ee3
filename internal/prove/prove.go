// Package prove shows from synthesized templates that no principal of one tenant can reach
// what is another tenant's, or finds a counterexample.
//
// Not all templates have to be there. What belongs to whom is known of every stack that is
// planned, by the names in it; what the absent templates say is named as not checked.
//
// It is a proof and not a sample: for every Allow statement of every role and user of a
// tenant, each pattern of its Resource element is compared with the ARNs of everything that
// is not the tenant's own, as sets of strings, and the names that tenants to come can have
// are among them. A condition counts only in the forms that confines knows. Denials,
// boundaries and service control policies are not counted on. What is not understood is
// reported and counts as reachable.
package prove

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/cfn"
)

// Prove decides the stacks of an assembly. The error is about the ownership; what is wrong
// with the templates is in the report.
func Prove(assembly *cfn.Assembly, o Ownership) (*Report, error) {
	began := time.Now()
	if err := o.check(); err != nil {
		return nil, err
	}
	m := newModel(o)
	m.imports = imports(assembly)
	for _, s := range assembly.Stacks {
		m.present[s.Name] = true
	}
	if err := m.checkStacks(assembly); err != nil {
		return nil, err
	}
	var all []*asset
	for i := range assembly.Stacks {
		all = append(all, m.extract(&assembly.Stacks[i])...)
		m.report.Stacks++
	}
	for _, p := range m.absent() {
		all = append(all, m.expect(p)...)
	}
	m.attach()
	m.hold(all)
	m.classify()
	m.checkPrincipals()
	m.checkResourcePolicies()
	m.checkBorrowed()
	m.checkReferences()
	m.checkClaims()
	m.checkHosts()
	m.checkNames(all)
	m.checkRules()
	m.checkCaches()
	m.checkNeeds()
	m.finish(assembly)
	m.report.Elapsed = time.Since(began)
	return m.report, nil
}

func newModel(o Ownership) *model {
	m := &model{
		ownership: o, report: &Report{Platform: o.Platform, Findings: []Finding{}, Assumptions: []Assumption{}, NotChecked: []NotChecked{}, Notes: []string{}},
		stackOwner: map[string]string{}, present: map[string]bool{}, own: map[string]*holdings{}, byArn: map[string]*principal{}, byName: map[string]*principal{}, accounts: map[string]bool{},
		public: map[string][]pattern{}, hostsOf: map[string][]string{}, perCaller: map[string]bool{}, policiesOf: map[string][]iam.Document{}, functionRoles: map[string]string{}, notifications: map[string][]any{}, expansions: map[string]*actionSet{},
		applicable: map[applicability]bool{}, matches: map[*iam.ResourceType][]pattern{}, assumed: map[string]*Assumption{}, unmet: map[string]*Finding{},
	}
	for _, t := range o.Tenants {
		m.report.Tenants = append(m.report.Tenants, t.ID)
		m.own[t.ID] = &holdings{exact: map[string]bool{}}
		for _, stack := range t.Stacks {
			m.stackOwner[stack] = t.ID
		}
		if t.Public != nil {
			m.public[t.ID] = compileAll(t.Public)
		}
		if t.Hosts != nil {
			m.hostsOf[t.ID] = t.Hosts
		}
	}
	for _, s := range o.Shared {
		m.shared = append(m.shared, m.sharedPart(s))
	}
	m.trusted = compileAll(o.Trusted)
	return m
}

func compileAll(arns []string) []pattern {
	var out []pattern
	for _, arn := range arns {
		out = append(out, compile(arn, false))
	}
	return out
}

func (m *model) sharedPart(s Shared) sharedPart {
	part := sharedPart{resource: compile(s.Resource, false), key: s.ConditionKey, attribute: s.PartitionKey, multiValue: true, values: map[string][]pattern{}}
	if spec, ok := iam.LookupKey(s.ConditionKey); ok {
		part.multiValue = spec.MultiValued
	}
	for _, t := range m.ownership.Tenants {
		for _, value := range s.Values {
			for _, v := range t.expand(value) {
				part.values[t.ID] = append(part.values[t.ID], compile(v, true))
			}
		}
	}
	return part
}

// hold sorts out who owns what: the declared resources by their stack, and the namespaces.
// A namespace below a resource of the platform is the tenant's part of it.
func (m *model) hold(declared []*asset) {
	platform := newAssetIndex(slices.DeleteFunc(slices.Clone(declared), func(a *asset) bool { return a.Owner != "" }))
	all := slices.Clone(declared)
	for i, namespace := range m.ownership.Namespaces {
		kind := fmt.Sprintf("name %d", i)
		everyones := compile(anybodys(namespace), false)
		all = append(all, &asset{Asset: Asset{Kind: kind, Arn: everyones.source}, arn: everyones, service: serviceOf(namespace), namespace: true})
		for _, t := range m.ownership.Tenants {
			for _, arn := range t.expand(namespace) {
				p := compile(arn, true)
				all = append(all, &asset{Asset: Asset{Kind: kind, Owner: t.ID, Arn: arn}, arn: p, service: serviceOf(arn)})
				m.own[t.ID].add(p, platform)
			}
		}
	}
	for _, t := range m.ownership.Tenants {
		for i, arn := range t.Resources {
			p := compile(arn, false)
			all = append(all, &asset{Asset: Asset{Kind: fmt.Sprintf("resource %d of %s", i, t.ID), Owner: t.ID, Arn: arn}, arn: p, service: serviceOf(arn)})
			m.own[t.ID].add(p, platform)
		}
	}
	for _, a := range declared {
		if a.Owner != "" {
			m.own[a.Owner].add(a.arn, nil)
		}
	}
	m.assets = newAssetIndex(all)
	m.ambiguous()
}

// hasUnknown says whether a name in the pattern is one that AWS chose, which is no other
// resource's.
func hasUnknown(p pattern) bool {
	return slices.ContainsFunc(p.tail, func(t token) bool { return t.kind == unknown || t.kind == someName })
}

// isPart says whether a pattern is one of the tenant's parts of shared resources.
func (h *holdings) isPart(p pattern) bool {
	return slices.ContainsFunc(h.parts, func(part pattern) bool { return part.source == p.source })
}

func (h *holdings) add(p pattern, platform *assetIndex) {
	part := false
	if platform != nil {
		platform.meeting(p, func(x *asset) bool {
			_, part = intersect(p, x.arn)
			return !part
		})
	}
	switch {
	case part:
		h.parts = append(h.parts, p)
	case p.exact():
		h.exact[p.prefix] = true
	default:
		h.patterns = append(h.patterns, p)
	}
}

// ambiguous finds what two tenants own.
func (m *model) ambiguous() {
	for _, t := range m.ownership.Tenants {
		own := m.own[t.ID]
		patterns := slices.Concat(own.patterns, own.parts)
		for arn := range own.exact {
			patterns = append(patterns, compile(arn, false))
		}
		for _, p := range patterns {
			if hasUnknown(p) {
				continue
			}
			m.assets.meeting(p, func(x *asset) bool {
				if x.Owner == t.ID || x.namespace || hasUnknown(x.arn) || x.Owner == "" && own.isPart(p) {
					return true
				}
				witness, meets := intersect(p, x.arn)
				if meets && (t.ID < x.Owner || x.Owner == "") {
					m.find(Finding{
						Rule: Ambiguous, Owner: t.ID, Place: x.Place, Asset: &x.Asset, Victims: victimsOf(x.Owner),
						Message: fmt.Sprintf("%s is both tenant %s's and that of %s", readable(witness), t.ID, m.nameOf(x.Owner)),
						Fix:     "name the resources so that each belongs to one tenant",
					})
				}
				return !meets
			})
		}
	}
}

// classify finds roles of a tenant that only the platform, or only its code, can assume.
func (m *model) classify() {
	for _, p := range m.principals {
		if p.trust == nil || len(p.trust.document.Statement) == 0 {
			continue
		}
		p.runByPlatform = !slices.ContainsFunc(p.trust.document.Statement, func(s iam.Statement) bool {
			return s.Effect == iam.Allow && !m.onlyPlatform(&s)
		})
	}
	m.classifyIndexers()
}

// classifyIndexers finds the roles that only code of the platform's has, although it runs in
// a tenant's stack: Lambda alone may assume them, for one function.
func (m *model) classifyIndexers() {
	for _, x := range m.ownership.Indexers {
		p := m.byArn[m.functionRoles[x.Stack+"/"+x.Function]]
		if p == nil || p.place.Stack != x.Stack || p.place.LogicalID != x.Role || p.trust == nil {
			continue
		}
		p.indexer = !slices.ContainsFunc(p.trust.document.Statement, func(s iam.Statement) bool {
			return s.Effect == iam.Allow && (s.NotPrincipal != nil || len(s.Principal) != 1 || !slices.Equal(s.Principal["Service"], []string{"lambda.amazonaws.com"}))
		}) && !slices.ContainsFunc(m.borrowed, func(b borrowed) bool {
			return b.arn == p.arn && (b.place.Stack != x.Stack || b.place.LogicalID != x.Function)
		})
	}
}

func (m *model) onlyPlatform(s *iam.Statement) bool {
	if s.NotPrincipal != nil || len(s.Principal) != 1 {
		return false
	}
	return !slices.ContainsFunc(s.Principal["AWS"], func(id string) bool {
		p := m.principalOf(id)
		return p == nil || p.owner != ""
	}) && len(s.Principal["AWS"]) > 0
}

func (m *model) finish(assembly *cfn.Assembly) {
	r := m.report
	var absent []string
	for _, t := range m.ownership.Tenants {
		for _, stack := range t.Stacks {
			if !m.present[stack] {
				absent = append(absent, stack)
			}
		}
	}
	if len(absent) > 0 && len(m.ownership.Planned) == 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d stacks of tenants are not among the templates, such as %s: nothing is proved of them", len(absent), absent[0]))
	}
	for _, s := range assembly.Stacks {
		for _, name := range sortedKeys(s.Template.Parameters) {
			if name != "BootstrapVersion" && m.assumed["parameters"] == nil {
				m.assumed["parameters"] = &Assumption{ID: "parameters", Text: "parameters of templates keep their defaults when the stacks are deployed", Example: Place{Stack: s.Name, File: s.File, Path: "Parameters." + name}}
			}
		}
	}
	for _, id := range sortedKeys(m.assumed) {
		r.Assumptions = append(r.Assumptions, *m.assumed[id])
	}
	for _, a := range m.ownership.Accepted {
		r.Assumptions = append(r.Assumptions, Assumption{ID: "accepted", Text: fmt.Sprintf("%s is accepted: %s", or(a.Action, a.Type), a.Reason)})
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(compareBools(a.Rule == CannotWork, b.Rule == CannotWork), cmp.Compare(a.Place.Stack, b.Place.Stack), cmp.Compare(a.Place.LogicalID, b.Place.LogicalID), cmp.Compare(a.Place.Path, b.Place.Path))
	})
	for _, p := range m.principals {
		if !p.planned {
			r.Principals++
		}
	}
	r.Assets = len(m.assets.all)
	m.count()
	r.Proved = len(r.Findings) == 0
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
func (m *model) count() {
	type group struct{ owner, service string }
	groups := map[group]uint64{}
	services := map[string]uint64{}
	for _, a := range m.assets.all {
		groups[group{a.Owner, a.service}]++
		services[a.service]++
	}
	actions := map[string]uint64{}
	for service := range services {
		actions[service] = uint64(len(iam.ExpandAction(service + ":*")))
		m.report.Actions += int(actions[service])
	}
	perOwner := map[string]uint64{}
	for _, p := range m.principals {
		if p.owner == "" || p.planned {
			continue
		}
		if _, known := perOwner[p.owner]; !known {
			for service, n := range services {
				perOwner[p.owner] += (n - groups[group{p.owner, service}]) * actions[service]
			}
		}
		m.report.Decided += perOwner[p.owner]
	}
}
