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

// references collects what a resource names: where it sends data, or takes it from, AWS acts
// with rights of its own or of whoever deploys.
func (t *stackReader) references(id, path string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range sortedKeys(v) {
			if !notReferences.MatchString(key) {
				t.references(id, path+"."+key, v[key])
			}
		}
	case []any:
		for i, item := range v {
			t.references(id, fmt.Sprintf("%s[%d]", path, i), item)
		}
	case string:
		r := reference{owner: t.owner, account: t.account, place: t.place(id, path)}
		last := path[strings.LastIndexByte(path, '.')+1:]
		switch {
		case strings.HasPrefix(v, "arn:"):
			r.arn = v
		case strings.Contains(last, "Bucket"):
			r.bucket = v
		case last == "DomainName" && strings.Contains(v, ".s3"):
			r.bucket, _, _ = strings.Cut(v, ".s3")
		default:
			return
		}
		t.named = append(t.named, r)
	}
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
			if x.Owner != "" && x.Owner != r.owner && !x.namespace && !x.arn.everything() && x.arn.covers(p) {
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
