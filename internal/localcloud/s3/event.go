package s3

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Event says that an object was created or removed.
type Event struct {
	// Name such as ObjectCreated:Put (S3 User Guide, "Event notification types and destinations").
	Name string
	// Bucket, with its owner and region, and Key.
	Bucket, Account, Region, Key string
	// Size in bytes, ETag and VersionID of the object; not of one that was removed.
	Size            int64
	ETag, VersionID string
	// Time of the change.
	Time time.Time
	// Principal is who did it; empty for anonymous requests. RequestID of the request.
	Principal, RequestID string
	// Functions are the ARNs of the functions that the bucket's notifications name for it.
	Functions []string
}

// notification names a function for some events.
type notification struct {
	Event, Function string
	Prefix, Suffix  string
}

// notificationProperties is LambdaConfiguration of a template.
type notificationProperties struct {
	Event, Function string
	Filter          struct {
		S3Key struct {
			Rules []struct{ Name, Value string }
		}
	}
}

func (p notificationProperties) notification() notification {
	n := notification{Event: p.Event, Function: p.Function}
	for _, rule := range p.Filter.S3Key.Rules {
		if strings.EqualFold(rule.Name, "prefix") {
			n.Prefix = rule.Value
		} else {
			n.Suffix = rule.Value
		}
	}
	return n
}

// covers says whether it is about an event: s3:ObjectCreated:* is about all that begin so.
func (n notification) covers(event, key string) bool {
	pattern := strings.TrimPrefix(n.Event, "s3:")
	kind, all := strings.CutSuffix(pattern, "*")
	return (pattern == event || all && strings.HasPrefix(event, kind)) && strings.HasPrefix(key, n.Prefix) && strings.HasSuffix(key, n.Suffix)
}

// tell reports an event.
func (s *Service) tell(c *call, e Event) {
	if s.onObject == nil {
		return
	}
	e.Bucket, e.Account, e.Region, e.Time, e.RequestID = c.bucket.Name, c.bucket.Account, c.bucket.Region, s.now(), c.id
	if c.caller != nil {
		e.Principal = c.caller.ARN
	}
	for _, n := range c.bucket.Notifications {
		if n.covers(e.Name, e.Key) {
			e.Functions = append(e.Functions, n.Function)
		}
	}
	s.onObject(e)
}

// tellStored reports an object whose size and tag the request does not have.
func (s *Service) tellStored(c *call, event, version string) {
	if s.onObject == nil {
		return
	}
	e := Event{Name: event, Key: c.target.key, VersionID: version}
	if name, problem := c.stored(); problem == nil {
		query := url.Values{}
		if version != "" {
			query.Set("versionId", version)
		}
		if response, _, problem := s.engine.read(c.ctx, engineRequest{method: http.MethodHead, bucket: c.bucket.Name, name: name, query: query}); problem == nil {
			e.Size, e.ETag = response.ContentLength, response.Header.Get("Etag")
		}
	}
	s.tell(c, e)
}
