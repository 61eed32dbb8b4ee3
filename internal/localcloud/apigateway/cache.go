package apigateway

import (
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	defaultAuthorizerTTL = 300 * time.Second
	// maxCached bounds the answers that are kept of one authorizer in one stage.
	maxCached = 10_000
)

// authorizerCache keeps the answers of an authorizer in a stage (API Gateway Developer Guide,
// "Configure an API Gateway Lambda authorizer": caching). Only policies are kept, also those that deny.
type authorizerCache struct {
	flights singleflight.Group

	mu      sync.RWMutex
	entries map[string]*authorization
}

func newAuthorizerCache() *authorizerCache {
	return &authorizerCache{entries: map[string]*authorization{}}
}

func (c *authorizerCache) get(key string, now time.Time) *authorization {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if a := c.entries[key]; a != nil && now.Before(a.expires) {
		return a
	}
	return nil
}

// put keeps an answer. A full cache loses what has expired, and everything if that is nothing.
func (c *authorizerCache) put(key string, a *authorization, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.entries) >= maxCached {
		for k, old := range c.entries {
			if !now.Before(old.expires) {
				delete(c.entries, k)
			}
		}
		if len(c.entries) >= maxCached {
			clear(c.entries)
		}
	}
	c.entries[key] = a
}
