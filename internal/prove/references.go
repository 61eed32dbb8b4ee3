package prove

import (
	"fmt"
	"regexp"
	"strings"
)

// reference is a place outside of policies where a resource names another.
type reference struct {
	owner, account string
	// arn or name of a bucket.
	arn, bucket string
	place       Place
}

// notReferences are properties that grant, which is judged elsewhere, or that only mention.
var notReferences = regexp.MustCompile(`(?i)polic(y|ies)|Document$|^(Environment|Tags|Description|Body|AlarmDescription|DashboardBody|Comment)$`)

// dynamicReference is a value that CloudFormation looks up with the rights of whoever deploys
// (CloudFormation User Guide, "Get values stored in other services using dynamic references").
var dynamicReference = regexp.MustCompile(`\{\{resolve:(ssm|ssm-secure|secretsmanager):([^}]+)\}\}`)

// lookups collects the parameters and secrets that a resource's properties look up.
func (t *stackReader) lookups(id string, properties map[string]any) {
	eachText("Properties", properties, nil, func(path, text string) {
		for _, match := range dynamicReference.FindAllStringSubmatch(text, -1) {
			t.named = append(t.named, reference{owner: t.owner, account: t.account, arn: t.lookedUp(match[1], match[2]), place: t.place(id, path)})
		}
	})
}

// lookedUp is the ARN of a parameter or secret, which may end with a version, a JSON key or
// a stage.
func (t *stackReader) lookedUp(service, name string) string {
	prefix := fmt.Sprintf("arn:%s:%s:%s:%s:", or(t.env.Partition, "aws"), map[bool]string{true: "secretsmanager", false: "ssm"}[service == "secretsmanager"], t.env.Region, t.account)
	if strings.HasPrefix(name, "arn:") {
		parts := strings.SplitN(name, ":", 8)
		return strings.Join(parts[:min(len(parts), 7)], ":")
	}
	name, _, _ = strings.Cut(name, ":")
	if service == "secretsmanager" {
		return prefix + "secret:" + name + "-*"
	}
	return prefix + "parameter/" + strings.TrimPrefix(name, "/")
}

// references collects what a resource names: where it sends data, or takes it from, AWS acts
// with rights of its own or of whoever deploys.
func (t *stackReader) references(id string, properties map[string]any) {
	eachText("Properties", properties, notReferences.MatchString, func(path, text string) {
		r := reference{owner: t.owner, account: t.account, place: t.place(id, path)}
		last := path[strings.LastIndexByte(path, '.')+1:]
		switch {
		case strings.HasPrefix(text, "arn:"):
			r.arn = text
		case strings.Contains(last, "Bucket"):
			r.bucket = text
		case last == "DomainName" && strings.Contains(text, ".s3"):
			r.bucket, _, _ = strings.Cut(text, ".s3")
		default:
			return
		}
		t.named = append(t.named, r)
	})
}

// copying are properties that copy every change of a resource.
var copying = regexp.MustCompile(`\.(KinesisStreamSpecification\.StreamArn|DestinationArn)$`)

// checkReferences finds resources that name what is a tenant's, and are not that tenant's,
// and copies that leave the accounts of the templates.
func (m *model) checkReferences() {
	for _, r := range m.named {
		arn := r.arn
		if r.bucket != "" {
			arn = "arn:aws:s3:::" + r.bucket
		}
		p := compile(strings.TrimSuffix(arn, ":*"), false)
		if r.owner != "" && m.own[r.owner].covers(p) {
			continue
		}
		var found *asset
		m.assets.meeting(p, func(x *asset) bool {
			_, meets := intersect(p, x.arn)
			if x.Owner != "" && x.Owner != r.owner && !x.namespace && meets {
				found = x
			}
			return found == nil
		})
		if found != nil {
			m.find(Finding{
				Rule: CrossTenant, Owner: r.owner, Place: r.place, Asset: &found.Asset, Victims: []string{found.Owner},
				Message: fmt.Sprintf("%s of %s names %s of tenant %s, so data can pass between them", r.place.LogicalID, m.nameOf(r.owner), arn, found.Owner),
				Fix:     "name resources of the same owner",
			})
			continue
		}
		if account := accountOf(arn); isAccount(account) && !m.accounts[account] && copying.MatchString(r.place.Path) {
			m.find(Finding{
				Rule: NotUnderstood, Owner: r.owner, Place: r.place, Asset: &Asset{Kind: "destination", Arn: arn},
				Message: fmt.Sprintf("%s sends data to account %s, which is not among the templates", r.place.LogicalID, account),
				Fix:     "send it to a resource of the templates",
			})
		}
	}
}

var accountForm = regexp.MustCompile(`^[0-9]{12}$`)

func isAccount(s string) bool { return accountForm.MatchString(s) }
