package report

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	htmltemplate "html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/prove/facts"
)

const (
	// htmlTable is how many tenants are drawn as a table; of more it is the affected ones,
	// below a canvas with all of them.
	htmlTable = 40
	// htmlDetails is how many bytes of counterexamples are in the page, which is to open at
	// once on a phone. The matrix counts all of them.
	htmlDetails = 600 << 10
	// htmlPlain is how many counterexamples are listed for readers without scripts.
	htmlPlain = 50

	htmlOutside = "platform / outside"
	htmlAny     = "platform / any tenant"
)

//go:embed report.html.tmpl
var htmlSource string

var htmlTemplate = htmltemplate.Must(
	htmltemplate.New("report.html.tmpl").
		Funcs(htmltemplate.FuncMap{"number": grouped, "place": placed}).
		Parse(htmlSource),
)

// htmlPage is what the template shows.
type htmlPage struct {
	*Report
	// Facts say what was decided.
	Facts []htmlFact
	// Big says that the tenants are too many for a table.
	Big bool
	// Affected tenants occur in findings.
	Affected int
	// Heads and Rows are the table of them, or of all tenants; Table is how many it has at most.
	Table int
	Heads []string
	Rows  []htmlRow
	// Rules of the findings.
	Rules []Rule
	// Plain findings, for readers without scripts.
	Plain []Finding
	// Unchecked says what was not checked.
	Unchecked []string
	// Data is for the script.
	Data htmlData
}

type htmlFact struct{ Name, Value string }

type htmlRow struct {
	Name  string
	Cells []htmlCell
}

// htmlCell has Row and Column as the script numbers them.
type htmlCell struct {
	Row, Column, Count int
	Own                bool
	// Unchecked says that nobody looked: the tenant's stack is not among the templates.
	Unchecked bool
	// To is the name of the column.
	To string
}

// htmlData numbers tenants as Tenants does; one further is the extra row or column.
type htmlData struct {
	Tenants []string `json:"tenants"`
	Outside string   `json:"outside"`
	Any     string   `json:"any"`
	// Runs are rows with cells that have the same count side by side: the row, the first
	// and the last column, and the count. A million cells are few runs.
	Runs [][4]int `json:"runs"`
	// Unchecked are the rows of tenants whose stacks are not among the templates.
	Unchecked []int         `json:"unchecked"`
	Findings  []htmlFinding `json:"findings"`
	// Total counts the findings, with those that are left out.
	Total int `json:"total"`
}

// htmlFinding is a finding with its cells. Its Victims are only those who are no tenants.
type htmlFinding struct {
	Finding
	Number  int      `json:"number"`
	Row     int      `json:"row"`
	Columns [][2]int `json:"columns"`
	Victims []string `json:"victims,omitempty"`
}

// WriteHTML writes the report as one page for people, which needs nothing from elsewhere.
func (r *Report) WriteHTML(w io.Writer) error {
	var page bytes.Buffer
	if err := htmlTemplate.Execute(&page, newHTMLPage(r)); err != nil {
		return fmt.Errorf("write the report as HTML: %w", err)
	}
	if _, err := w.Write(allowOwn(page.Bytes())); err != nil {
		return fmt.Errorf("write the report as HTML: %w", err)
	}
	return nil
}

// allowOwn names the page's style and script by hash in its content security policy, so
// that nothing else runs there, whatever a template has for names. The marks stand before
// the first value of the report.
func allowOwn(page []byte) []byte {
	for _, element := range []string{"style", "script"} {
		_, rest, _ := bytes.Cut(page, []byte("<"+element+">"))
		content, _, _ := bytes.Cut(rest, []byte("</"+element+">"))
		sum := sha256.Sum256(content)
		page = bytes.Replace(page, []byte(element+"-hash"), []byte("sha256-"+base64.StdEncoding.EncodeToString(sum[:])), 1)
	}
	return page
}

func newHTMLPage(r *Report) *htmlPage {
	m := newHTMLMatrix(r)
	page := &htmlPage{
		Report: r, Facts: htmlFacts(r), Big: len(r.Tenants) > htmlTable, Table: htmlTable,
		Plain: r.Findings[:min(len(r.Findings), htmlPlain)], Unchecked: r.notCheckedTexts(),
		Data: htmlData{
			Tenants: slices.Concat([]string{}, r.Tenants), Outside: htmlOutside, Any: htmlAny,
			Runs: m.runs(), Unchecked: m.unchecked(), Findings: m.listed(), Total: len(r.Findings),
		},
	}
	for i := range r.Findings {
		page.Rules = append(page.Rules, r.Findings[i].Rule)
	}
	slices.Sort(page.Rules)
	page.Rules = slices.Compact(page.Rules)
	var shown []int
	shown, page.Affected = m.shown()
	shown = append(shown, len(r.Tenants))
	for _, column := range shown {
		page.Heads = append(page.Heads, m.name(column, htmlAny))
	}
	for _, row := range shown {
		line := htmlRow{Name: m.name(row, htmlOutside)}
		for _, column := range shown {
			line.Cells = append(line.Cells, htmlCell{
				Row: row, Column: column, Count: m.count(row, column),
				Own: row == column && row < len(r.Tenants), To: m.name(column, htmlAny),
				Unchecked: m.isUnchecked(row, column),
			})
		}
		page.Rows = append(page.Rows, line)
	}
	return page
}

func htmlFacts(r *Report) []htmlFact {
	elapsed := r.Elapsed
	if elapsed > time.Millisecond {
		elapsed = elapsed.Round(time.Millisecond)
	}
	return []htmlFact{
		{"Tenants", grouped(len(r.Tenants))}, {"Stacks", grouped(r.Stacks)},
		{"Principals", grouped(r.Principals)}, {"Assets", grouped(r.Assets)},
		{"Actions", grouped(r.Actions)}, {"Statements", grouped(r.Statements)},
		{"Methods", grouped(r.Methods)}, {"Needs", grouped(r.Needs)},
		{"Time", elapsed.String()},
	}
}

