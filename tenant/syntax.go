package tenant

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	// maxDepth of nesting; a tenants.yaml has 4. The parser recurses once a level.
	maxDepth = 32
	// maxFields of a mapping in block style. The parser recurses once a field.
	maxFields = 10_000
	// maxTokens is enough for 10,000 tenants.
	maxTokens = 400_000
)

// document is a YAML document as the parser sees it.
type document struct {
	tokens token.Tokens
	body   ast.Node // nil when the document is empty
}

// syntaxError is the first thing that keeps a text from being YAML.
type syntaxError struct {
	at           span
	message, fix string
	// final errors are not of one entry: it is no use to go on without it.
	final bool
}

// parseText reads the first document of a text. Every exit has a place: the parser's
// panics on odd input become errors too.
func parseText(text string) (doc *document, bad *syntaxError) {
	defer func() {
		if recover() != nil {
			doc, bad = nil, &syntaxError{at: span{1, 1, 1}, message: "invalid YAML: the text cannot be read", fix: fixSyntax}
		}
	}()
	tokens := lexer.Tokenize(text)
	alignTags(tokens)
	if bad := checkTokens(tokens); bad != nil {
		return nil, bad
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) && syntax.Token != nil {
			return nil, explainSyntax(syntax.Message, syntax.Token)
		}
		return nil, &syntaxError{at: span{1, 1, 1}, message: "invalid YAML: " + err.Error(), fix: fixSyntax}
	}
	doc = &document{tokens: tokens}
	for _, d := range file.Docs {
		if _, directive := d.Body.(*ast.DirectiveNode); !directive && d.Body != nil {
			doc.body = d.Body
			break
		}
	}
	return doc, nil
}

// alignTags corrects the columns behind tags, whose '!' the lexer does not count.
func alignTags(tokens token.Tokens) {
	line, shift := 0, 0
	for _, tk := range tokens {
		if tk.Position.Line != line {
			line, shift = tk.Position.Line, 0
		}
		tk.Position.Column += shift
		if tk.Type == token.TagType {
			shift++
		}
	}
}

const (
	fixSyntax = "check quotes, brackets, colons and indentation here"
	notField  = "invalid YAML: this is no field"
)

// explainSyntax words a message of the parser for people.
func explainSyntax(message string, tk *token.Token) *syntaxError {
	bad := &syntaxError{at: spanOf(tk), message: "invalid YAML: " + message, fix: fixSyntax}
	switch {
	case tk.Type == token.AliasType:
		bad.message, bad.fix = "invalid YAML: a * without quotes begins an alias", "quote the value"
	case strings.Contains(message, "mapping value is not allowed"):
		if next := tk.Next; next != nil && next.Type == token.MappingValueType && next.Position.Line > tk.Position.Line {
			bad.at = span{next.Position.Line, next.Position.Column, 1}
			bad.message = "invalid YAML: this line is indented deeper than the field above it, so it continues that field's value"
			bad.fix = "indent it as the field above"
			break
		}
		bad.message, bad.fix = "invalid YAML: a second ': ' on one line", "quote the value, or begin a new line for the second field"
	case strings.Contains(message, "-quoted text") && strings.Contains(message, "end character"):
		bad.message, bad.fix = "invalid YAML: a quote is not closed", "close the quote"
	case strings.Contains(message, "non-map value"), strings.Contains(message, "unexpected key name"):
		bad.message, bad.fix = notField, "write name: value"
	case strings.Contains(message, "reserved character"):
		bad.fix = "quote the value"
	case strings.Contains(message, "'}'"):
		bad.message, bad.fix = "invalid YAML: a '{' is not closed, or a comma is missing before here", "close the '{', or put commas between the fields"
	case strings.Contains(message, "']'"):
		bad.message, bad.fix = "invalid YAML: a '[' is not closed, or a comma is missing before here", "close the '[', or put commas between the entries"
	}
	return bad
}

// spanOf is the place of a token.
func spanOf(tk *token.Token) span {
	text := strings.TrimSpace(tk.Origin)
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		text = strings.TrimRight(text[:i], " ")
	}
	return span{tk.Position.Line, tk.Position.Column, max(utf8.RuneCountInString(text), 1)}
}

