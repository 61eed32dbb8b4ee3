package templates

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/tenant"
)

// placements are where a tenant's data and search can be.
var placements = [][2]tenant.Isolation{
	{tenant.Shared, tenant.Shared}, {tenant.Shared, tenant.Dedicated},
	{tenant.Dedicated, tenant.Shared}, {tenant.Dedicated, tenant.Dedicated},
}

// generated are files with every kind of tenant in every kind of cell: a cell has tables if any of its tenants
// shares data, and a domain if any shares search. In the last, a cell lies beside another of the same account.
func generated(t *testing.T) map[string]*tenant.File {
	t.Helper()
	out := map[string]*tenant.File{}
	for i, set := range [][]int{{}, {0}, {1}, {2}, {3}, {1, 2}, {0, 1, 2, 3}} {
		f, err := tenant.Load(tenantsFile)
		if err != nil {
			t.Fatal(err)
		}
		first := f.Tenants[0]
		f.Tenants = nil
		name := []string{"tenants"}
		for _, kind := range set {
			one, p := first, placements[kind]
			one.ID = fmt.Sprintf("%s-%s", p[0], p[1])
			one.BillingAccount, one.Data, one.Search = one.ID, &p[0], &p[1]
			f.Tenants = append(f.Tenants, one)
			name = append(name, one.ID)
		}
		f.Cells = map[string]tenant.Cell{"eu-1": f.Cells["eu-1"]}
		if len(set) == len(placements) {
			f.Cells["eu-2"] = f.Cells["eu-1"]
			first.Cell = "eu-2"
			f.Tenants = append(f.Tenants, first)
			name = append(name, first.ID)
		}
		f.Platform.AccountSources = []tenant.AccountSource{tenant.AccountFromHost, tenant.AccountFromPath}[:i%3]
		out[strings.Join(name, " ")] = f
	}
	return out
}

// TestOrder holds the order of everything that is made, for every kind of tenant and cell.
func TestOrder(t *testing.T) {
	contract, err := api.Load(contractFile)
	if err != nil {
		t.Fatal(err)
	}
	applied := map[string]int{}
	for name, f := range generated(t) {
		t.Run(name, func(t *testing.T) {
			p, err := plan.Build(f, contract, plan.Selection{})
			if err != nil {
				t.Fatal(err)
			}
			found, times := deploymentOf(t, synth(t, p)).violations(orderRules)
			for _, problem := range found {
				t.Error(problem)
			}
			for rule, n := range times {
				applied[rule] += n
			}
		})
	}
	for _, r := range orderRules {
		if applied[r.name] == 0 {
			t.Errorf("no resource was held against the rule: %s", r.name)
		}
	}
}

// orderCase is a small deployment: templates by stack, as the members of Resources.
type orderCase struct {
	name   string
	stacks map[string]string
	// after are the stacks that are deployed before a stack.
	after map[string][]string
	// want is part of the one violation; empty if there is none.
	want string
}

const (
	account1 = `"Account":{"Type":"AWS::ApiGateway::Account","Properties":{"CloudWatchRoleArn":"arn:aws:iam::111111111111:role/logs"}}`
	domain   = `"Domain":{"Type":"AWS::OpenSearchService::Domain",%s"Properties":{"DomainName":"d","LogPublishingOptions":{"ES_APPLICATION_LOGS":{"Enabled":true,"CloudWatchLogsLogGroupArn":"g"}}}}`
	policy   = `"Policy":{"Type":"AWS::Logs::ResourcePolicy","Properties":{"PolicyName":"p","PolicyDocument":"{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"es.amazonaws.com\"},\"Action\":\"logs:PutLogEvents\",\"Resource\":\"*\"}}"}}`
	stage    = `"Stage":{"Type":"AWS::ApiGateway::Stage",%s"Properties":{"RestApiId":"a","StageName":"s","MethodSettings":[{"LoggingLevel":"INFO"}]}}`
	notified = `"Bucket":{"Type":"AWS::S3::Bucket",%s"Properties":{"BucketName":"b","NotificationConfiguration":{"LambdaConfigurations":[{"Event":"s3:ObjectCreated:*","Function":{"Fn::GetAtt":["Fn","Arn"]}}]}}}`
	function = `"Fn":{"Type":"AWS::Lambda::Function","Properties":{"FunctionName":"f","Role":{"Fn::GetAtt":["Role","Arn"]}}},"Role":{"Type":"AWS::IAM::Role","Properties":{"RoleName":"r"}}`
	allowed  = `"Permission":{"Type":"AWS::Lambda::Permission","Properties":{"FunctionName":{"Ref":"Fn"},"Principal":"s3.amazonaws.com","Action":"lambda:InvokeFunction"}}`
	mapping  = `"Mapping":{"Type":"AWS::Lambda::EventSourceMapping",%s"Properties":{"FunctionName":{"Ref":"Fn"}}}`
	attached = `"More":{"Type":"AWS::IAM::Policy","Properties":{"PolicyName":"m","Roles":[{"Ref":"Role"}],"PolicyDocument":{}}}`
	trusting = `"Writer":{"Type":"AWS::IAM::Role",%s"Properties":{"RoleName":"w","AssumeRolePolicyDocument":{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::111111111111:role/r"}}]}}}`
	logging  = `"Logging":{"Type":"AWS::S3::Bucket",%s"Properties":{"BucketName":"l","LoggingConfiguration":{"DestinationBucketName":"logs"}}}`
	logs     = `"Logs":{"Type":"AWS::S3::Bucket","Properties":{"BucketName":"logs"}},"LogsPolicy":{"Type":"AWS::S3::BucketPolicy","Properties":{"Bucket":{"Ref":"Logs"},"PolicyDocument":{}}}`
	reading  = `"Reader":{"Type":"AWS::SQS::Queue",%s"Properties":{"QueueName":"x-{{resolve:ssm:/p}}"}}`
	value    = `"Value":{"Type":"AWS::SSM::Parameter","Properties":{"Name":"/p","Type":"String","Value":"v"}}`
)

