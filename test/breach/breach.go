// Package breach puts a hostile function into a tenant's stack, with one of the tenant's ordinary
// roles, and has it try to reach other tenants in the local cloud.
package breach

import (
	"archive/zip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
	"github.com/tenantstack/tenantstack/test/breach/target"
)

// asset is the file name of the hostile function's zip.
const asset = "asset.hostile.zip"

// Roles of a tenant that the hostile function is deployed with.
var Roles = []string{"WriterRole", "ReaderRole", "KeeperRole", "AdminTasksPostFnRole"}

// functionID is the logical id of the hostile function with a role.
func functionID(role string) string { return "Hostile" + role }

// Plant adds the hostile function to a stack of an assembly, once with each role. module is the
// folder of go.mod. The assembly's folder is changed.
func Plant(ctx context.Context, module, assembly, stack string) error {
	if err := Zip(ctx, module, "./test/breach/hostile", filepath.Join(assembly, asset)); err != nil {
		return err
	}
	err := edit(filepath.Join(assembly, stack+".template.json"), func(template map[string]any) {
		resources := template["Resources"].(map[string]any)
		for _, role := range Roles {
			resources[functionID(role)] = map[string]any{"Type": "AWS::Lambda::Function", "Properties": map[string]any{
				"FunctionName": functionName(stack, role), "Runtime": "provided.al2023", "Handler": "hostile", "Timeout": 300, "MemorySize": 256,
				"Architectures": []any{"arm64"}, "Role": map[string]any{"Fn::GetAtt": []any{role, "Arn"}},
				"Code": map[string]any{"S3Bucket": "assets", "S3Key": "hostile.zip"},
			}}
		}
	})
	if err != nil {
		return err
	}
	return edit(filepath.Join(assembly, stack+".assets.json"), func(assets map[string]any) {
		assets["files"].(map[string]any)["hostile"] = map[string]any{
			"source":       map[string]any{"path": asset, "packaging": "file"},
			"destinations": map[string]any{"local": map[string]any{"bucketName": "assets", "objectKey": "hostile.zip"}},
		}
	})
}

func functionName(stack, role string) string {
	return strings.ReplaceAll(stack, "-", "_") + "_" + functionID(role)
}

func edit(name string, change func(map[string]any)) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var v map[string]any
	if err := json.Unmarshal(data, &v); err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	change(v)
	if data, err = json.Marshal(v); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}

// Zip builds a package of a module into the zip of a function for this machine.
func Zip(ctx context.Context, module, pkg, to string) error {
	dir, err := os.MkdirTemp("", "tenantstack-hostile-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "bootstrap")
	cmd := exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc", "-o", binary, pkg)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w: %s", pkg, err, out)
	}
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer f.Close()
	z := zip.NewWriter(f)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Store}
	header.SetMode(0o755)
	w, err := z.CreateHeader(header)
	if err != nil {
		return err
	}
	in, err := os.Open(binary)
	if err != nil {
		return err
	}
	defer in.Close()
	if _, err := io.Copy(w, in); err != nil {
		return err
	}
	return z.Close()
}

// TargetOf describes what a tenant's stack has. Rows and objects are the caller's to add.
func TargetOf(resources []resource.Resource, stack string) (target.Target, error) {
	t := target.Target{}
	byName := map[string]resource.Resource{}
	for _, r := range resources {
		if r.Type == "AWS::DynamoDB::Table" || r.Type == "AWS::S3::Bucket" {
			byName[r.Account+"/"+r.Name] = r
		}
	}
	for _, r := range resources {
		if r.Stack != stack {
			continue
		}
		t.AWSAccount, t.Region = r.Account, r.Region
		switch r.Type {
		case "AWS::IAM::Role":
			t.RoleARNs = append(t.RoleARNs, r.ARN)
		case "AWS::S3::Bucket":
			if strings.Contains(r.LogicalID, "Web") {
				t.WebBucket = r.Name
			}
		case "AWS::Lambda::Function":
			readFunction(&t, r)
		}
	}
	kittens := byName[t.AWSAccount+"/"+t.KittensTable]
	t.KittensARN = kittens.ARN
	for _, r := range resources {
		switch {
		case r.Type == "AWS::Lambda::EventSourceMapping" && r.Stack == kittens.Stack:
			t.StreamARN, _ = r.Properties["EventSourceArn"].(string)
		case r.Type == "AWS::SQS::Queue" && r.Stack == kittens.Stack:
			t.QueueURL = r.Name
		case r.Type == "AWS::SSM::Parameter" && (r.Stack == kittens.Stack || r.Stack == stack) && strings.Contains(r.Name, "search-endpoint"):
			t.Parameter = r.Name
		}
	}
	if t.BillingAccount == "" || t.KittensARN == "" || t.Bucket == "" || t.SearchEndpoint == "" || t.StreamARN == "" || len(t.RoleARNs) == 0 {
		return t, fmt.Errorf("describing stack %s: it is not as the hostile function expects it: %+v", stack, t)
	}
	return t, nil
}

func readFunction(t *target.Target, r resource.Resource) {
	var p struct {
		Environment   struct{ Variables map[string]string }
		LoggingConfig struct{ LogGroup string }
	}
	if r.Decode(&p) != nil {
		return
	}
	env := p.Environment.Variables
	take := func(field *string, name string) {
		if env[name] != "" {
			*field = env[name]
		}
	}
	take(&t.BillingAccount, "BILLING_ACCOUNT")
	take(&t.KittensTable, "TABLE_KITTENS")
	take(&t.BreedsTable, "TABLE_BREEDS")
	take(&t.SearchEndpoint, "SEARCH_ENDPOINT")
	take(&t.Bucket, "UPLOADS_BUCKET")
	if strings.Contains(r.LogicalID, "KittensPost") {
		t.FunctionARN, t.LogGroup = r.ARN, p.LoggingConfig.LogGroup
	}
}

// FindRow takes the key of a row that the tenant has, as the operator of its AWS account.
func FindRow(ctx context.Context, t *target.Target, operator aws.Config) error {
	client := dynamodb.NewFromConfig(operator)
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &t.KittensTable})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			key, _ := item["billingAccount"].(*types.AttributeValueMemberS)
			id, _ := item["kittenId"].(*types.AttributeValueMemberS)
			if key != nil && id != nil && (key.Value == t.BillingAccount || strings.HasPrefix(key.Value, t.BillingAccount+"#")) {
				t.Key, t.KittenID = key.Value, id.Value
				return nil
			}
		}
	}
	return fmt.Errorf("account %s has no row in %s", t.BillingAccount, t.KittensTable)
}

// Run has the hostile function in own's stack, with a role, attack victim.
func Run(ctx context.Context, operator aws.Config, stack, role string, own, victim target.Target) ([]target.Outcome, error) {
	payload, err := json.Marshal(target.Event{Own: own, Victim: victim})
	if err != nil {
		return nil, err
	}
	out, err := lambda.NewFromConfig(operator).Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(functionName(stack, role)), Payload: payload})
	if err != nil {
		return nil, err
	}
	if out.FunctionError != nil {
		return nil, fmt.Errorf("the hostile function failed: %s: %s", *out.FunctionError, out.Payload)
	}
	var outcomes []target.Outcome
	if err := json.Unmarshal(out.Payload, &outcomes); err != nil {
		return nil, fmt.Errorf("reading what the hostile function tells: %w: %s", err, out.Payload)
	}
	return outcomes, nil
}
