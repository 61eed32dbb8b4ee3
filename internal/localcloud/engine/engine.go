// Package engine runs the real data engines that stand in for AWS on a developer's machine:
// DynamoDB Local, which is AWS's own, and OpenSearch. Each is a Java process that listens
// on 127.0.0.1 alone and ends with the process that started it, however that one ends.
package engine

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// Options of an engine. The zero value is usable.
type Options struct {
	// DataDir keeps data from one start to the next. Optional; by default nothing is kept:
	// DynamoDB Local works in memory and OpenSearch in a directory that Stop removes.
	DataDir string
	// HeapMB is the greatest size of the Java heap in MiB. Optional; 256 by default.
	HeapMB int
	// Separate gives every access key and region tables of their own. Only DynamoDB Local has it.
	Separate bool
	// Log receives what the engine prints. Optional; discarded by default.
	Log io.Writer
	// Progress is told of slow steps, such as a download, in one line each. Optional.
	Progress func(string)
}

// Engine is a running engine.
type Engine struct {
	endpoint string
	process  *process
	cleanup  func()
	stop     sync.Once
}

// Endpoint is the engine's address, http://127.0.0.1:<port>, without a trailing slash.
func (e *Engine) Endpoint() string { return e.endpoint }

// PID is the process id of the engine.
func (e *Engine) PID() int { return e.process.cmd.Process.Pid }

// Done is closed when the engine has ended, be it by Stop or by itself.
func (e *Engine) Done() <-chan struct{} { return e.process.done }

// Stop ends the engine and returns when it is gone. Further calls do nothing.
func (e *Engine) Stop() {
	e.stop.Do(func() {
		e.process.end(10 * time.Second)
		e.cleanup()
	})
}

// StartDynamoDB starts DynamoDB Local with one database for all regions and access keys, unless
// they are to be separate, after downloading it where it is not there yet. It returns when the engine answers.
// The context bounds the start alone.
func StartDynamoDB(ctx context.Context, o Options) (*Engine, error) {
	return start(ctx, dynamoDB, o)
}

// StartOpenSearch starts a single node of OpenSearch, after downloading it where it is not
// there yet. It returns when the engine answers. The context bounds the start alone.
// As on the platform's domains, rest.action.multi.allow_explicit_index is false.
func StartOpenSearch(ctx context.Context, o Options) (*Engine, error) {
	return start(ctx, openSearch, o)
}

func start(ctx context.Context, k kind, o Options) (*Engine, error) {
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.HeapMB == 0 {
		o.HeapMB = 256
	}
	e, err := k.start(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("starting %s %s: %w", k.title, k.version, err)
	}
	return e, nil
}

func (k kind) start(ctx context.Context, o Options) (*Engine, error) {
	if err := k.supported(); err != nil {
		return nil, err
	}
	java, err := javaTool("java")
	if err != nil {
		return nil, err
	}
	inst, err := k.install(ctx, o.Progress)
	if err != nil {
		return nil, err
	}
	data, cleanup, err := k.dataDir(o.DataDir)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(java,
		"-Xmx"+strconv.Itoa(o.HeapMB)+"m",
		"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
		"-Djava.library.path="+inst.lib,
		"-cp", inst.launcher+string(os.PathListSeparator)+filepath.Join(inst.lib, "*"),
		"Launcher", data, strconv.FormatBool(o.Separate))
	e := &Engine{cleanup: cleanup}
	if e.process, err = startProcess(cmd, o.Log); err != nil {
		cleanup()
		return nil, err
	}
	if e.endpoint, err = e.process.listening(ctx); err == nil {
		err = await(ctx, e, k.ready)
	}
	if err != nil {
		e.Stop()
		return nil, err
	}
	return e, nil
}

// dataDir makes the directory to keep data in and says how to clean up after the engine.
func (k kind) dataDir(wanted string) (dir string, cleanup func(), err error) {
	switch {
	case wanted != "":
		if dir, err = filepath.Abs(wanted); err == nil {
			err = os.MkdirAll(dir, 0o755)
		}
		if err != nil {
			return "", nil, fmt.Errorf("making data directory %q: %w", wanted, err)
		}
		return dir, func() {}, nil
	case k.inMemory:
		return "", func() {}, nil
	default:
		return runDir(k.name)
	}
}

// await polls an engine until it answers its own protocol.
func await(ctx context.Context, e *Engine, ready func(context.Context, string) error) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := ready(ctx, e.endpoint)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("awaiting an answer at %s: %w (last: %v)", e.endpoint, ctx.Err(), err)
		case <-e.Done():
			return e.process.failure()
		case <-ticker.C:
		}
	}
}
