package plan_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/plan/layout"
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

// lockedShipped is the lock of the shipped files.
func lockedShipped(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tenants.lock.yaml")
	f, c := shipped(t)
	save(t, build(t, f, c, plan.Selection{}), file)
	return file
}

// save writes what a plan adds to a lock.
func save(t *testing.T, p *plan.Plan, file string) string {
	t.Helper()
	l, err := p.Lock(file, plan.LockAdd)
	if err != nil {
		t.Fatal(err)
	}
	said, err := l.Save()
	if err != nil {
		t.Fatal(err)
	}
	return said
}

// The lock that is committed is that of the shipped files.
func TestShippedLock(t *testing.T) {
	f, c := shipped(t)
	if _, err := build(t, f, c, plan.Selection{}).Lock("../tenants.lock.yaml", plan.LockLocked); err != nil {
		t.Error(err)
	}
}

// Every edit after which a tenant would not find its data is refused with one message that names it.
func TestLockRefuses(t *testing.T) {
	dedicated, shared := tenant.Dedicated, tenant.Shared
	tests := []struct {
		edit
		want    string // name of the change
		tenants []string
		message string
	}{
		{edit{"more key shards", setTenant("tabby-cafe", func(x *tenant.Tenant) { x.KeyShards = pointer(4) })},
			"keyShards", []string{"tabby-cafe"}, "keyShards would change from 1 to 4"},
		{edit{"key shards of a tier", setTier("premium", func(x *tenant.Tier) { x.KeyShards = 2 })},
			"keyShards", []string{"acme", "purrfect-bank"}, "keyShards would change from 1 to 2"},
		{edit{"data", setTenant("tabby-cafe", func(x *tenant.Tenant) { x.Data = &dedicated })},
			"data", []string{"tabby-cafe"}, "data would change from shared to dedicated"},
		{edit{"data of a tier", setTier("premium", func(x *tenant.Tier) { x.Data = shared })},
			"data", []string{"acme", "purrfect-bank"}, "data would change from dedicated to shared"},
		{edit{"search", setTenant("acme", func(x *tenant.Tenant) { x.Search = &shared })},
			"search", []string{"acme"}, "search would change from dedicated to shared"},
		{edit{"billing account", setTenant("acme", func(x *tenant.Tenant) { x.BillingAccount = "acme-2025" })},
			"billingAccount", []string{"acme"}, "billingAccount would change from acme-2024 to acme-2025"},
		{edit{"cell", setTenant("tabby-cafe", func(x *tenant.Tenant) { x.Cell = "acme-1" })},
			"cell", []string{"tabby-cafe"}, "cell would change from eu-1 (111111111111 eu-central-1) to acme-1 (222222222222 eu-west-1)"},
		{edit{"AWS account of a cell", setCell("acme-1", func(x *tenant.Cell) { x.AWSAccount = "333333333333" })},
			"awsAccount", []string{"acme"}, "awsAccount of cell acme-1 would change from 222222222222 to 333333333333"},
		{edit{"region of a cell", setCell("acme-1", func(x *tenant.Cell) { x.Region = "eu-west-2" })},
			"region", []string{"acme"}, "region of cell acme-1 would change from eu-west-1 to eu-west-2"},
		{edit{"renamed cell", func(f *tenant.File, _ *api.Contract) {
			f.Cells["eu-2"] = f.Cells["eu-1"]
			delete(f.Cells, "eu-1")
			for i := range f.Tenants {
				if f.Tenants[i].Cell == "eu-1" {
					f.Tenants[i].Cell = "eu-2"
				}
			}
		}}, "cell", []string{"super-awesome-customer", "tabby-cafe", "whisker-world"}, "cell would change from eu-1 to eu-2"},
		{edit{"platform", func(f *tenant.File, _ *api.Contract) { f.Platform.Name = "cats" }},
			"platform", []string{"acme", "purrfect-bank", "super-awesome-customer", "tabby-cafe", "whisker-world"},
			"platform.name would change from kittens to cats"},
		{edit{"id", setTenant("acme", func(x *tenant.Tenant) { x.ID = "acme-eu" })},
			"id", []string{"acme"}, "the id would change to acme-eu"},
		{edit{"removed", func(f *tenant.File, _ *api.Contract) {
			f.Tenants = slices.DeleteFunc(f.Tenants, func(x tenant.Tenant) bool { return x.ID == "acme" })
		}}, "removed", []string{"acme"}, "the tenant is locked and no longer in tenants.yaml"},
		{edit{"sort key", setTable("breeds", func(x *api.Table) { x.SortKey = "name" })},
			"sortKey:breeds", all, "the sort key of table breeds would change from breedId to name"},
		{edit{"sharded", setTable("kittens", func(x *api.Table) { x.Sharded = false })},
			"sharded:kittens", []string{"whisker-world"}, "sharded of table kittens would change from true to false"},
		{edit{"searched", setTable("breeds", func(x *api.Table) { x.Search = true })},
			"indexed:breeds", all, "search of table breeds would change from false to true"},
		{edit{"not searched", setTable("kittens", func(x *api.Table) { x.Search = false })},
			"indexed:kittens", all, "search of table kittens would change from true to false"},
		{edit{"time to live", setTable("kittens", func(x *api.Table) { x.TTL = "updatedAt" })},
			"ttl:kittens", all, "ttl of table kittens would change from none to updatedAt"},
		{edit{"table", func(_ *tenant.File, c *api.Contract) {
			c.Tables = slices.DeleteFunc(c.Tables, func(x api.Table) bool { return x.Name == "tasks" })
		}}, "table:tasks", all, "table tasks would be gone from x-tables"},
		{edit{"expiry", setFolder("photos", 30)},
			"expireDays:photos", all, "expireDays of folder photos would change from never to 30"},
		{edit{"folder", func(_ *tenant.File, c *api.Contract) {
			c.Uploads = slices.DeleteFunc(c.Uploads, func(x api.Folder) bool { return x.Name == "photos" })
		}}, "folder:photos", all, "folder photos would be gone from x-uploads"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := lockedShipped(t)
			before := read(t, file)
			f, c := shipped(t)
			test.make(f, c)
			p := build(t, f, c, plan.Selection{})
			_, err := p.Lock(file, plan.LockAdd)
			var changes layout.Changes
			if !errors.As(err, &changes) || len(changes) != 1 {
				t.Fatalf("got %v, want one change", err)
			}
			got := changes[0]
			if got.Name != test.want || got.Message != test.message || !slices.Equal(got.Tenants, test.tenants) {
				t.Errorf("got %s of %v: %s\nwant %s of %v: %s", got.Name, got.Tenants, got.Message, test.want, test.tenants, test.message)
			}
			if got.Loss == "" || !strings.Contains(got.Fix, "tenantctl lock accept "+test.want) || !strings.Contains(got.Fix, "docs/guide.md#") {
				t.Errorf("loss %q, fix %q", got.Loss, got.Fix)
			}
			if after := read(t, file); after != before {
				t.Error("a refused edit changed the lock")
			}
			accept(t, p, file, got.Name, nil)
			if said := save(t, p, file); strings.Contains(said, "changed harmlessly") {
				t.Errorf("after its acceptance: %s", said)
			}
			if _, err := p.Lock(file, plan.LockLocked); err != nil {
				t.Errorf("after its acceptance: %v", err)
			}
		})
	}
}

