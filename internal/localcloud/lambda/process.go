package lambda

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// state of a process.
type state int

const (
	// starting until it asks for its first event.
	starting state = iota
	// idle waits for an event.
	idle
	// busy has one.
	busy
	// responded has answered and not yet asked for the next event.
	responded
	// dead is ended, or about to be.
	dead
)

// shutdownPatience is what a function with an extension gets between SIGTERM and SIGKILL (AWS Lambda
// Developer Guide, "Understanding the Lambda execution environment lifecycle": Shutdown phase).
const shutdownPatience = 500 * time.Millisecond

// process is an execution environment: a process group that handles one event at a time.
type process struct {
	s      *Service
	pool   *pool
	stream string
	output *output
	// events holds the event that was delivered and not yet fetched.
	events chan *invocation
	// ended is closed when the process is gone.
	ended chan struct{}
	// secret is the first path segment of the runtime API; empty if the runtime takes none.
	secret string
	// host is the address of the runtime API.
	host string

	// s.mu guards what follows.
	state     state
	current   *invocation
	processID int
	// stopped says that it is ended by this service and not by itself.
	stopped     bool
	exited      bool
	initTimer   *time.Timer
	initExpired bool
	initError   []byte
	initKind    string
	extension   bool
	spawned     time.Time
	idleSince   time.Time
	// finishBy is when a process that has responded has to ask for its next event.
	finishBy time.Time
	// expires is when its credentials are too short for another event.
	expires time.Time
	// lastRequest is the invocation that its output belongs to.
	lastRequest string
	init        time.Duration
	memory      memorySample
}

func newProcess(p *pool) *process {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand)
	h := hex.EncodeToString(random[:])
	process := &process{s: p.s, pool: p, events: make(chan *invocation, 1), ended: make(chan struct{})}
	process.stream = p.s.o.Now().UTC().Format("2006/01/02") + "/[" + p.config.version + "]" + h[:32]
	if p.config.code.golang {
		process.secret = h[32:]
	}
	process.output = newOutput(p.s.logs, p.config, process.stream, p.s.o.Now)
	return process
}

// assign reserves the process for an event. s.mu is held.
func (p *process) assign(inv *invocation) {
	p.current, inv.process = inv, p
	if p.state == idle {
		p.state = busy
	}
}

// pid is zero unless the process runs. s.mu is held.
func (p *process) pid() int {
	if p.exited {
		return 0
	}
	return p.processID
}

// run starts the process and returns when it is gone.
func (p *process) run() {
	p.s.mu.Lock()
	inv := p.current
	inv.attempts++
	again := inv.attempts > 1
	p.s.mu.Unlock()
	if again {
		// What was not initialized in time is initialized within the invocation.
		p.begin(inv)
	}
	cmd, cleanup, err := p.spawn()
	if err != nil {
		p.fail(inv, err)
		return
	}
	p.s.reaper.add(cmd.Process.Pid)
	p.s.mu.Lock()
	p.processID = cmd.Process.Pid
	if p.stopped {
		signalGroup(p.processID, syscall.SIGKILL)
	} else if !again {
		p.initTimer = time.AfterFunc(p.s.initLimit, p.expireInit)
	}
	p.s.mu.Unlock()
	err = cmd.Wait()
	signalGroup(cmd.Process.Pid, syscall.SIGKILL) // what the function started
	p.s.reaper.remove(cmd.Process.Pid)
	p.memory.exited(cmd.ProcessState)
	cleanup()
	close(p.ended)
	p.exit(err)
}

