package facts

import (
	"regexp"
	"strings"
)

// queryToken is a name in quotes, a word, an operator or a sign.
var queryToken = regexp.MustCompile("^(?:'[^']*'|\"[^\"]*\"|`[^`]*`|[A-Za-z0-9_@$./:*⟨⟩{}#-]+|=~|[!<>]=|.|\n)")

// queryRegexp is a regular expression as the languages of queries write it.
var queryRegexp = regexp.MustCompile(`^/(?:[^/\\\n]|\\.)+/`)

// tokens are the words and signs of a query, without comments. It fails for a quote without its partner or behind a
// backslash, which may be part of the text in them, and for comments within a line.
func (q queryReader) tokens(text string) (out []string, ok bool) {
	command, last := "", ""
	for rest := text; rest != ""; {
		if end := q.comment(rest); end > 0 {
			rest = rest[end:]
			continue
		}
		token := ""
		if q.wantsRegexp(command, last) {
			token = queryRegexp.FindString(rest)
		}
		if token == "" {
			token = queryToken.FindString(rest)
		}
		if token == "" {
			return nil, false // bytes that are no text
		}
		rest = rest[len(token):]
		switch {
		case strings.TrimSpace(token) == "":
			continue
		case isOpenQuote(token) || strings.HasPrefix(token, "/*") || token == "//":
			return nil, false
		case last == "" || last == "|":
			command = strings.ToLower(token)
		}
		out, last = append(out, token), token
	}
	return out, true
}

// isOpenQuote says whether a quote has no partner, or one that may be part of the text.
func isOpenQuote(token string) bool {
	return strings.ContainsAny(token[:1], "'\"`") && (len(token) == 1 || token[len(token)-2] == '\\')
}

// comment is how long a comment at the beginning of a text is, with its line.
func (q queryReader) comment(text string) int {
	sign := map[string]string{"CWLI": "#", "SQL": "--"}[q.language]
	if sign == "" || !strings.HasPrefix(text, sign) {
		return 0
	}
	if end := strings.IndexByte(text, '\n'); end >= 0 {
		return end + 1
	}
	return len(text)
}

// wantsRegexp says whether a slash begins a regular expression, and neither a name nor a division.
func (q queryReader) wantsRegexp(command, last string) bool {
	return q.language == "CWLI" && (strings.EqualFold(last, "like") || last == "=~" || command == "parse")
}

func isQuoted(token string) bool {
	return len(token) > 1 && strings.ContainsRune("'\"`", rune(token[0])) && token[len(token)-1] == token[0]
}

// isName says whether a token is a name in quotes, or a word that can be one.
func isName(token string) bool {
	if token == "" || isQuoted(token) {
		return token != ""
	}
	first := []rune(token)[0]
	return first >= 'a' && first <= 'z' || first >= 'A' && first <= 'Z' || strings.ContainsRune("/_.#⟨{", first)
}
