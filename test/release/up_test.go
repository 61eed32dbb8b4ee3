//go:build unix

package release_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/tenantstack/tenantstack/test/localtest"
)

// output is what a process prints, as it comes.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// TestUp runs tenantctl up --watch and builds the application again and again: the page follows, and a build that is
// no good leaves what there is. The commands of tenantctl find the same tenants.
func TestUp(t *testing.T) {
	assembly := localtest.Assembly(t)
	binary := filepath.Join(t.TempDir(), "tenantctl")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/tenantctl").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data, web := t.TempDir(), filepath.Join(t.TempDir(), "dist")
	dist(t, web, 1)
	said := &output{}
	cmd := exec.Command(binary, "up", "--app", assembly, "--data", data, "--port", "0", "--tenant", "tabby-cafe", "--watch", "--dist", web)
	cmd.Dir, cmd.Stdout, cmd.Stderr = "../..", said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		if t.Failed() {
			t.Logf("tenantctl up said:\n%s", said)
		}
	})
	says := func(want string) {
		t.Helper()
		localtest.Eventually(t, "tenantctl up says "+want, func() bool { return strings.Contains(said.String(), want) })
	}
	says("Ctrl-C stops it.")
	says("web application " + build(t, 1).Release() + ": 1 released, in ")
	if s := said.String(); strings.Index(s, "web application") > strings.Index(s, "console") {
		t.Error("the URLs are printed before the web application is there")
	}
	url := regexp.MustCompile(`http://tabby-cafe\S+`).FindString(said.String())
	http := localtest.Client(strings.TrimSuffix(regexp.MustCompile(`AWS_ENDPOINT_URL=(\S+)`).FindStringSubmatch(said.String())[1], "/"))
	serves := func(n int) {
		t.Helper()
		localtest.Eventually(t, fmt.Sprintf("version %d is served", n), func() bool {
			resp, err := http.Get(url)
			if err != nil {
				return false
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			return isPage(string(body), n)
		})
	}
	serves(1)

	// A bundler removes its folder and writes it anew.
	rebuild := func(n int) {
		t.Helper()
		if err := os.RemoveAll(web); err != nil {
			t.Fatal(err)
		}
		dist(t, web, n)
	}
	rebuild(2)
	serves(2)
	incomplete := filepath.Join(t.TempDir(), "dist")
	dist(t, incomplete, 3)
	err := os.Remove(filepath.Join(incomplete, code(3)))
	if err == nil {
		err = os.RemoveAll(web)
	}
	if err == nil {
		err = os.Rename(incomplete, web)
	}
	if err != nil {
		t.Fatal(err)
	}
	says("the web application is not released: reading the build: " + filepath.Join(web, "index.html") + ": refers to \"/" + code(3))
	serves(2)
	rebuild(3)
	serves(3)

	tenantctl := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(binary, append(args, "--data", data, "--local")...)
		cmd.Dir = "../.."
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%v: %v: %s", args, err, out)
		}
		return string(out)
	}
	for _, want := range []string{build(t, 3).Release(), build(t, 2).Release(), build(t, 1).Release()} {
		if out := tenantctl("web", "status", "--tenant", "tabby-cafe"); !strings.Contains(out, want) {
			t.Errorf("web status has no %s: %s", want, out)
		}
	}
	out := tenantctl("web", "release", "--rollback")
	for _, want := range []string{"left out, since the local cloud does not run them: acme, purrfect-bank", "[1/1] tabby-cafe  rolled back to " + build(t, 2).Release() + " from " + build(t, 3).Release(), "1 tenant: 1 rolled back"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	serves(2)

	// A shell with the endpoint of this local cloud means it, and one that does not find it never means AWS.
	endpoint := "AWS_ENDPOINT_URL=" + regexp.MustCompile(`AWS_ENDPOINT_URL=(\S+)`).FindStringSubmatch(said.String())[1]
	for _, test := range []struct{ data, want string }{
		{data, "tabby-cafe  " + build(t, 2).Release()},
		{t.TempDir(), "tenantctl: the endpoint of S3 is http"},
	} {
		cmd := exec.Command(binary, "web", "status", "--tenant", "tabby-cafe", "--data", test.data)
		cmd.Dir, cmd.Env = "../..", append(os.Environ(), endpoint, "AWS_REGION=eu-central-1")
		if out, _ := cmd.CombinedOutput(); !strings.Contains(string(out), test.want) {
			t.Errorf("no %q in %s", test.want, out)
		}
	}

	if err = cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err = <-ended; err != nil {
		t.Errorf("tenantctl up ended with %v", err)
	}
}
