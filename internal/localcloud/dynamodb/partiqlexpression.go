package dynamodb

import (
	"strconv"
	"strings"
)

// maxNesting of expressions.
const maxNesting = 100

// expression := conjunction { OR conjunction }
func (p *statementParser) expression() (*expression, bool) {
	if p.depth++; p.depth > maxNesting {
		return nil, false
	}
	defer func() { p.depth-- }()
	left, ok := p.conjunction()
	for ok && p.keyword("OR") {
		var right *expression
		right, ok = p.conjunction()
		left = &expression{kind: exprOr, args: []*expression{left, right}}
	}
	return left, ok
}

// conjunction := negation { AND negation }
func (p *statementParser) conjunction() (*expression, bool) {
	left, ok := p.negation()
	for ok && p.keyword("AND") {
		var right *expression
		right, ok = p.negation()
		left = &expression{kind: exprAnd, args: []*expression{left, right}}
	}
	return left, ok
}

// negation := { NOT } comparison
func (p *statementParser) negation() (*expression, bool) {
	negated := false
	for p.keyword("NOT") {
		negated = true
	}
	e, ok := p.comparison()
	if negated {
		e = &expression{}
	}
	return e, ok
}

// comparison := sum [ operator sum | [NOT] IN sum | [NOT] BETWEEN sum AND sum | IS [NOT] type ]
func (p *statementParser) comparison() (*expression, bool) {
	left, ok := p.sum()
	if !ok {
		return nil, false
	}
	e := &expression{args: []*expression{left}}
	negated := p.keyword("NOT")
	switch {
	case p.keyword("IN"):
		e.kind = exprIn
		ok = p.operand(e)
	case p.keyword("BETWEEN"):
		ok = p.operand(e) && p.keyword("AND") && p.operand(e)
	case negated:
		return nil, false
	case p.keyword("IS"):
		_ = p.keyword("NOT")
		ok = p.peek().kind == wordPlain
		p.at++
	case p.symbol("="):
		e.kind = exprEqual
		ok = p.operand(e)
	case p.symbol("<>"), p.symbol("!="), p.symbol("<="), p.symbol(">="), p.symbol("<"), p.symbol(">"):
		ok = p.operand(e)
	default:
		return left, true
	}
	if negated {
		e.kind = exprOther
	}
	return e, ok
}

func (p *statementParser) operand(e *expression) bool {
	right, ok := p.sum()
	e.args = append(e.args, right)
	return ok
}

// sum := primary { (+|-) primary }
func (p *statementParser) sum() (*expression, bool) {
	if p.depth++; p.depth > maxNesting {
		return nil, false
	}
	defer func() { p.depth-- }()
	left, ok := p.primary()
	for ok && (p.symbol("+") || p.symbol("-")) {
		_, ok = p.primary()
		left = &expression{typ: "N"}
	}
	return left, ok
}

func (p *statementParser) primary() (*expression, bool) {
	w := p.peek()
	switch {
	case w.kind == wordString:
		p.at++
		return &expression{kind: exprString, text: w.text}, true
	case w.kind == wordNumber:
		p.at++
		return &expression{kind: exprNumber, text: w.text}, true
	case w.kind == wordQuoted:
		return p.path()
	case w.kind == wordPlain:
		return p.plain(w)
	case w.kind != wordSymbol:
		return nil, false
	}
	p.at++
	switch w.text {
	case "?":
		p.st.parameters++
		return &expression{kind: exprParameter, place: p.st.parameters - 1}, true
	case "-":
		n := p.peek()
		p.at++
		return &expression{kind: exprNumber, text: "-" + n.text}, n.kind == wordNumber
	case "(":
		return p.parentheses()
	case "[":
		return p.elements("]")
	case "<<":
		e, ok := p.elements(">>")
		if ok {
			e.kind, e.typ = exprOther, e.setType()
		}
		return e, ok
	case "{":
		return &expression{typ: "M"}, p.symbol("}") || p.each(func() bool { _, _, ok := p.member(); return ok }) && p.symbol("}")
	}
	return nil, false
}

