package s3

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestObjectLifeCycle(t *testing.T) {
	c := newCloud(t)
	c.bucket("life", map[string]any{"Tags": []any{map[string]any{"Key": "tenant", "Value": "acme"}}})
	client, ctx := c.operator(), context.Background()
	_, err := client.PutObject(ctx, &awss3.PutObjectInput{
		Bucket: aws.String("life"), Key: aws.String("Photos/Cat 1.jpg"), Body: strings.NewReader("meow"), ContentType: aws.String("image/jpeg"),
		CacheControl: aws.String("max-age=60"), Metadata: map[string]string{"Owner": "tom"}, Tagging: aws.String("kind=cat"), ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := client.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("life"), Key: aws.String("Photos/Cat 1.jpg"), ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(out.Body)
	if err != nil || string(body) != "meow" {
		t.Fatalf("read %q, %v", body, err)
	}
	if aws.ToString(out.ContentType) != "image/jpeg" || out.Metadata["owner"] != "tom" || aws.ToString(out.CacheControl) != "max-age=60" || aws.ToInt32(out.TagCount) != 1 || aws.ToString(out.ChecksumSHA256) == "" || out.ServerSideEncryption != "AES256" {
		t.Errorf("the object came back as %+v", out)
	}
	part, err := client.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("life"), Key: aws.String("Photos/Cat 1.jpg"), Range: aws.String("bytes=1-2")})
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(part.Body); string(body) != "eo" {
		t.Errorf("the range is %q", body)
	}
	_, err = client.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("life"), Key: aws.String("Photos/Cat 1.jpg"), IfNoneMatch: out.ETag})
	wantCode(t, err, "NotModified")
	head, err := client.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: aws.String("life"), Key: aws.String("Photos/Cat 1.jpg")})
	if err != nil || aws.ToInt64(head.ContentLength) != 4 {
		t.Errorf("HeadObject: %+v, %v", head, err)
	}
	tags, err := client.GetObjectTagging(ctx, &awss3.GetObjectTaggingInput{Bucket: aws.String("life"), Key: aws.String("Photos/Cat 1.jpg")})
	if err != nil || len(tags.TagSet) != 1 || *tags.TagSet[0].Value != "cat" {
		t.Errorf("GetObjectTagging: %+v, %v", tags, err)
	}
	if _, err = client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: aws.String("life"), Key: aws.String("Photos/Cat 1.jpg")}); err != nil {
		t.Error(err)
	}
	_, err = get(client, "life", "Photos/Cat 1.jpg")
	wantCode(t, err, "NoSuchKey")
	if _, err = client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: aws.String("life"), Key: aws.String("never")}); err != nil {
		t.Error(err)
	}
	_, err = get(client, "missing", "x")
	wantCode(t, err, "NoSuchBucket")
	var names []string
	for _, e := range c.events {
		names = append(names, e.Name+" "+e.Key)
	}
	if !slices.Equal(names[:2], []string{"ObjectCreated:Put Photos/Cat 1.jpg", "ObjectRemoved:Delete Photos/Cat 1.jpg"}) {
		t.Errorf("events %q", names)
	}
}

// TestHostileKeys stores keys that file systems would mix up, or that would leave the bucket.
func TestHostileKeys(t *testing.T) {
	c := newCloud(t)
	c.bucket("keys", nil)
	c.bucket("neighbour", nil)
	client, ctx := c.operator(), context.Background()
	put(t, client, "neighbour", "secret", "secret")
	for _, key := range hostileKeys {
		put(t, client, "keys", key, "body of "+key)
	}
	for _, key := range hostileKeys {
		if body, err := get(client, "keys", key); err != nil || body != "body of "+key {
			t.Errorf("the object %q is %q, %v", key, body, err)
		}
	}
	want := slices.Clone(hostileKeys)
	slices.Sort(want)
	var got []string
	pages := awss3.NewListObjectsV2Paginator(client, &awss3.ListObjectsV2Input{Bucket: aws.String("keys"), MaxKeys: aws.Int32(7), EncodingType: types.EncodingTypeUrl})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Contents {
			got = append(got, *o.Key)
		}
	}
	for i, key := range got {
		decoded, err := unquery(key)
		if err != nil {
			t.Fatal(err)
		}
		got[i] = decoded
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed %d keys %q, want %d %q", len(got), got, len(want), want)
	}
	for _, key := range hostileKeys {
		if _, err := client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: aws.String("keys"), Key: &key}); err != nil {
			t.Errorf("deleting %q: %v", key, err)
		}
	}
	if out, err := client.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: aws.String("keys")}); err != nil || len(out.Contents) != 0 {
		t.Errorf("after deleting all keys: %+v, %v", out, err)
	}
	if body, err := get(client, "neighbour", "secret"); err != nil || body != "secret" {
		t.Errorf("the neighbour's object is %q, %v", body, err)
	}
}

