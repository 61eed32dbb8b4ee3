package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// CacheEnv names the environment variable that replaces the directory in which
// downloaded engines are kept, <user cache directory>/tenantstack.
const CacheEnv = "TENANTSTACK_CACHE"

func cacheDir() (string, error) {
	if dir := os.Getenv(CacheEnv); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the user's cache directory (or set %s): %w", CacheEnv, err)
	}
	return filepath.Join(dir, "tenantstack"), nil
}

// installation is an engine on disk: <cache>/engines/<name>-<version>.
type installation struct {
	// lib holds the jars and native libraries.
	lib string
	// launcher holds Launcher.class.
	launcher string
}

// install returns the engine's jars, verified, and its compiled launcher. What is missing is
// made in a temporary directory and renamed, under a lock: of many processes that need
// it at the same time one downloads and the others wait.
func (k kind) install(ctx context.Context, progress func(string)) (installation, error) {
	cache, err := cacheDir()
	if err != nil {
		return installation{}, err
	}
	dir := filepath.Join(cache, "engines", k.name+"-"+k.version)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return installation{}, fmt.Errorf("making the engine's directory: %w", err)
	}
	source, err := files.ReadFile(path.Join(k.dir, "Launcher.java"))
	if err != nil {
		return installation{}, err
	}
	hash := sha256.Sum256(source)
	inst := installation{
		lib:      filepath.Join(dir, "lib"),
		launcher: filepath.Join(dir, "launcher-"+hex.EncodeToString(hash[:6])),
	}
	err = k.once(ctx, dir, inst.lib, progress, func(tmp string) error {
		progress(fmt.Sprintf("downloading %s %s", k.title, k.version))
		if err := k.download(ctx, tmp, progress); err != nil {
			return err
		}
		return k.verify(tmp)
	})
	if err != nil {
		return installation{}, err
	}
	if err := k.verify(inst.lib); err != nil {
		return installation{}, fmt.Errorf("%w; remove %s to download it again", err, dir)
	}
	return inst, k.once(ctx, dir, inst.launcher, progress, func(tmp string) error {
		return k.compile(ctx, inst.lib, tmp)
	})
}

// once fills the directory target, which is in dir, unless it is there or another process makes it.
func (k kind) once(ctx context.Context, dir, target string, progress func(string), fill func(tmp string) error) error {
	if exists(target) {
		return nil
	}
	l, err := lock(ctx, filepath.Join(dir, "lock"), func() {
		progress(fmt.Sprintf("waiting for another process that installs %s %s", k.title, k.version))
	})
	if err != nil {
		return err
	}
	defer l.unlock()
	if exists(target) {
		return nil
	}
	return atomically(dir, target, fill)
}

// atomically fills a temporary directory and renames it to target.
func atomically(parent, target string, fill func(tmp string) error) error {
	tmp, err := os.MkdirTemp(parent, ".tmp-")
	if err != nil {
		return fmt.Errorf("making a temporary directory: %w", err)
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	if err := fill(tmp); err != nil {
		return err
	}
	return os.Rename(tmp, target)
}

var downloaded = regexp.MustCompile(`Downloaded from \S+: \S*/([^/\s]+\.(?:jar|so|dylib|dll)) \(([^)]*)\)`)

// download has Maven copy the jars into lib. Where Maven downloads from is its own
// configuration's business.
func (k kind) download(ctx context.Context, lib string, progress func(string)) error {
	mvn, err := mavenTool()
	if err != nil {
		return err
	}
	project, err := os.MkdirTemp("", "tenantstack-engine-")
	if err != nil {
		return fmt.Errorf("making a temporary directory: %w", err)
	}
	defer os.RemoveAll(project)
	pom, err := files.ReadFile(path.Join(k.dir, "pom.xml"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(project, "pom.xml"), pom, 0o644); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, mvn, "--batch-mode", "dependency:copy-dependencies",
		"-DincludeScope=runtime", "-DoutputDirectory="+lib)
	cmd.Dir = project
	out := &lineWriter{line: func(s string) {
		if m := downloaded.FindStringSubmatch(s); m != nil {
			progress("downloaded " + m[1] + " (" + m[2] + ")")
		}
	}}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("downloading with %s: %w; it printed:\n%s", mvn, err, out.errors())
	}
	return nil
}

// compile makes Launcher.class against the engine's jars.
func (k kind) compile(ctx context.Context, lib, dir string) error {
	javac, err := javaTool("javac")
	if err != nil {
		return err
	}
	if err := checkJava(ctx, javac); err != nil {
		return err
	}
	source := filepath.Join(dir, "Launcher.java")
	text, err := files.ReadFile(path.Join(k.dir, "Launcher.java"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(source, text, 0o644); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, javac, "--release", fmt.Sprint(minJava), "-proc:none",
		"-cp", filepath.Join(lib, "*"), "-d", dir, source)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("compiling the launcher with %s: %w; it printed:\n%s", javac, err, bytes.TrimSpace(out))
	}
	return nil
}

func (k kind) verify(lib string) error {
	sums, err := files.ReadFile(path.Join(k.dir, "sha256sums.txt"))
	if err != nil {
		return err
	}
	return verify(os.DirFS(lib), lib, sums)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// lineWriter hands on what is written to it line by line and keeps the lines that matter
// when a command fails.
type lineWriter struct {
	line func(string)
	rest []byte
	kept []string
}

func (w *lineWriter) Write(b []byte) (int, error) {
	w.rest = append(w.rest, b...)
	for {
		line, rest, ok := bytes.Cut(w.rest, []byte("\n"))
		if !ok {
			return len(b), nil
		}
		s := strings.TrimRight(string(line), "\r")
		if strings.Contains(s, "ERROR") && len(w.kept) < 20 {
			w.kept = append(w.kept, s)
		}
		w.line(s)
		w.rest = rest
	}
}

func (w *lineWriter) errors() string {
	if len(w.kept) == 0 {
		return string(w.rest)
	}
	return strings.Join(w.kept, "\n")
}
