package owners

import (
	"iter"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
)

// Assets finds assets by the literal beginning of their ARNs.
type Assets struct {
	// All of them, in order.
	All       []*facts.Asset
	byService map[string]*prefixes
}

// prefixes holds assets sorted by literal prefix.
type prefixes struct {
	sorted []*facts.Asset
	exact  map[string][]*facts.Asset
	// lengths of the prefixes that occur, to look up those that begin a pattern.
	lengths []int
}

func newAssets(all []*facts.Asset) *Assets {
	x := &Assets{All: all, byService: map[string]*prefixes{}}
	for _, a := range all {
		p := x.byService[a.Service]
		if p == nil {
			p = &prefixes{exact: map[string][]*facts.Asset{}}
			x.byService[a.Service] = p
		}
		p.sorted = append(p.sorted, a)
		p.exact[a.Pattern.Prefix] = append(p.exact[a.Pattern.Prefix], a)
	}
	for _, p := range x.byService {
		slices.SortStableFunc(
			p.sorted,
			func(a, b *facts.Asset) int { return strings.Compare(a.Pattern.Prefix, b.Pattern.Prefix) },
		)
		seen := map[int]bool{}
		for prefix := range p.exact {
			seen[len(prefix)] = true
		}
		for n := range seen {
			p.lengths = append(p.lengths, n)
		}
		slices.Sort(p.lengths)
	}
	return x
}

// Meeting are the assets whose ARN a pattern may cover.
func (x *Assets) Meeting(p pattern.Pattern) iter.Seq[*facts.Asset] {
	return func(yield func(*facts.Asset) bool) { x.meeting(p, yield) }
}

func (x *Assets) meeting(p pattern.Pattern, yield func(*facts.Asset) bool) {
	service := facts.ServiceOf(p.Source)
	if service == "" {
		for _, name := range sortedKeys(x.byService) {
			if !x.byService[name].meeting(p, yield) {
				return
			}
		}
		return
	}
	if found := x.byService[service]; found != nil {
		found.meeting(p, yield)
	}
}

func (x *prefixes) meeting(p pattern.Pattern, yield func(*facts.Asset) bool) bool {
	// Assets whose prefix is shorter than that of the pattern.
	for _, n := range x.lengths {
		if n >= len(p.Prefix) {
			break
		}
		for _, a := range x.exact[p.Prefix[:n]] {
			if !yield(a) {
				return false
			}
		}
	}
	from, _ := slices.BinarySearchFunc(
		x.sorted,
		p.Prefix,
		func(a *facts.Asset, prefix string) int { return strings.Compare(a.Pattern.Prefix, prefix) },
	)
	for _, a := range x.sorted[from:] {
		if !strings.HasPrefix(a.Pattern.Prefix, p.Prefix) {
			break
		}
		if !yield(a) {
			return false
		}
	}
	return true
}
