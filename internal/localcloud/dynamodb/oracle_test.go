package dynamodb

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TestOracle asks the engine what random statements and key conditions reach: nothing outside of the
// partition keys that were read from them.
func TestOracle(t *testing.T) {
	b := start(t)
	c := b.as(b.gate.Operator(accountA))
	for _, account := range []string{"a", "b", "c"} {
		for _, id := range []string{"1", "2"} {
			item := key(account, id)
			item["x"] = str(account)
			if _, err := c.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String("cats"), Item: item}); err != nil {
				t.Fatal(err)
			}
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	understood := 0
	for range 600 {
		text := "SELECT * FROM cats WHERE " + randomCondition(random, 3)
		st, err := parseStatement(text)
		if err != nil {
			continue
		}
		understood++
		values, limited := st.where.limits("account")
		if limited {
			b.within(t, "ExecuteStatement", map[string]any{"Statement": text}, text, texts(values))
		}
	}
	if understood < 300 {
		t.Errorf("%d of 600 statements were understood", understood)
	}
	for range 400 {
		condition := randomKeyCondition(random, 2)
		in := map[string]any{"TableName": "cats", "KeyConditionExpression": condition,
			"ExpressionAttributeNames":  used(condition, map[string]any{"#p": "account", "#s": "id"}),
			"ExpressionAttributeValues": used(condition, map[string]any{":a": map[string]string{"S": "a"}, ":b": map[string]string{"S": "b"}, ":1": map[string]string{"S": "1"}, ":2": map[string]string{"S": "2"}})}
		if len(in["ExpressionAttributeNames"].(map[string]any)) == 0 {
			delete(in, "ExpressionAttributeNames")
		}
		placeholder, err := keyCondition(condition, keys{"account", "id"}, map[string]string{"#p": "account", "#s": "id"})
		var allowed []string
		if err == nil {
			allowed = []string{strings.TrimPrefix(placeholder, ":")}
		}
		b.within(t, "Query", in, condition, allowed)
	}
}

// within holds what the engine answers against the partition keys that were derived. What was not
// understood is refused anyway; the engine should not understand it either, but may find nothing.
func (b *bench) within(t *testing.T, operation string, in map[string]any, text string, allowed []string) {
	t.Helper()
	var out struct {
		Items []map[string]struct{ S string }
	}
	if err := b.service.engine.call(context.Background(), home{accountA, region}, dataTarget+operation, in, &out); err != nil {
		return
	}
	for _, item := range out.Items {
		if !slices.Contains(allowed, item["account"].S) {
			t.Errorf("%s reaches %s, allowed are %v", text, item["account"].S, allowed)
			return
		}
	}
}

func texts(values []*expression) []string {
	var out []string
	for _, v := range values {
		out = append(out, v.text)
	}
	return out
}

// used are the placeholders that occur in an expression; the engine refuses others.
func used(expression string, all map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range all {
		if strings.Contains(expression, name) {
			out[name] = v
		}
	}
	return out
}

