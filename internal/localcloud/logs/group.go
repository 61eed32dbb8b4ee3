package logs

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	metaName    = "group.json"
	streamsName = "streams.jsonl"
	// segmentSize and maxSegments bound a group to 64 MB: the oldest events go first.
	segmentSize = 8 << 20
	maxSegments = 8
	// maxPending bounds what waits for the disk, in bytes.
	maxPending = 16 << 20
	// maxEvent is the largest event, in bytes (CloudWatch Logs quotas, "Log event size").
	maxEvent = 1 << 20
)

// meta is what a group is, beside its events.
type meta struct {
	Account, Region, Name string
	Created               int64 // milliseconds
	Retention             int   // days; 0 is forever
	Tags                  map[string]string
	Hidden                bool // left the templates; the events wait for it to come back
}

// record is an event as a line of a segment.
type record struct {
	N int64  `json:"n"` // order in the group
	T int64  `json:"t"` // milliseconds
	I int64  `json:"i"` // when it arrived, milliseconds
	S string `json:"s"` // stream
	M string `json:"m"`
}

// inputEvent is an event of PutLogEvents.
type inputEvent struct {
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
}

// group is a log group: a directory with segments, to the last of which is appended.
type group struct {
	id  groupID
	dir string

	mu             sync.Mutex
	meta           meta
	streams        map[string]*stream
	deletedUntil   map[string]int64 // stream → events up to this one were deleted with it
	next           int64
	segment        int   // number of the last
	size           int64 // of the last
	torn           bool  // the last line of the last segment is not whole
	pending        []byte
	pendingStreams []byte
	queued         bool // a flush is to come
	counted        bool // the times of streams are known
	gone           bool
}

// groupDir is the name of a group's directory: names of groups may differ in case only, and be longer than
// a file name.
func groupDir(id groupID) string {
	sum := sha256.Sum256([]byte(id.Account + "\x00" + id.Region + "\x00" + id.Name))
	readable := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '_'
	}, strings.ToLower(id.Name))
	return readable[:min(len(readable), 60)] + "-" + hex.EncodeToString(sum[:8])
}

func newGroup(dir string, id groupID, now time.Time) (*group, error) {
	g := &group{
		id: id, dir: filepath.Join(dir, groupDir(id)), streams: map[string]*stream{}, deletedUntil: map[string]int64{}, segment: 1, next: 1, counted: true,
		meta: meta{Account: id.Account, Region: id.Region, Name: id.Name, Created: now.UnixMilli()},
	}
	if err := os.MkdirAll(g.dir, 0o700); err != nil {
		return nil, fmt.Errorf("creating log group %s: %w", id.Name, err)
	}
	return g, nil
}

func openGroup(dir string) (*group, error) {
	g := &group{dir: dir, streams: map[string]*stream{}, deletedUntil: map[string]int64{}, segment: 1, next: 1}
	data, err := os.ReadFile(filepath.Join(dir, metaName))
	if err == nil {
		err = json.Unmarshal(data, &g.meta)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the log group in %s: %w", dir, err)
	}
	g.id = groupID{g.meta.Account, g.meta.Region, g.meta.Name}
	if err := g.readStreams(); err != nil {
		return nil, err
	}
	numbers, err := g.numbers()
	if err != nil || len(numbers) == 0 {
		return g, err
	}
	g.segment = numbers[len(numbers)-1]
	return g, g.readEnd()
}

func (g *group) path(segment int) string {
	return filepath.Join(g.dir, fmt.Sprintf("%08d.log", segment))
}

// numbers of the segments in order.
func (g *group) numbers() ([]int, error) {
	paths, err := filepath.Glob(filepath.Join(g.dir, "*.log"))
	if err != nil {
		return nil, err
	}
	var numbers []int
	for _, p := range paths {
		if n, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(p), ".log")); err == nil {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// readEnd finds where the last segment ends and which number its last event has.
func (g *group) readEnd() error {
	data, err := os.ReadFile(g.path(g.segment))
	if err != nil {
		return fmt.Errorf("opening log group %s: %w", g.id.Name, err)
	}
	g.size = int64(len(data))
	g.torn = len(data) > 0 && data[len(data)-1] != '\n'
	for len(data) > 0 {
		data = bytes.TrimSuffix(data, []byte("\n"))
		i := bytes.LastIndexByte(data, '\n')
		var r record
		if json.Unmarshal(data[i+1:], &r) == nil {
			g.next = max(g.next, r.N+1)
			return nil
		}
		data = data[:i+1]
	}
	return nil
}

func (g *group) isHidden() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.meta.Hidden
}

