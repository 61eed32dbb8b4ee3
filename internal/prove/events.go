package prove

import (
	"fmt"
	"slices"
	"strings"
)

// rule is one of EventBridge. The default bus of an account has the events of everything in
// it, and a rule needs no consent of where they come from (Amazon EventBridge User Guide,
// "Event buses"), so the rule of a tenant has to ask for those of own resources alone.
func (t *stackReader) rule(id string, properties map[string]any) {
	pattern := object(properties["EventPattern"])
	if t.owner == "" || len(pattern) == 0 || t.isOwnMark(text(properties["EventBusName"])) {
		return
	}
	t.rules = append(t.rules, eventRule{t.owner, pattern, or(text(properties["EventBusName"]), "default"), t.place(id, "Properties.EventPattern")})
}

// eventRule is a tenant's, on a bus that may have the events of others.
type eventRule struct {
	owner   string
	pattern map[string]any
	bus     string
	place   Place
}

// checkRules finds rules of tenants that take the events of others.
func (m *model) checkRules() {
	for _, r := range m.rules {
		if m.own[r.owner].covers(compile(r.bus, false)) || m.ownEvents(r.owner, r.pattern) {
			continue
		}
		m.find(Finding{
			Rule: CrossTenant, Owner: r.owner, Place: r.place, Asset: &Asset{Kind: "event bus", Arn: r.bus},
			Message: fmt.Sprintf("the rule takes events of the bus %s, those of other tenants' resources among them", r.bus),
			Fix:     "list resources of the stack, by their ARNs, under resources in the pattern, or use an event bus of the stack",
		})
	}
}

// ownEvents says whether a pattern matches the events of own resources alone: the ARNs it
// lists, or the buckets that Amazon S3 names in the details of its events (Amazon S3 User
// Guide, "EventBridge event message structure").
func (m *model) ownEvents(owner string, pattern map[string]any) bool {
	return m.ownNames(owner, pattern["resources"], "") ||
		m.ownNames(owner, object(object(pattern["detail"])["bucket"])["name"], "arn:aws:s3:::")
}

// ownNames says whether a list of a pattern has texts alone, each of which, after a prefix,
// is the ARN of something that the owner has.
func (m *model) ownNames(owner string, list any, prefix string) bool {
	values, isList := list.([]any)
	for _, v := range values {
		name, isText := v.(string)
		if !isText || name == "" || !m.own[owner].covers(compile(prefix+name, false)) {
			return false
		}
	}
	return isList && len(values) > 0
}

// notified checks that a bucket tells a function of every object that is created below a
// prefix (Amazon S3 User Guide, "Configuring event notifications using object key name
// filtering").
func (m *model) notified(n *Need) {
	place := Place{Stack: n.Stack, LogicalID: n.LogicalID, Path: "Properties.NotificationConfiguration"}
	for _, item := range m.notifications[n.Stack+"/"+n.LogicalID] {
		c := object(item)
		created := text(c["Event"]) == "s3:ObjectCreated:*"
		if created && text(c["Function"]) == n.Notification.FunctionArn && reachesAll(object(object(c["Filter"])["S3Key"])["Rules"], n.Notification.Prefix) {
			return
		}
	}
	m.find(Finding{
		Rule: CannotWork, Place: place, Asset: &Asset{Kind: "function", Arn: n.Notification.FunctionArn},
		Message: fmt.Sprintf("%s has to tell %s of objects created in %s, and %s does not say so", n.What, n.Notification.FunctionArn, n.Notification.Prefix, n.LogicalID),
		Fix:     "synthesize again",
	})
}

// reachesAll says whether the rules of a filter let through every key below a prefix.
func reachesAll(rules any, prefix string) bool {
	return !slices.ContainsFunc(items(rules), func(item any) bool {
		rule := object(item)
		return !strings.EqualFold(text(rule["Name"]), "prefix") || !strings.HasPrefix(prefix, text(rule["Value"]))
	})
}
