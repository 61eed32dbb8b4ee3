// Package lambda stands in for AWS Lambda: functions are real processes that speak the Lambda runtime
// API, one event at a time each, with the credentials of their role and nothing else of this machine's
// environment (AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes").
package lambda

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

const (
	defaultIdleTimeout  = 5 * time.Minute
	defaultMaxProcesses = 200
	// initLimit is the longest init phase before it starts again as a part of the invocation
	// (AWS Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle").
	initLimit = 10 * time.Second
)

// Options of the service. Gate, Logs and Dir are needed.
type Options struct {
	// Gate decides calls and makes the sessions of the functions' roles.
	Gate *gate.Gate
	// Endpoint is what AWS_ENDPOINT_URL of the functions names. Optional; none if nil.
	Endpoint func() string
	// Logs receives what functions print and the lines of the platform.
	Logs LogSink
	// Dir keeps unpacked code and builds for this machine from one start to the next.
	Dir string
	// Module is the folder of the go.mod in which code for another machine is built again for this one.
	Module string
	// Now is the clock of credentials and log lines. Optional.
	Now func() time.Time
	// Progress is told of slow steps and of what is not as on AWS, in one line each. Optional.
	Progress func(string)
	// OnInvoke is told of every invocation when it ends, before its caller. It must not block. Optional.
	OnInvoke func(Invocation)
	// IdleTimeout ends processes that had no event for so long. Optional; five minutes by default.
	IdleTimeout time.Duration
	// MaxProcesses bounds the processes of all functions. Optional; 200 by default.
	MaxProcesses int
	// MaxPerFunction is how many processes of a function start without waiting a moment for one that
	// gets free. Optional; four for each CPU by default.
	MaxPerFunction int
	// RetryDelays are the pauses before an asynchronous event is tried again. Optional; one and
	// two seconds by default. AWS waits one and two minutes (docs/aws-differences.md, 70).
	RetryDelays []time.Duration
}

// Invocation is one that has ended, as it is shown to people.
type Invocation struct {
	// Account and Region of the function, its unqualified ARN, its name and the version that ran.
	Account, Region, FunctionARN, FunctionName, Version string
	// RequestID of the invocation.
	RequestID string
	// TraceHeader as the function got it.
	TraceHeader string
	// Start and Duration of the handler; InitDuration is zero unless Cold.
	Start                  time.Time
	Duration, InitDuration time.Duration
	// Cold says that a process was started for it.
	Cold bool
	// ErrorKind is empty for a success, else an error type such as Sandbox.Timedout or
	// Runtime.ExitError, or that which the function reported.
	ErrorKind string
	// MemoryMB is the most memory that the process has used, in MiB; zero if the system does not say.
	MemoryMB int
}

// Service runs functions. It is a [resource.Provider] and, for the API of Lambda, a [gate.Service].
type Service struct {
	o       Options
	code    *codeStore
	logs    *logQueue
	spawner spawner
	reaper  watchdog
	// initLimit is a field so that tests need not wait for it.
	initLimit time.Duration
	context   context.Context
	cancel    context.CancelFunc
	// background counts goroutines that Close waits for.
	background sync.WaitGroup

	// mu guards everything below, and the state of all pools, processes and invocations.
	mu          sync.Mutex
	closed      bool
	functions   map[string]*function
	permissions map[string]permission
	// policies are the permissions by ARN, as decisions need them.
	policies  map[string][]iam.Document
	invokes   map[string]eventInvokeConfig
	processes int
	queued    queued
	runDir    string
}

// New makes the service without functions. It ends with Close.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.Endpoint == nil {
		o.Endpoint = func() string { return "" }
	}
	if o.OnInvoke == nil {
		o.OnInvoke = func(Invocation) {}
	}
	if o.Logs == nil {
		o.Logs = discardLogs{}
	}
	o.IdleTimeout = cmp.Or(o.IdleTimeout, defaultIdleTimeout)
	o.MaxProcesses = cmp.Or(o.MaxProcesses, defaultMaxProcesses)
	o.MaxPerFunction = cmp.Or(o.MaxPerFunction, 4*runtime.NumCPU())
	if o.RetryDelays == nil {
		o.RetryDelays = []time.Duration{time.Second, 2 * time.Second}
	}
	s := &Service{
		o: o, code: newCodeStore(o), logs: newLogQueue(o.Logs), initLimit: initLimit,
		functions: map[string]*function{}, permissions: map[string]permission{}, invokes: map[string]eventInvokeConfig{},
	}
	s.context, s.cancel = context.WithCancel(context.Background())
	s.background.Go(s.janitor)
	return s
}

// Close ends all processes and waits until they are gone. Invocations in flight fail, events that
// wait are lost.
func (s *Service) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	var waiting []*invocation
	for _, f := range s.functions {
		for p := range f.pools() {
			waiting = append(waiting, p.waiting...)
			p.waiting = nil
		}
		f.retire()
	}
	s.mu.Unlock()
	s.cancel()
	for _, inv := range waiting {
		s.abandon(inv, errClosing())
	}
	s.killAll()
	s.background.Wait()
	s.spawner.close()
	s.reaper.close()
	s.logs.close()
	return s.removeRunDir()
}

// FunctionStats is what a function does at the moment and has done so far.
type FunctionStats struct {
	// Account, Region, unqualified ARN and name of the function.
	Account, Region, FunctionARN, FunctionName string
	// Processes that run, and invocations that are in flight.
	Processes, InFlight int
	// Invocations that have ended, those of them that ended with an error, those that were
	// refused as too many, and processes started.
	Invocations, Errors, Throttles, ColdStarts int64
	// RSS is the resident memory of all its processes in bytes; zero if the system does not say.
	RSS int64
}

// Stats lists all functions, sorted by ARN.
func (s *Service) Stats() []FunctionStats {
	pids := map[string][]int{}
	s.mu.Lock()
	stats := make([]FunctionStats, 0, len(s.functions))
	for arn, f := range s.functions {
		if f.latest == nil {
			continue
		}
		c := f.latest.config
		st := FunctionStats{Account: c.account, Region: c.region, FunctionARN: arn, FunctionName: c.name,
			InFlight: f.inFlight, Invocations: f.invocations, Errors: f.errors, Throttles: f.throttles, ColdStarts: f.coldStarts}
		for p := range f.processes {
			st.Processes++
			if pid := p.pid(); pid != 0 {
				pids[arn] = append(pids[arn], pid)
			}
		}
		stats = append(stats, st)
	}
	s.mu.Unlock()
	for i := range stats {
		for _, pid := range pids[stats[i].FunctionARN] {
			stats[i].RSS += residentMemory(pid)
		}
	}
	slices.SortFunc(stats, func(a, b FunctionStats) int { return cmp.Compare(a.FunctionARN, b.FunctionARN) })
	return stats
}
