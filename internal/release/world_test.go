package release

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"

	"github.com/tenantstack/tenantstack/plan"
)

// stored is an object in memory.
type stored struct {
	body                []byte
	kind, cache, sha256 string
	metadata            map[string]string
	modified            time.Time
}

func (o stored) etag() string {
	sum := md5.Sum(o.body)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// call is one request to a service.
type call struct {
	// n is its number, from 0.
	n          int
	client     string
	name, what string
}

// world is S3, CloudFront and Systems Manager in memory. Every call passes its hooks, so that a test can have it fail,
// or fail after it was done, or hold it up, and look at everything in between.
type world struct {
	mu            sync.Mutex
	now           time.Time
	buckets       map[string]map[string]stored
	parameters    map[string]string
	invalidations map[string][]string // references by distribution
	paths         map[string][]string // by reference
	calls         int
	log           []call
	// repaired is an asset that is replaced.
	repaired string
	// changed and told are when the page was last changed and CloudFront last told of it, counted in calls that were done.
	done, changed, told int

	// before can refuse a call, after can lose its answer. after is called with mu held.
	before, after func(call) error
}

const pageSize = 5 // of listings, so that they have several pages

func newWorld(tenants ...string) *world {
	w := &world{
		now: time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC), buckets: map[string]map[string]stored{}, parameters: map[string]string{}, invalidations: map[string][]string{}, paths: map[string][]string{},
		before: func(call) error { return nil }, after: func(call) error { return nil },
	}
	for _, t := range tenants {
		s := site(t)
		w.buckets[s.Bucket], w.parameters[s.DistributionParameter] = map[string]stored{}, "E"+t
	}
	return w
}

// clone is a copy without hooks.
func (w *world) clone() *world {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := newWorld()
	c.now, c.parameters, c.calls, c.done, c.changed, c.told = w.now, w.parameters, w.calls, w.done, w.changed, w.told
	for name, b := range w.buckets {
		c.buckets[name] = maps.Clone(b)
	}
	c.paths = maps.Clone(w.paths)
	for name, list := range w.invalidations {
		c.invalidations[name] = slices.Clone(list)
	}
	return c
}

func site(tenant string) Site {
	return Site{
		Tenant: tenant, Stack: "kittens-tenant-" + tenant, Environment: plan.Environment{Partition: "aws", Account: "111111111111", Region: "eu-central-1"},
		Bucket: tenant + "-web", DistributionParameter: "/kittens/tenant/" + tenant + "/distribution",
		Config: plan.WebConfig{Version: 1, Tenant: plan.WebTenant{ID: tenant, Name: "<" + tenant + ">"}, Issuer: "https://id.example.com/", API: "/api"},
	}
}

// releaser works on the world with one call at a time.
func (w *world) releaser(client string, options ...func(*Options)) *Releaser {
	c := memory{w, client}
	o := Options{
		Connect: func(context.Context, plan.Environment) (Clients, error) { return Clients{c, c, c}, nil },
		Uploads: 1, Parallel: 1, Now: w.clock, NewID: func() string { return client },
		Sleep: func(ctx context.Context, d time.Duration) error {
			return c.do(ctx, "Sleep", "", func() error { w.now = w.now.Add(d); return nil })
		},
	}
	for _, change := range options {
		change(&o)
	}
	return New(o)
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// memory is a client of the world.
type memory struct {
	w      *world
	client string
}

func (m memory) do(ctx context.Context, name, what string, apply func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.w.mu.Lock()
	c := call{m.w.calls, m.client, name, what}
	m.w.calls++
	m.w.log = append(m.w.log, c)
	m.w.mu.Unlock()
	if err := m.w.before(c); err != nil {
		return err
	}
	m.w.mu.Lock()
	defer m.w.mu.Unlock()
	m.w.now = m.w.now.Add(100 * time.Millisecond)
	if err := apply(); err != nil {
		return err
	}
	m.w.done++
	if name == "PutObject" && (what == indexKey || what == configKey || what == m.w.repaired) {
		m.w.changed = m.w.done
	}
	if name == "CreateInvalidation" {
		m.w.told = m.w.done
	}
	return m.w.after(c)
}

func (m memory) bucket(name *string) (map[string]stored, error) {
	b, ok := m.w.buckets[aws.ToString(name)]
	if !ok {
		return nil, &smithy.GenericAPIError{Code: "NoSuchBucket", Message: "The specified bucket does not exist"}
	}
	return b, nil
}

func (m memory) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	out := &s3.ListObjectsV2Output{}
	return out, m.do(ctx, "ListObjectsV2", aws.ToString(in.Prefix), func() error {
		b, err := m.bucket(in.Bucket)
		if err != nil {
			return err
		}
		for _, key := range slices.Sorted(maps.Keys(b)) {
			if !strings.HasPrefix(key, aws.ToString(in.Prefix)) || key <= aws.ToString(in.ContinuationToken) {
				continue
			}
			if len(out.Contents) == pageSize {
				out.IsTruncated, out.NextContinuationToken = aws.Bool(true), out.Contents[pageSize-1].Key
				return nil
			}
			o := types.Object{Key: aws.String(key), Size: aws.Int64(int64(len(b[key].body))), ETag: aws.String(b[key].etag()), LastModified: aws.Time(b[key].modified)}
			if b[key].sha256 != "" {
				o.ChecksumAlgorithm = []types.ChecksumAlgorithm{types.ChecksumAlgorithmSha256}
			}
			out.Contents = append(out.Contents, o)
		}
		return nil
	})
}

