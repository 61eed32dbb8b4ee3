package release

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// bucket is a tenant's bucket.
type bucket struct {
	s3 S3
	// name of the bucket, and the stack that makes it.
	name, stack string
}

// object is what a listing tells of an object.
type object struct {
	size     int64
	etag     string
	modified time.Time
	// checked says that S3 keeps its SHA-256, as of everything that a release puts.
	checked bool
}

// listing is what a bucket holds at one time. S3 shows every write that ended before (S3 User Guide, "Amazon S3 data
// consistency model").
type listing struct {
	objects map[string]object
	// entries whose manifest is there, the oldest first.
	entries []entry
	marks   []mark
	// notices are the keys of announced deletions.
	notices []string
}

func (l *listing) has(key string) bool {
	_, ok := l.objects[key]
	return ok
}

func (b bucket) list(ctx context.Context, prefix string) (*listing, error) {
	l := &listing{objects: map[string]object{}}
	in := &s3.ListObjectsV2Input{Bucket: &b.name}
	if prefix != "" {
		in.Prefix = &prefix
	}
	for pages := s3.NewListObjectsV2Paginator(b.s3, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, b.failed("listing", prefix, err)
		}
		for _, o := range page.Contents {
			l.objects[aws.ToString(o.Key)] = object{
				size: aws.ToInt64(o.Size), etag: aws.ToString(o.ETag), modified: aws.ToTime(o.LastModified),
				checked: slices.Contains(o.ChecksumAlgorithm, types.ChecksumAlgorithmSha256),
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(l.objects)) {
		if e, ok := parseManifestKey(key); ok {
			l.entries = append(l.entries, e)
		} else if m, ok := parseMark(key); ok {
			l.marks = append(l.marks, m)
		} else if strings.HasPrefix(key, noticePrefix) {
			l.notices = append(l.notices, key)
		}
	}
	return l, nil
}

// page is what index.html tells of the release that is in place.
type page struct {
	// etag of index.html; empty if there is none.
	etag string
	// sha256 of index.html, as S3 has it; empty if S3 does not know it.
	sha256 string
	// modified is when it was put.
	modified time.Time
	// current is the release; empty if tenantctl did not put it.
	current entry
	// previous are the releases before, the latest first.
	previous       []entry
	rolledBackFrom entry
	// since is the oldest release that is kept.
	since entry
}

// Metadata of index.html.
const (
	metaRelease    = "release"
	metaPrevious   = "previous"
	metaRolledBack = "rolled-back-from"
	metaSince      = "kept-since"
)

func (b bucket) page(ctx context.Context) (page, error) {
	head, err := b.head(ctx, indexKey)
	if head == nil || err != nil {
		return page{}, err
	}
	if aws.ToString(head.ETag) == "" {
		return page{}, &unconditional{endpointOf(b.s3), "HeadObject gives no ETag"}
	}
	p := page{etag: aws.ToString(head.ETag), sha256: aws.ToString(head.ChecksumSHA256), modified: aws.ToTime(head.LastModified)}
	p.current, _ = parseEntry(head.Metadata[metaRelease])
	p.rolledBackFrom, _ = parseEntry(head.Metadata[metaRolledBack])
	p.since, _ = parseEntry(head.Metadata[metaSince])
	for name := range strings.FieldsSeq(head.Metadata[metaPrevious]) {
		if e, ok := parseEntry(name); ok {
			p.previous = append(p.previous, e)
		}
	}
	return p, nil
}

// head is what S3 tells of an object; nil if there is none.
func (b bucket) head(ctx context.Context, key string) (*s3.HeadObjectOutput, error) {
	head, err := b.s3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.name, Key: &key, ChecksumMode: types.ChecksumModeEnabled})
	var none *types.NotFound
	if errors.As(err, &none) {
		return nil, nil
	}
	return head, b.failed("reading", key, err)
}

// maxRead bounds what is read into memory: a manifest with the largest index.html and number of files has less.
const maxRead = 8 << 20

// errGone says that an object is not there any more.
var errGone = errors.New("it is not there any more")

func (b bucket) get(ctx context.Context, key string) ([]byte, error) {
	out, err := b.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: &key})
	var none *types.NoSuchKey
	if errors.As(err, &none) {
		return nil, fmt.Errorf("reading s3://%s/%s: %w", b.name, key, errGone)
	}
	if err != nil {
		return nil, b.failed("reading", key, err)
	}
	defer out.Body.Close()
	data, err := io.ReadAll(io.LimitReader(out.Body, maxRead))
	return data, b.failed("reading", key, err)
}

