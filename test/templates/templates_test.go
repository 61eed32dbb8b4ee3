// Package templates tests what constructs make of the shipped plan, on the templates
// themselves.
package templates

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"
	"github.com/tenantstack/tenantstack/constructs"
	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/plan"
)

var update = flag.Bool("update", false, "write golden files anew")

const (
	tenantsFile  = "../../tenants.yaml"
	contractFile = "../../api/openapi.yaml"
)

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	constructs.Close()
	os.Exit(code)
}

// code stands in for the zip files, whose contents do not show in a template: each has a
// fixed hash.
func code(t testing.TB, p *plan.Plan) map[string]constructs.Code {
	t.Helper()
	dir := t.TempDir()
	out := map[string]constructs.Code{}
	for _, pkg := range p.Packages() {
		path := filepath.Join(dir, pkg+".zip")
		if err := os.WriteFile(path, []byte(pkg), 0o644); err != nil {
			t.Fatal(err)
		}
		out[pkg] = constructs.Code{Path: path, Hash: "hash-of-" + pkg}
	}
	return out
}

// featureFlags are those of the CDK that the project's app has.
func featureFlags(t testing.TB) *map[string]any {
	t.Helper()
	data, err := os.ReadFile("../../cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	var settings struct{ Context map[string]any }
	if err := json.Unmarshal(data, &settings); err != nil || len(settings.Context) == 0 {
		t.Fatalf("cdk.json: %d feature flags, %v", len(settings.Context), err)
	}
	return &settings.Context
}

// synth writes the plan's cloud assembly and reads it.
func synth(t testing.TB, p *plan.Plan) *cfn.Assembly {
	t.Helper()
	dir := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(dir), AnalyticsReporting: jsii.Bool(false), Context: featureFlags(t)})
	constructs.NewPlatform(app, &constructs.PlatformProps{Plan: p, Code: code(t, p), WithoutLock: true})
	app.Synth(nil)
	a, err := cfn.ReadAssembly(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func load(t testing.TB, s plan.Selection) *plan.Plan {
	t.Helper()
	p, err := plan.Load(tenantsFile, contractFile, s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// indented is a template for people to compare.
func indented(t testing.TB, stack cfn.Stack) []byte {
	t.Helper()
	data, err := os.ReadFile(stack.File)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, data, "", " "); err != nil {
		t.Fatal(err)
	}
	out.WriteByte('\n')
	return out.Bytes()
}

// The templates of a cell, of a tenant that shares everything and of one that shares
// nothing, whole.
func TestGolden(t *testing.T) {
	for _, stack := range synth(t, load(t, plan.Selection{})).Stacks {
		switch stack.Name {
		case "kittens-cell-eu-1", "kittens-tenant-super-awesome-customer", "kittens-tenant-acme":
		default:
			continue
		}
		checkGolden(t, "testdata", stack)
	}
}

// checkGolden compares a template with the file of its stack in a folder, or writes that anew.
func checkGolden(t *testing.T, folder string, stack cfn.Stack) {
	t.Helper()
	golden := filepath.Join(folder, stack.Name+".json")
	got := indented(t, stack)
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("template of %s changed (-want +got); if this is meant, run make update:\n%s", stack.Name, diff)
	}
}
