package release

import (
	"context"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/tenantstack/tenantstack/plan"
)

// STS is what finds out whose credentials are used. *sts.Client is one.
type STS interface {
	GetCallerIdentity(context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error)
	stscreds.AssumeRoleAPIClient
}

// sessionName of assumed roles, which CloudTrail shows.
const sessionName = "tenantctl-web-release"

// Accounts connects to the AWS accounts of tenants, and makes sure that credentials are of the account that is meant.
type Accounts struct {
	base aws.Config
	role string
	sts  func(aws.Config) STS

	mu       sync.Mutex
	accounts map[string]func() (aws.Config, error) // by account
	clients  map[plan.Environment]Clients
}

// NewAccounts makes Accounts of a configuration. With a role, the role of that name is assumed in each
// account; without one the credentials have to be of the account.
func NewAccounts(base aws.Config, role string) *Accounts {
	return &Accounts{
		base: Retrying(base), role: role, sts: func(c aws.Config) STS { return sts.NewFromConfig(c) },
		accounts: map[string]func() (aws.Config, error){}, clients: map[plan.Environment]Clients{},
	}
}

// maxAttempts of a request that is throttled or fails at the service.
const maxAttempts = 10

// Retrying sets how requests are repeated: slower for all of a client when one of them is throttled, since releases to
// many tenants of one account share its request rates (AWS SDKs and Tools Reference Guide, "Retry behavior"), and a few times
// only where a service cannot be reached.
func Retrying(c aws.Config) aws.Config {
	c.Retryer = adaptive
	return reaching(c, usualPatience)
}

// Connect is a Connect. Clients are shared between the tenants of an account and region, and so is what they
// learn of its request rates.
func (a *Accounts) Connect(ctx context.Context, env plan.Environment) (Clients, error) {
	a.mu.Lock()
	account, ok := a.accounts[env.Account]
	if !ok {
		account = sync.OnceValues(func() (aws.Config, error) { return a.account(ctx, env) })
		a.accounts[env.Account] = account
	}
	a.mu.Unlock()
	c, err := account()
	if err != nil {
		return Clients{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	clients, ok := a.clients[env]
	if !ok {
		c.Region = env.Region
		clients = NewClients(c)
		a.clients[env] = clients
	}
	return clients, nil
}

// account is the configuration for an account: with a role of its, or with credentials that were found to be its.
func (a *Accounts) account(ctx context.Context, env plan.Environment) (aws.Config, error) {
	c := a.base.Copy()
	c.Region = env.Region // STS answers in every region, with what is valid in all
	client := a.sts(c)
	if a.role != "" {
		arn := fmt.Sprintf("arn:%s:iam::%s:role/%s", env.Partition, env.Account, a.role)
		provider := aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(client, arn, func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = sessionName }))
		if _, err := provider.Retrieve(ctx); err != nil {
			return c, plainly(fmt.Errorf("assuming %s: %w", arn, err))
		}
		c.Credentials = provider
		return c, nil
	}
	who, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return c, plainly(fmt.Errorf("asking AWS whose credentials these are: %w: set AWS_PROFILE, or what else gives credentials for AWS account %s", err, env.Account))
	}
	if got := aws.ToString(who.Account); got != env.Account {
		return c, fmt.Errorf("AWS account %s is meant, and the credentials are of %s (%s): use credentials of the former, or --assume-role with the name of a role that every account has", env.Account, got, aws.ToString(who.Arn))
	}
	return c, nil
}
