package dynamodb

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
)

// partiqlActions are the actions of statements (DynamoDB Developer Guide, "IAM security policies with PartiQL for DynamoDB").
var partiqlActions = map[string]string{
	"select": "PartiQLSelect", "insert": "PartiQLInsert", "update": "PartiQLUpdate", "delete": "PartiQLDelete",
}

// statement is a PartiQL statement, as far as a decision needs it.
type statement struct {
	verb, table, index string
	// equal and list are the conditions of the where clause, or the members of an inserted item: values by
	// attribute. They are empty if a word such as OR lets rows through that do not meet them.
	values map[string][]literal
}

// literal is a value of a statement.
type literal struct {
	text string
	// parameter is the place of a question mark; -1 of a value that is written out.
	parameter int
}

type token struct {
	kind byte // w: word, q: quoted name, s: string, n: number, ?: parameter, otherwise the character itself
	text string
}

var errStatement = errors.New("it is no statement that the local cloud understands")

// tokenize splits a statement. Names stand in double quotes, strings in single ones; a quote
// in them is doubled.
func tokenize(s string) ([]token, error) {
	var tokens []token
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
		case c == '"' || c == '\'':
			text, n, ok := quoted(s[i:])
			if !ok {
				return nil, errStatement
			}
			kind := byte('q')
			if c == '\'' {
				kind = 's'
			}
			tokens = append(tokens, token{kind, text})
			i += n
		case c >= '0' && c <= '9' || (c == '-' || c == '.') && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9':
			start := i
			for i++; i < len(s) && (isWord(s[i]) || strings.IndexByte(".+-", s[i]) >= 0); i++ {
			}
			tokens = append(tokens, token{'n', s[start:i]})
		case isWord(c):
			start := i
			for i++; i < len(s) && (isWord(s[i]) || s[i] == '-'); i++ {
			}
			tokens = append(tokens, token{'w', s[start:i]})
		case strings.HasPrefix(s[i:], "--") || strings.HasPrefix(s[i:], "/*") || c == ';' || c == '`' || c >= 0x80:
			return nil, errStatement // comments and what is not of the language could hide something
		default:
			tokens = append(tokens, token{c, string(c)})
			i++
		}
	}
	return tokens, nil
}

