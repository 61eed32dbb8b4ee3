package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

var versioned = map[string]any{"VersioningConfiguration": map[string]any{"Status": "Enabled"}}

// TestCopyConditions copies over objects that are there, are not, or are deleted.
func TestCopyConditions(t *testing.T) {
	c := newCloud(t)
	c.bucket("plain", nil)
	c.bucket("versions", versioned)
	client, ctx := c.operator(), context.Background()
	for _, bucket := range []string{"plain", "versions"} {
		source, past, future := put(t, client, bucket, "source", "new"), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		old := put(t, client, bucket, "there", "old")
		put(t, client, bucket, "deleted", "gone")
		if _, err := client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: &bucket, Key: aws.String("deleted")}); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name, key, want string
			in              awss3.CopyObjectInput
		}{
			{"absent, nothing there", "fresh", "", awss3.CopyObjectInput{IfNoneMatch: aws.String("*")}},
			{"absent, deleted", "deleted", "", awss3.CopyObjectInput{IfNoneMatch: aws.String("*")}},
			{"absent, there", "there", "PreconditionFailed", awss3.CopyObjectInput{IfNoneMatch: aws.String("*")}},
			{"absent by ETag", "there", "NotImplemented", awss3.CopyObjectInput{IfNoneMatch: old.ETag}},
			{"another ETag", "there", "PreconditionFailed", awss3.CopyObjectInput{IfMatch: source.ETag}},
			{"any ETag", "there", "NotImplemented", awss3.CopyObjectInput{IfMatch: aws.String("*")}},
			{"ETag of nothing", "never", "NoSuchKey", awss3.CopyObjectInput{IfMatch: source.ETag}},
			{"source of another ETag", "there", "PreconditionFailed", awss3.CopyObjectInput{CopySourceIfMatch: old.ETag}},
			{"source of this ETag, not wanted", "there", "PreconditionFailed", awss3.CopyObjectInput{CopySourceIfNoneMatch: source.ETag}},
			{"source not wanted, though changed since", "there", "PreconditionFailed", awss3.CopyObjectInput{CopySourceIfNoneMatch: source.ETag, CopySourceIfModifiedSince: &past}},
			{"source changed since", "there", "PreconditionFailed", awss3.CopyObjectInput{CopySourceIfUnmodifiedSince: &past}},
			{"source of this ETag, though changed since", "fresh", "", awss3.CopyObjectInput{CopySourceIfMatch: source.ETag, CopySourceIfUnmodifiedSince: &past}},
			{"source unchanged until later", "fresh", "", awss3.CopyObjectInput{CopySourceIfUnmodifiedSince: &future}},
			{"both conditions hold", "fresh", "", awss3.CopyObjectInput{CopySourceIfMatch: source.ETag, IfMatch: source.ETag}},
			{"the target's does not hold", "there", "PreconditionFailed", awss3.CopyObjectInput{CopySourceIfMatch: source.ETag, IfMatch: source.ETag}},
		} {
			tt.in.Bucket, tt.in.Key, tt.in.CopySource = &bucket, &tt.key, aws.String(bucket+"/source")
			_, err := client.CopyObject(ctx, &tt.in)
			if got := code(err); got != tt.want {
				t.Errorf("%s, %s: %q (%v), want %q", bucket, tt.name, got, err, tt.want)
			}
			if body, err := get(client, bucket, "there"); err != nil || body != "old" {
				t.Fatalf("%s, %s: the object is %q, %v", bucket, tt.name, body, err)
			}
		}
		if _, err := client.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: &bucket, Key: aws.String("there"), CopySource: aws.String(bucket + "/source"), IfMatch: old.ETag}); err != nil {
			t.Errorf("%s, the ETag that is there: %v", bucket, err)
		}
		if body, err := get(client, bucket, "there"); err != nil || body != "new" {
			t.Errorf("%s: the object is %q, %v", bucket, body, err)
		}
	}
}

