package lambda

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// running says whether a process runs; one that nobody has waited for does not.
func running(pid int) bool {
	if !alive(pid) {
		return false
	}
	if runtime.GOOS != "linux" {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func TestEnvironment(t *testing.T) {
	t.Setenv("PLANTED_SECRET", "hunter2")
	t.Setenv("AWS_PROFILE", "production")
	t.Setenv("HTTP_PROXY", "http://proxy.example.com")
	w := newWorld(t, nil)
	w.put(t, variables("TENANT", "acme", "TZ", "Europe/Berlin", "AWS_ENDPOINT_URL", "https://elsewhere.example.com"))
	var env []string
	if err := json.Unmarshal(w.invoke(t, `{"do":"env"}`).Payload, &env); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		got[name] = value
	}
	allowed := strings.Fields(`_HANDLER _X_AMZN_TRACE_ID AWS_REGION AWS_DEFAULT_REGION AWS_LAMBDA_FUNCTION_NAME AWS_LAMBDA_FUNCTION_VERSION
		AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_INITIALIZATION_TYPE AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME AWS_ACCESS_KEY_ID
		AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_LAMBDA_RUNTIME_API LAMBDA_TASK_ROOT LAMBDA_RUNTIME_DIR AWS_EC2_METADATA_DISABLED AWS_ENDPOINT_URL
		AWS_IGNORE_CONFIGURED_ENDPOINT_URLS LANG TZ PATH HOME TMPDIR AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE TENANT PWD`)
	for name, value := range got {
		if !slices.Contains(allowed, name) {
			t.Errorf("the function sees %s=%s", name, value)
		}
	}
	for name, want := range map[string]string{"TENANT": "acme", "TZ": "Europe/Berlin", "AWS_ENDPOINT_URL": w.front.URL, "AWS_REGION": testRegion,
		"AWS_CONFIG_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if !strings.HasPrefix(got["HOME"], testDir) || got["HOME"] == os.Getenv("HOME") {
		t.Errorf("HOME is %q, want a directory of its own", got["HOME"])
	}
	if !strings.HasPrefix(got["AWS_ACCESS_KEY_ID"], "ASIA") {
		t.Errorf("AWS_ACCESS_KEY_ID is %q, want that of a session", got["AWS_ACCESS_KEY_ID"])
	}
}

func TestReadOnlyCode(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root writes everywhere")
	}
	w := newWorld(t, nil)
	w.put(t, nil)
	if out := w.invoke(t, `{"do":"write"}`); !strings.Contains(string(out.Payload), "permission denied") {
		t.Errorf("output %s, want a refusal", out.Payload)
	}
}

// TestRuntimeAPI holds that nobody but the function itself gets its events.
func TestRuntimeAPI(t *testing.T) {
	w := newWorld(t, nil)
	w.put(t, nil)
	w.invoke(t, "{}")
	w.Service.mu.Lock()
	var p *process
	for p = range w.functions[probeARN].processes {
	}
	w.Service.mu.Unlock()
	tests := []struct {
		name, method, path, host string
		want                     int
	}{
		{"without the secret", "GET", "/2018-06-01/runtime/invocation/next", "", 403},
		{"wrong secret", "GET", "/" + strings.Repeat("0", len(p.secret)) + "/2018-06-01/runtime/invocation/next", "", 403},
		{"of a page", "GET", "/" + p.secret + "/2018-06-01/runtime/invocation/next", "evil.example.com", 403},
		{"response to no event", "POST", "/" + p.secret + "/2018-06-01/runtime/invocation/1234/response", "", 400},
		{"error of no event", "POST", "/" + p.secret + "/2018-06-01/runtime/invocation/1234/error", "", 400},
		{"late init error", "POST", "/" + p.secret + "/2018-06-01/runtime/init/error", "", 403},
		{"unknown", "GET", "/" + p.secret + "/2018-06-01/runtime/restore/next", "", 404},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := http.NewRequest(test.method, "http://"+p.host+test.path, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			r.Host = test.host
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != test.want {
				t.Errorf("status %d, want %d", response.StatusCode, test.want)
			}
		})
	}
	if out := w.invoke(t, "{}"); out.FunctionError != "" {
		t.Errorf("output %s", out.Payload)
	}
}