func quoted(s string) (text string, n int, ok bool) {
	var b strings.Builder
	quote := s[0]
	for i := 1; i < len(s); i++ {
		if s[i] != quote {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == quote {
			b.WriteByte(quote)
			i++
			continue
		}
		return b.String(), i + 1, true
	}
	return "", 0, false
}

// parseStatement reads the verb, the table and the conditions of a statement.
func parseStatement(text string) (statement, error) {
	tokens, err := tokenize(text)
	if err != nil || len(tokens) == 0 || tokens[0].kind != 'w' {
		return statement{}, errStatement
	}
	st := statement{verb: strings.ToLower(tokens[0].text), values: map[string][]literal{}}
	number(tokens)
	switch st.verb {
	case "select", "delete":
		err = st.after(tokens, "from")
	case "insert":
		err = st.insert(tokens)
	case "update":
		err = st.target(tokens, 1)
	case "exists": // EXISTS(SELECT …), a condition of a transaction
		if len(tokens) < 4 || tokens[1].kind != '(' || tokens[len(tokens)-1].kind != ')' {
			return st, errStatement
		}
		tokens = tokens[2 : len(tokens)-1]
		st.verb = "select"
		err = st.after(tokens, "from")
	default:
		return st, errStatement
	}
	if err == nil && st.verb != "insert" {
		st.where(tokens)
	}
	return st, err
}

// number gives question marks their places.
func number(tokens []token) {
	n := 0
	for i := range tokens {
		if tokens[i].kind == '?' {
			tokens[i].text = fmt.Sprint(n)
			n++
		}
	}
}

func (t token) is(word string) bool { return t.kind == 'w' && strings.EqualFold(t.text, word) }

// after reads the table after the only word from.
func (st *statement) after(tokens []token, word string) error {
	at := -1
	for i, t := range tokens {
		if t.is(word) {
			if at >= 0 {
				return errStatement
			}
			at = i
		}
	}
	if at < 0 {
		return errStatement
	}
	return st.target(tokens, at+1)
}

// target reads a table, and an index after a dot.
func (st *statement) target(tokens []token, at int) error {
	name := func(i int) (string, bool) {
		if i >= len(tokens) || tokens[i].kind != 'w' && tokens[i].kind != 'q' {
			return "", false
		}
		return tokens[i].text, true
	}
	var ok bool
	if st.table, ok = name(at); !ok {
		return errStatement
	}
	if at+1 < len(tokens) && tokens[at+1].kind == '.' {
		if st.index, ok = name(at + 2); !ok || at+3 < len(tokens) && tokens[at+3].kind == '.' {
			return errStatement
		}
	}
	return nil
}

// insert reads INSERT INTO table VALUE {'name': value, …}.
func (st *statement) insert(tokens []token) error {
	if len(tokens) < 6 || !tokens[1].is("into") {
		return errStatement
	}
	if err := st.target(tokens, 2); err != nil {
		return err
	}
	depth := 0
	for i, t := range tokens {
		switch t.kind {
		case '{', '[', '(':
			depth++
		case '}', ']', ')':
			depth--
		case 's':
			if depth == 1 && i+2 < len(tokens) && tokens[i+1].kind == ':' && (tokens[i-1].kind == '{' || tokens[i-1].kind == ',') {
				if v, ok := value(tokens[i+2]); ok {
					st.values[t.text] = append(st.values[t.text], v)
				}
			}
		}
	}
	return nil
}

func value(t token) (literal, bool) {
	switch t.kind {
	case 's', 'n':
		return literal{text: t.text, parameter: -1}, true
	case '?':
		var n int
		if _, err := fmt.Sscan(t.text, &n); err != nil {
			return literal{}, false
		}
		return literal{parameter: n}, true
	}
	return literal{}, false
}

// where reads (docs/aws-differences.md, 56) conditions name = value and name IN [value, …] that are joined by AND alone.
func (st *statement) where(tokens []token) {
	at := -1
	for i, t := range tokens {
		if t.is("where") {
			at = i + 1
		}
		if at >= 0 && (t.is("or") || t.is("not") || t.is("case")) {
			return
		}
	}
	if at < 0 {
		return
	}
	for i := at; i < len(tokens); i++ {
		t := tokens[i]
		if t.kind != 'w' && t.kind != 'q' || i+2 >= len(tokens) || tokens[i-1].kind == '.' {
			continue
		}
		switch next := tokens[i+1]; {
		case next.kind == '=':
			if v, ok := value(tokens[i+2]); ok {
				st.values[t.text] = append(st.values[t.text], v)
			}
		case next.is("in") && (tokens[i+2].kind == '[' || tokens[i+2].kind == '('):
			for _, e := range tokens[i+3:] {
				if e.kind == ']' || e.kind == ')' {
					break
				}
				if v, ok := value(e); ok {
					st.values[t.text] = append(st.values[t.text], v)
				}
			}
		}
	}
}

// run adds what a statement does.
func (r *request) statement(text string, parameters []json.RawMessage) {
	st, err := parseStatement(text)
	if err != nil {
		r.fail(invalid("Statement wasn't well formed, can't be processed: %v", err))
		return
	}
	id, ok := r.table(st.table)
	if !ok {
		return
	}
	c := iam.Context{}
	var keys []string
	if t := r.service.lookup(r.call.HTTP.Context(), id); t != nil {
		keys = st.keys(t.keyOf(st.index), parameters)
		if len(keys) > 0 {
			c["dynamodb:LeadingKeys"] = keys
		}
	}
	if st.verb == "select" {
		c["dynamodb:FullTableScan"] = []string{fmt.Sprint(len(keys) == 0)}
	}
	if r.operation != "ExecuteStatement" {
		c["dynamodb:EnclosingOperation"] = []string{r.operation}
	}
	r.access(partiqlActions[st.verb], id, st.index, c)
	if st.verb != "select" {
		r.wrote(id, nil)
	}
}

// keys are the partition keys that a statement is limited to; none if one of them is unknown.
func (st statement) keys(partitionKey string, parameters []json.RawMessage) []string {
	var keys []string
	for _, v := range st.values[partitionKey] {
		text := v.text
		if v.parameter >= 0 {
			if v.parameter >= len(parameters) {
				return nil
			}
			var ok bool
			if text, ok = keyText(parameters[v.parameter]); !ok {
				return nil
			}
		}
		keys = append(keys, text)
	}
	return keys
}

func (r *request) executeStatement() {
	var parameters []json.RawMessage
	if raw, ok := r.in["Parameters"]; ok && json.Unmarshal(raw, &parameters) != nil {
		r.fail(invalid("Parameters is no list"))
		return
	}
	r.statement(r.in.text("Statement"), parameters)
}

func (r *request) batchExecute() { r.statements("Statements") }

func (r *request) executeTransaction() { r.statements("TransactStatements") }

func (r *request) statements(member string) {
	list, ok := r.in.list(member)
	if !ok || len(list) == 0 {
		r.fail(invalid("%s is no list of statements", member))
		return
	}
	for _, in := range list {
		var parameters []json.RawMessage
		if raw, ok := in["Parameters"]; ok && json.Unmarshal(raw, &parameters) != nil {
			r.fail(invalid("Parameters is no list"))
			return
		}
		r.statement(in.text("Statement"), parameters)
	}
}
