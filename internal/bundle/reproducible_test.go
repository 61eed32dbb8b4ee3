//go:build unix

package bundle

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestBuildReproducible builds copies of one module under settings that change what a
// plain `go build` makes, and compares the zips.
func TestBuildReproducible(t *testing.T) {
	settings := func(name string) string {
		t.Helper()
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	cache := settings("GOCACHE")
	t.Setenv("GOPATH", settings("GOPATH"))
	t.Setenv("GOMODCACHE", settings("GOMODCACHE"))
	t.Setenv("GOCACHE", cache)
	original := module(t, hello)
	want := mustBuild(t, Options{Dir: original})

	tests := []struct {
		name  string
		setup func(t *testing.T, dir string)
	}{
		{"another folder", func(*testing.T, string) {}},
		{"other times", func(t *testing.T, dir string) {
			err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
				old := time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC)
				if err == nil {
					err = os.Chtimes(path, old, old)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}},
		{"umask", func(t *testing.T, _ string) {
			old := syscall.Umask(0o077)
			t.Cleanup(func() { syscall.Umask(old) })
		}},
		{"environment", func(t *testing.T, _ string) {
			for name, value := range map[string]string{
				"GOFLAGS": "-tags=other -ldflags=-X=main.x=1 -gcflags=-N", "GOARM64": "v9.0,lse", "GOEXPERIMENT": "nogreenteagc", "CGO_ENABLED": "1",
				"GOFIPS140": "latest", "GODEBUG": "madvdontneed=1", "GO111MODULE": "off", "GOOS": "windows", "GOARCH": "386", "TZ": "Asia/Tokyo",
				"LC_ALL": "de_DE.UTF-8", "SOURCE_DATE_EPOCH": "1",
			} {
				t.Setenv(name, value)
			}
		}},
		{"home with settings of its own and an empty cache", func(t *testing.T, _ string) {
			home := t.TempDir()
			t.Setenv("HOME", home)
			t.Setenv("GOCACHE", filepath.Join(home, "cache"))
			t.Setenv("GOENV", filepath.Join(home, "env"))
			write(t, filepath.Join(home, "env"), "GOFLAGS=-tags=other\nGOARM64=v9.0\nCGO_ENABLED=1\nGOEXPERIMENT=nogreenteagc\n")
		}},
		{"workspace", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "../go.work"), "go 1.24\n\nuse ./"+filepath.Base(dir)+"\n\nreplace example.com/x => ./nowhere\n")
		}},
		{"version control", func(t *testing.T, dir string) {
			for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "a"}} {
				if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
					t.Fatalf("git %v: %v\n%s", args, err, out)
				}
			}
		}},
		{"toolchain line", func(t *testing.T, dir string) {
			// GOTOOLCHAIN names a version that does not exist: go.mod's line is what counts.
			t.Setenv("GOTOOLCHAIN", "go1.999.0")
			version, _, _ := strings.Cut(runtime.Version(), " ")
			write(t, filepath.Join(dir, "go.mod"), hello["go.mod"]+"\ntoolchain "+version+"\n")
		}},
		{"vendor folder", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "vendor/modules.txt"), "")
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "a folder", "deeper")
			if err := os.CopyFS(dir, os.DirFS(original)); err != nil {
				t.Fatal(err)
			}
			if err := os.RemoveAll(filepath.Join(dir, ".build")); err != nil {
				t.Fatal(err)
			}
			test.setup(t, dir)
			got := mustBuild(t, Options{Dir: dir})
			if !slices.Equal(hashes(got), hashes(want)) {
				t.Errorf("hashes %v, want %v", hashes(got), hashes(want))
			}
			info, err := os.Stat(got["hello"].Path)
			if err != nil || info.Mode() != 0o644 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
		})
	}
}

func hashes(assets map[string]Asset) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(assets)) {
		list = append(list, name+" "+assets[name].SHA256)
	}
	return list
}

// TestGoEnv checks what of a machine's settings reaches the build.
func TestGoEnv(t *testing.T) {
	dir := module(t, hello)
	t.Setenv("GOENV", filepath.Join(dir, "env"))
	t.Setenv("GOPROXY", "")
	write(t, filepath.Join(dir, "env"), "GOPROXY=off\nGOTOOLCHAIN=local\nGOAMD64=v3\n")
	t.Setenv("GOROOT", "/nowhere")
	t.Setenv("GO_EXTLINK_ENABLED", "1")
	t.Setenv("CGO_CFLAGS", "-O3")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "kept")
	env, err := goEnv(context.Background(), Options{Dir: dir, GOOS: "linux", GOARCH: "arm64"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, variable := range env {
		name, value, _ := strings.Cut(variable, "=")
		got[name] = value
	}
	for name, want := range map[string]string{
		"GOPROXY": "off", "GOTOOLCHAIN": "local", "GOENV": "off", "GOFLAGS": "-mod=readonly", "GOWORK": "off",
		"GOAMD64": "v1", "GOARM64": "v8.0", "GOOGLE_APPLICATION_CREDENTIALS": "kept", "PATH": os.Getenv("PATH"),
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	for _, name := range []string{"GOROOT", "GO_EXTLINK_ENABLED", "CGO_CFLAGS", "GOEXPERIMENT", "GODEBUG"} {
		if value, ok := got[name]; ok {
			t.Errorf("%s is %q, want it absent", name, value)
		}
	}
}

func TestPinnedToolchain(t *testing.T) {
	for mod, want := range map[string]string{
		"module m\n\ngo 1.26.0\n":                                    "",
		"module m\n\ngo 1.26.0\n\ntoolchain go1.26.8 // why\n":       "go1.26.8",
		"module m\n\ntoolchain default\n":                            "",
		"module m\n\n// toolchain go1.1\nrequire toolchain v1.0.0\n": "",
	} {
		got, err := pinnedToolchain(module(t, map[string]string{"go.mod": mod}))
		if err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", mod, got, err, want)
		}
	}
	if _, err := pinnedToolchain(t.TempDir()); err == nil {
		t.Error("no error without a go.mod")
	}
}
