package facts

import (
	"net/url"
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

// hostOf is the host in an address; a text that is no address is taken for a host.
func hostOf(text string) string {
	address := strings.TrimPrefix(text, "jdbc:")
	scheme, rest, found := strings.Cut(address, "://")
	if !found || scheme == "" {
		return text
	}
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	host, _, _ := strings.Cut(rest, "/")
	return host
}
