package s3

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// uploadID of the engine, which finds a directory by it.
var uploadID = regexp.MustCompile(`^[0-9A-Za-z-]{1,100}$`)

// part is the engine's query for an upload or a part of it.
func (c *call) uploadQuery(part bool) (url.Values, *gate.Error) {
	id := c.query["uploadId"]
	if !uploadID.MatchString(id) {
		return nil, errNoSuchUpload
	}
	query := url.Values{"uploadId": {id}}
	if part {
		n, err := strconv.Atoi(c.query["partNumber"])
		if err != nil || n < 1 || n > maxParts {
			return nil, errInvalidArgument("Part number must be an integer between 1 and 10000, inclusive")
		}
		query.Set("partNumber", strconv.Itoa(n))
	}
	return query, nil
}

type createdUpload struct {
	XMLName   xml.Name `xml:"InitiateMultipartUploadResult"`
	Namespace string   `xml:"xmlns,attr"`
	Bucket    string
	Key       string
	UploadID  string `xml:"UploadId"`
}

func (c *call) createUpload() *gate.Error {
	name, problem := c.stored()
	if problem != nil {
		return problem
	}
	header, problem := c.forwarded(true, writeHeaders)
	if problem != nil {
		return problem
	}
	header.Del("Content-Md5")
	response, body, problem := c.s.engine.read(c.ctx, engineRequest{method: http.MethodPost, bucket: c.bucket.Name, name: name, query: subresource("uploads"), header: header})
	if problem != nil {
		return problem
	}
	var created createdUpload
	if err := xml.Unmarshal(body, &created); err != nil {
		return c.s.engine.unavailable(err)
	}
	for _, name := range []string{"X-Amz-Checksum-Algorithm", "X-Amz-Checksum-Type"} {
		if value := response.Header.Get(name); value != "" {
			c.w.Header().Set(name, value)
		}
	}
	c.encrypted(c.w.Header())
	return c.writeXML(http.StatusOK, createdUpload{Namespace: namespace, Bucket: c.bucket.Name, Key: c.target.key, UploadID: created.UploadID})
}

func (c *call) uploadPart() *gate.Error {
	query, problem := c.uploadQuery(true)
	if problem != nil {
		return problem
	}
	if c.header.Get("X-Amz-Copy-Source") != "" {
		r, problem := c.copyRequest(nil)
		if problem != nil {
			return problem
		}
		r.query = query
		if problem := c.relay(r); problem != nil {
			return copyProblem(problem)
		}
		return nil
	}
	p, problem := c.payload()
	if problem != nil {
		return problem
	}
	name, problem := c.stored()
	if problem != nil {
		return problem
	}
	header, problem := c.forwarded(false, writeHeaders)
	if problem != nil {
		return problem
	}
	response, problem := c.send(engineRequest{method: http.MethodPut, bucket: c.bucket.Name, name: name, query: query, header: header}, p)
	if problem != nil {
		return problem
	}
	defer func() { _ = response.Body.Close() }()
	c.answer(response)
	return nil
}

// relay answers with the engine's answer, which names no object.
func (c *call) relay(r engineRequest) *gate.Error {
	response, body, problem := c.s.engine.read(c.ctx, r)
	if problem != nil {
		return problem
	}
	c.answerHead(response)
	_, _ = c.w.Write(body) // a client that left needs no answer
	return nil
}

func (c *call) abortUpload() *gate.Error {
	name, problem := c.stored()
	if problem != nil {
		return problem
	}
	query, problem := c.uploadQuery(false)
	if problem != nil {
		return problem
	}
	return c.relay(engineRequest{method: http.MethodDelete, bucket: c.bucket.Name, name: name, query: query})
}

type completedUpload struct {
	XMLName           xml.Name `xml:"CompleteMultipartUploadResult"`
	Namespace         string   `xml:"xmlns,attr"`
	Location          string
	Bucket            string
	Key               string
	ETag              string
	ChecksumCRC32     string `xml:",omitempty"`
	ChecksumCRC32C    string `xml:",omitempty"`
	ChecksumCRC64NVME string `xml:",omitempty"`
	ChecksumSHA1      string `xml:",omitempty"`
	ChecksumSHA256    string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
}

