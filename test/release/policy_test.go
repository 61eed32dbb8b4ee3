package release_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/tenantstack/tenantstack/internal/localcloud"
	"github.com/tenantstack/tenantstack/internal/release"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/test/localtest"
)

// document is a policy as docs/web.md shows it.
type document struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid, Effect string
	Action      actions
	Resource    string
}

// actions are one action, or several.
type actions []string

// UnmarshalJSON reads a string or a list of strings.
func (a *actions) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*a = actions{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(a))
}

// documented is the policy in docs/web.md.
func documented(t *testing.T) document {
	t.Helper()
	text, err := os.ReadFile("../../docs/web.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(text, -1) {
		var d document
		if json.Unmarshal(block[1], &d) == nil && len(d.Statement) > 0 {
			return d
		}
	}
	t.Fatal("docs/web.md has no policy")
	return document{}
}

// without is the policy without one action.
func (d document) without(action string) document {
	out := document{Version: d.Version}
	for _, s := range d.Statement {
		s.Action = slices.DeleteFunc(slices.Clone(s.Action), func(a string) bool { return a == action })
		if len(s.Action) > 0 {
			out.Statement = append(out.Statement, s)
		}
	}
	return out
}

const (
	policyTenant = "acme"
	roleName     = "web-release"
)

// withRole is the assembly with a role of the policy in the tenant's stack, which everybody in its account may assume.
func withRole(t *testing.T, policy document, account string) string {
	t.Helper()
	assembly := localtest.Copy(t, localtest.Assembly(t))
	name := filepath.Join(assembly, "kittens-tenant-"+policyTenant+".template.json")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var template map[string]any
	if err := json.Unmarshal(data, &template); err != nil {
		t.Fatal(err)
	}
	template["Resources"].(map[string]any)["WebReleaseRole"] = map[string]any{"Type": "AWS::IAM::Role", "Properties": map[string]any{
		"RoleName": roleName,
		"AssumeRolePolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
			"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"AWS": "arn:aws:iam::" + account + ":root"}}}},
		"Policies": []any{map[string]any{"PolicyName": "web-release", "PolicyDocument": policy}},
	}}
	if data, err = json.Marshal(template); err == nil {
		err = os.WriteFile(name, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return assembly
}

// TestPolicy releases with the role of docs/web.md: it is enough, and without any one of its actions it is not.
func TestPolicy(t *testing.T) {
	policy := documented(t)
	p, err := plan.Load("../../tenants.yaml", "../../api/openapi.yaml", plan.Selection{Tenants: []string{policyTenant}})
	if err != nil {
		t.Fatal(err)
	}
	account := p.Tenants[0].Environment.Account
	c := localtest.Start(t, localcloud.Options{Assembly: withRole(t, policy, account), Tenants: []string{policyTenant}})
	all := slices.DeleteFunc(sites(t, c), func(s release.Site) bool { return s.Tenant != policyTenant })

	operator := c.AWS(account, "", all[0].Environment.Region)
	releaser := release.New(release.Options{Connect: release.NewAccounts(operator, roleName).Connect})
	for n := 1; n <= 4; n++ { // the fourth deletes what only the first needed
		want(t, releaser.Release(t.Context(), build(t, n), all), release.Released)
	}
	want(t, back(t, releaser, all), release.RolledBack)
	if s := releaser.Status(t.Context(), all)[0]; s.Err != nil || s.Release != build(t, 3).Release() {
		t.Errorf("status %+v", s)
	}

	n := 5
	for _, s := range policy.Statement {
		for _, action := range s.Action {
			releaser := release.New(release.Options{Connect: session(t, operator, account, policy.without(action))})
			if r := releaser.Release(t.Context(), build(t, n), all)[0]; r.Action != release.Failed {
				t.Errorf("without %s the tenant is %s: the policy in docs/web.md grants what is not needed", action, r.Action)
			}
			n++
		}
	}
}

// session connects with the role, restricted to a policy.
func session(t *testing.T, operator aws.Config, account string, policy document) release.Connect {
	t.Helper()
	text, err := json.Marshal(policy)
	if err != nil {
		t.Fatal(err)
	}
	out, err := sts.NewFromConfig(operator).AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::" + account + ":role/" + roleName), RoleSessionName: aws.String("restricted"), Policy: aws.String(string(text)),
	})
	if err != nil {
		t.Fatal(err)
	}
	restricted := operator.Copy()
	restricted.Credentials = credentials.NewStaticCredentialsProvider(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
	return func(context.Context, plan.Environment) (release.Clients, error) {
		return release.NewClients(restricted), nil
	}
}
