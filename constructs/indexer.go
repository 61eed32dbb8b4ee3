package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	cdk "github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/plan"
)

// IndexerProps is the indexer to make.
type IndexerProps struct {
	// Indexer of the plan.
	Indexer plan.Indexer
	// Tables whose streams it reads.
	Tables Tables
	// Code of its package.
	Code Assets
}

// NewIndexer makes the function that feeds search indices from table streams, its event
// source mappings and its dead-letter queue. Records of one key stay in order; a batch
// reports the first record that failed, is bisected, retried, and at last leaves its
// position in the queue, from which it is replayed.
func NewIndexer(scope Scope, id string, props *IndexerProps) cdk.Construct {
	i := props.Indexer
	c := cdk.NewConstruct(scope, jsii.String(id))
	queue := newDeadLetterQueue(c, i.DeadLetterQueue)
	roles := NewRoles(c, "Roles", &RolesProps{Roles: []plan.Role{i.Role}})
	groups := NewLogGroups(c, "LogGroups", &LogGroupsProps{LogGroups: []plan.LogGroup{i.LogGroup}})
	functions := NewFunctions(c, "Functions", &FunctionsProps{
		Functions: []plan.Function{i.Function}, Roles: roles, LogGroups: groups, Code: props.Code,
	})
	function := functions.made[i.Function.LogicalID]
	name, queueArn := function.Ref(), queue.AttrArn()
	for _, table := range i.Tables {
		mapping := table + "Stream"
		named(awslambda.NewCfnEventSourceMapping(c, jsii.String(mapping), &awslambda.CfnEventSourceMappingProps{
			FunctionName:                   name,
			EventSourceArn:                 props.Tables.StreamArn(table),
			StartingPosition:               jsii.String("TRIM_HORIZON"),
			BatchSize:                      num(i.Stream.BatchSize),
			MaximumBatchingWindowInSeconds: num(i.Stream.BatchWindow),
			MaximumRetryAttempts:           num(i.Stream.Retries),
			MaximumRecordAgeInSeconds:      num(i.Stream.MaximumRecordAge),
			ParallelizationFactor:          num(i.Stream.ParallelizationFactor),
			BisectBatchOnFunctionError:     true,
			FunctionResponseTypes:          strs("ReportBatchItemFailures"),
			DestinationConfig: &awslambda.CfnEventSourceMapping_DestinationConfigProperty{
				OnFailure: &awslambda.CfnEventSourceMapping_OnFailureProperty{Destination: queueArn},
			},
		}), mapping)
	}
	return c
}

const (
	deadLetters = "IndexerDeadLetters"
	// fourteenDays is the longest that SQS keeps a message, in seconds (SQS quotas).
	fourteenDays = 14 * 24 * 3600
	// replayTimeout in seconds is longer than the indexer runs, so that no message is
	// replayed twice at a time.
	replayTimeout = 360
)

func newDeadLetterQueue(c cdk.Construct, name string) awssqs.CfnQueue {
	queue := named(awssqs.NewCfnQueue(c, jsii.String(deadLetters), &awssqs.CfnQueueProps{
		QueueName: jsii.String(name), SqsManagedSseEnabled: true,
		MessageRetentionPeriod: num(fourteenDays), VisibilityTimeout: num(replayTimeout),
	}), deadLetters)
	policy := iam.NewDocument(iam.Statement{
		Sid: "OnlyEncrypted", Effect: iam.Deny, Principal: map[string][]string{"AWS": {"*"}},
		Action: []string{"sqs:*"}, Resource: []string{"*"},
		Condition: iam.Condition{"Bool": {"aws:SecureTransport": {"false"}}},
	})
	named(awssqs.NewCfnQueuePolicy(c, jsii.String(deadLetters+"Policy"), &awssqs.CfnQueuePolicyProps{
		Queues: &[]*string{queue.Ref()}, PolicyDocument: document(policy),
	}), deadLetters+"Policy")
	return queue
}
