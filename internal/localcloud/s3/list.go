package s3

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// maxPage is the largest number of entries of a listing.
const maxPage = 1000

// object is one entry of a listing.
type object struct {
	Key               string
	LastModified      string
	ETag              string
	ChecksumAlgorithm []string `xml:",omitempty"`
	ChecksumType      string   `xml:",omitempty"`
	Size              int64
	Owner             *owner `xml:",omitempty"`
	StorageClass      string
}

type commonPrefix struct{ Prefix string }

// listResult is the answer of both versions of ListObjects.
type listResult struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	Namespace             string   `xml:"xmlns,attr"`
	Name                  string
	Prefix                string
	Marker                *string `xml:",omitempty"`
	NextMarker            string  `xml:",omitempty"`
	StartAfter            string  `xml:",omitempty"`
	ContinuationToken     string  `xml:",omitempty"`
	NextContinuationToken string  `xml:",omitempty"`
	KeyCount              *int    `xml:",omitempty"`
	MaxKeys               int
	Delimiter             string `xml:",omitempty"`
	EncodingType          string `xml:",omitempty"`
	IsTruncated           bool
	Contents              []object
	CommonPrefixes        []commonPrefix
}

// page is a part of a listing; next is where the engine goes on, empty at the end.
type page struct {
	objects  []object
	prefixes []string
	next     string
}

// maxEntries reads max-keys and the like.
func (c *call) maxEntries(name string) (int, *gate.Error) {
	value, ok := c.query[name]
	if !ok || value == "" {
		return maxPage, nil
	}
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil {
		return 0, errInvalidArgument("Provided " + name + " not an integer or within integer range")
	}
	if n < 0 {
		return 0, errInvalidArgument("Argument " + name + " must be an integer between 0 and 2147483647")
	}
	return min(int(n), maxPage), nil
}

func (c *call) encoding() (string, *gate.Error) {
	if e := c.query["encoding-type"]; e != "" && e != "url" {
		return "", errInvalidArgument("Invalid Encoding Method specified in Request")
	}
	return c.query["encoding-type"], nil
}

func (c *call) listObjects() *gate.Error {
	switch c.query["list-type"] {
	case "2":
		return c.listV2()
	case "", "1":
		return c.listV1()
	}
	return errInvalidArgument("Invalid List Type specified in Request")
}

// afterKey is the engine's marker after a key, or after all keys below a common prefix.
func afterKey(key, delimiter string) string {
	if delimiter != "" && strings.HasSuffix(key, delimiter) {
		return storedPrefix(key) + "\x7f"
	}
	return storedPrefix(key) + nameEnd
}

func (c *call) listV1() *gate.Error {
	marker := c.query["marker"]
	after := ""
	if marker != "" {
		after = afterKey(marker, c.query["delimiter"])
	}
	r, p, problem := c.list(after)
	if problem != nil {
		return problem
	}
	encode := encoder(r.EncodingType)
	encoded := encode(marker)
	r.Marker = &encoded
	// Without a delimiter clients go on after the last key (S3 API Reference, "ListObjects").
	if p.next != "" && r.Delimiter != "" {
		r.NextMarker = encode(p.last())
	}
	for i := range r.Contents {
		o := ownerOf(c.bucket.Account)
		r.Contents[i].Owner = &o
	}
	return c.writeXML(http.StatusOK, r)
}

// last is the last key or common prefix of the page.
func (p *page) last() string {
	last := ""
	if n := len(p.objects); n > 0 {
		last = p.objects[n-1].Key
	}
	if n := len(p.prefixes); n > 0 {
		last = max(last, p.prefixes[n-1])
	}
	return last
}

func (c *call) listV2() *gate.Error {
	token, start := c.query["continuation-token"], c.query["start-after"]
	after := ""
	switch {
	case token != "":
		decoded, err := base64.URLEncoding.DecodeString(token)
		if err != nil {
			return errInvalidArgument("The continuation token provided is incorrect")
		}
		after = string(decoded)
	case start != "":
		after = storedPrefix(start) + nameEnd
	}
	r, p, problem := c.list(after)
	if problem != nil {
		return problem
	}
	count := len(p.objects) + len(p.prefixes)
	r.KeyCount, r.ContinuationToken, r.StartAfter = &count, token, encoder(r.EncodingType)(start)
	if p.next != "" {
		r.NextContinuationToken = base64.URLEncoding.EncodeToString([]byte(p.next))
	}
	if c.query["fetch-owner"] == "true" {
		for i := range r.Contents {
			o := ownerOf(c.bucket.Account)
			r.Contents[i].Owner = &o
		}
	}
	return c.writeXML(http.StatusOK, r)
}

