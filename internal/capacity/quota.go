// Package capacity knows quotas of AWS, and what of them the stacks of a tenants.yaml use.
package capacity

import "github.com/tenantstack/tenantstack/plan"

// Scope is what has a quota to itself.
type Scope string

const (
	// Account has one for all regions, as of a service that is global.
	Account Scope = "account"
	// Region has one in each region of an account.
	Region Scope = "account and region"
	// Resource has one for each resource of a kind, such as a CloudFront function.
	Resource Scope = "resource"
)

// Quota of AWS, as an account has it that asked for no other.
type Quota struct {
	// ID names the quota, such as iam-roles.
	ID string
	// Counted are the things that are counted, in the plural.
	Counted string
	// Service of AWS.
	Service string
	// Scope of the quota.
	Scope Scope
	// Default is how many there may be.
	Default int
	// Adjustable says that AWS raises the quota of an account on request.
	Adjustable bool
	// Source is the page of AWS's documentation that has the default, and URL where it is.
	Source, URL string
	// Checked is the day on which the page said so, as 2006-01-02.
	Checked string
	// Advice says what to do beside asking for more. Optional.
	Advice string

	// of names the resource that the quota is of, for a quota of resources; empty where there is none.
	of func(t *plan.Tenant) string
	// cell and tenant count what the stack of one takes of the quota.
	cell   func(c *plan.Cell) int
	tenant func(t *plan.Tenant) int
}

// Quotas are all that are known, those of an account before those of its regions and resources.
func Quotas() []Quota { return quotas }

const (
	cloudFront      = "Amazon CloudFront"
	cloudFrontGuide = `Amazon CloudFront Developer Guide, "Quotas"`
	cloudFrontURL   = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html"
	checked         = "2026-12-01"

	anotherAccount = "use a cell in another AWS account for more tenants"
	anotherCell    = "use another cell, in the same account or in another, for more tenants"
)

func one[T any](*T) int  { return 1 }
func none[T any](*T) int { return 0 }

// count is 1 where something is there.
func count(there bool) int {
	if there {
		return 1
	}
	return 0
}

