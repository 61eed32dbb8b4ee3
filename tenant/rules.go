package tenant

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of the fields.
const (
	// MaxKeyShards bounds keyShards, and with it the list of key values in a policy.
	MaxKeyShards = 64
	// MaxThrottleRate is API Gateway's default quota of an account and region, in
	// requests per second (API Gateway Developer Guide, "Amazon API Gateway quotas").
	MaxThrottleRate = 10_000
	// MaxThrottleBurst is the default quota of the burst, in requests.
	MaxThrottleBurst = 5_000
	// MaxInstanceCount is the default quota of data nodes of a domain
	// (OpenSearch Service Developer Guide, "Amazon OpenSearch Service quotas").
	MaxInstanceCount = 80
	// MinVolumeGiB and MaxVolumeGiB bound an EBS volume of a data node, over all instance types.
	MinVolumeGiB = 10
	MaxVolumeGiB = 24_576

	// DefaultKeyShards is the number of key shards that no field changes.
	DefaultKeyShards = 1
	// DefaultLogRetentionDays is the retention that no field changes.
	DefaultLogRetentionDays = 30
	// DefaultWave is the wave of a tenant that names none.
	DefaultWave = "default"
)

// Patterns of the fields. They are valid in Go (RE2) and in JSON Schema (ECMA 262) alike.
const (
	labelPattern   = `[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`
	partition      = `aws(-[a-z]+)*`
	regionPattern  = `[a-z]{2}(-[a-z]+)+-[0-9]{1,2}`
	urlPath        = `(/([A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?`
	urlLabel       = `[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?`
	urlPort        = `(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?`
	visiblePattern = `^[^\x00-\x20\x7f-\xa0]([^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\xa0])?$`
)

// ownParameters are those of an authorization request that the application sets (RFC 6749 section 4.1.1, RFC
// 7636 section 4.3, OpenID Connect Core 1.0 section 3.1.2.1), those that would take the place of these (RFC 9101
// section 5, OpenID Connect Core 1.0 section 7.2.1), and those that are no part of it and secret.
var ownParameters = []string{"client_assertion", "client_assertion_type", "client_id", "client_secret", "code", "code_challenge", "code_challenge_method",
	"code_verifier", "grant_type", "id_token_hint", "nonce", "password", "prompt", "redirect_uri", "refresh_token", "registration", "request",
	"request_uri", "response_mode", "response_type", "scope", "state"}

// logRetentionDays are the values of retentionInDays
// (CloudWatch Logs API Reference, PutRetentionPolicy).
var logRetentionDays = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// rule is what a value must satisfy. The loader and the schema read the same rules.
type rule struct {
	// what describes a right value: "<field> is <value>, but must be <what>".
	what string
	// example is a right value, as YAML.
	example string
	// pattern, values and not apply to strings.
	pattern     *regexp.Regexp
	values, not []string
	// ints are the only integers, if there are any.
	ints []int
	// min and max bound the length of a string in characters, an integer, or the
	// number of entries of a mapping; 0 is no bound.
	min, max int
	// reference says that the value is a name defined elsewhere, which tells more
	// about a wrong one than the pattern does.
	reference bool
	// unique entries of a list.
	unique bool
	// def is the default that the schema names.
	def any
	// hint turns a wrong value into a right one, if it can.
	hint func(string) string
}

func pattern(p string) *regexp.Regexp { return regexp.MustCompile("^" + p + "$") }

