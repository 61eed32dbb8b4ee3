package s3

import (
	"context"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
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
	listed, problem := c.s.versions(c.ctx, c.bucket.Name, versionsQuery(prefix, delimiter, keyMarker, idMarker, n))
	if problem != nil {
		return problem
	}
	c.addVersions(r, listed, encode)
	for _, x := range listed.CommonPrefixes {
		if decoded, err := prefixOf(x.Prefix); err == nil {
			r.CommonPrefixes = append(r.CommonPrefixes, commonPrefix{encode(decoded)})
		}
	}
	if listed.IsTruncated {
		r.IsTruncated, r.NextVersionIDMarker = true, listed.NextVersionIDMarker
		next, err := keyOf(listed.NextKeyMarker)
		if err != nil {
			next, _ = prefixOf(listed.NextKeyMarker) // a common prefix
		}
		r.NextKeyMarker = encode(next)
	}
	return c.writeXML(http.StatusOK, r)
}

// addVersions adds the entries in the order of S3: by key, the latest first.
func (c *call) addVersions(r *versionsResult, listed *engineVersions, encode func(string) string) {
	add := func(kind string, v engineVersion) {
		key, err := keyOf(v.Key)
		if err != nil {
			c.s.log(err.Error())
			return
		}
		entry := version{XMLName: xml.Name{Local: kind}, Key: encode(key), VersionID: v.VersionID, IsLatest: v.IsLatest, LastModified: timestamp(v.LastModified), Owner: ownerOf(c.bucket.Account)}
		if kind == "Version" {
			entry.ETag, entry.ChecksumAlgorithm, entry.ChecksumType, entry.Size, entry.StorageClass = v.ETag, v.ChecksumAlgorithm, v.ChecksumType, &v.Size, v.StorageClass
		}
		r.Entries = append(r.Entries, entry)
	}
	versions, markers := listed.Versions, listed.DeleteMarkers
	for len(versions)+len(markers) > 0 {
		if len(markers) == 0 || len(versions) > 0 && before(versions[0], markers[0]) {
			add("Version", versions[0])
			versions = versions[1:]
		} else {
			add("DeleteMarker", markers[0])
			markers = markers[1:]
		}
	}
}

// before orders versions: of one key the newer one is first, and version ids grow with time.
func before(a, b engineVersion) bool {
	switch {
	case a.Key != b.Key:
		return a.Key < b.Key
	case a.IsLatest != b.IsLatest:
		return a.IsLatest
	case !a.LastModified.Equal(b.LastModified):
		return a.LastModified.After(b.LastModified)
	}
	return a.VersionID > b.VersionID
}

// versionsQuery goes on after a key, or after a version of it.
func versionsQuery(prefix, delimiter, keyMarker, idMarker string, n int) url.Values {
	query := url.Values{"versions": {""}, "prefix": {storedPrefix(prefix)}, "max-keys": {strconv.Itoa(n)}}
	if delimiter != "" {
		query.Set("delimiter", delimiter)
	}
	switch {
	case idMarker != "":
		query.Set("key-marker", storedPrefix(keyMarker)+nameEnd)
		query.Set("version-id-marker", idMarker)
	case keyMarker != "":
		// Nothing is stored under this name, so that the engine begins after the key.
		query.Set("key-marker", afterKey(keyMarker, delimiter)+"\x7f")
	}
	return query
}

func (s *Service) versions(ctx context.Context, bucket string, query url.Values) (*engineVersions, *gate.Error) {
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
