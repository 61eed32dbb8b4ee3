package sqs

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

const logSuffix = ".log"

// record is one line of a journal. One member is set.
type record struct {
	// Queue is what the queue itself is.
	Queue *state `json:"q,omitempty"`
	// Message that was sent.
	Message *message `json:"m,omitempty"`
	// Received is what changed of messages that were received or whose visibility changed.
	Received []receipt `json:"r,omitempty"`
	// Deleted are ids of messages.
	Deleted []string `json:"d,omitempty"`
	// Sent is a deduplication id whose message is gone.
	Sent *sent `json:"s,omitempty"`
	// Purged says that all messages are gone.
	Purged bool `json:"p,omitempty"`
}

// journal keeps a queue in a file, one change a line. A line is written in one piece and not
// synced: it is there after the process was killed, though perhaps not after a power failure.
type journal struct {
	path string
	file *os.File
	// lines in the file, and how many a snapshot had.
	lines, least int
	// snapshot are the records that make the present state.
	snapshot func() []record
}

// openJournal reads a journal, line by line. A last line that is not whole was never acknowledged.
func openJournal(path string, replay func(record)) (*journal, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	j := &journal{path: path, file: file}
	reader := bufio.NewReaderSize(file, 1<<20)
	whole := int64(0)
	for {
		line, err := reader.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		var r record
		if err == nil {
			err = json.Unmarshal(line, &r)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("reading line %d of %s: %w", j.lines+1, path, err), file.Close())
		}
		replay(r)
		j.lines++
		whole += int64(len(line))
	}
	if err := file.Truncate(whole); err != nil {
		return nil, errors.Join(fmt.Errorf("cutting %s: %w", path, err), file.Close())
	}
	return j, nil
}

// write appends records in one piece.
func (j *journal) write(records ...record) error {
	if len(records) == 0 {
		return nil
	}
	text, err := encodeRecords(records)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(text); err != nil {
		return fmt.Errorf("writing %s: %w", j.path, err)
	}
	j.lines += len(records)
	return nil
}

// tooLong says that most of the lines are about what is gone.
func (j *journal) tooLong() bool { return j.lines > 4*j.least+10_000 }

func encodeRecords(records []record) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, r := range records {
		if err := e.Encode(r); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// compact replaces the file by one with nothing but the present state.
func (j *journal) compact() error {
	records := j.snapshot()
	text, err := encodeRecords(records)
	if err != nil {
		return err
	}
	next := j.path + ".next"
	if err := os.WriteFile(next, text, 0o600); err != nil {
		return fmt.Errorf("writing %s: %w", next, err)
	}
	file, err := os.OpenFile(next, os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if err := os.Rename(next, j.path); err != nil {
		return errors.Join(err, file.Close())
	}
	err = j.file.Close()
	j.file, j.lines, j.least = file, len(records), len(records)
	return err
}
