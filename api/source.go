package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a document. A REST API with its 300 resources fits many times over, while
// nesting, aliases and length cannot exhaust the machine.
const (
	maxBytes  = 8 << 20
	maxDepth  = 100
	maxValues = 400_000
)

// sourceError ends the reading of a document.
type sourceError struct {
	line, column int
	message, fix string
}

func (e *sourceError) Error() string { return e.message }

// builder is what the YAML and the JSON source have in common.
type builder struct {
	values int
	faults []sourceFault
}

// sourceFault is a fault of the notation that does not end the reading.
type sourceFault struct {
	at           *node
	message, fix string
}

// count refuses what nests too deep or, aliases expanded, has too many values.
func (b *builder) count(n *node, depth int) error {
	b.values++
	if depth > maxDepth {
		return &sourceError{n.line, n.column, fmt.Sprintf("the document nests deeper than %d levels", maxDepth), "move inner schemas to components/schemas"}
	}
	if b.values > maxValues {
		return &sourceError{n.line, n.column, fmt.Sprintf("the document has more than %d values, aliases expanded", maxValues), "use $ref instead of YAML aliases, or split the application"}
	}
	return nil
}

// member adds child to the object n, unless the key is there already.
func (b *builder) member(n *node, seen map[string]*node, name string, key, child *node) {
	if first, ok := seen[name]; ok {
		place := &node{parent: n, token: name, line: key.line, column: key.column}
		b.faults = append(b.faults, sourceFault{place,
			fmt.Sprintf("the key %q is there already, in line %d", abbreviate(name), first.line), "remove one of the two"})
		return
	}
	seen[name] = key
	n.add(child, name)
}

// checkNumber refuses numbers that no float64 comes near.
func (b *builder) checkNumber(n *node) {
	if _, err := strconv.ParseFloat(n.text, 64); err != nil {
		b.faults = append(b.faults, sourceFault{n, fmt.Sprintf("the number %s is out of range", abbreviate(n.text)), "write a number that a double holds"})
		n.text = "0"
	}
}

// readSource reads a YAML or JSON document.
func readSource(name string, data []byte) (*node, []sourceFault, error) {
	if len(data) > maxBytes {
		return nil, nil, &sourceError{message: fmt.Sprintf("the document has %d bytes, more than %d", len(data), maxBytes), fix: "split the application"}
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if !utf8.Valid(data) {
		return nil, nil, &sourceError{message: "the document is not UTF-8", fix: "save it as UTF-8"}
	}
	if looksLikeJSON(name, data) {
		source := newJSONSource(data)
		root, err := source.read()
		return root, source.faults, err
	}
	source := &yamlSource{}
	root, err := source.read(data)
	return root, source.faults, err
}

// looksLikeJSON is false for YAML in flow style, which may begin with a brace too.
func looksLikeJSON(name string, data []byte) bool {
	if strings.EqualFold(path.Ext(name), ".json") {
		return true
	}
	return bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{")) && json.Valid(data)
}
