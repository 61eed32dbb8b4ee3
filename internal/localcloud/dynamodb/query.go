package dynamodb

import (
	"github.com/tenantstack/tenantstack/iam"
)

// query derives Query: its leading key is the partition key of the table, or of the index, that its
// conditions ask for.
func query(r *request) {
	if !r.members(r.in, r.operation) {
		return
	}
	id, ok := r.tableName(r.in)
	if !ok {
		return
	}
	index := r.index()
	c := iam.Context{}
	t, s := r.use(id)
	if t != nil {
		if k, ok := s.of(index); !ok {
			r.refuse(invalid("The table does not have the specified index: %s", index))
		} else if key, ok := r.queried(k, s.types[k.partition]); ok {
			lead(c, []string{key.text})
		}
	}
	r.attributesOf(r.in).describe(c)
	r.returns(c, r.in)
	r.selects(c, r.in, index)
	r.access("Query", id, indexPart(index), t, c)
}

// scan derives Scan, which carries no leading keys whatever it filters (Service Authorization
// Reference, "Actions defined by Amazon DynamoDB").
func scan(r *request) {
	if !r.members(r.in, r.operation) {
		return
	}
	id, ok := r.tableName(r.in)
	if !ok {
		return
	}
	index := r.index()
	t, _ := r.use(id)
	c := iam.Context{}
	r.attributesOf(r.in).describe(c)
	r.returns(c, r.in)
	r.selects(c, r.in, index)
	r.access("Scan", id, indexPart(index), t, c)
}

func indexPart(index string) string {
	if index == "" {
		return ""
	}
	return "/index/" + index
}

// index is the member IndexName; empty if there is none.
func (r *request) index() string {
	if r.in.get("IndexName") == nil {
		return ""
	}
	index := r.text(r.in, "IndexName")
	if !validName(index) {
		r.fail(invalid("Invalid index name %q: index names are 3 to 255 characters of a-z, A-Z, 0-9, '_', '-' and '.'", index))
	}
	return index
}

// queried is the partition key that a query asks for. A query of which it cannot be told is refused,
// as it would be by the engine.
func (r *request) queried(k keys, keyType string) (keyValue, bool) {
	value, problem := r.queriedValue(k)
	if problem != "" {
		r.refuse(invalid("Query condition missed key schema element: %s", problem))
		return keyValue{}, false
	}
	v, err := readKeyValue(value)
	if err != nil || string(v.kind) != keyType {
		r.refuse(invalid("One or more parameter values were invalid: the value of %s is not of type %s: %v", k.partition, keyType, errKeyValue))
		return keyValue{}, false
	}
	return v, true
}

func (r *request) queriedValue(k keys) (value *node, problem string) {
	expression, legacy := r.in.get("KeyConditionExpression"), r.object(r.in, "KeyConditions")
	switch {
	case expression != nil && legacy != nil:
		return nil, "it has both KeyConditionExpression and KeyConditions"
	case expression != nil:
		placeholder, err := keyCondition(r.text(r.in, "KeyConditionExpression"), k, r.aliases(r.in))
		if err != nil {
			return nil, k.partition + ": " + err.Error()
		}
		return r.object(r.in, "ExpressionAttributeValues").get(placeholder), ""
	case legacy != nil:
		condition := legacy.get(k.partition)
		if r.text(condition, "ComparisonOperator") != "EQ" {
			return nil, k.partition + " has to equal one value"
		}
		if list := r.list(condition, "AttributeValueList"); list != nil && len(list.list) == 1 {
			return &list.list[0], ""
		}
	}
	return nil, k.partition
}
