package idp

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// storage is what the library asks of the provider. Tokens are made in mint.go, not by the library,
// since it writes no access tokens of RFC 9068 and has no clock of ours; what it would need for that
// is refused here.
type storage struct{ p *Provider }

var (
	_ op.Storage                  = storage{}
	_ op.ClientCredentialsStorage = storage{}
)

var errUnused = errors.New("the identity provider does not support this")

// CreateAuthRequest implements op.AuthStorage.
func (s storage) CreateAuthRequest(_ context.Context, in *oidc.AuthRequest, hint string) (op.AuthRequest, error) {
	return s.p.requests.add(in, hint), nil
}

// AuthRequestByID implements op.AuthStorage.
func (s storage) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	return s.p.requests.get(id)
}

// AuthRequestByCode implements op.AuthStorage. A code that was used before has been seen by someone
// else, so that what it led to ends (RFC 6749 section 4.1.2).
func (s storage) AuthRequestByCode(_ context.Context, code string) (op.AuthRequest, error) {
	r, err := s.p.requests.byCode(code)
	if errors.Is(err, errCodeUsed) {
		err = errors.Join(err, s.p.state.revoke(r.leads))
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// SaveAuthCode implements op.AuthStorage.
func (s storage) SaveAuthCode(_ context.Context, id, code string) error {
	return s.p.requests.saveCode(id, code)
}

// DeleteAuthRequest implements op.AuthStorage.
func (s storage) DeleteAuthRequest(_ context.Context, id string) error {
	s.p.requests.remove(id)
	return nil
}

// CreateAccessToken implements op.AuthStorage.
func (s storage) CreateAccessToken(context.Context, op.TokenRequest) (string, time.Time, error) {
	return "", time.Time{}, errUnused
}

// CreateAccessAndRefreshTokens implements op.AuthStorage.
func (s storage) CreateAccessAndRefreshTokens(context.Context, op.TokenRequest, string) (string, string, time.Time, error) {
	return "", "", time.Time{}, errUnused
}

// refreshRequest implements op.RefreshTokenRequest.
type refreshRequest struct {
	grant
	current []string
}

// GetAMR implements op.RefreshTokenRequest.
func (r *refreshRequest) GetAMR() []string { return amr }

// GetAudience implements op.RefreshTokenRequest.
func (r *refreshRequest) GetAudience() []string { return []string{r.Client} }

// GetAuthTime implements op.RefreshTokenRequest.
func (r *refreshRequest) GetAuthTime() time.Time { return r.AuthTime }

// GetClientID implements op.RefreshTokenRequest.
func (r *refreshRequest) GetClientID() string { return r.Client }

// GetScopes implements op.RefreshTokenRequest.
func (r *refreshRequest) GetScopes() []string { return r.current }

// GetSubject implements op.RefreshTokenRequest.
func (r *refreshRequest) GetSubject() string { return r.Subject }

// SetCurrentScopes implements op.RefreshTokenRequest.
func (r *refreshRequest) SetCurrentScopes(scopes []string) { r.current = scopes }

// TokenRequestByRefreshToken implements op.AuthStorage.
func (s storage) TokenRequestByRefreshToken(_ context.Context, token string) (op.RefreshTokenRequest, error) {
	_, g, err := s.p.state.lookup(token)
	if err != nil {
		return nil, err
	}
	return &refreshRequest{grant: g, current: g.Scopes}, nil
}

// TerminateSession implements op.AuthStorage.
func (s storage) TerminateSession(context.Context, string, string) error { return errUnused }

// refreshMark is the user id by which RevokeToken knows that the token is the id of a grant.
const refreshMark = "\x00refresh token"

// RevokeToken implements op.AuthStorage.
func (s storage) RevokeToken(_ context.Context, token, userID, clientID string) *oidc.Error {
	switch userID {
	case "": // no token of this provider, so that nothing is to be done
	case refreshMark:
		if client, ok := s.p.state.clientOf(token); ok && client != clientID {
			return oidc.ErrInvalidGrant().WithDescription("the token is of another client")
		}
		if err := s.p.state.revoke(token); err != nil {
			return oidc.ErrServerError().WithParent(err)
		}
	default:
		// An access token stands for itself until it expires (RFC 7009 section 2.2.1).
		return &oidc.Error{ErrorType: "unsupported_token_type", Description: "access tokens cannot be revoked"}
	}
	return nil
}

// GetRefreshTokenInfo implements op.AuthStorage.
func (s storage) GetRefreshTokenInfo(_ context.Context, _, token string) (userID, tokenID string, err error) {
	id, _, err := s.p.state.parse(token)
	if err != nil {
		return "", "", op.ErrInvalidRefreshToken
	}
	return refreshMark, id, nil
}

// SigningKey implements op.AuthStorage.
func (s storage) SigningKey(context.Context) (op.SigningKey, error) { return nil, errUnused }

// SignatureAlgorithms implements op.AuthStorage.
func (s storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{algorithm}, nil
}

// KeySet implements op.AuthStorage.
func (s storage) KeySet(context.Context) ([]op.Key, error) {
	var keys []op.Key
	for _, k := range s.p.keys.verifying() {
		keys = append(keys, opKey{k})
	}
	return keys, nil
}

// GetClientByClientID implements op.OPStorage.
func (s storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	c := s.p.directory.Load().clients[id]
	if c == nil {
		return nil, oidc.ErrInvalidClient().WithDescription("there is no such client")
	}
	return c, nil
}

// AuthorizeClientIDSecret implements op.OPStorage.
func (s storage) AuthorizeClientIDSecret(ctx context.Context, id, secret string) error {
	_, err := s.ClientCredentials(ctx, id, secret)
	return err
}

// ClientCredentials implements op.ClientCredentialsStorage.
func (s storage) ClientCredentials(_ context.Context, id, secret string) (op.Client, error) {
	c := s.p.directory.Load().clients[id]
	if c == nil || c.kind != machineClient || subtle.ConstantTimeCompare([]byte(secret), []byte(s.p.clientSecret(id))) != 1 {
		return nil, oidc.ErrInvalidClient().WithDescription("the client or its secret is wrong")
	}
	return c, nil
}

// ClientCredentialsTokenRequest implements op.ClientCredentialsStorage.
func (s storage) ClientCredentialsTokenRequest(_ context.Context, id string, scopes []string) (op.TokenRequest, error) {
	u := s.p.directory.Load().subject(id)
	if u == nil {
		return nil, oidc.ErrInvalidClient().WithDescription("there is no such client")
	}
	if len(scopes) == 0 {
		scopes = u.scopes // the default that RFC 6749 section 3.3 lets a server define
	}
	g := grant{Subject: id, Client: id, Scopes: u.grant(scopes)}
	if len(g.Scopes) == 0 {
		return nil, oidc.ErrInvalidScope().WithDescription("the client may have none of the scopes")
	}
	return &refreshRequest{grant: g, current: g.Scopes}, nil
}

// SetUserinfoFromScopes implements op.OPStorage.
func (s storage) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return errUnused
}

// SetUserinfoFromToken implements op.OPStorage.
func (s storage) SetUserinfoFromToken(context.Context, *oidc.UserInfo, string, string, string) error {
	return errUnused
}

// SetIntrospectionFromToken implements op.OPStorage.
func (s storage) SetIntrospectionFromToken(context.Context, *oidc.IntrospectionResponse, string, string, string) error {
	return errUnused
}

// GetPrivateClaimsFromScopes implements op.OPStorage.
func (s storage) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, errUnused
}

// GetKeyByIDAndClientID implements op.OPStorage: no client signs assertions.
func (s storage) GetKeyByIDAndClientID(_ context.Context, keyID, clientID string) (*jose.JSONWebKey, error) {
	return nil, fmt.Errorf("finding key %q of client %q: no client has keys", keyID, clientID)
}

// ValidateJWTProfileScopes implements op.OPStorage.
func (s storage) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errUnused
}

// Health implements op.Storage.
func (s storage) Health(context.Context) error { return nil }
