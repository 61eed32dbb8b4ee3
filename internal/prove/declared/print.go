package declared

import (
	"fmt"
	"slices"
	"strings"
)

// Property is a declared property of a type.
type Property struct {
	// Path of the names from the resource's properties on; * is any name.
	Path string `json:"path"`
	// Judgement with its arguments, and the reason that the declaration gives.
	Judgement string   `json:"judgement"`
	Args      []string `json:"args,omitempty"`
	Reason    string   `json:"reason,omitempty"`
}

// List is the type's declared properties, sorted by path.
func (t *Type) List() []Property {
	var out []Property
	t.Properties.Each(func(path string, n *Node) {
		out = append(out, Property{Path: path, Judgement: string(n.Judgement), Args: n.Args, Reason: n.Reason})
	})
	slices.SortFunc(out, func(a, b Property) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// String is the declaration as it stands in its file.
func (t *Type) String() string {
	var out strings.Builder
	out.WriteString(t.Name)
	for _, f := range t.flags {
		out.WriteString(" " + string(f))
	}
	out.WriteByte('\n')
	for _, p := range t.List() {
		line := fmt.Sprintf("    %-60s %s", p.Path, strings.Join(append([]string{p.Judgement}, p.Args...), " "))
		if p.Reason != "" {
			line += " # " + p.Reason
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}

// Each visits the nodes below a node that have a judgement, in no order.
func (n *Node) Each(visit func(path string, n *Node)) { n.each("", visit) }

func (n *Node) each(path string, visit func(path string, n *Node)) {
	if n.Judgement != "" {
		visit(path, n)
	}
	for name, child := range n.Children {
		child.each(strings.TrimPrefix(path+"."+name, "."), visit)
	}
	if n.Any != nil {
		n.Any.each(strings.TrimPrefix(path+".*", "."), visit)
	}
}
