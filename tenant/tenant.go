// Package tenant reads tenants.yaml, the list of everything that is to exist:
// the platform, its cells, its tiers and one entry per customer.
package tenant

// Isolation says whether a tenant has a resource to itself.
type Isolation string

const (
	// Shared places the tenant in the resource of its cell, separated by IAM.
	Shared Isolation = "shared"
	// Dedicated gives the tenant a resource of its own, in its own stack.
	Dedicated Isolation = "dedicated"
)

// File is a whole tenants.yaml.
type File struct {
	// Version of the file format; 1 is the only one.
	Version int `yaml:"version" json:"version"`
	// Platform holds what all tenants have in common.
	Platform Platform `yaml:"platform" json:"platform"`
	// Cells by name. A cell is one AWS account and region with its shared resources.
	Cells map[string]Cell `yaml:"cells" json:"cells"`
	// Tiers by name. A tier is a set of settings that tenants share.
	Tiers map[string]Tier `yaml:"tiers" json:"tiers"`
	// Tenants in the order of the file.
	Tenants []Tenant `yaml:"tenants" json:"tenants"`
	// Accept are findings of the isolation proof that somebody decided to live with. Optional; none by default.
	Accept []Accepted `yaml:"accept,omitempty" json:"accept,omitempty"`
}

// Platform holds what all tenants have in common.
type Platform struct {
	// Name begins the name of every resource: a DNS label of at most 16 characters.
	Name string `yaml:"name" json:"name"`
	// Domain under which tenants live: https://<id>.<domain>.
	Domain string `yaml:"domain" json:"domain"`
	// IdentityProvider issues the access tokens.
	IdentityProvider IdentityProvider `yaml:"identityProvider" json:"identityProvider"`
	// AccountSources names further places a request states its billing account in.
	// The stack itself always states it; every source must agree with it.
	// Optional; none by default.
	AccountSources []AccountSource `yaml:"accountSources,omitempty" json:"accountSources,omitempty"`
}

// AccountSource is a place in a request that states a billing account.
type AccountSource string

const (
	// AccountFromHost reads the first label of the host name: 12345.example.com.
	AccountFromHost AccountSource = "host"
	// AccountFromPath reads the first segment of the path: /12345/kittens.
	AccountFromPath AccountSource = "path"
)

// IdentityProvider issues the access tokens (RFC 9068, OpenID Connect Discovery 1.0).
type IdentityProvider struct {
	// Issuer is compared byte for byte with the iss claim.
	Issuer string `yaml:"issuer" json:"issuer"`
	// Audience must be among the aud claim's values.
	Audience string `yaml:"audience" json:"audience"`
	// WebClientID is the OAuth 2.0 client of the single page application.
	WebClientID string `yaml:"webClientId" json:"webClientId"`
	// JWKSURI is where the keys are. Optional; by default it is taken from
	// <issuer>/.well-known/openid-configuration.
	JWKSURI string `yaml:"jwksUri,omitempty" json:"jwksUri,omitempty"`
	// AuthorizationParameters go into every authorization request of the single page application, beside
	// those of OAuth 2.0, for providers that issue tokens for an API only when they are told which, as in
	// {audience: https://api.example.com/}. Optional; none by default.
	AuthorizationParameters map[string]string `yaml:"authorizationParameters,omitempty" json:"authorizationParameters,omitempty"`
	// Origins are further ones that the single page application talks to when it signs in: those of endpoints
	// in the provider's discovery document that are not the issuer's, as with Amazon Cognito. Optional; none by default.
	Origins []string `yaml:"origins,omitempty" json:"origins,omitempty"`
}

// Cell is one AWS account and region with the resources its tenants share.
type Cell struct {
	// AWSAccount is a 12-digit account id.
	AWSAccount string `yaml:"awsAccount" json:"awsAccount"`
	// Region such as eu-central-1.
	Region string `yaml:"region" json:"region"`
	// HostedZoneID of the Route 53 zone of the platform's domain.
	HostedZoneID string `yaml:"hostedZoneId" json:"hostedZoneId"`
	// CertificateArn of an ACM certificate for *.<domain> in us-east-1, where CloudFront needs it.
	CertificateArn string `yaml:"certificateArn" json:"certificateArn"`
	// AlarmTopicArn is an SNS topic that alarms notify. Optional; none by default.
	AlarmTopicArn string `yaml:"alarmTopicArn,omitempty" json:"alarmTopicArn,omitempty"`
	// OriginAccess says how distributions read the buckets of the single page application. Optional; identity by default.
	OriginAccess OriginAccess `yaml:"originAccess,omitempty" json:"originAccess,omitempty"`
	// Domain sizes the shared search domain. Optional; one t3.small.search node with 10 GiB by default.
	Domain *Domain `yaml:"domain,omitempty" json:"domain,omitempty"`
	// TerminationProtection keeps the cell's stack from being deleted: false is for a cell that is about to be removed. Optional; true by default.
	TerminationProtection *bool `yaml:"terminationProtection,omitempty" json:"terminationProtection,omitempty"`
}

// OriginAccess is how a CloudFront distribution shows to Amazon S3 who it is.
type OriginAccess string

