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

// expireVersions looks at all versions in order: of one key the latest is first.
func (s *Service) expireVersions(ctx context.Context, b *bucket) error {
	x := expiration{s: s, b: b, now: s.now()}
	keyMarker, idMarker := "", ""
	for {
		query := versionsQuery("", "", keyMarker, idMarker, maxPage)
		listed, problem := s.versions(ctx, b.Name, query)
		if problem != nil {
			return problem
		}
		all := append(listed.Versions, listed.DeleteMarkers...)
		slices.SortStableFunc(all, func(a, b engineVersion) int {
			if before(a, b) {
				return -1
			}
			return 1
		})
		markers := map[string]bool{}
		for _, m := range listed.DeleteMarkers {
			markers[m.Key+"\x00"+m.VersionID] = true
		}
		for _, v := range all {
			if err := x.version(ctx, v, markers[v.Key+"\x00"+v.VersionID]); err != nil {
				return err
			}
		}
		if !listed.IsTruncated {
			return x.flush(ctx)
		}
		next, err := keyOf(listed.NextKeyMarker)
		if err != nil {
			return err
		}
		keyMarker, idMarker = next, listed.NextVersionIDMarker
	}
}

// expiration goes over the versions of a bucket.
type expiration struct {
	s   *Service
	b   *bucket
	now time.Time
	// name of the key that is looked at, when its version before was replaced, and how many noncurrent ones were seen.
	name     string
	replaced time.Time
	newer    int
	// marker is a latest delete marker that nothing has followed yet.
	marker *engineVersion
}

func (x *expiration) version(ctx context.Context, v engineVersion, marker bool) error {
	key, err := keyOf(v.Key)
	if err != nil {
		return err
	}
	if v.Key != x.name {
		if err := x.flush(ctx); err != nil {
			return err
		}
		x.name, x.newer = v.Key, 0
	} else {
		x.marker = nil
	}
	replaced := x.replaced
	x.replaced = v.LastModified
	for _, r := range x.b.Lifecycle {
		switch {
		case v.IsLatest && marker:
			x.marker = &v
		case v.IsLatest && r.expires(key, v.LastModified, x.now):
			return x.remove(ctx, v.Key, "")
		case !v.IsLatest && r.covers(key) && r.Noncurrent > 0 && x.newer >= r.Newer && !x.now.Before(due(replaced, r.Noncurrent)):
			return x.remove(ctx, v.Key, v.VersionID)
		}
	}
	if !v.IsLatest {
		x.newer++
	}
	return nil
}

// flush removes a delete marker that has no versions below it.
func (x *expiration) flush(ctx context.Context) error {
	m := x.marker
	if x.marker = nil; m == nil {
		return nil
	}
	key, err := keyOf(m.Key)
	if err != nil {
		return err
	}
	for _, r := range x.b.Lifecycle {
		if r.covers(key) && (r.Markers || r.expires(key, m.LastModified, x.now)) {
			return x.remove(ctx, m.Key, m.VersionID)
		}
	}
	return nil
}

// remove removes a version, or puts a delete marker on a versioned object.
func (x *expiration) remove(ctx context.Context, name, version string) error {
	query := url.Values{}
	if version != "" {
		query.Set("versionId", version)
	}
	_, _, problem := x.s.engine.read(ctx, engineRequest{method: http.MethodDelete, bucket: x.b.Name, name: name, query: query})
	if problem != nil && problem.Status != http.StatusNotFound && problem.Status != http.StatusForbidden { // retained
		return problem
	}
	return nil
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