// TestOneCopyWins has copies and uploads that all expect that nothing is there.
func TestOneCopyWins(t *testing.T) {
	c := newCloud(t)
	c.bucket("plain", nil)
	c.bucket("versions", versioned)
	client := c.operator()
	for _, bucket := range []string{"plain", "versions"} {
		put(t, client, bucket, "source", "content")
		put(t, client, bucket, "k", "x")
		if _, err := client.DeleteObject(context.Background(), &awss3.DeleteObjectInput{Bucket: &bucket, Key: aws.String("k")}); err != nil {
			t.Fatal(err)
		}
		var won, lost atomic.Int32
		var group sync.WaitGroup
		for i := range 24 {
			group.Go(func() {
				var err error
				if i%2 == 0 {
					_, err = client.CopyObject(context.Background(), &awss3.CopyObjectInput{Bucket: &bucket, Key: aws.String("k"), CopySource: aws.String(bucket + "/source"), IfNoneMatch: aws.String("*")})
				} else {
					_, err = client.PutObject(context.Background(), &awss3.PutObjectInput{Bucket: &bucket, Key: aws.String("k"), Body: strings.NewReader(fmt.Sprint(i)), IfNoneMatch: aws.String("*")})
				}
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
		if won.Load() != 1 || lost.Load() != 23 {
			t.Errorf("%s: %d writers won, %d lost", bucket, won.Load(), lost.Load())
		}
	}
}

// TestWriteConditionsAfterDeletion writes where a delete marker is the current version.
func TestWriteConditionsAfterDeletion(t *testing.T) {
	c := newCloud(t)
	c.bucket("versions", versioned)
	client, ctx, bucket, key := c.operator(), context.Background(), aws.String("versions"), aws.String("k")
	old := put(t, client, "versions", "k", "old")
	if _, err := client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: bucket, Key: key}); err != nil {
		t.Fatal(err)
	}
	var raw *http.Response
	_, err := client.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: bucket, Key: key})
	var failed *smithyhttp.ResponseError
	if errors.As(err, &failed) {
		raw = failed.Response.Response
	}
	if raw == nil || raw.StatusCode != http.StatusNotFound || raw.Header.Get("X-Amz-Delete-Marker") != "true" {
		t.Errorf("HeadObject of a delete marker: %v", err)
	}
	_, err = client.PutObject(ctx, &awss3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("x"), IfMatch: old.ETag})
	wantCode(t, err, "NoSuchKey")
	if _, err = client.PutObject(ctx, &awss3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("new"), IfNoneMatch: aws.String("*")}); err != nil {
		t.Errorf("nothing is there: %v", err)
	}
	_, err = client.PutObject(ctx, &awss3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("newer"), IfNoneMatch: aws.String("*")})
	wantCode(t, err, "PreconditionFailed")
	if body, err := get(client, "versions", "k"); err != nil || body != "new" {
		t.Errorf("the object is %q, %v", body, err)
	}
}

// TestDeleteConditions deletes objects that are there, are not, or are deleted.
func TestDeleteConditions(t *testing.T) {
	c := newCloud(t)
	c.bucket("plain", nil)
	c.bucket("versions", versioned)
	client, ctx := c.operator(), context.Background()
	for _, bucket := range []string{"plain", "versions"} {
		etag := *put(t, client, bucket, "there", "content").ETag
		put(t, client, bucket, "deleted", "content")
		if _, err := client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: &bucket, Key: aws.String("deleted")}); err != nil {
			t.Fatal(err)
		}
		gone := "NoSuchKey"
		if bucket == "versions" {
			gone = "PreconditionFailed" // a delete marker
		}
		for _, tt := range []struct{ key, expected, want string }{
			{"there", `"0123456789abcdef0123456789abcdef"`, "PreconditionFailed"}, {"never", "*", "NoSuchKey"}, {"never", etag, "NoSuchKey"},
			{"deleted", "*", gone}, {"deleted", etag, gone},
			{"there", "*", ""}, {"there", etag, ""}, {"there", strings.Trim(etag, `"`), ""},
		} {
			one := func() error {
				_, err := client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: &bucket, Key: &tt.key, IfMatch: &tt.expected})
				return err
			}
			several := func() error {
				put(t, client, bucket, "beside", "x")
				out, err := client.DeleteObjects(ctx, &awss3.DeleteObjectsInput{Bucket: &bucket, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: aws.String("beside")}, {Key: &tt.key, ETag: &tt.expected}}}})
				if err != nil {
					return err
				}
				for _, d := range out.Deleted {
					if *d.Key == tt.key {
						return nil
					}
				}
				if len(out.Errors) != 1 || *out.Errors[0].Key != tt.key || len(out.Deleted) != 1 {
					return fmt.Errorf("deleted %+v, errors %+v", out.Deleted, out.Errors)
				}
				return &codeError{*out.Errors[0].Code}
			}
			for name, remove := range map[string]func() error{"DeleteObject": one, "DeleteObjects": several} {
				put(t, client, bucket, "there", "content")
				err := remove()
				if got := code(err); got != tt.want {
					t.Errorf("%s, %s of %s with %s: %q (%v), want %q", bucket, name, tt.key, tt.expected, got, err, tt.want)
				}
				_, err = get(client, bucket, "there")
				if want := map[bool]string{true: "NoSuchKey", false: ""}[tt.want == ""]; code(err) != want {
					t.Errorf("%s, after %s of %s with %s: %v, want %q", bucket, name, tt.key, tt.expected, err, want)
				}
			}
		}
	}
	_, err := client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: aws.String("plain"), Key: aws.String("there"), IfMatchSize: aws.Int64(7)})
	wantCode(t, err, "NotImplemented")
}

