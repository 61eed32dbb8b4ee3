package s3

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/cloudfront"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// TestOperationsAreKnown holds the table against the Service Authorization Reference.
func TestOperationsAreKnown(t *testing.T) {
	for r, op := range operations {
		for _, action := range []string{op.action, op.versionAction} {
			if action == "" {
				continue
			}
			if _, ok := iam.LookupAction(action); !ok {
				t.Errorf("%s %s (%v) needs %s, which is no action", r.method, r.subresource, op.name, action)
			}
		}
	}
	for key := range putKeys {
		if _, ok := iam.LookupKey(key); !ok {
			t.Errorf("%s is no condition key", key)
		}
	}
}

// raw sends a signed request that the SDK would not make.
func (c *cloud) raw(k gate.Credentials, method, target, body string, header ...string) (int, string) {
	c.t.Helper()
	r := request(c.t, method, c.server.URL+target, body, append([]string{"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"}, header...)...)
	if body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).SignHTTP(context.Background(),
		aws.Credentials{AccessKeyID: k.AccessKeyID, SecretAccessKey: k.SecretAccessKey, SessionToken: k.SessionToken}, r, "UNSIGNED-PAYLOAD", "s3", region, time.Now())
	if err != nil {
		c.t.Fatal(err)
	}
	response, answer := do(c.t, r)
	return response.StatusCode, answer
}

func TestUnknownRequests(t *testing.T) {
	c := newCloud(t)
	c.bucket("odd", nil)
	put(t, c.operator(), "odd", "k", "content")
	nobody := c.role(account, "nobody")
	for _, test := range []struct {
		method, target string
		want           int
		code           string
	}{
		{"GET", "/odd/k?future", 501, "NotImplemented"},
		{"GET", "/odd/k?x-custom=1", 200, ""},
		{"PUT", "/odd/k?future", 501, "NotImplemented"},
		{"GET", "/odd/k?torrent", 501, "NotImplemented"},
		{"POST", "/odd/k?restore", 501, "NotImplemented"},
		{"POST", "/odd/k?select&select-type=2", 501, "NotImplemented"},
		{"PUT", "/odd/k?renameObject", 501, "NotImplemented"},
		{"DELETE", "/odd/k?acl", 501, "NotImplemented"},
		{"PUT", "/odd?website", 501, "NotImplemented"},
		{"PUT", "/odd?notification", 501, "NotImplemented"},
		{"GET", "/odd?acl&policy", 400, "InvalidArgument"},
		{"GET", "/odd/k?acl&tagging", 400, "InvalidArgument"},
		{"GET", "/odd/k?versionId=null&versionId=x", 400, "InvalidArgument"},
		{"GET", "/odd/k?versionId=..%2Fx", 400, "InvalidArgument"},
		{"GET", "/odd?list-type=3", 400, "InvalidArgument"},
		{"GET", "/odd?max-keys=-1", 400, "InvalidArgument"},
		{"GET", "/odd?max-keys=x", 400, "InvalidArgument"},
		{"GET", "/odd?list-type=2&continuation-token=%21", 400, "InvalidArgument"},
		{"GET", "/odd?versions&version-id-marker=x", 400, "InvalidArgument"},
		{"PATCH", "/odd/k", 405, "MethodNotAllowed"},
		{"POST", "/odd/k", 405, "MethodNotAllowed"},
		{"PUT", "/", 405, "MethodNotAllowed"},
		{"PUT", "/Odd_Bucket/k", 400, "InvalidBucketName"},
		{"GET", "/.sgwtmp/k", 400, "InvalidBucketName"},
		{"GET", "/../k", 400, "InvalidBucketName"},
		{"GET", "//odd/k", 400, "InvalidBucketName"},
		{"GET", "/none/k", 404, "NoSuchBucket"},
		{"GET", "/odd/" + strings.Repeat("a", 1100), 400, "KeyTooLongError"},
		{"GET", "/odd/%ff", 400, "InvalidURI"},
		{"PATCH", "/create-user?access=x", 405, "MethodNotAllowed"},
	} {
		status, answer := c.raw(c.gate.Operator(account), test.method, test.target, "")
		if status != test.want || !strings.Contains(answer, test.code) {
			t.Errorf("%s %s: %d %s, want %d %s", test.method, test.target, status, answer, test.want, test.code)
		}
		if strings.HasPrefix(test.target, "/odd") && test.want != 405 && test.code != "InvalidArgument" {
			if status, answer := c.raw(nobody, test.method, test.target, ""); status != 403 && status != 400 {
				t.Errorf("as nobody %s %s: %d %s", test.method, test.target, status, answer)
			}
		}
	}
	if body, err := get(c.operator(), "odd", "k"); err != nil || body != "content" {
		t.Errorf("afterwards the object is %q, %v", body, err)
	}
}

