//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/tenantstack/tenantstack/internal/localcloud"
	"github.com/tenantstack/tenantstack/internal/localcloud/control"
)

const (
	// defaultData is where the local cloud keeps what it holds.
	defaultData = ".local"
	// defaultPort of the local cloud.
	defaultPort = 4566
	// detachedEnv marks the process that up --detach starts.
	detachedEnv = "TENANTSTACK_DETACHED"
	// upLog is what a detached local cloud prints, in its data folder.
	upLog = "up.log"
)

// upOptions are the flags of up.
type upOptions struct {
	out     string
	data    string
	port    int
	tenants []string
	detach  bool
	watch   bool
	dist    string
	project project
}

func newUp() *cobra.Command {
	var o upOptions
	c := &cobra.Command{
		Use:   "up",
		Short: "Run the synthesized stacks on this machine, with IAM enforced",
		Long: `up reads the cloud assembly that synth wrote and creates what its templates say on real
engines: DynamoDB Local, OpenSearch, an S3 gateway, the functions' own binaries. Every call to a
service is signed, and decided by the same policies as on AWS. It prints the URLs when every
tenant is ready, and runs until Ctrl-C or tenantctl down.

A build of the web application in the folder of --dist is released to every tenant.

What was stored is kept in the data folder and is there again at the next start. The endpoint of all AWS
services takes the AWS CLI and every SDK: eval "$(tenantctl credentials)".`,
		Example: `  tenantctl up
  tenantctl up --detach --port 0
  tenantctl up --tenant acme --watch`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.project = project{tenants: c.Flag("tenants").Value.String(), contract: c.Flag("contract").Value.String()}
			if o.detach {
				return o.startDetached(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
			}
			return o.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&o.out, "app", "cdk.out", "the `folder` of the cloud assembly")
	dataFlag(c, &o.data)
	c.Flags().IntVar(&o.port, "port", defaultPort, "the `port` of everything; 0 takes a free one")
	c.Flags().StringSliceVar(&o.tenants, "tenant", nil, "only these tenants, by `id`, and what all share")
	c.Flags().BoolVar(&o.detach, "detach", false, "return when every tenant is ready, and go on in the background")
	c.Flags().BoolVar(&o.watch, "watch", false, "follow the cloud assembly and the web application: when one is made again, take over what changed")
	c.Flags().StringVar(&o.dist, "dist", filepath.Join("web", "dist"), "the `folder` with a build of the web application")
	return c
}

func dataFlag(c *cobra.Command, data *string) {
	c.Flags().StringVar(data, "data", defaultData, "the `folder` that keeps the data")
}

// run runs the local cloud until ctx ends or it is told to stop.
func (o upOptions) run(ctx context.Context, out, progress io.Writer) error {
	// The identity provider logs what clients did wrong; they are told, and the console shows it.
	slog.SetDefault(slog.New(slog.DiscardHandler))
	start := time.Now()
	say := func(line string) { fmt.Fprintln(progress, line) }
	happened := make(chan struct{}, 1)
	cloud, err := localcloud.Start(ctx, localcloud.Options{
		Assembly: o.out, Data: o.data, Port: o.port, Tenants: o.tenants, Watch: o.watch, Progress: func(line string) {
			say(line)
			select {
			case happened <- struct{}{}:
			default: // it is known that something did
			}
		},
	})
	if err != nil && ctx.Err() != nil {
		return errors.New("interrupted while starting; nothing is left running")
	}
	if err != nil {
		return err
	}
	defer cloud.Close()
	stopWeb := o.serveWeb(ctx, cloud, say, happened)
	defer stopWeb()
	printURLs(out, cloud.Status(), time.Since(start))
	if os.Getenv(detachedEnv) == "" {
		fmt.Fprintln(out, "\nCtrl-C stops it.")
	}
	select {
	case <-ctx.Done():
	case <-cloud.Stopped():
	}
	say("stopping")
	return nil
}

// printURLs says where everything is.
func printURLs(w io.Writer, s control.Status, took time.Duration) {
	width := 0
	for _, t := range s.Tenants {
		width = max(width, len(t.ID))
	}
	ready := 0
	for _, t := range s.Tenants {
		if t.State == control.Failed {
			fmt.Fprintf(w, "%-*s  FAILED: %s\n", width, t.ID, t.Problem)
			continue
		}
		ready++
		fmt.Fprintf(w, "%-*s  %s\n", width, t.ID, t.URL)
	}
	fmt.Fprintf(w, "\nconsole   %s\nsign-in   %s\nAWS       AWS_ENDPOINT_URL=%s\n", s.URL, s.Issuer, s.Endpoint)
	fmt.Fprintf(w, "\n%d of %s ready in %.1f s\n", ready, count(len(s.Tenants), "tenant"), took.Seconds())
}

// startDetached starts the local cloud in a process of its own, or has the one that runs take over
// the templates, and returns when it is ready.
func (o upOptions) startDetached(ctx context.Context, out, progress io.Writer) error {
	start := time.Now()
	if client, err := control.NewClient(o.data); err == nil {
		fmt.Fprintln(progress, "the local cloud runs already; it takes over what changed")
		if err := client.Reload(ctx); err != nil {
			return err
		}
		return o.report(ctx, client, out, progress, start)
	}
	if err := os.MkdirAll(o.data, 0o755); err != nil {
		return fmt.Errorf("making the data folder: %w", err)
	}
	name := filepath.Join(o.data, upLog)
	log, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o644)
	if err != nil {
		return fmt.Errorf("opening the log of the local cloud: %w", err)
	}
	defer log.Close()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, o.args()...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), detachedEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the local cloud: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	client, err := o.await(ctx, name, progress, ended)
	if err != nil {
		if ctx.Err() != nil {
			_ = cmd.Process.Signal(syscall.SIGTERM)
			<-ended
		}
		return err
	}
	return o.report(ctx, client, out, progress, start)
}

