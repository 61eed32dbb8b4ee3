package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// maxDepth of nested arrays and objects in a body.
const maxDepth = 16

// parse reads one JSON text (RFC 8259) as nil, bool, json.Number, string, []any or
// map[string]any. Unlike encoding/json it refuses what readers understand
// differently: a member given twice, text after the value, and bytes that are not UTF-8.
// Errors are fit for the caller to see; pointer is where they are.
func parse(data []byte) (value any, pointer string, err error) {
	if !utf8.Valid(data) {
		return nil, "", errors.New("is not UTF-8")
	}
	if !json.Valid(data) {
		return nil, "", errors.New("is not one JSON value")
	}
	p := parser{decoder: json.NewDecoder(bytes.NewReader(data))}
	p.decoder.UseNumber()
	value, err = p.value("", 0)
	return value, p.pointer, err
}

// parser walks a text that is known to be valid JSON.
type parser struct {
	decoder *json.Decoder
	pointer string
}

func (p *parser) fail(pointer string, err error) error {
	p.pointer = pointer
	return err
}

func (p *parser) value(at string, depth int) (any, error) {
	token, err := p.decoder.Token()
	if err != nil {
		return nil, p.fail(at, err)
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if depth == maxDepth {
		return nil, p.fail(at, fmt.Errorf("is nested deeper than %d levels", maxDepth))
	}
	if delim == '[' {
		return p.array(at, depth+1)
	}
	return p.object(at, depth+1)
}

func (p *parser) array(at string, depth int) (any, error) {
	list := []any{}
	for p.decoder.More() {
		value, err := p.value(at+"/"+strconv.Itoa(len(list)), depth)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err := p.decoder.Token()
	return list, err
}

func (p *parser) object(at string, depth int) (any, error) {
	members := map[string]any{}
	for p.decoder.More() {
		token, err := p.decoder.Token()
		if err != nil {
			return nil, p.fail(at, err)
		}
		name := token.(string) // the grammar allows nothing else
		inside := at + "/" + escapePointer(name)
		if _, ok := members[name]; ok {
			return nil, p.fail(inside, errors.New("is given more than once"))
		}
		if members[name], err = p.value(inside, depth); err != nil {
			return nil, err
		}
	}
	_, err := p.decoder.Token()
	return members, err
}
