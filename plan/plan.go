// Package plan turns tenants.yaml and the contract into one plain, sorted value
// that names everything that is to exist: every stack, function, role, table, index and record.
//
// Names, ARNs, partition key values and policies are decided here and nowhere else.
// Constructs only write them down as CloudFormation.
package plan

import (
	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/plan/layout"
	"github.com/tenantstack/tenantstack/tenant"
)

// Plan is everything that is to exist.
type Plan struct {
	// Platform is the name that begins every other name.
	Platform string `json:"platform"`
	// Domain under which tenants live; it is every tenant's, and no tenant's own.
	Domain string `json:"domain"`
	// IdentityProvider issues the access tokens that all authorizers take.
	IdentityProvider IdentityProvider `json:"identityProvider"`
	// AccountSources are further places in which a request states its billing account, host or path, in the order of
	// tenants.yaml; none for the stack alone.
	AccountSources []string `json:"accountSources,omitempty"`
	// Operations of the contract, sorted by path, then method.
	Operations []Operation `json:"operations"`
	// Events of the contract, sorted by id.
	Events []Event `json:"events,omitempty"`
	// Cells sorted by name.
	Cells []Cell `json:"cells"`
	// Tenants sorted by id.
	Tenants []Tenant `json:"tenants"`
	// Accept are the findings of the isolation proof that tenants.yaml accepts, sorted by place: all of them, whichever
	// stacks were selected.
	Accept []Accepted `json:"accept,omitempty"`

	// file and contract are what the plan was made of, and selection what of it.
	file      *tenant.File
	contract  *api.Contract
	selection Selection
	// locked reports whether the layouts were held against a lock.
	locked bool
}

// Operation is what the contract says of one method of one path, and no tenant changes.
type Operation struct {
	// ID is the operationId.
	ID string `json:"id"`
	// Method in upper case.
	Method string `json:"method"`
	// Path such as /kittens/{kittenId}.
	Path string `json:"path"`
	// Scopes that allow the operation: any one list of which a token has all.
	Scopes [][]string `json:"scopes"`
	// Package of functions that implements it.
	Package string `json:"package"`
	// Function is the logical id of its function.
	Function string `json:"function"`
	// Grants is what the function may use.
	Grants Grants `json:"grants"`
	// Where the contract has it, for messages; with file, line and column if Load read it.
	Where string `json:"-"`
}

// Event is what the contract says of something that happens at AWS and that a function works on.
type Event struct {
	// ID such as photoUploaded.
	ID string `json:"id"`
	// ObjectCreated is the folder of the uploads bucket in which an object was created.
	ObjectCreated string `json:"objectCreated"`
	// Package of functions that implements it.
	Package string `json:"package"`
	// Function is the logical id of its function.
	Function string `json:"function"`
	// Grants is what the function may use.
	Grants Grants `json:"grants"`
	// Where the contract has it, for messages; with file, line and column if Load read it.
	Where string `json:"-"`
}

// Grants is what the contract lets a function use of the tenant's data.
type Grants struct {
	// Tables by name.
	Tables map[string]TableGrant `json:"tables,omitempty"`
	// Search is read, write, readWrite or empty.
	Search string `json:"search,omitempty"`
	// Uploads is read, write, readDelete or readWrite by folder of the uploads bucket; api.AllUploads stands for the
	// whole of the tenant's prefix.
	Uploads map[string]string `json:"uploads,omitempty"`
	// InvokeSelf lets the function invoke itself.
	InvokeSelf bool `json:"invokeSelf,omitempty"`
}

// TableGrant is the use of one table.
type TableGrant struct {
	// Access is read or readWrite.
	Access string `json:"access"`
	// Sharded says that rows spread over the tenant's partition keys.
	Sharded bool `json:"sharded,omitempty"`
}

