package api

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// reader turns a tree of nodes into a Contract and collects problems on the way.
type reader struct {
	file     string
	root     *node
	contract *Contract
	problems Problems
	// kinds says which object of the grammar a node is, or refers to.
	kinds map[*node]string
	// references in the order of the file.
	references []*node
	// broken nodes are left out of what the OpenAPI library reads: they are reported
	// already, and it would stop at the first.
	broken map[*node]bool
	// incomplete are the pointers of objects whose missing fields are reported.
	incomplete map[string]bool
	// examples are values with the schema that they must fit.
	examples []exampleValue
	// scheme is the one security scheme that requirements name.
	scheme string
}

// report adds a problem at n.
func (r *reader) report(n *node, fix, format string, args ...any) {
	p := Problem{File: r.file, Message: fmt.Sprintf(format, args...), Fix: fix}
	if n != nil {
		p.Line, p.Column, p.Pointer = n.line, n.column, n.pointer()
		p.Method, p.Path = operationOf(n.path())
		if p.Path != "" && p.Method == "" {
			p.Method = r.methodsOf(p.Path)
		}
	}
	r.problems = append(r.problems, p)
}

// reject reports n and keeps it from the OpenAPI library.
func (r *reader) reject(n *node, fix, format string, args ...any) {
	r.report(n, fix, format, args...)
	r.broken[n] = true
}

// operationOf takes the method and path out of the tokens of a place.
func operationOf(tokens []string) (method, path string) {
	if len(tokens) < 2 || tokens[0] != "paths" {
		return "", ""
	}
	if len(tokens) > 2 && slices.Contains(methods, tokens[2]) {
		method = strings.ToUpper(tokens[2])
	}
	return method, tokens[1]
}

// methodsOf lists the methods of a path, such as "GET, POST".
func (r *reader) methodsOf(path string) string {
	item := r.root.at("paths", path)
	var list []string
	for _, method := range methods {
		if item.get(method) != nil {
			list = append(list, strings.ToUpper(method))
		}
	}
	return strings.Join(list, ", ")
}

// walk holds n against the grammar.
func (r *reader) walk(n *node, s shape) {
	switch {
	case s.list:
		if !r.expect(n, arrayKind) {
			return
		}
		for _, item := range n.items {
			r.walk(item, shape{kind: s.kind})
		}
	case s.dictionary:
		if !r.expect(n, objectKind) {
			return
		}
		for _, item := range n.items {
			r.walk(item, shape{kind: s.kind})
		}
	default:
		r.walkOne(n, s.kind)
	}
}

func (r *reader) walkOne(n *node, kind string) {
	switch kind {
	case "any":
	case "string":
		r.expect(n, stringKind)
	case "boolean":
		r.expect(n, boolKind)
	case "number":
		r.expect(n, numberKind)
	case "integer":
		if v, ok := n.integer(); !ok || v < 0 {
			r.reject(n, "write a whole number, 0 or more", "%s must be a whole number, not %s", n.token, n.describe())
		}
	case "schemaOrBoolean":
		if n.kind != boolKind {
			r.walkOne(n, "schema")
		}
	default:
		r.walkObject(n, kind, grammar()[kind])
	}
}

// expect reports a node of another JSON type.
func (r *reader) expect(n *node, want kind) bool {
	if n.kind == want {
		return true
	}
	fix := "write " + want.String()
	switch {
	case n.kind == nullKind:
		fix = "fill it in or remove it"
	case want == stringKind && (n.kind == numberKind || n.kind == boolKind):
		fix = fmt.Sprintf("quote it: %q", n.text)
	}
	r.reject(n, fix, "%s must be %s, not %s", label(n), want, n.describe())
	return false
}

// label is the name of a node in a message.
func label(n *node) string {
	if n.parent == nil {
		return "the document"
	}
	if n.parent.kind == arrayKind {
		return "item " + n.token + " of " + n.parent.token
	}
	return abbreviate(n.token)
}

