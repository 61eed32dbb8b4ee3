// Package cdk tests the project as its users run it: with the stock CDK CLI, on a copy of
// the files.
package cdk

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/cfn"
)

// copied is the one copy of the project: linking the app takes seconds.
var copied string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "tenantstack-")
	if err != nil {
		panic(err)
	}
	copied = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// project copies what a synthesis needs, once, and returns the folder. Tests leave it as
// they found it.
func project(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(copied, "cdk.json")); err == nil {
		return copied
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "node_modules", ".bin", "cdk")); err != nil {
		t.Fatalf("no CDK CLI in node_modules: run make setup (%v)", err)
	}
	for _, name := range []string{"api", "constructs", "functions", "iam", "internal", "plan", "tenant"} {
		if err := os.CopyFS(filepath.Join(copied, name), os.DirFS(filepath.Join(root, name))); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(root, "node_modules"), filepath.Join(copied, "node_modules")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"app.go", "go.mod", "go.sum", "tenants.yaml", "tenants.lock.yaml", "cdk.json"} {
		copyFile(t, filepath.Join(root, name), filepath.Join(copied, name))
	}
	return copied
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// edit replaces text in a file of the project, once.
func edit(t *testing.T, path, old, replacement string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(data), old) != 1 {
		t.Fatalf("%s has %q %d times, want once", path, old, strings.Count(string(data), old))
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(data), old, replacement, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	})
}

// cdk runs the CDK CLI and returns its two outputs and whether it succeeded.
func cdk(t *testing.T, dir string, args ...string) (stdout, stderr string, ok bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join("node_modules", ".bin", "cdk"), args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CI=true", "HOME="+home(t), "GOCACHE="+goEnv(t, "GOCACHE"), "GOMODCACHE="+goEnv(t, "GOMODCACHE"))
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	failure := cmd.Run()
	return out.String(), err.String(), failure == nil
}

// home keeps the CLI from reading the settings and credentials of whoever runs the test.
func home(t *testing.T) string { return t.TempDir() }

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func synthesized(t *testing.T, dir string) map[string]cfn.Stack {
	t.Helper()
	a, err := cfn.ReadAssembly(filepath.Join(dir, "cdk.out"))
	if err != nil {
		t.Fatal(err)
	}
	stacks := map[string]cfn.Stack{}
	for _, s := range a.Stacks {
		stacks[s.Name] = s
	}
	return stacks
}

var shippedStacks = []string{
	"kittens-cell-acme-1", "kittens-cell-eu-1", "kittens-tenant-acme", "kittens-tenant-purrfect-bank",
	"kittens-tenant-super-awesome-customer", "kittens-tenant-tabby-cafe", "kittens-tenant-whisker-world",
}

// The stock CLI lists, selects and compares stacks, and a new operation is an edit of the
// contract and one Go function.
func TestCLI(t *testing.T) {
	dir := project(t)

	stdout, stderr, ok := cdk(t, dir, "list")
	if listed := strings.Fields(stdout); !ok || !slices.Equal(sorted(listed), shippedStacks) {
		t.Fatalf("cdk list printed %v, want %v\n%s", listed, shippedStacks, stderr)
	}
	if strings.Contains(stderr, "end-of-life") || strings.Contains(stderr, "abnormally") {
		t.Errorf("cdk list prints what no user needs:\n%s", stderr)
	}

	if _, stderr, ok = cdk(t, dir, "synth", "--quiet", "-c", "tenant=acme,tabby-cafe"); !ok {
		t.Fatalf("cdk synth -c tenant=… failed:\n%s", stderr)
	}
	if got := keys(synthesized(t, dir)); !slices.Equal(got, []string{"kittens-tenant-acme", "kittens-tenant-tabby-cafe"}) {
		t.Errorf("-c tenant=acme,tabby-cafe synthesized %v", got)
	}
	template := synthesized(t, dir)["kittens-tenant-acme"].File
	if stdout, stderr, ok = cdk(t, dir, "diff", "kittens-tenant-acme", "-c", "tenant=acme", "--template", template); !ok || !strings.Contains(stdout+stderr, "There were no differences") {
		t.Errorf("cdk diff of a template with itself:\n%s%s", stdout, stderr)
	}

	if _, stderr, ok = cdk(t, dir, "synth", "--quiet", "-c", "cell=acme-1"); !ok {
		t.Fatalf("cdk synth -c cell=… failed:\n%s", stderr)
	}
	if got := keys(synthesized(t, dir)); !slices.Equal(got, []string{"kittens-cell-acme-1", "kittens-tenant-acme"}) {
		t.Errorf("-c cell=acme-1 synthesized %v", got)
	}

	if _, stderr, ok = cdk(t, dir, "synth", "--quiet", "-c", "tenant=nobody"); ok || !strings.Contains(stderr, `no tenant "nobody" in tenants.yaml`) {
		t.Errorf("cdk synth -c tenant=nobody: ok %v\n%s", ok, stderr)
	}
}

