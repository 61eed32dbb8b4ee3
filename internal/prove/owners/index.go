package owners

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
)

// Index says of everything in the facts whose it is.
type Index struct {
	Ownership
	// Facts that it was made of.
	Facts *facts.Facts
	// Present are the stacks that have a template.
	Present map[string]bool
	// Assets with their owners: those of the templates, and names.
	Assets *Assets
	// Declared are the assets of the templates and of absent stacks.
	Declared []*facts.Asset
	// Parts are the shared resources.
	Parts []Part
	// Unattached are policies whose principals no template declares.
	Unattached []Unattached

	stackOwner map[string]string
	// resourceOwner has the owners of resources in stacks that are not theirs, by stack and logical id.
	resourceOwner map[string]string
	holdings      map[string]*Holdings
	trusted       []pattern.Pattern
	public        map[string][]pattern.Pattern
	// byArn has roles and users by their ARNs, and roles by those of sessions; byName by account, kind and
	// name.
	byArn, byName map[string]*facts.Principal
}

// Part is a Shared resource, compiled, with each tenant's own values.
type Part struct {
	Resource   pattern.Pattern
	Key        string
	Attribute  string
	MultiValue bool
	Values     map[string][]pattern.Pattern
}

// Unattached is a policy for a principal that no template declares, and the principal that stands for it.
type Unattached struct {
	Name      string
	Principal *facts.Principal
	Place     facts.Place
}

// New sorts out who owns what of the facts. It fills in the owners of the assets, and attaches policies
// to the principals that they name.
func New(o Ownership, f *facts.Facts) *Index {
	x := &Index{
		Ownership: o, Facts: f, Present: map[string]bool{}, stackOwner: map[string]string{}, resourceOwner: map[string]string{}, holdings: map[string]*Holdings{},
		public: map[string][]pattern.Pattern{}, byArn: map[string]*facts.Principal{}, byName: map[string]*facts.Principal{},
		trusted: pattern.CompileAll(o.Trusted),
	}
	for _, s := range f.Stacks {
		x.Present[s.Name] = true
	}
	for _, t := range o.Tenants {
		x.holdings[t.ID] = &Holdings{exact: map[string]bool{}}
		for _, stack := range t.Stacks {
			x.stackOwner[stack] = t.ID
		}
		if t.Public != nil {
			x.public[t.ID] = pattern.CompileAll(t.Public)
		}
	}
	x.single()
	for _, s := range o.Shared {
		x.Parts = append(x.Parts, x.part(s))
	}
	x.principals()
	x.hold()
	return x
}

// isPlace says whether a text of a file of owners is <stack>/<logical id>, and no ARN.
func isPlace(text string) bool {
	return !strings.HasPrefix(text, "arn:") && strings.Contains(text, "/")
}

// single finds the owners of single resources in stacks that are not theirs: those that a tenant lists by their
// place, or by their ARN.
func (x *Index) single() {
	owned := map[string]string{}
	var patterns []struct {
		owner string
		arn   pattern.Pattern
	}
	for i := range x.Tenants {
		for _, text := range x.Tenants[i].Resources {
			if isPlace(text) {
				owned[text] = x.Tenants[i].ID
				continue
			}
			patterns = append(patterns, struct {
				owner string
				arn   pattern.Pattern
			}{x.Tenants[i].ID, pattern.Compile(text, false)})
		}
	}
	for i := range x.Facts.Resources {
		// Not every resource has an ARN.
		place := x.Facts.Resources[i].Place
		if owner := owned[place.Resource()]; owner != "" && x.stackOwner[place.Stack] == "" {
			x.resourceOwner[place.Resource()] = owner
		}
	}
	for _, a := range x.Facts.Assets {
		key := a.Place.Resource()
		if x.stackOwner[a.Place.Stack] != "" || x.resourceOwner[key] != "" {
			continue
		}
		for _, p := range patterns {
			// What is below a resource is an asset of its own; the resource is the tenant's if all of it is.
			if !strings.HasSuffix(a.Arn, "*") && p.arn.Covers(a.Pattern) {
				x.resourceOwner[key] = p.owner
			}
		}
	}
}

