package idp

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

func TestCodeFlow(t *testing.T) {
	w := newWorld(t)
	config := oauth2.Config{ClientID: "kittens-web", RedirectURL: acmeOrigin + "/callback", Scopes: []string{"openid", "profile", "email", "kittens:read", "kittens:write", "account:12345"},
		Endpoint: oauth2.Endpoint{AuthURL: w.url + authorizePath, TokenURL: w.url + tokenPath, AuthStyle: oauth2.AuthStyleInParams}}
	pkce := oauth2.GenerateVerifier()
	to, err := url.Parse(config.AuthCodeURL("s1", oauth2.S256ChallengeOption(pkce), oauth2.SetAuthURLParam("nonce", "n1")))
	if err != nil {
		t.Fatal(err)
	}
	a := w.signIn(to.Query(), "editor@acme")
	if a.location == nil || !strings.HasPrefix(a.location.String(), acmeOrigin+"/callback?") || a.location.Query().Get("state") != "s1" {
		t.Fatalf("sent to %v: %s", a.location, a.body)
	}
	token, err := config.Exchange(context.Background(), a.location.Query().Get("code"), oauth2.VerifierOption(pkce))
	if err != nil {
		t.Fatal(err)
	}
	access := w.claims(token.AccessToken, "at+jwt")
	now := float64(w.clock.Now().Unix())
	for name, want := range map[string]any{"sub": "editor@acme", "client_id": "kittens-web", "exp": now + 3600, "iat": now, "nbf": now} {
		if access[name] != want {
			t.Errorf("%s of the access token is %v, not %v", name, access[name], want)
		}
	}
	if aud, _ := access["aud"].([]any); len(aud) != 1 || aud[0] != audience {
		t.Errorf("aud is %v", access["aud"])
	}
	if jti, _ := access["jti"].(string); len(jti) < 20 {
		t.Errorf("jti is %v", access["jti"])
	}
	if got := w.scopesOf(token.AccessToken); strings.Join(got, " ") != "account:12345 email kittens:read kittens:write openid profile" {
		t.Errorf("scopes are %q", got)
	}
	id := w.claims(token.Extra("id_token").(string), "JWT")
	if aud, _ := id["aud"].([]any); len(aud) != 1 || aud[0] != "kittens-web" || id["nonce"] != "n1" || id["azp"] != "kittens-web" ||
		id["name"] != "Editor of Acme" || id["email"] != "editor@acme.localhost" || id["at_hash"] == nil || id["auth_time"] != now {
		t.Errorf("the ID token has %v", id)
	}
	if token.RefreshToken != "" {
		t.Error("there is a refresh token without offline_access")
	}
}

func TestLoginWithPassword(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct {
		name, user, password string
		status               int
	}{
		{"good", "reader@acme", "reader", http.StatusFound},
		{"space around", " reader@acme ", "reader", http.StatusFound},
		{"other role's", "admin@acme", "reader", http.StatusUnauthorized},
		{"empty", "reader@acme", "", http.StatusUnauthorized},
		{"nobody", "owner@acme", "owner", http.StatusUnauthorized},
		{"machine", "acme-machine", "machine", http.StatusUnauthorized},
		{"markup", "<script>alert(1)</script>", "x", http.StatusUnauthorized},
	} {
		t.Run(test.name, func(t *testing.T) {
			w.newBrowser()
			page := w.start(authorization())
			id := idField.FindStringSubmatch(page.body)[1]
			a := w.post(loginPath, url.Values{"id": {id}, "username": {test.user}, "password": {test.password}})
			if a.status != test.status {
				t.Errorf("status is %d: %s", a.status, a.body)
			}
			if strings.Contains(a.body, "<script") {
				t.Error("what was typed became markup")
			}
		})
	}
}

