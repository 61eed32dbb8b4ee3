package imports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// maxLines of a hand-written Go file.
const maxLines = 500

// maxBytes of a tracked file.
const maxBytes = 1 << 20

// programs begin with these bytes: ELF, Mach-O and PE.
var programs = [][]byte{[]byte("\x7fELF"), []byte("\xcf\xfa\xed\xfe"), []byte("MZ")}

// TestNoPrograms wants no result of a build in version control, nor anything else of that size.
func TestNoPrograms(t *testing.T) {
	for name, data := range regular(t) {
		if len(data) > maxBytes {
			t.Errorf("%s has %d bytes, the limit is %d: keep what is built or downloaded out of version control", name, len(data), maxBytes)
		}
		if slices.ContainsFunc(programs, func(begin []byte) bool { return bytes.HasPrefix(data, begin) }) {
			t.Errorf("%s is a program: delete it, or build it into .build", name)
		}
	}
}

// tracked reads the text files that are in version control or about to be.
func tracked(t *testing.T) map[string][]byte {
	t.Helper()
	files := regular(t)
	maps.DeleteFunc(files, func(_ string, data []byte) bool { return bytes.Contains(data, []byte{0}) })
	watch(t, files)
	if len(files) == 0 {
		t.Fatal("listing the tracked files: there are none")
	}
	return files
}

// regular reads the files that are in version control or about to be, links apart.
func regular(t *testing.T) map[string][]byte {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("listing the tracked files: %v", err)
	}
	files := map[string][]byte{}
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		info, err := os.Lstat(filepath.Join(root, name))
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue
		}
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatalf("reading the tracked files: %v", err)
		}
		files[name] = data
	}
	return files
}

// watch reads the folders of files, so that a result that `go test` keeps is no longer
// valid once a file is added: it knows what a test itself has read.
func watch(t *testing.T, files map[string][]byte) {
	t.Helper()
	seen := map[string]bool{}
	for name := range files {
		for dir := path.Dir(name); !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			if _, err := os.ReadDir(filepath.Join(root, dir)); err != nil {
				t.Fatalf("reading the folders of the tracked files: %v", err)
			}
		}
	}
}

// generated is the mark of generated files (https://go.dev/s/generatedcode).
var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

func TestFileLength(t *testing.T) {
	for name, data := range tracked(t) {
		lines := bytes.Count(data, []byte("\n"))
		if path.Ext(name) == ".go" && lines > maxLines && !generated.Match(data) {
			t.Errorf("%s has %d lines, the limit is %d: put one concept into each file", name, lines, maxLines)
		}
	}
}

// TestMachines wants no tracked file to name a machine it was written on or a
// package registry: a clone takes both from its own settings.
func TestMachines(t *testing.T) {
	own := ownNames(t)
	for name, data := range tracked(t) {
		for _, problem := range machines(name, data, own) {
			t.Error(problem)
		}
	}
}

// ownNames are the names that this machine adds to what no file may name: its folders
// and the hosts of the registries and proxies that its settings name.
func ownNames(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, folder := range []func() (string, error){os.UserHomeDir, func() (string, error) { return filepath.Abs(root) }} {
		// A folder right below the root, such as /src, is an ordinary name elsewhere.
		if dir, err := folder(); err == nil && strings.Count(dir, "/") > 1 {
			names = append(names, dir)
		}
	}
	proxies, err := exec.Command("go", "env", "GOPROXY").Output()
	if err != nil {
		t.Fatalf("reading the settings of the go command: %v", err)
	}
	return append(names, hosts(append(os.Environ(), "GOPROXY="+string(proxies)))...)
}

// registrySetting matches variables that name a registry, an index or a proxy.
var registrySetting = regexp.MustCompile(`(?i)(proxy|registry|index|mirror|find_links|repository)[^=]*=`)

// urls are the addresses in a variable's value.
var urls = regexp.MustCompile(`https?://[^\s,|'"]+`)