// grouped writes a number with commas between thousands.
func grouped(n any) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// placed writes a place in one line.
func placed(p facts.Place) string {
	parts := []string{p.Stack, p.LogicalID, p.Path, p.Sid}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " / ")
}

// htmlMatrix counts findings by whose code acts and whose data it reaches.
type htmlMatrix struct {
	report   *Report
	index    map[string]int
	findings []htmlFinding
	// missing are the tenants, by number, whose stacks are not among the templates.
	missing map[int]bool
	// rows are nil without a finding.
	rows [][]int
}

func newHTMLMatrix(r *Report) *htmlMatrix {
	m := &htmlMatrix{report: r, index: map[string]int{}, rows: make([][]int, len(r.Tenants)+1)}
	for i, id := range r.Tenants {
		m.index[id] = i
	}
	m.missing = map[int]bool{}
	for _, row := range m.unchecked() {
		m.missing[row] = true
	}
	for i := range r.Findings {
		f := htmlFinding{Finding: r.Findings[i], Number: i + 1}
		row, columns := m.cells(&f)
		f.Row = row
		if m.rows[row] == nil {
			m.rows[row] = make([]int, len(m.rows))
		}
		for _, column := range columns {
			m.rows[row][column]++
			if last := len(f.Columns) - 1; last >= 0 && f.Columns[last][1] == column-1 {
				f.Columns[last][1] = column
			} else {
				f.Columns = append(f.Columns, [2]int{column, column})
			}
		}
		m.findings = append(m.findings, f)
	}
	return m
}

// cells are where a finding stands in the matrix, with sorted columns.
func (m *htmlMatrix) cells(f *htmlFinding) (int, []int) {
	extra := len(m.report.Tenants)
	row, known := m.index[f.Owner]
	if !known {
		row = extra
	}
	var columns []int
	for _, id := range f.Finding.Victims {
		column, known := m.index[id]
		if !known {
			column = extra
			f.Victims = append(f.Victims, id)
		}
		columns = append(columns, column)
	}
	switch {
	case f.Principal == "*" || f.Rule == PublicBucket:
		// Everyone acts, and the owner is whose API or bucket it is.
		if len(columns) == 0 {
			columns = append(columns, row)
		}
		row = extra
	case len(columns) == 0 && f.Rule == CannotWork:
		// What does not work concerns nobody else.
		columns = append(columns, row)
	case len(columns) == 0:
		columns = append(columns, extra)
	}
	slices.Sort(columns)
	return row, slices.Compact(columns)
}

// unchecked are the numbers of the tenants whose stacks are not among the templates.
func (m *htmlMatrix) unchecked() []int {
	rows := []int{}
	for _, n := range m.report.NotChecked {
		if row, known := m.index[n.Tenant]; known {
			rows = append(rows, row)
		}
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}

// isUnchecked reports whether the template that decides a cell is not there: that of whose code
// acts, or, for somebody outside, of whose data it is.
func (m *htmlMatrix) isUnchecked(row, column int) bool {
	if row == len(m.report.Tenants) {
		row = column
	}
	return m.missing[row]
}

func (m *htmlMatrix) name(i int, extra string) string {
	if i == len(m.report.Tenants) {
		return extra
	}
	return m.report.Tenants[i]
}

func (m *htmlMatrix) count(row, column int) int {
	if m.rows[row] == nil {
		return 0
	}
	return m.rows[row][column]
}

func (m *htmlMatrix) runs() [][4]int {
	runs := [][4]int{}
	for row, counts := range m.rows {
		for column, n := range counts {
			last := len(runs) - 1
			switch {
			case n == 0:
			case last >= 0 && runs[last][0] == row && runs[last][2] == column-1 && runs[last][3] == n:
				runs[last][2] = column
			default:
				runs = append(runs, [4]int{row, column, column, n})
			}
		}
	}
	return runs
}

// shown are the tenants of the table in order: all of them if they are few, else those with
// most findings. It also counts the tenants that occur in findings.
func (m *htmlMatrix) shown() (shown []int, affected int) {
	weight := make([]int, len(m.rows))
	for row, counts := range m.rows {
		for column, n := range counts {
			weight[row] += n
			weight[column] += n
		}
	}
	for i := range m.report.Tenants {
		if weight[i] > 0 {
			affected++
		}
		if weight[i] > 0 || len(m.report.Tenants) <= htmlTable {
			shown = append(shown, i)
		}
	}
	slices.SortStableFunc(shown, func(a, b int) int { return cmp.Compare(weight[b], weight[a]) })
	shown = shown[:min(len(shown), htmlTable)]
	slices.Sort(shown)
	return shown, affected
}

// listed are the findings that the page has room for. The first one of every row and rule
// comes before further ones, so that little is found in the matrix and not in the list.
func (m *htmlMatrix) listed() []htmlFinding {
	first, further := []htmlFinding{}, []htmlFinding{}
	seen := map[string]bool{}
	for _, f := range m.findings {
		key := strconv.Itoa(f.Row) + string(f.Rule)
		if seen[key] {
			further = append(further, f)
		} else {
			first = append(first, f)
		}
		seen[key] = true
	}
	first = append(first, further...)
	room := htmlDetails
	for i := range first {
		encoded, err := json.Marshal(first[i])
		if room -= len(encoded); err != nil || room < 0 && i > 0 {
			first = first[:i]
			break
		}
	}
	slices.SortFunc(first, func(a, b htmlFinding) int { return cmp.Compare(a.Number, b.Number) })
	return first
}
