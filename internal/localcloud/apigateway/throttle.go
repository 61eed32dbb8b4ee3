package apigateway

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// What an account has if a stage sets only one of the two (API Gateway Developer Guide, "Amazon API
// Gateway quotas": throttle quota per account).
const (
	accountRate  = 10000
	accountBurst = 5000
)

// methodSetting is an element of a stage's MethodSettings.
type methodSetting struct {
	HttpMethod, ResourcePath string
	ThrottlingRateLimit      *float64
	ThrottlingBurstLimit     *int
}

// throttle holds the token buckets of a stage (API Gateway Developer Guide, "Throttle requests to
// your REST APIs for better throughput in API Gateway").
type throttle struct {
	now      func() time.Time
	stage    *rate.Limiter
	byMethod map[string]*rate.Limiter // by method and resource path, such as GET /cats
}

// newThrottle reads the settings. Those of the path /* and the method * hold for the stage; others
// hold for their methods alone, in their place.
func newThrottle(settings []methodSetting, now func() time.Time) (*throttle, error) {
	t := &throttle{now: now, byMethod: map[string]*rate.Limiter{}}
	for _, setting := range settings {
		if setting.ThrottlingRateLimit == nil && setting.ThrottlingBurstLimit == nil {
			continue
		}
		limiter := newLimiter(setting)
		path := strings.ReplaceAll(setting.ResourcePath, "~1", "/")
		if strings.HasPrefix(path, "//") {
			path = path[1:]
		}
		if path == "/*" || path == "*" {
			if setting.HttpMethod != "*" {
				return nil, fmt.Errorf("MethodSettings: the path /* has the method %q, want *", setting.HttpMethod)
			}
			t.stage = limiter
			continue
		}
		if !strings.HasPrefix(path, "/") {
			return nil, fmt.Errorf("MethodSettings: the path %q does not begin with /", setting.ResourcePath)
		}
		t.byMethod[strings.ToUpper(setting.HttpMethod)+" "+path] = limiter
	}
	return t, nil
}

// newLimiter is nil where a limit is negative, which lifts it.
func newLimiter(setting methodSetting) *rate.Limiter {
	limit, burst := rate.Limit(accountRate), accountBurst
	if setting.ThrottlingRateLimit != nil {
		limit = rate.Limit(*setting.ThrottlingRateLimit)
	}
	if setting.ThrottlingBurstLimit != nil {
		burst = *setting.ThrottlingBurstLimit
	}
	if limit < 0 || burst < 0 {
		return nil
	}
	return rate.NewLimiter(limit, burst)
}

// allow takes a token for a request to a method.
func (t *throttle) allow(m *method, httpMethod string) bool {
	limiter := t.stage
	for _, name := range [...]string{httpMethod, m.httpMethod, "*"} {
		if own, ok := t.byMethod[name+" "+m.resourcePath]; ok {
			limiter = own
			break
		}
	}
	return limiter == nil || limiter.AllowN(t.now(), 1)
}