// codeError is the code of an error within a document.
type codeError struct{ code string }

func (e *codeError) Error() string { return e.code }

// TestExpectingNeedsReading holds that who may not read an object learns nothing of its ETag.
func TestExpectingNeedsReading(t *testing.T) {
	c := newCloud(t)
	c.bucket("plain", nil)
	ctx, etag := context.Background(), put(t, c.operator(), "plain", "k", "content").ETag
	blind := c.client(c.role(account, "blind", allow([]string{"s3:DeleteObject"}, "arn:aws:s3:::plain/*")))
	_, err := blind.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: aws.String("plain"), Key: aws.String("k"), IfMatch: etag})
	wantCode(t, err, "AccessDenied")
	out, err := blind.DeleteObjects(ctx, &awss3.DeleteObjectsInput{Bucket: aws.String("plain"), Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: aws.String("k"), ETag: etag}}}})
	if err != nil || len(out.Errors) != 1 || *out.Errors[0].Code != "AccessDenied" {
		t.Errorf("DeleteObjects: %+v, %v", out, err)
	}
	if _, err = blind.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: aws.String("plain"), Key: aws.String("k"), IfMatch: aws.String("*")}); err != nil {
		t.Errorf("any ETag: %v", err)
	}
}

// TestNullVersion uses the version null of objects from before versioning, while it is current, when another is, and while
// versioning is suspended.
func TestNullVersion(t *testing.T) {
	c := newCloud(t)
	c.bucket("late", nil)
	client, ctx, bucket := c.operator(), context.Background(), aws.String("late")
	status := func(s types.BucketVersioningStatus) {
		if _, err := client.PutBucketVersioning(ctx, &awss3.PutBucketVersioningInput{Bucket: bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: s}}); err != nil {
			t.Fatal(err)
		}
	}
	put(t, client, "late", "before", "first")
	put(t, client, "late", "replaced", "first")
	t.Run("no versions yet", func(t *testing.T) { nullVersionOf(t, client, "before", "first") })
	status(types.BucketVersioningStatusEnabled)
	put(t, client, "late", "replaced", "second")
	put(t, client, "late", "after", "first")
	t.Run("current", func(t *testing.T) { nullVersionOf(t, client, "before", "first") })
	t.Run("replaced", func(t *testing.T) { nullVersionOf(t, client, "replaced", "first") })
	for _, key := range []string{"after", "never"} {
		_, err := client.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: bucket, Key: &key, VersionId: aws.String("null")})
		wantCode(t, err, "NotFound")
		_, err = client.GetObjectTagging(ctx, &awss3.GetObjectTaggingInput{Bucket: bucket, Key: &key, VersionId: aws.String("null")})
		if got := code(err); got != "NoSuchVersion" && got != "NoSuchKey" {
			t.Errorf("tags of %s: %v", key, err)
		}
	}
	status(types.BucketVersioningStatusSuspended)
	put(t, client, "late", "replaced", "third")
	t.Run("suspended", func(t *testing.T) { nullVersionOf(t, client, "replaced", "third") })
	if body, err := get(client, "late", "replaced"); err != nil || body != "third" {
		t.Errorf("the object is %q, %v", body, err)
	}
	status(types.BucketVersioningStatusEnabled)
	if _, err := client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: bucket, Key: aws.String("before"), VersionId: aws.String("null")}); err != nil {
		t.Error(err)
	}
	_, err := get(client, "late", "before")
	wantCode(t, err, "NoSuchKey")
}

