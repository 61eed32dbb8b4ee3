package lambda

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

func TestInvoke(t *testing.T) {
	w := newWorld(t, nil)
	w.put(t, nil)
	in := Input{FunctionARN: probeARN, Payload: []byte(`{"text":"hello"}`), ClientContext: base64.StdEncoding.EncodeToString([]byte("{\"custom\":\n{\"a\":\"b\"}}")),
		TraceHeader: "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"}
	out, err := w.Invoke(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	e := echo(t, out)
	if out.StatusCode != 200 || out.FunctionError != "" || out.ExecutedVersion != "$LATEST" {
		t.Errorf("output %+v, want 200 of $LATEST without an error", out)
	}
	if e.Text != "hello" || e.Handler != "probe.handler" || e.ARN != probeARN || e.RequestID != out.RequestID || e.Client["a"] != "b" || e.Trace != in.TraceHeader {
		t.Errorf("the function saw %+v", e)
	}
	if i := w.last(); !i.Cold || i.InitDuration <= 0 || i.ErrorKind != "" || i.FunctionName != "probe" {
		t.Errorf("invocation %+v, want a cold one without an error", i)
	}
	again := echo(t, w.invoke(t, ""))
	if again.PID != e.PID || again.Calls != 2 || !strings.HasPrefix(again.Trace, "Root=1-") {
		t.Errorf("second invocation %+v, want the same process and a trace", again)
	}
	if w.last().Cold {
		t.Error("the second invocation was cold")
	}
}

var logLines = []*regexp.Regexp{
	regexp.MustCompile(`^START RequestId: [0-9a-f-]{36} Version: \$LATEST$`),
	regexp.MustCompile(`^hello$`),
	regexp.MustCompile(`^stderr: hello$`),
	regexp.MustCompile(`^without end$`),
	regexp.MustCompile(`^END RequestId: [0-9a-f-]{36}$`),
	regexp.MustCompile(`^REPORT RequestId: [0-9a-f-]{36}\tDuration: [0-9]+\.[0-9]{2} ms\tBilled Duration: [0-9]+ ms\tMemory Size: 256 MB\tMax Memory Used: [0-9]+ MB\tInit Duration: [0-9]+\.[0-9]{2} ms\t$`),
}

func TestLogs(t *testing.T) {
	w := newWorld(t, nil)
	w.put(t, nil)
	out := w.invoke(t, `{"do":"print","text":"hello"}`)
	await(t, "six lines", func() bool { return len(w.logs.texts()) >= len(logLines) })
	texts := w.logs.texts()
	for i, line := range logLines {
		if !line.MatchString(texts[i]) {
			t.Errorf("line %d: %q, want %s", i, texts[i], line)
		}
	}
	if out.LogTail != strings.Join(texts, "\n")+"\n" {
		t.Errorf("tail %q, want the lines %q", out.LogTail, texts)
	}
	l := w.logs.lines[1]
	if l.Group != "/aws/lambda/probe" || l.RequestID != out.RequestID || l.Account != testAccount || l.Region != testRegion ||
		!regexp.MustCompile(`^\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$`).MatchString(l.Stream) {
		t.Errorf("line %+v", l)
	}
}

func TestJSONLogs(t *testing.T) {
	w := newWorld(t, nil)
	w.put(t, map[string]any{"LoggingConfig": map[string]any{"LogFormat": "JSON", "LogGroup": "/own/group"}})
	w.invoke(t, `{"do":"error","text":"no"}`)
	await(t, "the report", func() bool { return w.logged("platform.report") })
	lines := w.logs.texts()
	for _, i := range []int{0, len(lines) - 1} {
		var e struct {
			Type   string
			Record map[string]any
		}
		if err := json.Unmarshal([]byte(lines[i]), &e); err != nil || e.Record["requestId"] == "" {
			t.Errorf("line %q: %v", lines[i], err)
		}
	}
	if w.logs.lines[0].Group != "/own/group" {
		t.Errorf("group %q, want /own/group", w.logs.lines[0].Group)
	}
}

func TestFunctionErrors(t *testing.T) {
	tests := []struct {
		name, init, event string
		timeout           string
		kind, message     string // of the error object; message is a pattern
		log               string
	}{
		{name: "error", event: `{"do":"error","text":"no luck"}`, kind: "errorString", message: "^no luck$"},
		{name: "panic", event: `{"do":"panic","text":"x"}`, kind: "string", message: "^the probe panics: x$"},
		{name: "exit 0", event: `{"do":"exit"}`, kind: exitError, message: "^RequestId: [0-9a-f-]{36} Error: Runtime exited without providing a reason$", log: "about to exit"},
		{name: "exit 1", event: `{"do":"exit","n":1}`, kind: exitError, message: "^RequestId: [0-9a-f-]{36} Error: Runtime exited with error: exit status 1$", log: "Status: error\tError Type: Runtime.ExitError"},
		{name: "timeout", event: `{"do":"hang"}`, timeout: "1", kind: timedOut, message: "^RequestId: [0-9a-f-]{36} Error: Task timed out after 1.00 seconds$", log: "Status: timeout"},
		{name: "response too large", event: `{"do":"large","n":7340032}`, kind: tooLargeError, message: `^Response payload size exceeded maximum allowed payload size \(6291556 bytes\)\.$`},
		{name: "init exit", init: "fail", event: `{}`, kind: exitError, message: "^RequestId: [0-9a-f-]{36} Error: Runtime exited with error: exit status 7$", log: "Phase: init\tStatus: error\tError Type: Runtime.ExitError"},
		{name: "init exit 0", init: "exit0", event: `{}`, kind: exitError, message: "Runtime exited without providing a reason$"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, nil)
			p := variables("INIT", test.init)
			if test.timeout != "" {
				p["Timeout"] = test.timeout
			}
			w.put(t, p)
			out := w.invoke(t, test.event)
			var e struct{ ErrorType, ErrorMessage string }
			if err := json.Unmarshal(out.Payload, &e); err != nil {
				t.Fatalf("payload %.200s: %v", out.Payload, err)
			}
			if out.StatusCode != 200 || out.FunctionError != "Unhandled" || e.ErrorType != test.kind || !regexp.MustCompile(test.message).MatchString(e.ErrorMessage) {
				t.Errorf("output %d %s %.300s, want %s %s", out.StatusCode, out.FunctionError, out.Payload, test.kind, test.message)
			}
			await(t, "the log", func() bool { return w.logged(test.log) })
			if w.last().ErrorKind != test.kind {
				t.Errorf("error kind %q, want %q", w.last().ErrorKind, test.kind)
			}
			if test.init == "" {
				if next := w.invoke(t, `{"text":"after"}`); next.FunctionError != "" {
					t.Errorf("the next invocation: %s", next.Payload)
				}
			}
		})
	}
}

