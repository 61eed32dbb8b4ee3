package prove

import (
	"testing"

	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// scheme changes what is behind the security scheme of the API's document.
func scheme(change func(s map[string]any)) func(*testing.T, map[string]any) {
	return authorizer(change)
}

// ofAPI is the id of the stack's own API.
var ofAPI = map[string]any{"Ref": "RestApi"}

// behind replaces what the authorizer of the document's scheme says.
func behind(fields ...any) func(*testing.T, map[string]any) {
	return scheme(func(s map[string]any) {
		x := s["x-amazon-apigateway-authorizer"].(map[string]any)
		for i := 0; i < len(fields); i += 2 {
			if x[fields[i].(string)] = fields[i+1]; fields[i+1] == nil {
				delete(x, fields[i].(string))
			}
		}
	})
}

// answers replaces what answers GET /kittens.
func answers(fields ...any) func(*testing.T, map[string]any) {
	return operation("/kittens", "get", func(o map[string]any) {
		integration := map[string]any{}
		for i := 0; i < len(fields); i += 2 {
			integration[fields[i].(string)] = fields[i+1]
		}
		o["x-amazon-apigateway-integration"] = integration
	})
}

// cognito makes the scheme one of a user pool of the stack, and asks for scopes.
func cognito(scopes ...any) func(*testing.T, map[string]any) {
	if scopes == nil {
		scopes = []any{}
	}
	return func(t *testing.T, p map[string]any) {
		scheme(func(s map[string]any) {
			s["x-amazon-apigateway-authtype"] = "cognito_user_pools"
			s["x-amazon-apigateway-authorizer"] = map[string]any{"type": "cognito_user_pools", "providerARNs": []any{getAtt("Users", "Arn")}}
		})(t, p)
		for _, item := range p["Body"].(map[string]any)["paths"].(map[string]any) {
			for method, o := range item.(map[string]any) {
				if security, has := o.(map[string]any)["security"]; has && method != "parameters" {
					for _, requirement := range security.([]any) {
						requirement.(map[string]any)["oauth2"] = scopes
					}
				}
			}
		}
	}
}

// groupOf makes a behavior answer from a group of origins.
func groupOf(path string, policy string, members ...string) func(*testing.T, map[string]any) {
	return distribution(func(c map[string]any) {
		var items []any
		for _, m := range members {
			items = append(items, map[string]any{"OriginId": m})
		}
		c["OriginGroups"] = map[string]any{"Quantity": 1, "Items": []any{map[string]any{
			"Id": "group", "Members": map[string]any{"Quantity": len(items), "Items": items},
			"FailoverCriteria": map[string]any{"StatusCodes": map[string]any{"Quantity": 1, "Items": []any{503}}},
		}}}
		for _, b := range c["CacheBehaviors"].([]any) {
			if b.(map[string]any)["PathPattern"] == path {
				b.(map[string]any)["TargetOriginId"], b.(map[string]any)["CachePolicyId"] = "group", policy
			}
		}
	})
}

const (
	cachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
	cachingOff       = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
)

// caching is an own cache policy with what is in its key.
func caching(headers, queries map[string]any) edit {
	return edit{stack: tabby, resource: "Caching", add: "AWS::CloudFront::CachePolicy", change: properties("CachePolicyConfig", map[string]any{
		"Name": "caching", "DefaultTTL": 60, "MinTTL": 1, "MaxTTL": 60, "ParametersInCacheKeyAndForwardedToOrigin": map[string]any{
			"EnableAcceptEncodingGzip": true, "HeadersConfig": headers, "QueryStringsConfig": queries, "CookiesConfig": map[string]any{"CookieBehavior": "all"},
		}})}
}

// by lets a behavior keep answers by the own cache policy.
func by(path string) func(*testing.T, map[string]any) {
	return behavior(path, func(b map[string]any) { b["CachePolicyId"] = map[string]any{"Ref": "Caching"} })
}

// edgeMutations are about what is in front of the functions.
var edgeMutations = []edit{
	// Answers that are kept for the next caller.
	{name: "answers kept by the query alone", stack: tabby, resource: "Distribution", rule: report.OpenMethod, place: "CacheBehaviors", change: by("/api/*"),
		also: []edit{caching(map[string]any{"HeaderBehavior": "none"}, map[string]any{"QueryStringBehavior": "all"})}},
	{name: "answers kept by the token alone", stack: tabby, resource: "Distribution", rule: report.OpenMethod, place: "CacheBehaviors", change: by("/api/*"),
		also: []edit{caching(map[string]any{"HeaderBehavior": "whitelist", "Headers": []any{"Authorization"}}, map[string]any{"QueryStringBehavior": "none"})}},
	{name: "uploads kept by a part of their signature", stack: tabby, resource: "Distribution", rule: report.OpenMethod, place: "CacheBehaviors", change: by("/uploads/*"),
		also: []edit{caching(map[string]any{"HeaderBehavior": "none"}, map[string]any{"QueryStringBehavior": "whitelist", "QueryStrings": []any{"X-Amz-Date"}})}},
	{name: "answers kept by a managed policy", stack: tabby, resource: "Distribution", rule: report.OpenMethod, place: "CacheBehaviors", change: behavior("/api/*", func(b map[string]any) { b["CachePolicyId"] = "83da9c7e-98b4-4e11-a168-04f0df8e2c65" })},
	{name: "answers kept for a while, the old way", stack: tabby, resource: "Distribution", rule: report.OpenMethod, place: "CacheBehaviors", change: behavior("/api/*", func(b map[string]any) {
		delete(b, "CachePolicyId")
		b["MinTTL"], b["ForwardedValues"] = 30, map[string]any{"QueryString": true, "Headers": []any{"Origin"}}
	})},
	{name: "a group of origins that keeps what the API answers", stack: tabby, resource: "Distribution", rule: report.OpenMethod, place: "CacheBehaviors", change: groupOf("/api/*", cachingOptimized, "api", "web")},
	{name: "a group of origins that falls back to the API", stack: tabby, resource: "Distribution", rule: report.OpenMethod, place: "CacheBehaviors", change: groupOf("/api/*", cachingOptimized, "web", "api")},
	{name: "a group of origins with the uploads", stack: tabby, resource: "Distribution", rule: report.OpenMethod, place: "CacheBehaviors", change: groupOf("/uploads/*", cachingOptimized, "web", "uploads")},
	{name: "a behavior of no origin", stack: tabby, resource: "Distribution", rule: report.NotUnderstood, place: "CacheBehaviors", change: behavior("/api/*", func(b map[string]any) { b["TargetOriginId"] = "elsewhere" })},
	{name: "a cache of a method", stack: tabby, resource: "Stage", rule: report.OpenMethod, place: "CachingEnabled", change: properties("CacheClusterEnabled", true, "CacheClusterSize", "0.5", "MethodSettings", []any{map[string]any{"HttpMethod": "GET", "ResourcePath": "/~1kittens", "CachingEnabled": true, "CacheTtlInSeconds": 60}})},
	{name: "a cache of all methods, as text", stack: tabby, resource: "Stage", rule: report.OpenMethod, place: "CachingEnabled", change: func(_ *testing.T, p map[string]any) {
		p["MethodSettings"].([]any)[0].(map[string]any)["CachingEnabled"] = "true"
	}},
	{name: "a cache of a deployment's stage", stack: tabby, resource: "Extra", add: "AWS::ApiGateway::Deployment", rule: report.NotUnderstood, place: "StageDescription", change: properties("RestApiId", ofAPI, "StageName", "other", "StageDescription", map[string]any{"CachingEnabled": true})},
	{name: "an authorizer told apart by another header", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "securitySchemes", change: behind("identitySource", "method.request.header.X-Api-Key, context.httpMethod, context.resourcePath")},
	{name: "an authorizer told apart by a query", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "securitySchemes", change: behind("identitySource", "method.request.querystring.token,context.httpMethod,context.path")},
	{name: "an authorizer told apart by the stage", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "securitySchemes", change: behind("identitySource", "method.request.header.Authorization, context.stage, stageVariables.billingAccount")},
	{name: "an authorizer whose answers are kept by default", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "securitySchemes", change: behind("identitySource", nil, "authorizerResultTtlInSeconds", nil)},
	{name: "an authorizer of the token alone", stack: tabby, resource: "Extra", add: "AWS::ApiGateway::Authorizer", rule: report.OpenMethod, change: properties("RestApiId", ofAPI, "Name", "x", "Type", "TOKEN", "IdentitySource", "method.request.header.Authorization", "AuthorizerUri", invoke("AuthorizerFn"))},
	{name: "an authorizer without the token", stack: tabby, resource: "Extra", add: "AWS::ApiGateway::Authorizer", rule: report.OpenMethod, change: properties("RestApiId", ofAPI, "Name", "x", "Type", "REQUEST", "IdentitySource", "context.httpMethod,context.resourcePath", "AuthorizerUri", invoke("AuthorizerFn"))},
	{name: "simple answers for all routes", stack: tabby, resource: "Extra", add: "AWS::ApiGatewayV2::Authorizer", rule: report.OpenMethod, change: properties("ApiId", map[string]any{"Ref": "Http"}, "Name", "x", "AuthorizerType", "REQUEST", "IdentitySource", []any{"$request.header.Authorization"}, "AuthorizerResultTtlInSeconds", 300, "EnableSimpleResponses", true, "AuthorizerUri", invoke("AuthorizerFn")), also: []edit{httpAPI}},
	{name: "answers for a route, whoever asks", stack: tabby, resource: "Extra", add: "AWS::ApiGatewayV2::Authorizer", rule: report.OpenMethod, change: properties("ApiId", map[string]any{"Ref": "Http"}, "Name", "x", "AuthorizerType", "REQUEST", "IdentitySource", []any{"$context.routeKey"}, "AuthorizerResultTtlInSeconds", "60", "AuthorizerUri", invoke("AuthorizerFn")), also: []edit{httpAPI}},

	// Other doors.
	{name: "whoever has a token of the issuer", stack: tabby, resource: "Route", add: "AWS::ApiGatewayV2::Route", rule: report.OpenMethod, change: properties("ApiId", map[string]any{"Ref": "Http"}, "RouteKey", "GET /kittens", "AuthorizationType", "JWT", "AuthorizerId", map[string]any{"Ref": "Tokens"}), also: []edit{httpAPI, tokens("https://id.example.com/")}},
	{name: "whoever may read kittens", stack: tabby, resource: "Route", add: "AWS::ApiGatewayV2::Route", rule: report.OpenMethod, change: properties("ApiId", map[string]any{"Ref": "Http"}, "RouteKey", "GET /kittens", "AuthorizationType", "JWT", "AuthorizerId", map[string]any{"Ref": "Tokens"}, "AuthorizationScopes", []any{"account:20417", "kittens:read"}), also: []edit{httpAPI, tokens("https://id.example.com/")}},
	{name: "another account's tokens", stack: tabby, resource: "Route", add: "AWS::ApiGatewayV2::Route", rule: report.OpenMethod, change: properties("ApiId", map[string]any{"Ref": "Http"}, "RouteKey", "$default", "AuthorizationType", "JWT", "AuthorizerId", map[string]any{"Ref": "Tokens"}, "AuthorizationScopes", []any{"account:12345"}), also: []edit{httpAPI, tokens("https://id.example.com/")}},
	{name: "a route for IAM principals", stack: tabby, resource: "Route", add: "AWS::ApiGatewayV2::Route", rule: report.OpenMethod, change: properties("ApiId", map[string]any{"Ref": "Http"}, "RouteKey", "GET /kittens", "AuthorizationType", "AWS_IAM"), also: []edit{httpAPI}},
	{name: "a scheme of type jwt", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "paths", change: scheme(func(s map[string]any) {
		s["x-amazon-apigateway-authorizer"] = map[string]any{"type": "jwt", "identitySource": "$request.header.Authorization", "jwtConfiguration": map[string]any{"issuer": "https://id.example.com/", "audience": []any{"x"}}}
	})},
	{name: "a user pool instead of the authorizer", stack: tabby, resource: "RestApi", rule: report.Configuration, place: "securitySchemes", change: cognito("api/kittens"), also: []edit{userPool}},
	{name: "a user pool without scopes", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "paths", change: cognito(), also: []edit{userPool}},
	{name: "a method of a user pool without scopes", stack: tabby, resource: "Extra", add: "AWS::ApiGateway::Method", rule: report.OpenMethod, change: properties("RestApiId", ofAPI, "ResourceId", getAtt("RestApi", "RootResourceId"), "HttpMethod", "GET", "AuthorizationType", "COGNITO_USER_POOLS", "Integration", map[string]any{"Type": "AWS_PROXY", "Uri": invoke("KittensGetFn")})},
	{name: "a method with an API key alone", stack: tabby, resource: "Extra", add: "AWS::ApiGateway::Method", rule: report.OpenMethod, change: properties("RestApiId", ofAPI, "ResourceId", getAtt("RestApi", "RootResourceId"), "HttpMethod", "GET", "AuthorizationType", "NONE", "ApiKeyRequired", true, "Integration", map[string]any{"Type": "AWS_PROXY", "Uri": invoke("KittensGetFn")})},
	{name: "a cloned API", stack: tabby, resource: "RestApi", rule: report.NotUnderstood, place: "CloneFrom", change: set("a1b2c3d4e5", "CloneFrom")},
	{name: "a document that is merged", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "Mode", change: set("merge", "Mode")},
	{name: "a document of which nobody says that it replaces", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "Mode", change: set(nil, "Mode")},
	{name: "an authorizer by its id", stack: tabby, resource: "Extra", add: "AWS::ApiGateway::Method", rule: report.NotUnderstood, place: "AuthorizerId", change: properties("RestApiId", ofAPI, "ResourceId", getAtt("RestApi", "RootResourceId"), "HttpMethod", "GET", "AuthorizationType", "CUSTOM", "AuthorizerId", "abc123", "Integration", map[string]any{"Type": "AWS_PROXY", "Uri": invoke("KittensGetFn")})},
	{name: "a stage of an API by its id", stack: tabby, resource: "Extra", add: "AWS::ApiGateway::Stage", place: "RestApiId", change: properties("RestApiId", "a1b2c3d4e5", "DeploymentId", "d1", "StageName", "x")},
	{name: "a route of an API by its id", stack: tabby, resource: "Extra", add: "AWS::ApiGatewayV2::Route", place: "ApiId", change: properties("ApiId", "a1b2c3d4e5", "RouteKey", "GET /x", "AuthorizationType", "CUSTOM")},
	{name: "a server that gets the token", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "integration", change: answers("type", "http_proxy", "httpMethod", "GET", "uri", "https://partner.example.net/kittens")},
	{name: "a server that gets the body", stack: tabby, resource: "RestApi", rule: report.OpenMethod, place: "integration", change: answers("type", "http", "httpMethod", "POST", "uri", "https://partner.example.net/kittens", "responses", map[string]any{})},
	{name: "a server behind a method", stack: tabby, resource: "Extra", add: "AWS::ApiGateway::Method", rule: report.OpenMethod, place: "Integration", change: properties("RestApiId", ofAPI, "ResourceId", getAtt("RestApi", "RootResourceId"), "HttpMethod", "GET", "AuthorizationType", "CUSTOM", "Integration", map[string]any{"Type": "HTTP_PROXY", "Uri": "https://partner.example.net/"})},
	{name: "a server behind an HTTP API", stack: tabby, resource: "Extra", add: "AWS::ApiGatewayV2::Integration", rule: report.OpenMethod, change: properties("ApiId", map[string]any{"Ref": "Http"}, "IntegrationType", "HTTP_PROXY", "IntegrationMethod", "GET", "IntegrationUri", "https://partner.example.net/"), also: []edit{httpAPI}},
	{name: "a server in a network", stack: tabby, resource: "RestApi", rule: report.NotUnderstood, place: "connectionId", change: operation("/kittens", "get", func(o map[string]any) {
		o["x-amazon-apigateway-integration"].(map[string]any)["connectionId"] = "vpclink1"
	})},
	{name: "a table behind a template", stack: tabby, resource: "RestApi", rule: report.NotUnderstood, place: "integration", change: answers("type", "aws", "httpMethod", "POST", "uri", "arn:aws:apigateway:eu-central-1:dynamodb:action/Scan", "requestTemplates", map[string]any{"application/json": `{"TableName": "kittens_cell_eu-1_kittens"}`})},
	{name: "objects behind a path", stack: tabby, resource: "RestApi", rule: report.NotUnderstood, place: "integration", change: answers("type", "aws", "httpMethod", "GET", "uri", "arn:aws:apigateway:eu-central-1:s3:path/{bucket}/{key}")},
	{name: "objects behind what looks like a function", stack: tabby, resource: "RestApi", rule: report.NotUnderstood, place: "integration", change: answers("type", "aws", "httpMethod", "GET", "uri", map[string]any{"Fn::Sub": "arn:aws:apigateway:eu-central-1:s3:path/some-bucket/functions/${KittensGetFn.Arn}/invocations"})},
	{name: "a service behind an HTTP API", stack: tabby, resource: "Extra", add: "AWS::ApiGatewayV2::Integration", rule: report.NotUnderstood, change: properties("ApiId", map[string]any{"Ref": "Http"}, "IntegrationType", "AWS_PROXY", "IntegrationSubtype", "SQS-SendMessage", "PayloadFormatVersion", "1.0"), also: []edit{httpAPI}},
	{name: "a template that goes elsewhere", stack: tabby, resource: "RestApi", rule: report.NotUnderstood, place: "requestTemplates", change: operation("/kittens", "get", func(o map[string]any) {
		o["x-amazon-apigateway-integration"].(map[string]any)["requestTemplates"] = map[string]any{"application/json": "#set($context.requestOverride.path.function = $input.params('f'))"}
	})},
	{name: "a function that a stage variable names", stack: tabby, resource: "RestApi", elsewhere: true, rule: report.NotUnderstood, change: answers("type", "aws_proxy", "httpMethod", "POST", "uri", "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/${stageVariables.fn}/invocations")},
	{name: "an extension of the future", stack: tabby, resource: "RestApi", rule: report.NotUnderstood, place: "x-amazon-apigateway-shortcut", change: func(_ *testing.T, p map[string]any) {
		p["Body"].(map[string]any)["x-amazon-apigateway-shortcut"] = true
	}},
	{name: "an extension of an operation", stack: tabby, resource: "RestApi", rule: report.NotUnderstood, place: "x-amazon-apigateway-any", change: operation("/kittens", "get", func(o map[string]any) { o["x-amazon-apigateway-any-caller"] = true })},
	{name: "callers with certificates", stack: tabby, resource: "Extra", add: "AWS::ApiGateway::DomainName", rule: report.NotUnderstood, place: "MutualTls", change: properties("DomainName", "api.tabby-cafe.example.com", "MutualTlsAuthentication", map[string]any{"TruststoreUri": "s3://" + tabbyWeb + "/ca.pem"})},
	{name: "guests of an identity pool", stack: tabby, resource: "Extra", add: "AWS::Cognito::IdentityPool", rule: report.OpenMethod, place: "AllowUnauthenticatedIdentities", change: properties("AllowUnauthenticatedIdentities", true)},

	{name: "tokens for another's address", stack: tabby, resource: "Extra", add: "AWS::Cognito::UserPoolClient", rule: report.OpenMethod, place: "CallbackURLs", change: properties("UserPoolId", map[string]any{"Ref": "Users"}, "CallbackURLs", []any{"https://tabby-cafe.example.com/", "https://whisker-world.example.com/callback"}), also: []edit{userPool}},

	// Other people's names.
	{name: "a certificate of another's name", stack: tabby, resource: "Extra", add: "AWS::CertificateManager::Certificate", rule: report.Ambiguous, place: "DomainName", change: properties("DomainName", "whisker-world.example.com", "ValidationMethod", "DNS")},
	{name: "a certificate of everybody's names", stack: tabby, resource: "Extra", add: "AWS::CertificateManager::Certificate", rule: report.Ambiguous, place: "SubjectAlternativeNames", change: properties("DomainName", "tabby-cafe.example.com", "SubjectAlternativeNames", []any{"*.example.com"})},
	{name: "a certificate to take along", stack: tabby, resource: "Extra", add: "AWS::CertificateManager::Certificate", rule: report.NotUnderstood, place: "CertificateExport", change: properties("DomainName", "tabby-cafe.example.com", "CertificateExport", "ENABLED")},
	{name: "a sign-in at another's name", stack: tabby, resource: "Extra", add: "AWS::Cognito::UserPoolDomain", rule: report.Ambiguous, change: properties("UserPoolId", map[string]any{"Ref": "Users"}, "Domain", "login.whisker-world.example.com", "CustomDomainConfig", map[string]any{"CertificateArn": "arn:aws:acm:us-east-1:111111111111:certificate/0f7d2c1e-58a4-4b0e-9d61-3c5b8e2a7f10"}), also: []edit{userPool}},
	{name: "a domain of search at another's name", stack: acme, resource: "SearchDomain", rule: report.Ambiguous, place: "CustomEndpoint", change: set("whisker-world.example.com", "DomainEndpointOptions", "CustomEndpoint")},
	{name: "an API at another's name", stack: tabby, resource: "Extra", add: "AWS::ApiGatewayV2::DomainName", rule: report.Ambiguous, change: properties("DomainName", "whisker-world.example.com")},
	{name: "a zone of the platform's domain", stack: tabby, resource: "Extra", add: "AWS::Route53::HostedZone", rule: report.Ambiguous, change: properties("Name", "example.com.")},
	{name: "a zone of another's name", stack: tabby, resource: "Extra", add: "AWS::Route53::HostedZone", rule: report.Ambiguous, change: properties("Name", "whisker-world.example.com")},
	{name: "an alias, the old way", stack: tabby, resource: "Distribution", rule: report.Ambiguous, place: "CNAMEs", change: distribution(func(c map[string]any) { c["CNAMEs"] = []any{"whisker-world.example.com"} })},
	{name: "a distribution of many tenants", stack: tabby, resource: "Distribution", rule: report.NotUnderstood, place: "ConnectionMode", change: distribution(func(c map[string]any) { c["ConnectionMode"] = "tenant-only" })},
	{name: "a tenant of a distribution", stack: tabby, resource: "Extra", add: "AWS::CloudFront::DistributionTenant", rule: report.NotUnderstood, change: properties("Domains", []any{map[string]any{"Domain": "whisker-world.example.com"}})},
	{name: "a record that leads to another's distribution", stack: tabby, resource: "RecordA", export: nil, rule: report.NotUnderstood, place: "AliasTarget", change: set(imported("distribution"), "AliasTarget", "DNSName")},
}

// httpAPI is an own HTTP API, and userPool an own user pool.
var (
	httpAPI  = edit{stack: tabby, resource: "Http", add: "AWS::ApiGatewayV2::Api", change: properties("Name", "http", "ProtocolType", "HTTP")}
	userPool = edit{stack: tabby, resource: "Users", add: "AWS::Cognito::UserPool", change: properties("UserPoolName", "users", "DeletionProtection", "ACTIVE", "Policies", map[string]any{"PasswordPolicy": map[string]any{"MinimumLength": 14}})}
)

// tokens is a JWT authorizer of the own HTTP API.
func tokens(issuer any) edit {
	return edit{stack: tabby, resource: "Tokens", add: "AWS::ApiGatewayV2::Authorizer", change: properties("ApiId", map[string]any{"Ref": "Http"}, "Name", "tokens", "AuthorizerType", "JWT",
		"IdentitySource", []any{"$request.header.Authorization"}, "JwtConfiguration", map[string]any{"Issuer": issuer, "Audience": []any{"https://api.example.com/"}})}
}

// harmlessEdge are edits in front of the functions that break nothing.
var harmlessEdge = []edit{
	{name: "an own user pool with a client", stack: tabby, resource: "Users", add: userPool.add, change: userPool.change, also: []edit{
		{stack: tabby, resource: "Client", add: "AWS::Cognito::UserPoolClient", change: properties("UserPoolId", map[string]any{"Ref": "Users"}, "CallbackURLs", []any{"https://tabby-cafe.example.com/callback"}, "AllowedOAuthFlows", []any{"code"}, "AllowedOAuthScopes", []any{"openid"}, "AllowedOAuthFlowsUserPoolClient", true)},
		{stack: tabby, resource: "SignIn", add: "AWS::Cognito::UserPoolDomain", change: properties("UserPoolId", map[string]any{"Ref": "Users"}, "Domain", "tabby-cafe-sign-in")},
	}},
	{name: "an own web ACL", stack: tabby, resource: "Firewall", add: "AWS::WAFv2::WebACL", change: properties("Scope", "CLOUDFRONT", "DefaultAction", map[string]any{"Allow": map[string]any{}}, "VisibilityConfig", map[string]any{"CloudWatchMetricsEnabled": true, "MetricName": "waf", "SampledRequestsEnabled": true},
		"Rules", []any{map[string]any{"Name": "common", "Priority": 0, "OverrideAction": map[string]any{"None": map[string]any{}}, "Statement": map[string]any{"ManagedRuleGroupStatement": map[string]any{"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}}, "VisibilityConfig": map[string]any{"CloudWatchMetricsEnabled": true, "MetricName": "common", "SampledRequestsEnabled": true}}}), also: []edit{
		{stack: tabby, resource: "Distribution", change: distribution(func(c map[string]any) { c["WebACLId"] = getAtt("Firewall", "Arn") })},
	}},
	{name: "another alias of the own host", stack: tabby, resource: "Www", add: "AWS::Route53::RecordSet", change: properties("HostedZoneId", "Z0EXAMPLE", "Name", "www.tabby-cafe.example.com", "Type", "A", "AliasTarget", map[string]any{"DNSName": getAtt("Distribution", "DomainName"), "HostedZoneId": "Z2FDTNDATAQYW2"})},
	{name: "an own certificate", stack: tabby, resource: "Certificate", add: "AWS::CertificateManager::Certificate", change: properties("DomainName", "tabby-cafe.example.com", "SubjectAlternativeNames", []any{"www.tabby-cafe.example.com"}, "ValidationMethod", "DNS", "DomainValidationOptions", []any{map[string]any{"DomainName": "tabby-cafe.example.com", "HostedZoneId": "Z0EXAMPLE"}})},
	{name: "an own zone below the own host", stack: tabby, resource: "Zone", add: "AWS::Route53::HostedZone", change: properties("Name", "mail.tabby-cafe.example.com")},
	{name: "static files kept longer", stack: tabby, resource: "Distribution", change: distribution(func(c map[string]any) {
		c["CacheBehaviors"] = append(c["CacheBehaviors"].([]any), map[string]any{"PathPattern": "/assets/*", "TargetOriginId": "web", "ViewerProtocolPolicy": "redirect-to-https", "CachePolicyId": cachingOptimized, "Compress": true})
	})},
	{name: "a group of origins that keeps nothing", stack: tabby, resource: "Distribution", change: groupOf("/api/*", cachingOff, "api", "web")},
	{name: "an own page for errors", stack: tabby, resource: "Distribution", change: distribution(func(c map[string]any) {
		c["CustomErrorResponses"] = []any{map[string]any{"ErrorCode": 404, "ResponseCode": 404, "ResponsePagePath": "/404.html", "ErrorCachingMinTTL": 10}}
		c["HttpVersion"], c["PriceClass"] = "http3", "PriceClass_All"
	})},
	{name: "own headers", stack: tabby, resource: "Headers", add: "AWS::CloudFront::ResponseHeadersPolicy", change: properties("ResponseHeadersPolicyConfig", map[string]any{"Name": "own", "SecurityHeadersConfig": map[string]any{"FrameOptions": map[string]any{"FrameOption": "DENY", "Override": true}}}), also: []edit{
		{stack: tabby, resource: "Distribution", change: behavior("/api/*", func(b map[string]any) { b["ResponseHeadersPolicyId"] = map[string]any{"Ref": "Headers"} })},
	}},
	{name: "more requests a second", stack: tabby, resource: "Stage", change: func(_ *testing.T, p map[string]any) {
		p["MethodSettings"].([]any)[0].(map[string]any)["ThrottlingRateLimit"] = 500
	}},
	{name: "another access log", stack: tabby, resource: "Stage", change: set("$context.requestId $context.status", "AccessLogSetting", "Format")},
	{name: "a longer memory of the authorizer", stack: tabby, resource: "RestApi", change: behind("authorizerResultTtlInSeconds", 300)},
	{name: "the authorizer told apart by the host, too", stack: tabby, resource: "RestApi", change: behind("identitySource", "method.request.header.Authorization, method.request.header.Host, context.httpMethod, context.resourcePath")},
	{name: "another method of a function", stack: tabby, resource: "RestApi", change: func(_ *testing.T, p map[string]any) {
		paths := p["Body"].(map[string]any)["paths"].(map[string]any)
		get := paths["/kittens"].(map[string]any)["get"]
		paths["/cats"] = map[string]any{"summary": "kittens, grown up", "get": get}
	}},
	{name: "another answer of the gateway", stack: tabby, resource: "RestApi", change: func(_ *testing.T, p map[string]any) {
		p["Body"].(map[string]any)["x-amazon-apigateway-gateway-responses"].(map[string]any)["WAF_FILTERED"] = map[string]any{"statusCode": 403, "responseTemplates": map[string]any{"application/json": `{"title":"Forbidden"}`}}
	}},
	{name: "tags, servers and extensions of others in the document", stack: tabby, resource: "RestApi", change: func(_ *testing.T, p map[string]any) {
		body := p["Body"].(map[string]any)
		body["tags"], body["servers"], body["x-logo"] = []any{map[string]any{"name": "kittens"}}, []any{map[string]any{"url": "https://tabby-cafe.example.com/api"}}, "logo.svg"
	}},
	{name: "a longer time for an integration", stack: tabby, resource: "RestApi", change: operation("/kittens", "get", func(o map[string]any) {
		o["x-amazon-apigateway-integration"].(map[string]any)["timeoutInMillis"] = 15000
	})},
	{name: "an HTTP API for the account's tokens", stack: tabby, resource: "Http", add: httpAPI.add, change: httpAPI.change, also: []edit{
		tokens("https://id.example.com/"),
		{stack: tabby, resource: "Integration", add: "AWS::ApiGatewayV2::Integration", change: properties("ApiId", map[string]any{"Ref": "Http"}, "IntegrationType", "AWS_PROXY", "IntegrationUri", getAtt("KittensGetFn", "Arn"), "PayloadFormatVersion", "2.0")},
		{stack: tabby, resource: "Route", add: "AWS::ApiGatewayV2::Route", change: properties("ApiId", map[string]any{"Ref": "Http"}, "RouteKey", "GET /kittens", "AuthorizationType", "JWT", "AuthorizerId", map[string]any{"Ref": "Tokens"}, "AuthorizationScopes", []any{"account:20417"}, "Target", map[string]any{"Fn::Sub": "integrations/${Integration}"})},
	}},
	{name: "a usage plan", stack: tabby, resource: "Plan", add: "AWS::ApiGateway::UsagePlan", change: properties("ApiStages", []any{map[string]any{"ApiId": ofAPI, "Stage": map[string]any{"Ref": "Stage"}}}, "Throttle", map[string]any{"RateLimit": 10, "BurstLimit": 20})},
}
