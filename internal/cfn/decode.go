package cfn

import (
	"encoding/json"
	"fmt"
	"strings"
)

// decoder builds values of JSON text as encoding/json would with UseNumber, in a third of the
// time. Numbers keep their text, so that an account id does not become 1.11111111111e+11.
type decoder struct {
	scanner
	path   path
	faults []fault
	keys   map[string]string // one copy of each key
}

// decode is the value of raw, which stands at path at. It finds what must not be in the
// text of a template: a key twice in one object, null, and a bracket of [Opaque], which
// could forge a value of AWS.
func decode(at path, raw []byte, keys map[string]string) (any, []fault) {
	if f := checkSyntax(raw); f != nil {
		f.path = at.String()
		return nil, []fault{*f}
	}
	d := decoder{scanner: scanner{data: raw}, path: append(path(nil), at...), keys: keys}
	v := d.value(0)
	return v, d.faults
}

func (d *decoder) fault(format string, args ...any) {
	d.faults = append(d.faults, fault{d.path.String(), fmt.Sprintf(format, args...)})
}

func (d *decoder) value(depth int) any {
	switch c := d.next(); c {
	case '{', '[':
		if depth >= maxDepth {
			d.fault("objects and arrays nest deeper than %d", maxDepth)
			d.skip()
			return nil
		}
		if c == '{' {
			return d.object(depth + 1)
		}
		return d.array(depth + 1)
	case '"':
		return d.text()
	default:
		switch word := d.word(); word[0] {
		case 't':
			return true
		case 'f':
			return false
		case 'n':
			d.fault("null is no value in a template: leave the property out, or use {\"Ref\": \"AWS::NoValue\"}")
			return nil
		default:
			return json.Number(word)
		}
	}
}

func (d *decoder) text() string {
	s := unquote(d.quoted())
	d.bracket(s)
	return s
}

func (d *decoder) bracket(s string) {
	if strings.Contains(s, opaqueOpen) || strings.Contains(s, opaqueClose) {
		d.fault("the text %q has a bracket %s or %s, which marks values that only AWS knows: use other brackets", shorten(s), opaqueOpen, opaqueClose)
	}
}

func (d *decoder) object(depth int) map[string]any {
	m := map[string]any{}
	d.pos++
	for d.more('}') {
		token := d.key()
		k, ok := d.keys[string(token)]
		if !ok {
			k = unquote(token)
			d.keys[string(token)] = k
		}
		d.path = append(d.path, key(k))
		d.bracket(k)
		if _, twice := m[k]; twice {
			d.fault(duplicateKey, k)
		}
		m[k] = d.value(depth)
		d.path = d.path[:len(d.path)-1]
	}
	return m
}

func (d *decoder) array(depth int) []any {
	list := []any{}
	d.pos++
	for i := 0; d.more(']'); i++ {
		d.path = append(d.path, index(i))
		list = append(list, d.value(depth))
		d.path = d.path[:len(d.path)-1]
	}
	return list
}

// describe is a value as JSON, for a message.
func describe(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%T", v)
	}
	return shorten(string(text))
}

// shorten keeps messages readable.
func shorten(s string) string {
	const most = 120
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
