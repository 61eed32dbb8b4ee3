package templates

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantstack/tenantstack/tenant"
)

// Short names of stacks.
const (
	shop, cafe, whisker = "tenant-super-awesome-customer", "tenant-tabby-cafe", "tenant-whisker-world"
	bank, cell          = "tenant-purrfect-bank", "cell-eu-1"
	acmeCell            = "222222222222 eu-west-1 kittens-cell-acme-1"
	acme                = "222222222222 eu-west-1 kittens-tenant-acme"
)

// What two stacks cannot have at the same time.
var addressOf = []string{"Distribution", "RecordA", "RecordAAAA"}

// secondCell is beside eu-1 in its account and region, with a tenant that shares everything.
func secondCell(f *tenant.File) {
	f.Cells["eu-2"] = f.Cells["eu-1"]
	f.Tenants = append(f.Tenants, tenant.Tenant{ID: "mog-and-co", BillingAccount: "48210", Cell: "eu-2", Tier: "standard"})
}

// otherRegion is a cell in the account of eu-1, and in another region.
func otherRegion(f *tenant.File) {
	c := f.Cells["eu-1"]
	c.Region = "eu-west-1"
	f.Cells["west"] = c
}

func hosts(f *tenant.File) {
	f.Platform.AccountSources = []tenant.AccountSource{tenant.AccountFromHost}
}

func change(id string, edit func(*tenant.Tenant)) func(*tenant.File) {
	return func(f *tenant.File) { edit(tenantOf(f, id)) }
}

func id(of, to string) func(*tenant.File) {
	return change(of, func(x *tenant.Tenant) { x.ID = to })
}

func isolation(id string, data, search tenant.Isolation) func(*tenant.File) {
	return change(id, func(x *tenant.Tenant) { x.Data, x.Search = &data, &search })
}

func renameCell(f *tenant.File) {
	rename(f.Cells, "eu-1", "eu-9")
	for i := range f.Tenants {
		if f.Tenants[i].Cell == "eu-1" {
			f.Tenants[i].Cell = "eu-9"
		}
	}
}

func changeTheCell(edit func(*tenant.Cell)) func(*tenant.File) {
	return func(f *tenant.File) {
		c := f.Cells["eu-1"]
		edit(&c)
		f.Cells["eu-1"] = c
	}
}

