package s3

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The engine keeps an object as the file that its key names, so that it cannot keep a and a/b, or a/
// and a, or a//b and a/b; a dot segment would leave the bucket, and file systems that fold case or
// normalize Unicode would mix up keys that IAM keeps apart. So objects are stored under other names,
// from which the keys follow. The mapping is injective, also when case is folded; a
// name has only printable ASCII characters and no dot segments, empty segments or names of the engine
// itself (docs/aws-differences.md, 65); and names sort as their keys do, so that the engine's listings are in order.
//
//	.                  .=
//	/                  .~/
//	A to Z             @a to @z
//	@                  @@
//	up to 0x20, space  space and two hexadecimal digits
//	from 0x7e, ~       ~ and two hexadecimal digits
//	the end            space and -
//
// The names of directories end in .~ so that a directory and what begins with its name sort in
// the order of their keys, whether names or whole paths are compared.
const (
	nameEnd = " -"
	slash   = ".~/"
)

const (
	// maxKey in bytes of UTF-8 (S3 User Guide, "Naming Amazon S3 objects").
	maxKey = 1024
	// maxSegment is what file systems take of a name.
	maxSegment = 255
)

var (
	errKeyTooLong  = errors.New("it is longer than 1024 bytes")
	errKeyEncoding = errors.New("it is not UTF-8")
	errSegment     = errors.New("between two slashes it is longer than the file systems of the local cloud take")
)

// storedName is the name under which the engine keeps the object of a key.
func storedName(key string) (string, error) {
	switch {
	case len(key) > maxKey:
		return "", errKeyTooLong
	case !utf8.ValidString(key):
		return "", errKeyEncoding
	}
	name := storedPrefix(key) + nameEnd
	for segment := range strings.SplitSeq(name, "/") {
		if len(segment) > maxSegment {
			return "", errSegment
		}
	}
	return name, nil
}

// storedPrefix is the beginning of the stored names of exactly the keys that begin with prefix.
func storedPrefix(prefix string) string {
	var b strings.Builder
	b.Grow(len(prefix) + len(prefix)/2 + 8)
	for i := range len(prefix) {
		c := prefix[i]
		switch {
		case c == '/':
			b.WriteString(slash)
		case c == '.':
			b.WriteString(".=")
		case 'A' <= c && c <= 'Z':
			b.WriteByte('@')
			b.WriteByte(c - 'A' + 'a')
		case c == '@':
			b.WriteString("@@")
		case c <= ' ':
			writeHex(&b, ' ', c)
		case c >= '~':
			writeHex(&b, '~', c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

const lowerHex = "0123456789abcdef"

func writeHex(b *strings.Builder, mark, c byte) {
	b.WriteByte(mark)
	b.WriteByte(lowerHex[c>>4])
	b.WriteByte(lowerHex[c&15])
}

// keyOf is the key that is stored under a name.
func keyOf(name string) (string, error) {
	prefix, ok := strings.CutSuffix(name, nameEnd)
	if !ok {
		return "", fmt.Errorf("reading the stored name %q: it does not end in %q", name, nameEnd)
	}
	return prefixOf(prefix)
}

// prefixOf is the prefix of keys whose stored names begin with stored.
func prefixOf(stored string) (string, error) {
	var b strings.Builder
	b.Grow(len(stored))
	for i := 0; i < len(stored); {
		c, n := decodeOne(stored[i:])
		if n == 0 {
			return "", fmt.Errorf("reading the stored name %q: what begins at byte %d is nothing that is written", stored, i)
		}
		b.WriteByte(c)
		i += n
	}
	return b.String(), nil
}

// decodeOne is the first byte of a key and the length of its form in the stored name, 0 if it has none.
func decodeOne(s string) (c byte, n int) {
	switch c := s[0]; {
	case strings.HasPrefix(s, slash):
		return '/', len(slash)
	case strings.HasPrefix(s, ".="):
		return '.', 2
	case strings.HasPrefix(s, "@@"):
		return '@', 2
	case c == '@' && len(s) > 1 && 'a' <= s[1] && s[1] <= 'z':
		return s[1] - 'a' + 'A', 2
	case (c == ' ' || c == '~') && len(s) > 2 && unhex(s[1]) < 16 && unhex(s[2]) < 16:
		return unhex(s[1])<<4 | unhex(s[2]), 3
	case c <= ' ', c >= '~', c == '.', c == '/', 'A' <= c && c <= 'Z', c == '@':
		return 0, 0
	default:
		return c, 1
	}
}

// unhex is the value of a lower-case hexadecimal digit, 16 of anything else.
func unhex(c byte) byte {
	if i := strings.IndexByte(lowerHex, c); i >= 0 {
		return byte(i)
	}
	return 16
}
