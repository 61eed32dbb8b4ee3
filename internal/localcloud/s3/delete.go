package s3

import (
	"bytes"
	"encoding/xml"
	"net/http"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// deletion is the body of DeleteObjects.
type deletions struct {
	XMLName xml.Name       `xml:"Delete"`
	Quiet   bool           `xml:",omitempty"`
	Objects []deletedEntry `xml:"Object"`
}

type deletedEntry struct {
	Key              string
	VersionID        string `xml:"VersionId,omitempty"`
	ETag             string `xml:",omitempty"`
	LastModifiedTime string `xml:",omitempty"`
	Size             string `xml:",omitempty"`
}

type deleteResult struct {
	XMLName   xml.Name        `xml:"DeleteResult"`
	Namespace string          `xml:"xmlns,attr"`
	Deleted   []deletedObject `xml:"Deleted"`
	Errors    []deleteError   `xml:"Error"`
}

type deletedObject struct {
	Key                   string
	VersionID             string `xml:"VersionId,omitempty"`
	DeleteMarker          bool   `xml:",omitempty"`
	DeleteMarkerVersionID string `xml:"DeleteMarkerVersionId,omitempty"`
}

type deleteError struct {
	Key       string
	VersionID string `xml:"VersionId,omitempty"`
	Code      string
	Message   string
}

// deleteObjects decides every key by itself; those that are refused do not keep others
// (S3 API Reference, "DeleteObjects").
func (c *call) deleteObjects() *gate.Error {
	if !c.hasDigest() {
		return errInvalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
	}
	body, problem := c.smallBody()
	if problem != nil {
		return problem
	}
	var in deletions
	if err := xml.Unmarshal(body, &in); err != nil || len(in.Objects) == 0 || len(in.Objects) > maxPage {
		return errMalformedXML
	}
	result := deleteResult{Namespace: namespace}
	var allowed deletions
	locks := map[objectKey]bool{}
	for _, o := range in.Objects {
		k := objectKey{c.bucket.Name, o.Key}
		locks[k] = locks[k] || o.ETag != ""
	}
	unlock, problem := c.s.writers.takeAll(c.ctx, locks)
	if problem != nil {
		return problem
	}
	defer unlock()
	for _, o := range in.Objects {
		name, problem := c.mayDelete(o)
		if problem != nil {
			result.Errors = append(result.Errors, deleteError{o.Key, o.VersionID, s3Code(problem), problem.Message})
			continue
		}
		allowed.Objects = append(allowed.Objects, deletedEntry{Key: name, VersionID: o.VersionID})
	}
	if len(allowed.Objects) > 0 {
		if problem := c.deleteAll(allowed, &result); problem != nil {
			return problem
		}
	}
	if in.Quiet {
		result.Deleted = nil
	}
	return c.writeXML(http.StatusOK, result)
}

// mayDelete is the stored name of a key that may be deleted.
func (c *call) mayDelete(o deletedEntry) (string, *gate.Error) {
	accesses, problem := c.deletion(o.Key, o.VersionID, o.ETag)
	if problem != nil {
		return "", problem
	}
	if denied := c.authorize(accesses...); denied != nil {
		return "", denied
	}
	// These are for directory buckets alone (S3 API Reference, "ObjectIdentifier").
	if o.LastModifiedTime != "" || o.Size != "" {
		return "", errNotImplemented("A condition on the time or the size of a key to delete")
	}
	name, problem := storedKey(o.Key)
	if problem != nil || o.ETag == "" {
		return name, problem
	}
	now, problem := c.current(c.bucket, name)
	if problem != nil {
		return "", problem
	}
	return name, now.mayDelete(o.ETag)
}

// s3Code is the code of an error within a document.
func s3Code(e *gate.Error) string {
	if e.Denied {
		return "AccessDenied"
	}
	return e.Code
}

func (c *call) deleteAll(in deletions, result *deleteResult) *gate.Error {
	body := xmlBody(in)
	header := md5Header(body.Bytes())
	if bypass := c.header.Get("X-Amz-Bypass-Governance-Retention"); bypass != "" {
		header.Set("X-Amz-Bypass-Governance-Retention", bypass)
	}
	_, answer, problem := c.s.engine.read(c.ctx, engineRequest{method: http.MethodPost, bucket: c.bucket.Name, query: subresource("delete"), header: header, body: bytes.NewReader(body.Bytes()), length: int64(body.Len())})
	if problem != nil {
		return problem
	}
	var done deleteResult
	if err := xml.Unmarshal(answer, &done); err != nil {
		return c.s.engine.unavailable(err)
	}
	for _, d := range done.Deleted {
		key, err := keyOf(d.Key)
		if err != nil {
			return c.s.engine.unavailable(err)
		}
		e := Event{Name: "ObjectRemoved:Delete", Key: key, VersionID: d.VersionID}
		if d.DeleteMarker && d.VersionID == "" {
			e.Name, e.VersionID = "ObjectRemoved:DeleteMarkerCreated", d.DeleteMarkerVersionID
		}
		c.s.tell(c, e)
		d.Key = key
		result.Deleted = append(result.Deleted, d)
	}
	for _, e := range done.Errors {
		key, err := keyOf(e.Key)
		if err != nil {
			return c.s.engine.unavailable(err)
		}
		e.Key = key
		if e.Code == "NoSuchKey" || e.Code == "NoSuchVersion" {
			result.Deleted = append(result.Deleted, deletedObject{Key: key, VersionID: e.VersionID})
			continue
		}
		result.Errors = append(result.Errors, e)
	}
	return nil
}
