package dynamodb

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/tenantstack/tenantstack/internal/localcloud/engine/enginetest"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// records reads a stream from its beginning.
func (b *bench) records(t *testing.T, arn string) []streamtypes.Record {
	t.Helper()
	ctx := context.Background()
	c := dynamodbstreams.NewFromConfig(b.config(b.gate.Operator(accountA)))
	d, err := c.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: &arn})
	if err != nil {
		t.Fatal(err)
	}
	var out []streamtypes.Record
	for _, shard := range d.StreamDescription.Shards {
		it, err := c.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{StreamArn: &arn, ShardId: shard.ShardId, ShardIteratorType: "TRIM_HORIZON"})
		if err != nil {
			t.Fatal(err)
		}
		for next := it.ShardIterator; next != nil; {
			page, err := c.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: next})
			if err != nil {
				t.Fatal(err)
			}
			if out = append(out, page.Records...); len(page.Records) == 0 {
				break
			}
			next = page.NextShardIterator
		}
	}
	return out
}

// eventually polls a condition.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

// expiringTable is a table of its own whose items expire, behind a clock of its own.
func expiringTable(t *testing.T, b *bench, name string) (c *dynamodb.Client, stream string, now *atomic.Int64) {
	t.Helper()
	now = &atomic.Int64{}
	now.Store(time.Now().Unix())
	b.service.Close()
	b.service = New(Options{Gate: b.gate, Engine: engineAddress(t), Now: func() time.Time { return time.Unix(now.Load(), 0) }, Log: func(line string) { t.Log(line) }})
	t.Cleanup(b.service.Close)
	b.serve(t)
	r := resource.Resource{Stack: "s", LogicalID: "E", Type: "AWS::DynamoDB::Table", Account: accountA, Region: region, Name: name, ARN: "arn:aws:dynamodb:" + region + ":" + accountA + ":table/" + name, Properties: map[string]any{
		"KeySchema":               []any{map[string]any{"AttributeName": "account", "KeyType": "HASH"}, map[string]any{"AttributeName": "id", "KeyType": "RANGE"}},
		"AttributeDefinitions":    []any{map[string]any{"AttributeName": "account", "AttributeType": "S"}, map[string]any{"AttributeName": "id", "AttributeType": "S"}},
		"StreamSpecification":     map[string]any{"StreamViewType": "NEW_AND_OLD_IMAGES"},
		"TimeToLiveSpecification": map[string]any{"AttributeName": "expires.at", "Enabled": true}}}
	if err := b.service.Put(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	stream, _ = b.service.StreamARN(r.ARN)
	return b.as(b.gate.Operator(accountA)), stream, now
}

// ids are those of the items of account a in a table.
func ids(t *testing.T, c *dynamodb.Client, table string) string {
	t.Helper()
	out, err := c.Query(context.Background(), &dynamodb.QueryInput{TableName: &table, KeyConditionExpression: aws.String("account = :a"), ExpressionAttributeValues: item{":a": str("a")}, ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, i := range out.Items {
		found = append(found, i["id"].(*types.AttributeValueMemberS).Value)
	}
	return strings.Join(found, " ")
}

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// TestTimeToLive writes items in every way and lets time pass.
func TestTimeToLive(t *testing.T) {
	b := start(t)
	ctx, table := context.Background(), aws.String(enginetest.Unique("expiring"))
	c, stream, now := expiringTable(t, b, *table)
	begin := now.Load()
	with := func(id string, at types.AttributeValue) item {
		i := key("a", id)
		i["expires.at"] = at
		return i
	}
	put := func(i item) {
		t.Helper()
		if _, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: i}); err != nil {
			t.Fatal(err)
		}
	}
	set := func(id string, at int64) {
		t.Helper()
		if _, err := c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: table, Key: key("a", id), UpdateExpression: aws.String("SET #t = :t"),
			ExpressionAttributeNames: map[string]string{"#t": "expires.at"}, ExpressionAttributeValues: item{":t": number(at)}}); err != nil {
			t.Fatal(err)
		}
	}
	put(with("put", number(begin+10)))
	put(with("fraction", &types.AttributeValueMemberN{Value: fmt.Sprintf("%d.5", begin+10)}))
	put(with("string", str(strconv.FormatInt(begin+10, 10))))
	put(with("old", number(begin-6*366*24*3600)))
	put(with("later", number(begin+1000)))
	put(with("prolonged", number(begin+10)))
	set("prolonged", begin+1000)
	put(key("a", "set"))
	set("set", begin+10)
	if _, err := c.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{*table: {{PutRequest: &types.PutRequest{Item: with("batch", number(begin+10))}}}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{Put: &types.Put{TableName: table, Item: with("transaction", number(begin+10))}}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ExecuteStatement(ctx, &dynamodb.ExecuteStatementInput{Statement: aws.String(`INSERT INTO "` + *table + `" VALUE {'account': 'a', 'id': 'partiql', 'expires.at': ?}`), Parameters: []types.AttributeValue{number(begin + 10)}}); err != nil {
		t.Fatal(err)
	}
	if got := ids(t, c, *table); got != "batch fraction later old partiql prolonged put set string transaction" {
		t.Errorf("before: %s", got)
	}
	changed := b.service.Changed(stream)
	now.Store(begin + 11)
	eventually(t, "items expire", func() bool { return ids(t, c, *table) == "later old prolonged string" })
	<-changed
	if _, err := c.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: table, Key: key("a", "later")}); err != nil {
		t.Fatal(err)
	}
	put(key("a", "put"))
	if _, err := c.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: table, Key: key("a", "put")}); err != nil {
		t.Fatal(err)
	}
	removed := map[string]string{}
	for _, r := range b.records(t, stream) {
		if r.EventName != "REMOVE" {
			continue
		}
		who := ""
		if r.UserIdentity != nil {
			who = *r.UserIdentity.Type + " " + *r.UserIdentity.PrincipalId
		}
		removed[r.Dynamodb.Keys["id"].(*streamtypes.AttributeValueMemberS).Value] += who + ";"
	}
	for id, want := range map[string]string{"put": "Service dynamodb.amazonaws.com;;", "set": "Service dynamodb.amazonaws.com;", "partiql": "Service dynamodb.amazonaws.com;", "later": ";"} {
		if removed[id] != want {
			t.Errorf("the removal of %s is by %q, want %q", id, removed[id], want)
		}
	}
}

