package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	cdk "github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/tenantstack/tenantstack/plan"
)

// partitionKey is the attribute that every table is partitioned by.
const partitionKey = "billingAccount"

// TablesProps are the tables to make.
type TablesProps struct {
	// Tables of the plan.
	Tables []plan.Table
}

// Tables are DynamoDB tables: on demand, encrypted, with point-in-time recovery, protected
// from deletion, and kept when their stack goes.
type Tables struct {
	cdk.Construct
	made map[string]awsdynamodb.CfnTable
}

// NewTables makes DynamoDB tables.
func NewTables(scope Scope, id string, props *TablesProps) Tables {
	t := Tables{cdk.NewConstruct(scope, jsii.String(id)), map[string]awsdynamodb.CfnTable{}}
	for _, table := range props.Tables {
		tableProps := &awsdynamodb.CfnTableProps{
			TableName:   jsii.String(table.Name),
			BillingMode: jsii.String("PAY_PER_REQUEST"),
			AttributeDefinitions: []any{
				&awsdynamodb.CfnTable_AttributeDefinitionProperty{AttributeName: jsii.String(partitionKey), AttributeType: jsii.String("S")},
				&awsdynamodb.CfnTable_AttributeDefinitionProperty{AttributeName: jsii.String(table.SortKey), AttributeType: jsii.String("S")},
			},
			KeySchema: []any{
				&awsdynamodb.CfnTable_KeySchemaProperty{AttributeName: jsii.String(partitionKey), KeyType: jsii.String("HASH")},
				&awsdynamodb.CfnTable_KeySchemaProperty{AttributeName: jsii.String(table.SortKey), KeyType: jsii.String("RANGE")},
			},
			PointInTimeRecoverySpecification: &awsdynamodb.CfnTable_PointInTimeRecoverySpecificationProperty{PointInTimeRecoveryEnabled: true},
			SseSpecification:                 &awsdynamodb.CfnTable_SSESpecificationProperty{SseEnabled: true},
			DeletionProtectionEnabled:        true,
		}
		if table.Stream {
			tableProps.StreamSpecification = &awsdynamodb.CfnTable_StreamSpecificationProperty{StreamViewType: jsii.String("NEW_AND_OLD_IMAGES")}
		}
		if table.TTL != "" {
			tableProps.TimeToLiveSpecification = &awsdynamodb.CfnTable_TimeToLiveSpecificationProperty{AttributeName: jsii.String(table.TTL), Enabled: true}
		}
		t.made[table.LogicalID] = protected(awsdynamodb.NewCfnTable(t.Construct, jsii.String(table.LogicalID), tableProps), table.LogicalID)
	}
	return t
}

// StreamArn of a table by its logical id.
func (t Tables) StreamArn(logicalID string) *string { return t.made[logicalID].AttrStreamArn() }
