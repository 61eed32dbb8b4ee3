package plan

import (
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/tenant"
)

// cellBuilder holds what the parts of one cell's plan are computed from.
type cellBuilder struct {
	file     *tenant.File
	contract *api.Contract
	name     string
	cell     tenant.Cell
	scope    scope
	// sharedData and sharedSearch say whether any tenant of the cell shares.
	sharedData, sharedSearch bool
}

// cellRetention is how many days a cell keeps its own logs.
const cellRetention = 90

func newCellBuilder(f *tenant.File, c *api.Contract, name string) *cellBuilder {
	b := &cellBuilder{file: f, contract: c, name: name, cell: f.Cells[name]}
	b.scope = scope{f.Platform.Name, "cell", name, environment(b.cell)}
	for _, t := range f.Tenants {
		if t.Cell != name {
			continue
		}
		s := f.Settings(t)
		b.sharedData = b.sharedData || s.Data == tenant.Shared
		b.sharedSearch = b.sharedSearch || s.Search == tenant.Shared
	}
	return b
}

func (b *cellBuilder) build() *Cell {
	c := &Cell{
		Name: b.name, Stack: b.scope.stack(), TerminationProtection: b.cell.Protected(), Environment: b.scope.env,
		Tags:           map[string]string{"platform": b.file.Platform.Name, "cell": b.name},
		HostedZoneID:   b.cell.HostedZoneID,
		CertificateArn: b.cell.CertificateArn,
		LogsBucket:     b.scope.bucketName(logsBucket),
		APIGatewayRole: b.apiGatewayRole(),
		SearchLogs:     b.searchLogs(),
		Headers: Headers{
			Name:                  b.scope.sharedName(),
			ContentSecurityPolicy: b.contentSecurityPolicy(),
			Parameter:             b.scope.parameterName(headersParameter),
		},
		Router:           b.scope.edgeFunction(routerFunction),
		LogRetentionDays: cellRetention,
		AlarmTopicArn:    b.cell.AlarmTopicArn,
	}
	if slices.Contains(b.file.Platform.AccountSources, tenant.AccountFromHost) {
		f := b.scope.edgeFunction(viewerHostFunction)
		c.ViewerHost = &f
	}
	if b.cell.OriginAccess == tenant.OriginAccessControl {
		c.OriginAccessControl = &OriginAccessControl{
			Name: b.scope.sharedName(), Parameter: b.scope.parameterName(accessControlParameter),
		}
	}
	if b.sharedSearch {
		c.Domain = domain(b.scope, b.cell.SearchDomain(), cellRetention, b.scope.parameterName(domainEndpoint))
	}
	if b.sharedData {
		c.Tables = tables(b.scope, b.contract)
		c.Indexer = b.indexer(c.Tables)
	}
	if c.Indexer != nil {
		c.Alarms = named(b.scope, indexerAlarms(c.Indexer))
	}
	return c
}

// indexer of the shared tables. It may write no index itself: for each account in a batch
// it becomes that account's index writer.
func (b *cellBuilder) indexer(all []Table) *Indexer {
	env := map[string]string{
		"INDEX_WRITER_ROLE_ARN_PREFIX":     b.scope.indexWriterArnPrefix(),
		"SEARCH_ENDPOINT_PARAMETER_PREFIX": b.scope.parameterName(tenantEndpoints),
	}
	if b.sharedSearch {
		env["SEARCH_ENDPOINT"] = "https://${" + domainID + ".DomainEndpoint}"
	}
	return newIndexer(b.scope, all, cellRetention, env,
		allow("BecomeIndexWriter", []string{"sts:AssumeRole"}, []string{b.scope.indexWriterArnPrefix() + "*"}),
		allow("FindDomains", []string{"ssm:GetParameter"}, []string{b.scope.arn("ssm", "parameter"+b.scope.parameterName(tenantEndpoints)+"*")}),
	)
}

// apiGatewayRole is what an account's API Gateway writes logs with (API Gateway Developer
// Guide, "Set up CloudWatch logging for REST APIs").
func (b *cellBuilder) apiGatewayRole() Role {
	return b.scope.role("ApiGatewayLogsRole", "Lets API Gateway write logs", trust("apigateway.amazonaws.com"),
		allow("WriteLogs", []string{
			"logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams",
			"logs:FilterLogEvents", "logs:GetLogEvents", "logs:PutLogEvents",
		}, []string{"*"}))
}

// searchLogs covers the domains of the cell and of its tenants: an account has room for
// ten such policies (CloudWatch Logs quotas).
func (b *cellBuilder) searchLogs() SearchLogPolicy {
	groups := func(kind string) string {
		return b.scope.arn("logs", "log-group:/"+b.file.Platform.Name+"/"+kind+"/*/"+searchLogs+"*:*")
	}
	return SearchLogPolicy{
		Name: b.scope.stack() + "-search-logs",
		Document: iam.NewDocument(iam.Statement{
			Sid: "OpenSearchWritesLogs", Effect: iam.Allow, Principal: map[string][]string{"Service": {"es.amazonaws.com"}},
			Action:   []string{"logs:CreateLogStream", "logs:PutLogEvents", "logs:PutLogEventsBatch"},
			Resource: []string{groups("cell"), groups("tenant")},
			Condition: iam.Condition{
				"StringEquals": {"aws:SourceAccount": {b.cell.AWSAccount}},
				"ArnLike":      {"aws:SourceArn": {b.scope.arn("es", "domain/*")}},
			},
		}),
	}
}

// contentSecurityPolicy allows the application, the identity provider and signed uploads,
// which go to the bucket itself; photos come from the site. A frame that renews a session ends
// on a page of the application.
func (b *cellBuilder) contentSecurityPolicy() string {
	idp := b.file.Platform.IdentityProvider
	provider := strings.Join(append([]string{origin(idp.Issuer)}, idp.Origins...), " ")
	files := "https://*.s3." + b.cell.Region + "." + b.scope.env.DNSSuffix()
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "font-src 'self'", "manifest-src 'self'",
		"img-src 'self' blob:", "connect-src 'self' " + provider + " " + files, "frame-src 'self' " + provider,
		"form-action " + provider, "base-uri 'none'", "frame-ancestors 'self'", "object-src 'none'", "upgrade-insecure-requests",
	}, "; ")
}

// origin of a URL: its scheme and authority (RFC 6454 section 4).
func origin(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		return url
	}
	authority, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + authority
}
