package cfn

import (
	"fmt"
	"regexp"
	"strings"
)

// Environment is where a stack is deployed. A field is empty if the environment leaves it
// open, as the CDK does for a stack without env.
type Environment struct {
	// Partition such as aws.
	Partition string
	// Account of 12 digits.
	Account string
	// Region such as eu-central-1.
	Region string
}

var (
	accountForm = regexp.MustCompile(`^[0-9]{12}$`)
	regionForm  = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
)

// ParseEnvironment reads aws://<account>/<region>. unknown-account and unknown-region leave
// the field open (AWS CDK, "Environments for the AWS CDK").
func ParseEnvironment(s string) (Environment, error) {
	rest, ok := strings.CutPrefix(s, "aws://")
	account, region, both := strings.Cut(rest, "/")
	if !ok || !both {
		return Environment{}, fmt.Errorf("environment %q: want aws://<account>/<region>", s)
	}
	var e Environment
	switch {
	case account == "unknown-account":
	case accountForm.MatchString(account):
		e.Account = account
	default:
		return Environment{}, fmt.Errorf("environment %q: %q is no account of 12 digits, nor unknown-account", s, account)
	}
	switch {
	case region == "unknown-region":
	case regionForm.MatchString(region):
		e.Region, e.Partition = region, partitionOf(region).name
	default:
		return Environment{}, fmt.Errorf("environment %q: %q is no region such as eu-central-1, nor unknown-region", s, region)
	}
	return e, nil
}

// URLSuffix is what AWS::URLSuffix returns, empty if the region is open.
func (e Environment) URLSuffix() string {
	if e.Region == "" {
		return ""
	}
	return partitionOf(e.Region).suffix
}

// partition is a group of regions.
type partition struct {
	prefix, name, suffix string
}

// partitions by the beginning of their regions' names; the last one has all other regions
// (AWS SDKs, "partitions.json"; CloudFormation User Guide, "Get AWS values using pseudo
// parameters").
var partitions = []partition{
	{"cn-", "aws-cn", "amazonaws.com.cn"},
	{"us-gov-", "aws-us-gov", "amazonaws.com"},
	{"us-iso-", "aws-iso", "c2s.ic.gov"},
	{"us-isob-", "aws-iso-b", "sc2s.sgov.gov"},
	{"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"},
	{"us-isof-", "aws-iso-f", "csp.hci.ic.gov"},
	{"eusc-", "aws-eusc", "amazonaws.eu"},
	{"", "aws", "amazonaws.com"},
}

func partitionOf(region string) partition {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.prefix) {
			return p
		}
	}
	return partition{}
}
