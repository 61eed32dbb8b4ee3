package constructs

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	cdk "github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/tenantstack/tenantstack/plan"
)

// MetricsProps are the metrics to count.
type MetricsProps struct {
	// Metrics of the plan.
	Metrics []plan.Metric
	// LogGroup whose JSON events are counted, each with a member "tenant".
	LogGroup *string
}

// NewMetrics counts log events as metrics with the dimension Tenant.
func NewMetrics(scope Scope, id string, props *MetricsProps) cdk.Construct {
	c := cdk.NewConstruct(scope, jsii.String(id))
	for _, m := range props.Metrics {
		named(awslogs.NewCfnMetricFilter(c, jsii.String(m.LogicalID), &awslogs.CfnMetricFilterProps{
			LogGroupName: props.LogGroup, FilterPattern: jsii.String(m.Pattern),
			MetricTransformations: []any{&awslogs.CfnMetricFilter_MetricTransformationProperty{
				MetricName: jsii.String(m.Name), MetricNamespace: jsii.String(m.Namespace),
				MetricValue: jsii.String(m.Value), Unit: jsii.String(m.Unit),
				Dimensions: []any{&awslogs.CfnMetricFilter_DimensionProperty{Key: jsii.String("Tenant"), Value: jsii.String("$.tenant")}},
			}},
		}), m.LogicalID)
	}
	return c
}

// AlarmsProps are the alarms to make.
type AlarmsProps struct {
	// Alarms of the plan.
	Alarms []plan.Alarm
	// TopicArn is notified when an alarm begins and when it ends.
	// @default none: alarms are seen in CloudWatch only
	TopicArn string
}

// NewAlarms makes CloudWatch alarms. Without data there is nothing to be alarmed about.
func NewAlarms(scope Scope, id string, props *AlarmsProps) cdk.Construct {
	c := cdk.NewConstruct(scope, jsii.String(id))
	var actions *[]any
	if props.TopicArn != "" {
		actions = &[]any{props.TopicArn}
	}
	for _, a := range props.Alarms {
		var dimensions []any
		for _, name := range slices.Sorted(maps.Keys(a.Dimensions)) {
			dimensions = append(dimensions, &awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String(name), Value: jsii.String(a.Dimensions[name])})
		}
		named(awscloudwatch.NewCfnAlarm(c, jsii.String(a.LogicalID), &awscloudwatch.CfnAlarmProps{
			AlarmName: jsii.String(a.Name), AlarmDescription: jsii.String(a.Description),
			Namespace: jsii.String(a.Namespace), MetricName: jsii.String(a.Metric), Dimensions: dimensions,
			Statistic: jsii.String(a.Statistic), Period: num(a.Period), EvaluationPeriods: num(a.Periods),
			Threshold: jsii.Number(a.Threshold), ComparisonOperator: jsii.String("GreaterThanOrEqualToThreshold"),
			TreatMissingData: jsii.String("notBreaching"), AlarmActions: actions, OkActions: actions,
		}), a.LogicalID)
	}
	return c
}
