package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// indexed is a table with keys of every type, in indexes of both kinds: g and n are the key of "people", g alone that of
// "byGroup", b that of "raw", l the sort key of "local".
func indexed(b *bench, t *testing.T) *dynamodb.Client {
	t.Helper()
	key := func(names ...string) []any {
		out := []any{map[string]any{"AttributeName": names[0], "KeyType": "HASH"}}
		for _, name := range names[1:] {
			out = append(out, map[string]any{"AttributeName": name, "KeyType": "RANGE"})
		}
		return out
	}
	index := func(name string, keys ...string) any {
		return map[string]any{"IndexName": name, "KeySchema": key(keys...), "Projection": map[string]any{"ProjectionType": "ALL"}}
	}
	var definitions []any
	for name, kind := range map[string]string{"p": "S", "s": "S", "g": "S", "n": "N", "b": "B", "l": "S"} {
		definitions = append(definitions, map[string]any{"AttributeName": name, "AttributeType": kind})
	}
	err := b.service.Put(context.Background(), resource.Resource{Stack: "s", LogicalID: "Indexed", Type: "AWS::DynamoDB::Table", Account: accountA, Region: region,
		Name: "indexed", ARN: "arn:aws:dynamodb:" + region + ":" + accountA + ":table/indexed", Properties: map[string]any{
			"KeySchema": key("p", "s"), "AttributeDefinitions": definitions, "BillingMode": "PAY_PER_REQUEST",
			"GlobalSecondaryIndexes": []any{index("people", "g", "n"), index("byGroup", "g"), index("raw", "b")},
			"LocalSecondaryIndexes":  []any{index("local", "p", "l")}, "StreamSpecification": map[string]any{"StreamViewType": "NEW_AND_OLD_IMAGES"}}})
	if err != nil {
		t.Fatal(err)
	}
	return b.as(b.gate.Operator(accountA))
}

func num(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }

func bytesOf(s string) types.AttributeValue { return &types.AttributeValueMemberB{Value: []byte(s)} }

func row(id string, more item) item {
	out := item{"p": str("a"), "s": str(id)}
	for name, value := range more {
		out[name] = value
	}
	return out
}

// message of an error with its code.
func message(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode() + ": " + e.ErrorMessage()
	}
	return fmt.Sprint(err)
}

