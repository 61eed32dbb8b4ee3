package apigateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"
)

var (
	// invocation is the URI of a function (API Gateway Developer Guide, "x-amazon-apigateway-integration object").
	invocation = regexp.MustCompile(`^arn:aws[a-z-]*:apigateway:[a-z0-9-]+:lambda:path/2015-03-31/functions/(.+)/invocations$`)
	// functionARN may have a version or an alias, also from a stage variable.
	functionARN = regexp.MustCompile(`^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,140}(:[A-Za-z0-9$_-]{1,128})?$`)
	roleARN     = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$`)
	// stageVariable in a URI or in the ARN of credentials.
	stageVariable = regexp.MustCompile(`\$\{stageVariables\.([A-Za-z0-9_]+)\}`)
)

// functionOf is the ARN of the function that a URI invokes; stage variables may be in it.
func functionOf(uri string) (string, error) {
	m := invocation.FindStringSubmatch(uri)
	if m == nil {
		return "", fmt.Errorf("%q: want arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/FUNCTION_ARN/invocations", uri)
	}
	if !functionARN.MatchString(stageVariable.ReplaceAllString(m[1], "x")) && !stageVariable.MatchString(m[1]) {
		return "", fmt.Errorf("%q: %q is no ARN of a function", uri, m[1])
	}
	return m[1], nil
}

// readCredentials checks the role of an integration or authorizer; empty stands for the resource
// policy of the function.
func readCredentials(arn string) (string, error) {
	switch {
	case arn == "", stageVariable.MatchString(arn), roleARN.MatchString(arn):
		return arn, nil
	case strings.HasSuffix(arn, ":user/*"):
		return "", errors.New("the caller's own credentials are not passed on here")
	}
	return "", fmt.Errorf("%q is no ARN of a role", arn)
}

// withStageVariables replaces stage variables; those that do not exist are empty.
func withStageVariables(s string, variables map[string]string) string {
	if !strings.Contains(s, "${") {
		return s
	}
	return stageVariable.ReplaceAllStringFunc(s, func(m string) string {
		return variables[stageVariable.FindStringSubmatch(m)[1]]
	})
}

// wholeMatch compiles an expression that has to match all of a text.
func wholeMatch(expression string) (*regexp.Regexp, error) {
	return regexp.Compile(`^(?:` + expression + `)$`)
}

func wholeNumber(v any) (int, bool) {
	f, err := json.Number(text(v)).Float64()
	if err != nil || f != math.Trunc(f) || math.Abs(f) > math.MaxInt32 {
		return 0, false
	}
	return int(f), true
}

func secondsOf(n int) time.Duration { return time.Duration(n) * time.Second }
