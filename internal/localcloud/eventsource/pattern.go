package eventsource

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// A pattern has the form of the event: an object holds patterns, and a leaf the values that it
// may have (EventBridge User Guide, "Amazon EventBridge event patterns", "Comparison operators").
// Of the operators there are those that Lambda's guide lists.
type pattern map[string]rule

// rule decides on the value of a member; absent is the value of one that is not there.
type rule interface{ match(value any) bool }

type missing struct{}

var absent = missing{}

func patternOf(o map[string]any) (pattern, error) {
	if len(o) == 0 {
		return nil, errors.New("an object is empty")
	}
	p := pattern{}
	for name, v := range o {
		var err error
		switch v := v.(type) {
		case map[string]any:
			p[name], err = patternOf(v)
		case []any:
			if name == "$or" {
				p[name], err = alternativesOf(v)
			} else {
				p[name], err = leafOf(v)
			}
		default:
			err = fmt.Errorf("%s is neither an object nor an array", name)
		}
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

// match holds if all members do. An array in the event matches if one of its elements does.
func (p pattern) match(value any) bool {
	if list, ok := value.([]any); ok {
		for _, v := range list {
			if p.match(v) {
				return true
			}
		}
		return false
	}
	o, _ := value.(map[string]any) // nothing is below a value that is no object
	for name, r := range p {
		if name == "$or" {
			if !r.match(value) {
				return false
			}
			continue
		}
		v, ok := o[name]
		if !ok {
			v = absent
		}
		if !r.match(v) {
			return false
		}
	}
	return true
}

// alternatives are patterns of which one has to match the object that $or is in.
type alternatives []pattern

func alternativesOf(list []any) (rule, error) {
	if len(list) < 2 {
		return nil, fmt.Errorf("$or has %d patterns, want two or more", len(list))
	}
	var out alternatives
	for _, v := range list {
		o, ok := v.(map[string]any)
		if !ok {
			return nil, errors.New("$or holds what is not an object")
		}
		p, err := patternOf(o)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func (a alternatives) match(value any) bool {
	for _, p := range a {
		if p.match(value) {
			return true
		}
	}
	return false
}

// leaf holds conditions of which one has to hold.
type leaf []condition

// condition of a value: a string, a json.Number, a bool, nil for null, or absent.
type condition func(value any) bool

func leafOf(list []any) (rule, error) {
	if len(list) == 0 {
		return nil, errors.New("an array is empty")
	}
	var out leaf
	for _, v := range list {
		c, err := conditionOf(v)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// match takes an object for absent: a leaf has a value.
func (l leaf) match(value any) bool {
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			if l.match(element) {
				return true
			}
		}
		return len(v) == 0 && l.match(absent)
	case map[string]any:
		value = absent
	}
	for _, c := range l {
		if c(value) {
			return true
		}
	}
	return false
}

func conditionOf(v any) (condition, error) {
	switch v := v.(type) {
	case map[string]any:
		if len(v) != 1 {
			return nil, fmt.Errorf("a comparison has %d operators, want one", len(v))
		}
		for operator, operand := range v {
			return comparisonOf(operator, operand)
		}
	case []any:
		return nil, errors.New("an array is in an array")
	}
	return equal(v), nil
}

func equal(want any) condition {
	if n, ok := want.(json.Number); ok {
		return func(v any) bool {
			got, ok := v.(json.Number)
			return ok && (got == n || compare(got, n) == 0)
		}
	}
	return func(v any) bool { return v == want }
}

// compare numbers. What is too large to be compared is unequal to all.
func compare(a, b json.Number) int {
	x, okX := number(a)
	y, okY := number(b)
	if !okX || !okY {
		return 2
	}
	return x.Cmp(y)
}

// number bounds the exponent, by which a short text would take very long to read.
func number(n json.Number) (*big.Rat, bool) {
	if f, err := n.Float64(); err != nil || len(n) > 64 || f != 0 && (f > 1e64 || f < -1e64 || f < 1e-64 && f > -1e-64) {
		return nil, false
	}
	if i := strings.IndexAny(string(n), "eE"); i >= 0 && len(n)-i > 5 {
		return nil, false
	}
	return new(big.Rat).SetString(string(n))
}

func comparisonOf(operator string, operand any) (condition, error) {
	text, isText := operand.(string)
	switch operator {
	case "prefix":
		return affixOf(operator, operand, strings.HasPrefix)
	case "suffix":
		return affixOf(operator, operand, strings.HasSuffix)
	case "equals-ignore-case":
		if !isText {
			return nil, errors.New("equals-ignore-case is not a string")
		}
		return onString(func(s string) bool { return strings.EqualFold(s, text) }), nil
	case "exists":
		want, ok := operand.(bool)
		if !ok {
			return nil, errors.New("exists is neither true nor false")
		}
		return func(v any) bool { return (v != absent) == want }, nil
	case "anything-but":
		return anythingButOf(operand)
	case "numeric":
		return numericOf(operand)
	}
	return nil, fmt.Errorf("the operator %s is unknown", operator)
}

func onString(f func(string) bool) condition {
	return func(v any) bool {
		s, ok := v.(string)
		return ok && f(s)
	}
}

// affixOf takes a string or {"equals-ignore-case": string}.
func affixOf(operator string, operand any, has func(s, affix string) bool) (condition, error) {
	fold := func(s string) string { return s }
	if o, ok := operand.(map[string]any); ok && len(o) == 1 {
		operand, fold = o["equals-ignore-case"], strings.ToLower
	}
	affix, ok := operand.(string)
	if !ok || affix == "" {
		return nil, fmt.Errorf("%s is not a string", operator)
	}
	affix = fold(affix)
	return onString(func(s string) bool { return has(fold(s), affix) }), nil
}

// anythingButOf takes strings or numbers, one or a list of one kind. The member has to be there.
func anythingButOf(operand any) (condition, error) {
	list, ok := operand.([]any)
	if !ok {
		list = []any{operand}
	}
	var not []condition
	texts := 0
	for _, v := range list {
		switch v.(type) {
		case string:
			texts++
		case json.Number:
		default:
			return nil, errors.New("anything-but holds what is neither a string nor a number")
		}
		not = append(not, equal(v))
	}
	if len(not) == 0 || texts != 0 && texts != len(list) {
		return nil, errors.New("anything-but is empty or holds both strings and numbers")
	}
	return func(v any) bool {
		if v == absent {
			return false
		}
		for _, c := range not {
			if c(v) {
				return false
			}
		}
		return true
	}, nil
}

// numericOf takes pairs of an operator and a number, of which there are one or two.
func numericOf(operand any) (condition, error) {
	list, ok := operand.([]any)
	if !ok || len(list) != 2 && len(list) != 4 {
		return nil, errors.New("numeric is not a list of operators and numbers")
	}
	var all []func(json.Number) bool
	for i := 0; i < len(list); i += 2 {
		operator, _ := list[i].(string)
		n, ok := list[i+1].(json.Number)
		if !ok {
			return nil, fmt.Errorf("numeric compares with %v, want a number", list[i+1])
		}
		if _, ok := number(n); !ok {
			return nil, fmt.Errorf("numeric compares with %s, which is out of range", n)
		}
		var holds func(c int) bool
		switch operator {
		case "=":
			holds = func(c int) bool { return c == 0 }
		case "<":
			holds = func(c int) bool { return c == -1 }
		case "<=":
			holds = func(c int) bool { return c == -1 || c == 0 }
		case ">":
			holds = func(c int) bool { return c == 1 }
		case ">=":
			holds = func(c int) bool { return c == 1 || c == 0 }
		default:
			return nil, fmt.Errorf("numeric has the operator %v", list[i])
		}
		all = append(all, func(v json.Number) bool { return holds(compare(v, n)) })
	}
	return func(v any) bool {
		n, ok := v.(json.Number)
		for _, f := range all {
			if !ok || !f(n) {
				return false
			}
		}
		return true
	}, nil
}
