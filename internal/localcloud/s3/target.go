package s3

import (
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// target is the bucket and the key of a request; both may be empty.
type target struct{ bucket, key string }

var (
	// awsHost is a bucket's host name at AWS (S3 User Guide, "Virtual hosting of general purpose
	// buckets"); without a bucket it is the endpoint's.
	awsHost = regexp.MustCompile(`^(?:(.+)\.)?s3(?:[.-](?:dualstack\.|fips\.|accelerate\.)?[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?$`)
	// localHost is a bucket's host name here, such as bucket.aws.localhost or bucket.s3.eu-central-1.localhost.
	localHost = regexp.MustCompile(`^(?:(.+?)\.)?(?:s3(?:[.-][a-z0-9-]+)*|[a-z0-9-]+)\.localhost$`)
)

// hostBucket is the bucket that the host name has, empty for path-style requests.
func hostBucket(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return ""
	}
	for _, pattern := range []*regexp.Regexp{awsHost, localHost} {
		if m := pattern.FindStringSubmatch(host); m != nil && m[1] != "s3" {
			return m[1]
		}
	}
	return ""
}

// parseTarget takes the path literally after one percent-decoding, which net/http has done: no dot
// segment, empty segment or slash has a meaning in a key.
func parseTarget(r *http.Request) (target, *gate.Error) {
	path, ok := strings.CutPrefix(r.URL.Path, "/")
	if !ok || r.URL.Opaque != "" {
		return target{}, fault(http.StatusBadRequest, "InvalidURI", "Couldn't parse the specified URI.")
	}
	if bucket := hostBucket(r.Host); bucket != "" {
		return target{bucket, path}, nil
	}
	bucket, key, slash := strings.Cut(path, "/")
	if bucket == "" && slash {
		return target{}, errInvalidBucket
	}
	return target{bucket, key}, nil
}
