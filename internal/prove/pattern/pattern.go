// Package pattern decides about sets of strings that are written as IAM writes them: whether one
// covers another, and whether two have a string in common.
package pattern

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Pattern is a set of strings: literal text, ? for one character, * for any, and names
// that only AWS knows, which package cfn writes as ⟨stack/LogicalId⟩.
type Pattern struct {
	// Source is the text that was compiled.
	Source string
	// Prefix is the literal text before the first token of another kind, which begins tail.
	Prefix string
	tail   []token
}

type tokenKind byte

const (
	literal tokenKind = iota
	anyOne
	anyRun
	// unknown is a name that AWS chose. Of the same resource it is the same; it may equal
	// any text that somebody wrote into a policy, but never the name of another resource.
	unknown
	// someName stands for all names that are not written anywhere: only a wildcard covers it.
	someName
)

type token struct {
	kind tokenKind
	r    rune
	// name of an unknown.
	name string
}

const (
	// OpenMark and CloseMark are around a value that only AWS knows.
	OpenMark  = "⟨"
	CloseMark = "⟩"
	// Unnamed in the ARN of an asset is the name of a resource that no template declares.
	Unnamed = OpenMark + "any" + CloseMark
)

// Compile reads a pattern of a policy or the ARN of an asset. A policy variable can become
// any text, so it is an asterisk; ${*}, ${?} and ${$} are the characters themselves.
func Compile(source string, variables bool) Pattern {
	p := Pattern{Source: source}
	var prefix strings.Builder
	add := func(t token) {
		n := len(p.tail)
		switch {
		case n == 0 && t.kind == literal:
			prefix.WriteRune(t.r)
		case n == 0 || t.kind != anyRun || p.tail[n-1].kind != anyRun:
			p.tail = append(p.tail, t)
		}
	}
	if !strings.ContainsAny(source, "*?$"+OpenMark) {
		p.Prefix = source
		return p
	}
	for s := source; s != ""; {
		if strings.HasPrefix(s, OpenMark) {
			if end := markEnd(s); end > 0 {
				name := s[:end]
				add(markToken(name))
				s = s[len(name):]
				continue
			}
		}
		if variables && strings.HasPrefix(s, "${") {
			if end := strings.IndexByte(s, '}'); end > 0 {
				add(variableToken(s[2:end]))
				s = s[end+1:]
				continue
			}
		}
		r, n := utf8.DecodeRuneInString(s)
		s = s[n:]
		switch r {
		case '*':
			add(token{kind: anyRun})
		case '?':
			add(token{kind: anyOne})
		default:
			add(token{kind: literal, r: r})
		}
	}
	p.Prefix = prefix.String()
	return p
}

// from are the tokens of the pattern after the first n bytes of its prefix.
func (p Pattern) from(n int) []token {
	if n == len(p.Prefix) {
		return p.tail
	}
	out := make([]token, 0, len(p.Prefix)-n+len(p.tail))
	for _, r := range p.Prefix[n:] {
		out = append(out, token{kind: literal, r: r})
	}
	return append(out, p.tail...)
}

// generatedName is the marker of a name that AWS generates for a resource of a template.
var generatedName = regexp.MustCompile(`^⟨[A-Za-z][-A-Za-z0-9]*/[A-Za-z0-9]+(\.StreamLabel)?⟩$`)

// markToken is what a marker of package cfn stands for. All but generated names, such as an
// import or a dynamic reference, can be any text, also the name of somebody else's resource.
func markToken(mark string) token {
	switch {
	case mark == Unnamed:
		return token{kind: someName, name: mark}
	case generatedName.MatchString(mark):
		return token{kind: unknown, name: mark}
	default:
		return token{kind: anyRun}
	}
}

// markEnd is where the unknown at the beginning of s ends; unknowns may nest.
func markEnd(s string) int {
	depth := 0
	for i := range s {
		switch {
		case strings.HasPrefix(s[i:], OpenMark):
			depth++
		case strings.HasPrefix(s[i:], CloseMark):
			if depth--; depth == 0 {
				return i + len(CloseMark)
			}
		}
	}
	return -1
}