// hosts of the URLs in variables that name registries, sorted, without those of this machine.
func hosts(environment []string) []string {
	var names []string
	for _, variable := range environment {
		if at := registrySetting.FindStringIndex(variable); at == nil || at[0] > strings.Index(variable, "=") {
			continue
		}
		for _, address := range urls.FindAllString(variable, -1) {
			u, err := url.Parse(address)
			if err == nil && strings.Contains(u.Hostname(), ".") && !strings.HasPrefix(u.Hostname(), "127.") {
				names = append(names, u.Hostname())
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// machinePath matches the home folders of people.
var machinePath = regexp.MustCompile(`(?:^|[\s"'=:(,` + "`" + `])(/(?:home|Users)/[A-Za-z0-9._-]+/|/root/|[A-Z]:\\Users\\)`)

// registryUse matches settings that name a package registry, in any file.
var registryUse = regexp.MustCompile(`(?i)(--(extra-)?index-url|--find-links|--registry)[= ]\S` +
	`|\b(index-url|registry)\s*=\s*["']?https?:|\b(GOPROXY|PIP_(EXTRA_)?INDEX_URL|npm_config_registry)=["']?https?:` +
	`|["']?\bresolved\b["']?[: ]\s*["']?https?:|<(repository|pluginRepository|mirror)>`)

// machines returns what a file names and should not.
func machines(name string, data []byte, own []string) []string {
	var problems []string
	add := func(line int, format string, args ...any) {
		problems = append(problems, fmt.Sprintf("%s:%d: ", name, line)+fmt.Sprintf(format, args...))
	}
	requirements := strings.HasPrefix(path.Base(name), "requirements") && path.Ext(name) == ".txt"
	line := 0
	for text := range bytes.Lines(data) {
		line++
		if m := machinePath.FindSubmatch(text); m != nil {
			add(line, "the path %s… is of one machine", m[1])
		}
		if m := registryUse.Find(text); m != nil {
			add(line, "%q names a package registry: each machine has its own setting", m)
		}
		if requirements && bytes.Contains(text, []byte("://")) {
			add(line, "requirements name no URL")
		}
		for _, own := range own {
			if bytes.Contains(text, []byte(own)) {
				add(line, "%s is of one machine", own)
			}
		}
	}
	return problems
}

// TestNpmLock wants the lock file to keep integrity hashes and no addresses
// (npm's setting omit-lockfile-registry-resolved).
func TestNpmLock(t *testing.T) {
	for name, data := range tracked(t) {
		if base := path.Base(name); base != "package-lock.json" && base != "npm-shrinkwrap.json" {
			continue
		}
		var lock struct {
			Packages map[string]struct {
				Version, Resolved, Integrity string
				Link                         bool
			}
		}
		if err := json.Unmarshal(data, &lock); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for folder, p := range lock.Packages {
			if strings.Contains(p.Resolved, "://") {
				t.Errorf("%s: %s is resolved to an address: %s", name, folder, p.Resolved)
			}
			if strings.Contains(folder, "node_modules/") && !p.Link && p.Integrity == "" {
				t.Errorf("%s: %s %s has no integrity hash", name, folder, p.Version)
			}
		}
	}
}

func TestMachinesRules(t *testing.T) {
	// The samples are put together so that this file keeps the rules that it tests.
	const scheme = "https" + "://"
	own := []string{"/srv/build/here", "packages.example.net"}
	tests := []struct {
		file, text string
		bad        bool
	}{
		{"a.md", "see /ho" + "me/ada/project", true},
		{"a.md", "`/Us" + "ers/ada/project`", true},
		{"a.go", `"/ro` + `ot/x"`, true},
		{"a.md", scheme + "example.com/home/ada/", false},
		{"a.md", "arn:aws:iam::111111111111:root/", false},
		{"a.sh", "cd /srv/build/here/x", true},
		{"a.md", "from packages.example.net", true},
		{"Makefile", "pip install --index" + "-url " + scheme + "example.com", true},
		{"Makefile", "pip install -r requirements.txt", false},
		{"Makefile", "GOPROXY" + "=" + scheme + "example.com,direct go build", true},
		{"Makefile", "GOPROXY=off go build", false},
		{".npmrc", "omit-lockfile-registry-resolved=true", false},
		{".npmrc", "registry" + " = " + scheme + "example.com/", true},
		{"package-lock.json", `"resolved` + `": "` + scheme + `example.com/a.tgz"`, true},
		{"package-lock.json", `"url": "` + scheme + `example.com/sponsor"`, false},
		{"yarn.lock", `  resolved` + ` "` + scheme + `example.com/a.tgz"`, true},
		{"pom.xml", "<repo" + "sitory>", true},
		{"requirements.txt", "a @ " + scheme + "example.com/a.whl", true},
		{"requirements-dev.txt", "# " + scheme + "example.com", true},
		{"notes.txt", scheme + "example.com", false},
	}
	for _, test := range tests {
		if problems := machines(test.file, []byte(test.text), own); len(problems) > 0 != test.bad {
			t.Errorf("%s with %q: %q", test.file, test.text, problems)
		}
	}
}

func TestHosts(t *testing.T) {
	got := hosts([]string{
		"HTTPS_PROXY=http://proxy.example.com:3128", "UV_INDEX=https://user:secret@pypi.example.com/simple",
		"GOPROXY=direct,https://a.example.com|https://b.example.com\n", "NPM_REGISTRY=http://localhost:4873/",
		"no_proxy=127.0.0.1", "http_proxy=http://127.0.0.1:8080", "HOME=https://home.example.com/registry=", "PAGER=less",
	})
	if want := []string{"a.example.com", "b.example.com", "proxy.example.com", "pypi.example.com"}; !slices.Equal(got, want) {
		t.Errorf("hosts %v, want %v", got, want)
	}
}
