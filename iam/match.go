package iam

import (
	"strings"
	"unicode/utf8"
)

// MatchAction says whether a pattern of an Action element covers an action. Neither is case
// sensitive (IAM User Guide, "IAM JSON policy elements: Action").
func MatchAction(pattern, action string) bool {
	if pattern == "*" || len(pattern) == len(action) && strings.EqualFold(pattern, action) {
		return true
	}
	// Most patterns are about another service.
	if len(pattern) > 1 && len(action) > 1 && pattern[0] != '*' && pattern[0] != '?' && pattern[0]|0x20 != action[0]|0x20 {
		return false
	}
	return strings.ContainsAny(pattern, "*?") && glob(strings.ToLower(pattern), strings.ToLower(action))
}

// MatchResource says whether a pattern of a Resource element, without policy variables,
// covers a resource. Case counts. An asterisk also reaches over colons and slashes
// (IAM User Guide, "IAM JSON policy elements: Resource").
func MatchResource(pattern, resource string) bool { return glob(pattern, resource) }

// A * or ? that a policy variable brought in stands for itself: in a pattern it is written
// as one of these characters, which no policy may hold.
const (
	literalStar     = '\x01'
	literalQuestion = '\x02'
)

// glob matches * to any characters, none included, and ? to exactly one. It backtracks to
// the last asterisk alone, so it takes at most len(pattern) × len(s) steps.
func glob(pattern, s string) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, mark = i, j
			i++
		case i < len(pattern) && pattern[i] == '?':
			i++
			j += runeLen(s[j:])
		case i < len(pattern) && literal(pattern[i]) == s[j]:
			i++
			j++
		case star >= 0:
			mark += runeLen(s[mark:])
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(pattern) && pattern[i] == '*' {
		i++
	}
	return i == len(pattern)
}

func literal(c byte) byte {
	switch c {
	case literalStar:
		return '*'
	case literalQuestion:
		return '?'
	default:
		return c
	}
}

func runeLen(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// arnComponents is how many parts an ARN has; the last one keeps its colons
// (AWS General Reference, "Amazon Resource Names").
const arnComponents = 6

// matchArn compares as ArnLike and ArnEquals do: each of the six components on its own,
// so that an asterisk does not reach over a colon of the first five
// (IAM User Guide, "IAM JSON policy elements: Condition operators").
func matchArn(pattern, arn string) bool {
	want, have := strings.SplitN(pattern, ":", arnComponents), strings.SplitN(arn, ":", arnComponents)
	if len(want) != arnComponents || len(have) != arnComponents {
		return false
	}
	for i := range want {
		if !glob(want[i], have[i]) {
			return false
		}
	}
	return true
}