func TestQueries(t *testing.T) {
	for query, want := range map[string]string{
		"": "", "prefix=a%2Bb+c": "", "&&acl&": "", "prefix=%zz": "InvalidArgument", "%zz=1": "InvalidArgument", "acl&acl": "InvalidArgument", "a=1&%61=2": "InvalidArgument",
		"AWSAccessKeyId=x": "InvalidRequest", "X-Amz-Signature=x&x-amz-meta-a=b%0d%0ac": "InvalidArgument", "X-Amz-Signature=x&x-amz-meta-a=b&X-Amz-Meta-A=c": "InvalidArgument",
	} {
		r := httptest.NewRequest("GET", "/bucket/key", nil)
		r.URL.RawQuery = query
		c := &call{http: r}
		got := ""
		if problem := c.parseQuery(); problem != nil {
			got = problem.Code
		}
		if got != want {
			t.Errorf("the query %s: %q, want %q", query, got, want)
		}
		if query == "prefix=a%2Bb+c" && c.query["prefix"] != "a+b c" {
			t.Errorf("the prefix is %q", c.query["prefix"])
		}
	}
}

func TestListConditions(t *testing.T) {
	c := newCloud(t)
	c.bucket("tenants", nil)
	for _, key := range []string{"12345/a", "12345/b/c", "12345/b/d", "67890/x", "12345x/y"} {
		put(t, c.operator(), "tenants", key, "x")
	}
	k := c.role(account, "lister", iam.Statement{Effect: iam.Allow, Action: []string{"s3:ListBucket"}, Resource: []string{"arn:aws:s3:::tenants"},
		Condition: iam.Condition{"StringLike": {"s3:prefix": {"12345/*"}}, "NumericLessThanEquals": {"s3:max-keys": {"100"}}, "StringEqualsIfExists": {"s3:delimiter": {"/"}}}})
	client, ctx := c.client(k), context.Background()
	for _, test := range []struct {
		name              string
		prefix, delimiter *string
		max               *int32
		want              string
		keys, prefixes    int
	}{
		{"own", aws.String("12345/"), nil, aws.Int32(100), "", 3, 0},
		{"own by folder", aws.String("12345/"), aws.String("/"), aws.Int32(100), "", 1, 1},
		{"too many", aws.String("12345/"), nil, aws.Int32(101), "AccessDenied", 0, 0},
		{"no maximum", aws.String("12345/"), nil, nil, "AccessDenied", 0, 0},
		{"other delimiter", aws.String("12345/"), aws.String("b"), aws.Int32(100), "AccessDenied", 0, 0},
		{"all", nil, nil, aws.Int32(100), "AccessDenied", 0, 0},
		{"empty prefix", aws.String(""), nil, aws.Int32(100), "AccessDenied", 0, 0},
		{"another's", aws.String("67890/"), nil, aws.Int32(100), "AccessDenied", 0, 0},
		{"part of it", aws.String("1234"), nil, aws.Int32(100), "AccessDenied", 0, 0},
		{"dots", aws.String("12345/../67890/"), nil, aws.Int32(100), "", 0, 0},
	} {
		out, err := client.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: aws.String("tenants"), Prefix: test.prefix, Delimiter: test.delimiter, MaxKeys: test.max})
		if code(err) != test.want || err == nil && (len(out.Contents) != test.keys || len(out.CommonPrefixes) != test.prefixes) {
			t.Errorf("%s: %+v, %v", test.name, out, err)
		}
	}
	all := c.operator()
	out, err := all.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: aws.String("tenants"), Delimiter: aws.String("5")})
	if err != nil || len(out.Contents) != 1 || len(out.CommonPrefixes) != 1 || *out.CommonPrefixes[0].Prefix != "12345" {
		t.Errorf("by another delimiter: %+v, %v", out, err)
	}
	var pages int
	v1 := &awss3.ListObjectsInput{Bucket: aws.String("tenants"), Delimiter: aws.String("/"), MaxKeys: aws.Int32(1)}
	for {
		out, err := all.ListObjects(ctx, v1)
		if err != nil {
			t.Fatal(err)
		}
		pages++
		if !aws.ToBool(out.IsTruncated) {
			break
		}
		v1.Marker = out.NextMarker
	}
	if pages != 3 {
		t.Errorf("three folders came in %d pages", pages)
	}
}

