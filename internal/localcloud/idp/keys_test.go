package idp

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
)

func TestRotation(t *testing.T) {
	w := newWorld(t)
	token, _, err := w.Token(context.Background(), "acme", "reader", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ids := func() (ids []string) {
		for _, k := range w.keySet().Keys {
			ids = append(ids, k.KeyID)
		}
		return ids
	}
	first := ids()[0]
	second, err := w.Rotate()
	if err != nil || !slices.Equal(ids(), []string{second, first}) {
		t.Fatalf("%v, keys are %v", err, ids())
	}
	w.claims(token, "at+jwt") // is still valid
	if fresh, _, err := w.Token(context.Background(), "acme", "reader", nil, 0); err != nil || !strings.Contains(headerOf(fresh), second) {
		t.Errorf("%v: the new key does not sign: %s", err, headerOf(fresh))
	}
	w.clock.add(30 * time.Minute)
	third, _ := w.Rotate()
	if !slices.Equal(ids(), []string{third, second, first}) {
		t.Errorf("keys are %v", ids())
	}
	fourth, _ := w.Rotate()
	if !slices.Equal(ids(), []string{fourth, third, second}) {
		t.Errorf("after the next but one rotation: %v", ids())
	}
	w.clock.add(DefaultOverlap)
	if !slices.Equal(ids(), []string{fourth}) {
		t.Errorf("after the overlap: %v", ids())
	}
	fifth, err := w.RotateAndForget()
	if err != nil || !slices.Equal(ids(), []string{fifth}) {
		t.Errorf("%v, keys are %v", err, ids())
	}
	for _, k := range w.keySet().Keys {
		if !k.IsPublic() {
			t.Error("a private key is published")
		}
	}
}

func headerOf(token string) string {
	header, _, _ := strings.Cut(token, ".")
	decoded, _ := decodeSegment(header)
	return decoded
}

func TestDiscovery(t *testing.T) {
	w := newWorld(t)
	a := w.get(discoveryPath)
	var doc map[string]any
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"issuer": w.url + "/", "jwks_uri": w.url + "/keys", "authorization_endpoint": w.url + "/authorize", "token_endpoint": w.url + "/oauth/token",
		"userinfo_endpoint": w.url + "/userinfo", "end_session_endpoint": w.url + "/end_session", "revocation_endpoint": w.url + "/revoke",
	} {
		if doc[name] != want {
			t.Errorf("%s is %v, not %s", name, doc[name], want)
		}
	}
	for name, value := range doc {
		if uri, ok := value.(string); ok && strings.HasSuffix(name, "_endpoint") {
			if a := w.get(uri); a.status == http.StatusNotFound {
				t.Errorf("%s is not there", name)
			}
		}
	}
	for name, want := range map[string]string{"grant_types_supported": "authorization_code implicit refresh_token client_credentials", "code_challenge_methods_supported": "S256", "id_token_signing_alg_values_supported": "RS256"} {
		var got []string
		for _, v := range doc[name].([]any) {
			got = append(got, v.(string))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if _, err := rp.NewRelyingPartyOIDC(context.Background(), w.Issuer(), "kittens-web", "", acmeOrigin+"/callback", []string{"openid"}); err != nil {
		t.Errorf("a relying party cannot use it: %v", err)
	}
}

func TestIssuers(t *testing.T) {
	for issuer, ok := range map[string]bool{
		"http://id.localhost:4566/": true, "http://id.localhost:4566": true, "https://id.example.com/": true,
		"": false, "id.localhost": false, "ftp://x/": false, "http:///": false, "http://x/?a": false, "http://x/#a": false, "http://u@x/": false, "http://x/path": false, "http://x/?": false,
	} {
		if _, err := New(Options{Issuer: issuer}); (err == nil) != ok {
			t.Errorf("%q: %v", issuer, err)
		}
	}
}

func TestHosts(t *testing.T) {
	w := newWorld(t)
	for host, want := range map[string]int{"": 200, "evil.example": 421, "localhost": 421} {
		r, err := http.NewRequest("GET", w.url+keysPath, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		if a := w.do(r); a.status != want {
			t.Errorf("host %q: %d", host, a.status)
		}
	}
}

func TestCORS(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct {
		method, path, origin string
		allowed              bool
	}{
		{"OPTIONS", tokenPath, acmeOrigin, true},
		{"OPTIONS", tokenPath, "http://evil.example", false},
		{"OPTIONS", tokenPath, "null", false},
		{"OPTIONS", userinfoPath, tabbyOrigin, true},
		{"GET", keysPath, acmeOrigin, true},
		{"GET", discoveryPath, acmeOrigin, true},
		{"GET", discoveryPath, acmeOrigin + ".evil.example", false},
		{"POST", tokenPath, acmeOrigin, true},
		{"POST", tokenPath, "", false},
		{"GET", authorizePath, acmeOrigin, false},
		{"GET", loginPath, acmeOrigin, false},
	} {
		r, err := http.NewRequest(test.method, w.url+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", test.origin)
		a := w.do(r)
		want := ""
		if test.allowed {
			want = test.origin
		}
		if got := a.header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s %s from %s: %q", test.method, test.path, test.origin, got)
		}
		if a.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s %s takes credentials", test.method, test.path)
		}
	}
}
