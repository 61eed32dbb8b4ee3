package iam

import "strings"

// Problem is something wrong with a policy document.
type Problem struct {
	// Path of the element, such as Statement[0].Condition.StringEquals.
	Path string `json:"path"`
	// Message says what is wrong, with the value received, and what to do.
	Message string `json:"message"`
}

func (p Problem) String() string {
	if p.Path == "" {
		return p.Message
	}
	return p.Path + ": " + p.Message
}

// Problems are all that is wrong with a document.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return "read policy document: " + strings.Join(lines, "\nread policy document: ")
}
