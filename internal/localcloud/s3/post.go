package s3

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// isForm recognizes an upload of a browser's form (S3 API Reference, "POST Object").
func (c *call) isForm() bool {
	if c.http.Method != http.MethodPost || c.level() != bucketLevel || len(c.query) > 0 || c.http.Header.Get("Authorization") != "" {
		return false
	}
	kind, _, err := mime.ParseMediaType(c.http.Header.Get("Content-Type"))
	return err == nil && kind == "multipart/form-data"
}

// maxFields bounds all fields before the file, in bytes (S3 API Reference, "POST Object": 20 KB).
const maxFields = 20 << 10

// form is what is posted: fields by lower-case name, then the file.
type form struct {
	fields map[string]string
	file   *multipart.Part
}

func (c *call) readForm() (*form, *gate.Error) {
	malformed := fault(http.StatusBadRequest, "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.")
	reader, err := c.http.MultipartReader()
	if err != nil {
		return nil, malformed
	}
	f := &form{fields: map[string]string{}}
	for size := 0; ; {
		part, err := reader.NextRawPart()
		if err != nil {
			return nil, errInvalidArgument("POST requires exactly one file upload per request.")
		}
		name := lower(part.FormName())
		if name == "file" {
			f.file = part
			f.fields["key"] = strings.ReplaceAll(f.fields["key"], "${filename}", fileName(part))
			return f, nil
		}
		value, err := io.ReadAll(io.LimitReader(part, maxFields+1))
		if size += len(name) + len(value); err != nil || name == "" {
			return nil, malformed
		}
		if size > maxFields {
			return nil, fault(http.StatusBadRequest, "MaxPostPreDataLengthExceeded", "Your POST request fields preceding the upload file were too large.")
		}
		if _, twice := f.fields[name]; twice {
			return nil, errInvalidArgument("The field " + name + " is there twice")
		}
		f.fields[name] = string(value)
	}
}

// fileName is the last element of the name of the file: browsers may send whole paths.
func fileName(part *multipart.Part) string {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return ""
	}
	name := path.Base(strings.ReplaceAll(params["filename"], "\\", "/"))
	if name == "." || name == "/" {
		return ""
	}
	return name
}

// postForm verifies the policy that the form was given, decides and stores.
func (c *call) postForm() *gate.Error {
	if c.bucket == nil {
		return errNoSuchBucket
	}
	f, problem := c.readForm()
	if problem != nil {
		return problem
	}
	policy, problem := c.authenticateForm(f)
	if problem != nil {
		return problem
	}
	c.origin = gate.OriginOf(c.http, c.region())
	c.target.key = f.fields["key"]
	if c.target.key == "" {
		return errInvalidArgument("Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.")
	}
	if problem := c.takeFields(f); problem != nil {
		return problem
	}
	c.op = operations[route{http.MethodPut, objectLevel, ""}]
	accesses, problem := accessPut(c)
	if problem != nil {
		return problem
	}
	if denied := c.authorize(accesses...); denied != nil {
		return denied
	}
	if problem := c.checkParameters(); problem != nil {
		return problem
	}
	low, high := int64(0), int64(maxPut)
	if policy != nil {
		low, high = policy.low, policy.high
	}
	return c.storeFile(f, low, high)
}

// authenticateForm finds the caller by the policy that the form carries; without any the caller is
// anonymous (S3 API Reference, "Authenticating Requests in Browser-Based Uploads Using POST").
func (c *call) authenticateForm(f *form) (*postPolicy, *gate.Error) {
	encoded := f.fields["policy"]
	if encoded == "" {
		for _, name := range []string{"x-amz-signature", "x-amz-credential", "signature", "awsaccesskeyid"} {
			if f.fields[name] != "" {
				return nil, errInvalidArgument("Bucket POST must contain a field named 'policy'")
			}
		}
		return nil, nil
	}
	credential := strings.Split(f.fields["x-amz-credential"], "/")
	if f.fields["x-amz-algorithm"] != "AWS4-HMAC-SHA256" || len(credential) != 5 || credential[3] != "s3" || credential[4] != "aws4_request" {
		return nil, errAlgorithm
	}
	date, err := time.Parse("20060102T150405Z", f.fields["x-amz-date"])
	if err != nil || date.Format("20060102") != credential[1] {
		return nil, errInvalidArgument("X-Amz-Date must be formated via ISO8601 Long format, on the day of the credential")
	}
	caller, problem := c.s.gate.CallerOf(credential[0], f.fields["x-amz-security-token"])
	if problem != nil {
		return nil, problem
	}
	h := hmac.New(sha256.New, c.s.gate.SigningKeyOf(credential[0], credential[1], credential[2], credential[3]))
	_, _ = io.WriteString(h, encoded)
	if !hmac.Equal([]byte(hex.EncodeToString(h.Sum(nil))), []byte(f.fields["x-amz-signature"])) {
		return nil, fault(http.StatusForbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.")
	}
	document, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, errPostPolicy("Invalid Policy: it is not base64")
	}
	policy, problem := parsePostPolicy(document)
	if problem != nil {
		return nil, problem
	}
	c.caller, c.authType = caller, "POST"
	return policy, policy.check(f.fields, c.bucket.Name, c.s.now())
}

