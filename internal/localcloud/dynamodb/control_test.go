package dynamodb

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tenantstack/tenantstack/internal/localcloud/engine/enginetest"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// createPets makes a table through the API.
func createPets(t *testing.T, c *dynamodb.Client, name string) *types.TableDescription {
	t.Helper()
	out, err := c.CreateTable(context.Background(), &dynamodb.CreateTableInput{TableName: &name, BillingMode: "PAY_PER_REQUEST",
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pet"), AttributeType: "S"}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pet"), KeyType: "HASH"}},
		StreamSpecification:  &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: "KEYS_ONLY"},
		Tags:                 []types.Tag{{Key: aws.String("team"), Value: aws.String("red")}}})
	if err != nil {
		t.Fatal(err)
	}
	return out.TableDescription
}

// TestTables creates, changes and deletes a table through the API.
func TestTables(t *testing.T) {
	b := start(t)
	ctx := context.Background()
	c, name := b.as(b.gate.Operator(accountA)), aws.String("pets")
	arn := "arn:aws:dynamodb:eu-central-1:111111111111:table/pets"
	stream, _ := b.service.StreamARN(arn)
	d := createPets(t, c, *name)
	if *d.TableArn != arn || *d.LatestStreamArn != stream || !strings.HasSuffix(stream, "/"+*d.LatestStreamLabel) {
		t.Errorf("CreateTable: %s, %s, %s, want %s, %s", *d.TableArn, *d.LatestStreamArn, *d.LatestStreamLabel, arn, stream)
	}
	red := b.role(t, "Red", `{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"red"}}}`)
	get := func() string {
		_, err := b.as(red).GetItem(ctx, &dynamodb.GetItemInput{TableName: name, Key: item{"pet": str("x")}})
		return code(err)
	}
	if got := get(); got != "" {
		t.Errorf("by a tag: %q", got)
	}
	if _, err := c.UntagResource(ctx, &dynamodb.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"team"}}); err != nil {
		t.Fatal(err)
	}
	if got := get(); got != "AccessDeniedException" {
		t.Errorf("without the tag: %q", got)
	}
	if _, err := c.TagResource(ctx, &dynamodb.TagResourceInput{ResourceArn: &arn, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}}); err != nil {
		t.Fatal(err)
	}
	if tags, err := c.ListTagsOfResource(ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: &arn}); err != nil || len(tags.Tags) != 1 || *tags.Tags[0].Value != "blue" {
		t.Errorf("ListTagsOfResource = %+v, %v", tags, err)
	}
	if _, err := c.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: &arn, AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("kind"), AttributeType: "S"}},
		GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Create: &types.CreateGlobalSecondaryIndexAction{IndexName: aws.String("byKind"),
			KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("kind"), KeyType: "HASH"}}, Projection: &types.Projection{ProjectionType: "ALL"}}}}}); err != nil {
		t.Fatal(err)
	}
	if err := b.service.awaitActive(ctx, tableID{home{accountA, region}, *name}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Query(ctx, &dynamodb.QueryInput{TableName: name, IndexName: aws.String("byKind"), KeyConditionExpression: aws.String("kind = :k"), ExpressionAttributeValues: item{":k": str("x")}}); err != nil {
		t.Errorf("a new index: %v", err)
	}
	if _, err := c.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &arn}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.GetItem(ctx, &dynamodb.GetItemInput{TableName: name, Key: item{"pet": str("x")}}); code(err) != "ResourceNotFoundException" {
		t.Errorf("a deleted table: %v", err)
	}
	createPets(t, c, *name)
	if got := get(); got != "" {
		t.Errorf("a table made anew has the tags of the new one: %q", got)
	}
	if _, err := c.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: name}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateBackup(ctx, &dynamodb.CreateBackupInput{TableName: aws.String("cats"), BackupName: aws.String("x-y")}); code(err) != "UnknownOperationException" {
		t.Errorf("CreateBackup: %v", err)
	}
	if out, err := c.DescribeEndpoints(ctx, &dynamodb.DescribeEndpointsInput{}); err != nil || !strings.HasSuffix(b.url, *out.Endpoints[0].Address) {
		t.Errorf("DescribeEndpoints = %+v, %v", out, err)
	}
}

