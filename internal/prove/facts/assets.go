package facts

import (
	"fmt"
	"strings"

	"github.com/tenantstack/tenantstack/internal/prove/pattern"
)

// kindsOf names the assets of a type that has an ARN, where its last word would not do.
var kindsOf = map[string]string{
	"AWS::S3::Bucket": "bucket", "AWS::Lambda::Function": "function", "AWS::Logs::LogGroup": "log group",
	"AWS::OpenSearchService::Domain": "domain", "AWS::Elasticsearch::Domain": "domain",
}

// declaredAsset records a resource, and everything below it, as an asset.
func (t *reader) declaredAsset(id, kind string, properties map[string]any) {
	place := t.place(id, "")
	if kind == "AWS::ApiGateway::RestApi" {
		t.apiAssets(id, place)
		return
	}
	if arn, err := t.resolver.Arn(id); err == nil {
		t.assetsOf(kind, arn, properties, place)
	}
}

// assetsOf records a resource by its ARN.
func (t *reader) assetsOf(kind, arn string, properties map[string]any, place Place) {
	if !strings.HasPrefix(arn, "arn:") {
		return
	}
	arn = strings.TrimSuffix(arn, ":*")
	name := kindsOf[kind]
	if name == "" {
		name = strings.ToLower(kind[strings.LastIndexByte(kind, ':')+1:])
	}
	switch kind {
	case "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable":
		t.table(arn, properties, place)
		for _, replica := range items(properties["Replicas"]) {
			parts := strings.SplitN(arn, ":", 5)
			if region := text(object(replica)["Region"]); len(parts) == 5 && region != "" && region != parts[3] {
				parts[3] = region
				t.table(strings.Join(parts, ":"), properties, place)
			}
		}
		return
	case "AWS::S3::Bucket":
		t.asset(name, arn, place)
		t.asset("object", arn+"/*", place)
		return
	}
	t.asset(name, arn, place)
	t.asset(name+" path", arn+"/*", place)
	t.asset(name+" version", arn+":*", place)
}

func (t *reader) apiAssets(id string, place Place) {
	name, err := t.resolver.Name(id)
	if err != nil {
		return
	}
	control := t.controlArn(name)
	t.asset("API stage", t.anyArn("execute-api", name+"/*"), place)
	t.asset("API", control, place)
	t.asset("API path", control+"/*", place)
}

// controlArn is the ARN by which an API is changed (Service Authorization Reference, "Amazon API Gateway
// Management").
func (t *reader) controlArn(api string) string {
	partition, region := "*", "*"
	if t.stack.Partition != "" {
		partition = t.stack.Partition
	}
	if t.stack.Region != "" {
		region = t.stack.Region
	}
	return fmt.Sprintf("arn:%s:apigateway:%s::/restapis/%s", partition, region, api)
}

// table has rows, indices, streams, backups, exports and imports. dynamodb:LeadingKeys of
// an index are the index's partition keys, so they tell tenants apart only where these are
// the table's (DynamoDB Developer Guide, "Using IAM policy conditions for fine-grained
// access control").
func (t *reader) table(arn string, properties map[string]any, place Place) {
	hash := hashKey(properties)
	table := t.asset("table", arn, place)
	table.Split, table.PartitionKey = true, hash
	for _, property := range []string{"GlobalSecondaryIndexes", "LocalSecondaryIndexes"} {
		for _, item := range items(properties[property]) {
			index, _ := item.(map[string]any)
			a := t.asset("index", arn+"/index/"+text(index["IndexName"]), place)
			a.Split, a.PartitionKey = hash != "" && hashKey(index) == hash, hashKey(index)
		}
	}
	t.asset("index", arn+"/index/"+pattern.Unnamed, place)
	for _, kind := range []string{"stream", "backup", "export", "import"} {
		t.asset(kind, arn+"/"+kind+"/*", place)
	}
}

func hashKey(properties map[string]any) string {
	for _, item := range items(properties["KeySchema"]) {
		if key, _ := item.(map[string]any); text(key["KeyType"]) == "HASH" {
			return text(key["AttributeName"])
		}
	}
	return ""
}
