package api

import "strconv"

// Source is the file of a contract, for problems that show after it was read.
type Source struct {
	file string
	root *node
}

// Problem is about a place of the document: the tokens of its JSON Pointer. Where there is
// nothing at the place, it is about the nearest place around it.
func (s *Source) Problem(place []string, fix, message string) Problem {
	at := s.root
	for _, token := range place {
		next := at.child(token)
		if next == nil {
			break
		}
		at = next
	}
	r := &reader{file: s.file, root: s.root}
	r.report(at, fix, "%s", message)
	return r.problems[0]
}

// Where is the place of the document that something stands at, as file:line:column. It is
// empty if nothing does.
func (s *Source) Where(place ...string) string {
	at := s.root
	for _, token := range place {
		if at = at.child(token); at == nil {
			return ""
		}
	}
	return s.file + ":" + strconv.Itoa(at.line) + ":" + strconv.Itoa(at.column)
}