func TestNewOperation(t *testing.T) {
	dir := project(t)
	addPhotoDelete(t, dir)

	_, stderr, ok := cdk(t, dir, "synth", "--quiet", "-c", "tenant=acme")
	want := "DELETE /kittens/{kittenId}/photo: functions/kittens does not implement kittenPhotoDelete"
	if ok || !strings.Contains(stderr, want) {
		t.Fatalf("synth without the function: ok %v, want an error with %q\n%s", ok, want, stderr)
	}

	function := `package main

import (
	"context"
	"net/http"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
)

var _ = rest.Handle("kittenPhotoDelete", func(d *rest.Deps) rest.Handler {
	return func(ctx context.Context, r *rest.Request) (*rest.Response, error) {
		return rest.Empty(http.StatusNoContent), nil
	}
})
`
	file := filepath.Join(dir, "functions", "kittens", "photo_delete.go")
	if err := os.WriteFile(file, []byte(function), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(file) })
	if _, stderr, ok = cdk(t, dir, "synth", "--quiet", "-c", "tenant=acme"); !ok {
		t.Fatalf("synth with the function failed:\n%s", stderr)
	}
	resource, ok := synthesized(t, dir)["kittens-tenant-acme"].Template.Resources["KittenPhotoDeleteFn"]
	if !ok || resource.Type != "AWS::Lambda::Function" || !bytes.Contains(resource.Properties, []byte(`"kittenPhotoDelete"`)) {
		t.Errorf("KittenPhotoDeleteFn is %s %s", resource.Type, resource.Properties)
	}
}

// addPhotoDelete adds DELETE to the path of photos.
func addPhotoDelete(t *testing.T, dir string) {
	t.Helper()
	edit(t, filepath.Join(dir, "api", "openapi.yaml"), "  /kittens/{kittenId}/photo:\n", `  /kittens/{kittenId}/photo:
    delete:
      operationId: kittenPhotoDelete
      summary: Remove the photo of a kitten
      security: [{oauth2: ["kittens:write"]}]
      x-function: {package: kittens, role: writer}
      responses:
        "204": {description: The photo is gone.}
`)
}

// Mistakes end a synthesis with all of them and exit code 1, and nothing is written.
func TestMistakes(t *testing.T) {
	dir := project(t)
	if err := os.RemoveAll(filepath.Join(dir, "cdk.out")); err != nil {
		t.Fatal(err)
	}
	edit(t, filepath.Join(dir, "tenants.yaml"), "version: 1\n", "version: 3\ncolour: red\n")
	edit(t, filepath.Join(dir, "api", "openapi.yaml"), "      operationId: breedsGet\n", "      operationId: breeds-get\n")
	_, stderr, ok := cdk(t, dir, "synth", "--quiet")
	if ok {
		t.Error("cdk synth succeeded")
	}
	for _, want := range []string{"tenants.yaml:", "colour", "version", "api/openapi.yaml:", "GET /breeds", "breeds-get"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("the messages do not mention %q:\n%s", want, stderr)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "cdk.out", "manifest.json")); err == nil {
		t.Error("a cloud assembly was written")
	}
}

// The stock CLI keeps the lock: it adds a new tenant, unless it is told not to, and refuses an edit that hides rows.
func TestLock(t *testing.T) {
	dir := project(t)
	lock := filepath.Join(dir, "tenants.lock.yaml")
	edit(t, lock, "version: 1\n", "version: 1\n") // put back at the end
	before := readFile(t, lock)
	edit(t, filepath.Join(dir, "tenants.yaml"), "tenants:\n", "tenants:\n  - {id: mog, billingAccount: \"48210\", cell: eu-1, tier: standard}\n")

	_, stderr, ok := cdk(t, dir, "synth", "--quiet", "-c", "lock=locked")
	if ok || !strings.Contains(stderr, "tenants.lock.yaml is not up to date (1 new (mog))") || readFile(t, lock) != before {
		t.Errorf("a new tenant with -c lock=locked: ok %v\n%s", ok, stderr)
	}
	_, stderr, ok = cdk(t, dir, "synth", "--quiet", "-c", "tenant=mog")
	if !ok || !strings.Contains(stderr, "tenants.lock.yaml: 1 new (mog); commit the file") || !strings.Contains(readFile(t, lock), `"mog":`) {
		t.Errorf("a new tenant: ok %v\n%s", ok, stderr)
	}
	if _, stderr, ok = cdk(t, dir, "list", "-c", "lock=locked"); !ok {
		t.Errorf("-c lock=locked after the tenant was added:\n%s", stderr)
	}

	edit(t, filepath.Join(dir, "api", "openapi.yaml"), "sortKey: breedId}", "sortKey: name}")
	_, stderr, ok = cdk(t, dir, "diff", "kittens-tenant-acme", "-c", "tenant=acme")
	if ok || !strings.Contains(stderr, "acme: the sort key of table breeds would change from breedId to name") {
		t.Errorf("cdk diff after the sort key was changed: ok %v\n%s", ok, stderr)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}

func keys(m map[string]cfn.Stack) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return sorted(out)
}
