package release

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"github.com/tenantstack/tenantstack/plan"
)

// identities is STS in memory: an account that has the credentials, and roles that may be assumed.
type identities struct {
	account string
	roles   []string

	mu     sync.Mutex
	asked  int
	region string
}

func (s *identities) GetCallerIdentity(context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.account == "" {
		return nil, errors.New("ExpiredToken")
	}
	return &sts.GetCallerIdentityOutput{Account: &s.account, Arn: aws.String("arn:aws:iam::" + s.account + ":user/ada")}, nil
}

func (s *identities) AssumeRole(_ context.Context, in *sts.AssumeRoleInput, _ ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	for _, arn := range s.roles {
		if arn == *in.RoleArn && *in.RoleSessionName == "tenantctl-web-release" {
			return &sts.AssumeRoleOutput{Credentials: &types.Credentials{AccessKeyId: &arn, SecretAccessKey: aws.String("s"), SessionToken: aws.String("t"), Expiration: aws.Time(time.Now().Add(time.Hour))}}, nil
		}
	}
	return nil, errors.New("AccessDenied")
}

func accounts(role string, s *identities) *Accounts {
	a := NewAccounts(aws.Config{}, role)
	a.sts = func(c aws.Config) STS {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.region = c.Region
		return s
	}
	return a
}

func env(account string) plan.Environment {
	return plan.Environment{Partition: "aws", Account: account, Region: "eu-west-1"}
}

// Credentials of another account are found out before anything is uploaded, once for all tenants of an account.
func TestAccounts(t *testing.T) {
	s := &identities{account: "111111111111"}
	a := accounts("", s)
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			if c, err := a.Connect(bg, env("111111111111")); err != nil || c.S3 == nil || c.CloudFront == nil || c.SSM == nil {
				t.Errorf("%+v, %v", c, err)
			}
		})
	}
	group.Wait()
	if s.asked != 1 || s.region != "eu-west-1" {
		t.Errorf("STS was asked %d times in %q", s.asked, s.region)
	}
	first, _ := a.Connect(bg, env("111111111111"))
	if again, _ := a.Connect(bg, env("111111111111")); again.S3 != first.S3 {
		t.Error("tenants of an account and region have clients of their own, which do not learn from each other")
	}
	_, err := a.Connect(bg, env("222222222222"))
	for _, want := range []string{"AWS account 222222222222 is meant", "the credentials are of 111111111111 (arn:aws:iam::111111111111:user/ada)", "--assume-role"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	s.account = ""
	if _, err = accounts("", s).Connect(bg, env("1")); err == nil || !strings.Contains(err.Error(), "asking AWS whose credentials these are: ExpiredToken") {
		t.Errorf("error %v", err)
	}
}

func TestAssumeRole(t *testing.T) {
	s := &identities{account: "999999999999", roles: []string{"arn:aws:iam::111111111111:role/web-release", "arn:aws-cn:iam::333333333333:role/web-release"}}
	a := accounts("web-release", s)
	for range 2 {
		if _, err := a.Connect(bg, env("111111111111")); err != nil {
			t.Error(err)
		}
	}
	if s.asked != 1 {
		t.Errorf("the role was assumed %d times", s.asked)
	}
	if _, err := a.Connect(bg, plan.Environment{Partition: "aws-cn", Account: "333333333333"}); err != nil {
		t.Error(err)
	}
	if _, err := a.Connect(bg, env("222222222222")); err == nil || !strings.Contains(err.Error(), "assuming arn:aws:iam::222222222222:role/web-release: ") || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("error %v", err)
	}
}

func apiError(code string) error { return &smithy.GenericAPIError{Code: code} }

// Requests that are throttled are repeated, slower.
func TestRetrying(t *testing.T) {
	r := Retrying(aws.Config{}).Retryer()
	if r.MaxAttempts() != maxAttempts {
		t.Errorf("%d attempts", r.MaxAttempts())
	}
	if !r.IsErrorRetryable(apiError("Throttling")) || !r.IsErrorRetryable(apiError("SlowDown")) || r.IsErrorRetryable(apiError("AccessDenied")) {
		t.Error("what is repeated is not what should be")
	}
}
