package ssm

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// key is a parameter of an account and region.
type key struct {
	Account, Region, Name string
}

// arn has one slash before the name, whether or not the name begins with one (Systems
// Manager User Guide, "Restricting access to parameters using IAM policies").
func (k key) arn() string {
	partition := "aws"
	switch {
	case strings.HasPrefix(k.Region, "cn-"):
		partition = "aws-cn"
	case strings.HasPrefix(k.Region, "us-gov-"):
		partition = "aws-us-gov"
	}
	return "arn:" + partition + ":ssm:" + k.Region + ":" + k.Account + ":parameter/" + strings.TrimPrefix(k.Name, "/")
}

var nameText = regexp.MustCompile(`^[a-zA-Z0-9_.\-/]+$`)

// checkName holds a name against the rules of PutParameter (Systems Manager API Reference,
// "PutParameter", Name). Names that break them cannot exist, so reads check them too: what a policy
// decides about is then the name as it is stored.
func checkName(name string) *gate.Error {
	folded := strings.ToLower(strings.TrimPrefix(name, "/"))
	switch {
	case name == "" || len(name) > 1011:
		return validation(fmt.Sprintf("1 validation error detected: a parameter name of %d characters, want 1 to 1011", len(name)))
	case !nameText.MatchString(name) || strings.Contains(name, "//") || strings.HasSuffix(name, "/"):
		return validation("Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_ : " + name)
	case strings.HasPrefix(folded, "ssm") || strings.HasPrefix(folded, "aws"):
		return validation("Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive): " + name)
	case strings.Contains(name, "/") && name[0] != '/':
		return validation("Parameter name must be a fully qualified name: " + name)
	case strings.Count(name, "/") > 15:
		return &gate.Error{Status: 400, Code: "HierarchyLevelLimitExceededException", Message: "A hierarchy can have a maximum of 15 levels: " + name}
	}
	return nil
}

// splitSelector splits name:version.
func splitSelector(name string) (string, string) {
	name, selector, _ := strings.Cut(name, ":")
	return name, selector
}

// resolve reads the Name of a request: a name or the parameter's ARN, either with a version.
func resolve(c *gate.Call, text string) (key, string, *gate.Error) {
	k := key{Account: c.Caller.Account, Region: c.Region}
	rest := text
	if strings.HasPrefix(text, "arn:") {
		parts := strings.SplitN(text, ":", 6)
		if len(parts) < 6 || parts[2] != "ssm" || !strings.HasPrefix(parts[5], "parameter/") {
			return k, "", validation("Parameter ARN is invalid: " + text)
		}
		// Parameters of other accounts are shared through Resource Access Manager, which there is not.
		if parts[3] != c.Region || parts[4] != c.Caller.Account {
			return k, "", notFound(text)
		}
		rest = strings.TrimPrefix(parts[5], "parameter/")
		if name, _ := splitSelector(rest); strings.Contains(name, "/") {
			rest = "/" + rest
		}
	}
	name, selector := splitSelector(rest)
	if problem := checkName(name); problem != nil {
		return k, "", problem
	}
	if n, err := strconv.Atoi(selector); selector != "" && (err != nil || n < 1) {
		return k, "", &gate.Error{Status: 400, Code: "ParameterVersionNotFound", Message: "The local cloud has no parameter labels; want a version number: " + text}
	}
	k.Name = name
	return k, selector, nil
}
