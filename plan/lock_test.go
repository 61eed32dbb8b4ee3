package plan_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/plan/layout"
	"github.com/tenantstack/tenantstack/tenant"
)

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
