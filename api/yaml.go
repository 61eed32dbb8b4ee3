package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	yaml "github.com/oasdiff/yaml3"
)

// yamlSource builds nodes from YAML. Scalars are read by the rules of YAML 1.2, so that
// dates stay strings; aliases and merge keys are expanded.
type yamlSource struct {
	builder
	// open are the anchors being expanded, to find one that contains itself.
	open map[*yaml.Node]bool
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

func (s *yamlSource) read(data []byte) (*node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, &sourceError{line: 1, message: "the document is empty", fix: "write an OpenAPI 3.0 document"}
	case err != nil:
		return nil, yamlError(err)
	}
	var second yaml.Node
	switch err := decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		return nil, yamlError(err)
	default:
		return nil, &sourceError{second.Line, second.Column, "a second YAML document follows", "keep one document in the file"}
	}
	s.open = make(map[*yaml.Node]bool)
	if len(document.Content) == 0 {
		return &node{line: 1}, nil
	}
	return s.convert(document.Content[0], nil, 0)
}

func yamlError(err error) error {
	line, message := 0, err.Error()
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = m[2]
	}
	return &sourceError{line: line, message: "YAML: " + message, fix: "write valid YAML"}
}

// convert makes the node of y; key is its key when it is a member.
func (s *yamlSource) convert(y, key *yaml.Node, depth int) (*node, error) {
	n := &node{line: y.Line, column: y.Column}
	if y.Kind == yaml.AliasNode {
		return s.alias(y, key, depth)
	}
	if key != nil && (y.Kind == yaml.MappingNode || y.Kind == yaml.SequenceNode) {
		n.line, n.column = key.Line, key.Column
	}
	if err := s.count(n, depth); err != nil {
		return nil, err
	}
	switch y.Kind {
	case yaml.MappingNode:
		n.kind = objectKind
		s.checkTag(n, y, "!!map")
		return n, s.mapping(n, y, depth)
	case yaml.SequenceNode:
		n.kind = arrayKind
		s.checkTag(n, y, "!!seq")
		for i, item := range y.Content {
			child, err := s.convert(item, nil, depth+1)
			if err != nil {
				return nil, err
			}
			n.add(child, strconv.Itoa(i))
		}
	case yaml.ScalarNode:
		s.scalar(n, y)
	}
	return n, nil
}

func (s *yamlSource) alias(y, key *yaml.Node, depth int) (*node, error) {
	target := y.Alias
	if s.open[target] {
		return nil, &sourceError{y.Line, y.Column, fmt.Sprintf("the anchor %q contains itself", abbreviate(y.Value)), "use $ref for a schema that contains itself"}
	}
	s.open[target] = true
	defer delete(s.open, target)
	if key == nil {
		key = y
	}
	return s.convert(target, key, depth)
}

// checkTag refuses tags that would change what a value is.
func (s *yamlSource) checkTag(n *node, y *yaml.Node, tags ...string) {
	if y.Style&yaml.TaggedStyle == 0 {
		return
	}
	for _, tag := range tags {
		if y.ShortTag() == tag {
			return
		}
	}
	s.faults = append(s.faults, sourceFault{n, fmt.Sprintf("the YAML tag %q has no meaning in JSON", abbreviate(y.Tag)), "remove the tag"})
}

const mergeKey = "<<"

func (s *yamlSource) mapping(n *node, y *yaml.Node, depth int) error {
	seen := make(map[string]*node, len(y.Content)/2)
	var merges []*yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		for key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		place := &node{parent: n, token: key.Value, line: key.Line, column: key.Column}
		switch {
		case key.Kind != yaml.ScalarNode:
			place.token = ""
			s.faults = append(s.faults, sourceFault{place, "a key is no scalar", "write a name before the colon"})
			continue
		case key.Value == mergeKey && key.Style == 0:
			merges = append(merges, value)
			continue
		}
		child, err := s.convert(value, key, depth+1)
		if err != nil {
			return err
		}
		s.member(n, seen, key.Value, place, child)
	}
	for _, merge := range merges {
		if err := s.merge(n, seen, merge, depth); err != nil {
			return err
		}
	}
	return nil
}

// merge adds the members of a merge key's value that n does not have itself.
func (s *yamlSource) merge(n *node, seen map[string]*node, y *yaml.Node, depth int) error {
	value, err := s.convert(y, nil, depth+1)
	if err != nil {
		return err
	}
	sources := []*node{value}
	if value.kind == arrayKind {
		sources = value.items
	}
	for _, source := range sources {
		if source.kind != objectKind {
			place := &node{parent: n, token: mergeKey, line: y.Line, column: y.Column}
			s.faults = append(s.faults, sourceFault{place, "a merge key takes objects, not " + source.kind.String(), "merge an alias of an object"})
			continue
		}
		for _, child := range source.items {
			if _, ok := seen[child.token]; !ok {
				seen[child.token] = child
				n.add(child, child.token)
			}
		}
	}
	return nil
}

var (
	plainNumber = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
	// ambiguousNumber is a number for some YAML readers, another number or a string for others.
	ambiguousNumber = regexp.MustCompile(`^[-+]?(0[0-9][0-9_]*(\.[0-9_]*)?|0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[0-9][0-9_]*_[0-9_]*|[0-9]+\.|\.[0-9]+([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))$|^\.(nan|NaN|NAN)$`)
)

func (s *yamlSource) scalar(n *node, y *yaml.Node) {
	n.kind, n.text = stringKind, y.Value
	s.checkTag(n, y, "!!str", "!!int", "!!float", "!!bool", "!!null")
	quoted := y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	tagged := y.Style&yaml.TaggedStyle != 0
	if quoted && !tagged || tagged && y.ShortTag() == "!!str" {
		return
	}
	switch y.Value {
	case "", "~", "null", "Null", "NULL":
		n.kind, n.text = nullKind, ""
		return
	case "true", "True", "TRUE", "false", "False", "FALSE":
		n.kind, n.text = boolKind, strings.ToLower(y.Value)
		return
	}
	switch {
	case plainNumber.MatchString(y.Value):
		n.kind, n.text = numberKind, strings.TrimPrefix(y.Value, "+")
		s.checkNumber(n)
	case ambiguousNumber.MatchString(y.Value):
		s.faults = append(s.faults, sourceFault{n, fmt.Sprintf("%s is not the same number, or not a number, to every YAML reader", abbreviate(y.Value)),
			fmt.Sprintf("quote it (%q) or write it as a decimal number", abbreviate(y.Value))})
	}
}