// arnAt is the ARN of a resource that a text names by its place; other texts are ARNs.
func (x *Index) arnAt(text string) string {
	if isPlace(text) {
		for _, a := range x.Facts.Assets {
			if a.Place.Resource() == text {
				return a.Arn
			}
		}
	}
	return text
}

func (x *Index) part(s Shared) Part {
	part := Part{
		Resource: pattern.Compile(
			x.arnAt(s.Resource),
			false,
		), Key: s.ConditionKey, Attribute: s.PartitionKey, MultiValue: true,
		Values: map[string][]pattern.Pattern{},
	}
	if spec, ok := iam.LookupKey(s.ConditionKey); ok {
		part.MultiValue = spec.MultiValued
	}
	for _, t := range x.Tenants {
		for _, value := range s.Values {
			for _, v := range t.expand(value) {
				part.Values[t.ID] = append(part.Values[t.ID], pattern.Compile(v, true))
			}
		}
	}
	return part
}

// OfStack is the owner of a stack, empty for the platform; known says whether the stack is a tenant's or has a
// template.
func (x *Index) OfStack(stack string) (owner string, known bool) {
	owner, is := x.stackOwner[stack]
	return owner, is || x.Present[stack]
}

// OfMark is the owner of the resource that a value is of, empty for the platform; known is false if no template
// declares it.
func (x *Index) OfMark(m *facts.Mark) (owner string, known bool) {
	if owner := x.resourceOwner[m.Stack+"/"+m.LogicalID]; owner != "" {
		return owner, true
	}
	return x.OfStack(m.Stack)
}

// Of is the owner of what stands at a place, empty for the platform.
func (x *Index) Of(p facts.Place) string {
	if owner := x.resourceOwner[p.Resource()]; len(x.resourceOwner) > 0 && owner != "" {
		return owner
	}
	return x.stackOwner[p.Stack]
}

// Owns says whether a pattern certainly names nothing but what a tenant owns.
func (x *Index) Owns(tenant string, p pattern.Pattern) bool {
	h := x.holdings[tenant]
	return h != nil && h.Covers(p)
}

// Own is what a tenant has.
func (x *Index) Own(tenant string) *Holdings { return x.holdings[tenant] }

// IsTrusted says whether the file of owners lists a resource outside of the templates.
func (x *Index) IsTrusted(p pattern.Pattern) bool {
	return slices.ContainsFunc(x.trusted, func(t pattern.Pattern) bool { return t.Covers(p) })
}

// PublicOf are the objects of a tenant that are meant for everyone; told is false if nobody says.
func (x *Index) PublicOf(tenant string) (public []pattern.Pattern, told bool) {
	public, told = x.public[tenant]
	return public, told
}

// ScopesOf are the scopes that only a tenant's users have in their tokens.
func (x *Index) ScopesOf(tenant string) []string {
	for i := range x.Tenants {
		if x.Tenants[i].ID == tenant {
			return x.Tenants[i].Scopes
		}
	}
	return nil
}

// NameOf an owner in a sentence.
func NameOf(owner string) string {
	if owner == "" {
		return "the platform"
	}
	return "tenant " + owner
}

// Principal finds the role or user of an ARN; that of a session is its role.
func (x *Index) Principal(arn string) *facts.Principal {
	if p := x.byArn[arn]; p != nil {
		return p
	}
	if rest, ok := strings.CutPrefix(arn, "arn:"); ok && strings.Contains(arn, ":assumed-role/") {
		partition, _, _ := strings.Cut(rest, ":")
		name, _, _ := strings.Cut(arn[strings.Index(arn, ":assumed-role/")+len(":assumed-role/"):], "/")
		return x.byArn[facts.SessionKey(partition, facts.AccountOf(arn), name)]
	}
	return nil
}

// RoleNamed finds a role of an account by its name.
func (x *Index) RoleNamed(account, name string) *facts.Principal {
	return x.byName[account+":role/"+name]
}

// kindOfPrincipal is :role/ or :user/.
func kindOfPrincipal(arn string) string {
	if strings.Contains(arn, ":user/") {
		return ":user/"
	}
	return ":role/"
}

