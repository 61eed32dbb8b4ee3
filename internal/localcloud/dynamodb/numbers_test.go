package dynamodb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

func TestCanonicalNumber(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"1", "1"}, {"1.0", "1"}, {"+1", "1"}, {"01", "1"}, {"1e0", "1"}, {"0.1e1", "1"}, {"10e-1", "1"}, {"-0", "0"}, {"-0.00", "0"}, {"0.0", "0"}, {"000", "0"}, {"0e125", "0"},
		{"-1.50", "-1.5"}, {"1.5E3", "1500"}, {"1e-3", "0.001"}, {"123.456e2", "12345.6"}, {".5", "0.5"}, {"5.", "5"}, {"12345678901234567890", "12345678901234567890"}, {"0003", "3"}, {"-007.50", "-7.5"},
		{"1e125", "1" + strings.Repeat("0", 125)}, {"1e-130", "0." + strings.Repeat("0", 129) + "1"}, {"9999e122", "9999" + strings.Repeat("0", 122)}, {strings.Repeat("9", 38), strings.Repeat("9", 38)},
		{strings.Repeat("9", 38) + "e88", strings.Repeat("9", 38) + strings.Repeat("0", 88)}, {"1" + strings.Repeat("0", 100), "1" + strings.Repeat("0", 100)}, {strings.Repeat("0", 300) + "1", "1"}, {"1." + strings.Repeat("0", 300), "1"},
	} {
		if got, err := canonicalNumber(tt.text); err != nil || got != tt.want {
			t.Errorf("canonicalNumber(%.40q) = %q, %v, want %q", tt.text, got, err, tt.want)
		}
	}
	for want, texts := range map[string][]string{
		errNotNumber: {"", " 1", "1 ", "--1", "-+1", "1e", "1e1e1", "0x1", "1_0", "NaN", "Infinity", "١", ".", "-", "1.2.3", "1e9223372036854775808", "1,0"},
		errOverflow:  {"1e126", "-1e126", "10e125", "1e99999999999", "0e126", "1" + strings.Repeat("0", 126)}, errUnderflow: {"1e-131", "-0.1e-130", "1e-99999999999", "0e-131"},
		errPrecision: {strings.Repeat("1", 39), "1." + strings.Repeat("0", 37) + "1", "-" + strings.Repeat("12", 20)},
	} {
		for _, text := range texts {
			if got, err := canonicalNumber(text); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("canonicalNumber(%.40q) = %q, %v, want %q", text, got, err, want)
			}
		}
	}
}

// TestCanonicalNumberRandom holds random numbers against exact arithmetic.
func TestCanonicalNumberRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		digits := func(n int) string {
			var b strings.Builder
			for range random.IntN(n) {
				b.WriteByte("0000123456789"[random.IntN(13)])
			}
			return b.String()
		}
		text := pick(random, "", "-", "+") + digits(20) + "." + digits(20) + pick(random, "", fmt.Sprintf("e%d", random.IntN(160)-80))
		exact, ok := new(big.Rat).SetString(strings.TrimPrefix(text, "+"))
		got, err := canonicalNumber(text)
		if strings.Trim(text, "+-.e0123456789") != "" || !ok {
			if err == nil && strings.ContainsAny(text, "123456789") {
				t.Errorf("canonicalNumber(%q) = %q", text, got)
			}
			continue
		}
		if err != nil {
			continue // beyond DynamoDB's numbers
		}
		back, ok := new(big.Rat).SetString(got)
		if !ok || back.Cmp(exact) != 0 || strings.ContainsAny(got, "eE+") || got != "0" && strings.HasPrefix(got, "0") && !strings.HasPrefix(got, "0.") || strings.Contains(got, ".") && strings.HasSuffix(got, "0") {
			t.Errorf("canonicalNumber(%q) = %q", text, got)
		}
		if again, err := canonicalNumber(got); err != nil || again != got {
			t.Errorf("canonicalNumber(%q) = %q, %v: it is canonical", got, again, err)
		}
	}
}

// odd are numbers in a form that DynamoDB does not keep, at every depth.
func odd() types.AttributeValue {
	return &types.AttributeValueMemberM{Value: item{"N": num("7.0"), "list": &types.AttributeValueMemberL{Value: []types.AttributeValue{num("1E2"), num("0003"), num("-0.0"), str("7.0"),
		&types.AttributeValueMemberM{Value: item{"set": &types.AttributeValueMemberNS{Value: []string{"1.50", "2e0"}}, "NS": num("+5")}}}}, "text": str("007.10")}}
}

const plainOdd = `{"N":7,"NS":"absent","list":[100,3,0,"7.0",{"NS":5,"set":["1.5","2"]}],"text":"007.10"}`

// show writes an attribute value as JSON, numbers as they are and sets sorted.
func show(v types.AttributeValue) string {
	b, _ := json.Marshal(showValue(v))
	return string(b)
}

