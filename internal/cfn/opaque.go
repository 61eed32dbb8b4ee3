package cfn

import "strings"

// Brackets of an opaque value.
const (
	opaqueOpen  = "⟨"
	opaqueClose = "⟩"
)

// Opaque is the marker of a value that only AWS knows: ⟨stack/LogicalId.Attribute⟩, or
// ⟨stack/LogicalId⟩ for what Ref returns if attribute is empty.
//
// Of a resource whose type is not known here, Ref is ⟨stack/LogicalId.Ref⟩, since it may be a
// name that the template chose; ⟨stack/LogicalId⟩ is always one that AWS chose.
//
// Other opaque values are ⟨{{resolve:ssm:/x}}⟩ for a dynamic reference, ⟨import:Name⟩ for an
// export of another stack, and some that nest: ⟨import:⟨stack/Id⟩-x⟩. The same marker is
// the same value; different markers may be the same value too.
func Opaque(stack, logicalID, attribute string) string {
	s := stack + "/" + logicalID
	if attribute != "" {
		s += "." + attribute
	}
	return opaque(s)
}

func opaque(s string) string { return opaqueOpen + s + opaqueClose }

// Part is a piece of a resolved string.
type Part struct {
	// Text of the part; with its brackets if it is opaque.
	Text string
	// Opaque parts stand for text that only AWS knows.
	Opaque bool
}

// Parts splits a resolved string into literal and opaque parts. A bracket without its
// partner is literal text, with all that follows.
func Parts(s string) []Part {
	var parts []Part
	for s != "" {
		start := strings.Index(s, opaqueOpen)
		end := -1
		if start >= 0 {
			end = markerEnd(s, start)
		}
		if end < 0 {
			return append(parts, Part{Text: s})
		}
		if start > 0 {
			parts = append(parts, Part{Text: s[:start]})
		}
		parts = append(parts, Part{Text: s[start:end], Opaque: true})
		s = s[end:]
	}
	return parts
}

// HasOpaque says whether a resolved string has an opaque part.
func HasOpaque(s string) bool {
	start := strings.Index(s, opaqueOpen)
	return start >= 0 && markerEnd(s, start) >= 0
}

// isOpaque says whether all of s is one opaque value.
func isOpaque(s string) bool {
	return strings.HasPrefix(s, opaqueOpen) && markerEnd(s, 0) == len(s)
}

// markerEnd is where the marker that starts at start ends, -1 if it does not.
func markerEnd(s string, start int) int {
	depth := 0
	for i := start; i < len(s); {
		switch {
		case strings.HasPrefix(s[i:], opaqueOpen):
			depth++
			i += len(opaqueOpen)
		case strings.HasPrefix(s[i:], opaqueClose):
			depth--
			i += len(opaqueClose)
			if depth == 0 {
				return i
			}
		default:
			i++
		}
	}
	return -1
}

// anyOpaque says whether a value has an opaque string or a dynamic reference somewhere.
func anyOpaque(v any) bool {
	switch v := v.(type) {
	case string:
		return HasOpaque(v) || strings.Contains(v, dynamicOpen)
	case opaqueList:
		return true
	case []any:
		for _, e := range v {
			if anyOpaque(e) {
				return true
			}
		}
	case map[string]any:
		for _, e := range v {
			if anyOpaque(e) {
				return true
			}
		}
	}
	return false
}
