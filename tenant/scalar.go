package tenant

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// otherTypes are the scalars without quotes that a reader of YAML 1.1
// (yaml.org/type) or 1.2 (core schema, section 10.3.2) takes for something else
// than text. A file must mean the same to both, so both count.
var otherTypes = []struct {
	name    string
	pattern *regexp.Regexp
}{
	{"null", regexp.MustCompile(`^(~|null|Null|NULL)?$`)},
	{"a boolean", regexp.MustCompile(`^(y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$`)},
	{"a number", regexp.MustCompile(`^[-+]?(0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*(:[0-5]?[0-9])*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|\.[0-9][0-9_]*([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))$`)},
	{"a number", regexp.MustCompile(`^\.(nan|NaN|NAN)$`)},
	{"a date", regexp.MustCompile(`^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?$`)},
	{"a merge key", regexp.MustCompile(`^<<$`)},
	{"a default value", regexp.MustCompile(`^=$`)},
}

// otherType names what YAML takes an unquoted scalar for, or is empty for text.
func otherType(text string) string {
	if text != "" && (text[0] >= 'a' && text[0] <= 'z') && len(text) > len("false") {
		return "" // quick: nothing that begins with a letter is longer
	}
	for _, t := range otherTypes {
		if t.pattern.MatchString(text) {
			return t.name
		}
	}
	return ""
}

// scalar is a leaf of the document.
type scalar struct {
	// text is the content of a quoted scalar, or the source of an unquoted one.
	text string
	// plain says that there are no quotes.
	plain bool
	// other is what YAML reads a plain scalar as, or empty for text.
	other string
}

// scalarOf returns the leaf that a node is; ok is false for lists and mappings.
func scalarOf(n ast.Node) (s scalar, ok bool) {
	switch n := n.(type) {
	case *ast.LiteralNode:
		return scalar{text: n.Value.Value}, true
	case *ast.StringNode:
		plain := n.Token.Type == token.StringType
		s = scalar{text: n.Value, plain: plain}
		if plain {
			s.other = otherType(n.Value)
		}
		return s, true
	case *ast.NullNode, *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode, *ast.MergeKeyNode:
		tk := n.GetToken()
		s = scalar{text: tk.Value, plain: true}
		if tk.Type == token.ImplicitNullType {
			s.text = ""
		}
		if s.other = otherType(s.text); s.other == "" {
			s.other = "a number"
		}
		return s, true
	}
	return scalar{}, false
}

// String shows the scalar as the source has it.
func (s scalar) String() string {
	if s.plain && s.other != "" {
		return shorten(s.text)
	}
	return quoted(s.text)
}

// maxShown is how much of a value a message repeats, in characters.
const maxShown = 60

func shorten(text string) string {
	if runes := []rune(text); len(runes) > maxShown {
		return string(runes[:maxShown]) + "…"
	}
	return text
}

// quoted shows text in double quotes, which YAML reads as JSON does.
func quoted(text string) string { return quote(shorten(text)) }

// quote writes text as a double-quoted YAML scalar.
func quote(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// bare is the text that every reader of YAML takes as it stands, in any context.
var bare = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._/:-]*[A-Za-z0-9/])?$`)

// yamlText writes text as a YAML scalar, with quotes only when these are needed.
func yamlText(text string) string {
	if bare.MatchString(text) && otherType(text) == "" {
		return text
	}
	return quote(text)
}
