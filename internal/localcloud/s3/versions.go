package s3

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// version is one entry of ListObjectVersions; a delete marker has no size.
type version struct {
	XMLName           xml.Name
	Key               string
	VersionID         string `xml:"VersionId"`
	IsLatest          bool
	LastModified      string
	ETag              string   `xml:",omitempty"`
	ChecksumAlgorithm []string `xml:",omitempty"`
	ChecksumType      string   `xml:",omitempty"`
	Size              *int64   `xml:",omitempty"`
	StorageClass      string   `xml:",omitempty"`
	Owner             owner
}

type versionsResult struct {
	XMLName             xml.Name `xml:"ListVersionsResult"`
	Namespace           string   `xml:"xmlns,attr"`
	Name                string
	Prefix              string
	KeyMarker           string
	VersionIDMarker     string `xml:"VersionIdMarker"`
	NextKeyMarker       string `xml:",omitempty"`
	NextVersionIDMarker string `xml:"NextVersionIdMarker,omitempty"`
	MaxKeys             int
	Delimiter           string `xml:",omitempty"`
	EncodingType        string `xml:",omitempty"`
	IsTruncated         bool
	Entries             []version
	CommonPrefixes      []commonPrefix
}

// engineVersion is a version in the engine's answer, of a stored name.
type engineVersion struct {
	Key, ETag, StorageClass, ChecksumType string
	VersionID                             string `xml:"VersionId"`
	ChecksumAlgorithm                     []string
	LastModified                          time.Time
	IsLatest                              bool
	Size                                  int64
}

type engineVersions struct {
	NextKeyMarker       string
	NextVersionIDMarker string `xml:"NextVersionIdMarker"`
	IsTruncated         bool
	Versions            []engineVersion `xml:"Version"`
	DeleteMarkers       []engineVersion `xml:"DeleteMarker"`
	CommonPrefixes      []commonPrefix
}

// versionItem is a version, a delete marker or a common prefix.
type versionItem struct {
	engineVersion
	marker bool
	// prefix is a stored prefix; empty for versions.
	prefix string
}

// position orders items as S3 lists them.
func (v versionItem) position() string {
	if v.prefix != "" {
		return v.prefix
	}
	return v.Key
}

// compareItems orders by key; of one key the newest is first, and version ids grow with time.
func compareItems(a, b versionItem) int {
	switch {
	case a.position() != b.position():
		return strings.Compare(a.position(), b.position())
	case a.IsLatest != b.IsLatest:
		if a.IsLatest {
			return -1
		}
		return 1
	case !a.LastModified.Equal(b.LastModified):
		return b.LastModified.Compare(a.LastModified)
	}
	return strings.Compare(b.VersionID, a.VersionID)
}

func (c *call) listVersions() *gate.Error {
	n, problem := c.maxEntries("max-keys")
	if problem != nil {
		return problem
	}
	encoding, problem := c.encoding()
	if problem != nil {
		return problem
	}
	prefix, delimiter, keyMarker, idMarker := c.query["prefix"], c.query["delimiter"], c.query["key-marker"], c.query["version-id-marker"]
	switch {
	case delimiter != "" && delimiter != "/":
		return errNotImplemented("The delimiter " + delimiter + " for versions")
	case idMarker != "" && (keyMarker == "" || !versionID.MatchString(idMarker)):
		return errInvalidArgument("A version-id marker cannot be specified without a key marker.")
	}
	encode := encoder(encoding)
	r := &versionsResult{Namespace: namespace, Name: c.bucket.Name, Prefix: encode(prefix), KeyMarker: encode(keyMarker), VersionIDMarker: idMarker, MaxKeys: n, Delimiter: encode(delimiter), EncodingType: encoding}
	if n == 0 {
		return c.writeXML(http.StatusOK, r)
	}
	var items []versionItem
	problem = c.s.eachVersion(c.ctx, c.bucket.Name, versionStart{prefix, delimiter, keyMarker, idMarker}, func(v versionItem) bool {
		if len(items) == n {
			r.IsTruncated = true
			return false
		}
		items = append(items, v)
		return true
	})
	if problem == nil {
		problem = c.addVersions(r, items, encode)
	}
	if problem != nil {
		return problem
	}
	return c.writeXML(http.StatusOK, r)
}

