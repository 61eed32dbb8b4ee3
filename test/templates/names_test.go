package templates

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tenantstack/tenantstack/constructs"
	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/tenant"
)

// synthesizer makes stacks of plans, each once.
type synthesizer struct{ known map[string]template }

// made is what all tests have made.
var made = &synthesizer{map[string]template{}}

// stacks of a plan: cells first.
func (s *synthesizer) stacks(t testing.TB, p *plan.Plan) []stack {
	t.Helper()
	var out []stack
	var keys []string
	missing := &plan.Plan{Platform: p.Platform, Operations: p.Operations, Events: p.Events}
	for _, c := range p.Cells {
		out, keys = append(out, stack{name: c.Stack, environment: c.Environment}), append(keys, encoded(c))
		if _, ok := s.known[keys[len(keys)-1]]; !ok {
			missing.Cells = append(missing.Cells, c)
		}
	}
	for _, x := range p.Tenants {
		out, keys = append(out, stack{name: x.Stack, environment: x.Environment, tenant: &x}), append(keys, encoded(x))
		if _, ok := s.known[keys[len(keys)-1]]; !ok {
			missing.Tenants = append(missing.Tenants, x)
		}
	}
	fresh := s.make(t, missing)
	for i := range out {
		if _, ok := s.known[keys[i]]; !ok {
			s.known[keys[i]] = fresh[out[i].name]
		}
		out[i].template = s.known[keys[i]]
	}
	return out
}

