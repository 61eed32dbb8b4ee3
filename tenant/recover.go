package tenant

import (
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// broken is an alias that stands for an entry which is not YAML. The decoder passes
// over aliases, so that one broken entry hides no problem of another.
const broken = "*broken"

// maxBroken is how many broken entries are passed over.
const maxBroken = 100

var (
	sectionHeader = regexp.MustCompile(`^("[^"]*"|'[^']*'|[^\s'"\[{#:][^\s:]*)\s*:\s*(#.*)?$`)
	firstWord     = regexp.MustCompile(`^\s*("[^"]*"|'[^']*'|[A-Za-z0-9_][A-Za-z0-9_.-]*)`)
)

// document parses the text. When the text as a whole is not YAML, it is taken apart
// at the entries of the top level and of the level below; each broken entry is
// reported and passed over. It returns nil when that does not make it YAML.
func (r *report) document(text string) *document {
	doc, bad := parseText(text)
	switch {
	case bad == nil:
		return doc
	case bad.final:
		r.add(bad.at, "", bad.message, bad.fix)
		return nil
	}
	r.mended = map[int]bool{}
	lines, known := slices.Clone(r.lines), len(r.problems)
	for _, c := range chunks(r.lines) {
		if r.mend(lines, c); len(r.problems) > known+maxBroken {
			return nil
		}
	}
	doc, again := parseText(strings.Join(lines, "\n") + "\n")
	if len(r.problems) == known {
		r.add(bad.at, "", bad.message, bad.fix)
		return nil
	}
	if again != nil {
		return nil
	}
	return doc
}

// chunk is a range of lines, from inclusive, to exclusive, that should be one entry.
type chunk struct{ from, to int }

// chunks takes a text in block style apart: an entry of the top level, or each entry
// of its value when that begins on a line of its own.
func chunks(lines []string) []chunk {
	var out []chunk
	for _, section := range split(lines, 0, len(lines), 0, false) {
		body := section.from + 1
		for body < section.to && !isContent(lines[body]) {
			body++
		}
		if body == section.to || !sectionHeader.MatchString(lines[section.from]) {
			out = append(out, section)
			continue
		}
		out = append(out, split(lines, body, section.to, indentOf(lines[body]), isItem(lines[body]))...)
	}
	return out
}

// split cuts lines before each line that is indented by at most indent and begins an entry.
func split(lines []string, from, to, indent int, items bool) []chunk {
	var out []chunk
	for i := from; i < to; i++ {
		line := lines[i]
		begins := isContent(line) && indentOf(line) <= indent && !strings.ContainsRune("]},", rune(strings.TrimSpace(line)[0]))
		if len(out) == 0 && isContent(line) || begins && (items || !isItem(line)) {
			if len(out) > 0 {
				out[len(out)-1].to = i
			}
			out = append(out, chunk{i, to})
		}
	}
	return out
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

func isItem(line string) bool {
	line = strings.TrimSpace(line)
	return line == "-" || strings.HasPrefix(line, "- ")
}

// isContent says that a line is neither blank nor a comment nor a document marker.
func isContent(line string) bool {
	line = strings.TrimRight(line, " ")
	return strings.TrimLeft(line, " ") != "" && !strings.HasPrefix(strings.TrimSpace(line), "#") && line != "---" && line != "..."
}

// mend reports a chunk that is not YAML, and puts an alias in its place.
func (r *report) mend(lines []string, c chunk) {
	doc, bad := parseText(strings.Join(lines[c.from:c.to], "\n") + "\n")
	item := isItem(lines[c.from])
	if bad == nil && isEntry(doc.body, item) {
		return
	}
	line := lines[c.from]
	if bad == nil {
		bad = &syntaxError{at: span{1, indentOf(line) + 1, len(strings.TrimSpace(line))}, message: notField, fix: "write name: value"}
	}
	bad.at.line += c.from
	r.add(bad.at, "", bad.message, bad.fix)
	indent, key := line[:indentOf(line)], firstWord.FindStringSubmatch(line)
	for i := c.from; i < c.to; i++ {
		lines[i] = ""
	}
	r.mended[c.from+1] = true
	switch {
	case item:
		lines[c.from] = indent + "- " + broken
	case key != nil:
		lines[c.from] = indent + key[1] + ": " + broken
	}
}

// isEntry says that a body is one entry of a list, or one field.
func isEntry(body ast.Node, item bool) bool {
	switch n := body.(type) {
	case *ast.SequenceNode:
		return item && len(n.Values) == 1
	case *ast.MappingNode:
		return !item && len(n.Values) == 1
	}
	return false
}