func nullVersionOf(t *testing.T, client *awss3.Client, key, content string) {
	ctx, bucket, null := context.Background(), aws.String("late"), aws.String("null")
	out, err := client.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: &key, VersionId: null})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(out.Body)
	if err != nil || string(body) != content || aws.ToString(out.VersionId) != "null" {
		t.Errorf("GetObject: %q, version %q, %v", body, aws.ToString(out.VersionId), err)
	}
	head, err := client.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: bucket, Key: &key, VersionId: null})
	if err != nil || aws.ToInt64(head.ContentLength) != int64(len(content)) || aws.ToString(head.VersionId) != "null" {
		t.Errorf("HeadObject: %+v, %v", head, err)
	}
	attributes, err := client.GetObjectAttributes(ctx, &awss3.GetObjectAttributesInput{Bucket: bucket, Key: &key, VersionId: null, ObjectAttributes: []types.ObjectAttributes{types.ObjectAttributesObjectSize}})
	if err != nil || aws.ToInt64(attributes.ObjectSize) != int64(len(content)) {
		t.Errorf("GetObjectAttributes: %+v, %v", attributes, err)
	}
	tag := types.Tag{Key: aws.String("k"), Value: aws.String(t.Name())}
	if _, err := client.PutObjectTagging(ctx, &awss3.PutObjectTaggingInput{Bucket: bucket, Key: &key, VersionId: null, Tagging: &types.Tagging{TagSet: []types.Tag{tag}}}); err != nil {
		t.Errorf("PutObjectTagging: %v", err)
	}
	tags, err := client.GetObjectTagging(ctx, &awss3.GetObjectTaggingInput{Bucket: bucket, Key: &key, VersionId: null})
	if err != nil || len(tags.TagSet) != 1 || *tags.TagSet[0].Value != t.Name() || aws.ToString(tags.VersionId) != "null" {
		t.Errorf("GetObjectTagging: %+v, %v", tags, err)
	}
	if _, err := client.DeleteObjectTagging(ctx, &awss3.DeleteObjectTaggingInput{Bucket: bucket, Key: &key, VersionId: null}); err != nil {
		t.Errorf("DeleteObjectTagging: %v", err)
	}
	if _, err := client.GetObjectAcl(ctx, &awss3.GetObjectAclInput{Bucket: bucket, Key: &key, VersionId: null}); err != nil {
		t.Errorf("GetObjectAcl: %v", err)
	}
	target := "copy of " + t.Name()
	copied, err := client.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: bucket, Key: &target, CopySource: aws.String("late/" + key + "?versionId=null")})
	if err != nil || aws.ToString(copied.CopySourceVersionId) != "null" {
		t.Errorf("CopyObject: %+v, %v", copied, err)
	}
	if body, err := get(client, "late", target); err != nil || body != content {
		t.Errorf("the copy is %q, %v", body, err)
	}
}

// TestConflict holds that an upload that does not end fails a copy that looks first, and not the other way round.
func TestConflict(t *testing.T) {
	var locks keyLocks
	k := objectKey{"b", "k"}
	upload, problem := locks.share(context.Background(), k)
	if problem != nil {
		t.Fatal(problem)
	}
	other, problem := locks.share(context.Background(), k)
	if problem != nil {
		t.Fatal(problem)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, problem := locks.alone(ended, k); problem == nil || problem.Status != http.StatusConflict {
		t.Errorf("while others write: %v", problem)
	}
	if another, problem := locks.alone(ended, objectKey{"b", "other"}); problem != nil {
		t.Errorf("another object: %v", problem)
	} else {
		another()
	}
	waits := make(chan func())
	go func() {
		unlock, _ := locks.alone(context.Background(), k)
		waits <- unlock
	}()
	upload()
	other()
	if unlock := <-waits; unlock == nil {
		t.Error("nobody writes, and the lock is not given")
	} else if _, problem := locks.share(ended, k); problem == nil {
		t.Error("two have the object alone")
	} else {
		unlock()
	}
	if len(locks.held) != 0 {
		t.Errorf("%d locks are left", len(locks.held))
	}
}
