package eventsource

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

const (
	// maxFilters of a mapping; five, unless AWS raised it (Lambda Developer Guide, "Control which events
	// Lambda sends to your function").
	maxFilters = 10
	// maxPattern of a filter, in characters.
	maxPattern = 4096
)

// filters let an event through that one of them matches. None let all through.
type filters []pattern

// parseFilters reads patterns, in the words of Lambda where one is wrong.
func parseFilters(texts []string) (filters, error) {
	if len(texts) > maxFilters {
		return nil, fmt.Errorf("FilterCriteria has %d filters, want at most %d", len(texts), maxFilters)
	}
	var out filters
	for _, text := range texts {
		p, err := parsePattern(text)
		if err != nil {
			return nil, fmt.Errorf("invalid filter pattern definition %s: %w", text, err)
		}
		out = append(out, p)
	}
	return out, nil
}

func parsePattern(text string) (pattern, error) {
	if len(text) > maxPattern {
		return nil, fmt.Errorf("it has %d characters, want at most %d", len(text), maxPattern)
	}
	v, err := decode([]byte(text))
	if err != nil {
		return nil, err
	}
	o, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("it is not an object")
	}
	return patternOf(o)
}

// decode keeps numbers as they are written. Nothing may follow.
func decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON")
	}
	return v, nil
}

// matchEvent says whether a record of a stream goes to the function. All values of attributes are
// strings, numbers too, so that numeric operators match none of them.
func (f filters) matchEvent(event []byte) bool {
	if len(f) == 0 {
		return true
	}
	v, err := decode(event)
	return err == nil && f.match(v)
}

func (f filters) match(event any) bool {
	for _, p := range f {
		if p.match(event) {
			return true
		}
	}
	return len(f) == 0
}

// matchMessage says whether a message of a queue goes to the function. A body that is to be JSON
// and is not, or the other way round, matches nothing; a pattern without a body looks at the
// rest alone (Lambda Developer Guide, "Using event filtering with an Amazon SQS event source").
func (f filters) matchMessage(event []byte) bool {
	if len(f) == 0 {
		return true
	}
	v, err := decode(event)
	if err != nil {
		return false
	}
	o := v.(map[string]any)
	plain, _ := o["body"].(string)
	parsed, parseErr := decode([]byte(plain))
	_, isObject := parsed.(map[string]any)
	for _, p := range f {
		o["body"] = plain
		if _, nested := p["body"].(pattern); nested {
			if parseErr != nil || !isObject {
				continue
			}
			o["body"] = parsed
		}
		if p.match(o) {
			return true
		}
	}
	return false
}
