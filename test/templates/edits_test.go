package templates

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/tenant"
)

// What edits choose from: names that begin, end or contain each other, as long as they may be, and
// that are the names of other things.
var (
	someIDs = []string{
		"acme", "acme-eu", "eu-acme", "eu", "eu-1", "web", "acme-web", "a", "12", "tenant-acme",
		strings.Repeat("a", 63), strings.Repeat("a", 62) + "b", strings.Repeat("a", 24), strings.Repeat("a-", 31) + "c",
	}
	someAccounts  = []string{"1", "12", "123", "acme", "eu", "eu-1", "acme-eu", "a", strings.Repeat("1", 32), strings.Repeat("1", 31) + "2"}
	someCells     = []string{"eu-1", "eu", "eu-1-b", "acme", "eu-acme", "cell", strings.Repeat("c", 20), strings.Repeat("c", 19) + "d"}
	somePlatforms = []string{"shop", "shop-eu", "s", "shop-eu-acme", strings.Repeat("p", 16), "p-" + strings.Repeat("p", 14)}
	someTiers     = []string{"standard", "premium", "gold"}
	someDomains   = []string{"example.com", "shop.example.com", "example.org"}
	someRegions   = []string{"eu-central-1", "eu-west-1", "ap-southeast-1"}
	someOwners    = []string{"111111111111", "222222222222"}
	someZones     = []string{"Z0EXAMPLE", "Z0EXAMPLEACME"}
	isolations    = []tenant.Isolation{tenant.Shared, tenant.Dedicated}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// firstFile has four tenants in two cells of one account and region.
func firstFile() *tenant.File {
	f := &tenant.File{
		Version: 1,
		Platform: tenant.Platform{Name: "shop", Domain: "example.com", IdentityProvider: tenant.IdentityProvider{
			Issuer: "https://id.example.net/", Audience: "https://api.example.net/", WebClientID: "web",
		}},
		Cells: map[string]tenant.Cell{"eu-1": someCell("111111111111", "eu-central-1"), "eu-1-b": someCell("111111111111", "eu-central-1")},
		Tiers: map[string]tenant.Tier{
			"standard": {Data: tenant.Shared, Search: tenant.Shared, Throttle: tenant.Throttle{Rate: 50, Burst: 100}},
			"premium":  {Data: tenant.Dedicated, Search: tenant.Dedicated, Throttle: tenant.Throttle{Rate: 500, Burst: 1000}},
		},
	}
	for i, tier := range []string{"standard", "standard", "premium", "standard"} {
		f.Tenants = append(f.Tenants, tenant.Tenant{ID: someIDs[i], BillingAccount: someAccounts[i], Cell: "eu-1", Tier: tier})
	}
	return f
}

func someCell(account, region string) tenant.Cell {
	return tenant.Cell{AWSAccount: account, Region: region, HostedZoneID: someZones[0], CertificateArn: certificate(account)}
}

func certificate(account string) string {
	return "arn:aws:acm:us-east-1:" + account + ":certificate/0f7d2c1e-58a4-4b0e-9d61-3c5b8e2a7f10"
}

// edit changes a file, perhaps into one that is refused.
type edit struct {
	name  string
	apply func(*rand.Rand, *tenant.File)
}

// edits are all that can be done to tenants.yaml.
var edits = []edit{
	{"add a tenant", func(r *rand.Rand, f *tenant.File) {
		f.Tenants = append(f.Tenants, tenant.Tenant{
			ID: pick(r, someIDs), BillingAccount: pick(r, someAccounts), Cell: anyKey(r, f.Cells), Tier: anyKey(r, f.Tiers),
		})
	}},
	{"remove a tenant", func(r *rand.Rand, f *tenant.File) {
		i := r.IntN(len(f.Tenants))
		f.Tenants = slices.Delete(f.Tenants, i, i+1)
	}},
	{"reorder the tenants", func(r *rand.Rand, f *tenant.File) {
		r.Shuffle(len(f.Tenants), func(i, j int) { f.Tenants[i], f.Tenants[j] = f.Tenants[j], f.Tenants[i] })
	}},
	{"change an id", func(r *rand.Rand, f *tenant.File) { one(r, f).ID = pick(r, someIDs) }},
	{"change a billing account", func(r *rand.Rand, f *tenant.File) { one(r, f).BillingAccount = pick(r, someAccounts) }},
	{"exchange two billing accounts", func(r *rand.Rand, f *tenant.File) {
		a, b := one(r, f), one(r, f)
		a.BillingAccount, b.BillingAccount = b.BillingAccount, a.BillingAccount
	}},
	{"exchange two ids", func(r *rand.Rand, f *tenant.File) {
		a, b := one(r, f), one(r, f)
		a.ID, b.ID = b.ID, a.ID
	}},
	{"change a cell", func(r *rand.Rand, f *tenant.File) { one(r, f).Cell = anyKey(r, f.Cells) }},
	{"change a tier", func(r *rand.Rand, f *tenant.File) { one(r, f).Tier = anyKey(r, f.Tiers) }},
	{"change data", func(r *rand.Rand, f *tenant.File) { v := pick(r, isolations); one(r, f).Data = &v }},
	{"change search", func(r *rand.Rand, f *tenant.File) { v := pick(r, isolations); one(r, f).Search = &v }},
	{"change key shards", func(r *rand.Rand, f *tenant.File) { v := 1 + r.IntN(8); one(r, f).KeyShards = &v }},
	{"change a throttle", func(r *rand.Rand, f *tenant.File) {
		v := 1 + r.IntN(500)
		one(r, f).Throttle = &tenant.ThrottleOverride{Rate: &v}
	}},
	{"change the retention", func(r *rand.Rand, f *tenant.File) {
		v := pick(r, []int{7, 30, 90})
		one(r, f).LogRetentionDays = &v
	}},
	{"change a tenant's domain", func(r *rand.Rand, f *tenant.File) { one(r, f).Domain = someSize(r) }},
	{"change name, color and wave", func(r *rand.Rand, f *tenant.File) {
		t := one(r, f)
		t.Name, t.Color, t.Wave = pick(r, []string{"Acme", "Bank"}), pick(r, []string{"", "#0f766e"}), pick(r, []string{"canary", "rest"})
	}},
	{"change a tier's settings", func(r *rand.Rand, f *tenant.File) {
		name := anyKey(r, f.Tiers)
		f.Tiers[name] = tenant.Tier{
			Data: pick(r, isolations), Search: pick(r, isolations), KeyShards: 1 + r.IntN(3),
			Throttle: tenant.Throttle{Rate: 1 + r.IntN(90), Burst: 100}, LogRetentionDays: 30, Domain: someSize(r),
		}
	}},
	{"rename a tier", func(r *rand.Rand, f *tenant.File) {
		from, to := anyKey(r, f.Tiers), pick(r, someTiers)
		rename(f.Tiers, from, to)
		for i := range f.Tenants {
			if f.Tenants[i].Tier == from {
				f.Tenants[i].Tier = to
			}
		}
	}},
	{"rename a cell", func(r *rand.Rand, f *tenant.File) {
		from, to := anyKey(r, f.Cells), pick(r, someCells)
		rename(f.Cells, from, to)
		for i := range f.Tenants {
			if f.Tenants[i].Cell == from {
				f.Tenants[i].Cell = to
			}
		}
	}},
	{"add a cell", func(r *rand.Rand, f *tenant.File) {
		if len(f.Cells) < 4 {
			f.Cells[pick(r, someCells)] = someCell(pick(r, someOwners), pick(r, someRegions))
		}
	}},
	{"remove a cell", func(r *rand.Rand, f *tenant.File) {
		if len(f.Cells) == 1 {
			return
		}
		gone := anyKey(r, f.Cells)
		delete(f.Cells, gone)
		for i := range f.Tenants {
			if f.Tenants[i].Cell == gone {
				f.Tenants[i].Cell = anyKey(r, f.Cells)
			}
		}
	}},
	{"change a cell's region", func(r *rand.Rand, f *tenant.File) {
		changeCell(r, f, func(c *tenant.Cell) { c.Region = pick(r, someRegions) })
	}},
	{"change a cell's account", func(r *rand.Rand, f *tenant.File) {
		changeCell(r, f, func(c *tenant.Cell) {
			c.AWSAccount = pick(r, someOwners)
			c.CertificateArn = certificate(c.AWSAccount)
		})
	}},
	{"change a cell's zone", func(r *rand.Rand, f *tenant.File) {
		changeCell(r, f, func(c *tenant.Cell) { c.HostedZoneID = pick(r, someZones) })
	}},
	{"change a cell's topic and domain", func(r *rand.Rand, f *tenant.File) {
		changeCell(r, f, func(c *tenant.Cell) {
			c.AlarmTopicArn = pick(r, []string{"", "arn:aws:sns:" + c.Region + ":" + c.AWSAccount + ":alarms"})
			c.Domain = someSize(r)
		})
	}},
	{"change how distributions of a cell read buckets", func(r *rand.Rand, f *tenant.File) {
		changeCell(r, f, func(c *tenant.Cell) {
			c.OriginAccess = pick(r, []tenant.OriginAccess{"", tenant.OriginAccessIdentity, tenant.OriginAccessControl})
		})
	}},
	{"change the platform's name", func(r *rand.Rand, f *tenant.File) { f.Platform.Name = pick(r, somePlatforms) }},
	{"change the platform's domain", func(r *rand.Rand, f *tenant.File) { f.Platform.Domain = pick(r, someDomains) }},
	{"change account sources", func(r *rand.Rand, f *tenant.File) {
		f.Platform.AccountSources = pick(r, [][]tenant.AccountSource{nil, {tenant.AccountFromHost}, {tenant.AccountFromPath}, {tenant.AccountFromHost, tenant.AccountFromPath}})
	}},
	{"change the identity provider", func(r *rand.Rand, f *tenant.File) {
		f.Platform.IdentityProvider.JWKSURI = pick(r, []string{"", "https://id.example.net/keys"})
	}},
}

// one tenant of the file.
func one(r *rand.Rand, f *tenant.File) *tenant.Tenant { return &f.Tenants[r.IntN(len(f.Tenants))] }

func anyKey[V any](r *rand.Rand, m map[string]V) string { return pick(r, slices.Sorted(maps.Keys(m))) }

// rename a key, unless the new one is taken.
func rename[V any](m map[string]V, from, to string) {
	if _, taken := m[to]; !taken {
		m[to] = m[from]
		delete(m, from)
	}
}

func changeCell(r *rand.Rand, f *tenant.File, change func(*tenant.Cell)) {
	name := anyKey(r, f.Cells)
	c := f.Cells[name]
	change(&c)
	if c.AlarmTopicArn != "" {
		c.AlarmTopicArn = "arn:aws:sns:" + c.Region + ":" + c.AWSAccount + ":alarms"
	}
	f.Cells[name] = c
}

func someSize(r *rand.Rand) *tenant.Domain {
	return &tenant.Domain{InstanceType: pick(r, []string{"t3.small.search", "r7g.large.search"}), InstanceCount: 1 + r.IntN(4), VolumeGiB: 10 + r.IntN(3)*10}
}

// checked is a copy of the file as if it had been read from disk, or what is wrong with it.
func checked(f *tenant.File) (*tenant.File, error) {
	data, err := json.Marshal(f) // JSON is YAML
	if err != nil {
		return nil, err
	}
	return tenant.Parse("tenants.yaml", data)
}

// edited is f after an edit, and up to two others, that give a right file, and what was done.
func edited(r *rand.Rand, f *tenant.File, first edit) (*tenant.File, []string) {
	for {
		out, err := checked(f)
		if err != nil {
			panic(fmt.Sprintf("the file before an edit: %v", err))
		}
		if len(out.Tenants) < 2 {
			out.Tenants = append(out.Tenants, firstFile().Tenants[:2]...)
			for i := range out.Tenants {
				out.Tenants[i].Cell, out.Tenants[i].Tier = anyKey(r, out.Cells), anyKey(r, out.Tiers)
			}
		}
		var names []string
		for _, e := range append([]edit{first}, pick(r, edits), pick(r, edits))[:1+r.IntN(3)] {
			if len(out.Tenants) > 0 {
				e.apply(r, out)
				names = append(names, e.name)
			}
		}
		if out, err = checked(out); err == nil {
			return out, names
		}
	}
}