// Rules that several fields share.
var (
	nameRule = rule{what: "a name: a letter, then letters, digits and hyphens, in lower case, at most 20 characters",
		pattern: pattern(`[a-z][a-z0-9-]*`), min: 1, max: 20, hint: slug}
	textRule = rule{what: "visible text without spaces at its ends, at most 255 characters",
		pattern: regexp.MustCompile(visiblePattern), min: 1, max: 255, hint: strings.TrimSpace}
	urlRule = rule{what: "an https URL of host and path, without query, fragment or user",
		pattern: pattern("https://" + urlLabel + `(\.` + urlLabel + `)*` + urlPort + urlPath), max: 2048, hint: httpsURL}
	isolationRule = rule{what: "shared or dedicated", example: "shared", values: []string{string(Shared), string(Dedicated)}}
	shardsRule    = rule{what: fmt.Sprintf("from 1 to %d", MaxKeyShards), example: "4", min: 1, max: MaxKeyShards}
	retentionRule = rule{what: "a retention that CloudWatch Logs has", example: "30", ints: logRetentionDays}
	rateRule      = rule{what: fmt.Sprintf("from 1 to %d, the default quota of API Gateway in requests per second", MaxThrottleRate), example: "50", min: 1, max: MaxThrottleRate}
	burstRule     = rule{what: fmt.Sprintf("from 1 to %d, the default quota of API Gateway in requests", MaxThrottleBurst), example: "100", min: 1, max: MaxThrottleBurst}
	domainRule    = rule{example: "{instanceType: t3.small.search, instanceCount: 1, volumeGiB: 10}"}
	throttleRule  = rule{example: "{rate: 50, burst: 100}"}
	// An example that is copied must not take the protection away.
	protectionRule = rule{example: "true", def: true}
)

// with returns the rule with another example and default.
func (r rule) with(example string, def any) rule {
	r.example, r.def = example, def
	return r
}

// to returns the rule of a reference to what the rule names.
func (r rule) to(example string) rule {
	r.example, r.reference = example, true
	return r
}

