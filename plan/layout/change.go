package layout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Change is an edit after which data would no longer be where functions look for it, or would be deleted.
type Change struct {
	// Name is what tenantctl lock accept takes, such as keyShards or sortKey:kittens.
	Name string `json:"name"`
	// Tenants that are concerned, sorted by id.
	Tenants []string `json:"tenants"`
	// Message says what would change, with both values.
	Message string `json:"message"`
	// Loss says what would become invisible or be deleted.
	Loss string `json:"loss"`
	// Fix says how to go back, and which documented way leads there.
	Fix string `json:"fix"`
	// Acceptable is false for what no command takes over into the lock.
	Acceptable bool `json:"acceptable"`
}

// maxNamed is how many tenants a message names.
const maxNamed = 5

// Error renders the change as other problems of tenants.yaml are rendered.
func (c Change) Error() string {
	return fmt.Sprintf("%s\n  loss: %s\n  fix: %s", c.heading(), c.Loss, c.Fix)
}

func (c Change) heading() string {
	return fmt.Sprintf("%s: %s", joinFirst(c.Tenants, maxNamed), c.Message)
}

// Changes is the error of an edit that the lock does not allow.
type Changes []Change

// Error renders all changes, one after the other.
func (cs Changes) Error() string {
	texts := make([]string, len(cs))
	for i, c := range cs {
		texts[i] = c.Error()
	}
	return "the lock does not allow this edit (tenants.lock.yaml):\n" + strings.Join(texts, "\n") +
		"\nif no tenant of the lock was ever deployed, as with the example's, delete the file: synthesis writes it anew"
}

// joinFirst joins up to n names and says how many were left out.
func joinFirst(names []string, n int) string {
	if len(names) <= n {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:n], ", "), len(names)-n)
}

// The ways that the guide describes.
const (
	wayKeyShards = "docs/guide.md#key-shards"
	wayMove      = "docs/guide.md#move-a-tenant"
	wayRemove    = "docs/guide.md#remove-a-tenant"
	wayLock      = "docs/guide.md#the-lock"
	wayReindex   = "docs/guide.md#reindex"
)

// finding is a change of one tenant. Those with the same name, message and loss are reported once.
type finding struct {
	tenant, name, message, loss string
	// back is what undoes the edit, way the part of the guide that leads there.
	back, way string
	// final says that no command takes the change over into the lock.
	final bool
}

// group turns findings into changes, in the order of their names.
func group(found []finding) Changes {
	type key struct{ name, message, loss string }
	at := map[key]int{}
	var out Changes
	for _, f := range found {
		k := key{f.name, f.message, f.loss}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, Change{Name: f.name, Message: f.message, Loss: f.loss, Fix: f.fix(), Acceptable: !f.final})
		}
		out[i].Tenants = append(out[i].Tenants, f.tenant)
	}
	for i := range out {
		slices.Sort(out[i].Tenants)
		if out[i].Acceptable {
			out[i].Fix += ", and then run: " + acceptCommand(out[i])
		}
	}
	slices.SortStableFunc(out, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), slices.Compare(a.Tenants, b.Tenants))
	})
	return out
}

func (f finding) fix() string {
	if f.way == "" {
		return f.back
	}
	return fmt.Sprintf("%s, or follow %s", f.back, f.way)
}

func acceptCommand(c Change) string {
	command := "tenantctl lock accept " + c.Name
	if len(c.Tenants) <= maxNamed {
		command += " --tenant " + strings.Join(c.Tenants, ",")
	}
	return command
}
