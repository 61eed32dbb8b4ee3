package dynamodb

import (
	"regexp"
	"strings"
)

// home is the account and region that tables are in. Each has a database of its own in the engine.
type home struct{ account, region string }

// prefix begins the ARNs of what is in a home.
func (h home) prefix() string {
	return "arn:" + partition(h.region) + ":dynamodb:" + h.region + ":" + h.account + ":"
}

// tableID is a table.
type tableID struct {
	home
	name string
}

func (t tableID) arn() string { return t.prefix() + "table/" + t.name }

// partition of a region (IAM User Guide, "Identify AWS resources with Amazon Resource Names").
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

var (
	// The engine makes a file of an account and a region: nothing else may get into its name.
	accountForm = regexp.MustCompile(`^[0-9]{12}$`)
	regionForm  = regexp.MustCompile(`^[a-z]{2,8}(-[a-z]{1,16}){1,3}-[0-9]{1,2}$`)
)

func (h home) valid() bool {
	return accountForm.MatchString(h.account) && len(h.region) <= 32 && regionForm.MatchString(h.region)
}

// validName says whether a text can name a table or an index (DynamoDB Developer Guide, "Supported
// data types and naming rules").
func validName(name string) bool {
	if len(name) < 3 || len(name) > 255 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.') {
			return false
		}
	}
	return true
}

// arnOf reads an ARN of a table or of what belongs to one: rest is what follows the table's name,
// such as /stream/<label>, or nothing. Only ARNs that are written as AWS writes them are read.
func arnOf(arn string) (id tableID, rest string, ok bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return tableID{}, "", false
	}
	id.home = home{account: parts[4], region: parts[3]}
	name, isTable := strings.CutPrefix(parts[5], "table/")
	id.name = name
	if i := strings.IndexByte(name, '/'); i >= 0 {
		id.name, rest = name[:i], name[i:]
	}
	ok = isTable && id.valid() && validName(id.name) && arn == id.arn()+rest
	return id, rest, ok
}