func (o upOptions) args() []string {
	args := []string{"up", "--app", o.out, "--data", o.data, "--port", fmt.Sprint(o.port), "--dist", o.dist,
		"--tenants", o.project.tenants, "--contract", o.project.contract}
	if len(o.tenants) > 0 {
		args = append(args, "--tenant", strings.Join(o.tenants, ","))
	}
	if o.watch {
		args = append(args, "--watch")
	}
	return args
}

// await hands on what the local cloud prints until it is found ready or has ended.
func (o upOptions) await(ctx context.Context, name string, progress io.Writer, ended <-chan error) (*control.Client, error) {
	log, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if client, err := control.NewClient(o.data); err == nil {
			if s, err := client.Status(ctx); err == nil && s.State != control.Starting {
				return client, nil
			}
		}
		_, _ = io.Copy(progress, log)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-ended:
			_, _ = io.Copy(progress, log)
			return nil, errors.Join(errors.New("the local cloud did not start; see above"), errReported)
		case <-tick.C:
		}
	}
}

// report releases the web application, which a detached local cloud leaves to the command that waits for it, and says where
// everything is.
func (o upOptions) report(ctx context.Context, client *control.Client, out, progress io.Writer, start time.Time) error {
	o.web(func(ctx context.Context) (*localSites, error) {
		s, err := client.Status(ctx)
		return localSitesOf(client, s), err
	}, func(line string) { fmt.Fprintln(progress, line) }).release(ctx, false)
	s, err := client.Status(ctx)
	if err != nil {
		return err
	}
	printURLs(out, s, time.Since(start))
	fmt.Fprintf(out, "\ntenantctl down stops it; %s is its log.\n", filepath.Join(o.data, upLog))
	return nil
}

func newDown() *cobra.Command {
	var data string
	c := &cobra.Command{
		Use:   "down",
		Short: "Stop the local cloud; its data stays",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return down(c.Context(), c.OutOrStdout(), data)
		},
	}
	dataFlag(c, &data)
	return c
}

// downPatience is how long a local cloud may take to end before it is told by a signal.
const downPatience = 20 * time.Second

func down(ctx context.Context, out io.Writer, data string) error {
	run, err := control.Find(data)
	if err != nil {
		return err
	}
	client, err := control.NewClient(data)
	if err == nil {
		err = client.Stop(ctx)
	}
	if err != nil {
		// It does not answer; the lock says that it is the process of run.json.
		_ = syscall.Kill(run.PID, syscall.SIGTERM)
	}
	deadline, tick := time.After(downPatience), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for control.Running(data) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline:
			return fmt.Errorf("stopping the local cloud: process %d still runs after %s: end it with kill %d", run.PID, downPatience, run.PID)
		case <-tick.C:
		}
	}
	fmt.Fprintln(out, "stopped; the data is kept in", data)
	return nil
}
