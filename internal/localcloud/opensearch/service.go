// Package opensearch stands in for Amazon OpenSearch Service: every domain of the templates has an
// endpoint of its own, and all domains share one OpenSearch node.
//
// A request is read in one canonical form, which is what the IAM gate decides, what is routed and what
// goes to the node. Names of indices, aliases, templates, pipelines and data streams get a prefix
// of the domain in the path, in the query and in bodies, and lose it in answers. The prefix
// cannot be guessed, so that a name in a place that is not rewritten finds nothing; places that take
// patterns are rewritten or refused. APIs that are not in the table of routes are refused.
package opensearch

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// Options of the service.
type Options struct {
	// Gate authenticates and decides requests.
	Gate *gate.Gate
	// Engine is the node's address, such as http://127.0.0.1:9200. Optional; requests are
	// answered 503 until SetEngine names one.
	Engine string
	// Key makes the names on the node: 32 bytes. With the same key a domain finds its indices of an
	// earlier run. Optional; random by default.
	Key []byte
	// Now is the clock. Optional.
	Now func() time.Time
	// Log is told of problems in one line each. Optional.
	Log func(string)
}

// Service serves the domains. It is a [resource.Provider] and, for the control plane, a
// [gate.Service].
type Service struct {
	gate      *gate.Gate
	key       []byte
	now       func() time.Time
	log       func(string)
	engine    atomic.Pointer[url.URL]
	transport *http.Transport

	mu      sync.Mutex
	domains map[string]*domain // by ARN
	closed  bool
}

// New makes the service without domains.
func New(o Options) *Service {
	s := &Service{gate: o.Gate, key: o.Key, now: o.Now, log: o.Log, domains: map[string]*domain{}}
	if len(s.key) == 0 {
		s.key = make([]byte, 32)
		_, _ = rand.Read(s.key) // never fails (crypto/rand)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = func(string) {}
	}
	s.transport = &http.Transport{
		DialContext:         (&net.Dialer{Timeout: time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     90 * time.Second,
		// Prefixes are taken out of the answers, which have to be plain for that.
		DisableCompression: true,
	}
	s.SetEngine(o.Engine)
	return s
}

// SetEngine names the node's address after it started again; empty while it does not run, when
// requests are answered 503 as the service does. An address that is no URL counts as empty.
func (s *Service) SetEngine(address string) {
	u, err := url.Parse(address)
	if address == "" || err != nil || u.Host == "" {
		s.engine.Store(nil)
		return
	}
	s.engine.Store(u)
}

// Reserve opens the domain's listener, on a free port of 127.0.0.1, and returns its address as
// host:port. Until Put makes the domain, requests are answered 503. Further calls return the same.
func (s *Service) Reserve(domainARN string) (hostport string, err error) {
	d, err := s.reserve(domainARN)
	if err != nil {
		return "", fmt.Errorf("opening the endpoint of domain %s: %w", domainARN, err)
	}
	return d.hostport, nil
}

// Endpoint is the address that Reserve returned, host:port; empty for a domain that was not reserved.
func (s *Service) Endpoint(domainARN string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.domains[domainARN]; d != nil {
		return d.hostport
	}
	return ""
}

func (s *Service) reserve(arn string) (*domain, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.domains[arn]; d != nil {
		return d, nil
	}
	if s.closed {
		return nil, errors.New("the service is closed")
	}
	d, err := s.newDomain(arn)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d.hostport = listener.Addr().String()
	d.server = &http.Server{Handler: d, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	s.domains[arn] = d
	go func() {
		if err := d.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.log(fmt.Sprintf("serving domain %s: %v", arn, err))
		}
	}()
	return d, nil
}

// Close ends the endpoints of all domains. Requests under way are given until ctx ends.
func (s *Service) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	domains := slices.Collect(maps.Values(s.domains))
	s.mu.Unlock()
	var problems []error
	for _, d := range domains {
		if err := d.server.Shutdown(ctx); err != nil {
			problems = append(problems, fmt.Errorf("closing the endpoint of domain %s: %w", d.arn, err), d.server.Close())
		}
	}
	s.transport.CloseIdleConnections()
	return errors.Join(problems...)
}

// domain is one domain with its endpoint.
type domain struct {
	service                    *Service
	arn, region, account, name string
	hostport                   string
	server                     *http.Server
	// prefix of the names on the node.
	prefix string
	// key seals the handles of scrolls and points in time.
	key []byte
	// settings are nil while no template has the domain.
	settings atomic.Pointer[settings]
}

func (s *Service) newDomain(arn string) (*domain, error) {
	parts := strings.SplitN(arn, ":", 6)
	name := ""
	if len(parts) == 6 {
		name, _ = strings.CutPrefix(parts[5], "domain/")
	}
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "es" || name == "" || name == parts[5] || strings.Contains(name, "/") {
		return nil, fmt.Errorf("ARN %q is not of the form arn:aws:es:region:account:domain/name", arn)
	}
	return &domain{
		service: s, arn: arn, region: parts[3], account: parts[4], name: name,
		prefix: "t" + hex.EncodeToString(s.derive("names " + arn)[:8]) + "--",
		key:    s.derive("handles " + arn),
	}, nil
}

func (s *Service) derive(label string) []byte {
	h := hmac.New(sha256.New, s.key)
	_, _ = io.WriteString(h, label)
	return h.Sum(nil)
}
