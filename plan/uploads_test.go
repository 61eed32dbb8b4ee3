package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/plan"
)

// put asks whether a role may store an object with the values of If-None-Match.
func put(r plan.Role, object string, ifNoneMatch ...string) iam.Result {
	request := iam.Request{Principal: r.Arn, Action: "s3:PutObject", Resource: object, ResourceAccount: strings.Split(r.Arn, ":")[4]}
	if ifNoneMatch != nil {
		request.Context = iam.Context{"s3:if-none-match": ifNoneMatch}
	}
	return iam.Evaluate(iam.Policies{Identity: []iam.Document{r.Policy}}, request).Result
}

// Where an event works on what arrives, an object is stored once; elsewhere functions may store it again. This holds for
// every access that a contract can grant, to a folder or to all of them.
func TestNothingReceivedIsOverwritten(t *testing.T) {
	accesses := []api.Access{"", api.Read, api.Write, api.ReadDelete, api.ReadWrite}
	for _, all := range accesses {
		for _, incoming := range accesses {
			for _, photos := range accesses {
				name := fmt.Sprintf("all %q, incoming %q, photos %q", all, incoming, photos)
				f, c := shipped(t)
				for i := range c.Roles {
					if c.Roles[i].Name != "writer" {
						continue
					}
					c.Roles[i].Grants.Uploads = map[string]api.Access{}
					for folder, access := range map[string]api.Access{api.AllUploads: all, "incoming": incoming, "photos": photos} {
						if access != "" {
							c.Roles[i].Grants.Uploads[folder] = access
						}
					}
				}
				for _, x := range build(t, f, c, plan.Selection{}).Tenants {
					r := role(t, x, "WriterRole")
					own := x.Uploads.Arn + "/" + x.Uploads.Prefix
					for folder, access := range map[string]api.Access{"incoming": incoming, "photos": photos, "other": ""} {
						may := access.Writes() || all.Writes()
						for _, header := range [][]string{nil, {"*"}} {
							want := may && (folder != "incoming" || header != nil)
							if got := put(r, own+folder+"/k/p", header...); (got == iam.Allowed) != want {
								t.Errorf("%s, tenant %s: %s with %v is %s, want allowed: %v", name, x.ID, folder, header, got, want)
							}
						}
					}
					var sids []string
					for _, s := range r.Policy.Statement {
						if slices.Contains(sids, s.Sid) {
							t.Errorf("%s: the statement %s is there twice", name, s.Sid)
						}
						sids = append(sids, s.Sid)
					}
				}
			}
		}
	}
}

// The shipped writer signs what browsers send, and nothing else.
func TestWriterStoresOnce(t *testing.T) {
	for id, x := range planned(t, nil) {
		r := role(t, x, "WriterRole")
		s := statement(t, r, "PutUploads")
		if got := fmt.Sprint(s.Condition); got != "map[Null:map[s3:if-none-match:[false]]]" {
			t.Errorf("tenant %s: the condition is %s", id, got)
		}
		object := x.Uploads.Arn + "/" + x.Uploads.Prefix + "incoming/k/p"
		if without, with := put(r, object), put(r, object, "*"); without == iam.Allowed || with != iam.Allowed {
			t.Errorf("tenant %s: without the header %s, with it %s", id, without, with)
		}
	}
}
