package dynamodb

import (
	"strings"
)

// statement is a PartiQL statement.
type statement struct {
	// verb is SELECT, INSERT, UPDATE or DELETE.
	verb         string
	table, index string
	// attributes are the top-level ones that it names; all says that it selects every one.
	attributes []string
	all        bool
	// where is its condition; nil if there is none. condition is its text, whose parameters are those from first on.
	where     *expression
	condition string
	first     int
	// sets are what an UPDATE sets.
	sets []setting
	// item is what an INSERT inserts.
	item map[string]*expression
	// returning is the value of ReturnValues that its RETURNING clause stands for.
	returning string
	// exists says that it is the condition of a transaction.
	exists bool
	// parameters counts its question marks.
	parameters int
}

// expression of a statement, as far as a decision needs it.
type expression struct {
	kind expressionKind
	// text of a string or a number, or the attribute of a path.
	text string
	// place of a parameter among the question marks.
	place int
	args  []*expression
	// typ is that of the attribute value that it is, where the kind does not say so.
	typ string
	// steps of a path.
	steps path
}

// setting sets what a path names.
type setting struct {
	target path
	value  *expression
}

type expressionKind byte

const (
	exprOther expressionKind = iota // whatever does not limit a key
	exprAttribute
	exprString
	exprNumber
	exprParameter
	exprList
	exprAnd
	exprOr
	exprEqual
	exprIn
)

type statementParser struct {
	text  string
	words []word
	at    int
	depth int
	st    *statement
}

// parseStatement reads a statement of the documented syntax, all of it (DynamoDB Developer Guide, "PartiQL
// statements for DynamoDB"; docs/aws-differences.md, 56). What the engine understands beyond that, such as FROM … SET, is an error.
func parseStatement(text string) (*statement, error) {
	words, err := splitStatement(text)
	if err != nil {
		return nil, err
	}
	p := &statementParser{text: text, words: words, st: &statement{}}
	ok := false
	switch verb := strings.ToUpper(p.peek().text); {
	case p.peek().kind != wordPlain:
	case verb == "SELECT":
		ok = p.selectStatement()
	case verb == "EXISTS":
		p.at++
		p.st.exists = true
		ok = p.symbol("(") && p.selectStatement() && p.symbol(")")
	case verb == "INSERT":
		ok = p.insertStatement()
	case verb == "UPDATE":
		ok = p.updateStatement()
	case verb == "DELETE":
		ok = p.deleteStatement()
	}
	if !ok || p.at != len(p.words) {
		return nil, errStatement
	}
	return p.st, nil
}

func (p *statementParser) peek() word {
	if p.at < len(p.words) {
		return p.words[p.at]
	}
	return word{}
}

func (w word) is(keyword string) bool {
	return w.kind == wordPlain && strings.EqualFold(w.text, keyword)
}

// keyword takes keywords that follow each other, all or none.
func (p *statementParser) keyword(keywords ...string) bool {
	for i, k := range keywords {
		if p.at+i >= len(p.words) || !p.words[p.at+i].is(k) {
			return false
		}
	}
	p.at += len(keywords)
	return true
}

func (w word) isSymbol(s string) bool { return w.kind == wordSymbol && w.text == s }

func (p *statementParser) symbol(s string) bool {
	if !p.peek().isSymbol(s) {
		return false
	}
	p.at++
	return true
}

// SELECT expression [, ...] FROM table[.index] [WHERE condition] [ORDER BY key [DESC|ASC], ...]
func (p *statementParser) selectStatement() bool {
	p.st.verb = "SELECT"
	if !p.keyword("SELECT") {
		return false
	}
	if p.symbol("*") {
		p.st.all = true
	} else if !p.each(func() bool { _, ok := p.expression(); return ok }) {
		return false
	}
	if !p.keyword("FROM") || !p.target() || !p.condition() {
		return false
	}
	if !p.keyword("ORDER", "BY") {
		return true
	}
	return p.each(func() bool {
		_, ok := p.path()
		_ = ok && (p.keyword("ASC") || p.keyword("DESC"))
		return ok
	})
}

