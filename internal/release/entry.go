package release

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Keys of what a release keeps beside the files that are served. All of it lies in the tenant's bucket, so that
// a release can go on anywhere, whoever began it.
const (
	releasesPrefix = "releases/"
	manifestSuffix = ".json"
	// A mark says that index.html or config.json is about to change and that CloudFront has not been told yet.
	markPrefix = releasesPrefix + "invalidate-"
	// A notice names assets that are about to be deleted.
	noticePrefix = releasesPrefix + "deleting-"
)

// entry is a release at one tenant: when it came and what it is, such as 20261129T084100Z-3f2a9c01bd77. The same
// build that comes a second time, as after a rollback, is another entry.
type entry string

// stampLayout of an entry's time, in UTC.
const stampLayout = "20060102T150405Z"

var entryName = regexp.MustCompile(`^\d{8}T\d{6}Z-[0-9a-f]{12}$`)

func parseEntry(s string) (entry, bool) {
	if !entryName.MatchString(s) {
		return "", false
	}
	_, err := time.Parse(stampLayout, s[:len(stampLayout)])
	return entry(s), err == nil
}

func newEntry(at time.Time, release string) entry {
	return entry(at.UTC().Format(stampLayout) + "-" + release)
}

// release is the short id of the build.
func (e entry) release() string {
	_, release, _ := strings.Cut(string(e), "-")
	return release
}

// time when the release came to the tenant.
func (e entry) time() time.Time {
	stamp, _, _ := strings.Cut(string(e), "-")
	at, _ := time.Parse(stampLayout, stamp) // parseEntry has checked it
	return at
}

// key of the manifest.
func (e entry) key() string { return releasesPrefix + string(e) + manifestSuffix }

// after is a time for a new entry that is later than all entries, whatever this machine's clock says.
func after(now time.Time, entries []entry) time.Time {
	now = now.UTC().Truncate(time.Second)
	for _, e := range entries {
		if next := e.time().Add(time.Second); next.After(now) {
			now = next
		}
	}
	return now
}

// mark announces that an entry is put in place with a config.json.
type mark struct {
	entry entry
	// config begins the SHA-256 of config.json.
	config string
}

func (m mark) key() string { return fmt.Sprintf("%s%s-%s", markPrefix, m.entry, m.config) }

func parseMark(key string) (mark, bool) {
	rest, ok := strings.CutPrefix(key, markPrefix)
	name, config, found := cutLast(rest, "-")
	e, valid := parseEntry(name)
	return mark{e, config}, ok && found && valid
}

func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}

// parseManifestKey is the entry that a key holds the manifest of.
func parseManifestKey(key string) (entry, bool) {
	rest, ok := strings.CutPrefix(key, releasesPrefix)
	name, isJSON := strings.CutSuffix(rest, manifestSuffix)
	e, valid := parseEntry(name)
	return e, ok && isJSON && valid
}
