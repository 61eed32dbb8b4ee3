package s3

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tenantstack/tenantstack/iam"
)

// TestPresignedPut tries every deviation from what was signed.
func TestPresignedPut(t *testing.T) {
	c := newCloud(t)
	c.bucket("uploads", nil)
	const body = "0123456789"
	sum := sha256.Sum256([]byte(body))
	signer := awss3.NewPresignClient(c.client(c.role(account, "signer", allow([]string{"s3:PutObject"}, "arn:aws:s3:::uploads/12345/*"))))
	sign := func(key string) *v4.PresignedHTTPRequest {
		signed, err := signer.PresignPutObject(context.Background(), &awss3.PutObjectInput{
			Bucket: aws.String("uploads"), Key: &key, ContentLength: aws.Int64(int64(len(body))), ContentType: aws.String("image/png"),
			IfNoneMatch: aws.String("*"), ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(sum[:])),
		}, awss3.WithPresignExpires(5*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	replace := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			u, err := url.Parse(strings.Replace(r.URL.String(), old, new, 1))
			if err != nil {
				t.Fatal(err)
			}
			if u.String() == r.URL.String() {
				t.Fatalf("%s has no %q", u, old)
			}
			r.URL = u
		}
	}
	for _, test := range []struct {
		name   string
		body   string
		change func(*http.Request)
		move   time.Duration
		want   int
	}{
		{"as signed", body, nil, 0, 200},
		{"longer", body + "0", nil, 0, 403},
		{"shorter", body[1:], nil, 0, 403},
		{"other content", "9876543210", nil, 0, 400},
		{"other type", body, func(r *http.Request) { r.Header.Set("Content-Type", "text/html") }, 0, 403},
		{"without type", body, func(r *http.Request) { r.Header.Del("Content-Type") }, 0, 403},
		{"without if-none-match", body, func(r *http.Request) { r.Header.Del("If-None-Match") }, 0, 403},
		{"other key", body, replace("/12345/", "/67890/"), 0, 403},
		{"key below", body, replace("/12345/", "/12345/x/"), 0, 403},
		{"key above", body, replace("/12345/", "/12345/../67890/"), 0, 403},
		{"other bucket", body, replace("/uploads/", "/uploads2/"), 0, 403},
		{"bucket only", body, replace("/uploads/12345/bucket-only", "/uploads"), 0, 403},
		{"other method", body, func(r *http.Request) { r.Method = "DELETE" }, 0, 403},
		{"other query", body, replace("X-Amz-Expires=300", "X-Amz-Expires=301"), 0, 403},
		{"further query", body, func(r *http.Request) { r.URL.RawQuery += "&acl" }, 0, 403},
		{"other operation", body, func(r *http.Request) { r.URL.RawQuery += "&tagging" }, 0, 403},
		{"further header of AWS", body, func(r *http.Request) { r.Header.Set("X-Amz-Acl", "public-read") }, 0, 403},
		{"metadata", body, func(r *http.Request) { r.Header.Set("X-Amz-Meta-A", "b") }, 0, 403},
		{"copy", body, func(r *http.Request) { r.Header.Set("X-Amz-Copy-Source", "uploads/67890/x") }, 0, 403},
		{"chunks", body, func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", streamingUnsigned) }, 0, 400},
		{"wrong hash", body, func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", strings.Repeat("0", 64)) }, 0, 400},
		{"two signatures", body, func(r *http.Request) {
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAX/20260101/eu-central-1/s3/aws4_request, SignedHeaders=host, Signature=0")
		}, 0, 400},
		{"signature of version 2", body, func(r *http.Request) { r.URL.RawQuery = "AWSAccessKeyId=x&Signature=y&Expires=1" }, 0, 400},
		{"no signature", body, func(r *http.Request) { r.URL.RawQuery = "" }, 0, 403},
		{"other host", body, func(r *http.Request) { r.Host = "other.localhost" }, 0, 403},
		{"expired", body, nil, 6 * time.Minute, 403},
	} {
		t.Run(test.name, func(t *testing.T) {
			key := "12345/" + strings.ReplaceAll(test.name, " ", "-")
			signed := sign(key)
			r := request(t, signed.Method, signed.URL, test.body)
			for name, values := range signed.SignedHeader {
				if name != "Host" && name != "Content-Length" {
					r.Header[name] = values
				}
			}
			if test.change != nil {
				test.change(r)
			}
			c.clock.move(test.move)
			response, answer := do(t, r)
			c.clock.move(-test.move)
			if response.StatusCode != test.want {
				t.Errorf("status %d %s, want %d", response.StatusCode, answer, test.want)
			}
			_, err := get(c.operator(), "uploads", key)
			if stored := err == nil; stored != (test.want == 200) {
				t.Errorf("stored: %v, %v", stored, err)
			}
		})
	}
	signed := sign("12345/as-signed")
	r := request(t, signed.Method, signed.URL, body)
	r.Header = signed.SignedHeader.Clone()
	if response, answer := do(t, r); response.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("the second use is %d %s", response.StatusCode, answer)
	}
	// The signature is right, and the role may not.
	signed = sign("67890/x")
	r = request(t, signed.Method, signed.URL, body)
	r.Header = signed.SignedHeader.Clone()
	if response, answer := do(t, r); response.StatusCode != http.StatusForbidden || !strings.Contains(answer, "AccessDenied") {
		t.Errorf("another account's key is %d %s", response.StatusCode, answer)
	}
}

// A role that may store only what is not there needs the header in every write, signed or not; no other
// value of it, no copy and no upload in parts gets around.
func TestStoredOnce(t *testing.T) {
	c := newCloud(t)
	c.bucket("once", nil)
	statement := allow([]string{"s3:PutObject", "s3:GetObject"}, "arn:aws:s3:::once/*")
	statement.Condition = iam.Condition{"Null": {"s3:if-none-match": {"false"}}}
	read := allow([]string{"s3:GetObject"}, "arn:aws:s3:::once/*")
	client := c.client(c.role(account, "once", statement, read))
	in := func(key string, header *string) *awss3.PutObjectInput {
		return &awss3.PutObjectInput{Bucket: aws.String("once"), Key: &key, Body: strings.NewReader("second"), IfNoneMatch: header}
	}
	put(t, c.operator(), "once", "k", "first")
	for value, want := range map[string]string{
		"": "AccessDenied", "*": "PreconditionFailed", `"0123"`: "NotImplemented", "0123": "NotImplemented", "**": "NotImplemented", "*, *": "NotImplemented",
	} {
		header := &value
		if value == "" {
			header = nil
		}
		if _, err := client.PutObject(t.Context(), in("k", header)); code(err) != want {
			t.Errorf("If-None-Match %q: %v, want %s", value, err, want)
		}
	}
	if _, err := client.PutObject(t.Context(), in("new", aws.String("*"))); err != nil {
		t.Errorf("a new object: %v", err)
	}
	presigner := awss3.NewPresignClient(client)
	for name, change := range map[string]func(*http.Request){
		"without the header": func(*http.Request) {},
		"an empty header":    func(r *http.Request) { r.Header.Set("If-None-Match", "") },
		"a blank header":     func(r *http.Request) { r.Header.Set("If-None-Match", "  ") },
	} {
		signed, err := presigner.PresignPutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("once"), Key: aws.String("k")})
		if err != nil {
			t.Fatal(err)
		}
		r := request(t, signed.Method, signed.URL, "second")
		change(r)
		if response, answer := do(t, r); response.StatusCode != http.StatusForbidden || !strings.Contains(answer, "AccessDenied") {
			t.Errorf("%s: %d %s", name, response.StatusCode, answer)
		}
	}
	if _, err := client.CopyObject(t.Context(), &awss3.CopyObjectInput{Bucket: aws.String("once"), Key: aws.String("k"), CopySource: aws.String("once/new")}); code(err) != "AccessDenied" {
		t.Errorf("a copy: %v", err)
	}
	if _, err := client.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: aws.String("once"), Key: aws.String("k")}); code(err) != "AccessDenied" {
		t.Errorf("an upload in parts: %v", err)
	}
	if got, err := get(c.operator(), "once", "k"); err != nil || got != "first" {
		t.Errorf("the object is %q, %v", got, err)
	}
}