func TestMultipart(t *testing.T) {
	c := newCloud(t)
	c.bucket("parts", nil)
	client, ctx := c.operator(), context.Background()
	bucket, key := aws.String("parts"), aws.String("dir//Big.bin")
	first, last := bytes.Repeat([]byte("a"), 5<<20), []byte("end")
	created, err := client.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: bucket, Key: key, ContentType: aws.String("x/y")})
	if err != nil {
		t.Fatal(err)
	}
	if *created.Key != *key {
		t.Errorf("the upload is of %q", *created.Key)
	}
	uploads, err := client.ListMultipartUploads(ctx, &awss3.ListMultipartUploadsInput{Bucket: bucket, Prefix: aws.String("dir/")})
	if err != nil || len(uploads.Uploads) != 1 || *uploads.Uploads[0].Key != *key {
		t.Errorf("ListMultipartUploads: %+v, %v", uploads, err)
	}
	var done []types.CompletedPart
	for i, body := range [][]byte{first, last} {
		n := int32(i + 1)
		out, err := client.UploadPart(ctx, &awss3.UploadPartInput{Bucket: bucket, Key: key, UploadId: created.UploadId, PartNumber: &n, Body: bytes.NewReader(body)})
		if err != nil {
			t.Fatal(err)
		}
		done = append(done, types.CompletedPart{ETag: out.ETag, PartNumber: &n, ChecksumCRC32: out.ChecksumCRC32})
	}
	parts, err := client.ListParts(ctx, &awss3.ListPartsInput{Bucket: bucket, Key: key, UploadId: created.UploadId})
	if err != nil || len(parts.Parts) != 2 || *parts.Key != *key {
		t.Errorf("ListParts: %+v, %v", parts, err)
	}
	// Another key's upload cannot be completed, and an id is no path.
	_, err = client.CompleteMultipartUpload(ctx, &awss3.CompleteMultipartUploadInput{Bucket: bucket, Key: aws.String("dir/other"), UploadId: created.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: done}})
	wantCode(t, err, "NoSuchUpload")
	_, err = client.ListParts(ctx, &awss3.ListPartsInput{Bucket: bucket, Key: key, UploadId: aws.String("../../x")})
	wantCode(t, err, "NoSuchUpload")
	out, err := client.CompleteMultipartUpload(ctx, &awss3.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: created.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: done}})
	if err != nil {
		t.Fatal(err)
	}
	if *out.Key != *key || *out.Bucket != *bucket {
		t.Errorf("completed %+v", out)
	}
	if body, err := get(client, "parts", *key); err != nil || len(body) != len(first)+len(last) {
		t.Errorf("the object has %d bytes, %v", len(body), err)
	}
	if e := c.events[len(c.events)-1]; e.Name != "ObjectCreated:CompleteMultipartUpload" || e.Size != int64(len(first)+len(last)) {
		t.Errorf("event %+v", e)
	}
	aborted, err := client.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	copied, err := client.UploadPartCopy(ctx, &awss3.UploadPartCopyInput{Bucket: bucket, Key: key, UploadId: aborted.UploadId, PartNumber: aws.Int32(1), CopySource: aws.String("parts/dir//Big.bin")})
	if err != nil || copied.CopyPartResult.ETag == nil {
		t.Errorf("UploadPartCopy: %+v, %v", copied, err)
	}
	if _, err := client.AbortMultipartUpload(ctx, &awss3.AbortMultipartUploadInput{Bucket: bucket, Key: key, UploadId: aborted.UploadId}); err != nil {
		t.Error(err)
	}
}

func TestCopy(t *testing.T) {
	c := newCloud(t)
	c.bucket("source", nil)
	c.bucket("target", nil)
	client, ctx := c.operator(), context.Background()
	put(t, client, "source", "a+b/ü %2F.txt", "content")
	copier := c.client(c.role(account, "copier", allow([]string{"s3:GetObject"}, "arn:aws:s3:::source/a*"), allow([]string{"s3:PutObject"}, "arn:aws:s3:::target/*")))
	for _, test := range []struct{ source, key, want string }{
		{"source/a%2Bb/%C3%BC%20%252F.txt", "ok", ""},
		{"/source/a+b/%C3%BC%20%252F.txt", "ok2", ""},
		{"source/b", "x", "AccessDenied"},
		{"source/../target/x", "x", "AccessDenied"},
		{"source", "x", "InvalidArgument"},
		{"source/", "x", "InvalidArgument"},
		{"source/a?versionId=../../x", "x", "InvalidArgument"},
		{"source/a?x=y", "x", "InvalidArgument"},
		{"source/a%zz", "x", "InvalidArgument"},
		{"none/a", "x", "NoSuchBucket"},
		{"source/anything-missing", "x", "NoSuchKey"},
		{"arn:aws:s3:eu-central-1:111111111111:accesspoint/x/object/a", "x", "InvalidArgument"},
	} {
		_, err := copier.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: aws.String("target"), Key: &test.key, CopySource: &test.source})
		if got := code(err); got != test.want {
			t.Errorf("copying %s: %q (%v), want %q", test.source, got, err, test.want)
		}
	}
	if body, err := get(client, "target", "ok2"); err != nil || body != "content" {
		t.Errorf("the copy is %q, %v", body, err)
	}
	_, err := copier.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: aws.String("source"), Key: aws.String("back"), CopySource: aws.String("target/ok")})
	wantCode(t, err, "AccessDenied")
}

