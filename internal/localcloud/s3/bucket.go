package s3

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/cloudfront"
)

// bucket is a bucket with its settings. It does not change: a change replaces it.
type bucket struct {
	Name, Account, Region string
	Created               time.Time
	// Policy is nil if there is none.
	Policy       json.RawMessage `json:",omitempty"`
	PublicAccess publicAccess
	CORS         []corsRule `json:",omitempty"`
	// Versioning is empty, Enabled or Suspended.
	Versioning    string            `json:",omitempty"`
	Lifecycle     []lifecycleRule   `json:",omitempty"`
	Tags          map[string]string `json:",omitempty"`
	Ownership     string            `json:",omitempty"`
	Encryption    encryption
	Notifications []notification `json:",omitempty"`
	// ObjectLock says that objects can be protected from deletion.
	ObjectLock bool `json:",omitempty"`
	// Retired buckets have left the templates; their data is kept for the account that comes back.
	Retired bool `json:",omitempty"`

	// policies is Policy as the gate takes it; public says that it grants to everyone.
	policies []iam.Document
	public   bool
	// tagged says that the policy asks for the tags that an object has.
	tagged bool
}

// publicAccess is PublicAccessBlockConfiguration.
type publicAccess struct {
	BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets bool
}

// allBlocked is what a new bucket has (S3 User Guide, "Blocking public access to your Amazon S3 storage").
var allBlocked = publicAccess{true, true, true, true}

// encryption is the default encryption of new objects.
type encryption struct{ Algorithm, Key string }

// arn of the bucket, or of an object in it.
func (b *bucket) arn(key string) string {
	arn := "arn:" + partition(b.Region) + ":s3:::" + b.Name
	if key != "" {
		arn += "/" + key
	}
	return arn
}

// partition of a region (AWS General Reference, "Amazon Resource Names").
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

var (
	bucketName  = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	addressLike = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$`)
)

// validBucket says whether a name may be a bucket's (S3 User Guide, "General purpose bucket naming rules").
func validBucket(name string) bool {
	return bucketName.MatchString(name) && !strings.Contains(name, "..") && !addressLike.MatchString(name)
}

// prepare computes what follows from the settings.
func (b *bucket) prepare() error {
	b.policies, b.public, b.tagged = nil, false, false
	if b.Policy == nil {
		return nil
	}
	document, err := iam.Parse(b.Policy, iam.Resource)
	if err != nil {
		return err
	}
	document = forIdentities(document, cloudfront.CanonicalUser)
	b.policies, b.public = []iam.Document{document}, isPublic(document)
	b.tagged = asksForTags(b.policies)
	return nil
}

// registry keeps the buckets in a file, since those that users make are in no template.
type registry struct {
	path string
	// buckets is read by every request and replaced by every change.
	buckets atomic.Pointer[map[string]*bucket]
	mu      sync.Mutex
}

func openRegistry(path string) (*registry, error) {
	r := &registry{path: path}
	buckets := map[string]*bucket{}
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &buckets)
	} else if os.IsNotExist(err) {
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the buckets from %s: %w", path, err)
	}
	for name, b := range buckets {
		if err := b.prepare(); err != nil {
			return nil, fmt.Errorf("reading the policy of bucket %s from %s: %w", name, path, err)
		}
	}
	r.buckets.Store(&buckets)
	return r, nil
}

// get finds a bucket that is in use.
func (r *registry) get(name string) *bucket {
	if b := (*r.buckets.Load())[name]; b != nil && !b.Retired {
		return b
	}
	return nil
}

func (r *registry) all() map[string]*bucket { return *r.buckets.Load() }

// change replaces a bucket by what f makes of it: of nil if there is none, and nil removes it.
// What f gets is a copy. Nothing changes if f fails.
func (r *registry) change(name string, f func(*bucket) (*bucket, error)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := *r.buckets.Load()
	var current *bucket
	if b := old[name]; b != nil {
		c := *b
		current = &c
	}
	next, err := f(current)
	if err != nil {
		return err
	}
	buckets := make(map[string]*bucket, len(old)+1)
	for k, v := range old {
		buckets[k] = v
	}
	if delete(buckets, name); next != nil {
		if err := next.prepare(); err != nil {
			return err
		}
		buckets[name] = next
	}
	if err := r.write(buckets); err != nil {
		return err
	}
	r.buckets.Store(&buckets)
	return nil
}

func (r *registry) write(buckets map[string]*bucket) error {
	data, err := json.MarshalIndent(buckets, "", "\t")
	if err != nil {
		return fmt.Errorf("writing the buckets: %w", err)
	}
	if old, err := os.ReadFile(r.path); err == nil && string(old) == string(data) {
		return nil
	}
	temporary := filepath.Join(filepath.Dir(r.path), "buckets.new")
	if err := os.WriteFile(temporary, data, 0o600); err != nil {
		return fmt.Errorf("writing the buckets: %w", err)
	}
	if err := os.Rename(temporary, r.path); err != nil {
		return fmt.Errorf("writing the buckets: %w", err)
	}
	return nil
}
