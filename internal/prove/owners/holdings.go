package owners

import (
	"slices"

	"github.com/tenantstack/tenantstack/internal/prove/pattern"
)

// Holdings are what one tenant owns.
type Holdings struct {
	exact    map[string]bool
	patterns []pattern.Pattern
	// parts are the tenant's namespaces within shared resources, such as an index of a
	// shared domain.
	parts []pattern.Pattern
}

// Covers says whether a pattern of a policy certainly names nothing but the tenant's own.
func (h *Holdings) Covers(p pattern.Pattern) bool {
	if p.Exact() && h.exact[p.Prefix] {
		return true
	}
	return slices.ContainsFunc(h.patterns, func(own pattern.Pattern) bool { return own.Covers(p) }) || h.Part(p) != nil
}

// Part is the part of a shared resource that covers p, nil if none does.
func (h *Holdings) Part(p pattern.Pattern) *pattern.Pattern {
	for i := range h.parts {
		if h.parts[i].Covers(p) {
			return &h.parts[i]
		}
	}
	return nil
}

// IsPart says whether a pattern is one of the tenant's parts of shared resources.
func (h *Holdings) IsPart(p pattern.Pattern) bool {
	return slices.ContainsFunc(h.parts, func(part pattern.Pattern) bool { return part.Source == p.Source })
}

// All are the patterns of everything that the tenant owns.
func (h *Holdings) All() []pattern.Pattern {
	all := slices.Concat(h.patterns, h.parts)
	for _, arn := range sortedKeys(h.exact) {
		all = append(all, pattern.Compile(arn, false))
	}
	return all
}

func (h *Holdings) add(p pattern.Pattern, platform *Assets) {
	part := false
	if platform != nil {
		for x := range platform.Meeting(p) {
			if _, part = pattern.Intersect(p, x.Pattern); part {
				break
			}
		}
	}
	switch {
	case part:
		h.parts = append(h.parts, p)
	case p.Exact():
		h.exact[p.Prefix] = true
	default:
		h.patterns = append(h.patterns, p)
	}
}
