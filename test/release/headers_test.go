package release_test

import (
	"encoding/json"
	"net/http"
	"path"
	"testing"

	"github.com/tenantstack/tenantstack/internal/release"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/test/localtest"
)

// kinds of assets.
var kinds = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

// headers looks at what arrives of version 1 at a browser.
func headers(t *testing.T, c *localtest.Cloud, site release.Site) {
	t.Helper()
	url := c.Tenant(site.Tenant).URL
	get := func(name, kind, cache string) localtest.Answer {
		t.Helper()
		a := c.Do(localtest.Request{Method: http.MethodGet, URL: url + name, Header: map[string]string{"Accept-Encoding": "br"}})
		if a.Status != http.StatusOK || a.Header.Get("Content-Type") != kind || a.Header.Get("Cache-Control") != cache ||
			a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Etag") == "" {
			t.Errorf("%s of %s: %d %v", name, site.Tenant, a.Status, a.Header)
		}
		return a
	}
	const forever = "public, max-age=31536000, immutable"
	for _, route := range []string{"", "index.html", "kittens/some-kitten"} {
		if a := get(route, "text/html; charset=utf-8", "no-cache"); !isPage(string(a.Body), 1) {
			t.Errorf("%q of %s is %s", route, site.Tenant, a.Body)
		}
	}
	for name := range files(1) {
		if kind := kinds[path.Ext(name)]; kind != "" {
			get(name, kind, forever)
		}
	}
	if a := get(code(1), kinds[".js"], forever); a.Header.Get("Content-Encoding") != "br" {
		t.Errorf("the code of %s is not compressed: %v", site.Tenant, a.Header)
	}
	var config plan.WebConfig
	if err := json.Unmarshal(get("config.json", "application/json", "no-cache").Body, &config); err != nil {
		t.Fatal(err)
	}
	if config.Tenant.ID != site.Tenant || config.Tenant.Name == "" || config.Issuer != c.Status().Issuer || config.API != "/api" {
		t.Errorf("config.json of %s is %+v", site.Tenant, config)
	}
}