// TestResourcePolicy gives another account, and nobody else in it, access by a policy.
func TestResourcePolicy(t *testing.T) {
	b := start(t)
	ctx := context.Background()
	owner, other := b.as(b.gate.Operator(accountA)), b.as(b.gate.Operator(accountB))
	arn := aws.String(tableARN)
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":["dynamodb:GetItem","dynamodb:BatchGetItem"],"Resource":"*","Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":"shared"}}}]}`
	put, err := owner.PutResourcePolicy(ctx, &dynamodb.PutResourcePolicyInput{ResourceArn: arn, Policy: &policy})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := owner.PutItem(ctx, &dynamodb.PutItemInput{TableName: arn, Item: key("shared", "1")}); err != nil {
		t.Fatal(err)
	}
	if _, err := other.GetItem(ctx, &dynamodb.GetItemInput{TableName: arn, Key: key("private", "1")}); code(err) != "AccessDeniedException" {
		t.Errorf("another key: %v", err)
	}
	out, err := other.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{tableARN: {Keys: []item{key("shared", "1")}}}})
	if err != nil || len(out.Responses[tableARN]) != 1 {
		t.Errorf("BatchGetItem by ARN = %+v, %v", out, err)
	}
	if got, err := owner.GetResourcePolicy(ctx, &dynamodb.GetResourcePolicyInput{ResourceArn: arn}); err != nil || *got.Policy != policy || *got.RevisionId != *put.RevisionId {
		t.Errorf("GetResourcePolicy = %+v, %v", got, err)
	}
	if _, err := owner.DeleteResourcePolicy(ctx, &dynamodb.DeleteResourcePolicyInput{ResourceArn: arn, ExpectedRevisionId: aws.String("1")}); code(err) != "PolicyNotFoundException" {
		t.Errorf("DeleteResourcePolicy of another revision: %v", err)
	}
	if _, err := owner.DeleteResourcePolicy(ctx, &dynamodb.DeleteResourcePolicyInput{ResourceArn: arn}); err != nil {
		t.Fatal(err)
	}
	if _, err := other.GetItem(ctx, &dynamodb.GetItemInput{TableName: arn, Key: key("shared", "1")}); code(err) != "AccessDeniedException" {
		t.Errorf("without the policy: %v", err)
	}
	if _, err := owner.PutResourcePolicy(ctx, &dynamodb.PutResourcePolicyInput{ResourceArn: arn, Policy: aws.String(`{"Statement":[{"Effect":"Allow"}]}`)}); code(err) != "ValidationException" {
		t.Errorf("a policy that is none: %v", err)
	}
}

// TestSettingsStay starts the service again over the same folder and engine.
func TestSettingsStay(t *testing.T) {
	b := start(t)
	dir := t.TempDir()
	first := New(Options{Gate: b.gate, Engine: engineAddress(t), Dir: dir})
	r := table1("333333333333")
	r.Properties["Tags"] = []any{map[string]any{"Key": "team", "Value": "red"}}
	r.Properties["ResourcePolicy"] = map[string]any{"PolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Principal": "*", "Action": "dynamodb:GetItem", "Resource": "*"}}}}
	if err := first.Put(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	first.Close()
	second := New(Options{Gate: b.gate, Engine: engineAddress(t), Dir: dir, Log: func(line string) { t.Error(line) }})
	defer second.Close()
	table, err := second.table(context.Background(), tableID{home{"333333333333", region}, "cats"})
	if err != nil || table == nil {
		t.Fatalf("the table is %v, %v", table, err)
	}
	if s := table.settings.Load(); s.ttl != "ttl" || s.tags["team"] != "red" || s.policy == nil || s.streamPolicy != nil {
		t.Errorf("settings = %+v", s)
	}
}

