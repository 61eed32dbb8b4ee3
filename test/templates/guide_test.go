package templates

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantstack/tenantstack/tenant"
)

// What the guide says of adding a tenant, and of giving one tables, search or an account of its own.
func TestGuideOfNewTenants(t *testing.T) {
	c := newChanger(t)
	says(t, "guide.md", "No other tenant's template changes. The cell's changes only when the tenant is the first in it that shares data or search")
	documented["add a tenant"].try(t, c)

	says(t, "guide.md", "`dedicated` puts them into the tenant's own stack. Both can be combined freely: a tenant with shared rows may have a search domain of its own, and the other way round.")
	for _, data := range []tenant.Isolation{tenant.Shared, tenant.Dedicated} {
		for _, search := range []tenant.Isolation{tenant.Shared, tenant.Dedicated} {
			s := c.by(t, nil, isolation("tabby-cafe", data, search)).after[key(cafe)]
			if got := len(ids(s, "AWS::DynamoDB::Table")) > 0; got != (data == tenant.Dedicated) {
				t.Errorf("data %s: tables in the tenant's stack: %v", data, got)
			}
			if got := len(ids(s, "AWS::OpenSearchService::Domain")) > 0; got != (search == tenant.Dedicated) {
				t.Errorf("search %s: a domain in the tenant's stack: %v", search, got)
			}
		}
	}

	says(t, "guide.md", "With a tier whose data and search are dedicated, the cell's stack holds only what its tenants have in common anyway: "+
		"the log role of API Gateway, the permission of search domains to write logs, the bucket of access logs, the response headers and the router of the distributions.")
	d := c.by(t, nil, nil)
	var got []string
	for id := range d.after[acmeCell].template.Resources {
		got = append(got, id)
	}
	slices.Sort(got)
	want := []string{"ApiGatewayAccount", "ApiGatewayLogsRole", "LogsBucket", "LogsBucketPolicy", "ResponseHeadersParameter", "ResponseHeadersPolicy", "Router", "SearchLogsPolicy"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("resources of a cell in which nobody shares (-want +got):\n%s", diff)
	}

	says(t, "guide.md", "changing it later makes a second platform, which cannot have the addresses of the first at the same time.")
	documented["change the platform's `name`"].try(t, c)
}

// What the guide says of the cell that a tenant comes to or goes from.
func TestGuideOfCells(t *testing.T) {
	c := newChanger(t)
	says(t, "guide.md", "The cell's stack has shared tables, a shared domain and the shared indexer only while a tenant of the cell shares them. "+
		"When the first tenant comes that does, or the last one goes, the cell changes too")
	nobody := func(f *tenant.File) {
		for _, id := range []string{"super-awesome-customer", "tabby-cafe", "whisker-world"} {
			isolation(id, tenant.Dedicated, tenant.Dedicated)(f)
		}
	}
	d := c.by(t, nil, nobody)
	d.stacks(nil, nil, []string{cell, shop, cafe, whisker})
	d.met()
	_, removed, _, _ := d.resources(cell)
	left := keptOf(d.works(), cell)
	says(t, "guide.md", "What holds data is retained when it leaves the template, see [what stays](#what-stays).")
	if want := []string{"BreedsTable", "KittensTable", "SearchDomain", "TasksTable"}; !slices.Equal(left, want) {
		t.Errorf("a cell that nobody shares any more leaves %q behind, want %q", left, want)
	}
	for _, id := range []string{"IndexerFn", "IndexerRole", "IndexerDeadLetters", "SearchEndpoint"} {
		if !slices.Contains(removed, id) {
			t.Errorf("a cell that nobody shares any more keeps %s", id)
		}
	}
	says(t, "guide.md", "The same holds for a tenant that goes from dedicated to shared and back, and for the cell when sharing ends and begins again.")
	back := d.works()
	var taken []string
	for _, k := range keys(cell, cafe) {
		for _, met := range back.deploy(d.before[k]) {
			if !met.left {
				t.Errorf("sharing begins again: %v", met)
			}
			taken = append(taken, met.of.id)
		}
	}
	if !slices.Equal(taken, left) {
		t.Errorf("when sharing begins again, %q are taken, want %q", taken, left)
	}
	again := c.by(t, nil, isolation("purrfect-bank", tenant.Shared, tenant.Shared))
	back = again.works()
	if got := len(back.deploy(again.before[key(bank)])); got != 4 {
		t.Errorf("a tenant that goes back to dedicated finds %d names taken, want three tables and a domain", got)
	}
}

