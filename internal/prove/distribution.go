package prove

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/internal/cfn"
)

// distribution of a tenant: it answers everyone, so it may only pass on what belongs to the
// tenant, and keep nothing that is meant for one caller.
func (t *stackReader) distribution(id string, properties map[string]any) {
	if t.owner == "" {
		return
	}
	config := object(properties["DistributionConfig"])
	for _, property := range []string{"S3Origin", "CustomOrigin"} {
		if config[property] != nil {
			t.find(Finding{
				Rule: NotUnderstood, Owner: t.owner, Place: t.place(id, "Properties.DistributionConfig."+property),
				Message: property + " is a form of origins that CloudFront no longer documents, and is not checked", Fix: "list the origin in Origins",
			})
		}
	}
	for _, alias := range texts(config["Aliases"]) {
		t.host(hostUse{name: alias}, t.place(id, "Properties.DistributionConfig.Aliases"))
	}
	private := map[string]bool{}
	for i, item := range items(config["Origins"]) {
		origin := object(item)
		private[text(origin["Id"])] = t.origin(origin, t.place(id, fmt.Sprintf("Properties.DistributionConfig.Origins[%d]", i)))
	}
	behaviors := map[string]any{"DefaultCacheBehavior": config["DefaultCacheBehavior"]}
	for i, b := range items(config["CacheBehaviors"]) {
		behaviors[fmt.Sprintf("CacheBehaviors[%d]", i)] = b
	}
	for _, path := range sortedKeys(behaviors) {
		if b := object(behaviors[path]); private[text(b["TargetOriginId"])] {
			t.cached = append(t.cached, cached{owner: t.owner, behavior: b, place: t.place(id, "Properties.DistributionConfig."+path)})
		}
	}
}

var (
	apiHost = regexp.MustCompile(`(?i)^(.+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?$`)
	// pathStyle addresses of Amazon S3 have the bucket in the path (Amazon S3 User Guide,
	// "Path-style requests").
	pathStyle = regexp.MustCompile(`(?i)^s3[.-](?:[a-z0-9.-]*\.)?amazonaws\.com(?:\.cn)?$`)
)

// origin checks where a distribution passes requests on to. It says whether what the origin
// answers depends on who asks.
func (t *stackReader) origin(origin map[string]any, place Place) (private bool) {
	identity := text(object(origin["S3OriginConfig"])["OriginAccessIdentity"])
	if mark := strings.TrimPrefix(identity, "origin-access-identity/cloudfront/"); identity != "" && !t.isOwnMark(mark) {
		t.find(Finding{
			Rule: CrossTenant, Owner: t.owner, Place: place, Asset: &Asset{Kind: "origin access identity", Arn: identity},
			Message: fmt.Sprintf("the distribution reads with the origin access identity %s, which is not tenant %s's", readable(mark), t.owner),
			Fix:     "use an origin access identity of the tenant's own stack",
		})
	}
	name := text(origin["DomainName"])
	api := apiHost.FindStringSubmatch(name)
	switch {
	case bucketOf(name) != "":
		// Whose bucket it is, checkReferences finds.
		return identity == "" && text(origin["OriginAccessControlId"]) == ""
	case api != nil && t.isOwnMark(api[1]):
		return true
	case t.isOwnMark(name) || slices.Contains(t.ownership.Trusted, name):
		return false
	case api != nil:
		t.notOwnOrigin(CrossTenant, place, name, "is an API that is not tenant %[2]s's")
	case pathStyle.MatchString(name):
		t.notOwnOrigin(NotUnderstood, place, name, "may be any bucket")
	default:
		t.notOwnOrigin(NotUnderstood, place, name, "is no resource of tenant %[2]s's stack, so requests and what is signed in them leave it")
	}
	return false
}

func (t *stackReader) notOwnOrigin(rule Rule, place Place, name, message string) {
	t.find(Finding{
		Rule: rule, Owner: t.owner, Place: place, Asset: &Asset{Kind: "origin", Arn: name},
		Message: fmt.Sprintf("the origin %[1]s "+message, readable(name), t.owner),
		Fix:     "name a bucket or an API of the stack, or list the host name under trusted in the file of owners",
	})
}

// isOwnMark says whether a text is a value that only AWS knows of a resource of the owner.
func (t *stackReader) isOwnMark(text string) bool {
	parts := cfn.Parts(text)
	if len(parts) != 1 || !parts[0].Opaque {
		return false
	}
	owner, isStack := t.ownerOfMark(text)
	return isStack && owner == t.owner
}

// cached is a behavior of a distribution whose answers depend on who asks.
type cached struct {
	owner    string
	behavior map[string]any
	place    Place
}

// cachingDisabled is the managed policy of that name (Amazon CloudFront Developer Guide, "Use
// managed cache policies").
const cachingDisabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"

// cachePolicy remembers the policies after which nothing is kept, or only for the same caller:
// what authorizes a request is part of the key.
func (t *stackReader) cachePolicy(id string, properties map[string]any) {
	config := object(properties["CachePolicyConfig"])
	key := object(config["ParametersInCacheKeyAndForwardedToOrigin"])
	headers := object(key["HeadersConfig"])
	name, err := t.resolver.Name(id)
	t.perCaller[name] = err == nil && (isZero(config["MaxTTL"]) ||
		text(headers["HeaderBehavior"]) == "whitelist" && namesAuthorization(headers["Headers"]) && text(object(key["QueryStringsConfig"])["QueryStringBehavior"]) == "all")
}

func namesAuthorization(headers any) bool {
	return slices.ContainsFunc(texts(headers), func(h string) bool { return strings.EqualFold(h, "Authorization") || h == "*" })
}

func isZero(value any) bool { return value != nil && fmt.Sprint(value) == "0" }

// checkCaches finds distributions that answer one caller with what another was told.
func (m *model) checkCaches() {
	for _, c := range m.cached {
		policy := text(c.behavior["CachePolicyId"])
		forwarded := object(c.behavior["ForwardedValues"])
		legacy := policy == "" && (isZero(c.behavior["MaxTTL"]) || namesAuthorization(forwarded["Headers"]) && isTrue(forwarded["QueryString"]))
		if policy == cachingDisabled || m.perCaller[policy] || legacy {
			continue
		}
		m.find(Finding{
			Rule: OpenMethod, Owner: c.owner, Place: c.place, Principal: "*",
			Message: "the distribution keeps answers that were meant for one caller, and gives them to whoever asks next, without the authorizer",
			Fix:     "use the cache policy CachingDisabled, or one with Authorization and all of the query string in its key",
		})
	}
}
