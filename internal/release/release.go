// Package release puts builds of the single page application in place for many tenants, takes them back, and tells
// which tenant has which.
//
// Everything that a release needs to know lies in the tenant's bucket: a run that was interrupted goes on wherever the next
// one is started, and two at the same time do not break a page. A tenant's bucket holds
//
//	index.html                    the page; its metadata names the release
//	config.json                   what differs between tenants
//	favicon.ico, .well-known/…    files with fixed names, of the current release
//	assets/<name>-<hash>.<ext>    everything else, of the current release and of those before it
//	releases/<time>-<id>.json     the manifests of these releases
//	releases/invalidate-…         marks: CloudFront is still to be told
//	releases/deleting-…           notices: assets that are being deleted
package release

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"
)

// Options of a Releaser.
type Options struct {
	// Connect finds the clients of a tenant's account. Required.
	Connect Connect
	// Parallel is how many tenants are worked on at a time. Default 8.
	Parallel int
	// Uploads is how many files of one tenant are uploaded at a time. Default 4.
	Uploads int
	// DryRun finds out what is to be done and does nothing of it.
	DryRun bool
	// Progress is told of each tenant that is done, how many are, and of how many. It is never called twice at once. Optional.
	Progress func(done, of int, r Result)
	// Now is the clock. Optional.
	Now func() time.Time
	// Sleep waits, or returns the error of the context that ended. Optional.
	Sleep func(context.Context, time.Duration) error
	// NewID makes the id of a run, which no other run has. Optional.
	NewID func() string
}

// Releaser puts releases in place.
type Releaser struct {
	o      Options
	probes *probes
}