// checkTokens keeps from the parser what would overflow its stack.
func checkTokens(tokens token.Tokens) *syntaxError {
	if len(tokens) > maxTokens {
		return &syntaxError{spanOf(tokens[maxTokens]), "the file has too many parts to be a list of tenants", "check that this is the right file", true}
	}
	flow, properties := 0, 0
	var blocks []block
	for _, tk := range tokens {
		column := 0
		switch tk.Type {
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow = max(flow-1, 0)
		case token.SequenceEntryType, token.MappingKeyType:
			column = tk.Position.Column
		case token.MappingValueType:
			if tk.Prev != nil {
				column = tk.Prev.Position.Column
			}
		}
		properties++
		if tk.Type != token.TagType && tk.Type != token.AnchorType && tk.Type != token.AliasType && (tk.Prev == nil || tk.Prev.Type != token.AnchorType) {
			properties = 0
		}
		if column > 0 && flow == 0 {
			blocks = enter(blocks, column, tk.Type != token.SequenceEntryType)
			if blocks[len(blocks)-1].fields > maxFields {
				return &syntaxError{spanOf(tk), fmt.Sprintf("a mapping has more than %d fields", maxFields), "check that this is the right file", true}
			}
		}
		if flow+len(blocks)+properties > maxDepth {
			return &syntaxError{spanOf(tk), fmt.Sprintf("values are nested more than %d deep", maxDepth), "check brackets and indentation", true}
		}
	}
	return nil
}

// block is a list or a mapping in block style.
type block struct{ column, fields int }

// enter leaves the blocks that are indented deeper than a column and enters the one there.
func enter(blocks []block, column int, field bool) []block {
	for len(blocks) > 0 && blocks[len(blocks)-1].column > column {
		blocks = blocks[:len(blocks)-1]
	}
	if len(blocks) == 0 || blocks[len(blocks)-1].column < column {
		blocks = append(blocks, block{column: column})
	}
	if field {
		blocks[len(blocks)-1].fields++
	}
	return blocks
}

// checkFeatures reports the features of YAML that make a file read differently from
// how it looks, or by one reader differently from another.
func (r *report) checkFeatures(tokens token.Tokens) {
	r.misread = map[span]bool{}
	content, flow, directive := false, 0, 0
	for i, tk := range tokens {
		if tk.Position.Line == directive {
			continue
		}
		at := spanOf(tk)
		switch tk.Type {
		case token.CommentType:
			continue
		case token.DocumentHeaderType:
			if content {
				r.add(at, "", "a second YAML document begins here", "keep everything in one document: remove the ---")
				return
			}
			continue
		case token.DocumentEndType:
			if rest := tokens[i+1:]; slices.ContainsFunc(rest, func(t *token.Token) bool { return t.Type != token.CommentType }) {
				r.add(at, "", "more follows after the end of the document", "remove the ... or what follows it")
				return
			}
			continue
		case token.DirectiveType:
			r.add(at, "", "YAML directives are not supported", "remove the line")
			directive = tk.Position.Line
			continue
		case token.AliasType:
			if r.mended[tk.Position.Line] || i > 1 && tokens[i-2].Type == token.MergeKeyType {
				break // reported as what it stands for
			}
			r.add(at, "", "aliases are not supported", "write the value itself here, or put it into a tier; quote text that begins with *")
		case token.TagType:
			r.add(at, "", fmt.Sprintf("tags such as %s are not supported", shorten(tk.Value)), "remove the tag, and quote the value if it is text")
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		case token.MappingValueType:
			r.checkColon(tk, flow > 0)
		case token.StringType:
			r.checkPlain(tk, flow > 0)
		default:
			r.checkToken(tk, at)
		}
		content = true
	}
}

// unsupported are features whose first token is enough to know them by.
var unsupported = map[token.Type][2]string{
	token.AnchorType:     {"anchors are not supported", "write the value where it is needed, or put it into a tier"},
	token.MergeKeyType:   {"merge keys are not supported", "write the fields themselves here, or put them into a tier"},
	token.MappingKeyType: {"keys marked with ? are not supported", "write key: value"},
	token.LiteralType:    {"text on lines of its own is not supported", "write it on one line, in quotes"},
	token.FoldedType:     {"text on lines of its own is not supported", "write it on one line, in quotes"},
}

// checkToken reports what a token by itself, or with the one before it, shows to be wrong.
func (r *report) checkToken(tk *token.Token, at span) {
	if u, ok := unsupported[tk.Type]; ok {
		r.addMisread(at, u[0], u[1])
	}
	switch tk.Type {
	case token.SingleQuoteType:
		r.checkText(tk)
	case token.DoubleQuoteType:
		if r.checkText(tk) {
			r.checkEscapes(at)
		}
	case token.CollectEntryType:
		if prev := tk.Prev; prev != nil && (prev.Type == token.CollectEntryType || prev.Type == token.MappingStartType || prev.Type == token.SequenceStartType) {
			r.add(at, "", "invalid YAML: nothing stands before the comma", "remove the comma")
		}
	}
}