// stored is an attribute of an item.
func stored(t *testing.T, c *dynamodb.Client, id, attribute string) types.AttributeValue {
	t.Helper()
	out, err := c.GetItem(context.Background(), &dynamodb.GetItemInput{TableName: aws.String("indexed"), Key: row(id, nil), ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	return out.Item[attribute]
}

// TestIndexKeys gives keys of indexes every kind of value by every way there is to write.
func TestIndexKeys(t *testing.T) {
	b := start(t)
	c, ctx, table := indexed(b, t), context.Background(), aws.String("indexed")
	if _, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: row("1", item{"text": str("x"), "empty": str(""), "number": num("1"), "long": str(strings.Repeat("x", 2049)),
		"deep": &types.AttributeValueMemberM{Value: item{"list": &types.AttributeValueMemberL{Value: []types.AttributeValue{num("1"), str("ok")}}}}})}); err != nil {
		t.Fatal(err)
	}
	mismatch := func(attribute, want, got, index string) string {
		return "ValidationException: One or more parameter values were invalid: Type mismatch for Index Key " + attribute + " Expected: " + want + " Actual: " + got + " IndexName: " + index
	}
	const unsupported = "ValidationException: The update expression attempted to update the secondary index key to unsupported type"
	const size = "ValidationException: The update expression attempted to update the secondary index key beyond allowed size limits"
	const emptyUpdate = "ValidationException: One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value."
	emptyItem := func(index, attribute string) string {
		return "ValidationException: One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: " + index + ", IndexKey: " + attribute
	}
	list := &types.AttributeValueMemberL{Value: []types.AttributeValue{}}
	null, set := &types.AttributeValueMemberNULL{Value: true}, &types.AttributeValueMemberSS{Value: []string{"a"}}

	t.Run("values", func(t *testing.T) {
		for _, tt := range []struct {
			attribute string
			value     types.AttributeValue
			want      string
		}{
			{"g", num("1"), mismatch("g", "S", "N", "byGroup")}, {"n", str("1"), mismatch("n", "N", "S", "people")}, {"b", str("x"), mismatch("b", "B", "S", "raw")},
			{"l", num("1"), mismatch("l", "S", "N", "local")}, {"g", list, mismatch("g", "S", "L", "byGroup")}, {"g", null, mismatch("g", "S", "NULL", "byGroup")},
			{"g", set, mismatch("g", "S", "SS", "byGroup")}, {"g", bytesOf("x"), mismatch("g", "S", "B", "byGroup")}, {"g", &types.AttributeValueMemberBOOL{Value: true}, mismatch("g", "S", "BOOL", "byGroup")},
			{"g", str("x"), ""}, {"n", num("1"), ""}, {"b", bytesOf("x"), ""}, {"l", str("x"), ""}, {"other", list, ""},
		} {
			for way, write := range writesOf(c, tt.attribute, tt.value) {
				err := write(ctx)
				switch {
				case tt.want == "":
					if err != nil {
						t.Errorf("%s: %s = %T: %v", way, tt.attribute, tt.value, err)
					}
				case strings.HasPrefix(way, "transaction"):
					wantReasons(t, way, err, "ValidationError: "+strings.TrimPrefix(tt.want, "ValidationException: "))
				case message(err) != tt.want:
					t.Errorf("%s: %s = %T: %s, want %s", way, tt.attribute, tt.value, message(err), tt.want)
				}
			}
		}
	})
	t.Run("expressions", func(t *testing.T) {
		for _, tt := range []struct {
			expression, want string
			values           item
		}{
			{"SET g = #number", unsupported, nil}, {"SET g = #text", "", nil}, {"SET g = #empty", emptyUpdate, nil}, {"SET g = #long", size, nil},
			{"SET g = deep.#list[0]", unsupported, nil}, {"SET g = deep.#list[1]", "", nil}, {"SET g = deep", unsupported, nil},
			{"SET g = if_not_exists(#number, :s)", unsupported, item{":s": str("x")}}, {"SET g = if_not_exists(nope, :s)", "", item{":s": str("x")}},
			{"SET g = if_not_exists(nope, if_not_exists(nope2, :n))", unsupported, item{":n": num("1")}}, {"SET other = :s, g = #number", unsupported, item{":s": str("x")}},
			{"SET g = #number + :n", mismatch("g", "S", "N", "byGroup"), item{":n": num("1")}}, {"SET n = #number + :n", "", item{":n": num("1")}}, {"SET n = (#number - :n)", "", item{":n": num("1")}},
			{"SET g = list_append(:l, :l)", mismatch("g", "S", "L", "byGroup"), item{":l": list}}, {"ADD g :n", mismatch("g", "S", "N", "byGroup"), item{":n": num("1")}},
			{"ADD n :n", "", item{":n": num("1")}}, {"DELETE g :set", mismatch("g", "S", "SS", "byGroup"), item{":set": set}}, {"REMOVE other SET g = :n ADD #text :n", mismatch("g", "S", "N", "byGroup"), item{":n": num("1")}},
			{"SET g = :s", emptyUpdate, item{":s": str("")}}, {"SET g = :s", size, item{":s": str(strings.Repeat("x", 2049))}}, {"SET l = :s", size, item{":s": str(strings.Repeat("x", 1025))}},
			{"SET g.a = :s", "ValidationException: Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: g", item{":s": str("x")}},
			{"SET g = :s", "", item{":s": str(strings.Repeat("x", 2048))}}, {"REMOVE g, n, b, l", "", nil},
		} {
			names := map[string]string{}
			for _, name := range []string{"number", "text", "empty", "long", "list"} {
				if strings.Contains(tt.expression, "#"+name) {
					names["#"+name] = name
				}
			}
			in := &dynamodb.UpdateItemInput{TableName: table, Key: row("1", nil), UpdateExpression: &tt.expression, ExpressionAttributeValues: tt.values}
			if len(names) > 0 {
				in.ExpressionAttributeNames = names
			}
			before := stored(t, c, "1", "g")
			_, err := c.UpdateItem(ctx, in)
			if got := message(err); got != tt.want && (tt.want != "" || err != nil) {
				t.Errorf("%s: %s, want %s", tt.expression, got, tt.want)
			}
			if after := stored(t, c, "1", "g"); err != nil && !reflect.DeepEqual(after, before) {
				t.Errorf("%s was refused and changed g from %v to %v", tt.expression, before, after)
			}
			// The same in a transaction: what the request says by itself is refused, what the item makes of it cancels.
			update := types.Update{TableName: table, Key: in.Key, UpdateExpression: in.UpdateExpression, ExpressionAttributeValues: in.ExpressionAttributeValues, ExpressionAttributeNames: in.ExpressionAttributeNames}
			_, err = c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{Put: &types.Put{TableName: table, Item: row("beside", nil)}}, {Update: &update}}})
			switch {
			case tt.want == "" && err != nil, tt.want == emptyUpdate && message(err) != tt.want:
				t.Errorf("in a transaction, %s: %v", tt.expression, err)
			case tt.want != "" && tt.want != emptyUpdate && !strings.Contains(tt.want, "scalars"):
				wantReasons(t, tt.expression, err, "None", "ValidationError: "+strings.TrimPrefix(tt.want, "ValidationException: "))
			}
		}
	})
	t.Run("conditions come first", func(t *testing.T) {
		_, err := c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: table, Key: row("1", nil), UpdateExpression: aws.String("SET g = #n"), ConditionExpression: aws.String("attribute_exists(nope)"),
			ExpressionAttributeNames: map[string]string{"#n": "number"}, ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
		var failed *types.ConditionalCheckFailedException
		if !errors.As(err, &failed) || failed.Item["number"] == nil {
			t.Errorf("a condition that does not hold: %v", err)
		}
		_, err = c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: table, Key: row("1", nil), UpdateExpression: aws.String("SET g = #n"), ConditionExpression: aws.String("attribute_exists(#n)"),
			ExpressionAttributeNames: map[string]string{"#n": "number"}})
		if message(err) != unsupported {
			t.Errorf("a condition that holds: %v", err)
		}
	})
	t.Run("items", func(t *testing.T) {
		if _, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: row("2", item{"g": str("")})}); message(err) != emptyItem("byGroup", "g") && message(err) != emptyItem("people", "g") {
			t.Errorf("an empty key: %s", message(err))
		}
		if _, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: item{"p": str(""), "s": str("1")}}); message(err) != "ValidationException: One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p" {
			t.Errorf("an empty partition key: %s", message(err))
		}
	})
	t.Run("statements", func(t *testing.T) {
		for _, tt := range []struct {
			text, want string
			parameters []types.AttributeValue
		}{
			{`INSERT INTO indexed VALUE {'p':'a','s':'new','g':1}`, mismatch("g", "S", "N", "byGroup"), nil}, {`INSERT INTO indexed VALUE {'p':'a','s':'new','g':?}`, mismatch("g", "S", "N", "byGroup"), []types.AttributeValue{num("1")}},
			{`INSERT INTO indexed VALUE {'p':'a','s':'new','g':[1]}`, mismatch("g", "S", "L", "byGroup"), nil}, {`INSERT INTO indexed VALUE {'p':'a','s':'new','g':TRUE}`, mismatch("g", "S", "BOOL", "byGroup"), nil},
			{`UPDATE indexed SET g = 1 WHERE p='a' AND s='1'`, mismatch("g", "S", "N", "byGroup"), nil}, {`UPDATE indexed SET g = ? WHERE p=? AND s=?`, mismatch("g", "S", "N", "byGroup"), []types.AttributeValue{num("1"), str("a"), str("1")}},
			{`UPDATE indexed SET g = "number" WHERE p='a' AND s='1'`, unsupported, nil}, {`UPDATE indexed SET x = ?, g = "number" WHERE p=? AND s=?`, unsupported, []types.AttributeValue{str("y"), str("a"), str("1")}},
			{`UPDATE indexed SET g = "number" WHERE p='a' AND s='1' AND attribute_exists(nope)`, "ConditionalCheckFailedException: The conditional request failed", nil},
			{`UPDATE indexed SET g = if_not_exists(nope, 1) WHERE p='a' AND s='1'`, unsupported, nil}, {`UPDATE indexed SET g = "number" + 1 WHERE p='a' AND s='1'`, mismatch("g", "S", "N", "byGroup"), nil},
			{`UPDATE indexed SET g = deep."list"[1] WHERE p='a' AND s='1'`, "", nil}, {`UPDATE indexed SET g = deep."list"[0] WHERE p='a' AND s='1'`, unsupported, nil}, {`UPDATE indexed SET n = "number" WHERE p='a' AND s='1'`, "", nil},
			{`UPDATE indexed SET g = '' WHERE p='a' AND s='1'`, emptyUpdate, nil}, {`UPDATE indexed SET g = 'ok' SET n = 7 REMOVE b WHERE p='a' AND s='1'`, "", nil},
		} {
			_, err := c.ExecuteStatement(ctx, &dynamodb.ExecuteStatementInput{Statement: &tt.text, Parameters: tt.parameters})
			if got := message(err); got != tt.want && (tt.want != "" || err != nil) {
				t.Errorf("%s: %s, want %s", tt.text, got, tt.want)
			}
		}
	})
	t.Run("statements of a batch", func(t *testing.T) {
		out, err := c.BatchExecuteStatement(ctx, &dynamodb.BatchExecuteStatementInput{Statements: []types.BatchStatementRequest{
			{Statement: aws.String(`INSERT INTO indexed VALUE {'p':'a','s':'batch1','g':'x','v':7.0}`)}, {Statement: aws.String(`INSERT INTO indexed VALUE {'p':'a','s':'batch2','g':?}`), Parameters: []types.AttributeValue{num("7.0")}},
			{Statement: aws.String(`UPDATE indexed SET g = "number" WHERE p='a' AND s='1'`)}, {Statement: aws.String(`INSERT INTO indexed VALUE {'p':'a','s':'beside'}`)}}})
		if err != nil || len(out.Responses) != 4 {
			t.Fatalf("%+v, %v", out, err)
		}
		for i, want := range []string{"", "ValidationError: " + strings.TrimPrefix(mismatch("g", "S", "N", "byGroup"), "ValidationException: "), "ValidationError: " + strings.TrimPrefix(unsupported, "ValidationException: "), "DuplicateItem: Duplicate primary key exists in table"} {
			got := ""
			if e := out.Responses[i].Error; e != nil {
				got = string(e.Code) + ": " + aws.ToString(e.Message)
			}
			if got != want {
				t.Errorf("statement %d: %q, want %q", i, got, want)
			}
		}
		if stored(t, c, "batch1", "g") == nil || stored(t, c, "batch2", "p") != nil {
			t.Error("the right statement was not done, or the wrong one was")
		}
	})
}

