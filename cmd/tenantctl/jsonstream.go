package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A batch of requests is taken apart without decoding it: most of its text are policies that
// were there before.

// nextObject reads one JSON object, on one line or several. io.EOF says that there is none.
func nextObject(r *bufio.Reader, into []byte) ([]byte, error) {
	into = into[:0]
	depth, inText, escaped := 0, false, false
	for {
		c, err := r.ReadByte()
		if errors.Is(err, io.EOF) && len(into) > 0 {
			return into, errors.New("it ends in the middle")
		}
		if err != nil {
			return into, err
		}
		if len(into) == 0 && c != '{' {
			if isSpace(c) {
				continue
			}
			return into, fmt.Errorf("begins with %q: want an object", c)
		}
		into = append(into, c)
		if c == '\n' && (inText || beginsAnew(r, into)) {
			return into, errBroken
		}
		switch {
		case escaped:
			escaped = false
		case inText:
			escaped, inText = c == '\\', c != '"'
		case c == '"':
			inText = true
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return into, nil
			}
		}
	}
}

// errBroken says that an object does not end, and that the next line can be read.
var errBroken = errors.New("not JSON: it does not end before the next line begins")

// beginsAnew says whether the next line begins an object where the text so far wants none.
func beginsAnew(r *bufio.Reader, text []byte) bool {
	next, err := r.Peek(1)
	if err != nil || next[0] != '{' {
		return false
	}
	before := bytes.TrimRight(text, " \t\r\n")
	return !bytes.ContainsAny(before[len(before)-1:], ":,[")
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// member of an object, its value as text.
type member struct {
	name  string
	value []byte
}

// members takes an object apart. The values are not looked into.
func members(data []byte) ([]member, error) {
	s := splitter{data: data}
	if s.next() != '{' {
		return nil, errors.New("want an object")
	}
	var out []member
	s.at++
	for c := s.next(); c != '}'; c = s.next() {
		if len(out) > 0 {
			if c != ',' {
				return nil, fmt.Errorf("want a comma at byte %d", s.at)
			}
			s.at++
			c = s.next()
		}
		start := s.at
		if c != '"' || !s.skipText() {
			return nil, fmt.Errorf("want a name at byte %d", start)
		}
		name := string(data[start+1 : s.at-1])
		if strings.Contains(name, "\\") || slices.ContainsFunc(out, func(m member) bool { return m.name == name }) {
			return nil, fmt.Errorf("%q is written with escapes or appears twice", name)
		}
		if s.next() != ':' {
			return nil, fmt.Errorf("want a colon at byte %d", s.at)
		}
		s.at++
		value, err := s.value()
		if err != nil {
			return nil, err
		}
		out = append(out, member{name, value})
	}
	s.at++
	return out, s.end()
}

// elements takes an array apart.
func elements(data []byte) ([][]byte, error) {
	s := splitter{data: data}
	if s.next() != '[' {
		return nil, errors.New("want an array")
	}
	var out [][]byte
	s.at++
	for c := s.next(); c != ']'; c = s.next() {
		if len(out) > 0 {
			if c != ',' {
				return nil, fmt.Errorf("want a comma at byte %d", s.at)
			}
			s.at++
		}
		value, err := s.value()
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	s.at++
	return out, s.end()
}

type splitter struct {
	data []byte
	at   int
}

// next is the next byte that is no white space, 0 at the end.
func (s *splitter) next() byte {
	for s.at < len(s.data) && isSpace(s.data[s.at]) {
		s.at++
	}
	if s.at == len(s.data) {
		return 0
	}
	return s.data[s.at]
}

func (s *splitter) end() error {
	if s.next() != 0 {
		return fmt.Errorf("text after the end at byte %d", s.at)
	}
	return nil
}

func (s *splitter) skipText() bool {
	for s.at++; s.at < len(s.data); s.at++ {
		switch s.data[s.at] {
		case '\\':
			s.at++
		case '"':
			s.at++
			return true
		}
	}
	return false
}

// value skips one value; whoever decodes it finds what is wrong inside.
func (s *splitter) value() ([]byte, error) {
	s.next()
	start, depth := s.at, 0
	for s.at < len(s.data) {
		switch c := s.data[s.at]; c {
		case '"':
			if !s.skipText() {
				return nil, errors.New("a text does not end")
			}
			if depth == 0 {
				return s.data[start:s.at], nil
			}
			continue
		case '{', '[':
			depth++
		case '}', ']', ',':
			if depth == 0 {
				if s.at == start {
					return nil, fmt.Errorf("want a value at byte %d", s.at)
				}
				return s.data[start:s.at], nil
			}
			if c != ',' {
				if depth--; depth == 0 {
					s.at++
					return s.data[start:s.at], nil
				}
			}
		}
		s.at++
	}
	return nil, errors.New("a value does not end")
}
