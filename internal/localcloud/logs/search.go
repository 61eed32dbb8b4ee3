package logs

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Event is an event of a log group.
type Event struct {
	// Account, Region, Group and Stream say where it is.
	Account string `json:"account"`
	Region  string `json:"region"`
	Group   string `json:"group"`
	Stream  string `json:"stream"`
	// Time of the event, and when it arrived.
	Time     time.Time `json:"time"`
	Ingested time.Time `json:"ingested"`
	// Text of the event.
	Text string `json:"text"`
	// ID is unique in the group.
	ID string `json:"id"`
	// Missed is the number of events before it that a follower was too slow for.
	Missed int `json:"missed,omitempty"`

	number int64
}

func (g *group) event(r record) Event {
	return Event{
		Account: g.id.Account, Region: g.id.Region, Group: g.id.Name, Stream: r.S,
		Time: time.UnixMilli(r.T), Ingested: time.UnixMilli(r.I), Text: r.M, ID: eventID(r), number: r.N,
	}
}

// eventID orders as the events do.
func eventID(r record) string { return fmt.Sprintf("%020d%036d", r.T, r.N) }

// Query selects events. Empty fields select all.
type Query struct {
	// Account and Region of the groups.
	Account, Region string
	// Groups by name, and by the beginning of their name. Either is enough.
	Groups []string
	Prefix string
	// Stream by name.
	Stream string
	// Text that the event holds, as it is written.
	Text string
	// RequestID of a Lambda invocation: the events that hold it, and those of its stream between its START
	// and its END.
	RequestID string
	// Since and Until are the earliest and the latest time.
	Since, Until time.Time
	// Limit is the number of events, the latest. 1000 if zero.
	Limit int
}

// matcher holds events against a query, in the order of their streams.
type matcher struct {
	q      Query
	inside map[streamID]bool // streams within the invocation that is asked for
}

type streamID struct {
	group  groupID
	stream string
}

func newMatcher(q Query) *matcher { return &matcher{q: q, inside: map[streamID]bool{}} }

func (m *matcher) takesGroup(id groupID) bool {
	q := m.q
	return (q.Account == "" || q.Account == id.Account) && (q.Region == "" || q.Region == id.Region) &&
		(len(q.Groups) == 0 && q.Prefix == "" || slices.Contains(q.Groups, id.Name) || q.Prefix != "" && strings.HasPrefix(id.Name, q.Prefix))
}

func (m *matcher) takes(e Event) bool {
	q := m.q
	if q.RequestID != "" && !m.invocation(e) {
		return false
	}
	return (q.Stream == "" || q.Stream == e.Stream) && (q.Since.IsZero() || !e.Time.Before(q.Since)) &&
		(q.Until.IsZero() || !e.Time.After(q.Until)) && strings.Contains(e.Text, q.Text)
}

// invocation says whether an event belongs to the invocation that is asked for. A line of a function need not
// name its request, but a stream has one invocation at a time.
func (m *matcher) invocation(e Event) bool {
	id := streamID{groupID{e.Account, e.Region, e.Group}, e.Stream}
	names := strings.Contains(e.Text, m.q.RequestID)
	switch {
	case names && strings.HasPrefix(e.Text, "START RequestId: "):
		m.inside[id] = true
	case names && strings.HasPrefix(e.Text, "END RequestId: "):
		delete(m.inside, id)
	case strings.HasPrefix(e.Text, "START RequestId: "):
		delete(m.inside, id)
	}
	return names || m.inside[id]
}

// prefilter refuses lines that cannot match, before they are decoded. Nil refuses none.
func (m *matcher) prefilter() func([]byte) bool {
	// A text that JSON writes as it is must be in the line as it is.
	plain := func(s string) bool {
		return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune(`"\<>&`, r) })
	}
	if m.q.RequestID != "" || m.q.Text == "" || !plain(m.q.Text) {
		return nil
	}
	text := []byte(m.q.Text)
	return func(line []byte) bool { return bytes.Contains(line, text) }
}

// Search finds events, sorted by time.
func (s *Service) Search(q Query) ([]Event, error) {
	if q.Limit <= 0 {
		q.Limit = 1000
	}
	var found []Event
	for _, g := range s.list(q.Account, q.Region) {
		m := newMatcher(q)
		if !m.takesGroup(g.id) {
			continue
		}
		var events []Event
		err := g.scan(s.now(), m.prefilter(), func(r record) {
			if e := g.event(r); m.takes(e) {
				events = append(events, e)
			}
		}, func() bool { return len(events) < q.Limit })
		if err != nil {
			return nil, err
		}
		found = append(found, events...)
	}
	slices.SortStableFunc(found, compareEvents)
	return found[max(0, len(found)-q.Limit):], nil
}

func compareEvents(a, b Event) int {
	return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Group, b.Group), cmp.Compare(a.number, b.number))
}

// follower is somebody who follows the logs.
type follower struct {
	events chan Event

	mu      sync.Mutex // matching has a memory
	matcher *matcher
	missed  int
}

// followed is how many events wait for a follower before some are missed.
const followed = 4096

// Follow is told of the events that a query selects, from now on, until the context ends, which closes
// the channel. Who is too slow misses events; the next event says how many.
func (s *Service) Follow(ctx context.Context, q Query) <-chan Event {
	f := &follower{matcher: newMatcher(q), events: make(chan Event, followed)}
	s.followMu.Lock()
	s.followers[f] = struct{}{}
	s.followMu.Unlock()
	s.following.Add(1)
	stop := func() {
		s.followMu.Lock()
		defer s.followMu.Unlock()
		if _, ok := s.followers[f]; ok {
			delete(s.followers, f)
			s.following.Add(-1)
			close(f.events)
		}
	}
	context.AfterFunc(ctx, stop)
	return f.events
}

// publish tells the followers of an event.
func (s *Service) publish(e Event) {
	s.followMu.RLock()
	defer s.followMu.RUnlock()
	for f := range s.followers {
		f.offer(e)
	}
}

func (f *follower) offer(e Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.matcher.takesGroup(groupID{e.Account, e.Region, e.Group}) || !f.matcher.takes(e) {
		return
	}
	e.Missed = f.missed
	select {
	case f.events <- e:
		f.missed = 0
	default:
		f.missed++
	}
}
