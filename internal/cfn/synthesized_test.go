package cfn

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// synthesized is the assembly in the folder that TENANTSTACK_CDK_OUT names; a relative one is
// relative to the module's root.
func synthesized(t testing.TB) *Assembly {
	t.Helper()
	dir := os.Getenv("TENANTSTACK_CDK_OUT")
	if dir == "" {
		t.Skip("TENANTSTACK_CDK_OUT is not set: run make synth and name the folder, cdk.out")
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join("../..", dir)
	}
	a, err := ReadAssembly(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Stacks) == 0 {
		t.Fatalf("no stacks in %s", dir)
	}
	return a
}

func TestSynthesized(t *testing.T) {
	resources, opaque := 0, map[string]bool{}
	for _, s := range synthesized(t).Stacks {
		r := NewResolver(&s, Options{})
		for _, id := range r.Resources() {
			resources++
			properties, err := r.Properties(id)
			if err != nil {
				t.Error(err)
			}
			if where := unresolved(properties); where != "" {
				t.Errorf("%s of %s has %s left", id, s.Name, where)
			}
			collect(properties, opaque)
			if name, err := r.Name(id); name == "" || err != nil {
				t.Errorf("%s of %s has the name %q, %v", id, s.Name, name, err)
			}
			if _, known := kinds[s.Template.Resources[id].Type]; known && kinds[s.Template.Resources[id].Type].arn != "" {
				if arn, err := r.Arn(id); !strings.HasPrefix(arn, "arn:aws:") || err != nil {
					t.Errorf("%s of %s has the ARN %q, %v", id, s.Name, arn, err)
				}
			}
		}
		for name := range s.Template.Outputs {
			if _, err := r.Output(name); err != nil {
				t.Error(err)
			}
		}
		if exports, err := r.Exports(); err != nil || len(exports) > 0 {
			t.Errorf("%s exports %v, %v", s.Name, exports, err)
		}
	}
	t.Logf("%d resources, %d opaque values", resources, len(opaque))
	for marker := range opaque {
		t.Log(marker)
	}
}

// collect adds the opaque parts in a value to found.
func collect(v any, found map[string]bool) {
	switch v := v.(type) {
	case string:
		for _, part := range Parts(v) {
			if part.Opaque {
				found[part.Text] = true
			}
		}
	case []any:
		for _, e := range v {
			collect(e, found)
		}
	case map[string]any:
		for _, e := range v {
			collect(e, found)
		}
	}
}

// BenchmarkResolve reads a tenant's template and resolves all properties in it, as the
// isolation proof does.
func BenchmarkResolve(b *testing.B) {
	b.Run("generated", func(b *testing.B) { benchmarkResolve(b, []byte(tenantLike())) })
	b.Run("synthesized", func(b *testing.B) {
		var largest Stack
		for _, s := range synthesized(b).Stacks {
			if s.Size > largest.Size {
				largest = s
			}
		}
		data, err := os.ReadFile(largest.File)
		if err != nil {
			b.Fatal(err)
		}
		benchmarkResolve(b, data)
	})
}

func benchmarkResolve(b *testing.B, data []byte) {
	resources := 0
	resolve := func() {
		t, faults := parseTemplate(data)
		if len(faults) > 0 {
			b.Fatal(faults)
		}
		r := NewResolver(&Stack{Name: "s", Environment: testEnvironment, Template: t}, Options{})
		for _, id := range r.Resources() {
			if _, err := r.Properties(id); err != nil {
				b.Fatal(err)
			}
		}
		resources = len(t.Resources)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		resolve()
	}
	b.ReportMetric(float64(resources), "resources/op")
}

// tenantLike is a template of the size and the parts of a tenant's: roles with policies,
// functions, log groups and tables that name each other.
func tenantLike() string {
	const tags = `"Tags": [{"Key": "billing-account", "Value": "12345"}, {"Key": "tenant", "Value": "acme"}, {"Key": "tier", "Value": "premium"}]`
	var b strings.Builder
	b.WriteString(`{"Description": "Tenant acme", "Resources": {`)
	for i := range 28 {
		fmt.Fprintf(&b, `"Log%[1]d": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/kittens/%[1]d", "RetentionInDays": 30, %[2]s}},
			"Table%[1]d": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "Properties": {"TableName": "rows_%[1]d", "KeySchema": [{"AttributeName": "billingAccount", "KeyType": "HASH"}], %[2]s}},
			"Role%[1]d": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "role_%[1]d", "Path": "/kittens/", %[2]s,
				"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com"]}, "Action": ["sts:AssumeRole"]}]},
				"Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
					{"Sid": "Rows", "Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem"], "Resource": [{"Fn::GetAtt": ["Table%[1]d", "Arn"]}],
					 "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["12345"]}, "Null": {"dynamodb:LeadingKeys": ["false"]}}},
					{"Sid": "Logs", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": [{"Fn::GetAtt": ["Log%[1]d", "Arn"]}]},
					{"Sid": "Self", "Effect": "Allow", "Action": ["lambda:InvokeFunction"], "Resource": [{"Fn::Sub": "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:fn_%[1]d"}]}]}}]}},
			"Fn%[1]d": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "fn_%[1]d", "Handler": "get", "Runtime": "provided.al2023", "MemorySize": 256, "Timeout": 10,
				"Role": {"Fn::GetAtt": ["Role%[1]d", "Arn"]}, "LoggingConfig": {"LogGroup": {"Ref": "Log%[1]d"}}, "Environment": {"Variables": {"TABLE": {"Ref": "Table%[1]d"}, "ACCOUNT": "12345"}}, %[2]s}},
			`, i, tags)
	}
	b.WriteString(`"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "acme"}}}}`)
	return b.String()
}
