package owners

import (
	"maps"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/plan"
)

// partitionKey is the attribute that every table is keyed by.
const partitionKey = "billingAccount"

// planned are all stacks of the plan, with what the plan names in them. What AWS names, such
// as APIs and distributions, no policy can name beforehand.
func planned(p *plan.Plan) []Planned {
	var out []Planned
	for i := range p.Cells {
		out = append(out, plannedCell(&p.Cells[i]))
	}
	for i := range p.Tenants {
		out = append(out, plannedTenant(&p.Tenants[i]))
	}
	return out
}

// plannedNames collects what one stack is to declare.
type plannedNames struct {
	Planned
	env plan.Environment
}

func newPlannedNames(stack, cell string, env plan.Environment) *plannedNames {
	return &plannedNames{Planned{
		Planned: facts.Planned{
			Stack:       stack,
			Environment: "aws://" + env.Account + "/" + env.Region,
			Partition:   env.Partition,
		}, Cell: cell,
	}, env}
}

func plannedCell(c *plan.Cell) Planned {
	n := newPlannedNames(c.Stack, c.Name, c.Environment)
	n.bucket("LogsBucket", c.LogsBucket)
	n.role(c.APIGatewayRole)
	n.add("AWS::SSM::Parameter", "ResponseHeadersParameter", n.parameterArn(c.Headers.Parameter))
	n.add("AWS::CloudFront::Function", "Router", c.Router.Arn)
	if c.ViewerHost != nil {
		n.add("AWS::CloudFront::Function", "ViewerHost", c.ViewerHost.Arn)
	}
	n.data(c.Tables, c.Indexer, c.Domain)
	n.alarms(c.Alarms)
	return n.Planned
}

func plannedTenant(t *plan.Tenant) Planned {
	n := newPlannedNames(t.Stack, t.Cell, t.Environment)
	for _, r := range t.Roles {
		n.role(r)
	}
	for _, f := range t.Functions {
		n.add("AWS::Lambda::Function", f.LogicalID, f.Arn)
	}
	for _, g := range t.LogGroups {
		n.add("AWS::Logs::LogGroup", g.LogicalID, g.Arn)
	}
	n.bucket(t.Uploads.LogicalID, t.Uploads.Name)
	n.bucket(t.Web.Bucket.LogicalID, t.Web.Bucket.Name)
	n.add("AWS::SSM::Parameter", "DistributionParameter", n.parameterArn(t.Web.DistributionParameter))
	n.data(t.Tables, t.Indexer, t.Domain)
	n.alarms(t.Alarms)
	return n.Planned
}

// data is what a cell shares, or a tenant has to itself.
func (n *plannedNames) data(tables []plan.Table, x *plan.Indexer, d *plan.Domain) {
	for _, t := range tables {
		n.Resources = append(n.Resources, facts.PlannedResource{
			Type: "AWS::DynamoDB::Table", LogicalID: t.LogicalID, Arn: tableArn(n.env, t.Name), PartitionKey: partitionKey,
		})
	}
	if x != nil {
		n.role(x.Role)
		n.add("AWS::Lambda::Function", x.Function.LogicalID, x.Function.Arn)
		n.add("AWS::Logs::LogGroup", x.LogGroup.LogicalID, x.LogGroup.Arn)
		n.add("AWS::SQS::Queue", "IndexerDeadLetters", n.arn("sqs", x.DeadLetterQueue))
	}
	if d != nil {
		n.add("AWS::OpenSearchService::Domain", d.LogicalID, d.Arn)
		for _, kind := range slices.Sorted(maps.Keys(d.LogGroups)) {
			n.add("AWS::Logs::LogGroup", d.LogGroups[kind].LogicalID, d.LogGroups[kind].Arn)
		}
		n.add("AWS::SSM::Parameter", "SearchEndpoint", n.parameterArn(d.EndpointParameter))
	}
}

func (n *plannedNames) add(kind, id, arn string) {
	n.Resources = append(n.Resources, facts.PlannedResource{Type: kind, LogicalID: id, Arn: arn})
}

func (n *plannedNames) role(r plan.Role) { n.add("AWS::IAM::Role", r.LogicalID, r.Arn) }

func (n *plannedNames) bucket(id, name string) {
	n.add("AWS::S3::Bucket", id, "arn:"+n.env.Partition+":s3:::"+name)
}

func (n *plannedNames) alarms(alarms []plan.Alarm) {
	for _, a := range alarms {
		n.add("AWS::CloudWatch::Alarm", a.LogicalID, n.arn("cloudwatch", "alarm:"+a.Name))
	}
}

func (n *plannedNames) arn(service, resource string) string {
	return strings.Join([]string{"arn", n.env.Partition, service, n.env.Region, n.env.Account, resource}, ":")
}

// parameterArn of a parameter's name, which begins with a slash.
func (n *plannedNames) parameterArn(name string) string { return n.arn("ssm", "parameter"+name) }
