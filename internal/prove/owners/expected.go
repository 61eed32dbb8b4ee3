package owners

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/plan"
)

// Expected is how tenants.yaml has functions and APIs configured. With a file of owners there is none.
type Expected struct {
	// Functions by stack and logical id, as facts.Place.Resource has them.
	Functions map[string]*ExpectedFunction
	// APIs by stack.
	APIs map[string]*ExpectedAPI
	// Variables are all that the platform has for any function.
	Variables map[string]bool
}

// ExpectedFunction is how a function is to be configured.
type ExpectedFunction struct {
	Stack, LogicalID string
	// Package that it runs, Handler that it runs it with, and the logical id of its Role.
	Package, Handler, Role string
	// Environment is the whole of it. A value with ${ is the text of an Fn::Sub.
	Environment map[string]string
	// Contradictions are what the plan says of the environment and tenants.yaml does not.
	Contradictions []string
}

// ExpectedAPI is how a tenant's API is to be configured.
type ExpectedAPI struct {
	// Authorizer is the ARN of the function that lets callers in.
	Authorizer string
	// Stage is the name of the stage, and Variables are all of it.
	Stage     string
	Variables map[string]string
	// Methods are the ARNs of the functions of the operations, by names such as GET /kittens.
	Methods map[string]string
}

// AssetName is what the constructs of this platform call the file of the package in an assembly.
func (f *ExpectedFunction) AssetName() string { return "Code/" + f.Package }

func expected(p *plan.Plan) Expected {
	e := Expected{
		Functions: map[string]*ExpectedFunction{},
		APIs:      map[string]*ExpectedAPI{},
		Variables: map[string]bool{},
	}
	cells := map[string]*plan.Cell{}
	for i := range p.Cells {
		cell := &p.Cells[i]
		cells[cell.Name] = cell
		if cell.Indexer != nil {
			e.function(cell.Stack, &cell.Indexer.Function, nil)
		}
	}
	for i := range p.Tenants {
		t := &p.Tenants[i]
		facts := tenantFacts(p, t, cells[t.Cell])
		arns := map[string]string{}
		for j := range t.Functions {
			f := &t.Functions[j]
			arns[f.LogicalID] = f.Arn
			e.function(t.Stack, f, facts)
		}
		if t.Indexer != nil {
			e.function(t.Stack, &t.Indexer.Function, facts)
		}
		e.APIs[t.Stack] = expectedAPI(p, t, arns)
	}
	return e
}

func expectedAPI(p *plan.Plan, t *plan.Tenant, arns map[string]string) *ExpectedAPI {
	api := &ExpectedAPI{
		Authorizer: arns[t.API.Authorizer], Stage: t.API.Stage, Methods: map[string]string{},
		// The variable is what the authorizer compares a token's account with, so it is not taken from the plan.
		Variables: map[string]string{"billingAccount": t.BillingAccount},
	}
	prefix := ""
	if slices.Contains(p.AccountSources, "path") {
		prefix = "/{billingAccount}"
	}
	for _, o := range p.Operations {
		api.Methods[o.Method+" "+prefix+o.Path] = arns[o.Function]
	}
	return api
}

func (e *Expected) function(stack string, f *plan.Function, facts map[string]func(string) string) {
	x := &ExpectedFunction{
		Stack:       stack,
		LogicalID:   f.LogicalID,
		Package:     f.Package,
		Handler:     f.Handler,
		Role:        f.Role,
		Environment: f.Environment,
	}
	for _, name := range sortedKeys(f.Environment) {
		e.Variables[name] = true
		check := facts[name]
		if check == nil && strings.HasPrefix(name, "TABLE_") {
			check = facts["TABLE_"]
		}
		if check == nil {
			continue
		}
		if problem := check(f.Environment[name]); problem != "" {
			x.Contradictions = append(
				x.Contradictions,
				fmt.Sprintf("the plan gives %s the value %q, and %s", name, f.Environment[name], problem),
			)
		}
	}
	e.Functions[stack+"/"+f.LogicalID] = x
}

// tenantFacts say of variables what they are by tenants.yaml alone, so that the plan and the proof do not share one
// mistake. Each answers what is wrong with a value, empty for nothing.
func tenantFacts(p *plan.Plan, t *plan.Tenant, cell *plan.Cell) map[string]func(string) string {
	is := func(want, what string) func(string) string {
		return func(value string) string {
			if value == want {
				return ""
			}
			return fmt.Sprintf("%s is %q", what, want)
		}
	}
	account, label := "the billing account of tenant "+t.ID, t.ID
	if slices.Contains(p.AccountSources, "host") {
		label = t.BillingAccount
	}
	facts := map[string]func(string) string{
		"TENANT": is(
			t.ID,
			"the id",
		), "BILLING_ACCOUNT": is(t.BillingAccount, account), "SEARCH_INDEX": is(t.BillingAccount, account),
		"UPLOADS_PREFIX": is(
			"uploads/"+t.BillingAccount+"/",
			"the prefix of that billing account",
		), "SITE_URL": is("https://"+label+"."+p.Domain, "the tenant's address"),
		"ISSUER": is(
			p.IdentityProvider.Issuer,
			"the issuer in tenants.yaml",
		), "AUDIENCE": is(p.IdentityProvider.Audience, "the audience in tenants.yaml"),
		"JWKS_URI":        is(p.IdentityProvider.JWKSURI, "the address of the keys in tenants.yaml"),
		"ACCOUNT_SOURCES": is(strings.Join(p.AccountSources, ","), "what tenants.yaml has as account sources"),
	}
	if cell != nil || len(t.Tables) > 0 {
		facts["TABLE_"] = func(value string) string {
			if slices.ContainsFunc(tablesOf(t, cell), func(table plan.Table) bool { return table.Name == value }) {
				return ""
			}
			return fmt.Sprintf("no table of tenant %s or of cell %s has that name", t.ID, t.Cell)
		}
	}
	return facts
}

// tablesOf are those that have a tenant's rows: its own, if it has any, and its cell's otherwise.
func tablesOf(t *plan.Tenant, cell *plan.Cell) []plan.Table {
	if len(t.Tables) > 0 {
		return t.Tables
	}
	return cell.Tables
}
