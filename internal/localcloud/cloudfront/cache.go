package cloudfront

import (
	"container/list"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// maxObject is the largest body that is kept, and maxCache the sum of all, in bytes.
	maxObject = 16 << 20
	maxCache  = 128 << 20
	// entryOverhead of an object without body: headers and key, roughly.
	entryOverhead = 1024
)

// entry is a kept answer of an origin. It is not modified.
type entry struct {
	key          string
	distribution string
	path         string // path and query, as invalidations name it
	status       int
	header       http.Header
	body         []byte
	etag         string // the origin's, before compression made it weak
	stored       time.Time
	age          time.Duration // that it had when it was stored
	expires      time.Time
}

// cache keeps answers, the ones used last the longest.
type cache struct {
	mu      sync.Mutex
	entries map[string]*list.Element
	order   *list.List // the front was used last
	size    int
}

func newCache() *cache { return &cache{entries: map[string]*list.Element{}, order: list.New()} }

func (c *cache) get(key string) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*entry)
}

func (c *cache) put(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.entries[e.key]; ok {
		c.remove(old)
	}
	c.entries[e.key] = c.order.PushFront(e)
	c.size += len(e.body) + entryOverhead
	for c.size > maxCache {
		c.remove(c.order.Back())
	}
}

func (c *cache) remove(element *list.Element) {
	e := c.order.Remove(element).(*entry)
	delete(c.entries, e.key)
	c.size -= len(e.body) + entryOverhead
}

// invalidate forgets what a distribution keeps under paths, which may end with an asterisk.
func (c *cache) invalidate(distribution string, paths []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, element := range c.entries {
		e := element.Value.(*entry)
		if e.distribution != distribution {
			continue
		}
		for _, path := range paths {
			if matchesInvalidation(path, e.path) {
				c.remove(element)
				break
			}
		}
	}
}

// matchesInvalidation holds the path of an object against one of an invalidation. An asterisk counts at
// the end only. Without a query in it a path means the object with any (CloudFront Developer
// Guide, "What you need to know when invalidating files").
func matchesInvalidation(pattern, path string) bool {
	if !strings.HasPrefix(pattern, "/") {
		pattern = "/" + pattern
	}
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(path, prefix)
	}
	if path == pattern {
		return true
	}
	plain, _, hasQuery := strings.Cut(path, "?")
	return hasQuery && !strings.Contains(pattern, "?") && plain == pattern
}
