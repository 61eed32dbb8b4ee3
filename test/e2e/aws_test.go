package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
	"github.com/tenantstack/tenantstack/test/localtest"
)

// name is the name of the first resource of a type in a stack whose logical id has a part.
func name(t *testing.T, c *localtest.Cloud, stack, resourceType, part string) resource.Resource {
	t.Helper()
	for _, r := range c.Resources() {
		if r.Stack == stack && r.Type == resourceType && strings.Contains(r.LogicalID, part) {
			return r
		}
	}
	t.Fatalf("stack %s has no %s like %s", stack, resourceType, part)
	return resource.Resource{}
}

// breeds are put by the operator, since no function may write them, and read through the API.
func breeds(t *testing.T, c *localtest.Cloud) {
	acme := c.Tenant("acme")
	table := name(t, c, acme.Stack, "AWS::DynamoDB::Table", "Breeds").Name
	item := map[string]types.AttributeValue{
		"billingAccount": &types.AttributeValueMemberS{Value: acme.BillingAccount},
		"breedId":        &types.AttributeValueMemberS{Value: "maine-coon"}, "name": &types.AttributeValueMemberS{Value: "Maine Coon"},
	}
	put := func(role string) error {
		client := dynamodb.NewFromConfig(c.AWS(acme.Account, role, acme.Region))
		_, err := client.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &table, Item: item})
		return err
	}
	writer := name(t, c, acme.Stack, "AWS::IAM::Role", "Writer").ARN
	var api smithy.APIError
	if err := put(writer); !errors.As(err, &api) || api.ErrorCode() != "AccessDeniedException" ||
		!strings.Contains(api.ErrorMessage(), "is not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:eu-west-1:222222222222:table/"+table+" because no identity-based policy allows the dynamodb:PutItem action") {
		t.Errorf("the writer's role writes a breed: %v", err)
	}
	if err := put(""); err != nil {
		t.Fatalf("the operator writes a breed: %v", err)
	}
	a := c.Do(localtest.Request{Method: "GET", URL: acme.API + "/breeds", Token: c.Token("acme", "reader")})
	if a.Status != 200 || !strings.Contains(string(a.Body), "Maine Coon") {
		t.Errorf("GET /breeds: %d %s", a.Status, a.Body)
	}
}

// site holds a page in the tenant's bucket, which only the distribution may read.
func site(t *testing.T, c *localtest.Cloud) {
	acme := c.Tenant("acme")
	bucket := name(t, c, acme.Stack, "AWS::S3::Bucket", "Web").Name
	client := s3.NewFromConfig(c.AWS(acme.Account, "", acme.Region))
	for key, contentType := range map[string]string{"index.html": "text/html", "assets/app.js": "text/javascript"} {
		if _, err := client.PutObject(context.Background(), &s3.PutObjectInput{Bucket: &bucket, Key: aws.String(key),
			Body: strings.NewReader("hello from " + key), ContentType: &contentType, CacheControl: aws.String("no-cache")}); err != nil {
			t.Fatal(err)
		}
	}
	// CloudFront keeps the 404 of a page that was asked for before for ten seconds.
	localtest.Eventually(t, "the page is shown", func() bool {
		return c.Do(localtest.Request{Method: "GET", URL: acme.URL}).Status == 200
	})
	for path, want := range map[string]string{"": "hello from index.html", "kittens/42": "hello from index.html", "jane.doe": "hello from index.html", "assets/app.js": "hello from assets/app.js"} {
		a := c.Do(localtest.Request{Method: "GET", URL: acme.URL + path})
		if a.Status != 200 || string(a.Body) != want || a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("GET /%s: %d %s %v", path, a.Status, a.Body, a.Header)
		}
	}
	if a := c.Do(localtest.Request{Method: "GET", URL: acme.URL + "assets/missing.js"}); a.Status != 404 {
		t.Errorf("a missing file: %d %s", a.Status, a.Body)
	}
	direct := c.Do(localtest.Request{Method: "GET", URL: c.Status().Endpoint + "/" + bucket + "/index.html"})
	if direct.Status != 403 || !strings.Contains(string(direct.Body), "<Code>AccessDenied</Code>") {
		t.Errorf("the bucket itself: %d %s", direct.Status, direct.Body)
	}
}

