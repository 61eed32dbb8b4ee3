package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"

	"github.com/tenantstack/tenantstack/plan"
)

// neededAccount is an AWS account and region that has stacks of a plan, and the profile that is meant for it.
type neededAccount struct {
	env plan.Environment
	// profile of the AWS configuration; empty for what AWS_PROFILE and its like give.
	profile       string
	cells, stacks []string
}

// neededAccounts of a plan, in the order of account and region. Profiles are by cell.
func neededAccounts(planned *plan.Plan, profiles map[string]string) []*neededAccount {
	var all []*neededAccount
	add := func(env plan.Environment, cell, stack string) {
		i := slices.IndexFunc(all, func(n *neededAccount) bool { return n.env == env && n.profile == profiles[cell] })
		if i < 0 {
			i = len(all)
			all = append(all, &neededAccount{env: env, profile: profiles[cell]})
		}
		if !slices.Contains(all[i].cells, cell) {
			all[i].cells = append(all[i].cells, cell)
		}
		all[i].stacks = append(all[i].stacks, stack)
	}
	for _, c := range planned.Cells {
		add(c.Environment, c.Name, c.Stack)
	}
	for _, t := range planned.Tenants {
		add(t.Environment, t.Cell, t.Stack)
	}
	slices.SortStableFunc(all, func(a, b *neededAccount) int {
		return strings.Compare(a.env.Account+a.env.Region+a.profile, b.env.Account+b.env.Region+b.profile)
	})
	return all
}

// accountAnswer says which credentials answer for an account, or why none do.
type accountAnswer struct {
	*neededAccount
	// caller is whose credentials these are, and role the one that they can become there, if the caller is of another account.
	caller, role string
	err          error
}

// accountCheck asks AWS which credentials answer for accounts, as the CDK CLI finds out when it deploys: credentials of the
// account itself, or those of another that may become the deploy role of the account's bootstrap stack (AWS CDK Developer
// Guide, "Bootstrap your environment", "IAM roles").
type accountCheck struct {
	// load reads the AWS configuration with a profile; an empty one is the default.
	load func(ctx context.Context, profile string) (aws.Config, error)
	// qualifier of the bootstrap stack.
	qualifier string
	// timeout of each account, and of the credentials of each profile.
	timeout, credentialsTimeout time.Duration
}

// maxAccounts is how many accounts are asked for at a time.
const maxAccounts = 16

// ask for all of the accounts, at the same time.
func (c *accountCheck) ask(ctx context.Context, all []*neededAccount) []accountAnswer {
	configs := map[string]func() (aws.Config, error){}
	for _, n := range all {
		if configs[n.profile] == nil {
			configs[n.profile] = sync.OnceValues(func() (aws.Config, error) { return c.credentials(ctx, n.profile) })
		}
	}
	answers := make([]accountAnswer, len(all))
	var group errgroup.Group
	group.SetLimit(maxAccounts)
	for i, n := range all {
		group.Go(func() error {
			answers[i] = accountAnswer{neededAccount: n}
			base, err := configs[n.profile]()
			if err != nil {
				answers[i].err = err
				return nil
			}
			answers[i].find(ctx, base, c)
			return nil
		})
	}
	_ = group.Wait() // no function returns an error
	return answers
}

// credentials of a profile. A person may have to type a code for them.
func (c *accountCheck) credentials(ctx context.Context, profile string) (aws.Config, error) {
	ctx, cancel := context.WithTimeout(ctx, c.credentialsTimeout)
	defer cancel()
	base, err := c.load(ctx, profile)
	if err == nil {
		_, err = base.Credentials.Retrieve(ctx)
	}
	if err == nil {
		return base, nil
	}
	if profile != "" {
		return base, fmt.Errorf("finding credentials of the profile %q: %w", profile, plainError(ctx, err, c.credentialsTimeout))
	}
	return base, fmt.Errorf("finding credentials: %w: set AWS_PROFILE, or what else gives the AWS CLI credentials", plainError(ctx, err, c.credentialsTimeout))
}

// find out whether the credentials of a configuration answer for the account.
func (a *accountAnswer) find(ctx context.Context, base aws.Config, c *accountCheck) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	base = base.Copy()
	base.Region = a.env.Region // STS answers in every region
	client := sts.NewFromConfig(base)
	who, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		advice := "log in again, or use other credentials (AWS_PROFILE, --profile)"
		if ctx.Err() != nil {
			advice = "is there a way to AWS from here? --timeout waits longer"
		}
		a.err = fmt.Errorf("asking AWS whose credentials these are: %w: %s", plainError(ctx, err, c.timeout), advice)
		return
	}
	a.caller = aws.ToString(who.Arn)
	from := aws.ToString(who.Account)
	if from == a.env.Account {
		return
	}
	role := fmt.Sprintf("arn:%s:iam::%[2]s:role/cdk-%[3]s-deploy-role-%[2]s-%[4]s", a.env.Partition, a.env.Account, c.qualifier, a.env.Region)
	_, err = stscreds.NewAssumeRoleProvider(client, role, func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = "tenantctl-doctor" }).Retrieve(ctx)
	if err == nil {
		a.role = role
		return
	}
	bootstrap := fmt.Sprintf("npx cdk bootstrap aws://%s/%s --trust %s --cloudformation-execution-policies POLICY_ARN", a.env.Account, a.env.Region, from)
	if c.qualifier != defaultQualifier {
		bootstrap += " --qualifier " + c.qualifier
	}
	a.err = fmt.Errorf("the credentials are of AWS account %s (%s) and cannot become %s: %w: with credentials of account %s run %s; or use its own, with --profile %s=NAME here and one run of cdk deploy for each",
		from, a.caller, role, plainError(ctx, err, c.timeout), a.env.Account, bootstrap, a.cells[0])
}

// plainError is what AWS said, without what only the SDK's authors want to know.
func plainError(ctx context.Context, err error, timeout time.Duration) error {
	var said smithy.APIError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("no answer within %s", timeout)
	case errors.As(err, &said):
		return fmt.Errorf("%s: %s", said.ErrorCode(), said.ErrorMessage())
	}
	return err
}

// defaultQualifier of a bootstrap stack, and the context key with another one (AWS CDK Developer Guide, "Customize AWS CDK bootstrapping").
const (
	defaultQualifier = "hnb659fds"
	qualifierKey     = "@aws-cdk/core:bootstrapQualifier"
)

// bootstrapQualifier is that of the project's cdk.json, or the default.
func bootstrapQualifier() (string, error) {
	data, err := os.ReadFile("cdk.json")
	if errors.Is(err, os.ErrNotExist) {
		return defaultQualifier, nil
	}
	var project struct {
		Context map[string]any `json:"context"`
	}
	if err == nil {
		err = json.Unmarshal(data, &project)
	}
	if err != nil {
		return "", fmt.Errorf("reading the qualifier of the bootstrap stack: %w", err)
	}
	if q, ok := project.Context[qualifierKey].(string); ok && q != "" {
		return q, nil
	}
	return defaultQualifier, nil
}

// loadProfile reads the AWS configuration with a profile; an empty one is the default.
func loadProfile(progress io.Writer) func(context.Context, string) (aws.Config, error) {
	return func(ctx context.Context, profile string) (aws.Config, error) {
		if profile == "" {
			return loadAWS(ctx, progress)
		}
		return loadAWS(ctx, progress, config.WithSharedConfigProfile(profile))
	}
}
