package templates

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/constructs"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/tenant"
)

// many is the shipped tenants.yaml with n tenants that share everything.
func many(b *testing.B, n int) *tenant.File {
	b.Helper()
	f, err := tenant.Load(tenantsFile)
	if err != nil {
		b.Fatal(err)
	}
	first := f.Tenants[0]
	f.Tenants = nil
	for i := range n {
		t := first
		t.ID, t.BillingAccount = fmt.Sprintf("tenant-%d", i), fmt.Sprint(10000+i)
		f.Tenants = append(f.Tenants, t)
	}
	return f
}

// BenchmarkSynth says where the time goes: planning, making constructs (calls into the
// CDK), and writing templates, each a tenant.
func BenchmarkSynth(b *testing.B) {
	contract, err := api.Load(contractFile)
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{5, 100} {
		b.Run(fmt.Sprintf("tenants=%d", n), func(b *testing.B) {
			f := many(b, n)
			var planning, making, writing time.Duration
			for b.Loop() {
				start := time.Now()
				p, err := plan.Build(f, contract, plan.Selection{})
				if err != nil {
					b.Fatal(err)
				}
				planning += time.Since(start)
				zips := code(b, p)
				app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(b.TempDir()), TreeMetadata: jsii.Bool(false), Context: featureFlags(b)})
				start = time.Now()
				constructs.NewPlatform(app, &constructs.PlatformProps{Plan: p, Code: zips, WithoutLock: true})
				making += time.Since(start)
				start = time.Now()
				app.Synth(nil)
				writing += time.Since(start)
			}
			for name, took := range map[string]time.Duration{"plan": planning, "constructs": making, "synth": writing} {
				b.ReportMetric(float64(took.Microseconds())/1000/float64(b.N)/float64(n), name+"-ms/tenant")
			}
		})
	}
}
