package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Quotas of a template (CloudFormation User Guide, "Understand CloudFormation quotas"). Its 1 MB
// are a million bytes: "Template may not exceed 1000000 bytes in size", CloudFormation says.
const (
	maxResources     = 500
	maxTemplateBytes = 1_000_000
)

// Resource is what a stack of the plan consists of, as far as that has to be known before the
// stack is synthesized: whether two resources have one logical id, and whether all fit a template.
type Resource struct {
	// LogicalID in the template.
	LogicalID string `json:"logicalId"`
	// Type such as AWS::Lambda::Function.
	Type string `json:"type"`
	// Bytes that it takes in the template, or somewhat more.
	Bytes int `json:"bytes"`
}

// resources collects those of one stack.
type resources struct {
	list []Resource
	// tags is the size of the tags that most resources have.
	tags int
}

func newResources(tags map[string]string) *resources {
	var list []map[string]string
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, map[string]string{"Key": key, "Value": tags[key]})
	}
	return &resources{tags: size(list) + len(`"Tags":,`)}
}

// overheads are, by type, what a resource takes beside its logical id, its tags and what the
// plan says of it. Each is some bytes more than templates have, so that no template is larger
// than is said here; a test in test/templates holds it.
var overheads = map[string]int{
	"AWS::ApiGateway::Account":                        170,
	"AWS::ApiGateway::Deployment":                     170,
	"AWS::ApiGateway::RestApi":                        420,
	"AWS::ApiGateway::Stage":                          620,
	"AWS::CloudFront::CloudFrontOriginAccessIdentity": 160,
	"AWS::CloudFront::Distribution":                   2200,
	"AWS::CloudFront::Function":                       1400,
	"AWS::CloudFront::ResponseHeadersPolicy":          900,
	"AWS::CloudWatch::Alarm":                          360,
	"AWS::DynamoDB::Table":                            620,
	"AWS::IAM::Role":                                  160,
	"AWS::Lambda::EventSourceMapping":                 560,
	"AWS::Lambda::Function":                           480,
	"AWS::Lambda::Permission":                         200,
	"AWS::Logs::LogGroup":                             100,
	"AWS::Logs::MetricFilter":                         260,
	"AWS::Logs::ResourcePolicy":                       240,
	"AWS::OpenSearchService::Domain":                  1150,
	"AWS::Route53::RecordSet":                         240,
	"AWS::S3::Bucket":                                 1300,
	"AWS::S3::BucketPolicy":                           640,
	"AWS::SQS::Queue":                                 220,
	"AWS::SQS::QueuePolicy":                           320,
	"AWS::SSM::Parameter":                             280,
}

// add a resource, with what the plan says of it.
func (r *resources) add(kind, id string, content ...any) {
	n := len(id) + overheads[kind] + r.tags
	for _, c := range content {
		n += size(c)
	}
	r.list = append(r.list, Resource{LogicalID: id, Type: kind, Bytes: n})
}

// size of a value as JSON, which templates are.
func size(v any) int {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("measure a value of the plan: %v", err)) // it holds plain values only
	}
	return b.Len() - 1
}

// Resources of the tenant's stack, sorted by logical id.
func (t *Tenant) Resources() []Resource {
	r := newResources(t.Tags)
	for _, g := range t.LogGroups {
		r.logGroup(g)
	}
	for _, role := range t.Roles {
		r.role(role)
	}
	for _, f := range t.Functions {
		r.function(f)
	}
	r.data(t.Tables, t.Indexer, t.Domain)
	r.add("AWS::ApiGateway::RestApi", "RestApi", t.API.Body, t.API.Name)
	r.add("AWS::ApiGateway::Deployment", "Deployment"+t.API.Hash, t.API.Hash)
	r.add("AWS::ApiGateway::Stage", "Stage", t.API.AccessLogFormat, t.API.Variables)
	r.bucket(t.Uploads)
	for _, n := range t.Uploads.Notifications {
		r.add("AWS::Lambda::Permission", n.Function+"Permission", n.Function, t.Uploads.Arn)
	}
	r.bucket(t.Web.Bucket)
	r.add("AWS::CloudFront::CloudFrontOriginAccessIdentity", "WebAccessIdentity", t.Stack)
	r.add("AWS::CloudFront::Distribution", "Distribution", t.Web.Host, t.Web.CertificateArn, t.Web.RouterArn, t.Web.ViewerHostArn, t.Web.HeadersPolicyID, t.Web.HeadersPolicyID, t.Web.HeadersPolicyID, t.Stack)
	r.add("AWS::Route53::RecordSet", "RecordA", t.Web.Host, t.Web.HostedZoneID)
	r.add("AWS::Route53::RecordSet", "RecordAAAA", t.Web.Host, t.Web.HostedZoneID)
	r.add("AWS::SSM::Parameter", "DistributionParameter", t.Web.DistributionParameter)
	for _, m := range t.Metrics {
		r.add("AWS::Logs::MetricFilter", m.LogicalID, m)
	}
	r.alarms(t.Alarms, t.AlarmTopicArn)
	return r.sorted()
}

