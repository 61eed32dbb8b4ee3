package facts

import (
	"regexp"
	"strings"

	"github.com/tenantstack/tenantstack/internal/prove/pattern"
)

// universalTarget is an action that EventBridge Scheduler calls with the schedule's role, so that the role's
// policies say what it may act on (EventBridge Scheduler User Guide, "Using universal targets").
var universalTarget = regexp.MustCompile(`^arn:[^:]+:scheduler:::aws-sdk:[a-z0-9-]+:[a-zA-Z0-9]+$`)

func isUniversalTarget(text string) bool { return universalTarget.MatchString(text) }

// isEmail says whether a text is the address of a person and no ARN.
func isEmail(text string) bool {
	return !strings.HasPrefix(text, "arn:") && strings.Contains(text, "@")
}

// hostOf is the host in an address; a text that is no address is taken for a host. Values that only AWS knows may have
// slashes in their marks.
func hostOf(text string) string {
	scheme, rest, found := strings.Cut(strings.TrimPrefix(text, "jdbc:"), "://")
	if !found || scheme == "" || strings.Contains(scheme, pattern.OpenMark) {
		return text
	}
	host, depth := "", 0
	for _, r := range rest {
		switch {
		case string(r) == pattern.OpenMark:
			depth++
		case string(r) == pattern.CloseMark:
			depth--
		case depth > 0:
		case strings.ContainsRune(`/?#\`, r):
			return host
		case r == '@':
			host = "" // what came before is the user
			continue
		}
		host += string(r)
	}
	return host
}
