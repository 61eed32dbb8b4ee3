package operations

import (
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// object is a key below the first folder that a statement names.
func (x *try) object() (role, operator *s3.Client, bucket, key string) {
	x.Helper()
	arn, _, _, _ := x.resource()
	bucket, folder, ok := strings.Cut(strings.TrimPrefix(arn, "arn:aws:s3:::"), "/")
	if !ok || !strings.HasSuffix(folder, "/*") {
		x.Fatalf("the resource %s is no folder", arn)
	}
	style := func(o *s3.Options) { o.UsePathStyle = true }
	role, operator = s3.NewFromConfig(x.role(), style), s3.NewFromConfig(x.operator(), style)
	key = strings.TrimSuffix(folder, "*") + unique()
	x.Cleanup(func() {
		if _, err := operator.DeleteObject(x.ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key}); err != nil {
			x.Error(err)
		}
	})
	return role, operator, bucket, key
}

// GetObject answers 403 for what is not there to whoever may not list the bucket, and 416 for a range behind the end (S3
// API Reference, "GetObject"; "Error responses", InvalidRange).
func getObject(x *try) {
	role, operator, bucket, key := x.object()
	_, err := role.GetObject(x.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	x.wants(err, "AccessDenied", "")
	_, err = operator.PutObject(x.ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("meow"), ContentType: aws.String("text/plain")})
	x.ok(err)
	out, err := role.GetObject(x.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key, Range: aws.String("bytes=1-2")})
	x.ok(err)
	if body, err := io.ReadAll(out.Body); err != nil || string(body) != "eo" || aws.ToString(out.ContentRange) != "bytes 1-2/4" || out.ServerSideEncryption == "" {
		x.Errorf("%q, %+v, %v", body, out, err)
	}
	_, err = role.GetObject(x.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key, Range: aws.String("bytes=9-")})
	x.wants(err, "InvalidRange", "")
}

// PutObject answers with the MD5 of the content as ETag, and 412 where If-None-Match finds an object (S3 User Guide, "How
// to prevent object overwrites with conditional writes").
func putObject(x *try) {
	role, _, bucket, key := x.object()
	put := func(condition *string) (*s3.PutObjectOutput, error) {
		return role.PutObject(x.ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("meow"), IfNoneMatch: condition, ChecksumAlgorithm: s3types.ChecksumAlgorithmSha256})
	}
	out, err := put(aws.String("*"))
	x.ok(err)
	if aws.ToString(out.ETag) != `"4a4be40c96ac6314e91d93f38043a634"` || aws.ToString(out.ChecksumSHA256) == "" {
		x.Errorf("%+v", out)
	}
	_, err = put(aws.String("*"))
	x.wants(err, "PreconditionFailed", "")
}

// DeleteObject succeeds of what is not there, but not if something is expected (S3 API Reference, "DeleteObject"; S3 User
// Guide, "How to perform conditional deletes").
func deleteObject(x *try) {
	role, operator, bucket, key := x.object()
	remove := func(expected *string) error {
		_, err := role.DeleteObject(x.ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key, IfMatch: expected})
		return err
	}
	put := func() {
		_, err := operator.PutObject(x.ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("meow")})
		x.ok(err)
	}
	x.ok(remove(nil))
	put()
	x.ok(remove(nil))
	x.wants(remove(aws.String("*")), "PreconditionFailed", "") // a delete marker
	put()
	x.wants(remove(aws.String(`"0123456789abcdef0123456789abcdef"`)), "PreconditionFailed", "")
	x.ok(remove(aws.String("*")))
	if _, err := operator.HeadObject(x.ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key}); code(err) != "NotFound" {
		x.Errorf("after it was removed: %v", err)
	}
}
