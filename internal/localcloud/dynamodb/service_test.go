package dynamodb

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/aws/smithy-go"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/engine"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

const (
	accountA, accountB = "111111111111", "222222222222"
	region             = "eu-central-1"
	tableARN           = "arn:aws:dynamodb:eu-central-1:111111111111:table/cats"
	roleARN            = "arn:aws:iam::111111111111:role/R"
)

// bench is the service behind the gate, with a table cats in two accounts and a role of tenant a.
type bench struct {
	engine  string
	t       testing.TB
	gate    *gate.Gate
	service *Service
	url     string
	session gate.Credentials
}

// shared is one engine for all tests of the binary, with which it ends.
var shared = sync.OnceValues(func() (*engine.Engine, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	return engine.StartDynamoDB(ctx, engine.Options{Separate: true})
})

func engineAddress(t testing.TB) string {
	t.Helper()
	e, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return e.Endpoint()
}

func start(t testing.TB) *bench {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	address := engineAddress(t)
	g, err := gate.New(gate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{Gate: g, Engine: address, Log: func(line string) { t.Log(line) }})
	t.Cleanup(s.Close)
	b := &bench{t: t, gate: g, service: s, engine: address}
	b.serve(t)
	for _, account := range []string{accountA, accountB} {
		if err := s.Put(ctx, table1(account)); err != nil {
			t.Fatal(err)
		}
	}
	g.PutRole(gate.Role{ARN: roleARN, Name: "R", Account: accountA,
		Trust: parse(t, iam.Trust, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		Identity: []iam.Document{parse(t, iam.Identity, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":["`+tableARN+`","`+tableARN+`/index/byName"],
			"Action":["dynamodb:BatchGetItem","dynamodb:BatchWriteItem","dynamodb:ConditionCheckItem","dynamodb:DeleteItem","dynamodb:GetItem","dynamodb:PutItem","dynamodb:Query","dynamodb:UpdateItem"],
			"Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["a"]},"ForAnyValue:StringLike":{"dynamodb:LeadingKeys":["*"]},"Null":{"dynamodb:LeadingKeys":["false"]}}}]}`)}})
	if b.session, _, err = g.ServiceSession("lambda.amazonaws.com", roleARN, "fn", time.Hour); err != nil {
		t.Fatal(err)
	}
	return b
}

// serve puts the service behind an endpoint.
func (b *bench) serve(t testing.TB) {
	front := gate.NewFront(b.gate)
	front.Handle("dynamodb", b.service)
	server := httptest.NewServer(front)
	t.Cleanup(server.Close)
	b.url = server.URL
}

func parse(t testing.TB, kind iam.Kind, text string) iam.Document {
	t.Helper()
	d, err := iam.Parse([]byte(text), kind)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func table1(account string) resource.Resource {
	key := func(name, kind string) map[string]any {
		return map[string]any{"AttributeName": name, "KeyType": kind}
	}
	attribute := func(name string) map[string]any {
		return map[string]any{"AttributeName": name, "AttributeType": "S"}
	}
	return resource.Resource{Stack: "s", LogicalID: "Cats", Type: "AWS::DynamoDB::Table", Account: account, Region: region, Name: "cats",
		ARN: "arn:aws:dynamodb:" + region + ":" + account + ":table/cats", Properties: map[string]any{
			"KeySchema": []any{key("account", "HASH"), key("id", "RANGE")}, "AttributeDefinitions": []any{attribute("account"), attribute("id"), attribute("name")},
			"GlobalSecondaryIndexes": []any{map[string]any{"IndexName": "byName", "KeySchema": []any{key("name", "HASH")}, "Projection": map[string]any{"ProjectionType": "ALL"}}},
			"StreamSpecification":    map[string]any{"StreamViewType": "NEW_AND_OLD_IMAGES"}, "TimeToLiveSpecification": map[string]any{"AttributeName": "ttl", "Enabled": "true"},
			"BillingMode": "PAY_PER_REQUEST"}}
}

func (b *bench) config(c gate.Credentials) aws.Config {
	return aws.Config{Region: region, BaseEndpoint: &b.url, Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)}
}

func (b *bench) as(c gate.Credentials) *dynamodb.Client { return dynamodb.NewFromConfig(b.config(c)) }

type item = map[string]types.AttributeValue

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func key(account, id string) item { return item{"account": str(account), "id": str(id)} }

func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestService(t *testing.T) {
	b := start(t)
	t.Run("isolation", b.isolation)
	t.Run("accounts", b.accounts)
	t.Run("raw", b.raw)
	t.Run("streams", b.streams)
	t.Run("time to live", b.timeToLive)
	t.Run("put again", b.putAgain)
}

// isolation tries every operation with the own key and another's.
func (b *bench) isolation(t *testing.T) {
	ctx, c, cats := context.Background(), b.as(b.session), aws.String("cats")
	if _, err := b.as(b.gate.Operator(accountA)).PutItem(ctx, &dynamodb.PutItemInput{TableName: cats, Item: key("b", "1")}); err != nil {
		t.Fatal(err)
	}
	query := func(condition string, names map[string]string) func(string) error {
		return func(k string) error {
			_, err := c.Query(ctx, &dynamodb.QueryInput{TableName: cats, KeyConditionExpression: &condition, ExpressionAttributeNames: names, ExpressionAttributeValues: item{":k": str(k)}})
			return err
		}
	}
	write := func(w types.TransactWriteItem) error {
		_, err := c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{w}})
		return err
	}
	partiql := func(text string) func(string) error {
		return func(k string) error {
			_, err := c.ExecuteStatement(ctx, &dynamodb.ExecuteStatementInput{Statement: aws.String(strings.ReplaceAll(text, "KEY", k))})
			return err
		}
	}
	for name, tt := range map[string]struct {
		own bool // allowed with the own key
		do  func(key string) error
	}{
		"GetItem": {true, func(k string) error {
			_, err := c.GetItem(ctx, &dynamodb.GetItemInput{TableName: cats, Key: key(k, "1")})
			return err
		}},
		"GetItem by ARN": {true, func(k string) error {
			_, err := c.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(tableARN), Key: key(k, "1")})
			return err
		}},
		"PutItem": {true, func(k string) error {
			_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: cats, Item: key(k, "2")})
			return err
		}},
		"UpdateItem": {true, func(k string) error {
			_, err := c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: cats, Key: key(k, "2"), UpdateExpression: aws.String("SET x = :x"), ExpressionAttributeValues: item{":x": str("x")}})
			return err
		}},
		"DeleteItem": {true, func(k string) error {
			_, err := c.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: cats, Key: key(k, "2")})
			return err
		}},
		"BatchGetItem": {true, func(k string) error {
			_, err := c.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"cats": {Keys: []item{key("a", "3"), key(k, "4")}}}})
			return err
		}},
		"BatchWriteItem": {true, func(k string) error {
			_, err := c.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"cats": {
				{PutRequest: &types.PutRequest{Item: key("a", "3")}}, {DeleteRequest: &types.DeleteRequest{Key: key(k, "4")}}}}})
			return err
		}},
		"TransactGetItems": {true, func(k string) error {
			_, err := c.TransactGetItems(ctx, &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{{Get: &types.Get{TableName: cats, Key: key("a", "3")}}, {Get: &types.Get{TableName: cats, Key: key(k, "1")}}}})
			return err
		}},
		"TransactWriteItems put": {true, func(k string) error {
			return write(types.TransactWriteItem{Put: &types.Put{TableName: cats, Item: key(k, "5")}})
		}},
		"TransactWriteItems delete": {true, func(k string) error {
			return write(types.TransactWriteItem{Delete: &types.Delete{TableName: cats, Key: key(k, "5")}})
		}},
		"TransactWriteItems check": {true, func(k string) error {
			return write(types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: cats, Key: key(k, "9"), ConditionExpression: aws.String("attribute_not_exists(id)")}})
		}},
		"TransactWriteItems update": {true, func(k string) error {
			return write(types.TransactWriteItem{Update: &types.Update{TableName: cats, Key: key(k, "5"), UpdateExpression: aws.String("REMOVE x")}})
		}},
		"Query":                {true, query("account = :k", nil)},
		"Query by alias":       {true, query("#k = :k", map[string]string{"#k": "account"})},
		"Query turned around":  {true, query(":k = account", nil)},
		"Query in parentheses": {true, query("(account = :k)", nil)},
		"Query, legacy": {true, func(k string) error {
			_, err := c.Query(ctx, &dynamodb.QueryInput{TableName: cats, KeyConditions: map[string]types.Condition{"account": {ComparisonOperator: "EQ", AttributeValueList: []types.AttributeValue{str(k)}}}})
			return err
		}},
		"Query of an index by a name": {false, func(k string) error {
			_, err := c.Query(ctx, &dynamodb.QueryInput{TableName: cats, IndexName: aws.String("byName"), KeyConditionExpression: aws.String("#n = :k"),
				ExpressionAttributeNames: map[string]string{"#n": "name"}, ExpressionAttributeValues: item{":k": str("x" + k)}})
			return err
		}},
		"Scan": {false, func(string) error {
			_, err := c.Scan(ctx, &dynamodb.ScanInput{TableName: cats})
			return err
		}},
		"Scan of an index": {false, func(string) error {
			_, err := c.Scan(ctx, &dynamodb.ScanInput{TableName: cats, IndexName: aws.String("byName")})
			return err
		}},
		"PartiQL select": {false, partiql(`SELECT * FROM cats WHERE account = 'KEY'`)},
		"PartiQL scan":   {false, partiql(`SELECT * FROM cats`)},
		"PartiQL insert": {false, partiql(`INSERT INTO cats VALUE {'account': 'KEY', 'id': '7'}`)},
		"PartiQL update": {false, partiql(`UPDATE cats SET x = 'y' WHERE account = 'KEY' AND id = '7'`)},
		"PartiQL delete": {false, partiql(`DELETE FROM cats WHERE account = 'KEY' AND id = '7'`)},
		"DescribeTable": {false, func(string) error {
			_, err := c.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: cats})
			return err
		}},
		"DeleteTable": {false, func(string) error {
			_, err := c.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: cats})
			return err
		}},
		"ListTables": {false, func(string) error { _, err := c.ListTables(ctx, &dynamodb.ListTablesInput{}); return err }},
		"CreateTable": {false, func(string) error {
			_, err := c.CreateTable(ctx, &dynamodb.CreateTableInput{TableName: aws.String("mine"), BillingMode: "PAY_PER_REQUEST",
				AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("a"), AttributeType: "S"}}, KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("a"), KeyType: "HASH"}}})
			return err
		}},
		"PutResourcePolicy": {false, func(string) error {
			_, err := c.PutResourcePolicy(ctx, &dynamodb.PutResourcePolicyInput{ResourceArn: aws.String(tableARN), Policy: aws.String("{}")})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := code(tt.do("b")); got != "AccessDeniedException" {
				t.Errorf("with another's key: %q, want AccessDeniedException", got)
			}
			want := ""
			if !tt.own {
				want = "AccessDeniedException"
			}
			if got := code(tt.do("a")); got != want {
				t.Errorf("with the own key: %q, want %q", got, want)
			}
		})
	}
}