// Cell is one stack with what the tenants of an AWS account and region share.
type Cell struct {
	// Name is the key in tenants.yaml.
	Name string `json:"name"`
	// Stack is the CloudFormation stack's name.
	Stack string `json:"stack"`
	// TerminationProtection keeps the stack from being deleted.
	TerminationProtection bool `json:"terminationProtection"`
	// Environment of the stack.
	Environment Environment `json:"environment"`
	// Tags of every resource.
	Tags map[string]string `json:"tags"`
	// HostedZoneID of the Route 53 zone that the cell's tenants have their records in.
	HostedZoneID string `json:"hostedZoneId"`
	// CertificateArn of the certificate of all distributions of the cell's tenants.
	CertificateArn string `json:"certificateArn"`
	// Tables that tenants share; none when every tenant's data is dedicated.
	Tables []Table `json:"tables,omitempty"`
	// Domain that tenants share; nil when every tenant's search is dedicated.
	Domain *Domain `json:"domain,omitempty"`
	// Indexer of the shared tables; nil without them.
	Indexer *Indexer `json:"indexer,omitempty"`
	// LogsBucket receives the server access logs of the tenants' buckets.
	LogsBucket string `json:"logsBucket"`
	// APIGatewayRole lets API Gateway write logs; an account has one for each region.
	APIGatewayRole Role `json:"apiGatewayRole"`
	// SearchLogs is the log groups that OpenSearch may write to.
	SearchLogs SearchLogPolicy `json:"searchLogs"`
	// Headers is the response headers policy of all distributions.
	Headers Headers `json:"headers"`
	// OriginAccessControl is what all distributions read their buckets with; nil when each has an origin access identity.
	OriginAccessControl *OriginAccessControl `json:"originAccessControl,omitempty"`
	// Router is the CloudFront function that serves the single page application's routes.
	Router EdgeFunction `json:"router"`
	// ViewerHost is the CloudFront function that tells the API which host name a browser
	// called; nil when host names state no billing account.
	ViewerHost *EdgeFunction `json:"viewerHost,omitempty"`
	// LogRetentionDays of the cell's log groups.
	LogRetentionDays int `json:"logRetentionDays"`
	// AlarmTopicArn is notified by alarms; empty for none.
	AlarmTopicArn string `json:"alarmTopicArn,omitempty"`
	// Alarms of the cell.
	Alarms []Alarm `json:"alarms,omitempty"`
}

// Tenant is one stack with what a customer has to itself.
type Tenant struct {
	// ID is the DNS label.
	ID string `json:"id"`
	// BillingAccount owns the rows, the index and the files.
	BillingAccount string `json:"billingAccount"`
	// Name shown to people.
	Name string `json:"name"`
	// Cell the tenant lives in.
	Cell string `json:"cell"`
	// Tier of the tenant.
	Tier string `json:"tier"`
	// Wave of a rollout that includes the tenant.
	Wave string `json:"wave"`
	// Stack is the CloudFormation stack's name.
	Stack string `json:"stack"`
	// TerminationProtection keeps the stack from being deleted.
	TerminationProtection bool `json:"terminationProtection"`
	// Environment of the stack.
	Environment Environment `json:"environment"`
	// Tags of every resource.
	Tags map[string]string `json:"tags"`
	// PartitionKeys are the values of billingAccount that the tenant's rows have in sharded tables.
	PartitionKeys []string `json:"partitionKeys"`
	// Tables of the tenant alone; none when its data is shared.
	Tables []Table `json:"tables,omitempty"`
	// Domain of the tenant alone; nil when its search is shared.
	Domain *Domain `json:"domain,omitempty"`
	// Indexer of the tenant's own tables; nil when its data is shared.
	Indexer *Indexer `json:"indexer,omitempty"`
	// Roles sorted by logical id.
	Roles []Role `json:"roles"`
	// LogGroups sorted by name.
	LogGroups []LogGroup `json:"logGroups"`
	// Functions sorted by logical id.
	Functions []Function `json:"functions"`
	// API is the REST API.
	API API `json:"api"`
	// Uploads is the private bucket of uploaded files.
	Uploads Bucket `json:"uploads"`
	// Web is the distribution with the single page application and the API behind it.
	Web Web `json:"web"`
	// AlarmTopicArn is notified by alarms; empty for none.
	AlarmTopicArn string `json:"alarmTopicArn,omitempty"`
	// Layout is where the tenant's data is.
	Layout layout.Layout `json:"layout"`
	// Metrics are counted from the access log.
	Metrics []Metric `json:"metrics"`
	// Alarms of the tenant.
	Alarms []Alarm `json:"alarms"`
}