// spawn starts the executable; cleanup frees what it used.
func (p *process) spawn() (cmd *exec.Cmd, cleanup func(), err error) {
	c := p.pool.config
	if c.code.bootstrap == "" {
		return nil, nil, &spawnError{functionError{noEntrypoint, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"}}
	}
	credentials, err := p.assume()
	if err != nil {
		return nil, nil, err
	}
	dir, err := p.s.scratch()
	if err != nil {
		return nil, nil, fmt.Errorf("starting %s: %w", c.name, err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		os.RemoveAll(dir)
		return nil, nil, fmt.Errorf("starting %s: listening for its runtime: %w", c.name, err)
	}
	p.host = listener.Addr().String()
	server := &http.Server{Handler: p, ReadHeaderTimeout: time.Minute, ErrorLog: noLog}
	go server.Serve(listener)
	reader, writer, err := os.Pipe()
	if err != nil {
		server.Close()
		os.RemoveAll(dir)
		return nil, nil, fmt.Errorf("starting %s: %w", c.name, err)
	}
	cmd = &exec.Cmd{Path: c.code.bootstrap, Args: []string{c.code.bootstrap}, Dir: c.code.dir, Env: p.environment(dir, credentials),
		Stdout: writer, Stderr: writer, SysProcAttr: ownGroup()}
	p.s.mu.Lock()
	p.spawned = time.Now()
	p.s.mu.Unlock()
	err = p.s.spawner.start(cmd)
	writer.Close()
	cleanup = func() {
		p.output.finish(reader)
		reader.Close()
		server.Close()
		os.RemoveAll(dir)
	}
	if err != nil {
		cleanup()
		return nil, nil, &spawnError{functionError{noEntrypoint, "fork/exec /var/task/bootstrap: " + err.Error()}}
	}
	p.output.attach(reader)
	return cmd, cleanup, nil
}

// fail ends an event whose process could not start.
func (p *process) fail(inv *invocation, err error) {
	p.s.mu.Lock()
	p.pool.leave(p)
	delete(p.pool.function.processes, p)
	p.exited = true
	var spawn *spawnError
	if !errors.As(err, &spawn) {
		p.s.abandonLocked(inv, err)
		p.s.mu.Unlock()
		return
	}
	p.s.mu.Unlock()
	p.begin(inv)
	if p.claim(inv, true) {
		p.settle(inv, platformOutcome(spawn.Type, inv.id, spawn.Message))
	}
}

// spawnError is a function that cannot start, as its caller sees it.
type spawnError struct{ functionError }

func (e *spawnError) Error() string { return e.Type + ": " + e.Message }

// sessionDuration is how long Lambda's credentials of a role are good.
const sessionDuration = 12 * time.Hour

// assume makes the credentials of the function's role.
func (p *process) assume() (gate.Credentials, error) {
	c := p.pool.config
	d := sessionDuration
	if role, ok := p.s.o.Gate.Role(c.role); ok && role.MaxSession > 0 {
		d = min(d, role.MaxSession)
	}
	credentials, _, err := p.s.o.Gate.ServiceSession("lambda.amazonaws.com", c.role, sessionName(c.name), d)
	if err != nil {
		return credentials, &gate.Error{Status: http.StatusBadRequest, Code: InvalidParameterValue,
			Message: "The role defined for the function cannot be assumed by Lambda. (" + err.Error() + ")"}
	}
	p.s.mu.Lock()
	p.expires = credentials.Expiration.Add(-c.timeout - min(time.Minute, d/10))
	p.s.mu.Unlock()
	return credentials, nil
}

// sessionName is the function's name, of which a session takes 64 characters and at least two.
func sessionName(name string) string {
	if len(name) < 2 {
		name += "_"
	}
	return name[:min(len(name), 64)]
}

// environment is all that the function sees (AWS Lambda Developer Guide, "Defined runtime
// environment variables"). AWS_EXECUTION_ENV is not defined for runtimes of one's own.
func (p *process) environment(dir string, credentials gate.Credentials) []string {
	c := p.pool.config
	tmp := filepath.Join(dir, "tmp")
	variables := map[string]string{
		"LANG": "en_US.UTF-8", "TZ": ":UTC", "PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
		"HOME": tmp, "TMPDIR": tmp,
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	}
	for name, value := range c.environment {
		variables[name] = value
	}
	if c.logJSON {
		variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
		if c.applicationLogLevel != "" {
			variables["AWS_LAMBDA_LOG_LEVEL"] = c.applicationLogLevel
		}
	}
	api := p.host
	if p.secret != "" {
		api += "/" + p.secret
	}
	own := map[string]string{
		"_HANDLER": c.handler, "AWS_REGION": c.region, "AWS_DEFAULT_REGION": c.region,
		"AWS_LAMBDA_FUNCTION_NAME": c.name, "AWS_LAMBDA_FUNCTION_VERSION": c.version,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": fmt.Sprint(c.memory), "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME": c.logGroup, "AWS_LAMBDA_LOG_STREAM_NAME": p.stream,
		"AWS_ACCESS_KEY_ID": credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY": credentials.SecretAccessKey,
		"AWS_SESSION_TOKEN": credentials.SessionToken, "AWS_LAMBDA_RUNTIME_API": api,
		"LAMBDA_TASK_ROOT": c.code.dir, "LAMBDA_RUNTIME_DIR": "/var/runtime",
		"AWS_EC2_METADATA_DISABLED": "true",
	}
	if endpoint := p.s.o.Endpoint(); endpoint != "" {
		own["AWS_ENDPOINT_URL"], own["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = endpoint, "false"
	}
	for name, value := range own {
		variables[name] = value
	}
	env := make([]string, 0, len(variables))
	for name, value := range variables {
		env = append(env, name+"="+value)
	}
	return env
}

// stop ends the process. s.mu is held.
func (p *process) stop() {
	p.pool.leave(p)
	if p.stopped || p.exited {
		return
	}
	p.stopped = true
	if p.processID == 0 {
		return // run sees it
	}
	if !p.extension {
		signalGroup(p.processID, syscall.SIGKILL)
		return
	}
	signalGroup(p.processID, syscall.SIGTERM)
	time.AfterFunc(shutdownPatience, func() {
		p.s.mu.Lock()
		defer p.s.mu.Unlock()
		if !p.exited {
			signalGroup(p.processID, syscall.SIGKILL)
		}
	})
}

// kill ends the process at once. s.mu is held.
func (p *process) kill() {
	p.extension = false
	p.stop()
}

// killAll ends every process.
func (s *Service) killAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.functions {
		for p := range f.processes {
			p.stop()
		}
	}
}
