package s3

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// accesses are what the operation needs.
func (op *operation) accesses(c *call) ([]gate.Access, *gate.Error) {
	if op.access != nil {
		return op.access(c)
	}
	return []gate.Access{c.on(c.bucket, op.action, c.target.key)}, nil
}

// addSignature adds the keys of how the request is signed (S3 API Reference, "Amazon S3 signature
// version 4 authentication specific policy keys").
func (c *call) addSignature(context iam.Context) {
	// The local endpoints stand for endpoints with TLS.
	context["s3:TlsVersion"] = []string{"1.3"}
	if c.authType == "" {
		return
	}
	context["s3:authType"], context["s3:signatureversion"] = []string{c.authType}, []string{"AWS4-HMAC-SHA256"}
	if c.signature == nil {
		return
	}
	if hash := c.http.Header.Get("X-Amz-Content-Sha256"); hash != "" {
		context["s3:x-amz-content-sha256"] = []string{hash}
	} else if c.signature.Presigned {
		context["s3:x-amz-content-sha256"] = []string{gate.UnsignedPayload}
	}
	if c.signature.Presigned {
		context["s3:signatureAge"] = []string{strconv.FormatInt(c.s.now().Sub(c.signature.Time).Milliseconds(), 10)}
	}
}

// accessAll is of an action that names no resource.
func accessAll(c *call) ([]gate.Access, *gate.Error) {
	if c.caller == nil {
		return nil, errForbidden("Anonymous users cannot list buckets")
	}
	context := iam.Context{}
	c.addSignature(context)
	return []gate.Access{{Action: c.op.action, Resource: "*", Context: context}}, nil
}

// accessNewBucket is of a bucket that the caller's account is to own.
func accessNewBucket(c *call) ([]gate.Access, *gate.Error) {
	if c.caller == nil {
		return nil, errForbidden("Anonymous users cannot create buckets")
	}
	b := &bucket{Name: c.target.bucket, Account: c.caller.Account, Region: c.signature.Region}
	a := c.on(b, c.op.action, "")
	delete(a.Context, "s3:ResourceAccount")
	addHeader(a.Context, c.header, "s3:x-amz-acl", "X-Amz-Acl")
	addHeader(a.Context, c.header, "s3:x-amz-object-ownership", "X-Amz-Object-Ownership")
	return []gate.Access{a}, nil
}

// accessList carries what is listed.
func accessList(c *call) ([]gate.Access, *gate.Error) {
	a := c.on(c.bucket, c.op.action, "")
	for _, name := range []string{"prefix", "delimiter", "max-keys"} {
		if value, ok := c.query[name]; ok {
			a.Context["s3:"+name] = []string{value}
		}
	}
	return []gate.Access{a}, nil
}

// accessEach is decided key by key, once the body is read.
func accessEach(*call) ([]gate.Access, *gate.Error) { return nil, nil }

// accessObject is of the object or the version that is named.
func accessObject(c *call) ([]gate.Access, *gate.Error) {
	a, problem := c.onObject(c.bucket, c.op.action, c.op.versionAction, c.target.key, c.query["versionId"])
	return []gate.Access{a}, problem
}

// versionID of the engine, which is a ULID.
var versionID = regexp.MustCompile(`^(null|[0-9A-Za-z._-]{1,100})$`)

// onObject is an access to an object, with its tags where a policy asks for them.
func (c *call) onObject(b *bucket, action, versionAction, key, version string) (gate.Access, *gate.Error) {
	if version != "" && !versionID.MatchString(version) {
		return gate.Access{}, errInvalidArgument("Invalid version id specified")
	}
	if version != "" && versionAction != "" {
		action = versionAction
	}
	a := c.on(b, action, key)
	if version != "" {
		a.Context["s3:versionid"] = []string{version}
	}
	for name, header := range map[string]string{"s3:if-match": "If-Match", "s3:if-none-match": "If-None-Match"} {
		addHeader(a.Context, c.header, name, header)
	}
	if carries(action, "s3:ExistingObjectTag/<key>") && c.wantsTags(b) {
		tags, problem := c.objectTags(b, key, version)
		if problem != nil {
			return a, problem
		}
		for name, value := range tags {
			a.Context["s3:ExistingObjectTag/"+name] = []string{value}
		}
	}
	return a, nil
}

