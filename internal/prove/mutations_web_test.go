package prove

import (
	"testing"

	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// Buckets and functions of two tenants.
const (
	awesomeUploads = "kittens-super-awesom-ed99ed58-uploads-111111111111-eu-central-1"
	tabbyUploads   = "kittens-tabby-cafe-uploads-111111111111-eu-central-1"
	tabbyWeb       = "kittens-tabby-cafe-web-111111111111-eu-central-1"
	logsBucket     = "kittens-eu-1-logs-111111111111-eu-central-1"
	uploadedFn     = "arn:aws:lambda:eu-central-1:111111111111:function:kittens_tenant_tabby-cafe_PhotoUploadedFn"
	s3Host         = ".s3.eu-central-1.amazonaws.com"
)

func getAtt(id, name string) any { return map[string]any{"Fn::GetAtt": []any{id, name}} }
func imported(name string) any   { return map[string]any{"Fn::ImportValue": name} }

// distribution changes the configuration of a distribution.
func distribution(change func(c map[string]any)) func(*testing.T, map[string]any) {
	return func(_ *testing.T, p map[string]any) { change(p["DistributionConfig"].(map[string]any)) }
}

// origin changes one origin of a distribution.
func origin(id string, change func(o map[string]any)) func(*testing.T, map[string]any) {
	return distribution(func(c map[string]any) {
		for _, o := range c["Origins"].([]any) {
			if o.(map[string]any)["Id"] == id {
				change(o.(map[string]any))
			}
		}
	})
}

// behavior changes the behavior of a path.
func behavior(path string, change func(b map[string]any)) func(*testing.T, map[string]any) {
	return distribution(func(c map[string]any) {
		for _, b := range c["CacheBehaviors"].([]any) {
			if b.(map[string]any)["PathPattern"] == path {
				change(b.(map[string]any))
			}
		}
	})
}

func from(domain, identity any) func(o map[string]any) {
	return func(o map[string]any) {
		o["DomainName"], o["S3OriginConfig"] = domain, map[string]any{"OriginAccessIdentity": identity}
	}
}

// reads lets the distribution's identity in to a bucket.
func reads(bucket, action string) func(*testing.T, map[string]any) {
	return inPolicy("PolicyDocument", letIn(map[string]any{"CanonicalUser": getAtt("WebAccessIdentity", "S3CanonicalUserId")}, action, "arn:aws:s3:::"+bucket+"/*"))
}

func notify(fn any) func(*testing.T, map[string]any) {
	return func(_ *testing.T, p map[string]any) {
		p["NotificationConfiguration"].(map[string]any)["LambdaConfigurations"].([]any)[0].(map[string]any)["Function"] = fn
	}
}

func edge(arn any) func(*testing.T, map[string]any) {
	return behavior("/api/*", func(b map[string]any) {
		b["LambdaFunctionAssociations"] = []any{map[string]any{"EventType": "viewer-request", "IncludeBody": true, "LambdaFunctionARN": arn}}
	})
}

func properties(pairs ...any) func(*testing.T, map[string]any) {
	return func(_ *testing.T, p map[string]any) {
		for i := 0; i < len(pairs); i += 2 {
			p[pairs[i].(string)] = pairs[i+1]
		}
	}
}

// webMutations are about what stands around the roles: distributions, buckets, events, names
// and addresses.
var webMutations = []edit{
	// What a distribution answers, it answers everyone.
	{name: "uploads for everyone", stack: tabby, resource: "UploadsBucketPolicy", sid: "Planted", rule: report.WildcardPrincipal, change: reads(tabbyUploads, "s3:GetObject")},
	{name: "a site that visitors write", stack: tabby, resource: "WebBucketPolicy", sid: "Planted", rule: report.WildcardPrincipal, change: reads(tabbyWeb, "s3:Put*")},
	{name: "uploads by access control", stack: tabby, resource: "UploadsBucketPolicy", sid: "Planted", rule: report.WildcardPrincipal, change: func(t *testing.T, p map[string]any) {
		s := letIn(map[string]any{"Service": "cloudfront.amazonaws.com"}, "s3:GetObject", "arn:aws:s3:::"+tabbyUploads+"/*")
		s["Condition"] = map[string]any{"StringEquals": map[string]any{"aws:SourceArn": map[string]any{"Fn::Sub": "arn:aws:cloudfront::111111111111:distribution/${Distribution}"}}}
		inPolicy("PolicyDocument", s)(t, p)
	}},
	{name: "a function behind the distribution", stack: tabby, resource: "Extra", add: "AWS::Lambda::Permission", rule: report.WildcardPrincipal, change: properties(
		"Action", "lambda:InvokeFunctionUrl", "FunctionName", map[string]any{"Ref": "PhotoUploadedFn"}, "Principal", "cloudfront.amazonaws.com",
		"SourceArn", map[string]any{"Fn::Sub": "arn:aws:cloudfront::111111111111:distribution/${Distribution}"})},
	{name: "cached answers of the API", stack: tabby, resource: "Distribution", rule: report.OpenMethod, place: "CacheBehaviors", change: behavior("/api/*", func(b map[string]any) {
		b["CachePolicyId"] = "658327ea-f89d-4fab-a63d-7e88639e58f6"
	})},
	{name: "cached answers of signed requests", stack: tabby, resource: "Distribution", rule: report.OpenMethod, place: "CacheBehaviors", change: behavior("/uploads/*", func(b map[string]any) {
		delete(b, "CachePolicyId")
		b["ForwardedValues"] = map[string]any{"QueryString": false}
	})},

	// Origins.
	{name: "another's site, in capitals", stack: awesome, resource: "Distribution", place: "Origins", change: origin("uploads", from("Kittens-Tabby-Cafe-web-111111111111-eu-central-1.S3.eu-central-1.amazonaws.com", ""))},
	{name: "another's site by a website", stack: awesome, resource: "Distribution", place: "Origins", change: origin("uploads", from(tabbyWeb+".s3-website.eu-central-1.amazonaws.com", ""))},
	{name: "another's site by an import", stack: awesome, resource: "Distribution", place: "Origins", export: map[string]any{"site": getAtt("WebBucket", "RegionalDomainName")}, change: origin("web", from(imported("site"), ""))},
	{name: "another's identity", stack: awesome, resource: "Distribution", place: "Origins", export: map[string]any{"oai": map[string]any{"Ref": "WebAccessIdentity"}},
		change: origin("web", func(o map[string]any) {
			o["S3OriginConfig"] = map[string]any{"OriginAccessIdentity": map[string]any{"Fn::Join": []any{"", []any{"origin-access-identity/cloudfront/", imported("oai")}}}}
		})},
	{name: "an identity by its id", stack: awesome, resource: "Distribution", place: "Origins", change: origin("web", func(o map[string]any) {
		o["S3OriginConfig"] = map[string]any{"OriginAccessIdentity": "origin-access-identity/cloudfront/E2TABBYTABBY00"}
	})},
	{name: "an origin that a parameter tells", stack: awesome, resource: "Distribution", rule: report.NotUnderstood, place: "Origins", change: origin("uploads", from("{{resolve:ssm:/kittens/cell/eu-1/x}}", ""))},
	{name: "an origin with the bucket in its path", stack: awesome, resource: "Distribution", rule: report.NotUnderstood, place: "Origins", change: origin("api", func(o map[string]any) {
		o["DomainName"], o["OriginPath"] = "s3.eu-central-1.amazonaws.com", "/"+tabbyUploads
	})},
	{name: "a legacy origin", stack: awesome, resource: "Distribution", rule: report.NotUnderstood, place: "S3Origin", change: distribution(func(c map[string]any) {
		c["S3Origin"] = map[string]any{"DNSName": tabbyWeb + s3Host}
	})},
	{name: "another's API", stack: awesome, resource: "Distribution", place: "Origins", export: map[string]any{"api": map[string]any{"Ref": "RestApi"}}, change: origin("api", func(o map[string]any) {
		o["DomainName"] = map[string]any{"Fn::Join": []any{"", []any{imported("api"), ".execute-api.eu-central-1.amazonaws.com"}}}
	})},
	{name: "an API by its id", stack: awesome, resource: "Distribution", place: "Origins", change: origin("api", func(o map[string]any) {
		o["DomainName"] = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"
	})},
	{name: "a host elsewhere", stack: tabby, resource: "Distribution", rule: report.NotUnderstood, place: "Origins", change: origin("api", func(o map[string]any) { o["DomainName"] = "eve.example.net" })},
	{name: "a function's address", stack: tabby, resource: "Distribution", rule: report.NotUnderstood, place: "Origins", change: origin("api", func(o map[string]any) {
		o["DomainName"] = "abcdef.lambda-url.eu-central-1.on.aws"
	})},
	{name: "code at the edge from elsewhere", stack: tabby, resource: "Distribution", rule: report.NotUnderstood, place: "LambdaFunctionARN", change: edge("arn:aws:lambda:us-east-1:999999999999:function:eve:1")},
	{name: "code at the edge of another's name", stack: tabby, resource: "Distribution", place: "LambdaFunctionARN", change: edge("arn:aws:lambda:us-east-1:111111111111:function:kittens_tenant_super-awesome-customer_Edge:1"), rule: report.NotUnderstood},
	{name: "code at the edge by an import", stack: tabby, resource: "Distribution", rule: report.NotUnderstood, place: "LambdaFunctionARN", change: edge(imported("edge"))},
	{name: "another's values at the edge", stack: awesome, resource: "Extra", add: "AWS::CloudFront::Function", rule: report.NotUnderstood, place: "KeyValueStore",
		change: set([]any{map[string]any{"KeyValueStoreARN": "arn:aws:cloudfront::111111111111:key-value-store/x"}}, "FunctionConfig", "KeyValueStoreAssociations")},
	{name: "requests logged elsewhere", stack: tabby, resource: "Distribution", rule: report.NotUnderstood, place: "RealtimeLogConfigArn", change: behavior("/api/*", func(b map[string]any) {
		b["RealtimeLogConfigArn"] = "arn:aws:cloudfront::999999999999:realtime-log-config/x"
	})},
	{name: "requests logged to another's bucket", stack: tabby, resource: "Distribution", place: "Logging.Bucket", change: distribution(func(c map[string]any) {
		c["Logging"] = map[string]any{"Bucket": awesomeUploads + ".s3.amazonaws.com"}
	})},

	// Buckets and functions.
	{name: "uploads told to another by an import", stack: awesome, resource: "UploadsBucket", place: "Notification", export: map[string]any{"fn": getAtt("PhotoUploadedFn", "Arn")}, change: notify(imported("fn"))},
	{name: "uploads told to an unknown import", stack: awesome, resource: "UploadsBucket", rule: report.NotUnderstood, place: "Notification", change: notify(imported("elsewhere"))},
	{name: "uploads told to another account", stack: tabby, resource: "UploadsBucket", rule: report.NotUnderstood, place: "Notification", change: notify("arn:aws:lambda:eu-central-1:999999999999:function:eve")},
	{name: "an inventory elsewhere", stack: tabby, resource: "UploadsBucket", rule: report.NotUnderstood, place: "Inventory", change: set([]any{map[string]any{"Destination": map[string]any{"BucketArn": "arn:aws:s3:::eve"}}}, "InventoryConfigurations")},
	{name: "access logs elsewhere", stack: tabby, resource: "UploadsBucket", rule: report.NotUnderstood, place: "Logging", change: set("eve", "LoggingConfiguration", "DestinationBucketName")},
	{name: "a door to the platform's logs", stack: awesome, resource: "Extra", add: "AWS::S3::AccessPoint", place: "Bucket", change: set(logsBucket, "Bucket")},
	{name: "a table filled from the platform's logs", stack: awesome, resource: "Extra", add: "AWS::DynamoDB::Table", place: "S3Bucket", change: func(t *testing.T, p map[string]any) {
		p["TableName"] = "kittens_tenant_super-awesome-customer_x"
		set(logsBucket, "ImportSourceSpecification", "S3BucketSource", "S3Bucket")(t, p)
	}},
	{name: "a secret that is not the tenant's", stack: awesome, resource: "KittensGetFn", rule: report.NotUnderstood, place: "Environment", change: set("{{resolve:secretsmanager:kittens/master:SecretString:x}}", "Environment", "Variables", "X")},
	{name: "code from elsewhere", stack: tabby, resource: "KittensGetFn", rule: report.NotUnderstood, place: "Code", change: set("eve", "Code", "S3Bucket")},
	{name: "code of the bootstrap of another account", stack: tabby, resource: "KittensGetFn", rule: report.NotUnderstood, place: "Code", change: set("cdk-hnb659fds-assets-999999999999-eu-central-1", "Code", "S3Bucket")},
	{name: "a layer from elsewhere", stack: tabby, resource: "KittensGetFn", rule: report.NotUnderstood, place: "Layers", change: set([]any{"arn:aws:lambda:eu-central-1:999999999999:layer:x:1"}, "Layers")},
	{name: "an image from elsewhere", stack: tabby, resource: "KittensGetFn", rule: report.NotUnderstood, place: "Code", change: set("999999999999.dkr.ecr.eu-central-1.amazonaws.com/eve:latest", "Code", "ImageUri")},
	{name: "results of another's function", stack: awesome, resource: "Extra", add: "AWS::Lambda::EventInvokeConfig", place: "FunctionName", change: func(t *testing.T, p map[string]any) {
		p["FunctionName"], p["Qualifier"] = "kittens_tenant_tabby-cafe_PhotoUploadedFn", "$LATEST"
		set(getAtt("PhotoUploadedFn", "Arn"), "DestinationConfig", "OnSuccess", "Destination")(t, p)
	}},
	{name: "results sent elsewhere", stack: tabby, resource: "Extra", add: "AWS::Lambda::EventInvokeConfig", rule: report.NotUnderstood, place: "Destination", change: func(t *testing.T, p map[string]any) {
		p["FunctionName"] = map[string]any{"Ref": "PhotoUploadedFn"}
		set("arn:aws:sqs:eu-central-1:999999999999:eve", "DestinationConfig", "OnSuccess", "Destination")(t, p)
	}},
	{name: "dead letters to another", stack: bank, resource: "Extra", add: "AWS::SQS::Queue", place: "RedrivePolicy", rule: report.CrossTenant,
		change: set("arn:aws:sqs:eu-central-1:111111111111:kittens_tenant_acme_x", "RedrivePolicy", "deadLetterTargetArn"), elsewhere: true, also: []edit{
			{stack: awesome, resource: "Letters", add: "AWS::SQS::Queue", change: set("kittens_tenant_super-awesome-customer_letters", "QueueName")},
			{stack: bank, resource: "Extra", add: "AWS::SQS::Queue", change: set("arn:aws:sqs:eu-central-1:111111111111:kittens_tenant_super-awesome-customer_letters", "RedrivePolicy", "deadLetterTargetArn")},
		}},
	{name: "a method of another's API", stack: awesome, resource: "Extra", add: "AWS::ApiGateway::Resource", place: "RestApiId", export: map[string]any{"api": map[string]any{"Ref": "RestApi"}}, change: set(imported("api"), "RestApiId")},

	// Events.
	{name: "everything that happens", stack: awesome, resource: "Extra", add: "AWS::Events::Rule", place: "EventPattern", change: set([]any{account}, "EventPattern", "account")},
	{name: "another's uploads by events", stack: awesome, resource: "Extra", add: "AWS::Events::Rule", place: "EventPattern", change: set(map[string]any{"bucket": map[string]any{"name": []any{tabbyUploads}}}, "EventPattern", "detail")},
	{name: "own uploads and what begins like them", stack: awesome, resource: "Extra", add: "AWS::Events::Rule", place: "EventPattern", change: set([]any{
		"arn:aws:s3:::" + awesomeUploads, map[string]any{"prefix": "arn:aws:s3:::kittens"}}, "EventPattern", "resources")},
	{name: "a bus that is not the tenant's", stack: awesome, resource: "Extra", add: "AWS::Events::Rule", place: "EventPattern", change: func(t *testing.T, p map[string]any) {
		p["EventBusName"] = "shared"
		set([]any{"orders"}, "EventPattern", "source")(t, p)
	}},
	{name: "a trail of the account", stack: awesome, resource: "Extra", add: "AWS::CloudTrail::Trail", change: properties("IsLogging", true)},
	{name: "an archive of the account's events", stack: awesome, resource: "Extra", add: "AWS::Events::Archive", rule: report.NotUnderstood, change: properties("SourceArn", "arn:aws:events:eu-central-1:111111111111:event-bus/default")},

	// Names and addresses.
	{name: "another's search endpoint", stack: awesome, resource: "Extra", add: "AWS::SSM::Parameter", rule: report.Ambiguous, change: properties("Name", "/kittens/cell/eu-1/search-endpoints/20417", "Value", "https://eve.example.net")},
	{name: "a bucket of a tenant to come", stack: awesome, resource: "Extra", add: "AWS::S3::Bucket", rule: report.Ambiguous, change: properties("BucketName", "kittens-newcomer-uploads-111111111111-eu-central-1")},
	{name: "a function of a tenant to come", stack: awesome, resource: "Extra", add: "AWS::Lambda::Function", rule: report.Ambiguous, change: properties("FunctionName", "kittens_tenant_newcomer_KittensGetFn", "Role", getAtt("ReaderRole", "Arn"))},
	{name: "another's address", stack: awesome, resource: "Distribution", rule: report.Ambiguous, place: "Aliases", change: distribution(func(c map[string]any) { c["Aliases"] = []any{"Tabby-Cafe.example.com."} })},
	{name: "everybody's address", stack: awesome, resource: "Distribution", rule: report.Ambiguous, place: "Aliases", change: distribution(func(c map[string]any) { c["Aliases"] = append(c["Aliases"].([]any), "*.example.com") })},
	{name: "everybody's record", stack: awesome, resource: "Extra", add: "AWS::Route53::RecordSet", rule: report.Ambiguous, change: properties("HostedZoneId", "Z0EXAMPLE", "Name", "*.example.com.", "Type", "A")},
	{name: "another's address of an API", stack: awesome, resource: "Extra", add: "AWS::ApiGateway::BasePathMapping", rule: report.Ambiguous, change: properties("DomainName", "tabby-cafe.example.com", "RestApiId", map[string]any{"Ref": "RestApi"})},

	// What is needed.
	{name: "uploads that nobody is told of", stack: tabby, resource: "UploadsBucket", rule: report.CannotWork, place: "Notification", change: set(nil, "NotificationConfiguration")},
	{name: "the wrong uploads told of", stack: tabby, resource: "UploadsBucket", rule: report.CannotWork, place: "Notification", change: func(_ *testing.T, p map[string]any) {
		c := p["NotificationConfiguration"].(map[string]any)["LambdaConfigurations"].([]any)[0].(map[string]any)
		c["Filter"] = map[string]any{"S3Key": map[string]any{"Rules": []any{map[string]any{"Name": "prefix", "Value": "uploads/20417/photos/"}}}}
	}},
}

// harmlessWeb break nothing.
var harmlessWeb = []edit{
	{name: "own uploads told of by an import", stack: tabby, resource: "UploadsBucket", export: map[string]any{"fn": getAtt("PhotoUploadedFn", "Arn")}, change: notify(imported("fn"))},
	{name: "a schedule", stack: tabby, resource: "Extra", add: "AWS::Events::Rule", change: properties("ScheduleExpression", "rate(1 hour)", "Targets", []any{map[string]any{"Id": "x", "Arn": getAtt("PhotoUploadedFn", "Arn")}})},
	{name: "own uploads by events", stack: awesome, resource: "Extra", add: "AWS::Events::Rule", change: set(map[string]any{"bucket": map[string]any{"name": []any{awesomeUploads}}}, "EventPattern", "detail")},
	{name: "an alarm for the platform's people", stack: tabby, resource: "ThrottledAlarm", change: set([]any{"arn:aws:sns:eu-central-1:111111111111:operators"}, "AlarmActions")},
	{name: "a key of the account", stack: tabby, resource: "UploadsBucket", change: set([]any{map[string]any{"ServerSideEncryptionByDefault": map[string]any{
		"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:eu-central-1:111111111111:key/0f7d2c1e-58a4-4b0e-9d61-3c5b8e2a7f10"}}}, "BucketEncryption", "ServerSideEncryptionConfiguration")},
	{name: "a firewall", stack: tabby, resource: "Distribution", change: distribution(func(c map[string]any) {
		c["WebACLId"] = "arn:aws:wafv2:us-east-1:111111111111:global/webacl/kittens/0f7d2c1e-58a4-4b0e-9d61-3c5b8e2a7f10"
	})},
	{name: "requests logged to the platform", stack: tabby, resource: "Distribution", change: distribution(func(c map[string]any) {
		c["Logging"] = map[string]any{"Bucket": logsBucket + ".s3.amazonaws.com", "Prefix": "tabby-cafe/web/"}
	})},
	{name: "a name below the own one", stack: tabby, resource: "Extra", add: "AWS::Route53::RecordSet", change: properties("HostedZoneId", "Z0EXAMPLE", "Name", "_check.tabby-cafe.example.com", "Type", "CNAME")},
	{name: "an own cache for the API", stack: tabby, resource: "Caching", add: "AWS::CloudFront::CachePolicy", change: set("whitelist", "CachePolicyConfig", "ParametersInCacheKeyAndForwardedToOrigin", "HeadersConfig", "HeaderBehavior"), also: []edit{
		{stack: tabby, resource: "Caching", change: func(t *testing.T, p map[string]any) {
			key := p["CachePolicyConfig"].(map[string]any)["ParametersInCacheKeyAndForwardedToOrigin"].(map[string]any)
			key["HeadersConfig"].(map[string]any)["Headers"] = []any{"authorization"}
			key["QueryStringsConfig"] = map[string]any{"QueryStringBehavior": "all"}
		}},
		{stack: tabby, resource: "Distribution", change: behavior("/api/*", func(b map[string]any) { b["CachePolicyId"] = map[string]any{"Ref": "Caching"} })},
	}},
	{name: "a network from elsewhere", stack: tabby, resource: "KittensGetFn", change: set([]any{imported("subnet")}, "VpcConfig", "SubnetIds")},
	{name: "own dead letters", stack: tabby, resource: "Letters", add: "AWS::SQS::Queue", change: set("kittens_tenant_tabby-cafe_letters", "QueueName"), also: []edit{
		{stack: tabby, resource: "PhotoUploadedFn", change: set(getAtt("Letters", "Arn"), "DeadLetterConfig", "TargetArn")},
	}},
}
