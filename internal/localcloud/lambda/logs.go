package lambda

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// LogLine is an event of a log stream.
type LogLine struct {
	// Account and Region of the function, and the log group and stream.
	Account, Region, Group, Stream string
	// Time at which the function printed it.
	Time time.Time
	// RequestID of the invocation during which it was printed; empty in an init phase.
	RequestID string
	// Text without the line break.
	Text string
}

// LogSink stores log lines. Write is called by one goroutine at a time; a function that prints
// faster than Write stores loses lines, and its log says so.
type LogSink interface {
	Write(l LogLine)
}

type discardLogs struct{}

func (discardLogs) Write(LogLine) {}

// maxQueuedLog bounds in bytes what one process has printed and the sink has not taken yet.
const maxQueuedLog = 1 << 20

// lineCost is what a line takes beside its text, in bytes: empty ones are not free.
const lineCost = 256

// logQueue decouples functions from the sink.
type logQueue struct {
	sink LogSink
	wake chan struct{}
	done chan struct{}

	mu     sync.Mutex
	lines  []queuedLine
	closed bool
}

type queuedLine struct {
	LogLine
	// owner counts the bytes of its process that are queued.
	owner *atomic.Int64
}

func newLogQueue(sink LogSink) *logQueue {
	q := &logQueue{sink: sink, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go q.run()
	return q
}

func (q *logQueue) put(owner *atomic.Int64, lines ...LogLine) {
	q.mu.Lock()
	for _, l := range lines {
		owner.Add(int64(len(l.Text) + lineCost))
		q.lines = append(q.lines, queuedLine{l, owner})
	}
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *logQueue) run() {
	defer close(q.done)
	var batch []queuedLine
	for range q.wake {
		for {
			q.mu.Lock()
			batch, q.lines = q.lines, batch[:0]
			closed := q.closed
			q.mu.Unlock()
			if len(batch) == 0 {
				if closed {
					return
				}
				break
			}
			for i, l := range batch {
				q.sink.Write(l.LogLine)
				l.owner.Add(-int64(len(l.Text) + lineCost))
				batch[i] = queuedLine{}
			}
		}
	}
}

// close writes what is queued.
func (q *logQueue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
	<-q.done
}

// startLine, report.lines and the others are Lambda's own lines (AWS Lambda Developer Guide, "Sending
// Lambda function logs to CloudWatch Logs"). A level that the function does not want leaves them out.
func startLine(c *config, inv *invocation) string {
	if !c.logJSON {
		return "START RequestId: " + inv.id + " Version: " + c.version
	}
	if c.systemLogLevel == "WARN" {
		return ""
	}
	return platformEvent(inv.begun, "platform.start", struct {
		RequestID string `json:"requestId"`
		Version   string `json:"version"`
	}{inv.id, c.version})
}

func platformEvent(t time.Time, kind string, record any) string {
	b, _ := json.Marshal(struct { // only strings and numbers: marshals
		Time   string `json:"time"`
		Type   string `json:"type"`
		Record any    `json:"record"`
	}{t.UTC().Format("2006-01-02T15:04:05.000Z"), kind, record})
	return string(b)
}

// report is what the REPORT line says.
type report struct {
	inv            *invocation
	duration, init time.Duration
	memory         int
	outcome        outcome
}

func milliseconds(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Millisecond)*100) / 100
}

// billed is the duration that AWS bills, the init phase included.
func (r report) billed() int64 {
	return int64(math.Ceil(milliseconds(r.duration + r.init)))
}

// lines are those at the end of an invocation; problem explains an error of the platform.
func (r report) lines(c *config, problem string) []string {
	if c.logJSON {
		return r.json(c)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB\tMax Memory Used: %d MB\t",
		r.inv.id, milliseconds(r.duration), r.billed(), c.memory, r.memory)
	if r.init > 0 {
		fmt.Fprintf(&b, "Init Duration: %.2f ms\t", milliseconds(r.init))
	}
	switch r.outcome.status {
	case "timeout":
		b.WriteString("Status: timeout")
	case "error":
		if problem != "" {
			b.WriteString("Status: error\tError Type: " + r.outcome.kind)
		}
	}
	lines := []string{"END RequestId: " + r.inv.id, b.String()}
	if problem != "" {
		lines = append([]string{problem}, lines...)
	}
	return lines
}

func (r report) json(c *config) []string {
	if c.systemLogLevel == "WARN" && r.outcome.status == "success" {
		return nil
	}
	type metrics struct {
		Duration  float64 `json:"durationMs"`
		Billed    int64   `json:"billedDurationMs"`
		Size      int     `json:"memorySizeMB"`
		MaxMemory int     `json:"maxMemoryUsedMB"`
		Init      float64 `json:"initDurationMs,omitempty"`
	}
	return []string{platformEvent(r.inv.begun.Add(r.duration), "platform.report", struct {
		RequestID string  `json:"requestId"`
		Metrics   metrics `json:"metrics"`
		Status    string  `json:"status"`
		ErrorType string  `json:"errorType,omitempty"`
	}{r.inv.id, metrics{milliseconds(r.duration), r.billed(), c.memory, r.memory, milliseconds(r.init)}, r.outcome.status, r.outcome.kind})}
}

// initReport is the line about an init phase that failed.
type initReport struct {
	duration     time.Duration
	status, kind string
}

func (r initReport) line(c *config, now time.Time) string {
	if c.logJSON {
		return platformEvent(now, "platform.initReport", struct {
			InitializationType string             `json:"initializationType"`
			Phase              string             `json:"phase"`
			Status             string             `json:"status"`
			ErrorType          string             `json:"errorType,omitempty"`
			Metrics            map[string]float64 `json:"metrics"`
		}{"on-demand", "init", r.status, r.kind, map[string]float64{"durationMs": milliseconds(r.duration)}})
	}
	line := fmt.Sprintf("INIT_REPORT Init Duration: %.2f ms\tPhase: init\tStatus: %s", milliseconds(r.duration), r.status)
	if r.kind != "" {
		line += "\tError Type: " + r.kind
	}
	return line
}

// exitedLine is about a process that ended by itself.
func exitedLine(c *config, requestID, text string) string {
	if c.logJSON {
		return platformEvent(time.Now(), "platform.runtimeDone", map[string]string{"requestId": requestID, "status": "error", "errorType": exitError})
	}
	return "RequestId: " + requestID + " Error: " + text + "\n" + exitError
}
