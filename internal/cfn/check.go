package cfn

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// maxDepth is how deep objects and arrays may nest. No AWS document nests a quarter as deep;
// the limit keeps recursion over hostile text short.
const maxDepth = 200

// duplicateKey tells of a key that encoding/json would resolve by taking the last one,
// silently, and another reader by taking the first.
const duplicateKey = "the key %q stands twice in one object: keep one of them"

// check tells what is wrong with JSON text beyond its syntax: a key twice in one object,
// text that is no UTF-8, too deep nesting.
func check(data []byte) []fault {
	if f := checkSyntax(data); f != nil {
		return []fault{*f}
	}
	c := checker{scanner: scanner{data: data}}
	c.value()
	return c.faults
}

func checkSyntax(data []byte) *fault {
	if !utf8.Valid(data) {
		return &fault{message: "the text is no UTF-8: save it as UTF-8"}
	}
	if json.Valid(data) {
		return nil
	}
	var raw json.RawMessage
	err := json.Unmarshal(data, &raw)
	message := fmt.Sprintf("the text is no JSON: %v", err)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		line, column := position(data, int(syntax.Offset))
		message = fmt.Sprintf("the text is no JSON at line %d, column %d: %v", line, column, err)
	}
	return &fault{message: message}
}

func position(data []byte, offset int) (line, column int) {
	line, column = 1, 1
	for _, c := range data[:min(offset, len(data))] {
		column++
		if c == '\n' {
			line, column = line+1, 1
		}
	}
	return line, column
}

// checker walks all of a document without building values.
type checker struct {
	scanner
	path   path
	keys   []string // of all objects around the current value, the innermost last
	faults []fault
}

func (c *checker) fault(format string, args ...any) {
	c.faults = append(c.faults, fault{c.path.String(), fmt.Sprintf(format, args...)})
}

func (c *checker) value() {
	switch c.next() {
	case '{', '[':
		if len(c.path) >= maxDepth {
			c.fault("objects and arrays nest deeper than %d", maxDepth)
			c.skip()
			return
		}
		if c.data[c.pos] == '{' {
			c.object()
		} else {
			c.array()
		}
	default:
		c.skip()
	}
}

func (c *checker) object() {
	base := len(c.keys)
	var seen keySet
	c.pos++
	for c.more('}') {
		k := unquote(c.key())
		c.path = append(c.path, key(k))
		if !seen.add(c.keys[base:], k) {
			c.fault(duplicateKey, k)
		}
		c.keys = append(c.keys, k)
		c.value()
		c.path = c.path[:len(c.path)-1]
	}
	c.keys = c.keys[:base]
}

func (c *checker) array() {
	c.pos++
	for i := 0; c.more(']'); i++ {
		c.path = append(c.path, index(i))
		c.value()
		c.path = c.path[:len(c.path)-1]
	}
}

// keySet finds a key among those before it: by comparing while they are few, which is the
// rule and needs no memory, else by a map.
type keySet map[string]bool

// add is false if k is one of before.
func (s *keySet) add(before []string, k string) bool {
	if *s == nil {
		for _, b := range before {
			if b == k {
				return false
			}
		}
		if len(before) < 32 {
			return true
		}
		*s = make(keySet, 2*len(before))
		for _, b := range before {
			(*s)[b] = true
		}
	}
	if (*s)[k] {
		return false
	}
	(*s)[k] = true
	return true
}
