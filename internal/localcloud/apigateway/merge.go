package apigateway

import (
	"fmt"
	"maps"
	"slices"
)

// updateMode is the property Mode of AWS::ApiGateway::RestApi: what a changed document leaves of
// the one before (CloudFormation Template Reference, "AWS::ApiGateway::RestApi": Mode).
type updateMode string

const (
	// modeOverwrite leaves nothing: the API is what the new document says.
	modeOverwrite updateMode = "overwrite"
	// modeMerge leaves whatever the new document does not define; where both define something, it is
	// the new one's (API Gateway Developer Guide, "Import an OpenAPI file to update an existing API definition").
	modeMerge updateMode = "merge"
	// modeDefault is that of a template without Mode, for APIs made since March 29, 2021, and is neither of the
	// others: single values are the new document's, whether it has them or not, and what holds several is merged
	// as with modeMerge. Paths are among these: users find removed ones in their APIs (aws/chalice#1747).
	modeDefault updateMode = ""
)

func (m updateMode) check() error {
	switch m {
	case modeOverwrite, modeMerge, modeDefault:
		return nil
	}
	return fmt.Errorf("%q is none of overwrite and merge; leave it out for the default of CloudFormation", string(m))
}

// update completes d, which is not served yet, by what an update leaves of old. old stays as it is.
func (m updateMode) update(old, d *definition) error {
	if old == nil || m == modeOverwrite {
		return nil
	}
	for _, t := range old.binary {
		if !slices.Contains(d.binary, t) {
			d.binary = append(d.binary, t)
		}
	}
	keep(d.authorizers, old.authorizers)
	keep(d.responses, old.responses)
	if m == modeMerge {
		if d.policy == nil {
			d.policy = old.policy
		}
		if d.minCompression < 0 {
			d.minCompression = old.minCompression
		}
	}
	return d.keepMethods(old)
}

// keep adds what only old has.
func keep[K comparable, V any](m, old map[K]V) {
	for key, value := range old {
		if _, ok := m[key]; !ok {
			m[key] = value
		}
	}
}

// keepMethods adds the methods that only old has. Each keeps its integration and its validation, and is authorized
// by the authorizer that has the name now.
func (d *definition) keepMethods(old *definition) error {
	known := map[string]*apiResource{}
	for _, res := range d.root.resources(nil) {
		known[res.path] = res
	}
	for _, before := range old.root.resources(nil) {
		res := known[before.path]
		if res == nil {
			res = &apiResource{path: before.path, id: before.id, methods: map[string]*method{}}
			if err := d.root.insert(res); err != nil {
				return fmt.Errorf("merging with the API's definition of before: %w; Mode overwrite removes what is not in the document", err)
			}
		}
		for name, m := range before.methods {
			if res.methods[name] != nil {
				continue
			}
			kept := *m
			if m.authorizer != nil {
				kept.authorizer = d.authorizers[m.authorizer.name]
			}
			res.methods[name] = &kept
		}
	}
	return nil
}

// resources adds those below the node to found, in the order of their paths.
func (n *node) resources(found []*apiResource) []*apiResource {
	if n.resource != nil {
		found = append(found, n.resource)
	}
	for _, segment := range slices.Sorted(maps.Keys(n.literal)) {
		found = n.literal[segment].resources(found)
	}
	if n.param != nil {
		found = n.param.resources(found)
	}
	if n.greedy != nil {
		found = append(found, n.greedy)
	}
	return found
}
