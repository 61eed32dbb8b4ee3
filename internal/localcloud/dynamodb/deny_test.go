package dynamodb

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// TestDeny has a role that is denied one partition key and allowed everything else: a request whose key is
// written in a way that is not understood must not pass for one that has no key.
func TestDeny(t *testing.T) {
	b := start(t)
	ctx := context.Background()
	operator := b.as(b.gate.Operator(accountA))
	numbers := resource.Resource{Stack: "s", LogicalID: "N", Type: "AWS::DynamoDB::Table", Account: accountA, Region: region, Name: "numbers", Properties: map[string]any{
		"KeySchema":            []any{map[string]any{"AttributeName": "n", "KeyType": "HASH"}},
		"AttributeDefinitions": []any{map[string]any{"AttributeName": "n", "AttributeType": "N"}}}}
	if err := b.service.Put(ctx, numbers); err != nil {
		t.Fatal(err)
	}
	row := key("?", "1")
	row["secret"] = str("s3cret")
	for table, i := range map[string]item{"cats": row, "numbers": {"n": &types.AttributeValueMemberN{Value: "7"}, "secret": str("s3cret")}} {
		if _, err := operator.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(table), Item: i}); err != nil {
			t.Fatal(err)
		}
	}
	role := b.role(t, "Denied", `{"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:BatchGetItem","dynamodb:Query","dynamodb:PartiQLSelect"],"Resource":"*"}`,
		`{"Effect":"Deny","Action":"dynamodb:*","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"dynamodb:LeadingKeys":["?","7"]}}}`,
		`{"Effect":"Deny","Action":"dynamodb:PartiQLSelect","Resource":"*","Condition":{"Bool":{"dynamodb:FullTableScan":["true"]}}}`)
	for _, tt := range []struct{ operation, body string }{
		{"GetItem", `{"TableName":"cats","Key":{"account":{"S":"?"},"id":{"S":"1"}}}`},
		{"GetItem", `{"TableName":"cats","Key":{"account":{"S":"?","N":null},"id":{"S":"1"}}}`},
		{"GetItem", `{"TableName":"cats","Key":{"account":{"S":"?","X":"1"},"id":{"S":"1"}}}`},
		{"GetItem", `{"TableName":"cats","Key":{"account":{"S":"\ud800"},"id":{"S":"1"}}}`},
		{"GetItem", `{"TableName":"numbers","Key":{"n":{"N":"7.0"}}}`},
		{"GetItem", `{"TableName":"numbers","Key":{"n":{"N":"+7"}}}`},
		{"GetItem", `{"TableName":"numbers","Key":{"n":{"N":"70e-1"}}}`},
		{"GetItem", `{"TableName":"numbers","Key":{"n":{"N":"\u0667"}}}`},
		{"BatchGetItem", `{"RequestItems":{"numbers":{"Keys":[{"n":{"N":"07"}}]}}}`},
		{"Query", `{"TableName":"cats","KeyConditionExpression":"(account) = :a","ExpressionAttributeValues":{":a":{"S":"?"}}}`},
		{"Query", `{"TableName":"cats","KeyConditionExpression":"account = (:a)","ExpressionAttributeValues":{":a":{"S":"?"}}}`},
		{"Query", `{"TableName":"cats","KeyConditionExpression":"account = :a AND id BETWEEN (:b) AND :c","ExpressionAttributeValues":{":a":{"S":"?"},":b":{"S":"0"},":c":{"S":"9"}}}`},
		{"Query", `{"TableName":"cats","KeyConditionExpression":"account = :a","ExpressionAttributeValues":{":a":{"S":"?","X":null}}}`},
		{"Query", `{"TableName":"cats","KeyConditionExpression":null,"KeyConditions":{"account":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"?"}]}}}`},
		{"ExecuteStatement", `{"Statement":"SELECT * FROM cats WHERE '?' = account"}`},
		{"ExecuteStatement", `{"Statement":"SELECT * FROM cats WHERE (account) = ('?')"}`},
		{"ExecuteStatement", `{"Statement":"SELECT * FROM cats WHERE account = 'x' OR account = '?'"}`},
		{"ExecuteStatement", `{"Statement":"SELECT * FROM cats WHERE account = 'x' AND id = 'y' OR '?' = account"}`},
		{"ExecuteStatement", `{"Statement":"SELECT * FROM cats WHERE x.account = 'x' OR id = '1'"}`},
		{"ExecuteStatement", `{"Statement":"SELECT * FROM numbers WHERE n = 7.0"}`},
	} {
		status, answer := b.post(t, role, region, dataTarget+tt.operation, tt.body)
		if status == 200 || strings.Contains(answer, "s3cret") {
			t.Errorf("%s %s: %d %s", tt.operation, tt.body, status, answer)
		}
	}
}
