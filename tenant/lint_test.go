package tenant

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// base is a right file that every case changes.
const (
	base         = "version: 1\n" + basePlatform + baseCells + baseTiers + baseTenants
	basePlatform = `platform:
  name: kittens
  domain: example.com
  identityProvider:
    issuer: https://id.example.com/
    audience: https://api.example.com/
    webClientId: kittens-web
`
	baseCells = `cells:
  eu-1:
    awsAccount: "111111111111"
    region: eu-central-1
    hostedZoneId: Z0EXAMPLE
    certificateArn: arn:aws:acm:us-east-1:111111111111:certificate/1
`
	baseTiers = `tiers:
  standard: {data: shared, search: shared, throttle: {rate: 50, burst: 100}}
`
	baseTenants = `tenants:
  - {id: acme, billingAccount: "12345", cell: eu-1, tier: standard}
  - id: bmce
    billingAccount: b-7
    cell: eu-1
    tier: standard
`
)

// problemCase is a text and its problems, each as place, path and message.
type problemCase struct {
	name, text string
	want       []string
}

// edit replaces pairs of old and new text in base, once each.
func edit(pairs ...string) string {
	text := base
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			panic("base has no " + pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return text
}

// problemsOf renders problems as problemCase has them.
func problemsOf(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatalf("error is %T, want Problems: %v", err, err)
	}
	var out []string
	for _, p := range problems {
		path := ""
		if p.Path != "" {
			path = p.Path + ": "
		}
		out = append(out, fmt.Sprintf("%d:%d: %s%s", p.Line, p.Column, path, p.Message))
	}
	return out
}

func TestLints(t *testing.T) {
	var rendered strings.Builder
	for _, c := range append(lintCases(), acceptCases()...) {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("tenants.yaml", []byte(c.text))
			if diff := cmp.Diff(c.want, problemsOf(t, err)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			fmt.Fprintf(&rendered, "# %s\n%v\n\n", c.name, err)
		})
	}
	golden(t, "lints.golden", rendered.String())
}

