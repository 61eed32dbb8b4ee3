package plan

import (
	"maps"
	"slices"

	"github.com/tenantstack/tenantstack/internal/authz"
)

// Packages of functions that the plan runs, sorted.
func (p *Plan) Packages() []string {
	names := map[string]bool{}
	for _, c := range p.Cells {
		if c.Indexer != nil {
			names[c.Indexer.Function.Package] = true
		}
	}
	for _, t := range p.Tenants {
		for _, name := range t.Packages() {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// Packages of functions that the tenant runs, sorted.
func (t *Tenant) Packages() []string {
	names := map[string]bool{}
	for _, f := range t.Functions {
		names[f.Package] = true
	}
	if t.Indexer != nil {
		names[t.Indexer.Function.Package] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// Files are what zips hold beside their binaries: by package of functions, then by name.
// The authorizer has the table of operations and scopes, compiled from the contract.
func (p *Plan) Files() (map[string]map[string][]byte, error) {
	if len(p.Tenants) == 0 {
		return nil, nil // a cell has no authorizer
	}
	var t authz.Table
	for _, o := range p.Operations {
		t.Operations = append(t.Operations, authz.Operation{ID: o.ID, Method: o.Method, Path: o.Path, Scopes: o.Scopes})
	}
	encoded, err := t.Encode()
	if err != nil {
		return nil, err
	}
	return map[string]map[string][]byte{authorizerPackage: {authz.TableFile: encoded}}, nil
}
