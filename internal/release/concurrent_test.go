package release

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/tenantstack/tenantstack/plan"
)

// interleave runs clients at the same time, one call of one of them after the other, in an order that the random numbers
// decide. Now and then one client makes a great many calls while the others are held up. A client that is in stopped is stopped
// after that many calls.
func interleave(w *world, random *rand.Rand, clients map[string]func(), stopped map[string]int) {
	type turn struct {
		client string
		take   chan struct{}
	}
	arrive, ended := make(chan turn), make(chan struct{})
	made := map[string]int{}
	var mu sync.Mutex
	w.before = func(c call) error {
		t := turn{c.client, make(chan struct{})}
		arrive <- t
		<-t.take
		mu.Lock()
		defer mu.Unlock()
		made[c.client]++
		if n, ok := stopped[c.client]; ok && made[c.client] > n {
			return errStopped
		}
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(clients)) {
		go func() {
			clients[name]()
			ended <- struct{}{}
		}()
	}
	var waiting []turn
	alone, left := "", 0
	for live := len(clients); live > 0; {
		if len(waiting) < live {
			select {
			case t := <-arrive:
				waiting = append(waiting, t)
			case <-ended:
				live--
			}
			continue
		}
		slices.SortFunc(waiting, func(a, b turn) int { return strings.Compare(a.client, b.client) })
		i := slices.IndexFunc(waiting, func(t turn) bool { return t.client == alone })
		if left--; i < 0 || left < 0 {
			i, alone = random.IntN(len(waiting)), ""
		}
		t := waiting[i]
		if alone == "" && random.IntN(12) == 0 {
			alone, left = t.client, random.IntN(400)
		}
		waiting = slices.Delete(waiting, i, i+1)
		close(t.take)
	}
	w.before = func(call) error { return nil }
}

// Releases and rollbacks of one tenant at the same time, in thousands of orders, some of them interrupted: the page is whole at every
// moment, also where one needs what another is about to delete, and the next release finds nothing that it cannot clear up.
func TestAtTheSameTime(t *testing.T) {
	seeds := 1000
	if testing.Short() {
		seeds = 200
	}
	s := site("acme")
	changed := s
	changed.Config.Issuer = "https://other.example.com/"
	world := newWorld("acme")
	builds := map[int]*Build{}
	for n := 1; n <= 6; n++ {
		builds[n] = version(t, n)
	}
	for n := 1; n <= 4; n++ {
		ok(t, world.releaser("a").Release(context.Background(), builds[n], []Site{s}))
		world.pass(5 * time.Minute)
	}
	steps := []step{
		releaseStep(builds[5], s), releaseStep(builds[5], s), releaseStep(builds[5], changed), releaseStep(builds[4], changed),
		releaseStep(builds[1], s), releaseStep(builds[2], s), // files of these are what a release of 5 deletes
		rollbackStep("", s), rollbackStep(builds[2].Release(), s),
		releaseAllStep(s, builds[6], builds[1], builds[2], builds[3], builds[4]), // in the end what was in place at the beginning
	}
	waits, overtaken := 0, 0
	for seed := range seeds {
		random := rand.New(rand.NewPCG(uint64(seed), 6))
		w := world.clone()
		w.always(t, "acme")
		clients, results, stopped := map[string]func(){}, map[string]*Result{}, map[string]int{}
		var names []string
		for i := range 2 + random.IntN(2) {
			name, step := fmt.Sprintf("client %d", i), steps[random.IntN(len(steps))]
			results[name] = &Result{}
			clients[name] = func() { *results[name] = step.do(w.releaser(name))[0] }
			if random.IntN(4) == 0 {
				stopped[name] = random.IntN(30)
			}
			names = append(names, step.name)
		}
		interleave(w, random, clients, stopped)
		for name, r := range results {
			if errors.Is(r.Err, errOvertaken) {
				overtaken++
			} else if !expected(r.Err) {
				t.Errorf("seed %d, %v: %s: %v", seed, names, name, r.Err)
			}
		}
		waits += strings.Count(fmt.Sprint(w.log), "Sleep")
		w.pass(2 * time.Hour)
		ok(t, w.releaser("last").Release(context.Background(), builds[6], []Site{s}))
		checkClean(t, w, seed, true)
		ok(t, w.releaser("last").Release(context.Background(), builds[3], []Site{s}))
		checkClean(t, w, seed, false)
		if t.Failed() {
			t.Fatalf("seed %d: %v, stopped %v", seed, names, stopped)
		}
	}
	if waits == 0 {
		t.Error("no release has ever waited for a deletion: the test does not test it")
	}
	t.Logf("%d orders, %d waits for deletions, %d runs gave up", seeds, waits, overtaken)
}

