package s3

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// lifecycleRule removes what is old (S3 User Guide, "Lifecycle configuration elements"). Days that are
// zero are not set.
type lifecycleRule struct {
	ID      string `json:",omitempty"`
	Enabled bool
	Prefix  string `json:",omitempty"`
	// Days until objects expire, or Date at which they do.
	Days int       `json:",omitempty"`
	Date time.Time `json:",omitzero"`
	// Noncurrent days until versions that are replaced are removed, of which Newer are kept.
	Noncurrent int `json:",omitempty"`
	Newer      int `json:",omitempty"`
	// Abort days until unfinished uploads are.
	Abort int `json:",omitempty"`
	// Markers says that delete markers without versions are removed.
	Markers bool `json:",omitempty"`
	// Narrow rules name tags or sizes and are not applied here.
	Narrow bool `json:",omitempty"`
}

// lifecycleProperties is Rule of a template (CloudFormation Template Reference, "AWS::S3::Bucket Rule").
type lifecycleProperties struct {
	Id, Status, Prefix             string
	ExpirationInDays               int
	ExpirationDate                 string
	ExpiredObjectDeleteMarker      bool
	NoncurrentVersionExpiration    struct{ NoncurrentDays, NewerNoncurrentVersions int }
	AbortIncompleteMultipartUpload struct{ DaysAfterInitiation int }
	TagFilters                     []any
	ObjectSizeGreaterThan          string
	ObjectSizeLessThan             string
}

func (p lifecycleProperties) rule() (lifecycleRule, error) {
	r := lifecycleRule{
		ID: p.Id, Enabled: p.Status == "Enabled", Prefix: p.Prefix, Days: p.ExpirationInDays, Markers: p.ExpiredObjectDeleteMarker,
		Noncurrent: p.NoncurrentVersionExpiration.NoncurrentDays, Newer: p.NoncurrentVersionExpiration.NewerNoncurrentVersions,
		Abort:  p.AbortIncompleteMultipartUpload.DaysAfterInitiation,
		Narrow: len(p.TagFilters) > 0 || p.ObjectSizeGreaterThan != "" || p.ObjectSizeLessThan != "",
	}
	if p.Status != "Enabled" && p.Status != "Disabled" {
		return r, fmt.Errorf("the lifecycle rule %q has Status %q, want Enabled or Disabled", p.Id, p.Status)
	}
	if p.ExpirationDate != "" {
		var err error
		if r.Date, err = time.Parse(time.RFC3339, p.ExpirationDate); err != nil {
			return r, fmt.Errorf("the lifecycle rule %q has ExpirationDate %q: %w", p.Id, p.ExpirationDate, err)
		}
	}
	return r, nil
}

// due is the time at which something that began at start has been there for some days: midnight UTC
// after them (S3 User Guide, "Setting lifecycle configuration on a bucket": rounding).
func due(start time.Time, days int) time.Time {
	return start.UTC().AddDate(0, 0, days).Truncate(24 * time.Hour).Add(24 * time.Hour)
}

func (r lifecycleRule) covers(key string) bool {
	return r.Enabled && !r.Narrow && strings.HasPrefix(key, r.Prefix)
}

// expires says whether the current version of an object is to go.
func (r lifecycleRule) expires(key string, modified, now time.Time) bool {
	return r.covers(key) && (r.Days > 0 && !now.Before(due(modified, r.Days)) || !r.Date.IsZero() && !now.Before(r.Date))
}

