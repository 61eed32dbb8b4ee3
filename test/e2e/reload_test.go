package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/localcloud"
	"github.com/tenantstack/tenantstack/internal/localcloud/control"
	"github.com/tenantstack/tenantstack/test/localtest"
)

// editManifest changes the stacks of an assembly.
func editManifest(t *testing.T, assembly string, edit func(artifacts map[string]any)) {
	t.Helper()
	name := filepath.Join(assembly, "manifest.json")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var manifest map[string]any
	if err := json.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	edit(manifest["artifacts"].(map[string]any))
	if data, err = json.Marshal(manifest); err == nil {
		err = os.WriteFile(name, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func tenants(c *localtest.Cloud) []string {
	var ids []string
	for _, t := range c.Status().Tenants {
		ids = append(ids, t.ID)
	}
	return ids
}

// TestReload removes a tenant while the local cloud runs, brings it back, and breaks the assembly.
func TestReload(t *testing.T) {
	assembly := localtest.Copy(t, localtest.Assembly(t))
	c := localtest.Start(t, localcloud.Options{Assembly: assembly, Tenants: []string{"tabby-cafe", "purrfect-bank"}})
	if got := tenants(c); !slices.Equal(got, []string{"purrfect-bank", "tabby-cafe"}) {
		t.Fatalf("tenants %q", got)
	}
	bank, token := c.Tenant("purrfect-bank"), c.Token("purrfect-bank", "admin")
	id := create(t, c, bank.ID, token, "stays")
	const stack = "kittens-tenant-purrfect-bank"
	var artifact any
	editManifest(t, assembly, func(a map[string]any) {
		artifact = a[stack]
		delete(a, stack)
	})
	// A tenant that was asked for and is gone is an error; nothing changes.
	if err := c.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), `no stack in `+assembly+` is of tenant "purrfect-bank": there are acme, super-awesome-customer, tabby-cafe, whisker-world`) {
		t.Errorf("Reload without a tenant that was asked for: %v", err)
	}
	if a := c.Do(localtest.Request{Method: "GET", URL: bank.API + "/kittens/" + id, Token: token}); a.Status != http.StatusOK {
		t.Errorf("after a failed reload: %d %s", a.Status, a.Body)
	}
	editManifest(t, assembly, func(a map[string]any) { a[stack] = artifact })
	if err := c.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}

	c.Close()
	all := localtest.Start(t, localcloud.Options{Assembly: assembly, Data: t.TempDir()})
	token = all.Token(bank.ID, "admin")
	bank = all.Tenant(bank.ID)
	id = create(t, all, bank.ID, token, "stays")
	editManifest(t, assembly, func(a map[string]any) { delete(a, stack) })
	if err := all.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := tenants(all); slices.Contains(got, bank.ID) || len(got) != 4 {
		t.Errorf("tenants %q", got)
	}
	if a := all.Do(localtest.Request{Method: "GET", URL: bank.API + "/kittens/" + id, Token: token}); a.Status/100 != 4 {
		t.Errorf("a tenant that is gone answers %d %s", a.Status, a.Body)
	}
	if _, err := all.Cloud.Token(t.Context(), control.TokenRequest{Tenant: bank.ID}); err == nil {
		t.Error("a tenant that is gone gets tokens")
	}
	editManifest(t, assembly, func(a map[string]any) { a[stack] = artifact })
	if err := all.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := all.Do(localtest.Request{Method: "GET", URL: bank.API + "/kittens/" + id, Token: token}); a.Status != http.StatusOK || !strings.Contains(string(a.Body), "stays") {
		t.Errorf("a tenant that came back: %d %s", a.Status, a.Body)
	}
	if err := os.WriteFile(filepath.Join(assembly, stack+".template.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := all.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), stack+".template.json") {
		t.Errorf("Reload of a broken template: %v", err)
	}
	if a := all.Do(localtest.Request{Method: "GET", URL: bank.API + "/kittens/" + id, Token: token}); a.Status != http.StatusOK {
		t.Errorf("after a broken template: %d %s", a.Status, a.Body)
	}
}