// expected says whether a run may end so: it was stopped, or what it was to go back to has gone.
func expected(err error) bool {
	return err == nil || errors.Is(err, errStopped) || strings.Contains(err.Error(), "rolling back: ")
}

// checkClean wants the bucket to hold nothing but what the releases that are kept need. What has begun after the one that is in place
// may have its marks until another one comes.
func checkClean(t *testing.T, w *world, seed int, begun bool) {
	t.Helper()
	needed := map[string]bool{}
	l, err := bucket{s3: memory{w, "check"}, name: site("acme").Bucket}.list(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range l.entries {
		m, err := decodeManifest(e, w.buckets[site("acme").Bucket][e.key()].body)
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(needed, names(m.build()))
	}
	current := entry(w.buckets[site("acme").Bucket][indexKey].metadata[metaRelease])
	for key := range l.objects {
		if m, ok := parseMark(key); ok && begun && m.entry > current && l.has(m.entry.key()) {
			continue
		}
		if _, isManifest := parseManifestKey(key); !isManifest && !needed[key] && key != configKey {
			t.Errorf("seed %d: %s is left", seed, key)
		}
	}
}

// hooked does something before index.html is put, and can refuse it afterwards.
type hooked struct {
	S3
	before func()
	after  error
}

func (h *hooked) PutObject(ctx context.Context, in *s3.PutObjectInput, options ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	if *in.Key != indexKey {
		return h.S3.PutObject(ctx, in, options...)
	}
	before, after := h.before, h.after
	h.before, h.after = func() {}, nil // once
	before()
	out, err := h.S3.PutObject(ctx, in, options...)
	return out, errors.Join(err, after)
}

// The SDK repeats a request whose answer was lost, and S3 then refuses it since the page has changed.
func TestRepeatedRequestIsRefused(t *testing.T) {
	for _, rollback := range []bool{false, true} {
		w := newWorld("acme")
		w.always(t, "acme")
		release(t, w, 1)
		release(t, w, 2)
		h := &hooked{memory{w, "a"}, func() {}, &smithy.GenericAPIError{Code: "PreconditionFailed"}}
		releaser := w.releaser("a", func(o *Options) {
			o.Connect = func(context.Context, plan.Environment) (Clients, error) {
				return Clients{h, memory{w, "a"}, memory{w, "a"}}, nil
			}
		})
		want, of := Released, 3
		do := func() []Result { return releaser.Release(bg, version(t, 3), []Site{site("acme")}) }
		if rollback {
			want, of = RolledBack, 1
			do = func() []Result { return releaser.back(Back{}) }
		}
		r := ok(t, do())[0]
		if r.Action != want || r.Release != version(t, of).Release() || r.Before != version(t, 2).Release() || r.Invalidation == "" || w.current("acme") != r.Release || h.after != nil {
			t.Errorf("%+v", r)
		}
	}
}

// A release that comes meanwhile is not what a rollback was asked to take back.
func TestRollbackIsOvertaken(t *testing.T) {
	w := newWorld("acme")
	for n := 1; n <= 3; n++ {
		release(t, w, n)
	}
	meanwhile := func() *hooked {
		return &hooked{memory{w, "a"}, func() { release(t, w, 4) }, nil}
	}
	run := func(h *hooked, id string) Result {
		return w.releaser("a", func(o *Options) {
			o.Connect = func(context.Context, plan.Environment) (Clients, error) {
				return Clients{h, memory{w, "a"}, memory{w, "a"}}, nil
			}
		}).back(Back{To: id})[0]
	}
	if r := run(meanwhile(), ""); !errors.Is(r.Err, errOvertaken) || w.current("acme") != version(t, 4).Release() {
		t.Errorf("%+v, and %s is in place", r, w.current("acme"))
	}
	// A rollback that names the release means it, whatever came meanwhile.
	if r := run(&hooked{memory{w, "a"}, func() { release(t, w, 5) }, nil}, version(t, 3).Release()); r.Action != RolledBack || w.current("acme") != version(t, 3).Release() {
		t.Errorf("%+v, and %s is in place", r, w.current("acme"))
	}
}

// Many tenants at the same time, with several uploads each, as a race detector sees it.
func TestManyTenantsInParallel(t *testing.T) {
	var tenants []string
	var sites []Site
	for i := range 50 {
		tenants = append(tenants, fmt.Sprintf("tenant-%02d", i))
		sites = append(sites, site(tenants[i]))
	}
	w := newWorld(tenants...)
	delete(w.buckets, "tenant-07-web")
	delete(w.parameters, site("tenant-08").DistributionParameter)
	var seen []int
	r := w.releaser("a", func(o *Options) {
		o.Parallel, o.Uploads = 8, 4
		o.Progress = func(done, of int, _ Result) {
			if of != 50 {
				t.Errorf("%d of %d", done, of)
			}
			seen = append(seen, done)
		}
	})
	results := r.Release(context.Background(), version(t, 1), sites)
	for i, r := range results {
		if r.Tenant != tenants[i] || (r.Err == nil) != (i != 7 && i != 8) || r.Err == nil && (r.Action != Released || r.Files != 3) {
			t.Errorf("%+v", r)
		}
	}
	problems := fmt.Sprint(Failures(results))
	for _, want := range []string{
		"tenant tenant-07: listing s3://tenant-07-web/: there is no such bucket: deploy the stack kittens-tenant-tenant-07 first",
		"tenant tenant-08: reading the SSM parameter /kittens/tenant/tenant-08/distribution with the id of the distribution: there is none: deploy the stack kittens-tenant-tenant-08 first",
	} {
		if !strings.Contains(problems, want) {
			t.Errorf("no %q in %s", want, problems)
		}
	}
	if len(w.keys("tenant-08", "")) != 0 {
		t.Error("a tenant without a distribution has got files")
	}
	if len(seen) != 50 || !slices.IsSorted(seen) || seen[49] != 50 {
		t.Errorf("progress %v", seen)
	}
}

// When the context ends, what has begun ends soon, and what has not is told.
func TestContextEnds(t *testing.T) {
	w := newWorld("a", "b", "c")
	cause := errors.New("Ctrl-C")
	ctx, cancel := context.WithCancelCause(context.Background())
	w.after = func(c call) error {
		if c.name == "CreateInvalidation" {
			cancel(cause) // the first tenant has its page
		}
		return nil
	}
	results := w.releaser("x").Release(ctx, version(t, 1), []Site{site("a"), site("b"), site("c")})
	for _, r := range results {
		if r.Action != Interrupted || !errors.Is(r.Err, cause) || r.Release != version(t, 1).Release() || r.Tenant == "" {
			t.Errorf("%+v", r)
		}
	}
	if w.current("a") == "" || len(w.keys("b", "")) != 0 {
		t.Errorf("tenant a has %q, tenant b %v", w.current("a"), w.keys("b", ""))
	}
	for _, s := range w.releaser("x").Status(ctx, []Site{site("a")}) {
		if !errors.Is(s.Err, cause) {
			t.Errorf("status %+v", s)
		}
	}
}

// The same reason is told once, with the tenants that it is of.
func TestFailures(t *testing.T) {
	same := func() error { return errors.New("no credentials") }
	got := fmt.Sprint(Failures([]Result{
		{Tenant: "a", Action: Failed, Err: same()}, {Tenant: "b", Action: Released}, {Tenant: "c", Action: Failed, Err: errOvertaken},
		{Tenant: "d", Action: Failed, Err: same()}, {Tenant: "e", Action: Interrupted, Err: context.Canceled},
	}))
	if want := "[tenants a, d: no credentials tenant c: " + errOvertaken.Error() + "]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	var many []Status
	for i := range 12 {
		many = append(many, Status{Tenant: fmt.Sprint("t", i), Err: same()})
	}
	if got, want := fmt.Sprint(StatusFailures(many)), "[tenants t0, t1, t2, t3, t4, t5, t6, t7 and 4 more: no credentials]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if !errors.Is(StatusFailures([]Status{{Tenant: "a"}, {Tenant: "b", Err: errGone}})[0], errGone) {
		t.Error("the reason is lost")
	}
}
