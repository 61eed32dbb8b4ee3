package api

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one gap of a contract. A contract with any is not used.
type Problem struct {
	// File as it was given to Load or Parse.
	File string `json:"file"`
	// Line begins at 1; 0 when the place is not known.
	Line int `json:"line,omitempty"`
	// Column begins at 1; 0 when the place is not known.
	Column int `json:"column,omitempty"`
	// Method in upper case, when the place belongs to an operation. For the place of a whole
	// path, all of its methods: "GET, POST".
	Method string `json:"method,omitempty"`
	// Path of the contract, when the place belongs to one.
	Path string `json:"path,omitempty"`
	// Pointer is the JSON Pointer (RFC 6901) of the place; empty for the whole document.
	Pointer string `json:"pointer,omitempty"`
	// Message says what is wrong, with the value received.
	Message string `json:"message"`
	// Fix says what to do.
	Fix string `json:"fix,omitempty"`
}

// Error is a line with file:line:column, method and path or else the place, and message,
// and a line with the fix.
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
		if p.Column > 0 {
			fmt.Fprintf(&b, ":%d", p.Column)
		}
	}
	b.WriteString(": ")
	if where := p.where(); where != "" {
		b.WriteString(where + ": ")
	}
	b.WriteString(p.Message)
	if p.Fix != "" {
		b.WriteString("\n  fix: " + p.Fix)
	}
	return b.String()
}

// where names the operation, or the place for what belongs to none.
func (p Problem) where() string {
	switch {
	case p.Method != "" && p.Path != "":
		return p.Method + " " + p.Path
	case p.Path != "":
		return p.Path
	default:
		return strings.TrimPrefix(p.Pointer, "/")
	}
}

// Problems are all gaps of a contract, in the order of the file.
type Problems []Problem

// Error is the text of every problem.
func (ps Problems) Error() string {
	texts := make([]string, len(ps))
	for i, p := range ps {
		texts[i] = p.Error()
	}
	return strings.Join(texts, "\n")
}

// Unwrap lets errors.As find a Problem.
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}

// sorted orders by place and drops repetitions.
func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Pointer, b.Pointer),
			cmp.Compare(a.Message, b.Message),
		)
	})
	return slices.Compact(ps)
}
