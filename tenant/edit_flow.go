package tenant

import "strings"

// listInBrackets finds the list, which is in brackets.
func (e *editor) listInBrackets() *bracket {
	if !e.root.IsFlowStyle {
		return scanBracket(e.data, e.offset(e.list.Start), 0)
	}
	root := scanBracket(e.data, e.offset(e.root.Start), 0)
	if root == nil {
		return nil
	}
	for _, field := range root.items {
		if name, _, _ := keyOf(e.data, field); name == e.field && field.value != nil && e.data[field.value.open] == '[' {
			return field.value
		}
	}
	return nil
}

// style of the list: that of its last tenant, or of the file's fields.
func (e *editor) style() flowStyle {
	if n := len(e.flow.items); n > 0 && e.flow.items[n-1].value != nil {
		return e.styleOf(e.flow.items[n-1].value)
	}
	s := usual(e.eol)
	if e.root.IsFlowStyle {
		if root := scanBracket(e.data, e.offset(e.root.Start), 0); root != nil {
			s = e.styleOf(root)
		}
	} else if key := e.offset(e.colon.Prev); key < len(e.data) {
		s.quoted = e.data[key] == '"'
	}
	return s
}

// blankBetween reports whether there is nothing but white space.
func (e *editor) blankBetween(from, to int) bool {
	return strings.TrimSpace(string(e.data[from:to])) == ""
}

func (e *editor) removeFromFlow(i int) {
	it, items := e.flow.items[i], e.flow.items
	from, end := it.from, it.to
	if it.comma >= 0 {
		end = it.comma + 1
	}
	if len(items) == 1 && e.blankBetween(e.flow.open+1, from) && e.blankBetween(end, e.flow.close) {
		e.replace(e.flow.open+1, e.flow.close, "")
		return
	}
	if it.comma < 0 && i > 0 {
		comma := items[i-1].comma
		if e.blankBetween(comma+1, from) && !(e.aloneBefore(from) && e.aloneAfter(end)) {
			from = comma
		} else {
			e.replace(comma, comma+1, "")
		}
	}
	if e.aloneBefore(from) && e.aloneAfter(end) {
		e.replace(e.starts[e.lineOf(from)-1], e.starts[e.lineOf(end-1)], "")
		return
	}
	if it.comma >= 0 {
		for end < len(e.data) && e.data[end] == ' ' {
			end++
		}
	}
	e.replace(from, end, "")
}

func (e *editor) addToFlow(t Tenant) {
	style := e.style()
	if len(e.flow.items) == 0 {
		e.addFirstToFlow(style, t)
		return
	}
	last := e.flow.items[len(e.flow.items)-1]
	text := style.tenant(t)
	end, trailing := last.to, ""
	if last.comma >= 0 {
		end, trailing = last.comma+1, ","
	}
	sep := " "
	if e.aloneBefore(last.from) {
		indent := string(e.data[e.starts[e.lineOf(last.from)-1]:last.from])
		if e.aloneAfter(end) {
			if trailing == "" {
				e.replace(last.to, last.to, ",")
			}
			e.insertLine(e.lineOf(end-1), indent+text+trailing)
			return
		}
		sep = e.eol + indent
	} else if n := len(e.flow.items); style.quoted && n > 1 && e.flow.items[n-2].comma+1 == last.from {
		sep = ""
	} else if style.quoted && style.comma == "," {
		sep = ""
	}
	if trailing == "" {
		sep = "," + sep
	}
	e.replace(end, end, sep+text+trailing)
}

// addFirstToFlow adds to an empty list. One that YAML's block style would rather have becomes one of that style.
func (e *editor) addFirstToFlow(style flowStyle, t Tenant) {
	open, end := e.flow.open, e.flow.close
	oneLine := e.lineOf(open) == e.lineOf(end)
	if !e.root.IsFlowStyle && !style.quoted && oneLine && e.aloneAfter(end+1) && e.colon.Position.Line == e.lineOf(open) {
		e.replace(e.offset(e.colon)+1, end+1, "")
		e.insertLine(e.lineOf(end), "  - "+style.tenant(t))
		return
	}
	if !style.expanded || !oneLine || !e.aloneBefore(e.keyBefore(open)) {
		style.expanded = false
		e.replace(open+1, open+1, style.tenant(t))
		return
	}
	// The file has every field on a line of its own, and so has the tenant.
	list := style.deeper()
	entry := list.deeper()
	e.replace(open+1, end, e.eol+list.field+entry.tenant(t)+e.eol+style.field)
}

// keyBefore is where the name of the field begins whose value begins at an offset.
func (e *editor) keyBefore(value int) int {
	if root := scanBracket(e.data, e.offset(e.root.Start), 0); root != nil {
		for _, field := range root.items {
			if field.value != nil && field.value.open == value {
				return field.from
			}
		}
	}
	return value
}
