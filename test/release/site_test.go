// Package release_test releases builds to the tenants of a local cloud, and looks at what browsers get meanwhile.
package release_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/release"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/test/localtest"
)

// files of version n of an application, by path: a style sheet that stays, code that always changes and is large
// enough to be compressed, and a picture that changes with every second version.
func files(n int) map[string]string {
	style := "body { margin: 0 }"
	code := fmt.Sprintf("console.log(%d);\n%s", n, strings.Repeat("// what a real application has of code\n", 100))
	picture := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg"><title>%d</title></svg>`, n/2)
	f := map[string]string{hashed("app", ".css", style): style, hashed("app", ".js", code): code, hashed("logo", ".svg", picture): picture}
	f["index.html"] = fmt.Sprintf(`<!doctype html><html lang="en" data-version="%d"><link rel="stylesheet" href="/%s"><script type="module" src="/%s"></script><img alt="" src="/%s">`,
		n, hashed("app", ".css", style), hashed("app", ".js", code), hashed("logo", ".svg", picture))
	return f
}

// entryComment is what a release appends to a page.
var entryComment = regexp.MustCompile(`^\n<!-- \d{8}T\d{6}Z-[0-9a-f]{12} -->\n$`)

// isPage says whether a page is that of version n.
func isPage(body string, n int) bool {
	rest, ok := strings.CutPrefix(body, files(n)["index.html"])
	return ok && entryComment.MatchString(rest)
}

func hashed(name, ext, content string) string {
	return "assets/" + name + "-" + digest(content) + ext
}

func digest(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:4])
}

// code is the asset that only version n has.
func code(n int) string {
	for name := range files(n) {
		if strings.HasSuffix(name, ".js") {
			return name
		}
	}
	panic("no code")
}

// dist writes version n into a folder.
func dist(t testing.TB, dir string, n int) {
	t.Helper()
	for name, content := range files(n) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func build(t testing.TB, n int) *release.Build {
	t.Helper()
	dir := t.TempDir()
	dist(t, dir, n)
	b, err := release.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sites are those of tenants.yaml, as the local cloud has them.
func sites(t testing.TB, c *localtest.Cloud) []release.Site {
	t.Helper()
	p, err := plan.Load("../../tenants.yaml", "../../api/openapi.yaml", plan.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	all := release.Sites(p)
	for i := range all {
		all[i].Config.Issuer = c.Status().Issuer
	}
	return all
}

// connect is as the operator of each account.
func connect(c *localtest.Cloud) release.Connect {
	return func(_ context.Context, env plan.Environment) (release.Clients, error) {
		return release.NewClients(c.AWS(env.Account, "", env.Region)), nil
	}
}
