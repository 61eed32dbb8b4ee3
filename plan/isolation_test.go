package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/tenant"
)

func role(t *testing.T, tenant plan.Tenant, id string) plan.Role {
	t.Helper()
	for _, r := range tenant.Roles {
		if r.LogicalID == id {
			return r
		}
	}
	t.Fatalf("tenant %s has no role %s", tenant.ID, id)
	return plan.Role{}
}

func statement(t *testing.T, r plan.Role, sid string) iam.Statement {
	t.Helper()
	for _, s := range r.Policy.Statement {
		if s.Sid == sid {
			return s
		}
	}
	t.Fatalf("role %s has no statement %s", r.Name, sid)
	return iam.Statement{}
}

func planned(t *testing.T, change func(*tenant.File)) map[string]plan.Tenant {
	t.Helper()
	f, c := shipped(t)
	if change != nil {
		change(f)
	}
	out := map[string]plan.Tenant{}
	for _, x := range build(t, f, c, plan.Selection{}).Tenants {
		out[x.ID] = x
	}
	return out
}

// Every statement that reaches a table has the exact keys of its tenant, both guards, and
// item actions that carry the keys.
func TestEveryTableStatementIsGuarded(t *testing.T) {
	carry := []string{
		"dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem",
		"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
	}
	statements := 0
	for id, x := range planned(t, nil) {
		for _, r := range x.Roles {
			for _, s := range r.Policy.Statement {
				if !slices.ContainsFunc(s.Action, func(a string) bool { return strings.HasPrefix(a, "dynamodb:") }) {
					continue
				}
				statements++
				keys := s.Condition["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"]
				// Who serves rows also reads how they are keyed; who indexes them does not.
				want := []string{plan.LayoutKey(x.BillingAccount)}
				if strings.HasPrefix(s.Sid, "ReadIndexed") {
					want = nil
				}
				if !slices.Equal(keys, append(slices.Clone(x.PartitionKeys), want...)) && !slices.Equal(keys, append([]string{x.BillingAccount}, want...)) {
					t.Errorf("%s %s %s: leading keys %v", id, r.Name, s.Sid, keys)
				}
				for _, key := range keys {
					if strings.ContainsAny(key, "*?$") || (key != x.BillingAccount && !strings.HasPrefix(key, x.BillingAccount+"#")) {
						t.Errorf("%s %s %s: leading key %q", id, r.Name, s.Sid, key)
					}
				}
				if got := s.Condition["Null"]["dynamodb:LeadingKeys"]; !slices.Equal(got, []string{"false"}) {
					t.Errorf("%s %s %s: guard Null is %v", id, r.Name, s.Sid, got)
				}
				if got := s.Condition["ForAnyValue:StringLike"]["dynamodb:LeadingKeys"]; !slices.Equal(got, []string{"*"}) {
					t.Errorf("%s %s %s: guard ForAnyValue is %v", id, r.Name, s.Sid, got)
				}
				for _, action := range s.Action {
					if !slices.Contains(carry, action) {
						t.Errorf("%s %s %s: action %s", id, r.Name, s.Sid, action)
					}
				}
			}
		}
	}
	if statements < 20 {
		t.Errorf("only %d statements on tables were seen", statements)
	}
}

func TestShardsAreExactKeys(t *testing.T) {
	four := 4
	x := planned(t, func(f *tenant.File) {
		for i := range f.Tenants {
			if f.Tenants[i].BillingAccount == "12345" {
				f.Tenants[i].KeyShards = &four
			}
		}
	})["super-awesome-customer"]
	want := []string{"12345#0", "12345#1", "12345#2", "12345#3"}
	if diff := cmp.Diff(want, x.PartitionKeys); diff != "" {
		t.Error(diff)
	}
	writer := role(t, x, "WriterRole")
	sharded := statement(t, writer, "ReadWriteShardedRows")
	if diff := cmp.Diff(append(slices.Clone(want), "12345#layout"), sharded.Condition["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"]); diff != "" {
		t.Error(diff)
	}
	if want := []string{"arn:aws:dynamodb:eu-central-1:111111111111:table/kittens_cell_eu-1_kittens"}; !slices.Equal(sharded.Resource, want) {
		t.Errorf("sharded tables are %v, want %v", sharded.Resource, want)
	}
	// A table that is not sharded keeps the plain key.
	plain := statement(t, writer, "ReadRows")
	if got := plain.Condition["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"]; !slices.Equal(got, []string{"12345", "12345#layout"}) {
		t.Errorf("keys of an unsharded table are %v", got)
	}
	for _, f := range x.Functions {
		if f.LogicalID == "KittensGetFn" && f.Environment["KEY_SHARDS"] != "4" {
			t.Errorf("KEY_SHARDS is %q", f.Environment["KEY_SHARDS"])
		}
	}
}

