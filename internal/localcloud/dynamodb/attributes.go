package dynamodb

import (
	"slices"

	"github.com/tenantstack/tenantstack/iam"
)

// attributes are the top-level attributes that a request names: in items, keys, expressions and the
// parameters that came before expressions. Of a nested attribute the top level counts (DynamoDB
// Developer Guide, "Using IAM policy conditions for fine-grained access control",
// dynamodb:Attributes; docs/aws-differences.md, 57).
type attributes []string

// describe sets the condition key dynamodb:Attributes.
func (a attributes) describe(c iam.Context) {
	if len(a) == 0 {
		return
	}
	slices.Sort(a)
	c["dynamodb:Attributes"] = slices.Compact(a)
}

func (a *attributes) addNames(n *node) {
	if n == nil {
		return
	}
	for _, m := range n.names {
		*a = append(*a, string(m.text))
	}
}

// expressions are the parameters that hold expressions.
var expressions = []string{"ProjectionExpression", "FilterExpression", "ConditionExpression", "UpdateExpression", "KeyConditionExpression"}

// namedAttributes are parameters whose members are named by attributes.
var namedAttributes = []string{"Expected", "AttributeUpdates", "QueryFilter", "ScanFilter", "KeyConditions"}

// attributesOf reads the attributes that the parameters of an operation name.
func (r *request) attributesOf(in *node) attributes {
	var a attributes
	names := r.aliases(in)
	for _, member := range expressions {
		a = appendExpression(a, r.text(in, member), names)
	}
	for _, member := range namedAttributes {
		a.addNames(r.object(in, member))
	}
	if list := r.list(in, "AttributesToGet"); list != nil {
		for i := range list.list {
			name, ok := list.list[i].text()
			if !ok {
				r.fail(malformed("AttributesToGet is no list of strings"))
				return a
			}
			a = append(a, name)
		}
	}
	return a
}

// aliases are the expression attribute names, such as #pk.
func (r *request) aliases(in *node) map[string]string {
	n := r.object(in, "ExpressionAttributeNames")
	if n == nil {
		return nil
	}
	names := make(map[string]string, len(n.list))
	for i := range n.list {
		text, ok := n.list[i].text()
		if !ok {
			r.fail(malformed("ExpressionAttributeNames has a value that is no string"))
			return nil
		}
		names[string(n.names[i].text)] = text
	}
	return names
}