// accounts have tables of the same name apart, and reach each other's by resource policies alone.
func (b *bench) accounts(t *testing.T) {
	ctx := context.Background()
	a, other := b.as(b.gate.Operator(accountA)), b.as(b.gate.Operator(accountB))
	if _, err := a.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("cats"), Item: key("only-a", "1")}); err != nil {
		t.Fatal(err)
	}
	out, err := other.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("cats"), Key: key("only-a", "1")})
	if err != nil || len(out.Item) != 0 {
		t.Errorf("account %s reads %v, %v", accountB, out, err)
	}
	if _, err := other.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(tableARN), Key: key("only-a", "1")}); code(err) != "AccessDeniedException" {
		t.Errorf("account %s reads by ARN: %v", accountB, err)
	}
	shared := table1(accountA)
	shared.Properties["ResourcePolicy"] = map[string]any{"PolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"AWS": accountB}, "Action": "dynamodb:GetItem", "Resource": tableARN}}}}
	if err := b.service.Put(ctx, shared); err != nil {
		t.Fatal(err)
	}
	got, err := other.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(tableARN), Key: key("only-a", "1")})
	if err != nil || len(got.Item) != 2 {
		t.Errorf("with a resource policy: %v, %v", got, err)
	}
	d, err := other.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("cats")})
	if err != nil || *d.Table.TableArn != "arn:aws:dynamodb:eu-central-1:222222222222:table/cats" {
		t.Errorf("DescribeTable = %+v, %v", d, err)
	}
}

