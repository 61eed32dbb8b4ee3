package report

import (
	"fmt"
	"strings"
)

// maxUnchecked is how many stacks without templates are named in a sentence.
const maxUnchecked = 6

// notCheckedTexts say in sentences what was not checked: each cell that tenants of the
// templates rest on, with what they rest on, and then all other stacks.
func (r *Report) notCheckedTexts() []string {
	var out, others []string
	for _, n := range r.NotChecked {
		switch {
		case len(n.UsedBy) > 0:
			out = append(
				out,
				fmt.Sprintf(
					"cell %s (%s is not among the templates), which %s: %s",
					n.Cell,
					n.Stack,
					whoUses(n.UsedBy),
					strings.Join(n.What, "; "),
				),
			)
		case n.Cell != "":
			others = append(others, "cell "+n.Cell)
		default:
			others = append(others, "tenant "+n.Tenant)
		}
	}
	if len(others) == 0 {
		return out
	}
	named := strings.Join(others[:min(len(others), maxUnchecked)], ", ")
	if more := len(others) - maxUnchecked; more > 0 {
		named += fmt.Sprintf(" and %s more", thousands(uint64(more)))
	}
	if len(others) == 1 {
		return append(out, named+" (its stack is not among the templates): all that its template says")
	}
	return append(out, named+" (their stacks are not among the templates): all that their templates say")
}

// whoUses says which tenants use a cell.
func whoUses(ids []string) string {
	if len(ids) == 1 {
		return "tenant " + ids[0] + " uses"
	}
	return fmt.Sprintf("%d tenants of the templates use", len(ids))
}

// Counted is a number with a noun.
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
