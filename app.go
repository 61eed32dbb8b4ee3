// Command tenantstack is the CDK app: one stack for every cell and every tenant of
// tenants.yaml. The CDK CLI runs it; -c tenant=ID[,ID] and -c cell=NAME[,NAME] choose stacks, and
// -c lock=locked refuses tenants that tenants.lock.yaml does not have yet.
package main

import (
	"context"
	"errors"
	"log"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/tenantstack/tenantstack/constructs"
	"github.com/tenantstack/tenantstack/internal/bundle"
	"github.com/tenantstack/tenantstack/plan"
)

const (
	tenants  = "tenants.yaml"
	contract = "api/openapi.yaml"
)

func main() {
	log.SetFlags(0)
	if err := synth(); err != nil {
		log.Fatal(err)
	}
}

func synth() error {
	app := awscdk.NewApp(nil)
	defer constructs.Close()
	p, err := plan.Load(tenants, contract, constructs.Selection(app))
	if err != nil {
		return err
	}
	lock, err := p.Lock(plan.LockFile(tenants), constructs.LockMode(app))
	if err != nil {
		return err
	}
	code, err := build(p)
	if err != nil {
		return err
	}
	constructs.NewPlatform(app, &constructs.PlatformProps{Plan: p, Code: code})
	app.Synth(nil)
	saved, err := lock.Save()
	if saved != "" {
		log.Print(saved)
	}
	return err
}

// build makes the zip files of the plan's functions, once they implement the contract.
func build(p *plan.Plan) (map[string]constructs.Code, error) {
	var want []bundle.Want
	for _, o := range p.Operations {
		want = append(want, bundle.Want{Package: o.Package, OperationID: o.ID, Where: o.Where})
	}
	for _, e := range p.Events {
		want = append(want, bundle.Want{Package: e.Package, OperationID: e.ID, Where: e.Where, Event: true})
	}
	files, err := p.Files()
	if err := errors.Join(bundle.Check(".", want), err); err != nil {
		return nil, err
	}
	assets, err := bundle.Build(context.Background(), bundle.Options{Packages: p.Packages(), Files: files})
	code := map[string]constructs.Code{}
	for name, asset := range assets {
		code[name] = constructs.Code{Path: asset.Path, Hash: asset.SHA256}
	}
	return code, err
}