// principals makes roles and users known, and gives separate policies to those they name.
func (x *Index) principals() {
	for _, p := range x.Facts.Principals {
		x.byArn[p.Arn] = p
		if p.SessionKey != "" {
			x.byArn[p.SessionKey] = p
		}
		x.byName[p.Account+kindOfPrincipal(p.Arn)+facts.LastName(p.Arn)] = p
	}
	managed := map[string]*facts.Attachment{}
	for i := range x.Facts.Attachments {
		a := &x.Facts.Attachments[i]
		if a.Arn != "" {
			managed[a.Arn] = a
		}
		for _, name := range a.Names {
			if name != "" {
				x.attach(a, name)
			}
		}
	}
	for _, p := range x.Facts.Principals {
		p.Managed = slices.DeleteFunc(p.Managed, func(arn string) bool {
			a := managed[arn]
			if a != nil {
				p.Policies = append(p.Policies, a.Policy)
			}
			return a != nil
		})
	}
}

// attach gives a policy to a principal. One that no template declares is made up, as the stack owner's,
// so that the statements are judged.
func (x *Index) attach(a *facts.Attachment, name string) {
	key := a.Account + a.Kind + name
	p := x.byName[key]
	if p == nil {
		p = &facts.Principal{Arn: "arn:aws:iam::" + a.Account + ":role/" + name, Account: a.Account, Place: a.Place}
		x.Facts.Principals = append(x.Facts.Principals, p)
		x.byName[key] = p
		x.Unattached = append(x.Unattached, Unattached{Name: name, Principal: p, Place: a.Place})
	}
	p.Policies = append(p.Policies, a.Policy)
}

// hold sorts out who owns what: the declared resources by their stack, and the namespaces.
// A namespace below a resource of the platform is the tenant's part of it.
func (x *Index) hold() {
	x.Declared = x.Facts.Assets
	for _, a := range x.Declared {
		a.Owner = x.Of(a.Place)
	}
	platform := newAssets(slices.DeleteFunc(slices.Clone(x.Declared), func(a *facts.Asset) bool { return a.Owner != "" }))
	all := slices.Clone(x.Declared)
	for i, namespace := range x.Namespaces {
		kind := fmt.Sprintf("name %d", i)
		everyones := facts.NewAsset(kind, "", anybodys(namespace), facts.Place{})
		everyones.Service, everyones.Namespace = facts.ServiceOf(namespace), true
		all = append(all, everyones)
		for _, t := range x.Tenants {
			for _, arn := range t.expand(namespace) {
				p := pattern.Compile(arn, true)
				all = append(all, &facts.Asset{Kind: kind, Owner: t.ID, Arn: arn, Pattern: p, Service: facts.ServiceOf(arn)})
				x.holdings[t.ID].add(p, platform)
			}
		}
	}
	for _, t := range x.Tenants {
		for i, arn := range t.Resources {
			if isPlace(arn) {
				continue // declared
			}
			a := facts.NewAsset(fmt.Sprintf("resource %d of %s", i, t.ID), t.ID, arn, facts.Place{})
			all = append(all, a)
			x.holdings[t.ID].add(a.Pattern, platform)
		}
	}
	for _, a := range x.Declared {
		if a.Owner != "" {
			x.holdings[a.Owner].add(a.Pattern, nil)
		}
	}
	x.Assets = newAssets(all)
}

// NamesOf are the patterns of the names that a tenant alone may give.
func (x *Index) NamesOf(t *Tenant) []pattern.Pattern {
	var out []pattern.Pattern
	for _, namespace := range x.Namespaces {
		for _, name := range t.expand(namespace) {
			out = append(out, pattern.Compile(name, true))
		}
	}
	return append(out, pattern.CompileAll(t.Resources)...)
}

// Absent are the planned stacks that have no template, in the order of the plan.
func (o *Ownership) Absent(present func(stack string) bool) []Planned {
	var out []Planned
	for _, p := range o.Planned {
		if !present(p.Stack) {
			out = append(out, p)
		}
	}
	return out
}

// TenantsIn are the tenants among the templates that live in a cell.
func (x *Index) TenantsIn(cell string) []string {
	var out []string
	for i := range x.Planned {
		p := &x.Planned[i]
		if owner := x.stackOwner[p.Stack]; p.Cell == cell && owner != "" && x.Present[p.Stack] {
			out = append(out, owner)
		}
	}
	slices.Sort(out)
	return out
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
