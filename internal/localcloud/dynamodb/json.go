package dynamodb

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// kind of a JSON value.
type kind byte

const (
	isNull kind = iota
	isBool
	isNumber
	isString
	isArray
	isObject
)

// node is a JSON value together with its place in the request, so that what was decided can be
// forwarded as the very bytes that were read.
type node struct {
	kind kind
	// raw are the bytes of the value; at is where they begin.
	raw []byte
	at  int
	// plain is the decoded text of a string.
	plain []byte
	// names are those of an object's members, in the order of list, their values.
	names []name
	// list holds the members of an object and the elements of an array.
	list []node
}

// name of a member: its decoded text and the place of its quotes.
type name struct {
	text    []byte
	at, end int
}

// maxDepth of a request. DynamoDB nests attribute values 32 levels deep, each of which takes two, and
// a batch begins a few further down (DynamoDB Developer Guide, "Constraints").
const maxDepth = 100

// parseJSON reads one JSON value strictly. The engine lets the last of two members of one name
// win, ignores what follows the value, detects UTF-16 and stores half a surrogate pair as a question
// mark; a decision about such a request would be one about another, so all of it is refused (RFC 8259,
// section 4; RFC 7493, "The I-JSON Message Format";
// docs/aws-differences.md, 60).
func parseJSON(data []byte) (*node, error) {
	p := jsonParser{data: data}
	p.space()
	var n node
	if err := p.value(&n, 0); err != nil {
		return nil, fmt.Errorf("at byte %d: %w", p.at, err)
	}
	p.space()
	if p.at != len(data) {
		return nil, fmt.Errorf("at byte %d: something follows the value", p.at)
	}
	return &n, nil
}

type jsonParser struct {
	data []byte
	at   int
}

var (
	errJSON      = errors.New("it is no JSON")
	errDepth     = errors.New("it is nested too deeply")
	errUnicode   = errors.New("a string is no valid Unicode")
	errDuplicate = errors.New("a member is there twice")
)

func (p *jsonParser) space() {
	for p.at < len(p.data) {
		switch p.data[p.at] {
		case ' ', '\t', '\r', '\n':
			p.at++
		default:
			return
		}
	}
}

func (p *jsonParser) peek() byte {
	if p.at < len(p.data) {
		return p.data[p.at]
	}
	return 0
}

func (p *jsonParser) value(n *node, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	n.at = p.at
	var err error
	switch c := p.peek(); {
	case c == '{':
		n.kind = isObject
		err = p.object(n, depth)
	case c == '[':
		n.kind = isArray
		err = p.array(n, depth)
	case c == '"':
		n.kind = isString
		n.plain, err = p.text()
	case c == 't':
		n.kind = isBool
		err = p.word("true")
	case c == 'f':
		n.kind = isBool
		err = p.word("false")
	case c == 'n':
		err = p.word("null")
	default:
		n.kind = isNumber
		err = p.number()
	}
	n.raw = p.data[n.at:p.at]
	return err
}

func (p *jsonParser) word(w string) error {
	if !bytes.HasPrefix(p.data[p.at:], []byte(w)) {
		return errJSON
	}
	p.at += len(w)
	return nil
}

func (p *jsonParser) object(n *node, depth int) error {
	p.at++
	p.space()
	if p.peek() == '}' {
		p.at++
		return nil
	}
	for {
		if p.peek() != '"' {
			return errJSON
		}
		at := p.at
		text, err := p.text()
		if err != nil {
			return err
		}
		n.names = append(n.names, name{text, at, p.at})
		p.space()
		if p.peek() != ':' {
			return errJSON
		}
		p.at++
		p.space()
		n.list = append(n.list, node{})
		if err := p.value(&n.list[len(n.list)-1], depth+1); err != nil {
			return err
		}
		if done, err := p.next('}'); err != nil {
			return err
		} else if done {
			return n.unique()
		}
	}
}

func (p *jsonParser) array(n *node, depth int) error {
	p.at++
	p.space()
	if p.peek() == ']' {
		p.at++
		return nil
	}
	for {
		n.list = append(n.list, node{})
		if err := p.value(&n.list[len(n.list)-1], depth+1); err != nil {
			return err
		}
		if done, err := p.next(']'); err != nil || done {
			return err
		}
	}
}

// next goes on to another member or element, unless the closing bracket comes.
func (p *jsonParser) next(closing byte) (done bool, err error) {
	p.space()
	switch p.peek() {
	case closing:
		p.at++
		return true, nil
	case ',':
		p.at++
		p.space()
		return false, nil
	}
	return false, errJSON
}

// few members are compared with each other; of more a map is made.
const few = 12

