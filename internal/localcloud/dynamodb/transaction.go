package dynamodb

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
)

// action is one of a transaction, or a statement of a batch.
type action struct {
	in     *node
	id     tableID
	schema *schema
}

// acted keeps an action of which the request consists.
func (r *request) acted(in *node) {
	a := action{in: in, schema: r.last.schema}
	if r.last.table != nil {
		a.id = r.last.table.id
	}
	r.actions = append(r.actions, a)
}

// cancelledBy are the errors of changes that cannot be applied, which cancel a transaction with a reason of the code
// ValidationError (DynamoDB API Reference, "TransactWriteItems", TransactionCanceledException). The engine answers them
// as errors of the request (docs/aws-differences.md, 127).
var cancelledBy = []string{
	errIndexSize, errIndexUpdated,
	"An operand in the update expression has an incorrect data type",
	"Item size to update has exceeded the maximum allowed size",
	errOverflow, errUnderflow, errPrecision,
	"Type mismatch for attribute to update",
	"Nesting Levels have exceeded supported limits",
	"The document path provided in the update expression is invalid for update",
	"The provided expression refers to an attribute that does not exist in the item",
}

// reason why a transaction is cancelled, for one of its actions.
type reason struct {
	Item    json.RawMessage `json:",omitempty"`
	Code    string
	Message string `json:",omitempty"`
}

// cancellation is the error TransactionCanceledException.
type cancellation struct {
	Type    string `json:"__type"`
	Message string
	Reasons []reason `json:"CancellationReasons"`
}

const (
	canceledCode = "TransactionCanceledException"
	canceledType = "com.amazonaws.dynamodb.v20120810#" + canceledCode
	reasonNone   = "None"
	// errDuplicateKey is the text of an INSERT of a key that exists.
	errDuplicateKey = "Duplicate primary key exists in table"
)

func (r *request) transaction() bool {
	return r.target == dataTarget+"TransactWriteItems" || r.target == dataTarget+"ExecuteTransaction"
}

// cancelled completes the answer to a transaction: with a reason for every action, in their order.
func (r *request) cancelled(ctx context.Context, out answer) (answer, error) {
	var c cancellation
	if out.status == http.StatusOK || json.Unmarshal(out.body, &c) != nil {
		return out, nil
	}
	begins := func(text string) bool { return strings.HasPrefix(c.Message, text) }
	switch code := (&engineError{Type: c.Type}).code(); {
	case code == canceledCode && len(c.Reasons) == len(r.actions):
		return c.answer()
	case code == canceledCode, code == "ValidationException" && slices.ContainsFunc(cancelledBy, begins):
		return r.cancel(ctx, nil, out)
	}
	return out, nil
}

// cancel answers a transaction that is not done. The reasons of actions about which nothing is known are found by
// trying each beside a condition that does not hold; where there are none, the transaction has the answer that it had.
func (r *request) cancel(ctx context.Context, problems map[int]string, had answer) (answer, error) {
	c := cancellation{Type: canceledType}
	found := false
	for i := range r.actions {
		why := reason{Code: "ValidationError", Message: problems[i]}
		if why.Message == "" {
			var err error
			if why, err = r.try(ctx, &r.actions[i]); err != nil {
				return answer{}, err
			}
		}
		found = found || why.Code != reasonNone
		c.Reasons = append(c.Reasons, why)
	}
	if !found {
		return had, nil
	}
	return c.answer()
}

// answer writes the reasons as AWS does.
func (c cancellation) answer() (answer, error) {
	var codes []string
	for i := range c.Reasons {
		why := &c.Reasons[i]
		switch {
		case why.Message == errDuplicateKey:
			why.Code = "DuplicateItem"
		case why.Code == "ConditionalCheckFailed":
			why.Message = strings.TrimSuffix(why.Message, ".")
		}
		why.Message = awsText(why.Message)
		codes = append(codes, why.Code)
	}
	c.Message = "Transaction cancelled, please refer cancellation reasons for specific reasons [" +
		strings.Join(codes, ", ") + "]"
	body, err := json.Marshal(c)
	return answer{http.StatusBadRequest, body}, err
}

// try finds why the engine does not do an action, without having it done.
func (r *request) try(ctx context.Context, a *action) (reason, error) {
	if a.schema == nil {
		return reason{Code: reasonNone}, nil
	}
	member, beside := "TransactItems", a.check()
	if r.operation == "ExecuteTransaction" {
		member, beside = "TransactStatements", a.checkStatement()
	}
	body, err := json.Marshal(fields{member: []any{json.RawMessage(splice(a.in.raw, within(r.edits, a.in))), beside}})
	if err != nil {
		return reason{}, err
	}
	out, err := r.service.engine.do(ctx, a.id.home, r.tryTarget(), body)
	var c cancellation
	switch {
	case err != nil:
		return reason{}, err
	case out.status == http.StatusOK || json.Unmarshal(out.body, &c) != nil:
		return reason{}, fmt.Errorf("a transaction whose condition does not hold: status %d", out.status)
	case len(c.Reasons) > 0:
		return c.Reasons[0], nil
	}
	return reason{Code: "ValidationError", Message: c.Message}, nil
}

func (r *request) tryTarget() string {
	if r.operation == "ExecuteTransaction" {
		return r.target
	}
	return dataTarget + "TransactWriteItems"
}

// check is a condition that does not hold: that there is an item of a random key.
func (a *action) check() any {
	return fields{"ConditionCheck": fields{"TableName": a.id.name, "Key": a.schema.randomKey(),
		"ConditionExpression":      "attribute_exists(#p)",
		"ExpressionAttributeNames": map[string]string{"#p": a.schema.partition}}}
}

// checkStatement is an update of an item that is not there.
func (a *action) checkStatement() any {
	key := a.schema.randomKey()
	condition, given := quoteName(a.schema.partition)+" = ?", []any{key[a.schema.partition]}
	if a.schema.sort != "" {
		condition, given = condition+" AND "+quoteName(a.schema.sort)+" = ?", append(given, key[a.schema.sort])
	}
	text := "UPDATE " + quoteName(a.id.name) + " SET " + quoteName(rand.Text()) + " = 1 WHERE " + condition
	return fields{"Statement": text, "Parameters": given}
}

// randomKey is a key that no item has.
func (s *schema) randomKey() fields {
	key := fields{}
	for _, attribute := range []string{s.partition, s.sort} {
		if attribute == "" {
			continue
		}
		text := rand.Text()
		switch s.types[attribute] {
		case "N":
			text = new(big.Int).SetBytes([]byte(text)[:12]).String()
		case "B":
			text = base64.StdEncoding.EncodeToString([]byte(text))
		}
		key[attribute] = map[string]string{s.types[attribute]: text}
	}
	return key
}