// expireHourly applies the rules at the start and every hour.
func (s *Service) expireHourly(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		s.expire(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// expire applies the rules of all buckets once.
func (s *Service) expire(ctx context.Context) {
	for name, b := range s.buckets.all() {
		if b.Retired || !slices.ContainsFunc(b.Lifecycle, func(r lifecycleRule) bool { return r.Enabled && !r.Narrow }) {
			continue
		}
		if err := s.expireVersions(ctx, b); err != nil && ctx.Err() == nil {
			s.log("expiring objects of bucket " + name + ": " + err.Error())
		}
		if err := s.abortUploads(ctx, b); err != nil && ctx.Err() == nil {
			s.log("aborting uploads to bucket " + name + ": " + err.Error())
		}
	}
}

// expireVersions looks at all versions in order: of one key the latest is first. What is to go goes
// when all are seen, so that the listing stays as it is.
func (s *Service) expireVersions(ctx context.Context, b *bucket) error {
	x := expiration{b: b, now: s.now()}
	var bad error
	problem := s.eachVersion(ctx, b.Name, versionStart{}, func(v versionItem) bool {
		key, err := keyOf(v.Key)
		if err != nil {
			bad = err
			return false
		}
		x.add(key, v)
		return true
	})
	if problem != nil {
		return problem
	}
	x.endKey()
	for _, v := range x.removed {
		query := url.Values{}
		if v.VersionID != "" {
			query.Set("versionId", v.VersionID)
		}
		_, _, problem := s.engine.read(ctx, engineRequest{method: http.MethodDelete, bucket: b.Name, name: v.Key, query: query})
		if problem != nil && problem.Status != http.StatusNotFound && problem.Status != http.StatusForbidden { // retained
			return problem
		}
	}
	return bad
}

// expiration goes over the versions of a bucket.
type expiration struct {
	b   *bucket
	now time.Time
	// removed are the stored names and versions to remove; without a version the object gets a delete marker.
	removed []engineVersion

	// key that is looked at, its versions so far, and since when the next one is not current.
	key      string
	seen     int
	replaced time.Time
	// marker is the delete marker that is the key's latest version, if it is one.
	marker *versionItem
	newer  int
}

// add looks at the next version.
func (x *expiration) add(key string, v versionItem) {
	if x.seen == 0 || key != x.key {
		x.endKey()
		x.key, x.seen, x.newer, x.marker = key, 0, 0, nil
	}
	replaced := x.replaced
	x.replaced = v.LastModified
	x.seen++
	if v.IsLatest && v.marker {
		x.marker = &v
		return
	}
	if !v.IsLatest {
		defer func() { x.newer++ }()
	}
	for _, r := range x.b.Lifecycle {
		switch {
		case v.IsLatest && r.expires(key, v.LastModified, x.now):
			x.removed = append(x.removed, engineVersion{Key: v.Key})
			return
		case !v.IsLatest && r.covers(key) && r.Noncurrent > 0 && x.newer >= r.Newer && !x.now.Before(due(replaced, r.Noncurrent)):
			x.removed = append(x.removed, engineVersion{Key: v.Key, VersionID: v.VersionID})
			return
		}
	}
}

// endKey removes a delete marker that is all that is left of an object.
func (x *expiration) endKey() {
	if x.marker == nil || x.seen > 1 {
		return
	}
	for _, r := range x.b.Lifecycle {
		if r.covers(x.key) && (r.Markers || r.expires(x.key, x.marker.LastModified, x.now)) {
			x.removed = append(x.removed, engineVersion{Key: x.marker.Key, VersionID: x.marker.VersionID})
			return
		}
	}
}

func (s *Service) abortUploads(ctx context.Context, b *bucket) error {
	c := &call{s: s, ctx: ctx, bucket: b}
	listed, problem := s.uploads(c, url.Values{"uploads": {""}, "max-uploads": {"1000"}})
	if problem != nil {
		return problem
	}
	for _, u := range listed.Uploads {
		if !slices.ContainsFunc(b.Lifecycle, func(r lifecycleRule) bool {
			return r.covers(u.Key) && r.Abort > 0 && !s.now().Before(due(u.Initiated, r.Abort))
		}) {
			continue
		}
		name, problem := storedKey(u.Key)
		if problem != nil {
			return problem
		}
		_, _, problem = s.engine.read(ctx, engineRequest{method: http.MethodDelete, bucket: b.Name, name: name, query: url.Values{"uploadId": {u.UploadID}}})
		if problem != nil && problem.Status != http.StatusNotFound {
			return problem
		}
	}
	return nil
}

type lifecycleResult struct {
	XMLName   xml.Name     `xml:"LifecycleConfiguration"`
	Namespace string       `xml:"xmlns,attr"`
	Rules     []listedRule `xml:"Rule"`
}

type listedRule struct {
	ID         string `xml:",omitempty"`
	Filter     struct{ Prefix string }
	Status     string
	Expiration *struct {
		Days                      int    `xml:",omitempty"`
		Date                      string `xml:",omitempty"`
		ExpiredObjectDeleteMarker bool   `xml:",omitempty"`
	}
	Noncurrent *struct {
		NoncurrentDays          int
		NewerNoncurrentVersions int `xml:",omitempty"`
	} `xml:"NoncurrentVersionExpiration"`
	Abort *struct{ DaysAfterInitiation int } `xml:"AbortIncompleteMultipartUpload"`
}

func (c *call) getLifecycle() *gate.Error {
	if len(c.bucket.Lifecycle) == 0 {
		return notSet("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")
	}
	result := lifecycleResult{Namespace: namespace}
	for _, r := range c.bucket.Lifecycle {
		result.Rules = append(result.Rules, r.listed())
	}
	return c.writeXML(http.StatusOK, result)
}

func (r lifecycleRule) listed() listedRule {
	out := listedRule{ID: r.ID, Status: "Disabled"}
	out.Filter.Prefix = r.Prefix
	if r.Enabled {
		out.Status = "Enabled"
	}
	if r.Days > 0 || !r.Date.IsZero() || r.Markers {
		out.Expiration = &struct {
			Days                      int    `xml:",omitempty"`
			Date                      string `xml:",omitempty"`
			ExpiredObjectDeleteMarker bool   `xml:",omitempty"`
		}{Days: r.Days, ExpiredObjectDeleteMarker: r.Markers}
		if !r.Date.IsZero() {
			out.Expiration.Date = timestamp(r.Date)
		}
	}
	if r.Noncurrent > 0 {
		out.Noncurrent = &struct {
			NoncurrentDays          int
			NewerNoncurrentVersions int `xml:",omitempty"`
		}{r.Noncurrent, r.Newer}
	}
	if r.Abort > 0 {
		out.Abort = &struct{ DaysAfterInitiation int }{r.Abort}
	}
	return out
}
