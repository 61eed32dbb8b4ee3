package facts

import (
	"regexp"
	"strings"
)

// queryToken is a name in quotes, a word, or a sign.
var queryToken = regexp.MustCompile("^(?:'[^']*'|\"[^\"]*\"|`[^`]*`|[A-Za-z0-9_@$./:*⟨⟩{}#-]+|.|\n)")

// query reads which log groups the text of a saved query names: after SOURCE in the language of Logs Insights and in
// PPL, after FROM and JOIN in SQL (Amazon CloudWatch Logs User Guide, "SOURCE", "OpenSearch SQL"). The language stands
// beside it.
func (w *walk) query(value any) {
	text := scalarText(value)
	tokens := queryTokens(text)
	sql := strings.EqualFold(scalarText(w.parent["QueryLanguage"]), "SQL") ||
		strings.EqualFold(scalarText(w.parent["queryLanguage"]), "SQL")
	begins := true
	for i := 0; i < len(tokens); i++ {
		word := strings.ToUpper(tokens[i])
		switch {
		case sql && (word == "FROM" || word == "JOIN"), !sql && begins && word == "SOURCE":
			next, ok := w.sources(tokens[i+1:], sql)
			if !ok {
				w.notUnderstood(
					"takes its log groups in a form that the proof does not know",
					"name the log groups of the stack one by one",
				)
				return
			}
			i += next
		}
		begins = i < len(tokens) && (tokens[i] == "|" || tokens[i] == "[")
	}
	w.mentionText(text)
}

// queryTokens are the words and signs of a query, without comments.
func queryTokens(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if trimmed := strings.TrimSpace(line); strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, "--") {
			continue
		}
		for rest := line; rest != ""; {
			token := queryToken.FindString(rest)
			if token == "" {
				token = rest[:1]
			}
			rest = rest[len(token):]
			if strings.TrimSpace(token) != "" {
				out = append(out, token)
			}
		}
	}
	return out
}

// sources are the log groups at the beginning of some tokens: one name or several with commas, in brackets or not, each
// in quotes or not, and logGroups(namePrefix: ['…']). It says how many tokens they take.
func (w *walk) sources(tokens []string, sql bool) (taken int, ok bool) {
	for taken < len(tokens) {
		token := tokens[taken]
		taken++
		switch {
		case strings.EqualFold(token, "logGroups"):
			n, ok := w.logGroups(tokens[taken:])
			return taken + n, ok
		case token == "=" || token == "[" || token == "," || strings.EqualFold(token, "lg:"):
			continue
		case token == "]":
			return taken, true
		case token == "(" && sql:
			return taken, true // a query within the query, which is read as any
		case !isName(token):
			return taken, false
		}
		if !w.logGroup(token, "") {
			return taken, false
		}
		if taken == len(tokens) || tokens[taken] != "," && tokens[taken] != "]" {
			return taken, true
		}
	}
	return taken, false
}

// logGroups are those whose names begin with one of some texts.
func (w *walk) logGroups(tokens []string) (taken int, ok bool) {
	named := false
	for i, token := range tokens {
		switch {
		case token == ")":
			return i + 1, named
		case token == "(" || token == "[" || token == "]" || token == "," || token == ":":
		case strings.EqualFold(strings.TrimSuffix(token, ":"), "namePrefix"):
			named = true
		case named && isQuoted(token):
			if !w.logGroup(token, "*") {
				return i, false
			}
		default:
			return i, false
		}
	}
	return len(tokens), false
}

// logGroup is one whose name, with an end, is a token.
func (w *walk) logGroup(token, end string) bool {
	name := token
	if isQuoted(token) {
		name = token[1 : len(token)-1]
	}
	name = strings.TrimPrefix(name, "lg:")
	if isQuoted(name) {
		name = name[1 : len(name)-1]
	}
	if name == "" {
		return false
	}
	w.refer("log-group", name+end, false, false)
	return true
}

func isQuoted(token string) bool {
	return len(token) > 1 && strings.ContainsRune("'\"`", rune(token[0]))
}

func isName(token string) bool {
	return isQuoted(token) ||
		token != "" &&
			(token[0] >= 'a' && token[0] <= 'z' || token[0] >= 'A' && token[0] <= 'Z' || strings.ContainsRune("/_.#⟨", []rune(token)[0]))
}
