package release

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hashed names a file as a bundler does.
func hashed(name, ext, content string) string {
	sum := sha256.Sum256([]byte(content))
	return "assets/" + name + "-" + hex.EncodeToString(sum[:4]) + ext
}

// folder writes files and returns their folder.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// version is a build of a small application: a style sheet that never changes, code that always does, and a picture that
// changes with every second version.
func version(t testing.TB, n int) *Build {
	t.Helper()
	style, code, picture := "body{margin:0}", fmt.Sprintf("console.log(%d)", n), fmt.Sprintf("<svg><title>%d</title></svg>", n/2)
	files := map[string]string{
		hashed("app", ".css", style): style, hashed("app", ".js", code): code, hashed("logo", ".svg", picture): picture,
	}
	files[indexKey] = fmt.Sprintf(`<!doctype html><link rel="stylesheet" href="/%s"><script type="module" src="/%s"></script><img src="/%s">`,
		hashed("app", ".css", style), hashed("app", ".js", code), hashed("logo", ".svg", picture))
	b, err := Load(folder(t, files))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLoad(t *testing.T) {
	b := version(t, 1)
	if len(b.Files) != 4 || b.Files[3].Path != indexKey || len(b.ID) != 64 || b.Release() != b.ID[:12] {
		t.Errorf("build %+v", b)
	}
	if again := version(t, 1); again.ID != b.ID {
		t.Errorf("the same files are releases %s and %s", b.ID, again.ID)
	}
	if other := version(t, 2); other.ID == b.ID {
		t.Error("other files are the same release")
	}
	want := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".html": "text/html; charset=utf-8"}
	for _, f := range b.Files {
		if f.Type != want[filepath.Ext(f.Path)] || f.Size == 0 {
			t.Errorf("%s: %s, %d bytes", f.Path, f.Type, f.Size)
		}
	}
}

// The id is part of every bucket's state, so it must not change with the program.
func TestIDIsStable(t *testing.T) {
	b, err := Load(folder(t, map[string]string{indexKey: "<p>", "assets/a-12345678.js": "1"}))
	if err != nil {
		t.Fatal(err)
	}
	sum := func(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }
	if want := sum(sum("1") + " assets/a-12345678.js\n" + sum("<p>") + " index.html\n"); b.ID != want {
		t.Errorf("id %s, want %s", b.ID, want)
	}
}

