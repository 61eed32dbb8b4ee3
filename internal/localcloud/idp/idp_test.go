package idp

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil))) // the library logs what clients do wrong
	os.Exit(m.Run())
}

const (
	acmeOrigin  = "http://acme.localhost:4566"
	tabbyOrigin = "http://tabby.localhost:4566"
	audience    = "https://api.example.com"
)

var apiScopeList = []string{"kittens:read", "kittens:write", "breeds:read", "admin:tasks"}

func testTenants() []Tenant {
	return []Tenant{
		{ID: "tabby", Name: "Tabby <Café>", Account: "54321", Audience: audience, Origins: []string{tabbyOrigin}, Scopes: apiScopeList},
		{ID: "acme", Name: "Acme", Account: "12345", Audience: audience, Origins: []string{acmeOrigin}, Scopes: apiScopeList},
	}
}

// clock is set by tests.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a provider behind a server, with a browser that does not follow redirects.
type world struct {
	*testing.T
	*Provider
	clock  *clock
	url    string
	client *http.Client
}

func newWorld(t *testing.T, change ...func(*Options)) *world {
	t.Helper()
	w := &world{T: t, clock: &clock{now: time.Now()}}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.ServeHTTP(rw, r) }))
	t.Cleanup(server.Close)
	w.url = server.URL
	o := Options{Issuer: server.URL + "/", Key: []byte("0123456789abcdef0123456789abcdef"), Now: w.clock.Now}
	for _, f := range change {
		f(&o)
	}
	var err error
	if w.Provider, err = New(o); err != nil {
		t.Fatal(err)
	}
	w.SetTenants(testTenants())
	w.newBrowser()
	return w
}

// newBrowser forgets all cookies.
func (w *world) newBrowser() {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.Fatal(err)
	}
	w.client = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// answer is a response that was read.
type answer struct {
	status   int
	header   http.Header
	body     string
	location *url.URL
}

func (w *world) do(r *http.Request) answer {
	w.Helper()
	response, err := w.client.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.Fatal(err)
	}
	a := answer{status: response.StatusCode, header: response.Header, body: string(body)}
	a.location, _ = response.Location()
	return a
}

func (w *world) get(target string) answer {
	w.Helper()
	if strings.HasPrefix(target, "/") {
		target = w.url + target
	}
	r, err := http.NewRequest("GET", target, nil)
	if err != nil {
		w.Fatal(err)
	}
	return w.do(r)
}

func (w *world) post(path string, form url.Values, change ...func(*http.Request)) answer {
	w.Helper()
	r, err := http.NewRequest("POST", w.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, f := range change {
		f(r)
	}
	return w.do(r)
}

const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// authorization is a good request of Acme's page, with changes: pairs of name and value; an empty
// value takes the parameter away.
func authorization(pairs ...string) url.Values {
	v := url.Values{
		"client_id": {"kittens-web"}, "redirect_uri": {acmeOrigin + "/callback"}, "response_type": {"code"},
		"scope": {"openid profile kittens:read account:12345"}, "state": {"s1"}, "nonce": {"n1"},
		"code_challenge": {challenge()}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(pairs); i += 2 {
		if v.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			v.Del(pairs[i])
		}
	}
	return v
}

// start asks for authorization and follows to the login page, or to where the error goes.
func (w *world) start(v url.Values) answer {
	w.Helper()
	a := w.get("/authorize?" + v.Encode())
	if a.location != nil && a.location.Path == loginPath {
		return w.get(a.location.String())
	}
	return a
}

var idField = regexp.MustCompile(`name="id" value="([^"]+)"`)

// signIn goes through the login page as a user, and returns where the browser is sent.
func (w *world) signIn(v url.Values, user string) answer {
	w.Helper()
	a := w.start(v)
	if a.status != http.StatusOK {
		return a
	}
	id := idField.FindStringSubmatch(a.body)
	if id == nil {
		w.Fatalf("the login page has no request: %s", a.body)
	}
	return w.post(loginPath, url.Values{"id": {id[1]}, "user": {user}})
}

func (w *world) code(v url.Values, user string) string {
	w.Helper()
	a := w.signIn(v, user)
	if a.location == nil || a.location.Query().Get("code") == "" {
		w.Fatalf("no code: %d %v %s", a.status, a.location, a.body)
	}
	return a.location.Query().Get("code")
}

// tokens of an answer.
type tokens struct {
	AccessToken      string `json:"access_token"`
	IDToken          string `json:"id_token"`
	RefreshToken     string `json:"refresh_token"`
	TokenType        string `json:"token_type"`
	Scope            string `json:"scope"`
	ExpiresIn        int    `json:"expires_in"`
	Error            string `json:"error"`
	ErrorDescription string `json:"error_description"`
	status           int
}

func (w *world) exchange(form url.Values, change ...func(*http.Request)) tokens {
	w.Helper()
	a := w.post(tokenPath, form, change...)
	var t tokens
	if err := json.Unmarshal([]byte(a.body), &t); err != nil {
		w.Fatalf("the token endpoint answers %d %q", a.status, a.body)
	}
	if a.header.Get("Cache-Control") != "no-store" {
		w.Errorf("Cache-Control of the token endpoint is %q", a.header.Get("Cache-Control"))
	}
	t.status = a.status
	return t
}

func codeForm(code string, pairs ...string) url.Values {
	v := url.Values{"grant_type": {"authorization_code"}, "client_id": {"kittens-web"}, "code": {code},
		"redirect_uri": {acmeOrigin + "/callback"}, "code_verifier": {verifier}}
	for i := 0; i < len(pairs); i += 2 {
		if v.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			v.Del(pairs[i])
		}
	}
	return v
}

// keySet fetches the keys as an authorizer does.
func (w *world) keySet() *jose.JSONWebKeySet {
	w.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(w.get(keysPath).body), &set); err != nil {
		w.Fatal(err)
	}
	return &set
}

// claims verifies a token by the rules of the authorizer (internal/authz) that need no clock, and
// returns its claims.
func (w *world) claims(token, typ string) map[string]any {
	w.Helper()
	parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		w.Fatalf("%v: %q", err, token)
	}
	header, _, _ := strings.Cut(token, ".")
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(header)
	if err != nil {
		w.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(decoded, &members); err != nil {
		w.Fatal(err)
	}
	kid, _ := members["kid"].(string)
	if len(members) != 3 || members["alg"] != "RS256" || members["typ"] != typ || kid == "" {
		w.Errorf("the header is %s", decoded)
	}
	keys := w.keySet().Key(kid)
	if len(keys) != 1 {
		w.Fatalf("the key set has %d keys %q", len(keys), kid)
	}
	if public, ok := keys[0].Key.(*rsa.PublicKey); !ok || public.N.BitLen() != 2048 || keys[0].Use != "sig" || keys[0].Algorithm != "RS256" {
		w.Errorf("the key is %+v", keys[0])
	}
	payload, err := parsed.Verify(keys[0])
	if err != nil {
		w.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		w.Fatal(err)
	}
	if claims["iss"] != w.Issuer() {
		w.Errorf("iss is %v, not %q", claims["iss"], w.Issuer())
	}
	return claims
}

// scopesOf a token, which the authorizer separates at single spaces.
func (w *world) scopesOf(token string) []string {
	w.Helper()
	scope, _ := w.claims(token, "at+jwt")["scope"].(string)
	scopes := strings.Split(scope, " ")
	slices.Sort(scopes)
	return scopes
}

func decodeSegment(s string) (string, error) {
	decoded, err := base64.RawURLEncoding.DecodeString(s)
	return string(decoded), err
}