func (m memory) HeadObject(ctx context.Context, in *s3.HeadObjectInput, _ ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	out := &s3.HeadObjectOutput{}
	return out, m.do(ctx, "HeadObject", *in.Key, func() error {
		b, err := m.bucket(in.Bucket)
		if err != nil {
			return err
		}
		o, ok := b[*in.Key]
		if !ok {
			return &types.NotFound{}
		}
		out.ETag, out.LastModified, out.Metadata = aws.String(o.etag()), aws.Time(o.modified), o.metadata
		out.ContentType, out.CacheControl = aws.String(o.kind), aws.String(o.cache)
		if in.ChecksumMode == types.ChecksumModeEnabled && o.sha256 != "" {
			out.ChecksumSHA256 = aws.String(o.sha256)
		}
		return nil
	})
}

func (m memory) GetObject(ctx context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	out := &s3.GetObjectOutput{}
	return out, m.do(ctx, "GetObject", *in.Key, func() error {
		b, err := m.bucket(in.Bucket)
		if err != nil {
			return err
		}
		o, ok := b[*in.Key]
		if !ok {
			return &types.NoSuchKey{}
		}
		out.Body = io.NopCloser(bytes.NewReader(o.body))
		return nil
	})
}

func (m memory) PutObject(ctx context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	body, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	return &s3.PutObjectOutput{}, m.do(ctx, "PutObject", *in.Key, func() error {
		b, err := m.bucket(in.Bucket)
		if err != nil {
			return err
		}
		old, exists := b[*in.Key]
		switch {
		case aws.ToString(in.ChecksumSHA256) != base64.StdEncoding.EncodeToString(sum[:]), aws.ToInt64(in.ContentLength) != int64(len(body)):
			return &smithy.GenericAPIError{Code: "BadDigest"}
		case aws.ToString(in.IfNoneMatch) == "*" && exists, in.IfMatch != nil && exists && old.etag() != *in.IfMatch:
			return &smithy.GenericAPIError{Code: "PreconditionFailed"}
		case in.IfMatch != nil && !exists:
			return &types.NoSuchKey{}
		}
		b[*in.Key] = stored{body: body, kind: aws.ToString(in.ContentType), cache: aws.ToString(in.CacheControl), sha256: aws.ToString(in.ChecksumSHA256),
			metadata: in.Metadata, modified: m.w.now.Truncate(time.Second)}
		return nil
	})
}

func (m memory) DeleteObjects(ctx context.Context, in *s3.DeleteObjectsInput, _ ...func(*s3.Options)) (*s3.DeleteObjectsOutput, error) {
	var keys []string
	for _, o := range in.Delete.Objects {
		keys = append(keys, *o.Key)
	}
	return &s3.DeleteObjectsOutput{}, m.do(ctx, "DeleteObjects", strings.Join(keys, " "), func() error {
		b, err := m.bucket(in.Bucket)
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			return &smithy.GenericAPIError{Code: "MalformedXML"}
		}
		for _, key := range keys {
			delete(b, key)
		}
		return nil
	})
}