// rules by Go type and field; "[]" names the entries of a list, "{}" the keys of a mapping.
var rules = map[string]rule{
	"File.Version":              {what: "1, the only version there is", example: "1", ints: []int{1}},
	"File.Platform":             {example: "{name: kittens, domain: example.com, identityProvider: {…}}"},
	"File.Cells":                {what: "at least one cell", example: "{eu-1: {…}}", min: 1},
	"File.Cells{}":              nameRule.with("eu-1", nil),
	"File.Cells[]":              {example: "{awsAccount: \"111111111111\", region: eu-central-1, …}"},
	"File.Tiers":                {what: "at least one tier", example: "{standard: {…}}", min: 1},
	"File.Tiers{}":              nameRule.with("standard", nil),
	"File.Tiers[]":              {example: "{data: shared, search: shared, throttle: {rate: 50, burst: 100}}"},
	"File.Tenants":              {example: "[] for none, or a list of {id: acme, billingAccount: \"12345\", cell: eu-1, tier: standard}"},
	"File.Tenants[]":            {example: "{id: acme, billingAccount: \"12345\", cell: eu-1, tier: standard}"},
	"File.Accept":               {example: "[" + acceptedRule.example + "]"},
	"File.Accept[]":             acceptedRule,
	"Platform.Name":             {what: "a DNS label that begins with a letter, at most 16 characters", example: "kittens", pattern: pattern(`[a-z]([a-z0-9-]*[a-z0-9])?`), min: 1, max: 16, hint: slug},
	"Platform.Domain":           {what: "a domain name in lower case", example: "example.com", pattern: pattern(`(` + labelPattern + `\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?`), max: 189, hint: domainName},
	"Platform.IdentityProvider": {example: "{issuer: https://id.example.com/, audience: https://api.example.com/, webClientId: kittens-web}"},
	"Platform.AccountSources":   {example: "[host]", unique: true},
	"Platform.AccountSources[]": {what: "host or path", example: "host", values: []string{string(AccountFromHost), string(AccountFromPath)}},
	"IdentityProvider.Issuer":   urlRule.with("https://id.example.com/", nil),
	"IdentityProvider.Audience": textRule.with("https://api.example.com/", nil),
	"IdentityProvider.WebClientID": {what: "an OAuth 2.0 client id: visible ASCII characters", example: "kittens-web",
		pattern: regexp.MustCompile(`^[!-~]([ -~]*[!-~])?$`), min: 1, max: 255, hint: strings.TrimSpace},
	"IdentityProvider.JWKSURI":                 urlRule.with("https://id.example.com/jwks.json", nil),
	"IdentityProvider.AuthorizationParameters": {example: "{audience: https://api.example.com/}"},
	"IdentityProvider.AuthorizationParameters{}": {what: "the name of a parameter that the application does not set itself, and that is no secret: letters, digits, _ and -, beginning with a letter, at most 40 characters", example: "audience",
		pattern: pattern(`[A-Za-z][A-Za-z0-9_-]*`), not: ownParameters, min: 1, max: 40},
	"IdentityProvider.AuthorizationParameters[]": textRule.with("https://api.example.com/", nil),
	"IdentityProvider.Origins":                   {example: "[https://kittens.auth.eu-central-1.amazoncognito.com]", unique: true},
	"IdentityProvider.Origins[]": {what: "an https origin: host and port alone", example: "https://kittens.auth.eu-central-1.amazoncognito.com",
		pattern: pattern("https://" + urlLabel + `(\.` + urlLabel + `)*` + urlPort), max: 255, hint: httpsOrigin},
	"Cell.AWSAccount":   {what: "an AWS account id of 12 digits", example: `"111111111111"`, pattern: pattern(`[0-9]{12}`), hint: digits},
	"Cell.Region":       {what: "an AWS region", example: "eu-central-1", pattern: pattern(regionPattern), max: 32, hint: regionName},
	"Cell.HostedZoneID": {what: "the id of a Route 53 hosted zone", example: "Z0EXAMPLE", pattern: pattern(`Z[A-Z0-9]{1,31}`), hint: zoneID},
	"Cell.CertificateArn": {what: "the ARN of an ACM certificate in us-east-1, where CloudFront reads it", example: "arn:aws:acm:us-east-1:111111111111:certificate/00000000-0000-4000-8000-000000000000",
		pattern: pattern("arn:" + partition + `:acm:us-east-1:[0-9]{12}:certificate/[A-Za-z0-9-]+`), max: 256},
	"Cell.AlarmTopicArn": {what: "the ARN of an SNS topic", example: "arn:aws:sns:eu-central-1:111111111111:alarms",
		pattern: pattern("arn:" + partition + ":sns:" + regionPattern + `:[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?`), max: 512},
	"Cell.Domain":                domainRule,
	"Cell.TerminationProtection": protectionRule,
	"Tier.Data":                  isolationRule,
	"Tier.Search":                isolationRule,
	"Tier.KeyShards":             shardsRule.with("4", DefaultKeyShards),
	"Tier.Throttle":              throttleRule,
	"Tier.LogRetentionDays":      retentionRule.with("30", DefaultLogRetentionDays),
	"Tier.Domain":                domainRule,
	"Throttle.Rate":              rateRule,
	"Throttle.Burst":             burstRule,
	"Cell.OriginAccess":          {what: "identity or control", example: "control", values: []string{string(OriginAccessIdentity), string(OriginAccessControl)}, def: string(OriginAccessIdentity)},
	"Domain.InstanceType": {what: "an OpenSearch instance type", example: "t3.small.search", pattern: pattern(`[a-z][a-z0-9]*(-[a-z0-9]+)*\.[a-z0-9]+\.search`), max: 64,
		hint: func(v string) string { return strings.ToLower(v) + ".search" }},
	"Domain.InstanceCount": {what: fmt.Sprintf("from 1 to %d, the default quota of data nodes", MaxInstanceCount), example: "1", min: 1, max: MaxInstanceCount},
	"Domain.VolumeGiB":     {what: fmt.Sprintf("from %d to %d", MinVolumeGiB, MaxVolumeGiB), example: "10", min: MinVolumeGiB, max: MaxVolumeGiB},
	"Tenant.ID":            {what: "a DNS label: letters, digits and inner hyphens, in lower case, at most 63 characters", example: "acme", pattern: pattern(labelPattern), not: reservedSubdomains, min: 1, max: 63, hint: slug},
	"Tenant.BillingAccount": {what: "a billing account: letters, digits and hyphens, in lower case, not beginning with a hyphen, at most 32 characters", example: `"12345"`,
		pattern: pattern(`[a-z0-9][a-z0-9-]*`), min: 1, max: 32, hint: slug},
	"Tenant.Name":                  {what: "visible text without spaces at its ends, at most 128 characters", example: "Acme Ltd", pattern: regexp.MustCompile(visiblePattern), min: 1, max: 128, hint: strings.TrimSpace},
	"Tenant.Color":                 {what: "a color as # and six hexadecimal digits, in lower case", example: `"#0f766e"`, pattern: pattern(`#[0-9a-f]{6}`), hint: hexColor},
	"Tenant.Cell":                  nameRule.to("eu-1"),
	"Tenant.Tier":                  nameRule.to("standard"),
	"Tenant.Wave":                  nameRule.with("canary", DefaultWave),
	"Tenant.TerminationProtection": protectionRule,
	"Overrides.Data":               isolationRule,
	"Overrides.Search":             isolationRule,
	"Overrides.KeyShards":          shardsRule,
	"Overrides.Throttle":           throttleRule,
	"Overrides.LogRetentionDays":   retentionRule,
	"Overrides.Domain":             domainRule,
	"ThrottleOverride.Rate":        rateRule,
	"ThrottleOverride.Burst":       burstRule,
	"Accepted.Rule":                {what: "a rule of the proof: one of " + strings.Join(proofRules, ", "), example: "not-understood", values: proofRules},
	"Accepted.Stack":               acceptedStackRule,
	"Accepted.Resource":            acceptedResourceRule,
	"Accepted.Path":                acceptedPathRule,
	"Accepted.Reason":              acceptedReasonRule,
}

