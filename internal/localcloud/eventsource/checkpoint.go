package eventsource

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// position is how far a shard is done.
type position struct {
	// After is the sequence number of the last record before which all are done; empty at the
	// beginning of the shard.
	After string `json:"after,omitempty"`
	// Done says that the shard is closed and all of it is done.
	Done bool `json:"done,omitempty"`
}

// checkpoint is what a mapping remembers of a stream. Its file survives the process: it is
// replaced as a whole, so a reader sees an old one or a new one.
type checkpoint struct {
	// Source is the ARN of the stream: another stream begins anew.
	Source string `json:"source"`
	// Started says that the starting position has been found for the shards that there were.
	// Those that come later are read from their beginning.
	Started bool `json:"started"`
	// Shards by id.
	Shards map[string]position `json:"shards"`
}

func loadCheckpoint(file, source string) (*checkpoint, error) {
	fresh := &checkpoint{Source: source, Shards: map[string]position{}}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return fresh, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the checkpoint: %w", err)
	}
	var c checkpoint
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("reading the checkpoint %s: %w", file, err)
	}
	if c.Source != source || c.Shards == nil {
		return fresh, nil
	}
	return &c, nil
}

// saveCheckpoint writes beside the file and renames. Losing the last moments in a power cut is
// harmless, records are then delivered again, so nothing is flushed to the disk.
func saveCheckpoint(file string, c *checkpoint) error {
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("writing the checkpoint: %w", err)
	}
	if err := os.WriteFile(file+".new", text, 0o600); err != nil {
		return fmt.Errorf("writing the checkpoint: %w", err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return fmt.Errorf("writing the checkpoint: %w", err)
	}
	return nil
}
