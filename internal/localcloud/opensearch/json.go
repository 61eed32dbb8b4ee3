package opensearch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// maxDepth of the bodies that are read here; the node's own limit on queries is lower.
const maxDepth = 200

// node is a value of a JSON text with its place, so that parts of the text can be replaced while all
// else, such as the order of members and the form of numbers, stays as it was sent.
type node struct {
	kind       byte // {, [, " or 0 for all else
	start, end int
	text       string // of a string
	keys       []*node
	values     []*node // of an object or array
}

var errNotJSON = errors.New("the body is not one JSON value as RFC 8259 defines it")

// parseJSON reads exactly one value.
func parseJSON(src []byte) (*node, error) {
	p := &jsonParser{src: src, decoder: json.NewDecoder(bytes.NewReader(src))}
	p.decoder.UseNumber()
	n, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := p.decoder.Token(); err != io.EOF {
		return nil, errNotJSON
	}
	return n, nil
}

type jsonParser struct {
	src     []byte
	decoder *json.Decoder
}

func (p *jsonParser) value(depth int) (*node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("the body is nested more than %d deep", maxDepth)
	}
	start := int(p.decoder.InputOffset())
	token, err := p.decoder.Token()
	if err != nil {
		return nil, errNotJSON
	}
	for start < len(p.src) && bytes.IndexByte([]byte(" \t\r\n,:"), p.src[start]) >= 0 {
		start++
	}
	n := &node{start: start, end: int(p.decoder.InputOffset())}
	switch t := token.(type) {
	case string:
		n.kind, n.text = '"', t
	case json.Delim:
		n.kind = byte(t)
		for p.decoder.More() {
			if t == '{' {
				key, err := p.value(depth + 1)
				if err != nil || key.kind != '"' {
					return nil, errNotJSON
				}
				n.keys = append(n.keys, key)
			}
			v, err := p.value(depth + 1)
			if err != nil {
				return nil, err
			}
			n.values = append(n.values, v)
		}
		if _, err := p.decoder.Token(); err != nil {
			return nil, errNotJSON
		}
		n.end = int(p.decoder.InputOffset())
	}
	return n, nil
}

// member is the last value of a key of an object; nil if there is none.
func (n *node) member(key string) *node {
	for i := len(n.keys) - 1; i >= 0; i-- {
		if n.keys[i].text == key {
			return n.values[i]
		}
	}
	return nil
}

// strings are the string nodes of a string or an array of strings, and whether it is no more than that.
func (n *node) strings() ([]*node, bool) {
	switch n.kind {
	case '"':
		return []*node{n}, true
	case '[':
		for _, v := range n.values {
			if v.kind != '"' {
				return nil, false
			}
		}
		return n.values, true
	}
	return nil, false
}

// edits replace strings of a JSON text.
type edits struct {
	src  []byte
	list []edit
}

type edit struct {
	at   *node
	text string
}

func (e *edits) set(at *node, text string) {
	if at.text != text {
		e.list = append(e.list, edit{at, text})
	}
}

// apply returns the text itself if there is nothing to replace.
func (e *edits) apply() []byte {
	if len(e.list) == 0 {
		return e.src
	}
	slices.SortFunc(e.list, func(a, b edit) int { return a.at.start - b.at.start })
	out := make([]byte, 0, len(e.src)+64*len(e.list))
	last := 0
	for _, c := range e.list {
		quoted, _ := json.Marshal(c.text) // strings always can be
		out = append(append(out, e.src[last:c.at.start]...), quoted...)
		last = c.at.end
	}
	return append(out, e.src[last:]...)
}