// Table is a DynamoDB table, keyed by billingAccount and a sort key, both strings.
type Table struct {
	// LogicalID in the template.
	LogicalID string `json:"logicalId"`
	// Name of the table in AWS.
	Name string `json:"name"`
	// Table is the name in the contract's x-tables.
	Table string `json:"table"`
	// SortKey attribute.
	SortKey string `json:"sortKey"`
	// Sharded says that rows spread over the tenants' partition keys.
	Sharded bool `json:"sharded,omitempty"`
	// Stream says that the table has a stream of new and old images, from which its rows are indexed for search.
	Stream bool `json:"stream,omitempty"`
	// TTL attribute, or empty.
	TTL string `json:"ttl,omitempty"`
}

// Domain is an OpenSearch domain.
type Domain struct {
	// LogicalID in the template.
	LogicalID string `json:"logicalId"`
	// Name of the domain: 3 to 28 characters.
	Name string `json:"name"`
	// Arn of the domain.
	Arn string `json:"arn"`
	// InstanceType such as t3.small.search.
	InstanceType string `json:"instanceType"`
	// InstanceCount of data nodes.
	InstanceCount int `json:"instanceCount"`
	// VolumeGiB of each data node.
	VolumeGiB int `json:"volumeGiB"`
	// LogGroups of the domain, by log type.
	LogGroups map[string]LogGroup `json:"logGroups"`
	// Access is the domain's resource policy.
	Access iam.Document `json:"access"`
	// EndpointParameter is the SSM parameter that holds https://<endpoint>.
	EndpointParameter string `json:"endpointParameter"`
}

// Role is an IAM role with one inline policy.
type Role struct {
	// LogicalID in the template.
	LogicalID string `json:"logicalId"`
	// Name of the role: at most 64 characters.
	Name string `json:"name"`
	// Path of the role.
	Path string `json:"path"`
	// Arn of the role.
	Arn string `json:"arn"`
	// Description of the role.
	Description string `json:"description"`
	// Trust says who may assume the role.
	Trust iam.Document `json:"trust"`
	// Policy of the role.
	Policy iam.Document `json:"policy"`
}

// LogGroup is a CloudWatch log group.
type LogGroup struct {
	// LogicalID in the template.
	LogicalID string `json:"logicalId"`
	// Name of the log group.
	Name string `json:"name"`
	// Arn without the ":*" that stands for its streams.
	Arn string `json:"arn"`
	// RetentionDays of its events.
	RetentionDays int `json:"retentionDays"`
}

// Function is a Lambda function.
type Function struct {
	// LogicalID in the template, such as KittensGetFn.
	LogicalID string `json:"logicalId"`
	// Name of the function: at most 64 characters.
	Name string `json:"name"`
	// Arn of the function.
	Arn string `json:"arn"`
	// Description of the function.
	Description string `json:"description"`
	// Package is the folder of functions/ that it runs.
	Package string `json:"package"`
	// Handler is the operation id, which the process sees in _HANDLER.
	Handler string `json:"handler"`
	// Role is the logical id of its role.
	Role string `json:"role"`
	// LogGroup is the name of its log group.
	LogGroup string `json:"logGroup"`
	// Timeout in seconds.
	Timeout int `json:"timeout"`
	// Memory in MB.
	Memory int `json:"memory"`
	// Environment of the process. Values may be dynamic references ({{resolve:ssm:…}}).
	Environment map[string]string `json:"environment"`
	// RecursiveLoop says that the function invokes itself on purpose.
	RecursiveLoop bool `json:"recursiveLoop,omitempty"`
}

