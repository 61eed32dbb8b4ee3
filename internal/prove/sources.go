package prove

import (
	"fmt"
	"strings"
)

// source is where a resource of a tenant takes data from, without a role of the tenant's
// having a say.
type source struct {
	owner, arn string
	place      Place
}

// sourceProperties name them by type of resource.
var sourceProperties = map[string]string{
	"AWS::Logs::SubscriptionFilter":   "LogGroupName",
	"AWS::Logs::MetricFilter":         "LogGroupName",
	"AWS::Lambda::EventSourceMapping": "EventSourceArn",
	"AWS::Pipes::Pipe":                "Source",
	"AWS::SNS::Subscription":          "TopicArn",
}

func (t *stackReader) source(id, kind string, properties map[string]any) {
	property, ok := sourceProperties[kind]
	name := text(properties[property])
	if !ok || name == "" || t.owner == "" {
		return
	}
	arn := name
	if property == "LogGroupName" {
		arn = fmt.Sprintf("arn:%s:logs:%s:%s:log-group:%s", or(t.env.Partition, "aws"), t.env.Region, t.account, name)
	}
	t.sources = append(t.sources, source{t.owner, arn, t.place(id, "Properties."+property)})
}

// record is a name in a hosted zone.
type record struct {
	zone, name string
}

func (t *stackReader) record(id, kind string, properties map[string]any) {
	sets := []any{properties}
	if kind == "AWS::Route53::RecordSetGroup" {
		sets = items(properties["RecordSets"])
	}
	for _, item := range sets {
		set := object(item)
		// Names of DNS have no case, and may end with a dot.
		r := record{or(text(set["HostedZoneId"]), text(set["HostedZoneName"])), strings.TrimSuffix(strings.ToLower(text(set["Name"])), ".")}
		if earlier, ok := t.records[r]; ok && earlier.owner != t.owner {
			t.clashes = append(t.clashes, clash{r, earlier, source{t.owner, "", t.place(id, "Properties.Name")}})
		}
		t.records[r] = source{owner: t.owner, place: t.place(id, "Properties.Name")}
	}
}

// clash is a record that two owners declare.
type clash struct {
	record
	earlier, later source
}

// checkSources finds what a tenant's resources take from somebody else's.
func (m *model) checkSources() {
	for _, s := range m.sources {
		p := compile(s.arn, false)
		if m.own[s.owner].covers(p) {
			continue
		}
		m.find(Finding{
			Rule: CrossTenant, Owner: s.owner, Place: s.place, Asset: &Asset{Kind: "source", Arn: s.arn},
			Message: fmt.Sprintf("takes what %s holds, which is not tenant %s's", s.arn, s.owner),
			Fix:     "take data from resources of the tenant's own stack",
		})
	}
}

// checkRecords finds addresses that two owners claim.
func (m *model) checkRecords() {
	for _, c := range m.clashes {
		m.find(Finding{
			Rule: Ambiguous, Owner: c.later.owner, Place: c.later.place, Victims: victimsOf(c.earlier.owner),
			Message: fmt.Sprintf("the record %s is also declared at %s, by %s", c.name, c.earlier.place, m.nameOf(c.earlier.owner)),
			Fix:     "give each tenant an address of its own",
		})
	}
}
