package facts

import (
	"regexp"
	"strings"
)

// mathFunctions are those of metric math that read nothing but what the expression names by its ids. SEARCH, LAMBDA,
// INSIGHT_RULE_METRIC and DB_PERF_INSIGHTS read more (Amazon CloudWatch User Guide, "Using math expressions with
// CloudWatch metrics").
var mathFunctions = func() map[string]bool {
	known := map[string]bool{}
	for _, name := range strings.Fields(`ABS ANOMALY_DETECTION_BAND AVG CEIL DATAPOINT_COUNT DATE DAY DIFF DIFF_TIME EPOCH FILL FIRST FLOOR HOUR IF
		LAST LOG LOG10 MAX METRIC_COUNT METRICS MIN MINUTE MONTH PERIOD RATE REMOVE_EMPTY RUNNING_SUM SLICE SORT STDDEV SUM TIME_SERIES YEAR`) {
		known[name] = true
	}
	return known
}()

// mathWords stand for themselves in an expression: operators, and arguments of FILL and SORT.
var mathWords = map[string]bool{
	"AND":    true,
	"OR":     true,
	"REPEAT": true,
	"LINEAR": true,
	"ASC":    true,
	"DESC":   true,
	"AVG":    true,
	"MAX":    true,
	"MIN":    true,
	"SUM":    true,
}

var mathToken = regexp.MustCompile(
	`^(?:([A-Za-z_][A-Za-z0-9_]*)|([0-9]+(?:\.[0-9]+)?)|("[^"]*"|'[^']*')|(&&|\|\||[-+*/^()\[\],<>=!]))`,
)

// expression reads metric math, which is about the metrics beside it. A search, or a query in the language of Metrics
// Insights, is about all of the account's.
func (w *walk) expression(value any) {
	if !isMath(scalarText(value)) {
		w.notUnderstood(
			"is no metric math over the metrics beside it, and may take those of everything in the account",
			"name the metrics one by one",
		)
	}
}

// isMath says whether a text has the form of metric math: no two operands stand side by side, as the words of a query
// do, and functions are known.
func isMath(text string) bool {
	rest, operand := strings.TrimSpace(text), false
	for rest != "" {
		match := mathToken.FindStringSubmatch(rest)
		if match == nil {
			return false
		}
		rest = strings.TrimSpace(rest[len(match[0]):])
		name, symbol := match[1], match[4]
		isFunction := name != "" && strings.HasPrefix(rest, "(")
		switch {
		case name == "AND" || name == "OR":
			operand = false
		case symbol == ")" || symbol == "]":
			operand = true
		case symbol == "(" || symbol == "[":
			if operand {
				return false
			}
		case symbol != "":
			operand = false
		case operand:
			return false // two side by side
		case isFunction && !mathFunctions[name]:
			return false
		case isFunction:
		case name != "" && !mathWords[name] && (name[0] < 'a' || name[0] > 'z'):
			return false // the ids of metrics begin with a small letter
		default:
			operand = true
		}
	}
	return text != ""
}

var alarmToken = regexp.MustCompile(`"[^"]*"|'[^']*'|[^\s()",']+`)

// alarmWords are those of a composite alarm's rule that name nothing (Amazon CloudWatch API Reference,
// "PutCompositeAlarm").
var alarmWords = map[string]bool{
	"ALARM":             true,
	"OK":                true,
	"INSUFFICIENT_DATA": true,
	"AND":               true,
	"OR":                true,
	"NOT":               true,
	"TRUE":              true,
	"FALSE":             true,
	"AT_LEAST":          true,
}

// alarmRule reads the rule of a composite alarm: whatever is no word of the language is the name of an alarm.
func (w *walk) alarmRule(value any) {
	for _, token := range alarmToken.FindAllString(scalarText(value), -1) {
		name := strings.Trim(token, `"'`)
		if name != "" && !(name == token && (alarmWords[name] || isNumber(strings.TrimSuffix(name, "%")))) {
			w.refer("alarm", name, false, false)
		}
	}
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789.") == "" }
