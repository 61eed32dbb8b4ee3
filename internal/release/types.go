package release

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// contentTypes are what is served, by extension. Types are never guessed from content: with
// nosniff a browser refuses a script or style sheet of another type, and a guess may differ
// from one machine to the next.
var contentTypes = map[string]string{
	".css":         "text/css; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".ico":         "image/x-icon",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".map":         "application/json",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".txt":         "text/plain; charset=utf-8",
	".webmanifest": "application/manifest+json",
	".webp":        "image/webp",
	".woff2":       "font/woff2",
}

// extensions are those of the table, for messages.
func extensions() string { return strings.Join(slices.Sorted(maps.Keys(contentTypes)), " ") }

// isMap says whether a file is a source map. Its name has the hash of the script or style sheet that it is of, so it may change
// while its name does not, as after a change in a comment. Only developer tools ask for it, and no page needs it.
func isMap(name string) bool { return path.Ext(name) == ".map" }

// cacheControl of a file.
func (f File) cacheControl() string {
	if strings.HasPrefix(f.Path, assetsPrefix) && !isMap(f.Path) {
		return forever
	}
	return revalidate
}

// Cache-Control of what is uploaded.
const (
	// forever is for assets, whose names change with their content (RFC 8246 for immutable).
	forever = "public, max-age=31536000, immutable"
	// revalidate is for index.html, config.json and source maps: browsers ask each time. CloudFront keeps them
	// for the minimum TTL of the cache policy nevertheless, which is 1 second with the managed policy
	// CachingOptimized, so a release is seen at once even before its invalidation (CloudFront Developer Guide,
	// "Manage how long content stays in the cache" and "Use managed cache policies").
	revalidate = "no-cache"
)
