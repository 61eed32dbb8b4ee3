package plan

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/plan/layout"
	"github.com/tenantstack/tenantstack/tenant"
)

// tenantBuilder holds what the parts of one tenant's plan are computed from.
type tenantBuilder struct {
	file           *tenant.File
	contract       *api.Contract
	contractTables map[string]api.Table
	tenant         tenant.Tenant
	settings       tenant.Tier
	cell           tenant.Cell
	// scope is the tenant's, cellScope its cell's; data and search are whichever of the
	// two owns the tables and the domain.
	scope, cellScope, data, search scope
	partitionKeys                  []string
	// where the tenant's data is.
	where layout.Layout
}

func newTenantBuilder(f *tenant.File, c *api.Contract, t tenant.Tenant) *tenantBuilder {
	cell := f.Cells[t.Cell]
	env := environment(cell)
	b := &tenantBuilder{
		file: f, contract: c, tenant: t, settings: f.Settings(t), cell: cell,
		contractTables: map[string]api.Table{},
		scope:          scope{f.Platform.Name, "tenant", t.ID, env},
		cellScope:      scope{f.Platform.Name, "cell", t.Cell, env},
	}
	for _, table := range c.Tables {
		b.contractTables[table.Name] = table
	}
	b.data, b.search = b.cellScope, b.cellScope
	if b.settings.Data == tenant.Dedicated {
		b.data = b.scope
	}
	if b.settings.Search == tenant.Dedicated {
		b.search = b.scope
	}
	b.partitionKeys = partitionKeys(t.BillingAccount, b.settings.KeyShards)
	b.where = b.layout()
	return b
}

func environment(c tenant.Cell) Environment {
	return Environment{Partition: partition(c.Region), Account: c.AWSAccount, Region: c.Region}
}

func (b *tenantBuilder) build() *Tenant {
	t := &Tenant{
		ID: b.tenant.ID, BillingAccount: b.tenant.BillingAccount, Name: b.tenant.Name,
		Cell: b.tenant.Cell, Tier: b.tenant.Tier, Wave: b.tenant.Wave,
		Stack: b.scope.stack(), TerminationProtection: b.tenant.Protected(), Environment: b.scope.env,
		Tags: map[string]string{
			"platform": b.file.Platform.Name, "tenant": b.tenant.ID, "billing-account": b.tenant.BillingAccount,
			"cell": b.tenant.Cell, "tier": b.tenant.Tier,
		},
		PartitionKeys: b.partitionKeys,
		LogGroups:     b.logGroups(),
		Functions:     b.functions(),
		Uploads:       b.uploads(),
		Web:           b.web(),
		AlarmTopicArn: b.cell.AlarmTopicArn,
	}
	t.Roles = b.roles()
	t.API = b.api(t.Functions)
	if b.dedicatedData() {
		t.Tables = tables(b.scope, b.contract)
		t.Indexer = b.indexer(t.Tables)
	}
	if b.dedicatedSearch() {
		t.Domain = domain(b.scope, *b.settings.Domain, b.settings.LogRetentionDays, b.endpointParameter())
	}
	t.Layout = b.where
	t.Metrics = b.metrics()
	t.Alarms = b.alarms(t)
	return t
}

func (b *tenantBuilder) dedicatedData() bool   { return b.settings.Data == tenant.Dedicated }
func (b *tenantBuilder) dedicatedSearch() bool { return b.settings.Search == tenant.Dedicated }

// searched says whether any table is indexed for search.
func (b *tenantBuilder) searched() bool {
	return slices.ContainsFunc(b.contract.Tables, func(t api.Table) bool { return t.Search })
}

// endpointParameter tells where the tenant's own domain answers. The cell's indexer looks for it
// under the billing account, when the rows are shared.
func (b *tenantBuilder) endpointParameter() string {
	if b.dedicatedData() {
		return b.scope.parameterName(domainEndpoint)
	}
	return b.cellScope.parameterName(tenantEndpoints) + b.tenant.BillingAccount
}

// uploadsFolder begins the key of every uploaded file.
const uploadsFolder = "uploads"

func (b *tenantBuilder) uploadsPrefix() string {
	return uploadsFolder + "/" + b.tenant.BillingAccount + "/"
}

// unit is an operation or an event of the contract: what one function runs.
type unit struct {
	// id is the handler, functionID the logical id of the function.
	id, functionID, description string
	function                    api.Function
	// place in the contract, and that of what says how it runs.
	place, runs []string
}

// units of the contract.
func units(c *api.Contract) []unit {
	var out []unit
	for _, o := range c.Operations {
		place := []string{"paths", o.Path, strings.ToLower(o.Method)}
		out = append(out, unit{o.ID, o.FunctionID(), description(o.Method + " " + o.Path), o.Function, place, append(place[:3:3], "x-function")})
	}
	for _, e := range c.Events {
		place := []string{"x-events", e.ID}
		out = append(out, unit{e.ID, e.FunctionID(), description("Works on objects created in " + e.ObjectCreated), e.Function, place, place})
	}
	return out
}

// description of a function has at most 256 characters (AWS Lambda API Reference,
// "CreateFunction").
func description(s string) string {
	const most = 256
	if len(s) <= most {
		return s
	}
	return s[:most-3] + "..."
}

// packages are the folders of functions/ that the contract uses, sorted.
func packages(c *api.Contract) []string {
	names := map[string]bool{}
	for _, u := range units(c) {
		names[u.function.Package] = true
	}
	return slices.Sorted(maps.Keys(names))
}

