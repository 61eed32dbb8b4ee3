package idp

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

func refreshForm(token string, pairs ...string) url.Values {
	v := url.Values{"grant_type": {"refresh_token"}, "client_id": {"kittens-web"}, "refresh_token": {token}}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

const offline = "openid offline_access kittens:read kittens:write account:12345"

func TestRefresh(t *testing.T) {
	w := newWorld(t)
	first := w.exchange(codeForm(w.code(authorization("scope", offline), "editor@acme")))
	w.clock.add(time.Hour)
	second := w.exchange(refreshForm(first.RefreshToken))
	if second.RefreshToken == "" || second.RefreshToken == first.RefreshToken || second.IDToken == "" {
		t.Fatalf("%+v", second)
	}
	if iat := w.claims(second.AccessToken, "at+jwt")["iat"]; iat != float64(w.clock.Now().Unix()) {
		t.Errorf("iat is %v", iat)
	}
	less := w.exchange(refreshForm(second.RefreshToken, "scope", "kittens:read"))
	if scopes := w.scopesOf(less.AccessToken); strings.Join(scopes, " ") != "kittens:read" {
		t.Errorf("scopes are %q", scopes)
	}
	if got := w.exchange(refreshForm(less.RefreshToken, "scope", "breeds:read")); got.Error != "invalid_scope" {
		t.Errorf("more scopes: %+v", got)
	}
	if got := w.exchange(refreshForm(less.RefreshToken, "client_id", "kittens-web-implicit")); got.Error == "" {
		t.Errorf("another client: %+v", got)
	}
	back := w.exchange(refreshForm(less.RefreshToken))
	if scopes := w.scopesOf(back.AccessToken); !slices.Contains(scopes, "kittens:write") {
		t.Errorf("scopes are %q", scopes)
	}
	if got := w.exchange(refreshForm(less.RefreshToken)); got.Error != "invalid_grant" {
		t.Errorf("used twice: %+v", got)
	}
	if got := w.exchange(refreshForm(back.RefreshToken)); got.Error != "invalid_grant" {
		t.Errorf("after one was used twice: %+v", got)
	}
}

func TestForgedRefreshTokens(t *testing.T) {
	w := newWorld(t)
	good := w.exchange(codeForm(w.code(authorization("scope", offline), "editor@acme"))).RefreshToken
	parts := strings.Split(good, ".")
	for _, token := range []string{"", "x", good + "x", good[:len(good)-1], parts[0] + ".1." + parts[2], parts[0] + ".0.", ".0." + parts[2], parts[0] + ".00." + parts[2], good + "." + good} {
		if got := w.exchange(refreshForm(token)); got.Error == "" {
			t.Errorf("%q: %+v", token, got)
		}
	}
	if got := w.exchange(refreshForm(good)); got.Error != "" {
		t.Errorf("what was forged revoked the good one: %+v", got)
	}
	w.clock.add(refreshTokenLifetime)
	if got := w.exchange(refreshForm(w.state.refreshToken(parts[0], 1))); got.Error != "invalid_grant" {
		t.Errorf("an expired one: %+v", got)
	}
}

func TestRefreshAtOnce(t *testing.T) {
	w := newWorld(t)
	token := w.exchange(codeForm(w.code(authorization("scope", offline), "editor@acme"))).RefreshToken
	var wait sync.WaitGroup
	results := make(chan string, 8)
	for range cap(results) {
		wait.Go(func() { results <- w.exchange(refreshForm(token)).RefreshToken })
	}
	wait.Wait()
	close(results)
	good := 0
	for token := range results {
		if token != "" {
			good++
		}
	}
	if good != 1 {
		t.Errorf("%d refreshes were good", good)
	}
}

func TestRevoke(t *testing.T) {
	w := newWorld(t)
	token := w.exchange(codeForm(w.code(authorization("scope", offline), "editor@acme")))
	if a := w.post(revocationPath, url.Values{"token": {token.RefreshToken}, "client_id": {"kittens-web-implicit"}}); a.status != http.StatusBadRequest {
		t.Errorf("another client: %d %s", a.status, a.body)
	}
	if a := w.post(revocationPath, url.Values{"token": {token.AccessToken}, "client_id": {"kittens-web"}}); a.status != http.StatusBadRequest || !strings.Contains(a.body, "unsupported_token_type") {
		t.Errorf("an access token: %d %s", a.status, a.body)
	}
	if a := w.post(revocationPath, url.Values{"token": {"x"}, "client_id": {"kittens-web"}}); a.status != http.StatusOK {
		t.Errorf("nonsense: %d %s", a.status, a.body)
	}
	if a := w.post(revocationPath, url.Values{"token": {token.RefreshToken}, "client_id": {"kittens-web"}}); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	if got := w.exchange(refreshForm(token.RefreshToken)); got.Error != "invalid_grant" {
		t.Errorf("after it was revoked: %+v", got)
	}
}

func TestClientCredentials(t *testing.T) {
	w := newWorld(t)
	machine, ok := w.Machine("acme")
	if !ok || machine.ClientID != "acme-machine" {
		t.Fatalf("%+v", machine)
	}
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		config := clientcredentials.Config{ClientID: machine.ClientID, ClientSecret: machine.ClientSecret, TokenURL: w.url + tokenPath, AuthStyle: style,
			Scopes: []string{"kittens:write", "admin:tasks", "account:12345", "account:54321", "openid", "offline_access"}}
		token, err := config.Token(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		claims := w.claims(token.AccessToken, "at+jwt")
		if claims["sub"] != "acme-machine" || claims["client_id"] != "acme-machine" {
			t.Errorf("claims are %v", claims)
		}
		if scopes := w.scopesOf(token.AccessToken); strings.Join(scopes, " ") != "account:12345 admin:tasks kittens:write" {
			t.Errorf("scopes are %q", scopes)
		}
	}
	form := func(pairs ...string) url.Values {
		v := url.Values{"grant_type": {"client_credentials"}, "client_id": {machine.ClientID}, "client_secret": {machine.ClientSecret}}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	if got := w.exchange(form()); len(w.scopesOf(got.AccessToken)) != 5 {
		t.Errorf("by default: %+v", got)
	}
	other, _ := w.Machine("tabby")
	for name, test := range map[string]struct {
		form  url.Values
		error string
	}{
		"wrong secret":        {form("client_secret", "x"), "invalid_client"},
		"other's secret":      {form("client_secret", other.ClientSecret), "invalid_client"},
		"no secret":           {form("client_secret", ""), "invalid_client"},
		"public client":       {form("client_id", "kittens-web"), "invalid_client"},
		"other tenant's only": {form("scope", "account:54321"), "invalid_scope"},
	} {
		if got := w.exchange(test.form); got.Error != test.error {
			t.Errorf("%s: %+v", name, got)
		}
	}
	basic := w.post(tokenPath, url.Values{"grant_type": {"client_credentials"}}, func(r *http.Request) { r.SetBasicAuth("acme-machine", "x") })
	if basic.status != http.StatusUnauthorized || !strings.HasPrefix(basic.header.Get("WWW-Authenticate"), "Basic") {
		t.Errorf("%d %v", basic.status, basic.header)
	}
	both := w.exchange(form(), func(r *http.Request) { r.SetBasicAuth(machine.ClientID, machine.ClientSecret) })
	if both.Error != "invalid_request" {
		t.Errorf("authenticated twice: %+v", both)
	}
}

func TestImplicit(t *testing.T) {
	w := newWorld(t)
	implicit := func(responseType string, pairs ...string) url.Values {
		v := authorization(append([]string{"client_id", "kittens-web-implicit", "response_type", responseType, "code_challenge", "", "code_challenge_method", ""}, pairs...)...)
		return v
	}
	for responseType, want := range map[string][2]bool{"token": {true, false}, "id_token token": {true, true}, "token id_token": {true, true}, "id_token": {false, true}} {
		w.newBrowser()
		if a := w.start(implicit(responseType)); !strings.Contains(a.body, "deprecated") {
			t.Error("the page does not say that it is deprecated")
		}
		a := w.signIn(implicit(responseType), "reader@acme")
		if a.location == nil || a.location.RawQuery != "" {
			t.Fatalf("%s: sent to %v", responseType, a.location)
		}
		q, err := url.ParseQuery(a.location.Fragment)
		if err != nil {
			t.Fatal(err)
		}
		if q.Has("access_token") != want[0] || q.Has("id_token") != want[1] || q.Get("state") != "s1" || q.Has("refresh_token") {
			t.Errorf("%s: %v", responseType, q)
		}
		if want[0] && !slices.Contains(w.scopesOf(q.Get("access_token")), "account:12345") {
			t.Errorf("%s: %v", responseType, w.scopesOf(q.Get("access_token")))
		}
		if want[1] {
			if id := w.claims(q.Get("id_token"), "JWT"); id["nonce"] != "n1" || id["at_hash"] != nil != want[0] {
				t.Errorf("%s: the ID token has %v", responseType, id)
			}
		}
	}
	for name, test := range map[string]struct {
		form  url.Values
		error string
	}{
		"no nonce":      {implicit("id_token", "nonce", ""), "invalid_request"},
		"no openid":     {implicit("id_token token", "scope", "kittens:read"), "invalid_scope"},
		"query":         {implicit("token", "response_mode", "query"), "invalid_request"},
		"code":          {implicit("code"), "unauthorized_client"},
		"not signed in": {implicit("token", "prompt", "none"), "login_required"},
	} {
		w.newBrowser()
		a := w.start(test.form)
		if a.location == nil {
			t.Errorf("%s: %d %s", name, a.status, a.body)
			continue
		}
		q, _ := url.ParseQuery(a.location.Fragment + a.location.RawQuery)
		if q.Get("error") != test.error {
			t.Errorf("%s: sent to %v", name, a.location)
		}
	}
}

func TestUserinfo(t *testing.T) {
	w := newWorld(t)
	token := w.exchange(codeForm(w.code(authorization("scope", "openid profile email kittens:read"), "reader@acme")))
	plain := w.exchange(codeForm(w.code(authorization("scope", "kittens:read"), "reader@acme")))
	if plain.IDToken != "" {
		t.Error("there is an ID token without the scope openid")
	}
	ask := func(token string) answer {
		r, err := http.NewRequest("GET", w.url+userinfoPath, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Origin", acmeOrigin)
		return w.do(r)
	}
	a := ask(token.AccessToken)
	var info map[string]any
	if err := json.Unmarshal([]byte(a.body), &info); err != nil || info["sub"] != "reader@acme" || info["name"] != "Reader of Acme" || info["email"] != "reader@acme.localhost" {
		t.Errorf("%d %s", a.status, a.body)
	}
	for name, test := range map[string]struct {
		token  string
		status int
	}{"ID token": {token.IDToken, 401}, "nonsense": {"x", 401}, "without openid": {plain.AccessToken, 403}, "none": {"", 401}} {
		if a := ask(test.token); a.status != test.status || !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	w.clock.add(accessTokenLifetime + time.Second)
	if a := ask(token.AccessToken); a.status != http.StatusUnauthorized {
		t.Errorf("expired: %d", a.status)
	}
}

func TestTokenOfTheCommand(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	for _, test := range []struct {
		subject string
		scopes  []string
		want    string
		err     error
	}{
		{"reader", nil, "account:12345 breeds:read kittens:read", nil},
		{"editor", []string{"kittens:write", "admin:tasks"}, "account:12345 kittens:write", nil},
		{"admin", []string{"kittens:read", "account:12345", "account:54321"}, "account:12345 kittens:read", nil},
		{"machine", nil, "account:12345 admin:tasks breeds:read kittens:read kittens:write", nil},
		{"reader", []string{"kittens:write"}, "", ErrScopes},
		{"owner", nil, "", ErrNoSubject},
		{"", nil, "", ErrNoSubject},
	} {
		token, granted, err := w.Token(ctx, "acme", test.subject, test.scopes, 10*time.Minute)
		if !errors.Is(err, test.err) {
			t.Errorf("%s: %v", test.subject, err)
		}
		if err != nil {
			continue
		}
		if got := w.scopesOf(token); strings.Join(got, " ") != test.want || len(granted) != len(got) {
			t.Errorf("%s %q has %q, told %q", test.subject, test.scopes, got, granted)
		}
		if exp := w.claims(token, "at+jwt")["exp"]; exp != float64(w.clock.Now().Add(10*time.Minute).Unix()) {
			t.Errorf("exp is %v", exp)
		}
	}
	if _, _, err := w.Token(ctx, "nobody", "reader", nil, 0); !errors.Is(err, ErrNoTenant) {
		t.Error(err)
	}
	expired, _, err := w.Token(ctx, "acme", "reader", nil, -time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	claims := w.claims(expired, "at+jwt")
	if exp, iat := claims["exp"], claims["iat"]; exp != float64(w.clock.Now().Add(-time.Hour).Unix()) || iat != float64(w.clock.Now().Add(-2*time.Hour).Unix()) {
		t.Errorf("an expired token has exp %v and iat %v", exp, iat)
	}
	if _, _, err := w.Token(ctx, "acme", "reader", nil, time.Millisecond); err == nil {
		t.Error("a lifetime of a millisecond is taken")
	}
}

func TestTenantsChange(t *testing.T) {
	w := newWorld(t)
	token := w.exchange(codeForm(w.code(authorization("scope", offline), "editor@acme")))
	tenants := testTenants()
	tenants[1].Scopes = []string{"kittens:read"}
	w.SetTenants(tenants)
	token = w.exchange(refreshForm(token.RefreshToken))
	if scopes := w.scopesOf(token.AccessToken); slices.Contains(scopes, "kittens:write") {
		t.Errorf("scopes are %q", scopes)
	}
	w.SetTenants(tenants[:1])
	if got := w.exchange(refreshForm(token.RefreshToken)); got.Error != "invalid_grant" {
		t.Errorf("the tenant is gone: %+v", got)
	}
	if a := w.start(authorization()); a.status != http.StatusBadRequest {
		t.Errorf("the tenant is gone: %d", a.status)
	}
	if _, ok := w.Machine("acme"); ok {
		t.Error("the machine client is still there")
	}
}

func TestOddTenants(t *testing.T) {
	w := newWorld(t)
	w.SetTenants([]Tenant{{ID: "odd", Account: "1 account:2", Audience: audience, Origins: []string{"http://odd.localhost/", "http://ODD2.localhost", "http://x/path", "javascript:x", ""},
		Scopes: []string{"a:read", "a:read", "b c:read", "", "account:99", "\"x:read"}}})
	token, granted, err := w.Token(context.Background(), "odd", "admin", nil, 0)
	if err != nil || strings.Join(granted, " ") != "a:read" {
		t.Errorf("%q %v", granted, err)
	}
	if got := w.scopesOf(token); strings.Join(got, " ") != "a:read" {
		t.Errorf("scopes are %q", got)
	}
	d := w.directory.Load()
	for origin, want := range map[string]bool{"http://odd.localhost": true, "http://odd2.localhost": true, "http://x": false} {
		if d.sites[origin] != nil != want {
			t.Errorf("%s: %v", origin, d.sites[origin])
		}
	}
}

func TestRestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "idp")
	w := newWorld(t, func(o *Options) { o.Dir = dir })
	token := w.exchange(codeForm(w.code(authorization("scope", offline), "editor@acme")))
	machine, _ := w.Machine("acme")
	old := w.keySet()
	again, err := New(Options{Issuer: w.Issuer(), Dir: dir, Key: []byte("0123456789abcdef0123456789abcdef"), Now: w.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	w.Provider = again
	w.SetTenants(testTenants())
	if set := w.keySet(); len(set.Keys) != 1 || set.Keys[0].KeyID != old.Keys[0].KeyID {
		t.Errorf("keys are %+v", set)
	}
	if a := w.start(authorization("prompt", "none")); !a.location.Query().Has("code") {
		t.Errorf("sent to %v", a.location)
	}
	if got := w.exchange(refreshForm(token.RefreshToken)); got.AccessToken == "" {
		t.Errorf("%+v", got)
	}
	if m, _ := w.Machine("acme"); m != machine {
		t.Error("the secret of the machine client changed")
	}
	for _, name := range []string{"keys.json", "state.json"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "keys.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Issuer: w.Issuer(), Dir: dir}); err == nil || !strings.Contains(err.Error(), "keys.json") {
		t.Errorf("a broken file: %v", err)
	}
}
