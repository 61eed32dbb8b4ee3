package facts

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Distribution is one of CloudFront.
type Distribution struct {
	Place   Place
	Origins []Origin
	// Groups are the IDs of the origins of each origin group, by the group's ID.
	Groups map[string][]string
	// Behaviors, the default one among them.
	Behaviors []Behavior
}

// Origin is where a distribution passes requests on to.
type Origin struct {
	Place Place
	// ID by which behaviors name it.
	ID string
	// DomainName as it is resolved, API its first part if it is that of an API, and Bucket the name of the
	// bucket whose address it is.
	DomainName, API, Bucket string
	// PathStyle says that the bucket is in the path.
	PathStyle bool
	// Mark is the value that the whole domain name, or API, consists of; nil if there is none.
	Mark *Mark
	// Identity that the distribution reads with, and IdentityMark the value it consists of; AccessControl is
	// the id of what may sign its requests.
	Identity      string
	IdentityMark  *Mark
	AccessControl string
	// Headers that the distribution adds, in lower case. They take the place of those of the caller (Amazon
	// CloudFront Developer Guide, "Add custom headers to origin requests").
	Headers []string
}

// Behavior says how a distribution answers requests for a path.
type Behavior struct {
	Place Place
	// Target is the ID of the origin.
	Target string
	// CachePolicy by its id. Without one, Legacy is what the behavior itself says.
	CachePolicy string
	Legacy      CachePolicy
}

// CachePolicy says what answers are kept, and what tells them apart.
type CachePolicy struct {
	// KeepsNothing says that no answer is kept, and PerCaller that the Authorization header and all of the query
	// string are in the key.
	KeepsNothing, PerCaller bool
}

var (
	apiHost = `.execute-api.`
	// pathStyle addresses of Amazon S3 have the bucket in the path (Amazon S3 User Guide,
	// "Path-style requests").
	pathStylePrefixes = []string{"s3.", "s3-"}
)

// distribution reads the configuration of a distribution.
func (t *reader) distribution(id string, properties map[string]any) {
	config := object(properties["DistributionConfig"])
	d := &Distribution{Place: t.place(id, "Properties.DistributionConfig")}
	t.Distributions = append(t.Distributions, d)
	for i, item := range items(config["Origins"]) {
		d.Origins = append(
			d.Origins,
			origin(object(item), t.place(id, fmt.Sprintf("Properties.DistributionConfig.Origins[%d]", i))),
		)
	}
	d.Groups = map[string][]string{}
	for _, item := range items(object(config["OriginGroups"])["Items"]) {
		group := object(item)
		for _, member := range items(object(group["Members"])["Items"]) {
			d.Groups[text(group["Id"])] = append(d.Groups[text(group["Id"])], text(object(member)["OriginId"]))
		}
	}
	behaviors := map[string]any{"DefaultCacheBehavior": config["DefaultCacheBehavior"]}
	for i, b := range items(config["CacheBehaviors"]) {
		behaviors[fmt.Sprintf("CacheBehaviors[%d]", i)] = b
	}
	for _, path := range sortedKeys(behaviors) {
		d.Behaviors = append(
			d.Behaviors,
			behavior(object(behaviors[path]), t.place(id, "Properties.DistributionConfig."+path)),
		)
	}
}

func origin(value map[string]any, place Place) Origin {
	o := Origin{
		Place:      place,
		ID:         text(value["Id"]),
		DomainName: text(value["DomainName"]),
		Identity:   text(object(value["S3OriginConfig"])["OriginAccessIdentity"]),
	}
	o.Bucket = BucketOf(o.DomainName)
	o.AccessControl = text(value["OriginAccessControlId"])
	for _, header := range items(value["OriginCustomHeaders"]) {
		o.Headers = append(o.Headers, strings.ToLower(text(object(header)["HeaderName"])))
	}
	o.IdentityMark = only(strings.TrimPrefix(o.Identity, "origin-access-identity/cloudfront/"))
	host := strings.ToLower(o.DomainName)
	if i := strings.Index(host, apiHost); i > 0 && strings.Contains(host[i:], ".amazonaws.com") {
		o.API = o.DomainName[:i]
	}
	o.PathStyle = o.Bucket == "" && strings.Contains(host, ".amazonaws.com") &&
		slices.ContainsFunc(pathStylePrefixes, func(p string) bool { return strings.HasPrefix(host, p) })
	if o.Mark = only(o.DomainName); o.API != "" {
		o.Mark = only(o.API)
	}
	return o
}

func behavior(value map[string]any, place Place) Behavior {
	forwarded := object(value["ForwardedValues"])
	return Behavior{
		Place: place, Target: text(value["TargetOriginId"]), CachePolicy: text(value["CachePolicyId"]),
		Legacy: CachePolicy{
			KeepsNothing: isZero(value["MaxTTL"]),
			PerCaller: namesAuthorization(forwarded["Headers"]) && isTrue(forwarded["QueryString"]) &&
				len(items(forwarded["QueryStringCacheKeys"])) == 0,
		},
	}
}

func (t *reader) cachePolicy(id string, properties map[string]any) {
	config := object(properties["CachePolicyConfig"])
	key := object(config["ParametersInCacheKeyAndForwardedToOrigin"])
	headers := object(key["HeadersConfig"])
	if name, err := t.resolver.Name(id); err == nil {
		t.CachePolicies[name] = CachePolicy{
			KeepsNothing: isZero(config["MaxTTL"]),
			PerCaller: text(headers["HeaderBehavior"]) == "whitelist" && namesAuthorization(headers["Headers"]) &&
				text(object(key["QueryStringsConfig"])["QueryStringBehavior"]) == "all",
		}
	}
}

var (
	// harmlessModule is one that computes, and reaches nothing (Amazon CloudFront Developer Guide, "JavaScript runtime
	// 2.0 features for CloudFront Functions").
	harmlessModule = regexp.MustCompile(
		`(?:require\(\s*|import\s+\w+\s+from\s+)(?:'(?:crypto|querystring|buffer)'|"(?:crypto|querystring|buffer)")`,
	)
	module = regexp.MustCompile(`\b(?:import|require)\b`)
)

// edgeCode is the code of a CloudFront function, which can send requests to other origins with the module cloudfront
// (Amazon CloudFront Developer Guide, "Helper methods for origin modification").
func (w *walk) edgeCode(value any) {
	code, isText := value.(string)
	if !isText || module.MatchString(harmlessModule.ReplaceAllString(code, "")) {
		w.notUnderstood(
			"uses a module, and with the module cloudfront it can send requests to any server",
			"use the modules crypto, querystring and buffer alone, or accept it with a reason",
		)
	}
	w.mention(value)
}

// accessControl signs every request, or leaves some as the caller signed them (Amazon CloudFront API Reference,
// "OriginAccessControlConfig").
func (t *reader) accessControl(id string, properties map[string]any) {
	if name, err := t.resolver.Name(id); err == nil {
		t.Signs[name] = text(object(properties["OriginAccessControlConfig"])["SigningBehavior"]) == "always"
	}
}

func namesAuthorization(headers any) bool {
	return slices.ContainsFunc(
		texts(headers),
		func(h string) bool { return strings.EqualFold(h, "Authorization") || h == "*" },
	)
}

func isZero(value any) bool { return value != nil && fmt.Sprint(value) == "0" }
