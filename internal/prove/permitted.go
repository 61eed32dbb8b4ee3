package prove

import (
	"regexp"
	"slices"
)

// permission is what a tenant's resource may name although it is not the tenant's own.
type permission struct {
	// property at the end of a path, without indices; any, if nil.
	property *regexp.Regexp
	// services of the ARN.
	services []string
	// platform: what a template of the platform declares.
	platform bool
	// undeclared: what no template declares, in an account of the templates.
	undeclared bool
}

// permissions are the properties by which nothing of a tenant's can get to another: code and
// settings of the platform's, its logs, which the platform may read anyway, and what holds no
// data.
var permissions = []permission{
	{property: regexp.MustCompile(`\.LoggingConfiguration\.DestinationBucketName$|\.DistributionConfig\.Logging\.Bucket$`), services: []string{"s3"}, platform: true},
	{property: regexp.MustCompile(`\.FunctionAssociations\.FunctionARN$`), services: []string{"cloudfront"}, platform: true},
	{property: regexp.MustCompile(`\.Layers$`), services: []string{"lambda"}, platform: true},
	{property: regexp.MustCompile(`\.ImageUri$`), services: []string{"ecr"}, platform: true, undeclared: true},
	{property: regexp.MustCompile(`(?i)certificatearn$`), services: []string{"acm", "iam"}, platform: true, undeclared: true},
	{property: regexp.MustCompile(`\.(AlarmActions|OKActions|InsufficientDataActions|Address)$`), services: []string{"sns"}, platform: true, undeclared: true},
	{property: regexp.MustCompile(`(?i)key(id|arn)?$`), services: []string{"kms"}, platform: true, undeclared: true},
	{property: regexp.MustCompile(`(?i)webacl(id|arn)$`), services: []string{"wafv2", "waf"}, platform: true, undeclared: true},
	{property: regexp.MustCompile(`\.EmailConfiguration\.SourceArn$`), services: []string{"ses"}, platform: true, undeclared: true},
	// Whose role it is, and who may be let in, is judged elsewhere.
	{services: []string{"iam"}, platform: true, undeclared: true},
}

// permitted says whether a tenant's resource may name what is not the tenant's own, and no
// other tenant's.
func (r *reference) permitted(m *model, platform bool) bool {
	service, account := serviceOf(r.arn), accountOf(r.arn)
	if account == "aws" {
		return true
	}
	if r.lookup != "" {
		// Text parameters that are no tenant's may be read.
		return r.lookup == "ssm"
	}
	if isAccount(account) && !m.accounts[account] {
		return false
	}
	path := indices.ReplaceAllString(r.place.Path, "")
	if deployed.MatchString(path) && bootstrap(r.arn, r.account) {
		return true
	}
	return slices.ContainsFunc(permissions, func(p permission) bool {
		return (p.property == nil || p.property.MatchString(path)) && slices.Contains(p.services, service) && (platform && p.platform || !platform && p.undeclared)
	})
}

// indices of elements in a path.
var indices = regexp.MustCompile(`\[[0-9]+\]`)

var deployed = regexp.MustCompile(`\.(Code|Content)\.S3Bucket$`)

// bootstrapName is that of the bucket from which the CDK deploys an account's code (AWS CDK
// Developer Guide, "Customize AWS CDK bootstrapping").
var bootstrapName = regexp.MustCompile(`^arn:[^:]+:s3:::cdk-[a-z0-9]+-assets-([0-9]{12})-[a-z0-9-]+$`)

func bootstrap(arn, account string) bool {
	match := bootstrapName.FindStringSubmatch(arn)
	return match != nil && match[1] == account
}
