package templates

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/tenant"
)

// template is a template with everything that tests look at.
type template struct {
	Resources map[string]struct {
		Type                string
		Properties          map[string]any
		DeletionPolicy      string
		UpdateReplacePolicy string
	}
	Outputs map[string]map[string]any
}

func decode(t testing.TB, s cfn.Stack) template {
	t.Helper()
	data, err := os.ReadFile(s.File)
	if err != nil {
		t.Fatal(err)
	}
	var out template
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// untagged are types that CloudFormation cannot tag.
var untagged = []string{
	"AWS::ApiGateway::Account", "AWS::ApiGateway::Deployment", "AWS::CloudFront::CloudFrontOriginAccessIdentity",
	"AWS::CloudFront::OriginAccessControl",
	"AWS::CloudFront::ResponseHeadersPolicy", "AWS::Lambda::Permission", "AWS::Logs::MetricFilter",
	"AWS::Logs::ResourcePolicy", "AWS::Route53::RecordSet", "AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy",
}

func TestEveryStack(t *testing.T) {
	for _, s := range synth(t, load(t, plan.Selection{})).Stacks {
		stack := decode(t, s)
		for id, output := range stack.Outputs {
			if output["Export"] != nil {
				t.Errorf("%s: output %s is exported; a thousand stacks must not lock one", s.Name, id)
			}
		}
		for id, r := range stack.Resources {
			where := s.Name + " " + id
			if !slices.Contains(untagged, r.Type) {
				checkTags(t, where, strings.Contains(s.Name, "-tenant-"), r.Properties["Tags"])
			}
			switch r.Type {
			case "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::OpenSearchService::Domain":
				checkKept(t, where, r.DeletionPolicy, r.UpdateReplacePolicy, r.Properties["DeletionProtectionEnabled"] == true)
				// What stayed can be imported only by a name that stands in the template as it is (CloudFormation User Guide,
				// "Import AWS resources into a CloudFormation stack automatically").
				name := map[string]string{"AWS::DynamoDB::Table": "TableName", "AWS::S3::Bucket": "BucketName", "AWS::OpenSearchService::Domain": "DomainName"}[r.Type]
				if text, ok := r.Properties[name].(string); !ok || text == "" {
					t.Errorf("%s: %s is %v, want a name that nothing is computed for", where, name, r.Properties[name])
				}
			}
			switch r.Type {
			case "AWS::DynamoDB::Table":
				want(t, where, r.Properties, "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", true)
				want(t, where, r.Properties, "SSESpecification.SSEEnabled", true)
				want(t, where, r.Properties, "DeletionProtectionEnabled", true)
			case "AWS::S3::Bucket":
				for _, setting := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
					want(t, where, r.Properties, "PublicAccessBlockConfiguration."+setting, true)
				}
				if _, ok := stack.Resources[id+"Policy"]; !ok {
					t.Errorf("%s has no policy", where)
				}
			case "AWS::OpenSearchService::Domain":
				want(t, where, r.Properties, "AdvancedOptions.rest.action.multi.allow_explicit_index", "false")
				want(t, where, r.Properties, "DomainEndpointOptions.EnforceHTTPS", true)
				want(t, where, r.Properties, "EncryptionAtRestOptions.Enabled", true)
				want(t, where, r.Properties, "NodeToNodeEncryptionOptions.Enabled", true)
			case "AWS::Lambda::Function":
				want(t, where, r.Properties, "Runtime", "provided.al2023")
				want(t, where, r.Properties, "TracingConfig.Mode", "Active")
			case "AWS::Lambda::Permission":
				// API Gateway needs none. S3 invokes for one bucket of the same stack.
				want(t, where, r.Properties, "Principal", "s3.amazonaws.com")
				want(t, where, r.Properties, "SourceAccount", account(t, s))
				want(t, where, r.Properties, "SourceArn", "arn:aws:s3:::"+fmt.Sprint(stack.Resources["UploadsBucket"].Properties["BucketName"]))
			case "AWS::ApiGateway::RestApi":
				want(t, where, r.Properties, "Mode", "overwrite")
			case "AWS::ApiGateway::Method", "AWS::ApiGateway::Resource":
				t.Errorf("%s is a %s, of which there are to be none", where, r.Type)
			}
		}
	}
}

