package s3

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

// engineVariable makes a process of this program the storage engine.
const engineVariable = "TENANTSTACK_LOCALCLOUD_S3_ENGINE"

// The engine's file backend changes the working directory of its process and finds everything
// relative to it, and only one engine fits a process. So it gets a process of its own: this program
// once more. An init function serves every program that links this package, tests too.
func init() {
	if os.Getenv(engineVariable) == "" {
		return
	}
	if err := runEngine(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// engineConfig is what the engine reads from its standard input, whose end is the engine's end.
type engineConfig struct {
	// Buckets, Versions and SideCar are directories, none inside another.
	Buckets, Versions, SideCar string
	// Socket is the path of the Unix socket.
	Socket string
	// Access and Secret sign as root; Region is that of the signatures.
	Access, Secret, Region string
}

// Limits of the engine. Requests wait in the front, not in the engine.
const (
	maxConnections = 4096
	maxParts       = 10_000  // S3 User Guide, "Amazon S3 multipart upload limits"
	maxCopy        = 5 << 30 // bytes; S3 API Reference, "CopyObject"
)

// runEngine serves until in ends.
func runEngine(in io.Reader) error {
	// Who stops the local cloud from a terminal signals all its processes; this one ends last.
	signal.Ignore(os.Interrupt, syscall.SIGTERM)
	reader := bufio.NewReader(in)
	line, err := reader.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("reading the configuration of the S3 engine: %w", err)
	}
	var c engineConfig
	if err := json.Unmarshal(line, &c); err != nil {
		return fmt.Errorf("reading the configuration of the S3 engine: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, reader)
		cancel()
	}()
	backend, err := c.backend()
	if err != nil {
		return err
	}
	err = embedgw.RunVersityGW(ctx, backend, &embedgw.Config{
		RootUserAccess: c.Access, RootUserSecret: c.Secret, Region: c.Region,
		Ports: []string{c.Socket}, SocketPerm: "0600",
		MaxConnections: maxConnections, MaxRequests: maxConnections, MultipartMaxParts: maxParts,
		KeepAlive: true, Quiet: true, DisableACLs: true,
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// backend keeps metadata in extended attributes where the file system has them.
func (c engineConfig) backend() (*posix.Posix, error) {
	options := posix.PosixOpts{VersioningDir: c.Versions, CopyObjectThreshold: maxCopy}
	options.SetNewDirPerm(0o700)
	options.SetNewFilePerm(0o600)
	var store meta.MetadataStorer = meta.XattrMeta{}
	if (meta.XattrMeta{}).Test(c.Buckets) != nil {
		options.SideCarDir = c.SideCar
		var err error
		if store, err = meta.NewSideCar(c.SideCar); err != nil {
			return nil, fmt.Errorf("keeping metadata in %s: %w", c.SideCar, err)
		}
	}
	backend, err := posix.New(c.Buckets, store, options)
	if err != nil {
		return nil, fmt.Errorf("opening the S3 data in %s: %w", c.Buckets, err)
	}
	return backend, nil
}

// process is the engine as its parent sees it.
type process struct {
	command *exec.Cmd
	stdin   io.Closer
	// ended is closed when the process has ended, for the reason in err.
	ended chan struct{}
	err   error
}

// startProcess starts this program as an engine.
func startProcess(c engineConfig) (*process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("starting the S3 engine: %w", err)
	}
	line, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("starting the S3 engine: %w", err)
	}
	_ = os.Remove(c.Socket)
	p := &process{command: exec.Command(program), ended: make(chan struct{})}
	p.command.Env = append(os.Environ(), engineVariable+"=1")
	p.command.Dir = filepath.Dir(c.Buckets)
	output := &tail{max: 4096}
	p.command.Stderr = output
	stdin, err := p.command.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the S3 engine: %w", err)
	}
	p.stdin = stdin
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("starting the S3 engine as %s: %w", program, err)
	}
	go func() {
		err := p.command.Wait()
		p.err = fmt.Errorf("the S3 engine ended: %w: %s", errors.Join(err, errEnded), output)
		close(p.ended)
	}()
	if _, err := stdin.Write(append(line, '\n')); err != nil {
		_ = stdin.Close()
		<-p.ended
		return nil, fmt.Errorf("starting the S3 engine: %w", p.err)
	}
	return p, nil
}

var errEnded = errors.New("it is not running")

// stop ends the process and waits until it has ended.
func (p *process) stop(ctx context.Context) {
	_ = p.stdin.Close()
	select {
	case <-p.ended:
	case <-ctx.Done():
		_ = p.command.Process.Kill()
		<-p.ended
	}
}

// tail keeps the end of what is written to it. It is read after the last write.
type tail struct {
	max  int
	data []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.data = append(t.data, b...)
	if extra := len(t.data) - t.max; extra > 0 {
		t.data = append(t.data[:0], t.data[extra:]...)
	}
	return len(b), nil
}

func (t *tail) String() string { return string(t.data) }
