package tenant

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// editedName is what Problems of an edit call the file.
const editedName = "tenants.yaml"

// AddTenant returns a tenants.yaml with one tenant more, after the last one and in its
// style. All other bytes stay as they are. A file or a tenant with problems gives Problems.
func AddTenant(data []byte, t Tenant) ([]byte, error) {
	e, err := newEditor(data, "tenants")
	if err != nil {
		return nil, fmt.Errorf("adding tenant %q: %w", t.ID, err)
	}
	want := *e.file
	added := t
	added.setDefaults()
	want.Tenants = append(slices.Clone(want.Tenants), added)
	if e.flow != nil {
		e.addToFlow(t)
	} else {
		e.addToBlock(t)
	}
	out, err := e.apply(&want)
	if err != nil {
		return nil, fmt.Errorf("adding tenant %q: %w", t.ID, err)
	}
	return out, nil
}

// RemoveTenant returns a tenants.yaml without one tenant, and without entries of accept that are about its stack alone.
// Comments within the removed lines go with them; all other bytes, comments above the tenant among them, stay.
func RemoveTenant(data []byte, id string) ([]byte, error) {
	out, err := removeTenant(data, id)
	if err != nil {
		return nil, fmt.Errorf("removing tenant %q: %w", id, err)
	}
	return out, nil
}

func removeTenant(data []byte, id string) ([]byte, error) {
	for {
		e, err := newEditor(data, "tenants")
		if err != nil {
			return nil, err
		}
		i, err := e.file.indexOf(id)
		if err != nil {
			return nil, err
		}
		want := *e.file
		want.Tenants = slices.Delete(slices.Clone(want.Tenants), i, i+1)
		left := want.stacks()
		alone := slices.IndexFunc(want.Accept, func(a Accepted) bool { return !matchesAny(a.Stack, left) })
		if alone < 0 {
			e.remove(i)
			return e.apply(&want)
		}
		// The entries go first, one by one, so that the file is right after each step.
		if data, err = removeAccepted(data, alone); err != nil {
			return nil, fmt.Errorf("removing %s, which is about the tenant's stack alone: %w",
				entryPath("accept", alone), err)
		}
	}
}

// removeAccepted returns a tenants.yaml without one entry of accept.
func removeAccepted(data []byte, i int) ([]byte, error) {
	e, err := newEditor(data, "accept")
	if err != nil {
		return nil, err
	}
	want := *e.file
	want.Accept = slices.Delete(slices.Clone(want.Accept), i, i+1)
	e.remove(i)
	return e.apply(&want)
}

// indexOf finds a tenant by its id.
func (f *File) indexOf(id string) (int, error) {
	ids := make([]string, len(f.Tenants))
	for i, t := range f.Tenants {
		ids[i] = t.ID
	}
	i := slices.Index(ids, id)
	if i >= 0 {
		return i, nil
	}
	if near := nearest(id, ids); near != "" {
		return i, fmt.Errorf("no tenant has this id; did you mean %s?", near)
	}
	return i, errors.New("no tenant has this id")
}

// editor collects changes to the bytes of a valid file, in one of its lists.
type editor struct {
	data    []byte
	file    *File
	root    *ast.MappingNode
	field   string       // whose value the list is
	colon   *token.Token // of the field
	list    *ast.SequenceNode
	flow    *bracket // the list, if it is in brackets
	starts  []int    // of every line, and the end of the data
	lines   []string
	eol     string
	changes []change
}

// change replaces data[from:to].
type change struct {
	from, to int
	text     string
}

// errLayout says that an edit would change more than it should.
var errLayout = errors.New("the file's layout is too unusual for an edit that changes nothing else: edit it by hand")

func newEditor(data []byte, field string) (*editor, error) {
	file, doc, err := parse(editedName, data)
	if err != nil {
		return nil, err
	}
	e := &editor{data: data, file: file, root: doc.body.(*ast.MappingNode), field: field, starts: []int{0}, eol: "\n"}
	for _, v := range e.root.Values {
		if s, ok := scalarOf(v.Key); ok && s.text == field {
			e.colon, e.list = v.Start, v.Value.(*ast.SequenceNode)
		}
	}
	for i, c := range data {
		if c == '\n' || c == '\r' && (i+1 == len(data) || data[i+1] != '\n') {
			e.starts = append(e.starts, i+1)
		}
	}
	if e.starts[len(e.starts)-1] != len(data) {
		e.starts = append(e.starts, len(data))
	}
	for i := range len(e.starts) - 1 {
		e.lines = append(e.lines, strings.TrimRight(string(data[e.starts[i]:e.starts[i+1]]), "\r\n"))
	}
	if first := data[:e.starts[1]]; strings.HasSuffix(string(first), "\r\n") {
		e.eol = "\r\n"
	}
	if e.list.IsFlowStyle {
		if e.flow = e.listInBrackets(); e.flow == nil || len(e.flow.items) != len(e.list.Values) {
			return nil, errLayout
		}
	}
	return e, nil
}

