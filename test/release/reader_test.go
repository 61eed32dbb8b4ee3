package release_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tenantstack/tenantstack/internal/release"
	"github.com/tenantstack/tenantstack/test/localtest"
)

// readers load the pages of all tenants again and again, with everything that they name, as browsers without a cache do.
type readers struct {
	t    *testing.T
	http *http.Client

	mu sync.Mutex
	// versions that were released, one after the other.
	versions []int
	// reported is the index of the version that was reported to be in place, by tenant.
	reported map[string]int

	pages atomic.Int64
	stop  chan struct{}
	group sync.WaitGroup
}

func startReaders(t *testing.T, c *localtest.Cloud) *readers {
	r := &readers{t: t, http: c.HTTP, reported: map[string]int{}, stop: make(chan struct{})}
	for _, tenant := range c.Status().Tenants {
		r.group.Go(func() {
			for {
				select {
				case <-r.stop:
					return
				default:
				}
				if err := r.load(tenant.ID, tenant.URL); err != nil {
					t.Errorf("page of %s: %v", tenant.ID, err)
					return
				}
			}
		})
	}
	t.Cleanup(r.end)
	return r
}

// end stops the readers. It may be called twice.
func (r *readers) end() {
	r.mu.Lock()
	select {
	case <-r.stop:
	default:
		close(r.stop)
	}
	r.mu.Unlock()
	r.group.Wait()
}

// begin says that a version is about to be released to all tenants.
func (r *readers) begin(version int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.versions = append(r.versions, version)
}

// done says that it was reported for a tenant.
func (r *readers) done(_, _ int, result release.Result) {
	if result.Err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reported[result.Tenant] = len(r.versions) - 1
}

// state is the version that is in place at a tenant, as an index, and the last one that may be.
func (r *readers) state(tenant string) (reported, begun int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	reported, ok := r.reported[tenant]
	if !ok {
		reported = -1
	}
	return reported, len(r.versions) - 1
}

var (
	dataVersion = regexp.MustCompile(`data-version="(\d+)"`)
	assetPath   = regexp.MustCompile(`"/(assets/[^"]+)"`)
	assetDigest = regexp.MustCompile(`-([0-9a-f]{8})\.\w+$`)
)

// load loads a page and everything that it names. A page may be that of any version from the one that was reported before it was asked
// for to the last one that was begun when it was there.
func (r *readers) load(tenant, url string) error {
	from, _ := r.state(tenant)
	index, err := r.get(url)
	if errors.Is(err, errNotFound) && from < 0 {
		return nil // nothing is released yet
	}
	if err != nil {
		return err
	}
	_, to := r.state(tenant)
	m := dataVersion.FindStringSubmatch(index)
	if m == nil {
		return fmt.Errorf("it is %q", index)
	}
	version, err := strconv.Atoi(m[1])
	if err != nil {
		return err
	}
	r.mu.Lock()
	allowed := r.versions[max(from, 0) : to+1]
	expected := false
	for _, v := range allowed {
		expected = expected || v == version
	}
	r.mu.Unlock()
	if !expected {
		return fmt.Errorf("it is version %d, want one of %v", version, allowed)
	}
	for _, m := range assetPath.FindAllStringSubmatch(index, -1) {
		content, err := r.get(url + m[1])
		if err != nil {
			return fmt.Errorf("version %d: %w", version, err)
		}
		if want := assetDigest.FindStringSubmatch(m[1]); want == nil || digest(content) != want[1] {
			return fmt.Errorf("version %d: %s holds %q", version, m[1], content)
		}
	}
	if _, err := r.get(url + "config.json"); err != nil {
		return err
	}
	r.pages.Add(1)
	return nil
}

var errNotFound = errors.New("it is not there")

// get gets a file through the distribution. S3 answers 403 for what is not there, to who may not list the bucket.
func (r *readers) get(url string) (string, error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", fmt.Errorf("%s: %w", url, err)
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return string(body), nil
	case http.StatusForbidden, http.StatusNotFound:
		return "", fmt.Errorf("%s: %d: %w", url, resp.StatusCode, errNotFound)
	}
	return "", fmt.Errorf("%s: %d %s", url, resp.StatusCode, body)
}
