package dynamodb

import "strings"

// keyCondition finds in a key condition expression the value placeholder that the partition key has
// to equal, such as :pk; empty if the expression is malformed or has none, or more than one. names are
// those of placeholders such as #pk (DynamoDB Developer Guide, "Key condition expressions for query").
func keyCondition(expression, partitionKey string, names map[string]string) string {
	p := &conditionParser{tokens: conditionTokens(expression), key: partitionKey, names: names}
	if !p.and() || p.at != len(p.tokens) || p.found != 1 {
		return ""
	}
	return p.value
}

type conditionParser struct {
	tokens []string
	at     int
	key    string
	names  map[string]string
	// found counts the conditions of the partition key; value is what it equals.
	found int
	value string
	depth int
}

// conditionTokens splits an expression into words, placeholders and operators. A character that
// belongs to none is a token of its own, which no rule takes.
func conditionTokens(s string) []string {
	var tokens []string
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
		case isWord(c) || c == '#' || c == ':':
			start := i
			for i++; i < len(s) && (isWord(s[i]) || s[i] == '.' || s[i] == '-'); i++ {
			}
			tokens = append(tokens, s[start:i])
		case i+1 < len(s) && (s[i:i+2] == "<=" || s[i:i+2] == ">=" || s[i:i+2] == "<>"):
			tokens = append(tokens, s[i:i+2])
			i += 2
		default:
			tokens = append(tokens, string(c))
			i++
		}
	}
	return tokens
}

func (p *conditionParser) next() string {
	if p.at >= len(p.tokens) {
		return ""
	}
	p.at++
	return p.tokens[p.at-1]
}

func (p *conditionParser) peek() string {
	if p.at >= len(p.tokens) {
		return ""
	}
	return p.tokens[p.at]
}

// and := condition { AND condition }
func (p *conditionParser) and() bool {
	if p.depth++; p.depth > 50 {
		return false
	}
	defer func() { p.depth-- }()
	for {
		if !p.condition() {
			return false
		}
		if !strings.EqualFold(p.peek(), "AND") {
			return true
		}
		p.next()
	}
}

// condition := ( and ) | begins_with ( operand , operand ) | operand BETWEEN operand AND operand
// | operand operator operand
func (p *conditionParser) condition() bool {
	switch {
	case p.peek() == "(":
		p.next()
		return p.and() && p.next() == ")"
	case p.peek() == "begins_with":
		p.next()
		if p.next() != "(" {
			return false
		}
		p.count(p.next())
		return p.next() == "," && isPlaceholder(p.next()) && p.next() == ")"
	}
	left := p.next()
	if left == "" {
		return false
	}
	operator := p.next()
	if strings.EqualFold(operator, "BETWEEN") {
		p.count(left)
		return isPlaceholder(p.next()) && strings.EqualFold(p.next(), "AND") && isPlaceholder(p.next())
	}
	right := p.next()
	if isPlaceholder(left) { // operands turned around
		left, right = right, left
	}
	if !isPlaceholder(right) || isPlaceholder(left) {
		return false
	}
	switch operator {
	case "=":
		if p.count(left) {
			p.value = right
		}
		return true
	case "<", "<=", ">", ">=":
		p.count(left)
		return true
	}
	return false
}

// count counts a condition of the partition key.
func (p *conditionParser) count(name string) bool {
	if full, ok := p.names[name]; ok && strings.HasPrefix(name, "#") {
		name = full
	}
	if name != p.key {
		return false
	}
	p.found++
	return true
}

func isPlaceholder(token string) bool { return len(token) > 1 && token[0] == ':' }
