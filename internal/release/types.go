package release

import (
	"bytes"
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tenantstack/tenantstack/plan"
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
	".xml":         "application/xml",
}

// extensions are those of the table, for messages.
func extensions() string { return strings.Join(slices.Sorted(maps.Keys(contentTypes)), " ") }

// isTypedByContent reports whether the type of a file follows from its content, as of names that others have chosen and that
// have no extension, such as .well-known/openid-configuration and apple-app-site-association.
func isTypedByContent(name string) bool {
	return plan.IsFixedFile(name) && (path.Ext(name) == "" || strings.HasPrefix(name, ".well-known/"))
}

// typeByContent is the type of a JSON document or of other text, and empty for anything else.
func typeByContent(body []byte) string {
	switch {
	case json.Valid(body):
		return contentTypes[".json"]
	case utf8.Valid(body) && !bytes.ContainsRune(body, 0):
		return contentTypes[".txt"]
	}
	return ""
}

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
	// revalidate is for index.html, config.json, files with fixed names and source maps: browsers ask each time. CloudFront keeps them
	// for the minimum TTL of the cache policy nevertheless, which is 1 second with the managed policy
	// CachingOptimized, so a release is seen at once even before its invalidation (CloudFront Developer Guide,
	// "Manage how long content stays in the cache" and "Use managed cache policies").
	revalidate = "no-cache"
)