func (r *reader) walkObject(n *node, kind string, o *object) {
	if !r.expect(n, objectKind) {
		return
	}
	r.kinds[n] = kind
	if ref := n.get("$ref"); ref != nil {
		if kind == "pathItem" {
			r.reject(n, "write its operations here", "a path must not be a $ref: its operations would not be seen")
			return
		}
		if o.reference {
			if r.expect(ref, stringKind) {
				r.references = append(r.references, n)
			} else {
				r.broken[n] = true
			}
			return
		}
	}
	for _, member := range n.items {
		field, known := o.fields[member.token]
		switch {
		case known:
			r.walk(member, field)
		case o.extensible && strings.HasPrefix(member.token, "x-"):
			r.extension(member, kind)
		case o.rest != nil:
			r.walk(member, *o.rest)
		default:
			r.unknownField(member, kind, o)
		}
	}
	for _, field := range o.required {
		if n.get(field) == nil {
			r.report(n, "add it", "the field %s of %s is missing", field, withArticle(kind))
			r.incomplete[n.pointer()] = true
		}
	}
	r.collectExamples(n, kind)
	if kind == "responses" {
		r.checkStatusCodes(n)
	}
}

func (r *reader) unknownField(member *node, kind string, o *object) {
	candidates := slices.Collect(maps.Keys(o.fields))
	for name, owner := range extensionOwners {
		if owner == kind {
			candidates = append(candidates, name)
		}
	}
	fix := "remove it"
	if s := nearest(member.token, candidates); s != "" {
		fix = fmt.Sprintf("did you mean %q?", s)
	}
	r.report(member, fix, "%s is no field of %s in OpenAPI 3.0", quoted(member.token), withArticle(kind))
}

// withArticle is "a parameter" or "an operation".
func withArticle(kind string) string {
	switch {
	case kind == "document" || kind == "info" || kind == "components" || kind == "paths":
		return "the " + kind
	case strings.ContainsRune("aeiou", rune(kind[0])):
		return "an " + kind
	default:
		return "a " + kind
	}
}

func quoted(s string) string { return fmt.Sprintf("%q", abbreviate(s)) }

var statusCode = regexp.MustCompile(`^([1-5]([0-9]{2}|XX)|default)$`)

func (r *reader) checkStatusCodes(n *node) {
	for _, member := range n.items {
		if !statusCode.MatchString(member.token) && !strings.HasPrefix(member.token, "x-") {
			r.report(member, `write a code such as "404"`, "%s is no status code", quoted(member.token))
		}
	}
}

// extensionOwners says which object of the grammar each extension belongs to.
var extensionOwners = map[string]string{
	"x-tables":             "document",
	"x-roles":              "document",
	"x-uploads":            "document",
	"x-events":             "document",
	"x-cors":               "document",
	"x-binary-media-types": "document",
	"x-function":           "operation",
}

// extension checks the name and place of an x- member.
func (r *reader) extension(member *node, kind string) {
	owner, ours := extensionOwners[member.token]
	switch {
	case ours && owner == kind && (owner == "document" || member.parent.isOperation()):
	case ours && owner == "operation":
		r.report(member, "move it to an operation under paths", "%s belongs to an operation and has no effect here", member.token)
	case ours:
		r.report(member, "move it to the top of the document", "%s belongs to the document and has no effect here", member.token)
	case strings.HasPrefix(member.token, "x-amazon-"):
		fix := "remove it"
		if member.token == "x-amazon-apigateway-binary-media-types" {
			fix = "write x-binary-media-types"
		}
		r.report(member, fix, "%s is written by the platform; here it could open what the contract closes", abbreviate(member.token))
	case kind == "document" || kind == "paths" || kind == "pathItem" || kind == "operation":
		if s := lookAlike(member.token); s != "" {
			r.report(member, fmt.Sprintf("did you mean %q?", s), "%s is no extension of the contract", quoted(member.token))
		}
	}
}

// isOperation is true for operations of paths, not for those of callbacks.
func (n *node) isOperation() bool {
	tokens := n.path()
	return len(tokens) == 3 && tokens[0] == "paths"
}

// lookAlike is the extension that name was probably meant to be, or empty. Names of
// other tools pass.
func lookAlike(name string) string {
	plain := func(s string) string {
		return strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(strings.TrimPrefix(s, "x-")))
	}
	short := plain(name)
	if len(short) > 64 {
		return ""
	}
	for _, ours := range slices.Sorted(maps.Keys(extensionOwners)) {
		full := plain(ours)
		if distance(short, full) <= max(1, len(full)/4) || len(short) >= 4 && strings.HasPrefix(full, short) {
			return ours
		}
	}
	return ""
}
