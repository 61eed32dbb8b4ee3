package dynamodb

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// role makes a role with statements and a session of it.
func (b *bench) role(t testing.TB, name string, statements ...string) gate.Credentials {
	t.Helper()
	arn := "arn:aws:iam::" + accountA + ":role/" + name
	b.gate.PutRole(gate.Role{ARN: arn, Name: name, Account: accountA,
		Trust:    parse(t, iam.Trust, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		Identity: []iam.Document{parse(t, iam.Identity, `{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`)}})
	c, _, err := b.gate.ServiceSession("lambda.amazonaws.com", arn, "fn", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// post sends any body with a valid signature.
func (b *bench) post(t testing.TB, c gate.Credentials, inRegion, target, body string) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	req.Header.Set("X-Amz-Target", target)
	sum := sha256.Sum256([]byte(body))
	credentials := aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
	if err := v4.NewSigner().SignHTTP(context.Background(), credentials, req, hex.EncodeToString(sum[:]), "dynamodb", inRegion, time.Now()); err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

// hostile requests of tenant a for what is of tenant b, which has the row b, 1 with a secret.
var hostile = []struct{ operation, body string }{
	// Another's key, in every place that a key has.
	{"GetItem", `{"TableName":"cats","Key":{"account":{"S":"b"},"id":{"S":"1"}}}`},
	{"GetItem", `{"TableName":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats","Key":{"account":{"S":"b"},"id":{"S":"1"}}}`},
	{"GetItem", `{"TableName":"cats","Key":{"\u0061ccount":{"S":"\u0062"},"id":{"S":"1"}}}`},
	{"GetItem", `{"TableName":"cats","Key":{"account":{"S":"b"},"id":{"S":"1"},"ACCOUNT":{"S":"a"}}}`},
	{"PutItem", `{"TableName":"cats","Item":{"account":{"S":"b"},"id":{"S":"1"}}}`},
	{"PutItem", `{"TableName":"cats","Item":{"account":{"S":"b"},"id":{"S":"1"},"x":{"M":{"account":{"S":"a"}}}},"ReturnValues":"ALL_OLD"}`},
	{"UpdateItem", `{"TableName":"cats","Key":{"account":{"S":"b"},"id":{"S":"1"}},"UpdateExpression":"SET x = :a","ExpressionAttributeValues":{":a":{"S":"a"}},"ReturnValues":"ALL_NEW"}`},
	{"UpdateItem", `{"TableName":"cats","Key":{"account":{"S":"b"},"id":{"S":"1"}},"AttributeUpdates":{"x":{"Action":"PUT","Value":{"S":"a"}}},"ReturnValues":"ALL_OLD"}`},
	{"DeleteItem", `{"TableName":"cats","Key":{"account":{"S":"b"},"id":{"S":"1"}},"ReturnValues":"ALL_OLD"}`},
	{"DeleteItem", `{"TableName":"cats","Key":{"account":{"S":"b"},"id":{"S":"1"}},"ConditionExpression":"account = :a","ExpressionAttributeValues":{":a":{"S":"a"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`},
	{"BatchGetItem", `{"RequestItems":{"cats":{"Keys":[{"account":{"S":"b"},"id":{"S":"1"}}]}}}`},
	{"BatchGetItem", `{"RequestItems":{"cats":{"Keys":[{"account":{"S":"a"},"id":{"S":"1"}},{"account":{"S":"b"},"id":{"S":"1"}}]}}}`},
	{"BatchGetItem", `{"RequestItems":{"cats":{"Keys":[{"account":{"S":"a"},"id":{"S":"1"}}]},"arn:aws:dynamodb:eu-central-1:111111111111:table/cats":{"Keys":[{"account":{"S":"b"},"id":{"S":"1"}}]}}}`},
	{"BatchGetItem", `{"RequestItems":{"cats":{"Keys":[{"account":{"S":"a"},"id":{"S":"1"}}],"keys":[],"Keys":[{"account":{"S":"b"},"id":{"S":"1"}}]}}}`},
	{"BatchWriteItem", `{"RequestItems":{"cats":[{"PutRequest":{"Item":{"account":{"S":"a"},"id":{"S":"9"}}}},{"DeleteRequest":{"Key":{"account":{"S":"b"},"id":{"S":"1"}}}}]}}`},
	{"BatchWriteItem", `{"RequestItems":{"cats":[{"PutRequest":{"Item":{"account":{"S":"a"},"id":{"S":"9"}}},"DeleteRequest":{"Key":{"account":{"S":"b"},"id":{"S":"1"}}}}]}}`},
	{"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"cats","Key":{"account":{"S":"a"},"id":{"S":"1"}}}},{"Get":{"TableName":"cats","Key":{"account":{"S":"b"},"id":{"S":"1"}}}}]}`},
	{"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats","Key":{"account":{"S":"b"},"id":{"S":"1"}}}}]}`},
	{"TransactWriteItems", `{"TransactItems":[{"ConditionCheck":{"TableName":"cats","Key":{"account":{"S":"b"},"id":{"S":"1"}},"ConditionExpression":"secret = :s","ExpressionAttributeValues":{":s":{"S":"x"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}}]}`},
	{"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"cats","Item":{"account":{"S":"a"},"id":{"S":"9"}}}},{"Put":{"TableName":"cats","Item":{"account":{"S":"b"},"id":{"S":"1"}}}}]}`},
	{"TransactWriteItems", `{"TransactItems":[{"Update":{"TableName":"cats","Key":{"account":{"S":"b"},"id":{"S":"1"}},"UpdateExpression":"REMOVE secret"}}]}`},
	{"TransactWriteItems", `{"TransactItems":[{"Delete":{"TableName":"cats","Key":{"account":{"S":"b"},"id":{"S":"1"}}}}]}`},
	{"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"cats","Item":{"account":{"S":"a"},"id":{"S":"9"}}},"Delete":{"TableName":"cats","Key":{"account":{"S":"b"},"id":{"S":"1"}}}}]}`},
	// Queries.
	{"Query", `{"TableName":"cats","KeyConditionExpression":"account = :b","ExpressionAttributeValues":{":b":{"S":"b"}}}`},
	{"Query", `{"TableName":"cats","KeyConditionExpression":":b = (#p)","ExpressionAttributeNames":{"#p":"account"},"ExpressionAttributeValues":{":b":{"S":"b"}}}`},
	{"Query", `{"TableName":"cats","KeyConditionExpression":"#a = :a","ExpressionAttributeNames":{"#a":"id"},"ExpressionAttributeValues":{":a":{"S":"a"}}}`},
	{"Query", `{"TableName":"cats","KeyConditionExpression":"account = :a OR account = :b","ExpressionAttributeValues":{":a":{"S":"a"},":b":{"S":"b"}}}`},
	{"Query", `{"TableName":"cats","KeyConditionExpression":"account = :b AND account = :a","ExpressionAttributeValues":{":a":{"S":"a"},":b":{"S":"b"}}}`},
	{"Query", `{"TableName":"cats","KeyConditionExpression":"account >= :a","ExpressionAttributeValues":{":a":{"S":"a"}}}`},
	{"Query", `{"TableName":"cats","KeyConditionExpression":null,"KeyConditions":{"account":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"b"}]}}}`},
	{"Query", `{"TableName":"cats","KeyConditionExpression":"account = :a","ExpressionAttributeValues":{":a":{"S":"a"}},"KeyConditions":{"account":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"b"}]}}}`},
	{"Query", `{"TableName":"cats","KeyConditions":{"account":{"ComparisonOperator":"IN","AttributeValueList":[{"S":"a"},{"S":"b"}]}}}`},
	{"Query", `{"TableName":"cats","KeyConditions":{"account":{"ComparisonOperator":"GE","AttributeValueList":[{"S":"a"}]}}}`},
	{"Query", `{"TableName":"cats","KeyConditionExpression":"account = :a","ExpressionAttributeValues":{":a":{"S":"a"},":a":{"S":"b"}}}`},
	{"Query", `{"TableName":"cats","KeyConditionExpression":"account = :a","keyConditionExpression":"account = :b","ExpressionAttributeValues":{":a":{"S":"b"}}}`},
	{"Query", `{"TableName":"cats","IndexName":"byName","KeyConditionExpression":"#n = :a","ExpressionAttributeNames":{"#n":"name"},"ExpressionAttributeValues":{":a":{"S":"tom"}}}`},
	{"Query", `{"TableName":"cats/index/byName","KeyConditionExpression":"account = :a","ExpressionAttributeValues":{":a":{"S":"a"}}}`},
	// What carries no leading key.
	{"Scan", `{"TableName":"cats"}`},
	{"Scan", `{"TableName":"cats","FilterExpression":"account = :a","ExpressionAttributeValues":{":a":{"S":"a"}}}`},
	{"Scan", `{"TableName":"cats","IndexName":"byName"}`},
	{"ExecuteStatement", `{"Statement":"SELECT * FROM cats WHERE account = 'b'"}`},
	{"ExecuteStatement", `{"Statement":"SELECT * FROM cats WHERE account = ?","Parameters":[{"S":"b"}]}`},
	{"BatchExecuteStatement", `{"Statements":[{"Statement":"SELECT * FROM cats WHERE account = 'b' AND id = '1'"}]}`},
	{"ExecuteTransaction", `{"TransactStatements":[{"Statement":"DELETE FROM cats WHERE account = 'b' AND id = '1'"}]}`},
	// Two readers, two meanings.
	{"GetItem", `{"TableName":"cats","Key":{"account":{"S":"a"},"id":{"S":"1"}},"Key":{"account":{"S":"b"},"id":{"S":"1"}}}`},
	{"GetItem", `{"TableName":"cats","Key":{"account":{"S":"a"},"id":{"S":"1"}},"\u004bey":{"account":{"S":"b"},"id":{"S":"1"}}}`},
	{"GetItem", `{"TableName":"cats","Key":{"account":{"S":"a"},"account":{"S":"b"},"id":{"S":"1"}}}`},
	{"GetItem", `{"TableName":"cats","Key":{"account":{"S":"a","S":"b"},"id":{"S":"1"}}}`},
	{"GetItem", `{"TableName":"cats","Key":{"account":{"N":"1","S":"b"},"id":{"S":"1"}}}`},
	{"GetItem", `{"TableName":"cats","Key":{"account":{"S":"b","N":null},"id":{"S":"1"}}}`},
	{"GetItem", `{"TableName":"dogs","TableName":"cats","Key":{"account":{"S":"b"},"id":{"S":"1"}}}`},
	{"GetItem", `{"TableName":"cats","Key":{"account":{"S":"a"},"id":{"S":"1"}}}{"TableName":"cats","Key":{"account":{"S":"b"},"id":{"S":"1"}}}`},
	{"GetItem", `{"TableName":"cats","key":{"account":{"S":"a"},"id":{"S":"1"}},"Key":{"account":{"S":"b"},"id":{"S":"1"}}}`},
	{"GetItem", "{\x00\"\x00T\x00a\x00b\x00l\x00e\x00N\x00a\x00m\x00e\x00\"\x00:\x00\"\x00c\x00a\x00t\x00s\x00\"\x00}\x00"},
	{"GetItem", "\ufeff" + `{"TableName":"cats","Key":{"account":{"S":"b"},"id":{"S":"1"}}}`},
	{"GetItem", `{/**/"TableName":"cats","Key":{"account":{"S":"b"},"id":{"S":"1"}}}`},
	{"GetItem", `{"TableName":"cats","Key":{"account":{"S":"\ud800"},"id":{"S":"1"}}}`},
	// Tables that are not the tenant's.
	{"GetItem", `{"TableName":"arn:aws:dynamodb:eu-central-1:222222222222:table/cats","Key":{"account":{"S":"a"},"id":{"S":"1"}}}`},
	{"GetItem", `{"TableName":"arn:aws:dynamodb:us-east-1:111111111111:table/cats","Key":{"account":{"S":"a"},"id":{"S":"1"}}}`},
	{"GetItem", `{"TableName":"arn:aws:dynamodb:ddblocal:000000000000:table/cats","Key":{"account":{"S":"a"},"id":{"S":"1"}}}`},
	{"GetItem", `{"TableName":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats/../dogs","Key":{"account":{"S":"a"},"id":{"S":"1"}}}`},
	{"GetItem", `{"TableName":"*","Key":{"account":{"S":"a"},"id":{"S":"1"}}}`},
	{"GetItem", `{"TableName":"Cats","Key":{"account":{"S":"a"},"id":{"S":"1"}}}`},
	{"BatchGetItem", `{"RequestItems":{"cats":{"Keys":[{"account":{"S":"a"},"id":{"S":"1"}}]},"dogs":{"Keys":[{"account":{"S":"a"},"id":{"S":"1"}}]}}}`},
	// Requests without a key.
	{"GetItem", `{"TableName":"cats","Key":{}}`},
	{"GetItem", `{"TableName":"cats","Key":{"id":{"S":"1"}}}`},
	{"GetItem", `{"TableName":"cats","Key":null}`},
	{"GetItem", `{"TableName":"cats"}`},
	{"Query", `{"TableName":"cats"}`},
	{"BatchGetItem", `{"RequestItems":{"cats":{"Keys":[]}}}`},
	{"BatchGetItem", `{"RequestItems":{"cats":{"Keys":[{"account":{"S":"a"},"id":{"S":"1"}},{"id":{"S":"1"}}]}}}`},
	{"BatchWriteItem", `{"RequestItems":{"cats":[]}}`},
	{"BatchWriteItem", `{"RequestItems":{"cats":[null]}}`},
	{"BatchWriteItem", `{"RequestItems":{}}`},
	{"TransactWriteItems", `{"TransactItems":[]}`},
	{"TransactWriteItems", `{"TransactItems":[{}]}`},
	// The control plane and streams.
	{"DescribeTable", `{"TableName":"cats"}`},
	{"UpdateTable", `{"TableName":"cats","DeletionProtectionEnabled":false}`},
	{"DeleteTable", `{"TableName":"cats"}`},
	{"CreateTable", `{"TableName":"mine"}`},
	{"ListTables", `{}`},
	{"UpdateTimeToLive", `{"TableName":"cats","TimeToLiveSpecification":{"AttributeName":"x","Enabled":true}}`},
	{"PutResourcePolicy", `{"ResourceArn":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats","Policy":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"dynamodb:*\",\"Resource\":\"*\"}]}"}`},
	{"TagResource", `{"ResourceArn":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats","Tags":[{"Key":"x","Value":"y"}]}`},
	{"ExportTableToPointInTime", `{"TableArn":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats","S3Bucket":"mine"}`},
	{"RestoreTableToPointInTime", `{"SourceTableName":"cats","TargetTableName":"mine"}`},
	{"CreateBackup", `{"TableName":"cats","BackupName":"mine"}`},
	{"streams ListStreams", `{"TableName":"cats"}`},
	{"streams DescribeStream", `{"StreamArn":"` + "STREAM" + `"}`},
	{"streams GetShardIterator", `{"StreamArn":"` + "STREAM" + `","ShardId":"shardId-00000001795577769803-c48e81df","ShardIteratorType":"TRIM_HORIZON"}`},
	{"streams GetRecords", `{"ShardIterator":"ITERATOR"}`},
	{"streams GetRecords", `{"ShardIterator":"ENGINE"}`},
	{"streams GetRecords", `{"ShardIterator":"arn:aws:dynamodb:ddblocal:000000000000:table/cats/stream/x|001|x"}`},
	// Names that are none of operations.
	{"PartiQLSelect", `{"TableName":"cats"}`},
	{"ConditionCheckItem", `{"TableName":"cats","Key":{"account":{"S":"a"},"id":{"S":"1"}}}`},
	{"getItem", `{"TableName":"cats","Key":{"account":{"S":"b"},"id":{"S":"1"}}}`},
	{"GetItem ", `{"TableName":"cats","Key":{"account":{"S":"b"},"id":{"S":"1"}}}`},
	{"", `{"TableName":"cats","Key":{"account":{"S":"b"},"id":{"S":"1"}}}`},
}

// refusals are what a hostile request may be answered.
var refusals = map[string]bool{"AccessDeniedException": true, "ValidationException": true, "SerializationException": true, "UnknownOperationException": true}

func TestHostile(t *testing.T) {
	b := start(t)
	ctx := context.Background()
	operator := b.as(b.gate.Operator(accountA))
	row := key("b", "1")
	row["secret"], row["name"] = str("s3cret"), str("tom")
	if _, err := operator.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("cats"), Item: row}); err != nil {
		t.Fatal(err)
	}
	stream, _ := b.service.StreamARN(tableARN)
	inner := "arn:aws:dynamodb:ddblocal:000000000000:table/cats/stream/x|001|x"
	iterator := b.service.sealIterator(iterator{stream: tableID{home{accountA, region}, "cats"}, label: "x", account: accountA, engine: inner, made: time.Now()})
	fill := strings.NewReplacer("STREAM", stream, "ITERATOR", iterator, "ENGINE", inner)
	for i, h := range hostile {
		t.Run(fmt.Sprintf("%d %s", i, h.operation), func(t *testing.T) {
			target := dataTarget + h.operation
			if operation, ok := strings.CutPrefix(h.operation, "streams "); ok {
				target = streamsTarget + operation
			}
			status, answer := b.post(t, b.session, region, target, fill.Replace(h.body))
			var e struct {
				Type string `json:"__type"`
			}
			if err := json.Unmarshal([]byte(answer), &e); err != nil || status == http.StatusOK || !refusals[e.Type] || strings.Contains(answer, "s3cret") {
				t.Errorf("%s: %d %s", h.body, status, answer)
			}
		})
	}
	out, err := operator.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("cats"), Key: key("b", "1")})
	if err != nil || len(out.Item) != 4 {
		t.Errorf("the row of tenant b is %v, %v", out, err)
	}
}

// TestOtherRegion: a region in which nobody has a table gets no database, and one that is none is refused.
func TestOtherRegion(t *testing.T) {
	b := start(t)
	for region, want := range map[string]string{"us-east-1": "AccessDeniedException", "..": "UnrecognizedClientException", "eu-central-1.x": "UnrecognizedClientException"} {
		_, answer := b.post(t, b.session, region, dataTarget+"GetItem", `{"TableName":"cats","Key":{"account":{"S":"a"},"id":{"S":"1"}}}`)
		if !strings.Contains(answer, want) {
			t.Errorf("in region %s: %s, want %s", region, answer, want)
		}
	}
	operator := b.gate.Operator(accountA)
	if _, answer := b.post(t, operator, "us-east-1", dataTarget+"GetItem", `{"TableName":"cats","Key":{"account":{"S":"a"},"id":{"S":"1"}}}`); !strings.Contains(answer, "ResourceNotFoundException") {
		t.Errorf("a table of another region: %s", answer)
	}
}