const (
	authorizerPackage = "authorizer"
	authorizerID      = "AuthorizerFn"
	indexerPackage    = "indexer"
	// accessLog cannot be a package: those have no hyphen.
	accessLog = "api-access"
)

func (b *tenantBuilder) packageLogGroup(pkg string) LogGroup {
	return b.scope.logGroup(logicalID(pkg)+"LogGroup", pkg, b.settings.LogRetentionDays)
}

func (b *tenantBuilder) logGroups() []LogGroup {
	names := append(packages(b.contract), authorizerPackage)
	groups := []LogGroup{b.scope.logGroup("AccessLogGroup", accessLog, b.settings.LogRetentionDays)}
	for _, pkg := range names {
		groups = append(groups, b.packageLogGroup(pkg))
	}
	slices.SortFunc(groups, func(a, b LogGroup) int { return cmp.Compare(a.Name, b.Name) })
	return groups
}

// functions has one function an operation or event, and the authorizer.
func (b *tenantBuilder) functions() []Function {
	var out []Function
	for _, u := range units(b.contract) {
		grants := allGrants(b.contract, u.function)
		out = append(out, Function{
			LogicalID: u.functionID, Name: b.scope.functionName(u.functionID), Arn: b.scope.functionArn(u.functionID),
			Description: u.description,
			Package:     u.function.Package, Handler: u.id, Role: roleID(u),
			LogGroup: b.packageLogGroup(u.function.Package).Name,
			Timeout:  u.function.Timeout, Memory: u.function.Memory,
			Environment:   b.operationEnvironment(grants),
			RecursiveLoop: grants.InvokeSelf,
		})
	}
	out = append(out, b.authorizer())
	slices.SortFunc(out, func(a, b Function) int { return cmp.Compare(a.LogicalID, b.LogicalID) })
	return out
}

func (b *tenantBuilder) authorizer() Function {
	idp := b.file.Platform.IdentityProvider
	env := map[string]string{
		"TENANT": b.tenant.ID, "BILLING_ACCOUNT": b.tenant.BillingAccount,
		"ISSUER": idp.Issuer, "AUDIENCE": idp.Audience,
	}
	if idp.JWKSURI != "" {
		env["JWKS_URI"] = idp.JWKSURI
	}
	if sources := b.accountSources(); sources != "" {
		env["ACCOUNT_SOURCES"] = sources
	}
	return Function{
		LogicalID: authorizerID, Name: b.scope.functionName(authorizerID), Arn: b.scope.functionArn(authorizerID),
		Description: "Decides whether a token allows an operation",
		Package:     authorizerPackage, Handler: authorizerPackage, Role: "AuthorizerRole",
		LogGroup: b.packageLogGroup(authorizerPackage).Name,
		Timeout:  10, Memory: 256, Environment: env,
	}
}

// operationEnvironment names what the grants allow and nothing else.
func (b *tenantBuilder) operationEnvironment(g api.Grants) map[string]string {
	env := map[string]string{
		"TENANT": b.tenant.ID, "BILLING_ACCOUNT": b.tenant.BillingAccount,
		"CORS_ALLOW_ORIGIN": b.contract.CORS.AllowOrigin,
	}
	for table, access := range g.Tables {
		env["TABLE_"+environmentName(table)] = b.data.tableName(table)
		env["LAYOUT_"+environmentName(table)] = b.storedLayout(table, access)
		if b.contractTables[table].Sharded {
			env["KEY_SHARDS"] = strconv.Itoa(b.settings.KeyShards)
		}
	}
	if g.Search != api.None {
		env["SEARCH_ENDPOINT"] = b.searchEndpoint()
		env["SEARCH_INDEX"] = b.tenant.BillingAccount
	}
	if len(g.Uploads) > 0 {
		env["SITE_URL"] = "https://" + b.host()
		env["UPLOADS_BUCKET"] = b.scope.bucketName(uploadsBucket)
		env["UPLOADS_PREFIX"] = b.uploadsPrefix()
	}
	return env
}

// searchEndpoint is known to AWS alone: of the tenant's own domain it is an attribute,
// of the cell's a parameter.
func (b *tenantBuilder) searchEndpoint() string {
	if b.dedicatedSearch() {
		return "https://${" + domainID + ".DomainEndpoint}"
	}
	return resolveSSM(b.cellScope.parameterName(domainEndpoint))
}

// allGrants are the role's and the function's own.
func allGrants(c *api.Contract, f api.Function) api.Grants {
	var g api.Grants
	for _, r := range c.Roles {
		if r.Name == f.Role {
			g = r.Grants
		}
	}
	return merge(g, f.Extra)
}

// merge is what either of two grants allows.
func merge(a, b api.Grants) api.Grants {
	return api.Grants{
		Tables: mergeAccess(a.Tables, b.Tables), Search: widest(a.Search, b.Search), Uploads: mergeAccess(a.Uploads, b.Uploads),
		InvokeSelf: a.InvokeSelf || b.InvokeSelf,
	}
}

func mergeAccess(a, b map[string]api.Access) map[string]api.Access {
	out := map[string]api.Access{}
	maps.Copy(out, a)
	for name, access := range b {
		out[name] = widest(out[name], access)
	}
	return out
}

func widest(a, b api.Access) api.Access {
	switch {
	case a == b || b == api.None:
		return a
	case a == api.None:
		return b
	case !a.Writes() && !b.Writes():
		return api.ReadDelete
	}
	return api.ReadWrite
}
