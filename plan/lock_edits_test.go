package plan_test

import (
	"maps"
	"slices"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/tenant"
)

// edit changes tenants.yaml, the contract or both.
type edit struct {
	name string
	make func(*tenant.File, *api.Contract)
}

func setTenant(id string, change func(*tenant.Tenant)) func(*tenant.File, *api.Contract) {
	return func(f *tenant.File, _ *api.Contract) {
		for i := range f.Tenants {
			if f.Tenants[i].ID == id {
				change(&f.Tenants[i])
			}
		}
	}
}

func setTier(name string, change func(*tenant.Tier)) func(*tenant.File, *api.Contract) {
	return func(f *tenant.File, _ *api.Contract) {
		tier := f.Tiers[name]
		change(&tier)
		f.Tiers[name] = tier
	}
}

func setCell(name string, change func(*tenant.Cell)) func(*tenant.File, *api.Contract) {
	return func(f *tenant.File, _ *api.Contract) {
		cell := f.Cells[name]
		change(&cell)
		f.Cells[name] = cell
	}
}

func setTable(name string, change func(*api.Table)) func(*tenant.File, *api.Contract) {
	return func(_ *tenant.File, c *api.Contract) {
		for i := range c.Tables {
			if c.Tables[i].Name == name {
				change(&c.Tables[i])
			}
		}
	}
}

func setFolder(name string, days int) func(*tenant.File, *api.Contract) {
	return func(_ *tenant.File, c *api.Contract) {
		for i := range c.Uploads {
			if c.Uploads[i].Name == name {
				c.Uploads[i].ExpireDays = days
			}
		}
	}
}

func pointer[T any](v T) *T { return &v }

