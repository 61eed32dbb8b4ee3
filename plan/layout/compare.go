package layout

import (
	"fmt"
	"maps"
	"strings"
)

// Wanted is what tenants.yaml and the contract say now.
type Wanted struct {
	// Platform is the name that begins every other name.
	Platform string
	// Accounts has the billing account of every tenant of tenants.yaml, by id.
	Accounts map[string]string
	// Layouts of the planned tenants, by id: all of them, or those that were selected.
	Layouts map[string]Layout
}

// Result is what became of a comparison.
type Result struct {
	// Lock as it would be once the edit is taken over; it has what Changes does not forbid.
	Lock *Lock
	// Changes that the lock does not allow.
	Changes Changes
	// Added are the ids of new tenants, Updated those of tenants whose layout grew or changed harmlessly.
	Added, Updated []string
}

// Current reports whether the lock has everything that is wanted.
func (r Result) Current() bool {
	return len(r.Changes) == 0 && len(r.Added) == 0 && len(r.Updated) == 0
}

// Summary says in words what the lock has to take over.
func (r Result) Summary() string {
	var parts []string
	if n := len(r.Added); n > 0 {
		parts = append(parts, fmt.Sprintf("%d new (%s)", n, joinFirst(r.Added, maxNamed)))
	}
	if n := len(r.Updated); n > 0 {
		parts = append(parts, fmt.Sprintf("%d changed harmlessly (%s)", n, joinFirst(r.Updated, maxNamed)))
	}
	return strings.Join(parts, ", ")
}

// Compare holds what is wanted against the lock.
func (l *Lock) Compare(w Wanted) Result {
	next := &Lock{Version: Version, Platform: w.Platform, Tenants: maps.Clone(l.Tenants), read: l.read}
	r := Result{Lock: next}
	c := comparison{lock: l, wanted: w}
	if l.Platform != "" && l.Platform != w.Platform && len(l.Tenants) > 0 {
		next.Platform = l.Platform
		r.Changes = c.platform()
		return r
	}
	c.missing()
	for _, id := range sortedKeys(w.Layouts) {
		now := w.Layouts[id]
		entry, locked := l.Tenants[id]
		switch {
		case !locked && c.renamed[id] != "":
			// Reported with the tenant that it was.
		case !locked:
			if c.vacant(id, now.BillingAccount) {
				next.Tenants[id] = Entry{Layout: now}
				r.Added = append(r.Added, id)
			}
		case entry.Removed && entry.BillingAccount != now.BillingAccount:
			c.idTaken(id, entry, now.BillingAccount)
		default:
			if c.tenant(id, entry.Layout, now) && (entry.Removed || entry.Digest() != now.Digest()) {
				next.Tenants[id] = Entry{Layout: now}
				r.Updated = append(r.Updated, id)
			}
		}
	}
	r.Changes = group(c.found)
	return r
}

// comparison collects findings.
type comparison struct {
	lock   *Lock
	wanted Wanted
	found  []finding
	// renamed has, by new id, the id that a tenant's billing account was locked with.
	renamed map[string]string
}

func (c *comparison) add(f finding) { c.found = append(c.found, f) }

func (c *comparison) platform() Changes {
	for _, id := range sortedKeys(c.lock.Tenants) {
		if c.lock.Tenants[id].Removed {
			continue
		}
		c.add(finding{
			tenant: id, name: "platform",
			message: fmt.Sprintf("platform.name would change from %s to %s", c.lock.Platform, c.wanted.Platform),
			loss: "every name begins with it: all tenants get new stacks, tables, indices and buckets, which are " +
				"empty; what they have stays behind under the old names",
			back: "put back platform.name: " + c.lock.Platform, way: wayMove,
		})
	}
	return group(c.found)
}

// missing finds locked tenants that tenants.yaml has no more.
func (c *comparison) missing() {
	owner := map[string]string{}
	for id, account := range c.wanted.Accounts {
		owner[account] = id
	}
	c.renamed = map[string]string{}
	for _, id := range sortedKeys(c.lock.Tenants) {
		entry := c.lock.Tenants[id]
		if _, there := c.wanted.Accounts[id]; there || entry.Removed {
			continue
		}
		if now, ok := owner[entry.BillingAccount]; ok {
			if _, locked := c.lock.Tenants[now]; !locked {
				c.renamed[now] = id
				c.add(finding{
					tenant: id, name: "id",
					message: fmt.Sprintf("the id would change to %s", now),
					loss: fmt.Sprintf("the new id gets a new stack; files in %s, and tables and the search domain of "+
						"its own if it has them, stay with stack %s", entry.Uploads.Bucket, entry.Stack),
					back: "put back the id " + id, way: wayMove,
				})
				continue
			}
		}
		c.add(finding{
			tenant: id, name: "removed",
			message: "the tenant is locked and no longer in tenants.yaml",
			loss: fmt.Sprintf("stack %s in AWS account %s, %s stays as it is and nothing manages it any more; its "+
				"data stays under billing account %s", entry.Stack, entry.AWSAccount, entry.Region, entry.BillingAccount),
			back: "put the tenant back", way: wayRemove,
		})
	}
}

// Admit finds why a tenant that is not in the lock cannot be added: its id or its billing account is, or was,
// somebody else's. accounts has the billing account of every other tenant of tenants.yaml, by id.
func (l *Lock) Admit(id, account string, accounts map[string]string) error {
	c := comparison{lock: l, wanted: Wanted{Accounts: accounts}}
	if entry, ok := l.Tenants[id]; ok && entry.Removed && entry.BillingAccount != account {
		c.idTaken(id, entry, account)
	} else if !ok {
		c.vacant(id, account)
	}
	if len(c.found) > 0 {
		return group(c.found)
	}
	return nil
}

// vacant reports whether no other tenant has or had a billing account.
func (c *comparison) vacant(id, account string) bool {
	for _, other := range sortedKeys(c.lock.Tenants) {
		entry := c.lock.Tenants[other]
		if entry.BillingAccount != account {
			continue
		}
		f := finding{
			tenant: id, name: "billingAccount", final: true,
			loss: fmt.Sprintf("the new tenant would see the rows, documents and files of %s", other),
		}
		switch {
		case entry.Removed && entry.MovedTo != id:
			f.message = fmt.Sprintf("billing account %s belonged to tenant %s, which was removed", account, other)
			f.back = fmt.Sprintf("choose another billing account; once everything of %s is deleted (%s), run: "+
				"tenantctl lock forget %s", other, wayRemove, other)
		case !entry.Removed && c.wanted.Accounts[other] != account:
			f.message = fmt.Sprintf("billing account %s is locked for tenant %s", account, other)
			f.back = "choose another billing account"
		default:
			continue
		}
		c.add(f)
		return false
	}
	return true
}

func (c *comparison) idTaken(id string, entry Entry, account string) {
	c.add(finding{
		tenant: id, name: "id", final: true,
		message: fmt.Sprintf("the id belonged to a removed tenant with billing account %s, not %s",
			entry.BillingAccount, account),
		loss: fmt.Sprintf("buckets, and tables of its own if it had them, still have the names that this tenant "+
			"would need (%s …)", entry.Uploads.Bucket),
		back: fmt.Sprintf("choose another id; once everything of the removed tenant is deleted (%s), run: "+
			"tenantctl lock forget %s", wayRemove, id),
	})
}
