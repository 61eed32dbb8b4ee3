package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/internal/authz"
)

const audience = "https://api.example.com/"

// runAsFunction makes the test binary behave as the function.
const runAsFunction = "TEST_RUN_AS_FUNCTION"

func TestMain(m *testing.M) {
	if os.Getenv(runAsFunction) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func fixedNow() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func table() authz.Table {
	return authz.Table{Operations: []authz.Operation{
		{ID: "kittensGet", Method: "GET", Path: "/kittens", Scopes: [][]string{{"kittens:read"}}},
		{ID: "kittenDelete", Method: "DELETE", Path: "/kittens/{kittenId}", Scopes: [][]string{{"kittens:write"}}},
	}}
}

// identityProvider serves a discovery document and one Ed25519 key.
type identityProvider struct {
	issuer string
	key    ed25519.PrivateKey
}

func newIdentityProvider(t *testing.T) *identityProvider {
	t.Helper()
	p := &identityProvider{key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, p.issuer, p.issuer+"/keys")
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		public := base64.RawURLEncoding.EncodeToString(p.key.Public().(ed25519.PublicKey))
		fmt.Fprintf(w, `{"keys":[{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"k","x":%q}]}`, public)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.issuer = server.URL
	return p
}

func (p *identityProvider) claims(scope, sub, client string) map[string]any {
	claims := map[string]any{
		"iss": p.issuer, "aud": audience, "scope": scope,
		"iat": fixedNow().Unix(), "exp": fixedNow().Add(time.Hour).Unix(),
	}
	if sub != "" {
		claims["sub"] = sub
	}
	if client != "" {
		claims["client_id"] = client
	}
	return claims
}

func (p *identityProvider) sign(claims map[string]any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"EdDSA","typ":"at+jwt","kid":"k"}`)) + "." + encode(payload)
	return signed + "." + encode(ed25519.Sign(p.key, []byte(signed)))
}

func (p *identityProvider) token(scope string) string {
	return p.sign(p.claims(scope, "user-1", "kittens-web"))
}

// taskRoot is a folder as the function finds it, with a table.
func taskRoot(t *testing.T, table string) string {
	t.Helper()
	dir := t.TempDir()
	if table != "" {
		if err := os.WriteFile(filepath.Join(dir, authz.TableFile), []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func encodedTable(t *testing.T) string {
	t.Helper()
	data, err := table().Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func environment(root, issuer string) map[string]string {
	return map[string]string{
		"LAMBDA_TASK_ROOT": root, "TENANT": "super-awesome-customer", "BILLING_ACCOUNT": "12345", "ISSUER": issuer, "AUDIENCE": audience,
		"JWKS_URI": "", "ACCOUNT_SOURCES": "",
	}
}

func TestSetUp(t *testing.T) {
	root := taskRoot(t, encodedTable(t))
	tests := map[string]struct {
		change map[string]string
		ok     bool
	}{
		"complete":            {nil, true},
		"key set":             {map[string]string{"JWKS_URI": "https://id.example.com/keys"}, true},
		"host":                {map[string]string{"ACCOUNT_SOURCES": "host"}, true},
		"host and path":       {map[string]string{"ACCOUNT_SOURCES": "host,path"}, true},
		"level":               {map[string]string{"LOG_LEVEL": "debug"}, true},
		"no tenant":           {map[string]string{"TENANT": ""}, false},
		"no account":          {map[string]string{"BILLING_ACCOUNT": ""}, false},
		"bad account":         {map[string]string{"BILLING_ACCOUNT": "12345#0"}, false},
		"no issuer":           {map[string]string{"ISSUER": ""}, false},
		"issuer on http":      {map[string]string{"ISSUER": "http://id.example.com/"}, false},
		"no audience":         {map[string]string{"AUDIENCE": ""}, false},
		"key set on http":     {map[string]string{"JWKS_URI": "http://id.example.com/keys"}, false},
		"unknown source":      {map[string]string{"ACCOUNT_SOURCES": "header"}, false},
		"sources with space":  {map[string]string{"ACCOUNT_SOURCES": "host, path"}, false},
		"sources with a hole": {map[string]string{"ACCOUNT_SOURCES": "host,"}, false},
		"source twice":        {map[string]string{"ACCOUNT_SOURCES": "host,host"}, false},
		"no table":            {map[string]string{"LAMBDA_TASK_ROOT": taskRoot(t, "")}, false},
		"no table, no root":   {map[string]string{"LAMBDA_TASK_ROOT": ""}, false},
		"bad table":           {map[string]string{"LAMBDA_TASK_ROOT": taskRoot(t, "{}")}, false},
		"table is no file":    {map[string]string{"LAMBDA_TASK_ROOT": filepath.Join(root, authz.TableFile)}, false},
	}
	for name, test := range tests {
		env := environment(root, "https://id.example.com/")
		for key, value := range test.change {
			env[key] = value
		}
		getenv := func(key string) string { return env[key] }
		if _, err := setUp(getenv, newLogger(io.Discard, getenv)); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTableBesideExecutable finds the table where there is no task root.
func TestTableBesideExecutable(t *testing.T) {
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(filepath.Dir(executable), authz.TableFile)
	if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(path) })
	for _, root := range []string{"", t.TempDir()} {
		if data, err := readTable(root); err != nil || string(data) != "x" {
			t.Errorf("task root %q: %q, %v", root, data, err)
		}
	}
}

// answer is what a function sent to the Lambda runtime API.
type answer struct{ kind, body string }

// runtimeAPI is a Lambda runtime API that gives the events one by one.
func runtimeAPI(t *testing.T, payloads []string) (address string, answers <-chan answer) {
	t.Helper()
	pending := make(chan string, len(payloads))
	for _, payload := range payloads {
		pending <- payload
	}
	out := make(chan answer, len(payloads))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case payload := <-pending:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "request")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(time.Minute).UnixMilli()))
			_, _ = io.WriteString(w, payload)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/request/{kind}", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		out <- answer{r.PathValue("kind"), string(body)}
		w.WriteHeader(http.StatusAccepted)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://"), out
}

// TestProcess runs the function as Lambda does.
func TestProcess(t *testing.T) {
	p := newIdentityProvider(t)
	claims := p.claims("account:12345 kittens:read", "user-1", "kittens-web")
	claims["iat"], claims["exp"] = time.Now().Unix(), time.Now().Add(time.Hour).Unix()
	var payloads []string
	for _, token := range []string{p.sign(claims), "x"} {
		payload, err := json.Marshal(load(t, "request", token))
		if err != nil {
			t.Fatal(err)
		}
		payloads = append(payloads, string(payload))
	}
	payloads = append(payloads, "{}")
	address, answers := runtimeAPI(t, payloads)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	env := environment(taskRoot(t, encodedTable(t)), p.issuer)
	env["AWS_LAMBDA_RUNTIME_API"] = address
	command := function(ctx, env)
	var stdout bytes.Buffer
	command.Stdout, command.Stderr = &stdout, os.Stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []answer{{"response", `"Effect":"Allow"`}, {"error", `"errorMessage":"Unauthorized"`}, {"response", `"Effect":"Deny"`}} {
		select {
		case got := <-answers:
			if got.kind != want.kind || !strings.Contains(got.body, want.body) {
				t.Errorf("answer %+v, not %+v", got, want)
			}
		case <-ctx.Done():
			t.Fatal("no answer")
		}
	}
	cancel()
	_ = command.Wait()
	if !strings.Contains(stdout.String(), `"tenant":"super-awesome-customer"`) || strings.Contains(stdout.String(), payloads[0][:40]) {
		t.Errorf("the log is %s", stdout.String())
	}
}

func function(ctx context.Context, env map[string]string) *exec.Cmd {
	command := exec.CommandContext(ctx, os.Args[0])
	command.Env = []string{runAsFunction + "=1"}
	for key, value := range env {
		command.Env = append(command.Env, key+"="+value)
	}
	return command
}

// TestProcessRefusesToStart has no account to decide for.
func TestProcessRefusesToStart(t *testing.T) {
	env := environment(taskRoot(t, encodedTable(t)), "https://id.example.com/")
	env["BILLING_ACCOUNT"] = ""
	output, err := function(t.Context(), env).CombinedOutput()
	if err == nil || !strings.Contains(string(output), "billing account") {
		t.Errorf("started: %v, %s", err, output)
	}
}