var all = []string{"acme", "purrfect-bank", "super-awesome-customer", "tabby-cafe", "whisker-world"}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func accept(t *testing.T, p *plan.Plan, file, name string, tenants []string) {
	t.Helper()
	err := p.EditLock(file, func(l *layout.Lock, w layout.Wanted) (*layout.Lock, error) {
		next, _, err := l.Accept(w, name, tenants)
		return next, err
	})
	if err != nil {
		t.Fatal(err)
	}
}

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

func TestLockLetsHarmlessEditsPass(t *testing.T) {
	for _, e := range harmless() {
		t.Run(e.name, func(t *testing.T) {
			file := lockedShipped(t)
			f, c := shipped(t)
			e.make(f, c)
			p := build(t, f, c, plan.Selection{})
			if _, err := p.Lock(file, plan.LockAdd); err != nil {
				t.Fatal(err)
			}
			save(t, p, file)
			if _, err := p.Lock(file, plan.LockLocked); err != nil {
				t.Errorf("after it was saved: %v", err)
			}
		})
	}
}

// places are where functions look for a tenant's data, taken from what they are told and not from its layout.
func places(p *plan.Plan, folders []api.Folder) map[string]map[string]string {
	cells := map[string]plan.Cell{}
	for _, c := range p.Cells {
		cells[c.Name] = c
	}
	out := map[string]map[string]string{}
	for _, x := range p.Tenants {
		where := map[string]string{}
		at := x.Environment.Account + "/" + x.Environment.Region + "/"
		tables := x.Tables
		if len(tables) == 0 {
			tables = cells[x.Cell].Tables
		}
		for _, t := range tables {
			sharded := "1"
			for _, f := range x.Functions {
				if f.Environment["TABLE_"+strings.ToUpper(t.Table)] == t.Name && f.Environment["KEY_SHARDS"] != "" && isSharded(p, t.Table) {
					sharded = f.Environment["KEY_SHARDS"]
				}
			}
			where["table "+t.Table] = fmt.Sprint(at, t.Name, " by ", t.SortKey, " in ", x.BillingAccount, "#", sharded, " indexed ", t.Stream)
			if t.TTL != "" {
				where["ttl "+t.Table] = t.TTL
			}
		}
		for _, f := range x.Functions {
			if e := f.Environment["SEARCH_ENDPOINT"]; e != "" {
				domain := e
				if x.Domain != nil {
					domain = x.Domain.Name
				}
				where["index"] = at + domain + "/" + f.Environment["SEARCH_INDEX"]
			}
		}
		where["files"] = x.Uploads.Name + "/" + x.Uploads.Prefix
		for _, folder := range folders {
			where["folder "+folder.Name] = "there"
			for _, e := range x.Uploads.Expiries {
				if e.Prefix == x.Uploads.Prefix+folder.Name+"/" {
					where["days "+folder.Name] = strconv.Itoa(e.Days)
				}
			}
		}
		out[x.ID] = where
	}
	return out
}