// wantsTags says whether a policy that applies asks for the tags of the object.
func (c *call) wantsTags(b *bucket) bool {
	if b.tagged {
		return true
	}
	if c.caller == nil || c.caller.RoleARN == "" {
		return false
	}
	role, ok := c.s.gate.Role(c.caller.RoleARN)
	return ok && (asksForTags(role.Identity) || asksForTags(role.Boundary) || asksForTags(c.caller.SessionPolicies()))
}

func carries(action, key string) bool {
	spec, ok := iam.LookupAction(action)
	return ok && spec.Carries(key)
}

// putKeys are the condition keys of a write, by the header that has the value.
var putKeys = map[string]string{
	"s3:x-amz-acl": "X-Amz-Acl", "s3:x-amz-server-side-encryption": "X-Amz-Server-Side-Encryption",
	"s3:x-amz-server-side-encryption-aws-kms-key-id": "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id",
	"s3:x-amz-storage-class":                         "X-Amz-Storage-Class", "s3:x-amz-website-redirect-location": "X-Amz-Website-Redirect-Location",
	"s3:x-amz-grant-read": "X-Amz-Grant-Read", "s3:x-amz-grant-write": "X-Amz-Grant-Write", "s3:x-amz-grant-read-acp": "X-Amz-Grant-Read-Acp",
	"s3:x-amz-grant-write-acp": "X-Amz-Grant-Write-Acp", "s3:x-amz-grant-full-control": "X-Amz-Grant-Full-Control",
	"s3:object-lock-mode": "X-Amz-Object-Lock-Mode", "s3:object-lock-retain-until-date": "X-Amz-Object-Lock-Retain-Until-Date",
	"s3:object-lock-legal-hold":                          "X-Amz-Object-Lock-Legal-Hold",
	"s3:x-amz-server-side-encryption-customer-algorithm": "X-Amz-Server-Side-Encryption-Customer-Algorithm",
	"s3:if-match": "If-Match", "s3:if-none-match": "If-None-Match",
}

// addHeader adds the values of a header as a key. An empty header is none, as it is for the engine.
func addHeader(context iam.Context, h http.Header, key, header string) {
	if values := h.Values(header); len(values) > 0 && strings.TrimSpace(strings.Join(values, "")) != "" {
		context[key] = values
	}
}

// accessPut is of a write; what the headers ask for beside needs actions of its own (S3 API
// Reference, "PutObject", "CopyObject").
func accessPut(c *call) ([]gate.Access, *gate.Error) {
	if c.op.name == "PutObject" && c.header.Get("X-Amz-Copy-Source") != "" {
		return accessCopy(c)
	}
	// A write takes no other value (S3 API Reference, "PutObject": If-None-Match); the engine would compare ETags.
	if value := strings.TrimSpace(strings.Join(c.header.Values("If-None-Match"), ",")); value != "" && value != "*" {
		return nil, errHeader("If-None-Match")
	}
	a := c.on(c.bucket, "s3:PutObject", c.target.key)
	for key, header := range putKeys {
		addHeader(a.Context, c.header, key, header)
	}
	accesses := []gate.Access{a}
	if tagging := c.header.Get("X-Amz-Tagging"); tagging != "" {
		if problem := addRequestTags(a.Context, tagging); problem != nil {
			return nil, problem
		}
		t := c.on(c.bucket, "s3:PutObjectTagging", c.target.key)
		_ = addRequestTags(t.Context, tagging)
		accesses = append(accesses, t)
	}
	for header, action := range map[string]string{
		"X-Amz-Acl": "s3:PutObjectAcl", "X-Amz-Object-Lock-Legal-Hold": "s3:PutObjectLegalHold",
		"X-Amz-Object-Lock-Mode": "s3:PutObjectRetention", "X-Amz-Object-Lock-Retain-Until-Date": "s3:PutObjectRetention",
	} {
		if c.header.Get(header) != "" {
			x := c.on(c.bucket, action, c.target.key)
			for key, header := range putKeys {
				addHeader(x.Context, c.header, key, header)
			}
			accesses = append(accesses, x)
		}
	}
	return accesses, nil
}