// checkKept holds that what holds data stays when it leaves a stack. After a first deployment that failed it goes, so
// that the next one finds its name free, but for what is protected from deletion: that cannot go, and a rollback that
// tried would fail (CloudFormation Template Reference, "DeletionPolicy attribute").
func checkKept(t *testing.T, where, deletion, replacement string, protected bool) {
	t.Helper()
	want := "RetainExceptOnCreate"
	if protected {
		want = "Retain"
	}
	if deletion != want || replacement != "Retain" {
		t.Errorf("%s holds data and has DeletionPolicy %q, UpdateReplacePolicy %q, want %q and Retain", where, deletion, replacement, want)
	}
}

// account is the AWS account of a stack.
func account(t *testing.T, s cfn.Stack) string {
	t.Helper()
	e, err := cfn.ParseEnvironment(s.Environment)
	if err != nil || e.Account == "" {
		t.Fatalf("stack %s: environment %+v, %v", s.Name, e, err)
	}
	return e.Account
}

// want holds a value at a path against the one wanted. The last key may have dots.
func want(t *testing.T, where string, properties map[string]any, path string, value any) {
	t.Helper()
	var v any = properties
	for rest := path; rest != ""; {
		m, _ := v.(map[string]any)
		if found, ok := m[rest]; ok {
			v = found
			break
		}
		key, after, more := strings.Cut(rest, ".")
		v, rest = m[key], after
		if !more {
			break
		}
	}
	if v != value {
		t.Errorf("%s: %s is %v, want %v", where, path, v, value)
	}
}

func checkTags(t *testing.T, where string, ofTenant bool, tags any) {
	t.Helper()
	found := map[string]bool{}
	switch tags := tags.(type) {
	case []any:
		for _, tag := range tags {
			found[fmt.Sprint(tag.(map[string]any)["Key"])] = true
		}
	case map[string]any:
		for key := range tags {
			found[key] = true
		}
	}
	keys := []string{"platform", "cell"}
	if ofTenant {
		keys = append(keys, "tenant", "billing-account", "tier")
	}
	for _, key := range keys {
		if !found[key] {
			t.Errorf("%s has no tag %s", where, key)
		}
	}
}

// Renaming, adding and reordering tenants changes no other tenant's template, and no cell's.
func TestTenantsDoNotTouchEachOther(t *testing.T) {
	f, err := tenant.Load(tenantsFile)
	if err != nil {
		t.Fatal(err)
	}
	contract, err := api.Load(contractFile)
	if err != nil {
		t.Fatal(err)
	}
	templates := func() map[string][]byte {
		p, err := plan.Build(f, contract, plan.Selection{})
		if err != nil {
			t.Fatal(err)
		}
		out := map[string][]byte{}
		for _, s := range synth(t, p).Stacks {
			if out[s.Name], err = os.ReadFile(s.File); err != nil {
				t.Fatal(err)
			}
		}
		return out
	}
	before := templates()
	slices.Reverse(f.Tenants)
	renamed := f.Tenants[0].ID
	f.Tenants[0].ID = "renamed"
	added := f.Tenants[1]
	added.ID, added.BillingAccount = "added", "added"
	f.Tenants = slices.Insert(f.Tenants, 1, added)
	after := templates()
	if len(after) != len(before)+1 {
		t.Fatalf("%d templates, want %d", len(after), len(before)+1)
	}
	for name, text := range before {
		if name == "kittens-tenant-"+renamed {
			continue
		}
		if !bytes.Equal(text, after[name]) {
			t.Errorf("the template of %s changed with other tenants", name)
		}
	}
}
