package authz

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonKind is the type of a JSON value.
type jsonKind uint8

const (
	jsonNull jsonKind = iota
	jsonBool
	jsonNumber
	jsonString
	jsonArray
	jsonObject
)

// maxJSONValues bounds the values of one text, so that a small text cannot become a large tree.
const maxJSONValues = 1 << 16

// jsonValue is a JSON value that keeps what encoding/json forgets: member names
// as they were spelled, repeated members, and strings that are no Unicode text.
type jsonValue struct {
	kind jsonKind
	// text is a string's value, or the literal of a number or a boolean.
	text string
	// escaped says that the string was spelled with an escape sequence.
	escaped bool
	// unclear says that, here or deeper, members repeat or a surrogate has no partner:
	// what two readers of the text may understand differently (RFC 8259 sections 4 and 8.2).
	unclear bool
	members []jsonMember
	items   []jsonValue
}

// jsonMember is a name and a value of an object.
type jsonMember struct {
	name    string
	escaped bool
	value   jsonValue
}

// member is the value of the first member of that name.
func (v jsonValue) member(name string) (jsonValue, bool) {
	for i := range v.members {
		if v.members[i].name == name {
			return v.members[i].value, true
		}
	}
	return jsonValue{}, false
}

// disguised reports a member that one reader takes for one of the names and
// another does not: it differs in case only, or is spelled with escapes.
// Case folding is that of encoding/json, which also folds U+017F and U+212A.
func (v jsonValue) disguised(names []string) bool {
	for i := range v.members {
		m := &v.members[i]
		for _, name := range names {
			if strings.EqualFold(m.name, name) && (m.name != name || m.escaped) {
				return true
			}
		}
	}
	return false
}

// parseJSON reads exactly one JSON text (RFC 8259) in UTF-8 without a byte order
// mark, nested at most maxDepth deep. Errors name an offset and never the content.
func parseJSON(data []byte, maxDepth int) (jsonValue, error) {
	if !utf8.Valid(data) {
		return jsonValue{}, errors.New("reading JSON: invalid UTF-8")
	}
	p := jsonParser{data: data, maxDepth: maxDepth}
	v, err := p.value(1)
	if err != nil {
		return jsonValue{}, err
	}
	p.space()
	if p.pos != len(data) {
		return jsonValue{}, p.fail("text after the value")
	}
	return v, nil
}

type jsonParser struct {
	data     []byte
	pos      int
	values   int
	maxDepth int
}

func (p *jsonParser) fail(what string) error {
	return fmt.Errorf("reading JSON at byte %d: %s", p.pos, what)
}