// quotas of what the stacks have many of. Where AWS's documentation does not say that a quota can be raised, it counts as fixed.
var quotas = []Quota{
	{
		ID: "origin-access-identities", Counted: "origin access identities", Service: cloudFront, Scope: Account, Default: 100, Adjustable: true,
		Source: cloudFrontGuide, URL: cloudFrontURL, Checked: checked, Advice: "set originAccess: control in a cell, whose tenants then need none",
		cell: none[plan.Cell], tenant: func(t *plan.Tenant) int { return count(t.Web.OriginAccessControlID == "") },
	},
	{
		ID: "origin-access-controls", Counted: "origin access controls", Service: cloudFront, Scope: Account, Default: 100, Adjustable: true,
		Source: cloudFrontGuide, URL: cloudFrontURL, Checked: checked,
		cell: func(c *plan.Cell) int { return count(c.OriginAccessControl != nil) }, tenant: none[plan.Tenant],
	},
	{
		ID: "distributions", Counted: "distributions", Service: cloudFront, Scope: Account, Default: 500, Adjustable: true,
		Source: cloudFrontGuide, URL: cloudFrontURL, Checked: checked, Advice: anotherAccount,
		cell: none[plan.Cell], tenant: one[plan.Tenant],
	},
	{
		ID: "response-headers-policies", Counted: "response headers policies", Service: cloudFront, Scope: Account, Default: 20, Adjustable: true,
		Source: cloudFrontGuide, URL: cloudFrontURL, Checked: checked, Advice: "use fewer cells in the account",
		cell: one[plan.Cell], tenant: none[plan.Tenant],
	},
	{
		ID: "cloudfront-functions", Counted: "CloudFront functions", Service: cloudFront, Scope: Account, Default: 100,
		Source: cloudFrontGuide, URL: cloudFrontURL, Checked: checked, Advice: "use fewer cells in the account",
		cell: func(c *plan.Cell) int { return 1 + count(c.ViewerHost != nil) }, tenant: none[plan.Tenant],
	},
	{
		ID: "iam-roles", Counted: "roles", Service: "IAM", Scope: Account, Default: 1000, Adjustable: true,
		Source: `IAM User Guide, "IAM and AWS STS quotas"`, URL: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html", Checked: checked,
		Advice: "let operations share roles of x-roles",
		cell:   func(c *plan.Cell) int { return 1 + indexerRole(c.Indexer) }, tenant: func(t *plan.Tenant) int { return len(t.Roles) + indexerRole(t.Indexer) },
	},
	{
		ID: "s3-buckets", Counted: "buckets", Service: "Amazon S3", Scope: Account, Default: 10_000, Adjustable: true,
		Source: `Amazon S3 User Guide, "Creating a general purpose bucket"`, URL: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-overview.html", Checked: checked,
		cell: one[plan.Cell], tenant: func(*plan.Tenant) int { return 2 },
	},
	{
		ID: "cloudformation-stacks", Counted: "stacks", Service: "AWS CloudFormation", Scope: Region, Default: 2000, Adjustable: true,
		Source: `AWS CloudFormation User Guide, "Understand CloudFormation quotas"`, URL: "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html", Checked: checked,
		cell: one[plan.Cell], tenant: one[plan.Tenant],
	},
	{
		ID: "regional-rest-apis", Counted: "regional REST APIs", Service: "Amazon API Gateway", Scope: Region, Default: 600,
		Source: `Amazon API Gateway Developer Guide, "Amazon API Gateway quotas"`, URL: "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html", Checked: checked,
		Advice: "use a cell in another account or region for more tenants",
		cell:   none[plan.Cell], tenant: one[plan.Tenant],
	},
	{
		ID: "dynamodb-tables", Counted: "tables", Service: "Amazon DynamoDB", Scope: Region, Default: 2500, Adjustable: true,
		Source: `Amazon DynamoDB Developer Guide, "Quotas in Amazon DynamoDB"`, URL: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html", Checked: checked,
		Advice: "let tenants share data",
		cell:   func(c *plan.Cell) int { return len(c.Tables) }, tenant: func(t *plan.Tenant) int { return len(t.Tables) },
	},
	{
		ID: "search-domains", Counted: "domains", Service: "Amazon OpenSearch Service", Scope: Region, Default: 100, Adjustable: true,
		Source: `Amazon OpenSearch Service Developer Guide, "Amazon OpenSearch Service quotas"`, URL: "https://docs.aws.amazon.com/opensearch-service/latest/developerguide/limits.html", Checked: checked,
		Advice: "let tenants share search",
		cell:   func(c *plan.Cell) int { return count(c.Domain != nil) }, tenant: func(t *plan.Tenant) int { return count(t.Domain != nil) },
	},
	{
		ID: "log-resource-policies", Counted: "resource policies", Service: "Amazon CloudWatch Logs", Scope: Region, Default: 10,
		Source: `Amazon CloudWatch Logs User Guide, "CloudWatch Logs quotas"`, URL: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html", Checked: checked,
		Advice: "use fewer cells in the account and region",
		cell:   one[plan.Cell], tenant: none[plan.Tenant],
	},
	{
		ID: "distributions-of-a-function", Counted: "distributions with one function", Service: cloudFront, Scope: Resource, Default: 100, Adjustable: true,
		Source: `AWS General Reference, "Amazon CloudFront endpoints and quotas"`, URL: "https://docs.aws.amazon.com/general/latest/gr/cf_region.html", Checked: checked,
		Advice: anotherCell, of: func(t *plan.Tenant) string { return "the functions of cell " + t.Cell }, cell: none[plan.Cell], tenant: one[plan.Tenant],
	},
	{
		ID: "distributions-of-a-response-headers-policy", Counted: "distributions with one response headers policy", Service: cloudFront, Scope: Resource, Default: 100, Adjustable: true,
		Source: cloudFrontGuide, URL: cloudFrontURL, Checked: checked, Advice: anotherCell,
		of: func(t *plan.Tenant) string { return "the policy of cell " + t.Cell }, cell: none[plan.Cell], tenant: one[plan.Tenant],
	},
	{
		ID: "distributions-of-an-origin-access-control", Counted: "distributions with one origin access control", Service: cloudFront, Scope: Resource, Default: 100, Adjustable: true,
		Source: cloudFrontGuide, URL: cloudFrontURL, Checked: checked, Advice: anotherCell, cell: none[plan.Cell], tenant: one[plan.Tenant],
		of: func(t *plan.Tenant) string {
			if t.Web.OriginAccessControlID == "" {
				return ""
			}
			return "the control of cell " + t.Cell
		},
	},
	{
		ID: "records-of-a-hosted-zone", Counted: "records in one hosted zone", Service: "Amazon Route 53", Scope: Resource, Default: 10_000, Adjustable: true,
		Source: `Amazon Route 53 Developer Guide, "Quotas"`, URL: "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html", Checked: checked,
		of: func(t *plan.Tenant) string { return "zone " + t.Web.HostedZoneID }, cell: none[plan.Cell], tenant: func(*plan.Tenant) int { return 2 },
	},
}

func indexerRole(i *plan.Indexer) int { return count(i != nil) }
