package apigateway

import (
	"fmt"
	"net/url"
	"strings"
)

// apiResource is a path of the API with its methods.
type apiResource struct {
	path, id string
	params   []string // names of the path parameters in order; the last may be greedy
	methods  map[string]*method
}

// node is a place in the tree of paths, one segment each.
type node struct {
	literal  map[string]*node
	param    *node
	name     string // of param
	greedy   *apiResource
	resource *apiResource
}

// methods that a REST API can have; ANY stands for all of them (API Gateway Developer Guide,
// "Set up the API's HTTP methods").
var methods = []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

const anyMethod = "ANY"

// insert adds a resource.
func (n *node) insert(res *apiResource) error {
	segments := strings.Split(strings.TrimPrefix(res.path, "/"), "/")
	if res.path == "/" {
		segments = nil
	}
	for i, segment := range segments {
		inner, variable := strings.CutPrefix(segment, "{")
		switch {
		case segment == "":
			return fmt.Errorf("path %q has an empty segment", res.path)
		case !variable:
			if strings.ContainsAny(segment, "{}") {
				return fmt.Errorf("path %q: a variable has to be a whole segment", res.path)
			}
			if n.literal == nil {
				n.literal = map[string]*node{}
			}
			if n.literal[segment] == nil {
				n.literal[segment] = &node{}
			}
			n = n.literal[segment]
		case strings.HasSuffix(inner, "+}"):
			if i != len(segments)-1 {
				return fmt.Errorf("path %q: %s has to be the last segment", res.path, segment)
			}
			if n.greedy != nil {
				return fmt.Errorf("path %q: a sibling has a greedy variable already", res.path)
			}
			res.params = append(res.params, strings.TrimSuffix(inner, "+}"))
			n.greedy = res
			return nil
		default:
			name := strings.TrimSuffix(inner, "}")
			if name == inner || name == "" || strings.ContainsAny(name, "{}") {
				return fmt.Errorf("path %q: the variable %s is malformed", res.path, segment)
			}
			// As on AWS, siblings share one variable (API Gateway API Reference, "CreateResource").
			if n.param == nil {
				n.param, n.name = &node{}, name
			}
			if n.name != name {
				return fmt.Errorf("path %q: a sibling of {%s} is {%s}; only one variable is allowed", res.path, name, n.name)
			}
			res.params = append(res.params, name)
			n = n.param
		}
	}
	if n.resource != nil {
		return fmt.Errorf("path %q is there twice", res.path)
	}
	n.resource = res
	return nil
}

// match finds the most specific resource: a literal segment wins over a variable, which wins over
// a greedy one. It adds the values of the variables to values.
func (n *node) match(segments []string, values []string) (*apiResource, []string) {
	if len(segments) == 0 {
		return n.resource, values
	}
	if next := n.literal[segments[0]]; next != nil {
		if res, v := next.match(segments[1:], values); res != nil {
			return res, v
		}
	}
	if n.param != nil && segments[0] != "" {
		if res, v := n.param.match(segments[1:], append(values, segments[0])); res != nil {
			return res, v
		}
	}
	if n.greedy != nil && segments[0] != "" {
		return n.greedy, append(values, strings.Join(segments, "/"))
	}
	return nil, nil
}

// target is where a request goes, found before anything else is decided.
type target struct {
	stage string
	// path is what the event has: as sent, without the stage and with one leading slash.
	path string
	// contextPath is the path with the stage, as sent.
	contextPath string
	// segments of the path, as sent; none for the root. A trailing slash does not count.
	segments []string
}

// readTarget takes a path apart as it was sent (docs/aws-differences.md, 74): percent-encoded characters stay as they are, so
// that an encoded slash never divides a segment and what is routed is what the function gets. A
// path with dot segments or with characters that have no place in a path is refused.
func readTarget(escaped string) (target, bool) {
	trimmed := strings.TrimLeft(escaped, "/")
	stage, rest, _ := strings.Cut(trimmed, "/")
	t := target{stage: stage, contextPath: "/" + trimmed, path: "/" + strings.TrimLeft(rest, "/")}
	if body := strings.TrimSuffix(t.path[1:], "/"); body != "" {
		t.segments = strings.Split(body, "/")
	}
	for _, segment := range t.segments {
		plain, err := url.PathUnescape(segment)
		if err != nil || plain == "." || plain == ".." {
			return t, false
		}
		for i := range len(plain) {
			if plain[i] < 0x20 || plain[i] == 0x7f {
				return t, false
			}
		}
	}
	return t, true
}

// canonical is the path by which policies know the request: the segments that were routed.
func (t target) canonical() string { return "/" + strings.Join(t.segments, "/") }

// find routes a path and method to the resource and the method; the resource is there without the
// method if it has no such method.
func (d *definition) find(t target, httpMethod string) (*apiResource, *method, map[string]string) {
	var buffer [8]string
	res, values := d.root.match(t.segments, buffer[:0])
	if res == nil {
		return nil, nil, nil
	}
	var params map[string]string
	if len(values) > 0 {
		params = make(map[string]string, len(values))
		for i, name := range res.params {
			params[name] = values[i]
		}
	}
	if !isMethod(httpMethod) {
		return res, nil, params
	}
	m := res.methods[httpMethod]
	if m == nil {
		m = res.methods[anyMethod]
	}
	return res, m, params
}

func isMethod(name string) bool {
	for _, m := range methods {
		if m == name {
			return true
		}
	}
	return false
}