func TestMissingObjects(t *testing.T) {
	c := newCloud(t)
	c.bucket("quiet", nil)
	ctx := context.Background()
	reader := c.client(c.role(account, "reader", allow([]string{"s3:GetObject"}, "*")))
	lister := c.client(c.role(account, "lister", allow([]string{"s3:GetObject", "s3:ListBucket"}, "*")))
	_, err := get(reader, "quiet", "x")
	wantCode(t, err, "AccessDenied")
	_, err = get(lister, "quiet", "x")
	wantCode(t, err, "NoSuchKey")
	_, err = reader.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: aws.String("quiet"), Key: aws.String("x")})
	wantCode(t, err, "Forbidden")
	_, err = lister.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: aws.String("quiet"), Key: aws.String("x")})
	wantCode(t, err, "NotFound")
	_, err = reader.GetObjectTagging(ctx, &awss3.GetObjectTaggingInput{Bucket: aws.String("quiet"), Key: aws.String("x")})
	wantCode(t, err, "AccessDenied")
}

func TestAccounts(t *testing.T) {
	c := newCloud(t)
	c.bucket("ours", nil)
	c.bucketOf(other, "theirs", nil)
	put(t, c.operator(), "ours", "k", "ours")
	foreign := c.role(other, "foreign", allow([]string{"s3:*"}, "*"))
	client, ctx := c.client(foreign), context.Background()
	_, err := get(client, "ours", "k")
	wantCode(t, err, "AccessDenied")
	_, err = get(c.client(c.gate.Operator(other)), "ours", "k")
	wantCode(t, err, "AccessDenied")
	c.policy("ours", map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": "arn:aws:iam::" + other + ":role/foreign"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::ours/*"})
	if body, err := get(client, "ours", "k"); err != nil || body != "ours" {
		t.Errorf("with a bucket policy: %q, %v", body, err)
	}
	// The caller's own policies have to allow it, too.
	_, err = get(c.client(c.role(other, "foreign")), "ours", "k")
	wantCode(t, err, "AccessDenied")
	c.role(other, "foreign", allow([]string{"s3:*"}, "*"))
	owned, err := client.ListBuckets(ctx, &awss3.ListBucketsInput{})
	if err != nil || len(owned.Buckets) != 1 || *owned.Buckets[0].Name != "theirs" {
		t.Errorf("the other account has %+v, %v", owned, err)
	}
	_, err = c.operator().HeadBucket(ctx, &awss3.HeadBucketInput{Bucket: aws.String("theirs")})
	wantCode(t, err, "Forbidden")
	_, err = c.operator().GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("ours"), Key: aws.String("k"), ExpectedBucketOwner: aws.String(other)})
	wantCode(t, err, "AccessDenied")
	// Names of buckets are of all accounts, also of one whose data is kept.
	if err := c.service.Delete(ctx, resource.Resource{Type: bucketType, Account: account, Name: "ours"}); err != nil {
		t.Fatal(err)
	}
	_, err = get(c.operator(), "ours", "k")
	wantCode(t, err, "NoSuchBucket")
	_, err = c.client(c.gate.Operator(other)).CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String("ours")})
	wantCode(t, err, "BucketAlreadyExists")
	if err := c.service.Put(ctx, resource.Resource{Type: bucketType, Account: other, Name: "ours"}); err == nil {
		t.Error("another account's template took the bucket over")
	}
	c.bucket("ours", nil)
	if body, err := get(c.operator(), "ours", "k"); err != nil || body != "ours" {
		t.Errorf("a bucket that came back has %q, %v", body, err)
	}
}