// list makes what both versions have in common.
func (c *call) list(after string) (*listResult, *page, *gate.Error) {
	n, problem := c.maxEntries("max-keys")
	if problem != nil {
		return nil, nil, problem
	}
	encoding, problem := c.encoding()
	if problem != nil {
		return nil, nil, problem
	}
	prefix, delimiter := c.query["prefix"], c.query["delimiter"]
	p := &page{}
	if n > 0 {
		if p, problem = c.s.list(c, prefix, delimiter, after, n); problem != nil {
			return nil, nil, problem
		}
	}
	encode := encoder(encoding)
	r := &listResult{Namespace: namespace, Name: c.bucket.Name, Prefix: encode(prefix), Delimiter: encode(delimiter), EncodingType: encoding, MaxKeys: n, IsTruncated: p.next != ""}
	for _, o := range p.objects {
		o.Key = encode(o.Key)
		r.Contents = append(r.Contents, o)
	}
	for _, x := range p.prefixes {
		r.CommonPrefixes = append(r.CommonPrefixes, commonPrefix{encode(x)})
	}
	return r, p, nil
}

// list collects a page. The engine knows slashes; other delimiters are looked for here, and what is
// below a common prefix is passed over.
func (s *Service) list(c *call, prefix, delimiter, after string, n int) (*page, *gate.Error) {
	if delimiter == "" || delimiter == "/" {
		return s.listEngine(c, prefix, delimiter, after, n)
	}
	out := &page{}
	for {
		part, problem := s.listEngine(c, prefix, "", after, maxPage)
		if problem != nil {
			return nil, problem
		}
		passed := ""
		for _, o := range part.objects {
			if passed != "" && strings.HasPrefix(o.Key, passed) {
				continue
			}
			if len(out.objects)+len(out.prefixes) == n {
				out.next = after
				return out, nil
			}
			head, _, found := strings.Cut(strings.TrimPrefix(o.Key, prefix), delimiter)
			if !found {
				out.objects = append(out.objects, o)
				after = storedPrefix(o.Key) + nameEnd
				continue
			}
			passed = prefix + head + delimiter
			out.prefixes = append(out.prefixes, passed)
			after = storedPrefix(passed) + "\x7f"
		}
		if part.next == "" {
			return out, nil
		}
		after = max(after, part.next)
	}
}

// engineList is the engine's answer, of stored names.
type engineList struct {
	NextMarker  string
	IsTruncated bool
	Contents    []struct {
		Key, ETag, StorageClass, ChecksumType string
		ChecksumAlgorithm                     []string
		LastModified                          time.Time
		Size                                  int64
	}
	CommonPrefixes []commonPrefix
}

func (s *Service) listEngine(c *call, prefix, delimiter, after string, n int) (*page, *gate.Error) {
	query := url.Values{"prefix": {storedPrefix(prefix)}, "max-keys": {strconv.Itoa(n)}}
	if delimiter != "" {
		query.Set("delimiter", delimiter)
	}
	if after != "" {
		query.Set("marker", after)
	}
	_, body, problem := s.engine.read(c.ctx, engineRequest{method: http.MethodGet, bucket: c.bucket.Name, query: query})
	if problem != nil {
		return nil, problem
	}
	var listed engineList
	if err := xml.Unmarshal(body, &listed); err != nil {
		return nil, s.engine.unavailable(err)
	}
	p := &page{}
	last := ""
	for _, o := range listed.Contents {
		key, err := keyOf(o.Key)
		if err != nil {
			s.log(err.Error())
			continue
		}
		last = max(last, o.Key)
		p.objects = append(p.objects, object{Key: key, LastModified: timestamp(o.LastModified), ETag: o.ETag, ChecksumAlgorithm: o.ChecksumAlgorithm, ChecksumType: o.ChecksumType, Size: o.Size, StorageClass: o.StorageClass})
	}
	for _, x := range listed.CommonPrefixes {
		decoded, err := prefixOf(x.Prefix)
		if err != nil {
			s.log(err.Error())
			continue
		}
		last = max(last, x.Prefix+"\x7f")
		p.prefixes = append(p.prefixes, decoded)
	}
	if listed.IsTruncated {
		p.next = last
	}
	return p, nil
}
