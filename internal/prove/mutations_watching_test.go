package prove

import (
	"testing"

	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// watched is an own alarm on an expression over one metric.
func watched(expression string) func(*testing.T, map[string]any) {
	return properties("ComparisonOperator", "GreaterThanThreshold", "EvaluationPeriods", 1, "Threshold", 1, "Metrics", []any{
		map[string]any{"Id": "errors", "ReturnData": false, "MetricStat": map[string]any{"Period": 60, "Stat": "Sum", "Metric": map[string]any{
			"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": []any{map[string]any{"Name": "FunctionName", "Value": map[string]any{"Ref": "KittensGetFn"}}},
		}}},
		map[string]any{"Id": "e", "Expression": expression},
	})
}

// board is an own dashboard with one widget.
func board(kind string, widget ...any) func(*testing.T, map[string]any) {
	return func(t *testing.T, p map[string]any) {
		inside := map[string]any{}
		properties(widget...)(t, inside)
		textual(map[string]any{"widgets": []any{map[string]any{"type": kind, "properties": inside}}}, "DashboardBody")(t, p)
	}
}

// asked is an own saved query.
func asked(language, text string) func(*testing.T, map[string]any) {
	return properties("Name", "q", "QueryLanguage", language, "QueryString", text)
}

// sent is an own schedule that sends a text to an own function.
func sent(text any) func(*testing.T, map[string]any) {
	return properties("ScheduleExpression", "rate(1 day)", "FlexibleTimeWindow", map[string]any{"Mode": "OFF"}, "Target", map[string]any{
		"Arn": getAtt("KittensGetFn", "Arn"), "RoleArn": getAtt("KeeperRole", "Arn"), "Input": text,
	})
}

// stream is an own delivery stream to a bucket.
func stream(bucket any, more ...any) func(*testing.T, map[string]any) {
	return func(t *testing.T, p map[string]any) {
		destination := map[string]any{"BucketARN": bucket, "RoleARN": getAtt("KeeperRole", "Arn")}
		properties(more...)(t, destination)
		p["ExtendedS3DestinationConfiguration"] = destination
	}
}

const activities = "arn:aws:states:eu-central-1:111111111111:activity:"

// watchingMutations are further ways to watch, ask and be told of what others have.
var watchingMutations = []edit{
	// Metrics.
	{name: "a metric of a namespace that a parameter tells", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Alarm", rule: report.NotUnderstood, change: alarm("{{resolve:ssm:/kittens/cell/eu-1/namespace}}", "Errors")},
	{name: "a number of whom an import tells", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Alarm", rule: report.NotUnderstood, place: "Dimensions", change: alarm("kittens", "Requests", "Tenant", imported("whom"))},
	{name: "a number of another's by an export", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Alarm", place: "Dimensions", export: map[string]any{"api": map[string]any{"Ref": "RestApi"}}, change: alarm("AWS/ApiGateway", "Count", "ApiId", imported("api"))},
	{name: "an alarm on another's API by its name", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Alarm", place: "Dimensions", change: alarm("AWS/ApiGateway", "Count", "ApiName", "kittens-tenant-tabby-cafe")},
	{name: "an alarm on an API that nobody has", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Alarm", rule: report.NotUnderstood, place: "Dimensions", change: alarm("AWS/ApiGateway", "Count", "ApiName", "payroll")},
	{name: "a dimension that nobody knows", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Alarm", rule: report.NotUnderstood, place: "Dimensions", change: alarm("AWS/Lambda", "Errors", "Layer", "x")},
	{name: "an alarm that tells another's function", stack: awesome, resource: "ThrottledAlarm", place: "AlarmActions", change: set([]any{tabbyFn}, "AlarmActions")},
	{name: "an alarm that tells somebody elsewhere", stack: awesome, resource: "ThrottledAlarm", rule: report.NotUnderstood, place: "OKActions", change: set([]any{"arn:aws:sns:eu-central-1:999999999999:eve"}, "OKActions")},
	{name: "a sum over a search of metrics", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Alarm", rule: report.NotUnderstood, place: "Expression", change: watched("errors + SUM(SEARCH('{AWS/Lambda,FunctionName}', 'Sum', 60))")},
	{name: "a query of metrics in small letters", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Alarm", rule: report.NotUnderstood, place: "Expression", change: watched("select MAX(requests) from kittens")},
	{name: "numbers that a function fetches", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Alarm", rule: report.NotUnderstood, place: "Expression", change: watched("LAMBDA('kittens_tenant_tabby-cafe_KittensGetFn', 'a')")},
	{name: "what is usual for another's queue", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::AnomalyDetector", place: "Dimensions", change: properties("Namespace", "AWS/SQS", "MetricName", "NumberOfMessagesSent", "Stat", "Sum",
		"Dimensions", []any{map[string]any{"Name": "QueueName", "Value": "kittens_tenant_purrfect-bank_IndexerDeadLetters"}})},
	{name: "another's numbers counted up", stack: awesome, resource: "RequestsMetric", place: "MetricTransformations", change: func(_ *testing.T, p map[string]any) {
		p["MetricTransformations"].([]any)[0].(map[string]any)["Dimensions"].([]any)[0].(map[string]any)["Value"] = "tabby-cafe"
	}},
	{name: "capacity of the platform's table", stack: awesome, resource: "Extra", add: "AWS::ApplicationAutoScaling::ScalableTarget", place: "ResourceId", change: properties(
		"ServiceNamespace", "dynamodb", "ResourceId", "table/kittens_cell_eu-1_kittens", "ScalableDimension", "dynamodb:table:ReadCapacityUnits", "MinCapacity", 1, "MaxCapacity", 1)},
	{name: "a budget of another's costs", stack: awesome, resource: "Extra", add: "AWS::Budgets::Budget", place: "CostFilters", change: set(map[string]any{"BudgetType": "COST", "TimeUnit": "MONTHLY", "CostFilters": map[string]any{"TagKeyValue": []any{"user:tenant$tabby-cafe"}}}, "Budget")},

	// Logs.
	{name: "another's logs joined in PPL", stack: awesome, resource: "Extra", add: "AWS::Logs::QueryDefinition", rule: report.NotUnderstood, place: "QueryString", change: asked("PPL", "fields a | left join left=l, right=r on l.a = r.a `/company/payroll` | fields r.b")},
	{name: "another's logs behind a comma in SQL", stack: awesome, resource: "Extra", add: "AWS::Logs::QueryDefinition", rule: report.NotUnderstood, place: "QueryString", change: asked("SQL", "SELECT * FROM `/kittens/tenant/super-awesome-customer/kittens` a, `/company/payroll` b")},
	{name: "another's logs in a query within the query", stack: awesome, resource: "Extra", add: "AWS::Logs::QueryDefinition", rule: report.NotUnderstood, place: "QueryString", change: asked("CWLI", "fields a | filter a in (SOURCE '/company/payroll' | fields a)")},
	{name: "logs of all in a language that nobody knows", stack: awesome, resource: "Extra", add: "AWS::Logs::QueryDefinition", rule: report.NotUnderstood, place: "QueryString", change: asked("KQL", "logs | take 5")},
	{name: "another's logs as the value of a parameter", stack: awesome, resource: "Extra", add: "AWS::Logs::QueryDefinition", place: "Parameters", change: func(t *testing.T, p map[string]any) {
		asked("CWLI", "fields a")(t, p)
		p["Parameters"] = []any{map[string]any{"Name": "group", "DefaultValue": tabbyGroup}}
	}},
	{name: "who is loudest in another's logs", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::InsightRule", place: "RuleBody", change: func(t *testing.T, p map[string]any) {
		properties("RuleName", "r", "RuleState", "ENABLED")(t, p)
		textual(map[string]any{"Schema": map[string]any{"Name": "CloudWatchLogRule", "Version": 1}, "LogGroupNames": []any{"/kittens/tenant/*"}}, "RuleBody")(t, p)
	}},
	{name: "anomalies of another's logs", stack: awesome, resource: "Extra", add: "AWS::Logs::LogAnomalyDetector", place: "LogGroupArnList", change: set([]any{tabbyArn}, "LogGroupArnList")},
	{name: "another's logs delivered", stack: awesome, resource: "Extra", add: "AWS::Logs::DeliverySource", place: "ResourceArn", change: properties("Name", "s", "LogType", "APPLICATION_LOGS", "ResourceArn", tabbyFn)},
	{name: "own logs that end at another's function", stack: awesome, resource: "Extra", add: "AWS::Logs::SubscriptionFilter", place: "DestinationArn", change: properties("LogGroupName", map[string]any{"Ref": "KittensLogGroup"}, "FilterPattern", "", "DestinationArn", tabbyFn)},

	// Dashboards.
	{name: "a dashboard of all functions", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Dashboard", rule: report.NotUnderstood, place: "DashboardBody", change: board("metric", "metrics", []any{[]any{map[string]any{"expression": "SEARCH('{AWS/Lambda,FunctionName}', 'Sum', 60)"}}})},
	{name: "a dashboard that calls another's function", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Dashboard", place: "DashboardBody", change: board("custom", "endpoint", tabbyFn)},
	{name: "a dashboard of what has a tag", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Dashboard", rule: report.NotUnderstood, place: "DashboardBody", change: board("explorer", "labels", []any{map[string]any{"key": "tenant"}})},
	{name: "a dashboard of another account's metrics", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Dashboard", rule: report.NotUnderstood, place: "DashboardBody", change: board("metric", "metrics", []any{[]any{"kittens", "Requests", map[string]any{"accountId": "222222222222"}}})},
	{name: "a dashboard with a row like the one above for another", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Dashboard", place: "DashboardBody", change: board("metric", "metrics", []any{
		[]any{"AWS/Lambda", "Errors", "FunctionName", "kittens_tenant_super-awesome-customer_KittensGetFn"}, []any{"...", "kittens_tenant_tabby-cafe_KittensGetFn"}})},

	// Schedules, machines, pipes and streams.
	{name: "a schedule that says another's name", stack: awesome, resource: "Extra", add: "AWS::Scheduler::Schedule", place: "Input", change: sent(`{"queue": "https://sqs.eu-central-1.amazonaws.com/111111111111/kittens_tenant_purrfect-bank_IndexerDeadLetters"}`)},
	{name: "a schedule that says another's name in escapes", stack: awesome, resource: "Extra", add: "AWS::Scheduler::Schedule", place: "Input", change: sent(`{"table": "\u006bittens_tenant_purrfect-bank_\u006bittens"}`)},
	{name: "a schedule that says what is another's by an export", stack: awesome, resource: "Extra", add: "AWS::Scheduler::Schedule", place: "Input", export: map[string]any{"api": map[string]any{"Ref": "RestApi"}}, change: sent(map[string]any{"Fn::Join": []any{"", []any{`{"api": "`, imported("api"), `"}`}}})},
	{name: "a machine that hands work to another's activity", stack: awesome, resource: "Extra", add: "AWS::StepFunctions::StateMachine", rule: report.NotUnderstood, place: "Definition", change: machine(map[string]any{"Resource": activities + "tabby"})},
	{name: "a machine whose task is put into it", stack: awesome, resource: "Extra", add: "AWS::StepFunctions::StateMachine", place: "Definition", change: machine(map[string]any{"Resource": "${Task}"}, "DefinitionSubstitutions", map[string]any{"Task": tabbyFn})},
	{name: "a machine changed by what is put into it", stack: awesome, resource: "Extra", add: "AWS::StepFunctions::StateMachine", rule: report.NotUnderstood, place: "Definition", change: machine(
		map[string]any{"Resource": "arn:aws:states:::lambda:invoke", "Comment": "${Why}"}, "DefinitionSubstitutions", map[string]any{"Why": `", "Resource": "` + tabbyFn})},
	{name: "a machine with another's role", stack: awesome, resource: "Extra", add: "AWS::StepFunctions::StateMachine", rule: report.BorrowedRole, place: "Credentials", change: machine(map[string]any{
		"Resource": "arn:aws:states:::lambda:invoke", "Credentials": map[string]any{"RoleArn": "arn:aws:iam::111111111111:role/kittens/tenant/tabby-cafe/kittens_tenant_tabby-cafe_Reader_eu-central-1"}})},
	{name: "a machine with a branch that calls another's function", stack: awesome, resource: "Extra", add: "AWS::StepFunctions::StateMachine", place: "Branches", change: func(_ *testing.T, p map[string]any) {
		branch := map[string]any{"StartAt": "Do", "States": map[string]any{"Do": map[string]any{"Type": "Task", "Resource": tabbyFn, "End": true}}}
		p["RoleArn"] = getAtt("KeeperRole", "Arn")
		p["Definition"] = map[string]any{"StartAt": "Both", "States": map[string]any{"Both": map[string]any{"Type": "Parallel", "Branches": []any{branch}, "End": true}}}
	}},
	{name: "a pipe that another's function enriches", stack: awesome, resource: "Pipe", add: "AWS::Pipes::Pipe", place: "Enrichment", change: properties(
		"RoleArn", getAtt("KeeperRole", "Arn"), "Source", getAtt("Jobs", "Arn"), "Enrichment", tabbyFn, "Target", getAtt("KittensGetFn", "Arn")), also: []edit{{stack: awesome, resource: "Jobs", add: "AWS::SQS::Queue", change: properties()}}},
	{name: "a delivery stream that another's function works on", stack: awesome, resource: "Extra", add: "AWS::KinesisFirehose::DeliveryStream", place: "Processors", change: stream(getAtt("UploadsBucket", "Arn"), "ProcessingConfiguration", map[string]any{
		"Enabled": true, "Processors": []any{map[string]any{"Type": "Lambda", "Parameters": []any{map[string]any{"ParameterName": "LambdaArn", "ParameterValue": tabbyFn}}}}})},
	{name: "a delivery stream to another's bucket", stack: awesome, resource: "Extra", add: "AWS::KinesisFirehose::DeliveryStream", place: "BucketARN", change: stream("arn:aws:s3:::" + tabbyUploads)},
	{name: "the account's bus opened, as text", stack: awesome, resource: "Extra", add: "AWS::Events::EventBusPolicy", rule: report.WildcardPrincipal, place: "Statement", change: properties("StatementId", "all", "Statement",
		`{"Sid": "all", "Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": "*"}`)},
	{name: "an own bus for everyone", stack: awesome, resource: "Extra", add: "AWS::Events::EventBusPolicy", rule: report.WildcardPrincipal, place: "Statement", change: properties("StatementId", "all", "EventBusName", map[string]any{"Ref": "Bus"},
		"Statement", map[string]any{"Sid": "all", "Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": "*"}), also: []edit{{stack: awesome, resource: "Bus", add: "AWS::Events::EventBus", change: set("super-awesome-customer", "Name")}}},
}

// harmlessWatching are further edits of what watches, asks and is told that break nothing.
var harmlessWatching = []edit{
	{name: "a rate of errors of an own function", stack: awesome, resource: "Rate", add: "AWS::CloudWatch::Alarm", change: watched("IF(errors > 0, 100*errors/FILL(errors, 1), 0)")},
	{name: "an alarm that is told to an own topic", stack: awesome, resource: "ThrottledAlarm", change: set([]any{map[string]any{"Ref": "Pages"}}, "AlarmActions"), also: []edit{{stack: awesome, resource: "Pages", add: "AWS::SNS::Topic", change: properties()}}},
	{name: "what is usual for an own queue", stack: awesome, resource: "Usual", add: "AWS::CloudWatch::AnomalyDetector", change: properties("Namespace", "AWS/SQS", "MetricName", "NumberOfMessagesSent", "Stat", "Sum",
		"Dimensions", []any{map[string]any{"Name": "QueueName", "Value": getAtt("Jobs", "QueueName")}}), also: []edit{{stack: awesome, resource: "Jobs", add: "AWS::SQS::Queue", change: properties()}}},
	{name: "who is loudest in an own log", stack: awesome, resource: "Loud", add: "AWS::CloudWatch::InsightRule", change: properties("RuleName", "loud", "RuleState", "ENABLED", "RuleBody",
		sub(`{"Schema": {"Name": "CloudWatchLogRule", "Version": 1}, "LogGroupNames": ["${KittensLogGroup}"], "LogFormat": "JSON", "Contribution": {"Keys": ["$.status"], "Filters": []}, "AggregateOn": "Count"}`))},
	{name: "a query that names an own log", stack: awesome, resource: "Query", add: "AWS::Logs::QueryDefinition", change: asked("CWLI", "SOURCE '/kittens/tenant/super-awesome-customer/kittens' | fields source, @message | filter @message like /(a|b)/ | stats count(*) by source")},
	{name: "a query in SQL over two own logs", stack: awesome, resource: "Query", add: "AWS::Logs::QueryDefinition", change: asked("SQL", "SELECT * FROM `/kittens/tenant/super-awesome-customer/kittens` k JOIN `/kittens/tenant/super-awesome-customer/admin` a ON k.requestId = a.requestId LIMIT 20")},
	{name: "a dashboard with an own log", stack: awesome, resource: "Board", add: "AWS::CloudWatch::Dashboard", change: properties("DashboardName", "super-awesome-customer", "DashboardBody",
		sub(`{"start": "-PT3H", "widgets": [{"type": "log", "x": 0, "y": 0, "width": 12, "height": 6, "properties": {"region": "${AWS::Region}", "title": "Errors", "view": "table", "query": "SOURCE '${KittensLogGroup}' | fields @timestamp, @message\n| filter level = \"ERROR\"\n| limit 20"}}]}`))},
	{name: "a schedule that says own names", stack: awesome, resource: "Nightly", add: "AWS::Scheduler::Schedule", change: sent(`{"task": "clean up", "stage": "prod", "queue": "kittens_tenant_super-awesome-customer_jobs"}`)},
	{name: "a schedule that calls AWS with an own role", stack: awesome, resource: "Nightly", add: "AWS::Scheduler::Schedule", change: properties("ScheduleExpression", "rate(1 day)", "FlexibleTimeWindow", map[string]any{"Mode": "OFF"}, "Target", map[string]any{
		"Arn": "arn:aws:scheduler:::aws-sdk:lambda:invoke", "RoleArn": getAtt("KeeperRole", "Arn"), "Input": `{"FunctionName": "kittens_tenant_super-awesome-customer_KittensGetFn"}`})},
	{name: "a machine into which an own function is put", stack: awesome, resource: "Machine", add: "AWS::StepFunctions::StateMachine", change: machine(map[string]any{"Resource": "${Task}"}, "DefinitionSubstitutions", map[string]any{"Task": getAtt("KittensGetFn", "Arn")})},
	{name: "a machine that calls AWS with its role", stack: awesome, resource: "Machine", add: "AWS::StepFunctions::StateMachine", change: machine(map[string]any{
		"Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Parameters": map[string]any{"FunctionName": map[string]any{"Ref": "KittensGetFn"}, "Payload": map[string]any{"token.$": "$$.Task.Token"}}, "Retry": []any{map[string]any{"ErrorEquals": []any{"States.ALL"}}}})},
	{name: "a delivery stream to an own bucket", stack: awesome, resource: "Stream", add: "AWS::KinesisFirehose::DeliveryStream", change: stream(getAtt("UploadsBucket", "Arn"), "Prefix", "exports/", "BufferingHints", map[string]any{"IntervalInSeconds": 300})},
	{name: "calls of the own API by events", stack: awesome, resource: "Caller", add: "AWS::Events::ApiDestination", change: properties("ConnectionArn", getAtt("Connection", "Arn"), "HttpMethod", "POST",
		"InvocationEndpoint", sub("https://${RestApi}.execute-api.${AWS::Region}.amazonaws.com/api/kittens")), also: []edit{
		{stack: awesome, resource: "Connection", add: "AWS::Events::Connection", change: properties("AuthorizationType", "API_KEY", "AuthParameters", map[string]any{"ApiKeyAuthParameters": map[string]any{
			"ApiKeyName": "x-api-key", "ApiKeyValue": "{{resolve:secretsmanager:kittens/tenant/super-awesome-customer/key}}"}})},
		{stack: awesome, resource: "Key", add: "AWS::SecretsManager::Secret", change: set("kittens/tenant/super-awesome-customer/key", "Name")},
	}},
}