// TestPut changes everything of a table that can be changed, and nothing that cannot.
func TestPut(t *testing.T) {
	b := start(t)
	ctx := context.Background()
	c, changing := b.as(b.gate.Operator(accountA)), enginetest.Unique("changing")
	attribute := func(name, kind string) map[string]any {
		return map[string]any{"AttributeName": name, "AttributeType": kind}
	}
	keyed := func(partition string) []any {
		return []any{map[string]any{"AttributeName": partition, "KeyType": "HASH"}}
	}
	index := func(name, partition string) map[string]any {
		return map[string]any{"IndexName": name, "KeySchema": keyed(partition), "Projection": map[string]any{"ProjectionType": "ALL"}}
	}
	table := func(properties map[string]any) resource.Resource {
		all := map[string]any{"KeySchema": keyed("a"), "AttributeDefinitions": []any{attribute("a", "S"), attribute("b", "S"), attribute("c", "N")},
			"GlobalSecondaryIndexes": []any{index("by-b", "b"), index("by-c", "c")}}
		for k, v := range properties {
			all[k] = v
		}
		return resource.Resource{Stack: "s", LogicalID: "T", Type: "AWS::DynamoDB::Table", Account: accountA, Region: region, Name: changing, Properties: all}
	}
	for _, step := range []struct {
		name       string
		properties map[string]any
		want       func(*types.TableDescription) bool
	}{
		{"created", nil, func(d *types.TableDescription) bool {
			return len(d.GlobalSecondaryIndexes) == 2 && d.LatestStreamArn == nil
		}},
		{"again", nil, func(d *types.TableDescription) bool { return len(d.GlobalSecondaryIndexes) == 2 }},
		{"stream", map[string]any{"StreamSpecification": map[string]any{"StreamViewType": "KEYS_ONLY"}}, func(d *types.TableDescription) bool { return d.StreamSpecification.StreamViewType == "KEYS_ONLY" }},
		{"another view", map[string]any{"StreamSpecification": map[string]any{"StreamViewType": "NEW_IMAGE"}}, func(d *types.TableDescription) bool {
			arn, _ := b.service.StreamARN(*d.TableArn)
			return d.StreamSpecification.StreamViewType == "NEW_IMAGE" && *d.LatestStreamArn == arn
		}},
		{"no stream", nil, func(d *types.TableDescription) bool {
			return d.StreamSpecification == nil || !*d.StreamSpecification.StreamEnabled
		}},
		{"indexes", map[string]any{"GlobalSecondaryIndexes": []any{index("by-c", "b"), index("by-d", "d")}, "AttributeDefinitions": []any{attribute("a", "S"), attribute("b", "S"), attribute("d", "B")}},
			func(d *types.TableDescription) bool {
				names := map[string]string{}
				for _, i := range d.GlobalSecondaryIndexes {
					names[*i.IndexName] = *i.KeySchema[0].AttributeName
				}
				return len(names) == 2 && names["by-c"] == "b" && names["by-d"] == "d"
			}},
		{"capacity", map[string]any{"ProvisionedThroughput": map[string]any{"ReadCapacityUnits": "5", "WriteCapacityUnits": "6"}}, func(d *types.TableDescription) bool { return *d.ProvisionedThroughput.WriteCapacityUnits == 6 }},
		{"on demand", map[string]any{"BillingMode": "PAY_PER_REQUEST"}, func(d *types.TableDescription) bool { return d.BillingModeSummary.BillingMode == "PAY_PER_REQUEST" }},
		{"protected", map[string]any{"DeletionProtectionEnabled": "true"}, func(d *types.TableDescription) bool { return *d.DeletionProtectionEnabled }},
		{"not protected", nil, func(d *types.TableDescription) bool { return !*d.DeletionProtectionEnabled }},
	} {
		if err := b.service.Put(ctx, table(step.properties)); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		d, err := c.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &changing})
		if err != nil || !step.want(d.Table) {
			t.Errorf("%s: %+v, %v", step.name, d, err)
		}
	}
	for name, tt := range map[string]struct {
		properties map[string]any
		want       string
	}{
		"another key":     {map[string]any{"KeySchema": keyed("b")}, "its key is a S in the data folder and b S in the template"},
		"another type":    {map[string]any{"AttributeDefinitions": []any{attribute("a", "N"), attribute("b", "S"), attribute("c", "N")}}, "its key is a S in the data folder and a N in the template"},
		"local index":     {map[string]any{"LocalSecondaryIndexes": []any{index("local", "a")}}, "local indexes cannot change"},
		"no key":          {map[string]any{"KeySchema": []any{}}, "it has no KeySchema"},
		"bad policy":      {map[string]any{"ResourcePolicy": map[string]any{"PolicyDocument": map[string]any{"Statement": "x"}}}, "reading ResourcePolicy"},
		"nothing expires": {map[string]any{"TimeToLiveSpecification": map[string]any{"Enabled": true}}, "has no AttributeName"},
	} {
		err := b.service.Put(ctx, table(tt.properties))
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "creating table "+changing+" (s/T): ") {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// TestGlobalTable is one table, with the settings of the replica in its region.
func TestGlobalTable(t *testing.T) {
	b := start(t)
	r := table1(accountA)
	r.Name, r.Type = "global", globalTable
	r.Properties["Replicas"] = []any{
		map[string]any{"Region": "us-east-1", "Tags": []any{map[string]any{"Key": "k", "Value": "there"}}},
		map[string]any{"Region": region, "Tags": []any{map[string]any{"Key": "k", "Value": "here"}}, "PointInTimeRecoverySpecification": map[string]any{"PointInTimeRecoveryEnabled": true}},
	}
	if err := b.service.Put(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	c := b.as(b.gate.Operator(accountA))
	tags, err := c.ListTagsOfResource(context.Background(), &dynamodb.ListTagsOfResourceInput{ResourceArn: aws.String("arn:aws:dynamodb:eu-central-1:111111111111:table/global")})
	if err != nil || len(tags.Tags) != 1 || *tags.Tags[0].Value != "here" {
		t.Errorf("tags = %+v, %v", tags, err)
	}
	backups, err := c.DescribeContinuousBackups(context.Background(), &dynamodb.DescribeContinuousBackupsInput{TableName: aws.String("global")})
	if err != nil || backups.ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus != "ENABLED" {
		t.Errorf("backups = %+v, %v", backups, err)
	}
}

// TestEngineStartsAgain has requests wait for the engine.
func TestEngineStartsAgain(t *testing.T) {
	b := start(t)
	b.service.SetEngine("")
	changed := b.service.Changed("arn:aws:dynamodb:eu-central-1:111111111111:table/cats/stream/x")
	done := make(chan error)
	go func() {
		_, err := b.as(b.gate.Operator(accountA)).GetItem(context.Background(), &dynamodb.GetItemInput{TableName: aws.String("cats"), Key: key("a", "1")})
		done <- err
	}()
	select {
	case err := <-done:
		t.Fatalf("without an engine: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	b.service.SetEngine(engineAddress(t))
	if err := <-done; err != nil {
		t.Error(err)
	}
	select {
	case <-changed:
	case <-time.After(5 * time.Second):
		t.Error("readers of streams were not told")
	}
}

// TestDecidedAgain changes a table between the decision and the execution of a request.
func TestDecidedAgain(t *testing.T) {
	s := unconnected(t)
	id := tableID{home{accountA, region}, "cats"}
	r := derived(s, "GetItem", `{"TableName":"cats","Key":{"account":{"S":"a"},"id":{"S":"1"}}}`)
	if unlock, ok := r.lock(); !ok {
		t.Error("an unchanged table cannot be used")
	} else {
		unlock()
	}
	other := *s.tables[id].schema.Load()
	s.tables[id].schema.Store(&other)
	if _, ok := r.lock(); ok {
		t.Error("a request is done with another schema than it was decided by")
	}
	if !s.tables[id].mu.TryLock() {
		t.Error("the table stays locked")
	}
}
