package dynamodb

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TestCancellation has transactions of which a change cannot be applied.
func TestCancellation(t *testing.T) {
	b := start(t)
	c, ctx, table := indexed(b, t), context.Background(), aws.String("indexed")
	put := func(id string, more item) {
		if _, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: row(id, more)}); err != nil {
			t.Fatal(err)
		}
	}
	put("1", item{"text": str("x"), "number": num("1"), "set": &types.AttributeValueMemberSS{Value: []string{"a"}}})
	put("big", item{"text": str(strings.Repeat("x", 390_000))})
	const operand = "ValidationError: An operand in the update expression has an incorrect data type"
	const absent = "ValidationError: The provided expression refers to an attribute that does not exist in the item"
	const path = "ValidationError: The document path provided in the update expression is invalid for update"
	const failed = "ConditionalCheckFailed: The conditional request failed"
	update := func(id, expression string, values item) types.TransactWriteItem {
		names := map[string]string{}
		for short, name := range map[string]string{"#t": "text", "#n": "number", "#s": "set"} {
			if strings.Contains(expression, short) {
				names[short] = name
			}
		}
		u := &types.Update{TableName: table, Key: row(id, nil), UpdateExpression: &expression, ExpressionAttributeValues: values}
		if len(names) > 0 {
			u.ExpressionAttributeNames = names
		}
		return types.TransactWriteItem{Update: u}
	}
	beside := types.TransactWriteItem{Put: &types.Put{TableName: table, Item: row("cancelled", nil)}}
	check := types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: table, Key: row("1", nil), ConditionExpression: aws.String("attribute_exists(nope)")}}
	one := item{":v": num("1")}
	for _, tt := range []struct {
		change types.TransactWriteItem
		want   string
	}{
		{update("1", "SET a = #t + :v", one), operand}, {update("1", "ADD #t :v", one), operand}, {update("1", "ADD #s :v", item{":v": &types.AttributeValueMemberNS{Value: []string{"1"}}}), operand},
		{update("1", "SET a = list_append(#t, :v)", item{":v": &types.AttributeValueMemberL{}}), operand}, {update("1", "DELETE #n :v", item{":v": &types.AttributeValueMemberSS{Value: []string{"a"}}}), operand},
		{update("1", "SET a = nope", nil), absent}, {update("1", "SET nope.b = :v", one), path}, {update("1", "REMOVE #t[1]", nil), path}, {update("none", "SET a = nope", nil), absent},
		{update("1", "SET a = :v + :v", item{":v": num("9E125")}), "ValidationError: " + errOverflow}, {update("1", "SET a = :v + :w", item{":v": num(strings.Repeat("9", 38)), ":w": num("0.1")}), "ValidationError: " + errPrecision},
		{update("big", "SET z = :v", item{":v": str(strings.Repeat("y", 20_000))}), "ValidationError: Item size to update has exceeded the maximum allowed size"},
		{update("1", "SET p = :v", item{":v": str("x")}), "ValidationError: One or more parameter values were invalid: Cannot update attribute p. This attribute is part of the key"},
		{update("1", "SET a = :v", one), "None"},
	} {
		expression := *tt.change.Update.UpdateExpression
		send := func(list ...types.TransactWriteItem) error {
			_, err := c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: list})
			return err
		}
		if tt.want != "None" {
			wantReasons(t, expression, send(tt.change), tt.want)
			wantReasons(t, expression+" last", send(beside, tt.change), "None", tt.want)
			wantReasons(t, expression+" first", send(tt.change, beside), tt.want, "None")
			other := update("none", "SET a = nope", nil)
			if *tt.change.Update.Key["s"].(*types.AttributeValueMemberS) != *other.Update.Key["s"].(*types.AttributeValueMemberS) {
				wantReasons(t, expression+" twice", send(tt.change, beside, other), tt.want, "None", absent)
			}
		}
		if tt.change.Update.Key["s"].(*types.AttributeValueMemberS).Value != "1" {
			wantReasons(t, expression+" with a condition", send(check, tt.change), failed, tt.want)
		}
		own := *tt.change.Update
		own.ConditionExpression = aws.String("attribute_exists(nope)")
		if !strings.Contains(tt.want, "part of the key") {
			wantReasons(t, expression+" with its own condition", send(types.TransactWriteItem{Update: &own}, beside), failed, "None")
		}
	}
	if stored(t, c, "cancelled", "p") != nil {
		t.Error("a cancelled transaction wrote an item")
	}
	// What is wrong with the request itself cancels nothing.
	for _, w := range []types.TransactWriteItem{update("1", "SET a", nil), update("1", "SET a = :w", one), update("1", "SET a = :v, b = :v", item{":v": num("1e126")})} {
		if _, err := c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{beside, w}}); code(err) != "ValidationException" {
			t.Errorf("%s: %v", *w.Update.UpdateExpression, err)
		}
	}
}

