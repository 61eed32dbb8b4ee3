package plan

import (
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/tenant"
)

const (
	domainID = "SearchDomain"
	// domainEndpoint is a parameter of whoever has the domain, and tenantEndpoints are parameters of a cell.
	domainEndpoint  = "search-endpoint"
	tenantEndpoints = "search-endpoints/"
)

// domain of a cell or of one tenant. Its resource policy allows whom IAM allows: a
// principal of the same account needs a policy of its own, and those name one index each.
func domain(s scope, d tenant.Domain, retention int, parameter string) *Domain {
	return &Domain{
		LogicalID: domainID, Name: s.domainName(), Arn: s.domainArn(),
		InstanceType: d.InstanceType, InstanceCount: d.InstanceCount, VolumeGiB: d.VolumeGiB,
		LogGroups: map[string]LogGroup{
			"ES_APPLICATION_LOGS": s.logGroup("SearchErrorLogGroup", searchLogs+"errors", retention),
			"INDEX_SLOW_LOGS":     s.logGroup("SearchIndexingLogGroup", searchLogs+"indexing", retention),
			"SEARCH_SLOW_LOGS":    s.logGroup("SearchQueryLogGroup", searchLogs+"queries", retention),
		},
		Access: iam.NewDocument(iam.Statement{
			Sid: "OnlyEncrypted", Effect: iam.Deny, Principal: map[string][]string{"AWS": {"*"}},
			Action: []string{"es:*"}, Resource: []string{s.domainArn() + "/*"},
			Condition: iam.Condition{"Bool": {"aws:SecureTransport": {"false"}}},
		}),
		EndpointParameter: parameter,
	}
}

// searchLogs begins the names of a domain's log groups, below the scope's own.
const searchLogs = "search/"

// indexerStream keeps a poisoned record from holding up its shard for longer than an hour:
// Lambda bisects the batch, retries and then hands its position to the dead-letter queue.
var indexerStream = StreamSettings{BatchSize: 500, BatchWindow: 0, Retries: 10, MaximumRecordAge: 3600, ParallelizationFactor: 2}

const (
	deadLetters = "IndexerDeadLetters"
	// indexerRole is a logical id. In a cell, the index writers trust the role by its ARN.
	indexerRole = "IndexerRole"
)

// newIndexer reads the streams of tables that live in s.
func newIndexer(s scope, all []Table, retention int, env map[string]string, statements ...iam.Statement) *Indexer {
	read := streams(all)
	if len(read) == 0 {
		return nil
	}
	var ids, arns, names []string
	for _, t := range read {
		ids = append(ids, t.LogicalID)
		arns = append(arns, s.tableArn(t.Table)+"/stream/*")
		names = append(names, t.Name+"="+t.Table)
	}
	group := s.logGroup("IndexerLogGroup", indexerPackage, retention)
	queue := s.queueName(deadLetters)
	queueArn := []string{s.arn("sqs", queue)}
	env["TABLES"] = strings.Join(names, ",")
	env["DEAD_LETTER_QUEUE_URL"] = "${" + deadLetters + "}"
	statements = append(statements,
		allow("ReadStreams", []string{"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"}, arns),
		allow("DeadLetters", []string{"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage", "sqs:SendMessage"}, queueArn),
	)
	statements = append(statements, runtime(group)...)
	return &Indexer{
		Function: Function{
			LogicalID: "IndexerFn", Name: s.functionName("IndexerFn"), Arn: s.functionArn("IndexerFn"),
			Description: "Feeds search indices from table streams",
			Package:     indexerPackage, Handler: indexerPackage, Role: indexerRole, LogGroup: group.Name,
			Timeout: 60, Memory: 512, Environment: env,
		},
		Role:     s.role(indexerRole, "Feeds search indices from table streams", trust("lambda.amazonaws.com"), statements...),
		LogGroup: group, Tables: ids, DeadLetterQueue: queue, Stream: indexerStream,
	}
}

// indexer of the tenant's own tables writes the tenant's own index and no other.
func (b *tenantBuilder) indexer(all []Table) *Indexer {
	return newIndexer(b.scope, all, b.settings.LogRetentionDays, map[string]string{
		"TENANT": b.tenant.ID, "BILLING_ACCOUNT": b.tenant.BillingAccount,
		"SEARCH_ENDPOINT": b.searchEndpoint(), "SEARCH_INDEX": b.tenant.BillingAccount,
	}, b.indexerStatements()...)
}

// indexWriterRole lets the cell's indexer, and nobody else, write the tenant's index and read the rows that go there. In
// its cell it is named by the billing account alone, so that a record of one account can only be worked on with the role
// of that account.
func (b *tenantBuilder) indexWriterRole() Role {
	return Role{
		LogicalID: "IndexWriterRole", Name: b.cellScope.indexWriterName(b.tenant.BillingAccount), Path: b.cellScope.indexWriterPath(),
		Arn:         b.cellScope.indexWriterArnPrefix() + b.tenant.BillingAccount,
		Description: "Lets the cell's indexer write the tenant's index from the tenant's rows",
		Trust: iam.NewDocument(iam.Statement{
			Effect: iam.Allow, Principal: map[string][]string{"AWS": {b.cellScope.roleArn(indexerRole)}}, Action: []string{"sts:AssumeRole"},
		}),
		Policy: iam.NewDocument(b.indexerStatements()...),
	}
}