func (c *call) completeUpload() *gate.Error {
	name, problem := c.stored()
	if problem != nil {
		return problem
	}
	query, problem := c.uploadQuery(false)
	if problem != nil {
		return problem
	}
	// The checksums of the request are those of the object, not of the list of parts.
	_, body, problem := c.readBody()
	if problem != nil {
		return problem
	}
	unlock, conditions, problem := c.writing(name, false)
	if problem != nil {
		return problem
	}
	defer unlock()
	header, problem := c.forwarded(false, writeHeaders, conditions)
	if problem != nil {
		return problem
	}
	header.Del("Content-Md5")
	response, answer, problem := c.s.engine.read(c.ctx, engineRequest{method: http.MethodPost, bucket: c.bucket.Name, name: name, query: query, header: header, body: bytes.NewReader(body), length: int64(len(body))})
	if problem != nil {
		return problem
	}
	var done completedUpload
	if err := xml.Unmarshal(answer, &done); err != nil {
		return c.s.engine.unavailable(err)
	}
	version := response.Header.Get("X-Amz-Version-Id")
	if version != "" {
		c.w.Header().Set("X-Amz-Version-Id", version)
	}
	c.encrypted(c.w.Header())
	c.s.tellStored(c, "ObjectCreated:CompleteMultipartUpload", version)
	done.XMLName, done.Namespace = xml.Name{}, namespace
	done.Bucket, done.Key, done.Location = c.bucket.Name, c.target.key, "http://"+c.http.Host+escapePath(c.http.URL.Path)
	return c.writeXML(http.StatusOK, done)
}

// partsResult is the answer of ListParts; the parts are the engine's.
type partsResult struct {
	XMLName              xml.Name `xml:"ListPartsResult"`
	Namespace            string   `xml:"xmlns,attr"`
	Bucket, Key          string
	UploadID             string `xml:"UploadId"`
	Initiator, Owner     owner
	StorageClass         string
	PartNumberMarker     int
	NextPartNumberMarker int
	MaxParts             int
	IsTruncated          bool
	ChecksumAlgorithm    string `xml:",omitempty"`
	ChecksumType         string `xml:",omitempty"`
	Parts                []part `xml:"Part"`
}

type part struct {
	PartNumber        int
	LastModified      time.Time
	ETag              string
	Size              int64
	ChecksumCRC32     string `xml:",omitempty"`
	ChecksumCRC32C    string `xml:",omitempty"`
	ChecksumCRC64NVME string `xml:",omitempty"`
	ChecksumSHA1      string `xml:",omitempty"`
	ChecksumSHA256    string `xml:",omitempty"`
}

func (c *call) listParts() *gate.Error {
	name, problem := c.stored()
	if problem != nil {
		return problem
	}
	query, problem := c.uploadQuery(false)
	if problem != nil {
		return problem
	}
	encoding, problem := c.encoding()
	if problem != nil {
		return problem
	}
	for _, param := range []string{"max-parts", "part-number-marker"} {
		if value := c.query[param]; value != "" {
			query.Set(param, value)
		}
	}
	_, body, problem := c.s.engine.read(c.ctx, engineRequest{method: http.MethodGet, bucket: c.bucket.Name, name: name, query: query})
	if problem != nil {
		return problem
	}
	var r partsResult
	if err := xml.Unmarshal(body, &r); err != nil {
		return c.s.engine.unavailable(err)
	}
	o := ownerOf(c.bucket.Account)
	r.XMLName, r.Namespace, r.Bucket, r.Key, r.Owner, r.Initiator = xml.Name{}, namespace, c.bucket.Name, encoder(encoding)(c.target.key), o, o
	return c.writeXML(http.StatusOK, r)
}