func (n *node) unique() error {
	if len(n.names) > few {
		seen := make(map[string]struct{}, len(n.names))
		for _, m := range n.names {
			if _, twice := seen[string(m.text)]; twice {
				return fmt.Errorf("%w: %q", errDuplicate, m.text)
			}
			seen[string(m.text)] = struct{}{}
		}
		return nil
	}
	for i, a := range n.names {
		for _, b := range n.names[:i] {
			if bytes.Equal(a.text, b.text) {
				return fmt.Errorf("%w: %q", errDuplicate, a.text)
			}
		}
	}
	return nil
}

// number follows the grammar of RFC 8259, section 6.
func (p *jsonParser) number() error {
	if p.peek() == '-' {
		p.at++
	}
	switch c := p.peek(); {
	case c == '0':
		p.at++
	case c >= '1' && c <= '9':
		p.digits()
	default:
		return errJSON
	}
	if p.peek() == '.' {
		p.at++
		if !p.digits() {
			return errJSON
		}
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.at++
		if c := p.peek(); c == '+' || c == '-' {
			p.at++
		}
		if !p.digits() {
			return errJSON
		}
	}
	return nil
}

func (p *jsonParser) digits() bool {
	start := p.at
	for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
		p.at++
	}
	return p.at > start
}

// text reads a string. One without escapes is a part of the request and not copied.
func (p *jsonParser) text() ([]byte, error) {
	p.at++
	start, ascii := p.at, true
	for p.at < len(p.data) {
		switch c := p.data[p.at]; {
		case c == '"':
			s := p.data[start:p.at]
			p.at++
			if !ascii && !utf8.Valid(s) {
				return nil, errUnicode
			}
			return s, nil
		case c == '\\':
			return p.escaped(start)
		case c < ' ':
			return nil, errJSON
		case c >= utf8.RuneSelf:
			ascii = false
		}
		p.at++
	}
	return nil, errJSON
}

// escaped reads the rest of a string that has an escape.
func (p *jsonParser) escaped(start int) ([]byte, error) {
	s := append(make([]byte, 0, 2*(p.at-start)+32), p.data[start:p.at]...)
	for p.at < len(p.data) {
		c := p.data[p.at]
		p.at++
		switch {
		case c == '"':
			if !utf8.Valid(s) {
				return nil, errUnicode
			}
			return s, nil
		case c < ' ':
			return nil, errJSON
		case c != '\\':
			s = append(s, c)
			continue
		}
		r, err := p.escape()
		if err != nil {
			return nil, err
		}
		s = utf8.AppendRune(s, r)
	}
	return nil, errJSON
}

var simpleEscapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (p *jsonParser) escape() (rune, error) {
	c := p.peek()
	p.at++
	if r, ok := simpleEscapes[c]; ok {
		return r, nil
	}
	if c != 'u' {
		return 0, errJSON
	}
	r, err := p.hex()
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	if !bytes.HasPrefix(p.data[p.at:], []byte(`\u`)) {
		return 0, errUnicode
	}
	p.at += 2
	low, err := p.hex()
	if err != nil {
		return 0, err
	}
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return 0, errUnicode
	}
	return r, nil
}

func (p *jsonParser) hex() (rune, error) {
	if p.at+4 > len(p.data) {
		return 0, errJSON
	}
	for _, c := range p.data[p.at : p.at+4] {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			return 0, errJSON
		}
	}
	v, err := strconv.ParseUint(string(p.data[p.at:p.at+4]), 16, 32)
	p.at += 4
	return rune(v), err
}

// get is a member of an object; nil if it is absent or null, which AWS takes for the same.
func (n *node) get(member string) *node {
	if n == nil || n.kind != isObject {
		return nil
	}
	for i := range n.names {
		if string(n.names[i].text) == member {
			if n.list[i].kind == isNull {
				return nil
			}
			return &n.list[i]
		}
	}
	return nil
}

// text is a string; ok is false of anything else.
func (n *node) text() (s string, ok bool) {
	if n == nil || n.kind != isString {
		return "", false
	}
	return string(n.plain), true
}

// edit replaces the bytes of a value.
type edit struct {
	at, end int
	with    []byte
}

// replace makes an edit of a value of the same document.
func (n *node) replace(with []byte) edit { return edit{n.at, n.at + len(n.raw), with} }

func sorted(edits []edit) []edit {
	slices.SortFunc(edits, func(a, b edit) int { return a.at - b.at })
	return edits
}

// splice applies edits, which are in the order of their places and do not overlap.
func splice(data []byte, edits []edit) []byte {
	if len(edits) == 0 {
		return data
	}
	size := len(data)
	for _, e := range edits {
		size += len(e.with) - (e.end - e.at)
	}
	out := make([]byte, 0, size)
	at := 0
	for _, e := range edits {
		out = append(append(out, data[at:e.at]...), e.with...)
		at = e.end
	}
	return append(out, data[at:]...)
}

// appendJSON appends a JSON string.
func appendJSON(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

func quoteJSON(s string) []byte { return appendJSON(make([]byte, 0, len(s)+2), s) }
