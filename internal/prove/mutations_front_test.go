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
}

// harmlessFront are edits of the same things that break nothing.
var harmlessFront = []edit{
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
}
