package localcloud

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
	"github.com/tenantstack/tenantstack/internal/localcloud/template"
)

// tenantTag is the tag that says which tenant a stack is of.
const tenantTag = "tenant"

// Reload reads the templates and brings what runs in line with them: changed functions are
// swapped, new tenants appear, removed ones go, data stays. What cannot be read leaves everything
// as it is.
func (c *Cloud) Reload(ctx context.Context) error {
	c.reload.Lock()
	defer c.reload.Unlock()
	result, err := template.Load(c.o.Assembly, template.Options{
		Attribute: c.services.attribute, Parameter: c.services.ssm.Get, Rewrite: c.services.rewrite, Keep: c.keep,
	})
	if err != nil {
		return fmt.Errorf("reading %s: %w", c.o.Assembly, err)
	}
	if err := c.checkTenants(result); err != nil {
		return err
	}
	found := authorizers(result.Resources)
	issuers := replaceIssuers(result.Resources, found, c.issuer())
	replaceSites(result.Resources, c.url)
	if err := c.services.prepareFunctions(ctx, result.Resources); err != nil {
		return err
	}
	first := c.Resources() == nil
	c.applier.notice(unheard(result.Resources))
	changes, err := c.applier.apply(ctx, result.Resources)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.result = result
	c.mu.Unlock()
	c.hosts.setSites(c.services.sites())
	c.know(result, found, issuers)
	if first {
		for _, line := range slices.Concat(c.applier.notRunLines(), result.Generated) {
			c.say("not run: " + line)
		}
	} else if changes.Put+changes.Deleted > 0 {
		c.say(fmt.Sprintf("took over the templates: %d resources created or changed, %d removed", changes.Put, changes.Deleted))
	}
	for _, s := range result.Stacks {
		if err := c.applier.problem(s.Name); err != nil {
			c.say(fmt.Sprintf("stack %s: %v", s.Name, err))
		}
	}
	return nil
}

// keep says whether a stack is to run: with a choice of tenants, theirs and those of no tenant.
func (c *Cloud) keep(s template.Stack) bool {
	tenant := s.Tags[tenantTag]
	return len(c.o.Tenants) == 0 || tenant == "" || slices.Contains(c.o.Tenants, tenant)
}

// checkTenants refuses tenants that no stack is of.
func (c *Cloud) checkTenants(result *template.Result) error {
	known := map[string]bool{}
	for _, s := range result.Stacks {
		known[s.Tags[tenantTag]] = true
	}
	for _, t := range c.o.Tenants {
		if !known[t] {
			all, err := template.Load(c.o.Assembly, template.Options{})
			if err != nil {
				return err
			}
			ids := map[string]bool{}
			for _, s := range all.Stacks {
				if id := s.Tags[tenantTag]; id != "" {
					ids[id] = true
				}
			}
			return fmt.Errorf("no stack in %s is of tenant %q: there are %s", c.o.Assembly, t, strings.Join(slices.Sorted(maps.Keys(ids)), ", "))
		}
	}
	return nil
}

// settle is how long the assembly has to be unchanged before it is read.
const settle = 300 * time.Millisecond

// watch reloads when the assembly changes, until Close.
func (c *Cloud) watch() error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watching %s: %w", c.o.Assembly, err)
	}
	dir, err := filepath.Abs(c.o.Assembly)
	if err == nil {
		err = w.Add(filepath.Dir(dir)) // the folder itself may be removed and made again
	}
	if err == nil {
		err = w.Add(dir)
	}
	if err != nil {
		_ = w.Close()
		return fmt.Errorf("watching %s: %w", c.o.Assembly, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.follow(ctx, w, dir)
	}()
	c.watcher = func() {
		cancel()
		_ = w.Close()
		<-done
	}
	return nil
}

func (c *Cloud) follow(ctx context.Context, w *fsnotify.Watcher, dir string) {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-w.Events:
			if !ok {
				return
			}
			if e.Name == dir && e.Has(fsnotify.Create) {
				_ = w.Add(dir)
			}
			if e.Name == dir || filepath.Dir(e.Name) == dir {
				timer.Reset(settle)
			}
		case err := <-w.Errors:
			if err != nil {
				c.say("watching the cloud assembly: " + err.Error())
			}
		case <-timer.C:
			if err := c.Reload(ctx); err != nil && ctx.Err() == nil {
				c.say("what runs stays as it was: " + err.Error())
			}
		}
	}
}

// ofType selects resources.
func ofType(resources []resource.Resource, resourceType string) []resource.Resource {
	var out []resource.Resource
	for _, r := range resources {
		if r.Type == resourceType {
			out = append(out, r)
		}
	}
	return out
}