// describe is what the group is now.
func (g *group) describe() meta {
	g.mu.Lock()
	defer g.mu.Unlock()
	m := g.meta
	m.Tags = make(map[string]string, len(g.meta.Tags))
	for k, v := range g.meta.Tags {
		m.Tags[k] = v
	}
	return m
}

// change changes what the group is and writes it.
func (g *group) change(f func(*meta)) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	m := g.meta
	m.Tags = make(map[string]string, len(g.meta.Tags))
	for k, v := range g.meta.Tags {
		m.Tags[k] = v
	}
	f(&m)
	data, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return fmt.Errorf("changing log group %s: %w", g.id.Name, err)
	}
	path := filepath.Join(g.dir, metaName)
	// A rename replaces the file in one step, so that a crash leaves the old or the new one.
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return fmt.Errorf("changing log group %s: %w", g.id.Name, err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("changing log group %s: %w", g.id.Name, err)
	}
	g.meta = m
	return nil
}

func (g *group) destroy() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gone = true
	if err := os.RemoveAll(g.dir); err != nil {
		return fmt.Errorf("deleting log group %s: %w", g.id.Name, err)
	}
	return nil
}

// append adds events. first says that the group did not wait for the disk before; ok that the group still exists.
func (g *group) append(name string, now int64, events []inputEvent) (records []record, first, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.gone {
		return nil, false, false
	}
	first = !g.queued
	g.queued = true
	st := g.ensureStream(name, now)
	for _, e := range events {
		if len(g.pending) > maxPending {
			break // the disk does not take it; memory is not to fill up
		}
		r := record{N: g.next, T: e.Timestamp, I: now, S: name, M: e.Message}
		g.next++
		g.pending = appendRecord(g.pending, r)
		st.count(r)
		records = append(records, r)
	}
	return records, first, true
}

// appendRecord is the line of a record, as encoding/json would write it.
func appendRecord(b []byte, r record) []byte {
	b = append(b, `{"n":`...)
	b = strconv.AppendInt(b, r.N, 10)
	b = append(b, `,"t":`...)
	b = strconv.AppendInt(b, r.T, 10)
	b = append(b, `,"i":`...)
	b = strconv.AppendInt(b, r.I, 10)
	stream, _ := json.Marshal(r.S) // strings always encode
	text, _ := json.Marshal(r.M)
	b = append(append(b, `,"s":`...), stream...)
	b = append(append(b, `,"m":`...), text...)
	return append(b, "}\n"...)
}

// flush writes what waits for the disk.
func (g *group) flush(now time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.flushLocked(now)
}

func (g *group) flushLocked(now time.Time) error {
	g.queued = false // also if it fails: the next event then tries again
	if g.gone {
		return nil
	}
	if len(g.pendingStreams) > 0 {
		if _, err := appendFile(filepath.Join(g.dir, streamsName), g.pendingStreams); err != nil {
			return fmt.Errorf("writing log group %s: %w", g.id.Name, err)
		}
		g.pendingStreams = g.pendingStreams[:0]
	}
	if len(g.pending) == 0 {
		return nil
	}
	if g.size > 0 && g.size+int64(len(g.pending)) > segmentSize {
		g.segment, g.size, g.torn = g.segment+1, 0, false
		g.dropSegments(now)
	}
	data := g.pending
	if g.torn {
		data = append([]byte("\n"), data...)
	}
	n, err := appendFile(g.path(g.segment), data)
	g.size += int64(n)
	if err != nil {
		g.torn = true
		return fmt.Errorf("writing log group %s: %w", g.id.Name, err)
	}
	g.torn = false
	if g.pending = g.pending[:0]; cap(g.pending) > segmentSize {
		g.pending = nil
	}
	return nil
}

func appendFile(path string, data []byte) (int, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return 0, err
	}
	n, err := f.Write(data)
	return n, cmp.Or(err, f.Close())
}
