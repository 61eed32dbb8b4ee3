package template

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// assembly writes a cloud assembly with one template for each stack.
func assembly(t *testing.T, stacks map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	artifacts := map[string]any{}
	for name, template := range stacks {
		file := name + ".template.json"
		write(t, filepath.Join(dir, file), template)
		artifacts[name] = map[string]any{"type": "aws:cloudformation:stack", "environment": "aws://111111111111/eu-central-1",
			"properties": map[string]any{"templateFile": file}}
	}
	manifest, err := json.Marshal(map[string]any{"version": "54.0.0", "artifacts": artifacts})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "manifest.json"), string(manifest))
	return dir
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, r *Result, name string) resource.Resource {
	t.Helper()
	for _, x := range r.Resources {
		if x.String() == name {
			return x
		}
	}
	t.Fatalf("no resource %s", name)
	return resource.Resource{}
}

func TestLoad(t *testing.T) {
	dir := assembly(t, map[string]string{
		"shared": `{"Resources": {
			"Domain": {"Type": "AWS::OpenSearchService::Domain", "Properties": {"DomainName": "d"}},
			"Endpoint": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/endpoint", "Type": "String", "Value": {"Fn::Sub": "https://${Domain.DomainEndpoint}"}}}},
			"Outputs": {"O": {"Value": {"Ref": "Domain"}, "Export": {"Name": "domain"}}}}`,
		"app": `{"Resources": {
			"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"Tags": [{"Key": "tenant", "Value": "a"}]}},
			"Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "R", "Path": "/p/", "Tags": [{"Key": "tenant", "Value": "a"}, {"Key": "x", "Value": "y"}]}},
			"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "x"}},
			"Fn": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "f", "Role": {"Fn::GetAtt": ["Role", "Arn"]},
				"Code": {"S3Bucket": "b", "S3Key": "abc.zip"}, "MemorySize": "256",
				"Environment": {"Variables": {"A": "{{resolve:ssm:/endpoint}}", "B": {"Ref": "Bucket"}, "C": {"Ref": "Api"},
					"D": {"Fn::ImportValue": "domain"}, "E": "{{resolve:ssm:/put}}", "F": "{{resolve:secretsmanager:s}}"}}}}}}`,
	})
	write(t, filepath.Join(dir, "app.assets.json"), `{"files": {"abc": {"source": {"path": "asset.abc.zip", "packaging": "file"}, "destinations": {"d": {"objectKey": "abc.zip"}}}}}`)
	options := Options{
		Attribute: func(r resource.Resource, attribute string) (string, bool) {
			return "127.0.0.1:9", r.ARN == "arn:aws:es:eu-central-1:111111111111:domain/d" && attribute == "DomainEndpoint"
		},
		Parameter: func(account, region, name string) (string, bool) {
			return "put", account == "111111111111" && region == "eu-central-1" && name == "/put"
		},
		Rewrite: func(s string) string { return strings.Replace(s, "https://127", "http://127", 1) },
	}
	result, err := Load(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	fn, bucket, api := find(t, result, "app/Fn"), find(t, result, "app/Bucket"), find(t, result, "app/Api")
	if fn.ARN != "arn:aws:lambda:eu-central-1:111111111111:function:f" || fn.Asset != filepath.Join(dir, "asset.abc.zip") {
		t.Errorf("function = %+v", fn)
	}
	var p struct {
		MemorySize  int
		Role        string
		Environment struct{ Variables map[string]string }
	}
	if err := fn.Decode(&p); err != nil {
		t.Fatal(err)
	}
	if p.MemorySize != 256 || p.Role != "arn:aws:iam::111111111111:role/p/R" {
		t.Errorf("properties = %+v", p)
	}
	for key, want := range map[string]string{"A": "http://127.0.0.1:9", "B": bucket.Name, "C": api.Name, "D": "d", "E": "put"} {
		if got := p.Environment.Variables[key]; got != want {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
	}
	if len(api.Name) != 10 || bucket.ARN != "arn:aws:s3:::"+bucket.Name || strings.ContainsAny(bucket.Name, "⟨⟩/") {
		t.Errorf("names: API %q, bucket %q %q", api.Name, bucket.Name, bucket.ARN)
	}
	if len(result.Generated) != 1 || result.Generated[0] != "app/Fn: {{resolve:secretsmanager:s}}" {
		t.Errorf("generated = %q", result.Generated)
	}
	if tags := result.Stacks[0].Tags; len(tags) != 1 || tags["tenant"] != "a" {
		t.Errorf("tags = %v", tags)
	}
	again, err := Load(dir, options)
	if err != nil || find(t, again, "app/Api").Name != api.Name {
		t.Errorf("the id of the API changes: %v", err)
	}
	options.Keep = func(s Stack) bool { return s.Tags["tenant"] == "" }
	only, err := Load(dir, options)
	if err != nil || len(only.Stacks) != 1 || len(only.Resources) != 2 {
		t.Errorf("kept = %+v, %v", only, err)
	}
}

// The ARN of a resource has the id that Ref returns of it, also where AWS chooses that.
func TestChosenIDsInARNs(t *testing.T) {
	dir := assembly(t, map[string]string{"app": `{"Resources": {
		"Distribution": {"Type": "AWS::CloudFront::Distribution", "Properties": {}},
		"Control": {"Type": "AWS::CloudFront::OriginAccessControl", "Properties": {}},
		"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "x"}},
		"Deployment": {"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": "Api"}}},
		"Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": "b", "PolicyDocument": {
			"Source": {"Fn::Sub": "arn:aws:cloudfront::111111111111:distribution/${Distribution}"}}}}}}`})
	result, err := Load(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	distribution, api, deployment := find(t, result, "app/Distribution"), find(t, result, "app/Api"), find(t, result, "app/Deployment")
	source := find(t, result, "app/Policy").Properties["PolicyDocument"].(map[string]any)["Source"]
	for got, want := range map[string]string{
		distribution.ARN: "arn:aws:cloudfront::111111111111:distribution/" + distribution.Name, source.(string): distribution.ARN,
		api.ARN:                            "arn:aws:apigateway:eu-central-1::/restapis/" + api.Name,
		deployment.ARN:                     "arn:aws:apigateway:eu-central-1::/restapis/" + api.Name + "/deployments/" + deployment.Name,
		find(t, result, "app/Control").ARN: "arn:aws:cloudfront::111111111111:origin-access-control/" + find(t, result, "app/Control").Name,
	} {
		if got != want {
			t.Errorf("ARN %s, want %s", got, want)
		}
	}
}

// TestShipped loads what this repository ships.
func TestShipped(t *testing.T) {
	dir := os.Getenv("TENANTSTACK_CDK_OUT")
	if dir == "" {
		t.Skip("TENANTSTACK_CDK_OUT is not set; make test sets it")
	}
	result, err := Load(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range result.Resources {
		data, err := json.Marshal(r.Properties)
		if err != nil || strings.ContainsAny(string(data)+r.Name+r.ARN, "⟨⟩") {
			t.Errorf("%s: %v, opaque: %s %s %s", r, err, r.Name, r.ARN, data)
		}
		if r.Type == "AWS::Lambda::Function" {
			if _, err := os.Stat(r.Asset); err != nil {
				t.Errorf("%s: %v", r, err)
			}
		}
	}
	if len(result.Generated) > 0 {
		t.Errorf("generated = %q", result.Generated)
	}
}