// takeFields makes headers of the fields, as if the object were put.
func (c *call) takeFields(f *form) *gate.Error {
	header := http.Header{}
	for name, value := range f.fields {
		switch {
		case name == "acl":
			name = "x-amz-acl"
		case name == "tagging":
			tags, problem := tagsOfForm(value)
			if problem != nil {
				return problem
			}
			name, value = "x-amz-tagging", tags
		case strings.HasPrefix(name, "x-amz-copy-source"), name == "x-amz-content-sha256", name == "x-amz-trailer":
			return errInvalidArgument("The field " + name + " is none of an upload")
		}
		if strings.ContainsAny(name+value, "\r\n\x00") && name != "policy" {
			return errInvalidArgument("The field " + name + " has a control character")
		}
		header.Set(name, value)
	}
	c.header = header
	return nil
}

// tagsOfForm turns the document of the field tagging into the form of the header.
func tagsOfForm(document string) (string, *gate.Error) {
	var t tagging
	if err := xml.Unmarshal([]byte(document), &t); err != nil {
		return "", errMalformedXML
	}
	values := url.Values{}
	for _, x := range t.Tags {
		values.Add(x.Key, x.Value)
	}
	return values.Encode(), nil
}

// maxInMemory of a posted file, in bytes; larger ones go through a temporary file, since their size
// is known only at their end.
const maxInMemory = 1 << 20

func (c *call) storeFile(f *form, low, high int64) *gate.Error {
	limited := io.LimitReader(f.file, high+1)
	var head bytes.Buffer
	size, err := io.Copy(&head, io.LimitReader(limited, maxInMemory))
	if err != nil {
		return errIncompleteBody
	}
	content := io.Reader(&head)
	if size == maxInMemory {
		file, err := os.CreateTemp(c.s.dir, "post-*")
		if err != nil {
			return c.s.engine.unavailable(err)
		}
		defer func() {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}()
		rest, err := io.Copy(file, limited)
		var full *os.PathError
		switch {
		case errors.As(err, &full):
			return c.s.engine.unavailable(err)
		case err != nil:
			return errIncompleteBody
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return c.s.engine.unavailable(err)
		}
		size += rest
		content = io.MultiReader(&head, file)
	}
	switch {
	case size > high:
		return errTooLarge
	case size < low:
		return errTooSmall
	}
	p := &payload{source: content, length: size, left: size}
	return c.store(c.target.key, p, "ObjectCreated:Post", func(response *http.Response) { c.answerForm(f, response) })
}

type postResponse struct {
	XMLName                     xml.Name `xml:"PostResponse"`
	Location, Bucket, Key, ETag string
}

// answerForm answers as the fields success_action_redirect and success_action_status say.
func (c *call) answerForm(f *form, response *http.Response) {
	h := c.w.Header()
	location := "http://" + c.http.Host + "/" + escapePath(c.bucket.Name+"/"+c.target.key)
	h.Set("Location", location)
	h.Set("Etag", response.Header.Get("Etag"))
	c.encrypted(h)
	if version := response.Header.Get("X-Amz-Version-Id"); version != "" {
		h.Set("X-Amz-Version-Id", version)
	}
	target := f.fields["success_action_redirect"]
	if target == "" {
		target = f.fields["redirect"]
	}
	if u, err := url.Parse(target); err == nil && target != "" && (u.Scheme == "http" || u.Scheme == "https") {
		q := u.Query()
		q.Set("bucket", c.bucket.Name)
		q.Set("key", c.target.key)
		q.Set("etag", response.Header.Get("Etag"))
		u.RawQuery = q.Encode()
		h.Set("Location", u.String())
		c.writeStatus(http.StatusSeeOther)
		return
	}
	switch status, _ := strconv.Atoi(f.fields["success_action_status"]); status {
	case http.StatusCreated:
		c.writeXML(status, postResponse{Location: location, Bucket: c.bucket.Name, Key: c.target.key, ETag: response.Header.Get("Etag")})
	case http.StatusOK:
		c.writeStatus(status)
	default:
		c.writeStatus(http.StatusNoContent)
	}
}
