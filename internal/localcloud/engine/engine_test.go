//go:build unix

package engine

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// parentEnv makes the test binary start the named engine, print its pid and wait to be killed.
const parentEnv = "ENGINE_TEST_PARENT"

func TestMain(m *testing.M) {
	if name := os.Getenv(parentEnv); name != "" {
		parent(name)
	}
	os.Exit(m.Run())
}

func parent(name string) {
	start := map[string]func(context.Context, Options) (*Engine, error){"dynamodb": StartDynamoDB, "opensearch": StartOpenSearch}[name]
	e, err := start(context.Background(), Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(e.PID())
	select {}
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestDynamoDBStartsAndStops(t *testing.T) {
	var log strings.Builder
	e, err := StartDynamoDB(testContext(t), Options{Log: &log})
	if err != nil {
		t.Fatal(err)
	}
	if err := listTables(testContext(t), e.Endpoint()); err != nil {
		t.Error(err)
	}
	e.Stop()
	e.Stop()
	if !gone(e.PID()) {
		t.Errorf("process %d is still there", e.PID())
	}
	if e.process.exit != nil {
		t.Errorf("the end of standard input did not end the launcher: %v", e.process.exit)
	}
	if !strings.Contains(log.String(), listeningLine) {
		t.Errorf("log = %q, want the launcher's output", log.String())
	}
}

func TestDynamoDBKeepsData(t *testing.T) {
	dir := t.TempDir()
	for _, step := range []struct{ target, body string }{
		{"CreateTable", `{"TableName":"kept","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"k","AttributeType":"S"}],"KeySchema":[{"AttributeName":"k","KeyType":"HASH"}]}`},
		{"DescribeTable", `{"TableName":"kept"}`},
	} {
		e, err := StartDynamoDB(testContext(t), Options{DataDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Stop)
		req, _ := http.NewRequest(http.MethodPost, e.Endpoint(), strings.NewReader(step.body))
		req.Header.Set("Content-Type", "application/x-amz-json-1.0")
		req.Header.Set("X-Amz-Target", "DynamoDB_20120810."+step.target)
		req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=other/20200101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
		if err := expectOK(req); err != nil {
			t.Error(err)
		}
		e.Stop()
	}
}

func TestOpenSearchStartsAndStops(t *testing.T) {
	cache := cacheWithEngines(t)
	e, err := StartOpenSearch(testContext(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Stop)
	resp, err := http.Get(e.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); !strings.Contains(string(body), `"number" : "2.19.6"`) {
		t.Errorf("GET / = %s, want version 2.19.6", body)
	}
	e.Stop()
	if !gone(e.PID()) {
		t.Errorf("process %d is still there", e.PID())
	}
	if left, _ := filepath.Glob(filepath.Join(cache, "run", "opensearch-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestKilledParentLeavesNothing(t *testing.T) {
	cache := cacheWithEngines(t)
	for _, name := range []string{"dynamodb", "opensearch"} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), parentEnv+"="+name)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer cmd.Wait()
			defer cmd.Process.Kill()
			line, _ := bufio.NewReader(out).ReadString('\n')
			pid, err := strconv.Atoi(strings.TrimSpace(line))
			if err != nil {
				t.Fatalf("the parent printed %q, want the engine's pid", line)
			}
			cmd.Process.Signal(syscall.SIGKILL)
			eventually(t, fmt.Sprintf("process %d is gone", pid), func() bool { return gone(pid) })
		})
	}
	left, _ := filepath.Glob(filepath.Join(cache, "run", "opensearch-*"))
	if len(left) != 2 {
		t.Fatalf("runs of a killed parent = %q, want a directory and its lock", left)
	}
	dir, cleanup, err := runDir("opensearch")
	if err != nil {
		t.Fatal(err)
	}
	defer cleanup()
	if now, _ := filepath.Glob(filepath.Join(cache, "run", "opensearch-*")); len(now) != 2 || exists(left[0]) || !exists(dir) {
		t.Errorf("after the next run began: %q, want only its own", now)
	}
}

func TestEngineThatEndsByItself(t *testing.T) {
	e, err := StartDynamoDB(testContext(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	select {
	case <-e.Done():
		t.Fatal("done before its end")
	default:
	}
	syscall.Kill(e.PID(), syscall.SIGKILL)
	select {
	case <-e.Done():
	case <-time.After(10 * time.Second):
		t.Error("killed, but not done")
	}
}

// gone is true of zombies too: a process whose parent was killed is not always reaped in a container.
func gone(pid int) bool {
	if err := syscall.Kill(pid, 0); err != nil {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(state, "Z")
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(15 * time.Second)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("not within 15 s: %s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// cacheWithEngines makes a cache of the test's own whose engines are the user's, installed where need be.
func cacheWithEngines(t *testing.T) string {
	t.Helper()
	users, err := cacheDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []kind{dynamoDB, openSearch} {
		if _, err := k.install(testContext(t), func(string) {}); err != nil {
			t.Fatal(err)
		}
	}
	cache := t.TempDir()
	if err := os.Symlink(filepath.Join(users, "engines"), filepath.Join(cache, "engines")); err != nil {
		t.Fatal(err)
	}
	t.Setenv(CacheEnv, cache)
	return cache
}
