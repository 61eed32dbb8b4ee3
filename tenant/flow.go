package tenant

import (
	"bytes"
	"encoding/json"
	"strings"
)

// bracket is a list or a mapping in brackets, as JSON writes all of them (YAML 1.2.2, section 7.4).
type bracket struct {
	// open and close are the offsets of the brackets.
	open, close int
	items       []item
}

// item is an entry of a list in brackets, or a field of a mapping.
type item struct {
	// from and to are where it begins and ends, without the spaces around it.
	from, to int
	// comma is the offset of the comma behind it, or -1.
	comma int
	// value is what it is, or its value, where that is in brackets.
	value *bracket
}

// maxBrackets bounds the recursion; what is nested deeper is no tenants.yaml.
const maxBrackets = maxDepth

// scanBracket reads what begins with a bracket at an offset; nil if the data is not as it should be. Places are counted in bytes
// here, since the columns of the YAML parser are those of characters, and of what it makes of escapes.
func scanBracket(data []byte, at, depth int) *bracket {
	if at >= len(data) || data[at] != '[' && data[at] != '{' || depth > maxBrackets {
		return nil
	}
	b := &bracket{open: at}
	for at++; ; {
		at = skipBlank(data, at)
		if at >= len(data) {
			return nil
		}
		if data[at] == ']' || data[at] == '}' {
			b.close = at
			return b
		}
		it := scanItem(data, at, depth)
		if it == nil {
			return nil
		}
		at = skipBlank(data, it.to)
		if at < len(data) && data[at] == ',' {
			it.comma = at
			at++
		}
		b.items = append(b.items, *it)
	}
}

// scanItem reads up to the comma or bracket that ends an item.
func scanItem(data []byte, at, depth int) *item {
	it := &item{from: at, to: at, comma: -1}
	plain := false // within text that is not in quotes, in which quotes are characters as any other
	for at < len(data) {
		switch c := data[at]; {
		case c == ',' || c == ']' || c == '}':
			return it
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			if at = skipBlank(data, at); at < len(data) && (data[at-1] == '\n' || data[at-1] == '\r') {
				plain = false
			}
			continue
		case (c == '[' || c == '{') && !plain:
			value := scanBracket(data, at, depth+1)
			if value == nil || it.value != nil {
				return nil
			}
			it.value, at = value, value.close+1
		case (c == '"' || c == '\'') && !plain:
			if at = skipQuoted(data, at); at < 0 {
				return nil
			}
		default:
			plain = c != ':' // a colon begins a value
			at++
		}
		it.to = at
	}
	return nil
}

// skipQuoted is the offset behind a scalar in quotes, or -1.
func skipQuoted(data []byte, at int) int {
	quote := data[at]
	for at++; at < len(data); at++ {
		switch {
		case data[at] == '\\' && quote == '"':
			at++
		case data[at] == quote && quote == '\'' && at+1 < len(data) && data[at+1] == quote:
			at++
		case data[at] == quote:
			return at + 1
		}
	}
	return -1
}

// skipBlank is the offset of the first byte at or after an offset that is no space and in no comment.
func skipBlank(data []byte, at int) int {
	for at < len(data) {
		switch c := data[at]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			at++
		case c == '#':
			for at < len(data) && data[at] != '\r' && data[at] != '\n' {
				at++
			}
		default:
			return at
		}
	}
	return at
}

// keyOf is the name of a field in brackets, whether it is in double quotes, and the offset behind its colon.
func keyOf(data []byte, field item) (name string, quoted bool, value int) {
	if data[field.from] == '"' || data[field.from] == '\'' {
		end := skipQuoted(data, field.from)
		if end < 0 {
			return "", false, field.to
		}
		name, quoted = string(data[field.from+1:end-1]), data[field.from] == '"'
		if quoted {
			_ = json.Unmarshal(data[field.from:end], &name) // otherwise it has an escape that JSON does not know, and is no field's name
		}
		return name, quoted, min(skipBlank(data, end)+1, field.to)
	}
	before, _, _ := bytes.Cut(data[field.from:field.to], []byte(":"))
	return string(bytes.TrimSpace(before)), false, min(field.from+len(before)+1, field.to)
}

// flowStyle is how mappings in brackets are written.
type flowStyle struct {
	// quoted has names and text in double quotes, as JSON wants it.
	quoted bool
	// colon, comma and pad stand between name and value, between fields, and within the braces.
	colon, comma, pad string
	// expanded has every field on a line of its own, field before it, and last before the closing brace.
	expanded         bool
	eol, field, last string
}

// usual is the style of a file that has no other.
func usual(eol string) flowStyle { return flowStyle{colon: ": ", comma: ", ", eol: eol} }

// styleOf is the style of a mapping.
func (e *editor) styleOf(m *bracket) flowStyle {
	s := usual(e.eol)
	if len(m.items) == 0 {
		return s
	}
	first := m.items[0]
	_, quoted, value := keyOf(e.data, first)
	s.quoted = quoted
	if quoted && value < len(e.data) && e.data[value] != ' ' && e.data[value] != '\r' && e.data[value] != '\n' {
		s.colon = ":"
	}
	if quoted && first.comma >= 0 && len(m.items) > 1 && m.items[1].from == first.comma+1 {
		s.comma = ","
	}
	if e.lineOf(m.open) == e.lineOf(first.from) {
		if last := m.items[len(m.items)-1]; e.data[m.open+1] == ' ' && last.to < m.close && e.data[m.close-1] == ' ' {
			s.pad = " "
		}
		return s
	}
	s.expanded, s.field = true, e.indentAt(first.from)
	if e.aloneBefore(m.close) {
		s.last = e.eol + e.indentAt(m.close)
	}
	return s
}

// indentAt is the white space at the beginning of the line that an offset is in.
func (e *editor) indentAt(at int) string {
	line := e.lines[e.lineOf(at)-1]
	return line[:len(line)-len(strings.TrimLeft(line, " "))]
}

// deeper is the style of a mapping within.
func (s flowStyle) deeper() flowStyle {
	if s.expanded {
		unit := "  "
		if outer := strings.TrimLeft(s.last, "\r\n"); s.last != "" && len(s.field) > len(outer) {
			unit = s.field[len(outer):]
		}
		if s.last != "" {
			s.last = s.eol + s.field
		}
		s.field += unit
	}
	return s
}

// isJSON reports whether a file is JSON, which it has to stay.
func isJSON(data []byte) bool { return json.Valid(data) }
