package dynamodb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Attributes that are keys of an index have the key's type or are absent, whatever writes them, and have at most so
// many bytes (DynamoDB Developer Guide, "Global secondary indexes": data synchronization; "Constraints"; DynamoDB API
// Reference, "TransactWriteItems": the messages of a ValidationError). The engine checks the type in whole items alone
// (docs/aws-differences.md, 126).
const maxPartitionKey, maxSortKey = 2048, 1024

const (
	errIndexType = "One or more parameter values were invalid: " +
		"Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s"
	errIndexUpdated = "The update expression attempted to update the secondary index key to unsupported type"
	errIndexSize    = "The update expression attempted to update the secondary index key beyond allowed size limits"
)

// indexOf is the first index, by name, of whose key an attribute is a part, and the most bytes that it may have; the
// name is empty if it is part of none, or of the table's key.
func (s *schema) indexOf(attribute string) (index string, most int) {
	most = maxPartitionKey
	if attribute == s.partition || attribute == s.sort {
		return "", most
	}
	for _, name := range slices.Sorted(maps.Keys(s.indexes)) {
		k := s.indexes[name]
		if attribute != k.partition && attribute != k.sort {
			continue
		}
		if index == "" {
			index = name
		}
		if attribute == k.sort {
			most = maxSortKey
		}
	}
	return index, most
}

// keyChange is what a write assigns to keys of indexes.
type keyChange struct {
	// action is the place of the write among those of the request.
	action      int
	schema      *schema
	assignments []assignment
	// item finds the item that is written, as it was; nil if there is none.
	item func(context.Context) (*node, error)
	// existing says that what is not there is not written.
	existing bool
}

// dependent are the assignments whose values depend on the item.
func (k keyChange) dependent() bool {
	return slices.ContainsFunc(k.assignments, func(a assignment) bool { return a.value != nil && !a.value.fixed() })
}

// problem is the text of the error about values that the request has, or that it takes from an item.
func (k keyChange) problem(item *node) string {
	for _, a := range k.assignments {
		if item == nil && k.existing && !a.value.fixed() {
			continue
		}
		index, most := k.schema.indexOf(a.attribute)
		value := a.value.in(item)
		switch {
		case index == "" || value == nil:
		case value.typ != k.schema.types[a.attribute] && a.value.fixed():
			return fmt.Sprintf(errIndexType, a.attribute, k.schema.types[a.attribute], value.typ, index)
		case value.typ != k.schema.types[a.attribute]:
			return errIndexUpdated
		case value.size > most:
			return errIndexSize
		}
	}
	return ""
}

// assigns keeps what a write gives keys of indexes; what it gives other attributes does not matter.
func (r *request) assigns(k keyChange, all []assignment) {
	k.action = len(r.actions)
	for _, a := range all {
		if index, _ := k.schema.indexOf(a.attribute); index != "" {
			k.assignments = append(k.assignments, a)
		}
	}
	if len(k.assignments) > 0 {
		r.keyChanges = append(r.keyChanges, k)
		r.exclusive = r.exclusive || k.dependent()
	}
}

// itemAssignments are those of a whole item.
func itemAssignments(item *node) []assignment {
	var all []assignment
	for i := range item.list {
		if value := literal(&item.list[i]); value != nil {
			value.size = 0 // which the engine bounds in whole items
			all = append(all, assignment{string(item.names[i].text), value})
		}
	}
	return all
}

// keyProblems are the texts of errors, those about keys of indexes among them, by action. Where items have to be read,
// no other request writes to their tables meanwhile.
func (r *request) keyProblems(ctx context.Context) (map[int]string, error) {
	for _, k := range r.keyChanges {
		var item *node
		if k.dependent() {
			var err error
			if item, err = k.item(ctx); err != nil {
				return nil, err
			}
		}
		if text := k.problem(item); text != "" {
			r.wrong(k.action, text)
		}
	}
	return r.problems, nil
}

// wrong keeps the text of an error about one action.
func (r *request) wrong(action int, text string) {
	if r.problems == nil {
		r.problems = map[int]string{}
	}
	if r.problems[action] == "" {
		r.problems[action] = text
	}
}

// stored reads the item of a key.
func (s *Service) stored(id tableID, key *node) func(context.Context) (*node, error) {
	return func(ctx context.Context) (*node, error) {
		var out struct{ Item json.RawMessage }
		in := fields{"TableName": id.name, "Key": json.RawMessage(key.raw), "ConsistentRead": true}
		err := s.engine.call(ctx, id.home, dataTarget+"GetItem", in, &out)
		if err != nil || out.Item == nil {
			return nil, ignoreRefusal(err)
		}
		return parseJSON(out.Item)
	}
}

// ignoreRefusal is nil for an error that the engine answered: it says of the write what is wrong, too.
func ignoreRefusal(err error) error {
	var e *engineError
	if errors.As(err, &e) {
		return nil
	}
	return err
}
