package release_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/localcloud"
	"github.com/tenantstack/tenantstack/internal/release"
	"github.com/tenantstack/tenantstack/test/localtest"
)

// TestFilesAndRoutes releases files with fixed names: they are served as files, every other path is a route of the page, dots in it
// or not, and a file that no release has put is not found.
func TestFilesAndRoutes(t *testing.T) {
	const tenant = "tabby-cafe"
	c := localtest.Start(t, localcloud.Options{Tenants: []string{tenant}})
	all := slices.DeleteFunc(sites(t, c), func(s release.Site) bool { return s.Tenant != tenant })
	releaser := release.New(release.Options{Connect: connect(c)})
	with := func(n int, fixed map[string]string) *release.Build {
		t.Helper()
		dir := t.TempDir()
		dist(t, dir, n)
		for name, content := range fixed {
			path := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		b, err := release.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	get := func(path string) localtest.Answer {
		t.Helper()
		return c.Do(localtest.Request{Method: http.MethodGet, URL: c.Tenant(tenant).URL + strings.TrimPrefix(path, "/")})
	}
	serves := func(path, kind, body string) {
		t.Helper()
		var a localtest.Answer
		localtest.Eventually(t, path+" is served", func() bool {
			a = get(path)
			return a.Status == http.StatusOK && string(a.Body) == body
		})
		if a.Header.Get("Content-Type") != kind || a.Header.Get("Cache-Control") != "no-cache" || a.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, a.Header)
		}
	}
	missing := func(path string) {
		t.Helper()
		localtest.Eventually(t, path+" is not found", func() bool { return get(path).Status == http.StatusNotFound })
	}
	routes := func(n int) {
		t.Helper()
		for _, path := range []string{"/jane.doe", "/v1.2", "/node.js", "/readme.txt", "/a/robots.txt", "/releases/x.json", "/users/jane.doe", "/assets", "/robots.txt/"} {
			localtest.Eventually(t, path+" is answered with the page", func() bool {
				a := get(path)
				return a.Status == http.StatusOK && isPage(string(a.Body), n)
			})
		}
	}

	const text, json = "text/plain; charset=utf-8", "application/json"
	want(t, releaser.Release(t.Context(), with(1, map[string]string{"robots.txt": "one", ".well-known/apple-app-site-association": "{}", "favicon.ico": "icon"}), all), release.Released)
	serves("/robots.txt", text, "one")
	serves("/.well-known/apple-app-site-association", json, "{}")
	serves("/favicon.ico", "image/x-icon", "icon")
	routes(1)
	for _, path := range []string{"/sitemap.xml", "/.well-known/security.txt", "/assets/none-12345678.js"} {
		missing(path)
	}

	want(t, releaser.Release(t.Context(), with(2, map[string]string{"robots.txt": "two", ".well-known/security.txt": "us"}), all), release.Released)
	serves("/robots.txt", text, "two")
	serves("/.well-known/security.txt", text, "us")
	routes(2)
	missing("/favicon.ico")
	missing("/.well-known/apple-app-site-association")

	want(t, back(t, releaser, all), release.RolledBack)
	serves("/robots.txt", text, "one")
	serves("/favicon.ico", "image/x-icon", "icon")
	routes(1)
	missing("/.well-known/security.txt")
	if r := releaser.Release(t.Context(), with(1, map[string]string{"robots.txt": "one", ".well-known/apple-app-site-association": "{}", "favicon.ico": "icon"}), all)[0]; r.Action != release.UpToDate || r.Invalidation != "" {
		t.Errorf("what is in place again is released again: %+v", r)
	}
}
