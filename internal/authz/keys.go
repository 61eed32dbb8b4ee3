package authz

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	// keysMaxAge is the age at which the keys are fetched again.
	keysMaxAge = 15 * time.Minute
	// keysMaxStale is the age up to which known keys serve when fetching fails.
	// It bounds how long a withdrawn key lives on.
	keysMaxStale = 24 * time.Hour
	// fetchInterval is the time in which one more fetch may be made, and fetchBurst
	// how many may be made at once after a quiet time: whoever sends tokens with
	// invented key ids causes no more than that.
	fetchInterval = 30 * time.Second
	fetchBurst    = 4
	// unknownTTL is how long a key id that the set does not list stays unknown
	// without asking again, and maxUnknown how many such ids are remembered.
	unknownTTL = 30 * time.Second
	maxUnknown = 256
)

// errNoKeys says that no key set is known that is young enough.
var errNoKeys = errors.New("no verification keys are available")

// KeysConfig says where verification keys come from.
type KeysConfig struct {
	// Issuer is the identity provider's issuer identifier, byte for byte. Without a
	// JWKSURI the keys are discovered at <issuer>/.well-known/openid-configuration,
	// whose issuer must equal it. Not used otherwise.
	Issuer string
	// JWKSURI is where the key set is: https, or http on a loopback host. Optional;
	// discovered by default.
	JWKSURI string
	// Transport makes the requests. Optional; one of its own by default.
	Transport http.RoundTripper
	// Now is the clock. Optional; time.Now by default.
	Now func() time.Time
	// Report is told why a fetch failed and why a key is refused: addresses and
	// key ids, never anything of a token. It must not block. Optional.
	Report func(error)
}

// Keys provides the verification keys of one issuer. It fetches them when they are
// first needed, keeps them, and fetches them again when they are old or a token
// names an unknown one. It is safe for concurrent use.
type Keys struct {
	source source
	now    func() time.Time
	report func(error)

	mu        sync.Mutex
	set       *keySet
	fetchedAt time.Time
	inflight  *fetchCall
	// allowance is how many fetches may be made, counted up since allowedAt.
	allowance float64
	allowedAt time.Time
	unknown   map[string]time.Time
}

// fetchCall is a fetch that several callers wait for.
type fetchCall struct {
	done chan struct{}
	// succeeded is set before done is closed.
	succeeded bool
}

// NewKeys checks the configuration and makes no request. Errors name the address that is refused.
func NewKeys(config KeysConfig) (*Keys, error) {
	k := &Keys{
		source:  source{client: newHTTPClient(config.Transport), issuer: config.Issuer, jwksURI: config.JWKSURI},
		now:     config.Now,
		report:  config.Report,
		unknown: map[string]time.Time{},
	}
	if config.JWKSURI != "" {
		if _, err := checkEndpoint(config.JWKSURI); err != nil {
			return nil, fmt.Errorf("checking the address of the key set: %w", err)
		}
	} else if err := checkIssuerURL(config.Issuer); err != nil {
		return nil, fmt.Errorf("checking the issuer: %w", err)
	}
	if k.now == nil {
		k.now = time.Now
	}
	if k.report == nil {
		k.report = func(error) {}
	}
	k.allowance, k.allowedAt = fetchBurst, k.now()
	return k, nil
}

// lookup finds the key for a token's header. It makes a request only when the
// keys are old or the key id is unknown, and then only at the bounded rate.
func (k *Keys) lookup(ctx context.Context, h joseHeader) (verificationKey, error) {
	set, err := k.current(ctx, h)
	if err != nil {
		return verificationKey{}, unauthenticated(KeysUnavailable)
	}
	if !h.hasKeyID {
		if set.sole == nil {
			return verificationKey{}, unauthenticated(KeyIDMissing)
		}
		return k.check(*set.sole, h)
	}
	key, known := set.byID[h.keyID]
	if !known {
		return verificationKey{}, unauthenticated(KeyUnknown)
	}
	return k.check(key, h)
}

func (k *Keys) check(key verificationKey, h joseHeader) (verificationKey, error) {
	if !key.serves(h.algorithm) {
		return verificationKey{}, unauthenticated(KeyNotForAlgorithm)
	}
	return key, nil
}

// current is the key set to decide with.
func (k *Keys) current(ctx context.Context, h joseHeader) (*keySet, error) {
	k.mu.Lock()
	now := k.now()
	if k.fresh(now) && k.answers(h, now) {
		defer k.mu.Unlock()
		return k.set, nil
	}
	call := k.inflight
	if call == nil && k.take(now) {
		call = &fetchCall{done: make(chan struct{})}
		k.inflight = call
		// Its own context: a caller that gives up must not fail the others.
		go k.fetch(context.WithoutCancel(ctx), call)
	}
	k.mu.Unlock()
	fetched := false
	if call != nil {
		select {
		case <-call.done:
			fetched = call.succeeded
		case <-ctx.Done():
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.set == nil || k.age(now) > keysMaxStale {
		return nil, errNoKeys
	}
	if fetched {
		k.remember(h, now)
	}
	return k.set, nil
}

// age is how old the keys are. A clock that went back makes them as old as can be.
func (k *Keys) age(now time.Time) time.Duration {
	if age := now.Sub(k.fetchedAt); age >= -time.Minute {
		return age
	}
	return keysMaxStale
}

func (k *Keys) fresh(now time.Time) bool {
	return k.set != nil && k.age(now) < keysMaxAge
}

// answers reports whether fetching again could not help with this header.
func (k *Keys) answers(h joseHeader, now time.Time) bool {
	if !h.hasKeyID || k.set.listed[h.keyID] {
		return true
	}
	until, remembered := k.unknown[h.keyID]
	return remembered && now.Before(until)
}

// remember keeps the id of a token that the set, just fetched, does not list.
func (k *Keys) remember(h joseHeader, now time.Time) {
	if !h.hasKeyID || k.set.listed[h.keyID] {
		return
	}
	if len(k.unknown) >= maxUnknown {
		clear(k.unknown)
	}
	k.unknown[h.keyID] = now.Add(unknownTTL)
}

// take counts a fetch against the allowance.
func (k *Keys) take(now time.Time) bool {
	if elapsed := now.Sub(k.allowedAt); elapsed > 0 {
		k.allowance = min(fetchBurst, k.allowance+float64(elapsed)/float64(fetchInterval))
	}
	k.allowedAt = now
	if k.allowance < 1 {
		return false
	}
	k.allowance--
	return true
}

// fetch replaces the keys when it succeeds. A set without any usable key replaces
// them too: leaving a key out is how an issuer withdraws it.
func (k *Keys) fetch(ctx context.Context, call *fetchCall) {
	set, err := k.fetchSafely(ctx)
	// Before the callers go on: a process may be frozen as soon as they have answered.
	if err != nil {
		k.report(fmt.Errorf("fetching the verification keys: %w", err))
	} else {
		for _, refused := range set.refused {
			k.report(refused)
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		k.set, k.fetchedAt = set, k.now()
		call.succeeded = true
	}
	k.inflight = nil
	close(call.done)
}

// fetchSafely makes an error of a panic, which in a goroutine would end the process.
func (k *Keys) fetchSafely(ctx context.Context) (set *keySet, err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			set, err = nil, fmt.Errorf("recovered from a panic: %v", recovered)
		}
	}()
	return k.source.fetch(ctx)
}
