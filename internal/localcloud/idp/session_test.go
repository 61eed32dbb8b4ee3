package idp

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestSilentRenewal(t *testing.T) {
	w := newWorld(t)
	w.code(authorization(), "editor@acme")
	a := w.start(authorization("prompt", "none"))
	if a.location == nil || a.location.Query().Get("code") == "" {
		t.Fatalf("sent to %v", a.location)
	}
	token := w.exchange(codeForm(a.location.Query().Get("code")))
	if got := w.claims(token.AccessToken, "at+jwt")["sub"]; got != "editor@acme" {
		t.Errorf("the token is of %v", got)
	}
	for _, test := range []struct {
		name  string
		pairs []string
		ok    bool
	}{
		{"hint", []string{"prompt", "none", "id_token_hint", token.IDToken}, true},
		{"login hint", []string{"prompt", "none", "login_hint", "editor@acme"}, true},
		{"other login hint", []string{"prompt", "none", "login_hint", "admin@acme"}, false},
		{"fresh enough", []string{"prompt", "none", "max_age", "600"}, true},
		{"too old", []string{"prompt", "none", "max_age", "1"}, false},
		{"other tenant's page", []string{"prompt", "none", "redirect_uri", tabbyOrigin + "/callback"}, false},
	} {
		w.clock.add(2 * time.Second)
		a := w.start(authorization(test.pairs...))
		if a.location == nil || a.location.Query().Has("code") != test.ok || a.location.Query().Get("error") == "" != test.ok {
			t.Errorf("%s: sent to %v", test.name, a.location)
		}
	}
	if a := w.start(authorization("prompt", "login")); a.status != http.StatusOK {
		t.Errorf("prompt=login does not show the page: %d", a.status)
	}
	w.clock.add(sessionLifetime)
	if a := w.start(authorization("prompt", "none")); a.location == nil || a.location.Query().Get("error") != "login_required" {
		t.Errorf("after the session: sent to %v", a.location)
	}
}

// TestTwoTenantsSideBySide signs in at the pages of two tenants in one browser.
func TestTwoTenantsSideBySide(t *testing.T) {
	w := newWorld(t)
	tabby := []string{"redirect_uri", tabbyOrigin + "/callback"}
	w.code(authorization(), "reader@acme")
	w.code(authorization(tabby...), "admin@tabby")
	for redirect, want := range map[string]string{acmeOrigin + "/callback": "reader@acme", tabbyOrigin + "/callback": "admin@tabby"} {
		a := w.start(authorization("prompt", "none", "redirect_uri", redirect))
		got := w.exchange(codeForm(a.location.Query().Get("code"), "redirect_uri", redirect))
		if sub := w.claims(got.AccessToken, "at+jwt")["sub"]; sub != want {
			t.Errorf("%s has %v", redirect, sub)
		}
	}
}

func TestCookies(t *testing.T) {
	w := newWorld(t)
	var first string
	for i := range 2 {
		a := w.signIn(authorization("prompt", "login"), "reader@acme")
		cookies := (&http.Response{Header: a.header}).Cookies()
		if len(cookies) != 2 {
			t.Fatalf("cookies are %v", cookies)
		}
		for _, c := range cookies {
			if !c.HttpOnly || c.Domain != "" || c.Value == "" || c.SameSite == http.SameSiteNoneMode != c.Secure {
				t.Errorf("the cookie is %v", c)
			}
		}
		if i == 1 && cookies[0].Value == first {
			t.Error("a second sign-in keeps the session's id")
		}
		first = cookies[0].Value
	}
	if n := len(w.state.sessions); n != 1 {
		t.Errorf("there are %d sessions", n)
	}
}

func TestEndSession(t *testing.T) {
	w := newWorld(t)
	token := w.exchange(codeForm(w.code(authorization("scope", "openid offline_access kittens:read"), "reader@acme")))
	end := func(pairs ...string) answer {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return w.get(endSessionPath + "?" + v.Encode())
	}
	for name, pairs := range map[string][]string{
		"bad hint":          {"id_token_hint", "x"},
		"access token":      {"id_token_hint", token.AccessToken, "post_logout_redirect_uri", "http://evil.example/"},
		"redirect to evil":  {"id_token_hint", token.IDToken, "post_logout_redirect_uri", "http://evil.example/"},
		"other client":      {"id_token_hint", token.IDToken, "client_id", "kittens-web-implicit"},
		"redirect, no hint": {"post_logout_redirect_uri", acmeOrigin + "/"},
	} {
		if a := end(pairs...); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d to %v", name, a.status, a.location)
		}
	}
	if a := end("client_id", "kittens-web", "post_logout_redirect_uri", acmeOrigin+"/"); a.status != http.StatusOK || !strings.Contains(a.body, "Sign out?") {
		t.Errorf("without a hint: %d to %v", a.status, a.location)
	}
	if a := w.start(authorization("prompt", "none")); !a.location.Query().Has("code") {
		t.Error("what was refused signed out")
	}
	w.clock.add(2 * time.Hour) // an expired hint is good enough
	a := end("id_token_hint", token.IDToken, "post_logout_redirect_uri", acmeOrigin+"/bye?x=1", "state", "a&b")
	if a.location == nil || a.location.String() != acmeOrigin+"/bye?state=a%26b&x=1" {
		t.Errorf("sent to %v: %s", a.location, a.body)
	}
	if a := w.start(authorization("prompt", "none")); a.location.Query().Get("error") != "login_required" {
		t.Errorf("still signed in: %v", a.location)
	}
	if got := w.exchange(refreshForm(token.RefreshToken)); got.Error != "invalid_grant" {
		t.Errorf("the refresh token is still good: %+v", got)
	}
}

func TestLogoutPage(t *testing.T) {
	w := newWorld(t)
	w.code(authorization(), "reader@acme")
	w.code(authorization("redirect_uri", tabbyOrigin+"/"), "reader@tabby")
	form := url.Values{"client_id": {"kittens-web"}, "post_logout_redirect_uri": {acmeOrigin + "/"}, "state": {"s"}}
	if a := w.post(logoutPath, form, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }); a.status != http.StatusForbidden {
		t.Errorf("from elsewhere: %d", a.status)
	}
	if a := w.post(logoutPath, url.Values{"post_logout_redirect_uri": {"http://evil.example"}}); a.status != http.StatusBadRequest {
		t.Errorf("to elsewhere: %d", a.status)
	}
	if a := w.post(logoutPath, form); a.location == nil || a.location.String() != acmeOrigin+"/?state=s" {
		t.Errorf("sent to %v", a.location)
	}
	if len(w.state.sessions) != 0 {
		t.Error("the session is still there")
	}
}
