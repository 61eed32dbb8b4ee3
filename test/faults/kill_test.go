//go:build linux

package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/tenantstack/tenantstack/internal/localcloud/control"
	"github.com/tenantstack/tenantstack/test/localtest"
)

// process is tenantctl up in a process of its own.
type process struct {
	t      *testing.T
	data   string
	cmd    *exec.Cmd
	client *control.Client
	http   *http.Client
	// api of the tenant.
	api string
}

// build makes tenantctl.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "tenantctl")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/tenantctl").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return binary
}

func up(t *testing.T, binary, data string) *process {
	t.Helper()
	p := &process{t: t, data: data, cmd: exec.Command(binary, "up", "--app", localtest.Assembly(t), "--data", data, "--port", "0", "--tenant", tenantID)}
	var out strings.Builder
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = filepath.Join("..", ".."), &out, &out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		if t.Failed() {
			t.Logf("tenantctl up said:\n%s", out.String())
		}
	})
	localtest.Eventually(t, "tenantctl up is ready", func() bool {
		client, err := control.NewClient(data)
		if err != nil {
			return false
		}
		s, err := client.Status(context.Background())
		if err != nil || s.State != control.Ready {
			return false
		}
		p.client, p.http, p.api = client, localtest.Client(s.Endpoint), s.Tenants[0].API
		return true
	})
	return p
}

func (p *process) request(method, path string, body any) (int, []byte, error) {
	token, err := p.client.Token(context.Background(), control.TokenRequest{Tenant: tenantID, User: "editor"})
	if err != nil {
		return 0, nil, err
	}
	var data []byte
	if body != nil {
		if data, err = json.Marshal(body); err != nil {
			return 0, nil, err
		}
	}
	req, err := http.NewRequest(method, p.api+path, bytes.NewReader(data))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token.AccessToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// children are the processes whose parent is, or was, pid: engines and functions.
func children(pid int) []int {
	var list []int
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/proc", e.Name(), "stat"))
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[0] != "Z" && fields[1] == strconv.Itoa(pid) {
			list = append(list, child)
		}
	}
	return list
}

func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}

// TestKilled ends tenantctl up in the middle of writes as nothing can be ended harder, and starts
// it again: every acknowledged write is there, and no process is left behind.
func TestKilled(t *testing.T) {
	binary, data := build(t), t.TempDir()
	p := up(t, binary, data)
	var mu sync.Mutex
	var acknowledged []string
	var group sync.WaitGroup
	enough := make(chan struct{})
	for w := range 4 {
		group.Go(func() {
			for n := 0; ; n++ {
				status, body, err := p.request("POST", "/kittens", kitten(w*1000+n))
				if err != nil || status != http.StatusCreated {
					return // killed
				}
				var k struct{ KittenID string }
				if json.Unmarshal(body, &k) != nil {
					return
				}
				mu.Lock()
				if acknowledged = append(acknowledged, k.KittenID); len(acknowledged) == 40 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	processes := children(p.cmd.Process.Pid)
	if len(processes) < 4 {
		t.Errorf("%d child processes, want two engines and functions", len(processes))
	}
	if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
	localtest.Eventually(t, "no process is left", func() bool {
		for _, pid := range processes {
			if alive(pid) {
				return false
			}
		}
		return true
	})
	group.Wait()

	again := up(t, binary, data)
	for _, id := range acknowledged {
		if status, body, err := again.request("GET", "/kittens/"+id, nil); err != nil || status != 200 {
			t.Errorf("kitten %s after the restart: %d %s %v", id, status, body, err)
		}
	}
	localtest.Eventually(t, "the search finds every kitten", func() bool {
		status, body, err := again.request("GET", "/kittens?limit=100&q=litter", nil)
		if err != nil || status != 200 {
			return false
		}
		for _, id := range acknowledged[:min(40, len(acknowledged))] {
			if !strings.Contains(string(body), id) {
				return false
			}
		}
		return true
	})
	left := children(again.cmd.Process.Pid)
	if out, err := exec.Command(binary, "down", "--data", data).CombinedOutput(); err != nil {
		t.Fatalf("tenantctl down: %v: %s", err, out)
	}
	for _, pid := range left {
		if alive(pid) {
			t.Errorf("process %d is left after tenantctl down", pid)
		}
	}
}
