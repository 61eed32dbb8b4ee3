package dynamodb

import (
	"errors"
	"strings"
)

var errKeyCondition = errors.New("it is no conjunction of conditions on key attributes, with the partition key equal to one value")

// keyCondition finds in a key condition expression the placeholder of the value that the partition key
// has to equal, such as :pk. The expression is a condition on the partition key and at most one on the
// sort key, joined by AND, with parentheses around any part (DynamoDB Developer Guide, "Key condition
// expressions for the Query operation in DynamoDB").
func keyCondition(expression string, k keys, aliases map[string]string) (placeholder string, err error) {
	p := &conditionParser{scanner: scanner{text: expression}, aliases: aliases}
	p.advance()
	found, ok := p.conjunction(0)
	if !ok || found.conditions == nil || p.token.kind != tokenEnd {
		return "", errKeyCondition
	}
	for _, c := range found.conditions {
		switch {
		case c.attribute == k.partition && c.operator == "=" && placeholder == "":
			placeholder = c.value
		case k.sort != "" && c.attribute == k.sort:
		default:
			return "", errKeyCondition
		}
	}
	if placeholder == "" || len(found.conditions) > 2 {
		return "", errKeyCondition
	}
	return placeholder, nil
}

// keyTerm is a part of a key condition: an attribute, a placeholder or conditions.
type keyTerm struct {
	attribute, placeholder string
	conditions             []keyComparison
}

type keyComparison struct{ attribute, operator, value string }

type conditionParser struct {
	scanner scanner
	token   token
	aliases map[string]string
}

func (p *conditionParser) advance() { p.token = p.scanner.next() }

func (p *conditionParser) take(symbol string) bool {
	if !p.token.symbol(symbol) {
		return false
	}
	p.advance()
	return true
}

// maxParentheses bounds how deeply conditions are nested (DynamoDB Developer Guide, "Constraints":
// an expression has at most 300 operators).
const maxParentheses = 300

// conjunction := comparison { AND comparison }
func (p *conditionParser) conjunction(depth int) (keyTerm, bool) {
	left, ok := p.comparison(depth)
	for ok && p.token.word("AND") {
		p.advance()
		var right keyTerm
		if right, ok = p.comparison(depth); !ok || left.conditions == nil || right.conditions == nil {
			return keyTerm{}, false
		}
		left.conditions = append(left.conditions, right.conditions...)
	}
	return left, ok
}

// comparison := begins_with ( operand , operand ) | operand [ operator operand | BETWEEN operand AND operand ]
func (p *conditionParser) comparison(depth int) (keyTerm, bool) {
	if p.token.kind == tokenWord && p.token.text == "begins_with" {
		return p.beginsWith(depth)
	}
	left, ok := p.operand(depth)
	if !ok || left.conditions != nil {
		return left, ok
	}
	switch operator := p.token.text; {
	case p.token.word("BETWEEN"):
		p.advance()
		low, ok := p.operand(depth)
		if !ok || low.placeholder == "" || left.attribute == "" || !p.token.word("AND") {
			return keyTerm{}, false
		}
		p.advance()
		high, ok := p.operand(depth)
		return condition(left.attribute, "BETWEEN", high.placeholder), ok && high.placeholder != ""
	case p.token.kind == tokenSymbol && (operator == "=" || operator == "<" || operator == "<=" || operator == ">" || operator == ">="):
		p.advance()
		right, ok := p.operand(depth)
		if left.placeholder != "" {
			left, right = right, left
		}
		return condition(left.attribute, operator, right.placeholder), ok && left.attribute != "" && right.placeholder != ""
	}
	return left, true // an operand in parentheses
}

func condition(attribute, operator, value string) keyTerm {
	return keyTerm{conditions: []keyComparison{{attribute, operator, value}}}
}

func (p *conditionParser) beginsWith(depth int) (keyTerm, bool) {
	p.advance()
	if !p.take("(") {
		return keyTerm{}, false
	}
	attribute, ok := p.operand(depth)
	if !ok || attribute.attribute == "" || !p.take(",") {
		return keyTerm{}, false
	}
	value, ok := p.operand(depth)
	if !ok || value.placeholder == "" || !p.take(")") {
		return keyTerm{}, false
	}
	return condition(attribute.attribute, "begins_with", value.placeholder), true
}

// operand := attribute | alias | placeholder | ( conjunction )
func (p *conditionParser) operand(depth int) (keyTerm, bool) {
	if depth > maxParentheses {
		return keyTerm{}, false
	}
	t := p.token
	if p.take("(") {
		inner, ok := p.conjunction(depth + 1)
		return inner, ok && p.take(")")
	}
	p.advance()
	switch {
	case t.kind == tokenValue:
		return keyTerm{placeholder: t.text}, true
	case t.kind == tokenAlias:
		name, ok := p.aliases[t.text]
		return keyTerm{attribute: name}, ok && name != ""
	case t.kind == tokenWord && !keywords[strings.ToUpper(t.text)]:
		return keyTerm{attribute: t.text}, true
	}
	return keyTerm{}, false
}
