package dynamodb

import (
	"fmt"

	"github.com/tenantstack/tenantstack/iam"
)

// Condition keys of DynamoDB (Service Authorization Reference, "Condition keys for Amazon DynamoDB";
// DynamoDB Developer Guide, "Using IAM policy conditions for fine-grained access control").
const (
	keyLeading   = "dynamodb:LeadingKeys"
	keyFirst     = "dynamodb:FirstPartitionKeyValues"
	keyEnclosing = "dynamodb:EnclosingOperation"
	keyFullScan  = "dynamodb:FullTableScan"
)

// lead adds the partition keys of a request. No condition may hold of a request that has none, so an
// empty list is left out.
func lead(c iam.Context, values []string) {
	if len(values) > 0 {
		c[keyLeading], c[keyFirst] = values, values
	}
}

// itemAction is what an operation does to one item.
type itemAction struct {
	// action such as GetItem, and the member that holds the item or its key.
	action, member string
	writes         bool
}

var (
	getItem        = itemAction{"GetItem", "Key", false}
	putItem        = itemAction{"PutItem", "Item", true}
	updateItem     = itemAction{"UpdateItem", "Key", true}
	deleteItem     = itemAction{"DeleteItem", "Key", true}
	conditionCheck = itemAction{"ConditionCheckItem", "Key", false}
)

// single derives an operation on one item.
func single(a itemAction) func(*request) {
	return func(r *request) {
		if r.members(r.in, r.operation) {
			r.item(r.in, a, "")
		}
	}
}

// item derives what is done to one item; enclosing is the transaction that it is part of.
func (r *request) item(in *node, a itemAction, enclosing string) {
	id, ok := r.tableName(in)
	if !ok {
		return
	}
	item := in.get(a.member)
	if item == nil || item.kind != isObject {
		r.fail(invalid("%s of table %s has no %s", a.action, id.name, a.member))
		return
	}
	c := iam.Context{}
	t, s := r.use(id)
	if t != nil {
		if key, ok := r.partitionKey(s, item, a); ok {
			lead(c, []string{key.text})
		}
	}
	attributes := r.attributesOf(in)
	attributes.addNames(item)
	attributes.describe(c)
	if a.writes && t != nil {
		r.writes = append(r.writes, write{table: t, schema: s, action: a.action, item: item, attributes: attributes})
	}
	switch {
	case s == nil:
	case a.action == putItem.action:
		r.assigns(keyChange{schema: s}, itemAssignments(item))
	case a.action == updateItem.action:
		r.assigns(keyChange{schema: s, item: r.service.stored(id, item)}, r.assignments(in))
	}
	r.returns(c, in)
	if a.action == getItem.action {
		r.selects(c, in, "")
	}
	if enclosing != "" {
		c[keyEnclosing] = []string{enclosing}
	}
	r.access(a.action, id, "", t, c)
}

// partitionKey of a key or an item. A request without one, which the engine would refuse as well, is
// refused, so that no policy that denies by a leading key can be passed by.
func (r *request) partitionKey(s *schema, item *node, a itemAction) (keyValue, bool) {
	v, ok := r.keyAttribute(s, item, a, s.partition)
	if ok && s.sort != "" {
		r.keyAttribute(s, item, a, s.sort)
	}
	return v, ok
}

// errKeySchema is the error of a key that is not the table's.
const errKeySchema = "The provided key element does not match the schema"

// keyAttribute of a key or an item. A transaction is cancelled by one of another type, and refused without one.
func (r *request) keyAttribute(s *schema, item *node, a itemAction, attribute string) (keyValue, bool) {
	put := a.action == putItem.action
	n := item.get(attribute)
	if n == nil {
		text := errKeySchema
		if put {
			text = "One or more parameter values were invalid: Missing the key " + attribute + " in the item"
		}
		r.refuse(invalid("%s", text))
		return keyValue{}, false
	}
	v, err := readKeyValue(n)
	if err == nil && string(v.kind) == s.types[attribute] {
		return v, true
	}
	text := errKeySchema
	if o := literal(n); put && o != nil {
		text = fmt.Sprintf("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s", attribute, s.types[attribute], o.typ)
		if o.typ == s.types[attribute] {
			text = errKeySchema + ": " + errKeyValue.Error()
		}
	}
	if r.transaction() {
		r.wrong(len(r.actions), text)
	} else {
		r.refuse(invalid("%s", text))
	}
	return keyValue{}, false
}

// returns adds the condition keys about what is returned. Locally a transaction's
// ReturnValuesOnConditionCheckFailure counts as ReturnValues, for it returns the same.
func (r *request) returns(c iam.Context, in *node) {
	if v := r.text(in, "ReturnValues"); v != "" {
		c["dynamodb:ReturnValues"] = []string{v}
	}
	if v := r.text(in, "ReturnValuesOnConditionCheckFailure"); v != "" && v != "NONE" {
		c["dynamodb:ReturnValues"] = []string{v}
	}
	if v := r.text(r.in, "ReturnConsumedCapacity"); v != "" {
		c["dynamodb:ReturnConsumedCapacity"] = []string{v}
	}
}

// selects adds what is selected: without Select it is what DynamoDB then selects (DynamoDB API
// Reference, "Query", Select).
func (r *request) selects(c iam.Context, in *node, index string) {
	v := r.text(in, "Select")
	switch {
	case v != "":
	case in.get("ProjectionExpression") != nil || in.get("AttributesToGet") != nil:
		v = "SPECIFIC_ATTRIBUTES"
	case index != "":
		v = "ALL_PROJECTED_ATTRIBUTES"
	default:
		v = "ALL_ATTRIBUTES"
	}
	c["dynamodb:Select"] = []string{v}
}