// writesOf are the ways to give an attribute a value that a request has.
func writesOf(c *dynamodb.Client, attribute string, value types.AttributeValue) map[string]func(context.Context) error {
	table, one, expression := aws.String("indexed"), row("ways", item{attribute: value}), aws.String("SET #a = :v")
	names, values := map[string]string{"#a": attribute}, item{":v": value}
	transact := func(w types.TransactWriteItem) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{w}})
			return err
		}
	}
	return map[string]func(context.Context) error{
		"PutItem": func(ctx context.Context) error {
			_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: one})
			return err
		},
		"UpdateItem": func(ctx context.Context) error {
			_, err := c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: table, Key: row("ways", nil), UpdateExpression: expression, ExpressionAttributeNames: names, ExpressionAttributeValues: values})
			return err
		},
		"AttributeUpdates": func(ctx context.Context) error {
			_, err := c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: table, Key: row("ways", nil), AttributeUpdates: map[string]types.AttributeValueUpdate{attribute: {Value: value, Action: types.AttributeActionPut}}})
			return err
		},
		"BatchWriteItem": func(ctx context.Context) error {
			_, err := c.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{*table: {{PutRequest: &types.PutRequest{Item: row("other", nil)}}, {PutRequest: &types.PutRequest{Item: one}}}}})
			return err
		},
		"transaction of Put":    transact(types.TransactWriteItem{Put: &types.Put{TableName: table, Item: one}}),
		"transaction of Update": transact(types.TransactWriteItem{Update: &types.Update{TableName: table, Key: row("ways", nil), UpdateExpression: expression, ExpressionAttributeNames: names, ExpressionAttributeValues: values}}),
		"UPDATE": func(ctx context.Context) error {
			if _, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: row("ways", nil)}); err != nil {
				return err
			}
			_, err := c.ExecuteStatement(ctx, &dynamodb.ExecuteStatementInput{Statement: aws.String(`UPDATE indexed SET "` + attribute + `" = ? WHERE p = 'a' AND s = 'ways'`), Parameters: []types.AttributeValue{value}})
			return err
		},
		"transaction of UPDATE": func(ctx context.Context) error {
			if _, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: row("ways", nil)}); err != nil {
				return err
			}
			_, err := c.ExecuteTransaction(ctx, &dynamodb.ExecuteTransactionInput{TransactStatements: []types.ParameterizedStatement{{Statement: aws.String(`UPDATE indexed SET "` + attribute + `" = ? WHERE p = 'a' AND s = 'ways'`), Parameters: []types.AttributeValue{value}}}})
			return err
		},
	}
}

