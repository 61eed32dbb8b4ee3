package logs

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"
)

// dropSegments removes the segments that are too many, or older than the retention.
func (g *group) dropSegments(now time.Time) {
	numbers, err := g.numbers()
	if err != nil {
		return
	}
	for i, n := range numbers {
		if n >= g.segment {
			break
		}
		info, err := os.Stat(g.path(n))
		expired := err == nil && g.meta.Retention > 0 && info.ModTime().Before(now.AddDate(0, 0, -g.meta.Retention))
		if expired || len(numbers)-i >= maxSegments {
			_ = os.Remove(g.path(n)) // it is tried again with the next segment
		}
	}
}

// scan reads all events, the latest segments first, in order within a segment, until f says false at the
// end of a segment. prefilter may refuse a line by its bytes.
func (g *group) scan(now time.Time, prefilter func([]byte) bool, f func(record), more func() bool) error {
	g.mu.Lock()
	err := g.flushLocked(now)
	earliest := int64(0)
	if g.meta.Retention > 0 {
		earliest = now.AddDate(0, 0, -g.meta.Retention).UnixMilli()
	}
	deleted := make(map[string]int64, len(g.deletedUntil))
	for k, v := range g.deletedUntil {
		deleted[k] = v
	}
	numbers, listErr := g.numbers()
	g.mu.Unlock()
	if err = cmp.Or(err, listErr); err != nil {
		return err
	}
	for _, n := range slices.Backward(numbers) {
		err := scanSegment(g.path(n), prefilter, func(r record) {
			if r.T >= earliest && r.N > deleted[r.S] {
				f(r)
			}
		})
		if err != nil {
			return fmt.Errorf("reading log group %s: %w", g.id.Name, err)
		}
		if !more() {
			return nil
		}
	}
	return nil
}

func scanSegment(path string, prefilter func([]byte) bool, f func(record)) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // dropped in the meantime
	}
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 64<<10), 8*maxEvent) // escapes make an event up to six times as long
	for lines.Scan() {
		var r record
		if prefilter != nil && !prefilter(lines.Bytes()) {
			continue
		}
		if json.Unmarshal(lines.Bytes(), &r) == nil && r.N > 0 {
			f(r)
		}
	}
	return lines.Err()
}

// all is a more for scan that reads everything.
func all() bool { return true }

// storedBytes is the size of the segments.
func (g *group) storedBytes() int64 {
	numbers, err := g.numbers()
	if err != nil {
		return 0
	}
	var sum int64
	for _, n := range numbers {
		if info, err := os.Stat(g.path(n)); err == nil {
			sum += info.Size()
		}
	}
	return sum
}
