package logs

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// predicate says whether a pattern takes a message.
type predicate func(message string) bool

// compilePattern reads a filter pattern: terms, or a JSON pattern in braces (CloudWatch Logs User Guide,
// "Filter pattern syntax"). Space-delimited patterns in brackets are not read.
func compilePattern(pattern string) (predicate, error) {
	pattern = strings.TrimSpace(pattern)
	switch {
	case pattern == "":
		return func(string) bool { return true }, nil
	case len(pattern) > 1024:
		return nil, fmt.Errorf("it has %d characters, want at most 1024", len(pattern))
	case !utf8.ValidString(pattern):
		return nil, fmt.Errorf("it is not UTF-8: %q", pattern)
	case pattern[0] == '{':
		return compileJSON(pattern)
	case pattern[0] == '[':
		return nil, fmt.Errorf("the local cloud reads no space-delimited patterns: %s", pattern)
	}
	return compileTerms(pattern)
}

// terms are those that have to be there, those of which one has to be, and those that must not be.
type terms struct {
	all, any, not []predicate
}

func compileTerms(pattern string) (predicate, error) {
	var t terms
	for rest := pattern; ; {
		if rest = strings.TrimLeft(rest, " \t\r\n"); rest == "" {
			break
		}
		list := &t.all
		switch rest[0] {
		case '?':
			list, rest = &t.any, rest[1:]
		case '-':
			list, rest = &t.not, rest[1:]
		}
		term, after, err := readTerm(rest)
		if err != nil {
			return nil, err
		}
		*list, rest = append(*list, term), after
	}
	// Optional terms count only among themselves (CloudWatch Logs User Guide, "Filter pattern syntax",
	// question mark limitations).
	if len(t.all)+len(t.not) > 0 {
		t.any = nil
	}
	return t.takes, nil
}

func (t terms) takes(message string) bool {
	for _, p := range t.all {
		if !p(message) {
			return false
		}
	}
	for _, p := range t.not {
		if p(message) {
			return false
		}
	}
	for _, p := range t.any {
		if p(message) {
			return true
		}
	}
	return len(t.any) == 0
}

// readTerm reads a word, a quoted phrase or a regular expression between percent signs.
func readTerm(s string) (predicate, string, error) {
	switch {
	case s == "" || s[0] == ' ':
		return nil, "", fmt.Errorf("an operator has no term after it")
	case s[0] == '"':
		text, rest, err := readQuoted(s)
		if err != nil {
			return nil, "", err
		}
		return contains(text), rest, nil
	case s[0] == '%':
		text, rest, ok := strings.Cut(s[1:], "%")
		if !ok {
			return nil, "", fmt.Errorf("the regular expression %s does not end", s)
		}
		re, err := regexp.Compile(text)
		if err != nil {
			return nil, "", err
		}
		return re.MatchString, rest, nil
	}
	end := strings.IndexAny(s, " \t\r\n")
	if end < 0 {
		end = len(s)
	}
	word := s[:end]
	for _, r := range word {
		if !isTermRune(r) {
			return nil, "", fmt.Errorf("the term %s has characters that need quotes", word)
		}
	}
	return contains(word), s[end:], nil
}

func isTermRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r > 0x7f
}

func contains(text string) predicate {
	return func(message string) bool { return strings.Contains(message, text) }
}

// readQuoted reads a phrase in double quotes, in which a backslash escapes.
func readQuoted(s string) (text, rest string, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], nil
		case '\\':
			if i++; i < len(s) {
				b.WriteByte(s[i])
			}
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", fmt.Errorf("the phrase %s does not end", s)
}
