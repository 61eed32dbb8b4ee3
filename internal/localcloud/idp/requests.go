package idp

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// maxRequests bounds the authorization requests that wait for a login or an exchange.
const maxRequests = 2000

// authRequest is an authorization request, from the request to the exchange of its code. It
// implements op.AuthRequest; a request that has been stored is never changed.
type authRequest struct {
	id      string
	in      oidc.AuthRequest
	expires time.Time
	// hint is the subject of id_token_hint, empty if there was none.
	hint string

	// grant is set when the user has signed in.
	grant grant
	done  bool
	// used codes are remembered, with the refresh token that they led to, to notice their replay.
	used  bool
	leads string
}

// GetID implements op.AuthRequest.
func (r *authRequest) GetID() string { return r.id }

// GetACR implements op.AuthRequest.
func (r *authRequest) GetACR() string { return "" }

// GetAMR implements op.AuthRequest.
func (r *authRequest) GetAMR() []string { return amr }

// GetAudience implements op.AuthRequest.
func (r *authRequest) GetAudience() []string { return []string{r.in.ClientID} }

// GetAuthTime implements op.AuthRequest.
func (r *authRequest) GetAuthTime() time.Time { return r.grant.AuthTime }

// GetClientID implements op.AuthRequest.
func (r *authRequest) GetClientID() string { return r.in.ClientID }

// GetCodeChallenge implements op.AuthRequest.
func (r *authRequest) GetCodeChallenge() *oidc.CodeChallenge {
	if r.in.CodeChallenge == "" {
		return nil
	}
	return &oidc.CodeChallenge{Challenge: r.in.CodeChallenge, Method: r.in.CodeChallengeMethod}
}

// GetNonce implements op.AuthRequest.
func (r *authRequest) GetNonce() string { return r.in.Nonce }

// GetRedirectURI implements op.AuthRequest.
func (r *authRequest) GetRedirectURI() string { return r.in.RedirectURI }

// GetResponseType implements op.AuthRequest.
func (r *authRequest) GetResponseType() oidc.ResponseType { return r.in.ResponseType }

// GetResponseMode implements op.AuthRequest.
func (r *authRequest) GetResponseMode() oidc.ResponseMode { return r.in.ResponseMode }

// GetScopes implements op.AuthRequest.
func (r *authRequest) GetScopes() []string {
	if r.done {
		return r.grant.Scopes
	}
	return r.in.Scopes
}

// GetState implements op.AuthRequest.
func (r *authRequest) GetState() string { return r.in.State }

// GetSubject implements op.AuthRequest.
func (r *authRequest) GetSubject() string { return r.grant.Subject }

// Done implements op.AuthRequest.
func (r *authRequest) Done() bool { return r.done }

// requests are those that are under way. They do not survive a restart: whoever waits starts again.
type requests struct {
	now func() time.Time

	mu    sync.Mutex
	byID  map[string]authRequest
	codes map[string]string
}

func newRequests(now func() time.Time) *requests {
	return &requests{now: now, byID: map[string]authRequest{}, codes: map[string]string{}}
}

var (
	errNoRequest = errors.New("the sign-in has expired or is complete; start again at the application")
	errNoCode    = errors.New("the code is unknown or has expired")
	errCodeUsed  = errors.New("the code was used before")
)

func (q *requests) add(in *oidc.AuthRequest, hint string) *authRequest {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	maps.DeleteFunc(q.byID, func(_ string, r authRequest) bool { return !now.Before(r.expires) })
	evict(q.byID, maxRequests-1, func(r authRequest) time.Time { return r.expires })
	maps.DeleteFunc(q.codes, func(_, id string) bool { _, there := q.byID[id]; return !there })
	r := authRequest{id: randomID(), in: *in, hint: hint, expires: now.Add(requestLifetime)}
	q.byID[r.id] = r
	return &r
}

// get finds a request, done or not.
func (q *requests) get(id string) (*authRequest, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	r, ok := q.byID[id]
	if !ok || !q.now().Before(r.expires) {
		return nil, errNoRequest
	}
	return &r, nil
}

// finish makes a request done, which it can be once.
func (q *requests) finish(id string, g grant) (*authRequest, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	r, ok := q.byID[id]
	if !ok || r.done || !q.now().Before(r.expires) {
		return nil, errNoRequest
	}
	r.grant, r.done = g, true
	r.expires = q.now().Add(codeLifetime)
	q.byID[id] = r
	return &r, nil
}

func (q *requests) saveCode(id, code string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if r, ok := q.byID[id]; !ok || !r.done {
		return errNoRequest
	}
	q.codes[code] = id
	return nil
}

// byCode finds the request of a code. With errCodeUsed comes the request whose code is replayed.
func (q *requests) byCode(code string) (*authRequest, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	r, ok := q.byID[q.codes[code]]
	switch {
	case !ok || !r.used && !q.now().Before(r.expires):
		return nil, errNoCode
	case r.used:
		return &r, errCodeUsed
	}
	return &r, nil
}

// use takes the code of a request, which one caller can.
func (q *requests) use(id string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	r, ok := q.byID[id]
	if !ok || r.used {
		return errCodeUsed
	}
	r.used = true
	r.expires = q.now().Add(requestLifetime)
	q.byID[id] = r
	return nil
}

// led remembers the grant that a used code led to.
func (q *requests) led(id, grantID string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if r, ok := q.byID[id]; ok {
		r.leads = grantID
		q.byID[id] = r
	}
}

func (q *requests) remove(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.byID, id)
}

func randomID() string {
	var raw [24]byte
	_, _ = rand.Read(raw[:]) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(raw[:])
}