func variableToken(body string) token {
	if body == "*" || body == "?" || body == "$" {
		return token{kind: literal, r: rune(body[0])}
	}
	return token{kind: anyRun}
}

// Exact says whether the pattern is one string.
func (p Pattern) Exact() bool { return len(p.tail) == 0 }

// Example is a string of the pattern.
func (p Pattern) Example() string {
	var b strings.Builder
	b.WriteString(p.Prefix)
	for _, t := range p.tail {
		b.WriteString(t.text())
	}
	return b.String()
}

// Everything says whether the pattern covers all strings.
func (p Pattern) Everything() bool {
	return p.Prefix == "" && len(p.tail) == 1 && p.tail[0].kind == anyRun
}

// Covers says whether all strings of q are certainly among those of p. It may say no where
// the answer is yes, never the other way round: what stands for several strings in q has
// to meet an asterisk of p.
func (p Pattern) Covers(q Pattern) bool {
	if p.Exact() && q.Exact() {
		return p.Prefix == q.Prefix
	}
	if !strings.HasPrefix(q.Prefix, p.Prefix) {
		return false
	}
	policy, asset := p.tail, q.from(len(p.Prefix))
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(asset) {
		switch {
		case i < len(policy) && policy[i].kind == anyRun:
			star, mark = i, j
			i++
		case i < len(policy) && policy[i].coversOne(asset[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(policy) && policy[i].kind == anyRun {
		i++
	}
	return i == len(policy)
}

func (t token) coversOne(other token) bool {
	if t.kind == anyOne {
		return other.kind == literal || other.kind == anyOne
	}
	return t == other
}

// Intersect finds a string that is in both the pattern of a policy and that of an asset.
func Intersect(policy, asset Pattern) (witness string, ok bool) {
	if !prefixesMeet(policy.Prefix, asset.Prefix) {
		return "", false
	}
	if policy.Exact() && asset.Exact() {
		return policy.Prefix, policy.Prefix == asset.Prefix
	}
	n := min(len(policy.Prefix), len(asset.Prefix))
	s := search{policy: policy.from(n), asset: asset.from(n)}
	s.seen = make([]bool, (len(s.policy)+1)*(len(s.asset)+1))
	if !s.from(0, 0) {
		return "", false
	}
	slices.Reverse(s.emitted)
	return policy.Prefix[:n] + strings.Join(s.emitted, ""), true
}

func prefixesMeet(a, b string) bool {
	n := min(len(a), len(b))
	return a[:n] == b[:n]
}

// search walks the product of two patterns, depth first; a pair of positions that led
// nowhere is not tried again, so it is quadratic.
type search struct {
	policy, asset []token
	seen          []bool
	// emitted text, last first.
	emitted []string
}

// from looks for a way from position i of the policy and j of the asset to both ends.
func (s *search) from(i, j int) bool {
	at := i*(len(s.asset)+1) + j
	if s.seen[at] {
		return false
	}
	s.seen[at] = true
	if i == len(s.policy) && j == len(s.asset) {
		return true
	}
	var p, a token
	pEnd, aEnd := i == len(s.policy), j == len(s.asset)
	if !pEnd {
		p = s.policy[i]
	}
	if !aEnd {
		a = s.asset[j]
	}
	if !pEnd && p.kind == anyRun && s.run(i, j, a, aEnd) {
		return true
	}
	if !aEnd && a.kind == anyRun && (s.from(i, j+1) || !pEnd && p.kind != anyRun && s.emit(p, i+1, j)) {
		return true
	}
	if pEnd || aEnd || p.kind == anyRun || a.kind == anyRun {
		return false
	}
	return s.both(i, j, p, a)
}

// run lets an asterisk of the policy end, or take what the asset has next.
func (s *search) run(i, j int, a token, aEnd bool) bool {
	if s.from(i+1, j) {
		return true
	}
	return !aEnd && a.kind != anyRun && s.emit(a, i, j+1)
}

func (s *search) both(i, j int, p, a token) bool {
	switch {
	case p.kind == literal && a.kind == literal:
		return p.r == a.r && s.emit(a, i+1, j+1)
	case p.kind == unknown || p.kind == someName:
		return p == a && s.emit(a, i+1, j+1) || a.kind == anyOne && s.emit(p, i+1, j+1)
	case a.kind == someName:
		return false
	case a.kind == unknown && p.kind == literal && (p.r == '/' || p.r == ':'):
		return false // no name that AWS chooses has them
	case a.kind == unknown:
		return s.emit(p, i+1, j) || s.mayEnd(i, a) && s.emit(p, i+1, j+1)
	case p.kind == anyOne:
		return s.emit(a, i+1, j+1)
	default: // the asset's ?
		return s.emit(p, i+1, j+1)
	}
}

// generatedRun is the least number of letters and digits that a name which AWS chose ends with: nine of a
// user pool's id, ten of an API's, twelve of a name that CloudFormation makes (CloudFormation Template
// Reference, "Name type"; Amazon Cognito User Pools API Reference, "UserPoolType"; API Gateway API Reference,
// "RestApi").
const generatedRun = 9

// mayEnd says whether a name that AWS chose may end with the policy's token i. Text that no such name ends
// with is none, whatever its beginning is. Labels of streams are times.
func (s *search) mayEnd(i int, name token) bool {
	if strings.HasSuffix(name.name, ".StreamLabel"+CloseMark) {
		return true
	}
	if i+1 < generatedRun {
		return false
	}
	return !slices.ContainsFunc(s.policy[i+1-generatedRun:i+1], func(t token) bool {
		return t.kind != anyOne && (t.kind != literal || !unicode.IsLetter(t.r) && !unicode.IsDigit(t.r))
	})
}

func (s *search) emit(t token, i, j int) bool {
	if !s.from(i, j) {
		return false
	}
	s.emitted = append(s.emitted, t.text())
	return true
}

// text is a string that the token stands for.
func (t token) text() string {
	switch t.kind {
	case literal:
		return string(t.r)
	case anyOne:
		return "x"
	case anyRun:
		return ""
	default:
		return t.name
	}
}

// CompileAll compiles ARNs without variables.
func CompileAll(arns []string) []Pattern {
	var out []Pattern
	for _, arn := range arns {
		out = append(out, Compile(arn, false))
	}
	return out
}

// Exactly is Compile for an operator to which * and ? are ordinary characters.
func Exactly(value string, variables bool) Pattern {
	if variables && strings.Contains(value, "${") {
		return Pattern{Source: value, tail: []token{{kind: anyRun}}}
	}
	return Pattern{Source: value, Prefix: value}
}

// HasUnknown says whether a name in the pattern is one that AWS chose, which is no other
// resource's.
func (p Pattern) HasUnknown() bool {
	return slices.ContainsFunc(p.tail, func(t token) bool { return t.kind == unknown || t.kind == someName })
}

// Filled is a string of the pattern with a text in the place of each asterisk, and its first
// character in that of each question mark.
func (p Pattern) Filled(text string) string {
	var b strings.Builder
	for _, t := range p.from(0) {
		switch t.kind {
		case anyRun:
			b.WriteString(text)
		case anyOne:
			b.WriteString(text[:1])
		default:
			b.WriteString(t.text())
		}
	}
	return b.String()
}

// Concrete is a string of the pattern with what functions return: one for each question mark, some for
// each asterisk and each name that only AWS knows.
func (p Pattern) Concrete(one, some func() string) string {
	var b strings.Builder
	for _, t := range p.from(0) {
		switch t.kind {
		case literal:
			b.WriteRune(t.r)
		case anyOne:
			b.WriteString(one())
		default:
			b.WriteString(some())
		}
	}
	return b.String()
}

// Readable is a string of a pattern for people.
func Readable(witness string) string { return strings.ReplaceAll(witness, Unnamed, "anything") }
