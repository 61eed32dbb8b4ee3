package api

import (
	"slices"
	"strconv"
	"strings"
)

// distance is the optimal string alignment distance: insertions, deletions,
// substitutions and swaps of neighbours, each 1.
func distance(a, b string) int {
	before, previous, current := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
		before, previous, current = previous, current, before
	}
	return previous[len(b)]
}

// nearest is the candidate that name is probably meant to be, or empty.
func nearest(name string, candidates []string) string {
	if len(name) > 64 {
		return ""
	}
	best, bestDistance := "", max(1, len(name)/3)+1
	for _, candidate := range candidates {
		d := distance(strings.ToLower(name), strings.ToLower(candidate))
		if d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// choose is the fix for a name that is not among candidates.
func choose(name string, candidates []string) string {
	if s := nearest(name, candidates); s != "" {
		return "did you mean " + strconv.Quote(s) + "?"
	}
	if len(candidates) == 0 {
		return ""
	}
	quoted := make([]string, 0, len(candidates))
	for _, candidate := range slices.Sorted(slices.Values(candidates)) {
		quoted = append(quoted, strconv.Quote(candidate))
	}
	if len(quoted) > 12 {
		return "known are " + strings.Join(quoted[:12], ", ") + " and others"
	}
	return "use " + orList(quoted)
}

// orList is "a", "a or b", "a, b or c".
func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