// Indexer feeds search indices from table streams.
type Indexer struct {
	// Function that reads the streams.
	Function Function `json:"function"`
	// Role of the function.
	Role Role `json:"role"`
	// LogGroup of the function.
	LogGroup LogGroup `json:"logGroup"`
	// Tables are the logical ids of the tables whose streams it reads.
	Tables []string `json:"tables"`
	// DeadLetterQueue is the name of the queue of failed batches.
	DeadLetterQueue string `json:"deadLetterQueue"`
	// Stream says how batches are made.
	Stream StreamSettings `json:"stream"`
}

// StreamSettings of an event source mapping.
type StreamSettings struct {
	// BatchSize in records.
	BatchSize int `json:"batchSize"`
	// BatchWindow in seconds.
	BatchWindow int `json:"batchWindow"`
	// Retries of a failed batch.
	Retries int `json:"retries"`
	// MaximumRecordAge in seconds.
	MaximumRecordAge int `json:"maximumRecordAge"`
	// ParallelizationFactor is the number of concurrent batches a shard; records of one key stay in order.
	ParallelizationFactor int `json:"parallelizationFactor"`
}

// API is a REST API with one deployment and one stage.
type API struct {
	// Name of the API.
	Name string `json:"name"`
	// Stage is the stage's name and so the first segment of every path.
	Stage string `json:"stage"`
	// Body is the OpenAPI document with integrations, authorizer, validators and CORS mocks.
	Body map[string]any `json:"body"`
	// Hash of the body, part of the deployment's logical id.
	Hash string `json:"hash"`
	// Role that API Gateway calls functions with: a logical id.
	Role string `json:"role"`
	// Authorizer decides on every request: the logical id of its function.
	Authorizer string `json:"authorizer"`
	// Variables of the stage.
	Variables map[string]string `json:"variables"`
	// Rate in requests per second.
	Rate int `json:"rate"`
	// Burst in requests.
	Burst int `json:"burst"`
	// AccessLog is the name of its log group.
	AccessLog string `json:"accessLog"`
	// AccessLogFormat is one JSON object a request.
	AccessLogFormat string `json:"accessLogFormat"`
}

// Bucket is a private S3 bucket.
type Bucket struct {
	// LogicalID in the template.
	LogicalID string `json:"logicalId"`
	// Name of the bucket: at most 63 characters.
	Name string `json:"name"`
	// Arn of the bucket.
	Arn string `json:"arn"`
	// Prefix of all its objects' keys, or empty.
	Prefix string `json:"prefix,omitempty"`
	// AllowedOrigins of browsers that put objects (CORS); none for no CORS.
	AllowedOrigins []string `json:"allowedOrigins,omitempty"`
	// Expiries remove objects that got old.
	Expiries []Expiry `json:"expiries,omitempty"`
	// Notifications tell functions of objects that were created.
	Notifications []Notification `json:"notifications,omitempty"`
	// LogsBucket receives its server access logs under LogsPrefix.
	LogsBucket string `json:"logsBucket"`
	// LogsPrefix begins the keys of its server access logs.
	LogsPrefix string `json:"logsPrefix"`
}

// Expiry removes objects that got old.
type Expiry struct {
	// Prefix of the objects' keys.
	Prefix string `json:"prefix"`
	// Days after which they are removed.
	Days int `json:"days"`
}

// Notification tells a function of objects that were created.
type Notification struct {
	// Prefix of the objects' keys.
	Prefix string `json:"prefix"`
	// Function is a logical id, and FunctionArn the ARN of the same function.
	Function    string `json:"function"`
	FunctionArn string `json:"functionArn"`
}