// plain reads what begins with a word: a constant, a function or a path.
func (p *statementParser) plain(w word) (*expression, bool) {
	switch strings.ToUpper(w.text) {
	case "TRUE", "FALSE":
		p.at++
		return &expression{typ: "BOOL"}, true
	case "NULL", "MISSING":
		p.at++
		return &expression{typ: "NULL"}, true
	}
	if next := p.at + 1; next < len(p.words) && p.words[next].isSymbol("(") && !reserved[strings.ToUpper(w.text)] {
		p.at += 2
		e, ok := p.elements(")")
		if ok {
			e.kind, e.text = exprOther, strings.ToLower(w.text)
		}
		return e, ok
	}
	return p.path()
}

// parentheses hold one expression, which they do not change, or a list.
func (p *statementParser) parentheses() (*expression, bool) {
	e, ok := p.elements(")")
	if ok && len(e.args) == 1 {
		return e.args[0], true
	}
	return e, ok && len(e.args) > 0
}

// elements reads expressions up to a closing symbol.
func (p *statementParser) elements(closing string) (*expression, bool) {
	e := &expression{kind: exprList}
	if p.symbol(closing) {
		return e, true
	}
	ok := p.each(func() bool {
		one, ok := p.expression()
		e.args = append(e.args, one)
		return ok
	})
	return e, ok && p.symbol(closing)
}

// member reads 'name': value.
func (p *statementParser) member() (string, *expression, bool) {
	w := p.peek()
	if w.kind != wordString {
		return "", nil, false
	}
	p.at++
	if !p.symbol(":") {
		return "", nil, false
	}
	value, ok := p.sum()
	return w.text, value, ok
}

// path := name { . name | [ number ] }. A path of several steps is of its first attribute and equals no
// key.
func (p *statementParser) path() (*expression, bool) {
	name, ok := p.name()
	if !ok {
		return nil, false
	}
	p.st.attributes = append(p.st.attributes, name)
	e := &expression{kind: exprAttribute, text: name, steps: path{{name: name}}}
	for {
		switch {
		case p.symbol("."):
			member, ok := p.name()
			if !ok {
				return nil, false
			}
			e.steps = append(e.steps, step{name: member})
		case p.symbol("["):
			index, err := strconv.Atoi(p.peek().text)
			if p.peek().kind != wordNumber || err != nil {
				return nil, false
			}
			p.at++
			if !p.symbol("]") {
				return nil, false
			}
			e.steps = append(e.steps, step{index: index})
		default:
			return e, true
		}
		e.kind = exprOther
	}
}

// limits are the values one of which an attribute has in every item that an expression holds of; ok is
// false if it holds of others too. Of a conjunction all values count that either part names.
func (e *expression) limits(attribute string) (values []*expression, ok bool) {
	if e == nil {
		return nil, false
	}
	switch e.kind {
	case exprAnd:
		left, okLeft := e.args[0].limits(attribute)
		right, okRight := e.args[1].limits(attribute)
		return append(left, right...), okLeft || okRight
	case exprOr:
		left, okLeft := e.args[0].limits(attribute)
		right, okRight := e.args[1].limits(attribute)
		if okLeft && okRight {
			return append(left, right...), true
		}
	case exprEqual:
		for i, side := range e.args {
			if other := e.args[1-i]; side.isAttribute(attribute) && other.isValue() {
				return []*expression{other}, true
			}
		}
	case exprIn:
		return e.member(attribute)
	}
	return nil, false
}

func (e *expression) member(attribute string) ([]*expression, bool) {
	if !e.args[0].isAttribute(attribute) {
		return nil, false
	}
	list := e.args[1]
	if list.isValue() {
		return []*expression{list}, true
	}
	if list.kind != exprList || len(list.args) == 0 {
		return nil, false
	}
	for _, v := range list.args {
		if !v.isValue() {
			return nil, false
		}
	}
	return list.args, true
}

func (e *expression) isAttribute(name string) bool { return e.kind == exprAttribute && e.text == name }

func (e *expression) isValue() bool {
	return e.kind == exprString || e.kind == exprNumber || e.kind == exprParameter
}