func pick(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

func randomCondition(r *rand.Rand, depth int) string {
	if depth > 0 && r.IntN(3) > 0 {
		left, right := randomCondition(r, depth-1), randomCondition(r, depth-1)
		switch r.IntN(5) {
		case 0:
			return "NOT " + left
		case 1:
			return "(" + left + ")"
		case 2:
			return left + " OR " + right
		default:
			return left + pick(r, " AND ", " and ", "\tAND\n") + right
		}
	}
	attribute := pick(r, "account", `"account"`, "id", "x", "account.x", "(account)", "'account'")
	value := pick(r, "'a'", "'b'", "('c')", "'1'", "account", "'a' + ''", "1", "x")
	switch r.IntN(7) {
	case 0:
		return fmt.Sprintf("%s IN %s", attribute, pick(r, "['a', 'b']", "('c')", "('a', 'c')", "['a', x]"))
	case 1:
		return fmt.Sprintf("%s %s %s", attribute, pick(r, "<>", ">=", "<", "!="), value)
	case 2:
		return fmt.Sprintf("%s BETWEEN 'a' AND 'b'", attribute)
	case 3:
		return fmt.Sprintf("begins_with(%s, %s)", attribute, value)
	case 4:
		return value + " = " + attribute
	}
	return attribute + pick(r, "=", " = ") + value
}

func randomKeyCondition(r *rand.Rand, depth int) string {
	if depth > 0 && r.IntN(3) > 0 {
		left, right := randomKeyCondition(r, depth-1), randomKeyCondition(r, depth-1)
		switch r.IntN(6) {
		case 0:
			return "(" + left + ")"
		case 1:
			return left + " OR " + right
		default:
			return left + pick(r, " AND ", " and ") + right
		}
	}
	attribute, value := pick(r, "account", "#p", "id", "#s", "(account)", "x"), pick(r, ":a", ":b", ":1", "(:2)", "account")
	switch r.IntN(6) {
	case 0:
		return fmt.Sprintf("%s %s %s", attribute, pick(r, "<", ">=", "<>"), value)
	case 1:
		return fmt.Sprintf("begins_with(%s, %s)", attribute, value)
	case 2:
		return fmt.Sprintf("%s BETWEEN %s AND %s", attribute, value, value)
	case 3:
		return value + " = " + attribute
	}
	return attribute + " = " + value
}

// TestHostileStatements has a role that may use PartiQL on its own key alone.
func TestHostileStatements(t *testing.T) {
	b := start(t)
	ctx := context.Background()
	role := b.role(t, "PartiQL", `{"Effect":"Allow","Resource":["`+tableARN+`","`+tableARN+`/index/byName"],
		"Action":["dynamodb:PartiQLSelect","dynamodb:PartiQLInsert","dynamodb:PartiQLUpdate","dynamodb:PartiQLDelete"],
		"Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["p"]},"ForAnyValue:StringLike":{"dynamodb:LeadingKeys":["*"]},"Null":{"dynamodb:LeadingKeys":["false"]}}}`)
	foreign := key("q", "1")
	foreign["secret"] = str("s3cret")
	foreign["name"] = str("p")
	if _, err := b.as(b.gate.Operator(accountA)).PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("cats"), Item: foreign}); err != nil {
		t.Fatal(err)
	}
	c := b.as(role)
	run := func(text string) (string, error) {
		out, err := c.ExecuteStatement(ctx, &dynamodb.ExecuteStatementInput{Statement: &text})
		data, _ := json.Marshal(out)
		return string(data), err
	}
	for _, text := range []string{
		`INSERT INTO cats VALUE {'account': 'p', 'id': '1', 'm': {'account': 'q'}}`, `SELECT * FROM "cats" WHERE account = 'p'`,
		`UPDATE cats SET x = 'q' WHERE account = 'p' AND id = '1'`, `SELECT * FROM cats WHERE account IN ['p'] AND x = 'q' OR account = 'p'`,
		`DELETE FROM cats WHERE account = 'p' AND id = '1'`,
	} {
		if _, err := run(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range slices.Concat(notStatements, []string{
		`SELECT * FROM cats`, `SELECT * FROM cats WHERE account = 'q'`, `SELECT * FROM cats WHERE account IN ['p', 'q']`, `SELECT * FROM cats WHERE account = 'p' OR account = 'q'`,
		`SELECT * FROM cats WHERE account = 'p' OR secret = 's3cret'`, `SELECT * FROM cats WHERE NOT account = 'p'`, `SELECT * FROM cats WHERE (account = 'p') = false`, `SELECT * FROM cats WHERE account <> 'p'`,
		`SELECT * FROM cats WHERE x.account = 'p'`, `SELECT * FROM cats WHERE account >= 'p'`, `SELECT * FROM cats WHERE begins_with(account, 'q')`, `SELECT * FROM cats WHERE account NOT IN ['p']`,
		`SELECT * FROM dogs WHERE account = 'p'`, `SELECT * FROM "cats"."other" WHERE account = 'p'`, `INSERT INTO cats VALUE {'account': 'q', 'id': 'new', 'm': {'account': 'p'}}`,
		`UPDATE cats SET x = 'p' WHERE account = 'q' AND id = '1'`, `DELETE FROM cats WHERE account = 'q' AND id = '1'`, `DELETE FROM cats WHERE account = 'q' AND id = '1' AND x = 'account = ''p'''`,
	}) {
		out, err := run(text)
		if got := code(err); got != "AccessDeniedException" && got != "ValidationException" {
			t.Errorf("%.80s: %q", text, got)
		}
		if strings.Contains(out, "s3cret") {
			t.Errorf("%.80s reads another's item", text)
		}
	}
	_, err := c.ExecuteTransaction(ctx, &dynamodb.ExecuteTransactionInput{TransactStatements: []types.ParameterizedStatement{
		{Statement: aws.String(`INSERT INTO cats VALUE {'account': 'p', 'id': '1'}`)}, {Statement: aws.String(`INSERT INTO cats VALUE {'account': 'q', 'id': '9'}`)}}})
	if code(err) != "AccessDeniedException" {
		t.Errorf("a transaction with another's item: %v", err)
	}
}
