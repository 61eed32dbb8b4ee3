package bundle

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// format names how zips are written. Every change of this file that changes a zip's
// bytes changes it, so that zips of an earlier build are not taken for up to date.
const format = "1"

// epoch is the time of every entry: the earliest that a zip can hold.
var epoch = time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)

// zipper makes one package's zip.
type zipper struct {
	pkg    string
	binary string            // path of the executable
	files  map[string][]byte // beside the executable
	out    string            // folder of the zip
	stamp  string            // path of the stamp
}

// stamp tells which zip the last build made from which contents.
type stamp struct {
	// Contents is the hash of all that decides the zip's bytes.
	Contents string `json:"contents"`
	// SHA256 of the zip.
	SHA256 string `json:"sha256"`
}

// zip makes the zip unless it is there already, and says which of the two.
func (z zipper) zip() (Asset, string, error) {
	binary, err := os.ReadFile(z.binary)
	if err != nil {
		return Asset{}, "", fmt.Errorf("reading the executable: %w", err)
	}
	entries := maps.Clone(z.files)
	if entries == nil {
		entries = map[string][]byte{}
	}
	entries[Bootstrap] = binary

	path := filepath.Join(z.out, z.pkg+".zip")
	current, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Asset{}, "", fmt.Errorf("reading the zip of an earlier build: %w", err)
	}
	want := stamp{Contents: contents(entries), SHA256: sum(current)}
	if current != nil && want == z.readStamp() {
		return Asset{Package: z.pkg, Path: path, SHA256: want.SHA256, Size: int64(len(current))}, "unchanged", nil
	}

	data, err := archive(entries)
	if err != nil {
		return Asset{}, "", fmt.Errorf("writing the zip: %w", err)
	}
	if len(data) > MaxZipSize {
		return Asset{}, "", tooLarge(len(data), entries)
	}
	state := "unchanged"
	if current == nil || !bytes.Equal(current, data) {
		state = "built"
		if err := writeFile(path, data); err != nil {
			return Asset{}, "", err
		}
	}
	want.SHA256 = sum(data)
	if err := z.writeStamp(want); err != nil {
		return Asset{}, "", err
	}
	return Asset{Package: z.pkg, Path: path, SHA256: want.SHA256, Size: int64(len(data))}, state, nil
}

// archive is the zip of entries: sorted, at one time, with fixed modes.
func archive(entries map[string][]byte) ([]byte, error) {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.DefaultCompression)
	})
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: epoch}
		header.SetMode(0o644)
		if name == Bootstrap {
			header.SetMode(0o755)
		}
		entry, err := w.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := entry.Write(entries[name]); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// contents hashes all that decides a zip's bytes: the entries, the way of writing them,
// and the version of Go, since another version's compress/flate may compress otherwise.
func contents(entries map[string][]byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q\n", format, runtime.Version())
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		fmt.Fprintf(h, "%q %x\n", name, sha256.Sum256(entries[name]))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func sum(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}

// tooLarge names the entries, the largest first.
func tooLarge(size int, entries map[string][]byte) error {
	names := slices.SortedFunc(maps.Keys(entries), func(a, b string) int {
		if d := len(entries[b]) - len(entries[a]); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	var list []string
	for _, name := range names[:min(len(names), 5)] {
		list = append(list, fmt.Sprintf("%s %s", name, mebibytes(int64(len(entries[name])))))
	}
	return fmt.Errorf("the zip has %s, the limit is %s; unzipped, its largest files are %s: import fewer packages or ship smaller files",
		mebibytes(int64(size)), mebibytes(MaxZipSize), strings.Join(list, ", "))
}

// readStamp returns the stamp of the last build, or nothing that any build would want.
func (z zipper) readStamp() stamp {
	var s stamp
	data, err := os.ReadFile(z.stamp)
	if err != nil || json.Unmarshal(data, &s) != nil {
		return stamp{}
	}
	return s
}

func (z zipper) writeStamp(s stamp) error {
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("writing the stamp: %w", err)
	}
	return writeFile(z.stamp, data)
}

// writeFile replaces a file as a whole: readers see the old content or the new.
func writeFile(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", filepath.Base(path), err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
			err = fmt.Errorf("writing %s: %w", filepath.Base(path), err)
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
