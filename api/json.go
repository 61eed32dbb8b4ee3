package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// jsonSource builds nodes from JSON. YAML readers take most JSON, but not tabs
// between tokens nor surrogate pairs.
type jsonSource struct {
	builder
	data    []byte
	decoder *json.Decoder
	// offset, line and column of the last place asked for; places are asked in order.
	offset, line, column int
}

func newJSONSource(data []byte) *jsonSource {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return &jsonSource{data: data, decoder: decoder, line: 1, column: 1}
}

func (s *jsonSource) read() (*node, error) {
	root, err := s.next(0)
	if err != nil {
		return nil, err
	}
	s.locate()
	if _, err := s.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, &sourceError{s.line, s.column, "text follows the document", "keep one JSON value"}
	}
	return root, nil
}

// locate advances line and column to the next token.
func (s *jsonSource) locate() {
	end := int(s.decoder.InputOffset())
	for end < len(s.data) && strings.IndexByte(" \t\r\n,:", s.data[end]) >= 0 {
		end++
	}
	for ; s.offset < end; s.offset++ {
		switch b := s.data[s.offset]; {
		case b == '\n':
			s.line, s.column = s.line+1, 1
		case b&0xC0 != 0x80:
			s.column++
		}
	}
}

func (s *jsonSource) token() (json.Token, *node, error) {
	s.locate()
	n := &node{line: s.line, column: s.column}
	token, err := s.decoder.Token()
	if err != nil {
		var syntax *json.SyntaxError
		message := strings.TrimPrefix(err.Error(), "json: ")
		if !errors.As(err, &syntax) {
			message = "unexpected end of JSON input"
		}
		return nil, nil, &sourceError{n.line, n.column, message, "write valid JSON"}
	}
	return token, n, nil
}

func (s *jsonSource) next(depth int) (*node, error) {
	token, n, err := s.token()
	if err != nil {
		return nil, err
	}
	if err := s.count(n, depth); err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return n, s.object(n, depth)
		}
		return n, s.array(n, depth)
	case string:
		n.kind, n.text = stringKind, t
	case json.Number:
		n.kind, n.text = numberKind, t.String()
		s.checkNumber(n)
	case bool:
		n.kind, n.text = boolKind, strconv.FormatBool(t)
	}
	return n, nil
}

func (s *jsonSource) object(n *node, depth int) error {
	n.kind = objectKind
	seen := make(map[string]*node)
	for s.decoder.More() {
		token, key, err := s.token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		child, err := s.next(depth + 1)
		if err != nil {
			return err
		}
		if child.kind >= arrayKind {
			child.line, child.column = key.line, key.column
		}
		s.member(n, seen, name, key, child)
	}
	_, _, err := s.token()
	return err
}

func (s *jsonSource) array(n *node, depth int) error {
	n.kind = arrayKind
	for s.decoder.More() {
		child, err := s.next(depth + 1)
		if err != nil {
			return err
		}
		n.add(child, strconv.Itoa(len(n.items)))
	}
	_, _, err := s.token()
	return err
}