// offset is where a token begins.
func (e *editor) offset(tk *token.Token) int {
	at := e.starts[tk.Position.Line-1]
	for range tk.Position.Column - 1 {
		_, n := utf8.DecodeRune(e.data[at:])
		at += n
	}
	return at
}

func (e *editor) replace(from, to int, text string) {
	e.changes = append(e.changes, change{from, to, text})
}

// apply makes the changes, and makes sure that they did what was wanted and nothing else.
func (e *editor) apply(want *File) ([]byte, error) {
	slices.SortStableFunc(e.changes, func(a, b change) int { return a.from - b.from })
	var out []byte
	done := 0
	for _, c := range e.changes {
		out = append(append(out, e.data[done:c.from]...), c.text...)
		done = c.to
	}
	out = append(out, e.data[done:]...)
	got, err := Parse(editedName, out)
	if err != nil {
		return nil, err
	}
	if !reflect.DeepEqual(got, want) || isJSON(e.data) && !isJSON(out) {
		return nil, errLayout
	}
	return out, nil
}

// blockLines returns the first and the last line of an entry of a block list, from 1.
func (e *editor) blockLines(i int) (first, last int) {
	first, last = e.list.Entries[i].Start.Position.Line, len(e.lines)
	if i+1 < len(e.list.Entries) {
		last = e.list.Entries[i+1].Start.Position.Line - 1
	} else {
		for _, v := range e.root.Values {
			if line := v.Key.GetToken().Position.Line; line > first {
				last = min(last, line-1)
			}
		}
	}
	for last > first && !isContent(strings.ReplaceAll(e.lines[last-1], "\t", " ")) {
		last--
	}
	return first, last
}

// remove takes an entry out of the list.
func (e *editor) remove(i int) {
	if e.flow != nil {
		e.removeFromFlow(i)
		return
	}
	e.removeFromBlock(i)
}

func (e *editor) removeFromBlock(i int) {
	first, last := e.blockLines(i)
	e.replace(e.starts[first-1], e.starts[last], "")
	if len(e.list.Values) == 1 {
		at := e.offset(e.colon) + 1
		e.replace(at, at, " []")
	}
}

func (e *editor) addToBlock(t Tenant) {
	i := len(e.list.Values) - 1
	_, last := e.blockLines(i)
	dash := e.list.Entries[i].Start.Position
	indent := strings.Repeat(" ", dash.Column-1)
	m := e.list.Values[i].(*ast.MappingNode)
	if m.IsFlowStyle {
		style := usual(e.eol)
		if at := e.offset(m.Start); len(m.Values) > 0 {
			if b := scanBracket(e.data, at, 0); b != nil {
				style = e.styleOf(b)
			}
		}
		if style.expanded && e.lineOf(e.offset(m.Start)) != dash.Line {
			style = usual(e.eol)
		}
		e.insertLine(last, indent+"- "+style.tenant(t))
		return
	}
	gap := 1
	if key := m.Values[0].Key.GetToken().Position; key.Line == dash.Line {
		gap = key.Column - dash.Column - 1
	}
	lead := "-" + strings.Repeat(" ", gap)
	var lines []string
	for _, f := range usual(e.eol).tenantFields(t) {
		lines = append(lines, indent+lead+f.name+": "+f.value)
		lead = strings.Repeat(" ", 1+gap)
	}
	e.insertLine(last, strings.Join(lines, e.eol))
}

// insertLine puts text on lines of its own after a line.
func (e *editor) insertLine(after int, text string) {
	at := e.starts[after]
	if at == len(e.data) && !strings.ContainsAny(string(e.data[at-1:]), "\r\n") {
		e.replace(at, at, e.eol+text)
		return
	}
	e.replace(at, at, text+e.eol)
}

// lineOf is the number of the line, from 1, that an offset is in.
func (e *editor) lineOf(at int) int {
	line, found := slices.BinarySearch(e.starts, at)
	if found {
		line++
	}
	return min(line, len(e.lines))
}

// aloneBefore and aloneAfter say that nothing else is on the line, comments behind apart.
func (e *editor) aloneBefore(at int) bool {
	return strings.TrimSpace(string(e.data[e.starts[e.lineOf(at)-1]:at])) == ""
}

func (e *editor) aloneAfter(at int) bool {
	rest := strings.TrimSpace(string(e.data[at:e.starts[e.lineOf(at)]]))
	return rest == "" || rest[0] == '#'
}