// lintCases has one mistake a case, unless its name says more.
func lintCases() []problemCase {
	return []problemCase{
		{"version 2", edit("version: 1", "version: 2"), []string{"1:10: version: version is 2, but must be 1, the only version there is"}},
		{"version text", edit("version: 1", `version: "1"`), []string{`1:10: version: version is the text "1", but must be an integer`}},
		{"version float", edit("version: 1", "version: 1.0"), []string{"1:10: version: version is 1.0, but must be an integer in plain decimal digits"}},
		{"version missing", edit("version: 1\n", ""), []string{"1:1: version: the file has no version"}},
		{"platform missing", edit(basePlatform, ""), []string{"1:1: platform: the file has no platform"}},
		{"platform text", edit(basePlatform, "platform: kittens\n"), []string{`2:11: platform: platform is "kittens", but must be a mapping`}},
		{"platform name upper case", edit("name: kittens", "name: Kittens"), []string{`3:9: platform.name: name is "Kittens", but must be a DNS label that begins with a letter, at most 16 characters`}},
		{"platform name with digit first", edit("name: kittens", "name: 3kittens"), []string{`3:9: platform.name: name is "3kittens", but must be a DNS label that begins with a letter, at most 16 characters`}},
		{"platform name long", edit("name: kittens", "name: kittens-kittens-k"), []string{`3:9: platform.name: name is "kittens-kittens-k", but must be a DNS label that begins with a letter, at most 16 characters`}},
		{"platform name number", edit("name: kittens", "name: 12"), []string{"3:9: platform.name: name is 12, which YAML reads as a number"}},
		{"domain with scheme", edit("domain: example.com", "domain: https://example.com/"), []string{`4:11: platform.domain: domain is "https://example.com/", but must be a domain name in lower case`}},
		{"domain of one label", edit("domain: example.com", "domain: localhost"), []string{`4:11: platform.domain: domain is "localhost", but must be a domain name in lower case`}},
		{"domain with empty label", edit("domain: example.com", "domain: example..com"), []string{`4:11: platform.domain: domain is "example..com", but must be a domain name in lower case`}},
		{"domain address", edit("domain: example.com", "domain: 10.0.0.1"), []string{`4:11: platform.domain: domain is "10.0.0.1", but must be a domain name in lower case`}},
		{"domain number", edit("domain: example.com", "domain: 10.1"), []string{"4:11: platform.domain: domain is 10.1, which YAML reads as a number"}},
		{"issuer http", edit("issuer: https:", "issuer: http:"), []string{`6:13: platform.identityProvider.issuer: issuer is "http://id.example.com/", but must be an https URL of host and path, without query, fragment or user`}},
		{"issuer query", edit("issuer: https://id.example.com/", "issuer: https://id.example.com/?a=b"), []string{`6:13: platform.identityProvider.issuer: issuer is "https://id.example.com/?a=b", but must be an https URL of host and path, without query, fragment or user`}},
		{"issuer fragment", edit("issuer: https://id.example.com/", `issuer: "https://id.example.com/#a"`), []string{`6:13: platform.identityProvider.issuer: issuer is "https://id.example.com/#a", but must be an https URL of host and path, without query, fragment or user`}},
		{"issuer user", edit("issuer: https://id.example.com/", "issuer: https://me@id.example.com/"), []string{`6:13: platform.identityProvider.issuer: issuer is "https://me@id.example.com/", but must be an https URL of host and path, without query, fragment or user`}},
		{"issuer port", edit("issuer: https://id.example.com/", "issuer: https://id.example.com:70000/"), []string{`6:13: platform.identityProvider.issuer: issuer is "https://id.example.com:70000/", but must be an https URL of host and path, without query, fragment or user`}},
		{"issuer no host", edit("issuer: https://id.example.com/", "issuer: https:///x"), []string{`6:13: platform.identityProvider.issuer: issuer is "https:///x", but must be an https URL of host and path, without query, fragment or user`}},
		{"jwksUri", edit("    audience:", "    jwksUri: id.example.com/keys\n    audience:"), []string{`7:14: platform.identityProvider.jwksUri: jwksUri is "id.example.com/keys", but must be an https URL of host and path, without query, fragment or user`}},
		{"audience empty", edit("audience: https://api.example.com/", `audience: ""`), []string{"7:15: platform.identityProvider.audience: audience is empty"}},
		{"audience null", edit("audience: https://api.example.com/", "audience:"), []string{"7:13: platform.identityProvider.audience: audience has no value"}},
		{"webClientId missing", edit("    webClientId: kittens-web\n", ""), []string{"6:5: platform.identityProvider.webClientId: platform.identityProvider has no webClientId"}},
		{"webClientId space", edit("webClientId: kittens-web", `webClientId: " kittens-web"`), []string{`8:18: platform.identityProvider.webClientId: webClientId is " kittens-web", but must be an OAuth 2.0 client id: visible ASCII characters`}},
		{"accountSources unknown", edit("  identityProvider:", "  accountSources: [hots]\n  identityProvider:"), []string{`5:20: platform.accountSources[0]: accountSources[0] is "hots", but must be host or path`}},
		{"accountSources twice", edit("  identityProvider:", "  accountSources: [host, path, host]\n  identityProvider:"), []string{`5:32: platform.accountSources[2]: accountSources "host" is listed twice`}},
		{"accountSources text", edit("  identityProvider:", "  accountSources: host\n  identityProvider:"), []string{`5:19: platform.accountSources: accountSources is "host", but must be a list`}},
		{"cells empty", edit(baseCells, "cells: {}\n"), []string{"9:8: cells: cells is empty, but must have at least one cell"}},
		{"cells list", edit("cells:\n  eu-1:\n    awsAccount", "cells:\n  - eu-1:\n    awsAccount"), []string{"10:3: cells: cells is a list, but must be a mapping"}},
		{"cell name", edit("  eu-1:\n", "  EU_1:\n"), []string{`10:3: cells.EU_1: the cell name is "EU_1", but must be a name: a letter, then letters, digits and hyphens, in lower case, at most 20 characters`}},
		{"cell name boolean", edit("tiers:", "  no: {awsAccount: \"111111111111\", region: eu-central-1, hostedZoneId: Z0, certificateArn: \"arn:aws:acm:us-east-1:111111111111:certificate/1\"}\ntiers:"), []string{"15:3: cells.no: the cell name is no, which YAML reads as a boolean"}},
		{"cell name long", edit("tiers:", "  eu-central-1-frankfurt: {awsAccount: \"111111111111\", region: eu-central-1, hostedZoneId: Z0, certificateArn: \"arn:aws:acm:us-east-1:111111111111:certificate/1\"}\ntiers:"), []string{`15:3: cells.eu-central-1-frankfurt: the cell name is "eu-central-1-frankfurt", but must be a name: a letter, then letters, digits and hyphens, in lower case, at most 20 characters`}},
		{"cell twice", edit("tiers:", "  eu-1: {}\ntiers:"), []string{`15:3: cells.eu-1: field "eu-1" appears twice; the first is in line 10`}},
		{"awsAccount number", edit(`awsAccount: "111111111111"`, "awsAccount: 111111111111"), []string{"11:17: cells.eu-1.awsAccount: awsAccount is 111111111111, which YAML reads as a number"}},
		{"awsAccount octal", edit(`"111111111111"`, "012345678901", ":111111111111:", ":012345678901:"), []string{"11:17: cells.eu-1.awsAccount: awsAccount is 012345678901, which YAML reads as a number"}},
		{"awsAccount digits", edit(`awsAccount: "111111111111"`, `awsAccount: "1111-1111-1111"`), []string{`11:17: cells.eu-1.awsAccount: awsAccount is "1111-1111-1111", but must be an AWS account id of 12 digits`}},
		{"region zone", edit("region: eu-central-1", "region: eu-central-1a"), []string{`12:13: cells.eu-1.region: region is "eu-central-1a", but must be an AWS region`}},
		{"region", edit("region: eu-central-1", "region: Frankfurt"), []string{`12:13: cells.eu-1.region: region is "Frankfurt", but must be an AWS region`}},
		{"hostedZoneId", edit("hostedZoneId: Z0EXAMPLE", "hostedZoneId: /hostedzone/Z0EXAMPLE"), []string{`13:19: cells.eu-1.hostedZoneId: hostedZoneId is "/hostedzone/Z0EXAMPLE", but must be the id of a Route 53 hosted zone`}},
		{"certificateArn region", edit("acm:us-east-1", "acm:eu-central-1"), []string{`14:21: cells.eu-1.certificateArn: certificateArn is "arn:aws:acm:eu-central-1:111111111111:certificate/1", but must be the ARN of an ACM certificate in us-east-1, where CloudFront reads it`}},
		{"certificateArn account", edit("us-east-1:111111111111", "us-east-1:222222222222"), []string{"14:21: cells.eu-1.certificateArn: certificateArn is of account 222222222222, but the cell is account 111111111111"}},
		{"certificateArn service", edit("arn:aws:acm", "arn:aws:iam"), []string{`14:21: cells.eu-1.certificateArn: certificateArn is "arn:aws:iam:us-east-1:111111111111:certificate/1", but must be the ARN of an ACM certificate in us-east-1, where CloudFront reads it`}},
		{"alarmTopicArn region", edit("tiers:", "    alarmTopicArn: arn:aws:sns:eu-west-1:111111111111:alarms\ntiers:"), []string{"15:20: cells.eu-1.alarmTopicArn: alarmTopicArn is in region eu-west-1, but the cell is in eu-central-1"}},
		{"alarmTopicArn account", edit("tiers:", "    alarmTopicArn: arn:aws:sns:eu-central-1:222222222222:alarms\ntiers:"), []string{"15:20: cells.eu-1.alarmTopicArn: alarmTopicArn is of account 222222222222, but the cell is account 111111111111"}},
		{"region without CloudFront", edit("region: eu-central-1", "region: cn-north-1"), []string{"12:13: cells.eu-1.region: region cn-north-1 is in partition aws-cn, where tenants' distributions cannot be deployed"}},
		{"origins path", edit("    webClientId", "    origins: [https://login.example.net/x]\n    webClientId"), []string{`8:15: platform.identityProvider.origins[0]: origins[0] is "https://login.example.net/x", but must be an https origin: host and port alone`}},
		{"origins policy", edit("    webClientId", "    origins: [\"https://a.example.net; script-src *\"]\n    webClientId"), []string{`8:15: platform.identityProvider.origins[0]: origins[0] is "https://a.example.net; script-src *", but must be an https origin: host and port alone`}},
		{"origins of a tenant", edit("    webClientId", "    origins: [https://acme.example.com]\n    webClientId"), []string{`19:10: tenants[0].id: id "acme" gives the tenant the host name of the origins[0], acme.example.com`}},
		{"authorizationParameters of the application", edit("    webClientId", "    authorizationParameters: {request_uri: https://eve.example.net}\n    webClientId"), []string{`8:31: platform.identityProvider.authorizationParameters.request_uri: the platform.identityProvider.authorizationParameter name is "request_uri", but must be the name of a parameter that the application does not set itself, and that is no secret: letters, digits, _ and -, beginning with a letter, at most 40 characters`}},
		{"alarmTopicArn partition", edit("tiers:", "    alarmTopicArn: arn:aws-cn:sns:eu-central-1:111111111111:alarms\ntiers:"), []string{"15:20: cells.eu-1.alarmTopicArn: alarmTopicArn is in partition aws-cn, but region eu-central-1 is in aws"}},
		{"alarmTopicArn service", edit("tiers:", "    alarmTopicArn: arn:aws:sqs:eu-central-1:111111111111:alarms\ntiers:"), []string{`15:20: cells.eu-1.alarmTopicArn: alarmTopicArn is "arn:aws:sqs:eu-central-1:111111111111:alarms", but must be the ARN of an SNS topic`}},
		{"cell domain instanceType", edit("tiers:", "    domain: {instanceType: t3.small}\ntiers:"), []string{`15:28: cells.eu-1.domain.instanceType: instanceType is "t3.small", but must be an OpenSearch instance type`}},
		{"cell domain instanceCount", edit("tiers:", "    domain: {instanceCount: 81}\ntiers:"), []string{"15:29: cells.eu-1.domain.instanceCount: instanceCount is 81, but must be from 1 to 80, the default quota of data nodes"}},
		{"cell domain volumeGiB", edit("tiers:", "    domain: {volumeGiB: 9}\ntiers:"), []string{"15:25: cells.eu-1.domain.volumeGiB: volumeGiB is 9, but must be from 10 to 24576"}},
		{"tiers empty", edit("tiers:\n  standard: {data: shared, search: shared, throttle: {rate: 50, burst: 100}}", "tiers: {}"), []string{"15:8: tiers: tiers is empty, but must have at least one tier"}},
		{"tier name", edit("  standard: {", "  Standard: {"), []string{`16:3: tiers.Standard: the tier name is "Standard", but must be a name: a letter, then letters, digits and hyphens, in lower case, at most 20 characters`}},
		{"data", edit("data: shared", "data: share"), []string{`16:20: tiers.standard.data: data is "share", but must be shared or dedicated`}},
		{"data boolean", edit("data: shared", "data: yes"), []string{"16:20: tiers.standard.data: data is yes, which YAML reads as a boolean"}},
		{"search missing", edit("search: shared, ", ""), []string{"16:13: tiers.standard.search: tiers.standard has no search"}},
		{"keyShards zero", edit("search: shared,", "search: shared, keyShards: 0,"), []string{"16:55: tiers.standard.keyShards: keyShards is 0, but must be from 1 to 64"}},
		{"keyShards 65", edit("search: shared,", "search: shared, keyShards: 65,"), []string{"16:55: tiers.standard.keyShards: keyShards is 65, but must be from 1 to 64"}},
		{"keyShards negative", edit("search: shared,", "search: shared, keyShards: -1,"), []string{"16:55: tiers.standard.keyShards: keyShards is -1, but must be from 1 to 64"}},
		{"keyShards octal", edit("search: shared,", "search: shared, keyShards: 010,"), []string{"16:55: tiers.standard.keyShards: keyShards is 010, but must be an integer in plain decimal digits"}},
		{"keyShards float", edit("search: shared,", "search: shared, keyShards: 4.5,"), []string{"16:55: tiers.standard.keyShards: keyShards is 4.5, but must be an integer in plain decimal digits"}},
		{"keyShards text", edit("search: shared,", `search: shared, keyShards: "4",`), []string{`16:55: tiers.standard.keyShards: keyShards is the text "4", but must be an integer`}},
		{"keyShards list", edit("search: shared,", "search: shared, keyShards: [4],"), []string{"16:55: tiers.standard.keyShards: keyShards is a list, but must be an integer"}},
		{"keyShards overflow", edit("search: shared,", "search: shared, keyShards: 99999999999999999999,"), []string{"16:55: tiers.standard.keyShards: keyShards is 99999999999999999999, but must be from 1 to 64"}},
		{"throttle missing", edit(", throttle: {rate: 50, burst: 100}", ""), []string{"16:13: tiers.standard.throttle: tiers.standard has no throttle"}},
		{"throttle number", edit("{rate: 50, burst: 100}", "50"), []string{"16:54: tiers.standard.throttle: throttle is 50, but must be a mapping"}},
		{"rate missing", edit("rate: 50, ", ""), []string{"16:54: tiers.standard.throttle.rate: tiers.standard.throttle has no rate"}},
		{"rate", edit("rate: 50", "rate: 10001"), []string{"16:61: tiers.standard.throttle.rate: rate is 10001, but must be from 1 to 10000, the default quota of API Gateway in requests per second"}},
		{"burst", edit("burst: 100", "burst: 5001"), []string{"16:72: tiers.standard.throttle.burst: burst is 5001, but must be from 1 to 5000, the default quota of API Gateway in requests"}},
		{"logRetentionDays", edit("search: shared,", "search: shared, logRetentionDays: 31,"), []string{"16:62: tiers.standard.logRetentionDays: logRetentionDays is 31, but must be a retention that CloudWatch Logs has"}},
		{"tier domain", edit("search: shared,", "search: shared, domain: small,"), []string{`16:52: tiers.standard.domain: domain is "small", but must be a mapping`}},
		{"tenants missing", edit(baseTenants, ""), []string{"1:1: tenants: the file has no tenants"}},
		{"tenants null", edit(baseTenants, "tenants:\n"), []string{"17:8: tenants: tenants has no value"}},
		{"tenants mapping", edit(baseTenants, "tenants: {acme: {cell: eu-1}}\n"), []string{"17:10: tenants: tenants is a mapping, but must be a list"}},
		{"tenant null", edit("  - id: bmce", "  -\n  - id: bmce"), []string{"19:3: tenants[1]: tenants[1] has no value"}},
		{"tenant text", edit("  - id: bmce", "  - bmce\n  - id: bmce"), []string{`19:5: tenants[1]: tenants[1] is "bmce", but must be a mapping`}},
		{"id upper case", edit("id: acme", "id: Acme Corp"), []string{`18:10: tenants[0].id: id is "Acme Corp", but must be a DNS label: letters, digits and inner hyphens, in lower case, at most 63 characters`}},
		{"id hyphen", edit("id: acme", "id: -acme"), []string{`18:10: tenants[0].id: id is "-acme", but must be a DNS label: letters, digits and inner hyphens, in lower case, at most 63 characters`}},
		{"id long", edit("id: acme", "id: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), []string{`18:10: tenants[0].id: id is "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…", but must be a DNS label: letters, digits and inner hyphens, in lower case, at most 63 characters`}},
		{"id boolean", edit("id: bmce", "id: on"), []string{"19:9: tenants[1].id: id is on, which YAML reads as a boolean"}},
		{"id number", edit("id: bmce", "id: 0x10"), []string{"19:9: tenants[1].id: id is 0x10, which YAML reads as a number"}},
		{"id date", edit("id: bmce", "id: 2024-01-31"), []string{"19:9: tenants[1].id: id is 2024-01-31, which YAML reads as a date"}},
		{"id null", edit("id: bmce", "id: ~"), []string{"19:9: tenants[1].id: id is ~, which YAML reads as no value"}},
		{"id missing", edit("id: acme, ", ""), []string{"18:5: tenants[0].id: tenants[0] has no id"}},
		{"id reserved", edit("id: acme", "id: www"), []string{`18:10: tenants[0].id: id "www" is reserved for the platform`}},
		{"id twice", edit("id: bmce", "id: acme"), []string{`19:9: tenants[1].id: id "acme" is taken by tenants[0] in line 18`}},
		{"id is the issuer's host", edit("issuer: https://id.example.com/", "issuer: https://BMCE.example.com:8443/"), []string{`19:9: tenants[1].id: id "bmce" gives the tenant the host name of the issuer, bmce.example.com`}},
		{"billingAccount octal", edit(`billingAccount: "12345"`, "billingAccount: 012345"), []string{"18:32: tenants[0].billingAccount: billingAccount is 012345, which YAML reads as a number"}},
		{"billingAccount number", edit(`billingAccount: "12345"`, "billingAccount: 12345"), []string{"18:32: tenants[0].billingAccount: billingAccount is 12345, which YAML reads as a number"}},
		{"billingAccount exponent", edit(`billingAccount: "12345"`, "billingAccount: 1e5"), []string{"18:32: tenants[0].billingAccount: billingAccount is 1e5, which YAML reads as a number"}},
		{"billingAccount boolean", edit(`billingAccount: "12345"`, "billingAccount: true"), []string{"18:32: tenants[0].billingAccount: billingAccount is true, which YAML reads as a boolean"}},
		{"billingAccount hexadecimal", edit(`billingAccount: "12345"`, "billingAccount: 0x10"), []string{"18:32: tenants[0].billingAccount: billingAccount is 0x10, which YAML reads as a number"}},
		{"billingAccount null", edit(`billingAccount: "12345"`, "billingAccount: null"), []string{"18:32: tenants[0].billingAccount: billingAccount is null, which YAML reads as no value"}},
		{"billingAccount sexagesimal", edit(`billingAccount: "12345"`, "billingAccount: 12:30:45"), []string{"18:32: tenants[0].billingAccount: billingAccount is 12:30:45, which YAML reads as a number"}},
		{"billingAccount float", edit(`billingAccount: "12345"`, "billingAccount: 1.5"), []string{"18:32: tenants[0].billingAccount: billingAccount is 1.5, which YAML reads as a number"}},
		{"billingAccount shard", edit(`billingAccount: "12345"`, `billingAccount: "12345#1"`), []string{`18:32: tenants[0].billingAccount: billingAccount is "12345#1", but must be a billing account: letters, digits and hyphens, in lower case, not beginning with a hyphen, at most 32 characters`}},
		{"billingAccount upper case", edit("billingAccount: b-7", "billingAccount: B_7"), []string{`20:21: tenants[1].billingAccount: billingAccount is "B_7", but must be a billing account: letters, digits and hyphens, in lower case, not beginning with a hyphen, at most 32 characters`}},
		{"billingAccount hyphen", edit("billingAccount: b-7", "billingAccount: -b7"), []string{`20:21: tenants[1].billingAccount: billingAccount is "-b7", but must be a billing account: letters, digits and hyphens, in lower case, not beginning with a hyphen, at most 32 characters`}},
		{"billingAccount long", edit("billingAccount: b-7", "billingAccount: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"), []string{`20:21: tenants[1].billingAccount: billingAccount is "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", but must be a billing account: letters, digits and hyphens, in lower case, not beginning with a hyphen, at most 32 characters`}},
		{"billingAccount wildcard", edit("billingAccount: b-7", `billingAccount: "*"`), []string{`20:21: tenants[1].billingAccount: billingAccount is "*", but must be a billing account: letters, digits and hyphens, in lower case, not beginning with a hyphen, at most 32 characters`}},
		{"billingAccount twice", edit("billingAccount: b-7", "billingAccount: '12345'"), []string{`20:21: tenants[1].billingAccount: billingAccount "12345" is taken by tenants[0] in line 18`}},
		{"billingAccount twice without quotes", edit("billingAccount: b-7", "billingAccount: 12345"), []string{"20:21: tenants[1].billingAccount: billingAccount is 12345, which YAML reads as a number", `20:21: tenants[1].billingAccount: billingAccount "12345" is taken by tenants[0] in line 18`}},
		{"billingAccount list", edit("billingAccount: b-7", "billingAccount: [b-7]"), []string{"20:21: tenants[1].billingAccount: billingAccount is a list, but must be text"}},
		{"cell unknown", edit("    cell: eu-1", "    cell: eu-2"), []string{`21:11: tenants[1].cell: there is no cell "eu-2"`}},
		{"cell number", edit("    cell: eu-1", "    cell: 1"), []string{"21:11: tenants[1].cell: cell is 1, which YAML reads as a number"}},
		{"tier unknown", edit("    tier: standard", "    tier: gold"), []string{`22:11: tenants[1].tier: there is no tier "gold"`}},
		{"wave", edit("    tier: standard", "    tier: standard\n    wave: Canary"), []string{`23:11: tenants[1].wave: wave is "Canary", but must be a name: a letter, then letters, digits and hyphens, in lower case, at most 20 characters`}},
		{"name number", edit("    tier: standard", "    tier: standard\n    name: 42"), []string{"23:11: tenants[1].name: name is 42, which YAML reads as a number"}},
		{"name empty", edit("    tier: standard", "    tier: standard\n    name: ''"), []string{"23:11: tenants[1].name: name is empty"}},
		{"name control character", edit("    tier: standard", "    tier: standard\n    name: \"a\\eb\""), []string{`23:11: tenants[1].name: name is "a\u001bb", but must be visible text without spaces at its ends, at most 128 characters`}},
		{"override data", edit("    tier: standard", "    tier: standard\n    data: dedicatd"), []string{`23:11: tenants[1].data: data is "dedicatd", but must be shared or dedicated`}},
		{"protection no", edit("    tier: standard", "    tier: standard\n    terminationProtection: no"), []string{"23:28: tenants[1].terminationProtection: terminationProtection is no, but must be true or false"}},
		{"protection text", edit("    tier: standard", `    tier: standard`+"\n"+`    terminationProtection: "false"`), []string{`23:28: tenants[1].terminationProtection: terminationProtection is the text "false", but must be true or false`}},
		{"protection mixed case", edit("    region: eu-central-1", "    region: eu-central-1\n    terminationProtection: fALSE"), []string{`13:28: cells.eu-1.terminationProtection: terminationProtection is "fALSE", but must be true or false`}},
		{"protection number", edit("    region: eu-central-1", "    region: eu-central-1\n    terminationProtection: 0"), []string{"13:28: cells.eu-1.terminationProtection: terminationProtection is 0, but must be true or false"}},
		{"protection list", edit("    region: eu-central-1", "    region: eu-central-1\n    terminationProtection: [false]"), []string{"13:28: cells.eu-1.terminationProtection: terminationProtection is a list, but must be true or false"}},
		{"protection empty", edit("    region: eu-central-1", "    region: eu-central-1\n    terminationProtection:"), []string{"13:26: cells.eu-1.terminationProtection: terminationProtection has no value"}},
		{"protection of a tier", edit("search: shared,", "search: shared, terminationProtection: false,"), []string{`16:44: tiers.standard.terminationProtection: tiers.standard has no field "terminationProtection"`}},
		{"override keyShards", edit("    tier: standard", "    tier: standard\n    keyShards: 100"), []string{"23:16: tenants[1].keyShards: keyShards is 100, but must be from 1 to 64"}},
		{"override throttle", edit("    tier: standard", "    tier: standard\n    throttle: {rate: 0}"), []string{"23:22: tenants[1].throttle.rate: rate is 0, but must be from 1 to 10000, the default quota of API Gateway in requests per second"}},
		{"override domain", edit("    tier: standard", "    tier: standard\n    domain: {volumeGib: 20}"), []string{`23:14: tenants[1].domain.volumeGib: tenants[1].domain has no field "volumeGib"`}},
		{"unknown field", edit("    tier: standard", "    tier: standard\n    shape: round"), []string{`23:5: tenants[1].shape: tenants[1] has no field "shape"`}},
		{"unknown field of the file", edit("version: 1", "version: 1\nowner: me"), []string{`2:1: owner: the file has no field "owner"`}},
		{"misspelt field", edit("    billingAccount:", "    billingAcount:"), []string{`20:5: tenants[1].billingAcount: tenants[1] has no field "billingAcount"`}},
		{"misspelt field in another case", edit("    billingAccount:", "    BillingAccount:"), []string{`20:5: tenants[1].BillingAccount: tenants[1] has no field "BillingAccount"`}},
		{"misspelt field that is there too", edit("    billingAccount:", "    billingAcount: x\n    billingAccount:"), []string{`20:5: tenants[1].billingAcount: tenants[1] has no field "billingAcount"`}},
		{"misspelt list", edit("tenants:", "tenant:"), []string{`17:1: tenant: the file has no field "tenant"`}},
		{"field twice", edit("    tier: standard", "    cell: eu-1\n    tier: standard"), []string{`22:5: tenants[1].cell: field "cell" appears twice; the first is in line 21`}},
		{"host: account is an id", edit("  identityProvider:", "  accountSources: [host]\n  identityProvider:", "billingAccount: b-7", "billingAccount: acme"), []string{`21:21: tenants[1].billingAccount: billingAccount "acme" is the id of tenants[0]; with account source host, billing accounts are host names`}},
		{"host: account is the issuer's host", edit("  identityProvider:", "  accountSources: [host]\n  identityProvider:", "//id.", "//b-7."), []string{`21:21: tenants[1].billingAccount: billingAccount "b-7" gives the host name of the issuer, b-7.example.com; with account source host, billing accounts are host names`}},
		{"host: account is reserved", edit("  identityProvider:", "  accountSources: [path, host]\n  identityProvider:", "billingAccount: b-7", "billingAccount: www"), []string{`21:21: tenants[1].billingAccount: billingAccount "www" is a reserved subdomain; with account source host, billing accounts are host names`}},
		{"host: account ends with a hyphen", edit("  identityProvider:", "  accountSources: [host]\n  identityProvider:", "billingAccount: b-7", "billingAccount: b-"), []string{`21:21: tenants[1].billingAccount: billingAccount "b-" ends with a hyphen; with account source host, billing accounts are host names`}},
		{"origin access", edit("tiers:", "    originAccess: Control\ntiers:"), []string{`15:19: cells.eu-1.originAccess: originAccess is "Control", but must be identity or control`}},
		{"cell name null", edit("tiers:", "  : {awsAccount: \"111111111111\", region: eu-central-1, hostedZoneId: Z0, certificateArn: \"arn:aws:acm:us-east-1:111111111111:certificate/1\"}\ntiers:"), []string{"15:3: invalid YAML: this is no field"}},
		{"ten digits and letters in one field", edit("id: acme", `id: "a b\tc"`), []string{`18:10: tenants[0].id: id is "a b\tc", but must be a DNS label: letters, digits and inner hyphens, in lower case, at most 63 characters`}},
		{"list in a mapping", edit("{rate: 50, burst: 100}", "[50, 100]"), []string{"16:54: tiers.standard.throttle: throttle is a list, but must be a mapping"}},
		{"cell is text", edit("  eu-1:\n", "  eu-2: here\n  eu-1:\n"), []string{`10:9: cells.eu-2: eu-2 is "here", but must be a mapping`}},
		{"no cell at all", edit(baseCells, ""), []string{"1:1: cells: the file has no cells"}},
	}
}