func (p *jsonParser) space() {
	for p.pos < len(p.data) {
		switch p.data[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

// next is the byte at the position, or 0 at the end; 0 is no token of JSON.
func (p *jsonParser) next() byte {
	if p.pos < len(p.data) {
		return p.data[p.pos]
	}
	return 0
}

func (p *jsonParser) value(depth int) (jsonValue, error) {
	p.space()
	if p.values++; p.values > maxJSONValues {
		return jsonValue{}, p.fail("too many values")
	}
	switch c := p.next(); {
	case c == '{' || c == '[':
		if depth > p.maxDepth {
			return jsonValue{}, p.fail("nested too deep")
		}
		if c == '{' {
			return p.object(depth)
		}
		return p.array(depth)
	case c == '"':
		return p.string()
	case c == '-' || isDigit(c):
		return p.number()
	case c == 't':
		return p.literal("true", jsonBool)
	case c == 'f':
		return p.literal("false", jsonBool)
	case c == 'n':
		return p.literal("null", jsonNull)
	}
	return jsonValue{}, p.fail("expected a value")
}

func (p *jsonParser) literal(word string, kind jsonKind) (jsonValue, error) {
	if !strings.HasPrefix(string(p.data[p.pos:min(p.pos+len(word), len(p.data))]), word) {
		return jsonValue{}, p.fail("expected a value")
	}
	p.pos += len(word)
	return jsonValue{kind: kind, text: word}, nil
}

func (p *jsonParser) object(depth int) (jsonValue, error) {
	v := jsonValue{kind: jsonObject}
	var seen map[string]bool
	p.pos++
	p.space()
	if p.next() == '}' {
		p.pos++
		return v, nil
	}
	for {
		p.space()
		if p.next() != '"' {
			return jsonValue{}, p.fail("expected a member name")
		}
		name, err := p.string()
		if err != nil {
			return jsonValue{}, err
		}
		p.space()
		if p.next() != ':' {
			return jsonValue{}, p.fail("expected a colon")
		}
		p.pos++
		member, err := p.value(depth + 1)
		if err != nil {
			return jsonValue{}, err
		}
		var repeated bool
		repeated, seen = repeats(v.members, name.text, seen)
		v.unclear = v.unclear || repeated || name.unclear || member.unclear
		v.members = append(v.members, jsonMember{name.text, name.escaped, member})
		if done, err := p.separator('}'); done || err != nil {
			return v, err
		}
	}
}

// repeats reports whether a member of that name exists. Objects with many members
// get a set, so that the time does not grow with their square.
func repeats(members []jsonMember, name string, seen map[string]bool) (bool, map[string]bool) {
	if len(members) < 16 {
		for i := range members {
			if members[i].name == name {
				return true, nil
			}
		}
		return false, nil
	}
	if seen == nil {
		seen = make(map[string]bool, 2*len(members))
		for i := range members {
			seen[members[i].name] = true
		}
	}
	repeated := seen[name]
	seen[name] = true
	return repeated, seen
}

func (p *jsonParser) array(depth int) (jsonValue, error) {
	v := jsonValue{kind: jsonArray}
	p.pos++
	p.space()
	if p.next() == ']' {
		p.pos++
		return v, nil
	}
	for {
		item, err := p.value(depth + 1)
		if err != nil {
			return jsonValue{}, err
		}
		v.unclear = v.unclear || item.unclear
		v.items = append(v.items, item)
		if done, err := p.separator(']'); done || err != nil {
			return v, err
		}
	}
}

// separator reads a comma, or the end of the collection.
func (p *jsonParser) separator(end byte) (done bool, err error) {
	p.space()
	switch p.next() {
	case ',':
		p.pos++
		return false, nil
	case end:
		p.pos++
		return true, nil
	}
	return false, p.fail("expected a comma or the end")
}

func (p *jsonParser) number() (jsonValue, error) {
	start := p.pos
	if p.next() == '-' {
		p.pos++
	}
	if p.next() == '0' {
		p.pos++
	} else if !p.digits() {
		return jsonValue{}, p.fail("expected a digit")
	}
	if p.next() == '.' {
		p.pos++
		if !p.digits() {
			return jsonValue{}, p.fail("expected a digit")
		}
	}
	if c := p.next(); c == 'e' || c == 'E' {
		p.pos++
		if c := p.next(); c == '+' || c == '-' {
			p.pos++
		}
		if !p.digits() {
			return jsonValue{}, p.fail("expected a digit")
		}
	}
	return jsonValue{kind: jsonNumber, text: string(p.data[start:p.pos])}, nil
}

func (p *jsonParser) digits() bool {
	start := p.pos
	for isDigit(p.next()) {
		p.pos++
	}
	return p.pos > start
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func (p *jsonParser) string() (jsonValue, error) {
	p.pos++
	start := p.pos
	for p.pos < len(p.data) {
		switch c := p.data[p.pos]; {
		case c == '"':
			p.pos++
			return jsonValue{kind: jsonString, text: string(p.data[start : p.pos-1])}, nil
		case c == '\\':
			return p.escapedString(start)
		case c < ' ':
			return jsonValue{}, p.fail("control character in a string")
		}
		p.pos++
	}
	return jsonValue{}, p.fail("unfinished string")
}

// escapedString goes on with a string that began at start, at its first escape.
func (p *jsonParser) escapedString(start int) (jsonValue, error) {
	v := jsonValue{kind: jsonString, escaped: true}
	buf := append([]byte(nil), p.data[start:p.pos]...)
	for p.pos < len(p.data) {
		switch c := p.data[p.pos]; {
		case c == '"':
			p.pos++
			v.text = string(buf)
			return v, nil
		case c == '\\':
			r, lone, err := p.escape()
			if err != nil {
				return jsonValue{}, err
			}
			v.unclear = v.unclear || lone
			buf = utf8.AppendRune(buf, r)
		case c < ' ':
			return jsonValue{}, p.fail("control character in a string")
		default:
			buf = append(buf, c)
			p.pos++
		}
	}
	return jsonValue{}, p.fail("unfinished string")
}

// escape reads one escape sequence, or the two of a surrogate pair; lone says
// that half a pair stood alone.
func (p *jsonParser) escape() (r rune, lone bool, err error) {
	const plain, meaning = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	p.pos++
	c := p.next()
	if i := strings.IndexByte(plain, c); i >= 0 {
		p.pos++
		return rune(meaning[i]), false, nil
	}
	if c != 'u' {
		return 0, false, p.fail("unknown escape sequence")
	}
	p.pos++
	if r, err = p.hex4(); err != nil || !utf16.IsSurrogate(r) {
		return r, false, err
	}
	if p.next() == '\\' && p.pos+1 < len(p.data) && p.data[p.pos+1] == 'u' {
		back := p.pos
		p.pos += 2
		low, err := p.hex4()
		if err != nil {
			return 0, false, err
		}
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, false, nil
		}
		p.pos = back
	}
	return utf8.RuneError, true, nil
}

func (p *jsonParser) hex4() (rune, error) {
	var r rune
	for range 4 {
		c := p.next()
		switch {
		case isDigit(c):
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, p.fail("expected four hexadecimal digits")
		}
		p.pos++
	}
	return r, nil
}
