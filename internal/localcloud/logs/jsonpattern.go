package logs

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// maxNesting of parentheses and of the parser's calls.
const maxNesting = 50

// condition is a JSON pattern, compiled.
type condition func(document any) bool

// jsonParser reads { $.a = "x*" && ($.b > 5 || $.c NOT EXISTS) }.
type jsonParser struct {
	rest  string
	depth int
}

func compileJSON(pattern string) (predicate, error) {
	p := &jsonParser{rest: pattern[1:]}
	c, err := p.or()
	if err != nil {
		return nil, err
	}
	if !p.take("}") || p.peek() != 0 {
		return nil, fmt.Errorf("want } at the end: %s", pattern)
	}
	return func(message string) bool {
		var document any
		start := strings.IndexByte(message, '{')
		return start >= 0 && json.Unmarshal([]byte(message), &document) == nil && c(document)
	}, nil
}

// peek is the next character that is no space; 0 at the end.
func (p *jsonParser) peek() byte {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	if p.rest == "" {
		return 0
	}
	return p.rest[0]
}

func (p *jsonParser) take(text string) bool {
	p.peek()
	rest, ok := strings.CutPrefix(p.rest, text)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *jsonParser) or() (condition, error) {
	left, err := p.and()
	for err == nil && p.take("||") {
		before := left
		var right condition
		if right, err = p.and(); err == nil {
			left = func(d any) bool { return before(d) || right(d) }
		}
	}
	return left, err
}

func (p *jsonParser) and() (condition, error) {
	left, err := p.one()
	for err == nil && p.take("&&") {
		before := left
		var right condition
		if right, err = p.one(); err == nil {
			left = func(d any) bool { return before(d) && right(d) }
		}
	}
	return left, err
}

func (p *jsonParser) one() (condition, error) {
	if !p.take("(") {
		return p.comparison()
	}
	if p.depth++; p.depth > maxNesting {
		return nil, fmt.Errorf("parentheses are nested more than %d times", maxNesting)
	}
	c, err := p.or()
	if err == nil && !p.take(")") {
		err = fmt.Errorf("want ) before %q", p.rest)
	}
	p.depth--
	return c, err
}

// step of a selector: a member, an element, or all elements.
type step struct {
	name  string
	index int // of an element if name is empty; -1 is all
}

func (p *jsonParser) comparison() (condition, error) {
	steps, err := p.selector()
	if err != nil {
		return nil, err
	}
	for _, special := range []struct {
		words string
		takes func(v any) bool
	}{
		{"IS NULL", func(v any) bool { return v == nil }},
		{"IS TRUE", func(v any) bool { return v == true }},
		{"IS FALSE", func(v any) bool { return v == false }},
		{"EXISTS", func(any) bool { return true }},
	} {
		if p.take(special.words) {
			return func(d any) bool { return someValue(d, steps, special.takes) }, nil
		}
	}
	if p.take("NOT EXISTS") {
		return func(d any) bool { return !someValue(d, steps, func(any) bool { return true }) }, nil
	}
	for _, operator := range []string{"!=", ">=", "<=", "=", ">", "<"} {
		if p.take(operator) {
			takes, err := p.value(operator)
			return func(d any) bool { return someValue(d, steps, takes) }, err
		}
	}
	return nil, fmt.Errorf("want an operator before %q", p.rest)
}

// selector reads $.a.b[0].['c.d'].
func (p *jsonParser) selector() ([]step, error) {
	if !p.take("$") {
		return nil, fmt.Errorf("want a selector such as $.name before %q", p.rest)
	}
	var steps []step
	for {
		switch {
		case strings.HasPrefix(p.rest, ".[") || strings.HasPrefix(p.rest, "["):
			p.rest = p.rest[strings.IndexByte(p.rest, '[')+1:]
			text, rest, ok := strings.Cut(p.rest, "]")
			if !ok {
				return nil, fmt.Errorf("a bracket of a selector does not end: %q", p.rest)
			}
			s, err := bracket(text)
			if err != nil {
				return nil, err
			}
			steps, p.rest = append(steps, s), rest
		case strings.HasPrefix(p.rest, "."):
			end := 1 + strings.IndexFunc(p.rest[1:], func(r rune) bool { return !isTermRune(r) && r != '-' && r != '@' })
			if end == 0 {
				end = len(p.rest)
			}
			if end == 1 {
				return nil, fmt.Errorf("want a name in the selector before %q", p.rest)
			}
			steps, p.rest = append(steps, step{name: p.rest[1:end]}), p.rest[end:]
		case len(steps) == 0:
			return nil, errors.New("a selector names nothing")
		default:
			return steps, nil
		}
	}
}