// TestSwap changes a function while it runs.
func TestSwap(t *testing.T) {
	w := newWorld(t, nil)
	w.put(t, variables("RELEASE", "1"))
	old := echo(t, w.invoke(t, "{}"))
	w.put(t, variables("RELEASE", "1"))
	if e := echo(t, w.invoke(t, "{}")); e.PID != old.PID {
		t.Error("a Put without a change started a process")
	}
	done := make(chan Output)
	go func() { done <- w.invoke(t, `{"do":"sleep","n":400}`) }()
	await(t, "an invocation in flight", func() bool { return w.Stats()[0].InFlight == 1 })
	w.put(t, variables("RELEASE", "2"))
	if e := echo(t, w.invoke(t, "{}")); e.PID == old.PID {
		t.Error("an invocation after the change ran on the old process")
	}
	if out := <-done; string(out.Payload) != fmt.Sprint(old.PID) {
		t.Errorf("the invocation in flight ended with %s %s, want %d", out.FunctionError, out.Payload, old.PID)
	}
	await(t, "the end of the old process", func() bool { return !running(old.PID) && w.Stats()[0].Processes == 1 })

	if err := w.Delete(context.Background(), probe(t, nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Invoke(context.Background(), Input{FunctionARN: probeARN}); err == nil {
		t.Error("a function that was deleted ran")
	}
	w.put(t, nil)
	if out := w.invoke(t, "{}"); out.FunctionError != "" {
		t.Errorf("the function that came back: %s", out.Payload)
	}
}

func TestIdle(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.IdleTimeout = 50 * time.Millisecond })
	file := filepath.Join(t.TempDir(), "bye")
	w.put(t, variables("SIGTERM_FILE", file))
	e := echo(t, w.invoke(t, "{}"))
	await(t, "the end of the idle process", func() bool { return !running(e.PID) && w.Stats()[0].Processes == 0 })
	if _, err := os.Stat(file); err != nil {
		t.Errorf("the function with an extension got no SIGTERM: %v", err)
	}
}

// TestCredentials holds that a process is replaced before its credentials end.
func TestCredentials(t *testing.T) {
	w := newWorld(t, nil)
	w.put(t, nil)
	first := echo(t, w.invoke(t, "{}"))
	w.clock.add(50 * time.Minute)
	if e := echo(t, w.invoke(t, "{}")); e.Key != first.Key {
		t.Error("the process was replaced although its credentials were good")
	}
	w.clock.add(9 * time.Minute)
	if e := echo(t, w.invoke(t, "{}")); e.Key == first.Key || e.PID == first.PID {
		t.Error("the process was not replaced although its credentials were about to end")
	}
	await(t, "the end of the old process", func() bool { return !running(first.PID) })
}