// Whoever writes a tenant's index reads the rows that go there, and no others: those of searched tables, with the
// tenant's keys, in the tables that the tenant has. The cell's indexer reads none with its own role.
func TestIndexersReadTheirTenantsRows(t *testing.T) {
	for _, test := range []struct {
		data   tenant.Isolation
		shards int
		sid    string
		want   []string
		table  string
	}{
		{tenant.Shared, 1, "ReadIndexedRows", []string{"12345"}, "kittens_cell_eu-1_kittens"},
		{tenant.Shared, 3, "ReadIndexedShardedRows", []string{"12345#0", "12345#1", "12345#2"}, "kittens_cell_eu-1_kittens"},
		{tenant.Shared, 64, "ReadIndexedShardedRows", nil, "kittens_cell_eu-1_kittens"},
		{tenant.Dedicated, 1, "ReadIndexedRows", []string{"12345"}, "kittens_tenant_super-awesome-customer_kittens"},
		{tenant.Dedicated, 64, "ReadIndexedShardedRows", nil, "kittens_tenant_super-awesome-customer_kittens"},
	} {
		t.Run(fmt.Sprintf("%s data, %d shards", test.data, test.shards), func(t *testing.T) {
			x := planned(t, func(f *tenant.File) {
				for i := range f.Tenants {
					if f.Tenants[i].ID == "super-awesome-customer" {
						f.Tenants[i].Data, f.Tenants[i].KeyShards = &test.data, &test.shards
					}
				}
			})["super-awesome-customer"]
			var writer plan.Role
			if x.Indexer != nil {
				writer = x.Indexer.Role
			} else {
				writer = role(t, x, "IndexWriterRole")
			}
			s := statement(t, writer, test.sid)
			keys := s.Condition["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"]
			if want := test.want; want != nil && !slices.Equal(keys, want) || !slices.Equal(keys, x.PartitionKeys) {
				t.Errorf("keys %v, want %v", keys, x.PartitionKeys)
			}
			for _, guard := range []string{"Null", "ForAnyValue:StringLike"} {
				if len(s.Condition[guard]["dynamodb:LeadingKeys"]) != 1 {
					t.Errorf("there is no guard %s", guard)
				}
			}
			if want := []string{"arn:aws:dynamodb:eu-central-1:111111111111:table/" + test.table}; !slices.Equal(s.Resource, want) {
				t.Errorf("tables %v, want %v", s.Resource, want)
			}
			if want := []string{"dynamodb:BatchGetItem"}; !slices.Equal(s.Action, want) {
				t.Errorf("actions %v, want %v", s.Action, want)
			}
		})
	}
	f, c := shipped(t)
	for _, cell := range build(t, f, c, plan.Selection{}).Cells {
		if cell.Indexer == nil {
			continue
		}
		for _, s := range cell.Indexer.Role.Policy.Statement {
			for _, action := range s.Action {
				if strings.HasPrefix(action, "dynamodb:") && !strings.HasSuffix(s.Resource[0], "/stream/*") {
					t.Errorf("cell %s: %s allows %s on %v", cell.Name, s.Sid, action, s.Resource)
				}
			}
		}
	}
}

// A read-only table gets no action that writes.
func TestReadOnlyTable(t *testing.T) {
	for id, x := range planned(t, nil) {
		for _, r := range x.Roles {
			for _, s := range r.Policy.Statement {
				if !slices.ContainsFunc(s.Resource, func(arn string) bool { return strings.HasSuffix(arn, "_breeds") }) {
					continue
				}
				if want := []string{"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"}; !slices.Equal(s.Action, want) {
					t.Errorf("%s %s %s: actions on breeds are %v, want %v", id, r.Name, s.Sid, s.Action, want)
				}
			}
		}
	}
}

