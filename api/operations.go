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

// checkIDs reports operations without an id, unusable ids of operations and events, and ids
// whose functions would have one name.
func (r *reader) checkIDs(paths *node) {
	seen := make(map[string]string)
	for _, item := range paths.items {
		for _, method := range methods {
			operation := item.get(method)
			if !operation.isObject() || method == "trace" {
				continue
			}
			r.checkOperationID(operation, method, seen)
		}
	}
	if events := r.root.get("x-events"); events.isObject() {
		for _, event := range events.items {
			r.checkID(event, "event", event.token, "x-events", seen)
		}
	}
}

func (r *reader) checkOperationID(operation *node, method string, seen map[string]string) {
	id := operation.get("operationId")
	switch {
	case id == nil && method == "options":
	case id == nil:
		r.report(operation, "add one in lower camel case, such as kittensGet", "the operation has no operationId")
	case id.kind == stringKind:
		m, p := operationOf(operation.path())
		r.checkID(id, "operationId", id.text, m+" "+p, seen)
	}
}

// checkID checks an id, which names a function; kind and owner say whose it is.
func (r *reader) checkID(at *node, kind, id, owner string, seen map[string]string) {
	switch {
	case !operationID.MatchString(id):
		r.report(at, "use letters and digits, beginning with a letter", "the %s %s names no function", kind, quoted(id))
		return
	case len(id) > maxID:
		r.report(at, "shorten it", "the %s %s has %d characters, more than %d", kind, quoted(id), len(id), maxID)
		return
	}
	function := functionID(id)
	key := strings.ToLower(function)
	if slices.ContainsFunc(systemFunctions, func(s string) bool { return strings.EqualFold(s, function) }) {
		r.report(at, "choose another", "the %s %s would make the function %s, which is the platform's", kind, quoted(id), function)
		return
	}
	if first, ok := seen[key]; ok {
		r.report(at, "give each "+strings.TrimSuffix(kind, "Id")+" an id of its own", "the %s %s makes the same function as %s", kind, quoted(id), first)
		return
	}
	seen[key] = quoted(id) + " of " + owner
}
