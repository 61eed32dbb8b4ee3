package authz

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestNewKeysRefusesAddresses(t *testing.T) {
	for _, address := range []string{
		"", "id.example.com", "/keys", "//id.example.com/keys", "http://id.example.com/", "HTTP://id.example.com/", "ftp://id.example.com/", "file:///etc/passwd", "data:,x",
		"https://", "https:///keys", "https://user:secret@id.example.com/", "https://id.example.com/#x", "https:id.example.com", "http://10.0.0.1/", "http://169.254.169.254/",
		"http://[fe80::1]/", "http://localhost.example.com/", "http://notlocalhost/", "http://127.0.0.1.example.com/", "http://2130706433/", "http://0.0.0.0/", "https://id.example.com/\x7f", "::",
	} {
		if _, err := NewKeys(KeysConfig{Issuer: address}); err == nil {
			t.Errorf("the issuer %q is accepted", address)
		}
		if address == "" {
			continue
		}
		if _, err := NewKeys(KeysConfig{Issuer: testIssuer, JWKSURI: address}); err == nil {
			t.Errorf("the key set at %q is accepted", address)
		}
	}
	for _, issuer := range []string{"https://id.example.com/?x=1", "https://id.example.com/?"} {
		if _, err := NewKeys(KeysConfig{Issuer: issuer}); err == nil {
			t.Errorf("the issuer %q is accepted", issuer)
		}
	}
	for _, address := range []string{
		"https://id.example.com", "https://id.example.com/tenant/1/", "https://10.0.0.1:8443/", "http://localhost:8080", "http://id.localhost:1/", "http://ID.LocalHost./",
		"http://127.0.0.1:8080/", "http://127.9.9.9/", "http://[::1]:8080/",
	} {
		if _, err := NewKeys(KeysConfig{Issuer: address}); err != nil {
			t.Errorf("the issuer %q: %v", address, err)
		}
	}
	if _, err := NewKeys(KeysConfig{Issuer: "an issuer that is no address", JWKSURI: "https://id.example.com/keys?v=1"}); err != nil {
		t.Errorf("an issuer that is not asked: %v", err)
	}
}

func TestDiscovery(t *testing.T) {
	document := func(issuer, uri string) string {
		return fields{{"issuer", quote(issuer)}, {"jwks_uri", quote(uri)}, {"claims_supported", `["sub"]`}}.json()
	}
	good := document(testIssuer, testJWKSURI)
	for name, test := range map[string]struct {
		text string
		want Reason
	}{
		"good":                    {good, Allowed},
		"issuer without slash":    {document("https://id.example.com", testJWKSURI), KeysUnavailable},
		"issuer in upper case":    {document("https://ID.example.com/", testJWKSURI), KeysUnavailable},
		"issuer of others":        {document("https://evil.example.org/", testJWKSURI), KeysUnavailable},
		"issuer missing":          {`{"jwks_uri":"` + testJWKSURI + `"}`, KeysUnavailable},
		"issuer a list":           {`{"issuer":["` + testIssuer + `"],"jwks_uri":"` + testJWKSURI + `"}`, KeysUnavailable},
		"issuer twice":            {`{"issuer":"x",` + good[1:], KeysUnavailable},
		"address twice":           {`{"jwks_uri":"https://evil.example.org/",` + good[1:], KeysUnavailable},
		"address in other case":   {`{"JWKS_URI":"https://evil.example.org/",` + good[1:], KeysUnavailable},
		"address missing":         {`{"issuer":"` + testIssuer + `"}`, KeysUnavailable},
		"address null":            {`{"issuer":"` + testIssuer + `","jwks_uri":null}`, KeysUnavailable},
		"address empty":           {document(testIssuer, ""), KeysUnavailable},
		"address on http":         {document(testIssuer, "http://id.example.com/keys"), KeysUnavailable},
		"address on the machine":  {document(testIssuer, "http://127.0.0.1/keys"), KeysUnavailable},
		"address relative":        {document(testIssuer, "/keys"), KeysUnavailable},
		"address of a file":       {document(testIssuer, "file:///keys"), KeysUnavailable},
		"address with a password": {document(testIssuer, "https://u:p@id.example.com/keys"), KeysUnavailable},
		"text after it":           {good + "x", KeysUnavailable},
		"no object":               {"[" + good + "]", KeysUnavailable},
		"no JSON":                 {"<html>", KeysUnavailable},
	} {
		server := &pages{}
		server.set("https://id.example.com/.well-known/openid-configuration", test.text)
		for _, uri := range []string{testJWKSURI, "http://id.example.com/keys", "http://127.0.0.1/keys"} {
			server.set(uri, ours().jwks())
		}
		keys, err := NewKeys(KeysConfig{Issuer: testIssuer, Transport: server, Now: testClock})
		if err != nil {
			t.Fatal(err)
		}
		if got := lookupReason(t.Context(), keys, "ed"); got != test.want {
			t.Errorf("%s: %s, not %s", name, got, test.want)
		}
	}
}

