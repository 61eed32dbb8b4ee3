package lambda

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

const (
	testAccount = "111111111111"
	testRegion  = "eu-central-1"
	roleARN     = "arn:aws:iam::111111111111:role/probe"
	probeARN    = "arn:aws:lambda:eu-central-1:111111111111:function:probe"
)

// probeZip is the archive of the probe, built once for this machine.
var probeZip = sync.OnceValues(func() (string, error) { return buildProbe(runtime.GOOS, runtime.GOARCH) })

var testDir string

func TestMain(m *testing.M) {
	if os.Getenv("LAMBDA_TEST_PARENT") != "" {
		parentMain()
		return
	}
	var err error
	if testDir, err = os.MkdirTemp("", "lambda-test-*"); err != nil {
		panic(err)
	}
	code := m.Run()
	removeDir(testDir)
	os.Exit(code)
}

func buildProbe(goos, arch string) (string, error) {
	binary := filepath.Join(testDir, "bootstrap-"+goos+"-"+arch)
	cmd := exec.Command("go", "build", "-tags", "lambda.norpc", "-trimpath", "-o", binary, "./testdata/probe")
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+arch, "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	data, err := os.ReadFile(binary)
	if err != nil {
		return "", err
	}
	archive := filepath.Join(testDir, goos+"-"+arch+".zip")
	return archive, writeZip(archive, map[string]string{"bootstrap": string(data), "data/note.txt": "kept"})
}

func writeZip(name string, files map[string]string) error {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for file, text := range files {
		h := &zip.FileHeader{Name: file, Method: zip.Deflate}
		h.SetMode(0o755)
		w, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := w.Write([]byte(text)); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o600)
}

// recorder is a LogSink.
type recorder struct {
	mu    sync.Mutex
	lines []LogLine
	bytes int
}

func (r *recorder) Write(l LogLine) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bytes += len(l.Text)
	if len(r.lines) < 10_000 {
		r.lines = append(r.lines, l)
	}
}

func (r *recorder) texts() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var texts []string
	for _, l := range r.lines {
		texts = append(texts, l.Text)
	}
	return texts
}

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a service with all that it needs.
type world struct {
	*Service
	gate  *gate.Gate
	logs  *recorder
	clock *clock
	front *httptest.Server

	mu      sync.Mutex
	invokes []Invocation
}

func newWorld(t testing.TB, change func(*Options)) *world {
	t.Helper()
	w := &world{logs: &recorder{}, clock: &clock{now: time.Now()}}
	var err error
	if w.gate, err = gate.New(gate.Options{Now: w.clock.Now}); err != nil {
		t.Fatal(err)
	}
	w.gate.PutRole(gate.Role{ARN: roleARN, Name: "probe", Account: testAccount,
		Trust:    document(t, iam.Trust, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		Identity: []iam.Document{document(t, iam.Identity, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"`+probeARN+`"}]}`)}})
	front := gate.NewFront(w.gate)
	w.front = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { front.ServeHTTP(rw, r) }))
	t.Cleanup(w.front.Close)
	o := Options{Gate: w.gate, Logs: w.logs, Dir: filepath.Join(testDir, "cache"), Now: w.clock.Now,
		Endpoint: func() string { return w.front.URL },
		OnInvoke: func(i Invocation) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.invokes = append(w.invokes, i)
		}}
	if change != nil {
		change(&o)
	}
	w.Service = New(o)
	front.Handle("lambda", w.Service)
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func document(t testing.TB, kind iam.Kind, text string) iam.Document {
	t.Helper()
	d, err := iam.Parse([]byte(text), kind)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// probe is the resource of the probe; t is not used in the parent of TestParentKilled.
func probe(t testing.TB, properties map[string]any) resource.Resource {
	archive := os.Getenv("LAMBDA_TEST_PARENT")
	if archive == "" {
		var err error
		if archive, err = probeZip(); err != nil {
			t.Fatal(err)
		}
	}
	p := map[string]any{"Role": roleARN, "Handler": "probe.handler", "Runtime": "provided.al2023", "Timeout": json.Number("20"),
		"FunctionName": "probe", "MemorySize": json.Number("256")}
	for k, v := range properties {
		p[k] = v
	}
	return resource.Resource{Stack: "stack", LogicalID: "Probe", Type: functionType, Account: testAccount, Region: testRegion,
		Name: "probe", ARN: probeARN, Properties: p, Asset: archive}
}

func variables(pairs ...string) map[string]any {
	v := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		v[pairs[i]] = pairs[i+1]
	}
	return map[string]any{"Environment": map[string]any{"Variables": v}}
}

func (w *world) put(t testing.TB, properties map[string]any) {
	t.Helper()
	if err := w.Put(context.Background(), probe(t, properties)); err != nil {
		t.Fatal(err)
	}
}

func (w *world) invoke(t testing.TB, payload string) Output {
	t.Helper()
	out, err := w.Invoke(context.Background(), Input{FunctionARN: probeARN, Payload: []byte(payload)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// await polls until a condition holds.
func await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("awaiting %s: it did not happen", what)
		}
	}
}

func (w *world) last() Invocation {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.invokes[len(w.invokes)-1]
}

func (w *world) logged(text string) bool {
	for _, l := range w.logs.texts() {
		if strings.Contains(l, text) {
			return true
		}
	}
	return false
}

func echo(t testing.TB, out Output) (e struct {
	PID                                       int
	Calls                                     int
	Text, Handler, ARN, RequestID, Trace, Key string
	Client                                    map[string]string
}) {
	t.Helper()
	if err := json.Unmarshal(out.Payload, &e); err != nil {
		t.Fatalf("answer %s: %v", out.Payload, err)
	}
	return e
}
