package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// verify holds the files of a directory against a list as sha256sum prints it: every file
// of the list is there with its checksum, and no other file is, since all are on Java's class path.
// The first difference is the error.
func verify(lib fs.FS, name string, list []byte) error {
	want, err := parseChecksums(list)
	if err != nil {
		return err
	}
	entries, err := fs.ReadDir(lib, ".")
	if err != nil {
		return fmt.Errorf("listing %s: %w", name, err)
	}
	for _, e := range entries {
		sum, ok := want[e.Name()]
		if !ok {
			return fmt.Errorf("verifying %s: unexpected file %s", name, e.Name())
		}
		got, err := checksum(lib, e.Name())
		if err != nil {
			return fmt.Errorf("verifying %s: %w", name, err)
		}
		if got != sum {
			return fmt.Errorf("verifying %s: checksum mismatch of %s: sha256 is %s, not %s", name, e.Name(), got, sum)
		}
		delete(want, e.Name())
	}
	for file := range want {
		return fmt.Errorf("verifying %s: %s is missing", name, file)
	}
	return nil
}

func parseChecksums(list []byte) (map[string]string, error) {
	sums := map[string]string{}
	for line := range strings.Lines(string(list)) {
		sum, file, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if !ok || len(sum) != 2*sha256.Size {
			return nil, fmt.Errorf("reading checksums: malformed line %q", line)
		}
		sums[file] = sum
	}
	return sums, nil
}

func checksum(fsys fs.FS, name string) (string, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
