package opensearch

import (
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// FuzzTarget: what is forwarded is what was decided. The node splits a path at slashes and decodes
// each segment; that has to give the segments that were decided.
func FuzzTarget(f *testing.F) {
	for _, h := range hostile {
		f.Add(h.target)
	}
	for _, s := range []string{"/", "/a", "/a/", "/a/_doc/x%20y", "/a,b*/_search?q=a+b&c=%26", "/.ds-x/_search", "/a/_doc/%E4", "/_cat/indices/a?v&format=json"} {
		f.Add(s)
	}
	s := New(Options{Key: make([]byte, 32)})
	d, err := s.newDomain(cellARN)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		got, problem := parseTarget(uri)
		if problem != nil {
			return
		}
		encoded := make([]string, len(got.segments))
		for i, segment := range got.segments {
			encoded[i] = encodeSegment(segment)
			if strings.ContainsAny(segment, "/\\<>%") || segment == "." || segment == ".." || segment == "" {
				t.Errorf("%q has segment %q", uri, segment)
			}
		}
		again, problem := parseTarget("/" + strings.Join(encoded, "/") + "?" + encodeQuery(got.query))
		if len("/"+strings.Join(encoded, "/")+"?"+encodeQuery(got.query)) <= maxTarget {
			if problem != nil || !slices.Equal(again.segments, got.segments) || !reflect.DeepEqual(again.query, got.query) {
				t.Fatalf("%q is %+v, and that is %+v, %v", uri, got, again, problem)
			}
		}
		for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
			if found, _ := find(method, got.segments); found != nil {
				forwardedAsDecided(t, d, found, got)
			}
		}
	})
}

func forwardedAsDecided(t *testing.T, d *domain, found *route, got target) {
	path, problem := d.forwardPath(found, got.segments, false)
	if problem != nil {
		return
	}
	// As the node reads it.
	var segments []string
	for raw := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		decoded, err := url.PathUnescape(raw)
		if err != nil {
			t.Fatalf("forwarded %q: %v", path, err)
		}
		segments = append(segments, decoded)
	}
	i := 0
	for j, p := range found.parts {
		switch p.kind {
		case scope:
			if segments[j] != d.everything() {
				t.Fatalf("forwarded %q without its scope", path)
			}
			continue
		case names:
			var back []string
			for name := range strings.SplitSeq(segments[j], ",") {
				if !strings.Contains(name, d.prefix) || name == "" {
					t.Fatalf("forwarded %q with name %q", path, name)
				}
				back = append(back, strings.Replace(name, d.prefix, "", 1))
			}
			want := strings.Split(got.segments[i], ",")
			for k := range want {
				if want[k] == allNames {
					want[k] = "*"
				}
			}
			if !slices.Equal(back, want) {
				t.Fatalf("decided %q, forwarded %q", got.path(), path)
			}
		default:
			if segments[j] != got.segments[i] {
				t.Fatalf("decided %q, forwarded %q", got.path(), path)
			}
		}
		i++
	}
}

// FuzzBody: a body that is rewritten is the same but for names, and every rewritten name has the prefix.
func FuzzBody(f *testing.F) {
	for _, body := range []string{`{}`, `{"query":{"terms":{"f":{"index":"b","id":"1","path":"p"}}}}`, `{"pit":{"id":"x"}}`, `{"indices_boost":[{"a":1}]}`,
		`{"source":{"index":["a","b*"]},"dest":{"index":"c"}}`, `{"actions":[{"add":{"index":"a","alias":"b"}}]}`, `{"aliases":{"a":{}}}`, `[]`, `"x"`, `1`, `{"a":[{"_index":"b"}]}`} {
		f.Add(body)
	}
	s := New(Options{Key: make([]byte, 32)})
	d, err := s.newDomain(cellARN)
	if err != nil {
		f.Fatal(err)
	}
	rules := []bodyRule{searchBody, queryBody, indexBody, settingsBody, templateBody, aliasesBody, aliasBody, reindexBody, termVectorsBody, pipelineBody, handlesBody}
	f.Fuzz(func(t *testing.T, body string) {
		for i, rule := range rules {
			out, _, err := d.rewriteBody([]byte(body), rule)
			if err != nil {
				continue
			}
			if !json.Valid([]byte(body)) || !json.Valid(out) {
				t.Fatalf("rule %d takes %q, or makes %q", i, body, out)
			}
			plain := strings.ReplaceAll(string(out), d.prefix, "")
			if string(out) != body && !strings.Contains(string(out), d.prefix) {
				t.Fatalf("rule %d makes %q of %q", i, out, body)
			}
			if !json.Valid([]byte(plain)) {
				t.Fatalf("rule %d: without the prefix %q is no JSON", i, out)
			}
		}
	})
}
