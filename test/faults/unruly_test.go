package faults

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/localcloud"
	"github.com/tenantstack/tenantstack/internal/localcloud/control"
	"github.com/tenantstack/tenantstack/test/breach"
	"github.com/tenantstack/tenantstack/test/localtest"
)

// plantUnruly has a misbehaving function answer GET /breeds of the tenant, within a second.
func plantUnruly(t *testing.T, assembly string) {
	t.Helper()
	if err := breach.Zip(t.Context(), filepath.Join("..", ".."), "./test/faults/unruly", filepath.Join(assembly, "asset.unruly.zip")); err != nil {
		t.Fatal(err)
	}
	const stack = "kittens-tenant-" + tenantID
	change(t, filepath.Join(assembly, stack+".template.json"), func(template map[string]any) {
		properties := template["Resources"].(map[string]any)["BreedsGetFn"].(map[string]any)["Properties"].(map[string]any)
		properties["Code"] = map[string]any{"S3Bucket": "assets", "S3Key": "unruly.zip"}
		properties["Timeout"] = 1
	})
	change(t, filepath.Join(assembly, stack+".assets.json"), func(assets map[string]any) {
		assets["files"].(map[string]any)["unruly"] = map[string]any{"source": map[string]any{"path": "asset.unruly.zip", "packaging": "file"},
			"destinations": map[string]any{"local": map[string]any{"bucketName": "assets", "objectKey": "unruly.zip"}}}
	})
}

func change(t *testing.T, name string, f func(map[string]any)) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	f(v)
	if data, err = json.Marshal(v); err == nil {
		err = os.WriteFile(name, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestUnruly holds what callers see of functions that misbehave, that they go on afterwards, and that a
// template that changes while the local cloud runs is taken over.
func TestUnruly(t *testing.T) {
	assembly := localtest.Copy(t, localtest.Assembly(t))
	c := localtest.Start(t, localcloud.Options{Assembly: assembly, Tenants: []string{tenantID}, Watch: true})
	get := func(do string) localtest.Answer {
		return c.Do(localtest.Request{Method: "GET", URL: c.Tenant(tenantID).API + "/breeds?do=" + do, Token: c.Token(tenantID, "reader")})
	}
	if a := get(""); a.Status != 200 || !strings.Contains(string(a.Body), "items") {
		t.Fatalf("GET /breeds: %d %s", a.Status, a.Body)
	}
	plantUnruly(t, assembly)
	localtest.Eventually(t, "the changed function is taken over", func() bool { return string(get("").Body) == "well" })
	for _, do := range []string{"hang", "panic", "exit", "error", "large"} {
		a := get(do)
		if a.Status != http.StatusBadGateway && a.Status != http.StatusGatewayTimeout {
			t.Errorf("%s: %d %.200s, want 502 or 504", do, a.Status, a.Body)
		}
		if !strings.Contains(a.Header.Get("Content-Type"), "json") || a.Header.Get("X-Amzn-Requestid") == "" {
			t.Errorf("%s: headers %v", do, a.Header)
		}
		if a := get(""); a.Status != 200 || string(a.Body) != "well" {
			t.Errorf("after %s: %d %s", do, a.Status, a.Body)
		}
	}
	if a := get("flood"); a.Status != 200 && a.Status != 502 && a.Status != 504 {
		t.Errorf("flood: %d %.200s", a.Status, a.Body)
	}
	if a := get(""); a.Status != 200 || string(a.Body) != "well" {
		t.Errorf("after the flood: %d %s", a.Status, a.Body)
	}
	var timedOut, exited bool
	localtest.Eventually(t, "the log tells what happened", func() bool {
		err := c.Logs(t.Context(), control.LogQuery{Tenant: tenantID, Limit: 100_000}, func(l control.LogLine) error {
			timedOut = timedOut || strings.Contains(l.Text, "Task timed out after 1.00 seconds")
			exited = exited || strings.Contains(l.Text, "exit status 3")
			return nil
		})
		return err == nil && timedOut && exited
	})
}