// allows says whether the rule takes a string.
func (r rule) allows(text string) bool {
	n := utf8.RuneCountInString(text)
	switch {
	case r.pattern != nil && !r.pattern.MatchString(text),
		n < r.min, r.max > 0 && n > r.max,
		len(r.values) > 0 && !slices.Contains(r.values, text),
		slices.Contains(r.not, text):
		return false
	}
	return true
}

// allowsInt says whether the rule takes an integer.
func (r rule) allowsInt(n int) bool {
	if len(r.ints) > 0 {
		return slices.Contains(r.ints, n)
	}
	return n >= r.min && (r.max == 0 || n <= r.max)
}

// better returns a right value near a wrong one, or "".
func (r rule) better(text string) string {
	v := ""
	if len(r.values) > 0 {
		v = nearest(text, r.values)
	} else if r.hint != nil {
		v = r.hint(text)
	}
	if v == "" || v == text || !r.allows(v) {
		return ""
	}
	return v
}

var notLabel = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes a name of letters, digits and hyphens.
func slug(text string) string {
	return strings.Trim(notLabel.ReplaceAllString(strings.ToLower(text), "-"), "-")
}

func digits(text string) string {
	return regexp.MustCompile(`[^0-9]`).ReplaceAllString(text, "")
}

// domainName drops what people paste around a domain.
func domainName(text string) string {
	text = strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(text), "https://"), "http://")
	text, _, _ = strings.Cut(text, "/")
	return strings.Trim(strings.TrimPrefix(text, "*."), ".")
}

// httpsURL drops query and fragment.
func httpsURL(text string) string {
	if i := strings.IndexAny(text, "?#"); i >= 0 {
		text = text[:i]
	}
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(text, "http://"); ok {
		return "https://" + rest
	}
	if !strings.Contains(text, "://") {
		return "https://" + text
	}
	return text
}

// httpsOrigin drops what stands behind the host and port of a URL.
func httpsOrigin(text string) string {
	scheme, rest, _ := strings.Cut(httpsURL(text), "://")
	authority, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + authority
}

// regionName drops the letter of an availability zone.
func regionName(text string) string {
	return strings.TrimRight(strings.ReplaceAll(strings.ToLower(text), "_", "-"), "abcdef")
}

// hexColor completes what is nearly a color: without the #, in capitals, or with one digit for each component.
func hexColor(text string) string {
	digits := strings.TrimPrefix(strings.ToLower(text), "#")
	if len(digits) == 3 {
		var long strings.Builder
		for _, digit := range digits {
			long.WriteRune(digit)
			long.WriteRune(digit)
		}
		digits = long.String()
	}
	return "#" + digits
}

// zoneID drops the prefix that the Route 53 API puts before ids.
func zoneID(text string) string {
	return strings.ToUpper(strings.TrimPrefix(text, "/hostedzone/"))
}