// with puts an attribute into a resource.
func with(resource, attribute string) string {
	if attribute != "" {
		attribute += ","
	}
	return fmt.Sprintf(resource, attribute)
}

func dependsOn(ids ...string) string { return `"DependsOn":` + strings.TrimSpace(encoded(ids)) }

func alone(resources ...string) map[string]string {
	return map[string]string{"one": strings.Join(resources, ",")}
}

var orderCases = []orderCase{
	{name: "domain beside its policy", stacks: alone(with(domain, ""), policy), want: "does not depend on policy of CloudWatch Logs for OpenSearch, Policy"},
	{name: "domain after its policy", stacks: alone(with(domain, dependsOn("Policy")), policy)},
	{name: "domain after what is after its policy", stacks: alone(with(domain, dependsOn("Other")), policy, `"Other":{"Type":"AWS::SQS::Queue","DependsOn":"Policy"}`)},
	{name: "domain without a policy", stacks: alone(with(domain, "")), want: "there is no policy of CloudWatch Logs for OpenSearch"},
	{name: "domain without logs", stacks: alone(`"Domain":{"Type":"AWS::OpenSearchService::Domain","Properties":{"DomainName":"d"}}`, policy)},
	{name: "domain in another stack, after", stacks: map[string]string{"cell": policy, "tenant": with(domain, "")}, after: map[string][]string{"tenant": {"cell"}}},
	{name: "domain in another stack, beside", stacks: map[string]string{"cell": policy, "tenant": with(domain, "")}, want: "its stack does not depend on that of policy of CloudWatch Logs for OpenSearch, cell Policy"},
	{name: "stage beside the account", stacks: alone(with(stage, ""), account1), want: "does not depend on account settings of API Gateway, Account"},
	{name: "stage after the account", stacks: alone(with(stage, dependsOn("Account")), account1)},
	{name: "stage of a deployment", stacks: alone(account1, `"D":{"Type":"AWS::ApiGateway::Deployment","Properties":{"RestApiId":"a","StageName":"s","StageDescription":{"AccessLogSetting":{"Format":"f"}}}}`), want: "one D: does not depend on account settings"},
	{name: "stage that logs nothing", stacks: alone(`"Stage":{"Type":"AWS::ApiGateway::Stage","Properties":{"RestApiId":"a","MethodSettings":[{"LoggingLevel":"OFF"}]}}`)},
	{name: "notification beside the permission", stacks: alone(with(notified, ""), function, allowed), want: "does not depend on AWS::Lambda::Permission"},
	{name: "notification after the permission", stacks: alone(with(notified, dependsOn("Permission")), function, allowed)},
	{name: "notification without a permission", stacks: alone(with(notified, ""), function), want: "there is no AWS::Lambda::Permission"},
	{name: "notification of a queue", stacks: alone(`"Q":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"q"}},"QP":{"Type":"AWS::SQS::QueuePolicy","Properties":{"Queues":[{"Ref":"Q"}],"PolicyDocument":{}}},
		"Bucket":{"Type":"AWS::S3::Bucket","Properties":{"NotificationConfiguration":{"QueueConfigurations":[{"Event":"s3:ObjectCreated:*","Queue":{"Fn::GetAtt":["Q","Arn"]}}]}}}`), want: "does not depend on AWS::SQS::QueuePolicy"},
	{name: "mapping beside a policy", stacks: alone(with(mapping, ""), function, attached), want: "does not depend on policy of a role that it uses, More"},
	{name: "mapping after a policy", stacks: alone(with(mapping, dependsOn("More")), function, attached)},
	{name: "trust beside its role", stacks: alone(with(trusting, ""), function), want: "does not depend on role arn:aws:iam::111111111111:role/r, Role"},
	{name: "trust after its role", stacks: alone(with(trusting, dependsOn("Role")), function)},
	{name: "trust of a role elsewhere", stacks: map[string]string{"cell": function, "tenant": with(trusting, "")}, want: "its stack does not depend on that of role"},
	{name: "bucket beside the policy of its logs", stacks: alone(with(logging, dependsOn("Logs")), logs), want: "does not depend on policy of the bucket of logs, LogsPolicy"},
	{name: "bucket after the policy of its logs", stacks: alone(with(logging, dependsOn("LogsPolicy")), logs)},
	{name: "value beside its reader", stacks: alone(with(reading, ""), value), want: "does not depend on parameter /p, Value"},
	{name: "value before its reader", stacks: alone(with(reading, dependsOn("Value")), value)},
	{name: "API beside its role", stacks: alone(function, `"Api":{"Type":"AWS::ApiGateway::RestApi","Properties":{"Body":{"credentials":"arn:aws:iam::111111111111:role/r"}}}`), want: "does not depend on role that the document names, Role"},
	{name: "API whose document refers to its role", stacks: alone(function, `"Api":{"Type":"AWS::ApiGateway::RestApi","Properties":{"Body":{"credentials":{"Fn::GetAtt":"Role.Arn"}}}}`)},
	{name: "methods beside the deployment", stacks: alone(`"Api":{"Type":"AWS::ApiGateway::RestApi"},"Method":{"Type":"AWS::ApiGateway::Method","Properties":{"RestApiId":{"Ref":"Api"}}},"D":{"Type":"AWS::ApiGateway::Deployment","Properties":{"RestApiId":{"Ref":"Api"}}}`), want: "does not depend on method of the API, Method"},
	{name: "function beside its distribution", stacks: alone(`"F":{"Type":"AWS::CloudFront::Function","Properties":{"Name":"f"}},"D":{"Type":"AWS::CloudFront::Distribution","Properties":{"FunctionARN":"arn:aws:cloudfront::111111111111:function/f"}}`), want: "does not depend on function of the distribution, F"},
	{name: "log group beside its filter", stacks: alone(`"G":{"Type":"AWS::Logs::LogGroup","Properties":{"LogGroupName":"/g"}},"M":{"Type":"AWS::Logs::MetricFilter","Properties":{"LogGroupName":"/g"}}`), want: "does not depend on log group, G"},
	{name: "log group by Sub", stacks: alone(`"G":{"Type":"AWS::Logs::LogGroup","Properties":{"LogGroupName":"/g"}},"M":{"Type":"AWS::Logs::MetricFilter","Properties":{"LogGroupName":{"Fn::Sub":"${G}"}}}`)},
}

