package capacity

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/tenant"
)

const (
	tenantsFile  = "../../tenants.yaml"
	contractFile = "../../api/openapi.yaml"
)

func shipped(t testing.TB) (*tenant.File, *api.Contract) {
	t.Helper()
	f, err := tenant.Load(tenantsFile)
	if err != nil {
		t.Fatal(err)
	}
	c, err := api.Load(contractFile)
	if err != nil {
		t.Fatal(err)
	}
	return f, c
}

// with is a file with n tenants in each of some cells, made by change.
func with(f *tenant.File, n map[string]int, change func(t *tenant.Tenant)) *tenant.File {
	out := *f
	out.Tenants = nil
	for _, cell := range slices.Sorted(maps.Keys(n)) {
		for i := range n[cell] {
			t := tenant.Tenant{ID: fmt.Sprintf("%s-t%d", cell, i), BillingAccount: fmt.Sprintf("%s-%d", cell, i), Cell: cell, Tier: "standard"}
			if change != nil {
				change(&t)
			}
			out.Tenants = append(out.Tenants, t)
		}
	}
	return &out
}

func every(string) bool { return true }

// lines are warnings without the source.
func lines(warnings []Warning) []string {
	var out []string
	for _, w := range warnings {
		text, _, _ := strings.Cut(w.Message, "; source: ")
		out = append(out, text)
	}
	return out
}