// sdk uses the stock SDK for Go as the operator and as a role.
func sdk(t *testing.T, c *localtest.Cloud) {
	bank := c.Tenant("purrfect-bank")
	ctx := context.Background()
	me, err := sts.NewFromConfig(c.AWS(bank.Account, "", bank.Region)).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil || *me.Account != bank.Account || *me.Arn != "arn:aws:iam::"+bank.Account+":user/operator" {
		t.Errorf("GetCallerIdentity = %+v, %v", me, err)
	}
	reader := name(t, c, bank.Stack, "AWS::IAM::Role", "Reader").ARN
	role, err := sts.NewFromConfig(c.AWS("", reader, bank.Region)).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil || !strings.Contains(*role.Arn, ":assumed-role/kittens_tenant_purrfect-bank_Reader_eu-central-1/") {
		t.Errorf("GetCallerIdentity = %+v, %v", role, err)
	}
	table := name(t, c, bank.Stack, "AWS::DynamoDB::Table", "Kittens")
	out, err := dynamodb.NewFromConfig(c.AWS(bank.Account, "", bank.Region)).DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table.Name})
	if err != nil || *out.Table.TableArn != table.ARN || !strings.HasPrefix(*out.Table.LatestStreamArn, table.ARN+"/stream/") {
		t.Errorf("DescribeTable = %+v, %v", out, err)
	}
}

const botoScript = `
import boto3, botocore, os, sys
table, bucket = sys.argv[1], sys.argv[2]
d = boto3.client('dynamodb')
d.put_item(TableName=table, Item={'billingAccount': {'S': 'boto'}, 'kittenId': {'S': '1'}})
assert d.get_item(TableName=table, Key={'billingAccount': {'S': 'boto'}, 'kittenId': {'S': '1'}})['Item']
d.delete_item(TableName=table, Key={'billingAccount': {'S': 'boto'}, 'kittenId': {'S': '1'}})
s = boto3.client('s3')
s.put_object(Bucket=bucket, Key='boto/a b+c', Body=b'x' * 100)
assert s.get_object(Bucket=bucket, Key='boto/a b+c')['Body'].read() == b'x' * 100
assert [o['Key'] for o in s.list_objects_v2(Bucket=bucket, Prefix='boto/')['Contents']] == ['boto/a b+c']
s.delete_object(Bucket=bucket, Key='boto/a b+c')
assert boto3.client('sts').get_caller_identity()['Arn'].endswith(':user/operator')
assert boto3.client('logs').describe_log_groups()['logGroups']
assert boto3.client('lambda').list_functions()['Functions']
assert boto3.client('sqs').list_queues()['QueueUrls']
assert boto3.client('ssm').describe_parameters()['Parameters']
os.environ['AWS_SECRET_ACCESS_KEY'] = 'x' * 40
try:
    boto3.Session(aws_secret_access_key='x' * 40, aws_access_key_id=os.environ['AWS_ACCESS_KEY_ID']).client('dynamodb').list_tables()
    sys.exit('a wrong secret is taken')
except botocore.exceptions.ClientError as e:
    assert e.response['Error']['Code'] == 'InvalidSignatureException', e
print('ok')
`

// venv is the Python environment of the tests; the test is skipped where there is none.
func venv(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("TENANTSTACK_AWS_VENV")
	if dir == "" {
		t.Skip("TENANTSTACK_AWS_VENV is not set; make test sets it")
	}
	return dir
}

// environ is what tenantctl credentials prints.
func environ(t *testing.T, c *localtest.Cloud, account, region string) []string {
	t.Helper()
	k, err := c.Credentials(account, "")
	if err != nil {
		t.Fatal(err)
	}
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_ENDPOINT_URL=" + k.Endpoint, "AWS_REGION=" + region, "AWS_DEFAULT_REGION=" + region,
		"AWS_ACCESS_KEY_ID=" + k.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + k.SecretAccessKey}
}

// boto3 uses the stock SDK for Python and the AWS CLI.
func boto3(t *testing.T, c *localtest.Cloud) {
	bin := filepath.Join(venv(t), "bin")
	bank := c.Tenant("purrfect-bank")
	table := name(t, c, bank.Stack, "AWS::DynamoDB::Table", "Kittens").Name
	bucket := name(t, c, bank.Stack, "AWS::S3::Bucket", "Uploads").Name
	run := func(program string, args ...string) string {
		cmd := exec.Command(filepath.Join(bin, program), args...)
		cmd.Env = environ(t, c, bank.Account, bank.Region)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s %q: %v\n%s", program, args, err, out)
		}
		return string(out)
	}
	if out := run("python", "-c", botoScript, table, bucket); out != "ok\n" {
		t.Errorf("boto3: %s", out)
	}
	if out := run("aws", "dynamodb", "list-tables", "--output", "text"); !strings.Contains(out, table) {
		t.Errorf("aws dynamodb list-tables: %s", out)
	}
	file := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(file, []byte(strings.Repeat("0123456789abcdef", 1<<20)), 0o644); err != nil {
		t.Fatal(err)
	}
	target := fmt.Sprintf("s3://%s/cli/large", bucket)
	run("aws", "s3", "cp", "--only-show-errors", file, target) // 16 MiB: in parts
	if out := run("aws", "s3", "ls", target); !strings.Contains(out, "16777216") {
		t.Errorf("aws s3 ls: %s", out)
	}
	run("aws", "s3", "rm", "--only-show-errors", target)
}
