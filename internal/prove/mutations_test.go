package prove

import (
	"testing"

	"github.com/tenantstack/tenantstack/internal/prove/report"
)

var mutations = []edit{
	// Guards of the rows.
	{name: "no condition", stack: awesome, resource: "WriterRole", sid: "ReadWriteRows", change: in("ReadWriteRows", condition(nil))},
	{name: "no Null", stack: awesome, resource: "WriterRole", sid: "ReadWriteRows", change: in("ReadWriteRows", condition(leadingKeys("ForAllValues:StringEquals", "12345")))},
	{name: "absent key", stack: awesome, resource: "ReaderRole", sid: "ReadRows", change: in("ReadRows", condition(leadingKeys("ForAllValues:StringEquals", "12345", "ForAllValues:StringLike", "*")))},
	{name: "empty list", stack: awesome, resource: "ReaderRole", sid: "ReadRows", change: in("ReadRows", condition(leadingKeys("ForAllValues:StringEquals", "12345", "Null", "false")))},
	{name: "Null true", stack: awesome, resource: "ReaderRole", sid: "ReadRows", change: in("ReadRows", condition(leadingKeys("ForAllValues:StringEquals", "12345", "Null", "true", "ForAnyValue:StringLikeIfExists", "*")))},
	{name: "no ForAllValues", stack: awesome, resource: "ReaderRole", sid: "ReadRows", change: in("ReadRows", condition(leadingKeys("Null", "false", "ForAnyValue:StringLike", "*")))},
	{name: "ForAnyValue instead of ForAllValues", stack: awesome, resource: "ReaderRole", sid: "ReadRows", change: in("ReadRows", condition(leadingKeys("ForAnyValue:StringEquals", "12345", "Null", "false")))},
	{name: "no quantifier", stack: awesome, resource: "ReaderRole", sid: "ReadRows", change: in("ReadRows", condition(leadingKeys("StringEquals", "12345")))},
	{name: "IfExists", stack: awesome, resource: "ReaderRole", sid: "ReadRows", change: in("ReadRows", condition(leadingKeys("ForAllValues:StringEqualsIfExists", "12345", "Null", "false", "ForAnyValue:StringLike", "*")))},
	{name: "negated", stack: awesome, resource: "ReaderRole", sid: "ReadRows", change: in("ReadRows", condition(leadingKeys("ForAllValues:StringNotEquals", "20417", "Null", "false", "ForAnyValue:StringLike", "*")))},
	{name: "ignoring case", stack: awesome, resource: "ReaderRole", sid: "ReadRows", change: in("ReadRows", condition(leadingKeys("ForAllValues:StringEqualsIgnoreCase", "12345", "Null", "false", "ForAnyValue:StringLike", "*")))},
	{name: "prefix instead of value", stack: awesome, resource: "ReaderRole", sid: "ReadRows", change: in("ReadRows", condition(leadingKeys("ForAllValues:StringLike", "12345*", "Null", "false", "ForAnyValue:StringLike", "*")))},
	{name: "shard prefix", stack: whisker, resource: "ReaderRole", sid: "ReadShardedRows", change: in("ReadShardedRows", condition(leadingKeys("ForAllValues:StringLike", "ww-7#*", "Null", "false", "ForAnyValue:StringLike", "*")))},
	{name: "one more value", stack: awesome, resource: "ReaderRole", sid: "ReadRows", change: in("ReadRows", condition(leadingKeys("ForAllValues:StringEquals", []any{"12345", tabbyRow}, "Null", "false", "ForAnyValue:StringLike", "*")))},
	{name: "another's value", stack: awesome, resource: "ReaderRole", sid: "ReadRows", change: in("ReadRows", condition(own(tabbyRow)))},
	{name: "a value to come", stack: awesome, resource: "ReaderRole", sid: "ReadRows", change: in("ReadRows", condition(own("1234")))},
	{name: "a policy variable", stack: awesome, resource: "ReaderRole", sid: "ReadRows", change: in("ReadRows", condition(own("${aws:PrincipalTag/billing-account}")))},
	{name: "a misspelled key", stack: awesome, resource: "ReaderRole", sid: "ReadRows", rule: report.InvalidPolicy, change: in("ReadRows", condition(map[string]any{"ForAllValues:StringEquals": map[string]any{"dynamodb: LeadingKeys": "12345"}}))},
	{name: "a key in the singular", stack: awesome, resource: "ReaderRole", sid: "ReadRows", rule: report.InvalidPolicy, change: in("ReadRows", condition(map[string]any{"ForAllValues:StringEquals": map[string]any{"dynamodb:LeadingKey": "12345"}}))},
	{name: "a misspelled operator", stack: awesome, resource: "ReaderRole", sid: "ReadRows", rule: report.InvalidPolicy, change: in("ReadRows", condition(leadingKeys("ForAllValue:StringEquals", "12345")))},
	{name: "a condition on something else", stack: awesome, resource: "ReaderRole", sid: "ReadRows", change: in("ReadRows", condition(map[string]any{"StringEquals": map[string]any{"aws:PrincipalAccount": account}}))},

	// Actions.
	{name: "Scan", stack: awesome, resource: "ReaderRole", sid: "ReadRows", change: in("ReadRows", func(s map[string]any) { s["Action"] = append(s["Action"].([]any), "dynamodb:Scan") })},
	{name: "PartiQL", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("dynamodb:PartiQLSelect", kittens))},
	{name: "Put*", stack: awesome, resource: "WriterRole", sid: "ReadWriteRows", change: in("ReadWriteRows", func(s map[string]any) { s["Action"] = []any{"dynamodb:Put*"} })},
	{name: "all actions of the service", stack: awesome, resource: "WriterRole", sid: "ReadWriteRows", change: in("ReadWriteRows", func(s map[string]any) { s["Action"] = "dynamodb:*" })},
	{name: "in another case", stack: awesome, resource: "WriterRole", sid: "ReadWriteRows", change: in("ReadWriteRows", func(s map[string]any) { s["Action"] = "DYNAMODB:s?an" })},
	{name: "Export*", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("dynamodb:Export*", kittens, own("12345"))), rule: report.InvalidPolicy},
	{name: "an export", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("dynamodb:ExportTableToPointInTime", kittens))},
	{name: "backups", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("dynamodb:RestoreTableFromBackup", kittens+"/backup/*"))},
	{name: "NotAction", stack: awesome, resource: "WriterRole", sid: "ReadWriteRows", change: in("ReadWriteRows", func(s map[string]any) {
		delete(s, "Action")
		s["NotAction"] = "dynamodb:DeleteTable"
	})},
	{name: "NotResource", stack: awesome, resource: "ReaderRole", sid: "GetUploads", change: in("GetUploads", func(s map[string]any) {
		s["NotResource"] = s["Resource"]
		delete(s, "Resource")
	})},
	{name: "an unknown action", stack: awesome, resource: "ReaderRole", sid: "Planted", rule: report.NotUnderstood, change: another(allow("dynamodb:ReadEverything", kittens))},
	{name: "an unknown service", stack: awesome, resource: "ReaderRole", sid: "Planted", rule: report.NotUnderstood, change: another(allow("dynamo:GetItem", "*"))},
	{name: "the table's resource policy", stack: awesome, resource: "WriterRole", sid: "Planted", change: another(allow("dynamodb:PutResourcePolicy", kittens))},
	{name: "an administrator", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("*", "*"))},
	{name: "other policies", stack: awesome, resource: "WriterRole", sid: "Planted", change: another(allow("iam:PutRolePolicy", "*"))},
	{name: "what the account has", stack: awesome, resource: "WriterRole", sid: "Planted", change: another(allow("dynamodb:ListTables", "*"))},

	// Resources.
	{name: "all tables", stack: awesome, resource: "ReaderRole", sid: "ReadRows", change: in("ReadRows", func(s map[string]any) { s["Resource"] = "arn:aws:dynamodb:*:*:table/*" })},
	{name: "everything", stack: awesome, resource: "ReaderRole", sid: "GetUploads", change: in("GetUploads", func(s map[string]any) { s["Resource"] = "*" })},
	{name: "the stream", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow([]any{"dynamodb:GetRecords", "dynamodb:GetShardIterator"}, kittens+"/stream/*"))},
	{name: "indices of the table", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("dynamodb:Query", kittens+"/index/*", own("12345")))},
	{name: "a dedicated table", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("dynamodb:GetItem", "arn:aws:dynamodb:eu-central-1:111111111111:table/kittens_tenant_purrfect-bank_kittens", own("12345")))},
	{name: "another's bucket", stack: awesome, resource: "ReaderRole", sid: "GetUploads", change: in("GetUploads", func(s map[string]any) {
		s["Resource"] = "arn:aws:s3:::kittens-tabby-cafe-uploads-111111111111-eu-central-1/uploads/20417/*"
	})},
	{name: "buckets by prefix", stack: awesome, resource: "ReaderRole", sid: "GetUploads", change: in("GetUploads", func(s map[string]any) { s["Resource"] = "arn:aws:s3:::kittens-*/*" })},
	{name: "listings", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("s3:ListBucket", "arn:aws:s3:::kittens-*"))},
	{name: "the cell's logs", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("s3:GetObject", "arn:aws:s3:::kittens-eu-1-logs-111111111111-eu-central-1/super-awesome-customer/*"))},
	{name: "functions by prefix", stack: awesome, resource: "ApiGatewayRole", sid: "InvokeFunctions", change: in("InvokeFunctions", func(s map[string]any) {
		s["Resource"] = "arn:aws:lambda:eu-central-1:111111111111:function:kittens_tenant_super-awesome-customer*"
	})},
	{name: "another's function", stack: awesome, resource: "ApiGatewayRole", sid: "InvokeFunctions", change: in("InvokeFunctions", func(s map[string]any) { s["Resource"] = tabbyFn })},
	{name: "log groups of all", stack: awesome, resource: "ReaderRole", sid: "WriteLogs", change: in("WriteLogs", func(s map[string]any) {
		s["Resource"] = "arn:aws:logs:eu-central-1:111111111111:log-group:/kittens/tenant/*"
	})},
	{name: "secrets", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("secretsmanager:GetSecretValue", "*"))},
	{name: "parameters", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("ssm:GetParameter*", "arn:aws:ssm:eu-central-1:111111111111:parameter/*"))},
	{name: "keys", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("kms:Decrypt", "arn:aws:kms:eu-central-1:111111111111:key/*"))},
	{name: "the dead letters", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("sqs:ReceiveMessage", "arn:aws:sqs:eu-central-1:111111111111:kittens_cell_eu-1_IndexerDeadLetters"))},
	{name: "another's API", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("execute-api:Invoke", "arn:aws:execute-api:eu-central-1:111111111111:a1b2c3d4e5/*"))},
	{name: "distributions", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("cloudfront:CreateInvalidation", "*"))},
	{name: "records", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/*"))},
	{name: "stacks", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("cloudformation:DeleteStack", "arn:aws:cloudformation:*:*:stack/kittens-*"))},
	{name: "another account's table", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:222222222222:table/kittens_tenant_acme_kittens"))},

	// Search.
	{name: "an index prefix", stack: awesome, resource: "ReaderRole", sid: "UseIndex", change: in("UseIndex", func(s map[string]any) { s["Resource"] = domain + "/12345*" })},
	{name: "an index prefix with a path", stack: awesome, resource: "ReaderRole", sid: "UseIndex", change: in("UseIndex", func(s map[string]any) { s["Resource"] = domain + "/12345*/_search" })},
	{name: "the domain", stack: awesome, resource: "ReaderRole", sid: "UseIndex", change: in("UseIndex", func(s map[string]any) { s["Resource"] = domain + "/*" })},
	{name: "a path of the domain", stack: awesome, resource: "ReaderRole", sid: "UseIndex", change: in("UseIndex", func(s map[string]any) { s["Resource"] = domain + "/_search" })},
	{name: "another's index", stack: awesome, resource: "ReaderRole", sid: "UseIndex", change: in("UseIndex", func(s map[string]any) { s["Resource"] = domain + "/20417/_search" })},
	{name: "two indices in one path", stack: awesome, resource: "ReaderRole", sid: "UseIndex", change: in("UseIndex", func(s map[string]any) { s["Resource"] = domain + "/12345,20417/_search" })},
	{name: "an alias", stack: awesome, resource: "AdminTasksPostFnRole", sid: "MapIndex", change: in("MapIndex", func(s map[string]any) { s["Resource"] = domain + "/12345/*" })},
	{name: "index creation", stack: awesome, resource: "AdminTasksPostFnRole", sid: "MapIndex", change: in("MapIndex", func(s map[string]any) { s["Resource"] = domain + "/12345" })},
	{name: "bodies that name indices", stack: cell, resource: "SearchDomain", place: "AdvancedOptions", change: set("true", "AdvancedOptions", "rest.action.multi.allow_explicit_index")},
	{name: "a domain that lets in a tenant", stack: cell, resource: "SearchDomain", sid: "Planted", change: inPolicy("AccessPolicies", letIn(map[string]any{"AWS": reader}, "es:ESHttp*", domain+"/*"))},
	{name: "an open domain", stack: cell, resource: "SearchDomain", sid: "Planted", rule: report.WildcardPrincipal, change: inPolicy("AccessPolicies", letIn("*", "es:*", domain+"/*"))},

	// Roles and trust.
	{name: "any role", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("sts:AssumeRole", "*"))},
	{name: "index writers", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("sts:AssumeRole", "arn:aws:iam::111111111111:role/kittens/cell/eu-1/index-writer/*"))},
	{name: "passing a role", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("iam:PassRole", "arn:aws:iam::111111111111:role/kittens/*"))},
	{name: "an index writer that reads another's rows", stack: tabby, resource: "IndexWriterRole", sid: "ReadIndexedRows", change: in("ReadIndexedRows", condition(own("12345")))},
	{name: "an index writer that reads any rows", stack: tabby, resource: "IndexWriterRole", sid: "ReadIndexedRows", change: in("ReadIndexedRows", func(s map[string]any) { delete(s, "Condition") })},
	{name: "an index writer that trusts a tenant", stack: tabby, resource: "IndexWriterRole", sid: "Planted", change: trusting(map[string]any{"AWS": reader})},
	{name: "a role that trusts the account", stack: tabby, resource: "ReaderRole", sid: "Planted", rule: report.UnknownPrincipal, change: trusting(map[string]any{"AWS": "arn:aws:iam::111111111111:root"})},
	{name: "a role that trusts another account", stack: tabby, resource: "ReaderRole", sid: "Planted", rule: report.UnknownPrincipal, change: trusting(map[string]any{"AWS": "999999999999"})},
	{name: "a role that trusts everyone", stack: tabby, resource: "ReaderRole", sid: "Planted", rule: report.WildcardPrincipal, change: trusting("*")},
	{name: "a role that trusts a provider", stack: tabby, resource: "ReaderRole", sid: "Planted", rule: report.UnknownPrincipal, change: trusting(map[string]any{"Federated": "cognito-identity.amazonaws.com"})},
	{name: "the indexer trusts a tenant", stack: cell, resource: "IndexerRole", sid: "Planted", change: trusting(map[string]any{"AWS": "arn:aws:sts::111111111111:assumed-role/kittens_tenant_super-awesome-customer_Reader_eu-central-1/session"})},
	{name: "NotPrincipal", stack: tabby, resource: "ReaderRole", rule: report.WildcardPrincipal, change: set(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "NotPrincipal": map[string]any{"AWS": "arn:aws:iam::111111111111:root"}, "Action": "sts:AssumeRole",
	}}}, "AssumeRolePolicyDocument")},
	{name: "a function with the indexer's role", stack: awesome, resource: "KittensGetFn", rule: report.BorrowedRole, place: "Role", change: set("arn:aws:iam::111111111111:role/kittens/cell/eu-1/kittens_cell_eu-1_Indexer_eu-central-1", "Role")},
	{name: "a function with a role from elsewhere", stack: awesome, resource: "KittensGetFn", rule: report.NotUnderstood, place: "Role", change: set("arn:aws:iam::111111111111:role/admin", "Role")},
	{name: "a managed policy", stack: awesome, resource: "ReaderRole", rule: report.NotUnderstood, change: set([]any{"arn:aws:iam::aws:policy/AdministratorAccess"}, "ManagedPolicyArns")},
	{name: "a separate policy", stack: awesome, resource: "Extra", add: "AWS::IAM::Policy", sid: "Planted", change: func(_ *testing.T, p map[string]any) {
		p["PolicyName"] = "extra"
		p["Roles"] = []any{map[string]any{"Ref": "ReaderRole"}}
		p["PolicyDocument"] = map[string]any{"Version": "2012-10-17", "Statement": []any{allow("dynamodb:Scan", kittens)}}
	}},
	{name: "a managed policy of the stack", stack: awesome, resource: "Extra", add: "AWS::IAM::ManagedPolicy", sid: "Planted", change: func(_ *testing.T, p map[string]any) {
		p["Roles"] = []any{map[string]any{"Ref": "ReaderRole"}}
		p["PolicyDocument"] = map[string]any{"Version": "2012-10-17", "Statement": []any{allow("dynamodb:Scan", kittens)}}
	}},
	{name: "a user", stack: awesome, resource: "Extra", add: "AWS::IAM::User", sid: "Planted", change: func(_ *testing.T, p map[string]any) {
		p["Policies"] = []any{map[string]any{"PolicyName": "p", "PolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{allow("dynamodb:Scan", kittens)}}}}
	}},

	// Policies of resources.
	{name: "a bucket that lets in a tenant", stack: tabby, resource: "UploadsBucketPolicy", sid: "Planted", change: inPolicy("PolicyDocument", letIn(map[string]any{"AWS": reader}, "s3:GetObject", "arn:aws:s3:::kittens-tabby-cafe-uploads-111111111111-eu-central-1/*"))},
	{name: "an open bucket", stack: tabby, resource: "WebBucketPolicy", sid: "Planted", rule: report.WildcardPrincipal, change: inPolicy("PolicyDocument", letIn("*", "s3:GetObject", "arn:aws:s3:::kittens-tabby-cafe-web-111111111111-eu-central-1/*"))},
	{name: "a bucket for any distribution", stack: tabby, resource: "WebBucketPolicy", sid: "Planted", rule: report.UnknownPrincipal, change: inPolicy("PolicyDocument", letIn(map[string]any{"Service": "cloudfront.amazonaws.com"}, "s3:GetObject", "arn:aws:s3:::kittens-tabby-cafe-web-111111111111-eu-central-1/*"))},
	{name: "a bucket for another identity", stack: tabby, resource: "WebBucketPolicy", sid: "Planted", rule: report.UnknownPrincipal, change: inPolicy("PolicyDocument", letIn(map[string]any{"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}, "s3:GetObject", "arn:aws:s3:::kittens-tabby-cafe-web-111111111111-eu-central-1/*"))},
	{name: "public access", stack: tabby, resource: "UploadsBucket", rule: report.PublicBucket, place: "BlockPublicPolicy", change: set(false, "PublicAccessBlockConfiguration", "BlockPublicPolicy")},
	{name: "no public access block", stack: tabby, resource: "UploadsBucket", rule: report.PublicBucket, change: set(nil, "PublicAccessBlockConfiguration")},
	{name: "a public ACL", stack: tabby, resource: "UploadsBucket", rule: report.PublicBucket, place: "AccessControl", change: set("PublicRead", "AccessControl")},
	{name: "a queue that lets in a tenant", stack: cell, resource: "IndexerDeadLettersPolicy", sid: "Planted", change: inPolicy("PolicyDocument", letIn(map[string]any{"AWS": reader}, "sqs:ReceiveMessage", "*"))},
	{name: "a table that lets in a tenant", stack: cell, resource: "KittensTable", sid: "Planted", change: set(map[string]any{"Version": "2012-10-17", "Statement": []any{letIn(map[string]any{"AWS": reader}, "dynamodb:GetItem", "*")}}, "ResourcePolicy", "PolicyDocument")},
	{name: "a stream that lets in a tenant", stack: cell, resource: "KittensTable", sid: "Planted", change: set(map[string]any{"Version": "2012-10-17", "Statement": []any{letIn(map[string]any{"AWS": reader}, "dynamodb:GetRecords", "*")}}, "StreamSpecification", "ResourcePolicy", "PolicyDocument")},
	{name: "a permission for everyone", stack: tabby, resource: "Extra", add: "AWS::Lambda::Permission", rule: report.WildcardPrincipal, change: func(_ *testing.T, p map[string]any) {
		p["Action"], p["FunctionName"], p["Principal"] = "lambda:InvokeFunction", map[string]any{"Ref": "KittensGetFn"}, "*"
	}},
	{name: "a permission for any API", stack: tabby, resource: "Extra", add: "AWS::Lambda::Permission", rule: report.UnknownPrincipal, change: func(_ *testing.T, p map[string]any) {
		p["Action"], p["FunctionName"], p["Principal"] = "lambda:InvokeFunction", map[string]any{"Ref": "KittensGetFn"}, "apigateway.amazonaws.com"
	}},

	// The authorizer.
	{name: "an open method", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "/kittens", change: operation("/kittens", "get", func(o map[string]any) { delete(o, "security") })},
	{name: "empty security", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "/kittens", change: operation("/kittens", "post", func(o map[string]any) { o["security"] = []any{} })},
	{name: "optional security", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "/kittens", change: operation("/kittens", "get", func(o map[string]any) { o["security"] = append(o["security"].([]any), map[string]any{}) })},
	{name: "an API key alone", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "/kittens", change: operation("/kittens", "get", func(o map[string]any) { o["security"] = []any{map[string]any{"api_key": []any{}}} })},
	{name: "OPTIONS that calls a function", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "options", change: operation("/kittens", "options", func(o map[string]any) { o["x-amazon-apigateway-integration"].(map[string]any)["type"] = "aws_proxy" })},
	{name: "a scheme without an authorizer", stack: tabby, resource: "RestApi", rule: report.OpenMethod, change: authorizer(func(a map[string]any) { delete(a, "x-amazon-apigateway-authorizer") })},
	{name: "a cached answer for all", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "securitySchemes", change: authorizer(func(a map[string]any) {
		a["x-amazon-apigateway-authorizer"].(map[string]any)["identitySource"] = "method.request.header.Authorization"
	})},
	{name: "a cache without the token", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "securitySchemes", change: authorizer(func(a map[string]any) {
		a["x-amazon-apigateway-authorizer"].(map[string]any)["identitySource"] = "context.httpMethod, context.resourcePath"
	})},
	{name: "a cache by default, without the token", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "securitySchemes", change: authorizer(func(a map[string]any) {
		x := a["x-amazon-apigateway-authorizer"].(map[string]any)
		delete(x, "authorizerResultTtlInSeconds")
		x["identitySource"] = "method.request.header.X-Authorization, context.httpMethod, context.resourcePath, context.identity.sourceIp"
	})},
	{name: "a cache by another header", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "securitySchemes", change: authorizer(func(a map[string]any) {
		a["name"] = "X-Token"
		a["x-amazon-apigateway-authorizer"].(map[string]any)["identitySource"] = "method.request.header.x-token, context.httpMethod, context.resourcePath"
	})},
	{name: "another tenant's authorizer", stack: awesome, resource: "RestApi", place: "securitySchemes", change: authorizer(func(a map[string]any) {
		a["x-amazon-apigateway-authorizer"].(map[string]any)["authorizerUri"] = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/" + tabbyFn + "/invocations"
	})},
	{name: "another tenant's credentials", stack: awesome, resource: "RestApi", rule: report.BorrowedRole, place: "/kittens", change: operation("/kittens", "get", func(o map[string]any) {
		o["x-amazon-apigateway-integration"].(map[string]any)["credentials"] = "arn:aws:iam::111111111111:role/kittens/tenant/tabby-cafe/kittens_tenant_tabby-cafe_ApiGateway_eu-central-1"
	})},
	{name: "a function URL", stack: tabby, resource: "Extra", add: "AWS::Lambda::Url", rule: report.OpenMethod, change: func(_ *testing.T, p map[string]any) {
		p["AuthType"], p["TargetFunctionArn"] = "NONE", map[string]any{"Fn::GetAtt": []any{"KittensGetFn", "Arn"}}
	}},

	// By detours.
	{name: "its own role's policy", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("iam:PutRolePolicy", reader))},
	{name: "its own stack", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("cloudformation:*", "arn:aws:cloudformation:eu-central-1:111111111111:stack/kittens-tenant-super-awesome-customer/*"))},
	{name: "another partition key", stack: cell, resource: "KittensTable", rule: report.CrossTenant, elsewhere: true, change: func(_ *testing.T, p map[string]any) {
		p["KeySchema"].([]any)[0].(map[string]any)["AttributeName"] = "kittenId"
	}},
	{name: "a policy for another's bucket", stack: awesome, resource: "Extra", add: "AWS::S3::BucketPolicy", sid: "Planted", change: func(_ *testing.T, p map[string]any) {
		p["Bucket"] = "kittens-tabby-cafe-uploads-111111111111-eu-central-1"
		p["PolicyDocument"] = map[string]any{"Version": "2012-10-17", "Statement": []any{letIn(map[string]any{"AWS": reader}, "s3:GetObject", "arn:aws:s3:::kittens-tabby-cafe-uploads-111111111111-eu-central-1/*")}}
	}},
	{name: "a policy for all log groups", stack: awesome, resource: "Extra", add: "AWS::Logs::ResourcePolicy", sid: "Planted", change: func(_ *testing.T, p map[string]any) {
		p["PolicyName"] = "p"
		p["PolicyDocument"] = `{"Version": "2012-10-17", "Statement": [{"Sid": "Planted", "Effect": "Allow", "Principal": {"AWS": "` + reader + `"}, "Action": "logs:FilterLogEvents", "Resource": "*"}]}`
	}},
	{name: "another's log", stack: awesome, resource: "Extra", add: "AWS::Logs::SubscriptionFilter", place: "LogGroupName", change: func(_ *testing.T, p map[string]any) {
		p["LogGroupName"], p["DestinationArn"], p["FilterPattern"] = "/kittens/tenant/tabby-cafe/kittens", map[string]any{"Fn::GetAtt": []any{"KittensGetFn", "Arn"}}, ""
	}},
	{name: "the cell's stream", stack: awesome, resource: "Extra", add: "AWS::Lambda::EventSourceMapping", place: "EventSourceArn", change: func(_ *testing.T, p map[string]any) {
		p["EventSourceArn"], p["FunctionName"] = kittens+"/stream/2026-01-01T00:00:00.000", map[string]any{"Ref": "KittensGetFn"}
	}},
	{name: "another's address", stack: tabby, resource: "RecordA", rule: report.Ambiguous, place: "Name", change: set("super-awesome-customer.example.com", "Name")},
	{name: "the cell's table, declared again", stack: awesome, resource: "Extra", add: "AWS::DynamoDB::Table", rule: report.Ambiguous, elsewhere: true, change: set("kittens_cell_eu-1_kittens", "TableName")},
	{name: "anonymous search", stack: cell, resource: "SearchDomain", rule: report.WildcardPrincipal, change: set(true, "AdvancedSecurityOptions", "AnonymousAuthEnabled")},
	{name: "a method in capitals", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "/kittens", change: func(_ *testing.T, p map[string]any) {
		path := p["Body"].(map[string]any)["paths"].(map[string]any)["/kittens"].(map[string]any)
		path["PUT"] = map[string]any{"x-amazon-apigateway-integration": path["get"].(map[string]any)["x-amazon-apigateway-integration"]}
	}},

	{name: "an import", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("dynamodb:Scan", map[string]any{"Fn::ImportValue": "tabby-table"}))},
	{name: "a dynamic reference", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("s3:GetObject", map[string]any{"Fn::Sub": "arn:aws:s3:::{{resolve:ssm:/bucket}}/*"}))},
	{name: "a nested stack", stack: awesome, resource: "Extra", add: "AWS::CloudFormation::Stack", rule: report.NotUnderstood, change: set("https://example.com/t.json", "TemplateURL")},
	{name: "a custom resource", stack: awesome, resource: "Extra", add: "Custom::Grant", rule: report.NotUnderstood, change: set("arn:aws:lambda:eu-central-1:111111111111:function:x", "ServiceToken")},

	{name: "an imported role", stack: awesome, resource: "KittensGetFn", rule: report.NotUnderstood, place: "Role", change: set(map[string]any{"Fn::ImportValue": "indexer-role"}, "Role")},

	{name: "a role that no template declares", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("sts:AssumeRole", "arn:aws:iam::111111111111:role/cdk-hnb659fds-deploy-role-111111111111-eu-central-1"))},
	{name: "a table that no template declares", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("dynamodb:Scan", "arn:aws:dynamodb:*:111111111111:table/legacy"))},
	{name: "a bucket that no template declares", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("s3:GetObject", "arn:aws:s3:::company-payroll/a.csv"))},
	{name: "API keys", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("apigateway:GET", "arn:aws:apigateway:eu-central-1::/apikeys"))},
	{name: "a bucket policy by import", stack: awesome, resource: "Extra", add: "AWS::S3::BucketPolicy", sid: "Planted", change: func(_ *testing.T, p map[string]any) {
		p["Bucket"] = map[string]any{"Fn::ImportValue": "tabby-bucket"}
		p["PolicyDocument"] = map[string]any{"Version": "2012-10-17", "Statement": []any{letIn(map[string]any{"AWS": reader}, "s3:GetObject", "*")}}
	}},
	{name: "a permission for an alias", stack: awesome, resource: "Extra", add: "AWS::Lambda::Permission", place: "Principal", change: func(_ *testing.T, p map[string]any) {
		p["Action"], p["FunctionName"], p["Principal"] = "lambda:InvokeFunction", "kittens_tenant_tabby-cafe_KittensGetFn:live", reader
	}},
	{name: "S3 for whatever bucket", stack: tabby, resource: "PhotoUploadedFnPermission", rule: report.UnknownPrincipal, change: func(_ *testing.T, p map[string]any) {
		delete(p, "SourceArn")
		delete(p, "SourceAccount")
	}},
	{name: "S3 for another tenant's bucket", stack: tabby, resource: "PhotoUploadedFnPermission", change: set("arn:aws:s3:::kittens-super-awesom-ed99ed58-uploads-111111111111-eu-central-1", "SourceArn")},
	{name: "another's function told of uploads", stack: awesome, resource: "UploadsBucket", place: "NotificationConfiguration", change: func(_ *testing.T, p map[string]any) {
		p["NotificationConfiguration"].(map[string]any)["LambdaConfigurations"].([]any)[0].(map[string]any)["Function"] = "arn:aws:lambda:eu-central-1:111111111111:function:kittens_tenant_tabby-cafe_PhotoUploadedFn"
	}},
	{name: "another's uploads behind a distribution", stack: awesome, resource: "Distribution", place: "DistributionConfig", change: func(_ *testing.T, p map[string]any) {
		for _, o := range p["DistributionConfig"].(map[string]any)["Origins"].([]any) {
			if origin := o.(map[string]any); origin["Id"] == "uploads" {
				origin["DomainName"] = "kittens-tabby-cafe-uploads-111111111111-eu-central-1.s3.eu-central-1.amazonaws.com"
			}
		}
	}},
	{name: "a policy for an imported role", stack: cell, resource: "Extra", add: "AWS::IAM::Policy", rule: report.NotUnderstood, change: func(_ *testing.T, p map[string]any) {
		p["Roles"] = []any{map[string]any{"Fn::ImportValue": "reader"}}
		p["PolicyDocument"] = map[string]any{"Version": "2012-10-17", "Statement": []any{allow("dynamodb:Scan", kittens)}}
	}},
	{name: "a role by its name", stack: awesome, resource: "Extra", add: "AWS::IAM::InstanceProfile", rule: report.BorrowedRole, change: set([]any{"kittens_cell_eu-1_Indexer_eu-central-1"}, "Roles")},
	{name: "a name that the template chose", stack: awesome, resource: "ReaderRole", sid: "Planted", change: another(allow("dynamodb:Scan", map[string]any{"Fn::Sub": "arn:aws:dynamodb:eu-central-1:111111111111:table/${RequestsMetric}"}))},
	{name: "any distribution of the account", stack: tabby, resource: "UploadsBucketPolicy", sid: "Planted", rule: report.UnknownPrincipal, change: func(t *testing.T, p map[string]any) {
		s := letIn(map[string]any{"Service": "cloudfront.amazonaws.com"}, "s3:GetObject", "*")
		s["Condition"] = map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": account}}
		inPolicy("PolicyDocument", s)(t, p)
	}},
	{name: "every change to another account", stack: cell, resource: "KittensTable", rule: report.NotUnderstood, place: "Kinesis", change: set("arn:aws:kinesis:eu-central-1:999999999999:stream/eve", "KinesisStreamSpecification", "StreamArn")},
	{name: "the cell's events to a tenant", stack: cell, resource: "Extra", add: "AWS::Logs::SubscriptionFilter", place: "DestinationArn", change: func(_ *testing.T, p map[string]any) {
		p["LogGroupName"], p["DestinationArn"] = "/kittens/tenant/super-awesome-customer/kittens", tabbyFn
	}},
	{name: "logs to another tenant's bucket", stack: tabby, resource: "UploadsBucket", place: "LoggingConfiguration", change: set("kittens-super-awesom-ed99ed58-uploads-111111111111-eu-central-1", "LoggingConfiguration", "DestinationBucketName")},
	{name: "an event bus for everyone", stack: tabby, resource: "Extra", add: "AWS::Events::EventBusPolicy", rule: report.WildcardPrincipal, change: set(map[string]any{"Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": "*"}, "Statement")},
	{name: "a member of a group", stack: tabby, resource: "Extra", add: "AWS::IAM::UserToGroupAddition", rule: report.NotUnderstood, change: set("admins", "GroupName")},
	{name: "a cached token authorizer", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "securitySchemes", change: authorizer(func(a map[string]any) {
		x := a["x-amazon-apigateway-authorizer"].(map[string]any)
		x["type"], x["identitySource"] = "token", "method.request.header.Authorization"
	})},
	{name: "headers named like the context", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "securitySchemes", change: authorizer(func(a map[string]any) {
		a["x-amazon-apigateway-authorizer"].(map[string]any)["identitySource"] = "method.request.header.context.httpMethod, method.request.header.context.path"
	})},
	{name: "a user pool from elsewhere", stack: tabby, resource: "RestApi", place: "securitySchemes", rule: report.NotUnderstood, change: authorizer(func(a map[string]any) {
		a["x-amazon-apigateway-authorizer"] = map[string]any{"type": "cognito_user_pools", "providerARNs": []any{"arn:aws:cognito-idp:eu-central-1:999999999999:userpool/x"}}
	})},

	{name: "another's parameter", stack: awesome, resource: "KittensGetFn", place: "Environment", change: set("{{resolve:ssm:/kittens/tenant/tabby-cafe/secret}}", "Environment", "Variables", "SECRET")},
	{name: "an authorizer of another tenant", stack: awesome, resource: "Extra", add: "AWS::ApiGateway::Authorizer", place: "Properties", change: func(_ *testing.T, p map[string]any) {
		p["RestApiId"], p["Type"], p["Name"], p["AuthorizerResultTtlInSeconds"] = map[string]any{"Ref": "RestApi"}, "TOKEN", "a", 0
		p["AuthorizerUri"] = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/" + tabbyFn + "/invocations"
	}},
	{name: "everyone who is another tenant", stack: tabby, resource: "UploadsBucketPolicy", sid: "Planted", change: func(t *testing.T, p map[string]any) {
		s := letIn("*", "s3:GetObject", "*")
		s["Condition"] = map[string]any{"ArnEquals": map[string]any{"aws:PrincipalArn": reader}}
		inPolicy("PolicyDocument", s)(t, p)
	}},
	{name: "everyone like somebody", stack: awesome, resource: "UploadsBucketPolicy", sid: "Planted", rule: report.WildcardPrincipal, change: func(t *testing.T, p map[string]any) {
		s := letIn("*", "s3:GetObject", "*")
		s["Condition"] = map[string]any{"ArnLike": map[string]any{"aws:PrincipalArn": "arn:aws:iam::111111111111:role/*"}}
		inPolicy("PolicyDocument", s)(t, p)
	}},

	// What is needed.
	{name: "S3 that may tell nobody", stack: tabby, resource: "PhotoUploadedFnPermission", rule: report.CannotWork, elsewhere: true, change: set("lambda:GetFunction", "Action")},
	{name: "files that stay", stack: tabby, resource: "KeeperRole", rule: report.CannotWork, change: in("DeleteUploads", func(s map[string]any) { s["Action"] = []any{"s3:DeleteObjectVersion"} })},
	{name: "uploads that nobody may send", stack: tabby, resource: "WriterRole", rule: report.CannotWork, change: in("PutUploads", func(s map[string]any) {
		s["Condition"] = map[string]any{"Null": map[string]any{"s3:if-none-match": "true"}}
	})},
	{name: "another folder of uploads", stack: tabby, resource: "WriterRole", rule: report.CannotWork, change: in("PutUploads", func(s map[string]any) {
		s["Resource"] = "arn:aws:s3:::kittens-tabby-cafe-uploads-111111111111-eu-central-1/uploads/20417/photos/*"
	})},
	{name: "an index writer that cannot read rows", stack: tabby, resource: "IndexWriterRole", rule: report.CannotWork, change: in("ReadIndexedRows", func(s map[string]any) { s["Action"] = []any{"dynamodb:GetItem"} })},
	{name: "an index writer that cannot read a shard", stack: whisker, resource: "IndexWriterRole", rule: report.CannotWork, change: in("ReadIndexedShardedRows", condition(own("ww-7#0")))},
	{name: "an indexer that cannot read its tenant's rows", stack: "kittens-tenant-purrfect-bank", resource: "IndexerRole", rule: report.CannotWork, change: in("ReadIndexedRows", func(s map[string]any) { s["Resource"] = kittens })},
	{name: "a missing action", stack: tabby, resource: "WriterRole", rule: report.CannotWork, change: in("ReadWriteRows", func(s map[string]any) { s["Action"] = []any{"dynamodb:GetItem"} })},
	{name: "a denial", stack: tabby, resource: "WriterRole", rule: report.CannotWork, change: another(map[string]any{"Effect": "Deny", "Action": "dynamodb:PutItem", "Resource": "*"})},
	{name: "a trust policy for another service", stack: tabby, resource: "WriterRole", rule: report.CannotWork, change: trusting(map[string]any{"Service": "ec2.amazonaws.com"})},

	// What is not understood.
	{name: "an unresolved value", stack: tabby, resource: "WriterRole", rule: report.Unresolved, change: set(map[string]any{"Ref": "Nothing"}, "RoleName")},
	{name: "an unfamiliar resource with a policy", stack: tabby, resource: "Extra", add: "AWS::MediaStore::Container", rule: report.NotUnderstood, change: set("{}", "Policy")},
	{name: "a copy to another's bucket", stack: awesome, resource: "UploadsBucket", place: "Replication", change: set(map[string]any{"Role": reader, "Rules": []any{map[string]any{
		"Status": "Enabled", "Destination": map[string]any{"Bucket": "arn:aws:s3:::kittens-tabby-cafe-uploads-111111111111-eu-central-1"},
	}}}, "ReplicationConfiguration")},
}

var harmlessEdits = []edit{
	{name: "another Sid", stack: awesome, resource: "ReaderRole", change: in("ReadRows", func(s map[string]any) { s["Sid"] = "Rows" })},
	{name: "fewer tables", stack: awesome, resource: "AdminTasksPostFnRole", change: in("WriteTraces", func(s map[string]any) { s["Action"] = "xray:PutTraceSegments" })},
	{name: "a string for a list", stack: awesome, resource: "ReaderRole", change: another(allow("dynamodb:GetItem", kittens, own("12345")))},
	{name: "the actions in another case", stack: awesome, resource: "ReaderRole", change: in("ReadRows", func(s map[string]any) {
		s["Action"] = []any{"DynamoDB:getitem", "dynamodb:BATCHGETITEM", "dynamodb:query"}
	})},
	{name: "a denial of Scan", stack: awesome, resource: "ReaderRole", change: another(map[string]any{"Effect": "Deny", "Action": "dynamodb:Scan", "Resource": "*"})},
	{name: "a denial of others", stack: awesome, resource: "ReaderRole", change: another(map[string]any{"Effect": "Deny", "NotAction": []any{"dynamodb:*", "s3:*", "es:*", "logs:*", "xray:*", "lambda:*"}, "Resource": "*"})},
	{name: "one more condition", stack: awesome, resource: "ReaderRole", change: in("ReadRows", func(s map[string]any) {
		s["Condition"].(map[string]any)["Bool"] = map[string]any{"aws:SecureTransport": "true"}
	})},
	{name: "StringLike with exact values", stack: awesome, resource: "ReaderRole", change: in("ReadRows", condition(leadingKeys("ForAllValues:StringLike", []any{"12345", "12345#layout"}, "Null", "false", "ForAnyValue:StringLike", "*")))},
	{name: "fewer shards in one statement", stack: whisker, resource: "ReaderRole", change: another(allow("dynamodb:GetItem", kittens, leadingKeys("ForAllValues:StringEquals", []any{"ww-7#1", "ww-7#0"}, "Null", "false", "ForAnyValue:StringLike", "*")))},
	{name: "another presence guard", stack: awesome, resource: "ReaderRole", change: in("ReadRows", condition(leadingKeys("ForAllValues:StringEquals", []any{"12345", "12345#layout"}, "ForAnyValue:StringEquals", []any{"12345", "12345#layout"})))},
	{name: "an own dedicated table without guards", stack: bank, resource: "ReaderRole", change: in("ReadRows", condition(nil))},
	{name: "a scan of an own table", stack: bank, resource: "ReaderRole", change: another(allow("dynamodb:Scan", "arn:aws:dynamodb:eu-central-1:111111111111:table/kittens_tenant_purrfect-bank_kittens"))},
	{name: "all paths of an own domain", stack: acme, resource: "ReaderRole", change: in("UseIndex", func(s map[string]any) { s["Resource"] = map[string]any{"Fn::Sub": "${SearchDomain.Arn}/*"} })},
	{name: "one own function", stack: awesome, resource: "ReaderRole", change: another(allow("lambda:InvokeFunction", "arn:aws:lambda:eu-central-1:111111111111:function:kittens_tenant_super-awesome-customer_KittensGetFn"))},
	{name: "versions of own functions", stack: awesome, resource: "ReaderRole", change: another(allow("lambda:GetFunction", "arn:aws:lambda:eu-central-1:111111111111:function:kittens_tenant_super-awesome-customer_*:*"))},
	{name: "listing own uploads", stack: awesome, resource: "ReaderRole", change: another(allow("s3:ListBucket", map[string]any{"Fn::GetAtt": []any{"UploadsBucket", "Arn"}}))},
	{name: "measurements", stack: awesome, resource: "ReaderRole", change: another(allow([]any{"cloudwatch:PutMetricData", "sts:GetCallerIdentity"}, "*"))},
	{name: "own log group by name", stack: awesome, resource: "ReaderRole", change: another(allow("logs:GetLogEvents", map[string]any{"Fn::GetAtt": []any{"KittensLogGroup", "Arn"}}))},
	{name: "an own role that trusts an own role", stack: awesome, resource: "OperatorRole", change: func(_ *testing.T, p map[string]any) {
		d := p["AssumeRolePolicyDocument"].(map[string]any)
		d["Statement"] = append(d["Statement"].([]any), map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": reader}, "Action": "sts:AssumeRole"})
	}},
	{name: "a bucket policy for an own role", stack: awesome, resource: "UploadsBucketPolicy", change: inPolicy("PolicyDocument", letIn(map[string]any{"AWS": reader}, "s3:GetObject", map[string]any{"Fn::Sub": "${UploadsBucket.Arn}/*"}))},
	{name: "the account's own root in a bucket policy", stack: awesome, resource: "UploadsBucketPolicy", change: inPolicy("PolicyDocument", letIn(map[string]any{"AWS": "arn:aws:iam::111111111111:root"}, "s3:*", map[string]any{"Fn::Sub": "${UploadsBucket.Arn}/*"}))},
	{name: "a permission for the own API", stack: awesome, resource: "Extra", add: "AWS::Lambda::Permission", change: func(_ *testing.T, p map[string]any) {
		p["Action"], p["FunctionName"], p["Principal"] = "lambda:InvokeFunction", map[string]any{"Ref": "KittensGetFn"}, "apigateway.amazonaws.com"
		p["SourceArn"] = map[string]any{"Fn::Sub": "arn:aws:execute-api:eu-central-1:111111111111:${RestApi}/*"}
	}},
	{name: "everyone who is an own role", stack: awesome, resource: "UploadsBucketPolicy", change: func(t *testing.T, p map[string]any) {
		s := letIn("*", "s3:GetObject", "*")
		s["Condition"] = map[string]any{"ArnEquals": map[string]any{"aws:PrincipalArn": reader}}
		inPolicy("PolicyDocument", s)(t, p)
	}},
	{name: "an own parameter", stack: awesome, resource: "KittensGetFn", change: func(_ *testing.T, p map[string]any) {
		p["Description"] = "{{resolve:ssm:/kittens/tenant/super-awesome-customer/flag}}"
	}},
	{name: "a function without a name", stack: awesome, resource: "Extra", add: "AWS::Lambda::Function", change: set(map[string]any{"Fn::GetAtt": []any{"KeeperRole", "Arn"}}, "Role")},
	{name: "a managed policy with a name", stack: awesome, resource: "Extra", add: "AWS::IAM::ManagedPolicy", change: func(_ *testing.T, p map[string]any) {
		p["ManagedPolicyName"], p["Roles"] = "extra", []any{map[string]any{"Ref": "ReaderRole"}}
		p["PolicyDocument"] = map[string]any{"Version": "2012-10-17", "Statement": []any{allow("cloudwatch:PutMetricData", "*")}}
	}},
	{name: "the region, too", stack: awesome, resource: "ReaderRole", change: in("ReadRows", func(s map[string]any) {
		s["Condition"].(map[string]any)["StringEquals"] = map[string]any{"aws:RequestedRegion": region}
	})},
	{name: "a dashboard", stack: awesome, resource: "Extra", add: "AWS::CloudWatch::Dashboard", change: set("{}", "DashboardBody")},
	{name: "more tags", stack: awesome, resource: "UploadsBucket", change: set([]any{}, "Tags")},
	{name: "a new own table", stack: awesome, resource: "Extra", add: "AWS::DynamoDB::Table", change: func(_ *testing.T, p map[string]any) {
		p["TableName"] = "kittens_tenant_super-awesome-customer_notes"
		p["KeySchema"] = []any{map[string]any{"AttributeName": "id", "KeyType": "HASH"}}
		p["DeletionProtectionEnabled"], p["PointInTimeRecoverySpecification"] = true, map[string]any{"PointInTimeRecoveryEnabled": true}
	}},
	{name: "no cache of the authorizer", stack: tabby, resource: "RestApi", change: authorizer(func(a map[string]any) {
		x := a["x-amazon-apigateway-authorizer"].(map[string]any)
		x["authorizerResultTtlInSeconds"], x["identitySource"] = 0, "method.request.header.Authorization"
	})},
	{name: "no cache, and no identity source", stack: tabby, resource: "RestApi", change: authorizer(func(a map[string]any) {
		x := a["x-amazon-apigateway-authorizer"].(map[string]any)
		x["authorizerResultTtlInSeconds"], x["identitySource"] = "0", ""
	})},
}
