package plan_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/plan"
)

// The function at the edge decides by the same expression as releases do.
func TestRouterHasThePattern(t *testing.T) {
	code, err := os.ReadFile("../constructs/router.js")
	if err != nil {
		t.Fatal(err)
	}
	if want := "/" + plan.WebFilePattern + "/"; !strings.Contains(string(code), want) {
		t.Errorf("constructs/router.js has not\n%s\nbut\n%s", want, code)
	}
	// CloudFront Developer Guide, "Quotas on CloudFront Functions".
	if const10KB := 10 * 1024; len(code) > const10KB {
		t.Errorf("constructs/router.js has %d bytes, the limit is %d", len(code), const10KB)
	}
}

func TestIsFixedFile(t *testing.T) {
	pattern := regexp.MustCompile(plan.WebFilePattern)
	for path, want := range map[string]bool{
		"favicon.ico": true, "favicon.svg": true, "favicon-32x32.png": true, "apple-touch-icon.png": true, "apple-touch-icon-120x120-precomposed.png": true,
		"robots.txt": true, "sitemap.xml": true, "sitemap-2.xml": true, "manifest.webmanifest": true, "manifest.json": true, "sw.js": true, "ads.txt": true,
		"humans.txt": true, "security.txt": true, "browserconfig.xml": true, "apple-app-site-association": true, "google0123456789abcdef.html": true,
		".well-known/security.txt": true, ".well-known/openid-configuration": true, ".well-known/pki-validation/a.txt": true,
		"jane.doe": false, "v1.2": false, "node.js": false, "readme.txt": false, "robots.txt.bak": false, "Robots.txt": false, "xrobots.txt": false, "a/robots.txt": false,
		"robotsxtxt": false, "favicon": false, ".well-known": false, ".well-known/": false, "well-known/a": false, "users/jane.doe": false, "": false, "index.html": false,
		"google.html": false, "favicon-big.ico": false,
	} {
		if got := plan.IsFixedFile(path); got != want {
			t.Errorf("IsFixedFile(%q) = %t", path, got)
		}
		if got := pattern.MatchString("/" + path); got != want {
			t.Errorf("the pattern matches /%s: %t", path, got)
		}
	}
	for path, want := range map[string]bool{"/assets/a-12345678.js": true, "/config.json": true, "/assets/": false, "/assets": false, "/": false, "/releases/x.json": false, "/config.json/x": false} {
		if got := pattern.MatchString(path); got != want {
			t.Errorf("the pattern matches %s: %t", path, got)
		}
	}
}