func TestLoginPage(t *testing.T) {
	w := newWorld(t)
	a := w.start(authorization("scope", "openid kittens:read kittens:write account:12345"))
	csp := a.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'self' " + acmeOrigin} {
		if !strings.Contains(csp, want) {
			t.Errorf("the policy %q lacks %q", csp, want)
		}
	}
	for _, want := range []string{"reader@acme", "admin@tabby", "Tabby &lt;Café&gt;", `<s class="scope" title="not for this user">kittens:write</s>`, `<label for="username">`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(a.body, "deprecated") {
		t.Error("the code flow is called deprecated")
	}
	if a := w.get("/login.css"); a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Type"), "text/css") {
		t.Errorf("the style is %d %q", a.status, a.header.Get("Content-Type"))
	}
	if a := w.get("/"); a.status != http.StatusOK || !strings.Contains(a.body, acmeOrigin) {
		t.Errorf("the first page is %d", a.status)
	}
	if a := w.get("/login?id=unknown"); a.status != http.StatusBadRequest {
		t.Errorf("a login for nothing is %d", a.status)
	}
}

// TestLoginFromElsewhere posts the login form from a page of an attacker.
func TestLoginFromElsewhere(t *testing.T) {
	w := newWorld(t)
	id := idField.FindStringSubmatch(w.start(authorization()).body)[1]
	for name, header := range map[string][2]string{
		"cross-site": {"Sec-Fetch-Site", "cross-site"}, "same-site": {"Sec-Fetch-Site", "same-site"}, "origin": {"Origin", "http://evil.localhost"},
	} {
		a := w.post(loginPath, url.Values{"id": {id}, "user": {"admin@acme"}}, func(r *http.Request) { r.Header.Set(header[0], header[1]) })
		if a.status != http.StatusForbidden {
			t.Errorf("%s: status is %d", name, a.status)
		}
	}
	if a := w.post(loginPath, url.Values{"id": {id}, "user": {"admin@acme"}}, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") }); a.status != http.StatusFound {
		t.Errorf("its own page: status is %d", a.status)
	}
}

func TestRefusedRedirects(t *testing.T) {
	w := newWorld(t)
	for _, uri := range []string{
		"", "/callback", "http://evil.example/callback", "https://acme.localhost:4566/callback", "http://acme.localhost/callback", "http://acme.localhost:4567/callback",
		"http://acme.localhost:4566.evil.example/", "http://acme.localhost:4566@evil.example/", "http://evil.example#" + acmeOrigin + "/", "http://x@acme.localhost:4566/",
		"http://acme.localhost:4566\\@evil.example/", acmeOrigin + "/callback#x", acmeOrigin + "/callback#", acmeOrigin + "/a/../callback", acmeOrigin + "/%2e%2e/callback",
		acmeOrigin + "//evil.example", acmeOrigin + "/call back", acmeOrigin + "/\ncallback", "javascript:alert(1)//" + acmeOrigin, "HTTP://ACME.localhost:4566/callback",
		"http://acme.localhost:4566:80/", "//acme.localhost:4566/", "http:acme.localhost:4566/", "http://id.localhost:4566/",
	} {
		a := w.start(authorization("redirect_uri", uri))
		if a.status != http.StatusBadRequest || a.location != nil {
			t.Errorf("%q: %d to %v", uri, a.status, a.location)
		}
	}
	for _, uri := range []string{acmeOrigin, acmeOrigin + "/", acmeOrigin + "/callback", acmeOrigin + "/silent/renew.html", acmeOrigin + "/?a=b"} {
		if a := w.start(authorization("redirect_uri", uri)); a.status != http.StatusOK {
			t.Errorf("%q: %d %s", uri, a.status, a.body)
		}
	}
}