func isSharded(p *plan.Plan, table string) bool {
	for _, o := range p.Operations {
		if o.Grants.Tables[table].Sharded {
			return true
		}
	}
	return false
}

// Random edits: the lock refuses one exactly if some function would look for a tenant's data elsewhere.
func TestLockAgainstWhereFunctionsLook(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	refused := 0
	for range 120 {
		file := filepath.Join(t.TempDir(), "tenants.lock.yaml")
		f, c := shipped(t)
		for range r.IntN(4) {
			randomEdit(r)(f, c)
		}
		before, err := plan.Build(f, c, plan.Selection{})
		if err != nil || !valid(f) {
			continue
		}
		was := places(before, c.Uploads)
		save(t, before, file)
		random := randomEdit(r)
		random(f, c)
		after, err := plan.Build(f, c, plan.Selection{})
		if err != nil || !valid(f) {
			continue
		}
		lost := lostPlaces(was, places(after, c.Uploads))
		_, err = after.Lock(file, plan.LockAdd)
		if (err != nil) != (len(lost) > 0) {
			t.Fatalf("seed %d: functions look elsewhere for %v; the lock says %v", seed, lost, err)
		}
		if err != nil {
			refused++
			acceptAll(t, after, file)
		}
		save(t, after, file)
		if _, err := after.Lock(file, plan.LockLocked); err != nil {
			t.Fatalf("seed %d: after all was accepted: %v", seed, err)
		}
	}
	if refused < 15 {
		t.Errorf("only %d of the edits were refused", refused)
	}
}

// valid reports whether random edits left what a tenants.yaml may say.
func valid(f *tenant.File) bool {
	ids, accounts := map[string]bool{}, map[string]bool{}
	for _, x := range f.Tenants {
		_, cell := f.Cells[x.Cell]
		if !cell || f.Tiers[x.Tier].Data == "" || ids[x.ID] || accounts[x.BillingAccount] {
			return false
		}
		ids[x.ID], accounts[x.BillingAccount] = true, true
	}
	return true
}

// acceptAll takes one change after the other over.
func acceptAll(t *testing.T, p *plan.Plan, file string) {
	t.Helper()
	for range 50 {
		_, err := p.Lock(file, plan.LockAdd)
		var changes layout.Changes
		if !errors.As(err, &changes) {
			return
		}
		accept(t, p, file, changes[0].Name, changes[0].Tenants)
	}
	t.Fatal("changes do not come to an end")
}

