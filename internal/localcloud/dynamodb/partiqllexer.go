package dynamodb

import (
	"errors"
	"strings"
)

// word of a PartiQL statement.
type word struct {
	kind wordKind
	// text is decoded of quoted names and strings, and as it is written of everything else.
	text string
	// at is the place of its first byte in the statement.
	at int
}

type wordKind byte

const (
	wordEnd    wordKind = iota
	wordPlain           // keyword or name
	wordQuoted          // "name"
	wordString          // 'text'
	wordNumber
	wordSymbol
)

var errStatement = errors.New("it is no statement that the local cloud understands")

// symbols of two characters come before those of one.
var symbols = []string{"<<", ">>", "<=", ">=", "<>", "!=", "(", ")", "[", "]", "{", "}", ",", ".", ":", "=", "<", ">", "+", "-", "*", "?"}

// splitStatement splits a statement into words (DynamoDB Developer Guide, "PartiQL - a SQL-compatible
// query language for Amazon DynamoDB"). Comments, Ion literals, letters of other scripts outside of
// quotes and everything else that could be read in two ways is an error.
func splitStatement(s string) ([]word, error) {
	var words []word
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
		case isLetter(c):
			start := i
			for i < len(s) && (isLetter(s[i]) || isDigit(s[i]) || s[i] == '$') {
				i++
			}
			words = append(words, word{wordPlain, s[start:i], start})
		case isDigit(c):
			n := numberLength(s[i:])
			if end := i + n; end < len(s) && (isLetter(s[end]) || isDigit(s[end]) || s[end] == '.') {
				return nil, errStatement
			}
			words = append(words, word{wordNumber, s[i : i+n], i})
			i += n
		case c == '\'' || c == '"':
			text, n, ok := unquote(s[i:])
			if !ok {
				return nil, errStatement
			}
			k := wordString
			if c == '"' {
				k = wordQuoted
			}
			words = append(words, word{k, text, i})
			i += n
		default:
			n := symbolLength(s[i:])
			if n == 0 {
				return nil, errStatement
			}
			words = append(words, word{wordSymbol, s[i : i+n], i})
			i += n
		}
	}
	return words, nil
}

func symbolLength(s string) int {
	if strings.HasPrefix(s, "--") {
		return 0
	}
	for _, symbol := range symbols {
		if strings.HasPrefix(s, symbol) {
			return len(symbol)
		}
	}
	return 0
}

// numberLength is the length of the number that a text begins with: digits, a fraction, an exponent.
func numberLength(s string) int {
	digits := func(i int) int {
		for i < len(s) && isDigit(s[i]) {
			i++
		}
		return i
	}
	n := digits(0)
	if n+1 < len(s) && s[n] == '.' && isDigit(s[n+1]) {
		n = digits(n + 1)
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		e := n + 1
		if e < len(s) && (s[e] == '+' || s[e] == '-') {
			e++
		}
		if end := digits(e); end > e {
			n = end
		}
	}
	return n
}

// unquote reads a quoted text, in which the quote is doubled, and its length.
func unquote(s string) (text string, length int, ok bool) {
	quote := s[0]
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] == quote {
			if i+1 == len(s) || s[i+1] != quote {
				return b.String(), i + 1, true
			}
			i++
		}
		b.WriteByte(s[i])
	}
	return "", 0, false
}
