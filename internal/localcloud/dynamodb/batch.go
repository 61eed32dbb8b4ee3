package dynamodb

import (
	"bytes"
	"slices"

	"github.com/tenantstack/tenantstack/iam"
)

// eachTable calls a function for every table of RequestItems, with what is asked of it.
func (r *request) eachTable(do func(tableID, *table, *schema, *node)) {
	if !r.members(r.in, r.operation) {
		return
	}
	items := r.object(r.in, "RequestItems")
	if items == nil || len(items.list) == 0 {
		r.fail(invalid("%s has no RequestItems", r.operation))
		return
	}
	named := map[tableID]bool{}
	for i := range items.list {
		text := string(items.names[i].text)
		id, ok := r.tableText(text)
		if !ok {
			return
		}
		if named[id] {
			r.fail(invalid("RequestItems names table %s twice", id.name))
			return
		}
		named[id] = true
		if text != id.name {
			r.edits = append(r.edits, edit{items.names[i].at, items.names[i].end, quoteJSON(id.name)})
			if r.renamed == nil {
				r.renamed, r.finish = map[string]string{}, r.rename
			}
			r.renamed[id.name] = text
		}
		t, s := r.use(id)
		do(id, t, s, &items.list[i])
	}
}

// maxBatchGet and maxBatchWrite bound batches (DynamoDB API Reference, "BatchGetItem", "BatchWriteItem").
const maxBatchGet, maxBatchWrite = 100, 25

// batchGet derives BatchGetItem: one access for a table, with the partition keys of all its items.
func batchGet(r *request) {
	r.eachTable(func(id tableID, t *table, s *schema, in *node) {
		if !r.members(in, "RequestItems") {
			return
		}
		list := r.list(in, "Keys")
		if list == nil || len(list.list) == 0 {
			r.fail(invalid("RequestItems of table %s has no Keys", id.name))
			return
		}
		if len(list.list) > maxBatchGet {
			r.fail(invalid("Too many items requested for the BatchGetItem call: %d, at most %d", len(list.list), maxBatchGet))
			return
		}
		attributes := r.attributesOf(in)
		leading := batchKeys{complete: true}
		for i := range list.list {
			r.batchKey(&leading, s, &list.list[i], getItem, &attributes)
		}
		c := iam.Context{}
		leading.lead(c)
		attributes.describe(c)
		r.returns(c, in)
		r.selects(c, in, "")
		r.access("BatchGetItem", id, "", t, c)
	})
}

// batchKeys are the partition keys of a batch; complete says that every item has one.
type batchKeys struct {
	values   []string
	complete bool
}

// lead adds the keys, if no item is without: a condition on some of them is to hold of none.
func (k batchKeys) lead(c iam.Context) {
	if k.complete {
		lead(c, k.values)
	}
}

// batchKey adds the partition key and the attributes of an item of a batch.
func (r *request) batchKey(leading *batchKeys, s *schema, item *node, a itemAction, attributes *attributes) {
	if item.kind != isObject {
		r.fail(malformed("an item of RequestItems is no object"))
		return
	}
	attributes.addNames(item)
	if s == nil {
		return
	}
	key, ok := r.partitionKey(s, item, a)
	leading.complete = leading.complete && ok
	if ok && !slices.Contains(leading.values, key.text) {
		leading.values = append(leading.values, key.text)
	}
}

// batchWrite derives BatchWriteItem.
func batchWrite(r *request) {
	r.eachTable(func(id tableID, t *table, s *schema, in *node) {
		if in.kind != isArray || len(in.list) == 0 {
			r.fail(invalid("RequestItems of table %s is no list of requests", id.name))
			return
		}
		if len(in.list) > maxBatchWrite {
			r.fail(invalid("Too many items requested for the BatchWriteItem call: %d, at most %d", len(in.list), maxBatchWrite))
			return
		}
		var attributes attributes
		leading := batchKeys{complete: true}
		for i := range in.list {
			a, item := r.batchedWrite(&in.list[i])
			if item == nil {
				return
			}
			r.batchKey(&leading, s, item, a, &attributes)
			if t == nil {
				continue
			}
			r.writes = append(r.writes, write{table: t, schema: s, action: a.action, item: item})
			if a.action == putItem.action {
				r.assigns(keyChange{schema: s}, itemAssignments(item))
			}
		}
		c := iam.Context{}
		leading.lead(c)
		attributes.describe(c)
		r.returns(c, r.in)
		r.access("BatchWriteItem", id, "", t, c)
	})
}

// batchedWrite is one of the requests of a batch; nil if it is none.
func (r *request) batchedWrite(in *node) (itemAction, *node) {
	if !r.members(in, "RequestItems") {
		return itemAction{}, nil
	}
	put, remove := r.object(in, "PutRequest"), r.object(in, "DeleteRequest")
	a, inner := putItem, put
	if put == nil {
		a, inner = deleteItem, remove
	}
	if (put == nil) == (remove == nil) || !r.members(inner, "RequestItems") {
		r.fail(invalid("A request of RequestItems has to have either a PutRequest or a DeleteRequest"))
		return a, nil
	}
	item := r.object(inner, a.member)
	if item == nil {
		r.fail(invalid("A request of RequestItems has no %s", a.member))
	}
	return a, item
}

// transact derives a transaction: what counts are the actions in it (DynamoDB Developer Guide, "Using IAM
// with DynamoDB transactions").
func transact(actions map[string]itemAction) func(*request) {
	return func(r *request) {
		if !r.members(r.in, r.operation) {
			return
		}
		list := r.list(r.in, "TransactItems")
		if list == nil || len(list.list) == 0 || len(list.list) > 100 {
			r.fail(invalid("TransactItems has to have 1 to 100 items"))
			return
		}
		for i := range list.list {
			in := &list.list[i]
			if !r.members(in, "TransactItems") {
				return
			}
			action, inner := oneOf(in, actions)
			if inner == nil || !r.members(inner, "TransactItems") {
				r.fail(invalid("TransactItems can only contain one of %s", choices(actions)))
				return
			}
			r.item(inner, action, r.operation)
			r.acted(in)
		}
	}
}

// oneOf is the only member that is not null, if it is one of the actions.
func oneOf(in *node, actions map[string]itemAction) (itemAction, *node) {
	var found *node
	var action itemAction
	for i := range in.list {
		if in.list[i].kind == isNull {
			continue
		}
		a, ok := actions[string(in.names[i].text)]
		if !ok || found != nil {
			return itemAction{}, nil
		}
		action, found = a, &in.list[i]
	}
	return action, found
}

func choices(actions map[string]itemAction) string {
	var names []string
	for name := range actions {
		names = append(names, name)
	}
	slices.Sort(names)
	var b bytes.Buffer
	for i, name := range names {
		switch {
		case i > 0 && i == len(names)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(name)
	}
	return b.String()
}