// New makes a Releaser.
func New(o Options) *Releaser {
	if o.Parallel <= 0 {
		o.Parallel = 8
	}
	if o.Uploads <= 0 {
		o.Uploads = 4
	}
	if o.Progress == nil {
		o.Progress = func(int, int, Result) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.NewID == nil {
		o.NewID = newID
	}
	return &Releaser{o, &probes{done: map[*s3.Client]error{}}}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// Action is what became of a tenant.
type Action string

const (
	// Released tenants have got the release.
	Released Action = "released"
	// RolledBack tenants have an earlier release again.
	RolledBack Action = "rolledBack"
	// Repaired tenants had the release, but not all of its files or another config.json.
	Repaired Action = "repaired"
	// Left tenants have another release than the one that was to be taken back, and keep it.
	Left Action = "left"
	// UpToDate tenants had everything.
	UpToDate Action = "upToDate"
	// Failed tenants have what they had before, unless the error says that the release is in place.
	Failed Action = "failed"
	// Interrupted tenants were not begun or not ended when the context ended. They have a whole page, the old or the new one.
	Interrupted Action = "interrupted"
)

// Result is what became of a tenant.
type Result struct {
	// Tenant by id.
	Tenant string
	// Action that was taken; with DryRun, that would be.
	Action Action
	// Release that the tenant was to get, and the one that it had before; empty if there was none.
	Release, Before string
	// RolledBackFrom is the release that a rollback took away, now or before.
	RolledBackFrom string
	// Files that were uploaded beside index.html and config.json, and their Bytes.
	Files int
	Bytes int64
	// Config says that config.json was replaced by another one.
	Config bool
	// Deleted files.
	Deleted int
	// Invalidation that was created; empty if none was needed.
	Invalidation string
	// Took is the time that it took.
	Took time.Duration
	// Warnings are of what was passed over: manifests that cannot be read.
	Warnings []error
	// Err is why it failed.
	Err error
}

// Release puts a build in place at every site. The results are in the order of the sites. One that fails does not keep
// the others.
func (r *Releaser) Release(ctx context.Context, b *Build, sites []Site) []Result {
	return r.all(ctx, sites, b.Release(), toBuild(b))
}

func (r *Releaser) all(ctx context.Context, sites []Site, release string, choose choose) []Result {
	results := make([]Result, len(sites))
	var mu sync.Mutex
	done := 0
	each(ctx, r.o.Parallel, len(sites), func(i int) {
		results[i] = r.one(ctx, sites[i], release, choose)
		mu.Lock()
		defer mu.Unlock()
		done++
		r.o.Progress(done, len(sites), results[i])
	})
	for i, s := range sites {
		if results[i].Tenant == "" {
			results[i] = Result{Tenant: s.Tenant, Action: Interrupted, Release: release, Err: context.Cause(ctx)}
		}
	}
	return results
}

// each calls do for 0 to n-1, some at a time, until the context ends.
func each(ctx context.Context, parallel, n int, do func(int)) {
	var group errgroup.Group
	group.SetLimit(parallel)
	for i := range n {
		group.Go(func() error {
			if ctx.Err() == nil {
				do(i)
			}
			return nil
		})
	}
	_ = group.Wait() // no function returns an error
}

func (r *Releaser) one(ctx context.Context, s Site, release string, choose choose) Result {
	start := r.o.Now()
	u := &run{Releaser: r, site: s, config: s.config(), manifests: map[entry]*manifest{}, marks: map[mark][]string{}, uploaded: map[string]bool{}, waited: map[string]time.Duration{},
		result: Result{Tenant: s.Tenant, Release: release, Action: UpToDate}}
	var err error
	if u.clients, err = r.o.Connect(ctx, s.Environment); err == nil {
		u.bucket = bucket{s3: u.clients.S3, name: s.Bucket, stack: s.Stack}
		err = u.do(ctx, choose)
	}
	u.result.Took = r.o.Now().Sub(start)
	switch {
	case err != nil && ctx.Err() != nil:
		u.result.Action, u.result.Err = Interrupted, context.Cause(ctx)
	case err != nil:
		u.result.Action, u.result.Err = Failed, err
	case u.result.Action == UpToDate && (u.result.Files > 0 || u.result.Config):
		u.result.Action = Repaired
	}
	return u.result
}

// Failures are the errors of results, each with the tenants that it is of.
func Failures(results []Result) []error {
	return failures(len(results), func(i int) (string, error) {
		if results[i].Action != Failed {
			return "", nil
		}
		return results[i].Tenant, results[i].Err
	})
}

// Warnings are those of results, each with the tenants that it is of.
func Warnings(results []Result) []error {
	return warnings(len(results), func(i int) (string, []error) { return results[i].Tenant, results[i].Warnings })
}

// StatusWarnings are those of statuses, each with the tenants that it is of.
func StatusWarnings(all []Status) []error {
	return warnings(len(all), func(i int) (string, []error) { return all[i].Tenant, all[i].Warnings })
}

func warnings(n int, of func(int) (string, []error)) []error {
	var all []error
	for i := range n {
		tenant, list := of(i)
		for _, w := range list {
			all = append(all, &tenantsError{tenants: []string{tenant}, err: w})
		}
	}
	return all
}

// StatusFailures are the errors of statuses, each with the tenants that it is of.
func StatusFailures(all []Status) []error {
	return failures(len(all), func(i int) (string, error) { return all[i].Tenant, all[i].Err })
}

// failures groups errors that say the same, as they do for all tenants of an account without credentials.
func failures(n int, of func(int) (string, error)) []error {
	var groups []*tenantsError
	for i := range n {
		tenant, err := of(i)
		if err == nil {
			continue
		}
		same := slices.IndexFunc(groups, func(g *tenantsError) bool { return g.err.Error() == err.Error() })
		if same < 0 {
			groups = append(groups, &tenantsError{err: err})
			same = len(groups) - 1
		}
		groups[same].tenants = append(groups[same].tenants, tenant)
	}
	problems := make([]error, len(groups))
	for i, g := range groups {
		problems[i] = g
	}
	return problems
}

// maxNamed is how many tenants an error names: it may be of hundreds.
const maxNamed = 8

// tenantsError is an error at some tenants.
type tenantsError struct {
	tenants []string
	err     error
}

func (e *tenantsError) Error() string {
	return named(e.tenants) + ": " + e.err.Error()
}

// named are tenants as a message names them.
func named(tenants []string) string {
	noun, more := "tenant ", ""
	if len(tenants) > 1 {
		noun = "tenants "
	}
	if n := len(tenants) - maxNamed; n > 1 {
		tenants, more = tenants[:maxNamed], fmt.Sprintf(" and %d more", n)
	}
	return noun + strings.Join(tenants, ", ") + more
}

func (e *tenantsError) Unwrap() error { return e.err }

// isCode says whether AWS answered with one of the error codes.
func isCode(err error, codes ...string) bool {
	code := codeOf(err)
	return code != "" && slices.Contains(codes, code)
}

// codeOf is the error code of an answer; empty if there is none.
func codeOf(err error) string {
	var refused smithy.APIError
	if errors.As(err, &refused) {
		return refused.ErrorCode()
	}
	return ""
}
