package dynamodb

import (
	"strconv"
	"strings"
)

// assignments are what an UpdateItem, or an update of a transaction, gives top-level attributes.
func (r *request) assignments(in *node) []assignment {
	if expression := r.text(in, "UpdateExpression"); expression != "" {
		p := &updateParser{aliases: r.aliases(in), values: r.object(in, "ExpressionAttributeValues")}
		p.scanner.text = expression
		p.advance()
		p.update()
		return p.found
	}
	updates := r.object(in, "AttributeUpdates")
	if updates == nil {
		return nil
	}
	var found []assignment
	for i := range updates.list {
		if value := updates.list[i].get("Value"); value != nil {
			found = append(found, assignment{string(updates.names[i].text), literal(value)})
		}
	}
	return found
}

// updateParser reads update expressions (DynamoDB Developer Guide, "Using update expressions in DynamoDB"). What is
// none is the engine's to refuse; what was found before it counts.
type updateParser struct {
	scanner scanner
	token   token
	aliases map[string]string
	values  *node
	depth   int
	found   []assignment
}

func (p *updateParser) advance() { p.token = p.scanner.next() }

func (p *updateParser) take(symbol string) bool {
	if !p.token.symbol(symbol) {
		return false
	}
	p.advance()
	return true
}

// update := { SET assignments | REMOVE paths | ADD changes | DELETE changes }
func (p *updateParser) update() {
	for p.token.kind == tokenWord {
		clause := strings.ToUpper(p.token.text)
		p.advance()
		if !p.clause(clause) {
			return
		}
	}
}

func (p *updateParser) clause(clause string) bool {
	for {
		target, ok := p.path()
		if !ok {
			return false
		}
		var value *operand
		switch clause {
		case "SET":
			if ok = p.take("="); ok {
				value, ok = p.value()
			}
		case "ADD", "DELETE":
			value, ok = p.placeholder()
		}
		if !ok {
			return false
		}
		if len(target) == 1 && value != nil {
			p.found = append(p.found, assignment{target[0].name, value})
		}
		if !p.take(",") {
			return true
		}
	}
}

// path := name { . name | [ number ] }
func (p *updateParser) path() (path, bool) {
	name, ok := p.name()
	if !ok {
		return nil, false
	}
	out := path{{name: name}}
	for {
		switch {
		case p.take("."):
			if name, ok = p.name(); !ok {
				return nil, false
			}
			out = append(out, step{name: name})
		case p.take("["):
			index, err := strconv.Atoi(p.token.text)
			p.advance()
			if err != nil || !p.take("]") {
				return nil, false
			}
			out = append(out, step{index: index})
		default:
			return out, true
		}
	}
}

func (p *updateParser) name() (string, bool) {
	t := p.token
	p.advance()
	switch t.kind {
	case tokenWord:
		return t.text, true
	case tokenAlias:
		name, ok := p.aliases[t.text]
		return name, ok && name != ""
	}
	return "", false
}

func (p *updateParser) placeholder() (*operand, bool) {
	if p.token.kind != tokenValue {
		return nil, false
	}
	value := literal(p.values.get(p.token.text))
	p.advance()
	return value, true
}

// value := operand [ (+|-) operand ]; sums are numbers.
func (p *updateParser) value() (*operand, bool) {
	left, ok := p.operand()
	if !ok || !p.take("+") && !p.take("-") {
		return left, ok
	}
	_, ok = p.operand()
	return &operand{typ: "N"}, ok
}

// operand := placeholder | path | if_not_exists ( path , value ) | list_append ( value , value ) | ( value )
func (p *updateParser) operand() (*operand, bool) {
	if p.depth++; p.depth > maxParentheses {
		return nil, false
	}
	defer func() { p.depth-- }()
	if p.token.kind == tokenValue {
		return p.placeholder()
	}
	if p.take("(") {
		value, ok := p.value()
		return value, ok && p.take(")")
	}
	function := p.token
	target, ok := p.path()
	if !ok || !p.take("(") {
		return &operand{path: target}, ok
	}
	switch {
	case function.kind == tokenWord && function.text == "if_not_exists":
		if target, ok = p.path(); !ok || !p.take(",") {
			return nil, false
		}
		otherwise, ok := p.value()
		return &operand{path: target, otherwise: otherwise}, ok && p.take(")")
	case function.kind == tokenWord && function.text == "list_append":
		if _, ok = p.value(); !ok || !p.take(",") {
			return nil, false
		}
		_, ok = p.value()
		return &operand{typ: "L"}, ok && p.take(")")
	}
	return nil, false
}