// INSERT INTO table VALUE item
func (p *statementParser) insertStatement() bool {
	p.st.verb = "INSERT"
	if !p.keyword("INSERT", "INTO") || !p.target() || !p.keyword("VALUE") || !p.symbol("{") {
		return false
	}
	p.st.item = map[string]*expression{}
	ok := p.each(func() bool {
		name, value, ok := p.member()
		if _, twice := p.st.item[name]; twice || !ok {
			return false
		}
		p.st.item[name] = value
		p.st.attributes = append(p.st.attributes, name)
		return true
	})
	return ok && p.symbol("}")
}

// UPDATE table {SET path = data | REMOVE path} […] WHERE condition [RETURNING returnvalues]
func (p *statementParser) updateStatement() bool {
	p.st.verb = "UPDATE"
	if !p.keyword("UPDATE") || !p.target() {
		return false
	}
	changes := 0
	for ; ; changes++ {
		ok := true
		switch {
		case p.keyword("SET"):
			ok = p.each(func() bool {
				target, ok := p.path()
				if !ok || !p.symbol("=") {
					return false
				}
				value, ok := p.sum()
				if ok {
					p.st.sets = append(p.st.sets, setting{target.steps, value})
				}
				return ok
			})
		case p.keyword("REMOVE"):
			ok = p.each(func() bool { _, ok := p.path(); return ok })
		default:
			return changes > 0 && p.condition() && p.returns()
		}
		if !ok {
			return false
		}
	}
}

// DELETE FROM table WHERE condition [RETURNING returnvalues]
func (p *statementParser) deleteStatement() bool {
	p.st.verb = "DELETE"
	return p.keyword("DELETE", "FROM") && p.target() && p.condition() && p.returns()
}

// target reads a table, and an index after a dot.
func (p *statementParser) target() bool {
	var ok bool
	if p.st.table, ok = p.name(); !ok {
		return false
	}
	if p.symbol(".") {
		p.st.index, ok = p.name()
	}
	return ok
}

// condition reads WHERE condition, if it comes.
func (p *statementParser) condition() bool {
	if !p.keyword("WHERE") {
		return true
	}
	begin := p.place()
	p.st.first = p.st.parameters
	var ok bool
	p.st.where, ok = p.expression()
	p.st.condition = p.text[begin:p.place()]
	return ok
}

// place is that of the next word in the statement.
func (p *statementParser) place() int {
	if p.at < len(p.words) {
		return p.words[p.at].at
	}
	return len(p.text)
}

// returns reads RETURNING {ALL|MODIFIED} {OLD|NEW} *, if it comes.
func (p *statementParser) returns() bool {
	if !p.keyword("RETURNING") {
		return true
	}
	switch {
	case p.keyword("ALL", "OLD"):
		p.st.returning = "ALL_OLD"
	case p.keyword("ALL", "NEW"):
		p.st.returning = "ALL_NEW"
	case p.keyword("MODIFIED", "OLD"):
		p.st.returning = "UPDATED_OLD"
	case p.keyword("MODIFIED", "NEW"):
		p.st.returning = "UPDATED_NEW"
	default:
		return false
	}
	return p.symbol("*")
}

// each reads one thing or several with commas between them.
func (p *statementParser) each(one func() bool) bool {
	for {
		if !one() {
			return false
		}
		if !p.symbol(",") {
			return true
		}
	}
}

// reserved words are no names without quotes.
var reserved = func() map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(`SELECT FROM WHERE ORDER BY ASC DESC INSERT INTO VALUE VALUES UPDATE SET REMOVE DELETE RETURNING
		AND OR NOT IN BETWEEN IS LIKE CASE WHEN THEN ELSE END AS AT EXISTS UNION EXCEPT INTERSECT JOIN LIMIT OFFSET GROUP HAVING
		DISTINCT ALL ANY SOME CAST PIVOT UNPIVOT LET TRUE FALSE NULL MISSING CREATE DROP TABLE INDEX ON CONFLICT DO ESCAPE`) {
		out[w] = true
	}
	return out
}()

func (p *statementParser) name() (string, bool) {
	w := p.peek()
	if w.kind != wordQuoted && (w.kind != wordPlain || reserved[strings.ToUpper(w.text)]) || w.text == "" {
		return "", false
	}
	p.at++
	return w.text, true
}
