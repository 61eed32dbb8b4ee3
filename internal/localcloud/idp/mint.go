package idp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// amr is how users sign in (RFC 8176).
var amr = []string{"pwd"}

// tokensOf says which tokens an answer has.
type tokensOf struct{ access, id bool }

// mint makes the tokens of a grant. What the user may have is looked at again, since it can have
// changed since the grant was given.
func (p *Provider) mint(u *user, g grant, want tokensOf) (*oidc.AccessTokenResponse, error) {
	key, now := p.keys.current(), p.now()
	scopes := u.grant(g.Scopes)
	if len(scopes) == 0 {
		return nil, oidc.ErrInvalidScope().WithDescription("the user may have none of the scopes any more")
	}
	answer := &oidc.AccessTokenResponse{TokenType: oidc.BearerToken, ExpiresIn: uint64(accessTokenLifetime / time.Second), Scope: scopes}
	var err error
	if want.access {
		if answer.AccessToken, err = p.accessToken(key, u, g.Client, scopes, g.AuthTime, now, accessTokenLifetime); err != nil {
			return nil, err
		}
	}
	if want.id && slices.Contains(scopes, oidc.ScopeOpenID) {
		answer.IDToken, err = p.idToken(key, u, g, scopes, answer.AccessToken, now)
	}
	return answer, err
}

// accessToken follows RFC 9068.
func (p *Provider) accessToken(key *signingKey, u *user, clientID string, scopes []string, authTime, now time.Time, lifetime time.Duration) (string, error) {
	claims := oidc.NewAccessTokenClaims(p.issuer, u.name, []string{u.tenant.Audience}, now.Add(lifetime), randomID(), clientID, 0)
	claims.IssuedAt, claims.NotBefore = oidc.FromTime(now), oidc.FromTime(now)
	claims.AuthTime = oidc.FromTime(authTime)
	claims.Scopes = scopes
	return sign(key.access, claims)
}

// idToken follows OpenID Connect Core 1.0 section 2. Its audience is the client alone, so that no
// API takes it for an access token.
func (p *Provider) idToken(key *signingKey, u *user, g grant, scopes []string, accessToken string, now time.Time) (string, error) {
	claims := oidc.NewIDTokenClaims(p.issuer, u.name, []string{g.Client}, now.Add(idTokenLifetime), g.AuthTime, g.Nonce, "", amr, g.Client, 0)
	claims.IssuedAt = oidc.FromTime(now)
	claims.SetUserInfo(u.info(scopes))
	if accessToken != "" {
		hash, err := oidc.ClaimHash(accessToken, algorithm)
		if err != nil {
			return "", fmt.Errorf("hashing an access token: %w", err)
		}
		claims.AccessTokenHash = hash
	}
	return sign(key.id, claims)
}

func sign(signer jose.Signer, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("writing a token: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return signed.CompactSerialize()
}

// cliClientID is the client of tokens that nobody signed in for.
const cliClientID = "tenantctl"

// Errors of Token.
var (
	// ErrNoTenant says that there is no such tenant.
	ErrNoTenant = errors.New("there is no such tenant")
	// ErrNoSubject says that the tenant has no such user.
	ErrNoSubject = errors.New("the user is not one of reader, editor, admin, machine")
	// ErrScopes says that the user may have none of the scopes.
	ErrScopes = errors.New("the user may have none of the scopes")
)

// Token makes an access token without a login, for whoever runs the local cloud. The subject is
// reader, editor, admin or machine. Of the scopes, all if there are none, those are granted that the
// subject may have, and always that of the tenant's account, which naming the tenant asks for.
// A ttl of zero is one hour; a negative one makes a token that expired so long ago. Errors are ErrNoTenant, ErrNoSubject or ErrScopes.
func (p *Provider) Token(_ context.Context, tenant, subject string, scopes []string, ttl time.Duration) (accessToken string, granted []string, err error) {
	d := p.directory.Load()
	t := d.tenant(tenant)
	if t == nil {
		return "", nil, fmt.Errorf("making a token for tenant %q: %w", tenant, ErrNoTenant)
	}
	u, clientID := d.users[subject+"@"+t.ID], cliClientID
	if subject == "machine" {
		u = newMachine(t)
		clientID = u.name
	}
	if u == nil {
		return "", nil, fmt.Errorf("making a token for %q of tenant %q: %w", subject, tenant, ErrNoSubject)
	}
	if ttl == 0 {
		ttl = accessTokenLifetime
	}
	if ttl > -time.Second && ttl < time.Second {
		return "", nil, fmt.Errorf("making a token for %q of tenant %q: a lifetime of %s is too short", subject, tenant, ttl)
	}
	if granted = u.grant(scopes); len(scopes) == 0 {
		granted = apiScopes(u.scopes)
	}
	if len(granted) == 0 {
		return "", nil, fmt.Errorf("making a token for %q of tenant %q with %q: %w", subject, tenant, scopes, ErrScopes)
	}
	for _, s := range u.grant([]string{t.accountScope()}) {
		if !slices.Contains(granted, s) {
			granted = append(granted, s)
		}
	}
	now := p.now()
	if ttl < 0 {
		now, ttl = now.Add(2*ttl), -ttl
	}
	accessToken, err = p.accessToken(p.keys.current(), u, clientID, granted, now, now, ttl)
	return accessToken, granted, err
}
