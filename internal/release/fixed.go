package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tenantstack/tenantstack/plan"
)

// Files with fixed names, such as robots.txt, are the only ones of a build whose content changes under a name. There is one of each
// in the bucket, that of the release in place, so what a rollback needs of them is in the manifests. They follow the page:
//
//   - one that is not there is put before the page, which may refer to it;
//   - one that changes is put after the page, on the condition that it is still the one that was listed, so that two releases at
//     the same time end with the files of the one whose page is in place, and a new service worker never keeps an old page;
//   - one that the release does not have is deleted after that, announced as assets are (prune.go).
//
// What somebody else has put under such a name stays until a build has a file of that name.

// maxFixed bounds all files with fixed names of a build together, which every manifest holds.
const maxFixed = 1 << 20

// isFixed reports whether a file has a fixed name.
func (f File) isFixed() bool { return plan.IsFixedFile(f.Path) }

// fixed are the files with fixed names.
func (b *Build) fixed() []File {
	return slices.DeleteFunc(slices.Clone(b.Files), func(f File) bool { return !f.isFixed() })
}

// putAbsent puts the files with fixed names that are not there. Where another release does the same, the page decides later.
func (u *run) putAbsent(ctx context.Context, l *listing, files []File) error {
	for _, f := range files {
		if l.has(f.Path) {
			continue
		}
		if err := u.putFixed(ctx, l, f); err != nil && !errors.Is(err, errOvertaken) {
			return err
		}
	}
	return nil
}

// putFixed puts a file in the place of the one that was listed.
func (u *run) putFixed(ctx context.Context, l *listing, f File) error {
	etag := l.objects[f.Path].etag
	put, err := u.putIf(ctx, f, etag)
	var not *unconditional
	if etag == "" && errors.As(err, &not) {
		// Some refuse this where a release has deleted the file before (versitygw 1.8, of a delete marker). It is put nevertheless, since
		// settleFixed looks at it again; a page is never put so.
		err = u.put(ctx, f)
		put = err == nil
	}
	if err != nil {
		return err
	}
	if !put {
		return errOvertaken
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.uploaded[f.Path] = true
	u.result.Files++
	u.result.Bytes += f.Size
	return nil
}

// settleFixed puts the files with fixed names of the page that is in place, and returns a listing with them. It ends when the page
// is another release's, whose files these then are.
func (u *run) settleFixed(ctx context.Context, l *listing, p page, t *target) (*listing, page, error) {
	for range attempts {
		if p.current != t.entry {
			return l, p, nil
		}
		missing, err := u.missing(ctx, l, t.build.fixed())
		if err != nil || len(missing) == 0 {
			return l, p, err
		}
		for _, f := range missing {
			if err = u.putFixed(ctx, l, f); err != nil {
				break
			}
		}
		if err != nil && !errors.Is(err, errOvertaken) {
			return l, p, err
		}
		if l, err = u.list(ctx, ""); err != nil {
			return l, p, err
		}
		if p, err = u.page(ctx); err != nil {
			return l, p, err
		}
	}
	return l, p, fmt.Errorf("files of release %s change in s3://%s while they are put: what else writes there?", t.build.Release(), u.name)
}

// goneFixed are the keys of files with fixed names that the target does not have and a release before it has put. Those of releases
// that are being put in place right now are spared; an earlier entry cannot be put in place any more (see leaving).
func (u *run) goneFixed(ctx context.Context, l *listing, t *target, begun map[entry]bool) ([]string, error) {
	wanted := names(t.build)
	var others []string
	for key := range l.objects {
		if plan.IsFixedFile(key) && !wanted[key] {
			others = append(others, key)
		}
	}
	if len(others) == 0 {
		return nil, nil
	}
	slices.Sort(others)
	spared, put := map[string]bool{}, map[string]bool{}
	for _, e := range l.entries {
		if e == t.entry {
			continue
		}
		m, err := u.readable(ctx, e)
		if err != nil {
			return nil, err
		}
		if m == nil {
			continue
		}
		for _, f := range m.build().fixed() {
			if begun[e] && e > t.entry && u.isYoung(l, e) {
				spared[f.Path] = true
			} else if l.has(f.Path) && !put[f.Path] && !wanted[f.Path] {
				if put[f.Path], err = u.holdsFixed(ctx, l, f); err != nil {
					return nil, err
				}
			}
		}
	}
	return slices.DeleteFunc(others, func(key string) bool { return spared[key] || !put[key] }), nil
}

// isYoung reports whether an entry has a mark that is not old.
func (u *run) isYoung(l *listing, e entry) bool {
	return slices.ContainsFunc(l.marks, func(m mark) bool { return m.entry == e && !u.isStray(l.objects[m.key()]) })
}

// holdsFixed reports whether an object has the content of a file.
func (u *run) holdsFixed(ctx context.Context, l *listing, f File) (bool, error) {
	if l.objects[f.Path].size != f.Size {
		return false, nil
	}
	if l.holds(f) {
		return true, nil
	}
	head, err := u.head(ctx, f.Path)
	if head == nil || err != nil {
		return false, err
	}
	return u.hasContent(aws.ToString(head.ChecksumSHA256), aws.ToString(head.ETag), f), nil
}

// isNamedByMarks reports whether a mark may name a path: what CloudFront keeps under a name whose content changes.
func isNamedByMarks(path string) bool {
	return strings.HasPrefix(path, assetsPrefix) || plan.IsFixedFile(path)
}

// paths of files.
func paths(files []File) []string {
	all := make([]string, len(files))
	for i, f := range files {
		all[i] = f.Path
	}
	return all
}