func TestSlowInit(t *testing.T) {
	w := newWorld(t, nil)
	w.initLimit = 200 * time.Millisecond
	w.put(t, variables("INIT", "slow-once", "MARKER", t.TempDir()+"/marker"))
	if out := w.invoke(t, "{}"); out.FunctionError != "" {
		t.Errorf("output %s, want a success of the second init phase", out.Payload)
	}
	await(t, "the report of the init phase", func() bool { return w.logged("Phase: init\tStatus: timeout") })

	p := variables("INIT", "hang")
	p["Timeout"] = "1"
	w.put(t, p)
	if out := w.invoke(t, "{}"); !strings.Contains(string(out.Payload), timedOut) {
		t.Errorf("output %s, want %s", out.Payload, timedOut)
	}
}

func TestRefusals(t *testing.T) {
	w := newWorld(t, nil)
	w.put(t, map[string]any{"ReservedConcurrentExecutions": "0"})
	tests := []struct {
		name string
		in   Input
		code string
	}{
		{"unknown function", Input{FunctionARN: probeARN + "x"}, ResourceNotFound},
		{"unknown qualifier", Input{FunctionARN: probeARN + ":live"}, ResourceNotFound},
		{"no ARN", Input{FunctionARN: "probe"}, ResourceNotFound},
		{"throttled", Input{FunctionARN: probeARN}, TooManyRequests},
		{"too large", Input{FunctionARN: probeARN, Payload: make([]byte, maxRequest+1)}, RequestTooLarge},
		{"too large for a queue", Input{FunctionARN: probeARN, Payload: make([]byte, maxAsyncRequest+1), Async: true}, RequestTooLarge},
		{"client context", Input{FunctionARN: probeARN, ClientContext: "e"}, "InvalidRequestContentException"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := w.Invoke(context.Background(), test.in)
			var problem *gate.Error
			if !errors.As(err, &problem) || problem.Code != test.code {
				t.Errorf("error %v, want %s", err, test.code)
			}
		})
	}
}

func TestConcurrency(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.MaxPerFunction = 4 })
	w.put(t, nil)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			text := fmt.Sprint("event ", i)
			out, err := w.Invoke(context.Background(), Input{FunctionARN: probeARN, Payload: []byte(`{"text":"` + text + `"}`)})
			if err != nil || out.FunctionError != "" {
				t.Errorf("%s: %s, %v", text, out.Payload, err)
				return
			}
			if e := echo(t, out); e.Text != text || e.RequestID != out.RequestID {
				t.Errorf("%s got the answer %+v", text, e)
			}
		})
	}
	wg.Wait()
	if s := w.Stats()[0]; s.InFlight != 0 || s.Invocations != 50 || s.Errors != 0 {
		t.Errorf("stats %+v", s)
	}
}

// TestUnboundedConcurrency holds that events which wait for each other do not starve each other.
func TestUnboundedConcurrency(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.MaxPerFunction = 1 })
	w.put(t, nil)
	out := w.invoke(t, `{"do":"recurse","n":3}`)
	if string(out.Payload) != "3" {
		t.Errorf("output %s, want a depth of 3", out.Payload)
	}
}

