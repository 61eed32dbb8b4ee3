package authz

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testIssuer   = "https://id.example.com/"
	testAudience = "https://api.example.com/"
	testAccount  = "12345"
	testJWKSURI  = "https://id.example.com/keys"
)

var testNow = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func testClock() time.Time { return testNow }

// testTable has an operation with one scope, one with alternatives and one with a list of two.
var testTable = Table{Operations: []Operation{
	{ID: "kittensGet", Method: "GET", Path: "/kittens", Scopes: [][]string{{"kittens:read"}}},
	{ID: "kittensPost", Method: "POST", Path: "/kittens", Scopes: [][]string{{"kittens:write"}, {"kittens:admin"}}},
	{ID: "kittenDelete", Method: "DELETE", Path: "/kittens/{kittenId}", Scopes: [][]string{{"kittens:read", "kittens:write"}}},
}}

// signers hold the private keys of an identity provider, one of each kind, by kid.
type signers map[string]crypto.Signer

func generateSigners() signers {
	must := func(key crypto.Signer, err error) crypto.Signer {
		if err != nil {
			panic(err)
		}
		return key
	}
	s := signers{}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	s["rsa"] = must(rsaKey, err)
	for kid, curve := range map[string]elliptic.Curve{"p256": elliptic.P256(), "p384": elliptic.P384(), "p521": elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		s[kid] = must(key, err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	s["ed"] = must(edKey, err)
	return s
}

var (
	// ours are the keys of the identity provider that is trusted, theirs an attacker's.
	ours   = sync.OnceValue(generateSigners)
	theirs = sync.OnceValue(generateSigners)
)

// kidFor is the kid of the test key that an algorithm uses.
var kidFor = map[string]string{
	"RS256": "rsa", "RS384": "rsa", "RS512": "rsa", "PS256": "rsa", "PS384": "rsa", "PS512": "rsa",
	"ES256": "p256", "ES384": "p384", "ES512": "p521", "EdDSA": "ed",
}

var allAlgorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// jwkOf writes a public key as a JWK with further members.
func jwkOf(public crypto.PublicKey, more fields) string {
	var f fields
	switch key := public.(type) {
	case *rsa.PublicKey:
		f = fields{{"kty", `"RSA"`}, {"n", quote(b64(key.N.Bytes()))}, {"e", quote(b64(big.NewInt(int64(key.E)).Bytes()))}}
	case *ecdsa.PublicKey:
		point, err := key.Bytes()
		if err != nil {
			panic(err)
		}
		size := (len(point) - 1) / 2
		f = fields{
			{"kty", `"EC"`}, {"crv", quote(key.Curve.Params().Name)},
			{"x", quote(b64(point[1 : 1+size]))}, {"y", quote(b64(point[1+size:]))},
		}
	case ed25519.PublicKey:
		f = fields{{"kty", `"OKP"`}, {"crv", `"Ed25519"`}, {"x", quote(b64(key))}}
	default:
		panic(fmt.Sprintf("unexpected key %T", public))
	}
	return append(f, more...).json()
}

func (s signers) jwk(kid string, more ...[2]string) string {
	return jwkOf(s[kid].Public(), append(fields{{"kid", quote(kid)}}, more...))
}

func (s signers) jwks() string {
	return jwksOf(s.jwk("rsa"), s.jwk("p256"), s.jwk("p384"), s.jwk("p521"), s.jwk("ed"))
}

func jwksOf(keys ...string) string { return `{"keys":[` + strings.Join(keys, ",") + `]}` }

// sign is RFC 7515 section 5.1 by hand, so that what no library would sign can be signed.
func sign(alg string, key crypto.Signer, signed []byte) []byte {
	if alg == "EdDSA" {
		return ed25519.Sign(key.(ed25519.PrivateKey), signed)
	}
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[alg[2:]]
	h := hash.New()
	h.Write(signed)
	digest := h.Sum(nil)
	switch alg[:2] {
	case "RS":
		return mustBytes(rsa.SignPKCS1v15(nil, key.(*rsa.PrivateKey), hash, digest))
	case "PS":
		return mustBytes(rsa.SignPSS(rand.Reader, key.(*rsa.PrivateKey), hash, digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}))
	}
	private := key.(*ecdsa.PrivateKey)
	r, s, err := ecdsa.Sign(rand.Reader, private, digest)
	if err != nil {
		panic(err)
	}
	size := (private.Curve.Params().BitSize + 7) / 8
	return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
}

func mustBytes(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return data
}

// token makes a compact JWS of the header and the payload as they are.
func token(alg string, key crypto.Signer, header, payload string) string {
	signed := b64([]byte(header)) + "." + b64([]byte(payload))
	return signed + "." + b64(sign(alg, key, []byte(signed)))
}

// good signs header and payload with our key for the algorithm.
func good(alg, header, payload string) string {
	return token(alg, ours()[kidFor[alg]], header, payload)
}

// fields are members in order; names and values are JSON as it is written, names without quotes.
type fields [][2]string

func (f fields) json() string {
	members := make([]string, len(f))
	for i, m := range f {
		members[i] = `"` + m[0] + `":` + m[1]
	}
	return "{" + strings.Join(members, ",") + "}"
}

// with replaces a member's value, or appends the member.
func (f fields) with(name, value string) fields {
	out := append(fields(nil), f...)
	for i := range out {
		if out[i][0] == name {
			out[i][1] = value
			return out
		}
	}
	return append(out, [2]string{name, value})
}

func (f fields) without(name string) fields {
	var out fields
	for _, m := range f {
		if m[0] != name {
			out = append(out, m)
		}
	}
	return out
}

// renamed spells a member's name otherwise.
func (f fields) renamed(name, spelling string) fields {
	out := append(fields(nil), f...)
	for i := range out {
		if out[i][0] == name {
			out[i][0] = spelling
		}
	}
	return out
}

// also appends a member, whether or not there is one of that name.
func (f fields) also(name, value string) fields {
	return append(append(fields(nil), f...), [2]string{name, value})
}

// first puts a member before all others.
func (f fields) first(name, value string) fields {
	return append(fields{{name, value}}, f...)
}

func quote(s string) string { return `"` + s + `"` }

func at(offset time.Duration) string { return fmt.Sprint(testNow.Add(offset).Unix()) }

func goodHeader(alg string) fields {
	return fields{{"alg", quote(alg)}, {"typ", `"at+jwt"`}, {"kid", quote(kidFor[alg])}}
}

func goodClaims() fields {
	return fields{
		{"iss", quote(testIssuer)}, {"sub", `"user-1"`}, {"aud", quote(testAudience)},
		{"client_id", `"kittens-web"`}, {"jti", `"id-1"`},
		{"iat", at(-time.Minute)}, {"nbf", at(-time.Minute)}, {"exp", at(time.Hour)},
		{"scope", `"account:12345 kittens:read"`},
	}
}

// goodToken is allowed to get the list of kittens.
func goodToken(alg string) string {
	return good(alg, goodHeader(alg).json(), goodClaims().json())
}

// goodRequest asks for the list of kittens with a token.
func goodRequest(token string) Request {
	return Request{
		Authorization: []string{"Bearer " + token}, Method: "GET", ResourcePath: "/kittens",
		Accounts: map[string]string{SourceStage: testAccount},
	}
}

// pages is a transport that serves texts by URL and counts the requests.
type pages struct {
	mu       sync.Mutex
	text     map[string]string
	requests int
	// fail, when set, answers instead.
	fail func(*http.Request) (*http.Response, error)
}

func (p *pages) set(url, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.text == nil {
		p.text = map[string]string{}
	}
	p.text[url] = text
}

func (p *pages) failWith(fail func(*http.Request) (*http.Response, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail = fail
}

func (p *pages) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests
}

func (p *pages) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.requests++
	text, found := p.text[r.URL.String()]
	fail := p.fail
	p.mu.Unlock()
	if fail != nil {
		return fail(r)
	}
	if !found {
		return reply(r, http.StatusNotFound, "not found"), nil
	}
	return reply(r, http.StatusOK, text), nil
}

func reply(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Request: r, Header: http.Header{},
		Body: io.NopCloser(bytes.NewReader([]byte(body))),
	}
}

// newTestAuthorizer trusts the keys of a key set.
func newTestAuthorizer(tb testing.TB, jwks string, change ...func(*Config)) *Authorizer {
	tb.Helper()
	server := &pages{}
	server.set(testJWKSURI, jwks)
	keys, err := NewKeys(KeysConfig{Issuer: testIssuer, JWKSURI: testJWKSURI, Transport: server, Now: testClock})
	if err != nil {
		tb.Fatal(err)
	}
	config := Config{
		Issuer: testIssuer, Audience: testAudience, Account: testAccount,
		Table: testTable, Keys: keys, Now: testClock,
	}
	for _, c := range change {
		c(&config)
	}
	a, err := New(config)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func decide(a *Authorizer, r Request) Decision { return a.Decide(context.Background(), r) }