func showValue(v types.AttributeValue) any {
	switch v := v.(type) {
	case *types.AttributeValueMemberN:
		return json.RawMessage(v.Value)
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberNS:
		set := slices.Clone(v.Value)
		slices.Sort(set)
		return set
	case *types.AttributeValueMemberL:
		out := []any{}
		for _, e := range v.Value {
			out = append(out, showValue(e))
		}
		return out
	case *types.AttributeValueMemberM:
		out := map[string]any{}
		for name, e := range v.Value {
			out[name] = showValue(e)
		}
		return out
	}
	return nil
}

// TestNumbers writes numbers in every way and reads them in every way.
func TestNumbers(t *testing.T) {
	b := start(t)
	c, ctx, table := indexed(b, t), context.Background(), aws.String("indexed")
	want := strings.Replace(plainOdd, `"NS":"absent",`, "", 1)
	values := item{":v": odd()}
	for way, write := range writesOf(c, "odd", odd()) {
		if err := write(ctx); err != nil {
			t.Errorf("%s: %v", way, err)
		} else if got := show(stored(t, c, "ways", "odd")); got != want {
			t.Errorf("%s stores %s, want %s", way, got, want)
		}
	}
	updated, err := c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: table, Key: row("n", nil), UpdateExpression: aws.String("SET odd = if_not_exists(odd, :v), l = :s, many = list_append(:l, :l)"),
		ExpressionAttributeValues: item{":v": odd(), ":s": str("x"), ":l": &types.AttributeValueMemberL{Value: []types.AttributeValue{num("7.0")}}}, ReturnValues: types.ReturnValueAllNew})
	if err != nil || show(updated.Attributes["odd"]) != want || show(updated.Attributes["many"]) != "[7,7]" {
		t.Errorf("UpdateItem returns %s, %s, %v", show(updated.Attributes["odd"]), show(updated.Attributes["many"]), err)
	}
	t.Run("sums", func(t *testing.T) {
		for _, expression := range []string{"SET total = :a, inner.total = :a", "SET total = total + :b, inner.total = inner.total + :b", "ADD total :b"} {
			if _, err := c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: table, Key: row("n", nil), UpdateExpression: aws.String("SET #i = if_not_exists(#i, :m)"), ExpressionAttributeNames: map[string]string{"#i": "inner"}, ExpressionAttributeValues: item{":m": &types.AttributeValueMemberM{Value: item{}}}}); err != nil {
				t.Fatal(err)
			}
			in := item{":b": num("1.5")}
			if strings.Contains(expression, ":a") {
				in = item{":a": num("1.50")}
			}
			expression = strings.ReplaceAll(strings.ReplaceAll(expression, "total", "#t"), "inner", "#i")
			names := map[string]string{"#t": "total"}
			if strings.Contains(expression, "#i") {
				names["#i"] = "inner"
			}
			out, err := c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: table, Key: row("n", nil), UpdateExpression: &expression, ExpressionAttributeNames: names, ExpressionAttributeValues: in, ReturnValues: types.ReturnValueUpdatedNew})
			if err != nil || strings.HasSuffix(show(out.Attributes["total"]), "0") {
				t.Errorf("%s: %s, %v", expression, show(out.Attributes["total"]), err)
			}
		}
		if got := show(stored(t, c, "n", "inner")); got != `{"total":3}` {
			t.Errorf("a sum in a map is %s", got)
		}
		if got := show(stored(t, c, "n", "total")); got != "4.5" {
			t.Errorf("a sum is %s", got)
		}
	})
	t.Run("reads", func(t *testing.T) {
		query, err := c.Query(ctx, &dynamodb.QueryInput{TableName: table, KeyConditionExpression: aws.String("p = :p"), FilterExpression: aws.String("odd = :v"), ExpressionAttributeValues: item{":p": str("a"), ":v": odd()}})
		if err != nil || len(query.Items) == 0 || show(query.Items[0]["odd"]) != want {
			t.Errorf("Query: %+v, %v", query, err)
		}
		scan, err := c.Scan(ctx, &dynamodb.ScanInput{TableName: table, IndexName: aws.String("local")})
		if err != nil || len(scan.Items) != 1 || show(scan.Items[0]["odd"]) != want {
			t.Errorf("Scan of an index: %+v, %v", scan, err)
		}
		batch, err := c.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{*table: {Keys: []map[string]types.AttributeValue{row("n", nil)}}}})
		if err != nil || show(batch.Responses[*table][0]["odd"]) != want {
			t.Errorf("BatchGetItem: %+v, %v", batch, err)
		}
		transact, err := c.TransactGetItems(ctx, &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{{Get: &types.Get{TableName: table, Key: row("n", nil)}}}})
		if err != nil || show(transact.Responses[0].Item["odd"]) != want {
			t.Errorf("TransactGetItems: %+v, %v", transact, err)
		}
		statement, err := c.ExecuteStatement(ctx, &dynamodb.ExecuteStatementInput{Statement: aws.String(`UPDATE indexed SET x = 7.0, y = [1e2, {'z': 0.0}] WHERE p = 'a' AND s = 'n' AND odd = ? RETURNING ALL NEW *`), Parameters: []types.AttributeValue{odd()}})
		if err != nil || show(statement.Items[0]["x"]) != "7" || show(statement.Items[0]["y"]) != `[100,{"z":0}]` {
			t.Errorf("ExecuteStatement: %+v, %v", statement, err)
		}
		_, err = c.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: row("n", nil), ConditionExpression: aws.String("odd <> :v"), ExpressionAttributeValues: values, ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
		var failed *types.ConditionalCheckFailedException
		if !errors.As(err, &failed) || show(failed.Item["odd"]) != want {
			t.Errorf("PutItem: %v", err)
		}
		_, err = c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{Delete: &types.Delete{TableName: table, Key: row("n", nil), ConditionExpression: aws.String("odd <> :v"), ExpressionAttributeValues: values, ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}}}})
		var cancelled *types.TransactionCanceledException
		if !errors.As(err, &cancelled) || show(cancelled.CancellationReasons[0].Item["odd"]) != want {
			t.Errorf("TransactWriteItems: %v", err)
		}
	})
	t.Run("refused", func(t *testing.T) {
		for _, tt := range []struct {
			value types.AttributeValue
			want  string
		}{
			{&types.AttributeValueMemberNS{Value: []string{"1", "1.0"}}, "Input collection contains duplicates"}, {&types.AttributeValueMemberNS{Value: []string{"0", "-0"}}, "Input collection contains duplicates"},
			{&types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberNS{Value: []string{"1E2", "100"}}}}, "Input collection contains duplicates"},
			{num("1e126"), errOverflow}, {num("-1e-131"), errUnderflow}, {num(strings.Repeat("1", 39)), errPrecision}, {num("seven"), errNotNumber}, {num(""), errNotNumber}, {num("٣"), errNotNumber},
			{&types.AttributeValueMemberL{Value: []types.AttributeValue{num("0e126")}}, errOverflow}, {&types.AttributeValueMemberM{Value: item{"m": num("1.5.1")}}, errNotNumber},
			{&types.AttributeValueMemberNS{Value: []string{"1", strings.Repeat("12", 20)}}, errPrecision},
		} {
			for way, write := range writesOf(c, "v", tt.value) {
				if err := write(ctx); code(err) != "ValidationException" || !strings.Contains(message(err), tt.want) {
					t.Errorf("%s of %s: %v, want %s", way, show(tt.value), err, tt.want)
				}
			}
		}
		out, err := c.BatchExecuteStatement(ctx, &dynamodb.BatchExecuteStatementInput{Statements: []types.BatchStatementRequest{{Statement: aws.String(`UPDATE indexed SET v = ? WHERE p='a' AND s='n'`), Parameters: []types.AttributeValue{num(strings.Repeat("1", 39))}}}})
		if err != nil || out.Responses[0].Error == nil || aws.ToString(out.Responses[0].Error.Message) != errPrecision {
			t.Errorf("BatchExecuteStatement: %+v, %v", out, err)
		}
	})
	t.Run("stream", func(t *testing.T) { streamedNumbers(t, b, want) })
}