// TestTimeToLiveAPI turns time to live on for items that are there already.
func TestTimeToLiveAPI(t *testing.T) {
	b := start(t)
	ctx, table := context.Background(), aws.String(enginetest.Unique("expiring-api"))
	c, _, now := expiringTable(t, b, *table)
	old := key("a", "1")
	old["other"] = number(now.Load() - 5)
	if _, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: old}); err != nil {
		t.Fatal(err)
	}
	update := func(attribute string, enabled bool) string {
		_, err := c.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{TableName: table, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: &attribute, Enabled: &enabled}})
		return code(err)
	}
	for _, step := range []struct {
		attribute string
		enabled   bool
		want      string
	}{{"other", true, "ValidationException"}, {"other", false, "ValidationException"}, {"expires.at", true, "ValidationException"}, {"expires.at", false, ""}, {"expires.at", false, "ValidationException"}, {"other", true, ""}} {
		if got := update(step.attribute, step.enabled); got != step.want {
			t.Errorf("UpdateTimeToLive %s, %v: %q, want %q", step.attribute, step.enabled, got, step.want)
		}
	}
	d, err := c.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: table})
	if err != nil || d.TimeToLiveDescription.TimeToLiveStatus != "ENABLED" || *d.TimeToLiveDescription.AttributeName != "other" {
		t.Errorf("DescribeTimeToLive = %+v, %v", d, err)
	}
	eventually(t, "the item expires", func() bool { return ids(t, c, *table) == "" })
}