func (s *synthesizer) make(t testing.TB, p *plan.Plan) map[string]template {
	t.Helper()
	if len(p.Cells)+len(p.Tenants) == 0 {
		return nil
	}
	dir := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(dir), AnalyticsReporting: jsii.Bool(false), TreeMetadata: jsii.Bool(false)})
	constructs.NewPlatform(app, &constructs.PlatformProps{Plan: p, Code: code(t, p), WithoutLock: true})
	app.Synth(nil)
	a, err := cfn.ReadAssembly(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]template{}
	for _, x := range a.Stacks {
		out[x.Name] = decode(t, x)
		if err := os.Remove(x.File); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// walk is a platform that is edited and deployed again and again.
type walk struct {
	t     *testing.T
	r     *rand.Rand
	app   *application
	file  *tenant.File
	cloud *cloud
	// done counts edits and exceptions by name.
	done map[string]int
}

// What cannot be had otherwise is in docs/tenants.md, "In which order".
const (
	// A host name is on one distribution at a time.
	sameAddress = "a stack that has the tenant's address goes first"
	// A billing account has one index writer, and one parameter, in a cell.
	sameAccount = "a stack that has the billing account's shared rows goes first"
	// What only one can have at a time cannot be exchanged.
	exchanged = "two tenants exchange something in two steps"
	// What holds data stays under its name.
	leftBehind = "what holds data stays, and is imported"
)

// exception is why a clash cannot be helped, or empty if it must not be.
func (w *walk) exception(c clash, wanted map[string]stack) string {
	var by *plan.Tenant
	if s := w.cloud.stacks[c.by.stack]; s != nil {
		by = s.stack.tenant
	}
	of := wanted[c.of.stack].tenant
	switch {
	case c.left:
		if c.of.stack == c.by.stack && slices.Contains([]string{"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::OpenSearchService::Domain"}, c.of.kind) {
			return leftBehind
		}
	case c.of.stack == c.by.stack || of == nil || by == nil:
	case c.of.kind == "AWS::CloudFront::Distribution" || c.of.kind == "AWS::Route53::RecordSet":
		if of.Web.Host == by.Web.Host {
			return sameAddress
		}
	case c.of.id == "IndexWriterRole" || c.of.id == "SearchEndpoint":
		if of.BillingAccount == by.BillingAccount && of.Cell == by.Cell && of.Environment == by.Environment && len(of.Tables)+len(by.Tables) == 0 {
			return sameAccount
		}
	}
	return ""
}

// How much is tried: a template takes some 20 ms to make.
const walks, editsOfAWalk = 3, 24

// step edits the file and deploys what follows.
func (w *walk) step(next *tenant.File, what string) {
	w.t.Helper()
	p, err := plan.Build(next, w.app.contract(w.t), plan.Selection{})
	if err != nil {
		w.t.Fatalf("%s: %v", what, err)
	}
	stacks := made.stacks(w.t, p)
	tenants := stacks[len(p.Cells):]
	w.r.Shuffle(len(tenants), func(i, j int) { tenants[i], tenants[j] = tenants[j], tenants[i] })
	wanted := map[string]stack{}
	for _, s := range stacks {
		if other, ok := wanted[s.key()]; ok {
			w.t.Errorf("%s: two stacks are %s: %+v", what, s.key(), other.environment)
		}
		wanted[s.key()] = s
	}
	// Whoever deploys everything in any order meets nothing but the exceptions.
	careless := w.cloud.clone()
	for _, s := range stacks {
		for _, c := range careless.deploy(s) {
			why := w.exception(c, wanted)
			w.done[why]++
			if why == "" {
				w.t.Errorf("%s: %v", what, c)
			}
		}
	}
	w.follow(next, stacks, wanted)
}

// follow deploys as the documentation says, which meets no exception but what is imported: what is
// not in the file any more is destroyed where it is in the way, and a stack that is to give
// something up is deployed before the one that gets it.
func (w *walk) follow(next *tenant.File, stacks []stack, wanted map[string]stack) {
	now := w.cloud.clone()
	for pending := stacks; len(pending) > 0; {
		var waiting []stack
		progress := false
		for _, s := range pending {
			tried := now.clone()
			blocked := slices.DeleteFunc(tried.deploy(s), func(c clash) bool { return c.left || c.of.stack == c.by.stack })
			if len(blocked) == 0 {
				now, progress = tried, true
				continue
			}
			waiting = append(waiting, s)
			for _, c := range blocked {
				if _, stays := wanted[c.by.stack]; !stays && now.stacks[c.by.stack] != nil {
					now.destroy(c.by.stack)
					progress = true
				}
			}
		}
		if !progress {
			w.done[exchanged]++
			return // the edit is taken back
		}
		pending = waiting
	}
	w.cloud, w.file = now, next
	if w.r.IntN(2) == 0 {
		for _, key := range slices.Sorted(maps.Keys(now.stacks)) {
			if _, stays := wanted[key]; !stays {
				now.destroy(key)
			}
		}
	}
}

// Whatever is edited in tenants.yaml, and in the contract: no resource is replaced by one of the same
// name, and none gets a name that another has, in this stack or in another that exists at the same
// time. Where that cannot be, it is one of the exceptions above, and the way that is documented leads there.
func TestNoEditAsksForATakenName(t *testing.T) {
	done := map[string]int{}
	for seed := range uint64(walks) {
		w := &walk{t: t, r: rand.New(rand.NewPCG(seed, 21)), app: firstApplication(), cloud: newCloud(loadRegistry(t)), done: done}
		first, err := checked(firstFile())
		if err != nil {
			t.Fatal(err)
		}
		w.step(first, "the first deployment")
		for i := range editsOfAWalk {
			next, names := edited(w.r, w.file, edits[(int(seed)*editsOfAWalk+i)%len(edits)])
			if w.r.IntN(3) == 0 {
				var name string
				w.app, name = w.app.edited(w.r)
				names = append(names, name)
			}
			for _, name := range names {
				done[name]++
			}
			w.step(next, fmt.Sprintf("seed %d, edit %d (%s)", seed, i, strings.Join(names, ", ")))
		}
	}
	for _, why := range []string{sameAddress, sameAccount, exchanged, leftBehind} {
		if done[why] == 0 {
			t.Errorf("no walk met %q", why)
		}
	}
	t.Logf("%d templates; %v", len(made.known), done)
}
