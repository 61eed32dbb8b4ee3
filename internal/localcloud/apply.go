package localcloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// applier brings what exists in line with the templates.
type applier struct {
	providers map[string]resource.Provider

	mu sync.Mutex
	// exists are the resources that were put, by their place.
	exists map[string]resource.Resource
	// failed are the problems of stacks, by their name.
	failed map[string]error
	// left are types that nothing provides, with the consequence; notices are other lines of that kind.
	left    map[string]string
	notices []string
}

func newApplier(providers ...resource.Provider) *applier {
	a := &applier{providers: map[string]resource.Provider{}, exists: map[string]resource.Resource{}, failed: map[string]error{}, left: map[string]string{}}
	for _, p := range providers {
		for _, t := range p.Types() {
			a.providers[t] = p
		}
	}
	return a
}

// Changes are what an apply did.
type Changes struct {
	// Put and Deleted count resources.
	Put, Deleted int
}

// apply creates, updates and removes resources, rank by rank. An API that is refused stays as it was. A resource that fails does not
// keep those of other stacks from being created; its stack is failed (docs/aws-differences.md, 84). The error is that of
// ctx alone.
func (a *applier) apply(ctx context.Context, wanted []resource.Resource) (Changes, error) {
	var changes Changes
	want := map[string]bool{}
	failed := map[string][]error{}
	var mu sync.Mutex
	fail := func(r resource.Resource, err error) {
		mu.Lock()
		defer mu.Unlock()
		failed[r.Stack] = append(failed[r.Stack], err)
	}
	byRank := make([][]resource.Resource, lastRank+1)
	unsafe := refuse(wanted)
	for _, r := range wanted {
		want[r.String()] = true
		if refused, problem := unsafe.of(r); refused {
			if problem != nil {
				fail(r, problem)
			}
			continue
		}
		if a.providers[r.Type] == nil {
			a.leave(r.Type)
			continue
		}
		if old, ok := a.existing(r); ok && same(old, r) {
			continue
		}
		byRank[rankOf(r.Type)] = append(byRank[rankOf(r.Type)], r)
	}
	for _, list := range byRank {
		var group errgroup.Group
		group.SetLimit(4 * runtime.NumCPU())
		for _, r := range list {
			changes.Put++
			group.Go(func() error {
				if err := a.put(ctx, r); err != nil {
					fail(r, err)
				}
				return nil
			})
		}
		_ = group.Wait() // errors are in failed
		if err := ctx.Err(); err != nil {
			return changes, err
		}
	}
	for _, r := range a.gone(want) {
		changes.Deleted++
		if err := a.delete(ctx, r); err != nil {
			fail(r, err)
		}
	}
	a.setFailed(failed)
	return changes, nil
}

func (a *applier) existing(r resource.Resource) (resource.Resource, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	old, ok := a.exists[r.String()]
	return old, ok
}

// same says whether nothing about a resource changed. Decoders may change properties in place, so
// the applier keeps its own copy.
func same(a, b resource.Resource) bool { return reflect.DeepEqual(a, b) }

func (a *applier) put(ctx context.Context, r resource.Resource) error {
	kept := r
	kept.Properties = clone(r.Properties)
	if old, ok := a.existing(r); ok && (old.Type != r.Type || old.ARN != r.ARN || old.Name != r.Name) {
		// Replaced: the old one goes first, since locally nothing is served from both.
		if err := a.delete(ctx, old); err != nil {
			return err
		}
	}
	if err := a.providers[r.Type].Put(ctx, r); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.exists[r.String()] = kept
	return nil
}

func (a *applier) delete(ctx context.Context, r resource.Resource) error {
	if err := a.providers[r.Type].Delete(ctx, r); err != nil {
		return fmt.Errorf("removing %s (%s): %w", r, r.Type, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.exists, r.String())
	return nil
}

// gone are the resources that left the templates, those that need others first.
func (a *applier) gone(want map[string]bool) []resource.Resource {
	a.mu.Lock()
	defer a.mu.Unlock()
	var gone []resource.Resource
	for place, r := range a.exists {
		if !want[place] {
			gone = append(gone, r)
		}
	}
	slices.SortFunc(gone, func(x, y resource.Resource) int { return rankOf(y.Type) - rankOf(x.Type) })
	return gone
}

func (a *applier) leave(resourceType string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	consequence, known := notRun[resourceType]
	if !known {
		consequence = "the local cloud does not know the type: what depends on it does not work"
	}
	if consequence != "" {
		a.left[resourceType] = consequence
	}
}

// notRunLines names what the templates have and the local cloud does not run.
func (a *applier) notRunLines() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	lines := []string{}
	for _, t := range slices.Sorted(maps.Keys(a.left)) {
		lines = append(lines, t+": "+a.left[t])
	}
	return append(lines, a.notices...)
}

// notice replaces what is named beside the types.
func (a *applier) notice(lines []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.notices = lines
}

func (a *applier) setFailed(failed map[string][]error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failed = map[string]error{}
	for stack, errs := range failed {
		a.failed[stack] = errors.Join(errs...)
	}
}

// problem of a stack; nil if it was created.
func (a *applier) problem(stack string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.failed[stack]
}

func clone(properties map[string]any) map[string]any {
	return cloneValue(properties).(map[string]any)
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = cloneValue(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = cloneValue(e)
		}
		return out
	case json.Number:
		return v
	}
	return v
}
