package prove

import (
	"testing"

	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// What the edits of data name.
const (
	bankLetters = "arn:aws:sqs:eu-central-1:111111111111:kittens_tenant_purrfect-bank_IndexerDeadLetters"
	cellLetters = "arn:aws:sqs:eu-central-1:111111111111:kittens_cell_eu-1_IndexerDeadLetters"
	awesomeFn   = "arn:aws:lambda:eu-central-1:111111111111:function:kittens_tenant_super-awesome-customer_KittensGetFn"
)

// sub is a text with a substitution.
func sub(text string) any { return map[string]any{"Fn::Sub": text} }

// openDocument lets everyone in, as text.
const openDocument = `{"Version": "2012-10-17", "Statement": [{"Sid": "Planted", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}`

// trust is a trust policy for a principal, with a condition.
func trust(principal any, condition map[string]any) func(*testing.T, map[string]any) {
	s := map[string]any{"Sid": "Planted", "Effect": "Allow", "Principal": principal, "Action": []any{"sts:AssumeRole", "sts:TagSession"}}
	if condition != nil {
		s["Condition"] = condition
	}
	return set(map[string]any{"Version": "2012-10-17", "Statement": []any{s}}, "AssumeRolePolicyDocument")
}

// deletion sets a resource's policies for when it leaves the template or is replaced.
func deletion(delete, replace string) func(r *cfn.Resource) {
	return func(r *cfn.Resource) { r.DeletionPolicy, r.UpdateReplacePolicy = delete, replace }
}

// expiry adds a rule of a bucket's lifecycle.
func expiry(rule map[string]any) func(*testing.T, map[string]any) {
	return func(_ *testing.T, p map[string]any) {
		lifecycle := p["LifecycleConfiguration"].(map[string]any)
		lifecycle["Rules"] = append(lifecycle["Rules"].([]any), rule)
	}
}

// table is a table of its own, with what is given.
func table(more ...any) func(*testing.T, map[string]any) {
	return func(t *testing.T, p map[string]any) {
		properties("KeySchema", []any{map[string]any{"AttributeName": "id", "KeyType": "HASH"}}, "DeletionProtectionEnabled", true,
			"PointInTimeRecoverySpecification", map[string]any{"PointInTimeRecoveryEnabled": true})(t, p)
		properties(more...)(t, p)
	}
}

// replica is a global table with one replica.
func replica(more map[string]any) func(*testing.T, map[string]any) {
	r := map[string]any{"Region": region, "DeletionProtectionEnabled": true, "PointInTimeRecoverySpecification": map[string]any{"PointInTimeRecoveryEnabled": true}}
	for k, v := range more {
		r[k] = v
	}
	return properties("KeySchema", []any{map[string]any{"AttributeName": "id", "KeyType": "HASH"}}, "Replicas", []any{r})
}

var dataMutations = []edit{
	// Documents as text.
	{name: "a queue whose letters go to another's", stack: awesome, resource: "Extra", add: "AWS::SQS::Queue", place: "RedrivePolicy", change: set(`{"deadLetterTargetArn": "`+bankLetters+`", "maxReceiveCount": 3}`, "RedrivePolicy")},
	{name: "letters to another's, by Fn::Sub", stack: awesome, resource: "Extra", add: "AWS::SQS::Queue", place: "RedrivePolicy", change: set(sub(`{"deadLetterTargetArn": "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:kittens_tenant_purrfect-bank_IndexerDeadLetters", "maxReceiveCount": "3"}`), "RedrivePolicy")},
	{name: "letters to the platform's", stack: awesome, resource: "Extra", add: "AWS::SQS::Queue", place: "RedrivePolicy", change: set(map[string]any{"deadLetterTargetArn": cellLetters, "maxReceiveCount": 3}, "RedrivePolicy")},
	{name: "letters of another's queue, as text", stack: awesome, resource: "Extra", add: "AWS::SQS::Queue", place: "RedriveAllowPolicy", change: set(`{"redrivePermission": "byQueue", "sourceQueueArns": ["`+bankLetters+`"]}`, "RedriveAllowPolicy")},
	{name: "a redrive policy that is no JSON", stack: awesome, resource: "Extra", add: "AWS::SQS::Queue", rule: report.NotUnderstood, place: "RedrivePolicy", change: set("deadLetterTargetArn="+bankLetters, "RedrivePolicy")},
	{name: "letters of a subscription", stack: awesome, resource: "Extra", add: "AWS::SNS::Subscription", place: "RedrivePolicy", change: properties("Protocol", "lambda", "TopicArn", "arn:aws:sns:eu-central-1:111111111111:none", "Endpoint", awesomeFn, "RedrivePolicy", `{"deadLetterTargetArn": "`+bankLetters+`"}`)},
	{name: "a stream of a replica that everyone reads", stack: awesome, resource: "Extra", add: "AWS::DynamoDB::GlobalTable", rule: report.WildcardPrincipal, sid: "Planted", change: replica(map[string]any{"ReplicaStreamSpecification": map[string]any{"ResourcePolicy": map[string]any{"PolicyDocument": openDocument}}})},
	{name: "a replica that everyone reads, as text", stack: awesome, resource: "Extra", add: "AWS::DynamoDB::GlobalTable", rule: report.WildcardPrincipal, sid: "Planted", change: replica(map[string]any{"ResourcePolicy": map[string]any{"PolicyDocument": openDocument}})},
	{name: "a table's stream that everyone reads, as text", stack: cell, resource: "KittensTable", rule: report.WildcardPrincipal, sid: "Planted", change: set(openDocument, "StreamSpecification", "ResourcePolicy", "PolicyDocument")},
	{name: "a stream that everyone reads", stack: awesome, resource: "Extra", add: "AWS::Kinesis::ResourcePolicy", rule: report.WildcardPrincipal, sid: "Planted", change: properties("ResourceArn", "arn:aws:kinesis:eu-central-1:111111111111:stream/own", "ResourcePolicy", openDocument)},
	{name: "a topic whose messages are copied", stack: awesome, resource: "Extra", add: "AWS::SNS::Topic", rule: report.NotUnderstood, place: "DataProtectionPolicy", change: set(map[string]any{"Name": "p", "Version": "2021-06-01", "Statement": []any{map[string]any{
		"DataDirection": "Inbound", "Principal": []any{"*"}, "DataIdentifier": []any{}, "Operation": map[string]any{"Audit": map[string]any{"SampleRate": 99, "FindingsDestination": map[string]any{"CloudWatchLogs": map[string]any{"LogGroup": "/aws/vendedlogs/all"}}}},
	}}}, "DataProtectionPolicy")},
	{name: "the policy of another's bucket", stack: awesome, resource: "Extra", add: "AWS::S3::BucketPolicy", place: "Bucket", change: properties("Bucket", tabbyUploads, "PolicyDocument", map[string]any{"Version": "2012-10-17", "Statement": []any{}})},
	{name: "the policy of another's queue", stack: awesome, resource: "Extra", add: "AWS::SQS::QueuePolicy", place: "Queues", change: properties("Queues", []any{"https://sqs.eu-central-1.amazonaws.com/111111111111/kittens_tenant_purrfect-bank_IndexerDeadLetters"}, "PolicyDocument", map[string]any{"Version": "2012-10-17", "Statement": []any{}})},

	// Paths below an own index.
	{name: "all paths of an index, to read", stack: awesome, resource: "ReaderRole", sid: "Planted", rule: report.NotUnderstood, change: another(allow("es:ESHttpGet", domain+"/12345/*"))},
	{name: "term vectors of others", stack: awesome, resource: "ReaderRole", sid: "Planted", rule: report.NotUnderstood, change: another(allow("es:ESHttpGet", domain+"/12345/_mtermvectors"))},
	{name: "evaluations of rankings", stack: awesome, resource: "ReaderRole", sid: "Planted", rule: report.NotUnderstood, change: another(allow("es:ESHttpPost", domain+"/12345/_rank_eval"))},
	{name: "templates of searches", stack: awesome, resource: "ReaderRole", sid: "Planted", rule: report.NotUnderstood, change: another(allow("es:ESHttp*", domain+"/12345/_search/template"))},
	{name: "paths with a question mark", stack: awesome, resource: "ReaderRole", sid: "Planted", rule: report.NotUnderstood, change: another(allow("es:ESHttpGet", domain+"/12345/_?ount"))},

	// What is one's own, turned on others.
	{name: "an own rule with other targets", stack: awesome, resource: "Nightly", add: "AWS::Events::Rule", elsewhere: true, change: set("rate(1 day)", "ScheduleExpression"), also: []edit{
		{stack: awesome, resource: "ReaderRole", change: another(allow([]any{"events:PutRule", "events:PutTargets"}, getAtt("Nightly", "Arn")))},
	}},
	{name: "an own distribution with other origins", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("cloudfront:UpdateDistribution", sub("arn:aws:cloudfront::111111111111:distribution/${Distribution}")))},
	{name: "an own API with other methods", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("apigateway:PATCH", sub("arn:aws:apigateway:eu-central-1::/restapis/${RestApi}/*")))},
	{name: "an own function with another role", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("lambda:Update*", awesomeFn))},
	{name: "an own bucket that is copied", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow([]any{"s3:GetBucketLocation", "s3:PutReplicationConfiguration"}, getAtt("UploadsBucket", "Arn")))},
	{name: "an own bucket that tells others", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("s3:Put*", getAtt("UploadsBucket", "Arn")))},
	{name: "an own log group that is copied", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("logs:PutSubscriptionFilter", getAtt("KittensLogGroup", "Arn")))},
	{name: "an own table that is copied", stack: bank, resource: "ReaderRole", sid: "Planted", change: another(allow("dynamodb:EnableKinesisStreamingDestination", getAtt("KittensTable", "Arn")))},
	{name: "all of an own queue", stack: bank, resource: "ReaderRole", sid: "Planted", change: another(allow("sqs:*", getAtt("IndexerDeadLetters", "Arn")))},

	// Who becomes a role.
	{name: "a role for holders of certificates", stack: awesome, resource: "ReaderRole", sid: "Planted", rule: report.UnknownPrincipal, change: trust(map[string]any{"Service": "rolesanywhere.amazonaws.com"}, nil)},
	{name: "a role for devices", stack: awesome, resource: "ReaderRole", sid: "Planted", rule: report.UnknownPrincipal, change: trust(map[string]any{"Service": []any{"lambda.amazonaws.com", "credentials.iot.amazonaws.com"}}, nil)},
	{name: "a role for activated machines", stack: awesome, resource: "ReaderRole", sid: "Planted", rule: report.UnknownPrincipal, change: trust(map[string]any{"Service": "ssm.amazonaws.com"}, map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": account}})},
	{name: "a role for a service of the future", stack: awesome, resource: "ReaderRole", sid: "Planted", rule: report.UnknownPrincipal, change: trust(map[string]any{"Service": "holodeck.amazonaws.com"}, nil)},
	{name: "a role for users of a pool that is not the tenant's", stack: awesome, resource: "ReaderRole", sid: "Planted", rule: report.UnknownPrincipal, change: trust(map[string]any{"Federated": "cognito-identity.amazonaws.com"}, map[string]any{"StringEquals": map[string]any{"cognito-identity.amazonaws.com:aud": "eu-central-1:0f7d2c1e-58a4-4b0e-9d61-3c5b8e2a7f10"}})},
	{name: "a role of the platform's for users of all tenants", stack: cell, resource: "Extra", add: "AWS::IAM::Role", rule: report.UnknownPrincipal, change: properties("AssumeRolePolicyDocument", map[string]any{
		"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": map[string]any{"Federated": "cognito-identity.amazonaws.com"},
			"Condition": map[string]any{"StringEquals": map[string]any{"cognito-identity.amazonaws.com:aud": map[string]any{"Ref": "Identities"}}}}}}),
		also: []edit{{stack: cell, resource: "Identities", add: "AWS::Cognito::IdentityPool", change: properties("AllowUnauthenticatedIdentities", false)}}},
	{name: "a role for users of a provider", stack: awesome, resource: "ReaderRole", sid: "Planted", rule: report.UnknownPrincipal, change: trust(map[string]any{"Federated": "arn:aws:iam::111111111111:oidc-provider/token.example.com"}, nil)},

	// What is lost.
	{name: "a table that goes with its stack", stack: cell, resource: "KittensTable", rule: report.DataLoss, place: "DeletionPolicy", attributes: deletion("Delete", "Retain")},
	{name: "a table that a snapshot is left of", stack: bank, resource: "KittensTable", rule: report.DataLoss, place: "DeletionPolicy", attributes: deletion("Snapshot", "Retain")},
	{name: "a bucket that goes when it is replaced", stack: awesome, resource: "UploadsBucket", rule: report.DataLoss, place: "UpdateReplacePolicy", attributes: deletion("Retain", "")},
	{name: "a domain without a policy", stack: cell, resource: "SearchDomain", rule: report.DataLoss, place: "DeletionPolicy", attributes: deletion("", "")},
	{name: "an own key that goes with the stack", stack: awesome, resource: "Extra", add: "AWS::KMS::Key", rule: report.DataLoss, place: "DeletionPolicy", attributes: deletion("Delete", "Delete"), change: ownKey},
	{name: "a table without protection", stack: cell, resource: "KittensTable", rule: report.DataLoss, place: "DeletionProtectionEnabled", change: set(false, "DeletionProtectionEnabled")},
	{name: "a table whose protection is not said", stack: bank, resource: "KittensTable", rule: report.DataLoss, place: "DeletionProtectionEnabled", change: set(nil, "DeletionProtectionEnabled")},
	{name: "a table that cannot be recovered", stack: cell, resource: "BreedsTable", rule: report.DataLoss, place: "PointInTimeRecovery", change: set(false, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")},
	{name: "a table of which nobody says that it can be recovered", stack: bank, resource: "KittensTable", rule: report.DataLoss, place: "PointInTimeRecovery", change: set(nil, "PointInTimeRecoverySpecification")},
	{name: "a replica without protection", stack: awesome, resource: "Extra", add: "AWS::DynamoDB::GlobalTable", rule: report.DataLoss, place: "DeletionProtectionEnabled", change: replica(map[string]any{"DeletionProtectionEnabled": "false"})},
	{name: "uploads without versions", stack: tabby, resource: "UploadsBucket", rule: report.DataLoss, place: "VersioningConfiguration", change: set("Suspended", "VersioningConfiguration", "Status")},
	{name: "uploads that expire", stack: tabby, resource: "UploadsBucket", rule: report.DataLoss, place: "LifecycleConfiguration", change: expiry(map[string]any{"Status": "Enabled", "ExpirationInDays": 30})},
	{name: "uploads of a folder that expire on a day", stack: tabby, resource: "UploadsBucket", rule: report.DataLoss, place: "LifecycleConfiguration", change: expiry(map[string]any{"Status": "Enabled", "Prefix": "uploads/20417/photos/", "ExpirationDate": "2027-01-01T00:00:00Z"})},
	{name: "an application that expires", stack: tabby, resource: "WebBucket", rule: report.DataLoss, place: "LifecycleConfiguration", change: expiry(map[string]any{"Status": "Enabled", "ExpirationInDays": "1"})},
}

// ownKey is a key that the account's policies decide about.
func ownKey(t *testing.T, p map[string]any) {
	properties("KeyPolicy", map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"AWS": sub("arn:aws:iam::${AWS::AccountId}:root")}, "Action": "kms:*", "Resource": "*",
	}}}, "EnableKeyRotation", true)(t, p)
}

