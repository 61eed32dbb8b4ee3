// Package localcloud runs a cloud assembly on this machine: it reads the templates that the CDK
// wrote, creates what they say on real engines, and has every call decided by the IAM gate.
// Nothing here knows a tenant or an application; all of it comes from the templates.
package localcloud

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/control"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
	"github.com/tenantstack/tenantstack/internal/localcloud/template"
)

// Options of a local cloud.
type Options struct {
	// Assembly is the folder of the cloud assembly. Default "cdk.out".
	Assembly string
	// Data is the folder that keeps what is stored. Default ".local".
	Data string
	// Builds keeps builds of functions for this machine. Optional; below Data by default.
	Builds string
	// Port of everything; 0 takes a free one.
	Port int
	// Tenants are the ids of those to run, with what all share. Optional; all.
	Tenants []string
	// Watch follows the assembly and takes over what changes.
	Watch bool
	// Progress is told of slow steps and problems, in one line each. It is never called twice at once. Optional.
	Progress func(string)
}

// Cloud is a running local cloud.
type Cloud struct {
	o        Options
	started  time.Time
	lock     *control.Lock
	listener net.Listener
	server   *http.Server
	port     int
	say      func(string)

	services *services
	hosts    *hosts
	applier  *applier

	reload sync.Mutex // held while templates are applied
	mu     sync.Mutex
	result *template.Result
	state  control.State

	stopped chan struct{}
	stop    sync.Once
	close   sync.Once
	watcher func()
}

// Start runs the assembly and returns when all of it was created. A tenant that could not be is in
// the status, with its problem. The context bounds the start alone.
func Start(ctx context.Context, o Options) (*Cloud, error) {
	c, err := prepare(o)
	if err != nil {
		return nil, err
	}
	if err := c.start(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func prepare(o Options) (*Cloud, error) {
	if o.Assembly == "" {
		o.Assembly = "cdk.out"
	}
	if o.Data == "" {
		o.Data = ".local"
	}
	var err error
	if o.Data, err = filepath.Abs(o.Data); err != nil {
		return nil, err
	}
	if o.Builds == "" {
		o.Builds = filepath.Join(o.Data, "functions")
	}
	if _, err := os.Stat(filepath.Join(o.Assembly, "manifest.json")); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no cloud assembly in %s: run make synth, or tenantctl synth", o.Assembly)
	}
	c := &Cloud{o: o, started: time.Now(), state: control.Starting, stopped: make(chan struct{}), watcher: func() {}}
	var mu sync.Mutex
	c.say = func(line string) {
		mu.Lock()
		defer mu.Unlock()
		if o.Progress != nil {
			o.Progress(line)
		}
	}
	if c.lock, err = control.Acquire(o.Data); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Cloud) start(ctx context.Context) error {
	if err := c.listen(); err != nil {
		return err
	}
	key, err := dataKey(c.o.Data)
	if err != nil {
		return err
	}
	if c.services, err = newServices(ctx, c, key); err != nil {
		return err
	}
	c.applier = newApplier(c.services.providers()...)
	c.hosts = c.services.hosts()
	var secret [24]byte
	_, _ = rand.Read(secret[:]) // never fails (crypto/rand)
	run := control.Run{PID: os.Getpid(), URL: c.url(localhost), Secret: hex.EncodeToString(secret[:])}
	c.hosts.console = withControl(control.Handler(c, run.Secret), c.hosts.console)
	c.server = &http.Server{Handler: c.hosts, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = c.server.Serve(c.listener) }()
	if err := c.lock.Publish(run); err != nil {
		return err
	}
	c.say("starting DynamoDB Local and OpenSearch")
	if err := c.services.startEngines(ctx); err != nil {
		return err
	}
	if err := c.Reload(ctx); err != nil {
		return err
	}
	c.setState(control.Ready)
	if c.o.Watch {
		return c.watch()
	}
	return nil
}

// listen takes the port on 127.0.0.1.
func (c *Cloud) listen() error {
	listener, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(c.o.Port))
	if err != nil {
		return fmt.Errorf("listening on port %d: %w; --port takes another, 0 a free one", c.o.Port, err)
	}
	c.listener, c.port = listener, listener.Addr().(*net.TCPAddr).Port
	return nil
}

func (c *Cloud) url(host string) string { return "http://" + host + ":" + strconv.Itoa(c.port) }

// endpoint is AWS_ENDPOINT_URL.
func (c *Cloud) endpoint() string { return c.url("127.0.0.1") }

// issuer of the local identity provider.
func (c *Cloud) issuer() string { return c.url(idpHost) + "/" }

func (c *Cloud) setState(s control.State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = s
}

// Resources are what the templates say, with local values.
func (c *Cloud) Resources() []resource.Resource {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.result == nil {
		return nil
	}
	return c.result.Resources
}

// Stop lets whoever waits for Stopped know that the end is wanted.
func (c *Cloud) Stop() { c.stop.Do(func() { close(c.stopped) }) }

// Stopped is closed by Stop.
func (c *Cloud) Stopped() <-chan struct{} { return c.stopped }

// Close ends everything and returns when it is gone. The data stays.
func (c *Cloud) Close() {
	c.close.Do(func() {
		c.watcher()
		if c.server != nil {
			_ = c.server.Close()
		} else if c.listener != nil {
			_ = c.listener.Close()
		}
		if c.services != nil {
			c.services.close()
		}
		c.lock.Release()
	})
}

// dataKey is the secret from which all others are made. It stays with the data, so that sessions
// and tokens do too.
func dataKey(dir string) ([]byte, error) {
	name := filepath.Join(dir, "key")
	key, err := os.ReadFile(name)
	if err == nil && len(key) == 32 {
		return key, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the key of the data: %w", err)
	}
	key = make([]byte, 32)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	if err := os.WriteFile(name, key, 0o600); err != nil {
		return nil, fmt.Errorf("keeping the key of the data: %w", err)
	}
	return key, nil
}

// withControl serves the control API beside the console.
func withControl(api, console http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(control.Prefix, api)
	mux.Handle("/", console)
	return mux
}