// TestStatementErrors has PartiQL's errors that the engine names otherwise.
func TestStatementErrors(t *testing.T) {
	b := start(t)
	c, ctx := indexed(b, t), context.Background()
	run := func(text string) error {
		_, err := c.ExecuteStatement(ctx, &dynamodb.ExecuteStatementInput{Statement: &text})
		return err
	}
	if err := run(`DELETE FROM indexed WHERE p='a' AND s='dup'`); err != nil {
		t.Fatal(err)
	}
	const insert = `INSERT INTO indexed VALUE {'p':'a','s':'dup','text':'x'}`
	if err := run(insert); err != nil {
		t.Fatal(err)
	}
	if got := message(run(insert)); got != "DuplicateItemException: Duplicate primary key exists in table" {
		t.Errorf("the same key again: %s", got)
	}
	for _, tt := range []struct {
		statements []string
		want       []string
	}{
		{[]string{insert, `INSERT INTO indexed VALUE {'p':'a','s':'dup2'}`}, []string{"DuplicateItem: Duplicate primary key exists in table", "None"}},
		{[]string{`INSERT INTO indexed VALUE {'p':'a','s':'dup2'}`, `UPDATE indexed SET a = nope WHERE p='a' AND s='dup'`}, []string{"None", "ValidationError: The provided expression refers to an attribute that does not exist in the item"}},
		{[]string{`UPDATE indexed SET a = "text" + 1 WHERE p='a' AND s='dup'`, `UPDATE indexed SET a = 1 WHERE p='a' AND s='none'`}, []string{"ValidationError: An operand in the update expression has an incorrect data type", "ConditionalCheckFailed: The conditional request failed"}},
		{[]string{`UPDATE indexed SET p = 'x' WHERE p='a' AND s='dup'`, `UPDATE indexed SET a = 1 WHERE p='a' AND s='none'`}, []string{"ValidationError: One or more parameter values were invalid: Cannot update attribute p. This attribute is part of the key", "ConditionalCheckFailed: The conditional request failed"}},
	} {
		var list []types.ParameterizedStatement
		for _, text := range tt.statements {
			list = append(list, types.ParameterizedStatement{Statement: &text})
		}
		_, err := c.ExecuteTransaction(ctx, &dynamodb.ExecuteTransactionInput{TransactStatements: list})
		wantReasons(t, strings.Join(tt.statements, "; "), err, tt.want...)
	}
}

// TestKeysUnderLoad changes an attribute's type all the time, while its value goes to the key of an index.
func TestKeysUnderLoad(t *testing.T) {
	b := start(t)
	c, ctx, table := indexed(b, t), context.Background(), aws.String("indexed")
	update := func(expression string, values item) error {
		_, err := c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: table, Key: row("1", nil), UpdateExpression: &expression, ExpressionAttributeValues: values})
		return err
	}
	if err := update("SET v = :v", item{":v": str("x")}); err != nil {
		t.Fatal(err)
	}
	var done atomic.Bool
	var group sync.WaitGroup
	group.Go(func() {
		for i := 0; !done.Load(); i++ {
			if err := update("SET v = :v", item{":v": []types.AttributeValue{num("1"), str("x")}[i%2]}); err != nil {
				t.Error(err)
				return
			}
		}
	})
	copied, refused := 0, 0
	for range 150 {
		switch err := update("SET g = v", nil); {
		case err == nil:
			copied++
		case message(err) == "ValidationException: "+errIndexUpdated:
			refused++
		default:
			t.Error(err)
		}
		if _, ok := stored(t, c, "1", "g").(*types.AttributeValueMemberN); ok {
			t.Fatal("the key of an index is a number")
		}
	}
	done.Store(true)
	group.Wait()
	if copied == 0 || refused == 0 {
		t.Errorf("%d were copied, %d refused", copied, refused)
	}
}