// lostPlaces names what was somewhere and is elsewhere or nowhere now.
func lostPlaces(before, after map[string]map[string]string) []string {
	var out []string
	for id, places := range before {
		now, ok := after[id]
		if !ok {
			out = append(out, id)
			continue
		}
		for what, where := range places {
			if strings.HasPrefix(what, "ttl ") || strings.HasPrefix(what, "days ") || now[what] == where {
				continue
			}
			out = append(out, id+" "+what+": "+where+" → "+now[what])
		}
		for what := range now {
			if table, ok := strings.CutPrefix(what, "ttl "); ok && places["table "+table] != "" && places[what] != now[what] {
				out = append(out, id+" "+what)
			}
			if folder, ok := strings.CutPrefix(what, "days "); ok && places["folder "+folder] != "" {
				before, err := strconv.Atoi(places[what])
				if after, _ := strconv.Atoi(now[what]); err != nil || after < before {
					out = append(out, id+" "+what)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

func randomEdit(r *rand.Rand) func(*tenant.File, *api.Contract) {
	pick := func(f *tenant.File) *tenant.Tenant { return &f.Tenants[r.IntN(len(f.Tenants))] }
	isolations := []tenant.Isolation{tenant.Shared, tenant.Dedicated}
	cells := []string{"eu-1", "eu-2", "acme-1"}
	edits := []func(*tenant.File, *api.Contract){
		func(f *tenant.File, _ *api.Contract) { pick(f).Data = &isolations[r.IntN(2)] },
		func(f *tenant.File, _ *api.Contract) { pick(f).Search = &isolations[r.IntN(2)] },
		func(f *tenant.File, _ *api.Contract) { pick(f).KeyShards = pointer(1 + r.IntN(3)) },
		func(f *tenant.File, _ *api.Contract) { pick(f).BillingAccount = fmt.Sprintf("b%d", r.IntN(1000)) },
		func(f *tenant.File, _ *api.Contract) { pick(f).ID = fmt.Sprintf("t%d", r.IntN(1000)) },
		func(f *tenant.File, _ *api.Contract) { pick(f).Tier = []string{"standard", "premium"}[r.IntN(2)] },
		func(f *tenant.File, _ *api.Contract) {
			f.Cells["eu-2"] = f.Cells["eu-1"] // another cell of the same account and region
			pick(f).Cell = cells[r.IntN(3)]
		},
		func(f *tenant.File, _ *api.Contract) {
			if len(f.Tenants) > 2 {
				f.Tenants = slices.Delete(slices.Clone(f.Tenants), 0, 1)
			}
		},
		func(_ *tenant.File, c *api.Contract) {
			x := &c.Tables[r.IntN(len(c.Tables))]
			x.Sharded = !x.Sharded
		},
		func(_ *tenant.File, c *api.Contract) {
			c.Tables[r.IntN(len(c.Tables))].TTL = []string{"", "a", "b"}[r.IntN(3)]
		},
		func(_ *tenant.File, c *api.Contract) {
			c.Tables[r.IntN(len(c.Tables))].SortKey = []string{"a", "b"}[r.IntN(2)]
		},
	}
	for _, e := range harmless() {
		edits = append(edits, e.make)
	}
	return edits[r.IntN(len(edits))]
}

// A lock that is not there, in every mode.
func TestLockMissing(t *testing.T) {
	f, c := shipped(t)
	file := filepath.Join(t.TempDir(), "tenants.lock.yaml")
	one := plan.Selection{Tenants: []string{"acme"}}
	for _, test := range []struct {
		mode      plan.LockMode
		selection plan.Selection
		want      string
	}{
		{plan.LockAdd, plan.Selection{}, ""},
		{plan.LockAdd, one, "without a selection"},
		{plan.LockLocked, plan.Selection{}, "there is no"},
		{plan.LockNone, one, ""},
		{"frozen", one, `the mode "frozen" is not known`},
	} {
		p := build(t, f, c, test.selection)
		_, err := p.Lock(file, test.mode)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("mode %q of %v: %v, want %q", test.mode, test.selection, err, test.want)
		}
		if p.Locked() != (err == nil) {
			t.Errorf("mode %q of %v: locked is %t", test.mode, test.selection, p.Locked())
		}
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a comparison wrote the file")
	}
}

// A selection is held against the lock like the whole, and a new tenant in it is added.
func TestLockOfASelection(t *testing.T) {
	file := lockedShipped(t)
	f, c := shipped(t)
	f.Tenants = append(f.Tenants, tenant.Tenant{ID: "mog", BillingAccount: "48210", Cell: "eu-1", Tier: "standard"})
	setTenant("tabby-cafe", func(x *tenant.Tenant) { x.KeyShards = pointer(2) })(f, c)
	p := build(t, f, c, plan.Selection{Tenants: []string{"mog"}})
	if _, err := p.Lock(file, plan.LockLocked); err == nil || !strings.Contains(err.Error(), "1 new (mog)") {
		t.Errorf("a new tenant in locked mode: %v", err)
	}
	if said := save(t, p, file); said != file+": 1 new (mog); commit the file" {
		t.Errorf("saved: %q", said)
	}
	if _, err := build(t, f, c, plan.Selection{Tenants: []string{"tabby-cafe"}}).Lock(file, plan.LockAdd); err == nil {
		t.Error("another number of key shards was let through")
	}
	if _, err := build(t, f, c, plan.Selection{Cells: []string{"acme-1"}}).Lock(file, plan.LockLocked); err != nil {
		t.Errorf("a cell that nothing changed in: %v", err)
	}
}

// A removed tenant keeps its id and its billing account from others, until it is forgotten; it may come back itself.
func TestLockKeepsTombstones(t *testing.T) {
	file := lockedShipped(t)
	lock, err := layout.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	lock.Remove("acme")
	if err := lock.Write(file); err != nil {
		t.Fatal(err)
	}
	without := func(add ...tenant.Tenant) *plan.Plan {
		f, c := shipped(t)
		f.Tenants = slices.DeleteFunc(f.Tenants, func(x tenant.Tenant) bool { return x.ID == "acme" })
		f.Tenants = append(f.Tenants, add...)
		return build(t, f, c, plan.Selection{})
	}
	if _, err := without().Lock(file, plan.LockLocked); err != nil {
		t.Errorf("without the tenant: %v", err)
	}
	for name, taken := range map[string]tenant.Tenant{
		"billing account": {ID: "mog", BillingAccount: "acme-2024", Cell: "eu-1", Tier: "standard"},
		"id":              {ID: "acme", BillingAccount: "48210", Cell: "eu-1", Tier: "standard"},
	} {
		_, err := without(taken).Lock(file, plan.LockAdd)
		if err == nil || !strings.Contains(err.Error(), "tenantctl lock forget acme") || strings.Contains(err.Error(), "lock accept") {
			t.Errorf("its %s for somebody else: %v", name, err)
		}
		lock, readErr := layout.Read(file)
		if readErr != nil {
			t.Fatal(readErr)
		}
		if err := lock.Admit(taken.ID, taken.BillingAccount, nil); err == nil {
			t.Errorf("its %s was admitted for somebody else", name)
		}
	}
	f, c := shipped(t)
	back := build(t, f, c, plan.Selection{})
	if said := save(t, back, file); !strings.Contains(said, "(acme)") {
		t.Errorf("back again: %q", said)
	}
	if diff := cmp.Diff(read(t, lockedShipped(t)), read(t, file)); diff != "" {
		t.Errorf("back again (-want +got):\n%s", diff)
	}
}

// Whoever changed the file meanwhile loses nothing.
func TestLockIsNotOverwritten(t *testing.T) {
	file := lockedShipped(t)
	f, c := shipped(t)
	f.Tenants = append(f.Tenants, tenant.Tenant{ID: "mog", BillingAccount: "48210", Cell: "eu-1", Tier: "standard"})
	l, err := build(t, f, c, plan.Selection{}).Lock(file, plan.LockAdd)
	if err != nil {
		t.Fatal(err)
	}
	theirs := read(t, file) + "# theirs\n"
	if err := os.WriteFile(file, []byte(theirs), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Save(); err == nil {
		t.Error("the lock was saved over another one")
	}
	if read(t, file) != theirs {
		t.Error("the file changed")
	}
}