func TestPublicAccess(t *testing.T) {
	c := newCloud(t)
	everyone := map[string]any{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*"}
	anonymous := func() int {
		response, _ := do(t, request(t, "GET", c.server.URL+"/site/k", ""))
		return response.StatusCode
	}
	c.bucket("site", nil)
	if err := c.tryPolicy("site", everyone); err == nil {
		t.Error("a public policy was taken in spite of BlockPublicPolicy")
	}
	c.bucket("site", openBucket)
	put(t, c.operator(), "site", "k", "content")
	if status := anonymous(); status != 403 {
		t.Errorf("without a policy: %d", status)
	}
	c.policy("site", everyone)
	if status := anonymous(); status != 200 {
		t.Errorf("with a public policy: %d", status)
	}
	for _, method := range []string{"PUT", "DELETE"} {
		if response, _ := do(t, request(t, method, c.server.URL+"/site/k", "x")); response.StatusCode != 403 {
			t.Errorf("anonymous %s: %d", method, response.StatusCode)
		}
	}
	if response, _ := do(t, request(t, "GET", c.server.URL+"/", "")); response.StatusCode != 403 {
		t.Errorf("anonymous listing of buckets: %d", response.StatusCode)
	}
	c.bucket("site", map[string]any{"PublicAccessBlockConfiguration": map[string]any{"RestrictPublicBuckets": true}})
	if status := anonymous(); status != 403 {
		t.Errorf("with RestrictPublicBuckets: %d", status)
	}
	if _, err := get(c.operator(), "site", "k"); err != nil {
		t.Error(err)
	}
	status, err := c.operator().GetBucketPolicyStatus(context.Background(), &awss3.GetBucketPolicyStatusInput{Bucket: aws.String("site")})
	if err != nil || !aws.ToBool(status.PolicyStatus.IsPublic) {
		t.Errorf("the policy's status is %+v, %v", status, err)
	}
}

func TestIsPublic(t *testing.T) {
	for _, test := range []struct {
		condition iam.Condition
		principal map[string][]string
		want      bool
	}{
		{nil, map[string][]string{"AWS": {"*"}}, true},
		{nil, map[string][]string{"AWS": {"arn:aws:iam::111111111111:root"}}, false},
		{iam.Condition{"StringEquals": {"aws:SourceVpce": {"vpce-1"}}}, map[string][]string{"AWS": {"*"}}, false},
		{iam.Condition{"StringLike": {"aws:SourceVpce": {"vpce-*"}}}, map[string][]string{"AWS": {"*"}}, true},
		{iam.Condition{"StringEqualsIfExists": {"aws:SourceVpce": {"vpce-1"}}}, map[string][]string{"AWS": {"*"}}, true},
		{iam.Condition{"StringNotEquals": {"aws:SourceVpce": {"vpce-1"}}}, map[string][]string{"AWS": {"*"}}, true},
		{iam.Condition{"IpAddress": {"aws:SourceIp": {"10.0.0.0/8"}}}, map[string][]string{"AWS": {"*"}}, false},
		{iam.Condition{"IpAddress": {"aws:SourceIp": {"0.0.0.0/1"}}}, map[string][]string{"AWS": {"*"}}, true},
		{iam.Condition{"StringLike": {"aws:userid": {"AROA1:*"}}}, map[string][]string{"AWS": {"*"}}, false},
		{iam.Condition{"StringEquals": {"s3:prefix": {"x"}}}, map[string][]string{"AWS": {"*"}}, true},
	} {
		d := iam.NewDocument(iam.Statement{Effect: iam.Allow, Principal: test.principal, Action: []string{"s3:GetObject"}, Resource: []string{"*"}, Condition: test.condition})
		if got := isPublic(d); got != test.want {
			t.Errorf("%v for %v: public %v, want %v", test.condition, test.principal, got, test.want)
		}
	}
}

func TestServeOrigin(t *testing.T) {
	c := newCloud(t)
	c.bucket("web", nil)
	put(t, c.operator(), "web", "index.html", "<html>")
	const arn = "arn:aws:cloudfront::111111111111:distribution/E1"
	c.policy("web", map[string]any{"Effect": "Allow", "Principal": map[string]any{"CanonicalUser": cloudfront.CanonicalUser("E1OAI")}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::web/*"},
		map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2OAI"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::web/*"},
		map[string]any{"Effect": "Allow", "Principal": map[string]any{"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::web/*", "Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceArn": arn}}})
	serve := func(method, path, bucket, user string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		c.service.ServeOrigin(w, httptest.NewRequest(method, path, nil), bucket, user)
		return w
	}
	for _, test := range []struct {
		method, path, bucket, user string
		want                       int
	}{
		{"GET", "/index.html", "web", cloudfront.CanonicalUser("E1OAI"), 200},
		{"HEAD", "/index.html", "web", cloudfront.CanonicalUser("E1OAI"), 200},
		{"GET", "/index.html", "web", cloudfront.CanonicalUser("E2OAI"), 200},
		{"GET", "/index.html?acl", "web", cloudfront.CanonicalUser("E1OAI"), 200},
		{"GET", "/index.html", "web", cloudfront.CanonicalUser("E3OAI"), 403},
		{"GET", "/index.html", "web", "", 403},
		{"GET", "/index.html", "web", "arn:aws:iam::111111111111:user/operator", 403},
		{"GET", "/missing", "web", cloudfront.CanonicalUser("E1OAI"), 403},
		{"GET", "/", "web", cloudfront.CanonicalUser("E1OAI"), 403},
		{"PUT", "/index.html", "web", cloudfront.CanonicalUser("E1OAI"), 405},
		{"GET", "/index.html", "none", cloudfront.CanonicalUser("E1OAI"), 404},
	} {
		if w := serve(test.method, test.path, test.bucket, test.user); w.Code != test.want {
			t.Errorf("%s %s as %.8s: %d %s, want %d", test.method, test.path, test.user, w.Code, w.Body, test.want)
		}
	}
	if w := serve("GET", "/index.html", "web", cloudfront.CanonicalUser("E1OAI")); w.Body.String() != "<html>" {
		t.Errorf("got %q", w.Body)
	}
	for source, want := range map[string]int{arn: 200, arn + "2": 403} {
		w := httptest.NewRecorder()
		c.service.ServeService(w, httptest.NewRequest("GET", "/index.html", nil), "web", "cloudfront.amazonaws.com", source, account)
		if w.Code != want {
			t.Errorf("for %s: %d, want %d", source, w.Code, want)
		}
	}
}

func TestTagConditions(t *testing.T) {
	c := newCloud(t)
	c.bucket("tagged", nil)
	ctx := context.Background()
	for key, tags := range map[string]string{"secret": "class=secret", "open": "class=open", "none": ""} {
		if _, err := c.operator().PutObject(ctx, &awss3.PutObjectInput{Bucket: aws.String("tagged"), Key: &key, Tagging: &tags}); err != nil {
			t.Fatal(err)
		}
	}
	open := iam.Condition{"StringEquals": {"s3:ExistingObjectTag/class": {"open"}}}
	reader := c.client(c.role(account, "reader", iam.Statement{Effect: iam.Allow, Action: []string{"s3:GetObject"}, Resource: []string{"*"}, Condition: open}))
	for key, want := range map[string]string{"secret": "AccessDenied", "open": "", "none": "AccessDenied", "missing": "AccessDenied"} {
		_, err := get(reader, "tagged", key)
		if code(err) != want {
			t.Errorf("reading %s: %v, want %q", key, err, want)
		}
	}
	writer := c.client(c.role(account, "writer", allow([]string{"s3:PutObject"}, "*"), iam.Statement{Effect: iam.Allow, Action: []string{"s3:PutObjectTagging"}, Resource: []string{"*"},
		Condition: iam.Condition{"StringEquals": {"s3:RequestObjectTag/class": {"open"}}, "ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": {"class"}}}}))
	for tags, want := range map[string]string{"class=open": "", "class=secret": "AccessDenied", "class=open&x=y": "AccessDenied", "class=open&class=secret": "InvalidArgument", "": ""} {
		_, err := writer.PutObject(ctx, &awss3.PutObjectInput{Bucket: aws.String("tagged"), Key: aws.String("w"), Tagging: &tags})
		if code(err) != want {
			t.Errorf("writing with tags %q: %v, want %q", tags, err, want)
		}
	}
	for value, want := range map[string]string{"open": "", "secret": "AccessDenied"} {
		_, err := writer.PutObjectTagging(ctx, &awss3.PutObjectTaggingInput{Bucket: aws.String("tagged"), Key: aws.String("w"), Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("class"), Value: &value}}}})
		if code(err) != want {
			t.Errorf("tagging as %s: %v, want %q", value, err, want)
		}
	}
}

// TestConditions decides by the headers of a write and by how it is signed.
func TestConditions(t *testing.T) {
	c := newCloud(t)
	c.bucket("strict", nil)
	deny := func(condition iam.Condition) []iam.Statement {
		return []iam.Statement{allow([]string{"s3:*"}, "*"), {Effect: iam.Deny, Action: []string{"s3:PutObject"}, Resource: []string{"*"}, Condition: condition}}
	}
	for i, test := range []struct {
		condition iam.Condition
		in        awss3.PutObjectInput
		want      string
	}{
		{iam.Condition{"Null": {"s3:if-none-match": {"true"}}}, awss3.PutObjectInput{}, "AccessDenied"},
		{iam.Condition{"Null": {"s3:if-none-match": {"true"}}}, awss3.PutObjectInput{IfNoneMatch: aws.String("*")}, ""},
		{iam.Condition{"StringNotEquals": {"s3:x-amz-server-side-encryption": {"aws:kms"}}}, awss3.PutObjectInput{}, "AccessDenied"},
		{iam.Condition{"StringNotEquals": {"s3:x-amz-server-side-encryption": {"aws:kms"}}}, awss3.PutObjectInput{ServerSideEncryption: "aws:kms"}, ""},
		{iam.Condition{"StringEquals": {"s3:x-amz-storage-class": {"GLACIER"}}}, awss3.PutObjectInput{StorageClass: "GLACIER"}, "AccessDenied"},
		{iam.Condition{"StringEquals": {"s3:authType": {"REST-HEADER"}}}, awss3.PutObjectInput{}, "AccessDenied"},
		{iam.Condition{"StringEquals": {"s3:signatureversion": {"AWS4-HMAC-SHA256"}}}, awss3.PutObjectInput{}, "AccessDenied"},
		{iam.Condition{"NumericLessThan": {"s3:TlsVersion": {"1.2"}}}, awss3.PutObjectInput{}, ""},
		{iam.Condition{"StringNotEquals": {"s3:ResourceAccount": {account}}}, awss3.PutObjectInput{}, ""},
		{iam.Condition{"StringEquals": {"s3:x-amz-acl": {"bucket-owner-full-control"}}}, awss3.PutObjectInput{ACL: "bucket-owner-full-control"}, "AccessDenied"},
	} {
		client := c.client(c.role(account, "strict", deny(test.condition)...))
		test.in.Bucket, test.in.Key = aws.String("strict"), aws.String(string(rune('a'+i)))
		_, err := client.PutObject(context.Background(), &test.in)
		if code(err) != test.want {
			t.Errorf("%v: %v, want %q", test.condition, err, test.want)
		}
	}
}

func TestVirtualHosts(t *testing.T) {
	for host, want := range map[string]string{
		"127.0.0.1:4566": "", "[::1]:4566": "", "localhost:4566": "", "aws.localhost:4566": "", "s3.aws.localhost": "", "s3.eu-central-1.localhost": "",
		"b.aws.localhost:4566": "b", "my.bucket.aws.localhost": "my.bucket", "b.s3.eu-central-1.localhost:1": "b", "B.S3.localhost.": "b",
		"s3.amazonaws.com": "", "s3.eu-central-1.amazonaws.com": "", "b.s3.amazonaws.com": "b", "b.s3.eu-central-1.amazonaws.com": "b", "x.y.s3-eu-west-1.amazonaws.com": "x.y",
		"b.s3.dualstack.eu-central-1.amazonaws.com": "b", "b.s3.cn-north-1.amazonaws.com.cn": "b", "example.com": "", "s3.amazonaws.com.example.com": "",
	} {
		if got := hostBucket(host); got != want {
			t.Errorf("host %s: bucket %q, want %q", host, got, want)
		}
	}
	c := newCloud(t)
	c.bucket("hosted", nil)
	put(t, c.operator(), "hosted", "a/b", "content")
	k := c.gate.Operator(account)
	r := request(t, "GET", c.server.URL+"/a/b", "", "X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	r.Host = "hosted.aws.localhost"
	if err := v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: k.AccessKeyID, SecretAccessKey: k.SecretAccessKey}, r, "UNSIGNED-PAYLOAD", "s3", region, time.Now()); err != nil {
		t.Fatal(err)
	}
	if response, body := do(t, r); response.StatusCode != 200 || body != "content" {
		t.Errorf("%d %s", response.StatusCode, body)
	}
}
