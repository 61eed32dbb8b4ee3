package prove

import (
	"testing"

	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// certificate is one of the account.
const certificate = "arn:aws:acm:eu-central-1:111111111111:certificate/0f7d2c1e-58a4-4b0e-9d61-3c5b8e2a7f10"

// both makes one change after the other.
func both(changes ...func(*testing.T, map[string]any)) func(*testing.T, map[string]any) {
	return func(t *testing.T, p map[string]any) {
		for _, change := range changes {
			change(t, p)
		}
	}
}

// passingOn adds an origin, and a behavior that passes requests for a path on to it.
func passingOn(path, policy string, host any) func(*testing.T, map[string]any) {
	return distribution(func(c map[string]any) {
		c["Origins"] = append(c["Origins"].([]any), map[string]any{
			"Id": "more", "DomainName": host, "CustomOriginConfig": map[string]any{"OriginProtocolPolicy": "https-only"},
		})
		c["CacheBehaviors"] = append(c["CacheBehaviors"].([]any), map[string]any{
			"PathPattern": path, "TargetOriginId": "more", "ViewerProtocolPolicy": "https-only", "CachePolicyId": policy,
		})
	})
}

// onOrigin changes an origin of a distribution.
func onOrigin(id string, change func(o map[string]any)) func(*testing.T, map[string]any) {
	return distribution(func(c map[string]any) {
		for _, o := range c["Origins"].([]any) {
			if o.(map[string]any)["Id"] == id {
				change(o.(map[string]any))
			}
		}
	})
}

// signing lets an origin access control sign what is passed on to an origin.
func signing(origin string) func(*testing.T, map[string]any) {
	return onOrigin(origin, func(o map[string]any) {
		o["OriginAccessControlId"], o["S3OriginConfig"] = getAtt("Signing", "Id"), map[string]any{"OriginAccessIdentity": ""}
	})
}

// accessControl is an own one that signs always, never, or unless the caller has.
func accessControl(when string) edit {
	return edit{stack: tabby, resource: "Signing", add: "AWS::CloudFront::OriginAccessControl", change: properties("OriginAccessControlConfig", map[string]any{
		"Name": "signing", "OriginAccessControlOriginType": "s3", "SigningBehavior": when, "SigningProtocol": "sigv4",
	})}
}

// kept makes a behavior keep answers by nothing but their path.
func kept(path string) func(*testing.T, map[string]any) {
	return behavior(path, func(b map[string]any) { b["CachePolicyId"] = cachingOptimized })
}

// addressed is an own domain name of an API.
var addressed = edit{stack: tabby, resource: "Address", add: "AWS::ApiGateway::DomainName", change: properties("DomainName", "api.tabby-cafe.example.com", "RegionalCertificateArn", certificate)}

// inFront is another own distribution, which keeps nothing.
var inFront = edit{stack: tabby, resource: "InFront", add: "AWS::CloudFront::Distribution", change: properties("DistributionConfig", map[string]any{
	"Enabled": true, "Origins": []any{map[string]any{"Id": "api", "DomainName": sub("${RestApi}.execute-api.eu-central-1.amazonaws.com"), "CustomOriginConfig": map[string]any{"OriginProtocolPolicy": "https-only"}}},
	"DefaultCacheBehavior": map[string]any{"TargetOriginId": "api", "ViewerProtocolPolicy": "https-only", "CachePolicyId": cachingOff},
})}

// firewall is an own web ACL.
var firewall = edit{stack: tabby, resource: "Firewall", add: "AWS::WAFv2::WebACL", change: properties("Scope", "CLOUDFRONT", "DefaultAction", map[string]any{"Allow": map[string]any{}}, "VisibilityConfig", map[string]any{"CloudWatchMetricsEnabled": true, "MetricName": "waf", "SampledRequestsEnabled": true})}

// closedPool is an own user pool whose users administrators alone make.
var closedPool = edit{stack: tabby, resource: "Users", add: userPool.add, change: both(userPool.change, set(true, "AdminCreateUserConfig", "AllowAdminCreateUserOnly"))}

// joining lets the users of an own pool that everyone can join in by what is planted.
func joining(name, resource, kind, place string, more ...any) edit {
	return edit{name: name, stack: tabby, resource: resource, add: kind, rule: report.OpenMethod, place: place, change: properties(more...), also: []edit{userPool, httpAPI}}
}

// byTokens is a route of the own HTTP API for tokens of an issuer, whatever their scopes.
func byTokens(name string, issuer any) edit {
	return edit{
		name: name, stack: tabby, resource: "Route", add: "AWS::ApiGatewayV2::Route", rule: report.OpenMethod, also: []edit{httpAPI, closedPool, tokens(issuer)},
		change: properties("ApiId", map[string]any{"Ref": "Http"}, "RouteKey", "GET /kittens", "AuthorizationType", "JWT", "AuthorizerId", map[string]any{"Ref": "Tokens"}),
	}
}

// sockets is an own WebSocket API, and connecting its authorizer.
var (
	sockets    = edit{stack: tabby, resource: "Sockets", add: "AWS::ApiGatewayV2::Api", change: properties("Name", "sockets", "ProtocolType", "WEBSOCKET", "RouteSelectionExpression", "$request.body.action")}
	connecting = edit{stack: tabby, resource: "Connecting", add: "AWS::ApiGatewayV2::Authorizer", change: properties("ApiId", map[string]any{"Ref": "Sockets"}, "Name", "connecting", "AuthorizerType", "REQUEST", "IdentitySource", []any{"route.request.header.Authorization"}, "AuthorizerUri", invoke("AuthorizerFn"))}
)

// socket is a route of the own WebSocket API.
func socket(id, key string, more ...any) edit {
	return edit{stack: tabby, resource: id, add: "AWS::ApiGatewayV2::Route", change: properties(append([]any{"ApiId", map[string]any{"Ref": "Sockets"}, "RouteKey", key}, more...)...)}
}

// atEdge is a function of CloudFront's, and runs in front of the API.
func atEdge(name, runtime, code string) edit {
	return edit{
		name: name, stack: tabby, resource: "Edge", add: "AWS::CloudFront::Function", rule: report.NotUnderstood, place: "FunctionCode",
		change: properties("Name", "tabby-cafe-edge", "AutoPublish", true, "FunctionCode", code, "FunctionConfig", map[string]any{"Comment": "", "Runtime": runtime}),
		also: []edit{{stack: tabby, resource: "Distribution", change: behavior("/api/*", func(b map[string]any) {
			b["FunctionAssociations"] = []any{map[string]any{"EventType": "viewer-request", "FunctionARN": getAtt("Edge", "FunctionARN")}}
		})}},
	}
}

// record is one of the own host, or of a name below it.
func record(name, host, kind string, values ...any) edit {
	return edit{
		name: name, stack: tabby, resource: "Record", add: "AWS::Route53::RecordSet", rule: report.NotUnderstood, place: "ResourceRecords",
		change: properties("HostedZoneId", "Z0EXAMPLE", "Name", host, "Type", kind, "TTL", "300", "ResourceRecords", values),
	}
}

// frontMutations are about what distributions keep and send, and about names and documents that look like the own ones.
var frontMutations = []edit{
	{name: "answers kept from another name of the API", stack: tabby, resource: "Distribution", rule: report.OpenMethod, place: "CacheBehaviors", change: passingOn("/v2/*", cachingOptimized, getAtt("Address", "RegionalDomainName")), also: []edit{addressed}},
	{name: "answers kept from another distribution", stack: tabby, resource: "Distribution", rule: report.OpenMethod, place: "CacheBehaviors", change: passingOn("/v2/*", cachingOptimized, getAtt("InFront", "DomainName")), also: []edit{inFront}},
	{name: "uploads kept that nobody else signs", stack: tabby, resource: "Distribution", rule: report.OpenMethod, place: "CacheBehaviors", change: both(kept("/uploads/*"), signing("uploads")), also: []edit{accessControl("never")}},
	{name: "uploads kept that callers may sign", stack: tabby, resource: "Distribution", rule: report.OpenMethod, place: "CacheBehaviors", change: both(kept("/uploads/*"), signing("uploads")), also: []edit{accessControl("no-override")}},
	{name: "uploads kept that somebody signs", stack: tabby, resource: "Distribution", rule: report.OpenMethod, place: "CacheBehaviors", change: both(kept("/uploads/*"), onOrigin("uploads", func(o map[string]any) { o["OriginAccessControlId"] = "E2QWRUHEXAMPLE" }))},
	{name: "uploads kept by a part of the query, the old way", stack: tabby, resource: "Distribution", rule: report.OpenMethod, place: "CacheBehaviors", change: behavior("/uploads/*", func(b map[string]any) {
		delete(b, "CachePolicyId")
		b["MinTTL"], b["ForwardedValues"] = 60, map[string]any{"QueryString": true, "QueryStringCacheKeys": []any{"X-Amz-Date"}, "Headers": []any{"Authorization"}}
	})},
	{name: "a token for everyone", stack: tabby, resource: "Distribution", rule: report.OpenMethod, place: "Origins", change: onOrigin("api", func(o map[string]any) {
		o["OriginCustomHeaders"] = []any{map[string]any{"HeaderName": "X-From", "HeaderValue": "edge"}, map[string]any{"HeaderName": "AUTHORIZATION", "HeaderValue": "Bearer x"}}
	})},
	atEdge("code that chooses the server", "cloudfront-js-2.0", "import cf from 'cloudfront';\nfunction handler(event) { cf.updateRequestOrigin({domainName: 'partner.example.net'}); return event.request; }"),
	atEdge("code that chooses the server, imported otherwise", "cloudfront-js-2.0", "import * as crypto from \"cloudfront\"; function handler(event) { return event.request; }"),
	atEdge("code with a module beside a harmless one", "cloudfront-js-2.0", "const crypto = require('crypto'); const cf = require('cloudfront'); function handler(event) { return event.request; }"),

	// Doors that look like the own ones.
	byTokens("tokens of an issuer that ends like a user pool", sub("https://partner.example.net/.amazonaws.com/${Users}")),
	byTokens("tokens of a host that begins like Cognito's", sub("https://cognito-idp.eu-central-1.amazonaws.com.example.net/${Users}")),
	byTokens("tokens of somebody in front of a user pool", sub("https://partner@cognito-idp.eu-central-1.example.net/?.amazonaws.com/${Users}")),
	byTokens("tokens of a path of a user pool", sub("https://cognito-idp.eu-central-1.amazonaws.com/partner/${Users}")),
	{name: "a document of two versions", stack: tabby, resource: "RestApi", rule: report.NotUnderstood, place: "Body", change: func(_ *testing.T, p map[string]any) {
		body := p["Body"].(map[string]any)
		body["swagger"], body["securityDefinitions"] = "2.0", body["components"].(map[string]any)["securitySchemes"]
		body["components"] = map[string]any{"securitySchemes": map[string]any{"oauth2": map[string]any{"type": "apiKey", "name": "X-Key", "in": "header"}}}
	}},
	{name: "a document of no version", stack: tabby, resource: "RestApi", rule: report.NotUnderstood, place: "Body", change: set(nil, "Body", "openapi")},
	{name: "an extension of the document's description", stack: tabby, resource: "RestApi", rule: report.NotUnderstood, place: "info", change: set(true, "Body", "info", "x-amazon-apigateway-shortcut")},
	{name: "an extension of a server", stack: tabby, resource: "RestApi", rule: report.NotUnderstood, place: "servers", change: set([]any{map[string]any{"url": "https://tabby-cafe.example.com", "x-amazon-apigateway-shortcut": true}}, "Body", "servers")},
	{name: "a way through a link", stack: tabby, resource: "RestApi", rule: report.NotUnderstood, place: "connectionType", change: operation("/kittens", "get", func(o map[string]any) {
		o["x-amazon-apigateway-integration"].(map[string]any)["connectionType"] = "VPC_LINK"
	})},
	{name: "a way through a link of an HTTP API", stack: tabby, resource: "Extra", add: "AWS::ApiGatewayV2::Integration", rule: report.NotUnderstood, place: "ConnectionType", change: properties("ApiId", map[string]any{"Ref": "Http"}, "IntegrationType", "AWS_PROXY", "ConnectionType", "VPC_LINK", "IntegrationUri", getAtt("KittensGetFn", "Arn")), also: []edit{httpAPI}},
	{name: "whoever connects", stack: tabby, resource: "Connect", add: "AWS::ApiGatewayV2::Route", rule: report.OpenMethod, change: socket("", "$connect", "AuthorizationType", "NONE").change, also: []edit{sockets}},
	{name: "messages of whoever connects", stack: tabby, resource: "Send", add: "AWS::ApiGatewayV2::Route", rule: report.OpenMethod, change: socket("", "send").change, also: []edit{sockets}},
	{name: "messages of those who connect to another API", stack: tabby, resource: "Send", add: "AWS::ApiGatewayV2::Route", rule: report.OpenMethod, change: socket("", "send").change, also: []edit{
		sockets, connecting, {stack: tabby, resource: "Connect", add: "AWS::ApiGatewayV2::Route", change: properties("ApiId", map[string]any{"Ref": "Http"}, "RouteKey", "$connect", "AuthorizationType", "CUSTOM", "AuthorizerId", map[string]any{"Ref": "Connecting"})}, httpAPI,
	}},
	joining("whoever signs up, by tokens", "Tokens", "AWS::ApiGatewayV2::Authorizer", "", "ApiId", map[string]any{"Ref": "Http"}, "Name", "tokens", "AuthorizerType", "JWT", "IdentitySource", []any{"$request.header.Authorization"},
		"JwtConfiguration", map[string]any{"Issuer": getAtt("Users", "ProviderURL"), "Audience": []any{"x"}}),
	joining("whoever signs up, by a REST API", "Authorizer", "AWS::ApiGateway::Authorizer", "", "RestApiId", ofAPI, "Name", "users", "Type", "COGNITO_USER_POOLS", "IdentitySource", "method.request.header.Authorization", "ProviderARNs", []any{getAtt("Users", "Arn")}),
	joining("whoever signs up, by an identity pool", "Identities", "AWS::Cognito::IdentityPool", "CognitoIdentityProviders", "AllowUnauthenticatedIdentities", false,
		"CognitoIdentityProviders", []any{map[string]any{"ClientId": map[string]any{"Ref": "Users"}, "ProviderName": getAtt("Users", "ProviderName")}}),
	{name: "whoever signs up, since a word says so", stack: tabby, resource: "Tokens", add: "AWS::ApiGatewayV2::Authorizer", rule: report.OpenMethod, change: tokens(sub("https://cognito-idp.eu-central-1.amazonaws.com/${Users}")).change, also: []edit{
		httpAPI, {stack: tabby, resource: "Users", add: userPool.add, change: both(userPool.change, set("false", "AdminCreateUserConfig", "AllowAdminCreateUserOnly"))},
	}},
	{name: "users of another pool", stack: tabby, resource: "Extra", add: "AWS::Cognito::IdentityPool", rule: report.NotUnderstood, place: "ProviderName", change: properties("AllowUnauthenticatedIdentities", false, "CognitoIdentityProviders", []any{map[string]any{"ClientId": "x", "ProviderName": "cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Abcdefghi"}})},

	// Logs and tests of requests, with the tokens in them.
	{name: "requests logged as they come, elsewhere", stack: tabby, resource: "Extra", add: "AWS::CloudFront::RealtimeLogConfig", rule: report.NotUnderstood, place: "StreamArn", change: properties("Name", "requests", "SamplingRate", 100, "Fields", []any{"cs-headers"},
		"EndPoints", []any{map[string]any{"StreamType": "Kinesis", "KinesisStreamConfig": map[string]any{"RoleArn": getAtt("ReaderRole", "Arn"), "StreamArn": "arn:aws:kinesis:us-east-1:999999999999:stream/eve"}}})},
	{name: "requests logged by a firewall, elsewhere", stack: tabby, resource: "Extra", add: "AWS::WAFv2::LoggingConfiguration", rule: report.NotUnderstood, place: "LogDestinationConfigs", change: properties(
		"ResourceArn", getAtt("Firewall", "Arn"), "LogDestinationConfigs", []any{"arn:aws:s3:::aws-waf-logs-eve"}), also: []edit{firewall}},
	{name: "a part of the requests elsewhere", stack: tabby, resource: "Extra", add: "AWS::CloudFront::ContinuousDeploymentPolicy", rule: report.NotUnderstood, place: "StagingDistributionDnsNames", change: properties("ContinuousDeploymentPolicyConfig", map[string]any{
		"Enabled": true, "StagingDistributionDnsNames": []any{"d111111abcdef8.cloudfront.net"}, "TrafficConfig": map[string]any{"Type": "SingleWeight", "SingleWeightConfig": map[string]any{"Weight": 0.1}}})},
	{name: "users whom others vouch for", stack: tabby, resource: "Extra", add: "AWS::Cognito::UserPoolIdentityProvider", rule: report.NotUnderstood, place: "ProviderDetails", change: properties("UserPoolId", map[string]any{"Ref": "Users"}, "ProviderName", "partner", "ProviderType", "OIDC",
		"ProviderDetails", map[string]any{"oidc_issuer": "https://partner.example.net"}), also: []edit{closedPool}},
	{name: "when the account's certificates are told of", stack: tabby, resource: "Extra", add: "AWS::CertificateManager::Account", rule: report.CrossTenant, change: properties("ExpiryEventsConfiguration", map[string]any{"DaysBeforeExpiry": 1})},

	// Own names that lead elsewhere.
	{name: "the own address of a server somewhere", stack: tabby, resource: "RecordA", rule: report.NotUnderstood, place: "ResourceRecords", change: both(set(nil, "AliasTarget"), properties("TTL", "60", "ResourceRecords", []any{"203.0.113.9"}))},
	record("a name below the own one that leads elsewhere", "api.tabby-cafe.example.com", "CNAME", "partner.example.net"),
	record("a name whose servers are somebody's", "tabby-cafe.example.com", "NS", "ns1.partner.example.net.", "ns2.partner.example.net."),
	record("a server for HTTPS", "tabby-cafe.example.com", "HTTPS", "1 partner.example.net alpn=h2"),
	record("mail for somebody", "tabby-cafe.example.com", "MX", "10 mail.partner.example.net"),
	record("what looks like a validation", "api.tabby-cafe.example.com", "A", "_x.acm-validations.aws"),
	{name: "names of a group that lead elsewhere", stack: tabby, resource: "Records", add: "AWS::Route53::RecordSetGroup", rule: report.NotUnderstood, place: "RecordSets[1].ResourceRecords[0]", change: properties("HostedZoneId", "Z0EXAMPLE", "RecordSets", []any{
		map[string]any{"Name": "tabby-cafe.example.com", "Type": "TXT", "TTL": "300", "ResourceRecords": []any{`"v=spf1 -all"`}},
		map[string]any{"Name": "api.tabby-cafe.example.com", "Type": "AAAA", "TTL": "300", "ResourceRecords": []any{"2001:db8::9"}},
	})},
	{name: "an API's name that another made", stack: awesome, resource: "Extra", add: "AWS::ApiGateway::BasePathMapping", rule: report.CrossTenant, place: "DomainName", export: map[string]any{"address": map[string]any{"Ref": "Address"}}, change: properties("DomainName", imported("address"), "RestApiId", ofAPI), also: []edit{addressed}},
	{name: "users who write whose they are", stack: tabby, resource: "Client", add: "AWS::Cognito::UserPoolClient", rule: report.NotUnderstood, place: "WriteAttributes", change: properties(
		"UserPoolId", map[string]any{"Ref": "Users"}, "WriteAttributes", []any{"email", "custom:tenantId"}), also: []edit{closedPool}},
}

// harmlessFront are edits of the same things that break nothing.
var harmlessFront = []edit{
	{name: "users who write their own addresses", stack: tabby, resource: "Client", add: "AWS::Cognito::UserPoolClient", change: properties(
		"UserPoolId", map[string]any{"Ref": "Users"}, "WriteAttributes", []any{"email", "phone_number"}), also: []edit{closedPool}},
	{name: "another name of the API, of which nothing is kept", stack: tabby, resource: "Distribution", change: passingOn("/v2/*", cachingOff, getAtt("Address", "RegionalDomainName")), also: []edit{addressed}},
	{name: "web files that CloudFront signs for", stack: tabby, resource: "Distribution", change: signing("web"), also: []edit{accessControl("always"), {
		stack: tabby, resource: "WebBucketPolicy", change: inPolicy("PolicyDocument", map[string]any{
			"Effect": "Allow", "Principal": map[string]any{"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::" + tabbyWeb + "/*",
			"Condition": map[string]any{"StringEquals": map[string]any{"AWS:SourceArn": sub("arn:aws:cloudfront::111111111111:distribution/${Distribution}")}},
		}),
	}}},
	{name: "a header that tells the API who asks", stack: tabby, resource: "Distribution", change: onOrigin("api", func(o map[string]any) {
		o["OriginCustomHeaders"] = []any{map[string]any{"HeaderName": "X-From", "HeaderValue": "edge"}}
	})},
	{name: "a firewall whose log is one's own", stack: tabby, resource: "Firewall", add: firewall.add, change: firewall.change, also: []edit{
		{stack: tabby, resource: "FirewallLog", add: "AWS::Logs::LogGroup", change: properties("LogGroupName", "aws-waf-logs-tabby-cafe")},
		{stack: tabby, resource: "FirewallLogging", add: "AWS::WAFv2::LoggingConfiguration", change: properties("ResourceArn", getAtt("Firewall", "Arn"), "LogDestinationConfigs", []any{getAtt("FirewallLog", "Arn")}, "RedactedFields", []any{map[string]any{"SingleHeader": map[string]any{"Name": "authorization"}}})},
	}},
	{name: "metrics of the own distribution, and a check of its address", stack: tabby, resource: "Metrics", add: "AWS::CloudFront::MonitoringSubscription", change: properties("DistributionId", map[string]any{"Ref": "Distribution"}, "MonitoringSubscription", map[string]any{"RealtimeMetricsSubscriptionConfig": map[string]any{"RealtimeMetricsSubscriptionStatus": "Enabled"}}), also: []edit{
		{stack: tabby, resource: "Check", add: "AWS::Route53::HealthCheck", change: properties("HealthCheckConfig", map[string]any{"Type": "HTTPS", "FullyQualifiedDomainName": "tabby-cafe.example.com", "ResourcePath": "/"})},
	}},
	{name: "a user and a group of the own pool", stack: tabby, resource: "Users", add: closedPool.add, change: closedPool.change, also: []edit{
		{stack: tabby, resource: "Group", add: "AWS::Cognito::UserPoolGroup", change: properties("UserPoolId", map[string]any{"Ref": "Users"}, "GroupName", "keepers")},
		{stack: tabby, resource: "Keeper", add: "AWS::Cognito::UserPoolUser", change: properties("UserPoolId", map[string]any{"Ref": "Users"}, "Username", "keeper", "UserAttributes", []any{map[string]any{"Name": "email", "Value": "keeper@tabby-cafe.example.com"}})},
		{stack: tabby, resource: "Member", add: "AWS::Cognito::UserPoolUserToGroupAttachment", change: properties("UserPoolId", map[string]any{"Ref": "Users"}, "GroupName", map[string]any{"Ref": "Group"}, "Username", map[string]any{"Ref": "Keeper"})},
	}},
	rewriting("code that rewrites paths", "function handler(event) { var r = event.request; if (r.uri.endsWith('/')) { r.uri += 'index.html'; } return r; }"),
	rewriting("code that computes", "import qs from 'querystring'; const crypto = require('crypto'); // important\nfunction handler(event) { return event.request; }"),
	harmlessly(byTokens("users of the own pool", sub("https://cognito-idp.${AWS::Region}.amazonaws.com/${Users}"))),
	harmlessly(byTokens("users of the own pool, by its address", getAtt("Users", "ProviderURL"))),
	{name: "an own identity pool", stack: tabby, resource: "Identities", add: "AWS::Cognito::IdentityPool", change: properties("AllowUnauthenticatedIdentities", false, "CognitoIdentityProviders", []any{
		map[string]any{"ClientId": map[string]any{"Ref": "Client"}, "ProviderName": getAtt("Users", "ProviderName")},
	}), also: []edit{closedPool, {stack: tabby, resource: "Client", add: "AWS::Cognito::UserPoolClient", change: properties("UserPoolId", map[string]any{"Ref": "Users"})}}},
	{name: "an own identity pool, by a text", stack: tabby, resource: "Identities", add: "AWS::Cognito::IdentityPool", change: properties("AllowUnauthenticatedIdentities", false, "CognitoIdentityProviders", []any{
		map[string]any{"ClientId": map[string]any{"Ref": "Client"}, "ProviderName": sub("cognito-idp.${AWS::Region}.amazonaws.com/${Users}")},
	}), also: []edit{closedPool, {stack: tabby, resource: "Client", add: "AWS::Cognito::UserPoolClient", change: properties("UserPoolId", map[string]any{"Ref": "Users"})}}},
	{name: "an own address of the API", stack: tabby, resource: "Address", add: addressed.add, change: addressed.change, also: []edit{
		{stack: tabby, resource: "Mapping", add: "AWS::ApiGateway::BasePathMapping", change: properties("DomainName", map[string]any{"Ref": "Address"}, "RestApiId", ofAPI, "Stage", map[string]any{"Ref": "Stage"})},
		{stack: tabby, resource: "Record", add: "AWS::Route53::RecordSet", change: properties("HostedZoneId", "Z0EXAMPLE", "Name", "api.tabby-cafe.example.com", "Type", "A", "AliasTarget", map[string]any{"DNSName": getAtt("Address", "RegionalDomainName"), "HostedZoneId": getAtt("Address", "RegionalHostedZoneId")})},
	}},
	{name: "an own address of an HTTP API", stack: tabby, resource: "Address", add: "AWS::ApiGatewayV2::DomainName", change: properties("DomainName", "http.tabby-cafe.example.com", "DomainNameConfigurations", []any{map[string]any{"EndpointType": "REGIONAL", "CertificateArn": certificate}}), also: []edit{
		httpAPI, {stack: tabby, resource: "Mapping", add: "AWS::ApiGatewayV2::ApiMapping", change: properties("DomainName", map[string]any{"Ref": "Address"}, "ApiId", map[string]any{"Ref": "Http"}, "Stage", "$default")},
	}},
	{name: "a WebSocket API", stack: tabby, resource: "Sockets", add: sockets.add, change: sockets.change, also: []edit{
		connecting, socket("Connect", "$connect", "AuthorizationType", "CUSTOM", "AuthorizerId", map[string]any{"Ref": "Connecting"}), socket("Disconnect", "$disconnect"), socket("Send", "send", "AuthorizationType", "NONE"),
	}},
	{name: "an integration without a link", stack: tabby, resource: "Integration", add: "AWS::ApiGatewayV2::Integration", change: properties("ApiId", map[string]any{"Ref": "Http"}, "IntegrationType", "AWS_PROXY", "ConnectionType", "INTERNET", "IntegrationUri", getAtt("KittensGetFn", "Arn"), "PayloadFormatVersion", "2.0"), also: []edit{httpAPI}},
	harmlessly(record("a text about the own name", "tabby-cafe.example.com", "TXT", `"v=spf1 -all"`)),
	harmlessly(record("who may certify the own name", "tabby-cafe.example.com", "CAA", `0 issue "amazon.com"`)),
	harmlessly(record("a validation of a certificate", "_3c5b8e2a.tabby-cafe.example.com", "CNAME", "_9d613c5b.jkddzztszm.acm-validations.aws.")),
	harmlessly(record("another name of the own distribution", "www.tabby-cafe.example.com", "CNAME", getAtt("Distribution", "DomainName"))),
	{name: "validators and preflights", stack: tabby, resource: "RestApi", change: func(_ *testing.T, p map[string]any) {
		body := p["Body"].(map[string]any)
		body["x-amazon-apigateway-request-validators"] = map[string]any{"all": map[string]any{"validateRequestBody": true, "validateRequestParameters": true}}
		body["x-amazon-apigateway-request-validator"] = "all"
		body["paths"].(map[string]any)["/kittens"].(map[string]any)["options"] = map[string]any{"x-amazon-apigateway-integration": map[string]any{
			"type": "mock", "requestTemplates": map[string]any{"application/json": `{"statusCode": 200}`}, "responses": map[string]any{"default": map[string]any{"statusCode": "200"}},
		}}
	}},
}

// rewriting is code in front of the API that is understood.
func rewriting(name, code string) edit { return harmlessly(atEdge(name, "cloudfront-js-2.0", code)) }

// harmlessly is an edit of which nothing is found.
func harmlessly(e edit) edit {
	e.rule, e.place = "", ""
	return e
}
