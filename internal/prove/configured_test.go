package prove

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/report"
	"github.com/tenantstack/tenantstack/plan"
)

// TestVariableOfAParameter has a parameter where the text of a variable names a queue of the stack.
func TestVariableOfAParameter(t *testing.T) {
	assembly, ownership := shipped(t)
	planted := selected(assembly, acme)
	template := &planted.Stacks[0].Template
	template.Resources = maps.Clone(template.Resources)
	delete(template.Resources, "IndexerDeadLetters")
	elsewhere := "https://sqs.eu-central-1.amazonaws.com/999999999999/eve"
	template.Parameters = map[string]cfn.Parameter{"IndexerDeadLetters": {Type: "String", Default: &elsewhere}}
	got, err := Prove(planted, ownership)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(got.Findings, func(f report.Finding) bool {
		return f.Rule == report.Configuration && f.Place.LogicalID == "IndexerFn" && strings.HasSuffix(f.Place.Path, ".DEAD_LETTER_QUEUE_URL")
	}) {
		t.Errorf("%+v", got.Findings)
	}
}

// TestMistakesOfThePlan has a plan that gives a function what tenants.yaml does not, and templates that say the same.
func TestMistakesOfThePlan(t *testing.T) {
	assembly, _ := shipped(t)
	for name, value := range map[string]string{
		"TENANT": "tabby-cafe", "BILLING_ACCOUNT": "20417", "SEARCH_INDEX": "20417", "UPLOADS_PREFIX": "uploads/20417/",
		"SITE_URL": "https://tabby-cafe.example.com", "TABLE_KITTENS": "kittens_tenant_purrfect-bank_kittens",
	} {
		t.Run(name, func(t *testing.T) {
			p, err := plan.Load("../../tenants.yaml", "../../api/openapi.yaml", plan.Selection{})
			if err != nil {
				t.Fatal(err)
			}
			for i := range p.Tenants {
				for j := range p.Tenants[i].Functions {
					if f := &p.Tenants[i].Functions[j]; p.Tenants[i].Stack == awesome && f.LogicalID == "KittensGetFn" {
						f.Environment[name] = value
					}
				}
			}
			planted := edit{stack: awesome, resource: "KittensGetFn", change: variable(name, value)}.planted(t, assembly)
			got, err := Prove(planted, owners.FromPlan(p))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(got.Findings, func(f report.Finding) bool {
				return f.Rule == report.Configuration && f.Place.LogicalID == "KittensGetFn" && strings.Contains(f.Message, "the plan gives "+name)
			}) {
				t.Errorf("%+v", got.Findings)
			}
		})
	}
}