func TestRole(t *testing.T) {
	w := newWorld(t, nil)
	w.gate.PutRole(gate.Role{ARN: roleARN, Name: "probe", Account: testAccount,
		Trust: document(t, iam.Trust, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
	w.put(t, nil)
	_, err := w.Invoke(context.Background(), Input{FunctionARN: probeARN})
	if err == nil || !strings.Contains(err.Error(), "cannot be assumed by Lambda") {
		t.Errorf("error %v, want a role that cannot be assumed", err)
	}
	if s := w.Stats()[0]; s.Processes != 0 || s.InFlight != 0 {
		t.Errorf("stats %+v", s)
	}
}

// TestClose ends what functions started, too.
func TestClose(t *testing.T) {
	w := newWorld(t, nil)
	w.put(t, nil)
	var pids []int
	if err := json.Unmarshal(w.invoke(t, `{"do":"child"}`).Payload, &pids); err != nil {
		t.Fatal(err)
	}
	flight := make(chan error)
	go func() {
		_, err := w.Invoke(context.Background(), Input{FunctionARN: probeARN, Payload: []byte(`{"do":"hang"}`)})
		flight <- err
	}()
	await(t, "an invocation in flight", func() bool { return w.Stats()[0].InFlight == 1 })
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-flight; err == nil {
		t.Error("the invocation in flight succeeded")
	}
	await(t, "the end of all processes", func() bool { return !slices.ContainsFunc(pids, running) })
	if _, err := w.Invoke(context.Background(), Input{FunctionARN: probeARN}); err == nil {
		t.Error("the service that was closed ran a function")
	}
	if left, _ := filepath.Glob(filepath.Join(testDir, "cache", "run", fmt.Sprintf("%d-*", os.Getpid()), "*")); len(left) > 0 {
		t.Errorf("directories %q were left", left)
	}
}

// TestCrashWhileIdle kills a process between two invocations.
func TestCrashWhileIdle(t *testing.T) {
	w := newWorld(t, nil)
	w.put(t, nil)
	for range 5 {
		e := echo(t, w.invoke(t, "{}"))
		crashed, err := os.FindProcess(e.PID)
		if err != nil {
			t.Fatal(err)
		}
		if err := crashed.Kill(); err != nil {
			t.Fatal(err)
		}
		if out := w.invoke(t, "{}"); out.FunctionError != "" && !strings.Contains(string(out.Payload), "signal: killed") {
			t.Errorf("output %s", out.Payload)
		}
	}
}

// TestParentKilled holds that nothing outlives a parent that is killed: not a function that hangs, and
// not what it started.
func TestParentKilled(t *testing.T) {
	archive, err := probeZip()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "LAMBDA_TEST_PARENT="+archive, "LAMBDA_TEST_DIR="+t.TempDir())
	t.Cleanup(func() { removeDir(filepath.Join(cmd.Env[len(cmd.Env)-1][len("LAMBDA_TEST_DIR="):], "code")) })
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	if err := json.Unmarshal([]byte(line), &pids); err != nil || len(pids) != 2 {
		t.Fatalf("the parent said %q: %v", line, err)
	}
	for _, pid := range pids {
		if !running(pid) {
			t.Fatalf("process %d does not run", pid)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	await(t, "the end of all processes", func() bool { return !slices.ContainsFunc(pids, running) })
}

// parentMain is the parent of TestParentKilled: it has a function start a process and hang.
func parentMain() {
	g, err := gate.New(gate.Options{})
	if err != nil {
		panic(err)
	}
	trust, err := iam.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`), iam.Trust)
	if err != nil {
		panic(err)
	}
	g.PutRole(gate.Role{ARN: roleARN, Name: "probe", Account: testAccount, Trust: trust})
	s := New(Options{Gate: g, Dir: os.Getenv("LAMBDA_TEST_DIR")})
	r := probe(nil, nil)
	if err := s.Put(context.Background(), r); err != nil {
		panic(err)
	}
	out, err := s.Invoke(context.Background(), Input{FunctionARN: probeARN, Payload: []byte(`{"do":"child"}`)})
	if err != nil {
		panic(err)
	}
	go func() {
		_, _ = s.Invoke(context.Background(), Input{FunctionARN: probeARN, Payload: []byte(`{"do":"hang"}`)})
	}()
	for s.Stats()[0].InFlight == 0 {
		runtime.Gosched()
	}
	fmt.Println(string(out.Payload))
	select {}
}

// TestLinger holds that a process which answers and never asks for the next event ends.
func TestLinger(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("archives are for Linux")
	}
	w := newWorld(t, func(o *Options) { o.IdleTimeout = 100 * time.Millisecond })
	archive := filepath.Join(t.TempDir(), "linger.zip")
	script := `#!/usr/bin/env bash
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation
id=$(curl -sS -D - -o /dev/null "$api/next" | tr -d '\r' | sed -n 's/^Lambda-Runtime-Aws-Request-Id: //Ip')
curl -sS -o /dev/null -X POST "$api/$id/response" --data-binary $$
sleep 600
`
	if err := writeZip(archive, map[string]string{"bootstrap": script}); err != nil {
		t.Fatal(err)
	}
	r := probe(t, map[string]any{"Timeout": "1"})
	r.Asset = archive
	if err := w.Put(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	var pid int
	if out := w.invoke(t, "{}"); json.Unmarshal(out.Payload, &pid) != nil {
		t.Fatalf("output %s %s", out.FunctionError, out.Payload)
	}
	await(t, "the end of the process", func() bool { return !running(pid) })
}