// put uploads a file. S3 refuses it if it does not arrive with its SHA-256 (S3 API Reference, "PutObject").
func (b bucket) put(ctx context.Context, f File, options ...func(*s3.PutObjectInput)) error {
	in := &s3.PutObjectInput{
		Bucket: &b.name, Key: aws.String(f.Path), Body: bytes.NewReader(f.body), ContentLength: aws.Int64(f.Size),
		ContentType: aws.String(f.Type), CacheControl: aws.String(f.cacheControl()), ChecksumSHA256: aws.String(f.checksum()),
	}
	for _, o := range options {
		o(in)
	}
	_, err := b.s3.PutObject(ctx, in)
	return b.failed("uploading", f.Path, err)
}

// checksum is the SHA-256 as S3 writes it.
func (f File) checksum() string {
	sum, _ := hex.DecodeString(f.SHA256) // made by newFile, or part of a checked manifest
	return base64.StdEncoding.EncodeToString(sum)
}

// maxDeleted is how many keys one request deletes (S3 API Reference, "DeleteObjects").
const maxDeleted = 1000

func (b bucket) delete(ctx context.Context, keys []string) error {
	for part := range slices.Chunk(keys, maxDeleted) {
		in := &s3.DeleteObjectsInput{Bucket: &b.name, Delete: &types.Delete{Quiet: aws.Bool(true)}}
		for _, key := range part {
			in.Delete.Objects = append(in.Delete.Objects, types.ObjectIdentifier{Key: aws.String(key)})
		}
		out, err := b.s3.DeleteObjects(ctx, in)
		if err != nil {
			return b.failed("deleting", strings.Join(part[:min(len(part), 3)], ", "), err)
		}
		var problems []error
		for _, e := range out.Errors {
			problems = append(problems, fmt.Errorf("deleting s3://%s/%s: %s: %s", b.name, aws.ToString(e.Key), aws.ToString(e.Code), aws.ToString(e.Message)))
		}
		if err := errors.Join(problems...); err != nil {
			return err
		}
	}
	return nil
}

// holds says whether an object has the content of a file, as far as a listing tells.
func (l *listing) holds(f File) bool {
	o, ok := l.objects[f.Path]
	return ok && o.size == f.Size && o.checked && bareETag(o.etag) == f.MD5
}

// isSettled says whether an object was there before the page. A release puts nothing after it, so anything younger may be of
// somebody else.
func (l *listing) isSettled(key string) bool {
	return !l.objects[key].modified.After(l.objects[indexKey].modified)
}

// is says whether an object is a file with its headers. The listing is enough for what a release has put before its page; anything
// else is looked at more closely.
func (b bucket) is(ctx context.Context, l *listing, f File) (bool, error) {
	if o, ok := l.objects[f.Path]; !ok || o.size != f.Size {
		return false, nil
	}
	if l.holds(f) && l.isSettled(f.Path) {
		return true, nil
	}
	head, err := b.head(ctx, f.Path)
	if head == nil || err != nil {
		return false, err
	}
	sum := aws.ToString(head.ChecksumSHA256)
	return b.hasContent(sum, aws.ToString(head.ETag), f) && aws.ToString(head.ContentType) == f.Type && aws.ToString(head.CacheControl) == f.cacheControl(), nil
}

// hasContent reports whether an object has the content of a file by its SHA-256, or by its ETag where S3 is not that of AWS and may
// not keep the former (moto 5.2 does not, findings/moto-checksum.sh).
func (b bucket) hasContent(sum, etag string, f File) bool {
	if sum == "" && endpointOf(b.s3) != "" {
		return bareETag(etag) == f.MD5
	}
	return sum == f.checksum()
}

func (b bucket) failed(doing, key string, err error) error {
	if err == nil {
		return nil
	}
	if isCode(err, "NoSuchBucket") {
		return fmt.Errorf("%s s3://%s/%s: there is no such bucket: deploy the stack %s first", doing, b.name, key, b.stack)
	}
	return plainly(fmt.Errorf("%s s3://%s/%s: %w", doing, b.name, key, err))
}