func TestVersions(t *testing.T) {
	c := newCloud(t)
	c.bucket("versions", map[string]any{"VersioningConfiguration": map[string]any{"Status": "Enabled"}})
	client, ctx := c.operator(), context.Background()
	bucket := aws.String("versions")
	var ids []string
	for i := range 3 {
		for _, key := range []string{"a", "a/b", "a!"} {
			out := put(t, client, "versions", key, fmt.Sprint(key, i))
			if out.VersionId == nil {
				t.Fatal("no version id")
			}
			if key == "a" {
				ids = append(ids, *out.VersionId)
			}
		}
	}
	deleted, err := client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: bucket, Key: aws.String("a")})
	if err != nil || !aws.ToBool(deleted.DeleteMarker) {
		t.Fatalf("DeleteObject: %+v, %v", deleted, err)
	}
	_, err = get(client, "versions", "a")
	wantCode(t, err, "NoSuchKey")
	old, err := client.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: aws.String("a"), VersionId: &ids[0]})
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(old.Body); string(body) != "a0" {
		t.Errorf("the first version is %q", body)
	}
	for _, size := range []int32{1, 2, 4, 1000} {
		var got []string
		pages := awss3.NewListObjectVersionsPaginator(client, &awss3.ListObjectVersionsInput{Bucket: bucket, MaxKeys: &size})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range page.Versions {
				got = append(got, *v.Key+" "+fmt.Sprint(aws.ToBool(v.IsLatest)))
			}
			for _, m := range page.DeleteMarkers {
				got = append(got, *m.Key+" marker")
			}
		}
		slices.Sort(got)
		want := []string{"a false", "a false", "a false", "a marker", "a! false", "a! false", "a! true", "a/b false", "a/b false", "a/b true"}
		if !slices.Equal(got, want) {
			t.Errorf("in pages of %d: %q", size, got)
		}
	}
	// Reading a version needs another action than reading.
	reader := c.client(c.role(account, "reader", allow([]string{"s3:GetObject", "s3:ListBucket"}, "*")))
	_, err = reader.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: aws.String("a"), VersionId: &ids[0]})
	wantCode(t, err, "AccessDenied")
	if body, err := get(reader, "versions", "a!"); err != nil || body != "a!2" {
		t.Errorf("the latest version is %q, %v", body, err)
	}
	_, err = client.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: aws.String("a"), VersionId: aws.String("../../../x")})
	wantCode(t, err, "InvalidArgument")
	if _, err := client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: bucket, Key: aws.String("a"), VersionId: deleted.VersionId}); err != nil {
		t.Error(err)
	}
	if body, err := get(client, "versions", "a"); err != nil || body != "a2" {
		t.Errorf("without its delete marker the object is %q, %v", body, err)
	}
}

func TestOneWriterWins(t *testing.T) {
	c := newCloud(t)
	c.bucket("race", nil)
	client := c.operator()
	var won, lost atomic.Int32
	var group sync.WaitGroup
	for i := range 32 {
		group.Go(func() {
			_, err := client.PutObject(context.Background(), &awss3.PutObjectInput{Bucket: aws.String("race"), Key: aws.String("k"), Body: strings.NewReader(fmt.Sprint(i)), IfNoneMatch: aws.String("*")})
			switch code(err) {
			case "":
				won.Add(1)
			case "PreconditionFailed", "ConditionalRequestConflict":
				lost.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 || lost.Load() != 31 {
		t.Errorf("%d writers won, %d lost", won.Load(), lost.Load())
	}
}

func TestDeleteObjects(t *testing.T) {
	c := newCloud(t)
	c.bucket("many", nil)
	client, ctx := c.operator(), context.Background()
	for _, key := range []string{"mine/1", "mine/2 &<>", "theirs/1"} {
		put(t, client, "many", key, "x")
	}
	mine := c.client(c.role(account, "mine", allow([]string{"s3:DeleteObject"}, "arn:aws:s3:::many/mine/*")))
	out, err := mine.DeleteObjects(ctx, &awss3.DeleteObjectsInput{Bucket: aws.String("many"), Delete: &types.Delete{Objects: []types.ObjectIdentifier{
		{Key: aws.String("mine/1")}, {Key: aws.String("mine/2 &<>")}, {Key: aws.String("theirs/1")}, {Key: aws.String("mine/never")}, {Key: aws.String("mine/1"), VersionId: aws.String("null")},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Deleted) != 3 || len(out.Errors) != 2 || aws.ToString(out.Errors[0].Code) != "AccessDenied" || aws.ToString(out.Errors[0].Key) != "theirs/1" || aws.ToString(out.Errors[1].VersionId) != "null" {
		t.Errorf("deleted %+v, errors %+v", out.Deleted, out.Errors)
	}
	left, err := client.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: aws.String("many")})
	if err != nil || len(left.Contents) != 1 || *left.Contents[0].Key != "theirs/1" {
		t.Errorf("left are %+v, %v", left.Contents, err)
	}
}