// TestExpiries keeps the memory of a table with many items small.
func TestExpiries(t *testing.T) {
	var e expiries
	for i := range 3*maxExpiries + 7 {
		e.schedule(strconv.Itoa(i), "", int64(i))
	}
	if len(e.known) > maxExpiries || len(e.due) > 3*maxExpiries || e.horizon == noHorizon || e.known["0"].at != 0 {
		t.Errorf("%d items, %d times, horizon %d", len(e.known), len(e.due), e.horizon)
	}
	e.scanned = true
	expired, _, _ := e.take(e.horizon, 2*maxExpiries)
	if int64(len(expired)) < maxExpiries/4 || e.scanned {
		t.Errorf("%d expired, a scan is wanted: %v", len(expired), !e.scanned)
	}
	for range 10 * maxExpiries {
		e.schedule("same", "", 5)
	}
	if len(e.due) > 10_000 {
		t.Errorf("%d times of one item", len(e.due))
	}
}

// TestIterators holds iterators to the account that got them and to their age.
func TestIterators(t *testing.T) {
	b := start(t)
	ctx := context.Background()
	_, stream, now := expiringTable(t, b, enginetest.Unique("streamed"))
	c := dynamodbstreams.NewFromConfig(b.config(b.gate.Operator(accountA)))
	d, err := c.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: &stream})
	if err != nil {
		t.Fatal(err)
	}
	it, err := c.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{StreamArn: &stream, ShardId: d.StreamDescription.Shards[0].ShardId, ShardIteratorType: "LATEST"})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(*it.ShardIterator, "streamed") || strings.Contains(*it.ShardIterator, "ddblocal") {
		t.Errorf("the iterator can be read: %s", *it.ShardIterator)
	}
	read := func(as *dynamodbstreams.Client, iterator string) string {
		_, err := as.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: &iterator})
		return code(err)
	}
	other := dynamodbstreams.NewFromConfig(b.config(b.gate.Operator(accountB)))
	role := dynamodbstreams.NewFromConfig(b.config(b.role(t, "Reader", `{"Effect":"Allow","Action":"dynamodb:GetRecords","Resource":"`+stream+`"}`)))
	elsewhere := dynamodbstreams.NewFromConfig(b.config(b.role(t, "Elsewhere", `{"Effect":"Allow","Action":"dynamodb:GetRecords","Resource":"`+stream+`x"}`)))
	changed := *it.ShardIterator
	changed = changed[:len(changed)-2] + string(rune(changed[len(changed)-2]^1)) + changed[len(changed)-1:]
	for name, tt := range map[string]struct {
		as             *dynamodbstreams.Client
		iterator, want string
	}{
		"own": {c, *it.ShardIterator, ""}, "a role": {role, *it.ShardIterator, ""}, "a role of another stream": {elsewhere, *it.ShardIterator, "AccessDeniedException"},
		"another account": {other, *it.ShardIterator, "ValidationException"}, "changed": {c, changed, "ValidationException"}, "none": {c, "x", "ValidationException"},
	} {
		if got := read(tt.as, tt.iterator); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	now.Add(16 * 60)
	if got := read(c, *it.ShardIterator); got != "ExpiredIteratorException" {
		t.Errorf("after 16 minutes: %q", got)
	}
}

func TestStreamARN(t *testing.T) {
	s := unconnected(t)
	a, ok := s.StreamARN(tableARN)
	again, _ := s.StreamARN(tableARN)
	other, _ := s.StreamARN(tableARN + "2")
	if !ok || a != again || a == other || !strings.HasPrefix(a, tableARN+"/stream/20") {
		t.Errorf("StreamARN = %q, %q, %q, %v", a, again, other, ok)
	}
	for _, arn := range []string{"", "cats", "arn:aws:s3:::cats", tableARN + "/index/x", "arn:aws:dynamodb:eu-central-1:1:table/cats", "arn:aws:dynamodb::111111111111:table/cats"} {
		if got, ok := s.StreamARN(arn); ok {
			t.Errorf("StreamARN(%q) = %q", arn, got)
		}
	}
}
