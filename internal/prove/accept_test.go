package prove

import (
	"slices"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/report"
	"github.com/tenantstack/tenantstack/plan"
)

// TestAcceptableRules holds the rules that tenants.yaml may name against those of the report. That something is
// accepted and not needed, nobody can accept.
func TestAcceptableRules(t *testing.T) {
	var rules []string
	for _, r := range report.Rules() {
		if r != report.Idle {
			rules = append(rules, string(r))
		}
	}
	if named := plan.ProofRules(); !slices.Equal(rules, named) {
		t.Errorf("tenants.yaml may name %q, and the proof has %q", named, rules)
	}
}

// TestAccept accepts findings of an edit by entries, each of which has to be needed.
func TestAccept(t *testing.T) {
	assembly, ownership := shipped(t)
	database := edit{
		stack:    tabby,
		resource: "Reports",
		add:      "AWS::RDS::DBInstance",
		change:   func(*testing.T, map[string]any) {},
	}
	whole := database.planted(t, assembly)
	reason := "reviewed"
	for _, test := range []struct {
		name    string
		entries []owners.Accepted
		stacks  []string
		// want are the rules of the findings, and assumed says how many entries are assumptions.
		want    []report.Rule
		assumed int
	}{
		{"nothing", nil, nil, []report.Rule{report.NotUnderstood}, 0},
		{"the place", []owners.Accepted{{Stack: tabby, Resource: "Reports"}}, nil, nil, 1},
		{"the place and the rule", []owners.Accepted{{Rule: "not-understood", Stack: tabby, Resource: "Rep*"}}, nil, nil, 1},
		{"the type", []owners.Accepted{{Type: "AWS::RDS::DBInstance"}}, nil, nil, 1},
		{"another rule", []owners.Accepted{{Rule: "data-loss", Stack: tabby, Resource: "Reports"}}, nil, []report.Rule{report.NotUnderstood, report.Idle}, 0},
		{"another stack", []owners.Accepted{{Stack: awesome, Resource: "Reports"}}, nil, []report.Rule{report.NotUnderstood, report.Idle}, 0},
		{"another path", []owners.Accepted{{Stack: tabby, Resource: "Reports", Path: "Properties.Engine"}}, nil, []report.Rule{report.NotUnderstood, report.Idle}, 0},
		{"one too many", []owners.Accepted{{Stack: tabby, Resource: "Reports"}, {Stack: tabby, Resource: "Others"}}, nil, []report.Rule{report.Idle}, 1},
		{"of a stack that is not there", []owners.Accepted{{Stack: tabby, Resource: "Reports"}, {Stack: acme, Resource: "Others"}}, []string{cell, tabby}, nil, 1},
		{"of stacks some of which are not there", []owners.Accepted{{Stack: tabby, Resource: "Reports"}, {Stack: "kittens-*", Resource: "Others"}}, []string{cell, tabby}, nil, 1},
		{"an action that nobody has", []owners.Accepted{{Stack: tabby, Resource: "Reports"}, {Action: "ec2:Describe*"}}, nil, []report.Rule{report.Idle}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := ownership
			o.Accepted = slices.Clone(test.entries)
			for i := range o.Accepted {
				o.Accepted[i].Reason = reason
			}
			planted := whole
			if test.stacks != nil {
				planted = selected(whole, test.stacks...)
			}
			got, err := Prove(planted, o)
			if err != nil {
				t.Fatal(err)
			}
			var rules []report.Rule
			for _, f := range got.Findings {
				rules = append(rules, f.Rule)
			}
			slices.Sort(rules)
			slices.Sort(test.want)
			if !slices.Equal(rules, test.want) {
				t.Errorf("found %q, want %q", rules, test.want)
			}
			assumed := 0
			for _, a := range got.Assumptions {
				if a.ID == "accepted" && strings.Contains(a.Text, reason) && a.Statements > 0 {
					assumed++
				}
			}
			if assumed != test.assumed {
				t.Errorf("%d entries are assumptions, want %d: %+v", assumed, test.assumed, got.Assumptions)
			}
		})
	}
}
