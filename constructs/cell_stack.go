package constructs

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"
	"github.com/tenantstack/tenantstack/plan"
)

// CellStackProps say what a cell's stack consists of.
type CellStackProps struct {
	// Cell is the cell's plan.
	Cell plan.Cell
	// Code by package of functions: the indexer, when the cell has one.
	Code map[string]Code
}

// NewCellStack makes the stack of what the tenants of one AWS account and region share:
// tables, search domain and indexer when any tenant shares them, the response headers
// policy and the router of the distributions, the bucket of access logs, and the settings
// that an account has once. It is deployed before the tenants' stacks.
func NewCellStack(scope Scope, id string, props *CellStackProps) awscdk.Stack {
	c := props.Cell
	stack := newStack(scope, id, stackProps{
		name: c.Stack, environment: c.Environment, tags: c.Tags, terminationProtection: c.TerminationProtection,
		description: fmt.Sprintf("Cell %s: what its tenants share", c.Name),
	})
	logsPolicy := accountSettings(stack, c)
	newLogsBucket(stack, c)
	newResponseHeaders(stack, c.Headers)
	newOriginAccessControl(stack, c.OriginAccessControl)
	newEdgeFunctions(stack, c)
	if c.Domain != nil {
		NewSearchDomain(stack, "Search", &SearchDomainProps{Domain: *c.Domain, LogsPolicy: logsPolicy})
	}
	if len(c.Tables) > 0 {
		tables := NewTables(stack, "Tables", &TablesProps{Tables: c.Tables})
		if c.Indexer != nil {
			code := NewAssets(stack, "Code", &AssetsProps{Code: props.Code, Packages: []string{c.Indexer.Function.Package}})
			NewIndexer(stack, "Indexer", &IndexerProps{Indexer: *c.Indexer, Tables: tables, Code: code})
		}
	}
	NewAlarms(stack, "Alarms", &AlarmsProps{Alarms: c.Alarms, TopicArn: c.AlarmTopicArn})
	return stack
}

// accountSettings are those that an AWS account has once in a region: what API Gateway
// writes logs with, and which log groups OpenSearch may write to, which is returned.
func accountSettings(stack awscdk.Stack, c plan.Cell) awslogs.CfnResourcePolicy {
	roles := NewRoles(stack, "Roles", &RolesProps{Roles: []plan.Role{c.APIGatewayRole}})
	account := awsapigateway.NewCfnAccount(stack, jsii.String("ApiGatewayAccount"), &awsapigateway.CfnAccountProps{
		CloudWatchRoleArn: roles.Arn(c.APIGatewayRole.LogicalID),
	})
	account.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	return awslogs.NewCfnResourcePolicy(stack, jsii.String("SearchLogsPolicy"), &awslogs.CfnResourcePolicyProps{
		PolicyName:     jsii.String(c.SearchLogs.Name),
		PolicyDocument: jsii.String(compact(c.SearchLogs.Document)),
	})
}
