package authz

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"
)

// Sources of the billing account that a request states.
const (
	// SourceStage is the stage variable billingAccount. It is always required.
	SourceStage = "stage"
	// SourceHost is the first label of the host name.
	SourceHost = "host"
	// SourcePath is the first segment of the path.
	SourcePath = "path"
)

// Leeway of the clocks of the identity provider and the authorizer, on exp, nbf and iat.
const (
	DefaultLeeway = 30 * time.Second
	MaxLeeway     = 60 * time.Second
)

// Config is what a stack's authorizer decides by.
type Config struct {
	// Issuer is compared byte for byte with the iss claim.
	Issuer string
	// Audience must be among the values of the aud claim.
	Audience string
	// Account is the stack's own billing account. It is the authority: what a
	// request states can only agree with it.
	Account string
	// AccountSources are the sources that a request must state its account in,
	// besides SourceStage: SourceHost, SourcePath. Optional; none by default.
	AccountSources []string
	// Table of operations.
	Table Table
	// Keys of the issuer.
	Keys *Keys
	// Leeway up to MaxLeeway. Optional; DefaultLeeway by default.
	Leeway time.Duration
	// Now is the clock. Optional; time.Now by default.
	Now func() time.Time
}

// Request is what a decision is made from.
type Request struct {
	// Authorization has every value of every Authorization header.
	Authorization []string
	// Method in upper case.
	Method string
	// ResourcePath is the resource path of the contract, such as /kittens/{kittenId}, never a raw path.
	ResourcePath string
	// Accounts by source: the billing account that the request states there.
	Accounts map[string]string
}

// Decision is the answer to a Request. The zero value denies.
type Decision struct {
	// Allow says that the operation may run.
	Allow bool
	// Status is 200 when allowed, 401 without a valid token, 403 with one that is not enough.
	Status int
	// Reason is Allowed or why not.
	Reason Reason
	// Operation is the operationId, also of a denial; empty when the table has none.
	Operation string
	// Challenge is the value of WWW-Authenticate of a denial that other scopes would change (RFC 6750
	// section 3.1); empty of all others.
	Challenge string
	// Subject is the token's sub when allowed; it may be empty. It is personal data.
	Subject string
	// ClientID is the token's client_id when allowed; it may be empty.
	ClientID string
	// Scopes of the token when allowed.
	Scopes []string
}

// Authorizer decides for one billing account. It is safe for concurrent use.
type Authorizer struct {
	config     Config
	sources    []string
	operations map[operationKey]Operation
}

type operationKey struct{ method, path string }

var accountPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// New checks the configuration: whatever is missing or unknown is an error, so
// that an authorizer that does not know what to decide by never starts.
func New(config Config) (*Authorizer, error) {
	if config.Leeway == 0 {
		config.Leeway = DefaultLeeway
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	switch {
	case config.Issuer == "":
		return nil, errors.New("configuring the authorizer: the issuer is empty")
	case config.Audience == "":
		return nil, errors.New("configuring the authorizer: the audience is empty")
	case !accountPattern.MatchString(config.Account):
		return nil, fmt.Errorf("configuring the authorizer: %q is no billing account", config.Account)
	case config.Keys == nil:
		return nil, errors.New("configuring the authorizer: there is no provider of keys")
	case config.Leeway < 0 || config.Leeway > MaxLeeway:
		return nil, fmt.Errorf("configuring the authorizer: leeway %s is not within 0 and %s", config.Leeway, MaxLeeway)
	}
	a := &Authorizer{config: config, sources: []string{SourceStage}, operations: map[operationKey]Operation{}}
	for _, source := range config.AccountSources {
		if source != SourceHost && source != SourcePath || slices.Contains(a.sources, source) {
			return nil, fmt.Errorf("configuring the authorizer: unknown or repeated account source %q", source)
		}
		a.sources = append(a.sources, source)
	}
	if err := config.Table.validate(); err != nil {
		return nil, fmt.Errorf("configuring the authorizer: %w", err)
	}
	for _, operation := range config.Table.Operations {
		a.operations[operationKey{operation.Method, operation.Path}] = operation
	}
	return a, nil
}

// Decide answers a request. The checks run in a fixed order, from the token
// itself to what it allows, and the first that fails is the reason.
func (a *Authorizer) Decide(ctx context.Context, r Request) Decision {
	operation, known := a.operations[operationKey{r.Method, r.ResourcePath}]
	deny := func(err error) Decision {
		d := Decision{Status: http.StatusUnauthorized, Reason: TokenMalformed, Operation: operation.ID}
		if denial := (*Denial)(nil); errors.As(err, &denial) {
			d.Status, d.Reason = denial.Status, denial.Reason
		}
		return d
	}
	challenge := func(d Decision, granted []string) Decision {
		d.Challenge = a.insufficientScope(granted, operation.Scopes)
		return d
	}
	raw, err := bearer(r.Authorization)
	if err != nil {
		return deny(err)
	}
	token, err := a.Verify(ctx, raw)
	if err != nil {
		return deny(err)
	}
	if err := a.checkAccounts(r.Accounts); err != nil {
		return deny(err)
	}
	scopes, err := token.scopes()
	if err != nil {
		return challenge(deny(err), scopes)
	}
	switch {
	case !slices.Contains(scopes, accountScopePrefix+a.config.Account):
		return challenge(deny(forbidden(AccountScopeMissing)), scopes)
	case !known:
		return deny(forbidden(OperationUnknown))
	case !satisfies(scopes, operation.Scopes):
		return challenge(deny(forbidden(ScopeInsufficient)), scopes)
	}
	return Decision{
		Allow: true, Status: http.StatusOK, Reason: Allowed, Operation: operation.ID,
		Subject: token.Subject, ClientID: token.ClientID, Scopes: scopes,
	}
}

// Verify authenticates an access token: size, form, header, signature, issuer,
// audience, use, times, in this order. It says nothing of what the token allows. Every
// error is a *Denial with status 401.
func (a *Authorizer) Verify(ctx context.Context, token string) (Token, error) {
	jws, err := splitCompact(token)
	if err != nil {
		return Token{}, err
	}
	header, err := parseHeader(jws.header)
	if err != nil {
		return Token{}, err
	}
	key, err := a.config.Keys.lookup(ctx, header)
	if err != nil {
		return Token{}, err
	}
	payload, ok := header.algorithm.verify(jws.token, key.public, jws.signed, jws.signature)
	if !ok {
		return Token{}, unauthenticated(SignatureInvalid)
	}
	return a.verifyClaims(payload)
}

func (a *Authorizer) verifyClaims(payload []byte) (Token, error) {
	claims, err := parseClaims(payload)
	if err != nil {
		return Token{}, err
	}
	if err := checkIssuer(claims, a.config.Issuer); err != nil {
		return Token{}, err
	}
	if err := checkAudience(claims, a.config.Audience); err != nil {
		return Token{}, err
	}
	if err := checkUse(claims); err != nil {
		return Token{}, err
	}
	var token Token
	if token.Expires, err = checkTimes(claims, a.config.Now(), a.config.Leeway); err != nil {
		return Token{}, err
	}
	if token.Subject, token.ClientID, err = identity(claims); err != nil {
		return Token{}, err
	}
	token.scope, token.hasScope = claims.member("scope")
	return token, nil
}

// checkAccounts holds what the request states against the stack's account: every
// required source must state it, and none may state another.
func (a *Authorizer) checkAccounts(stated map[string]string) error {
	for _, source := range a.sources {
		if stated[source] == "" {
			return forbidden(AccountSourceMissing)
		}
	}
	for _, account := range stated {
		if account != a.config.Account {
			return forbidden(AccountSourceMismatch)
		}
	}
	return nil
}
