package s3

import (
	"net/http"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// operation is one of S3 (Service Authorization Reference, "Actions, resources, and condition keys
// for Amazon S3"; Amazon S3 User Guide, "Required permissions for Amazon S3 API operations").
type operation struct {
	// name in the API Reference.
	name string
	// action that it needs, and the one with a versionId if that is another.
	action, versionAction string
	// params are the query parameters that it takes beside its subresource.
	params []string
	// access is what else it needs. Nil for the action on the resource alone.
	access func(*call) ([]gate.Access, *gate.Error)
	// serve answers. Nil is an operation that the local cloud decides and then refuses.
	serve func(*call) *gate.Error
}

// level is what a request is about.
type level byte

const (
	serviceLevel level = 's'
	bucketLevel  level = 'b'
	objectLevel  level = 'o'
)

// route finds an operation by method, level and subresource.
type route struct {
	method      string
	level       level
	subresource string
}

var (
	responseParams = []string{"response-cache-control", "response-content-disposition", "response-content-encoding", "response-content-language", "response-content-type", "response-expires"}
	listParams     = []string{"prefix", "delimiter", "max-keys", "encoding-type", "marker", "list-type", "continuation-token", "start-after", "fetch-owner"}
	versionParams  = []string{"prefix", "delimiter", "max-keys", "encoding-type", "key-marker", "version-id-marker"}
	uploadParams   = []string{"prefix", "delimiter", "max-uploads", "encoding-type", "key-marker", "upload-id-marker"}
)

// operations of S3. Built by init, since serving refers to it.
var operations map[route]*operation

func init() {
	operations = map[route]*operation{}
	for _, group := range []map[route]*operation{serviceOperations(), bucketOperations(), settingOperations(), refusedOperations(), objectOperations(), uploadOperations(), refusedObjectOperations()} {
		for r, op := range group {
			operations[r] = op
			if r.subresource != "" {
				subresources[r.subresource] = true
			}
		}
	}
}

// subresources are the query parameters that choose an operation.
var subresources = map[string]bool{}

func serviceOperations() map[route]*operation {
	return map[route]*operation{
		{"GET", serviceLevel, ""}: {name: "ListBuckets", action: "s3:ListAllMyBuckets", params: []string{"max-buckets", "continuation-token", "prefix", "bucket-region"}, access: accessAll, serve: (*call).listBuckets},
	}
}

func bucketOperations() map[route]*operation {
	return map[route]*operation{
		{"PUT", bucketLevel, ""}:            {name: "CreateBucket", action: "s3:CreateBucket", access: accessNewBucket, serve: (*call).createBucket},
		{"HEAD", bucketLevel, ""}:           {name: "HeadBucket", action: "s3:ListBucket", serve: (*call).headBucket},
		{"DELETE", bucketLevel, ""}:         {name: "DeleteBucket", action: "s3:DeleteBucket", serve: (*call).deleteBucket},
		{"GET", bucketLevel, ""}:            {name: "ListObjects", action: "s3:ListBucket", params: listParams, access: accessList, serve: (*call).listObjects},
		{"GET", bucketLevel, "versions"}:    {name: "ListObjectVersions", action: "s3:ListBucketVersions", params: versionParams, access: accessList, serve: (*call).listVersions},
		{"GET", bucketLevel, "uploads"}:     {name: "ListMultipartUploads", action: "s3:ListBucketMultipartUploads", params: uploadParams, access: accessList, serve: (*call).listUploads},
		{"POST", bucketLevel, "delete"}:     {name: "DeleteObjects", action: "s3:DeleteObject", access: accessEach, serve: (*call).deleteObjects},
		{"GET", bucketLevel, "location"}:    {name: "GetBucketLocation", action: "s3:GetBucketLocation", serve: (*call).getLocation},
		{"GET", bucketLevel, "versioning"}:  {name: "GetBucketVersioning", action: "s3:GetBucketVersioning", serve: (*call).getVersioning},
		{"PUT", bucketLevel, "versioning"}:  {name: "PutBucketVersioning", action: "s3:PutBucketVersioning", serve: (*call).putVersioning},
		{"GET", bucketLevel, "acl"}:         {name: "GetBucketAcl", action: "s3:GetBucketAcl", serve: (*call).getACL},
		{"PUT", bucketLevel, "acl"}:         {name: "PutBucketAcl", action: "s3:PutBucketAcl", serve: (*call).putACL},
		{"GET", bucketLevel, "object-lock"}: {name: "GetObjectLockConfiguration", action: "s3:GetBucketObjectLockConfiguration", serve: (*call).forwardBucket},
		{"PUT", bucketLevel, "object-lock"}: {name: "PutObjectLockConfiguration", action: "s3:PutBucketObjectLockConfiguration", serve: (*call).forwardBucket},
	}
}

// settingOperations are those whose configuration the front keeps.
func settingOperations() map[route]*operation {
	return map[route]*operation{
		{"GET", bucketLevel, "policy"}:               {name: "GetBucketPolicy", action: "s3:GetBucketPolicy", serve: (*call).getPolicy},
		{"PUT", bucketLevel, "policy"}:               {name: "PutBucketPolicy", action: "s3:PutBucketPolicy", serve: (*call).putPolicy},
		{"DELETE", bucketLevel, "policy"}:            {name: "DeleteBucketPolicy", action: "s3:DeleteBucketPolicy", serve: (*call).deletePolicy},
		{"GET", bucketLevel, "policyStatus"}:         {name: "GetBucketPolicyStatus", action: "s3:GetBucketPolicyStatus", serve: (*call).getPolicyStatus},
		{"GET", bucketLevel, "cors"}:                 {name: "GetBucketCors", action: "s3:GetBucketCORS", serve: (*call).getCORS},
		{"PUT", bucketLevel, "cors"}:                 {name: "PutBucketCors", action: "s3:PutBucketCORS", serve: (*call).putCORS},
		{"DELETE", bucketLevel, "cors"}:              {name: "DeleteBucketCors", action: "s3:PutBucketCORS", serve: (*call).deleteCORS},
		{"GET", bucketLevel, "tagging"}:              {name: "GetBucketTagging", action: "s3:GetBucketTagging", serve: (*call).getBucketTags},
		{"PUT", bucketLevel, "tagging"}:              {name: "PutBucketTagging", action: "s3:PutBucketTagging", serve: (*call).putBucketTags},
		{"DELETE", bucketLevel, "tagging"}:           {name: "DeleteBucketTagging", action: "s3:PutBucketTagging", serve: (*call).deleteBucketTags},
		{"GET", bucketLevel, "publicAccessBlock"}:    {name: "GetPublicAccessBlock", action: "s3:GetBucketPublicAccessBlock", serve: (*call).getPublicAccess},
		{"PUT", bucketLevel, "publicAccessBlock"}:    {name: "PutPublicAccessBlock", action: "s3:PutBucketPublicAccessBlock", serve: (*call).putPublicAccess},
		{"DELETE", bucketLevel, "publicAccessBlock"}: {name: "DeletePublicAccessBlock", action: "s3:PutBucketPublicAccessBlock", serve: (*call).deletePublicAccess},
		{"GET", bucketLevel, "ownershipControls"}:    {name: "GetBucketOwnershipControls", action: "s3:GetBucketOwnershipControls", serve: (*call).getOwnership},
		{"GET", bucketLevel, "encryption"}:           {name: "GetBucketEncryption", action: "s3:GetEncryptionConfiguration", serve: (*call).getEncryption},
		{"GET", bucketLevel, "lifecycle"}:            {name: "GetBucketLifecycleConfiguration", action: "s3:GetLifecycleConfiguration", serve: (*call).getLifecycle},
		{"GET", bucketLevel, "notification"}:         {name: "GetBucketNotificationConfiguration", action: "s3:GetBucketNotification", serve: (*call).getNotifications},
	}
}

// refusedOperations are decided and then refused: the local cloud takes these settings from templates, or
// has nothing that they would change.
func refusedOperations() map[route]*operation {
	refused := map[route]*operation{}
	for subresource, names := range map[string][3]string{
		"ownershipControls":   {"BucketOwnershipControls", "", "s3:PutBucketOwnershipControls"},
		"encryption":          {"BucketEncryption", "", "s3:PutEncryptionConfiguration"},
		"lifecycle":           {"BucketLifecycleConfiguration", "", "s3:PutLifecycleConfiguration"},
		"notification":        {"BucketNotificationConfiguration", "", "s3:PutBucketNotification"},
		"logging":             {"BucketLogging", "s3:GetBucketLogging", "s3:PutBucketLogging"},
		"website":             {"BucketWebsite", "s3:GetBucketWebsite", "s3:PutBucketWebsite"},
		"replication":         {"BucketReplication", "s3:GetReplicationConfiguration", "s3:PutReplicationConfiguration"},
		"accelerate":          {"BucketAccelerateConfiguration", "s3:GetAccelerateConfiguration", "s3:PutAccelerateConfiguration"},
		"requestPayment":      {"BucketRequestPayment", "s3:GetBucketRequestPayment", "s3:PutBucketRequestPayment"},
		"analytics":           {"BucketAnalyticsConfiguration", "s3:GetAnalyticsConfiguration", "s3:PutAnalyticsConfiguration"},
		"inventory":           {"BucketInventoryConfiguration", "s3:GetInventoryConfiguration", "s3:PutInventoryConfiguration"},
		"metrics":             {"BucketMetricsConfiguration", "s3:GetMetricsConfiguration", "s3:PutMetricsConfiguration"},
		"intelligent-tiering": {"BucketIntelligentTieringConfiguration", "s3:GetIntelligentTieringConfiguration", "s3:PutIntelligentTieringConfiguration"},
	} {
		if names[1] != "" {
			refused[route{"GET", bucketLevel, subresource}] = &operation{name: "Get" + names[0], action: names[1], params: []string{"id", "continuation-token"}}
		}
		refused[route{"PUT", bucketLevel, subresource}] = &operation{name: "Put" + names[0], action: names[2], params: []string{"id"}}
		refused[route{"DELETE", bucketLevel, subresource}] = &operation{name: "Delete" + names[0], action: names[2], params: []string{"id"}}
	}
	refused[route{"DELETE", bucketLevel, "website"}].action = "s3:DeleteBucketWebsite"
	refused[route{"GET", bucketLevel, "session"}] = &operation{name: "CreateSession", action: "s3:ListBucket"}
	return refused
}

func objectOperations() map[route]*operation {
	get := append([]string{"versionId", "partNumber"}, responseParams...)
	version := []string{"versionId"}
	return map[route]*operation{
		{"GET", objectLevel, ""}:           {name: "GetObject", action: "s3:GetObject", versionAction: "s3:GetObjectVersion", params: get, access: accessObject, serve: (*call).getObject},
		{"HEAD", objectLevel, ""}:          {name: "HeadObject", action: "s3:GetObject", versionAction: "s3:GetObjectVersion", params: get, access: accessObject, serve: (*call).getObject},
		{"PUT", objectLevel, ""}:           {name: "PutObject", action: "s3:PutObject", access: accessPut, serve: (*call).putObject},
		{"DELETE", objectLevel, ""}:        {name: "DeleteObject", action: "s3:DeleteObject", versionAction: "s3:DeleteObjectVersion", params: version, access: accessDelete, serve: (*call).deleteObject},
		{"GET", objectLevel, "tagging"}:    {name: "GetObjectTagging", action: "s3:GetObjectTagging", versionAction: "s3:GetObjectVersionTagging", params: version, access: accessObject, serve: (*call).forwardObject},
		{"PUT", objectLevel, "tagging"}:    {name: "PutObjectTagging", action: "s3:PutObjectTagging", versionAction: "s3:PutObjectVersionTagging", params: version, access: accessTagging, serve: (*call).forwardObject},
		{"DELETE", objectLevel, "tagging"}: {name: "DeleteObjectTagging", action: "s3:DeleteObjectTagging", versionAction: "s3:DeleteObjectVersionTagging", params: version, access: accessObject, serve: (*call).forwardObject},
		{"GET", objectLevel, "acl"}:        {name: "GetObjectAcl", action: "s3:GetObjectAcl", versionAction: "s3:GetObjectVersionAcl", params: version, access: accessObject, serve: (*call).getACL},
		{"PUT", objectLevel, "acl"}:        {name: "PutObjectAcl", action: "s3:PutObjectAcl", versionAction: "s3:PutObjectVersionAcl", params: version, access: accessObject, serve: (*call).putACL},
		{"GET", objectLevel, "attributes"}: {name: "GetObjectAttributes", action: "s3:GetObjectAttributes", versionAction: "s3:GetObjectVersionAttributes", params: version, access: accessAttributes, serve: (*call).forwardObject},
		{"GET", objectLevel, "retention"}:  {name: "GetObjectRetention", action: "s3:GetObjectRetention", params: version, access: accessObject, serve: (*call).forwardObject},
		{"PUT", objectLevel, "retention"}:  {name: "PutObjectRetention", action: "s3:PutObjectRetention", params: version, access: accessRetention, serve: (*call).forwardObject},
		{"GET", objectLevel, "legal-hold"}: {name: "GetObjectLegalHold", action: "s3:GetObjectLegalHold", params: version, access: accessObject, serve: (*call).forwardObject},
		{"PUT", objectLevel, "legal-hold"}: {name: "PutObjectLegalHold", action: "s3:PutObjectLegalHold", params: version, access: accessObject, serve: (*call).forwardObject},
	}
}

// refusedObjectOperations are decided and then refused.
func refusedObjectOperations() map[route]*operation {
	version := []string{"versionId"}
	return map[route]*operation{
		{"POST", objectLevel, "restore"}:     {name: "RestoreObject", action: "s3:RestoreObject", params: version, access: accessObject},
		{"POST", objectLevel, "select"}:      {name: "SelectObjectContent", action: "s3:GetObject", params: []string{"select-type"}, access: accessObject},
		{"GET", objectLevel, "torrent"}:      {name: "GetObjectTorrent", action: "s3:GetObjectTorrent", versionAction: "s3:GetObjectVersionTorrent", params: version, access: accessObject},
		{"PUT", objectLevel, "renameObject"}: {name: "RenameObject", action: "s3:PutObject", access: accessObject},
		{"PUT", objectLevel, "append"}:       {name: "PutObject", action: "s3:PutObject", params: []string{"position"}, access: accessObject},
	}
}

func uploadOperations() map[route]*operation {
	return map[route]*operation{
		{"POST", objectLevel, "uploads"}:    {name: "CreateMultipartUpload", action: "s3:PutObject", access: accessPut, serve: (*call).createUpload},
		{"PUT", objectLevel, "uploadId"}:    {name: "UploadPart", action: "s3:PutObject", params: []string{"partNumber"}, access: accessPart, serve: (*call).uploadPart},
		{"GET", objectLevel, "uploadId"}:    {name: "ListParts", action: "s3:ListMultipartUploadParts", params: []string{"max-parts", "part-number-marker", "encoding-type"}, access: accessObject, serve: (*call).listParts},
		{"POST", objectLevel, "uploadId"}:   {name: "CompleteMultipartUpload", action: "s3:PutObject", access: accessPut, serve: (*call).completeUpload},
		{"DELETE", objectLevel, "uploadId"}: {name: "AbortMultipartUpload", action: "s3:AbortMultipartUpload", access: accessObject, serve: (*call).abortUpload},
	}
}

// operation finds what the request asks for.
func (c *call) operation() (*operation, *gate.Error) {
	r := route{c.http.Method, c.level(), ""}
	for name := range c.query {
		if !subresources[name] {
			continue
		}
		if r.subresource != "" {
			return nil, errInvalidArgument("Conflicting query parameters: " + min(name, r.subresource) + ", " + max(name, r.subresource))
		}
		r.subresource = name
	}
	if op, ok := operations[r]; ok {
		return op, nil
	}
	// The nearest operation is decided, and then refused.
	if op, ok := operations[route{r.method, r.level, ""}]; ok && r.subresource != "" {
		return &operation{name: op.name + " with " + r.subresource, action: op.action, access: op.access}, nil
	}
	return nil, errMethodNotAllowed
}

func (c *call) level() level {
	switch {
	case c.target.bucket == "":
		return serviceLevel
	case c.target.key == "":
		return bucketLevel
	}
	return objectLevel
}

// checkParameters refuses what the operation does not know. S3 ignores parameters that begin with x-
// (S3 User Guide, "Amazon S3 server access log format": custom information).
func (c *call) checkParameters() *gate.Error {
	for name := range c.query {
		if !subresources[name] && !strings.HasPrefix(name, "x-") && !slices.Contains(c.op.params, name) {
			return errNotImplemented("The query parameter " + name)
		}
	}
	// Keys that the caller holds, and ACLs, are nothing that the local cloud has.
	for name := range c.header {
		// Conditions of directory buckets, and of other operations, are not passed over: the object would be gone.
		if strings.HasPrefix(name, "X-Amz-If-Match-") || c.op.name == "DeleteObject" && conditionHeaders[name] && name != "If-Match" {
			return errHeader(name)
		}
		if strings.HasPrefix(name, "X-Amz-Server-Side-Encryption-Customer-") || strings.HasPrefix(name, "X-Amz-Copy-Source-Server-Side-Encryption-Customer-") || strings.HasPrefix(name, "X-Amz-Write-Offset-") || name == "X-Amz-Mfa" {
			return errNotImplemented("The header " + name)
		}
	}
	if c.http.Method == http.MethodPut || c.http.Method == http.MethodPost {
		return c.checkACL()
	}
	return nil
}

// checkACL refuses ACLs other than those that mean nothing where the bucket owner owns all objects
// (S3 User Guide, "Controlling ownership of objects and disabling ACLs for your bucket").
func (c *call) checkACL() *gate.Error {
	if acl := c.header.Get("X-Amz-Acl"); acl != "" && acl != "bucket-owner-full-control" && acl != "private" {
		return errACLs
	}
	for name := range c.header {
		if strings.HasPrefix(name, "X-Amz-Grant-") {
			return errACLs
		}
	}
	return nil
}