func bracket(text string) (step, error) {
	text = strings.TrimSpace(text)
	if n := len(text); n > 2 && (text[0] == '\'' || text[0] == '"') && text[n-1] == text[0] {
		return step{name: text[1 : n-1]}, nil
	}
	if text == "*" {
		return step{index: -1}, nil
	}
	i, err := strconv.Atoi(text)
	if err != nil || i < 0 {
		return step{}, fmt.Errorf("want a number, * or a quoted name in brackets, not %q", text)
	}
	return step{index: i}, nil
}

// someValue says whether one of the values that a selector means is taken.
func someValue(v any, steps []step, takes func(any) bool) bool {
	if len(steps) == 0 {
		return takes(v)
	}
	s := steps[0]
	if s.name != "" {
		object, _ := v.(map[string]any)
		member, ok := object[s.name]
		return ok && someValue(member, steps[1:], takes)
	}
	list, _ := v.([]any)
	if s.index >= 0 {
		return s.index < len(list) && someValue(list[s.index], steps[1:], takes)
	}
	for _, element := range list {
		if someValue(element, steps[1:], takes) {
			return true
		}
	}
	return false
}

// value reads what a selector is compared with. Strings know * and the regular expressions between
// percent signs; only = and != compare them.
func (p *jsonParser) value(operator string) (func(any) bool, error) {
	var text string
	quoted := false
	switch c := p.peek(); {
	case c == '"':
		var err error
		if text, p.rest, err = readQuoted(p.rest); err != nil {
			return nil, err
		}
		quoted = true
	case c == '%':
		expression, rest, ok := strings.Cut(p.rest[1:], "%")
		if !ok {
			return nil, fmt.Errorf("the regular expression %s does not end", p.rest)
		}
		p.rest = rest
		re, err := regexp.Compile(expression)
		if err != nil {
			return nil, err
		}
		return equality(operator, func(v any) bool { s, ok := asText(v); return ok && re.MatchString(s) })
	default:
		end := strings.IndexAny(p.rest, " \t\r\n)}&|")
		if end <= 0 {
			return nil, fmt.Errorf("want a value before %q", p.rest)
		}
		text, p.rest = p.rest[:end], p.rest[end:]
	}
	if number, err := strconv.ParseFloat(text, 64); err == nil && !quoted {
		return func(v any) bool { n, ok := v.(float64); return ok && compareNumbers(operator, n, number) }, nil
	}
	pattern := regexp.MustCompile(`(?s)^` + strings.ReplaceAll(regexp.QuoteMeta(text), `\*`, `.*`) + `$`)
	return equality(operator, func(v any) bool { s, ok := asText(v); return ok && pattern.MatchString(s) })
}

func equality(operator string, equal func(any) bool) (func(any) bool, error) {
	switch operator {
	case "=":
		return equal, nil
	case "!=":
		return func(v any) bool { return !equal(v) }, nil
	}
	return nil, fmt.Errorf("the operator %s compares numbers only", operator)
}

func compareNumbers(operator string, a, b float64) bool {
	switch operator {
	case "=":
		return a == b
	case "!=":
		return a != b
	case ">":
		return a > b
	case ">=":
		return a >= b
	case "<":
		return a < b
	}
	return a <= b
}

// asText is a string, or a number or boolean as JSON writes it.
func asText(v any) (string, bool) {
	switch t := v.(type) {
	case string:
		return t, true
	case float64:
		return strconv.FormatFloat(t, 'f', -1, 64), true
	case bool:
		return strconv.FormatBool(t), true
	}
	return "", false
}
