package constructs

import (
	"os"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/tenantstack/tenantstack/plan"
)

// Close ends the CDK's process and removes its files. It is called last, after Synth. The
// runtime sometimes warns there that the process is gone already; that is no news.
func Close() {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		stderr := os.Stderr
		os.Stderr = null
		defer func() { os.Stderr = stderr }()
	}
	jsii.Close()
}

// Selection of stacks that the CDK CLI was given with -c tenant=ID[,ID] and -c cell=NAME[,NAME].
func Selection(app awscdk.App) plan.Selection {
	list := func(key string) []string {
		value, _ := app.Node().TryGetContext(jsii.String(key)).(string)
		return strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
	}
	return plan.Selection{Tenants: list("tenant"), Cells: list("cell")}
}

// LockMode that the CDK CLI was given with -c lock=locked or -c lock=none.
func LockMode(app awscdk.App) plan.LockMode {
	mode, _ := app.Node().TryGetContext(jsii.String("lock")).(string)
	return plan.LockMode(mode)
}

// PlatformProps say which stacks to make.
type PlatformProps struct {
	// Plan of the stacks.
	Plan *plan.Plan
	// Code by package of functions.
	Code map[string]Code
	// WithoutLock makes the stacks of a plan that was not held against a lock (plan.Plan.Lock). An edit of
	// tenants.yaml may then hide or delete what tenants have, without a word.
	// @default false
	WithoutLock bool
}

// NewPlatform makes every stack of a plan. A tenant's stack is deployed after its cell's,
// when that is in the plan too. It panics, as constructs of the CDK do, when props are incomplete.
func NewPlatform(scope Scope, props *PlatformProps) {
	if !props.Plan.Locked() && !props.WithoutLock {
		panic("the plan was not held against a lock: call its method Lock first, or set WithoutLock")
	}
	cells := map[string]awscdk.Stack{}
	for _, c := range props.Plan.Cells {
		cells[c.Name] = NewCellStack(scope, c.Stack, &CellStackProps{Cell: c, Code: props.Code})
	}
	for _, t := range props.Plan.Tenants {
		stack := NewTenantStack(scope, t.Stack, &TenantStackProps{Tenant: t, Code: props.Code})
		if cell, ok := cells[t.Cell]; ok {
			stack.AddStackDependency(cell, nil)
		}
	}
}