// What the guide says of settings that change in place, and of what has to stop meanwhile.
func TestGuideOfSettings(t *testing.T) {
	c := newChanger(t)
	says(t, "guide.md", "`throttle: {rate, burst}` of the tier or the tenant, then deploy the tenant: the stage changes, the API is not deployed anew.")
	d := c.by(t, nil, change("tabby-cafe", func(x *tenant.Tenant) { v := 7; x.Throttle = &tenant.ThrottleOverride{Rate: &v, Burst: &v} }))
	added, removed, replaced, updated := d.resources(cafe)
	if !slices.Equal(updated, []string{"Stage"}) || len(added)+len(removed)+len(replaced) > 0 {
		t.Errorf("a throttle adds %q, removes %q, replaces %q, updates %q", added, removed, replaced, updated)
	}

	text := "For every operation that writes a sharded table (`KittensPostFn`, `KittenPutFn`, `KittenDeleteFn`, `KittenPhotoPostFn`, `PhotoUploadedFn`)"
	says(t, "guide.md", text)
	writes := map[string]bool{}
	for _, o := range c.contract.Operations {
		writes[o.FunctionID()] = false
	}
	p := c.plan(t, shipped(t))
	for _, o := range p.Operations {
		writes[o.Function] = o.Grants.Tables["kittens"].Access == "readWrite"
	}
	for _, e := range p.Events {
		writes[e.Function] = e.Grants.Tables["kittens"].Access == "readWrite"
	}
	says(t, "guide.md", "**Stop writes**, and start no reindex until the end.")
	delete(writes, "AdminTasksPostFn") // runs the reindex
	for function, does := range writes {
		if does != strings.Contains(text, "`"+function+"`") {
			t.Errorf("%s writes a sharded table: %v", function, does)
		}
	}

	for _, words := range []string{
		"Names begin with the scope: `kittens_tenant_<id>_…` or `kittens_cell_<cell>_…`.", "log group `/kittens/tenant/<id>/api-access`, a JSON object a request",
		"`/kittens/cell/<cell>/indexer`, or the tenant's own when its data is dedicated",
	} {
		says(t, "guide.md", words)
	}
	all := c.by(t, nil, nil)
	for _, x := range []struct{ stack, kind, property, pattern string }{
		{cafe, "AWS::CloudWatch::Alarm", "AlarmName", `^kittens_tenant_tabby-cafe_`},
		{cell, "AWS::CloudWatch::Alarm", "AlarmName", `^kittens_cell_eu-1_`},
		{cafe, "AWS::Logs::LogGroup", "LogGroupName", `^/kittens/tenant/tabby-cafe/(api-access|[a-z]+)$`},
		{cell, "AWS::Logs::LogGroup", "LogGroupName", `^/kittens/cell/eu-1/(indexer|search/[a-z]+)$`},
		{bank, "AWS::Logs::LogGroup", "LogGroupName", `^/kittens/tenant/purrfect-bank/(api-access|[a-z]+|search/[a-z]+)$`},
	} {
		s := all.after[key(x.stack)]
		for _, id := range ids(s, x.kind) {
			if name, _ := s.template.Resources[id].Properties[x.property].(string); !regexp.MustCompile(x.pattern).MatchString(name) {
				t.Errorf("%s %s is named %q, not as %s", x.stack, id, name, x.pattern)
			}
		}
	}
}

