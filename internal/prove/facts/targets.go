package facts

import (
	"regexp"
	"strings"
)

// universalTarget is an action that EventBridge Scheduler calls with the schedule's role, so that the role's
// policies say what it may act on (EventBridge Scheduler User Guide, "Using universal targets").
var universalTarget = regexp.MustCompile(`^arn:[^:]+:scheduler:::aws-sdk:[a-z0-9-]+:[a-zA-Z0-9]+$`)

func isUniversalTarget(text string) bool { return universalTarget.MatchString(text) }

// isEmail says whether a text is the address of a person and no ARN.
func isEmail(text string) bool {
	return !strings.HasPrefix(text, "arn:") && strings.Contains(text, "@")
}

// hostOf is the host in an address, with its port; a text that is no address is taken for a host. What stands in marks
// belongs to the host whatever it says. A backslash ends the host like a slash, as browsers have it (WHATWG URL
// Standard, "authority state").
func hostOf(text string) string {
	scheme, rest, found := strings.Cut(strings.TrimPrefix(text, "jdbc:"), "://")
	if !found || scheme == "" || strings.Contains(scheme, "⟨") {
		return text
	}
	depth := 0
	end := strings.IndexFunc(rest, func(r rune) bool {
		switch r {
		case '⟨':
			depth++
		case '⟩':
			depth--
		}
		return depth == 0 && strings.ContainsRune(`/\?#`, r)
	})
	if end >= 0 {
		rest = rest[:end]
	}
	return rest[strings.LastIndex(rest, "@")+1:]
}