// addVersions adds the items to the answer, and the place of the last one if there are more.
func (c *call) addVersions(r *versionsResult, items []versionItem, encode func(string) string) *gate.Error {
	for _, v := range items {
		decode := keyOf
		if v.prefix != "" {
			decode = prefixOf
		}
		key, err := decode(v.position())
		if err != nil {
			return c.s.engine.unavailable(err)
		}
		key = encode(key)
		if r.IsTruncated {
			r.NextKeyMarker, r.NextVersionIDMarker = key, v.VersionID
		}
		if v.prefix != "" {
			r.CommonPrefixes = append(r.CommonPrefixes, commonPrefix{key})
			continue
		}
		entry := version{XMLName: xml.Name{Local: "DeleteMarker"}, Key: key, VersionID: v.VersionID, IsLatest: v.IsLatest, LastModified: timestamp(v.LastModified), Owner: ownerOf(c.bucket.Account)}
		if !v.marker {
			entry.XMLName.Local = "Version"
			entry.ETag, entry.ChecksumAlgorithm, entry.ChecksumType, entry.Size, entry.StorageClass = v.ETag, v.ChecksumAlgorithm, v.ChecksumType, &v.Size, v.StorageClass
		}
		r.Entries = append(r.Entries, entry)
	}
	return nil
}

// versionStart says which versions are listed, after a key or a version of it.
type versionStart struct{ prefix, delimiter, keyMarker, idMarker string }

// cursor is where the engine goes on: at a stored name, or at a version of it, both included.
type cursor struct{ name, id string }

// eachVersion yields versions in the order of S3 until yield returns false. The engine's own markers
// include what they name, and a version that is gone as a marker would hide all others; so a key is
// read from its beginning, and what was listed before is passed over here.
func (s *Service) eachVersion(ctx context.Context, bucket string, start versionStart, yield func(versionItem) bool) *gate.Error {
	at, passed := cursor{}, func(versionItem) bool { return false }
	switch {
	case start.idMarker != "":
		at.name = storedPrefix(start.keyMarker) + nameEnd
		passed = passedBefore(at.name, start.idMarker)
	case start.keyMarker != "":
		// Nothing is stored under this name, so that the engine begins after the key.
		at.name = afterKey(start.keyMarker, start.delimiter) + "\x7f"
	}
	for {
		listed, problem := s.versions(ctx, bucket, start, at)
		if problem != nil {
			return problem
		}
		for _, v := range listed.items() {
			repeated := at.id != "" && v.Key == at.name && v.VersionID == at.id
			if !repeated && !passed(v) && !yield(v) {
				return nil
			}
		}
		next := cursor{listed.NextKeyMarker, listed.NextVersionIDMarker}
		if !listed.IsTruncated {
			return nil
		}
		if next == at {
			return s.engine.unavailable(fmt.Errorf("listing versions of bucket %s: it does not go on after %q", bucket, at.name))
		}
		at = next
	}
}

// passedBefore tells the versions of a key up to the one that is the marker. Where that is gone,
// those that are newer: version ids grow with time.
func passedBefore(name, id string) func(versionItem) bool {
	done := false
	return func(v versionItem) bool {
		if done || v.Key != name {
			return false
		}
		if v.VersionID == id {
			done = true
			return true
		}
		return id == nullVersion || v.VersionID == nullVersion || v.VersionID > id
	}
}

// nullVersion is the id of objects from before versioning.
const nullVersion = "null"

// items are the versions, markers and prefixes in order.
func (l *engineVersions) items() []versionItem {
	items := make([]versionItem, 0, len(l.Versions)+len(l.DeleteMarkers)+len(l.CommonPrefixes))
	for _, v := range l.Versions {
		items = append(items, versionItem{engineVersion: v})
	}
	for _, v := range l.DeleteMarkers {
		items = append(items, versionItem{engineVersion: v, marker: true})
	}
	for _, p := range l.CommonPrefixes {
		items = append(items, versionItem{prefix: p.Prefix})
	}
	slices.SortStableFunc(items, compareItems)
	return items
}

func (s *Service) versions(ctx context.Context, bucket string, start versionStart, at cursor) (*engineVersions, *gate.Error) {
	query := url.Values{"versions": {""}, "prefix": {storedPrefix(start.prefix)}, "max-keys": {strconv.Itoa(maxPage)}}
	for name, value := range map[string]string{"delimiter": start.delimiter, "key-marker": at.name, "version-id-marker": at.id} {
		if value != "" {
			query.Set(name, value)
		}
	}
	_, body, problem := s.engine.read(ctx, engineRequest{method: http.MethodGet, bucket: bucket, query: query})
	if problem != nil {
		return nil, problem
	}
	var listed engineVersions
	if err := xml.Unmarshal(body, &listed); err != nil {
		return nil, s.engine.unavailable(err)
	}
	return &listed, nil
}