// wantReasons holds the reasons of a cancelled transaction, a code or a code and a text for each action.
func wantReasons(t *testing.T, what string, err error, want ...string) {
	t.Helper()
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		t.Errorf("%s: %v, want %q", what, err, want)
		return
	}
	var got, codes []string
	for _, r := range cancelled.CancellationReasons {
		text := aws.ToString(r.Code)
		codes = append(codes, text)
		if r.Message != nil {
			text += ": " + *r.Message
		}
		got = append(got, text)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: reasons %q, want %q", what, got, want)
	}
	if text := "Transaction cancelled, please refer cancellation reasons for specific reasons [" + strings.Join(codes, ", ") + "]"; cancelled.ErrorMessage() != text {
		t.Errorf("%s: %q, want %q", what, cancelled.ErrorMessage(), text)
	}
}

// TestTableKeys gives the table's own key wrong values.
func TestTableKeys(t *testing.T) {
	b := start(t)
	c, ctx, table := indexed(b, t), context.Background(), aws.String("indexed")
	const schema = "The provided key element does not match the schema"
	wrong := func(attribute, got string) string {
		return "One or more parameter values were invalid: Type mismatch for key " + attribute + " expected: S actual: " + got
	}
	missing := func(attribute string) string {
		return "One or more parameter values were invalid: Missing the key " + attribute + " in the item"
	}
	list := &types.AttributeValueMemberL{Value: []types.AttributeValue{}}
	for _, tt := range []struct {
		key       item
		put, read string
		// cancels says that a transaction is cancelled and not refused.
		cancels bool
	}{
		{item{"p": num("1"), "s": str("1")}, wrong("p", "N"), schema, true}, {item{"p": str("a"), "s": num("1")}, wrong("s", "N"), schema, true},
		{item{"p": list, "s": str("1")}, wrong("p", "L"), schema, true}, {item{"p": str("a")}, missing("s"), schema, false}, {item{"s": str("1")}, missing("p"), schema, false},
	} {
		_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: tt.key})
		if message(err) != "ValidationException: "+tt.put {
			t.Errorf("PutItem of %v: %s, want %s", tt.key, message(err), tt.put)
		}
		_, err = c.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: tt.key})
		if message(err) != "ValidationException: "+tt.read {
			t.Errorf("GetItem of %v: %s, want %s", tt.key, message(err), tt.read)
		}
		_, err = c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: table, Key: tt.key})
		if message(err) != "ValidationException: "+tt.read {
			t.Errorf("UpdateItem of %v: %s, want %s", tt.key, message(err), tt.read)
		}
		beside := types.TransactWriteItem{Put: &types.Put{TableName: table, Item: row("keys", nil)}}
		for want, w := range map[string]types.TransactWriteItem{tt.put: {Put: &types.Put{TableName: table, Item: tt.key}}, tt.read: {Delete: &types.Delete{TableName: table, Key: tt.key}}} {
			_, err := c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{beside, w}})
			if tt.cancels {
				wantReasons(t, fmt.Sprint(tt.key), err, "None", "ValidationError: "+want)
			} else if message(err) != "ValidationException: "+want {
				t.Errorf("a transaction of %v: %s, want %s", tt.key, message(err), want)
			}
		}
	}
}
