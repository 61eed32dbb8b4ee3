package dynamodb

import (
	"encoding/base64"
)

// assignment gives a top-level attribute a value, by an update of any kind.
type assignment struct {
	attribute string
	value     *operand
}

// operand is what an update assigns, as far as its type follows from the request and the item. Nil is unknown.
type operand struct {
	// typ and size in bytes of a value that the request has, or that a function or a sum makes; empty if it is what
	// path names in the item.
	typ  string
	size int
	path path
	// otherwise is the value where path names nothing, of if_not_exists.
	otherwise *operand
}

// path names an attribute, or a part of it.
type path []step

// step is the member of a map, or the index of a list if name is empty.
type step struct {
	name  string
	index int
}

// literal is an attribute value as an operand; nil if it is none.
func literal(value *node) *operand {
	if value == nil || value.kind != isObject || len(value.list) != 1 {
		return nil
	}
	o := &operand{typ: string(value.names[0].text)}
	switch text, _ := value.list[0].text(); o.typ {
	case "S":
		o.size = len(text)
	case "B":
		o.size = base64.StdEncoding.DecodedLen(len(text))
	}
	return o
}

// fixed reports whether the type does not depend on the item.
func (o *operand) fixed() bool { return o != nil && o.typ != "" }

// in is the operand's value in an item; nil if there is none, which the engine refuses.
func (o *operand) in(item *node) *operand {
	if o == nil || o.typ != "" {
		return o
	}
	if found := o.path.find(item); found != nil {
		return literal(found)
	}
	return o.otherwise.in(item)
}

// find is the value in an item that a path names; nil if there is none.
func (p path) find(item *node) *node {
	if len(p) == 0 {
		return nil
	}
	value := item.get(p[0].name)
	for _, s := range p[1:] {
		if s.name != "" {
			value = value.get("M").get(s.name)
			continue
		}
		list := value.get("L")
		if list == nil || list.kind != isArray || s.index >= len(list.list) {
			return nil
		}
		value = &list.list[s.index]
	}
	return value
}