func TestRefusedAuthorizations(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct {
		name  string
		pairs []string
		error string
	}{
		{"no challenge", []string{"code_challenge", "", "code_challenge_method", ""}, "invalid_request"},
		{"plain challenge", []string{"code_challenge_method", "plain"}, "invalid_request"},
		{"challenge without method", []string{"code_challenge_method", ""}, "invalid_request"},
		{"short challenge", []string{"code_challenge", "x"}, "invalid_request"},
		{"no scope", []string{"scope", ""}, "invalid_request"},
		{"unknown scopes alone", []string{"scope", "dogs:read"}, "invalid_scope"},
		{"no response type", []string{"response_type", ""}, "invalid_request"},
		{"token from the web client", []string{"response_type", "token"}, "unauthorized_client"},
		{"hybrid", []string{"response_type", "code id_token"}, "unauthorized_client"},
		{"form_post", []string{"response_mode", "form_post"}, "invalid_request"},
		{"prompt none and login", []string{"prompt", "none login"}, "invalid_request"},
		{"prompt none signed out", []string{"prompt", "none"}, "login_required"},
		{"bad hint", []string{"id_token_hint", "x"}, "login_required"},
		{"request object", []string{"request", "e30.e30."}, "request_not_supported"},
	} {
		a := w.start(authorization(test.pairs...))
		if a.location == nil {
			t.Errorf("%s: %d %s", test.name, a.status, a.body)
			continue
		}
		q := a.location.Query()
		if a.location.Fragment != "" {
			q, _ = url.ParseQuery(a.location.Fragment)
		}
		if q.Get("error") != test.error || q.Get("state") != "s1" || a.location.Host != "acme.localhost:4566" {
			t.Errorf("%s: sent to %s", test.name, a.location)
		}
	}
	for name, pairs := range map[string][]string{"unknown client": {"client_id", "x"}, "machine client": {"client_id", "acme-machine"}, "no client": {"client_id", ""}} {
		if a := w.start(authorization(pairs...)); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d to %v", name, a.status, a.location)
		}
	}
	twice := authorization()
	twice.Add("redirect_uri", "http://evil.example/")
	if a := w.start(twice); a.status != http.StatusBadRequest {
		t.Errorf("a redirect_uri twice: %d to %v", a.status, a.location)
	}
}

