package release_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tenantstack/tenantstack/internal/localcloud"
	"github.com/tenantstack/tenantstack/internal/release"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/test/localtest"
)

// TestRelease releases one version after the other to all tenants while their pages are read all the time: no page
// is ever broken, and none is old after its release was reported. One release is interrupted and goes on, one is taken back.
func TestRelease(t *testing.T) {
	c := localtest.Start(t, localcloud.Options{})
	all := sites(t, c)
	r := startReaders(t, c)
	releaser := release.New(release.Options{Connect: connect(c), Parallel: 3, Progress: r.done})
	put := func(n int) []release.Result {
		t.Helper()
		r.begin(n)
		results := releaser.Release(t.Context(), build(t, n), all)
		want(t, results, release.Released)
		r.read(t)
		return results
	}
	put(1)
	for _, site := range all {
		headers(t, c, site)
	}
	put(2)

	r.begin(3)
	interrupted := interrupt(t, c, r, build(t, 3), all)
	t.Logf("interrupted: %v", interrupted)
	r.read(t)
	results := releaser.Release(t.Context(), build(t, 3), all)
	if slices.ContainsFunc(results, func(r release.Result) bool { return r.Err != nil || r.Release != build(t, 3).Release() }) {
		t.Fatalf("resumed: %+v", results)
	}
	r.read(t)
	for i, result := range results {
		if interrupted[i].Action == release.Released && result.Action != release.UpToDate {
			t.Errorf("tenant %s was %s and then %s", result.Tenant, interrupted[i].Action, result.Action)
		}
	}

	r.begin(2)
	want(t, back(t, releaser, all), release.RolledBack)
	r.read(t)
	want(t, back(t, releaser, all), release.UpToDate)
	put(3)

	// What two releases ago needs is there, what only three ago did is not.
	put(4)
	if keys := stored(t, c, all[0]); !slices.Contains(keys, code(2)) {
		t.Errorf("%s, the code of two releases ago, is not there: %v", code(2), keys)
	}
	put(5)
	if keys := stored(t, c, all[0]); !slices.Contains(keys, code(3)) || slices.Contains(keys, code(2)) || slices.Contains(keys, code(1)) {
		t.Errorf("want the code of releases 3 to 5 alone: %v", keys)
	}
	status(t, releaser.Status(t.Context(), all))
	r.end()
	t.Logf("%d pages read", r.pages.Load())
}

// back rolls sites back.
func back(t *testing.T, r *release.Releaser, all []release.Site) []release.Result {
	t.Helper()
	results, err := r.Rollback(t.Context(), release.Back{}, all)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// want wants the same action for all tenants.
func want(t *testing.T, results []release.Result, action release.Action) {
	t.Helper()
	for _, r := range results {
		if r.Err != nil || r.Action != action || action != release.UpToDate && r.Invalidation == "" {
			t.Fatalf("tenant %s: %+v", r.Tenant, r)
		}
	}
}

// read waits until every tenant's page was read from the beginning a few times.
func (r *readers) read(t *testing.T) {
	t.Helper()
	until := r.pages.Load() + 20
	localtest.Eventually(t, "pages are read", func() bool { return r.pages.Load() >= until || t.Failed() })
}

// interrupt ends a release in the middle of its uploads.
func interrupt(t *testing.T, c *localtest.Cloud, r *readers, b *release.Build, all []release.Site) []release.Result {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var puts atomic.Int64
	connect := connect(c)
	releaser := release.New(release.Options{Parallel: 2, Progress: r.done, Connect: func(ctx context.Context, env plan.Environment) (release.Clients, error) {
		clients, err := connect(ctx, env)
		clients.S3 = counted{clients.S3, func() {
			if puts.Add(1) == 9 { // some tenants are done, some in the middle, some not begun
				cancel()
			}
		}}
		return clients, err
	}})
	results := releaser.Release(ctx, b, all)
	n := 0
	for _, r := range results {
		if r.Action == release.Interrupted {
			n++
		}
	}
	if n == 0 || n == len(results) {
		t.Errorf("%d of %d tenants were interrupted, want some: %+v", n, len(results), results)
	}
	return results
}

// counted tells of uploads before they are made.
type counted struct {
	release.S3
	put func()
}

func (c counted) PutObject(ctx context.Context, in *s3.PutObjectInput, options ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	c.put()
	return c.S3.PutObject(ctx, in, options...)
}

// stored are the keys of a site's bucket, where no cache is between.
func stored(t *testing.T, c *localtest.Cloud, site release.Site) []string {
	t.Helper()
	out, err := s3.NewFromConfig(c.AWS(site.Environment.Account, "", site.Environment.Region)).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &site.Bucket})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, o := range out.Contents {
		keys = append(keys, *o.Key)
	}
	return keys
}

func status(t *testing.T, all []release.Status) {
	t.Helper()
	for _, s := range all {
		ids := []string{s.Release}
		for _, o := range s.Others {
			ids = append(ids, o.Release)
		}
		if want := []string{build(t, 5).Release(), build(t, 4).Release(), build(t, 3).Release()}; s.Err != nil || !slices.Equal(ids, want) || !s.Others[0].Before || s.Since.IsZero() {
			t.Errorf("status %+v, want %v", s, want)
		}
	}
}
