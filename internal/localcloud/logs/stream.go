package logs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// streamRecord is a line of the file of streams: one that was created, or the events up to Until deleted.
type streamRecord struct {
	Name    string `json:"s"`
	Created int64  `json:"c,omitempty"`
	Until   int64  `json:"d,omitempty"`
}

// stream is a log stream.
type stream struct {
	name                  string
	created               int64
	first, last, ingested int64 // 0 if it has no events
}

func (g *group) readStreams() error {
	data, err := os.ReadFile(filepath.Join(g.dir, streamsName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("opening log group %s: %w", g.id.Name, err)
	}
	for line := range bytes.Lines(data) {
		var r streamRecord
		if json.Unmarshal(line, &r) != nil {
			continue // the line that a crash cut off
		}
		if r.Created == 0 {
			delete(g.streams, r.Name)
			g.deletedUntil[r.Name] = r.Until
			g.next = max(g.next, r.Until+1)
			continue
		}
		g.streams[r.Name] = &stream{name: r.Name, created: r.Created}
	}
	return nil
}

func (s *stream) count(r record) {
	if s.first == 0 || r.T < s.first {
		s.first = r.T
	}
	s.last, s.ingested = max(s.last, r.T), max(s.ingested, r.I)
}

// ensureStream finds a stream or creates it. The caller holds the lock.
func (g *group) ensureStream(name string, now int64) *stream {
	st := g.streams[name]
	if st == nil {
		st = &stream{name: name, created: now}
		g.streams[name] = st
		line, _ := json.Marshal(streamRecord{Name: name, Created: now}) // strings and numbers always encode
		g.pendingStreams = append(append(g.pendingStreams, line...), '\n')
	}
	return st
}

// listStreams is all streams with the times of their events.
func (g *group) listStreams(now time.Time) ([]stream, error) {
	g.mu.Lock()
	counted := g.counted
	g.mu.Unlock()
	if !counted {
		seen := map[string]*stream{}
		err := g.scan(now, nil, func(r record) {
			if seen[r.S] == nil {
				seen[r.S] = &stream{name: r.S}
			}
			seen[r.S].count(r)
		}, all)
		if err != nil {
			return nil, err
		}
		g.mu.Lock()
		for name, counts := range seen {
			if st := g.streams[name]; st != nil {
				if st.first == 0 || counts.first < st.first {
					st.first = counts.first
				}
				st.last, st.ingested = max(st.last, counts.last), max(st.ingested, counts.ingested)
			}
		}
		g.counted = true
		g.mu.Unlock()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	list := make([]stream, 0, len(g.streams))
	for _, st := range g.streams {
		list = append(list, *st)
	}
	slices.SortFunc(list, func(a, b stream) int { return strings.Compare(a.name, b.name) })
	return list, nil
}

func (g *group) hasStream(name string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.streams[name] != nil
}

// createStream says whether the stream was not there before.
func (g *group) createStream(name string, now time.Time) (bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.streams[name] != nil {
		return false, nil
	}
	g.ensureStream(name, now.UnixMilli())
	return true, g.flushLocked(now)
}

// deleteStream says whether the stream was there.
func (g *group) deleteStream(name string, now time.Time) (bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.streams[name] == nil {
		return false, nil
	}
	if err := g.flushLocked(now); err != nil {
		return true, err
	}
	line, _ := json.Marshal(streamRecord{Name: name, Until: g.next - 1}) // strings and numbers always encode
	g.pendingStreams = append(append(g.pendingStreams, line...), '\n')
	delete(g.streams, name)
	g.deletedUntil[name] = g.next - 1
	return true, g.flushLocked(now)
}