// Web is a CloudFront distribution in front of a bucket and an API.
type Web struct {
	// Bucket of the single page application.
	Bucket Bucket `json:"bucket"`
	// Host that the tenant lives at.
	Host string `json:"host"`
	// HostedZoneID of the record.
	HostedZoneID string `json:"hostedZoneId"`
	// CertificateArn of the host's certificate.
	CertificateArn string `json:"certificateArn"`
	// APIPathPattern of requests that go to the API.
	APIPathPattern string `json:"apiPathPattern"`
	// UploadsPathPattern of signed requests for uploaded files, which go to their bucket as they are.
	UploadsPathPattern string `json:"uploadsPathPattern"`
	// HeadersPolicyID is a dynamic reference to the id of the cell's response headers policy.
	HeadersPolicyID string `json:"headersPolicyId"`
	// OriginAccessControlID is a dynamic reference to the id of the cell's origin access control, or empty where the
	// distribution reads its bucket with an origin access identity of its own.
	OriginAccessControlID string `json:"originAccessControlId,omitempty"`
	// RouterArn is the CloudFront function of the default behavior.
	RouterArn string `json:"routerArn"`
	// ViewerHostArn is the CloudFront function of the API's behavior, or empty.
	ViewerHostArn string `json:"viewerHostArn,omitempty"`
	// DistributionParameter is the SSM parameter that holds the distribution's id, which AWS alone decides.
	DistributionParameter string `json:"distributionParameter"`
	// Config is what a release of the application writes to /config.json.
	Config WebConfig `json:"config"`
}

// Headers is a CloudFront response headers policy.
type Headers struct {
	// Name of the policy.
	Name string `json:"name"`
	// ContentSecurityPolicy header.
	ContentSecurityPolicy string `json:"contentSecurityPolicy"`
	// Parameter is the SSM parameter that holds the policy's id.
	Parameter string `json:"parameter"`
}

// OriginAccessControl is a CloudFront origin access control.
type OriginAccessControl struct {
	// Name of the control.
	Name string `json:"name"`
	// Parameter is the SSM parameter that holds the control's id.
	Parameter string `json:"parameter"`
}

// EdgeFunction is a CloudFront function.
type EdgeFunction struct {
	// Name of the function.
	Name string `json:"name"`
	// Arn of the function.
	Arn string `json:"arn"`
}

// SearchLogPolicy lets OpenSearch write to log groups.
type SearchLogPolicy struct {
	// Name of the policy.
	Name string `json:"name"`
	// Document of the policy.
	Document iam.Document `json:"document"`
}

// Metric counts access log events.
type Metric struct {
	// LogicalID in the template.
	LogicalID string `json:"logicalId"`
	// Name of the metric; its dimension is Tenant.
	Name string `json:"name"`
	// Namespace of the metric.
	Namespace string `json:"namespace"`
	// Pattern selects events.
	Pattern string `json:"pattern"`
	// Value is what an event adds.
	Value string `json:"value"`
	// Unit of the value.
	Unit string `json:"unit"`
}

// Alarm is a CloudWatch alarm on one metric.
type Alarm struct {
	// LogicalID in the template.
	LogicalID string `json:"logicalId"`
	// Name of the alarm.
	Name string `json:"name"`
	// Description says what to do.
	Description string `json:"description"`
	// Namespace and Metric that are watched.
	Namespace string `json:"namespace"`
	Metric    string `json:"metric"`
	// Dimensions of the metric.
	Dimensions map[string]string `json:"dimensions"`
	// Statistic of each period.
	Statistic string `json:"statistic"`
	// Period in seconds.
	Period int `json:"period"`
	// Periods that have to breach.
	Periods int `json:"periods"`
	// Threshold at or above which a period breaches.
	Threshold float64 `json:"threshold"`
}
