package release

import (
	"bytes"
	"encoding/json"

	"github.com/tenantstack/tenantstack/plan"
)

// Site is where a tenant's application is released to.
type Site struct {
	// Tenant by id, and its stack.
	Tenant, Stack string
	// Environment of the stack: AWS account and region.
	Environment plan.Environment
	// Bucket of the distribution.
	Bucket string
	// DistributionParameter is the SSM parameter with the id of the distribution.
	DistributionParameter string
	// Config becomes config.json.
	Config plan.WebConfig
}

// Sites of a plan, sorted by tenant.
func Sites(p *plan.Plan) []Site {
	sites := make([]Site, 0, len(p.Tenants))
	for _, t := range p.Tenants {
		sites = append(sites, Site{
			Tenant: t.ID, Stack: t.Stack, Environment: t.Environment, Bucket: t.Web.Bucket.Name,
			DistributionParameter: t.Web.DistributionParameter, Config: t.Web.Config,
		})
	}
	return sites
}

// config is the tenant's config.json as a file.
func (s Site) config() File {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s.Config); err != nil {
		panic(err) // strings and numbers only
	}
	return newFile(configKey, b.Bytes(), contentTypes[".json"])
}
