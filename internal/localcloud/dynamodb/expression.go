package dynamodb

import "strings"

// token of an expression (DynamoDB Developer Guide, "Using expressions in DynamoDB").
type token struct {
	kind tokenKind
	text string
}

type tokenKind byte

const (
	tokenEnd    tokenKind = iota
	tokenWord             // attribute, function or keyword
	tokenAlias            // #name
	tokenValue            // :value
	tokenNumber           // index of a list
	tokenSymbol           // operator or punctuation
	tokenError            // nothing that an expression can have
)

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// scanner splits an expression into tokens.
type scanner struct {
	text string
	at   int
}

func (s *scanner) next() token {
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.at]) >= 0 {
		s.at++
	}
	if s.at == len(s.text) {
		return token{}
	}
	start, c := s.at, s.text[s.at]
	s.at++
	switch {
	case isLetter(c):
		s.word()
		return token{tokenWord, s.text[start:s.at]}
	case c == '#' || c == ':':
		s.word()
		k := tokenAlias
		if c == ':' {
			k = tokenValue
		}
		if s.at == start+1 {
			k = tokenError
		}
		return token{k, s.text[start:s.at]}
	case isDigit(c):
		for s.at < len(s.text) && isDigit(s.text[s.at]) {
			s.at++
		}
		return token{tokenNumber, s.text[start:s.at]}
	case (c == '<' || c == '>') && s.at < len(s.text) && (s.text[s.at] == '=' || c == '<' && s.text[s.at] == '>'):
		s.at++
		return token{tokenSymbol, s.text[start:s.at]}
	case strings.IndexByte("()[].,=<>+-", c) >= 0:
		return token{tokenSymbol, s.text[start:s.at]}
	}
	return token{tokenError, s.text[start:s.at]}
}

func (s *scanner) word() {
	for s.at < len(s.text) && (isLetter(s.text[s.at]) || isDigit(s.text[s.at])) {
		s.at++
	}
}

func (t token) symbol(s string) bool { return t.kind == tokenSymbol && t.text == s }

func (t token) word(w string) bool { return t.kind == tokenWord && strings.EqualFold(t.text, w) }

// keywords of expressions. All of them are reserved words, so that no attribute is meant.
var keywords = map[string]bool{
	"SET": true, "REMOVE": true, "ADD": true, "DELETE": true, "AND": true, "OR": true, "NOT": true, "BETWEEN": true, "IN": true,
}

// appendExpression adds the top-level attributes that an expression names: words and aliases that follow
// no dot and are neither keywords nor functions.
func appendExpression(a attributes, expression string, aliases map[string]string) attributes {
	if expression == "" {
		return a
	}
	s := scanner{text: expression}
	nested := false
	for t := s.next(); t.kind != tokenEnd; {
		following := s.next()
		switch {
		case nested:
		case t.kind == tokenAlias:
			if full, ok := aliases[t.text]; ok {
				a = append(a, full)
			}
		case t.kind == tokenWord && !keywords[strings.ToUpper(t.text)] && !following.symbol("("):
			a = append(a, t.text)
		}
		nested = t.symbol(".")
		t = following
	}
	return a
}
