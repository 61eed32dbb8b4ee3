package lint

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// finding is something that a checker dislikes about a template.
type finding struct {
	// Check is the checker's id of the rule: E3002, W2001, CKV_AWS_18.
	Check string
	// Message says what the rule wants.
	Message string
	// Template is the file's name, Line the line in it.
	Template string
	Line     int
	// Type of the resource; empty for what is none, such as a parameter.
	Type string
	// ID is the logical id of the resource; for what is none it names the
	// section too, as Parameters/Name.
	ID string
	// Suppressed says that the template itself switches the check off.
	Suppressed bool
}

// about names what the finding is about, in whatever template.
func (f finding) about() string {
	s := strings.TrimSpace(f.Type + " " + f.ID)
	if f.Suppressed {
		s += " (suppressed in the template's metadata, which does not count)"
	}
	return s
}

func (f finding) place() string { return fmt.Sprintf("%s:%d", f.Template, f.Line) }

// explanation is an entry of findings.yaml: why a finding stays.
type explanation struct {
	// Check is the checker's id of the rule.
	Check string `yaml:"check"`
	// Resources is a pattern that matches the whole type or the whole logical id of
	// the resources; * stands for any characters.
	Resources string `yaml:"resources"`
	// Reason why the finding is right to stay.
	Reason string `yaml:"reason"`
}

// minReason in characters keeps out reasons such as "not needed".
const minReason = 20

// explainable ids are those of cfn-lint's warnings and of checkov's checks.
var explainable = regexp.MustCompile(`^(W[0-9]{4}|CKV2?_[A-Z]+_[0-9]+)$`)

// readExplanations reads findings.yaml strictly and reports all that is wrong with it.
func readExplanations(file string) ([]explanation, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading explanations: %w", err)
	}
	var explanations []explanation
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&explanations); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading explanations of %s: %w", path.Base(file), err)
	}
	var errs []error
	seen := map[[2]string]bool{}
	for i, e := range explanations {
		for _, problem := range e.problems(seen) {
			errs = append(errs, fmt.Errorf("reading explanations of %s: entry %d (%s): %s", path.Base(file), i+1, e.Check, problem))
		}
		seen[[2]string{e.Check, e.Resources}] = true
	}
	return explanations, errors.Join(errs...)
}

func (e explanation) problems(seen map[[2]string]bool) []string {
	var list []string
	if !explainable.MatchString(e.Check) {
		list = append(list, fmt.Sprintf("check %q is neither a warning of cfn-lint (W1234) nor a check of checkov (CKV_AWS_1): errors cannot be explained away", e.Check))
	}
	if _, err := path.Match(e.Resources, ""); err != nil || strings.Trim(e.Resources, "*?") == "" {
		list = append(list, fmt.Sprintf("resources %q is not a pattern of a type or a logical id, such as AWS::Lambda::Function or *Fn", e.Resources))
	}
	if len(strings.TrimSpace(e.Reason)) < minReason {
		list = append(list, fmt.Sprintf("reason %q does not tell why: write a sentence", e.Reason))
	}
	if seen[[2]string{e.Check, e.Resources}] {
		list = append(list, fmt.Sprintf("resources %q are explained before", e.Resources))
	}
	return list
}

// matches reports whether the explanation covers a finding.
func (e explanation) matches(f finding) bool {
	match := func(name string) bool {
		ok, _ := path.Match(e.Resources, name)
		return ok
	}
	return e.Check == f.Check && (match(f.Type) || match(f.ID))
}

// judge returns the findings that nothing explains, and the explanations that explain
// nothing. The first explanation that matches a finding is the one that explains it.
func judge(findings []finding, explanations []explanation) (unexplained []finding, idle []explanation) {
	used := make([]bool, len(explanations))
	for _, f := range findings {
		i := slices.IndexFunc(explanations, func(e explanation) bool { return e.matches(f) })
		if i < 0 {
			unexplained = append(unexplained, f)
			continue
		}
		used[i] = true
	}
	for i, e := range explanations {
		if !used[i] {
			idle = append(idle, e)
		}
	}
	return unexplained, idle
}

// report makes one message for each check, with all that it dislikes. What is the same
// in several templates, as the stacks of tenants are, takes one line.
func report(findings []finding) []string {
	checks := map[string]map[string][]string{} // check → what it is about → places
	messages := map[string]string{}
	for _, f := range findings {
		if checks[f.Check] == nil {
			checks[f.Check] = map[string][]string{}
			messages[f.Check] = f.Message
		}
		checks[f.Check][f.about()] = append(checks[f.Check][f.about()], f.place())
	}
	var list []string
	for _, check := range slices.Sorted(maps.Keys(checks)) {
		todo := "change the template, or explain the finding in test/lint/findings.yaml"
		if !explainable.MatchString(check) {
			todo = "change the template"
		}
		message := fmt.Sprintf("%s: %s (%s)", check, messages[check], todo)
		for _, about := range slices.Sorted(maps.Keys(checks[check])) {
			places := checks[check][about]
			slices.Sort(places)
			message += "\n\t" + places[0] + ": " + about
			if len(places) > 1 {
				message += fmt.Sprintf(", and %d more", len(places)-1)
			}
		}
		list = append(list, message)
	}
	return list
}
