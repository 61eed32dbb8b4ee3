package prove

import "fmt"

// claim is something outside of policies that a tenant's resource uses, without a role of the
// tenant's having a say, and that has to be the tenant's own.
type claim struct {
	owner, arn, kind string
	place            Place
	actions          []string
	// message is a format for the ARN and the owner.
	message, fix string
}

func (t *stackReader) claim(c claim) {
	if t.owner != "" && c.arn != "" {
		c.owner = t.owner
		t.claims = append(t.claims, c)
	}
}

// claimCall is a function or user pool that an API asks.
func (t *stackReader) claimCall(arn string, place Place) {
	t.claim(claim{
		arn: arn, kind: "function", place: place, actions: []string{"lambda:InvokeFunction"},
		message: "calls %[1]s, which is not tenant %[2]s's", fix: "name one of the tenant's own stack",
	})
}

// claimCopy is where data is copied to.
func (t *stackReader) claimCopy(arn string, place Place) {
	t.claim(claim{
		arn: arn, kind: "bucket", place: place,
		message: "copies what tenant %[2]s has to %[1]s, which is not the tenant's", fix: "copy to a bucket of the tenant's own stack",
	})
}

// checkClaims finds what a tenant's resources use of somebody else's.
func (m *model) checkClaims() {
	for _, c := range m.claims {
		if !m.own[c.owner].covers(compile(c.arn, false)) {
			m.find(Finding{
				Rule: CrossTenant, Owner: c.owner, Place: c.place, Asset: &Asset{Kind: c.kind, Arn: c.arn}, Actions: c.actions,
				Message: fmt.Sprintf(c.message, c.arn, c.owner), Fix: c.fix,
			})
		}
	}
}

// sourceProperties name where a resource takes data from, by type of resource.
var sourceProperties = map[string]string{
	"AWS::Logs::SubscriptionFilter":   "LogGroupName",
	"AWS::Logs::MetricFilter":         "LogGroupName",
	"AWS::Lambda::EventSourceMapping": "EventSourceArn",
	"AWS::Pipes::Pipe":                "Source",
	"AWS::SNS::Subscription":          "TopicArn",
}

func (t *stackReader) source(id, kind string, properties map[string]any) {
	property := sourceProperties[kind]
	arn := text(properties[property])
	if property == "LogGroupName" && arn != "" {
		arn = fmt.Sprintf("arn:%s:logs:%s:%s:log-group:%s", or(t.env.Partition, "aws"), t.env.Region, t.account, arn)
	}
	t.claim(claim{
		arn: arn, kind: "source", place: t.place(id, "Properties."+property),
		message: "takes what %[1]s holds, which is not tenant %[2]s's", fix: "take data from resources of the tenant's own stack",
	})
}
