package plan_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/plan/layout"
	"github.com/tenantstack/tenantstack/tenant"
)

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