// What the guide says of moving a tenant, and of what stays.
func TestGuideOfMoves(t *testing.T) {
	c := newChanger(t)
	says(t, "guide.md", "the account's index writer went with its shared data")
	own := c.by(t, nil, isolation("tabby-cafe", tenant.Dedicated, tenant.Shared))
	_, removed, _, _ := own.resources(cafe)
	if !slices.Contains(removed, "IndexWriterRole") {
		t.Errorf("dedicated data removes %q", removed)
	}

	says(t, "guide.md", "**To another cell of the same AWS account and region**: the deployment updates the stack; address, buckets, and what is dedicated stay as they are.")
	says(t, "guide.md", "a host name can be on one distribution only, so delete the stack in the old cell, with the tenant still in it and `terminationProtection: false` as for a [removal](#remove-a-tenant), before you change `cell`, take that field away and deploy.")
	says(t, "guide.md", "Bucket names contain the account and the region, so the new buckets do not collide with the old.")
	documented["change `cell`"].try(t, c)

	says(t, "guide.md", "**To another id**: the stack, the address and the buckets are new; shared rows and a shared index are the same before and after.")
	says(t, "guide.md", "If rows are shared, delete the stack with the tenant still under its old id (and `terminationProtection: false`): in its cell, a billing account has one index writer. "+
		"Otherwise the old stack may go when all is done.")
	documented["change `id`"].try(t, c)
	says(t, "guide.md", "Their keys have the billing account and not the id, so they are the same in both buckets.")
	renamed := c.by(t, nil, id("tabby-cafe", "superb"))
	if a, b := factsOf(t, renamed.before[key(cafe)])["prefix"], factsOf(t, renamed.after[key("tenant-superb")])["prefix"]; a != b {
		t.Errorf("keys begin with %q and %q", a, b)
	}

	says(t, "guide.md", "**To another billing account**: the stack, the address and the buckets stay.")
	documented["change `billingAccount`"].try(t, c)

	// The table of what stays is held here by the types, for tables, domains and buckets.
	d := c.by(t, nil, nil)
	for _, s := range d.after {
		now := newCloud(c.registry)
		now.deploy(s)
		now.destroy(s.key())
		var got []string
		for _, p := range now.kept {
			got = append(got, p.id)
		}
		slices.Sort(got)
		if want := ids(s, "AWS::DynamoDB::Table", "AWS::OpenSearchService::Domain", "AWS::S3::Bucket"); !slices.Equal(slices.Compact(got), want) {
			t.Errorf("%s leaves %q behind, want %q", s.key(), got, want)
		}
		// "Their names are fixed. So a tenant or cell of the same name finds them taken".
		var taken []string
		for _, met := range now.deploy(s) {
			taken = append(taken, met.of.id)
		}
		if slices.Sort(taken); !slices.Equal(slices.Compact(taken), slices.Compact(got)) {
			t.Errorf("%s finds %q taken, want %q", s.key(), taken, got)
		}
	}
}

// A table with another sort key is another table.
func TestGuideOfSortKeys(t *testing.T) {
	says(t, "guide.md", "For a new `sortKey` declare a table of another name and copy the rows.")
	c := newChanger(t)
	before := c.stacks(t, shipped(t))
	contract := *c.contract
	contract.Tables = slices.Clone(contract.Tables)
	for i := range contract.Tables {
		if contract.Tables[i].Name == "breeds" {
			contract.Tables[i].SortKey = "name"
		}
	}
	other := &changer{&contract, c.registry}
	d := c.between(t, before, other.stacks(t, shipped(t)))
	if d.met("BreedsTable"); len(d.clashes) != 3 || d.clashes[0].why != "KeySchema" {
		t.Errorf("another sort key meets %v, want a table of the cell and of two tenants that would have to be replaced", d.clashes)
	}
}
