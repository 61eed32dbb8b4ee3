// Package s3 stands in for Amazon S3: a front that authenticates requests, has the IAM gate decide
// them, and hands what is allowed to an engine that keeps the objects as files.
//
// The engine listens on a Unix socket and takes requests from the front only, which are built anew:
// an operation, its query parameters and its headers are known or the request is refused, and the
// engine never sees a key but a name derived from it.
package s3

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// Options of the service.
type Options struct {
	// Gate decides.
	Gate *gate.Gate
	// Dir keeps the data.
	Dir string
	// Now is the clock. Optional.
	Now func() time.Time
	// Localize maps the origin of a page, such as http://tenant.localhost:4566, to the one that the
	// templates know, such as https://tenant.example.com. Optional.
	Localize func(origin string) string
	// Endpoint is the one that clients here sign requests for, such as http://127.0.0.1:4566. Without it no
	// presigned request comes through a distribution. Optional.
	Endpoint func() string
	// Log is told what goes wrong. Optional.
	Log func(string)
	// OnObject is told of every object that is created or removed. It must not block. Optional.
	OnObject func(Event)
}

// Service is S3. It serves path-style and virtual-hosted requests.
type Service struct {
	gate     *gate.Gate
	now      func() time.Time
	localize func(string) string
	endpoint func() string
	log      func(string)
	onObject func(Event)
	dir      string

	engine  *engine
	buckets *registry
	writers keyLocks

	stop    context.CancelFunc
	stopped sync.WaitGroup
}

// New starts the engine over the data in Dir.
func New(ctx context.Context, o Options) (*Service, error) {
	s := &Service{gate: o.Gate, now: o.Now, localize: o.Localize, endpoint: o.Endpoint, log: o.Log, onObject: o.OnObject, dir: o.Dir}
	if s.now == nil {
		s.now = time.Now
	}
	if s.localize == nil {
		s.localize = func(origin string) string { return origin }
	}
	if s.log == nil {
		s.log = func(string) {}
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("starting S3 in %s: %w", o.Dir, err)
	}
	var err error
	if s.buckets, err = openRegistry(filepath.Join(o.Dir, "buckets.json")); err != nil {
		return nil, err
	}
	if s.engine, err = startEngine(ctx, o.Dir, s.log); err != nil {
		return nil, err
	}
	background, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.stopped.Go(func() { s.expireHourly(background) })
	return s, nil
}

// Close ends the engine. The data stays.
func (s *Service) Close() error {
	s.stop()
	s.stopped.Wait()
	s.engine.close()
	return nil
}

func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{s: s, w: w, http: r, ctx: r.Context(), id: gate.NewRequestID()}
	if problem := c.serve(); problem != nil {
		c.fail(problem)
	}
}