// raw sends bodies that no SDK sends.
func (b *bench) raw(t *testing.T) {
	for _, tt := range []struct{ name, operation, body, want string }{
		{"member twice", "GetItem", `{"TableName":"cats","Key":{"account":{"S":"a"},"id":{"S":"1"}},"Key":{"account":{"S":"b"},"id":{"S":"1"}}}`, "SerializationException"},
		{"escaped member twice", "GetItem", `{"TableName":"cats","Key":{"account":{"S":"a"},"id":{"S":"1"}},"\u004bey":{"account":{"S":"b"},"id":{"S":"1"}}}`, "SerializationException"},
		{"attribute twice", "GetItem", `{"TableName":"cats","Key":{"account":{"S":"a"},"account":{"S":"b"},"id":{"S":"1"}}}`, "SerializationException"},
		{"two types", "GetItem", `{"TableName":"cats","Key":{"account":{"S":"a","N":"1"},"id":{"S":"1"}}}`, "AccessDeniedException"},
		{"no key", "GetItem", `{"TableName":"cats","Key":{"id":{"S":"1"}}}`, "AccessDeniedException"},
		{"key in another case", "GetItem", `{"TableName":"cats","Key":{"Account":{"S":"a"},"id":{"S":"1"}}}`, "AccessDeniedException"},
		{"empty batch", "BatchGetItem", `{"RequestItems":{"cats":{"Keys":[]}}}`, "ValidationException"},
		{"no batch", "BatchWriteItem", `{"RequestItems":{}}`, "ValidationException"},
		{"empty transaction", "TransactWriteItems", `{"TransactItems":[]}`, "ValidationException"},
		{"two actions in one", "TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"cats","Item":{}},"Delete":{}}]}`, "ValidationException"},
		{"unknown action", "TransactWriteItems", `{"TransactItems":[{"Drop":{"TableName":"cats"}}]}`, "ValidationException"},
		{"one without a key in a batch", "BatchGetItem", `{"RequestItems":{"cats":{"Keys":[{"account":{"S":"a"},"id":{"S":"1"}},{"id":{"S":"1"}}]}}}`, "AccessDeniedException"},
		{"name with a slash", "GetItem", `{"TableName":"cats/index/x","Key":{}}`, "ValidationException"},
		{"ARN of another service", "GetItem", `{"TableName":"arn:aws:s3:eu-central-1:111111111111:table/cats","Key":{}}`, "ValidationException"},
		{"table that is not there", "GetItem", `{"TableName":"none","Key":{"account":{"S":"a"}}}`, "AccessDeniedException"},
		{"no table", "GetItem", `{"Key":{"account":{"S":"a"}}}`, "ValidationException"},
		{"no JSON", "GetItem", `x`, "SerializationException"},
		{"unknown operation", "Frobnicate", `{"TableName":"cats"}`, "UnknownOperationException"},
		{"action that is no operation", "PartiQLSelect", `{"TableName":"cats"}`, "UnknownOperationException"},
		{"two conditions of the key", "Query", `{"TableName":"cats","KeyConditionExpression":"account = :a AND account = :b","ExpressionAttributeValues":{":a":{"S":"a"},":b":{"S":"b"}}}`, "AccessDeniedException"},
		{"both kinds of conditions", "Query", `{"TableName":"cats","KeyConditionExpression":"account = :a","ExpressionAttributeValues":{":a":{"S":"a"}},"KeyConditions":{"account":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"b"}]}}}`, "AccessDeniedException"},
		{"PartiQL with a comment", "ExecuteStatement", `{"Statement":"SELECT * FROM cats -- WHERE account = 'a'"}`, "ValidationException"},
		{"iterator of nobody", "streams GetRecords", `{"ShardIterator":"x"}`, "ValidationException"},
		{"stream of another table", "streams DescribeStream", `{"StreamArn":"arn:aws:dynamodb:eu-central-1:111111111111:table/dogs/stream/x"}`, "AccessDeniedException"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			target := dataTarget + tt.operation
			if operation, ok := strings.CutPrefix(tt.operation, "streams "); ok {
				target = streamsTarget + operation
			}
			if got := b.send(t, target, tt.body); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// send sends a body as the role and returns the error's code.
func (b *bench) send(t *testing.T, target, body string) string {
	t.Helper()
	caller, problem := b.gate.CallerOf(b.session.AccessKeyID, b.session.SessionToken)
	if problem != nil {
		t.Fatal(problem)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", target)
	front := gate.NewFront(b.gate)
	front.Handle("dynamodb", b.service)
	call := gate.NewCall(b.gate, r, []byte(body), caller, region)
	b.service.Serve(w, call)
	var e struct {
		Type string `json:"__type"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return e.Type
}

func (b *bench) streams(t *testing.T) {
	ctx := context.Background()
	client := dynamodbstreams.NewFromConfig(b.config(b.gate.Operator(accountA)))
	arn, _ := b.service.StreamARN(tableARN)
	list, err := client.ListStreams(ctx, &dynamodbstreams.ListStreamsInput{TableName: aws.String("cats")})
	if err != nil || len(list.Streams) != 1 || *list.Streams[0].StreamArn != arn {
		t.Fatalf("ListStreams = %+v, %v, want %s", list, err, arn)
	}
	changed := b.service.Changed(arn)
	if _, err := b.as(b.session).PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("cats"), Item: key("a", "streamed")}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-changed:
	case <-time.After(5 * time.Second):
		t.Error("nobody was told of the write")
	}
	d, err := client.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: &arn})
	if err != nil || *d.StreamDescription.StreamArn != arn {
		t.Fatalf("DescribeStream = %+v, %v", d, err)
	}
	found := false
	for start := time.Now(); !found && time.Since(start) < 10*time.Second; {
		found = b.readShards(t, client, arn, d.StreamDescription.Shards)
	}
	if !found {
		t.Error("the write is not in the stream")
	}
}

// readShards says whether a stream has the row "streamed", and holds iterators against others who use them.
func (b *bench) readShards(t *testing.T, client *dynamodbstreams.Client, arn string, shards []streamtypes.Shard) (found bool) {
	ctx := context.Background()
	for _, shard := range shards {
		it, err := client.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{StreamArn: &arn, ShardId: shard.ShardId, ShardIteratorType: streamtypes.ShardIteratorTypeTrimHorizon})
		if err != nil {
			t.Fatal(err)
		}
		out, err := client.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: it.ShardIterator})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range out.Records {
			if *r.AwsRegion != region {
				t.Errorf("awsRegion = %s", *r.AwsRegion)
			}
			id, _ := r.Dynamodb.Keys["id"].(*streamtypes.AttributeValueMemberS)
			found = found || id != nil && id.Value == "streamed"
		}
		other := dynamodbstreams.NewFromConfig(b.config(b.gate.Operator(accountB)))
		if _, err := other.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: it.ShardIterator}); code(err) != "ValidationException" {
			t.Errorf("another account uses the iterator: %v", err)
		}
		role := dynamodbstreams.NewFromConfig(b.config(b.session))
		if _, err := role.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: it.ShardIterator}); code(err) != "AccessDeniedException" {
			t.Errorf("a role that may not read streams uses the iterator: %v", err)
		}
	}
	return found
}

func (b *bench) timeToLive(t *testing.T) {
	ctx := context.Background()
	c := b.as(b.gate.Operator(accountA))
	put := func(id string, at int64) {
		i := key("a", id)
		i["ttl"] = &types.AttributeValueMemberN{Value: strconv.FormatInt(at, 10)}
		if _, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("cats"), Item: i}); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now().Unix()
	put("soon", now+1)
	put("long ago", now-6*365*24*3600)
	put("late", now+3600)
	deadline := time.Now().Add(20 * time.Second)
	for {
		out, err := c.Query(ctx, &dynamodb.QueryInput{TableName: aws.String("cats"), KeyConditionExpression: aws.String("account = :a"), FilterExpression: aws.String("attribute_exists(#t)"),
			ExpressionAttributeNames: map[string]string{"#t": "ttl"}, ExpressionAttributeValues: item{":a": str("a")}})
		if err != nil {
			t.Fatal(err)
		}
		if out.Count == 2 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d items with a time to live are left, want 2", out.Count)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (b *bench) putAgain(t *testing.T) {
	if err := b.service.Put(context.Background(), table1(accountA)); err != nil {
		t.Errorf("the same table again: %v", err)
	}
	changed := table1(accountA)
	changed.Properties["KeySchema"] = []any{map[string]any{"AttributeName": "id", "KeyType": "HASH"}}
	if err := b.service.Put(context.Background(), changed); err == nil || !strings.Contains(err.Error(), "a key cannot change") {
		t.Errorf("another key: %v", err)
	}
}

// BenchmarkGetItem compares the way through the gate with the engine itself.
func BenchmarkGetItem(b *testing.B) {
	bench := start(b)
	direct := dynamodb.NewFromConfig(aws.Config{Region: region, BaseEndpoint: &bench.engine, Credentials: credentials.NewStaticCredentialsProvider(accountA, "x", "")})
	for name, client := range map[string]*dynamodb.Client{"gate": bench.as(bench.session), "engine": direct} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := client.GetItem(context.Background(), &dynamodb.GetItemInput{TableName: aws.String("cats"), Key: key("a", "1")}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
