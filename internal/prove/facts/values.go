package facts

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// items are the elements of a list; a value that is none is a list of itself.
func items(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

func text(value any) string {
	s, _ := value.(string)
	return s
}

func object(value any) map[string]any {
	m, _ := value.(map[string]any)
	return m
}

func texts(value any) []string {
	var out []string
	for _, v := range items(value) {
		out = append(out, text(v))
	}
	return out
}

// scalarText is a text, a number or a switch as text; empty if the value is nil.
func scalarText(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

func isTrue(value any) bool {
	if b, ok := value.(bool); ok {
		return b
	}
	return strings.EqualFold(text(value), "true")
}
