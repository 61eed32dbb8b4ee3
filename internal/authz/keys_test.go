package authz

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock is moved by the test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// keysFixture is a provider of keys over pages that the test writes.
type keysFixture struct {
	*pages
	*clock
	keys *Keys

	mu       sync.Mutex
	reported []string
}

func newKeysFixture(t *testing.T) *keysFixture {
	t.Helper()
	f := &keysFixture{pages: &pages{}, clock: &clock{now: testNow}}
	f.set(testJWKSURI, ours().jwks())
	var err error
	f.keys, err = NewKeys(KeysConfig{
		Issuer: testIssuer, JWKSURI: testJWKSURI, Transport: f.pages, Now: f.clock.Now,
		Report: func(err error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.reported = append(f.reported, err.Error())
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// lookup is the reason for which a key is not found, or Allowed.
func (f *keysFixture) lookup(kid string) Reason {
	return lookupReason(context.Background(), f.keys, kid)
}

func lookupReason(ctx context.Context, keys *Keys, kid string) Reason {
	alg := algorithm("EdDSA")
	if strings.HasPrefix(kid, "rsa") {
		alg = "RS256"
	}
	_, err := keys.lookup(ctx, joseHeader{algorithm: alg, keyID: kid, hasKeyID: kid != ""})
	if denial := (*Denial)(nil); errors.As(err, &denial) {
		return denial.Reason
	}
	return Allowed
}

// expect checks a look-up and the number of requests made until then.
func (f *keysFixture) expect(t *testing.T, what, kid string, reason Reason, requests int) {
	t.Helper()
	if got := f.lookup(kid); got != reason {
		t.Errorf("%s: look-up of %q gives %s, not %s", what, kid, got, reason)
	}
	if got := f.count(); got != requests {
		t.Errorf("%s: %d requests, not %d", what, got, requests)
	}
}

func serverError(r *http.Request) (*http.Response, error) {
	return reply(r, http.StatusInternalServerError, "down"), nil
}

func TestKeysAreCached(t *testing.T) {
	f := newKeysFixture(t)
	if f.count() != 0 {
		t.Error("the constructor makes requests")
	}
	for range 100 {
		f.expect(t, "warm", "ed", Allowed, 1)
	}
	f.expect(t, "another key", "rsa", Allowed, 1)
	f.advance(keysMaxAge - time.Second)
	f.expect(t, "nearly old", "ed", Allowed, 1)
	f.advance(time.Second)
	f.expect(t, "old", "ed", Allowed, 2)
	f.expect(t, "refreshed", "ed", Allowed, 2)
}

func TestKeysRotation(t *testing.T) {
	f := newKeysFixture(t)
	f.expect(t, "cold", "ed", Allowed, 1)
	f.set(testJWKSURI, jwksOf(fieldsOf("ed").with("kid", `"ed2"`).json()))
	f.expect(t, "a new key at once", "ed2", Allowed, 2)
	f.expect(t, "the old one is withdrawn", "ed", KeyUnknown, 3)
	f.set(testJWKSURI, jwksOf())
	f.advance(keysMaxAge)
	f.expect(t, "all are withdrawn", "ed2", KeyUnknown, 4)
}

func TestUnknownKeysAreBounded(t *testing.T) {
	f := newKeysFixture(t)
	f.expect(t, "cold", "ed", Allowed, 1)
	for i := range 1000 {
		if got := f.lookup(fmt.Sprint("invented-", i)); got != KeyUnknown {
			t.Fatalf("an invented key id gives %s", got)
		}
	}
	f.expect(t, "after invented ids", "ed", Allowed, fetchBurst)
	f.advance(fetchInterval)
	f.expect(t, "one more a while later", "invented-x", KeyUnknown, fetchBurst+1)
	f.expect(t, "and no second", "invented-y", KeyUnknown, fetchBurst+1)
	f.advance(100 * fetchInterval)
	for i := range 1000 {
		f.lookup(fmt.Sprint("later-", i))
	}
	if extra := f.count() - fetchBurst - 1; extra > fetchBurst {
		t.Errorf("%d requests after a quiet time, more than %d", extra, fetchBurst)
	}
	if n := len(f.keys.unknown); n > maxUnknown {
		t.Errorf("%d unknown ids are remembered, more than %d", n, maxUnknown)
	}
}

func TestUnknownKeyIsRemembered(t *testing.T) {
	f := newKeysFixture(t)
	f.expect(t, "cold", "lost", KeyUnknown, 1)
	for range 100 {
		f.expect(t, "again", "lost", KeyUnknown, 1)
	}
	f.advance(unknownTTL)
	f.expect(t, "asked again later", "lost", KeyUnknown, 2)
	for i := range 10 * maxUnknown {
		f.lookup(fmt.Sprint("invented-", i))
		f.advance(fetchInterval)
	}
	if n := len(f.keys.unknown); n > maxUnknown {
		t.Errorf("%d unknown ids are remembered, more than %d", n, maxUnknown)
	}
}

func TestRefusedKeyIsNotAskedForAgain(t *testing.T) {
	f := newKeysFixture(t)
	f.set(testJWKSURI, jwksOf(ours().jwk("ed"), fieldsOf("rsa").with("use", `"enc"`).json()))
	for range 10 {
		f.expect(t, "refused", "rsa", KeyUnknown, 1)
	}
	if len(f.reported) != 1 || !strings.Contains(f.reported[0], "enc") {
		t.Errorf("reported: %q", f.reported)
	}
}

func TestKnownKeysServeWhenFetchingFails(t *testing.T) {
	for name, fail := range map[string]func(*http.Request) (*http.Response, error){
		"status 500": serverError,
		"no network": func(*http.Request) (*http.Response, error) { return nil, errors.New("no route to host") },
		"no JSON":    func(r *http.Request) (*http.Response, error) { return reply(r, 200, "<html>"), nil },
		"too large": func(r *http.Request) (*http.Response, error) {
			return reply(r, 200, strings.Repeat(" ", maxDocumentSize)+jwksOf()), nil
		},
		"a panic": func(*http.Request) (*http.Response, error) { panic("transport") },
	} {
		t.Run(name, func(t *testing.T) {
			f := newKeysFixture(t)
			f.expect(t, "cold", "ed", Allowed, 1)
			f.failWith(fail)
			f.expect(t, "unknown", "new", KeyUnknown, 2)
			f.advance(keysMaxAge)
			f.expect(t, "old", "ed", Allowed, 3)
			f.advance(keysMaxStale - keysMaxAge)
			f.expect(t, "as old as can be", "ed", Allowed, 4)
			f.advance(time.Second)
			f.expect(t, "too old", "ed", KeysUnavailable, 5)
			f.failWith(nil)
			f.expect(t, "back again", "ed", Allowed, 6)
			if len(f.reported) != 4 {
				t.Errorf("reported: %q", f.reported)
			}
		})
	}
}

func TestColdStartWithoutKeys(t *testing.T) {
	f := newKeysFixture(t)
	f.failWith(serverError)
	for range 100 {
		if got := f.lookup("ed"); got != KeysUnavailable {
			t.Fatalf("without keys: %s", got)
		}
	}
	if f.count() != fetchBurst {
		t.Errorf("%d requests, not %d", f.count(), fetchBurst)
	}
	f.failWith(nil)
	f.advance(fetchInterval)
	f.expect(t, "back again", "ed", Allowed, fetchBurst+1)
}

func TestClockGoingBack(t *testing.T) {
	f := newKeysFixture(t)
	f.expect(t, "cold", "ed", Allowed, 1)
	f.advance(-time.Hour)
	f.expect(t, "the age is unknown", "ed", Allowed, 2)
	f.expect(t, "and known again", "ed", Allowed, 2)
}

// TestOneFetchForAll lets many callers wait for one request.
func TestOneFetchForAll(t *testing.T) {
	f := newKeysFixture(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	f.failWith(func(r *http.Request) (*http.Response, error) {
		close(arrived) // a second request would panic here
		<-release
		return reply(r, http.StatusOK, ours().jwks()), nil
	})
	var wg sync.WaitGroup
	results := make(chan Reason, 64)
	for range 64 {
		wg.Go(func() { results <- f.lookup("ed") })
	}
	<-arrived
	// A caller that gives up neither waits nor disturbs the others.
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got := lookupReason(ctx, f.keys, "ed"); got != KeysUnavailable {
		t.Errorf("a caller that gave up: %s", got)
	}
	close(release)
	wg.Wait()
	close(results)
	for got := range results {
		if got != Allowed {
			t.Errorf("a waiting caller: %s", got)
		}
	}
	if f.count() != 1 {
		t.Errorf("%d requests", f.count())
	}
}

// TestGivingUpWithKnownKeys uses the keys that are there when the caller cannot wait.
func TestGivingUpWithKnownKeys(t *testing.T) {
	f := newKeysFixture(t)
	f.expect(t, "cold", "ed", Allowed, 1)
	release := make(chan struct{})
	f.failWith(func(r *http.Request) (*http.Response, error) {
		<-release
		return reply(r, http.StatusOK, ours().jwks()), nil
	})
	f.advance(keysMaxAge)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got := lookupReason(ctx, f.keys, "ed"); got != Allowed {
		t.Errorf("with keys that are due: %s", got)
	}
	close(release)
}