func (m memory) CreateInvalidation(ctx context.Context, in *cloudfront.CreateInvalidationInput, _ ...func(*cloudfront.Options)) (*cloudfront.CreateInvalidationOutput, error) {
	reference := *in.InvalidationBatch.CallerReference
	out := &cloudfront.CreateInvalidationOutput{Invalidation: &cftypes.Invalidation{Id: aws.String("I" + reference)}}
	return out, m.do(ctx, "CreateInvalidation", reference, func() error {
		if id := *in.DistributionId; !slices.Contains(m.w.invalidations[id], reference) {
			m.w.invalidations[id] = append(m.w.invalidations[id], reference)
			m.w.paths[reference] = in.InvalidationBatch.Paths.Items
		}
		if !slices.Equal(m.w.paths[reference], in.InvalidationBatch.Paths.Items) {
			return &smithy.GenericAPIError{Code: "InvalidationBatchAlreadyExists"}
		}
		return nil
	})
}

func (m memory) GetParameter(ctx context.Context, in *ssm.GetParameterInput, _ ...func(*ssm.Options)) (*ssm.GetParameterOutput, error) {
	out := &ssm.GetParameterOutput{Parameter: &ssmtypes.Parameter{}}
	return out, m.do(ctx, "GetParameter", *in.Name, func() error {
		value, ok := m.w.parameters[*in.Name]
		if !ok {
			return &ssmtypes.ParameterNotFound{}
		}
		out.Parameter.Value = &value
		return nil
	})
}

// whole says what is wrong with the page that a bucket serves: it needs every asset with its content and headers, and
// so do the releases before it that are kept, since people have their pages open. mu is held.
func (w *world) whole(bucket string) error {
	b := w.buckets[bucket]
	index, ok := b[indexKey]
	if !ok {
		return nil // nothing is released yet
	}
	if _, ok := b[configKey]; !ok {
		return errors.New("index.html is there without config.json")
	}
	if index.cache != revalidate || index.kind != "text/html; charset=utf-8" {
		return fmt.Errorf("index.html has the headers %q and %q", index.cache, index.kind)
	}
	current := index.metadata[metaRelease]
	for i, name := range append([]string{current}, strings.Fields(index.metadata[metaPrevious])...) {
		data, ok := b[entry(name).key()]
		if i > 0 && (!ok || index.metadata[metaRolledBack] != "") {
			continue // the release that was rolled back from may have had them deleted
		}
		m, err := decodeManifest(entry(name), data.body)
		if err != nil {
			return fmt.Errorf("manifest of %s: %w", name, err)
		}
		if want := pageOf(m.build(), entry(name)); i == 0 && string(want.body) != string(index.body) {
			return fmt.Errorf("index.html is not that of %s", name)
		}
		for _, f := range m.build().assets() {
			o, ok := b[f.Path]
			if !ok || o.sha256 != f.checksum() && !isMap(f.Path) || o.cache != f.cacheControl() || o.kind != f.Type {
				return fmt.Errorf("%s of release %s (%d before the current one) is missing or not what it should be", f.Path, name, i)
			}
		}
	}
	return nil
}

// current is the short id of the release in place at a tenant.
func (w *world) current(tenant string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return entry(w.buckets[site(tenant).Bucket][indexKey].metadata[metaRelease]).release()
}

// keys of a tenant's bucket that begin with a prefix, without the times in names.
func (w *world) keys(tenant, prefix string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(w.buckets[site(tenant).Bucket])) {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	return keys
}

// always checks after every call that the page of a tenant is whole.
func (w *world) always(t testing.TB, tenant string) {
	w.after = func(c call) error {
		if err := w.whole(site(tenant).Bucket); err != nil {
			t.Errorf("after call %d, %s %s of %s: %v", c.n, c.name, c.what, c.client, err)
		}
		return nil
	}
}

// back rolls the tenant acme back.
func (r *Releaser) back(b Back) []Result {
	return orFailed(r.Rollback(context.Background(), b, []Site{site("acme")}))
}

// orFailed are the results, or one with the error that there are none.
func orFailed(results []Result, err error) []Result {
	if err != nil {
		return []Result{{Action: Failed, Err: err}}
	}
	return results
}

// ok wants results without errors.
func ok(t testing.TB, results []Result) []Result {
	t.Helper()
	for _, r := range results {
		if r.Err != nil {
			t.Fatalf("tenant %s: %s: %v", r.Tenant, r.Action, r.Err)
		}
	}
	return results
}
