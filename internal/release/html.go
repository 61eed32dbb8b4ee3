package release

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// loaded are the attributes of elements by which a page loads something at once.
var loaded = map[string][]string{
	"script": {"src"}, "img": {"src", "srcset"}, "source": {"src", "srcset"}, "video": {"src", "poster"}, "audio": {"src"}, "track": {"src"},
	"iframe": {"src"}, "embed": {"src"}, "object": {"data"}, "use": {"href"}, "image": {"href"}, "link": {"href", "imagesrcset"},
}

// loadingRels are the kinds of <link> that load what they name (HTML Living Standard, "Link types").
var loadingRels = []string{"stylesheet", "modulepreload", "preload", "prefetch", "icon", "apple-touch-icon", "mask-icon", "manifest"}

// checkReferences says which references of the page are to something else than a file of the build, which known has
// by its path with a slash before it. Paths have to begin at the root, since the page is served at every path.
func checkReferences(page []byte, known map[string]bool) []error {
	var problems []error
	for _, r := range references(page) {
		path, _, _ := strings.Cut(r.target, "#")
		path, _, _ = strings.Cut(path, "?")
		switch {
		case path == "" || strings.HasPrefix(path, "data:"):
			// Of the page itself, or without a request.
		case r.element == "base" && path == "/":
		case r.element == "base":
			problems = append(problems, fmt.Errorf("has <base href=%q>, which changes what every reference means: remove it", r.target))
		case strings.Contains(path, ":") || strings.HasPrefix(path, "//"):
			problems = append(problems, fmt.Errorf("loads %q from elsewhere in <%s>: the content security policy allows the application's own files only: make it a file of the build", r.target, r.element))
		case !strings.HasPrefix(path, "/"), slices.Contains(strings.Split(path, "/"), ".."), slices.Contains(strings.Split(path, "/"), "."):
			problems = append(problems, fmt.Errorf("refers to %q in <%s>: the page is served at every path, so references begin with /assets/ (the bundler's base is \"/\")", r.target, r.element))
		case !known[path]:
			problems = append(problems, fmt.Errorf("refers to %q in <%s>, which is no file of the build", r.target, r.element))
		}
	}
	return problems
}

// reference of a page to something that it loads.
type reference struct{ element, target string }

func references(page []byte) []reference {
	var found []reference
	for z := html.NewTokenizer(bytes.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return found // the end: reading from memory does not fail
		case html.StartTagToken, html.SelfClosingTagToken:
			found = append(found, ofElement(z.Token())...)
		}
	}
}

func ofElement(t html.Token) []reference {
	attributes := map[string]string{}
	for _, a := range t.Attr {
		attributes[a.Key] = strings.TrimSpace(a.Val)
	}
	if t.Data == "base" && attributes["href"] != "" {
		return []reference{{t.Data, attributes["href"]}}
	}
	rels := strings.Fields(strings.ToLower(attributes["rel"]))
	if t.Data == "link" && !slices.ContainsFunc(rels, func(rel string) bool { return slices.Contains(loadingRels, rel) }) {
		return nil
	}
	var found []reference
	for _, name := range loaded[t.Data] {
		value := attributes[name]
		if value == "" {
			continue
		}
		if strings.HasSuffix(name, "srcset") {
			for _, target := range candidates(value) {
				found = append(found, reference{t.Data, target})
			}
			continue
		}
		found = append(found, reference{t.Data, value})
	}
	return found
}

// candidates are the URLs of a srcset attribute: each is followed by white space and a descriptor, or by a comma.
func candidates(srcset string) []string {
	var urls []string
	for candidate := range strings.SplitSeq(srcset, ",") {
		if fields := strings.Fields(candidate); len(fields) > 0 {
			urls = append(urls, fields[0])
		}
	}
	return urls
}