func TestPresignedGet(t *testing.T) {
	c := newCloud(t)
	c.bucket("files", nil)
	put(t, c.operator(), "files", "a b/ü.txt", "content")
	signed, err := awss3.NewPresignClient(c.operator()).PresignGetObject(context.Background(), &awss3.GetObjectInput{
		Bucket: aws.String("files"), Key: aws.String("a b/ü.txt"), ResponseContentDisposition: aws.String(`attachment; filename="x.txt"`),
	})
	if err != nil {
		t.Fatal(err)
	}
	response, body := do(t, request(t, "GET", signed.URL, ""))
	if response.StatusCode != 200 || body != "content" || response.Header.Get("Content-Disposition") != `attachment; filename="x.txt"` {
		t.Errorf("%d %q %v", response.StatusCode, body, response.Header)
	}
	if response, _ := do(t, request(t, "HEAD", signed.URL, "")); response.StatusCode != 403 {
		t.Errorf("HEAD with a signature of GET is %d", response.StatusCode)
	}
	if response, _ := do(t, request(t, "GET", strings.Replace(signed.URL, "attachment", "inline", 1), "")); response.StatusCode != 403 {
		t.Errorf("another disposition is %d", response.StatusCode)
	}
}

// TestPresignedThroughDistribution has a request that was signed for the endpoint come through a distribution
// whose origin is the bucket without an access identity.
func TestPresignedThroughDistribution(t *testing.T) {
	c := newCloud(t)
	c.bucket("files", nil)
	c.bucket("others", nil)
	for _, bucket := range []string{"files", "others"} {
		put(t, c.operator(), bucket, "a b/ü", "content of "+bucket)
	}
	sign := func(bucket string, client *awss3.Client) *url.URL {
		signed, err := awss3.NewPresignClient(client).PresignGetObject(context.Background(), &awss3.GetObjectInput{Bucket: &bucket, Key: aws.String("a b/ü")})
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(signed.URL)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	reader := c.client(c.role(account, "reader", allow([]string{"s3:GetObject"}, "arn:aws:s3:::others/*")))
	path := strings.TrimPrefix(sign("files", c.operator()).EscapedPath(), "/files")
	good := sign("files", c.operator()).RawQuery
	for _, test := range []struct {
		name, method, target, bucket, user string
		want                               int
	}{
		{"as signed", "GET", path + "?" + good, "files", "", 200},
		{"another method", "HEAD", path + "?" + good, "files", "", 403},
		{"another bucket", "GET", path + "?" + good, "others", "", 403},
		{"another key", "GET", "/a?" + good, "files", "", 403},
		{"another spelling of the key", "GET", "/a%20b%2F%C3%BC?" + good, "files", "", 200},
		{"the bucket twice", "GET", "/files" + path + "?" + good, "files", "", 403},
		{"a further parameter", "GET", path + "?" + good + "&acl", "files", "", 403},
		{"without a signature", "GET", path, "files", "", 403},
		{"with half a signature", "GET", path + "?X-Amz-Signature=0", "files", "", 403},
		{"of a role that may not", "GET", path + "?" + sign("files", reader).RawQuery, "files", "", 403},
		{"of a role that may", "GET", path + "?" + sign("others", reader).RawQuery, "others", "", 200},
		{"as an access identity, which counts instead", "GET", path + "?" + good, "files", strings.Repeat("a", 64), 403},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(test.method, test.target, nil)
		r.Host = "files.s3.eu-central-1.amazonaws.com"
		r.Header.Set("X-Amz-Cf-Id", "x")
		c.service.ServeOrigin(w, r, test.bucket, test.user)
		if w.Code != test.want {
			t.Errorf("%s: %d %s, want %d", test.name, w.Code, w.Body, test.want)
		}
		if test.want == 200 && w.Body.String() != "content of "+test.bucket {
			t.Errorf("%s: got %q", test.name, w.Body)
		}
	}
}

// TestHoisted has headers in the query, where some presigners put them: they count as headers.
func TestHoisted(t *testing.T) {
	c := newCloud(t)
	c.bucket("hoisted", nil)
	k := c.role(account, "tagger", allow([]string{"s3:PutObject"}, "arn:aws:s3:::hoisted/*"))
	for _, test := range []struct {
		query string
		want  int
	}{
		{"x-amz-meta-a=b", 200},
		{"X-Amz-Tagging=a%3Db", 403},         // needs s3:PutObjectTagging
		{"x-amz-copy-source=other%2Fx", 404}, // is a copy
		{"x-amz-acl=public-read", 403},
		{"x-amz-checksum-sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D", 400},
	} {
		r := request(t, "PUT", c.server.URL+"/hoisted/k?X-Amz-Expires=60&"+test.query, "")
		signed, _, err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true; o.DisableHeaderHoisting = true }).PresignHTTP(context.Background(),
			aws.Credentials{AccessKeyID: k.AccessKeyID, SecretAccessKey: k.SecretAccessKey, SessionToken: k.SessionToken}, r, "UNSIGNED-PAYLOAD", "s3", region, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if response, answer := do(t, request(t, "PUT", signed, "")); response.StatusCode != test.want {
			t.Errorf("%s: %d %s, want %d", test.query, response.StatusCode, answer, test.want)
		}
	}
}
