package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/tenantstack/tenantstack/functions/internal/search"
)

// accounts gives each billing account's index.
type accounts interface {
	// index returns the client of an account's index, which exists.
	index(ctx context.Context, account string) (*search.Client, error)
	// rows returns what reads the rows of an account, and those alone.
	rows(account string) rows
	// doubt makes the next call of index verify again that the index exists.
	doubt(account string)
}

// ownAccount is the index of one account, written with the function's own role.
type ownAccount struct {
	account, endpoint string
	cfg               aws.Config
	reader            rows

	mu     sync.Mutex
	client *search.Client
}

func (o *ownAccount) index(ctx context.Context, account string) (*search.Client, error) {
	if account != o.account {
		return nil, fmt.Errorf("finding the index of account %s: this indexer is of account %s", account, o.account)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.client != nil {
		return o.client, nil
	}
	client, err := open(ctx, o.cfg, o.endpoint, account)
	if err != nil {
		return nil, err
	}
	o.client = client
	return client, nil
}

func (o *ownAccount) rows(string) rows { return o.reader }

func (o *ownAccount) doubt(string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.client = nil
}

func open(ctx context.Context, cfg aws.Config, endpoint, account string) (*search.Client, error) {
	client, err := search.New(cfg, endpoint, account)
	if err != nil {
		return nil, err
	}
	return client, client.EnsureIndex(ctx)
}

const (
	// endpointAge is how long an account's endpoint is believed. Who moves an account to another domain
	// reindexes it after that.
	endpointAge = 5 * time.Minute
	// credentialMargin is how long before their end credentials are renewed.
	credentialMargin = time.Minute
)

// parameters is the part of Systems Manager that is used.
type parameters interface {
	GetParameter(context.Context, *ssm.GetParameterInput, ...func(*ssm.Options)) (*ssm.GetParameterOutput, error)
}

// sharedAccounts are the indices of all accounts of a cell, each written with the account's own role.
type sharedAccounts struct {
	settings   settings
	cfg        aws.Config
	roles      stscreds.AssumeRoleAPIClient
	parameters parameters
	now        func() time.Time

	mu    sync.Mutex
	known map[string]*knownAccount
}

// knownAccount is what is remembered of an account from one batch to the next.
type knownAccount struct {
	mu       sync.Mutex
	cfg      aws.Config
	endpoint string
	// checked is when the endpoint was looked up.
	checked time.Time
	client  *search.Client
	// reader reads with the account's own role.
	reader rows
}

func newSharedAccounts(s settings, cfg aws.Config, roles stscreds.AssumeRoleAPIClient, p parameters) *sharedAccounts {
	return &sharedAccounts{
		settings: s, cfg: cfg, roles: roles, parameters: p, now: time.Now,
		known: map[string]*knownAccount{},
	}
}

// sessionPrefix makes a billing account a session name, which has 2 to 64 characters (STS API
// Reference, "AssumeRole").
const sessionPrefix = "indexer-"

func (s *sharedAccounts) account(account string) *knownAccount {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.known[account]
	if k == nil {
		k = &knownAccount{cfg: s.cfg.Copy()}
		role := stscreds.NewAssumeRoleProvider(s.roles, s.settings.rolePrefix+account, func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName = sessionPrefix + account
		})
		k.cfg.Credentials = aws.NewCredentialsCache(role, func(o *aws.CredentialsCacheOptions) {
			o.ExpiryWindow = credentialMargin
		})
		k.reader = newRowReader(s.settings, k.cfg)
		s.known[account] = k
	}
	return k
}

func (s *sharedAccounts) index(ctx context.Context, account string) (*search.Client, error) {
	k := s.account(account)
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := s.now(); k.endpoint == "" || now.Sub(k.checked) >= endpointAge {
		endpoint, err := s.endpoint(ctx, account)
		if err != nil {
			return nil, err
		}
		if endpoint != k.endpoint {
			k.client = nil
		}
		k.endpoint, k.checked = endpoint, now
	}
	if k.client == nil {
		client, err := open(ctx, k.cfg, k.endpoint, account)
		if err != nil {
			return nil, err
		}
		k.client = client
	}
	return k.client, nil
}

func (s *sharedAccounts) rows(account string) rows { return s.account(account).reader }

func (s *sharedAccounts) doubt(account string) {
	k := s.account(account)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.client = nil
}

// endpoint is the account's own where a parameter holds it, else the cell's.
func (s *sharedAccounts) endpoint(ctx context.Context, account string) (string, error) {
	name := s.settings.parameterPrefix + account
	out, err := s.parameters.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(name)})
	var absent *types.ParameterNotFound
	switch {
	case errors.As(err, &absent):
		if s.settings.endpoint == "" {
			return "", fmt.Errorf("finding the domain of account %s: there is neither a parameter %s nor a domain of the cell", account, name)
		}
		return s.settings.endpoint, nil
	case err != nil:
		return "", fmt.Errorf("finding the domain of account %s: %w", account, err)
	case out.Parameter == nil || aws.ToString(out.Parameter.Value) == "":
		return "", fmt.Errorf("finding the domain of account %s: parameter %s is empty", account, name)
	default:
		return *out.Parameter.Value, nil
	}
}
