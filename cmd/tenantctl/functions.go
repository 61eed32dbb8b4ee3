package main

import (
	"os"

	"github.com/tenantstack/tenantstack/internal/bundle"
	"github.com/tenantstack/tenantstack/plan"
)

// checkFunctions reports operations and events that functions/ does not implement, as synth
// would. Other contracts than the project's, and folders without functions, have none to check.
func (p *project) checkFunctions(planned *plan.Plan) error {
	if info, err := os.Stat("functions"); p.contract != defaultContract || err != nil || !info.IsDir() {
		return nil
	}
	var want []bundle.Want
	for _, o := range planned.Operations {
		want = append(want, bundle.Want{Package: o.Package, OperationID: o.ID, Where: o.Where})
	}
	for _, e := range planned.Events {
		want = append(want, bundle.Want{Package: e.Package, OperationID: e.ID, Where: e.Where, Event: true})
	}
	return bundle.Check(".", want)
}
