package release

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// holders are tenants that have the same release in place.
type holders struct {
	// release in place, and the one that a rollback took away before.
	release, rolledBackFrom string
	// since is the latest time at which one of them got it.
	since   entry
	tenants []string
}

// taken is the release that a rollback takes back at these tenants, or has taken back already.
func (h *holders) taken() string { return cmp.Or(h.rolledBackFrom, h.release) }

func (h *holders) String() string {
	text := fmt.Sprintf("%s is in place at %s", h.release, named(h.tenants))
	if h.rolledBackFrom != "" {
		text += ", rolled back from " + h.rolledBackFrom
	}
	return text
}

// takenBack is the release that a rollback is to take back: the given one, which some tenant has to have, or the one
// that all tenants have. A fleet that is only partly released to has two, and going back from both would take tenants back
// which have nothing to do with it. Tenants of which nothing is known fail by themselves later.
func (r *Releaser) takenBack(ctx context.Context, from string, sites []Site) (string, error) {
	groups, unknown := r.holders(ctx, sites)
	if from != "" {
		has := func(h *holders) bool { return h.taken() == from || h.release == from }
		if unknown == 0 && !slices.ContainsFunc(groups, has) {
			return "", errors.Join(append([]error{fmt.Errorf("rolling back from %s: none of the selected tenants has this release; nothing was done", from)}, listed(groups)...)...)
		}
		return from, nil
	}
	if len(groups) == 0 {
		return "", nil
	}
	for _, h := range groups {
		if h.taken() != groups[0].taken() {
			problems := []error{errors.New("rolling back: the selected tenants have different releases, so it is not clear which one to take back; nothing was done")}
			problems = append(problems, listed(groups)...)
			return "", errors.Join(append(problems, fmt.Errorf("rolling back: take one release back at the tenants that have it, with --from %s; or put one in place at all of them, with --to; or select tenants", groups[0].taken()))...)
		}
	}
	return groups[0].taken(), nil
}

func listed(groups []*holders) []error {
	lines := make([]error, len(groups))
	for i, h := range groups {
		lines[i] = fmt.Errorf("rolling back: %s", h)
	}
	return lines
}

// holders asks every site for its release and groups them, the latest release first. Sites without a release are left
// out; unknown is how many did not tell.
func (r *Releaser) holders(ctx context.Context, sites []Site) (groups []*holders, unknown int) {
	pages, failed := make([]page, len(sites)), make([]error, len(sites))
	each(ctx, r.o.Parallel, len(sites), func(i int) {
		s := sites[i]
		clients, err := r.o.Connect(ctx, s.Environment)
		if err == nil {
			pages[i], err = bucket{s3: clients.S3, name: s.Bucket, stack: s.Stack}.page(ctx)
		}
		failed[i] = err
	})
	for i, p := range pages {
		switch {
		case failed[i] != nil || ctx.Err() != nil:
			unknown++
			continue
		case p.current == "":
			continue
		}
		release, from := p.current.release(), p.rolledBackFrom.release()
		same := slices.IndexFunc(groups, func(h *holders) bool { return h.release == release && h.rolledBackFrom == from })
		if same < 0 {
			groups = append(groups, &holders{release: release, rolledBackFrom: from})
			same = len(groups) - 1
		}
		h := groups[same]
		h.tenants, h.since = append(h.tenants, sites[i].Tenant), max(h.since, p.current)
	}
	slices.SortStableFunc(groups, func(a, b *holders) int { return strings.Compare(string(b.since), string(a.since)) })
	return groups, unknown
}
