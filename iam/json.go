package iam

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxDepth of a JSON text; a policy needs five levels.
const maxDepth = 32

// readJSON is the decoding of encoding/json into values, with json.Number, except that a
// name that an object has twice is an error: which of the two AWS takes is not documented.
func readJSON(data []byte) (any, error) {
	var syntax *json.SyntaxError
	if !utf8.Valid(data) {
		return nil, errors.New("not JSON: the text is no UTF-8")
	}
	if !json.Valid(data) {
		err := json.Unmarshal(data, new(json.RawMessage))
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("not JSON: %w, at byte %d", err, syntax.Offset)
		}
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	r := jsonReader{data: string(data)}
	return r.value(0)
}

// jsonReader reads text that is known to be JSON.
type jsonReader struct {
	data string
	at   int
	path []string
}

// next is the next byte that is no white space, comma or colon.
func (r *jsonReader) next() byte {
	for {
		switch c := r.data[r.at]; c {
		case ' ', '\t', '\n', '\r', ',', ':':
			r.at++
		default:
			return c
		}
	}
}

func (r *jsonReader) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("more than %d levels deep", maxDepth)
	}
	switch c := r.next(); c {
	case '{':
		return r.object(depth)
	case '[':
		return r.array(depth)
	case '"':
		return r.text()
	case 't', 'f', 'n':
		n := len("true")
		if c == 'f' {
			n++
		}
		r.at += n
		return map[byte]any{'t': true, 'f': false, 'n': nil}[c], nil
	default:
		end := r.at + strings.IndexAny(r.data[r.at:]+",", ",]} \t\r\n")
		number := json.Number(r.data[r.at:end])
		r.at = end
		return number, nil
	}
}

func (r *jsonReader) object(depth int) (any, error) {
	r.at++
	object := map[string]any{}
	for r.next() != '}' {
		name, err := r.text()
		if err != nil {
			return nil, err
		}
		r.path = append(r.path, name)
		if _, twice := object[name]; twice {
			return nil, fmt.Errorf("%s appears twice in one object: remove one", strings.Join(r.path, "."))
		}
		if object[name], err = r.value(depth + 1); err != nil {
			return nil, err
		}
		r.path = r.path[:len(r.path)-1]
	}
	r.at++
	return object, nil
}

func (r *jsonReader) array(depth int) (any, error) {
	r.at++
	array := []any{}
	for r.next() != ']' {
		value, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		array = append(array, value)
	}
	r.at++
	return array, nil
}

// text is a string; one with escapes is left to encoding/json.
func (r *jsonReader) text() (string, error) {
	start := r.at
	for i := start + 1; ; i++ {
		switch r.data[i] {
		case '\\':
			i++
		case '"':
			r.at = i + 1
			if raw := r.data[start+1 : i]; strings.IndexByte(raw, '\\') < 0 {
				return raw, nil
			}
			var s string
			err := json.Unmarshal([]byte(r.data[start:i+1]), &s)
			return s, err
		}
	}
}
