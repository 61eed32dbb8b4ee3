package constructs

import (
	"os"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/tenantstack/tenantstack/plan"
)

// NewApp makes a CDK app. Two settings of the environment have other defaults than the
// CDK's: a template is not validated during synthesis (CDK_VALIDATION=true turns it on; it
// takes about 4 s and 0.2 s a template, and make test checks the templates with cfn-lint),
// and the CDK does not print its notice about old versions of Node.js on every run.
func NewApp() awscdk.App {
	for name, value := range map[string]string{
		"CDK_VALIDATION": "false",
		"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
	} {
		if _, set := os.LookupEnv(name); !set {
			os.Setenv(name, value)
		}
	}
	return awscdk.NewApp(nil)
}

// Selection of stacks that the CDK CLI was given with -c tenant=ID[,ID] and -c cell=NAME[,NAME].
func Selection(app awscdk.App) plan.Selection {
	list := func(key string) []string {
		value, _ := app.Node().TryGetContext(jsii.String(key)).(string)
		return strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
	}
	return plan.Selection{Tenants: list("tenant"), Cells: list("cell")}
}

// PlatformProps say which stacks to make.
type PlatformProps struct {
	// Plan of the stacks.
	Plan *plan.Plan
	// Code by package of functions.
	Code map[string]Code
}

// NewPlatform makes every stack of a plan. A tenant's stack is deployed after its cell's,
// when that is in the plan too.
func NewPlatform(scope Scope, props *PlatformProps) {
	cells := map[string]awscdk.Stack{}
	for _, c := range props.Plan.Cells {
		cells[c.Name] = NewCellStack(scope, c.Stack, &CellStackProps{Cell: c, Code: props.Code})
	}
	for _, t := range props.Plan.Tenants {
		stack := NewTenantStack(scope, t.Stack, &TenantStackProps{Tenant: t, Code: props.Code})
		if cell, ok := cells[t.Cell]; ok {
			stack.AddDependency(cell, nil)
		}
	}
}
