// Package logs is CloudWatch Logs of the local cloud: log groups in files that survive a crash, the API
// of the service, and reading and following in process for tenantctl and the console.
package logs

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// flushInterval is how long an event may stay in memory only.
const flushInterval = 100 * time.Millisecond

// Options of the service.
type Options struct {
	// Gate decides calls of the API.
	Gate *gate.Gate
	// Dir holds the log groups.
	Dir string
	// Now is the clock. Optional.
	Now func() time.Time
	// Log is told of events that could not be kept. Optional.
	Log func(message string)
}

// Service holds the log groups. It is a gate.Service named logs and a resource.Provider.
type Service struct {
	gate *gate.Gate
	dir  string
	now  func() time.Time
	log  func(string)

	mu     sync.RWMutex
	groups map[groupID]*group

	dirtyMu sync.Mutex
	dirty   []*group
	wake    chan struct{}
	done    chan struct{} // closed when the service is
	stopped chan struct{} // closed when the flusher is

	followMu  sync.RWMutex
	followers map[*follower]struct{}
	following atomic.Int32
}

// groupID is a log group of an account and region.
type groupID struct {
	Account, Region, Name string
}

// New opens the log groups that are there.
func New(o Options) (*Service, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	if o.Dir == "" {
		return nil, errors.New("opening the logs: no directory is given")
	}
	s := &Service{
		gate: o.Gate, dir: o.Dir, now: o.Now, log: o.Log, groups: map[groupID]*group{},
		wake: make(chan struct{}, 1), done: make(chan struct{}), stopped: make(chan struct{}), followers: map[*follower]struct{}{},
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the logs: %w", err)
	}
	directories, err := filepath.Glob(filepath.Join(o.Dir, "*", metaName))
	if err != nil {
		return nil, fmt.Errorf("opening the logs: %w", err)
	}
	for _, path := range directories {
		g, err := openGroup(filepath.Dir(path))
		if err != nil {
			return nil, err
		}
		s.groups[g.id] = g
	}
	go s.flushAll()
	return s, nil
}

// Close writes what is still in memory. Nothing may be written after it.
func (s *Service) Close() error {
	close(s.done)
	<-s.stopped
	var errs []error
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, g := range s.groups {
		errs = append(errs, g.flush(s.now()))
	}
	return errors.Join(errs...)
}

// flushAll writes what was logged, a little later, so that many lines are one write.
func (s *Service) flushAll() {
	defer close(s.stopped)
	for {
		select {
		case <-s.wake:
		case <-s.done:
			return
		}
		select {
		case <-time.After(flushInterval):
		case <-s.done:
			return
		}
		s.dirtyMu.Lock()
		groups := s.dirty
		s.dirty = nil
		s.dirtyMu.Unlock()
		for _, g := range groups {
			if err := g.flush(s.now()); err != nil {
				s.log(err.Error())
			}
		}
	}
}

func (s *Service) markDirty(g *group) {
	s.dirtyMu.Lock()
	s.dirty = append(s.dirty, g)
	s.dirtyMu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Write logs one event. The group and the stream need not exist. It does not wait for the disk.
func (s *Service) Write(account, region, group, stream string, at time.Time, text string) {
	if len(text) > maxEvent {
		text = text[:maxEvent]
	}
	id := groupID{account, region, group}
	for {
		g, err := s.ensure(id)
		if err != nil {
			s.log(err.Error())
			return
		}
		if s.append(g, stream, []inputEvent{{Timestamp: at.UnixMilli(), Message: text}}) {
			return
		}
	}
}

// append adds events to a stream, which is created if it is not there. It says false if the group was deleted.
func (s *Service) append(g *group, stream string, events []inputEvent) bool {
	now := s.now()
	records, first, ok := g.append(stream, now.UnixMilli(), events)
	if !ok {
		return false
	}
	if first {
		s.markDirty(g)
	}
	if s.following.Load() > 0 {
		for _, r := range records {
			s.publish(g.event(r))
		}
	}
	return true
}

// find is a group that exists.
func (s *Service) find(id groupID) *group {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if g := s.groups[id]; g != nil && !g.isHidden() {
		return g
	}
	return nil
}

// ensure finds a group, or creates it.
func (s *Service) ensure(id groupID) (*group, error) {
	if g := s.find(id); g != nil {
		return g, nil
	}
	g, _, err := s.create(id, nil)
	return g, err
}

// create makes a group and says whether it was not there before. A group that left the templates comes
// back with its events.
func (s *Service) create(id groupID, change func(*meta)) (*group, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[id]
	isNew := g == nil || g.isHidden()
	if g == nil {
		var err error
		if g, err = newGroup(s.dir, id, s.now()); err != nil {
			return nil, false, err
		}
	}
	err := g.change(func(m *meta) {
		m.Hidden = false
		if change != nil {
			change(m)
		}
	})
	if err != nil {
		return nil, false, err
	}
	s.groups[id] = g
	return g, isNew, nil
}

// remove deletes a group with its events.
func (s *Service) remove(id groupID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[id]
	if g == nil {
		return nil
	}
	delete(s.groups, id)
	return g.destroy()
}

// list is all groups of an account and region, or of all, sorted by name.
func (s *Service) list(account, region string) []*group {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var list []*group
	for id, g := range s.groups {
		if (account == "" || id.Account == account) && (region == "" || id.Region == region) && !g.isHidden() {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.id.Name, b.id.Name), cmp.Compare(a.id.Account, b.id.Account), cmp.Compare(a.id.Region, b.id.Region))
	})
	return list
}