// streamedNumbers looks for numbers in the images of a stream that DynamoDB would not write so.
func streamedNumbers(t *testing.T, b *bench, want string) {
	client, ctx := dynamodbstreams.NewFromConfig(b.config(b.gate.Operator(accountA))), context.Background()
	arn, _ := b.service.StreamARN("arn:aws:dynamodb:" + region + ":" + accountA + ":table/indexed")
	d, err := client.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: &arn})
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, shard := range d.StreamDescription.Shards {
		it, err := client.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{StreamArn: &arn, ShardId: shard.ShardId, ShardIteratorType: streamtypes.ShardIteratorTypeTrimHorizon})
		if err != nil {
			t.Fatal(err)
		}
		next := it.ShardIterator
		for next != nil {
			out, err := client.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: next})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range out.Records {
				for _, image := range []map[string]streamtypes.AttributeValue{r.Dynamodb.NewImage, r.Dynamodb.OldImage} {
					if n, ok := image["total"].(*streamtypes.AttributeValueMemberN); ok && n.Value != "1.5" && n.Value != "3" && n.Value != "4.5" {
						t.Errorf("a total of %s", n.Value)
					}
					if m, ok := image["inner"].(*streamtypes.AttributeValueMemberM); ok {
						if n, ok := m.Value["total"].(*streamtypes.AttributeValueMemberN); ok && n.Value != "1.5" && n.Value != "3" {
							t.Errorf("an inner total of %s", n.Value)
						}
					}
					if m, ok := image["odd"].(*streamtypes.AttributeValueMemberM); ok {
						found++
						if n, ok := m.Value["N"].(*streamtypes.AttributeValueMemberN); !ok || n.Value != "7" {
							t.Errorf("an image has %+v, want %s", m.Value["N"], want)
						}
					}
				}
			}
			if next = out.NextShardIterator; len(out.Records) == 0 {
				break
			}
		}
	}
	if found == 0 {
		t.Error("the stream has none of the writes")
	}
}
