package lambda

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

const (
	bootstrapName = "bootstrap"
	// maxUnpacked is the size of a function's files in bytes (AWS Lambda Developer Guide, "Lambda quotas").
	maxUnpacked = 250 << 20
)

// code is a function's unpacked archive that runs on this machine.
type code struct {
	// dir is the task root, bootstrap the executable in it; empty if the archive has none.
	dir, bootstrap string
	// sha256 of the archive in Base64 and its size in bytes, as GetFunction tells them.
	sha256 string
	size   int64
	// golang says that the executable takes a path in AWS_LAMBDA_RUNTIME_API.
	golang bool
}

// codeStore unpacks archives, each once.
type codeStore struct {
	dir, module string
	progress    func(string)
	flights     singleflight.Group
	// slots bound the builds that run at once.
	slots     chan struct{}
	toolchain func() (string, error)

	mu   sync.Mutex
	done map[archiveKey]code
}

// archiveKey tells whether a file is still the same.
type archiveKey struct {
	path     string
	size     int64
	modified time.Time
}

func newCodeStore(o Options) *codeStore {
	c := &codeStore{dir: o.Dir, module: o.Module, progress: o.Progress, slots: make(chan struct{}, 2), done: map[archiveKey]code{}}
	c.toolchain = sync.OnceValues(c.readToolchain)
	return c
}

// Prepare unpacks the code of all functions among the resources, and builds it where it is for another
// machine, in parallel. The error lists every function that cannot run. Put does the
// same for what was not prepared.
func (s *Service) Prepare(ctx context.Context, resources []resource.Resource) error {
	users := map[string][]string{}
	for _, r := range resources {
		if r.Type == functionType && r.Asset != "" {
			users[r.Asset] = append(users[r.Asset], r.Name)
		}
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var problems []error
	for asset, names := range users {
		wg.Go(func() {
			if _, err := s.code.get(ctx, asset, names); err != nil {
				mu.Lock()
				defer mu.Unlock()
				problems = append(problems, err)
			}
		})
	}
	wg.Wait()
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(problems...)
}

// get unpacks an archive; names are the functions that use it, for messages.
func (c *codeStore) get(ctx context.Context, asset string, names []string) (code, error) {
	info, err := os.Stat(asset)
	if err != nil {
		return code{}, fmt.Errorf("reading the code of %s: %w", describe(names), err)
	}
	key := archiveKey{asset, info.Size(), info.ModTime()}
	c.mu.Lock()
	known, ok := c.done[key]
	c.mu.Unlock()
	if ok {
		if _, err := os.Stat(known.dir); err == nil {
			return known, nil
		}
	}
	sum, err := hashFile(asset)
	if err != nil {
		return code{}, fmt.Errorf("reading the code of %s: %w", describe(names), err)
	}
	// Archives of equal content are the same code, wherever they lie.
	v, err, _ := c.flights.Do(hex.EncodeToString(sum), func() (any, error) {
		return c.prepare(ctx, asset, sum, names)
	})
	if err != nil {
		return code{}, err
	}
	out := v.(code)
	out.size = info.Size()
	c.mu.Lock()
	c.done[key] = out
	c.mu.Unlock()
	return out, nil
}

// describe names up to three functions.
func describe(names []string) string {
	names = slices.Sorted(slices.Values(names))
	if len(names) > 3 {
		return fmt.Sprintf("%s and %d more functions", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}

func hashFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return nil, err
	}
	return h.Sum(nil), nil
}

func (c *codeStore) prepare(ctx context.Context, asset string, sum []byte, names []string) (code, error) {
	out := code{dir: filepath.Join(c.dir, "code", hex.EncodeToString(sum)), sha256: base64.StdEncoding.EncodeToString(sum)}
	if err := makeDir(out.dir, func(tmp string) error { return unpack(asset, tmp) }); err != nil {
		return out, fmt.Errorf("unpacking the code of %s (%s): %w", describe(names), asset, err)
	}
	bootstrap := filepath.Join(out.dir, bootstrapName)
	kind, err := inspect(bootstrap)
	if err != nil {
		return out, fmt.Errorf("reading the executable of %s: %w", describe(names), err)
	}
	switch {
	case kind.missing:
		return out, nil
	case kind.runsHere():
		out.bootstrap, out.golang = bootstrap, kind.build != nil
		return out, nil
	case kind.build == nil:
		return out, fmt.Errorf("running %s: its executable %s is for %s and was not built with Go, so that it cannot be built again for %s/%s; build the archive for this machine and synthesize again",
			describe(names), bootstrapName, kind, runtime.GOOS, runtime.GOARCH)
	}
	out.dir, err = c.build(ctx, out.dir, hex.EncodeToString(sum), kind.build, names)
	out.bootstrap, out.golang = filepath.Join(out.dir, bootstrapName), true
	return out, err
}

// executable is what an archive's bootstrap is.
type executable struct {
	missing, script bool
	goos            string
	machine         elf.Machine
	build           *buildinfo.BuildInfo
}

func (e executable) String() string {
	if e.goos == "" {
		return "an unknown system"
	}
	return e.goos + "/" + goarch(e.machine)
}

func (e executable) runsHere() bool {
	return runtime.GOOS == "linux" && (e.script || e.goos == "linux" && goarch(e.machine) == runtime.GOARCH)
}

func goarch(m elf.Machine) string {
	switch m {
	case elf.EM_AARCH64:
		return "arm64"
	case elf.EM_X86_64:
		return "amd64"
	}
	return strings.ToLower(strings.TrimPrefix(m.String(), "EM_"))
}

func inspect(name string) (executable, error) {
	var e executable
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return executable{missing: true}, nil
	}
	if err != nil {
		return e, err
	}
	defer f.Close()
	var magic [2]byte
	if _, err := io.ReadFull(f, magic[:]); err == nil && string(magic[:]) == "#!" {
		return executable{script: true}, nil
	}
	if binary, err := elf.NewFile(f); err == nil {
		e.goos, e.machine = "linux", binary.Machine
	}
	if info, err := buildinfo.Read(f); err == nil {
		e.build = info
	}
	return e, nil
}

