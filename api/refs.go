package api

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// resolveReferences checks every $ref: inside the document, to an object of the kind
// that the place needs, and not in a circle.
func (r *reader) resolveReferences() {
	for _, n := range r.references {
		r.checkReference(n)
	}
	r.breakContainment()
	r.spreadBroken()
}

func (r *reader) checkReference(n *node) {
	ref := n.get("$ref")
	switch {
	case !strings.HasPrefix(ref.text, "#"):
		r.report(ref, "copy it into components and refer to #/components/…", "the $ref %s leaves the document", quoted(ref.text))
	case r.target(n) == nil:
		r.report(ref, r.referenceFix(ref.text), "the $ref %s leads nowhere", quoted(ref.text))
	case r.kinds[r.target(n)] == "":
		r.report(ref, "put it under components", "the $ref %s leads to no %s", quoted(ref.text), r.kinds[n])
	case r.kinds[r.target(n)] != r.kinds[n]:
		r.report(ref, "refer to "+withArticle(r.kinds[n]), "the $ref %s leads to %s where %s stands", quoted(ref.text), withArticle(r.kinds[r.target(n)]), withArticle(r.kinds[n]))
	case r.resolve(n) == nil:
		r.report(ref, "refer to an object", "the $ref %s leads from reference to reference without end", quoted(ref.text))
	default:
		return
	}
	r.broken[n] = true
}

// target is the node a reference names, or nil.
func (r *reader) target(n *node) *node {
	fragment, err := url.PathUnescape(strings.TrimPrefix(n.get("$ref").str(), "#"))
	if err != nil {
		return nil
	}
	return r.root.lookup(fragment)
}

// resolve follows references to an object; nil when they do not lead to one.
func (r *reader) resolve(n *node) *node {
	for range 100 {
		if n == nil {
			return nil
		}
		ref := n.get("$ref")
		if ref == nil || !grammar()[r.kinds[n]].isReference() {
			return n
		}
		if !strings.HasPrefix(ref.str(), "#") {
			return nil
		}
		target := r.target(n)
		if target == nil || r.kinds[target] != r.kinds[n] {
			return nil
		}
		n = target
	}
	return nil
}

func (o *object) isReference() bool { return o != nil && o.reference }

// referenceFix proposes a component of a similar name.
func (r *reader) referenceFix(ref string) string {
	section, name, ok := strings.Cut(strings.TrimPrefix(ref, "#/components/"), "/")
	if !ok || !strings.HasPrefix(ref, "#/components/") {
		return "refer to #/components/…"
	}
	var names []string
	if components := r.root.at("components", section); components.isObject() {
		for _, item := range components.items {
			names = append(names, item.token)
		}
	}
	if s := nearest(name, names); s != "" {
		return `did you mean "#/components/` + section + "/" + s + `"?`
	}
	return "add " + quoted(name) + " to components." + section
}

// spreadBroken adds references into broken nodes, so that what is left out leaves no
// reference without a target.
func (r *reader) spreadBroken() {
	if len(r.broken) == 0 {
		return
	}
	into := make(map[*node][]*node)
	for _, n := range r.references {
		for target := r.target(n); target != nil; target = target.parent {
			into[target] = append(into[target], n)
		}
	}
	queue := slices.Collect(maps.Keys(r.broken))
	for len(queue) > 0 {
		n := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, reference := range into[n] {
			if !r.broken[reference] {
				r.broken[reference] = true
				queue = append(queue, reference)
			}
		}
	}
}

func (r *reader) withinBroken(n *node) bool {
	for ; n != nil; n = n.parent {
		if r.broken[n] {
			return true
		}
	}
	return false
}

// inPlace are the schemas that apply to the same value as n.
func (r *reader) inPlace(n *node) []*node {
	if n.get("$ref") != nil {
		if target := r.resolve(n); target != nil && target != n {
			return []*node{target}
		}
		return nil
	}
	var schemas []*node
	for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
		if list := n.get(keyword); list != nil {
			for _, item := range list.items {
				if r.kinds[item] == "schema" {
					schemas = append(schemas, item)
				}
			}
		}
	}
	if not := n.get("not"); not != nil && r.kinds[not] == "schema" {
		schemas = append(schemas, not)
	}
	return schemas
}

// breakContainment reports schemas that apply themselves to the value they check: no
// validator comes to an end with one. Through properties or items a schema may contain itself.
func (r *reader) breakContainment() {
	const open, done = 1, 2
	state := make(map[*node]int)
	var visit func(n *node)
	visit = func(n *node) {
		state[n] = open
		for _, next := range r.inPlace(n) {
			switch {
			case r.broken[next] || state[next] == done:
			case state[next] == open:
				if !r.broken[n] {
					r.reject(n, "let it contain itself through properties or items only", "the schema applies itself through allOf, anyOf, oneOf, not or $ref")
				}
			default:
				visit(next)
			}
		}
		state[n] = done
	}
	for _, n := range r.schemas() {
		if state[n] == 0 && !r.broken[n] {
			visit(n)
		}
	}
}

// schemas are all schemas and references to schemas in the order of the file.
func (r *reader) schemas() []*node {
	var list []*node
	for n, kind := range r.kinds {
		if kind == "schema" {
			list = append(list, n)
		}
	}
	slices.SortFunc(list, func(a, b *node) int {
		if a.line != b.line {
			return a.line - b.line
		}
		return a.column - b.column
	})
	return list
}
