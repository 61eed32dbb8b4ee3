package facts

import (
	"cmp"
	"slices"
	"strings"
)

// query reads which log groups the text of a saved query is over: those after SOURCE in the language of Logs
// Insights and in PPL, and those after FROM and JOIN in SQL. The language stands beside it. A command that could take
// further log groups, such as join and lookup, is not understood, nor is one that is not known (Amazon CloudWatch
// Logs User Guide, "CloudWatch Logs Insights language query syntax", "OpenSearch PPL", "OpenSearch SQL").
func (w *walk) query(value any) {
	text := scalarText(value)
	named := cmp.Or(scalarText(w.parent["QueryLanguage"]), scalarText(w.parent["queryLanguage"]), "CWLI")
	language := strings.ToUpper(named)
	q := queryReader{w, language}
	tokens, ok := q.tokens(text)
	switch {
	case !ok:
	case language == "SQL":
		ok = q.sql(tokens)
	case language == "CWLI" || language == "PPL":
		ok = q.commands(tokens)
	default:
		ok = false
	}
	if !ok {
		w.notUnderstood(
			"is no query of the forms that the proof knows, and may be over any log group",
			"name log groups of the stack after SOURCE or FROM, and leave out joins, look-ups and comments",
		)
	}
	w.mentionText(text)
}

type queryReader struct {
	*walk
	language string
}

// queryCommands are those that work on the events that came so far and on nothing else.
var queryCommands = map[string][]string{
	"CWLI": strings.Fields(`anomaly dedup diff display fields filter filterindex limit parse pattern sort stats unmask
		unnest`),
	"PPL": strings.Fields(`dedup eval eventstats fields fieldsummary fillnull flatten grok head parse rare rename sort
		stats top trendline where`),
}

// commands are separated by bars.
func (q queryReader) commands(tokens []string) bool {
	for len(tokens) > 0 {
		command := tokens
		if end := slices.Index(tokens, "|"); end >= 0 {
			command, tokens = tokens[:end], tokens[end+1:]
		} else {
			tokens = nil
		}
		if len(command) > 0 && !q.command(command) {
			return false
		}
	}
	return true
}

// comparisons are of a field that is named before them.
var comparisons = strings.Fields("= != < > <= >= =~ like not in")

func (q queryReader) command(tokens []string) bool {
	name := strings.ToLower(tokens[0])
	if name == "source" {
		return q.source(tokens[1:])
	}
	if !slices.Contains(queryCommands[q.language], name) {
		return false
	}
	// A query within the query has a source of its own; a field can have that name too.
	for i, token := range tokens {
		if !strings.EqualFold(token, "source") || i == 0 {
			continue
		}
		compared := i+1 < len(tokens) && slices.Contains(comparisons, strings.ToLower(tokens[i+1]))
		if tokens[i-1] == "[" || tokens[i-1] == "(" && (q.language == "PPL" || !compared) {
			return false
		}
	}
	return true
}

// source is a list of log groups, and in the text of a dashboard a time after it.
func (q queryReader) source(tokens []string) bool {
	if q.language == "PPL" && len(tokens) > 0 && tokens[0] == "=" {
		tokens = tokens[1:]
	}
	listed := false
	for i := 0; i < len(tokens); i++ {
		token := tokens[i]
		switch {
		case strings.EqualFold(token, "logGroups"):
			n, ok := q.logGroups(tokens[i+1:])
			if !ok {
				return false
			}
			i, listed = i+n, true
		case token == "[" || token == "]" || token == "," || strings.EqualFold(token, "lg:"):
		case listed && isTime(tokens[i:]):
			i += 2
		case !q.logGroup(token, ""):
			return false
		default:
			listed = true
		}
	}
	return listed
}

// isTime says whether some tokens begin with the time that a widget's query is about.
func isTime(tokens []string) bool {
	return len(tokens) > 2 && tokens[1] == "=" && slices.Contains([]string{"START", "END"}, strings.ToUpper(tokens[0]))
}

// logGroups are those whose names begin with one of some texts, or which are listed in SQL.
func (q queryReader) logGroups(tokens []string) (taken int, ok bool) {
	key, named := "", false
	for i, token := range tokens {
		switch field := strings.TrimSuffix(token, ":"); {
		case token == ")":
			return i + 1, named
		case strings.Contains("([],:", token):
		case field == "namePrefix" || field == "logGroupIdentifier" || field == "class":
			key = field
		case !isQuoted(token):
			return i, false
		case key == "class":
		case key == "namePrefix" && q.logGroup(token, "*"), key == "logGroupIdentifier" && q.logGroup(token, ""):
			named = true
		default:
			return i, false
		}
	}
	return len(tokens), false
}

// sqlFollows may stand after a log group in SQL. A comma there would list another one.
var sqlFollows = strings.Fields(`WHERE GROUP ORDER LIMIT HAVING INNER LEFT RIGHT FULL CROSS OUTER JOIN ON USING UNION
	EXCEPT INTERSECT )`)

// sql reads what is after each FROM and JOIN.
func (q queryReader) sql(tokens []string) bool {
	for i := 0; i < len(tokens); i++ {
		if !strings.EqualFold(tokens[i], "FROM") && !strings.EqualFold(tokens[i], "JOIN") {
			continue
		}
		i++
		switch {
		case i >= len(tokens):
			return false
		case tokens[i] == "(":
			end := closing(tokens, i)
			if end < 0 || !q.sql(tokens[i+1:end]) {
				return false
			}
			i = end
		case !q.sqlTable(tokens[i]):
			return false
		}
		if i+1 < len(tokens) && strings.EqualFold(tokens[i+1], "AS") {
			i++
		}
		follows := func(at int) bool {
			return at >= len(tokens) || slices.Contains(sqlFollows, strings.ToUpper(tokens[at]))
		}
		if !follows(i+1) && !(isName(tokens[i+1]) && follows(i+2)) {
			return false
		}
	}
	return true
}

// sqlTable is a log group, or logGroups(…) in quotes.
func (q queryReader) sqlTable(token string) bool {
	if isQuoted(token) && strings.HasPrefix(token[1:], "logGroups(") {
		tokens, ok := q.tokens(token[len("`logGroups") : len(token)-1])
		if !ok {
			return false
		}
		taken, ok := q.logGroups(tokens)
		return ok && taken == len(tokens)
	}
	return q.logGroup(token, "")
}

// closing is where a parenthesis is closed that is opened at a place, -1 if nowhere.
func closing(tokens []string, at int) int {
	depth := 0
	for i := at; i < len(tokens); i++ {
		switch tokens[i] {
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// logGroup is one whose name, with an end, is a token.
func (q queryReader) logGroup(token, end string) bool {
	if !isName(token) {
		return false
	}
	name := strings.TrimPrefix(unquoted(token), "lg:")
	if name = unquoted(name); name == "" {
		return false
	}
	q.refer("log-group", name+end, false, false)
	return true
}

func unquoted(token string) string {
	if isQuoted(token) {
		return token[1 : len(token)-1]
	}
	return token
}
