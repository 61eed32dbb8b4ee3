package release

import (
	"crypto/md5" // what S3 has in the ETag of an object; nothing is protected by it
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tenantstack/tenantstack/plan"
)

const (
	indexKey     = "index.html"
	configKey    = "config.json"
	assetsPrefix = "assets/"
)

// Limits of a build. They find a folder that is no build of a web application, such as one with
// videos or node_modules in it, before anything is uploaded.
const (
	// maxFile is the largest file: CloudFront compresses up to 10,000,000 bytes (CloudFront Developer
	// Guide, "Serve compressed files").
	maxFile = 10_000_000
	// maxIndex bounds index.html, which every manifest holds.
	maxIndex = 256 << 10
	// maxBuild and maxFiles bound the whole, which is kept in memory.
	maxBuild = 100 << 20
	maxFiles = 2000
)

// File of a build.
type File struct {
	// Path below the folder of the build, which is the key in the bucket.
	Path string `json:"path"`
	// Size in bytes.
	Size int64 `json:"size"`
	// SHA256 of the content, hexadecimal.
	SHA256 string `json:"sha256"`
	// MD5 of the content, hexadecimal: the ETag that S3 gives an object that is encrypted with its
	// own keys and was put in one piece (S3 API Reference, "Object").
	MD5 string `json:"md5"`
	// Type is the Content-Type.
	Type string `json:"type"`

	body []byte // nil if it is an asset and was read from a manifest
}

func newFile(name string, body []byte, contentType string) File {
	sum, tag := sha256.Sum256(body), md5.Sum(body)
	return File{
		Path: name, Size: int64(len(body)), SHA256: hex.EncodeToString(sum[:]), MD5: hex.EncodeToString(tag[:]),
		Type: contentType, body: body,
	}
}

// Build is a build of the application: the same files for every tenant.
type Build struct {
	// ID is the SHA-256 of the paths and digests of all files, hexadecimal. Equal files are the same release.
	ID string
	// Files sorted by path, index.html among them.
	Files []File

	index []byte
}

// Release is the short form of the ID, which people are shown.
func (b *Build) Release() string { return b.ID[:shortID] }

// shortID is the number of hexadecimal digits of the short form.
const shortID = 12

// assets are the files below assets/.
func (b *Build) assets() []File {
	return slices.DeleteFunc(slices.Clone(b.Files), func(f File) bool { return !strings.HasPrefix(f.Path, assetsPrefix) })
}

// needed are the assets that a page needs: all but source maps.
func (b *Build) needed() []File {
	return slices.DeleteFunc(b.assets(), func(f File) bool { return isMap(f.Path) })
}

// absentMaps are the source maps that are at hand and not in a bucket.
func (b *Build) absentMaps(l *listing) []File {
	return slices.DeleteFunc(b.assets(), func(f File) bool { return !isMap(f.Path) || !f.hasBody() || l.has(f.Path) })
}

// hasBody says whether the content of a file is at hand, and not only in a bucket.
func (f File) hasBody() bool { return f.body != nil || f.Size == 0 }

