package dynamodb

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
)

// describe adds the condition keys that are about attributes and answers: dynamodb:Attributes has
// all top-level attributes that the request names in keys, items and expressions (DynamoDB Developer
// Guide, "Using IAM policy conditions for fine-grained access control"; docs/aws-differences.md, 57).
func (r *request) describe(in object, c iam.Context, attributes []string) {
	names := map[string]bool{}
	for _, a := range attributes {
		names[a] = true
	}
	for _, a := range in.texts("AttributesToGet") {
		names[a] = true
	}
	for _, member := range []string{"Expected", "AttributeUpdates", "QueryFilter", "ScanFilter"} {
		for a := range in.object(member) {
			names[a] = true
		}
	}
	var aliases map[string]string
	if json.Unmarshal(in["ExpressionAttributeNames"], &aliases) != nil {
		aliases = nil
	}
	for _, member := range []string{"ProjectionExpression", "FilterExpression", "ConditionExpression", "UpdateExpression", "KeyConditionExpression"} {
		for _, a := range expressionAttributes(in.text(member)) {
			if full, ok := aliases[a]; ok {
				a = full
			}
			names[a] = true
		}
	}
	if len(names) > 0 {
		c["dynamodb:Attributes"] = slices.Sorted(maps.Keys(names))
	}
	if v := in.text("ReturnValues"); v != "" {
		c["dynamodb:ReturnValues"] = []string{v}
	}
	if v := r.in.text("ReturnConsumedCapacity"); v != "" {
		c["dynamodb:ReturnConsumedCapacity"] = []string{v}
	}
}

// keywords of expressions, in lower case (DynamoDB Developer Guide, "Using expressions").
var keywords = map[string]bool{
	"set": true, "remove": true, "add": true, "delete": true, "and": true, "or": true, "not": true, "between": true, "in": true,
	"attribute_exists": true, "attribute_not_exists": true, "attribute_type": true, "begins_with": true, "contains": true,
	"size": true, "if_not_exists": true, "list_append": true,
}

// expressionAttributes are the top-level attributes that an expression names: identifiers that follow
// no dot, are no keyword and no value.
func expressionAttributes(expression string) []string {
	var found []string
	for i := 0; i < len(expression); {
		c := expression[i]
		if !isWord(c) && c != '#' && c != ':' {
			i++
			continue
		}
		start := i
		for i++; i < len(expression) && isWord(expression[i]); i++ {
		}
		word := expression[start:i]
		after := start > 0 && expression[start-1] == '.'
		if c == ':' || after || c >= '0' && c <= '9' || keywords[strings.ToLower(word)] {
			continue
		}
		found = append(found, word)
	}
	return found
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}