// Data and search are placed independently of each other.
func TestPlacements(t *testing.T) {
	for _, test := range []struct {
		data, search            tenant.Isolation
		table, domain           string
		ownTables, ownDomain    bool
		indexWriter, ownIndexer bool
		endpointIsCells         bool
		parameter               string
	}{
		{data: tenant.Shared, search: tenant.Shared, table: "kittens_cell_eu-1_kittens", indexWriter: true, endpointIsCells: true},
		{data: tenant.Shared, search: tenant.Dedicated, table: "kittens_cell_eu-1_kittens", ownDomain: true, indexWriter: true, parameter: "/kittens/cell/eu-1/search-endpoints/12345"},
		{data: tenant.Dedicated, search: tenant.Shared, table: "kittens_tenant_super-awesome-customer_kittens", ownTables: true, ownIndexer: true, endpointIsCells: true},
		{data: tenant.Dedicated, search: tenant.Dedicated, table: "kittens_tenant_super-awesome-customer_kittens", ownTables: true, ownDomain: true, ownIndexer: true,
			parameter: "/kittens/tenant/super-awesome-customer/search-endpoint"},
	} {
		t.Run(string(test.data)+" data "+string(test.search)+" search", func(t *testing.T) {
			x := planned(t, func(f *tenant.File) {
				for i := range f.Tenants {
					if f.Tenants[i].ID == "super-awesome-customer" {
						f.Tenants[i].Data, f.Tenants[i].Search = &test.data, &test.search
					}
				}
			})["super-awesome-customer"]
			if (len(x.Tables) > 0) != test.ownTables || (x.Domain != nil) != test.ownDomain || (x.Indexer != nil) != test.ownIndexer {
				t.Errorf("own tables %d, domain %v, indexer %v", len(x.Tables), x.Domain != nil, x.Indexer != nil)
			}
			hasWriter := slices.ContainsFunc(x.Roles, func(r plan.Role) bool { return r.LogicalID == "IndexWriterRole" })
			if hasWriter != test.indexWriter {
				t.Errorf("index writer role: %v", hasWriter)
			}
			for _, f := range x.Functions {
				if f.LogicalID != "KittensGetFn" {
					continue
				}
				if f.Environment["TABLE_KITTENS"] != test.table {
					t.Errorf("TABLE_KITTENS is %q, want %q", f.Environment["TABLE_KITTENS"], test.table)
				}
				want := "https://${SearchDomain.DomainEndpoint}"
				if test.endpointIsCells {
					want = "{{resolve:ssm:/kittens/cell/eu-1/search-endpoint}}"
				}
				if f.Environment["SEARCH_ENDPOINT"] != want {
					t.Errorf("SEARCH_ENDPOINT is %q, want %q", f.Environment["SEARCH_ENDPOINT"], want)
				}
			}
			if test.ownDomain && x.Domain.EndpointParameter != test.parameter {
				t.Errorf("endpoint parameter is %q, want %q", x.Domain.EndpointParameter, test.parameter)
			}
			for _, s := range role(t, x, "ReaderRole").Policy.Statement {
				for _, arn := range s.Resource {
					if strings.Contains(arn, ":domain/") && !strings.Contains(arn, "/12345/") {
						t.Errorf("%s: resource %s is not below the tenant's index", s.Sid, arn)
					}
				}
			}
		})
	}
}

// A domain that sets one field has the defaults of the others, in a cell and in a tenant.
func TestDomainSizes(t *testing.T) {
	f, c := shipped(t)
	cell := f.Cells["eu-1"]
	cell.Domain = &tenant.Domain{InstanceCount: 2}
	f.Cells["eu-1"] = cell
	for i := range f.Tenants {
		if f.Tenants[i].ID == "purrfect-bank" {
			f.Tenants[i].Domain = &tenant.Domain{VolumeGiB: 50}
		}
	}
	p := build(t, f, c, plan.Selection{Cells: []string{"eu-1"}})
	if d := p.Cells[0].Domain; d.InstanceType != "t3.small.search" || d.InstanceCount != 2 || d.VolumeGiB != 10 {
		t.Errorf("domain of the cell: %s, %d nodes, %d GiB", d.InstanceType, d.InstanceCount, d.VolumeGiB)
	}
	for _, x := range p.Tenants {
		if d := x.Domain; d != nil && (d.InstanceType != "t3.small.search" || d.InstanceCount != 1 || d.VolumeGiB != 50) {
			t.Errorf("domain of %s: %s, %d nodes, %d GiB", x.ID, d.InstanceType, d.InstanceCount, d.VolumeGiB)
		}
	}
}

// TestProviderOrigins lets the page talk to the origins of an identity provider that has more
// than one.
func TestProviderOrigins(t *testing.T) {
	f, c := shipped(t)
	f.Platform.IdentityProvider.Origins = []string{"https://kittens.auth.eu-central-1.amazoncognito.com"}
	for _, cell := range build(t, f, c, plan.Selection{}).Cells {
		directives := map[string]string{}
		for directive := range strings.SplitSeq(cell.Headers.ContentSecurityPolicy, "; ") {
			name, sources, _ := strings.Cut(directive, " ")
			directives[name] = sources
		}
		for name, sources := range directives {
			has := strings.Contains(sources, "https://id.example.com https://kittens.auth.eu-central-1.amazoncognito.com")
			if want := name == "connect-src" || name == "frame-src" || name == "form-action"; has != want {
				t.Errorf("cell %s: %s %s", cell.Name, name, sources)
			}
		}
	}
}
