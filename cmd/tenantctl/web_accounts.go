package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tenantstack/tenantstack/internal/release"
	"github.com/tenantstack/tenantstack/plan"
)

// accountTimeout is how long an AWS account is waited for before a release begins.
const accountTimeout = 30 * time.Second

// unreachable connects to the AWS accounts of all sites, and returns why some of them do not answer. The releases that follow use
// the same connections.
func unreachable(ctx context.Context, connect release.Connect, sites []release.Site, timeout time.Duration) (failed map[plan.Environment]error, accounts int) {
	failed = map[plan.Environment]error{}
	seen := map[plan.Environment]bool{}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(maxAccounts)
	for _, s := range sites {
		env := s.Environment
		if seen[env] {
			continue
		}
		seen[env] = true
		group.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			_, err := connect(ctx, env)
			if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
				err = fmt.Errorf("AWS account %s in %s gave no answer within %s: %w", env.Account, env.Region, timeout, err)
			}
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed[env] = err
			}
			return nil
		})
	}
	_ = group.Wait() // no function returns an error
	return failed, len(seen)
}

// begin checks that the AWS accounts of all sites answer before anything is done to one of them: with credentials for some of
// them only, the others' tenants would stay behind. It returns an error if nothing is to be done. Where no account answers, that
// is told tenant by tenant, as any other failure is.
func (o *webRelease) begin(ctx context.Context, out io.Writer, connect release.Connect, sites []release.Site) error {
	failed, accounts := unreachable(ctx, connect, sites, accountTimeout)
	if len(failed) == 0 || len(failed) == accounts || ctx.Err() != nil {
		return nil
	}
	results := make([]release.Result, len(sites))
	for i, s := range sites {
		results[i] = release.Result{Tenant: s.Tenant, Action: release.Interrupted, Err: errNotBegun}
		if err := failed[s.Environment]; err != nil {
			results[i].Action, results[i].Err = release.Failed, err
		}
	}
	if o.asJSON {
		if err := printJSON(out, resultsJSON(o.dryRun, results)); err != nil {
			return err
		}
		return errReported
	}
	return errors.Join(append(release.Failures(results), fmt.Errorf("nothing was done: %d of the %d AWS environments of these tenants cannot be reached; get credentials for them, or choose the tenants of the others with --tenant or --cell",
		len(failed), accounts))...)
}

// errNotBegun is of tenants whose own account answers.
var errNotBegun = errors.New("not begun, since the AWS accounts of other tenants do not answer")