// documented are the rows of "Changing the file" in docs/tenants.md: each edit is made, and what the
// row says of it is looked up in the templates of before and after.
var documented = map[string]struct {
	says string
	try  func(*testing.T, *changer)
}{
	"add a tenant": {"A new stack.", func(t *testing.T, c *changer) {
		add := func(cell, tier string) func(*tenant.File) {
			return func(f *tenant.File) {
				f.Tenants = append(f.Tenants, tenant.Tenant{ID: "mog-and-co", BillingAccount: "48210", Cell: cell, Tier: tier})
			}
		}
		d := c.by(t, nil, add("eu-1", "standard"))
		d.stacks([]string{"tenant-mog-and-co"}, nil, nil)
		d.met()
		// "A cell's template changes when the first tenant comes that shares data or search in it".
		first := c.by(t, nil, add("acme-1", "standard"))
		first.stacks([]string{"222222222222 eu-west-1 kittens-tenant-mog-and-co"}, nil, []string{acmeCell})
		first.met()
		dedicated := c.by(t, nil, add("acme-1", "premium"))
		dedicated.stacks([]string{"222222222222 eu-west-1 kittens-tenant-mog-and-co"}, nil, nil)
	}},
	"reorder tenants, change comments or layout": {"Nothing.", func(t *testing.T, c *changer) {
		c.by(t, nil, func(f *tenant.File) { slices.Reverse(f.Tenants) }).stacks(nil, nil, nil)
		f, err := tenant.Parse("tenants.yaml", []byte("# A comment.\n\n"+encoded(shipped(t))))
		if err != nil {
			t.Fatal(err)
		}
		c.between(t, c.stacks(t, shipped(t)), c.stacks(t, f)).stacks(nil, nil, nil)
	}},
	"remove a tenant": {"The stack is no longer synthesized. It stays in AWS, with its protection, until it is destroyed; what holds data is retained even then. Rows in shared tables stay under the billing account, so give it to nobody else.",
		func(t *testing.T, c *changer) {
			remove := func(id string) func(*tenant.File) {
				return func(f *tenant.File) {
					f.Tenants = slices.DeleteFunc(f.Tenants, func(x tenant.Tenant) bool { return x.ID == id })
				}
			}
			d := c.by(t, nil, remove("purrfect-bank"))
			d.stacks(nil, []string{bank}, nil)
			now := d.works(bank)
			holdsData := ids(d.before[key(bank)], "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::OpenSearchService::Domain")
			if diff := cmp.Diff(holdsData, keptOf(now, bank)); diff != "" || len(holdsData) == 0 {
				t.Errorf("what holds data and what stays (-data +stays):\n%s", diff)
			}
			// "and when the last one goes": acme shares nothing, whoever shares is in eu-1.
			last := c.by(t, secondCell, remove("mog-and-co"))
			last.stacks(nil, []string{"tenant-mog-and-co"}, []string{"cell-eu-2"})
		}},
	"change `id`": {"A new stack with a new address. The old stack stays until it is destroyed, [before the new one is deployed](#in-which-order) if rows are shared. Shared rows and a shared index belong to the billing account and are there at once. Uploaded files, dedicated tables and a dedicated search domain stay with the old id and have to be [copied](guide.md#move-a-tenant); the new bucket of the web application waits for a release.",
		func(t *testing.T, c *changer) {
			d := c.by(t, nil, id("super-awesome-customer", "superb"))
			d.stacks([]string{"tenant-superb"}, []string{shop}, nil)
			d.met("IndexWriterRole")
			d.works(shop)
			d.differ(shop, "tenant-superb", "address", "uploads", "site")
			own := c.by(t, nil, id("purrfect-bank", "superb"))
			own.stacks([]string{"tenant-superb"}, []string{bank}, nil)
			own.met() // "Without shared rows both stacks can exist side by side."
			own.differ(bank, "tenant-superb", "address", "uploads", "site", "tables", "index")
			ownDomain := c.by(t, isolation("tabby-cafe", tenant.Shared, tenant.Dedicated), id("tabby-cafe", "superb"))
			ownDomain.met("IndexWriterRole", "SearchEndpoint")
			ownDomain.works(cafe)
			ownDomain.differ(cafe, "tenant-superb", "address", "uploads", "site", "index")
			ownTables := c.by(t, isolation("tabby-cafe", tenant.Dedicated, tenant.Shared), id("tabby-cafe", "superb"))
			ownTables.met()
			ownTables.differ(cafe, "tenant-superb", "address", "uploads", "site", "tables")
		}},
	"change `billingAccount`": {"The same stack, buckets, dedicated tables and dedicated domain, and the same address unless host names state the account; but other partition keys, another index and another prefix of uploads: the tenant starts empty. Existing data must be copied first.",
		func(t *testing.T, c *changer) {
			edit := func(id string) func(*tenant.File) {
				return change(id, func(x *tenant.Tenant) { x.BillingAccount = "48210" })
			}
			d := c.by(t, nil, edit("super-awesome-customer"))
			d.stacks(nil, nil, []string{shop})
			d.met()
			d.differ(shop, shop, "keys", "index", "prefix")
			d.updates(shop, nil, nil, []string{"IndexWriterRole"})
			own := c.by(t, nil, edit("purrfect-bank"))
			own.stacks(nil, nil, []string{bank})
			own.met()
			own.differ(bank, bank, "keys", "index", "prefix")
			own.updates(bank, nil, nil, nil)
			c.by(t, hosts, edit("purrfect-bank")).differ(bank, bank, "keys", "index", "prefix", "address")
		}},
	"change `cell`": {"In the same AWS account and region, an update of the stack: shared tables and a shared index are those of the other cell, everything else stays. In another account or region, a new stack, where everything is empty; the old stack stays until it is destroyed, [before the new one is deployed](#in-which-order). Data does not move by itself.",
		func(t *testing.T, c *changer) {
			move := func(id, cell string) func(*tenant.File) {
				return change(id, func(x *tenant.Tenant) { x.Cell = cell })
			}
			d := c.by(t, secondCell, move("tabby-cafe", "eu-2"))
			d.stacks(nil, nil, []string{cafe})
			d.met()
			d.differ(cafe, cafe, "tables", "index")
			d.updates(cafe, nil, nil, []string{"IndexWriterRole"})
			own := c.by(t, secondCell, move("purrfect-bank", "eu-2"))
			own.stacks(nil, nil, []string{bank})
			own.met()
			own.differ(bank, bank)
			own.updates(bank, nil, nil, nil)
			ownDomain := c.by(t, func(f *tenant.File) { secondCell(f); isolation("tabby-cafe", tenant.Shared, tenant.Dedicated)(f) }, move("tabby-cafe", "eu-2"))
			ownDomain.met()
			ownDomain.differ(cafe, cafe, "tables")
			// The zone of acme-1 is another, and an address is at one distribution nevertheless.
			clash := map[string][]string{"acme-1": addressOf[:1], "west": addressOf}
			for to, where := range map[string]string{"acme-1": "222222222222 eu-west-1 ", "west": "111111111111 eu-west-1 "} {
				for _, x := range []string{cafe, bank} {
					d := c.by(t, otherRegion, move(strings.TrimPrefix(x, "tenant-"), to))
					now := where + "kittens-" + x
					changed := map[string][]string{cafe: {where + "kittens-cell-" + to}, bank: nil}[x]
					d.stacks([]string{now}, []string{x}, changed)
					d.met(clash[to]...)
					d.works(x)
					d.differ(x, now, "uploads", "site", "tables", "index")
				}
			}
		}},
	"set `terminationProtection`": {"Nothing but the protection of the stack, with the next deployment. While it is `true`, CloudFormation refuses to delete the stack.",
		func(t *testing.T, c *changer) {
			off := false
			c.by(t, nil, change("tabby-cafe", func(x *tenant.Tenant) { x.TerminationProtection = &off })).stacks(nil, nil, nil)
			c.by(t, nil, changeTheCell(func(x *tenant.Cell) { x.TerminationProtection = &off })).stacks(nil, nil, nil)
		}},
	"change `originAccess` of a cell": {"The cell gets or loses its origin access control, and each tenant's distribution reads its bucket in another way. A page that is not in CloudFront's cache is answered with 403 from when the distribution changes until the bucket's policy has followed, a few minutes: [how](guide.md#quotas).",
		func(t *testing.T, c *changer) {
			control := changeTheCell(func(x *tenant.Cell) { x.OriginAccess = tenant.OriginAccessControl })
			d := c.by(t, nil, control)
			d.stacks(nil, nil, []string{shop, cafe, whisker, bank, cell})
			d.met()
			d.differ(shop, shop)
			d.updates(cell, []string{"OriginAccessControl", "OriginAccessControlParameter"}, nil, nil)
			d.updates(shop, nil, []string{"WebAccessIdentity"}, nil)
			back := c.by(t, control, changeTheCell(func(x *tenant.Cell) { x.OriginAccess = tenant.OriginAccessIdentity }))
			back.met()
			back.updates(shop, []string{"WebAccessIdentity"}, nil, nil)
		}},
	"change `tier`, or override a field": {"An update of the stack. `data` or `search` from shared to dedicated, or back, gives other tables or another index, which are empty: copy the data, then reindex.",
		func(t *testing.T, c *changer) {
			premium := c.by(t, nil, change("tabby-cafe", func(x *tenant.Tenant) { x.Tier = "premium" }))
			premium.stacks(nil, nil, []string{cafe})
			premium.met()
			premium.differ(cafe, cafe, "tables", "index")
			standard := c.by(t, nil, change("purrfect-bank", func(x *tenant.Tenant) { x.Tier = "standard" }))
			standard.stacks(nil, nil, []string{bank})
			standard.met()
			standard.differ(bank, bank, "tables", "index")
			c.by(t, nil, isolation("tabby-cafe", tenant.Dedicated, tenant.Shared)).differ(cafe, cafe, "tables")
			c.by(t, nil, isolation("tabby-cafe", tenant.Shared, tenant.Dedicated)).differ(cafe, cafe, "index")
			rate := c.by(t, nil, change("tabby-cafe", func(x *tenant.Tenant) { v := 70; x.Throttle = &tenant.ThrottleOverride{Rate: &v} }))
			rate.stacks(nil, nil, []string{cafe})
			rate.differ(cafe, cafe)
			rate.updates(cafe, nil, nil, nil)
		}},
	"change `keyShards`": {"New rows spread over the new shards, and an existing row's shard changes with the number: rows must be rewritten in the same step.",
		func(t *testing.T, c *changer) {
			for _, n := range []int{1, 2, 8} {
				d := c.by(t, nil, change("whisker-world", func(x *tenant.Tenant) { x.KeyShards = &n }))
				d.stacks(nil, nil, []string{whisker})
				d.differ(whisker, whisker, "keys")
				d.updates(whisker, nil, nil, nil)
			}
		}},
	"change `wave`, `name` or `color`": {"No template changes: it is about the order of rollouts, or what is shown. `name` and `color` reach the page with the next `tenantctl web release`.",
		func(t *testing.T, c *changer) {
			d := c.by(t, nil, change("tabby-cafe", func(x *tenant.Tenant) { x.Wave, x.Name, x.Color = "canary", "Another", "#123456" }))
			d.stacks(nil, nil, nil)
			if a, b := d.before[key(cafe)].tenant.Web.Config, d.after[key(cafe)].tenant.Web.Config; cmp.Equal(a, b) {
				t.Errorf("the page's configuration stays %+v", a)
			}
		}},
	"rename a tier": {"Change it in every tenant that uses it. The tag `tier` of their resources changes and nothing else.",
		func(t *testing.T, c *changer) {
			d := c.by(t, nil, func(f *tenant.File) {
				rename(f.Tiers, "premium", "gold")
				for _, id := range []string{"purrfect-bank", "acme"} {
					tenantOf(f, id).Tier = "gold"
				}
			})
			d.stacks(nil, nil, []string{bank, acme})
			for _, k := range keys(bank, acme) {
				before, after := encoded(d.before[k].template), encoded(d.after[k].template)
				for _, form := range []string{`{"Key":"tier","Value":"%"}`, `"tier":"%"`} {
					before = strings.ReplaceAll(before, strings.Replace(form, "%", "premium", 1), strings.Replace(form, "%", "gold", 1))
				}
				if before != after {
					t.Errorf("%s: more than the tag changed", k)
				}
			}
		}},
	"rename a cell": {"Change it in every tenant that uses it. It is a new cell with new, empty resources beside the old one; the stacks of its tenants are updated, as when they move to another cell. The stack of the old cell stays until it is destroyed, when its tenants have been deployed.",
		func(t *testing.T, c *changer) {
			d := c.by(t, nil, renameCell)
			d.stacks([]string{"cell-eu-9"}, []string{cell}, []string{shop, cafe, whisker, bank})
			d.met()
			d.differ(shop, shop, "tables", "index")
			d.differ(bank, bank)
			d.updates(shop, nil, nil, []string{"IndexWriterRole"})
			d.works().destroy(key(cell))
			for k, s := range d.after {
				if s.tenant != nil && strings.Contains(encoded(s.template), "cell_eu-1_") {
					t.Errorf("%s still needs the old cell", k)
				}
			}
		}},
	"change a cell's `awsAccount` or `region`": {"A new cell and new stacks of its tenants there, where everything is empty. The old stacks stay until they are destroyed, those of the tenants [before the new ones are deployed](#in-which-order).",
		func(t *testing.T, c *changer) {
			tenants := []string{shop, cafe, whisker, bank}
			for where, edit := range map[string]func(*tenant.Cell){
				"111111111111 eu-north-1 ": func(c *tenant.Cell) { c.Region = "eu-north-1" },
				"333333333333 eu-central-1 ": func(c *tenant.Cell) {
					c.AWSAccount, c.CertificateArn = "333333333333", certificate("333333333333")
				},
			} {
				d := c.by(t, nil, changeTheCell(edit))
				var now []string
				for _, name := range append(tenants, cell) {
					now = append(now, where+"kittens-"+name)
				}
				d.stacks(now, append(slices.Clone(tenants), cell), nil)
				d.met(addressOf...)
				d.works(tenants...)
				for i, x := range tenants {
					d.differ(x, now[i], "uploads", "site", "tables", "index")
				}
			}
		}},
	"change a cell's `hostedZoneId`, `certificateArn`, `alarmTopicArn` or `domain`": {"Updates of stacks. With another zone, the records of the tenants are made there and go from the old one.",
		func(t *testing.T, c *changer) {
			tenants := []string{shop, cafe, whisker, bank}
			zone := c.by(t, nil, changeTheCell(func(c *tenant.Cell) { c.HostedZoneID = "Z0OTHER" }))
			zone.stacks(nil, nil, tenants)
			zone.met()
			zone.updates(shop, nil, nil, []string{"RecordA", "RecordAAAA"})
			for want, edit := range map[string]func(*tenant.Cell){
				"tenants": func(c *tenant.Cell) {
					c.CertificateArn = strings.Replace(certificate(c.AWSAccount), "certificate/0", "certificate/1", 1)
				},
				"all":  func(c *tenant.Cell) { c.AlarmTopicArn = "arn:aws:sns:eu-central-1:111111111111:alarms" },
				"cell": func(c *tenant.Cell) { c.Domain = &tenant.Domain{InstanceCount: 2} },
			} {
				d := c.by(t, nil, changeTheCell(edit))
				d.stacks(nil, nil, map[string][]string{"tenants": tenants, "all": append(slices.Clone(tenants), cell), "cell": {cell}}[want])
				d.met()
				for _, name := range append(slices.Clone(tenants), cell) {
					d.updates(name, nil, nil, nil)
				}
			}
		}},
	"change the platform's `name`": {"All stacks are new, and everything in them is empty. The old stacks stay until they are destroyed, those of the tenants [before the new ones are deployed](#in-which-order).",
		func(t *testing.T, c *changer) {
			d := c.by(t, nil, func(f *tenant.File) { f.Platform.Name = "cats" })
			all := []string{shop, cafe, whisker, bank, cell, acme, acmeCell}
			var now []string
			for _, k := range keys(all...) {
				now = append(now, strings.Replace(k, "kittens-", "cats-", 1))
			}
			d.stacks(now, all, nil)
			d.met(addressOf...)
			d.works(shop, cafe, whisker, bank, acme)
			for _, x := range []string{shop, bank} {
				d.differ(x, strings.Replace(key(x), "kittens-", "cats-", 1), "uploads", "site", "tables", "index")
			}
			// With another domain too, the second platform stands beside the first.
			c.by(t, nil, func(f *tenant.File) { f.Platform.Name, f.Platform.Domain = "cats", "example.org" }).met()
		}},
	"change the platform's `domain`": {"All addresses change, in the same stacks.", func(t *testing.T, c *changer) {
		d := c.by(t, nil, func(f *tenant.File) { f.Platform.Domain = "example.org" })
		d.stacks(nil, nil, []string{shop, cafe, whisker, bank, acme})
		d.met()
		for _, x := range []string{shop, cafe, whisker, bank, acme} {
			d.differ(x, x, "address")
		}
	}},
	"change `accept`": {"No template changes, nor where data is: it is about what the proof reports.", acceptedChanges},
	"change `accountSources`": {"The same stacks. With `host` or without it, the addresses change of all tenants whose id is not their billing account.",
		func(t *testing.T, c *changer) {
			same := change("tabby-cafe", func(x *tenant.Tenant) { x.BillingAccount = "tabby-cafe" })
			d := c.by(t, same, hosts)
			d.stacks(nil, nil, []string{shop, cafe, whisker, bank, acme, cell, acmeCell})
			d.met()
			d.differ(shop, shop, "address")
			d.differ(cafe, cafe)
			path := c.by(t, same, func(f *tenant.File) { f.Platform.AccountSources = []tenant.AccountSource{tenant.AccountFromPath} })
			path.stacks(nil, nil, []string{shop, cafe, whisker, bank, acme})
			path.differ(shop, shop)
		}},
}