var harmlessData = []edit{
	{name: "an own queue with its dead letters", stack: awesome, resource: "Jobs", add: "AWS::SQS::Queue", change: properties("QueueName", "kittens_tenant_super-awesome-customer_jobs", "VisibilityTimeout", 60,
		"RedrivePolicy", map[string]any{"deadLetterTargetArn": getAtt("Failed", "Arn"), "maxReceiveCount": 3}), also: []edit{
		{stack: awesome, resource: "Failed", add: "AWS::SQS::Queue", change: properties("MessageRetentionPeriod", 1209600, "KmsMasterKeyId", "alias/aws/sqs")},
	}},
	{name: "an own queue with its dead letters as text", stack: awesome, resource: "Jobs", add: "AWS::SQS::Queue", change: set(map[string]any{"Fn::Sub": []any{`{"deadLetterTargetArn": "${Arn}", "maxReceiveCount": 3}`, map[string]any{"Arn": getAtt("Failed", "Arn")}}}, "RedrivePolicy"), also: []edit{
		{stack: awesome, resource: "Failed", add: "AWS::SQS::Queue"},
	}},
	{name: "an own topic that tells an own function", stack: awesome, resource: "News", add: "AWS::SNS::Topic", change: properties("DisplayName", "News"), also: []edit{
		{stack: awesome, resource: "Told", add: "AWS::SNS::Subscription", change: properties("TopicArn", map[string]any{"Ref": "News"}, "Protocol", "lambda", "Endpoint", getAtt("KittensGetFn", "Arn"), "FilterPolicy", map[string]any{"kind": []any{"birth"}})},
	}},
	{name: "an own secret", stack: awesome, resource: "Secret", add: "AWS::SecretsManager::Secret", change: properties("Description", "a key of the payment provider", "GenerateSecretString", map[string]any{"PasswordLength": 40}), also: []edit{
		{stack: awesome, resource: "ReaderRole", change: another(allow("secretsmanager:GetSecretValue", map[string]any{"Ref": "Secret"}))},
	}},
	{name: "an own key", stack: awesome, resource: "Key", add: "AWS::KMS::Key", change: ownKey, also: []edit{
		{stack: awesome, resource: "KeyAlias", add: "AWS::KMS::Alias", change: properties("AliasName", "alias/super-awesome-customer", "TargetKeyId", map[string]any{"Ref": "Key"})},
		{stack: awesome, resource: "ReaderRole", change: another(allow([]any{"kms:Decrypt", "kms:GenerateDataKey"}, getAtt("Key", "Arn")))},
	}},
	{name: "a second own table", stack: awesome, resource: "Notes", add: "AWS::DynamoDB::Table", change: table("TableName", "kittens_tenant_super-awesome-customer_notes", "BillingMode", "PAY_PER_REQUEST",
		"AttributeDefinitions", []any{map[string]any{"AttributeName": "id", "AttributeType": "S"}}, "TimeToLiveSpecification", map[string]any{"AttributeName": "expires", "Enabled": true}), also: []edit{
		{stack: awesome, resource: "ReaderRole", change: another(allow([]any{"dynamodb:GetItem", "dynamodb:Scan"}, getAtt("Notes", "Arn")))},
	}},
	{name: "an event source mapping of an own queue", stack: awesome, resource: "Jobs", add: "AWS::SQS::Queue", also: []edit{
		{stack: awesome, resource: "Mapping", add: "AWS::Lambda::EventSourceMapping", change: properties("EventSourceArn", getAtt("Jobs", "Arn"), "FunctionName", map[string]any{"Ref": "KittensGetFn"}, "BatchSize", 10, "FunctionResponseTypes", []any{"ReportBatchItemFailures"})},
	}},
	{name: "a bucket of exports that expire", stack: awesome, resource: "Exports", add: "AWS::S3::Bucket", change: properties(
		"PublicAccessBlockConfiguration", map[string]any{"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true},
		"LifecycleConfiguration", map[string]any{"Rules": []any{map[string]any{"Status": "Enabled", "ExpirationInDays": 7}}})},
	{name: "older versions go sooner", stack: awesome, resource: "UploadsBucket", change: expiry(map[string]any{"Status": "Enabled", "NoncurrentVersionExpiration": map[string]any{"NoncurrentDays": 10}})},
	{name: "an expiry that is off", stack: awesome, resource: "UploadsBucket", change: expiry(map[string]any{"Status": "Disabled", "ExpirationInDays": 10})},
	{name: "colder storage", stack: awesome, resource: "UploadsBucket", change: expiry(map[string]any{"Status": "Enabled", "Transitions": []any{map[string]any{"StorageClass": "GLACIER_IR", "TransitionInDays": 90}}})},
	{name: "tables that stay, even from a first deployment", stack: cell, resource: "KittensTable", attributes: deletion("RetainExceptOnCreate", "Retain")},
	{name: "capacity of a table", stack: cell, resource: "KittensTable", change: set(map[string]any{"MaxReadRequestUnits": 1000}, "OnDemandThroughput")},
	{name: "a longer timeout and more memory", stack: awesome, resource: "KittensGetFn", change: properties("Timeout", 29, "MemorySize", 1024)},
	{name: "an alias of an own function", stack: awesome, resource: "Version", add: "AWS::Lambda::Version", change: properties("FunctionName", map[string]any{"Ref": "KittensGetFn"}), also: []edit{
		{stack: awesome, resource: "Live", add: "AWS::Lambda::Alias", change: properties("FunctionName", map[string]any{"Ref": "KittensGetFn"}, "FunctionVersion", getAtt("Version", "Version"), "Name", "live")},
	}},
	{name: "what becomes of own events that fail", stack: awesome, resource: "Failed", add: "AWS::SQS::Queue", also: []edit{
		{stack: awesome, resource: "Invocations", add: "AWS::Lambda::EventInvokeConfig", change: properties("FunctionName", map[string]any{"Ref": "PhotoUploadedFn"}, "Qualifier", "$LATEST", "MaximumRetryAttempts", 1, "DestinationConfig", map[string]any{"OnFailure": map[string]any{"Destination": getAtt("Failed", "Arn")}})},
	}},
	{name: "the understood paths of an own index", stack: awesome, resource: "ReaderRole", change: another(allow([]any{"es:ESHttpGet", "es:ESHttpPost"}, []any{domain + "/12345/_count", domain + "/12345/_doc/*"}))},
	{name: "a role for another service", stack: awesome, resource: "Runner", add: "AWS::IAM::Role", change: properties("AssumeRolePolicyDocument", map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"Service": []any{"states.amazonaws.com", "scheduler.amazonaws.com"}}, "Action": "sts:AssumeRole",
	}}}, "Policies", []any{map[string]any{"PolicyName": "invoke", "PolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{allow("lambda:InvokeFunction", getAtt("KittensGetFn", "Arn"))}}}})},
	{name: "data of an own queue, bucket and topic", stack: awesome, resource: "Jobs", add: "AWS::SQS::Queue", also: []edit{
		{stack: awesome, resource: "ReaderRole", change: another(allow([]any{"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"}, getAtt("Jobs", "Arn")))},
	}},
}
