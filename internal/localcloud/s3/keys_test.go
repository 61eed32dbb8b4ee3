package s3

import (
	"errors"
	"math/rand/v2"
	"path"
	"strings"
	"testing"
)

// hostileKeys are keys that file systems, path cleaning or decoders treat specially.
var hostileKeys = []string{
	"..", ".", "../", "./", "/", "//", "///", "../../etc/passwd", "a/../b", "a/./b", "a//b", "a/", "a", "a/b", "A", "a/B", "A/b",
	".sgwtmp", ".sgwtmp/multipart/x", "a/.sgwtmp", ".sgw", "/etc/passwd", "\\..\\..\\x", "..\\x", "a%2fb", "a%2Fb", "%2e%2e/x", "%252e%252e%252fx", "a+b", "a b", " a", "a ",
	"a\x00b", "a\nb", "a\rb", "a\tb", "\x7f", "\u00e9", "e\u0301", "日本語", "\U0001F408", "\u202egpj", "a?b", "a#b", "a&b=c", "a;b", "a:b", "C:\\x", "a*b", "*", "?versionId=x", "~", "~/x", "@", "@a", "@@", "0 ,", "0 ,/x", ".~", "a.~", "a.~/b", "a -", " -", "-", "...", "..a", ".a", "a..", "a.", "con", "nul", "<x>", "'\"", "|", "$HOME", "`id`", "{x}", "[x]", "^", "!", "(", ")", "_", "=", ".=", ".=./x", "%", "%zz", "%00", "metadata", "xl.meta", "a/b/c/d/e/f",
}

func TestStoredNames(t *testing.T) {
	seen := map[string]string{}
	for _, key := range hostileKeys {
		name, err := storedName(key)
		if err != nil {
			t.Fatalf("storedName(%q): %v", key, err)
		}
		if other, ok := seen[strings.ToLower(name)]; ok {
			t.Errorf("the keys %q and %q are both stored as %q", key, other, name)
		}
		seen[strings.ToLower(name)] = key
		if path.Clean("/bucket/"+name) != "/bucket/"+name {
			t.Errorf("the key %q is stored as %q, which is not clean", key, name)
		}
		if back, err := keyOf(name); err != nil || back != key {
			t.Errorf("keyOf(%q) = %q, %v, want %q", name, back, err, key)
		}
		for segment := range strings.SplitSeq(name, "/") {
			if strings.HasPrefix(segment, ".sgw") {
				t.Errorf("the key %q is stored as %q, a name of the engine's own", key, name)
			}
		}
	}
}

func TestStoredNamesSortAsTheirKeys(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const alphabet = "aAbB@./0-, =~!\x00\x01\x7f\xc3\xa9_z9"
	draw := func() string {
		b := make([]byte, random.IntN(7))
		for i := range b {
			b[i] = alphabet[random.IntN(len(alphabet))]
		}
		return string(b)
	}
	for range 200_000 {
		a, b := draw(), draw()
		sa, sb := storedPrefix(a)+nameEnd, storedPrefix(b)+nameEnd
		if strings.Compare(a, b) != strings.Compare(sa, sb) {
			t.Fatalf("%q and %q compare as %d, their stored names %q and %q as %d", a, b, strings.Compare(a, b), sa, sb, strings.Compare(sa, sb))
		}
		if strings.HasPrefix(b, a) != strings.HasPrefix(sb, storedPrefix(a)) {
			t.Fatalf("%q is a prefix of %q: %v, of the stored names: not so", a, b, strings.HasPrefix(b, a))
		}
		if back, err := keyOf(sa); err != nil || back != a {
			t.Fatalf("keyOf(%q) = %q, %v, want %q", sa, back, err, a)
		}
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	for _, test := range []struct {
		key  string
		want error
	}{
		{strings.Repeat("a", 1025), errKeyTooLong},
		{strings.Repeat("é", 513), errKeyTooLong},
		{"a\xff", errKeyEncoding},
		{strings.Repeat("a", 254), errSegment},
		{strings.Repeat("é", 43), errSegment},
		{strings.Repeat("a", 253), nil},
		{strings.Repeat("a/", 512), nil},
	} {
		if _, err := storedName(test.key); !errors.Is(err, test.want) {
			t.Errorf("storedName(%.20q…, %d bytes): %v, want %v", test.key, len(test.key), err, test.want)
		}
	}
}
