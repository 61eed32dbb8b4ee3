package eventsource

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// saveEvery bounds how often a checkpoint is written.
const saveEvery = 100 * time.Millisecond

// Mapping describes an event source mapping.
type Mapping struct {
	// UUID of the mapping.
	UUID string `json:"uuid"`
	// FunctionARN is what it calls, StreamARN what it reads: a stream or a queue.
	FunctionARN string `json:"functionArn"`
	StreamARN   string `json:"streamArn"`
	// State is Creating, Enabled, Disabled, or "Problem: " and what keeps it from working.
	State string `json:"state"`
	// LastResult is OK, "No records processed" or "PROBLEM: " and why, as Lambda words it.
	LastResult string `json:"lastResult"`
	// LagRecords have been read and are not done; LagMillis is the age of the oldest.
	LagRecords int   `json:"lagRecords"`
	LagMillis  int64 `json:"lagMillis"`
	// Checkpoints are the sequence numbers before and at which all is done, by shard. TRIM_HORIZON
	// is the beginning of a shard and SHARD_END that all of it is done.
	Checkpoints map[string]string `json:"checkpoints,omitempty"`
	// InFlight invocations.
	InFlight int `json:"inFlight"`
}

// States and results, as Lambda names them.
const (
	stateCreating = "Creating"
	stateEnabled  = "Enabled"
	stateDisabled = "Disabled"
	resultNone    = "No records processed"
	resultOK      = "OK"
)

// mapping connects a source to a function.
type mapping struct {
	service  *Service
	settings settings
	ctx      context.Context
	cancel   context.CancelFunc
	done     chan struct{}
	inFlight atomic.Int64

	mu         sync.Mutex
	client     *clients
	state      string
	lastResult string
	// problems by the part of the mapping that has them.
	problems   map[string]string
	checkpoint *checkpoint
	saving     bool // a write of the checkpoint is due
	shards     map[string]*shard
	backlog    backlog
}

// backlog is how much of a queue has been received and is not done.
type backlog struct {
	messages int
	oldest   time.Time
}

func newMapping(s *Service, set settings) (*mapping, error) {
	c, err := loadCheckpoint(s.checkpointFile(set.uuid), set.source)
	if err != nil {
		return nil, err
	}
	m := &mapping{
		service: s, settings: set, done: make(chan struct{}), state: stateCreating, lastResult: resultNone,
		problems: map[string]string{}, checkpoint: c, shards: map[string]*shard{},
	}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	return m, nil
}

func (m *mapping) start() {
	if !m.settings.enabled {
		m.state = stateDisabled
		close(m.done)
		return
	}
	go func() {
		defer close(m.done)
		if m.settings.isQueue {
			m.runQueue(m.ctx)
		} else {
			m.runStream(m.ctx)
		}
	}()
}

// stop returns when nothing of the mapping runs any more and its checkpoint is written.
func (m *mapping) stop() error {
	m.cancel()
	<-m.done
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.settings.isQueue {
		return nil
	}
	return m.save()
}

// save writes the checkpoint; m.mu is held, so that an older one never replaces a newer one.
func (m *mapping) save() error {
	return saveCheckpoint(m.service.checkpointFile(m.settings.uuid), m.checkpoint)
}

// move remembers how far a shard is done, and writes it before long.
func (m *mapping) move(shardID string, p position) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.checkpoint.Shards[shardID] = p
	m.saveSoon()
}

func (m *mapping) saveSoon() {
	if m.saving {
		return
	}
	m.saving = true
	time.AfterFunc(saveEvery, func() {
		m.mu.Lock()
		m.saving = false
		var err error
		// What is stopped has been written by stop, and its file may be another mapping's by now.
		if m.ctx.Err() == nil {
			err = m.save()
		}
		m.mu.Unlock()
		m.outcome("checkpoint", err)
	})
}

// outcome records whether a part of the mapping works, and logs where that changed.
func (m *mapping) outcome(part string, err error) {
	m.mu.Lock()
	before, failing := m.problems[part]
	text := ""
	switch {
	case err != nil:
		text = short(err)
		m.problems[part] = text
	case failing:
		delete(m.problems, part)
	}
	m.mu.Unlock()
	switch {
	case err != nil && text != before:
		m.log("%s: %s", part, text)
	case err == nil && failing:
		m.log("%s: works again", part)
	}
}

func (m *mapping) enabled() {
	m.mu.Lock()
	m.state = stateEnabled
	m.mu.Unlock()
}

func (m *mapping) result(text string) {
	m.mu.Lock()
	m.lastResult = text
	m.mu.Unlock()
}

func (m *mapping) status() Mapping {
	m.mu.Lock()
	out := Mapping{
		UUID: m.settings.uuid, FunctionARN: m.settings.function, StreamARN: m.settings.source,
		State: m.state, LastResult: m.lastResult, InFlight: int(m.inFlight.Load()), Checkpoints: map[string]string{},
	}
	if len(m.problems) > 0 {
		var texts []string
		for _, part := range slices.Sorted(maps.Keys(m.problems)) {
			texts = append(texts, part+": "+m.problems[part])
		}
		out.State = "Problem: " + strings.Join(texts, "; ")
	}
	for id, p := range m.checkpoint.Shards {
		out.Checkpoints[id] = p.String()
	}
	shards := slices.Collect(maps.Values(m.shards))
	oldest := m.backlog.oldest
	out.LagRecords = m.backlog.messages
	m.mu.Unlock()
	for _, s := range shards {
		n, at := s.lag()
		out.LagRecords += n
		if !at.IsZero() && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
	}
	if !oldest.IsZero() {
		out.LagMillis = max(0, m.service.options.Now().Sub(oldest).Milliseconds())
	}
	return out
}

func (p position) String() string {
	switch {
	case p.Done:
		return "SHARD_END"
	case p.After == "":
		return "TRIM_HORIZON"
	}
	return p.After
}

// delay before the nth repetition, from 1.
func (m *mapping) delay(n int) time.Duration {
	o := m.service.options
	d := o.RetryDelay
	for ; n > 1 && d < o.MaxRetryDelay; n-- {
		d *= 2
	}
	return min(d, o.MaxRetryDelay)
}

// sleep says whether the time passed without the mapping being stopped.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
