package bundle

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// carried are the settings of the go command that say where it downloads from and
// where it caches. They do not change what it builds, so a machine's own hold.
// (https://pkg.go.dev/cmd/go#hdr-Environment_variables)
var carried = []string{
	"GOAUTH", "GOCACHE", "GOCACHEPROG", "GOINSECURE", "GOMODCACHE", "GONOPROXY", "GONOSUMDB",
	"GOPATH", "GOPRIVATE", "GOPROXY", "GOSUMDB", "GOVCS",
}

// goVariable matches the names of the variables that the go command and its tools
// read, present and future, except those of Google's other products.
var goVariable = regexp.MustCompile(`^(GO[A-Z0-9]*|GO_.*|GOROOT_.*|GOTOOLCHAIN_.*|CGO_.*)$`)

// goEnv is the environment of the go command: the process's own without any setting
// that could change what is built. The user's file of `go env -w` is left out for
// the same reason, and what it says of downloads and caches is carried over.
func goEnv(ctx context.Context, o Options) ([]string, error) {
	toolchain, err := pinnedToolchain(o.Dir)
	if err != nil {
		return nil, err
	}
	pinned := []string{
		"GO111MODULE=on", "GOFLAGS=-mod=readonly", "GOWORK=off", "CGO_ENABLED=0", "GOFIPS140=off",
		"GOOS=" + o.GOOS, "GOARCH=" + o.GOARCH, "GOAMD64=v1", "GOARM64=v8.0",
	}
	keys := carried
	if toolchain != "" {
		pinned = append(pinned, "GOTOOLCHAIN="+toolchain)
	} else {
		keys = append(keys[:len(keys):len(keys)], "GOTOOLCHAIN")
	}

	var env, own []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		switch {
		case !goVariable.MatchString(name):
			env = append(env, variable)
		case name == "GOENV", slices.Contains(keys, name):
			own = append(own, variable)
		}
	}
	out, err := runGo(ctx, o.Dir, slices.Concat(env, own, pinned), append([]string{"env", "-json"}, keys...)...)
	if err != nil {
		return nil, fmt.Errorf("reading the settings of the go command: %w\n%s", err, bytes.TrimSpace(out))
	}
	var settings map[string]string
	if err := json.Unmarshal(out, &settings); err != nil {
		return nil, fmt.Errorf("reading the settings of the go command: %w in %q", err, out)
	}
	for _, key := range keys {
		if settings[key] != "" {
			env = append(env, key+"="+settings[key])
		}
	}
	return slices.Concat(env, []string{"GOENV=off"}, pinned), nil
}

// pinnedToolchain is go.mod's toolchain line, such as go1.26.8, or empty without one.
func pinnedToolchain(dir string) (string, error) {
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return "", fmt.Errorf("reading the module's root: %w", err)
	}
	for line := range strings.Lines(string(mod)) {
		line, _, _ = strings.Cut(line, "//")
		fields := strings.Fields(line)
		// "default" is go.mod's word for no choice (https://go.dev/ref/mod#go-mod-file-toolchain).
		if len(fields) == 2 && fields[0] == "toolchain" && fields[1] != "default" {
			return strings.Trim(fields[1], "\"`"), nil
		}
	}
	return "", nil
}
