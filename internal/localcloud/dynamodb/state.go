package dynamodb

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/tenantstack/tenantstack/iam"
)

// state keeps the settings of tables from one start to the next, in one file for each home.
type state struct {
	dir string

	mu    sync.Mutex
	homes map[home]map[string]storedSettings
}

// storedSettings are settings in a file.
type storedSettings struct {
	Policy       string            `json:"policy,omitempty"`
	StreamPolicy string            `json:"streamPolicy,omitempty"`
	Tags         map[string]string `json:"tags,omitempty"`
	TimeToLive   string            `json:"timeToLive,omitempty"`
	Recovery     bool              `json:"pointInTimeRecovery,omitempty"`
}

const stateSuffix = ".json"

// openState reads what was kept in a folder; nothing is kept if its name is empty.
func openState(dir string) (*state, error) {
	st := &state{dir: dir, homes: map[home]map[string]storedSettings{}}
	if dir == "" {
		return st, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return st, fmt.Errorf("reading the settings of tables: %w", err)
	}
	for _, e := range entries {
		base, ok := strings.CutSuffix(e.Name(), stateSuffix)
		account, region, two := strings.Cut(base, "_")
		h := home{account, region}
		if !ok || !two || !h.valid() {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return st, fmt.Errorf("reading the settings of tables: %w", err)
		}
		tables := map[string]storedSettings{}
		if err := json.Unmarshal(data, &tables); err != nil {
			return st, fmt.Errorf("reading the settings of tables in %s: %w", e.Name(), err)
		}
		st.homes[h] = tables
	}
	return st, nil
}

// settings that were kept of a table.
func (st *state) settings(id tableID) *settings {
	st.mu.Lock()
	kept := st.homes[id.home][id.name]
	st.mu.Unlock()
	out := &settings{tags: maps.Clone(kept.Tags), ttl: kept.TimeToLive, recovery: kept.Recovery}
	// What was kept was parsed before; a document that this version refuses refuses its readers nothing
	// and grants them nothing.
	out.policy, _ = parsePolicy(kept.Policy)
	out.streamPolicy, _ = parsePolicy(kept.StreamPolicy)
	return out
}

// withTimeToLive are the tables whose items expire.
func (st *state) withTimeToLive() []tableID {
	st.mu.Lock()
	defer st.mu.Unlock()
	var ids []tableID
	for h, tables := range st.homes {
		for name, kept := range tables {
			if kept.TimeToLive != "" {
				ids = append(ids, tableID{h, name})
			}
		}
	}
	return ids
}

// set changes the settings of a table, for this run and those that follow.
func (s *Service) set(t *table, change func(*settings)) error {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	next := *t.settings.Load()
	next.tags = maps.Clone(next.tags)
	change(&next)
	if err := s.state.keep(t.id, &next); err != nil {
		return err
	}
	t.settings.Store(&next)
	return nil
}

// keep writes a home's file beside the old one, which it then replaces. st.mu is held.
func (st *state) keep(id tableID, s *settings) error {
	if st.homes[id.home] == nil {
		st.homes[id.home] = map[string]storedSettings{}
	}
	stored := storedSettings{Tags: s.tags, TimeToLive: s.ttl, Recovery: s.recovery}
	if s.policy != nil {
		stored.Policy = s.policy.text
	}
	if s.streamPolicy != nil {
		stored.StreamPolicy = s.streamPolicy.text
	}
	st.homes[id.home][id.name] = stored
	if st.dir == "" {
		return nil
	}
	data, err := json.Marshal(st.homes[id.home])
	if err != nil {
		return fmt.Errorf("keeping the settings of table %s: %w", id.name, err)
	}
	if err := os.MkdirAll(st.dir, 0o700); err != nil {
		return fmt.Errorf("keeping the settings of table %s: %w", id.name, err)
	}
	file := filepath.Join(st.dir, id.account+"_"+id.region+stateSuffix)
	if err := os.WriteFile(file+".new", data, 0o600); err != nil {
		return fmt.Errorf("keeping the settings of table %s: %w", id.name, err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return fmt.Errorf("keeping the settings of table %s: %w", id.name, err)
	}
	return nil
}

// parsePolicy reads a resource policy; an empty text is none.
func parsePolicy(text string) (*policy, error) {
	if text == "" {
		return nil, nil
	}
	d, err := iam.Parse([]byte(text), iam.Resource)
	if err != nil {
		return nil, err
	}
	return &policy{text, d}, nil
}
