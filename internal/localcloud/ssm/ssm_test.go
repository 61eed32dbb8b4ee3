package ssm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
	"github.com/tenantstack/tenantstack/internal/localcloud/ssm"
)

const (
	account = "111111111111"
	region  = "eu-central-1"
	roleARN = "arn:aws:iam::111111111111:role/Reader"
)

type cloud struct {
	*ssm.Service
	gate *gate.Gate
	url  string
}

func newCloud(t *testing.T, dir string) *cloud {
	t.Helper()
	g, err := gate.New(gate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	trust, err := iam.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`), iam.Trust)
	if err != nil {
		t.Fatal(err)
	}
	identity, err := iam.Parse([]byte(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["ssm:GetParameter","ssm:GetParameters","ssm:GetParametersByPath"],"Resource":["arn:aws:ssm:eu-central-1:111111111111:parameter/app/a/*","arn:aws:ssm:eu-central-1:111111111111:parameter/app/a"]},
		{"Effect":"Allow","Action":"ssm:GetParameter","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/public":"yes"}}},
		{"Effect":"Allow","Action":"ssm:PutParameter","Resource":"*","Condition":{"StringEquals":{"ssm:Overwrite":"false"}}}]}`), iam.Identity)
	if err != nil {
		t.Fatal(err)
	}
	g.PutRole(gate.Role{ARN: roleARN, Name: "Reader", Account: account, Trust: trust, Identity: []iam.Document{identity}})
	s, err := ssm.New(ssm.Options{Dir: dir, Now: func() time.Time { return time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	front := gate.NewFront(g)
	front.Handle("ssm", s)
	server := httptest.NewServer(front)
	t.Cleanup(server.Close)
	return &cloud{s, g, server.URL}
}

func (c *cloud) client(k gate.Credentials) *awsssm.Client {
	return awsssm.New(awsssm.Options{Region: region, BaseEndpoint: &c.url,
		Credentials: credentials.NewStaticCredentialsProvider(k.AccessKeyID, k.SecretAccessKey, k.SessionToken)})
}

func (c *cloud) operator() *awsssm.Client { return c.client(c.gate.Operator(account)) }

func (c *cloud) reader(t *testing.T) *awsssm.Client {
	t.Helper()
	k, _, err := c.gate.ServiceSession("lambda.amazonaws.com", roleARN, "fn", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return c.client(k)
}

func (c *cloud) declare(t *testing.T, name, value string, tags map[string]any) {
	t.Helper()
	err := c.Put(context.Background(), resource.Resource{Stack: "s", LogicalID: "P", Type: "AWS::SSM::Parameter", Account: account, Region: region, Name: name,
		Properties: map[string]any{"Name": name, "Type": "String", "Value": value, "Tags": tags}})
	if err != nil {
		t.Fatal(err)
	}
}

func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return fmt.Sprint(err)
}

func TestReadIsAuthorizedByName(t *testing.T) {
	c := newCloud(t, "")
	ctx := context.Background()
	c.declare(t, "/app/a/x", "1", nil)
	c.declare(t, "/app/a/deep/y", "2", nil)
	c.declare(t, "/app/b", "3", nil)
	c.declare(t, "/app/c", "4", map[string]any{"public": "yes"})
	reader := c.reader(t)
	for name, want := range map[string]string{
		"/app/a/x": "<nil>", "/app/b": "AccessDeniedException", "/app/c": "<nil>", "/app/a/none": "ParameterNotFound",
		"/app/a/../b": "<nil>", "/app/a//x": "ValidationException", "/app/b/": "ValidationException",
		"arn:aws:ssm:eu-central-1:111111111111:parameter/app/a/x": "<nil>",
		"arn:aws:ssm:eu-central-1:222222222222:parameter/app/a/x": "ParameterNotFound",
		"arn:aws:ssm:eu-central-1:111111111111:parameter/app/b":   "AccessDeniedException",
		"/app/a/x:1": "<nil>", "/app/a/x:2": "ParameterVersionNotFound", "/app/a/x:prod": "ParameterVersionNotFound",
	} {
		if name == "/app/a/../b" {
			want = "ParameterNotFound" // dots are ordinary characters of a name
		}
		if _, err := reader.GetParameter(ctx, &awsssm.GetParameterInput{Name: &name}); code(err) != want {
			t.Errorf("GetParameter %s: got %v, want %s", name, err, want)
		}
	}
	if _, err := reader.GetParameters(ctx, &awsssm.GetParametersInput{Names: []string{"/app/a/x", "/app/b"}}); code(err) != "AccessDeniedException" {
		t.Errorf("GetParameters with one of another: got %v, want AccessDeniedException", err)
	}
	out, err := reader.GetParameters(ctx, &awsssm.GetParametersInput{Names: []string{"/app/a/x", "/app/a/none"}})
	if err != nil || len(out.Parameters) != 1 || *out.Parameters[0].Value != "1" || !slices.Equal(out.InvalidParameters, []string{"/app/a/none"}) {
		t.Errorf("got %+v, %v", out, err)
	}
	if _, err := reader.DescribeParameters(ctx, &awsssm.DescribeParametersInput{}); code(err) != "AccessDeniedException" {
		t.Errorf("DescribeParameters: got %v, want AccessDeniedException", err)
	}
	if _, err := reader.GetParametersByPath(ctx, &awsssm.GetParametersByPathInput{Path: aws.String("/app"), Recursive: aws.Bool(true)}); code(err) != "AccessDeniedException" {
		t.Errorf("GetParametersByPath of the parent: got %v, want AccessDeniedException", err)
	}
	page, err := reader.GetParametersByPath(ctx, &awsssm.GetParametersByPathInput{Path: aws.String("/app/a/")})
	if err != nil || len(page.Parameters) != 1 {
		t.Errorf("one level: got %+v, %v", page, err)
	}
	page, err = reader.GetParametersByPath(ctx, &awsssm.GetParametersByPathInput{Path: aws.String("/app/a"), Recursive: aws.Bool(true), MaxResults: aws.Int32(1)})
	if err != nil || len(page.Parameters) != 1 || page.NextToken == nil || *page.Parameters[0].Name != "/app/a/deep/y" {
		t.Fatalf("first page: got %+v, %v", page, err)
	}
	page, err = reader.GetParametersByPath(ctx, &awsssm.GetParametersByPathInput{Path: aws.String("/app/a"), Recursive: aws.Bool(true), MaxResults: aws.Int32(1), NextToken: page.NextToken})
	if err != nil || len(page.Parameters) != 1 || page.NextToken != nil || *page.Parameters[0].Name != "/app/a/x" {
		t.Errorf("second page: got %+v, %v", page, err)
	}
}

func TestPut(t *testing.T) {
	c := newCloud(t, "")
	ctx := context.Background()
	for _, test := range []struct {
		name string
		in   awsssm.PutParameterInput
		want string
	}{
		{"created", awsssm.PutParameterInput{Name: aws.String("x"), Value: aws.String("1"), Type: types.ParameterTypeString}, "<nil>"},
		{"exists", awsssm.PutParameterInput{Name: aws.String("x"), Value: aws.String("2"), Type: types.ParameterTypeString}, "ParameterAlreadyExists"},
		{"overwritten", awsssm.PutParameterInput{Name: aws.String("x"), Value: aws.String("2"), Overwrite: aws.Bool(true)}, "<nil>"},
		{"of another type", awsssm.PutParameterInput{Name: aws.String("x"), Value: aws.String("2"), Type: types.ParameterTypeStringList, Overwrite: aws.Bool(true)}, "HierarchyTypeMismatchException"},
		{"without a type", awsssm.PutParameterInput{Name: aws.String("y"), Value: aws.String("2")}, "ValidationException"},
		{"too large", awsssm.PutParameterInput{Name: aws.String("y"), Value: aws.String(strings.Repeat("v", 5000)), Type: types.ParameterTypeString}, "ValidationException"},
		{"reserved", awsssm.PutParameterInput{Name: aws.String("/AWS/x"), Value: aws.String("2"), Type: types.ParameterTypeString}, "ValidationException"},
		{"relative path", awsssm.PutParameterInput{Name: aws.String("a/b"), Value: aws.String("2"), Type: types.ParameterTypeString}, "ValidationException"},
		{"pattern", awsssm.PutParameterInput{Name: aws.String("y"), Value: aws.String("a1"), AllowedPattern: aws.String(`\d+`), Type: types.ParameterTypeString}, "ParameterPatternMismatchException"},
		{"key", awsssm.PutParameterInput{Name: aws.String("y"), Value: aws.String("a"), KeyId: aws.String("alias/mine"), Type: types.ParameterTypeSecureString}, "InvalidKeyId"},
		{"secret", awsssm.PutParameterInput{Name: aws.String("secret"), Value: aws.String("plain"), Type: types.ParameterTypeSecureString}, "<nil>"},
	} {
		if _, err := c.operator().PutParameter(ctx, &test.in); code(err) != test.want {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
	for decrypt, want := range map[bool]bool{true: true, false: false} {
		out, err := c.operator().GetParameter(ctx, &awsssm.GetParameterInput{Name: aws.String("secret"), WithDecryption: &decrypt})
		if err != nil || (*out.Parameter.Value == "plain") != want {
			t.Errorf("SecureString with decryption %v: got %v, %v", decrypt, out, err)
		}
	}
	if _, ok := c.Get(account, region, "secret"); ok {
		t.Error("a SecureString was resolved")
	}
	if v, ok := c.Get(account, region, "x:1"); !ok || v != "1" {
		t.Errorf("version 1 is %q, %v", v, ok)
	}
	_, err := c.reader(t).PutParameter(ctx, &awsssm.PutParameterInput{Name: aws.String("x"), Value: aws.String("3"), Overwrite: aws.Bool(true)})
	if code(err) != "AccessDeniedException" {
		t.Errorf("overwriting without permission: got %v", err)
	}
	if _, err := c.operator().DeleteParameter(ctx, &awsssm.DeleteParameterInput{Name: aws.String("x")}); err != nil {
		t.Error(err)
	}
	if _, err := c.operator().DeleteParameter(ctx, &awsssm.DeleteParameterInput{Name: aws.String("x")}); code(err) != "ParameterNotFound" {
		t.Errorf("got %v, want ParameterNotFound", err)
	}
}

// What a user put survives a restart and the same template, but not a template with another value.
func TestUsersAndTemplates(t *testing.T) {
	dir := t.TempDir()
	c := newCloud(t, dir)
	ctx := context.Background()
	c.declare(t, "/p", "template", nil)
	if _, err := c.operator().PutParameter(ctx, &awsssm.PutParameterInput{Name: aws.String("/p"), Value: aws.String("user"), Overwrite: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	c = newCloud(t, dir)
	for _, step := range []struct{ template, want string }{{"template", "user"}, {"template", "user"}, {"other", "other"}, {"other", "other"}} {
		c.declare(t, "/p", step.template, nil)
		if v, ok := c.Get(account, region, "/p"); !ok || v != step.want {
			t.Errorf("after template %q: got %q, want %q", step.template, v, step.want)
		}
	}
	if _, ok := newCloud(t, dir).Get(account, region, "/p"); ok {
		t.Error("a template's parameter was kept on disk")
	}
	out, err := c.operator().DescribeParameters(ctx, &awsssm.DescribeParametersInput{ParameterFilters: []types.ParameterStringFilter{{Key: aws.String("Path"), Option: aws.String("OneLevel"), Values: []string{"/"}}}})
	if err != nil || len(out.Parameters) != 1 || out.Parameters[0].Version != 3 {
		t.Errorf("got %+v, %v", out, err)
	}
	if err := c.Delete(ctx, resource.Resource{Account: account, Region: region, Name: "/p"}); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Get(account, region, "/p"); ok {
		t.Error("a parameter that left the templates is still there")
	}
}

func TestPutOfTemplates(t *testing.T) {
	c := newCloud(t, "")
	for _, properties := range []string{
		`{"Type":"SecureString","Value":"x"}`, `{"Type":"String"}`, `{"Type":"String","Value":"a","AllowedPattern":"\\d+"}`, `{"Value":"x"}`,
	} {
		r := resource.Resource{Account: account, Region: region, Name: "/p"}
		if err := json.Unmarshal([]byte(properties), &r.Properties); err != nil {
			t.Fatal(err)
		}
		if err := c.Put(context.Background(), r); err == nil {
			t.Errorf("%s was created", properties)
		}
	}
}
