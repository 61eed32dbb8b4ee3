package api

import (
	"fmt"
	"regexp"
	"strings"
)

// maxPath is the length of a path in characters. The policy that lets a caller in names the
// operation by it, and may be of 512 characters with the ARN of the stage before it (API
// Gateway Developer Guide, "Output from an API Gateway Lambda authorizer").
const maxPath = 256

// maxResources is API Gateway's quota "Resources per API". AWS raises it for one API at a
// time, which is no way for one API per tenant.
const maxResources = 300

var (
	// literalSegment and variableSegment are what API Gateway takes as a path part
	// (API Gateway Developer Guide, "Amazon API Gateway important notes").
	literalSegment  = regexp.MustCompile(`^[A-Za-z0-9._:,-]+$`)
	variableSegment = regexp.MustCompile(`^\{([A-Za-z0-9._-]+)(\+?)\}$`)
	// parameterName is what API Gateway takes as the name of a request parameter.
	parameterName = regexp.MustCompile(`^[A-Za-z0-9:._$-]+$`)
)

// accountVariable is the path variable of platforms whose paths begin with the account.
const accountVariable = "billingAccount"

// resource is a node of API Gateway's tree of path parts.
type resource struct {
	children map[string]*resource
	// variable is the child that is a path variable, and variablePath the path that made it.
	variable, variablePath string
}

// resourceTree finds paths that API Gateway cannot have side by side.
type resourceTree struct {
	root  resource
	count int
}

// checkPaths reports templates that API Gateway does not take.
func (r *reader) checkPaths() {
	paths := r.root.get("paths")
	if !paths.isObject() {
		return
	}
	tree := resourceTree{count: 1}
	for _, item := range paths.items {
		if strings.HasPrefix(item.token, "x-") {
			continue
		}
		if r.checkTemplate(item) {
			r.addResource(&tree, item)
		}
	}
	if tree.count > maxResources {
		r.report(paths, "split the application, or use fewer path segments",
			"the paths need %d resources, more than the %d of an API", tree.count, maxResources)
	}
}

// checkTemplate is false for paths that have no segments to speak of.
func (r *reader) checkTemplate(item *node) bool {
	path := item.token
	switch {
	case !strings.HasPrefix(path, "/"):
		r.report(item, fmt.Sprintf("write %q", "/"+path), "a path begins with a slash, not %s", quoted(path))
		return false
	case len(path) > maxPath:
		r.report(item, "shorten it", "the path %s has %d characters, more than %d", quoted(path), len(path), maxPath)
		return false
	case path == "/":
		return true
	case strings.HasSuffix(path, "/"):
		r.report(item, fmt.Sprintf("write %q", abbreviate(strings.TrimRight(path, "/"))), "a path must not end with a slash")
		return false
	}
	segments := strings.Split(path[1:], "/")
	seen := make(map[string]bool)
	good := true
	for i, segment := range segments {
		fault, fix := segmentFault(segment, i == len(segments)-1)
		if fault != "" {
			r.report(item, fix, "%s", fault)
			good = false
			continue
		}
		if name, variable := variableName(segment); variable {
			if seen[name] {
				r.report(item, "give each variable a name of its own", "the path variable {%s} is there twice", abbreviate(name))
			}
			seen[name] = true
		}
	}
	return good
}

// segmentFault says what is wrong with one path segment, and the fix.
func segmentFault(segment string, last bool) (fault, fix string) {
	name, variable := variableName(segment)
	switch {
	case segment == "":
		return "a path must not have an empty segment", "remove the double slash"
	case segment == "." || segment == "..":
		return fmt.Sprintf("clients remove the segment %q before they send a path", segment), "remove it"
	case variable && strings.HasSuffix(segment, "+}") && !last:
		return fmt.Sprintf("the greedy variable %s is not the last segment", abbreviate(segment)), "move it to the end, or remove the +"
	case variable && name == accountVariable:
		return "the path variable {billingAccount} is the platform's", "choose another name; the account comes from the tenant's stack"
	case variable || literalSegment.MatchString(segment):
		return "", ""
	case strings.ContainsAny(segment, "{}"):
		return fmt.Sprintf("the segment %s is neither a literal nor one variable", quoted(segment)),
			"make each variable a segment of its own, such as {id}, of letters, digits, _, - and ."
	default:
		return fmt.Sprintf("the segment %s has characters that API Gateway does not take", quoted(segment)),
			"use letters, digits and . _ : , -"
	}
}

// variableName is the name in {name} or {name+}.
func variableName(segment string) (string, bool) {
	m := variableSegment.FindStringSubmatch(segment)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// addResource adds the parts of one path and reports the first conflict.
func (r *reader) addResource(tree *resourceTree, item *node) {
	at := &tree.root
	if item.token == "/" {
		return
	}
	for segment := range strings.SplitSeq(item.token[1:], "/") {
		if _, variable := variableName(segment); variable {
			if at.variable == "" {
				at.variable, at.variablePath = segment, item.token
			}
			if at.variable != segment {
				r.report(item, fmt.Sprintf("use %s here too", at.variable),
					"the variable %s stands where %s has %s; API Gateway takes one variable in a place", segment, at.variablePath, at.variable)
				return
			}
		}
		next := at.children[segment]
		if next == nil {
			next = &resource{}
			if at.children == nil {
				at.children = make(map[string]*resource)
			}
			at.children[segment] = next
			tree.count++
		}
		at = next
	}
}

// checkParameters holds the path parameters of an operation against the template and
// reports names that API Gateway does not take.
func (r *reader) checkParameters(item, operation *node) {
	inTemplate := make(map[string]bool)
	for segment := range strings.SplitSeq(item.token, "/") {
		if name, ok := variableName(segment); ok {
			inTemplate[name] = true
		}
	}
	declared := make(map[string]bool)
	for _, list := range []*node{item.get("parameters"), operation.get("parameters")} {
		if list == nil || list.kind != arrayKind {
			continue
		}
		for _, entry := range list.items {
			parameter := r.resolve(entry)
			if r.kinds[entry] != "parameter" || parameter == nil {
				// What it declares is unknown, so nothing is missing for sure.
				return
			}
			if name := parameter.get("name").str(); parameter.get("in").str() == "path" {
				declared[name] = true
				if !inTemplate[name] {
					r.report(entry, fmt.Sprintf("remove it, or add {%s} to the path", abbreviate(name)), "the path parameter %s is not in the path", quoted(name))
				}
			}
		}
	}
	for segment := range strings.SplitSeq(item.token, "/") {
		if name, ok := variableName(segment); ok && !declared[name] {
			r.report(operation, fmt.Sprintf("add {name: %s, in: path, required: true, schema: {type: string}} to its parameters", name), "the path variable {%s} is not declared", name)
		}
	}
}

// checkParameterNames reports parameter names at which an import into API Gateway fails.
func (r *reader) checkParameterNames() {
	for n, kind := range r.kinds {
		if kind != "parameter" || n.get("$ref") != nil {
			continue
		}
		name := n.get("name")
		if name.str() != "" && !parameterName.MatchString(name.text) {
			r.report(name, "use letters, digits and : . _ $ -", "API Gateway does not take the parameter name %s", quoted(name.text))
		}
	}
	schemas := r.root.at("components", "schemas")
	if schemas.isObject() {
		for _, item := range schemas.items {
			if !modelName.MatchString(item.token) {
				r.report(item, "use letters and digits", "API Gateway makes a model of each schema and does not take the name %s", quoted(item.token))
			}
		}
	}
}

// modelName is what API Gateway takes as the name of a model.
var modelName = regexp.MustCompile(`^[A-Za-z0-9]+$`)
