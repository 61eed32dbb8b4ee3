package rest

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/tenantstack/tenantstack/functions/internal/store"
)

// layouts are how the rows of the operation's tables are keyed, as the function was deployed for it. They are
// compared with what the tables say before the first answer of a process.
type layouts struct {
	all []store.Layout

	mu    sync.Mutex
	agree bool
}

// add takes a table's layout from the environment: <digest>:<access>.
func (l *layouts) add(d *Deps, schema store.Schema, name, text string) {
	if slices.ContainsFunc(l.all, func(o store.Layout) bool { return o.Name == name }) {
		return
	}
	digest, access, ok := strings.Cut(text, ":")
	if text != "" && (!ok || digest == "" || access != "read" && access != "readWrite") {
		d.fail("environment variable of the layout of table %s: %q is not <digest>:read or <digest>:readWrite", schema.Table, text)
	}
	l.all = append(l.all, store.Layout{
		Table: schema.Table, Name: name, SortKey: schema.SortKey, Digest: digest, Writes: access == "readWrite",
	})
}

// checkLayouts fails while a table's rows are keyed otherwise. Once they agree they are not compared again: a
// function that is deployed anew is a new process.
func (d *Deps) checkLayouts(ctx context.Context) error {
	l := &d.layouts
	if len(l.all) == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.agree {
		return nil
	}
	err := store.CheckLayouts(ctx, d.dynamo, d.account, l.all)
	l.agree = err == nil
	return err
}