const (
	// OriginAccessIdentity gives each tenant an origin access identity.
	OriginAccessIdentity OriginAccess = "identity"
	// OriginAccessControl has all tenants of the cell use one origin access control, and each bucket let in its own
	// tenant's distribution.
	OriginAccessControl OriginAccess = "control"
)

// Tier is a set of settings that tenants share. A tenant overrides any of them.
type Tier struct {
	// Data places the tables: shared or dedicated.
	Data Isolation `yaml:"data" json:"data"`
	// Search places the search domain: shared or dedicated.
	Search Isolation `yaml:"search" json:"search"`
	// KeyShards splits the partition key of a tenant that writes more than one
	// partition takes (1,000 writes a second): 1 to 64. Optional; 1 by default.
	KeyShards int `yaml:"keyShards,omitempty" json:"keyShards,omitempty"`
	// Throttle of the tenant's API.
	Throttle Throttle `yaml:"throttle" json:"throttle"`
	// LogRetentionDays is one of the values CloudWatch Logs takes. Optional; 30 by default.
	LogRetentionDays int `yaml:"logRetentionDays,omitempty" json:"logRetentionDays,omitempty"`
	// Domain sizes a dedicated search domain. Optional; one t3.small.search node with 10 GiB by default.
	Domain *Domain `yaml:"domain,omitempty" json:"domain,omitempty"`
}

// Throttle is a token bucket.
type Throttle struct {
	// Rate in requests per second.
	Rate int `yaml:"rate" json:"rate"`
	// Burst in requests.
	Burst int `yaml:"burst" json:"burst"`
}

// Domain sizes an OpenSearch domain.
type Domain struct {
	// InstanceType such as t3.small.search. Optional.
	InstanceType string `yaml:"instanceType,omitempty" json:"instanceType,omitempty"`
	// InstanceCount of data nodes: 1 to 80. Optional.
	InstanceCount int `yaml:"instanceCount,omitempty" json:"instanceCount,omitempty"`
	// VolumeGiB is the size of each data node's volume in GiB: 10 or more. Optional.
	VolumeGiB int `yaml:"volumeGiB,omitempty" json:"volumeGiB,omitempty"`
}

// DefaultDomain is the size of a search domain that no field changes.
func DefaultDomain() Domain {
	return Domain{InstanceType: "t3.small.search", InstanceCount: 1, VolumeGiB: 10}
}

// Tenant is one customer.
type Tenant struct {
	// ID is a DNS label: the tenant lives at https://<id>.<domain>.
	ID string `yaml:"id" json:"id"`
	// BillingAccount owns the tenant's rows, indices and files: characters of
	// [a-z0-9-], at most 32, beginning with a letter or a digit.
	BillingAccount string `yaml:"billingAccount" json:"billingAccount"`
	// Name shown to people. Optional; the id by default.
	Name string `yaml:"name,omitempty" json:"name,omitempty"`
	// Color of the tenant's logo in the single page application, as #rrggbb. Optional; the application's by default.
	Color string `yaml:"color,omitempty" json:"color,omitempty"`
	// Cell is a key of cells.
	Cell string `yaml:"cell" json:"cell"`
	// Tier is a key of tiers.
	Tier string `yaml:"tier" json:"tier"`
	// Wave of a rollout that includes the tenant. Optional; "default" by default.
	Wave string `yaml:"wave,omitempty" json:"wave,omitempty"`
	// TerminationProtection keeps the tenant's stack from being deleted: false is for a tenant that is about to be removed. Optional; true by default.
	TerminationProtection *bool `yaml:"terminationProtection,omitempty" json:"terminationProtection,omitempty"`
	// Overrides replaces fields of the tier.
	Overrides `yaml:",inline"`
}

// Overrides are the fields of a Tier that a tenant sets for itself; what is absent is the tier's.
type Overrides struct {
	// Data places the tables: shared or dedicated. Optional; the tier's by default.
	Data *Isolation `yaml:"data,omitempty" json:"data,omitempty"`
	// Search places the search domain: shared or dedicated. Optional; the tier's by default.
	Search *Isolation `yaml:"search,omitempty" json:"search,omitempty"`
	// KeyShards splits the partition key. Optional; the tier's by default.
	KeyShards *int `yaml:"keyShards,omitempty" json:"keyShards,omitempty"`
	// Throttle of the tenant's API; rate and burst are overridden one by one. Optional; the tier's by default.
	Throttle *ThrottleOverride `yaml:"throttle,omitempty" json:"throttle,omitempty"`
	// LogRetentionDays of the tenant's log groups. Optional; the tier's by default.
	LogRetentionDays *int `yaml:"logRetentionDays,omitempty" json:"logRetentionDays,omitempty"`
	// Domain sizes a dedicated search domain; its fields are overridden one by one. Optional; the tier's by default.
	Domain *Domain `yaml:"domain,omitempty" json:"domain,omitempty"`
}

// ThrottleOverride replaces fields of a Throttle.
type ThrottleOverride struct {
	// Rate in requests per second.
	Rate *int `yaml:"rate,omitempty" json:"rate,omitempty"`
	// Burst in requests.
	Burst *int `yaml:"burst,omitempty" json:"burst,omitempty"`
}