// keptOf are the logical ids of what a stack left behind.
func keptOf(c *cloud, name string) []string {
	var out []string
	for _, p := range c.kept {
		if p.stack == key(name) {
			out = append(out, p.id)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Every row of "Changing the file" is tried, and says what it is tried for.
func TestDocumentedEdits(t *testing.T) {
	c := newChanger(t)
	rows := rowsOf(t, "tenants.md", "## Changing the file")
	delete(rows, "change")
	for row, words := range rows {
		d, ok := documented[row]
		if !ok {
			t.Errorf("docs/tenants.md says of %q: %q, and nothing tries it", row, words)
			continue
		}
		t.Run(row, func(t *testing.T) {
			if words != d.says {
				t.Errorf("docs/tenants.md says %q, and %q is tried", words, d.says)
			}
			d.try(t, c)
		})
	}
	for row := range documented {
		if _, ok := rows[row]; !ok {
			t.Errorf("%q is tried, and docs/tenants.md does not have it", row)
		}
	}
}

// What stands below "In which order" beyond the rows.
func TestDocumentedOrder(t *testing.T) {
	c := newChanger(t)
	says(t, "tenants.md", "or another `id` where host names state the account.")
	d := c.by(t, hosts, id("purrfect-bank", "superb"))
	d.met(addressOf...)
	d.works(bank)

	says(t, "tenants.md", "A tenant that gets the address, or in the same cell the billing account, which another one gives up in the same edit is deployed after that one.")
	pass := c.by(t, nil, func(f *tenant.File) {
		tenantOf(f, "super-awesome-customer").BillingAccount = "20417"
		tenantOf(f, "tabby-cafe").BillingAccount = "48210"
	})
	pass.met("IndexWriterRole")
	now := pass.cloud.clone()
	for _, name := range []string{cafe, shop} {
		if met := now.deploy(pass.after[key(name)]); len(met) > 0 {
			t.Errorf("whoever gives the billing account up goes first: %v", met)
		}
	}

	says(t, "tenants.md", "Two tenants of a cell do not exchange billing accounts in one edit, nor ids, where rows are shared; nor do they exchange addresses.")
	exchange := func(a, b string, ids bool) func(*tenant.File) {
		return func(f *tenant.File) {
			x, y := tenantOf(f, a), tenantOf(f, b)
			if ids {
				x.ID, y.ID = y.ID, x.ID
				return
			}
			x.BillingAccount, y.BillingAccount = y.BillingAccount, x.BillingAccount
		}
	}
	for _, ids := range []bool{false, true} {
		c.by(t, nil, exchange("super-awesome-customer", "tabby-cafe", ids)).met("IndexWriterRole")
		c.by(t, isolation("tabby-cafe", tenant.Dedicated, tenant.Dedicated), exchange("purrfect-bank", "tabby-cafe", ids)).met()
	}
	c.by(t, func(f *tenant.File) { hosts(f); isolation("tabby-cafe", tenant.Dedicated, tenant.Dedicated)(f) },
		exchange("purrfect-bank", "tabby-cafe", false)).met(addressOf...)
}

// What a cell has for distributions of its tenants goes only when they do without it.
func TestDocumentedOrderOfCells(t *testing.T) {
	c := newChanger(t)
	says(t, "tenants.md", "A cell's old stack is destroyed after its tenants were deployed to another cell or destroyed. "+
		"When `host` leaves `accountSources`, deploy the tenants with `--exclusively`, and the cells after them.")
	for name, d := range map[string]*changes{
		"without host":   c.by(t, hosts, func(f *tenant.File) { f.Platform.AccountSources = nil }),
		"a renamed cell": c.by(t, nil, renameCell),
	} {
		before, after := d.before[key(cell)], d.after[key(cell)]
		goes := 0
		for id, r := range before.template.Resources {
			_, stays := after.template.Resources[id]
			if r.Type != "AWS::CloudFront::Function" || stays {
				continue
			}
			goes++
			function, _ := r.Properties["Name"].(string)
			for k, s := range d.before {
				if s.tenant == nil || s.environment != before.environment {
					continue
				}
				if !strings.Contains(encoded(s.template), "function/"+function) {
					t.Errorf("%s: %s does not use %s before", name, k, function)
				}
				if strings.Contains(encoded(d.after[k].template), "function/"+function) {
					t.Errorf("%s: %s uses %s after", name, k, function)
				}
			}
		}
		if goes == 0 {
			t.Errorf("%s: no function goes", name)
		}
	}
}

// What has a name of its own is told apart from all else, or is known to have none.
func TestEveryTypeIsJudged(t *testing.T) {
	c := newChanger(t)
	now := newCloud(c.registry)
	for _, s := range c.stacks(t, shipped(t, hosts)) {
		now.deploy(s)
		for id, r := range now.stacks[s.key()].resources {
			if _, known := c.registry.Types[r.kind]; !known {
				t.Errorf("%s %s: testdata/registry.json does not have %s: run with -update", s.name, id, r.kind)
			} else if len(r.names) == 0 && !slices.Contains(nameless, r.kind) {
				t.Errorf("%s %s: nothing tells this %s from others: see unique and nameless", s.name, id, r.kind)
			}
		}
	}
}
