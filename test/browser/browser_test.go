//go:build unix

// Package browser has the web application used in a real browser, against the local cloud as
// tenantctl up runs it. The tests themselves are TypeScript, in web/e2e.
package browser

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/test/localtest"
)

const (
	// webEnv names the environment variable with the folder of the application.
	webEnv = "TENANTSTACK_WEB"
	// chromiumEnv is that with the browser.
	chromiumEnv = "TENANTSTACK_CHROMIUM"
	// screenshotsEnv is that with the folder that screenshots are written to.
	screenshotsEnv = "TENANTSTACK_SCREENSHOTS"
)

// limit is how long a run of the browser may take.
const limit = 15 * time.Minute

func TestBrowser(t *testing.T) {
	r := start(t)
	r.npm(t, "e2e")
}

// TestScreenshots makes pictures of the screens, for people to look at.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv(screenshotsEnv)
	if dir == "" {
		t.Skip(screenshotsEnv + " is not set; make screenshots sets it")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r := start(t)
	r.npm(t, "screenshots", screenshotsEnv+"="+dir)
}

// run is a local cloud with the application at every tenant.
type run struct {
	web string
	env []string
}

// start builds tenantctl and runs tenants with it, until the test ends.
func start(t *testing.T) run {
	t.Helper()
	assembly, web, chromium := localtest.Assembly(t), os.Getenv(webEnv), os.Getenv(chromiumEnv)
	if web == "" || chromium == "" {
		t.Skip(webEnv + " and " + chromiumEnv + " are not set; make test sets them")
	}
	dir := t.TempDir()
	tenantctl, data, status := filepath.Join(dir, "tenantctl"), filepath.Join(dir, "data"), filepath.Join(dir, "status.json")
	command(t, "../..", nil, "go", "build", "-o", tenantctl, "./cmd/tenantctl")
	t.Cleanup(func() {
		if out, err := exec.Command(tenantctl, "down", "--data", data).CombinedOutput(); err != nil {
			t.Errorf("tenantctl down: %v\n%s", err, out)
		}
	})
	command(t, "../..", nil, tenantctl, "up", "--detach", "--port", "0", "--data", data, "--app", assembly, "--dist", filepath.Join(web, "dist"))
	if err := os.WriteFile(status, command(t, "../..", nil, tenantctl, "status", "--json", "--data", data), 0o600); err != nil {
		t.Fatal(err)
	}
	return run{web: web, env: []string{
		"TENANTSTACK_STATUS=" + status, "TENANTSTACK_TENANTCTL=" + tenantctl, "TENANTSTACK_DATA=" + data, chromiumEnv + "=" + chromium,
	}}
}

// npm runs a script of the application, and shows what it says.
func (r run) npm(t *testing.T, script string, env ...string) {
	t.Helper()
	t.Logf("%s", command(t, r.web, append(r.env, env...), "npm", "run", "--silent", script))
}

// command runs a program to its end and returns its standard output. The test fails with all
// that the program said if the program does. What it started ends with it.
func command(t *testing.T, dir string, env []string, name string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %v: %v\n%s\n%s", filepath.Base(name), args, err, problems.Bytes(), out.Bytes())
	}
	return out.Bytes()
}