func idOf(files []File) string {
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%s %s\n", f.SHA256, f.Path)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Load reads a build of the application from a folder: index.html, assets/… with a hash of the content in every name, and the
// files that clients ask for by their names (plan.IsFixedFile). Problems are reported at once, the first of a great many.
func Load(dir string) (*Build, error) {
	if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, fmt.Errorf("reading the build: there is no folder %s: build the application first", dir)
	} else if err != nil {
		return nil, fmt.Errorf("reading the build: %w", err)
	}
	l := loader{dir: dir}
	if err := fs.WalkDir(os.DirFS(dir), ".", l.visit); err != nil {
		return nil, fmt.Errorf("reading the build: %w", err)
	}
	slices.SortFunc(l.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	l.checkWhole()
	if len(l.problems) > 0 {
		return nil, fmt.Errorf("reading the build: %w", errors.Join(shortened(l.problems)...))
	}
	return &Build{ID: idOf(l.files), Files: l.files, index: l.index}, nil
}

// maxProblems is how many problems of a folder are told.
const maxProblems = 20

func shortened(problems []error) []error {
	if more := len(problems) - maxProblems; more > 1 {
		return append(problems[:maxProblems:maxProblems], fmt.Errorf("and %d more problems: is it the folder that the build writes?", more))
	}
	return problems
}

// loader collects the files of a folder and what is wrong with them.
type loader struct {
	dir      string
	files    []File
	index    []byte
	sawIndex bool // also if it cannot be used
	visited  int
	size     int64
	fixed    int64 // bytes of files with fixed names
	problems []error
}

// path of a file on this machine.
func (l *loader) path(name string) string { return filepath.Join(l.dir, filepath.FromSlash(name)) }

func (l *loader) problem(name, format string, args ...any) {
	l.problems = append(l.problems, fmt.Errorf("%s: %s", l.path(name), fmt.Sprintf(format, args...)))
}

// visit reads one file. The size is checked before the content is read.
func (l *loader) visit(name string, entry fs.DirEntry, err error) error {
	if err != nil || entry.IsDir() {
		return err
	}
	l.sawIndex = l.sawIndex || name == indexKey
	info, err := entry.Info()
	if err != nil {
		return err
	}
	l.visited++
	if plan.IsFixedFile(name) {
		l.fixed += info.Size()
	}
	if l.size += info.Size(); l.size > maxBuild || l.visited > maxFiles {
		return fmt.Errorf("%s holds more than %d files or %d MB: is it the folder that the build writes?", l.dir, maxFiles, maxBuild>>20)
	}
	contentType, ok := l.check(name, info)
	if !ok {
		return nil
	}
	body, err := os.ReadFile(l.path(name))
	if err != nil {
		return err
	}
	if int64(len(body)) != info.Size() {
		return fmt.Errorf("%s changed while it was read: is a build running?", l.path(name))
	}
	if contentType == "" {
		if contentType = typeByContent(body); contentType == "" {
			l.problem(name, "has no extension whose content type is known, and is neither JSON nor UTF-8 text: give it one of the extensions %s", extensions())
			return nil
		}
	}
	l.files = append(l.files, newFile(name, body, contentType))
	if name == indexKey {
		l.index = body
	}
	return nil
}

// hashedName is a name with a hash of the content before the extension, as bundlers write it: kitten-D3x_9aZq.js,
// kitten.8f14e45f.css or kitten-D3x_9aZq.js.map. Whether the hash is one cannot be seen; that a name never changes its
// content is checked against the releases before.
var hashedName = regexp.MustCompile(`^[\w.~-]*[.-][A-Za-z0-9_-]{8,}(\.[a-z0-9]+){1,2}$`)

// plainPath is a path that a URL writes as it is (RFC 3986 section 2.3). None of its parts has dots alone.
var plainPath = regexp.MustCompile(`^(\.*[\w~-][\w.~-]*/)*\.*[\w~-][\w.~-]*$`)

// folderName is a folder below assets/.
var folderName = regexp.MustCompile(`^[A-Za-z0-9_-][\w.~-]*$`)

// check says what is wrong with a file by its name, kind and size; ok if nothing is. The content type is empty if it follows from the
// content.
func (l *loader) check(name string, info fs.FileInfo) (contentType string, ok bool) {
	before := len(l.problems)
	if !info.Mode().IsRegular() {
		l.problem(name, "is no regular file but %s: put a copy of what it stands for there", info.Mode().Type())
	}
	if name != indexKey {
		l.checkName(name)
	}
	contentType, known := contentTypes[path.Ext(name)]
	if !known && !isTypedByContent(name) {
		l.problem(name, "has the extension %q, whose content type is not known: there are %s", path.Ext(name), extensions())
	}
	limit := int64(maxFile)
	if name == indexKey {
		limit = maxIndex
	}
	if info.Size() > limit {
		l.problem(name, "has %d bytes, the limit is %d: a file of this size does not belong into the application", info.Size(), limit)
	}
	return contentType, len(l.problems) == before
}

func (l *loader) checkName(name string) {
	rest, below := strings.CutPrefix(name, assetsPrefix)
	switch folder, base := path.Split(rest); {
	case name == configKey:
		l.problem(name, "is not part of a build: every tenant gets its own: remove it")
	case plan.IsFixedFile(name):
		if !plainPath.MatchString(name) {
			l.problem(name, "has characters in its path that URLs write otherwise: use letters, digits, -, _, . and ~")
		}
	case !below:
		l.problem(name, "is neither index.html nor below assets/ or .well-known/, nor has a name that is asked for at the top of a site, such as favicon.ico or robots.txt, "+
			"so its path is answered with the page: let the bundler write it to assets/, with a hash in its name")
	case !hashedName.MatchString(base):
		l.problem(name, "has no hash of its content in its name: let the bundler name it <name>-<hash>%s, with at least 8 letters, digits, - or _", path.Ext(name))
	default:
		for part := range strings.SplitSeq(strings.Trim(folder, "/"), "/") {
			if part != "" && !folderName.MatchString(part) {
				l.problem(name, "has the folder %q in its path: use letters, digits, -, _, . and ~", part)
			}
		}
	}
}

// checkWhole checks index.html against the files.
func (l *loader) checkWhole() {
	switch {
	case !l.sawIndex:
		l.problem(indexKey, "is missing: is %s the folder that the build writes?", l.dir)
	case l.index == nil:
		return // what is wrong with it has been said
	case len(l.index) == 0:
		l.problem(indexKey, "is empty")
	case !utf8.Valid(l.index):
		l.problem(indexKey, "is not UTF-8, which it is served as: byte %d belongs to no character: save it as UTF-8", invalidAt(l.index))
	}
	if l.fixed > maxFixed {
		l.problems = append(l.problems, fmt.Errorf("%s: the files at the top and below .well-known/ have %d bytes together, the limit is %d, since every release keeps a copy: let the bundler write large ones to assets/", l.dir, l.fixed, maxFixed))
	}
	known := map[string]bool{}
	for _, f := range l.files {
		known["/"+f.Path] = true
	}
	for _, err := range checkReferences(l.index, known) {
		l.problem(indexKey, "%s", err)
	}
}

// invalidAt is the offset of the first byte that is not UTF-8.
func invalidAt(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(text)
}
