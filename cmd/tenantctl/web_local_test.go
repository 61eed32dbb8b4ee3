//go:build unix

package main

import (
	"context"
	"testing"

	"github.com/tenantstack/tenantstack/internal/localcloud/control"
	"github.com/tenantstack/tenantstack/internal/release"
	"github.com/tenantstack/tenantstack/plan"
)

func TestSameEndpoint(t *testing.T) {
	const local = "http://127.0.0.1:4566"
	for endpoint, want := range map[string]bool{
		local: true, local + "/": true, "http://aws.localhost:4566": true, "http://localhost:4566": true, "http://[::1]:4566": true,
		"http://127.0.0.1:4567": false, "https://s3.eu-central-1.amazonaws.com": false, "http://10.0.0.1:4566": false, ":": false, "": false,
	} {
		if got := sameEndpoint(endpoint, local); got != want {
			t.Errorf("sameEndpoint(%q) = %t", endpoint, got)
		}
	}
}

// The local cloud's tenants get its issuer; others are left out. Credentials are asked for once for an account and region.
func TestLocalSites(t *testing.T) {
	asked := 0
	l := newLocalSites(control.Status{Issuer: "http://id.localhost:1/", Tenants: []control.Tenant{{ID: "acme"}}}, func(_ context.Context, account string) (control.Credentials, error) {
		asked++
		return control.Credentials{AccessKeyID: account, Endpoint: "http://127.0.0.1:1"}, nil
	})
	config := plan.WebConfig{Issuer: "https://id.example.com/", ClientID: "x"}
	kept, left := l.sites([]release.Site{{Tenant: "acme", Config: config}, {Tenant: "other", Config: config}})
	if len(kept) != 1 || kept[0].Config.Issuer != "http://id.localhost:1/" || kept[0].Config.ClientID != "x" || len(left) != 1 || left[0] != "other" {
		t.Errorf("kept %+v, left %v", kept, left)
	}
	for _, env := range []plan.Environment{{Account: "1", Region: "a"}, {Account: "1", Region: "a"}, {Account: "1", Region: "b"}} {
		if c, err := l.connect(context.Background(), env); err != nil || c.S3 == nil {
			t.Errorf("%+v, %v", c, err)
		}
	}
	if asked != 2 {
		t.Errorf("asked for credentials %d times", asked)
	}
}
