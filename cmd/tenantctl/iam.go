package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/tenantstack/tenantstack/iam"
)

func newIAM() *cobra.Command {
	c := &cobra.Command{
		Use:   "iam",
		Short: "Decide requests as IAM does",
		Args:  cobra.NoArgs,
	}
	c.AddCommand(newSimulate())
	return c
}

func newSimulate() *cobra.Command {
	var s simulation
	c := &cobra.Command{
		Use:   "simulate [FILE]",
		Short: "Decide a request, or a batch of them, under given policies",
		Long: `simulate reads JSON from FILE or standard input, one object a request, on one line or
several, and writes one decision a line, in order: Allowed, ImplicitlyDenied or
ExplicitlyDenied, with what each statement said. policies has identity, resource, boundary,
session (each a document or a list of them) and scp (a list, or a list of lists: one for
each level of the organization). A request that cannot be read gets an error in its place;
the others are decided, and the exit status is 1. An action that AWS does not have, in the
request or in a policy, is a warning beside the decision and on standard error, with the
nearest one; with --strict it is an error. Of services that tenantctl knows by their names
alone every action may exist.`,
		Example: `  echo '{"policies": {"identity": [{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::photos/*"}]}]},
   "request": {"principal": "arn:aws:iam::111111111111:role/reader",
    "action": "s3:GetObject", "resource": "arn:aws:s3:::photos/1"}}' | tenantctl iam simulate --explain`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			in := c.InOrStdin()
			if len(args) == 1 {
				f, err := os.Open(args[0])
				if err != nil {
					return fmt.Errorf("simulate: %w", err)
				}
				defer f.Close()
				in = f
			}
			s.warnings = c.ErrOrStderr()
			return s.run(in, c.OutOrStdout())
		},
	}
	c.Flags().BoolVar(&s.explain, "explain", false, "write the decisions as text for people")
	c.Flags().BoolVar(&s.strict, "strict", false, "take an action that AWS does not have for an error")
	return c
}

// simulationError takes the place of a decision.
type simulationError struct {
	Error    string        `json:"error"`
	Request  int           `json:"request"`
	Problems []iam.Problem `json:"problems,omitempty"`
}

// simulation decides requests.
type simulation struct {
	// explain writes text for people.
	explain bool
	// strict makes warnings errors.
	strict bool
	// warnings gets every warning once. Optional.
	warnings io.Writer
}

// simulate decides every request of in, without anything optional.
func simulate(in io.Reader, out io.Writer, explain bool) error {
	return simulation{explain: explain}.run(in, out)
}

