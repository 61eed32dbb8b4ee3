package lambda

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxLine is the longest log event in bytes; a longer line becomes several.
	maxLine = 256 << 10
	// tailSize is how much of an invocation's log X-Amz-Log-Result holds (Lambda API Reference, "Invoke": LogResult).
	tailSize = 4 << 10
	// chunk is as much as the pipe from a process holds.
	chunk = 64 << 10
)

// output turns what a process prints into log lines.
type output struct {
	queue  *logQueue
	now    func() time.Time
	line   LogLine // all but Time, RequestID and Text
	queued *atomic.Int64

	mu      sync.Mutex
	reader  *pipe
	partial []byte
	last    []byte
	// dropped lines and bytes since the last line that was queued.
	dropped, droppedBytes int
}

func newOutput(q *logQueue, c *config, stream string, now func() time.Time) *output {
	return &output{queue: q, now: now, queued: new(atomic.Int64),
		line: LogLine{Account: c.account, Region: c.region, Group: c.logGroup, Stream: stream}}
}

// begin starts the log of an invocation.
func (o *output) begin(requestID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.line.RequestID = requestID
	o.last = o.last[:0]
}

// write takes what the process printed. It never blocks. o.mu is held.
func (o *output) write(b []byte) {
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			i = len(b)
		}
		if room := maxLine - len(o.partial); i >= room {
			o.partial = append(o.partial, b[:room]...)
			b = b[room:]
			o.flush()
			continue
		}
		o.partial = append(o.partial, b[:i]...)
		if i < len(b) {
			o.emit(string(o.partial))
			o.partial = o.partial[:0]
			i++
		}
		b = b[i:]
	}
}

// flush logs a line that has no end. o.mu is held.
func (o *output) flush() {
	if len(o.partial) > 0 {
		o.emit(string(o.partial))
		o.partial = o.partial[:0]
	}
}

// emit queues a line unless too much is queued already. o.mu is held.
func (o *output) emit(text string) {
	o.remember(text)
	if o.queued.Load()+int64(len(text)+lineCost) > maxQueuedLog {
		o.dropped++
		o.droppedBytes += len(text)
		return
	}
	o.queue.put(o.queued, o.lines(text)...)
}

// lines are log lines, after one about those that were dropped. o.mu is held.
func (o *output) lines(texts ...string) []LogLine {
	if o.dropped > 0 {
		texts = append([]string{fmt.Sprintf("[tenantstack] %d lines of %d bytes were dropped: they were printed faster than they could be stored", o.dropped, o.droppedBytes)}, texts...)
		o.dropped, o.droppedBytes = 0, 0
	}
	lines := make([]LogLine, 0, len(texts))
	for _, text := range texts {
		l := o.line
		l.Time, l.Text = o.now(), text
		lines = append(lines, l)
	}
	return lines
}

// remember keeps the end of the log. o.mu is held.
func (o *output) remember(text string) {
	if over := len(text) - tailSize; over > 0 {
		text = text[over:]
	}
	o.last = append(append(o.last, text...), '\n')
	if over := len(o.last) - 4*tailSize; over > 0 {
		o.last = append(o.last[:0], o.last[len(o.last)-tailSize:]...)
	}
}

// platform logs lines of Lambda itself, whatever is queued. Empty ones are left out.
func (o *output) platform(texts ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.platformLocked(texts)
}

func (o *output) platformLocked(texts []string) {
	kept := texts[:0:0]
	for _, text := range texts {
		if text != "" {
			o.remember(text)
			kept = append(kept, text)
		}
	}
	if len(kept) > 0 {
		o.queue.put(o.queued, o.lines(kept...)...)
	}
}

// end logs what has no line break yet and the last lines of an invocation.
func (o *output) end(texts ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flush()
	o.platformLocked(texts)
}

// tail is the end of the log of the invocation.
func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.ToValidUTF8(string(o.last[max(0, len(o.last)-tailSize):]), "")
}
