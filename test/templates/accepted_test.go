package templates

import (
	"path/filepath"
	"testing"

	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/tenant"
)

// acceptedChanges tries edits of what the proof is to accept: they change no template and no place of data.
func acceptedChanges(t *testing.T, c *changer) {
	accept := func(rule, stack string) func(*tenant.File) {
		return func(f *tenant.File) {
			f.Accept = []tenant.Accepted{{Rule: rule, Stack: stack, Resource: "*", Reason: "tried by a test"}}
		}
	}
	one := accept("", "kittens-tenant-tabby-cafe")
	lock := filepath.Join(t.TempDir(), "tenants.lock.yaml")
	locked := func(f *tenant.File, mode plan.LockMode) {
		l, err := c.plan(t, f).Lock(lock, mode)
		if err == nil {
			_, err = l.Save()
		}
		if err != nil {
			t.Error(err)
		}
	}
	locked(shipped(t), plan.LockAdd)
	for _, edits := range [][2]func(*tenant.File){
		{nil, one}, {one, accept("data-loss", "kittens-*")}, {one, func(f *tenant.File) { f.Accept = nil }},
	} {
		d := c.by(t, edits[0], edits[1])
		d.stacks(nil, nil, nil)
		d.met()
		d.differ(cafe, cafe)
		locked(shipped(t, edits[0], edits[1]), plan.LockLocked)
	}
}
