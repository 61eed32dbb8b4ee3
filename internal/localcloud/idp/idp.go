// Package idp is the OpenID Provider of the local cloud: it signs in the users of every tenant and
// issues the access tokens that the authorizers of the templates take (RFC 9068, OpenID Connect
// Core 1.0). Flows, their validation and their errors are those of zitadel/oidc; users, clients and
// scopes come from the tenants that the templates have.
package idp

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// DefaultOverlap is how long a key that no longer signs stays in the key set. It is the lifetime
// of access tokens, so that none outlives its key.
const DefaultOverlap = time.Hour

// DefaultWebClientID is the id of the public client where no tenant names another.
const DefaultWebClientID = "kittens-web"

const (
	accessTokenLifetime  = time.Hour
	idTokenLifetime      = time.Hour
	refreshTokenLifetime = 30 * 24 * time.Hour
	sessionLifetime      = 7 * 24 * time.Hour
	// requestLifetime is how long a login page may stay open.
	requestLifetime = 30 * time.Minute
	// codeLifetime is below the ten minutes of RFC 6749 section 4.1.2.
	codeLifetime = time.Minute
)

// Options of a provider.
type Options struct {
	// Issuer is the issuer identifier, byte for byte as tokens have it, such as
	// http://id.localhost:4566/. Its path is where the provider is mounted.
	Issuer string
	// Dir keeps signing keys, sessions and refresh tokens. Optional; by default they end with the process.
	Dir string
	// Key is the secret from which client secrets and refresh tokens are derived. Optional; random by default.
	Key []byte
	// WebClientID is the id of the public client of tenants that name none. Default DefaultWebClientID.
	WebClientID string
	// Overlap is how long a replaced signing key stays in the key set. Default DefaultOverlap.
	Overlap time.Duration
	// Now is the clock. Optional.
	Now func() time.Time
}

// Provider is the OpenID Provider. It is safe for concurrent use.
type Provider struct {
	issuer      string
	host        string
	webClientID string
	now         func() time.Time
	secret      []byte

	directory atomic.Pointer[directory]
	keys      *keyRing
	requests  *requests
	state     *state

	op      *op.Provider
	handler http.Handler
}

// New makes a provider without tenants. Errors name the issuer or the file that cannot be used.
func New(o Options) (*Provider, error) {
	u, err := url.Parse(o.Issuer)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("making the identity provider: issuer %q is no http or https URL of a host alone", o.Issuer)
	}
	p := &Provider{issuer: o.Issuer, host: u.Host, webClientID: o.WebClientID, now: o.Now}
	if p.now == nil {
		p.now = time.Now
	}
	if p.webClientID == "" {
		p.webClientID = DefaultWebClientID
	}
	if o.Overlap == 0 {
		o.Overlap = DefaultOverlap
	}
	if len(o.Key) == 0 {
		o.Key = make([]byte, 32)
		_, _ = rand.Read(o.Key) // never fails (crypto/rand)
	}
	if p.secret, err = hkdf.Key(sha256.New, o.Key, nil, "tenantstack identity provider", 32); err != nil {
		return nil, fmt.Errorf("deriving the secret of the identity provider: %w", err)
	}
	if o.Dir != "" {
		if err := os.MkdirAll(o.Dir, 0o700); err != nil {
			return nil, fmt.Errorf("making the folder of the identity provider: %w", err)
		}
	}
	if p.keys, err = openKeys(o.Dir, o.Overlap, p.now); err != nil {
		return nil, err
	}
	if p.state, err = openState(o.Dir, p.secret, p.now); err != nil {
		return nil, err
	}
	p.requests = newRequests(p.now)
	p.directory.Store(newDirectory(nil, p.webClientID))
	if err := p.openOP(); err != nil {
		return nil, err
	}
	p.handler = p.routes()
	return p, nil
}

// openOP sets up the library, whose parsing, validation and answers are used; its router is not.
func (p *Provider) openOP() error {
	config := &op.Config{CodeMethodS256: true, AuthMethodPost: true, GrantTypeRefreshToken: true, CryptoKeyId: "code"}
	key, err := hkdf.Key(sha256.New, p.secret, nil, "authorization codes", len(config.CryptoKey))
	if err != nil {
		return fmt.Errorf("deriving the key of authorization codes: %w", err)
	}
	copy(config.CryptoKey[:], key)
	p.op, err = op.NewProvider(config, storage{p}, op.StaticIssuer(p.issuer), op.WithAllowInsecure(),
		op.WithIDTokenHintVerifierOpts(op.WithSupportedIDTokenHintSigningAlgorithms(string(algorithm))))
	if err != nil {
		return fmt.Errorf("making the identity provider for issuer %q: %w", p.issuer, err)
	}
	return nil
}

// Issuer is the issuer identifier of all tokens.
func (p *Provider) Issuer() string { return p.issuer }

// Paths of the endpoints.
const (
	discoveryPath  = "/.well-known/openid-configuration"
	authorizePath  = "/authorize"
	tokenPath      = "/oauth/token"
	userinfoPath   = "/userinfo"
	revocationPath = "/revoke"
	endSessionPath = "/end_session"
	keysPath       = "/keys"
	loginPath      = "/login"
	logoutPath     = "/logout"
)

// maxBody bounds the body of a request in bytes.
const maxBody = 64 << 10

func (p *Provider) routes() http.Handler {
	mux := http.NewServeMux()
	shared := func(path string, methods string, h http.HandlerFunc) { mux.Handle(path, p.cors(methods, h)) }
	shared(discoveryPath, "GET, HEAD", p.discovery)
	shared(keysPath, "GET, HEAD", p.jwks)
	shared(tokenPath, "POST", p.token)
	shared(userinfoPath, "GET, POST", p.userinfo)
	shared(revocationPath, "POST", p.revoke)
	for _, method := range []string{"GET ", "POST "} {
		mux.HandleFunc(method+authorizePath, p.authorize)
		mux.HandleFunc(method+endSessionPath, p.endSession)
	}
	// Only pages of this provider may post what changes a session.
	own := http.NewCrossOriginProtection()
	mux.HandleFunc("GET "+loginPath, p.loginPage)
	mux.Handle("POST "+loginPath, own.Handler(http.HandlerFunc(p.login)))
	mux.Handle("POST "+logoutPath, own.Handler(http.HandlerFunc(p.logout)))
	mux.HandleFunc("GET /login.css", serveStyle)
	mux.HandleFunc("GET /{$}", p.home)
	return op.NewIssuerInterceptor(func(*http.Request) string { return p.issuer }).Handler(mux)
}

// ServeHTTP implements http.Handler. Requests for another host than the issuer's are refused, so
// that a name which an attacker lets point here reaches nothing.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.EqualFold(strings.TrimSuffix(r.Host, "."), p.host) {
		http.Error(w, "the identity provider answers at "+p.issuer, http.StatusMisdirectedRequest)
		return
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := checkForm(r); err != nil {
		if r.URL.Path == tokenPath || r.URL.Path == revocationPath {
			tokenError(w, r, oidc.ErrInvalidRequest().WithDescription("the parameters cannot be read, or one is given twice"))
			return
		}
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.handler.ServeHTTP(w, r)
}

// checkForm refuses parameters that are given twice, of which two readers might see different ones
// (RFC 6749 section 3.1).
func checkForm(r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return errors.New("the parameters of the request cannot be read")
	}
	for name, values := range r.Form {
		if len(values) > 1 {
			return fmt.Errorf("the parameter %.40q is given %d times", name, len(values))
		}
	}
	return nil
}