func TestLoadNames(t *testing.T) {
	for name, good := range map[string]bool{
		"assets/index-BxKqWzPd.js":                true, // Vite
		"assets/index-D3x_9aZq.js.map":            true,
		"assets/kitten.8f14e45fceea167a.css":      true, // webpack
		"assets/fonts/inter-latin-8f14e45f.woff2": true,
		"assets/chunk-_-aB3dE5gH.js":              true,
		"assets/index.js":                         false,
		"assets/index-abc.js":                     false,
		"assets/8f14e45f.js":                      false,
		"assets/a b-8f14e45f.js":                  false,
		"assets/ü/a-8f14e45f.js":                  false,
		"assets/.hidden/a-8f14e45f.js":            false,
		"index-8f14e45f.js":                       false,
		"favicon.ico":                             true,
		"favicon.exe":                             false,
		"jane.doe":                                false,
		"config.json":                             false,
		"assets/a-8f14e45f":                       false,
		"assets/a-8f14e45f.exe":                   false,
		"assets/a-8f14e45f.JS":                    false,
	} {
		_, err := Load(folder(t, map[string]string{indexKey: "<p>", name: "x"}))
		if (err == nil) != good {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && !strings.Contains(err.Error(), filepath.Base(name)+": ") {
			t.Errorf("%s: the error does not name the file: %v", name, err)
		}
	}
}

// Every problem is reported at once, with the path and what to do.
func TestLoadProblems(t *testing.T) {
	dir := folder(t, map[string]string{
		indexKey: `<base href="/x/"><link rel=stylesheet href="/assets/gone-12345678.css"><link rel=canonical href="https://example.com/">
			<script src="https://cdn.example.com/x.js"></script><script src="assets/app-12345678.js"></script><img src="../a.png" srcset="/assets/b-12345678.png 2x, //example.com/c.png 3x">
			<a href="https://example.com">fine</a><img src="data:image/png;base64,AA=="><use href="#icon"></use><script src="/assets/app-12345678.js?v=1"></script>`,
		"assets/app-12345678.js": "1", "readme.txt": "x", "config.json": "{}", "assets/plain.css": "x", "assets/x-12345678.mp4": "x",
		"assets/big-12345678.js": strings.Repeat("x", maxFile+1),
	})
	if err := os.Symlink(filepath.Join(dir, indexKey), filepath.Join(dir, "assets", "link-12345678.js")); err != nil {
		t.Fatal(err)
	}
	_, err := Load(dir)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`index.html: has <base href="/x/">`, `refers to "/assets/gone-12345678.css" in <link>, which is no file of the build`,
		`loads "https://cdn.example.com/x.js" from elsewhere`, `refers to "assets/app-12345678.js" in <script>: the page is served at every path`,
		`refers to "../a.png"`, `refers to "/assets/b-12345678.png" in <img>, which is no file`, `loads "//example.com/c.png" from elsewhere`,
		"readme.txt: is neither index.html nor below assets/", "config.json: is not part of a build", "assets/plain.css: has no hash",
		`x-12345678.mp4: has the extension ".mp4"`, "link-12345678.js: is no regular file", "big-12345678.js: has 10000001 bytes, the limit is 10000000",
	} {
		if !strings.Contains(err.Error(), filepath.FromSlash(want)) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
	if n := strings.Count(err.Error(), "\n") + 1; n != 13 {
		t.Errorf("%d problems, want 13:\n%v", n, err)
	}
}

func TestLoadFolders(t *testing.T) {
	many := map[string]string{indexKey: "<p>"}
	for i := range maxFiles {
		many[fmt.Sprintf("assets/a-%08d.js", i)] = ""
	}
	wrong := map[string]string{indexKey: "<p>"}
	for i := range maxFiles {
		wrong[fmt.Sprintf("sources/a-%d.go", i)] = ""
	}
	for name, test := range map[string]struct{ dir, want string }{
		"wrong files": {folder(t, wrong), "more than 2000 files"},
		"missing":     {filepath.Join(t.TempDir(), "no"), "there is no folder"},
		"file":        {filepath.Join(folder(t, map[string]string{"x": ""}), "x"), "there is no folder"},
		"empty":       {t.TempDir(), "index.html: is missing"},
		"Latin-1":     {folder(t, map[string]string{indexKey: "<p>caf\xe9"}), "index.html: is not UTF-8, which it is served as: byte 6 "},
		"empty page":  {folder(t, map[string]string{indexKey: ""}), "index.html: is empty"},
		"large page":  {folder(t, map[string]string{indexKey: strings.Repeat(" ", maxIndex+1)}), "index.html: has 262145 bytes"},
		"many files":  {folder(t, many), "more than 2000 files"},
	} {
		_, err := Load(test.dir)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: one problem is reported as several: %v", name, err)
		}
	}
}

// A wrong folder is not told of file by file.
func TestLoadManyProblems(t *testing.T) {
	for n, lines := range map[int]int{maxProblems - 1: maxProblems - 1, maxProblems + 1: maxProblems + 1, 500: maxProblems + 1} {
		files := map[string]string{indexKey: "<p>"}
		for i := range n {
			files[fmt.Sprintf("a-%d.js", i)] = ""
		}
		_, err := Load(folder(t, files))
		if err == nil || strings.Count(err.Error(), "\n")+1 != lines || strings.Contains(err.Error(), "and 480 more problems: is it the folder that the build writes?") != (n == 500) {
			t.Errorf("%d problems: %v", n, err)
		}
	}
}
