package lambda

import (
	"archive/zip"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// foreign is an architecture that this machine does not run.
func foreign() string {
	if runtime.GOARCH == "arm64" {
		return "amd64"
	}
	return "arm64"
}

// TestBuildForHost runs an archive for another machine.
func TestBuildForHost(t *testing.T) {
	archive, err := buildProbe("linux", foreign())
	if err != nil {
		t.Fatal(err)
	}
	module, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(testDir, "host-*")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var progress []string
	w := newWorld(t, func(o *Options) {
		o.Module, o.Dir = module, dir
		o.Progress = func(line string) {
			mu.Lock()
			defer mu.Unlock()
			progress = append(progress, line)
		}
	})
	var resources []resource.Resource
	for _, name := range []string{"a", "b", "c"} {
		r := probe(t, nil)
		r.Name, r.ARN, r.LogicalID, r.Asset = name, strings.Replace(probeARN, "probe", name, 1), name, archive
		resources = append(resources, r)
	}
	if err := w.Prepare(context.Background(), resources); err != nil {
		t.Fatal(err)
	}
	if len(progress) != 2 || !strings.Contains(progress[0], "a, b, c") {
		t.Errorf("progress %q, want one build for all functions", progress)
	}
	for _, r := range resources {
		if err := w.Put(context.Background(), r); err != nil {
			t.Fatal(err)
		}
		out, err := w.Invoke(context.Background(), Input{FunctionARN: r.ARN})
		if err != nil || out.FunctionError != "" {
			t.Errorf("%s: %s, %v", r.Name, out.Payload, err)
		}
	}
	if len(progress) != 2 {
		t.Errorf("progress %q, want nothing built again", progress)
	}
	root := w.functions[resources[0].ARN].latest.config.code.dir
	if note, err := os.ReadFile(filepath.Join(root, "data", "note.txt")); err != nil || string(note) != "kept" {
		t.Errorf("the other files: %q, %v", note, err)
	}
}

func TestPrepareErrors(t *testing.T) {
	dir := t.TempDir()
	elf := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 57)...)
	elf[16], elf[18], elf[20] = 2, 0xf3, 1 // an executable for RISC-V
	elf[52], elf[58] = 64, 64
	files := map[string]string{}
	for name, content := range map[string]map[string]string{
		"riscv": {"bootstrap": string(elf)},
		"slip":  {"../../evil": "x", "bootstrap": "#!/bin/sh\n"},
		"bs":    {`a\..\evil`: "x"},
	} {
		files[name] = filepath.Join(dir, name+".zip")
		if err := writeZip(files[name], content); err != nil {
			t.Fatal(err)
		}
	}
	files["broken"] = filepath.Join(dir, "broken.zip")
	if err := os.WriteFile(files["broken"], []byte("PK"), 0o600); err != nil {
		t.Fatal(err)
	}
	files["missing"] = filepath.Join(dir, "missing.zip")
	w := newWorld(t, nil)
	var resources []resource.Resource
	for name, asset := range files {
		r := probe(t, nil)
		r.Name, r.Asset = name, asset
		resources = append(resources, r)
	}
	err := w.Prepare(context.Background(), resources)
	if err == nil {
		t.Fatal("all was taken")
	}
	for _, want := range []string{
		"running riscv: its executable bootstrap is for linux/riscv and was not built with Go",
		`unpacking the code of slip`, `file "../../evil": not a path within the archive`,
		`file "a\\..\\evil": not a path within the archive`, "unpacking the code of broken", "reading the code of missing",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %v\nwant %q in it", err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(testDir, "evil")); err == nil {
		t.Error("a file was written outside")
	}
}

// TestBuildErrors has the compiler fail.
func TestBuildErrors(t *testing.T) {
	archive, err := buildProbe("linux", foreign())
	if err != nil {
		t.Fatal(err)
	}
	for module, want := range map[string]string{
		"":          "no module to build it in is configured",
		t.TempDir(): "building github.com/tenantstack/tenantstack/internal/localcloud/lambda/testdata/probe (probe) for " + runtime.GOOS,
	} {
		w := newWorld(t, func(o *Options) { o.Module, o.Dir = module, filepath.Join(testDir, "failing") })
		r := probe(t, nil)
		r.Asset = archive
		if err := w.Put(context.Background(), r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("module %q: error %v, want %q", module, err, want)
		}
	}
}

func TestNoBootstrap(t *testing.T) {
	w := newWorld(t, nil)
	archive := filepath.Join(t.TempDir(), "empty.zip")
	if err := writeZip(archive, map[string]string{"readme": "no executable"}); err != nil {
		t.Fatal(err)
	}
	r := probe(t, nil)
	r.Asset = archive
	if err := w.Put(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	if out := w.invoke(t, "{}"); !strings.Contains(string(out.Payload), noEntrypoint) {
		t.Errorf("output %s, want %s", out.Payload, noEntrypoint)
	}
}

// TestScript runs a runtime of one's own that is no Go executable.
func TestScript(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("archives are for Linux")
	}
	w := newWorld(t, nil)
	archive := filepath.Join(t.TempDir(), "script.zip")
	script := `#!/usr/bin/env bash
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation
while id=$(curl -sS -D - -o "$TMPDIR/event" "$api/next" | tr -d '\r' | sed -n 's/^Lambda-Runtime-Aws-Request-Id: //Ip'); [ -n "$id" ]; do
  curl -sS -o "$TMPDIR/answer" -X POST "$api/$id/response" --data-binary @"$TMPDIR/event"
done
`
	if err := writeZip(archive, map[string]string{"bootstrap": script}); err != nil {
		t.Fatal(err)
	}
	r := probe(t, nil)
	r.Asset = archive
	if err := w.Put(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if out := w.invoke(t, `{"a":1}`); string(out.Payload) != `{"a":1}` {
			t.Errorf("output %s %s", out.FunctionError, out.Payload)
		}
	}
}

// TestUnpackBomb refuses an archive whose header lies about its size.
func TestUnpackBomb(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("zeros")
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20)
	for range maxUnpacked>>20 + 1 {
		if _, err := w.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "bomb.zip")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := unpack(name, t.TempDir()); err == nil || !strings.Contains(err.Error(), "more than 250 MB") {
		t.Errorf("error %v, want a limit of 250 MB", err)
	}
}

func TestProperties(t *testing.T) {
	tests := []struct {
		name       string
		properties map[string]any
		want       string
	}{
		{"runtime", map[string]any{"Runtime": "nodejs22.x"}, `Runtime "nodejs22.x"`},
		{"image", map[string]any{"PackageType": "Image"}, `PackageType "Image"`},
		{"layers", map[string]any{"Layers": []any{"arn:aws:lambda:eu-central-1:1:layer:x:1"}}, "Layers"},
		{"timeout", map[string]any{"Timeout": "901"}, "Timeout 901"},
		{"memory", map[string]any{"MemorySize": "64"}, "MemorySize 64"},
		{"role", map[string]any{"Role": ""}, "Role"},
		{"reserved variable", variables("AWS_REGION", "x"), "environment variable AWS_REGION: it is reserved"},
		{"variable name", variables("A=B", "x"), `environment variable "A=B"`},
		{"variable value", variables("LD_X", "a\x00b"), "zero byte"},
		{"large environment", variables("BIG", strings.Repeat("x", 5000)), "environment variables of 5003 bytes"},
	}
	w := newWorld(t, nil)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := w.Put(context.Background(), probe(t, test.properties)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}
