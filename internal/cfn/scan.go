package cfn

import (
	"encoding/json"
	"iter"
	"unicode/utf8"
)

// scanner walks JSON text. The text has been found valid by encoding/json before, which
// keeps the walk simple and fast: it only looks for where a value ends.
type scanner struct {
	data []byte
	pos  int
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}

// next is the first byte of the next token.
func (s *scanner) next() byte {
	s.space()
	return s.data[s.pos]
}

// more steps to the next member of an object or array, after '{', '[' or a member. It is
// false after the end of the object or array.
func (s *scanner) more(end byte) bool {
	c := s.next()
	if c == ',' {
		s.pos++
		c = s.next()
	}
	if c == end {
		s.pos++
		return false
	}
	return true
}

// quoted is a string with its quotes.
func (s *scanner) quoted() []byte {
	start := s.pos
	for s.pos++; s.data[s.pos] != '"'; s.pos++ {
		if s.data[s.pos] == '\\' {
			s.pos++
		}
	}
	s.pos++
	return s.data[start:s.pos]
}

// key is the key of a member; the scanner stands before the value then.
func (s *scanner) key() []byte {
	k := s.quoted()
	s.next()
	s.pos++ // ':'
	s.space()
	return k
}

// word is a number, true, false or null.
func (s *scanner) word() []byte {
	start := s.pos
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ',', ']', '}', ' ', '\t', '\r', '\n':
			return s.data[start:s.pos]
		}
		s.pos++
	}
	return s.data[start:]
}

// skip is one whole value.
func (s *scanner) skip() []byte {
	s.space()
	start, depth := s.pos, 0
	for {
		switch s.next() {
		case '"':
			s.quoted()
		case '{', '[':
			depth++
			s.pos++
		case '}', ']':
			depth--
			s.pos++
		case ',', ':':
			s.pos++
		default:
			s.word()
		}
		if depth == 0 {
			return s.data[start:s.pos]
		}
	}
}

// unquote is the text of a string token. encoding/json decodes what has escapes.
func unquote(token []byte) string {
	for _, c := range token {
		if c == '\\' || c >= utf8.RuneSelf {
			var text string
			if json.Unmarshal(token, &text) != nil {
				return string(token)
			}
			return text
		}
	}
	return string(token[1 : len(token)-1])
}

// isObject says whether valid JSON is an object.
func isObject(raw []byte) bool {
	s := scanner{data: raw}
	s.space()
	return s.pos < len(raw) && raw[s.pos] == '{'
}

// text is the text of a JSON string.
func text(raw []byte) (string, bool) {
	s := scanner{data: raw}
	if s.space(); s.pos == len(raw) || raw[s.pos] != '"' {
		return "", false
	}
	return unquote(s.quoted()), true
}

// members are the members of a valid JSON object, in their order. The values share the
// memory of raw.
func members(raw []byte) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		s := scanner{data: raw}
		s.next()
		s.pos++
		for s.more('}') {
			k := unquote(s.key())
			if !yield(k, s.skip()) {
				return
			}
		}
	}
}