// makeDir fills a directory that does not exist yet. Others see it complete or not at all.
func makeDir(dir string, fill func(tmp string) error) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".tmp-*")
	if err != nil {
		return err
	}
	defer removeDir(tmp)
	if err := fill(tmp); err != nil {
		return err
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	if err := os.Rename(tmp, dir); err != nil {
		if _, other := os.Stat(dir); other == nil {
			return nil // another process was first
		}
		return err
	}
	return protect(dir)
}

// protect makes the directories read-only, as a function's code is on AWS.
func protect(dir string) error {
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return os.Chmod(name, 0o555)
	})
}

// removeDir removes a directory, also one that is protected.
func removeDir(dir string) {
	_ = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			return os.Chmod(name, 0o755)
		}
		return nil
	})
	_ = os.RemoveAll(dir)
}

// unpack unpacks an archive. Nothing is written outside of dir, whatever the archive names.
func unpack(archive, dir string) error {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer z.Close()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	var size uint64
	for _, f := range z.File {
		name := path.Clean(strings.TrimSuffix(f.Name, "/"))
		if !filepath.IsLocal(filepath.FromSlash(name)) || strings.Contains(f.Name, `\`) {
			return fmt.Errorf("file %q: not a path within the archive", f.Name)
		}
		if size += f.UncompressedSize64; size > maxUnpacked || f.UncompressedSize64 > maxUnpacked {
			return fmt.Errorf("the files have more than %d MB", maxUnpacked>>20)
		}
		if err := unpackFile(root, filepath.FromSlash(name), f); err != nil {
			return fmt.Errorf("file %q: %w", f.Name, err)
		}
	}
	return nil
}

func unpackFile(root *os.Root, name string, f *zip.File) error {
	mode := f.Mode()
	switch {
	case mode.IsDir():
		return root.MkdirAll(name, 0o755)
	case !mode.IsRegular():
		return fmt.Errorf("it is neither a file nor a directory (%s)", mode)
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	perm := fs.FileMode(0o444)
	if mode&0o111 != 0 || name == bootstrapName {
		perm = 0o555
	}
	out, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	// The reader fails at the size that the archive declares, so that a lie does not fill the disk.
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
