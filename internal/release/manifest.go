package release

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// manifest is what a tenant's bucket keeps of a release: enough to put it in place again, and to know which assets it
// needs. It is written before anything else of the release and not changed afterwards.
type manifest struct {
	// Version of the format, as version has it.
	Version int `json:"version"`
	// ID of the build.
	ID string `json:"id"`
	// Previous are the entries that were in place before, the latest first: as many as are kept.
	Previous []entry `json:"previous"`
	// RolledBackFrom is the entry that this one took the place of by a rollback, be it back or forward again.
	RolledBackFrom entry `json:"rolledBackFrom,omitempty"`
	// Files of the build.
	Files []File `json:"files"`
	// Index is index.html.
	Index string `json:"index"`
	// Content of the files with fixed names, by path: in the bucket there is only that of the release in place.
	Content map[string][]byte `json:"content,omitempty"`
}

const (
	manifestVersion = 1
	// manifestVersionFixed is that of manifests with content of files that have fixed names.
	manifestVersionFixed = 2
)

// version of the format in which a manifest is written. One without files with fixed names is read by earlier versions of tenantctl
// too; one with them is not for these to pass over.
func (m *manifest) version() int {
	if slices.ContainsFunc(m.Files, File.isFixed) {
		return manifestVersionFixed
	}
	return manifestVersion
}

func (m *manifest) encode() []byte {
	data, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		panic(err) // strings and numbers only
	}
	return append(data, '\n')
}

// errNewer says that a manifest was written by a tenantctl that knows more of what is in the bucket than this one.
var errNewer = errors.New("it was written by a newer tenantctl: use that one")

// unreadable is a manifest that is damaged. It is passed over, so that releases of other builds go on.
type unreadable struct {
	name string
	err  error
}

func (u *unreadable) Error() string {
	return fmt.Sprintf("reading the manifest %s: %v: its release cannot be gone back to: release its build again, or delete the manifest", u.name, u.err)
}

func (u *unreadable) Unwrap() error { return u.err }

// decodeManifest reads a manifest and checks that its parts fit each other: it decides what is deleted.
func decodeManifest(e entry, data []byte) (*manifest, error) {
	var format struct{ Version int }
	if err := json.Unmarshal(data, &format); err == nil && format.Version > manifestVersionFixed {
		return nil, fmt.Errorf("version %d is not known: %w", format.Version, errNewer) // it may have fields that are not known either
	}
	var m manifest
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return nil, err
	}
	index := newFile(indexKey, []byte(m.Index), contentTypes[".html"])
	i := slices.IndexFunc(m.Files, func(f File) bool { return f.Path == indexKey })
	switch {
	case m.Version != m.version():
		return nil, fmt.Errorf("version %d is not known: %w", m.Version, errNewer)
	case m.ID != idOf(m.Files), !strings.HasPrefix(m.ID, e.release()):
		return nil, errors.New("the id is not that of the files")
	case i < 0, m.Files[i].SHA256 != index.SHA256:
		return nil, errors.New("index.html is not that of the files")
	}
	for i, f := range m.Files {
		switch {
		case f.isFixed():
			content := newFile(f.Path, m.Content[f.Path], f.Type)
			if content.SHA256 != f.SHA256 {
				return nil, fmt.Errorf("%s is not that of the files", f.Path)
			}
			m.Files[i].body = content.body
		case f.Path != indexKey && !strings.HasPrefix(f.Path, assetsPrefix):
			return nil, fmt.Errorf("it names %q, which is not below %s", f.Path, assetsPrefix)
		}
	}
	for _, p := range append(slices.Clone(m.Previous), m.RolledBackFrom) {
		if _, ok := parseEntry(string(p)); !ok && p != "" {
			return nil, fmt.Errorf("it names the release %q, want <time>-<id>", p)
		}
	}
	return &m, nil
}

// build is the build of the manifest; its assets have no content.
func (m *manifest) build() *Build { return &Build{ID: m.ID, Files: m.Files, index: []byte(m.Index)} }
