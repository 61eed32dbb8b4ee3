package rules

import (
	"fmt"

	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// events proves T10: a tenant's rule on a bus that is not the tenant's takes the events of own resources alone.
// The default bus of an account has the events of everything in it, and a rule needs no consent of where they
// come from (Amazon EventBridge User Guide, "Event buses").
func (c *Case) events() {
	for i := range c.EventRules {
		r := &c.EventRules[i]
		owner := c.own.Of(r.Place)
		if owner == "" || c.isOwnMark(r.Mark, owner) || c.own.Owns(owner, pattern.Compile(r.BusArn, false)) ||
			c.ownEvents(owner, r.Pattern) {
			continue
		}
		c.find(report.Finding{
			Rule: report.CrossTenant, Owner: owner, Place: r.Place, Asset: &facts.Asset{Kind: "event bus", Arn: r.Bus},
			Message: fmt.Sprintf("the rule takes events of the bus %s, those of other tenants' resources among them", r.Bus),
			Fix:     "list resources of the stack, by their ARNs, under resources in the pattern, or use an event bus of the stack",
		})
	}
}

// ownEvents says whether a pattern matches the events of own resources alone: the ARNs it
// lists, or the buckets that Amazon S3 names in the details of its events (Amazon S3 User
// Guide, "EventBridge event message structure").
func (c *Case) ownEvents(owner string, events map[string]any) bool {
	detail, _ := events["detail"].(map[string]any)
	bucket, _ := detail["bucket"].(map[string]any)
	return c.ownNames(owner, events["resources"], "") || c.ownNames(owner, bucket["name"], "arn:aws:s3:::")
}

// ownNames says whether a list of a pattern has texts alone, each of which, after a prefix,
// is the ARN of something that the owner has.
func (c *Case) ownNames(owner string, list any, prefix string) bool {
	values, isList := list.([]any)
	for _, v := range values {
		name, isText := v.(string)
		if !isText || name == "" || !c.own.Owns(owner, pattern.Compile(prefix+name, false)) {
			return false
		}
	}
	return isList && len(values) > 0
}
