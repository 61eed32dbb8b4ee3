package api

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// maxID leaves room for the platform's and the tenant's name in the 64 characters of a
// Lambda function's name.
const maxID = 48

var operationID = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`)

// systemFunctions are functions of every stack that are no operations.
var systemFunctions = []string{"AuthorizerFn", "IndexerFn"}

// readOperations reads all operations under paths.
func (r *reader) readOperations() {
	paths := r.root.get("paths")
	if !paths.isObject() {
		return
	}
	for _, item := range paths.items {
		if strings.HasPrefix(item.token, "x-") || !item.isObject() || item.get("$ref") != nil {
			continue
		}
		for _, method := range methods {
			operation := item.get(method)
			if !operation.isObject() {
				continue
			}
			r.checkParameters(item, operation)
			switch method {
			case "options":
				r.checkPreflight(operation)
			case "trace":
				r.report(operation, "remove it", "API Gateway has no TRACE")
			default:
				r.contract.Operations = append(r.contract.Operations, r.operation(item.token, method, operation))
			}
		}
	}
	slices.SortFunc(r.contract.Operations, func(a, b Operation) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	r.contract.SecurityScheme = r.scheme
	r.checkIDs(paths)
}

func (r *reader) operation(path, method string, n *node) Operation {
	return Operation{
		ID:       n.get("operationId").str(),
		Method:   strings.ToUpper(method),
		Path:     path,
		Scopes:   r.scopesOf(n),
		Function: r.function(n),
	}
}

// checkPreflight accepts a documented OPTIONS: the platform answers it for every path.
func (r *reader) checkPreflight(operation *node) {
	if function := operation.get("x-function"); function != nil {
		r.report(function, "remove x-function", "the platform answers OPTIONS itself, as a CORS preflight that carries no token")
	}
	if security := operation.get("security"); security != nil && security.kind == arrayKind && len(security.items) > 0 {
		r.report(security, "remove it, or write security: []", "the platform answers OPTIONS to everyone; a browser sends no token with it")
	}
}

// checkIDs reports operations without an id, with an unusable one, and ids whose
// functions would have one name.
func (r *reader) checkIDs(paths *node) {
	seen := make(map[string]string)
	for _, item := range paths.items {
		for _, method := range methods {
			operation := item.get(method)
			if !operation.isObject() || method == "trace" {
				continue
			}
			r.checkID(operation, method, seen)
		}
	}
}

func (r *reader) checkID(operation *node, method string, seen map[string]string) {
	id := operation.get("operationId")
	switch {
	case id == nil && method == "options":
		return
	case id == nil:
		r.report(operation, "add one in lower camel case, such as kittensGet", "the operation has no operationId")
		return
	case id.kind != stringKind:
		return
	case !operationID.MatchString(id.text):
		r.report(id, "use letters and digits, beginning with a letter", "the operationId %s names no function", quoted(id.text))
		return
	case len(id.text) > maxID:
		r.report(id, "shorten it", "the operationId %s has %d characters, more than %d", quoted(id.text), len(id.text), maxID)
		return
	}
	function := Operation{ID: id.text}.FunctionID()
	key := strings.ToLower(function)
	if slices.ContainsFunc(systemFunctions, func(s string) bool { return strings.EqualFold(s, function) }) {
		r.report(id, "choose another", "the operationId %s would make the function %s, which is the platform's", quoted(id.text), function)
		return
	}
	if first, ok := seen[key]; ok {
		r.report(id, "give each operation an id of its own", "the operationId %s makes the same function as %s", quoted(id.text), first)
		return
	}
	m, p := operationOf(operation.path())
	seen[key] = quoted(id.text) + " of " + m + " " + p
}