// The quotas that end at the 101st tenant of an account, and the roles, which end at the 112th.
func TestWarnings(t *testing.T) {
	shippedFile, contract := shipped(t)
	second := *shippedFile
	second.Cells = map[string]tenant.Cell{"eu-1": shippedFile.Cells["eu-1"], "us-1": shippedFile.Cells["eu-1"]}
	us := second.Cells["us-1"]
	us.Region = "us-east-1"
	second.Cells["us-1"] = us
	controlled := *shippedFile
	controlled.Cells = map[string]tenant.Cell{"eu-1": shippedFile.Cells["eu-1"]}
	controlledCell := controlled.Cells["eu-1"]
	controlledCell.OriginAccess = tenant.OriginAccessControl
	controlled.Cells["eu-1"] = controlledCell
	const account = "AWS account 111111111111"
	const raise = "ask AWS to raise it (Service Quotas)"
	identities := func(n int, how string) string {
		return fmt.Sprintf("%s needs %d origin access identities, %s the default quota of 100: %s, or set originAccess: control in a cell, whose tenants then need none", account, n, how, raise)
	}
	perCell := func(n int, what, of, how string) string {
		return fmt.Sprintf("%s needs %d distributions with one %s (%s), %s the default quota of 100: %s, or use another cell, in the same account or in another, for more tenants", account, n, what, of, how, raise)
	}
	of := func(what, cell string, n int) string { return fmt.Sprintf("the %s of cell %s: %d", what, cell, n) }
	roles := func(n int, how string) string {
		return fmt.Sprintf("%s needs %d roles, %s the default quota of 1000: %s, or let operations share roles of x-roles", account, n, how, raise)
	}
	all := func(n, nRoles int, how, howRoles string) []string {
		return []string{
			identities(n, how), roles(nRoles, howRoles),
			perCell(n, "function", of("functions", "eu-1", n), how), perCell(n, "response headers policy", of("policy", "eu-1", n), how),
		}
	}
	for _, c := range []struct {
		name string
		file *tenant.File
		want []string
	}{
		{"the shipped file", shippedFile, nil},
		{"79 tenants", with(shippedFile, map[string]int{"eu-1": 79}, nil), nil},
		{"80 tenants", with(shippedFile, map[string]int{"eu-1": 80}, nil), slices.Delete(all(80, 0, "near", ""), 1, 2)},
		{"100 tenants", with(shippedFile, map[string]int{"eu-1": 100}, nil), all(100, 902, "all of", "near")},
		{"101 tenants", with(shippedFile, map[string]int{"eu-1": 101}, nil), all(101, 911, "more than", "near")},
		{"110 tenants", with(shippedFile, map[string]int{"eu-1": 110}, nil), all(110, 992, "more than", "near")},
		{"111 tenants", with(shippedFile, map[string]int{"eu-1": 111}, nil), all(111, 1001, "more than", "more than")},
		{"tenants in two regions of one account", with(&second, map[string]int{"eu-1": 90, "us-1": 20}, nil), []string{
			identities(110, "more than"), roles(994, "near"),
			perCell(90, "function", of("functions", "eu-1", 90), "near"), perCell(90, "response headers policy", of("policy", "eu-1", 90), "near"),
		}},
		{"two full cells", with(&second, map[string]int{"eu-1": 101, "us-1": 90}, nil), []string{
			identities(191, "more than"), roles(1723, "more than"),
			perCell(101, "function", of("functions", "eu-1", 101)+", "+of("functions", "us-1", 90), "more than"),
			perCell(101, "response headers policy", of("policy", "eu-1", 101)+", "+of("policy", "us-1", 90), "more than"),
		}},
		{"an origin access control", with(&controlled, map[string]int{"eu-1": 101}, nil), append(all(101, 911, "more than", "near")[1:],
			perCell(101, "origin access control", of("control", "eu-1", 101), "more than"))},
		{"domains of their own", with(&controlled, map[string]int{"eu-1": 82}, func(t *tenant.Tenant) {
			dedicated := tenant.Dedicated
			t.Search = &dedicated
		}), []string{
			"AWS account 111111111111 in eu-central-1 needs 82 domains, near the default quota of 100: " + raise + ", or let tenants share search",
			perCell(82, "function", of("functions", "eu-1", 82), "near"), perCell(82, "response headers policy", of("policy", "eu-1", 82), "near"),
			perCell(82, "origin access control", of("control", "eu-1", 82), "near"),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			warnings := Warnings(Count(plan.TakeCensus(c.file, contract)), every)
			if diff := gocmp.Diff(c.want, lines(warnings)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			for _, w := range warnings {
				if strings.Contains(w.Message, "\n") || !strings.HasSuffix(w.Message, w.Source+", "+w.URL) || w.Passed != (w.Count > w.Limit) {
					t.Errorf("%+v", w)
				}
			}
			if none := Warnings(Count(plan.TakeCensus(c.file, contract)), func(id string) bool { return id != "111111111111" }); len(none) > 0 {
				t.Errorf("warned of other accounts: %v", none)
			}
		})
	}
}

// A quota that AWS does not raise says so.
func TestFixedQuota(t *testing.T) {
	f, contract := shipped(t)
	const want = "AWS account 111111111111 in eu-central-1 needs 601 regional REST APIs, more than the default quota of 600: " +
		"use a cell in another account or region for more tenants, since AWS does not raise it"
	got := lines(Warnings(Count(plan.TakeCensus(with(f, map[string]int{"eu-1": 601}, nil), contract)), every))
	if !slices.Contains(got, want) {
		t.Errorf("warnings:\n%s\nwant among them\n%s", strings.Join(got, "\n"), want)
	}
}

func TestQuotas(t *testing.T) {
	seen := map[string]bool{}
	for _, q := range Quotas() {
		u, err := url.Parse(q.URL)
		if err != nil || u.Scheme != "https" || u.Host != "docs.aws.amazon.com" {
			t.Errorf("%s: the source is at %q", q.ID, q.URL)
		}
		if _, err := time.Parse(time.DateOnly, q.Checked); err != nil || q.Source == "" || q.Counted == "" || q.Service == "" || q.Default < 1 {
			t.Errorf("%+v, %v", q, err)
		}
		if seen[q.ID] || q.cell == nil || q.tenant == nil || (q.of != nil) != (q.Scope == Resource) {
			t.Errorf("%s is there twice, or counts nothing", q.ID)
		}
		seen[q.ID] = true
	}
}

// The types whose resources a quota counts.
var types = map[string]string{
	"origin-access-identities": "AWS::CloudFront::CloudFrontOriginAccessIdentity", "origin-access-controls": "AWS::CloudFront::OriginAccessControl",
	"distributions": "AWS::CloudFront::Distribution", "response-headers-policies": "AWS::CloudFront::ResponseHeadersPolicy",
	"cloudfront-functions": "AWS::CloudFront::Function", "iam-roles": "AWS::IAM::Role", "s3-buckets": "AWS::S3::Bucket",
	"regional-rest-apis": "AWS::ApiGateway::RestApi", "dynamodb-tables": "AWS::DynamoDB::Table", "search-domains": "AWS::OpenSearchService::Domain",
	"log-resource-policies": "AWS::Logs::ResourcePolicy", "records-of-a-hosted-zone": "AWS::Route53::RecordSet",
}

// What is counted from the plan is what the synthesized templates have.
func TestCountsAreThoseOfTheTemplates(t *testing.T) {
	dir := os.Getenv("TENANTSTACK_CDK_OUT")
	if dir == "" {
		t.Skip("TENANTSTACK_CDK_OUT is not set: make test synthesizes and sets it")
	}
	assembly, err := cfn.ReadAssembly(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	for _, s := range assembly.Stacks {
		env, err := cfn.ParseEnvironment(s.Environment)
		if err != nil {
			t.Fatal(err)
		}
		want[env.Account+" cloudformation-stacks"]++
		for id, kind := range types {
			if n := s.Template.Count(kind); n > 0 {
				want[env.Account+" "+id] += n
			}
		}
	}
	f, contract := shipped(t)
	got := map[string]int{}
	for _, u := range Count(plan.TakeCensus(f, contract)) {
		if _, ok := types[u.Quota.ID]; ok || u.Quota.ID == "cloudformation-stacks" {
			got[u.Place.Account+" "+u.Quota.ID] += u.Count
		}
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("counts (-templates +plan):\n%s", diff)
	}
}

// The census counts what the whole plan has, for files of any kind, and in the order of the accounts.
func TestCensusCountsThePlan(t *testing.T) {
	base, contract := shipped(t)
	random := rand.New(rand.NewPCG(7, 7))
	for range 8 {
		f := generated(base, random)
		p, err := plan.Build(f, contract, plan.Selection{})
		if err != nil {
			t.Fatal(err)
		}
		whole := &plan.Census{Cells: p.Cells}
		for _, tenant := range p.Tenants {
			whole.Kinds = append(whole.Kinds, plan.Kind{Example: tenant, Tenants: 1})
		}
		got := Count(plan.TakeCensus(f, contract))
		if diff := gocmp.Diff(plain(Count(whole)), plain(got)); diff != "" {
			t.Errorf("counts of %d tenants (-plan +census):\n%s", len(f.Tenants), diff)
		}
		if !slices.IsSortedFunc(got, func(a, b Use) int { return cmp.Compare(a.Place.Account, b.Place.Account) }) {
			t.Error("the accounts are not in order")
		}
	}
}

func plain(uses []Use) []string {
	var out []string
	for _, u := range uses {
		out = append(out, fmt.Sprintf("%s %v: %d", u.Quota.ID, u.Place, u.Count))
	}
	return out
}

// generated is a file with tenants of all kinds in four cells of three accounts.
func generated(base *tenant.File, random *rand.Rand) *tenant.File {
	f := *base
	f.Cells = map[string]tenant.Cell{}
	for i, name := range []string{"a", "b", "c", "d"} {
		c := base.Cells["eu-1"]
		c.AWSAccount = []string{"111111111111", "222222222222", "333333333333", "111111111111"}[i]
		c.Region = []string{"eu-central-1", "eu-west-1"}[random.IntN(2)]
		c.OriginAccess = []tenant.OriginAccess{"", tenant.OriginAccessIdentity, tenant.OriginAccessControl}[random.IntN(3)]
		f.Cells[name] = c
	}
	if random.IntN(2) == 0 {
		f.Platform.AccountSources = []tenant.AccountSource{tenant.AccountFromHost}
	}
	f.Tenants = nil
	isolation := func() *tenant.Isolation {
		i := []tenant.Isolation{tenant.Shared, tenant.Dedicated}[random.IntN(2)]
		return &i
	}
	for i := range random.IntN(40) {
		shards := 1 + random.IntN(4)
		f.Tenants = append(f.Tenants, tenant.Tenant{
			ID: fmt.Sprintf("t%d", i), BillingAccount: fmt.Sprint(1000 + i), Cell: []string{"a", "b", "c"}[random.IntN(3)], Tier: "standard",
			Overrides: tenant.Overrides{Data: isolation(), Search: isolation(), KeyShards: &shards},
		})
	}
	return &f
}

func BenchmarkCount(b *testing.B) {
	f, contract := shipped(b)
	f = with(f, map[string]int{"eu-1": 1000}, nil)
	for b.Loop() {
		Count(plan.TakeCensus(f, contract))
	}
}
