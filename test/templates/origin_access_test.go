package templates

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/internal/prove"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/report"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/tenant"
)

// controlled is the shipped plan with an origin access control in every cell.
func controlled(t testing.TB) *plan.Plan {
	t.Helper()
	f, err := tenant.Load(tenantsFile)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range f.Cells {
		c.OriginAccess = tenant.OriginAccessControl
		f.Cells[name] = c
	}
	contract, err := api.Load(contractFile)
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Build(f, contract, plan.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The templates of a cell with an origin access control and of a tenant in it, whole; test/lint checks these, too.
func TestOriginAccessControlGolden(t *testing.T) {
	for _, stack := range synth(t, controlled(t)).Stacks {
		if stack.Name != "kittens-cell-eu-1" && stack.Name != "kittens-tenant-tabby-cafe" {
			continue
		}
		checkGolden(t, filepath.Join("testdata", "control"), stack)
	}
}

// A cell has one origin access control; each bucket lets in the distribution of its own tenant by its ARN, and the uploads, which
// signed requests reach, have no access identity as before. Nothing but this differs.
func TestOriginAccessControl(t *testing.T) {
	shipped, access := synth(t, load(t, plan.Selection{})), synth(t, controlled(t))
	for i, s := range access.Stacks {
		before, after := decode(t, shipped.Stacks[i]), decode(t, s)
		if strings.Contains(s.Name, "-cell-") {
			want(t, s.Name, after.Resources["OriginAccessControl"].Properties, "OriginAccessControlConfig.SigningBehavior", "always")
			want(t, s.Name, after.Resources["OriginAccessControlParameter"].Properties, "Name", strings.Replace(s.Name, "kittens-cell-", "/kittens/cell/", 1)+"/origin-access-control")
			delete(after.Resources, "OriginAccessControl")
			delete(after.Resources, "OriginAccessControlParameter")
		} else {
			checkAccess(t, s, after)
			for _, id := range []string{"WebAccessIdentity", "WebBucketPolicy", "Distribution"} {
				delete(before.Resources, id)
				delete(after.Resources, id)
			}
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s differs elsewhere, too (-identity +control):\n%s", s.Name, diff)
		}
	}
}

func checkAccess(t *testing.T, s cfn.Stack, template template) {
	t.Helper()
	if _, ok := template.Resources["WebAccessIdentity"]; ok {
		t.Errorf("%s has an origin access identity, too", s.Name)
	}
	origins := map[string]map[string]any{}
	for _, o := range template.Resources["Distribution"].Properties["DistributionConfig"].(map[string]any)["Origins"].([]any) {
		origins[o.(map[string]any)["Id"].(string)] = o.(map[string]any)
	}
	want(t, s.Name, origins["web"], "S3OriginConfig.OriginAccessIdentity", "")
	want(t, s.Name, origins["uploads"], "S3OriginConfig.OriginAccessIdentity", "")
	if id, _ := origins["web"]["OriginAccessControlId"].(string); !strings.HasPrefix(id, "{{resolve:ssm:/kittens/cell/") || !strings.HasSuffix(id, "/origin-access-control}}") {
		t.Errorf("%s: the web origin has the access control %v", s.Name, origins["web"]["OriginAccessControlId"])
	}
	if control, ok := origins["uploads"]["OriginAccessControlId"]; ok {
		t.Errorf("%s: the origin of signed requests has the access control %v: S3 takes one signature only", s.Name, control)
	}
	for _, statement := range template.Resources["WebBucketPolicy"].Properties["PolicyDocument"].(map[string]any)["Statement"].([]any) {
		if st := statement.(map[string]any); st["Effect"] == "Allow" {
			distribution := map[string]any{"Fn::Sub": "arn:aws:cloudfront::" + account(t, s) + ":distribution/${Distribution}"}
			lets := map[string]any{
				"Principal": map[string]any{"Service": []any{"cloudfront.amazonaws.com"}},
				"Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceArn": []any{distribution}}},
			}
			if diff := cmp.Diff(lets, map[string]any{"Principal": st["Principal"], "Condition": st["Condition"]}); diff != "" {
				t.Errorf("%s lets in (-want +got):\n%s", s.Name, diff)
			}
		}
	}
}

