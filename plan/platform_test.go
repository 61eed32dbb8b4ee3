package plan_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/tenant"
)

// What the plan says of the platform is what every authorizer is told, so that templates can be compared with either.
func TestAuthorizersAreToldWhatThePlanSays(t *testing.T) {
	const keys = "https://keys.example.com/jwks.json"
	for name, test := range map[string]struct {
		edit    func(*tenant.Platform)
		sources []string
		jwksURI string
	}{
		"shipped": {edit: func(*tenant.Platform) {}},
		"everything": {func(p *tenant.Platform) {
			p.IdentityProvider.JWKSURI = keys
			p.AccountSources = []tenant.AccountSource{tenant.AccountFromPath, tenant.AccountFromHost}
		}, []string{"path", "host"}, keys},
	} {
		t.Run(name, func(t *testing.T) {
			f, c := shipped(t)
			test.edit(&f.Platform)
			p := build(t, f, c, plan.Selection{})
			want := plan.IdentityProvider{Issuer: f.Platform.IdentityProvider.Issuer, Audience: f.Platform.IdentityProvider.Audience, JWKSURI: test.jwksURI}
			if diff := cmp.Diff(want, p.IdentityProvider); diff != "" || p.Domain != f.Platform.Domain || !slices.Equal(p.AccountSources, test.sources) {
				t.Errorf("the plan says domain %s, account sources %v and (-want +got):\n%s", p.Domain, p.AccountSources, diff)
			}
			for _, x := range p.Tenants {
				told := map[string]string{
					"TENANT": x.ID, "BILLING_ACCOUNT": x.BillingAccount,
					"ISSUER": want.Issuer, "AUDIENCE": want.Audience, "JWKS_URI": want.JWKSURI, "ACCOUNT_SOURCES": strings.Join(test.sources, ","),
				}
				maps.DeleteFunc(told, func(_, value string) bool { return value == "" })
				i := slices.IndexFunc(x.Functions, func(f plan.Function) bool { return f.LogicalID == x.API.Authorizer })
				if i < 0 {
					t.Fatalf("tenant %s: no function is the authorizer %q", x.ID, x.API.Authorizer)
				}
				if diff := cmp.Diff(told, x.Functions[i].Environment); diff != "" || x.Functions[i].Package != "authorizer" {
					t.Errorf("tenant %s: its authorizer runs package %s and is told (-want +got):\n%s", x.ID, x.Functions[i].Package, diff)
				}
				if uri := authorizerURI(x.API.Body); !strings.Contains(uri, x.Functions[i].Arn+"/") {
					t.Errorf("tenant %s: its API asks %s, which is not the function %s", x.ID, uri, x.Functions[i].Arn)
				}
			}
		})
	}
}

// authorizerURI is what the only authorizer of an API's body is addressed by.
func authorizerURI(body map[string]any) string {
	for _, scheme := range body["components"].(map[string]any)["securitySchemes"].(map[string]any) {
		return scheme.(map[string]any)["x-amazon-apigateway-authorizer"].(map[string]any)["authorizerUri"].(string)
	}
	return ""
}

// The zone and the certificate of a cell are those of its tenants' distributions.
func TestCellsSayTheirZone(t *testing.T) {
	f, c := shipped(t)
	p := build(t, f, c, plan.Selection{})
	cells := map[string]plan.Cell{}
	for _, cell := range p.Cells {
		cells[cell.Name] = cell
		if in := f.Cells[cell.Name]; cell.HostedZoneID != in.HostedZoneID || cell.CertificateArn != in.CertificateArn {
			t.Errorf("cell %s has zone %q and certificate %q, want %q and %q", cell.Name, cell.HostedZoneID, cell.CertificateArn, in.HostedZoneID, in.CertificateArn)
		}
	}
	for _, x := range p.Tenants {
		if cell := cells[x.Cell]; x.Web.HostedZoneID != cell.HostedZoneID || x.Web.CertificateArn != cell.CertificateArn {
			t.Errorf("tenant %s has zone %q and certificate %q, its cell %q and %q", x.ID, x.Web.HostedZoneID, x.Web.CertificateArn, cell.HostedZoneID, cell.CertificateArn)
		}
	}
}