// run decides every request of in.
func (s simulation) run(in io.Reader, out io.Writer) error {
	w := bufio.NewWriterSize(out, 1<<16)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	reader := bufio.NewReaderSize(in, 1<<16)
	parser := policyParser{strict: s.strict, known: map[iam.Kind]map[string]parsedPolicy{}, actions: map[string]string{}}
	told := map[string]bool{}
	var raw []byte
	failed := false
	for n := 1; ; n++ {
		var err error
		if raw, err = nextObject(reader, raw); errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, errBroken) {
			failed = true
			if err := encoder.Encode(simulationError{Error: fmt.Sprintf("read request %d: %v", n, err), Request: n}); err != nil {
				return fmt.Errorf("simulate: write decision %d: %w", n, err)
			}
			continue
		}
		if err != nil {
			// What follows broken JSON has no beginning.
			return errors.Join(encoder.Encode(simulationError{Error: fmt.Sprintf("read request %d: not JSON: %v", n, err), Request: n}), w.Flush(), errReported)
		}
		d, problem := parser.decide(raw, n)
		switch {
		case problem != nil:
			failed = true
			err = encoder.Encode(problem)
		case s.explain:
			err = explainDecision(w, n, d)
		default:
			err = encoder.Encode(d)
		}
		s.warn(n, d.Warnings, told)
		if err != nil {
			return fmt.Errorf("simulate: write decision %d: %w", n, err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("simulate: write decisions: %w", err)
	}
	if failed {
		return errReported
	}
	return nil
}

// warn tells people of warnings, of each once in a batch.
func (s simulation) warn(n int, warnings []iam.Problem, told map[string]bool) {
	for _, warning := range warnings {
		if s.warnings != nil && !told[warning.Message] && len(told) < maxKnown {
			told[warning.Message] = true
			fmt.Fprintf(s.warnings, "tenantctl: warning: request %d: %s\n", n, warning)
		}
	}
}

// decided is a request with its decision.
type decided struct {
	iam.Decision
	// Warnings are about actions that AWS does not have.
	Warnings []iam.Problem `json:"warnings,omitempty"`
	request  iam.Request
}

// policyParser remembers documents by their text: a batch usually repeats them.
type policyParser struct {
	strict bool
	known  map[iam.Kind]map[string]parsedPolicy
	// actions of requests, with what is wrong with them.
	actions            map[string]string
	problems, warnings []iam.Problem
}

// parsedPolicy is a document, and what its actions are to be warned of.
type parsedPolicy struct {
	iam.Document
	unknown []iam.Problem
}

// maxKnown bounds what is remembered of each kind.
const maxKnown = 1000

func (p *policyParser) decide(raw []byte, n int) (decided, *simulationError) {
	policies, r, err := envelope(raw)
	if err != nil {
		return decided{}, &simulationError{Error: fmt.Sprintf("read request %d: %v", n, err), Request: n}
	}
	p.problems, p.warnings = nil, nil
	resourceKind := iam.Resource
	if strings.HasPrefix(strings.ToLower(r.Action), "sts:assumerole") {
		resourceKind = iam.Trust
	}
	all := iam.Policies{
		Identity: p.list("policies.identity", policies["identity"], iam.Identity),
		Resource: p.list("policies.resource", policies["resource"], resourceKind),
		Boundary: p.list("policies.boundary", policies["boundary"], iam.Boundary),
		Session:  p.list("policies.session", policies["session"], iam.Session),
		SCP:      p.levels(policies["scp"]),
	}
	for _, missing := range []struct{ name, value string }{
		{"request.principal", r.Principal}, {"request.action", r.Action}, {"request.resource", r.Resource},
	} {
		if missing.value == "" {
			p.problems = append(p.problems, iam.Problem{Path: missing.name, Message: "is missing"})
		}
	}
	if strings.ContainsAny(r.Action, "*?") || !strings.Contains(r.Action, ":") {
		p.problems = append(p.problems, iam.Problem{Path: "request.action", Message: fmt.Sprintf("%q: a request has one action, <service>:<name>", r.Action)})
	} else if message := p.unknownAction(r.Action); message != "" {
		p.warnings = append(p.warnings, iam.Problem{Path: "request.action", Message: message})
	}
	if p.strict {
		p.problems, p.warnings = append(p.problems, p.warnings...), nil
	}
	if len(p.problems) > 0 {
		return decided{}, &simulationError{Error: fmt.Sprintf("read request %d: %d problems", n, len(p.problems)), Request: n, Problems: p.problems}
	}
	return decided{iam.Evaluate(all, r), p.warnings, r}, nil
}

// unknownAction is what is wrong with the action of a request.
func (p *policyParser) unknownAction(action string) string {
	message, known := p.actions[action]
	if !known {
		if len(p.actions) >= maxKnown {
			clear(p.actions)
		}
		message = iam.UnknownAction(action)
		p.actions[action] = message
	}
	return message
}

var policyKinds = []string{"identity", "resource", "boundary", "session", "scp"}

// envelope takes one object of a batch apart.
func envelope(raw []byte) (policies map[string][]byte, r iam.Request, err error) {
	all, err := members(raw)
	if err != nil {
		return nil, r, err
	}
	policies = make(map[string][]byte, len(policyKinds))
	for _, m := range all {
		switch m.name {
		case "request":
			strict := json.NewDecoder(bytes.NewReader(m.value))
			strict.DisallowUnknownFields()
			if err := strict.Decode(&r); err != nil {
				return nil, r, fmt.Errorf("request: %w", err)
			}
		case "policies":
			kinds, err := members(m.value)
			if err != nil {
				return nil, r, fmt.Errorf("policies: %w", err)
			}
			for _, kind := range kinds {
				if !slices.Contains(policyKinds, kind.name) {
					return nil, r, fmt.Errorf("policies: unknown field %q: want %s", kind.name, strings.Join(policyKinds, ", "))
				}
				policies[kind.name] = kind.value
			}
		default:
			return nil, r, fmt.Errorf("unknown field %q: want policies and request", m.name)
		}
	}
	return policies, r, nil
}

// list reads one document or several; nil if there is none.
func (p *policyParser) list(path string, raw []byte, kind iam.Kind) []iam.Document {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	if raw[0] != '[' {
		return []iam.Document{p.document(path, raw, kind)}
	}
	return p.documents(path, p.items(path, raw), kind)
}

func (p *policyParser) documents(path string, items [][]byte, kind iam.Kind) []iam.Document {
	documents := []iam.Document{}
	for i, item := range items {
		documents = append(documents, p.document(fmt.Sprintf("%s[%d]", path, i), item, kind))
	}
	return documents
}

func (p *policyParser) items(path string, raw []byte) [][]byte {
	items, err := elements(raw)
	if err != nil {
		p.problems = append(p.problems, iam.Problem{Path: path, Message: err.Error()})
	}
	return items
}

// levels reads service control policies: a list is one level, a list of lists several.
func (p *policyParser) levels(raw []byte) [][]iam.Document {
	const path = "policies.scp"
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	if raw[0] != '[' {
		return [][]iam.Document{{p.document(path, raw, iam.SCP)}}
	}
	items := p.items(path, raw)
	switch {
	case len(items) == 0:
		return nil
	case items[0][0] != '[':
		return [][]iam.Document{p.documents(path, items, iam.SCP)}
	}
	var levels [][]iam.Document
	for i, item := range items {
		levels = append(levels, p.list(fmt.Sprintf("%s[%d]", path, i), item, iam.SCP))
	}
	return levels
}

func (p *policyParser) document(path string, raw []byte, kind iam.Kind) iam.Document {
	d, ok := p.known[kind][string(raw)]
	if !ok {
		var err error
		if d, err = parsePolicy(raw, kind); err != nil {
			var problems iam.Problems
			if errors.As(err, &problems) {
				p.problems = append(p.problems, below(path, problems)...)
			}
			return d.Document
		}
		if p.known[kind] == nil || len(p.known[kind]) >= maxKnown {
			p.known[kind] = map[string]parsedPolicy{}
		}
		p.known[kind][string(raw)] = d
	}
	p.warnings = append(p.warnings, below(path, d.unknown)...)
	return d.Document
}

// parsePolicy reads a document. Errors: iam.Problems.
func parsePolicy(raw []byte, kind iam.Kind) (parsedPolicy, error) {
	text := raw
	if len(raw) > 0 && raw[0] == '"' {
		// A document as text, as the APIs of services return it.
		var s string
		if err := json.Unmarshal(raw, &s); err == nil {
			text = []byte(s)
		}
	}
	d, err := iam.Parse(text, kind)
	if err != nil {
		return parsedPolicy{Document: d}, err
	}
	return parsedPolicy{d, d.UnknownActions()}, nil
}

// below are problems of a document as those of the request that has it.
func below(path string, problems []iam.Problem) []iam.Problem {
	out := make([]iam.Problem, len(problems))
	for i, problem := range problems {
		out[i] = iam.Problem{Path: strings.TrimSuffix(path+"."+problem.Path, "."), Message: problem.Message}
	}
	return out
}

// explainDecision writes a decision for people.
func explainDecision(w io.Writer, n int, d decided) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d. %s: %s on %s by %s\n", n, d.Result, d.request.Action, d.request.Resource, d.request.Principal)
	for _, warning := range d.Warnings {
		fmt.Fprintf(&b, "   warning: %s\n", warning)
	}
	for _, kind := range d.Missing {
		fmt.Fprintf(&b, "   no %s policy allows it\n", kind)
	}
	for _, r := range d.Reasons {
		sid := ""
		if r.Sid != "" {
			sid = " (" + r.Sid + ")"
		}
		fmt.Fprintf(&b, "   %s policy %d, statement %d%s: ", r.Policy, r.Index, r.Statement, sid)
		if r.Matched {
			fmt.Fprintf(&b, "%s\n", r.Effect)
			continue
		}
		fmt.Fprintf(&b, "no %s, because\n", r.Effect)
		for _, f := range r.Failures {
			fmt.Fprintf(&b, "      %s\n", f)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
