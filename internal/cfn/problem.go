package cfn

import (
	"cmp"
	"slices"
	"strings"
)

// Problem is why a template cannot be read or a value of it cannot be resolved.
type Problem struct {
	// Stack and File say which template.
	Stack, File string
	// LogicalID of the resource; empty outside of resources.
	LogicalID string
	// Path within the resource such as Properties.Policies[0].PolicyDocument, or within
	// the template if there is no logical id.
	Path string
	// Message names the value received and what to do.
	Message string

	read bool
}

// Error names the place and the reason.
func (p Problem) Error() string {
	doing := "resolve"
	if p.read {
		doing = "read"
	}
	var b strings.Builder
	b.WriteString(doing + " template")
	if p.Stack != "" {
		b.WriteString(" of stack " + p.Stack)
	}
	if p.File != "" {
		b.WriteString(" (" + p.File + ")")
	}
	for _, s := range []string{p.LogicalID, p.Path, p.Message} {
		if s != "" {
			b.WriteString(": " + s)
		}
	}
	return b.String()
}

// Problems are all problems of one resource or one template, sorted by path.
type Problems []Problem

// Error has one line a problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find a [Problem].
func (p Problems) Unwrap() []error {
	errs := make([]error, len(p))
	for i, problem := range p {
		errs[i] = problem
	}
	return errs
}

// err is p as an error, nil if there is none.
func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	slices.SortStableFunc(p, func(x, y Problem) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Message, y.Message))
	})
	return p
}

// fault is a problem of JSON text, before it is known of which template.
type fault struct {
	path, message string
}

// problemsOf makes problems of reading a template of faults.
func problemsOf(s Stack, faults []fault) error {
	var p Problems
	for _, f := range faults {
		p = append(p, Problem{Stack: s.Name, File: s.File, Path: f.path, Message: f.message, read: true})
	}
	return p.err()
}
