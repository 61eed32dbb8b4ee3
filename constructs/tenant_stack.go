package constructs

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	cdk "github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/tenantstack/tenantstack/plan"
)

// Scope is where a construct is made: an app, a stage, a stack or another construct.
type Scope = cdk.Construct

// Code is a zip file with the bootstrap of a package of functions.
type Code struct {
	// Path of the zip file.
	Path string
	// Hash of its contents. By default the CDK computes it, in every stack again.
	Hash string
}

// TenantStackProps say what a tenant's stack consists of.
type TenantStackProps struct {
	// Tenant is the tenant's plan.
	Tenant plan.Tenant
	// Code by package of functions: every package of the plan's functions.
	Code map[string]Code
}

// NewTenantStack makes the stack of one tenant: functions, roles, REST API, uploads, web
// distribution, alarms, and the tables and the search domain that are the tenant's alone.
// It panics, as constructs of the CDK do, when props are incomplete.
func NewTenantStack(scope Scope, id string, props *TenantStackProps) awscdk.Stack {
	t := props.Tenant
	stack := newStack(scope, id, stackProps{
		name: t.Stack, environment: t.Environment, tags: t.Tags, terminationProtection: t.TerminationProtection,
		description: fmt.Sprintf("Tenant %s, billing account %s", t.ID, t.BillingAccount),
	})
	code := NewAssets(stack, "Code", &AssetsProps{Code: props.Code, Packages: t.Packages()})
	groups := NewLogGroups(stack, "LogGroups", &LogGroupsProps{LogGroups: t.LogGroups})
	roles := NewRoles(stack, "Roles", &RolesProps{Roles: t.Roles})
	if len(t.Tables) > 0 {
		tables := NewTables(stack, "Tables", &TablesProps{Tables: t.Tables})
		if t.Indexer != nil {
			NewIndexer(stack, "Indexer", &IndexerProps{Indexer: *t.Indexer, Tables: tables, Code: code})
		}
	}
	if t.Domain != nil {
		NewSearchDomain(stack, "Search", &SearchDomainProps{Domain: *t.Domain})
	}
	functions := NewFunctions(stack, "Functions", &FunctionsProps{Functions: t.Functions, Roles: roles, LogGroups: groups, Code: code})
	api := NewRestAPI(stack, "Api", &RestAPIProps{API: t.API, Roles: roles, LogGroups: groups})
	uploads := NewPrivateBucket(stack, "Uploads", &PrivateBucketProps{
		Bucket: t.Uploads, Account: t.Environment.Account, Functions: functions, ExpireUnfinishedDays: 1, Versioned: true,
	})
	NewWebsite(stack, "Web", &WebsiteProps{Web: t.Web, API: api, Uploads: uploads, Environment: t.Environment, Comment: t.Stack})
	NewMetrics(stack, "Metrics", &MetricsProps{Metrics: t.Metrics, LogGroup: groups.Name(t.API.AccessLog)})
	NewAlarms(stack, "Alarms", &AlarmsProps{Alarms: t.Alarms, TopicArn: t.AlarmTopicArn})
	outputs(stack, t, api)
	return stack
}

// outputs tell a person where the tenant lives. Nothing is exported.
func outputs(stack awscdk.Stack, t plan.Tenant, api RestAPI) {
	awscdk.NewCfnOutput(stack, jsii.String("Url"), &awscdk.CfnOutputProps{
		Value: jsii.String("https://" + t.Web.Host), Description: jsii.String("Where the tenant lives"),
	})
	awscdk.NewCfnOutput(stack, jsii.String("ApiId"), &awscdk.CfnOutputProps{
		Value: api.ID, Description: jsii.String("REST API behind the distribution"),
	})
	awscdk.NewCfnOutput(stack, jsii.String("Layout"), &awscdk.CfnOutputProps{
		Value: jsii.String(t.Layout.Digest()), Description: jsii.String("Digest of where the tenant's data is (tenants.lock.yaml)"),
	})
}
