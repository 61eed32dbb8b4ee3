package release_test

import (
	"context"
	"encoding/json"
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

type stackTemplate map[string]any

func (s stackTemplate) resources() map[string]any { return s["Resources"].(map[string]any) }

func readTemplate(t *testing.T, path string) stackTemplate {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var s stackTemplate
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// editTemplate changes the template of a stack of an assembly.
func editTemplate(t *testing.T, assembly, stack string, edit func(resources map[string]any)) {
	t.Helper()
	path := filepath.Join(assembly, stack+".template.json")
	s := readTemplate(t, path)
	edit(s.resources())
	data, err := json.Marshal(s)
	if err == nil {
		err = os.WriteFile(path, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A site whose bucket is read with the cell's origin access control answers as any other; the distribution of another
// tenant, which signs with the same control, is refused by the bucket.
func TestOriginAccessControl(t *testing.T) {
	const tabby, awesome = "tabby-cafe", "super-awesome-customer"
	assembly := localtest.Copy(t, localtest.Assembly(t))
	golden := func(stack string) map[string]any {
		return readTemplate(t, filepath.Join("..", "templates", "testdata", "control", stack+".json")).resources()
	}
	editTemplate(t, assembly, "kittens-cell-eu-1", func(r map[string]any) {
		for _, id := range []string{"OriginAccessControl", "OriginAccessControlParameter"} {
			r[id] = golden("kittens-cell-eu-1")[id]
		}
	})
	editTemplate(t, assembly, "kittens-tenant-"+tabby, func(r map[string]any) {
		delete(r, "WebAccessIdentity")
		for _, id := range []string{"Distribution", "WebBucketPolicy"} {
			r[id] = golden("kittens-tenant-" + tabby)[id]
		}
	})
	// A hostile edit, which the proof finds.
	editTemplate(t, assembly, "kittens-tenant-"+awesome, func(r map[string]any) {
		config := r["Distribution"].(map[string]any)["Properties"].(map[string]any)["DistributionConfig"].(map[string]any)
		for _, o := range config["Origins"].([]any) {
			if o := o.(map[string]any); o["Id"] == "web" {
				o["DomainName"] = "kittens-tabby-cafe-web-111111111111-eu-central-1.s3.eu-central-1.amazonaws.com"
				o["S3OriginConfig"] = map[string]any{"OriginAccessIdentity": ""}
				o["OriginAccessControlId"] = "{{resolve:ssm:/kittens/cell/eu-1/origin-access-control}}"
			}
		}
	})
	c := localtest.Start(t, localcloud.Options{Assembly: assembly, Tenants: []string{tabby, awesome}})
	releaser := release.New(release.Options{Connect: connect(c)})
	of := slices.DeleteFunc(sites(t, c), func(s release.Site) bool { return s.Tenant != tabby })
	for _, r := range releaser.Release(context.Background(), build(t, 1), of) {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	get := func(tenant, path string) (int, string) {
		t.Helper()
		answer := c.Do(localtest.Request{Method: "GET", URL: strings.TrimSuffix(c.Tenant(tenant).URL, "/") + path})
		return answer.Status, string(answer.Body)
	}
	for _, path := range []string{"/", "/kittens/route", "/" + code(1)} {
		if status, body := get(tabby, path); status != http.StatusOK || !strings.HasPrefix(path, "/assets/") && !isPage(body, 1) {
			t.Errorf("%s at its own distribution: %d %.80q", path, status, body)
		}
		if status, body := get(awesome, path); status != http.StatusForbidden || strings.Contains(body, "data-version") || strings.Contains(body, "console.log") {
			t.Errorf("%s at another tenant's distribution: %d %.80q, want 403", path, status, body)
		}
	}
	if status, _ := get(tabby, "/assets/gone-12345678.js"); status != http.StatusNotFound {
		t.Errorf("a file that is not there: %d, want 404", status)
	}
	// Signed requests of uploads go on as they were: without a signature they are worth nothing.
	if status, _ := get(tabby, "/uploads/20417/photos/x"); status != http.StatusForbidden {
		t.Errorf("an upload without a signature: %d, want 403", status)
	}
}
