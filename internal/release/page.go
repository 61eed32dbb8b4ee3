package release

import (
	"fmt"
	"slices"
)

// pageOf is index.html as it is stored for an entry: that of the build, and a comment with the entry after its end, where HTML
// allows comments (HTML Living Standard, "Writing HTML documents"). S3 decides by the ETag whether the page is still the one
// that was read, and the ETag is made of the content alone: without the comment the one of a build that comes a second time
// would be the same again, and a release that began before everything in between would replace it.
func pageOf(b *Build, e entry) File {
	return newFile(indexKey, fmt.Appendf(slices.Clip(b.index), "\n<!-- %s -->\n", e), contentTypes[".html"])
}

// shows reports whether a page is that of a build. Earlier versions of tenantctl stored it without the comment; such a page is
// as good, and what replaces it has one.
func (u *run) shows(p page, b *Build) bool {
	if p.current.release() != b.Release() {
		return false
	}
	bare := newFile(indexKey, b.index, contentTypes[".html"])
	return u.hasContent(p.sha256, p.etag, pageOf(b, p.current)) || u.hasContent(p.sha256, p.etag, bare)
}
