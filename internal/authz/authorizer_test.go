package authz

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestNewRefuses(t *testing.T) {
	keys, err := NewKeys(KeysConfig{Issuer: testIssuer})
	if err != nil {
		t.Fatal(err)
	}
	good := Config{Issuer: testIssuer, Audience: testAudience, Account: testAccount, Table: testTable, Keys: keys}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Config){
		"no issuer":          func(c *Config) { c.Issuer = "" },
		"no audience":        func(c *Config) { c.Audience = "" },
		"no account":         func(c *Config) { c.Account = "" },
		"account of spaces":  func(c *Config) { c.Account = " " },
		"account and spaces": func(c *Config) { c.Account = "12345 " },
		"account with line":  func(c *Config) { c.Account = "12345\n" },
		"account in case":    func(c *Config) { c.Account = "ABC" },
		"account with shard": func(c *Config) { c.Account = "12345#0" },
		"account too long":   func(c *Config) { c.Account = strings.Repeat("1", 33) },
		"account wildcard":   func(c *Config) { c.Account = "*" },
		"no keys":            func(c *Config) { c.Keys = nil },
		"no table":           func(c *Config) { c.Table = Table{} },
		"bad table":          func(c *Config) { c.Table = Table{Operations: []Operation{{ID: "x", Method: "GET", Path: "/x"}}} },
		"negative leeway":    func(c *Config) { c.Leeway = -time.Second },
		"long leeway":        func(c *Config) { c.Leeway = MaxLeeway + 1 },
		"unknown source":     func(c *Config) { c.AccountSources = []string{"header"} },
		"empty source":       func(c *Config) { c.AccountSources = []string{""} },
		"source twice":       func(c *Config) { c.AccountSources = []string{SourceHost, SourceHost} },
		"stage as a source":  func(c *Config) { c.AccountSources = []string{SourceStage} },
	} {
		config := good
		change(&config)
		if _, err := New(config); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestAllowed(t *testing.T) {
	a := newTestAuthorizer(t, ours().jwks())
	got := decide(a, goodRequest(goodToken("RS256")))
	want := Decision{
		Allow: true, Status: http.StatusOK, Reason: Allowed, Operation: "kittensGet",
		Subject: "user-1", ClientID: "kittens-web", Scopes: []string{"account:12345", "kittens:read"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("decision is %+v, not %+v", got, want)
	}
}

func TestAccountSources(t *testing.T) {
	all := map[string]string{SourceStage: testAccount, SourceHost: testAccount, SourcePath: testAccount}
	for _, sources := range [][]string{nil, {SourceHost}, {SourcePath}, {SourceHost, SourcePath}} {
		a := newTestAuthorizer(t, ours().jwks(), func(c *Config) { c.AccountSources = sources })
		r := goodRequest(goodToken("EdDSA"))
		r.Accounts = all
		if d := decide(a, r); !d.Allow {
			t.Errorf("sources %v, all agree: denied for %s", sources, d.Reason)
		}
		for _, source := range append([]string{SourceStage}, sources...) {
			r.Accounts = maps.Clone(all)
			delete(r.Accounts, source)
			if d := decide(a, r); d.Reason != AccountSourceMissing || d.Status != http.StatusForbidden {
				t.Errorf("sources %v without %s: %+v", sources, source, d)
			}
		}
		for source := range all {
			r.Accounts = maps.Clone(all)
			r.Accounts[source] = "54321"
			if d := decide(a, r); d.Reason != AccountSourceMismatch || d.Status != http.StatusForbidden {
				t.Errorf("sources %v, %s differs: %+v", sources, source, d)
			}
		}
	}
}

// TestStackAccountIsTheAuthority sends a token and a request that agree with each
// other, and not with the stack.
func TestStackAccountIsTheAuthority(t *testing.T) {
	a := newTestAuthorizer(t, ours().jwks())
	r := goodRequest(good("EdDSA", goodHeader("EdDSA").json(), goodClaims().with("scope", `"account:54321 kittens:read"`).json()))
	if d := decide(a, r); d.Reason != AccountScopeMissing {
		t.Errorf("the token is another account's: %+v", d)
	}
	r.Accounts = map[string]string{SourceStage: "54321"}
	if d := decide(a, r); d.Reason != AccountSourceMismatch {
		t.Errorf("token and stage are another account's: %+v", d)
	}
}

// TestOrder gives one request every fault at once and mends them one by one.
func TestOrder(t *testing.T) {
	a := newTestAuthorizer(t, ours().jwks())
	h := goodHeader("EdDSA")
	bad := fields{{"exp", "1"}, {"scope", `"x"`}}
	r := Request{Method: "GET", ResourcePath: "/unknown"}
	steps := []struct {
		mend   func()
		reason Reason
	}{
		{func() {}, TokenMissing},
		{func() { r.Authorization = []string{"Bearer x"} }, TokenMalformed},
		{func() { r.Authorization[0] = "Bearer " + b64([]byte("{}")) + ".AAAA.AAAA" }, AlgorithmNotAllowed},
		{func() { r.Authorization[0] = "Bearer " + token("EdDSA", theirs()["ed"], h.json(), bad.json()) }, SignatureInvalid},
		{func() { r.Authorization[0] = "Bearer " + good("EdDSA", h.json(), bad.json()) }, IssuerMismatch},
		{func() { bad = bad.with("iss", quote(testIssuer)) }, AudienceMismatch},
		{func() { bad = bad.with("aud", quote(testAudience)) }, TokenExpired},
		{func() { bad = bad.with("exp", at(time.Hour)) }, AccountSourceMissing},
		{func() { r.Accounts = map[string]string{SourceStage: "1"} }, AccountSourceMismatch},
		{func() { r.Accounts[SourceStage] = testAccount }, AccountScopeMissing},
		{func() { bad = bad.with("scope", `"account:12345 x"`) }, OperationUnknown},
		{func() { r.ResourcePath = "/kittens" }, ScopeInsufficient},
		{func() { bad = bad.with("scope", `"account:12345 kittens:read"`) }, Allowed},
	}
	for i, step := range steps {
		step.mend()
		if i > 4 {
			r.Authorization[0] = "Bearer " + good("EdDSA", h.json(), bad.json())
		}
		d := decide(a, r)
		if d.Reason != step.reason {
			t.Errorf("step %d: %s, not %s", i, d.Reason, step.reason)
		}
		want := http.StatusUnauthorized
		if i > 6 {
			want = http.StatusForbidden
		}
		if d.Reason == Allowed {
			want = http.StatusOK
		}
		if d.Status != want {
			t.Errorf("step %d (%s): status %d, not %d", i, d.Reason, d.Status, want)
		}
	}
}

func TestLeeway(t *testing.T) {
	for _, leeway := range []time.Duration{time.Second, DefaultLeeway, MaxLeeway} {
		a := newTestAuthorizer(t, ours().jwks(), func(c *Config) { c.Leeway = leeway })
		for offset, claims := range map[time.Duration]fields{
			-1: goodClaims().with("exp", at(-leeway+time.Second)).with("nbf", at(leeway)).with("iat", at(leeway)),
			1:  goodClaims().with("exp", at(-leeway)),
			2:  goodClaims().with("nbf", at(leeway+time.Second)),
			3:  goodClaims().with("iat", at(leeway+time.Second)),
		} {
			d := decide(a, goodRequest(good("EdDSA", goodHeader("EdDSA").json(), claims.json())))
			if d.Allow != (offset < 0) {
				t.Errorf("leeway %s, %s: %+v", leeway, claims.json(), d)
			}
		}
	}
}

// TestErrorsRevealNothing looks for what came from the token in what is said about it.
func TestErrorsRevealNothing(t *testing.T) {
	a := newTestAuthorizer(t, ours().jwks())
	for _, f := range families {
		for _, attack := range f.attacks() {
			raw, err := bearer(attack.request.Authorization)
			if err == nil {
				_, err = a.Verify(context.Background(), raw)
			}
			if err == nil {
				continue
			}
			denial := (*Denial)(nil)
			if !errors.As(err, &denial) || !errors.Is(err, ErrUnauthenticated) || errors.Is(err, ErrForbidden) {
				t.Errorf("%s: %v is no denial with status 401", attack.name, err)
				continue
			}
			if err.Error() != "deciding on a request: "+string(denial.Reason) || strings.Trim(string(denial.Reason), "abcdefghijklmnopqrstuvwxyz_") != "" {
				t.Errorf("%s: %q", attack.name, err)
			}
		}
	}
	if err := error(forbidden(ScopeInsufficient)); !errors.Is(err, ErrForbidden) || errors.Is(err, ErrUnauthenticated) {
		t.Errorf("%v is not forbidden", err)
	}
}

// TestVerifyNeedsNoHeader hands tokens over directly: what only the grammar of the
// Authorization header keeps out otherwise is refused all the same.
func TestVerifyNeedsNoHeader(t *testing.T) {
	a := newTestAuthorizer(t, ours().jwks())
	for _, attack := range append(encodings(), serializations()...) {
		raw := strings.TrimPrefix(attack.request.Authorization[0], "Bearer ")
		if _, err := a.Verify(context.Background(), raw); !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("%s: %v", attack.name, err)
		}
	}
}

func TestZeroDecisionDenies(t *testing.T) {
	if (Decision{}).Allow {
		t.Error("the zero value allows")
	}
}