func TestRedirects(t *testing.T) {
	for name, test := range map[string]struct {
		location string
		want     Reason
	}{
		"to https":         {"https://keys.example.com/", Allowed},
		"to http":          {"http://keys.example.com/", KeysUnavailable},
		"to the machine":   {"http://127.0.0.1/keys", KeysUnavailable},
		"to itself":        {testJWKSURI, KeysUnavailable},
		"to a password":    {"https://user:secret@keys.example.com/", KeysUnavailable},
		"to another thing": {"file:///keys", KeysUnavailable},
	} {
		server := &pages{}
		server.failWith(func(r *http.Request) (*http.Response, error) {
			if r.URL.String() != testJWKSURI {
				return reply(r, http.StatusOK, ours().jwks()), nil
			}
			response := reply(r, http.StatusFound, "")
			response.Header.Set("Location", test.location)
			return response, nil
		})
		keys, err := NewKeys(KeysConfig{Issuer: testIssuer, JWKSURI: testJWKSURI, Transport: server, Now: testClock})
		if err != nil {
			t.Fatal(err)
		}
		if got := lookupReason(t.Context(), keys, "ed"); got != test.want {
			t.Errorf("%s: %s, not %s", name, got, test.want)
		}
		if server.count() > maxRedirects+1 {
			t.Errorf("%s: %d requests", name, server.count())
		}
	}
}

// TestOverTheNetwork fetches with the package's own transport, by address and by name.
func TestOverTheNetwork(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	mux.HandleFunc("/keys", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(ours().jwks()))
	})
	mux.HandleFunc("/t/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		base := "http://" + r.Host
		_, _ = w.Write([]byte(`{"issuer":"` + base + `/t","jwks_uri":"` + base + `/keys"}`))
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://id.example.com/keys", http.StatusFound)
	})
	for _, host := range []string{"127.0.0.1", "localhost", "id.localhost", "a.b.LOCALHOST"} {
		base := "http://" + host + ":" + address.Port()
		for _, config := range []KeysConfig{{Issuer: base + "/t"}, {JWKSURI: base + "/keys"}} {
			config.Report = func(err error) { t.Log(err) }
			keys, err := NewKeys(config)
			if err != nil {
				t.Fatal(err)
			}
			if got := lookupReason(t.Context(), keys, "ed"); got != Allowed {
				t.Errorf("%+v: %s", config, got)
			}
		}
	}
	for _, config := range []KeysConfig{{Issuer: server.URL + "/t/"}, {Issuer: server.URL}, {JWKSURI: server.URL + "/away"}, {JWKSURI: server.URL + "/none"}} {
		keys, err := NewKeys(config)
		if err != nil {
			t.Fatal(err)
		}
		if got := lookupReason(t.Context(), keys, "ed"); got != KeysUnavailable {
			t.Errorf("%+v: %s", config, got)
		}
	}
}

// TestProxyIsForOthers keeps requests to the machine itself away from a proxy.
func TestProxyIsForOthers(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://proxy.example.com:3128")
	transport := newTransport()
	for _, host := range []string{"id.localhost:8080", "localhost", "127.0.0.1:1", "[::1]:1"} {
		request, err := http.NewRequest(http.MethodGet, "http://"+host+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if proxy, err := transport.Proxy(request); proxy != nil || err != nil {
			t.Errorf("%s goes through %v, %v", host, proxy, err)
		}
	}
}

func TestDocumentSize(t *testing.T) {
	for _, extra := range []int{0, 1} {
		f := newKeysFixture(t)
		text := ours().jwks()
		f.set(testJWKSURI, text+strings.Repeat(" ", maxDocumentSize-len(text)+extra))
		want := []Reason{Allowed, KeysUnavailable}[extra]
		f.expect(t, "at the bound", "ed", want, 1)
	}
}