// What the templates say is proved, and each careless edit of whom a bucket lets in is found.
func TestOriginAccessControlIsProved(t *testing.T) {
	p := controlled(t)
	assembly := synth(t, p)
	proved := func(a *cfn.Assembly) []report.Finding {
		t.Helper()
		proof, err := prove.Prove(a, owners.FromPlan(p))
		if err != nil {
			t.Fatal(err)
		}
		return proof.Findings
	}
	for _, f := range proved(assembly) {
		t.Errorf("%s %s/%s %s: %s", f.Rule, f.Place.Stack, f.Place.LogicalID, f.Place.Path, f.Message)
	}
	const tabby, awesome = "kittens-tenant-tabby-cafe", "kittens-tenant-super-awesome-customer"
	sourceOf := func(sid, operator, key string, value any) func(map[string]any) {
		return func(properties map[string]any) {
			for _, s := range properties["PolicyDocument"].(map[string]any)["Statement"].([]any) {
				if s := s.(map[string]any); s["Effect"] == "Allow" && (sid == "" || s["Sid"] == sid) {
					s["Condition"] = map[string]any{operator: map[string]any{key: value}}
				}
			}
		}
	}
	source := func(operator, key string, value any) func(map[string]any) { return sourceOf("", operator, key, value) }
	const distributions = "arn:aws:cloudfront::111111111111:distribution/"
	own := map[string]any{"Fn::Sub": distributions + "${Distribution}"}
	others := map[string]any{"Fn::Sub": []any{distributions + "${d}", map[string]any{"d": map[string]any{"Fn::ImportValue": "theirs"}}}}
	webOrigin := func(change func(o map[string]any)) func(map[string]any) {
		return func(properties map[string]any) {
			for _, o := range properties["DistributionConfig"].(map[string]any)["Origins"].([]any) {
				if o := o.(map[string]any); o["Id"] == "web" {
					change(o)
				}
			}
		}
	}
	for _, c := range []struct {
		name, resource string
		change         func(properties map[string]any)
		found          bool
	}{
		{"own distribution, by ArnEquals", "WebBucketPolicy", source("ArnEquals", "AWS:SourceArn", own), false},
		{"any distribution", "WebBucketPolicy", source("ArnLike", "aws:SourceArn", distributions+"*"), true},
		{"any distribution reads", "WebBucketPolicy", sourceOf("DistributionReads", "ArnLike", "aws:SourceArn", distributions+"*"), true},
		{"any distribution sees what is missing", "WebBucketPolicy", sourceOf("DistributionSeesWhatIsMissing", "ArnLike", "aws:SourceArn", distributions+"*"), true},
		{"any distribution by StringLike", "WebBucketPolicy", source("StringLike", "aws:SourceArn", distributions+"E*"), true},
		{"another's distribution", "WebBucketPolicy", source("StringEquals", "aws:SourceArn", others), true},
		{"own and another's distribution", "WebBucketPolicy", source("StringEquals", "aws:SourceArn", []any{own, others}), true},
		{"a distribution by its id", "WebBucketPolicy", source("StringEquals", "aws:SourceArn", distributions+"E2TABBYTABBY00"), true},
		{"all but one distribution", "WebBucketPolicy", source("StringNotEquals", "aws:SourceArn", own), true},
		{"own distribution, or none stated", "WebBucketPolicy", source("StringEqualsIfExists", "aws:SourceArn", own), true},
		{"the account", "WebBucketPolicy", source("StringEquals", "aws:SourceAccount", "111111111111"), true},
		{"everything", "WebBucketPolicy", source("StringEquals", "aws:SecureTransport", "true"), true},
		{"another's bucket with the cell's control", "Distribution", webOrigin(func(o map[string]any) {
			o["DomainName"] = "kittens-super-awesom-ed99ed58-web-111111111111-eu-central-1.s3.eu-central-1.amazonaws.com"
		}), true},
		{"another's control", "Distribution", webOrigin(func(o map[string]any) {
			o["OriginAccessControlId"] = map[string]any{"Fn::ImportValue": "theirs"}
		}), true},
		{"a control that a parameter of another's tells", "Distribution", webOrigin(func(o map[string]any) {
			o["OriginAccessControlId"] = "{{resolve:ssm:/kittens/tenant/super-awesome-customer/distribution}}"
		}), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if findings := proved(changed(t, assembly, tabby, awesome, c.resource, c.change)); len(findings) > 0 != c.found {
				t.Errorf("%d findings: %+v", len(findings), findings)
			}
		})
	}
}

// changed is the assembly with another resource in a stack, while a further stack exports its distribution as theirs.
func changed(t *testing.T, assembly *cfn.Assembly, stack, exporting, resource string, change func(map[string]any)) *cfn.Assembly {
	t.Helper()
	out := *assembly
	out.Stacks = append([]cfn.Stack(nil), assembly.Stacks...)
	for i := range out.Stacks {
		s := &out.Stacks[i].Template
		switch out.Stacks[i].Name {
		case stack:
			s.Resources = maps.Clone(s.Resources)
			r, properties := s.Resources[resource], map[string]any{}
			if err := json.Unmarshal(r.Properties, &properties); err != nil {
				t.Fatal(err)
			}
			change(properties)
			encoded, err := json.Marshal(properties)
			if err != nil {
				t.Fatal(err)
			}
			r.Properties = encoded
			s.Resources[resource] = r
		case exporting:
			s.Outputs = maps.Clone(s.Outputs)
			s.Outputs["Theirs"] = cfn.Output{Value: json.RawMessage(`{"Ref": "Distribution"}`), ExportName: json.RawMessage(`"theirs"`)}
		}
	}
	return &out
}