// Resources of the cell's stack, sorted by logical id.
func (c *Cell) Resources() []Resource {
	r := newResources(c.Tags)
	r.role(c.APIGatewayRole)
	r.add("AWS::ApiGateway::Account", "ApiGatewayAccount")
	r.add("AWS::Logs::ResourcePolicy", "SearchLogsPolicy", c.SearchLogs.Name, string(encoded(c.SearchLogs.Document)))
	r.bucket(Bucket{LogicalID: "LogsBucket", Name: c.LogsBucket, Arn: "arn:" + c.Environment.Partition + ":s3:::" + c.LogsBucket})
	r.add("AWS::CloudFront::ResponseHeadersPolicy", "ResponseHeadersPolicy", c.Headers)
	r.add("AWS::SSM::Parameter", "ResponseHeadersParameter", c.Headers.Parameter)
	r.add("AWS::CloudFront::Function", "Router", c.Router.Name)
	if c.ViewerHost != nil {
		r.add("AWS::CloudFront::Function", "ViewerHost", c.ViewerHost.Name)
	}
	r.data(c.Tables, c.Indexer, c.Domain)
	r.alarms(c.Alarms, c.AlarmTopicArn)
	return r.sorted()
}

func encoded(v any) []byte {
	out, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("measure a policy of the plan: %v", err)) // it holds strings only
	}
	return out
}

func (r *resources) sorted() []Resource {
	slices.SortStableFunc(r.list, func(a, b Resource) int { return bytes.Compare([]byte(a.LogicalID), []byte(b.LogicalID)) })
	return r.list
}

// data is what a cell shares, or a tenant has to itself.
func (r *resources) data(tables []Table, x *Indexer, d *Domain) {
	for _, t := range tables {
		r.add("AWS::DynamoDB::Table", t.LogicalID, t)
	}
	if x != nil {
		r.role(x.Role)
		r.function(x.Function)
		r.logGroup(x.LogGroup)
		r.add("AWS::SQS::Queue", deadLetters, x.DeadLetterQueue)
		r.add("AWS::SQS::QueuePolicy", deadLetters+"Policy")
		for _, table := range x.Tables {
			r.add("AWS::Lambda::EventSourceMapping", table+"Stream", table)
		}
	}
	if d != nil {
		r.add("AWS::OpenSearchService::Domain", d.LogicalID, d.Name, d.Access)
		for _, g := range d.LogGroups {
			r.logGroup(g)
		}
		r.add("AWS::SSM::Parameter", "SearchEndpoint", d.EndpointParameter)
	}
}

func (r *resources) logGroup(g LogGroup) { r.add("AWS::Logs::LogGroup", g.LogicalID, g.Name) }

func (r *resources) role(role Role) {
	r.add("AWS::IAM::Role", role.LogicalID, role.Trust, role.Description, role.Path, role.Policy, role.LogicalID, role.Name)
}

func (r *resources) function(f Function) {
	r.add("AWS::Lambda::Function", f.LogicalID, f.Description, f.Environment, f.Name, f.Handler, f.Role, logicalID(f.Package)+"LogGroup")
	// Values that refer to the template are functions of CloudFormation.
	r.list[len(r.list)-1].Bytes += references(f.Environment) * len(`{"Fn::Sub":}`)
	if f.RecursiveLoop {
		r.list[len(r.list)-1].Bytes += len(`"RecursiveLoop":"Allow",`)
	}
}

func (r *resources) bucket(b Bucket) {
	r.add("AWS::S3::Bucket", b.LogicalID, b.Name, b.LogsBucket, b.LogsPrefix, b.AllowedOrigins)
	for _, e := range b.Expiries {
		r.list[len(r.list)-1].Bytes += 2*len(e.Prefix) + 180
	}
	for _, n := range b.Notifications {
		r.list[len(r.list)-1].Bytes += len(n.Prefix) + 2*len(n.Function) + 240
	}
	r.add("AWS::S3::BucketPolicy", b.LogicalID+"Policy", b.Arn, b.Arn, b.Arn)
}

func (r *resources) alarms(alarms []Alarm, topic string) {
	for _, a := range alarms {
		r.add("AWS::CloudWatch::Alarm", a.LogicalID, a)
		if topic != "" {
			r.list[len(r.list)-1].Bytes += 2*len(topic) + 60
		}
	}
}
