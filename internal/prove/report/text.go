package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// WriteText writes the result for people.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for i, f := range r.Findings {
		fmt.Fprintf(&b, "%d. %s\n", i+1, f.title())
		f.lines(&b, r.Platform)
		b.WriteByte('\n')
	}
	for _, a := range r.Assumptions {
		fmt.Fprintf(&b, "assumes [%s] %s", a.ID, a.Text)
		if a.Statements > 0 {
			fmt.Fprintf(&b, " (%d statements, such as %s)", a.Statements, a.Example)
		}
		b.WriteByte('\n')
	}
	for _, text := range r.notCheckedTexts() {
		fmt.Fprintf(&b, "not checked: %s\n", text)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	fmt.Fprintf(&b, "%d principals × %d assets × %d actions of %s (%s combinations), %d methods and %d needs checked\n",
		r.Principals, r.Assets, r.Actions, Counted(r.Stacks, "stack"), thousands(r.Decided), r.Methods, r.Needs)
	b.WriteString(r.verdict() + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// verdict is the last line.
func (r *Report) verdict() string {
	took := r.Elapsed.Round(time.Millisecond)
	switch n := len(r.Findings); {
	case n == 1:
		return fmt.Sprintf("NOT PROVED: 1 counterexample, in %s", took)
	case n > 1:
		return fmt.Sprintf("NOT PROVED: %d counterexamples, in %s", n, took)
	}
	verdict, see := "PROVED: no tenant can reach what is another's, in "+took.String(), ""
	if len(r.NotChecked) > 0 {
		verdict = "PROVED: no tenant among the templates can reach what is another's, in " + took.String()
	}
	switch {
	case len(r.Assumptions) > 0 && len(r.NotChecked) > 0:
		see = "; see what the proof assumes and what was not checked above"
	case len(r.Assumptions) > 0:
		see = "; see what the proof assumes above"
	case len(r.NotChecked) > 0:
		see = "; see what was not checked above"
	}
	return verdict + see
}

func (f *Finding) title() string {
	who := "a principal"
	switch {
	case f.Owner != "":
		who = "tenant " + f.Owner
	case f.Principal == "*":
		who = "everyone"
	}
	switch f.Rule {
	case CrossTenant:
		if len(f.Victims) > 0 {
			return fmt.Sprintf("%s can reach tenant %s [%s]", who, strings.Join(f.Victims, ", "), f.Rule)
		}
		return fmt.Sprintf("%s can reach what is not its own [%s]", who, f.Rule)
	default:
		return fmt.Sprintf("[%s] %s", f.Rule, f.Message)
	}
}

func (f *Finding) lines(b *strings.Builder, platform string) {
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(b, "   %-10s %s\n", name, value)
		}
	}
	line("who", f.Principal)
	line("statement", f.Place.String())
	if f.Place.File != "" {
		line("file", f.Place.File)
	}
	if f.Rule == CrossTenant {
		line("could", f.Message)
	}
	if f.Asset != nil {
		owner := "of " + platform + " (shared)"
		if f.Asset.Owner != "" {
			owner = "of tenant " + f.Asset.Owner
		}
		line("asset", fmt.Sprintf("%s %s %s", f.Asset.Kind, f.Asset.Arn, owner))
	}
	if f.Request != nil {
		encoded, err := json.Marshal(f.Request)
		if err == nil {
			line("request", string(encoded))
		}
		if f.Confirmed {
			line("", "the evaluator allows it: Allowed")
		}
	}
	if f.More > 0 {
		more := fmt.Sprintf("%d further assets by the same statement", f.More)
		if f.Rule == NotUnderstood {
			more = Counted(f.More, "further resource") + " of the type in the stack"
		}
		line("more", more)
	}
	if f.Theorem != "" {
		line("against", f.Theorem+" of docs/proof.md")
	}
	line("fix", f.Fix)
}

// thousands groups digits.
func thousands(n uint64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
