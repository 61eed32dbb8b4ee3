package cloudfront

import (
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		pattern, path string
		want          bool
	}{
		{"*", "/", true}, {"/api/*", "/api/x/y", true}, {"/api/*", "/api/", true}, {"/api/*", "/api", false}, {"/api/*", "/API/x", false},
		{"/*.jpg", "/a/b.jpg", true}, {"/*.jpg", "/a.jpgx", false}, {"/a?c", "/abc", true}, {"/a?c", "/ac", false}, {"/a*b*c", "/axxbxxc", true}, {"/a*b*c", "/axxbxx", false},
		{"/x", "/x", true}, {"/x", "/xy", false}, {"", "", true}, {"", "/", false},
	} {
		if got := match(test.pattern, test.path); got != test.want {
			t.Errorf("match(%q, %q) is %v, want %v", test.pattern, test.path, got, test.want)
		}
	}
}

func TestNormalize(t *testing.T) {
	for path, want := range map[string]string{
		"/": "/", "/a/b": "/a/b", "/a/./b": "/a/b", "/a/../b": "/b", "/../../b": "/b", "/a/..": "/", "/a/.": "/a/", "//a///b": "/a/b", "/a//": "/a/",
		"/%61pi/x": "/api/x", "/a%2fb": "/a%2Fb", "/%2e%2e/a": "/a", "/a/%2E./b": "/b", "/%zz": "/%zz", "/%": "/%", "/a.b": "/a.b", "/...": "/...",
	} {
		if got := normalize(path); got != want {
			t.Errorf("normalize(%q) is %q, want %q", path, got, want)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	f.Add("/a/../%2e%2e//b%2F")
	f.Fuzz(func(t *testing.T, path string) {
		once := normalize("/" + path)
		if !strings.HasPrefix(once, "/") || strings.Contains(once, "//") || strings.Contains(once+"/", "/../") {
			t.Errorf("normalize(%q) is %q", path, once)
		}
	})
}