// addRequestTags adds the tags that a request gives an object (S3 User Guide, "Tagging and access control policies").
func addRequestTags(context iam.Context, tagging string) *gate.Error {
	tags, err := url.ParseQuery(tagging)
	if err != nil {
		return errInvalidArgument("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
	}
	var keys []string
	for key, values := range tags {
		if len(values) != 1 {
			return errInvalidArgument("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
		}
		context["s3:RequestObjectTag/"+key] = values
		keys = append(keys, key)
	}
	context["s3:RequestObjectTagKeys"] = keys
	return nil
}

// accessCopy needs the source, too.
func accessCopy(c *call) ([]gate.Access, *gate.Error) {
	source, problem := c.copySource()
	if problem != nil {
		return nil, problem
	}
	read, problem := c.onObject(source.bucket, "s3:GetObject", "s3:GetObjectVersion", source.key, source.version)
	if problem != nil {
		return nil, problem
	}
	copied := *c
	copied.header = c.header.Clone()
	copied.header.Del("X-Amz-Copy-Source")
	accesses, problem := accessPut(&copied)
	if problem != nil {
		return nil, problem
	}
	accesses[0].Context["s3:x-amz-copy-source"] = []string{strings.TrimPrefix(c.header.Get("X-Amz-Copy-Source"), "/")}
	addHeader(accesses[0].Context, c.header, "s3:x-amz-metadata-directive", "X-Amz-Metadata-Directive")
	return append([]gate.Access{read}, accesses...), nil
}

// accessPart is of a part, which may be copied from an object.
func accessPart(c *call) ([]gate.Access, *gate.Error) {
	if c.header.Get("X-Amz-Copy-Source") != "" {
		return accessCopy(c)
	}
	return accessPut(c)
}

func accessDelete(c *call) ([]gate.Access, *gate.Error) {
	return c.deletion(c.target.key, c.query["versionId"], c.header.Get("If-Match"))
}

// deletion of an object whose ETag may be expected; passing by a retention needs an action of its own.
func (c *call) deletion(key, version, etag string) ([]gate.Access, *gate.Error) {
	a, problem := c.onObject(c.bucket, "s3:DeleteObject", "s3:DeleteObjectVersion", key, version)
	if problem != nil {
		return nil, problem
	}
	if etag != "" {
		a.Context["s3:if-match"] = []string{etag}
	}
	accesses := []gate.Access{a}
	// Whoever expects an ETag learns whether it is the object's (S3 User Guide, "How to perform conditional deletes").
	if etag != "" && etag != "*" {
		read, problem := c.onObject(c.bucket, "s3:GetObject", "", key, "")
		if problem != nil {
			return nil, problem
		}
		accesses = append(accesses, read)
	}
	if strings.EqualFold(c.header.Get("X-Amz-Bypass-Governance-Retention"), "true") {
		accesses = append(accesses, c.on(c.bucket, "s3:BypassGovernanceRetention", key))
	}
	return accesses, nil
}

func accessRetention(c *call) ([]gate.Access, *gate.Error) {
	accesses, problem := accessObject(c)
	if problem == nil && strings.EqualFold(c.header.Get("X-Amz-Bypass-Governance-Retention"), "true") {
		accesses = append(accesses, c.on(c.bucket, "s3:BypassGovernanceRetention", c.target.key))
	}
	return accesses, problem
}

// accessAttributes needs what reading needs (S3 API Reference, "GetObjectAttributes").
func accessAttributes(c *call) ([]gate.Access, *gate.Error) {
	accesses, problem := accessObject(c)
	if problem != nil {
		return nil, problem
	}
	read, problem := c.onObject(c.bucket, "s3:GetObject", "s3:GetObjectVersion", c.target.key, c.query["versionId"])
	return append([]gate.Access{read}, accesses...), problem
}
