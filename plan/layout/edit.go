package layout

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Accept takes changes of a name over into the lock, for the given tenants or, without any, for all that have
// it. It returns the ids of the tenants and fails if one of them has no such change.
func (l *Lock) Accept(w Wanted, name string, tenants []string) (*Lock, []string, error) {
	r := l.Compare(w)
	var accepted, pending []string
	for _, c := range r.Changes {
		pending = append(pending, c.Name)
		if c.Name != name {
			continue
		}
		for _, id := range c.Tenants {
			if len(tenants) > 0 && !slices.Contains(tenants, id) {
				continue
			}
			if !c.Acceptable {
				return nil, nil, fmt.Errorf("accept %s of tenant %s: %s", name, id, c.Fix)
			}
			accepted = append(accepted, id)
		}
	}
	for _, id := range tenants {
		if !slices.Contains(accepted, id) {
			return nil, nil, fmt.Errorf("accept %s of tenant %s: there is no such change; %s", name, id, pendingChanges(pending))
		}
	}
	if len(accepted) == 0 {
		return nil, nil, fmt.Errorf("accept %s: there is no such change; %s", name, pendingChanges(pending))
	}
	slices.Sort(accepted)
	accepted = slices.Compact(accepted)
	for _, id := range accepted {
		r.Lock.take(w, l, id, name)
	}
	return r.Lock, accepted, nil
}

func pendingChanges(names []string) string {
	if len(names) == 0 {
		return "tenants.yaml and the contract agree with the lock"
	}
	slices.Sort(names)
	return "pending are " + strings.Join(slices.Compact(names), ", ")
}

// take writes one accepted change of a tenant into the lock.
func (l *Lock) take(w Wanted, before *Lock, id, name string) {
	entry := before.Tenants[id]
	switch name {
	case "platform":
		l.Platform = w.Platform
		if now, ok := w.Layouts[id]; ok {
			l.Tenants[id] = Entry{Layout: now}
		}
	case "removed":
		entry.Removed = true
		l.Tenants[id] = entry
	case "id":
		for now, account := range w.Accounts {
			if account == entry.BillingAccount {
				entry.Removed, entry.MovedTo = true, now
				l.Tenants[id] = entry
				if layout, ok := w.Layouts[now]; ok {
					l.Tenants[now] = Entry{Layout: layout}
				}
			}
		}
	default:
		l.Tenants[id] = Entry{Layout: merged(entry.Layout, w.Layouts[id], name)}
	}
}

// merged is a layout with one change of it taken over, and the others left for an acceptance of their own.
func merged(was, now Layout, name string) Layout {
	what, subject, _ := strings.Cut(name, ":")
	switch what {
	case "billingAccount", "awsAccount", "region":
		return now // nothing of the old place remains to be compared with
	}
	if what == "cell" && (was.AWSAccount != now.AWSAccount || was.Region != now.Region) {
		return now
	}
	out := was
	out.Tables = maps.Clone(was.Tables)
	out.Uploads.Folders = maps.Clone(was.Uploads.Folders)
	switch what {
	case "data":
		out.Data, out.KeyShards, out.Tables = now.Data, now.KeyShards, now.Tables
	case "cell":
		out.Cell, out.KeyShards, out.Tables, out.Index = now.Cell, now.KeyShards, now.Tables, now.Index
	case "keyShards":
		out.KeyShards = now.KeyShards
	case "search":
		out.Search, out.Index = now.Search, now.Index
	case "table":
		delete(out.Tables, subject)
	case "folder":
		delete(out.Uploads.Folders, subject)
	case "expireDays":
		out.Uploads.Folders[subject] = now.Uploads.Folders[subject]
	case "name":
		switch subject {
		case "index":
			out.Index = now.Index
		case "uploads":
			out.Uploads.Bucket, out.Uploads.Prefix = now.Uploads.Bucket, now.Uploads.Prefix
		default:
			out.Tables[subject] = mergedTable(out.Tables[subject], now.Tables[subject], what)
		}
	default:
		out.Tables[subject] = mergedTable(out.Tables[subject], now.Tables[subject], what)
	}
	if now.Search == "" {
		out.Search, out.Index = "", Index{} // without an indexed table there is no index
	}
	return out
}

func mergedTable(was, now Table, what string) Table {
	switch what {
	case "name":
		was.Name = now.Name
	case "sortKey":
		was.SortKey = now.SortKey
	case "sharded":
		was.Sharded = now.Sharded
	case "indexed":
		was.Indexed = now.Indexed
	case "ttl":
		was.TTL = now.TTL
	}
	return was
}

// Remove puts a tombstone in place of a tenant that leaves tenants.yaml. A tenant that the lock does not have
// was never synthesized and leaves none; the result says whether there was one.
func (l *Lock) Remove(id string) bool {
	entry, ok := l.Tenants[id]
	if ok {
		entry.Removed = true
		l.Tenants[id] = entry
	}
	return ok
}

// Forget takes a tombstone away, once everything of the tenant was deleted.
func (l *Lock) Forget(id string) error {
	entry, ok := l.Tenants[id]
	if !ok {
		return fmt.Errorf("forget tenant %q: the lock has no such tenant", id)
	}
	if !entry.Removed {
		return fmt.Errorf("forget tenant %q: it was not removed: run tenantctl tenant remove %s first", id, id)
	}
	delete(l.Tenants, id)
	return nil
}
