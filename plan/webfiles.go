package plan

import "regexp"

// fixedNames are the files of a site whose names cannot have a hash, as regular expressions: clients ask for them by these very
// names at the top of a site. Any other path there is one of the application's own routes, whatever it looks like. The set is
// closed, since the function that decides runs for every tenant and knows nothing of a bucket (docs/decisions.md, 52).
const fixedNames = `favicon(-\d+x\d+)?\.(ico|png|svg)|apple-touch-icon(-\d+x\d+)?(-precomposed)?\.png` +
	`|(android-chrome|maskable-icon|mstile|pwa)-\d+x\d+\.png|safari-pinned-tab\.svg` +
	`|(manifest|site)\.webmanifest|manifest\.json|browserconfig\.xml|opensearch\.xml` +
	`|(sw|service-worker|firebase-messaging-sw)\.js` +
	`|(robots|humans|security|ads|app-ads|llms|llms-full)\.txt|sellers\.json|sitemap[\w-]*\.xml` +
	`|google[0-9a-f]{16}\.html|yandex_[0-9a-f]{16}\.html|BingSiteAuth\.xml` +
	`|apple-app-site-association|\.well-known\/.+`

// WebFilePattern matches the paths that a site answers with files of its bucket; it answers any other with index.html. It is a
// regular expression of both Go and JavaScript: constructs/router.js has the same, which a test compares.
const WebFilePattern = `^\/(assets\/.+|config\.json|` + fixedNames + `)$`

var fixedFile = regexp.MustCompile(`^(` + fixedNames + `)$`)

// IsFixedFile reports whether a file of a build, by its path below the folder of the build, is one that clients ask for by its
// name: favicon.ico, robots.txt, what is below .well-known/ (RFC 8615) and a few others.
func IsFixedFile(path string) bool { return fixedFile.MatchString(path) }