// TestOrderRules holds the rules themselves: what each refuses and what it lets pass.
func TestOrderRules(t *testing.T) {
	for _, tt := range orderCases {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			artifacts := map[string]any{}
			for _, name := range slices.Sorted(maps.Keys(tt.stacks)) {
				file := name + ".template.json"
				if err := os.WriteFile(filepath.Join(dir, file), []byte(`{"Resources":{`+tt.stacks[name]+`}}`), 0o644); err != nil {
					t.Fatal(err)
				}
				artifacts[name] = map[string]any{"type": "aws:cloudformation:stack", "environment": "aws://111111111111/eu-central-1",
					"properties": map[string]any{"templateFile": file}, "dependencies": tt.after[name]}
			}
			manifest, err := json.Marshal(map[string]any{"version": "54.0.0", "artifacts": artifacts})
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "manifest.json"), manifest, 0o644); err != nil {
				t.Fatal(err)
			}
			a, err := cfn.ReadAssembly(dir)
			if err != nil {
				t.Fatal(err)
			}
			found, _ := deploymentOf(t, a).violations(orderRules)
			switch {
			case tt.want == "" && len(found) > 0:
				t.Errorf("found %q", found)
			case tt.want != "" && (len(found) != 1 || !strings.Contains(found[0], tt.want)):
				t.Errorf("found %q, want one with %q", found, tt.want)
			}
		})
	}
}
