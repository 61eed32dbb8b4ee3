package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tenantstack/tenantstack/internal/localcloud"
	"github.com/tenantstack/tenantstack/test/breach"
	"github.com/tenantstack/tenantstack/test/localtest"
)

// shop is a template that nobody here made: no tags, no names, an open API, a type that is not known.
const shop = `{"Resources": {
	"Files": {"Type": "AWS::S3::Bucket", "Properties": {"NotificationConfiguration": {"TopicConfigurations": [],
		"LambdaConfigurations": [{"Event": "s3:ObjectCreated:*", "Function": {"Fn::GetAtt": ["Fn", "Arn"]}, "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "in/"}]}}}]}}},
	"Tell": {"Type": "AWS::Lambda::Permission", "Properties": {"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "Fn"}, "Principal": "s3.amazonaws.com",
		"SourceAccount": {"Ref": "AWS::AccountId"}}},
	"Orders": {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": "PAY_PER_REQUEST",
		"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]}},
	"Runs": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}},
	"Fn": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "provided.al2023", "Handler": "x", "Role": {"Fn::GetAtt": ["Runs", "Arn"]},
		"Code": {"S3Bucket": "assets", "S3Key": "shop.zip"}, "Environment": {"Variables": {"TABLE": {"Ref": "Orders"}}}}},
	"Let": {"Type": "AWS::Lambda::Permission", "Properties": {"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "Fn"}, "Principal": "apigateway.amazonaws.com",
		"SourceArn": {"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/GET/*"}}},
	"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "shop", "Body": {"openapi": "3.0.1", "info": {"title": "shop", "version": "1"}, "paths": {
		"/{proxy+}": {"get": {"x-amazon-apigateway-integration": INTEGRATION}, "post": {"x-amazon-apigateway-integration": INTEGRATION}}}}}},
	"Deployment": {"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": "Api"}}},
	"Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {"RestApiId": {"Ref": "Api"}, "DeploymentId": {"Ref": "Deployment"}, "StageName": "live"}},
	"Frob": {"Type": "AWS::Frob::Nicator", "Properties": {"Of": {"Ref": "Files"}}}}}`

const integration = `{"type": "aws_proxy", "httpMethod": "POST", "uri": {"Fn::Sub": "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations"}}`

// TestOtherApplication runs templates that have nothing of this repository's application.
func TestOtherApplication(t *testing.T) {
	localtest.Assembly(t) // skipped with the others
	dir := t.TempDir()
	if err := breach.Zip(t.Context(), filepath.Join("..", ".."), "./test/faults/unruly", filepath.Join(dir, "shop.zip")); err != nil {
		t.Fatal(err)
	}
	write := func(name string, v any) {
		data, ok := v.(string)
		if !ok {
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			data = string(text)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	type object = map[string]any
	write("shop.template.json", strings.ReplaceAll(shop, "INTEGRATION", integration))
	write("shop.assets.json", object{"files": object{"x": object{"source": object{"path": "shop.zip", "packaging": "file"}, "destinations": object{"d": object{"objectKey": "shop.zip"}}}}})
	write("manifest.json", object{"version": "54.0.0", "artifacts": object{"shop": object{"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region",
		"properties": object{"templateFile": "shop.template.json"}}}})
	c := localtest.Start(t, localcloud.Options{Assembly: dir})
	status := c.Status()
	if len(status.NotRun) != 2 || !strings.Contains(status.NotRun[0], "AWS::Frob::Nicator: the local cloud does not know the type") || !strings.Contains(status.NotRun[1], "TopicConfigurations of shop/Files") {
		t.Errorf("not run: %q", status.NotRun)
	}
	api := c.Tenant("shop").API
	if a := c.Do(localtest.Request{Method: "GET", URL: api + "/any/thing"}); a.Status != 200 || string(a.Body) != "well" {
		t.Errorf("GET: %d %s", a.Status, a.Body)
	}
	if a := c.Do(localtest.Request{Method: "POST", URL: api + "/any/thing"}); a.Status != 500 {
		t.Errorf("POST, which the function's permission does not cover: %d %s", a.Status, a.Body)
	}
	notified(t, c)
}

// notified holds that an object under the prefix of a notification runs the function, once, and no other does.
func notified(t *testing.T, c *localtest.Cloud) {
	invocations := func() int64 { return c.Status().Functions[0].Invocations }
	before := invocations()
	bucket := name(t, c, "shop", "AWS::S3::Bucket", "Files")
	client := s3.NewFromConfig(c.AWS(bucket.Account, "", bucket.Region))
	for _, key := range []string{"out/1", "out/2", "in/a b"} {
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket.Name, Key: &key, Body: strings.NewReader("x")}); err != nil {
			t.Fatal(err)
		}
	}
	localtest.Eventually(t, "the function is told of the object", func() bool { return invocations() == before+1 })
}
