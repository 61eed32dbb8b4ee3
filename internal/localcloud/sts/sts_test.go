package sts_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/sts"
)

const (
	account   = "111111111111"
	callerARN = "arn:aws:iam::111111111111:role/Caller"
	tenantARN = "arn:aws:iam::111111111111:role/Tenant"
)

func document(t *testing.T, kind iam.Kind, text string) iam.Document {
	t.Helper()
	d, err := iam.Parse([]byte(text), kind)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// cloud is a front with STS in it.
type cloud struct {
	gate *gate.Gate
	url  string
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	g, err := gate.New(gate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	g.PutRole(gate.Role{ARN: callerARN, Name: "Caller", Account: account,
		Trust:    document(t, iam.Trust, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		Identity: []iam.Document{document(t, iam.Identity, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"sts:GetCallerIdentity","Resource":"*"}]}`)}})
	g.PutRole(gate.Role{ARN: tenantARN, Name: "Tenant", Account: account, MaxSession: 2 * time.Hour,
		Trust: document(t, iam.Trust, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+callerARN+`"},"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"],
			"Condition":{"StringEquals":{"aws:RequestTag/account":"12345"}}}]}`)})
	front := gate.NewFront(g)
	front.Handle("sts", sts.New(sts.Options{Gate: g}))
	server := httptest.NewServer(front)
	t.Cleanup(server.Close)
	return &cloud{g, server.URL}
}

func (c *cloud) client(k gate.Credentials) *awssts.Client {
	return awssts.New(awssts.Options{Region: "eu-central-1", BaseEndpoint: &c.url,
		Credentials: credentials.NewStaticCredentialsProvider(k.AccessKeyID, k.SecretAccessKey, k.SessionToken)})
}

func (c *cloud) caller(t *testing.T) *awssts.Client {
	t.Helper()
	k, _, err := c.gate.ServiceSession("lambda.amazonaws.com", callerARN, "fn", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return c.client(k)
}

func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}

func TestAssumeRole(t *testing.T) {
	c := newCloud(t)
	ctx := context.Background()
	valid := func() *awssts.AssumeRoleInput {
		return &awssts.AssumeRoleInput{RoleArn: aws.String(tenantARN), RoleSessionName: aws.String("session"), Tags: []types.Tag{{Key: aws.String("account"), Value: aws.String("12345")}}}
	}
	for _, test := range []struct {
		name   string
		change func(*awssts.AssumeRoleInput)
		code   string
	}{
		{"tagged", func(in *awssts.AssumeRoleInput) {}, ""},
		{"with a session policy", func(in *awssts.AssumeRoleInput) {
			in.Policy = aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`)
		}, ""},
		{"of another account's tag", func(in *awssts.AssumeRoleInput) { in.Tags[0].Value = aws.String("31300") }, "AccessDenied"},
		{"without the tag", func(in *awssts.AssumeRoleInput) { in.Tags = nil }, "AccessDenied"},
		{"unknown role", func(in *awssts.AssumeRoleInput) { in.RoleArn = aws.String(tenantARN + "x") }, "AccessDenied"},
		{"duplicate tags", func(in *awssts.AssumeRoleInput) {
			in.Tags = append(in.Tags, types.Tag{Key: aws.String("Account"), Value: aws.String("1")})
		}, "InvalidParameterValue"},
		{"reserved tag", func(in *awssts.AssumeRoleInput) { in.Tags[0].Key = aws.String("aws:x") }, "ValidationError"},
		{"transitive", func(in *awssts.AssumeRoleInput) { in.TransitiveTagKeys = []string{"account"} }, ""},
		{"transitive that is no tag", func(in *awssts.AssumeRoleInput) { in.TransitiveTagKeys = []string{"other"} }, "InvalidParameterValue"},
		{"malformed policy", func(in *awssts.AssumeRoleInput) { in.Policy = aws.String(`{"Statement":[{"Efect":"Allow"}]}`) }, "MalformedPolicyDocument"},
		{"long policy", func(in *awssts.AssumeRoleInput) { in.Policy = aws.String(strings.Repeat(" ", 3000) + "{}") }, "ValidationError"},
		{"managed policies", func(in *awssts.AssumeRoleInput) {
			in.PolicyArns = []types.PolicyDescriptorType{{Arn: aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess")}}
		}, "ValidationError"},
		{"MFA", func(in *awssts.AssumeRoleInput) {
			in.SerialNumber, in.TokenCode = aws.String("arn:aws:iam::111111111111:mfa/x"), aws.String("123456")
		}, "AccessDenied"},
		{"short duration", func(in *awssts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(60) }, "ValidationError"},
		{"chained and long", func(in *awssts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(7200) }, "ValidationError"},
		{"source identity", func(in *awssts.AssumeRoleInput) { in.SourceIdentity = aws.String("indexer") }, ""},
		{"bad external id", func(in *awssts.AssumeRoleInput) { in.ExternalId = aws.String("a b") }, "ValidationError"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := valid()
			test.change(in)
			out, err := c.caller(t).AssumeRole(ctx, in)
			if code(err) != test.code {
				t.Fatalf("got error %v, want code %q", err, test.code)
			}
			if err != nil {
				return
			}
			who, err := c.client(gate.Credentials{AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken}).
				GetCallerIdentity(ctx, &awssts.GetCallerIdentityInput{})
			if err != nil {
				t.Fatal(err)
			}
			if want := "arn:aws:sts::111111111111:assumed-role/Tenant/session"; *who.Arn != want || *out.AssumedRoleUser.Arn != want {
				t.Errorf("caller is %s, assumed %s, want %s", *who.Arn, *out.AssumedRoleUser.Arn, want)
			}
			if *who.Account != account || *who.UserId != *out.AssumedRoleUser.AssumedRoleId || aws.ToString(out.SourceIdentity) != aws.ToString(in.SourceIdentity) {
				t.Errorf("got identity %v of %v", who, out)
			}
			if d := time.Until(*out.Credentials.Expiration); d < 50*time.Minute || d > time.Hour {
				t.Errorf("expires in %s, want an hour", d)
			}
		})
	}
}