func TestRefusedExchanges(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct {
		name  string
		pairs []string
		error string
	}{
		{"wrong verifier", []string{"code_verifier", strings.Repeat("x", 43)}, "invalid_grant"},
		{"no verifier", []string{"code_verifier", ""}, "invalid_request"},
		{"short verifier", []string{"code_verifier", "x"}, "invalid_request"},
		{"other redirect", []string{"redirect_uri", acmeOrigin + "/"}, "invalid_grant"},
		{"no redirect", []string{"redirect_uri", ""}, "invalid_grant"},
		{"other client", []string{"client_id", "kittens-web-implicit"}, "invalid_grant"},
		{"unknown client", []string{"client_id", "x"}, "invalid_client"},
		{"unknown code", []string{"code", "x"}, "invalid_grant"},
		{"no code", []string{"code", ""}, "invalid_request"},
		{"no grant type", []string{"grant_type", ""}, "invalid_request"},
		{"password grant", []string{"grant_type", "password"}, "unsupported_grant_type"},
		{"JWT grant", []string{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, "unsupported_grant_type"},
	} {
		w.newBrowser()
		code := w.code(authorization(), "reader@acme")
		if got := w.exchange(codeForm(code, test.pairs...)); got.Error != test.error || got.status < 400 || got.AccessToken != "" {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
	w.newBrowser()
	late := w.code(authorization(), "reader@acme")
	w.clock.add(codeLifetime)
	if got := w.exchange(codeForm(late)); got.Error != "invalid_grant" {
		t.Errorf("a late code: %+v", got)
	}
	if a := w.post(tokenPath+"?code=x", codeForm("x")); a.status != http.StatusBadRequest {
		t.Errorf("parameters in the query: %d", a.status)
	}
	if a := w.get(tokenPath); a.status != http.StatusMethodNotAllowed {
		t.Errorf("GET of the token endpoint: %d", a.status)
	}
	if a := w.post(tokenPath, url.Values{"grant_type": {"authorization_code", "refresh_token"}}); a.status != http.StatusBadRequest || !strings.Contains(a.body, "invalid_request") {
		t.Errorf("two grant types: %d %s", a.status, a.body)
	}
}

// TestReplayedCode uses a code twice: the second time fails and takes back what the first gave.
func TestReplayedCode(t *testing.T) {
	w := newWorld(t)
	code := w.code(authorization("scope", "openid offline_access kittens:read"), "reader@acme")
	first := w.exchange(codeForm(code))
	if first.RefreshToken == "" {
		t.Fatalf("%+v", first)
	}
	if again := w.exchange(codeForm(code)); again.Error != "invalid_grant" {
		t.Errorf("the second use: %+v", again)
	}
	if got := w.exchange(refreshForm(first.RefreshToken)); got.Error != "invalid_grant" {
		t.Errorf("the refresh token is still good: %+v", got)
	}
}

func TestCodeIsUsedOnce(t *testing.T) {
	w := newWorld(t)
	code := w.code(authorization(), "reader@acme")
	var wait sync.WaitGroup
	var mu sync.Mutex
	good := 0
	for range 8 {
		wait.Go(func() {
			if w.exchange(codeForm(code)).AccessToken != "" {
				mu.Lock()
				good++
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if good != 1 {
		t.Errorf("%d exchanges were good", good)
	}
}

func TestScopesByRole(t *testing.T) {
	all := "openid kittens:read kittens:write breeds:read admin:tasks account:12345 account:54321 dogs:read"
	for _, test := range []struct{ user, want string }{
		{"reader@acme", "account:12345 breeds:read kittens:read openid"},
		{"editor@acme", "account:12345 breeds:read kittens:read kittens:write openid"},
		{"admin@acme", "account:12345 admin:tasks breeds:read kittens:read kittens:write openid"},
		{"reader@tabby", "account:54321 breeds:read kittens:read openid"},
		{"admin@tabby", "account:54321 admin:tasks breeds:read kittens:read kittens:write openid"},
	} {
		w := newWorld(t)
		got := w.exchange(codeForm(w.code(authorization("scope", all), test.user)))
		if scopes := w.scopesOf(got.AccessToken); strings.Join(scopes, " ") != test.want {
			t.Errorf("%s has %q", test.user, scopes)
		}
		told := strings.Fields(got.Scope)
		slices.Sort(told)
		if strings.Join(told, " ") != test.want {
			t.Errorf("%s is told %q", test.user, got.Scope)
		}
	}
	w := newWorld(t)
	a := w.signIn(authorization("scope", "kittens:write account:54321"), "reader@acme")
	if a.location == nil || a.location.Query().Get("error") != "invalid_scope" {
		t.Errorf("nothing left: %v", a.location)
	}
}

func TestNoAccountScopeUnlessAskedFor(t *testing.T) {
	w := newWorld(t)
	got := w.exchange(codeForm(w.code(authorization("scope", "openid kittens:read"), "admin@acme")))
	if scopes := w.scopesOf(got.AccessToken); strings.Join(scopes, " ") != "kittens:read openid" {
		t.Errorf("scopes are %q", scopes)
	}
}

func TestRequestsAreBounded(t *testing.T) {
	w := newWorld(t)
	for range maxRequests + 50 {
		w.get("/authorize?" + authorization().Encode())
	}
	w.requests.mu.Lock()
	n := len(w.requests.byID)
	w.requests.mu.Unlock()
	if n > maxRequests {
		t.Errorf("%d requests are kept", n)
	}
	w.clock.add(requestLifetime + time.Second)
	w.get("/authorize?" + authorization().Encode())
	w.requests.mu.Lock()
	defer w.requests.mu.Unlock()
	if n := len(w.requests.byID); n != 1 {
		t.Errorf("%d requests are kept after they expired", n)
	}
}
