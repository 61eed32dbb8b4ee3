package api

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// kind is the JSON type of a node.
type kind uint8

const (
	nullKind kind = iota
	boolKind
	numberKind
	stringKind
	arrayKind
	objectKind
)

func (k kind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "a list", "an object"}[k]
}

// node is a JSON value that knows its place. The contract is read from one tree of
// nodes, whether it was written in YAML or JSON, so that every message has a line.
type node struct {
	kind kind
	// text is a string's value, a number's JSON literal, "true" or "false".
	text string
	// line and column of the key for objects and lists that are members, else of the value.
	line, column int
	parent       *node
	// token is the key or the index in the parent.
	token string
	// items of a list or values of an object, in the order of the file.
	items []*node
	index map[string]*node
}

// get is the member of an object, or nil; also for a nil node.
func (n *node) get(key string) *node {
	if n == nil || n.kind != objectKind {
		return nil
	}
	if n.index == nil && len(n.items) > 8 {
		n.index = make(map[string]*node, len(n.items))
		for _, item := range n.items {
			n.index[item.token] = item
		}
	}
	if n.index != nil {
		return n.index[key]
	}
	for _, item := range n.items {
		if item.token == key {
			return item
		}
	}
	return nil
}

// at follows keys from n.
func (n *node) at(keys ...string) *node {
	for _, key := range keys {
		n = n.get(key)
	}
	return n
}

// isObject is false for a nil node.
func (n *node) isObject() bool { return n != nil && n.kind == objectKind }

// str is the value of a string node, or empty.
func (n *node) str() string {
	if n == nil || n.kind != stringKind {
		return ""
	}
	return n.text
}

// add appends a member or an item.
func (n *node) add(child *node, token string) {
	child.parent, child.token = n, token
	n.items = append(n.items, child)
	n.index = nil
}

// path is the list of tokens from the root.
func (n *node) path() []string {
	var tokens []string
	for ; n != nil && n.parent != nil; n = n.parent {
		tokens = append(tokens, n.token)
	}
	slices.Reverse(tokens)
	return tokens
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// pointer is the JSON Pointer (RFC 6901) of n.
func (n *node) pointer() string {
	var b strings.Builder
	for _, token := range n.path() {
		b.WriteByte('/')
		_, _ = pointerEscaper.WriteString(&b, token)
	}
	return b.String()
}

// lookup resolves a JSON Pointer from n, or returns nil.
func (n *node) lookup(pointer string) *node {
	if pointer == "" {
		return n
	}
	if !strings.HasPrefix(pointer, "/") {
		return nil
	}
	for token := range strings.SplitSeq(pointer[1:], "/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		n = n.child(token)
	}
	return n
}

// child is the member or the item that a token of a JSON Pointer names, or nil.
func (n *node) child(token string) *node {
	if n == nil || n.kind != arrayKind {
		return n.get(token)
	}
	i, err := strconv.ParseUint(token, 10, 31)
	if err != nil || int(i) >= len(n.items) || strconv.FormatUint(i, 10) != token {
		return nil
	}
	return n.items[i]
}

// value is n as plain JSON values. A number that float64 does not hold exactly keeps
// its digits as a json.Number.
func (n *node) value() any { return n.valueWithout(nil) }

// valueWithout is value without some of the members and items.
func (n *node) valueWithout(left map[*node]bool) any {
	switch n.kind {
	case boolKind:
		return n.text == "true"
	case numberKind:
		return numberValue(n.text)
	case stringKind:
		return n.text
	case arrayKind:
		list := make([]any, 0, len(n.items))
		for _, item := range n.items {
			if !left[item] {
				list = append(list, item.valueWithout(left))
			}
		}
		return list
	case objectKind:
		object := make(map[string]any, len(n.items))
		for _, item := range n.items {
			if !left[item] {
				object[item.token] = item.valueWithout(left)
			}
		}
		return object
	default:
		return nil
	}
}

func numberValue(literal string) any {
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil {
		return json.Number(literal)
	}
	integer := !strings.ContainsAny(literal, ".eE")
	if integer && strconv.FormatFloat(f, 'f', -1, 64) != literal && literal != "-0" {
		return json.Number(literal)
	}
	return f
}

// integer is the value of a number without a fraction.
func (n *node) integer() (int, bool) {
	if n == nil || n.kind != numberKind {
		return 0, false
	}
	f, err := strconv.ParseFloat(n.text, 64)
	if err != nil || f != float64(int(f)) {
		return 0, false
	}
	return int(f), true
}

// describe shows a scalar's value, or the type of anything else.
func (n *node) describe() string {
	if n == nil {
		return "nothing"
	}
	switch n.kind {
	case stringKind:
		return strconv.Quote(abbreviate(n.text))
	case numberKind, boolKind:
		return abbreviate(n.text)
	default:
		return n.kind.String()
	}
}

// abbreviate keeps hostile or long names and values from filling a message.
func abbreviate(s string) string { return cut(s, 80) }

// cut keeps the first characters of s.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