// checkColon reports {a:b}, which is the key "a:b" to YAML and a field a to this parser,
// and a colon that is not on the line of its field's name.
func (r *report) checkColon(tk *token.Token, flow bool) {
	key := tk.Prev
	switch {
	case key == nil:
		return
	case key.Position.Line != tk.Position.Line:
		for ; key != nil && key.Type != token.MappingKeyType && key.Type != token.MappingValueType; key = key.Prev {
		}
		if key == nil || key.Type != token.MappingKeyType {
			r.add(spanOf(tk), "", "invalid YAML: the colon is not on the line of its field's name", "write name: value on one line")
		}
		return
	case !flow || key.Type == token.SingleQuoteType || key.Type == token.DoubleQuoteType:
		return
	}
	line := r.line(tk.Position.Line)
	if next := tk.Position.Column; next < len(line) && !strings.ContainsRune(" ,]}", line[next]) {
		r.add(spanOf(tk), "", "invalid YAML: no space follows the colon", "write a space after the colon")
	}
}

// checkPlain reports {a: b c: d}, whose value this parser reads as "b c: d", and text
// that begins with a character that means something else there.
func (r *report) checkPlain(tk *token.Token, flow bool) {
	for prev := tk.Prev; prev != nil; prev = prev.Prev {
		if prev.Type == token.LiteralType || prev.Type == token.FoldedType {
			return
		}
		if prev.Type != token.CommentType {
			break
		}
	}
	message, fix := "", "quote the value"
	switch {
	case !r.checkText(tk):
		return
	case tk.Value != "" && strings.ContainsRune(indicators, rune(tk.Value[0])):
		message = fmt.Sprintf("invalid YAML: text without quotes begins with %c", tk.Value[0])
	case flow && strings.ContainsAny(tk.Value, "[]{}"):
		message, fix = fmt.Sprintf("invalid YAML: the value %s holds a bracket", quoted(tk.Value)), "quote the value, or remove the bracket"
	case strings.Contains(tk.Value, ": "), strings.HasSuffix(tk.Value, ":"):
		message, fix = fmt.Sprintf("invalid YAML: the value %s holds a colon", quoted(tk.Value)), "put a comma between the fields, or quote the value"
	default:
		return
	}
	r.addMisread(spanOf(tk), message, fix)
}

// addMisread reports text that is not YAML, or not to every reader. The decoder passes over it.
func (r *report) addMisread(at span, message, fix string) {
	r.misread[span{at.line, at.column, 0}] = true
	r.add(at, "", message, fix)
}

// checkText reports text on more than one line, whose spaces and line breaks readers
// of YAML treat differently, and returns whether it is on one.
func (r *report) checkText(tk *token.Token) bool {
	if !strings.Contains(strings.TrimSpace(tk.Origin), "\n") {
		return true
	}
	r.addMisread(spanOf(tk), "the text goes on in another line", "write it on one line, or correct the indentation of the next line")
	return false
}

// checkEscapes reports escapes that the parser does not check, in double-quoted text on one line.
func (r *report) checkEscapes(at span) {
	line := r.line(at.line)
	for i := at.column; i < len(line) && line[i] != '"'; i++ {
		if line[i] != '\\' || i+1 == len(line) {
			continue
		}
		i++
		digits := map[rune]int{'x': 2, 'u': 4, 'U': 8}[line[i]]
		if digits == 0 {
			continue
		}
		end := min(i+1+digits, len(line))
		n, err := strconv.ParseUint(string(line[i+1:end]), 16, 32)
		if err != nil || end-i-1 < digits || n > unicode.MaxRune {
			r.addMisread(at, fmt.Sprintf("invalid YAML: \\%c needs %d hexadecimal digits of a character", line[i], digits), "correct the escape, or write the character itself")
			return
		}
	}
}

// indicators are characters that text without quotes cannot begin with. YAML allows some
// of them when certain others follow; its readers disagree on which.
const indicators = ",[]{}#&*!|>'\"%@`:?"

// checkTabs reports tabs outside of comments, once a line.
func (r *report) checkTabs(tabs []span, text string) {
	if len(tabs) == 0 {
		return
	}
	comments := map[int]int{}
	for _, tk := range tokenize(text) {
		if tk.Type == token.CommentType {
			comments[tk.Position.Line] = tk.Position.Column
		}
	}
	last := 0
	for _, tab := range tabs {
		if from, ok := comments[tab.line]; tab.line == last || ok && tab.column > from {
			continue
		}
		last = tab.line
		r.add(tab, "", "a tab character stands here", "use spaces")
	}
}

// tokenize returns no tokens for a text that the lexer cannot take.
func tokenize(text string) (tokens token.Tokens) {
	defer func() {
		if recover() != nil {
			tokens = nil
		}
	}()
	return lexer.Tokenize(text)
}
