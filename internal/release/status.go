package release

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Status is which release a tenant has.
type Status struct {
	// Tenant by id.
	Tenant string
	// Release in place; empty if tenantctl has released nothing to the tenant, or somebody has replaced or deleted its page.
	Release string
	// Foreign says that there is a page which tenantctl did not put.
	Foreign bool
	// Since is when the release was put in place.
	Since time.Time
	// RolledBackFrom is the release that a rollback took away; empty if the current one came by a release.
	RolledBackFrom string
	// Others are the releases that the tenant can go back to, the latest first.
	Others []Other
	// Warnings are of releases that cannot be gone back to, since their manifests cannot be read.
	Warnings []error
	// Err is why nothing is known of the tenant.
	Err error
}

// Other is a release that was in place and is kept whole.
type Other struct {
	// Release by its short id.
	Release string
	// Released is when it came to the tenant.
	Released time.Time
	// Before says that it is the one that a rollback goes back to.
	Before bool
}

// Status tells which release every site has, in the order of the sites.
func (r *Releaser) Status(ctx context.Context, sites []Site) []Status {
	all := make([]Status, len(sites))
	each(ctx, r.o.Parallel, len(sites), func(i int) {
		all[i] = r.status(ctx, sites[i])
	})
	for i, s := range sites {
		if all[i].Tenant == "" {
			all[i] = Status{Tenant: s.Tenant, Err: context.Cause(ctx)}
		}
	}
	return all
}

func (r *Releaser) status(ctx context.Context, s Site) Status {
	out := Status{Tenant: s.Tenant}
	clients, err := r.o.Connect(ctx, s.Environment)
	if err == nil {
		u := &run{Releaser: r, site: s, clients: clients, manifests: map[entry]*manifest{},
			bucket: bucket{s3: clients.S3, name: s.Bucket, stack: s.Stack}}
		err = u.read(ctx, &out)
		out.Warnings = u.result.Warnings
	}
	out.Err = err
	return out
}

func (u *run) read(ctx context.Context, out *Status) error {
	l, err := u.list(ctx, "")
	if err != nil {
		return err
	}
	p, err := u.page(ctx)
	if err != nil {
		return err
	}
	entries, err := u.wereInPlace(ctx, l, p)
	if err != nil {
		return err
	}
	out.Foreign = p.etag != "" && p.current == ""
	out.Release, out.Since, out.RolledBackFrom = p.current.release(), p.modified, p.rolledBackFrom.release()
	for _, e := range entries {
		known := func(o Other) bool { return o.Release == e.release() }
		if e.release() == p.current.release() || slices.ContainsFunc(out.Others, known) {
			continue
		}
		m, err := u.readable(ctx, e)
		if errors.Is(err, errGone) || err == nil && m == nil {
			continue
		}
		if err != nil {
			return err
		}
		missing, err := u.missing(ctx, l, m.build().needed())
		if err != nil {
			return err
		}
		if len(missing) == 0 {
			// After a rollback another one does not go further back by itself.
			before := p.rolledBackFrom == "" && len(p.previous) > 0 && p.previous[0].release() == e.release()
			out.Others = append(out.Others, Other{Release: e.release(), Released: e.time(), Before: before})
		}
	}
	return nil
}