// harmless are edits that move nothing.
func harmless() []edit {
	return []edit{
		{"name", setTenant("acme", func(x *tenant.Tenant) { x.Name = "ACME" })},
		{"color", setTenant("acme", func(x *tenant.Tenant) { x.Color = "#000000" })},
		{"wave", setTenant("acme", func(x *tenant.Tenant) { x.Wave = "early" })},
		{"throttle of a tenant", setTenant("acme", func(x *tenant.Tenant) { x.Throttle = &tenant.ThrottleOverride{Rate: pointer(7)} })},
		{"throttle of a tier", setTier("standard", func(x *tenant.Tier) { x.Throttle.Burst = 7 })},
		{"retention of a tenant", setTenant("acme", func(x *tenant.Tenant) { x.LogRetentionDays = pointer(1) })},
		{"retention of a tier", setTier("standard", func(x *tenant.Tier) { x.LogRetentionDays = 90 })},
		{"instance type", setTenant("acme", func(x *tenant.Tenant) { x.Domain = &tenant.Domain{InstanceType: "m7g.large.search"} })},
		{"instance count", setTier("premium", func(x *tenant.Tier) { x.Domain = &tenant.Domain{InstanceCount: 3} })},
		{"size of the shared domain", setCell("eu-1", func(x *tenant.Cell) { x.Domain = &tenant.Domain{VolumeGiB: 99} })},
		{"certificate", setCell("eu-1", func(x *tenant.Cell) { x.CertificateArn += "0" })},
		{"hosted zone", setCell("eu-1", func(x *tenant.Cell) { x.HostedZoneID = "Z1" })},
		{"alarm topic", setCell("eu-1", func(x *tenant.Cell) { x.AlarmTopicArn = "arn:aws:sns:eu-central-1:111111111111:alarms" })},
		{"renamed tier", func(f *tenant.File, _ *api.Contract) {
			f.Tiers["gold"] = f.Tiers["premium"]
			delete(f.Tiers, "premium")
			for i := range f.Tenants {
				if f.Tenants[i].Tier == "premium" {
					f.Tenants[i].Tier = "gold"
				}
			}
		}},
		{"key shards of a tier that every tenant overrides", func(f *tenant.File, _ *api.Contract) {
			tier := f.Tiers["standard"]
			tier.KeyShards = 9
			f.Tiers["standard"] = tier
			for i := range f.Tenants {
				if f.Tenants[i].Tier == "standard" && f.Tenants[i].KeyShards == nil {
					f.Tenants[i].KeyShards = pointer(1)
				}
			}
		}},
		{"another tier with the same placement", func(f *tenant.File, _ *api.Contract) {
			f.Tiers["silver"] = f.Tiers["premium"]
			setTenant("acme", func(x *tenant.Tenant) { x.Tier = "silver" })(f, nil)
		}},
		{"new tenant", func(f *tenant.File, _ *api.Contract) {
			f.Tenants = append(f.Tenants, tenant.Tenant{ID: "mog", BillingAccount: "48210", Cell: "eu-1", Tier: "standard"})
		}},
		{"new tenant in a new cell", func(f *tenant.File, _ *api.Contract) {
			f.Cells["us-1"] = tenant.Cell{AWSAccount: "111111111111", Region: "us-east-1", HostedZoneID: "Z1", CertificateArn: "arn:aws:acm:us-east-1:111111111111:certificate/1"}
			f.Tenants = append(f.Tenants, tenant.Tenant{ID: "mog", BillingAccount: "48210", Cell: "us-1", Tier: "premium"})
		}},
		{"order of tenants", func(f *tenant.File, _ *api.Contract) { slices.Reverse(f.Tenants) }},
		{"domain of the platform", func(f *tenant.File, _ *api.Contract) { f.Platform.Domain = "example.org" }},
		{"issuer", func(f *tenant.File, _ *api.Contract) {
			f.Platform.IdentityProvider.Issuer = "https://login.example.org/"
		}},
		{"account from the host", func(f *tenant.File, _ *api.Contract) {
			f.Platform.AccountSources = []tenant.AccountSource{tenant.AccountFromHost}
		}},
		{"memory", func(_ *tenant.File, c *api.Contract) { c.Operations[0].Function.Memory = 1024 }},
		{"timeout", func(_ *tenant.File, c *api.Contract) { c.Operations[0].Function.Timeout = 3 }},
		{"scope", func(_ *tenant.File, c *api.Contract) { c.Operations[0].Scopes = [][]string{{"kittens:all"}} }},
		{"new operation", func(_ *tenant.File, c *api.Contract) {
			o := c.Operations[0]
			o.ID, o.Path = "extraGet", "/extra"
			paths := maps.Clone(c.Document["paths"].(map[string]any))
			paths["/extra"] = map[string]any{"get": map[string]any{}}
			c.Operations = append(c.Operations, o)
		}},
		{"removed operation", func(_ *tenant.File, c *api.Contract) { c.Operations = c.Operations[1:] }},
		{"role", func(_ *tenant.File, c *api.Contract) { c.Roles[0].Grants.Search = api.None }},
		{"new table", func(_ *tenant.File, c *api.Contract) {
			c.Tables = append(c.Tables, api.Table{Name: "toys", SortKey: "toyId", Search: true})
		}},
		{"sharded table of tenants with one key", func(f *tenant.File, c *api.Contract) {
			for i := range f.Tenants {
				if f.Tenants[i].KeyShards == nil && f.Tiers[f.Tenants[i].Tier].KeyShards <= 1 {
					continue
				}
				return
			}
			setTable("breeds", func(x *api.Table) { x.Sharded = true })(f, c)
		}},
		{"no time to live", setTable("tasks", func(x *api.Table) { x.TTL = "" })},
		{"longer expiry", setFolder("incoming", 7)},
		{"no expiry", setFolder("incoming", 0)},
		{"new folder", func(_ *tenant.File, c *api.Contract) {
			c.Uploads = append(c.Uploads, api.Folder{Name: "toys", ExpireDays: 3})
		}},
	}
}