func TestReservedConcurrency(t *testing.T) {
	w := newWorld(t, nil)
	w.put(t, map[string]any{"ReservedConcurrentExecutions": "1"})
	done := make(chan Output)
	go func() {
		out, _ := w.Invoke(context.Background(), Input{FunctionARN: probeARN, Payload: []byte(`{"do":"sleep","n":500}`)})
		done <- out
	}()
	await(t, "an invocation in flight", func() bool { return w.Stats()[0].InFlight == 1 })
	_, err := w.Invoke(context.Background(), Input{FunctionARN: probeARN})
	var problem *gate.Error
	if !errors.As(err, &problem) || problem.Code != TooManyRequests {
		t.Errorf("error %v, want %s", err, TooManyRequests)
	}
	if out := <-done; out.FunctionError != "" {
		t.Errorf("output %s", out.Payload)
	}
	if s := w.Stats()[0]; s.Throttles != 1 {
		t.Errorf("stats %+v, want one throttle", s)
	}
}

func TestMaxProcesses(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.MaxProcesses = 1 })
	w.put(t, nil)
	other := probe(t, nil)
	other.Name, other.ARN, other.LogicalID = "other", strings.Replace(probeARN, "probe", "other", 1), "Other"
	if err := w.Put(context.Background(), other); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for _, arn := range []string{probeARN, other.ARN} {
			if out, err := w.Invoke(context.Background(), Input{FunctionARN: arn}); err != nil || out.FunctionError != "" {
				t.Fatalf("%s: %s, %v", arn, out.Payload, err)
			}
		}
	}
}

func TestFlood(t *testing.T) {
	w := newWorld(t, nil)
	w.put(t, nil)
	if out := w.invoke(t, `{"do":"flood","n":10000}`); string(out.Payload) != `"flooded"` {
		t.Fatalf("output %s", out.Payload)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.logs.bytes == 0 {
		t.Error("nothing was logged")
	}
}

func TestLongLine(t *testing.T) {
	w := newWorld(t, nil)
	w.put(t, nil)
	w.invoke(t, `{"do":"longline","n":600000}`)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, text := range w.logs.texts() {
		if strings.HasPrefix(text, "yyy") {
			got = append(got, len(text))
		}
	}
	if want := []int{maxLine, maxLine, 600000 - 2*maxLine}; !slices.Equal(got, want) {
		t.Errorf("long lines %v, want %v", got, want)
	}
}

// blockedSink takes nothing until it is released.
type blockedSink struct {
	release chan struct{}
	mu      sync.Mutex
	texts   []string
}

func (b *blockedSink) Write(l LogLine) {
	<-b.release
	b.mu.Lock()
	defer b.mu.Unlock()
	b.texts = append(b.texts, l.Text)
}

func TestSlowSink(t *testing.T) {
	sink := &blockedSink{release: make(chan struct{})}
	w := newWorld(t, func(o *Options) { o.Logs = sink })
	w.put(t, nil)
	for _, event := range []string{`{"do":"flood","n":2000}`, `{"do":"newlines","n":4}`} {
		if out := w.invoke(t, event); string(out.Payload) != `"flooded"` {
			t.Fatalf("output %s", out.Payload)
		}
	}
	w.Service.logs.mu.Lock()
	if n := len(w.Service.logs.lines); n > maxQueuedLog/lineCost+100 {
		t.Errorf("%d lines are queued", n)
	}
	w.Service.logs.mu.Unlock()
	close(sink.release)
	await(t, "the note of lost lines", func() bool {
		sink.mu.Lock()
		defer sink.mu.Unlock()
		return slices.ContainsFunc(sink.texts, func(s string) bool { return strings.Contains(s, "lines of") && strings.Contains(s, "were dropped") })
	})
}

func TestCallerGivesUp(t *testing.T) {
	w := newWorld(t, nil)
	w.put(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		await(t, "the invocation", func() bool { return w.Stats()[0].InFlight == 1 })
		cancel()
	}()
	if _, err := w.Invoke(ctx, Input{FunctionARN: probeARN, Payload: []byte(`{"do":"sleep","n":300}`)}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	await(t, "the end of the invocation", func() bool { return w.Stats()[0].Invocations == 1 })
}

func BenchmarkInvoke(b *testing.B) {
	w := newWorld(b, func(o *Options) { o.OnInvoke = nil; o.Logs = nil })
	w.put(b, nil)
	w.invoke(b, "{}")
	var durations []time.Duration
	for b.Loop() {
		start := time.Now()
		w.invoke(b, `{"text":"x"}`)
		durations = append(durations, time.Since(start))
	}
	slices.Sort(durations)
	b.ReportMetric(float64(durations[len(durations)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(durations[len(durations)*99/100].Microseconds()), "p99-µs")
}
