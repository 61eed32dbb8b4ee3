package plan

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/tenant"
)

// Selection names the stacks to plan. Without any name it is all of them.
type Selection struct {
	// Tenants by id: each tenant's stack.
	Tenants []string
	// Cells by name: the cell's stack and those of all its tenants.
	Cells []string
}

func (s Selection) all() bool { return len(s.Tenants) == 0 && len(s.Cells) == 0 }

func (s Selection) hasCell(name string) bool { return s.all() || slices.Contains(s.Cells, name) }

func (s Selection) hasTenant(t tenant.Tenant) bool {
	return s.hasCell(t.Cell) || slices.Contains(s.Tenants, t.ID)
}

// check reports every name that is not in f.
func (s Selection) check(f *tenant.File) error {
	var problems []error
	for _, name := range s.Cells {
		if _, ok := f.Cells[name]; !ok {
			problems = append(problems, fmt.Errorf("select stacks: no cell %q in tenants.yaml; it has %s", name, strings.Join(slices.Sorted(maps.Keys(f.Cells)), ", ")))
		}
	}
	for _, id := range s.Tenants {
		if !slices.ContainsFunc(f.Tenants, func(t tenant.Tenant) bool { return t.ID == id }) {
			problems = append(problems, fmt.Errorf("select stacks: no tenant %q in tenants.yaml", id))
		}
	}
	return errors.Join(problems...)
}

// Load reads tenants.yaml and the contract and plans what they say. The problems of both
// files are reported at once, with their places.
func Load(tenants, contract string, s Selection) (*Plan, error) {
	f, ofTenants, tenantsErr := tenant.LoadSource(tenants)
	c, ofContract, contractErr := api.LoadSource(contract)
	if err := errors.Join(tenantsErr, contractErr); err != nil {
		return nil, err
	}
	p, err := Build(f, c, s)
	if err != nil {
		return nil, located(err, ofTenants, ofContract)
	}
	for i := range p.Operations {
		o := &p.Operations[i]
		o.Where = ofContract.Where("paths", o.Path, strings.ToLower(o.Method)) + ": " + o.Where
	}
	for i := range p.Events {
		e := &p.Events[i]
		e.Where = ofContract.Where("x-events", e.ID) + ": " + e.Where
	}
	for i := range p.Accept {
		a := &p.Accept[i]
		a.Where = ofTenants.Where(a.Where) + ": " + a.Where
	}
	return p, nil
}

// Build decides everything that is to exist for the selected tenants and cells. The result
// does not depend on the order of the tenants. All problems are reported at once: names that
// are not there, or what synthesis and AWS would refuse, as [Problems].
func Build(f *tenant.File, c *api.Contract, s Selection) (*Plan, error) {
	if err := s.check(f); err != nil {
		return nil, err
	}
	var problems problemList
	problems.add("", checkFiles(f, c)...)
	p := &Plan{
		Platform: f.Platform.Name, Domain: f.Platform.Domain,
		IdentityProvider: identityProvider(f.Platform.IdentityProvider), AccountSources: accountSources(f.Platform),
		Operations: operations(c), Events: events(c), Accept: accepted(f), file: f, contract: c, selection: s,
	}
	for _, t := range slices.SortedFunc(slices.Values(f.Tenants), func(a, b tenant.Tenant) int { return cmp.Compare(a.ID, b.ID) }) {
		if !s.hasTenant(t) {
			continue
		}
		b := newTenantBuilder(f, c, t)
		built := b.build()
		if len(p.Tenants) == 0 {
			problems.add("", checkBody(built.API.Body, b.pathPrefix())...)
		}
		problems.add("tenant "+t.ID, b.check(built)...)
		p.Tenants = append(p.Tenants, *built)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Cells)) {
		if s.hasCell(name) {
			cell := newCellBuilder(f, c, name).build()
			problems.add("cell "+name, checkCell(cell)...)
			p.Cells = append(p.Cells, *cell)
		}
	}
	if err := problems.err(); err != nil {
		return nil, err
	}
	return p, nil
}

func operations(c *api.Contract) []Operation {
	var out []Operation
	for _, o := range c.Operations {
		out = append(out, Operation{
			ID: o.ID, Method: o.Method, Path: o.Path, Scopes: o.Scopes,
			Package: o.Function.Package, Function: o.FunctionID(), Grants: grantsOf(c, o.Function),
			Where: o.Method + " " + o.Path,
		})
	}
	return out
}

func events(c *api.Contract) []Event {
	var out []Event
	for _, e := range c.Events {
		out = append(out, Event{
			ID: e.ID, ObjectCreated: e.ObjectCreated,
			Package: e.Function.Package, Function: e.FunctionID(), Grants: grantsOf(c, e.Function),
			Where: "event " + e.ID,
		})
	}
	return out
}

func grantsOf(c *api.Contract, f api.Function) Grants {
	g := allGrants(c, f)
	out := Grants{Tables: map[string]TableGrant{}, Search: string(g.Search), InvokeSelf: g.InvokeSelf}
	for folder, access := range g.Uploads {
		if out.Uploads == nil {
			out.Uploads = map[string]string{}
		}
		out.Uploads[folder] = string(access)
	}
	for name, access := range g.Tables {
		sharded := slices.ContainsFunc(c.Tables, func(t api.Table) bool { return t.Name == name && t.Sharded })
		out.Tables[name] = TableGrant{Access: string(access), Sharded: sharded}
	}
	return out
}

func tableID(table string) string { return logicalID(table) + "Table" }

// tables of the contract that live in s.
func tables(s scope, c *api.Contract) []Table {
	var out []Table
	for _, t := range c.Tables {
		out = append(out, Table{
			LogicalID: tableID(t.Name), Name: s.tableName(t.Name), Table: t.Name,
			SortKey: t.SortKey, Sharded: t.Sharded, Stream: t.Search, TTL: t.TTL,
		})
	}
	return out
}

// streams are the tables with a stream.
func streams(all []Table) []Table {
	return slices.DeleteFunc(slices.Clone(all), func(t Table) bool { return !t.Stream })
}

// partitionKeys are the values of the partition key that a billing account owns.
func partitionKeys(account string, shards int) []string {
	if shards <= 1 {
		return []string{account}
	}
	keys := make([]string, shards)
	for i := range keys {
		keys[i] = account + "#" + strconv.Itoa(i)
	}
	return keys
}

// LayoutKey is the partition key of the one row of a table that says how the account's other rows are keyed.
func LayoutKey(account string) string { return account + "#layout" }

// environmentName is x-tables' kittens-eu as KITTENS_EU.
func environmentName(table string) string {
	return strings.ToUpper(strings.ReplaceAll(table, "-", "_"))
}
