//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/tenantstack/tenantstack/internal/localcloud"
	"github.com/tenantstack/tenantstack/internal/localcloud/control"
	"github.com/tenantstack/tenantstack/internal/release"
	"github.com/tenantstack/tenantstack/plan"
)

// webOnUp releases a build to the tenants of a local cloud that has started.
type webOnUp struct {
	project project
	// dist is the folder of the build.
	dist string
	// local finds the sites of the local cloud as it is now.
	local func(context.Context) (*localSites, error)
	// say takes what is to be told, in one line each.
	say func(string)
}

func (o upOptions) web(local func(context.Context) (*localSites, error), say func(string)) webOnUp {
	return webOnUp{project: o.project, dist: o.dist, local: local, say: say}
}

// serveWeb releases the build to a local cloud of this process and, with --watch, follows it until the returned function is
// called. Of a detached local cloud the first release is for the command that waits for it, which has somebody to tell.
func (o upOptions) serveWeb(ctx context.Context, cloud *localcloud.Cloud, say func(string), happened <-chan struct{}) (stop func()) {
	w := o.web(func(context.Context) (*localSites, error) {
		return newLocalSites(cloud.Status(), func(_ context.Context, account string) (control.Credentials, error) {
			return cloud.Credentials(account, "")
		}), nil
	}, say)
	if os.Getenv(detachedEnv) == "" {
		w.release(ctx, false)
	}
	if !o.watch {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := w.watch(ctx, happened); err != nil {
			say(err.Error())
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// release puts the build in place. What fails is a warning: the APIs run without a page too. A quiet release tells of changes only.
func (w webOnUp) release(ctx context.Context, quiet bool) {
	if _, err := os.Stat(w.dist); errors.Is(err, fs.ErrNotExist) {
		w.say(fmt.Sprintf("no web application in %s: make web builds it", w.dist))
		return
	}
	start := time.Now()
	build, results, err := w.run(ctx)
	if err != nil {
		w.say("the web application is not released: " + err.Error())
		return
	}
	for _, err := range release.Warnings(results) {
		w.say("the web application: " + err.Error())
	}
	for _, err := range release.Failures(results) {
		w.say("the web application is not released: " + err.Error())
	}
	if quiet && tally(results)[release.UpToDate] == len(results) {
		return
	}
	w.say(fmt.Sprintf("web application %s: %s, in %.1f s", build.Release(), summary(results, false), time.Since(start).Seconds()))
}

func (w webOnUp) run(ctx context.Context) (*release.Build, []release.Result, error) {
	build, err := release.Load(w.dist)
	if err != nil {
		return nil, nil, err
	}
	planned, err := w.project.plan(plan.Selection{})
	if err != nil {
		return nil, nil, err
	}
	local, err := w.local(ctx)
	if err != nil {
		return nil, nil, err
	}
	sites, _ := local.sites(release.Sites(planned))
	return build, release.New(release.Options{Connect: local.connect}).Release(ctx, build, sites), nil
}

// settleWeb is how long the build has to be unchanged before it is read: bundlers write file by file.
const settleWeb = 500 * time.Millisecond

// watch releases the build when it changes, and when the local cloud has taken over other templates, until ctx ends.
func (w webOnUp) watch(ctx context.Context, tookOver <-chan struct{}) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watching %s: %w", w.dist, err)
	}
	defer watcher.Close()
	dist, err := filepath.Abs(w.dist)
	if err != nil {
		return fmt.Errorf("watching %s: %w", w.dist, err)
	}
	addFolders(watcher, dist)
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tookOver:
			timer.Reset(settleWeb)
		case e := <-watcher.Events:
			if within(e.Name, dist) {
				timer.Reset(settleWeb)
			}
			if e.Has(fsnotify.Create) || e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename) {
				addFolders(watcher, dist) // a build removes its folder and makes it again
			}
		case err := <-watcher.Errors:
			w.say("watching the web application: " + err.Error())
		case <-timer.C:
			if _, err := os.Stat(dist); err == nil {
				w.release(ctx, true)
			}
		}
	}
}

// addFolders watches the folder of the build and those below it, and the nearest folder above that exists, in which it would appear.
// Adding a folder that is watched changes nothing.
func addFolders(watcher *fsnotify.Watcher, dist string) {
	above := filepath.Dir(dist)
	for above != filepath.Dir(above) && watcher.Add(above) != nil {
		above = filepath.Dir(above)
	}
	_ = filepath.WalkDir(dist, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = watcher.Add(path) // one that is gone again is told of by its folder
		}
		return nil
	})
}

func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+string(filepath.Separator))
}