// GetCallerIdentity is answered even to a caller whose policies deny it.
func TestCallerIdentityNeedsNoPermission(t *testing.T) {
	c := newCloud(t)
	if _, err := c.caller(t).GetCallerIdentity(context.Background(), &awssts.GetCallerIdentityInput{}); err != nil {
		t.Error(err)
	}
	bad := c.gate.Operator(account)
	bad.SecretAccessKey += "x"
	if _, err := c.client(bad).GetCallerIdentity(context.Background(), &awssts.GetCallerIdentityInput{}); code(err) != "SignatureDoesNotMatch" {
		t.Errorf("got %v, want SignatureDoesNotMatch", err)
	}
}

func TestOtherOperations(t *testing.T) {
	c := newCloud(t)
	ctx := context.Background()
	operator := c.client(c.gate.Operator(account))
	info, err := operator.GetAccessKeyInfo(ctx, &awssts.GetAccessKeyInfoInput{AccessKeyId: aws.String(c.gate.Operator("222222222222").AccessKeyID)})
	if err != nil || *info.Account != "222222222222" {
		t.Errorf("got %v, %v, want account 222222222222", info, err)
	}
	_, err = operator.GetAccessKeyInfo(ctx, &awssts.GetAccessKeyInfoInput{AccessKeyId: aws.String("AKIAIOSFODNN7EXAMPLE")})
	if code(err) != "ValidationError" {
		t.Errorf("an unknown key: got %v, want ValidationError", err)
	}
	_, err = c.caller(t).GetAccessKeyInfo(ctx, &awssts.GetAccessKeyInfoInput{AccessKeyId: aws.String("AKIAIOSFODNN7EXAMPLE")})
	if code(err) != "AccessDenied" {
		t.Errorf("without permission: got %v, want AccessDenied", err)
	}
	_, err = operator.DecodeAuthorizationMessage(ctx, &awssts.DecodeAuthorizationMessageInput{EncodedMessage: aws.String("x")})
	if code(err) != "InvalidAuthorizationMessageException" {
		t.Errorf("got %v, want InvalidAuthorizationMessageException", err)
	}
	_, err = operator.GetFederationToken(ctx, &awssts.GetFederationTokenInput{Name: aws.String("x1")})
	if code(err) != "InvalidAction" {
		t.Errorf("got %v, want InvalidAction", err)
	}
}

// Requests that no SDK makes are refused by what they say, not interpreted.
func TestHostileRequests(t *testing.T) {
	g, err := gate.New(gate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := sts.New(sts.Options{Gate: g})
	for _, test := range []struct{ name, method, query, body, code string }{
		{"no action", "POST", "", "Version=2011-06-15", "MissingAction"},
		{"no version", "POST", "", "Action=GetCallerIdentity", "InvalidAction"},
		{"action given twice", "POST", "", "Action=GetCallerIdentity&Action=AssumeRole&Version=2011-06-15", "MalformedQueryString"},
		{"action in query and body", "POST", "Action=AssumeRole", "Action=GetCallerIdentity&Version=2011-06-15", "MalformedQueryString"},
		{"unknown parameter", "POST", "", "Action=GetCallerIdentity&Version=2011-06-15&Polcy=x", "ValidationError"},
		{"member of no number", "POST", "", "Action=AssumeRole&Version=2011-06-15&Tags.member.x.Key=a", "MalformedInput"},
		{"member of a padded number", "POST", "", "Action=AssumeRole&Version=2011-06-15&Tags.member.01.Key=a", "MalformedInput"},
		{"tag without value", "POST", "", "Action=AssumeRole&Version=2011-06-15&Tags.member.1.Key=a", "ValidationError"},
		{"percent", "POST", "", "Action=%zz", "MalformedQueryString"},
		{"method", "PUT", "", "Action=GetCallerIdentity&Version=2011-06-15", "MethodNotAllowed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(test.method, "/?"+test.query, strings.NewReader(test.body))
			body, _ := io.ReadAll(r.Body)
			s.Serve(w, &gate.Call{HTTP: r, Body: body, Caller: &gate.Caller{Account: account}, RequestID: "id"})
			if w.Code == http.StatusOK || !strings.Contains(w.Body.String(), "<Code>"+test.code+"</Code>") {
				t.Errorf("got %d %s, want %s", w.Code, w.Body, test.code)
			}
		})
	}
}
