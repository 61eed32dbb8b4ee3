package api

import (
	"cmp"
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
	n := operation.get("x-function")
	if n == nil {
		r.report(operation, "add x-function: {package: …, role: …}", "the operation has no x-function, so nothing runs it")
	}
	if n == nil || !r.fields(n, functionFields...) {
		return Function{Timeout: DefaultTimeout, Memory: DefaultMemory}
	}
	return r.functionOf(n)
}

// functionOf reads x-function, or an event with the same fields.
func (r *reader) functionOf(n *node) Function {
	return Function{
		Package: r.packageOf(n),
		Role:    r.roleOf(n),
		Timeout: r.number(n, "timeout", "seconds", 1, 900, DefaultTimeout),
		Memory:  r.number(n, "memory", "MB", 128, 10_240, DefaultMemory),
		Extra:   r.grants(n),
	}
}

func (r *reader) packageOf(n *node) string {
	name, at := r.text(n, "package")
	switch {
	case n.get("package") == nil:
		r.report(n, "add package: a folder of functions/", "%s has no package", label(n))
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
	roles := tokens(r.root.get("x-roles"))
	switch {
	case n.get("role") == nil:
		r.report(n, "add role: a name of x-roles", "%s has no role", label(n))
	case name == "":
	case !slices.Contains(roles, name):
		r.report(at, cmp.Or(choose(name, roles), "add it to x-roles"), "there is no role %s in x-roles", quoted(name))
	default:
		return name
	}
	return ""
}
