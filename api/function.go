package api

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
)

// packageName is a folder of functions/.
var packageName = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// reservedPackages are no operations' packages: the platform's own functions, what they
// share, and folders that the go command treats in its own way.
var reservedPackages = []string{"authorizer", "indexer", "internal", "testdata", "vendor"}

// function reads x-function of an operation.
func (r *reader) function(operation *node) Function {
	function := Function{Timeout: DefaultTimeout, Memory: DefaultMemory}
	n := operation.get("x-function")
	if n == nil {
		r.report(operation, "add x-function: {package: …, role: …}", "the operation has no x-function, so nothing runs it")
		return function
	}
	if !r.fields(n, functionFields...) {
		return function
	}
	function.Package = r.packageOf(n)
	function.Role = r.roleOf(n)
	function.Timeout = r.number(n, "timeout", "seconds", 1, 900, DefaultTimeout)
	function.Memory = r.number(n, "memory", "MB", 128, 10_240, DefaultMemory)
	function.Extra = r.grants(n)
	return function
}

func (r *reader) packageOf(n *node) string {
	name, at := r.text(n, "package")
	switch {
	case n.get("package") == nil:
		r.report(n, "add package: a folder of functions/", "x-function has no package")
	case name == "":
	case !packageName.MatchString(name) || len(name) > maxID:
		r.report(at, "use a-z and 0-9, beginning with a letter", "the package %s is no folder of functions/", quoted(name))
	case slices.Contains(reservedPackages, name):
		r.report(at, "choose another", "the package %s is the platform's", quoted(name))
	default:
		return name
	}
	return ""
}

func (r *reader) roleOf(n *node) string {
	name, at := r.text(n, "role")
	roles := make(map[string]bool)
	if list := r.root.get("x-roles"); list.isObject() {
		for _, item := range list.items {
			roles[item.token] = true
		}
	}
	switch {
	case n.get("role") == nil:
		r.report(n, "add role: a name of x-roles", "x-function has no role")
	case name == "":
	case !roles[name]:
		r.report(at, cmp.Or(choose(name, slices.Collect(maps.Keys(roles))), "add it to x-roles"), "there is no role %s in x-roles", quoted(name))
	default:
		return name
	}
	return ""
}
