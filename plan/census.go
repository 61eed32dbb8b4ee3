package plan

import (
	"cmp"
	"maps"
	"slices"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/tenant"
)

// Census is what a tenants.yaml consists of, counted rather than planned: the stacks of tenants that live in one cell and
// place their data and search alike have the same resources under different names, so that one of them is planned for all.
type Census struct {
	// Cells sorted by name.
	Cells []Cell
	// Kinds of tenants, sorted by cell.
	Kinds []Kind
}

// Kind is the tenants of a cell whose stacks have the same resources.
type Kind struct {
	// Example is one of them.
	Example Tenant
	// Tenants is how many there are, the example among them.
	Tenants int
}

// Census counts what the whole tenants.yaml says, whatever part of it was planned. It takes milliseconds for a
// thousand tenants.
func (p *Plan) Census() *Census { return TakeCensus(p.file, p.contract) }

// TakeCensus counts what f and c say. What keeps a single tenant from being planned, such as a policy that is too long, is
// for Build to report.
func TakeCensus(f *tenant.File, c *api.Contract) *Census {
	type kind struct {
		cell         string
		data, search tenant.Isolation
	}
	tenants := map[kind][]tenant.Tenant{}
	for _, t := range f.Tenants {
		s := f.Settings(t)
		k := kind{t.Cell, s.Data, s.Search}
		tenants[k] = append(tenants[k], t)
	}
	census := &Census{}
	for _, k := range slices.SortedFunc(maps.Keys(tenants), func(a, b kind) int {
		return cmp.Or(cmp.Compare(a.cell, b.cell), cmp.Compare(a.data, b.data), cmp.Compare(a.search, b.search))
	}) {
		example := newTenantBuilder(f, c, tenants[k][0]).build()
		census.Kinds = append(census.Kinds, Kind{Example: *example, Tenants: len(tenants[k])})
	}
	for _, name := range slices.Sorted(maps.Keys(f.Cells)) {
		cell := newCellBuilder(f, c, name).build()
		census.Cells = append(census.Cells, *cell)
	}
	return census
}
