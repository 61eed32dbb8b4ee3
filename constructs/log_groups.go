package constructs

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	cdk "github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/tenantstack/tenantstack/plan"
)

// LogGroupsProps are the log groups to make.
type LogGroupsProps struct {
	// LogGroups of the plan.
	LogGroups []plan.LogGroup
}

// LogGroups are CloudWatch log groups. They go with their stack: a log group that stayed
// would keep a tenant of the same name from being created again.
type LogGroups struct {
	cdk.Construct
	made map[string]awslogs.CfnLogGroup
	refs map[string]*string
}

// NewLogGroups makes log groups.
func NewLogGroups(scope Scope, id string, props *LogGroupsProps) LogGroups {
	g := LogGroups{cdk.NewConstruct(scope, jsii.String(id)), map[string]awslogs.CfnLogGroup{}, map[string]*string{}}
	for _, group := range props.LogGroups {
		made := named(awslogs.NewCfnLogGroup(g.Construct, jsii.String(group.LogicalID), &awslogs.CfnLogGroupProps{
			LogGroupName: jsii.String(group.Name), RetentionInDays: num(group.RetentionDays),
		}), group.LogicalID)
		g.made[group.Name] = made
		g.refs[group.Name] = made.Ref()
	}
	return g
}

// Name of a log group as a reference to it. It panics when there is no such log group.
func (g LogGroups) Name(name string) *string {
	ref, ok := g.refs[name]
	if !ok {
		panic(fmt.Sprintf("no log group %q", name))
	}
	return ref
}

// Arn of a log group with the ":*" of its streams, as CloudFormation gives it.
func (g LogGroups) Arn(name string) *string {
	made, ok := g.made[name]
	if !ok {
		panic(fmt.Sprintf("no log group %q", name))
	}
	return made.AttrArn()
}
