package tenant

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Problem is one thing wrong with a tenants.yaml.
type Problem struct {
	// File is the name that was given to Load or Parse.
	File string `json:"file"`
	// Line counts from 1.
	Line int `json:"line"`
	// Column counts characters from 1.
	Column int `json:"column"`
	// Path of the value, such as tenants[3].billingAccount; empty for the file as a whole.
	Path string `json:"path,omitempty"`
	// Message says what is wrong and names the value.
	Message string `json:"message"`
	// Fix says what to write instead.
	Fix string `json:"fix"`
	// Excerpt is the source line and, on a second line, a caret under the place.
	Excerpt string `json:"excerpt"`
	// Placeholder tells the problems of Placeholders from those of Load.
	Placeholder bool `json:"placeholder,omitempty"`
}

// Error renders the problem as a compiler does: place, message, excerpt and fix.
func (p Problem) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: %s\n", p.File, p.Line, p.Column, p.Message)
	number := fmt.Sprint(p.Line)
	for i, line := range strings.Split(p.Excerpt, "\n") {
		if i > 0 {
			number = strings.Repeat(" ", len(number))
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("  %s | %s", number, line), " ") + "\n")
	}
	fmt.Fprintf(&b, "  fix: %s", p.Fix)
	return b.String()
}

// Problems is the error of a file that was read but is wrong: every problem there is,
// in the order of the file.
type Problems []Problem

// Sort puts the problems into the order of the file.
func (ps Problems) Sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
}

// Error renders all problems, one after the other.
func (ps Problems) Error() string {
	texts := make([]string, len(ps))
	for i, p := range ps {
		texts[i] = p.Error()
	}
	return strings.Join(texts, "\n")
}

// span is a place in a source line: both numbers count from 1, width counts characters.
type span struct{ line, column, width int }

// report collects the problems of one source.
type report struct {
	file     string
	lines    []string
	problems Problems
	// mended are the numbers of lines that stand for entries which are not YAML.
	mended map[int]bool
	// misread are the places, of no width, of text that is reported as not being YAML.
	misread map[span]bool
	// taken is the line that was last taken apart into characters.
	taken       []rune
	takenNumber int
}

// line takes a line apart into characters. A line that does not exist is empty.
func (r *report) line(number int) []rune {
	if number != r.takenNumber {
		r.taken, r.takenNumber = nil, number
		if number >= 1 && number <= len(r.lines) {
			r.taken = []rune(r.lines[number-1])
		}
	}
	return r.taken
}

// maxProblems is how many problems of a file are collected.
const maxProblems = 10_000

// full says that no more problems are collected.
func (r *report) full() bool { return len(r.problems) >= maxProblems }

// add records a problem. A place outside the text is moved to the nearest one inside.
func (r *report) add(at span, path, message, fix string) {
	switch {
	case r.full():
		return
	case len(r.problems) == maxProblems-1:
		path, message, fix = "", fmt.Sprintf("there are more than %d problems", maxProblems-1), "solve some of these first"
	}
	at.line = min(max(at.line, 1), max(len(r.lines), 1))
	line := r.line(at.line)
	at.column = min(max(at.column, 1), len(line)+1)
	r.problems = append(r.problems, Problem{
		File: r.file, Line: at.line, Column: at.column, Path: path,
		Message: message, Fix: fix, Excerpt: excerpt(line, at),
	})
}

// err returns the problems sorted by place, or nil when there are none.
func (r *report) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	r.problems.Sort()
	return r.problems
}

// excerptWidth is how much of a source line an excerpt shows, in characters.
const excerptWidth = 120

// excerpt shows a line with a caret. Of a long line only the part around the place is shown.
func excerpt(text []rune, at span) string {
	column := at.column - 1
	lead, tail := "", ""
	if len(text) > excerptWidth {
		from := min(max(column-excerptWidth/3, 0), len(text)-excerptWidth)
		if from > 0 {
			lead = "… "
		}
		if from+excerptWidth < len(text) {
			tail = " …"
		}
		text, column = text[from:from+excerptWidth], column-from
	}
	width := min(max(at.width, 1), max(len(text)-column, 1))
	caret := strings.Repeat(" ", utf8.RuneCountInString(lead)+column) + "^" + strings.Repeat("~", width-1)
	return lead + string(text) + tail + "\n" + caret
}
