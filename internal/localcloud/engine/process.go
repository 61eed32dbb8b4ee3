package engine

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// process is a launcher that ends when its standard input does. The kernel closes the pipe
// when this process ends in whatever way, so that no engine is ever left behind.
type process struct {
	cmd     *exec.Cmd
	stdin   io.Closer
	console *console
	done    chan struct{}
	exit    error
}

func startProcess(cmd *exec.Cmd, log io.Writer) (*process, error) {
	p := &process{cmd: cmd, console: newConsole(log), done: make(chan struct{})}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("opening the launcher's standard input: %w", err)
	}
	p.stdin = stdin
	cmd.Stdout, cmd.Stderr = p.console, p.console
	cmd.WaitDelay = 5 * time.Second
	cmd.SysProcAttr = dieWithParent()
	started := make(chan error)
	go func() {
		// Linux sends the parent-death signal when the thread that forked ends, so the
		// thread stays this goroutine's own for as long as the engine lives.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.exit = cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("running %s: %w", cmd.Path, err)
	}
	return p, nil
}

// listening returns the endpoint that the launcher prints once it listens.
func (p *process) listening(ctx context.Context) (string, error) {
	select {
	case port := <-p.console.port:
		return "http://127.0.0.1:" + port, nil
	case <-p.done:
		return "", p.failure()
	case <-ctx.Done():
		return "", fmt.Errorf("awaiting the launcher: %w; it printed:\n%s", ctx.Err(), p.console.tail())
	}
}

// end closes the launcher's standard input, and kills it where that is not enough.
func (p *process) end(patience time.Duration) {
	p.stdin.Close()
	select {
	case <-p.done:
	case <-time.After(patience):
		p.cmd.Process.Kill()
		<-p.done
	}
}

// failure explains why the launcher ended by itself.
func (p *process) failure() error {
	tail := p.console.tail()
	if strings.Contains(tail, "UnsupportedClassVersionError") {
		return fmt.Errorf("%s is older than Java %d: %s", p.cmd.Path, minJava, javaHint)
	}
	return fmt.Errorf("the launcher ended (%v); it printed:\n%s", p.exit, tail)
}

// console forwards what an engine prints, remembers the end of it for error messages and
// picks out the line that says which port the engine listens on.
type console struct {
	port chan string

	mu   sync.Mutex
	log  io.Writer
	last []byte
	line []byte
	seen bool
}

const (
	consoleTail   = 4 << 10
	listeningLine = "engine listening on "
)

func newConsole(log io.Writer) *console {
	if log == nil {
		log = io.Discard
	}
	return &console{port: make(chan string, 1), log: log}
}

// Write never fails: a log that cannot be written must not end the engine.
func (c *console) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log.Write(b)
	c.last = append(c.last, b...)
	if n := len(c.last) - consoleTail; n > 0 {
		c.last = append(c.last[:0], c.last[n:]...)
	}
	if c.seen {
		return len(b), nil
	}
	c.line = append(c.line, b...)
	for {
		i := bytes.IndexByte(c.line, '\n')
		if i < 0 {
			return len(b), nil
		}
		if port, ok := strings.CutPrefix(strings.TrimSpace(string(c.line[:i])), listeningLine); ok && !c.seen {
			c.seen = true
			c.port <- port
		}
		c.line = c.line[i+1:]
	}
}

func (c *console) tail() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(bytes.TrimSpace(c.last))
}
