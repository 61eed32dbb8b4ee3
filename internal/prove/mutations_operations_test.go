package prove

import (
	"encoding/json"
	"testing"

	"github.com/tenantstack/tenantstack/internal/prove/report"
)

const (
	tabbyGroup = "/kittens/tenant/tabby-cafe/kittens"
	tabbyArn   = "arn:aws:logs:eu-central-1:111111111111:log-group:" + tabbyGroup
)

// variable sets one of a function's.
func variable(name string, value any) func(*testing.T, map[string]any) {
	return set(value, "Environment", "Variables", name)
}

// asText is a value as the text of a JSON document.
func asText(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// textual sets a property to the text of a JSON document.
func textual(value any, property string) func(*testing.T, map[string]any) {
	return func(t *testing.T, p map[string]any) { p[property] = asText(t, value) }
}

// alarm is an own alarm on a metric.
func alarm(namespace, metric string, dimensions ...any) func(*testing.T, map[string]any) {
	list := []any{}
	for i := 0; i < len(dimensions); i += 2 {
		list = append(list, map[string]any{"Name": dimensions[i], "Value": dimensions[i+1]})
	}
	return properties("Namespace", namespace, "MetricName", metric, "Dimensions", list, "ComparisonOperator", "GreaterThanThreshold", "EvaluationPeriods", 1, "Threshold", 1, "Period", 60, "Statistic", "Sum")
}

// machine is an own state machine with one task.
func machine(task map[string]any, more ...any) func(*testing.T, map[string]any) {
	return func(t *testing.T, p map[string]any) {
		task["Type"], task["End"] = "Task", true
		p["RoleArn"] = getAtt("KeeperRole", "Arn")
		p["Definition"] = map[string]any{"StartAt": "Do", "States": map[string]any{"Do": task}}
		properties(more...)(t, p)
	}
}

// operationsMutations are about what watches, schedules and configures.
var operationsMutations = []edit{
	// What everything rests on.
	{name: "the authorizer of another account", stack: tabby, resource: "AuthorizerFn", rule: report.Configuration, place: "BILLING_ACCOUNT", change: variable("BILLING_ACCOUNT", "12345")},
	{name: "an authorizer for another issuer", stack: tabby, resource: "AuthorizerFn", rule: report.Configuration, place: "ISSUER", change: variable("ISSUER", "https://id.example.net/")},
	{name: "an authorizer for another audience", stack: tabby, resource: "AuthorizerFn", rule: report.Configuration, place: "AUDIENCE", change: variable("AUDIENCE", "https://other.example.com/")},
	{name: "an authorizer with other keys", stack: tabby, resource: "AuthorizerFn", rule: report.Configuration, place: "JWKS_URI", change: variable("JWKS_URI", "https://keys.example.net/jwks.json")},
	{name: "an authorizer without an account", stack: tabby, resource: "AuthorizerFn", rule: report.Configuration, place: "BILLING_ACCOUNT", change: variable("BILLING_ACCOUNT", nil)},
	{name: "an authorizer behind a proxy", stack: tabby, resource: "AuthorizerFn", rule: report.Configuration, place: "HTTPS_PROXY", change: variable("HTTPS_PROXY", "http://proxy.example.net")},
	{name: "an account by Fn::Join", stack: tabby, resource: "AuthorizerFn", rule: report.Configuration, place: "BILLING_ACCOUNT", change: variable("BILLING_ACCOUNT", map[string]any{"Fn::Join": []any{"", []any{"123", "45"}}})},
	{name: "an authorizer with other code", stack: tabby, resource: "AuthorizerFn", rule: report.Configuration, place: "S3Key", change: set("0000000000000000000000000000000000000000000000000000000000000000.zip", "Code", "S3Key")},
	{name: "an authorizer with the code of another package", stack: tabby, resource: "AuthorizerFn", rule: report.Configuration, place: "S3Key", change: func(t *testing.T, p map[string]any) {
		set("907be3760d59b52b689ccfdc0f18a1e43298a85a910937cb96ea863cb3776edf.zip", "Code", "S3Key")(t, p)
	}},
	{name: "an authorizer with code in the template", stack: tabby, resource: "AuthorizerFn", rule: report.Configuration, place: "Code", change: set(map[string]any{"ZipFile": "exports.handler = async () => ({isAuthorized: true})"}, "Code")},
	{name: "an authorizer with another handler", stack: tabby, resource: "AuthorizerFn", rule: report.Configuration, place: "Handler", change: set("allow", "Handler")},
	{name: "an authorizer with a layer", stack: tabby, resource: "AuthorizerFn", rule: report.Configuration, place: "Layers", change: set([]any{map[string]any{"Ref": "Layer"}}, "Layers"), also: []edit{
		{stack: tabby, resource: "Layer", add: "AWS::Lambda::LayerVersion", change: properties("Content", map[string]any{"S3Bucket": "cdk-hnb659fds-assets-111111111111-eu-central-1", "S3Key": "layer.zip"})},
	}},
	{name: "a stage of another account", stack: tabby, resource: "Stage", rule: report.Configuration, place: "billingAccount", change: set("12345", "Variables", "billingAccount")},
	{name: "a stage without an account", stack: tabby, resource: "Stage", rule: report.Configuration, place: "billingAccount", change: set(nil, "Variables")},
	{name: "a second stage of another account", stack: tabby, resource: "Extra", add: "AWS::ApiGateway::Stage", rule: report.Configuration, change: properties("RestApiId", ofAPI, "DeploymentId", map[string]any{"Ref": "Deployment5c85f7bac1"}, "StageName", "beta", "Variables", map[string]any{"billingAccount": "12345"})},
	{name: "another table", stack: tabby, resource: "KittensGetFn", rule: report.Configuration, place: "TABLE_KITTENS", change: variable("TABLE_KITTENS", "kittens_tenant_purrfect-bank_kittens")},
	{name: "another index", stack: tabby, resource: "KittensGetFn", rule: report.Configuration, place: "SEARCH_INDEX", change: variable("SEARCH_INDEX", "12345")},
	{name: "another's uploads", stack: tabby, resource: "KittenPhotoPostFn", rule: report.Configuration, place: "UPLOADS_PREFIX", change: variable("UPLOADS_PREFIX", "uploads/12345/")},
	{name: "uploads by Fn::Sub", stack: tabby, resource: "KittenPhotoPostFn", rule: report.Configuration, place: "UPLOADS_PREFIX", change: variable("UPLOADS_PREFIX", map[string]any{"Fn::Sub": []any{"uploads/${Account}/", map[string]any{"Account": "12345"}}})},
	{name: "a table that the function is not to know", stack: tabby, resource: "AuthorizerFn", rule: report.Configuration, place: "TABLE_KITTENS", change: variable("TABLE_KITTENS", "kittens_cell_eu-1_kittens")},
	{name: "another role of the tenant's", stack: tabby, resource: "KittensGetFn", rule: report.Configuration, place: "Role", change: set(getAtt("WriterRole", "Arn"), "Role")},
	{name: "an operation that calls another function", stack: tabby, resource: "RestApi", rule: report.Configuration, place: "/kittens", change: operation("/kittens", "get", func(o map[string]any) {
		o["x-amazon-apigateway-integration"].(map[string]any)["uri"] = invoke("AdminTasksPostFn")
	})},
	{name: "an authorizer that is another function of the tenant's", stack: tabby, resource: "RestApi", rule: report.Configuration, place: "securitySchemes", change: behind("authorizerUri", invoke("KittensGetFn"))},
	{name: "the platform's indexer for other tables", stack: cell, resource: "IndexerFn", rule: report.Configuration, place: "TABLES", change: variable("TABLES", "kittens=kittens_tenant_purrfect-bank_kittens")},

	{name: "code of one's own with the right to search", stack: tabby, resource: "Extra", add: "AWS::Lambda::Function", rule: report.Configuration, place: "Role", change: properties("Role", getAtt("ReaderRole", "Arn"), "Code", map[string]any{"ZipFile": "exports.handler = async () => {}"}, "Handler", "index.handler", "Runtime", "nodejs22.x")},
	{name: "a machine with the right to search", stack: tabby, resource: "Extra", add: "AWS::StepFunctions::StateMachine", rule: report.Configuration, place: "RoleArn", change: machine(map[string]any{"Resource": getAtt("KittensGetFn", "Arn")}, "RoleArn", getAtt("ReaderRole", "Arn"))},

	// Events.
	{name: "events of others by text", stack: awesome, resource: "Extra", add: "AWS::Events::Rule", change: textual(map[string]any{"source": []any{"aws.s3"}}, "EventPattern")},
	{name: "events of others by Fn::Sub", stack: awesome, resource: "Extra", add: "AWS::Events::Rule", change: set(sub(`{"resources": ["arn:${AWS::Partition}:s3:::kittens-tabby-cafe-uploads-${AWS::AccountId}-${AWS::Region}"]}`), "EventPattern")},
	{name: "events of what begins like an own name", stack: awesome, resource: "Extra", add: "AWS::Events::Rule", change: textual(map[string]any{"resources": []any{map[string]any{"prefix": "arn:aws:s3:::kittens-super"}}}, "EventPattern")},
	{name: "events of own resources or of anything else", stack: awesome, resource: "Extra", add: "AWS::Events::Rule", change: set(map[string]any{"$or": []any{map[string]any{"resources": []any{"arn:aws:s3:::" + awesomeUploads}}, map[string]any{"source": []any{"aws.ec2"}}}}, "EventPattern")},
	{name: "a pattern that is no document", stack: awesome, resource: "Extra", add: "AWS::Events::Rule", rule: report.NotUnderstood, change: set("source = aws.s3", "EventPattern")},
	{name: "a schedule that starts another's function", stack: awesome, resource: "Extra", add: "AWS::Scheduler::Schedule", place: "Target", change: properties("ScheduleExpression", "rate(1 day)", "FlexibleTimeWindow", map[string]any{"Mode": "OFF"}, "Target", map[string]any{"Arn": tabbyFn, "RoleArn": getAtt("KeeperRole", "Arn")})},
	{name: "a rule that starts another's function", stack: awesome, resource: "Extra", add: "AWS::Events::Rule", place: "Targets", change: properties("ScheduleExpression", "rate(1 day)", "Targets", []any{map[string]any{"Id": "a", "Arn": tabbyFn}})},
	{name: "a machine that calls another's function", stack: awesome, resource: "Extra", add: "AWS::StepFunctions::StateMachine", place: "Definition", change: machine(map[string]any{"Resource": tabbyFn})},
	{name: "a machine that calls another's function, as text", stack: awesome, resource: "Extra", add: "AWS::StepFunctions::StateMachine", place: "Definition", change: func(t *testing.T, p map[string]any) {
		p["RoleArn"] = getAtt("KeeperRole", "Arn")
		p["DefinitionString"] = asText(t, map[string]any{"StartAt": "Do", "States": map[string]any{"Do": map[string]any{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": map[string]any{"FunctionName": tabbyFn}, "End": true}}})
	}},
	{name: "a machine from elsewhere", stack: awesome, resource: "Extra", add: "AWS::StepFunctions::StateMachine", rule: report.NotUnderstood, place: "DefinitionS3Location", change: properties("RoleArn", getAtt("KeeperRole", "Arn"), "DefinitionS3Location", map[string]any{"Bucket": awesomeUploads, "Key": "definition.json"})},
	{name: "a pipe from another's queue", stack: awesome, resource: "Extra", add: "AWS::Pipes::Pipe", place: "Source", change: properties("RoleArn", getAtt("KeeperRole", "Arn"), "Source", bankLetters, "Target", awesomeFn)},

	// The account.
	{name: "the role of the account's logs", stack: awesome, resource: "Extra", add: "AWS::ApiGateway::Account", change: set(getAtt("ReaderRole", "Arn"), "CloudWatchRoleArn")},
	{name: "a policy for all log groups of the account", stack: awesome, resource: "Extra", add: "AWS::Logs::AccountPolicy", change: func(t *testing.T, p map[string]any) {
		properties("PolicyName", "copy", "PolicyType", "SUBSCRIPTION_FILTER_POLICY", "PolicyDocument", asText(t, map[string]any{"DestinationArn": awesomeFn, "FilterPattern": ""}))(t, p)
	}},
	{name: "traces of everybody", stack: awesome, resource: "Extra", add: "AWS::XRay::Group", change: set("all", "GroupName")},
	{name: "how everybody's traces are sampled", stack: awesome, resource: "Extra", add: "AWS::XRay::SamplingRule", change: set(map[string]any{"RuleName": "none", "FixedRate": 0}, "SamplingRule")},
	{name: "everybody's metrics", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::MetricStream", change: properties("FirehoseArn", "arn:aws:firehose:eu-central-1:111111111111:deliverystream/own", "RoleArn", getAtt("KeeperRole", "Arn"), "OutputFormat", "json")},

	// What is watched.
	{name: "a query over another's logs", stack: awesome, resource: "Extra", add: "AWS::Logs::QueryDefinition", place: "LogGroupNames", change: properties("Name", "q", "QueryString", "fields @message", "LogGroupNames", []any{tabbyGroup})},
	{name: "a query that names another's logs itself", stack: awesome, resource: "Extra", add: "AWS::Logs::QueryDefinition", place: "QueryString", change: properties("Name", "q", "QueryString", "SOURCE '"+tabbyGroup+"' | fields @message")},
	{name: "a query over all logs", stack: awesome, resource: "Extra", add: "AWS::Logs::QueryDefinition", place: "QueryString", change: properties("Name", "q", "QueryString", "SOURCE logGroups(namePrefix: ['/kittens/tenant/']) | fields @message")},
	{name: "a query in SQL over another's logs", stack: awesome, resource: "Extra", add: "AWS::Logs::QueryDefinition", place: "QueryString", change: properties("Name", "q", "QueryLanguage", "SQL", "QueryString", "SELECT * FROM `"+tabbyGroup+"`")},
	{name: "an alarm on another's function", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Alarm", place: "Dimensions", change: alarm("AWS/Lambda", "Invocations", "FunctionName", "kittens_tenant_tabby-cafe_KittensGetFn")},
	{name: "an alarm on another's table", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Alarm", place: "Dimensions", change: alarm("AWS/DynamoDB", "ConsumedReadCapacityUnits", "TableName", "kittens_tenant_purrfect-bank_kittens")},
	{name: "an alarm on another's numbers", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Alarm", place: "Dimensions", change: alarm("kittens", "requests", "tenant", "tabby-cafe")},
	{name: "an alarm on all functions", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Alarm", rule: report.NotUnderstood, change: alarm("AWS/Lambda", "Errors")},
	{name: "an alarm on a search of metrics", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Alarm", rule: report.NotUnderstood, place: "Metrics", change: properties("ComparisonOperator", "GreaterThanThreshold", "EvaluationPeriods", 1, "Threshold", 1, "Metrics", []any{map[string]any{"Id": "a", "Expression": "SUM(SEARCH('{AWS/Lambda,FunctionName} Invocations', 'Sum', 60))"}})},
	{name: "an alarm on a query of metrics", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Alarm", rule: report.NotUnderstood, place: "Metrics", change: properties("ComparisonOperator", "GreaterThanThreshold", "EvaluationPeriods", 1, "Threshold", 1, "Metrics", []any{map[string]any{"Id": "a", "Expression": `SELECT MAX(Invocations) FROM SCHEMA("AWS/Lambda", FunctionName)`, "Period": 60}})},
	{name: "a dashboard of another's function", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Dashboard", place: "DashboardBody", change: textual(map[string]any{"widgets": []any{map[string]any{"type": "metric", "properties": map[string]any{"region": region, "metrics": []any{[]any{"AWS/Lambda", "Errors", "FunctionName", "kittens_tenant_tabby-cafe_KittensGetFn"}}}}}}, "DashboardBody")},
	{name: "a dashboard of another's logs", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Dashboard", place: "DashboardBody", change: textual(map[string]any{"widgets": []any{map[string]any{"type": "log", "properties": map[string]any{"region": region, "query": "SOURCE '" + tabbyGroup + "' | fields @message"}}}}, "DashboardBody")},
	{name: "an alarm that waits for another's", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::CompositeAlarm", place: "AlarmRule", change: set(`ALARM("kittens_tenant_tabby-cafe_ServerErrors")`, "AlarmRule")},
	{name: "a filter over another's logs", stack: awesome, resource: "Extra", add: "AWS::Logs::MetricFilter", place: "LogGroupName", change: properties("LogGroupName", tabbyGroup, "FilterPattern", "", "MetricTransformations", []any{map[string]any{"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1"}})},
	{name: "own logs whose findings go elsewhere", stack: awesome, resource: "KittensLogGroup", rule: report.CrossTenant, elsewhere: false, place: "DataProtectionPolicy", change: set(map[string]any{"Name": "p", "Version": "2021-06-01", "Statement": []any{map[string]any{"DataIdentifier": []any{"arn:aws:dataprotection::aws:data-identifier/EmailAddress"}, "Operation": map[string]any{"Audit": map[string]any{"FindingsDestination": map[string]any{"CloudWatchLogs": map[string]any{"LogGroup": tabbyGroup}}}}}}}, "DataProtectionPolicy")},
}

// harmlessOperations are edits of what watches, schedules and configures that break nothing.
var harmlessOperations = []edit{
	{name: "more to read in the log", stack: tabby, resource: "KittensGetFn", change: variable("LOG_LEVEL", "debug")},
	{name: "an own schedule", stack: awesome, resource: "Nightly", add: "AWS::Scheduler::Schedule", change: properties("Name", "super-awesome-customer-nightly", "ScheduleExpression", "cron(0 3 * * ? *)", "FlexibleTimeWindow", map[string]any{"Mode": "OFF"}, "Target", map[string]any{"Arn": getAtt("KittensGetFn", "Arn"), "RoleArn": getAtt("ApiGatewayRole", "Arn"), "Input": `{"source": "nightly"}`})},
	{name: "an own bus with a rule", stack: awesome, resource: "Bus", add: "AWS::Events::EventBus", change: set("super-awesome-customer", "Name"), also: []edit{
		{stack: awesome, resource: "Births", add: "AWS::Events::Rule", change: properties("EventBusName", map[string]any{"Ref": "Bus"}, "EventPattern", map[string]any{"detail-type": []any{map[string]any{"prefix": "birth"}}}, "Targets", []any{map[string]any{"Id": "f", "Arn": getAtt("KittensGetFn", "Arn")}})},
	}},
	{name: "own uploads by events, as text", stack: awesome, resource: "Extra", add: "AWS::Events::Rule", change: textual(map[string]any{"source": []any{"aws.s3"}, "resources": []any{"arn:aws:s3:::" + awesomeUploads}}, "EventPattern")},
	{name: "an own state machine", stack: awesome, resource: "Machine", add: "AWS::StepFunctions::StateMachine", change: machine(map[string]any{"Resource": getAtt("KittensGetFn", "Arn")}, "StateMachineType", "EXPRESS")},
	{name: "an own state machine as text", stack: awesome, resource: "Machine", add: "AWS::StepFunctions::StateMachine", change: properties("RoleArn", getAtt("KeeperRole", "Arn"), "DefinitionString",
		sub(`{"StartAt": "Do", "States": {"Do": {"Type": "Task", "Resource": "${KittensGetFn.Arn}", "Next": "Wait"}, "Wait": {"Type": "Wait", "Seconds": 5, "End": true}}}`))},
	{name: "a pipe from an own queue to an own function", stack: awesome, resource: "Jobs", add: "AWS::SQS::Queue", also: []edit{
		{stack: awesome, resource: "Pipe", add: "AWS::Pipes::Pipe", change: properties("RoleArn", getAtt("KeeperRole", "Arn"), "Source", getAtt("Jobs", "Arn"), "Target", getAtt("KittensGetFn", "Arn"), "SourceParameters", map[string]any{"SqsQueueParameters": map[string]any{"BatchSize": 10}})},
	}},
	{name: "an alarm on an own function", stack: awesome, resource: "Slow", add: "AWS::CloudWatch::Alarm", change: alarm("AWS/Lambda", "Duration", "FunctionName", map[string]any{"Ref": "KittensGetFn"})},
	{name: "an alarm on own numbers", stack: awesome, resource: "Many", add: "AWS::CloudWatch::Alarm", change: alarm("kittens", "requests", "tenant", "super-awesome-customer")},
	{name: "an alarm of own alarms", stack: awesome, resource: "Both", add: "AWS::CloudWatch::CompositeAlarm", change: set(sub("ALARM(${ServerErrorsAlarm}) OR ALARM(${ThrottledAlarm})"), "AlarmRule")},
	{name: "a dashboard of own functions", stack: awesome, resource: "Board", add: "AWS::CloudWatch::Dashboard", change: properties("DashboardName", "super-awesome-customer", "DashboardBody", sub(`{"widgets": [
		{"type": "text", "x": 0, "y": 0, "width": 6, "height": 2, "properties": {"markdown": "# Kittens of api, account and prod"}},
		{"type": "metric", "properties": {"region": "${AWS::Region}", "title": "Errors", "metrics": [["AWS/Lambda", "Errors", "FunctionName", "${KittensGetFn}"], [".", "Invocations", ".", "."]]}}]}`))},
	{name: "a saved query over own logs", stack: awesome, resource: "Query", add: "AWS::Logs::QueryDefinition", change: properties("Name", "errors", "QueryString", "fields @timestamp, @message | filter @message like /source/ | limit 20", "LogGroupNames", []any{map[string]any{"Ref": "KittensLogGroup"}})},
	{name: "another number of an own log", stack: awesome, resource: "Births", add: "AWS::Logs::MetricFilter", change: properties("LogGroupName", map[string]any{"Ref": "KittensLogGroup"}, "FilterPattern", "{ $.event = \"birth\" }", "MetricTransformations", []any{map[string]any{"MetricName": "births", "MetricNamespace": "kittens", "MetricValue": "1"}})},
	{name: "own logs to an own function", stack: awesome, resource: "Filter", add: "AWS::Logs::SubscriptionFilter", change: properties("LogGroupName", map[string]any{"Ref": "KittensLogGroup"}, "DestinationArn", getAtt("KittensGetFn", "Arn"), "FilterPattern", "ERROR")},
	{name: "logs for a year", stack: awesome, resource: "KittensLogGroup", change: set(365, "RetentionInDays")},
	{name: "a budget", stack: awesome, resource: "Budget", add: "AWS::Budgets::Budget", change: properties("Budget", map[string]any{"BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": map[string]any{"Amount": 100, "Unit": "USD"}, "CostFilters": map[string]any{"TagKeyValue": []any{"user:tenant$super-awesome-customer"}}}, "NotificationsWithSubscribers", []any{map[string]any{"Notification": map[string]any{"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80}, "Subscribers": []any{map[string]any{"SubscriptionType": "EMAIL", "Address": "ops@example.com"}}}})},
	{name: "capacity of an own table that follows", stack: bank, resource: "Scaling", add: "AWS::ApplicationAutoScaling::ScalableTarget", change: properties("ServiceNamespace", "dynamodb", "ResourceId", sub("table/${KittensTable}"), "ScalableDimension", "dynamodb:table:ReadCapacityUnits", "MinCapacity", 5, "MaxCapacity", 50)},
	{name: "an archive of an own bus", stack: awesome, resource: "Bus", add: "AWS::Events::EventBus", change: set("super-awesome-customer", "Name"), also: []edit{
		{stack: awesome, resource: "Archive", add: "AWS::Events::Archive", change: properties("SourceArn", getAtt("Bus", "Arn"), "RetentionDays", 30)},
	}},
	{name: "more tags of a function", stack: awesome, resource: "KittensGetFn", change: set([]any{map[string]any{"Key": "team", "Value": "cats"}}, "Tags")},
}
