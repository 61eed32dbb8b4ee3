package layout

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Version of the file format.
const Version = 1

// Lock is tenants.lock.yaml.
type Lock struct {
	// Version of the file format; 1 is the only one.
	Version int `yaml:"version"`
	// Platform is the name that begins every other name; empty in a lock without tenants.
	Platform string `yaml:"platform"`
	// Tenants by id, removed ones included.
	Tenants map[string]Entry `yaml:"tenants"`

	// read is what the file held when it was read, nil if there was none.
	read []byte
}

// Entry is one tenant of the lock.
type Entry struct {
	Layout `yaml:",inline"`
	// Removed is the tombstone of a tenant that left tenants.yaml and whose data may still exist. It keeps the
	// billing account and the id from being given to anybody else.
	Removed bool `yaml:"removed,omitempty"`
	// MovedTo is the id that a removed tenant's billing account lives on with, or empty.
	MovedTo string `yaml:"movedTo,omitempty"`
}

// header explains the file to whoever opens it.
const header = `# Where each tenant's data is. Synthesis adds new tenants and refuses edits that would move, hide or delete
# what a tenant has (docs/guide.md, "The lock"). Commit this file; change it with tenantctl lock.
`

// New is a lock without tenants.
func New() *Lock { return &Lock{Version: Version, Tenants: map[string]Entry{}} }

// Read reads a lock file. If it does not exist, the error wraps fs.ErrNotExist.
func Read(path string) (*Lock, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading lock: %w", err)
	}
	l, err := Parse(path, data)
	if err != nil {
		return nil, err
	}
	l.read = data
	return l, nil
}

// conflict begins the lines by which version control marks what it could not merge.
var conflict = regexp.MustCompile(`(?m)^(<{7}|={7}|>{7})( |$)`)

// Parse reads a lock from memory. The name is what errors call the file.
func Parse(name string, data []byte) (*Lock, error) {
	if at := conflict.FindIndex(data); at != nil {
		line := bytes.Count(data[:at[0]], []byte("\n")) + 1
		return nil, fmt.Errorf("reading lock %s:%d: a merge left conflict markers: keep the blocks of both sides, "+
			"one a tenant", name, line)
	}
	l := New()
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(l); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading lock %s: %s\n  fix: the file is generated; restore it from version control",
			name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := l.check(); err != nil {
		return nil, fmt.Errorf("reading lock %s: %w", name, err)
	}
	return l, nil
}

// restore is what to do about a file that no synthesis wrote.
const restore = "restore the file from version control"

// check finds what no synthesis writes.
func (l *Lock) check() error {
	if l.Version != Version {
		return fmt.Errorf("version is %d; this program reads version %d", l.Version, Version)
	}
	var problems []error
	for _, id := range sortedKeys(l.Tenants) {
		e := l.Tenants[id]
		for _, field := range []struct{ name, value string }{
			{"billingAccount", e.BillingAccount}, {"cell", e.Cell}, {"awsAccount", e.AWSAccount}, {"region", e.Region},
			{"stack", e.Stack}, {"data", e.Data}, {"site", e.Site},
			{"uploads.bucket", e.Uploads.Bucket}, {"uploads.prefix", e.Uploads.Prefix},
		} {
			if field.value == "" {
				problems = append(problems, fmt.Errorf("tenants.%s has no %s: %s", id, field.name, restore))
			}
		}
		if e.KeyShards < 1 {
			problems = append(problems, fmt.Errorf("tenants.%s.keyShards is %d, not 1 or more: %s", id, e.KeyShards, restore))
		}
	}
	if l.Platform == "" && len(l.Tenants) > 0 {
		problems = append(problems, errors.New("platform is missing: "+restore))
	}
	return errors.Join(problems...)
}

// Encode writes the lock as YAML: sorted, a block a tenant, and all text in quotes, so that no reader takes
// an account for a number.
func (l *Lock) Encode() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%sversion: %d\nplatform: %s\n", header, Version, quote(l.Platform))
	if len(l.Tenants) == 0 {
		b.WriteString("tenants: {}\n")
		return []byte(b.String())
	}
	b.WriteString("tenants:\n")
	for _, id := range sortedKeys(l.Tenants) {
		e := l.Tenants[id]
		fmt.Fprintf(&b, "  %s:\n", quote(id))
		if e.Removed {
			b.WriteString("    removed: true\n")
		}
		if e.MovedTo != "" {
			fmt.Fprintf(&b, "    movedTo: %s\n", quote(e.MovedTo))
		}
		e.Layout.write(&b, "    ")
	}
	return []byte(b.String())
}

func quote(s string) string { return strconv.Quote(s) }

// write encodes the layout, each line after indent.
func (l Layout) write(b *strings.Builder, indent string) {
	line := func(format string, args ...any) { fmt.Fprintf(b, indent+format+"\n", args...) }
	line("billingAccount: %q", l.BillingAccount)
	line("cell: %q", l.Cell)
	line("awsAccount: %q", l.AWSAccount)
	line("region: %q", l.Region)
	line("stack: %q", l.Stack)
	line("data: %q", l.Data)
	line("keyShards: %d", l.KeyShards)
	if len(l.Tables) == 0 {
		line("tables: {}")
	} else {
		line("tables:")
	}
	for _, name := range sortedKeys(l.Tables) {
		t := l.Tables[name]
		fields := []string{"name: " + quote(t.Name), "sortKey: " + quote(t.SortKey)}
		if t.Sharded {
			fields = append(fields, "sharded: true")
		}
		if t.Indexed {
			fields = append(fields, "search: true")
		}
		if t.TTL != "" {
			fields = append(fields, "ttl: "+quote(t.TTL))
		}
		line("  %q: {%s}", name, strings.Join(fields, ", "))
	}
	if l.Search != "" {
		line("search: %q", l.Search)
		line("index: {domain: %q, name: %q}", l.Index.Domain, l.Index.Name)
	}
	line("uploads:")
	line("  bucket: %q", l.Uploads.Bucket)
	line("  prefix: %q", l.Uploads.Prefix)
	if len(l.Uploads.Folders) > 0 {
		var folders []string
		for _, name := range sortedKeys(l.Uploads.Folders) {
			folders = append(folders, fmt.Sprintf("%q: %d", name, l.Uploads.Folders[name]))
		}
		line("  folders: {%s}", strings.Join(folders, ", "))
	}
	line("site: %q", l.Site)
}

// Write replaces the file as a whole or not at all. A file that changed since the lock was read is left alone.
func (l *Lock) Write(path string) error {
	now, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("writing lock: %w", err)
	}
	if !bytes.Equal(now, l.read) {
		return fmt.Errorf("writing lock %s: somebody else changed it meanwhile: do this again", path)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".tenants-*.lock.yaml")
	if err != nil {
		return fmt.Errorf("writing lock: %w", err)
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(l.Encode())
	if err := errors.Join(err, temp.Chmod(0o644), temp.Close()); err != nil {
		return fmt.Errorf("writing lock: %w", err)
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return fmt.Errorf("writing lock: %w", err)
	}
	return nil
}