type uploadsResult struct {
	XMLName            xml.Name `xml:"ListMultipartUploadsResult"`
	Namespace          string   `xml:"xmlns,attr"`
	Bucket             string
	KeyMarker          string
	UploadIDMarker     string `xml:"UploadIdMarker"`
	NextKeyMarker      string `xml:",omitempty"`
	NextUploadIDMarker string `xml:"NextUploadIdMarker,omitempty"`
	Prefix             string
	Delimiter          string `xml:",omitempty"`
	EncodingType       string `xml:",omitempty"`
	MaxUploads         int
	IsTruncated        bool
	Uploads            []uploadEntry `xml:"Upload"`
	CommonPrefixes     []commonPrefix
}

type uploadEntry struct {
	Key               string
	UploadID          string `xml:"UploadId"`
	Initiator, Owner  owner
	StorageClass      string
	Initiated         time.Time
	ChecksumAlgorithm string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
}

func (c *call) listUploads() *gate.Error {
	n, problem := c.maxEntries("max-uploads")
	if problem != nil {
		return problem
	}
	encoding, problem := c.encoding()
	if problem != nil {
		return problem
	}
	prefix, delimiter, marker, idMarker := c.query["prefix"], c.query["delimiter"], c.query["key-marker"], c.query["upload-id-marker"]
	switch {
	case delimiter != "" && delimiter != "/":
		return errNotImplemented("The delimiter " + delimiter + " for uploads")
	case idMarker != "" && !uploadID.MatchString(idMarker):
		return errInvalidArgument("Invalid uploadId marker")
	}
	query := url.Values{"uploads": {""}, "prefix": {storedPrefix(prefix)}, "max-uploads": {strconv.Itoa(n)}}
	if delimiter != "" {
		query.Set("delimiter", delimiter)
	}
	if marker != "" {
		query.Set("key-marker", afterKey(marker, delimiter))
		if idMarker != "" {
			query.Set("upload-id-marker", idMarker)
		}
	}
	listed, problem := c.s.uploads(c, query)
	if problem != nil {
		return problem
	}
	encode := encoder(encoding)
	o := ownerOf(c.bucket.Account)
	for i := range listed.Uploads {
		u := &listed.Uploads[i]
		u.Key, u.Owner, u.Initiator = encode(u.Key), o, o
	}
	for i := range listed.CommonPrefixes {
		listed.CommonPrefixes[i].Prefix = encode(listed.CommonPrefixes[i].Prefix)
	}
	listed.XMLName, listed.Namespace, listed.Bucket = xml.Name{}, namespace, c.bucket.Name
	listed.Prefix, listed.Delimiter, listed.KeyMarker, listed.UploadIDMarker = encode(prefix), encode(delimiter), encode(marker), idMarker
	listed.NextKeyMarker, listed.EncodingType, listed.MaxUploads = encode(listed.NextKeyMarker), encoding, n
	return c.writeXML(http.StatusOK, listed)
}

// uploads asks the engine and decodes the keys.
func (s *Service) uploads(c *call, query url.Values) (*uploadsResult, *gate.Error) {
	_, body, problem := s.engine.read(c.ctx, engineRequest{method: http.MethodGet, bucket: c.bucket.Name, query: query})
	if problem != nil {
		return nil, problem
	}
	var r uploadsResult
	err := xml.Unmarshal(body, &r)
	for i := range r.Uploads {
		if err == nil {
			r.Uploads[i].Key, err = keyOf(r.Uploads[i].Key)
		}
	}
	for i := range r.CommonPrefixes {
		if err == nil {
			r.CommonPrefixes[i].Prefix, err = prefixOf(r.CommonPrefixes[i].Prefix)
		}
	}
	if err != nil {
		return nil, s.engine.unavailable(err)
	}
	if !r.IsTruncated {
		r.NextKeyMarker, r.NextUploadIDMarker = "", ""
	} else if key, err := keyOf(r.NextKeyMarker); err == nil {
		r.NextKeyMarker = key
	} else if r.NextKeyMarker, err = prefixOf(r.NextKeyMarker); err != nil {
		return nil, s.engine.unavailable(err)
	}
	return &r, nil
}
