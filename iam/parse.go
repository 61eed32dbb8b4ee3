package iam

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Parse reads a policy document of a kind. The model is closed: an element, operator or
// condition key that AWS does not know, or a key that none of the statement's actions
// carries, is a problem and not ignored, since a condition that AWS cannot match may leave
// the policy wide open. All problems are returned at once, as Problems.
func Parse(data []byte, kind Kind) (Document, error) {
	value, err := readJSON(data)
	if err != nil {
		return Document{}, Problems{{Message: err.Error()}}
	}
	return Decode(value, kind)
}

// Decode reads a document that is already decoded into maps, slices and strings, such as a
// property of a CloudFormation template, as Parse does.
func Decode(value any, kind Kind) (Document, error) {
	r := &reader{kind: kind}
	d := r.document(value)
	if len(r.problems) > 0 {
		return d, r.problems
	}
	return d, nil
}

// reader collects the problems of a document.
type reader struct {
	kind     Kind
	problems Problems
}

func (r *reader) problem(path, format string, args ...any) {
	r.problems = append(r.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

var documentElements = []string{"Version", "Id", "Statement"}

func (r *reader) document(value any) Document {
	d := Document{Version: Version2008}
	object, ok := value.(map[string]any)
	if !ok {
		r.problem("", "a policy document is an object with Version and Statement; got %s", describe(value))
		return d
	}
	r.unknown("", object, documentElements)
	if v, ok := object["Version"]; ok {
		d.Version = r.text("Version", v)
		if d.Version != Version && d.Version != Version2008 {
			r.problem("Version", "version %q does not exist: write %q", d.Version, Version)
		}
	}
	if v, ok := object["Id"]; ok {
		d.ID = r.text("Id", v)
	}
	switch statements := object["Statement"].(type) {
	case map[string]any:
		d.Statement = []Statement{r.statement("Statement", statements, d.Version)}
	case []any:
		for i, s := range statements {
			path := fmt.Sprintf("Statement[%d]", i)
			if o, ok := s.(map[string]any); ok {
				d.Statement = append(d.Statement, r.statement(path, o, d.Version))
			} else {
				r.problem(path, "a statement is an object; got %s", describe(s))
			}
		}
	case nil:
	default:
		r.problem("Statement", "want a statement or a list of them; got %s", describe(statements))
		return d
	}
	if len(d.Statement) == 0 && len(r.problems) == 0 {
		r.problem("Statement", "a policy document needs at least one statement")
	}
	r.uniqueSids(d)
	return d
}

func (r *reader) uniqueSids(d Document) {
	seen := map[string]bool{}
	for i, s := range d.Statement {
		if s.Sid != "" && seen[s.Sid] {
			r.problem(fmt.Sprintf("Statement[%d].Sid", i), "Sid %q is that of an earlier statement: give each its own", s.Sid)
		}
		seen[s.Sid] = true
	}
}

var statementElements = []string{
	"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}

func (r *reader) statement(path string, object map[string]any, version string) Statement {
	r.unknown(path, object, statementElements)
	s := Statement{}
	if v, ok := object["Sid"]; ok {
		s.Sid = r.text(path+".Sid", v)
	}
	s.Effect = r.effect(path+".Effect", object["Effect"])
	s.Principal = r.principals(path+".Principal", object, "Principal")
	s.NotPrincipal = r.principals(path+".NotPrincipal", object, "NotPrincipal")
	s.Action = r.list(path, object, "Action")
	s.NotAction = r.list(path, object, "NotAction")
	s.Resource = r.list(path, object, "Resource")
	s.NotResource = r.list(path, object, "NotResource")
	s.Condition = r.condition(path+".Condition", object["Condition"])
	r.elements(path, object)
	r.checkStatement(path, s, version)
	return s
}

func (r *reader) effect(path string, value any) Effect {
	effect, _ := value.(string)
	if effect != string(Allow) && effect != string(Deny) {
		r.problem(path, "want \"Allow\" or \"Deny\"; got %s", describe(value))
	}
	return Effect(effect)
}

// elements checks which elements a statement of this kind has to have, and may not have.
func (r *reader) elements(path string, object map[string]any) {
	has := func(name string) bool { _, ok := object[name]; return ok }
	oneOf := func(name, not string, wanted, allowed bool) {
		switch {
		case has(name) && has(not):
			r.problem(path, "has both %s and %s: keep one", name, not)
		case wanted && !has(name) && !has(not):
			r.problem(path, "has no %s", name)
		case !allowed && has(name):
			r.problem(path+"."+name, "a policy of kind %s has no %s", r.kind, name)
		case !allowed && has(not):
			r.problem(path+"."+not, "a policy of kind %s has no %s", r.kind, not)
		}
	}
	oneOf("Action", "NotAction", true, true)
	oneOf("Resource", "NotResource", r.kind != Trust, r.kind != Trust)
	oneOf("Principal", "NotPrincipal", r.kind.namesPrincipals(), r.kind.namesPrincipals())
	if r.kind == Trust && has("NotPrincipal") {
		r.problem(path+".NotPrincipal", "a trust policy has no NotPrincipal: write Principal with a condition on aws:PrincipalArn")
	}
}

// unknown reports names that an object may not have, with the one that was meant.
func (r *reader) unknown(path string, object map[string]any, known []string) {
	for _, name := range sortedKeys(object) {
		if slices.Contains(known, name) {
			continue
		}
		hint := "one of " + strings.Join(known, ", ")
		for _, k := range known {
			if strings.EqualFold(strings.TrimSpace(name), k) || strings.EqualFold(strings.TrimSuffix(name, "s"), k) {
				hint = k
			}
		}
		r.problem(path, "unknown element %q: did you mean %s?", name, hint)
	}
}

func (r *reader) text(path string, value any) string {
	s, ok := value.(string)
	if !ok {
		r.problem(path, "want a string; got %s", describe(value))
	}
	r.controlCharacters(path, s)
	return s
}

func (r *reader) controlCharacters(path, s string) {
	if strings.ContainsFunc(s, func(c rune) bool { return c < ' ' }) {
		r.problem(path, "%q holds a control character", s)
	}
}

// list is one element that is a string or a list of strings.
func (r *reader) list(path string, object map[string]any, name string) []string {
	value, ok := object[name]
	if !ok {
		return nil
	}
	return r.strings(path+"."+name, value)
}

func (r *reader) strings(path string, value any) []string {
	items, ok := value.([]any)
	if !ok {
		items = []any{value}
	}
	if len(items) == 0 {
		r.problem(path, "an empty list matches nothing: name at least one value")
	}
	out := make([]string, 0, len(items))
	for i, item := range items {
		s, ok := item.(string)
		if !ok {
			r.problem(fmt.Sprintf("%s[%d]", path, i), "want a string; got %s", describe(item))
			continue
		}
		if s == "" {
			r.problem(fmt.Sprintf("%s[%d]", path, i), "is empty")
		}
		r.controlCharacters(path, s)
		out = append(out, s)
	}
	return out
}

func describe(value any) string {
	if value == nil {
		return "nothing"
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%v", value)
	}
	const most = 80
	if runes := []rune(string(encoded)); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return string(encoded)
}
