package lambda

import (
	"regexp"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

const latestVersion = "$LATEST"

// functionName is the form of FunctionName (Lambda API Reference, "Invoke"): a name, a partial or a
// full ARN, each with or without a qualifier.
var functionName = regexp.MustCompile(
	`^(?:arn:(aws[a-zA-Z-]*):lambda:([a-z]{2}(?:-[a-z]+)+-\d):)?(?:(\d{12}):)?(?:function:)?([a-zA-Z0-9_-]{1,64})(?::(\$LATEST|[a-zA-Z0-9_-]{1,128}))?$`)

// qualifierName is the form of a qualifier.
var qualifierName = regexp.MustCompile(`^(\$LATEST|[a-zA-Z0-9_-]{1,128})$`)

// reference names a function and maybe one of its versions or aliases.
type reference struct {
	partition, region, account, name, qualifier string
}

// parseReference reads a FunctionName as a caller of a region and an account means it.
func parseReference(text, region, account string) (reference, *gate.Error) {
	m := functionName.FindStringSubmatch(text)
	if m == nil || m[1] != "" && m[3] == "" {
		return reference{}, &gate.Error{Status: 400, Code: "ValidationException",
			Message: "1 validation error detected: Value '" + text + "' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?"}
	}
	r := reference{partition: m[1], region: m[2], account: m[3], name: m[4], qualifier: m[5]}
	if r.partition == "" {
		r.partition, r.region = "aws", region
	}
	if r.account == "" {
		r.account = account
	}
	return r, nil
}

// function is the ARN without the qualifier.
func (r reference) function() string {
	return "arn:" + r.partition + ":lambda:" + r.region + ":" + r.account + ":function:" + r.name
}

// arn is the ARN with the qualifier, if there is one.
func (r reference) arn() string {
	if r.qualifier == "" {
		return r.function()
	}
	return r.function() + ":" + r.qualifier
}

// splitARN separates the qualifier from the ARN of a function.
func splitARN(arn string) (function, qualifier string) {
	const colons = 6 // arn:aws:lambda:region:account:function:name
	rest, at := arn, 0
	for range colons {
		i := strings.IndexByte(rest, ':')
		if i < 0 {
			return arn, ""
		}
		rest, at = rest[i+1:], at+i+1
	}
	name, qualifier, _ := strings.Cut(rest, ":")
	return arn[:at+len(name)], qualifier
}
