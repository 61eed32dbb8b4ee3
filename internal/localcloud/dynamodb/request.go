package dynamodb

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// request is a call, understood.
type request struct {
	// operation such as GetItem, with its input.
	operation string
	in        object
	// accesses are what it does.
	accesses []gate.Access
	// home of its tables, and the body that the engine gets.
	home home
	body []byte
	// control says that the answer may have ARNs, which are the engine's.
	control bool
	// written are the tables that it writes to, with the keys that it names; a table without keys
	// may have changed anywhere.
	written map[tableID][]json.RawMessage

	service *Service
	call    *gate.Call
	homes   map[home]bool
	problem *gate.Error
}

// parse finds out what a call does.
func (s *Service) parse(c *gate.Call, operation string) (*request, *gate.Error) {
	in, err := strict(c.Body)
	if err != nil {
		return nil, &gate.Error{Status: http.StatusBadRequest, Code: "SerializationException", Message: "reading the request: " + err.Error()}
	}
	r := &request{operation: operation, in: in, body: c.Body, service: s, call: c, homes: map[home]bool{}, written: map[tableID][]json.RawMessage{}}
	if read, ok := readers[operation]; ok {
		read(r)
	} else if problem := r.other(); problem != nil {
		return nil, problem
	}
	if r.problem != nil {
		return nil, r.problem
	}
	if len(r.accesses) == 0 {
		return nil, invalid("%s names no table", operation)
	}
	return r, r.settle()
}

// readers derive what operations on items do.
var readers = map[string]func(*request){
	"GetItem":               func(r *request) { r.one(r.in, "GetItem", "Key", false) },
	"PutItem":               func(r *request) { r.one(r.in, "PutItem", "Item", true) },
	"UpdateItem":            func(r *request) { r.one(r.in, "UpdateItem", "Key", true) },
	"DeleteItem":            func(r *request) { r.one(r.in, "DeleteItem", "Key", true) },
	"Query":                 (*request).query,
	"Scan":                  (*request).scan,
	"BatchGetItem":          (*request).batchGet,
	"BatchWriteItem":        (*request).batchWrite,
	"TransactGetItems":      (*request).transactGet,
	"TransactWriteItems":    (*request).transactWrite,
	"ExecuteStatement":      (*request).executeStatement,
	"BatchExecuteStatement": (*request).batchExecute,
	"ExecuteTransaction":    (*request).executeTransaction,
}

func (r *request) fail(e *gate.Error) {
	if r.problem == nil {
		r.problem = e
	}
}

// table reads a name or an ARN of a table (DynamoDB API Reference: TableName may be an ARN).
func (r *request) table(name string) (tableID, bool) {
	id := tableID{r.call.Caller.Account, r.call.Region, name}
	if strings.HasPrefix(name, "arn:") {
		parts := strings.SplitN(name, ":", 6)
		if len(parts) != 6 || parts[2] != "dynamodb" || !strings.HasPrefix(parts[5], "table/") {
			r.fail(invalid("Invalid TableArn: %s", name))
			return id, false
		}
		id = tableID{parts[4], parts[3], strings.TrimPrefix(parts[5], "table/")}
	}
	if !validName(id.name) {
		r.fail(invalid("Invalid table name: %q: 3 to 255 characters of [a-zA-Z0-9_.-]", name))
		return id, false
	}
	r.homes[home{id.account, id.region}] = true
	return id, true
}

func validName(name string) bool {
	if len(name) < 3 || len(name) > 255 {
		return false
	}
	for _, c := range name {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.') {
			return false
		}
	}
	return true
}

// settle sends all tables to one database; names that are ARNs become names there.
func (r *request) settle() *gate.Error {
	if len(r.homes) > 1 {
		return invalid("a request reaches the tables of one account and region only")
	}
	r.home = home{r.call.Caller.Account, r.call.Region}
	for h := range r.homes {
		r.home = h
	}
	if r.home != (home{r.call.Caller.Account, r.call.Region}) || bytes.Contains(r.body, []byte(`arn:`)) {
		return r.plainNames()
	}
	return nil
}

// plainNames rewrites TableName where it is an ARN; the engine knows its own ARNs only.
func (r *request) plainNames() *gate.Error {
	var v any
	d := json.NewDecoder(bytes.NewReader(r.body))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return invalid("reading the request: %v", err)
	}
	top, _ := v.(map[string]any)
	plain := func(m map[string]any, member string) {
		if name, ok := m[member].(string); ok && strings.HasPrefix(name, "arn:aws:dynamodb:") {
			m[member] = strings.TrimPrefix(name[strings.LastIndexByte(name, ':')+1:], "table/")
		}
	}
	plain(top, "TableName")
	if r.control {
		for _, member := range []string{"ResourceArn", "TableArn"} {
			if arn, ok := top[member].(string); ok {
				top[member] = enginePrefix + arn[strings.LastIndexByte(arn, ':')+1:]
			}
		}
	}
	if items, ok := top["RequestItems"].(map[string]any); ok {
		for name, value := range items {
			if strings.HasPrefix(name, "arn:") {
				delete(items, name)
				items[strings.TrimPrefix(name[strings.LastIndexByte(name, ':')+1:], "table/")] = value
			}
		}
	}
	if list, ok := top["TransactItems"].([]any); ok {
		for _, item := range list {
			kinds, _ := item.(map[string]any)
			for _, action := range kinds {
				if m, ok := action.(map[string]any); ok {
					plain(m, "TableName")
				}
			}
		}
	}
	body, err := json.Marshal(v)
	if err != nil {
		return invalid("reading the request: %v", err)
	}
	r.body = body
	return nil
}

// access adds what is done to a table or an index of it.
func (r *request) access(action string, id tableID, index string, c iam.Context) {
	resource := id.arn()
	if index != "" {
		resource += "/index/" + index
	}
	a := gate.Access{Action: "dynamodb:" + action, Resource: resource, ResourceAccount: id.account, Context: c}
	if t := r.service.known(id); t != nil {
		a.Policies, a.ResourceTags = t.policy, t.tags
	}
	r.accesses = append(r.accesses, a)
}

// wrote records a write to a key; nil stands for any.
func (r *request) wrote(id tableID, key json.RawMessage) {
	r.written[id] = append(r.written[id], key)
}

// leading is the context with the partition keys of a request. A request without any has no key.
func leading(keys []string) iam.Context {
	if len(keys) == 0 {
		return iam.Context{}
	}
	return iam.Context{"dynamodb:LeadingKeys": keys}
}

// partitionKey is the value of the partition key in a key or an item. Without one, or of a table that
// does not exist, the request carries no leading key.
func (r *request) partitionKey(id tableID, item object) []string {
	t := r.service.lookup(r.call.HTTP.Context(), id)
	if t == nil {
		return nil
	}
	if text, ok := keyText(item[t.partitionKey]); ok {
		return []string{text}
	}
	return nil
}

// one is an operation on one item: the condition keys follow from the key and the attributes that it names.
func (r *request) one(in object, action, member string, writes bool) {
	id, ok := r.table(in.text("TableName"))
	if !ok {
		return
	}
	item := in.object(member)
	c := leading(r.partitionKey(id, item))
	r.describe(in, c, slices.Collect(maps.Keys(item)))
	r.access(action, id, "", c)
	if writes {
		r.wrote(id, in[member])
	}
}

func (r *request) batchGet() {
	for name, raw := range r.in.object("RequestItems") {
		id, ok := r.table(name)
		if !ok {
			return
		}
		var in object
		if json.Unmarshal(raw, &in) != nil {
			r.fail(invalid("RequestItems of %s is no object", name))
			return
		}
		items, ok := in.list("Keys")
		if !ok || len(items) == 0 {
			r.fail(invalid("RequestItems of %s has no Keys", name))
			return
		}
		keys, names, complete := r.keysOf(id, items)
		c := iam.Context{}
		if complete {
			c = leading(keys)
		}
		r.describe(in, c, names)
		r.access("BatchGetItem", id, "", c)
	}
}

// keysOf are the partition keys and the attribute names of several keys or items. Complete says that
// each has one: a batch with an item that has none carries no leading keys, so that no condition holds.
func (r *request) keysOf(id tableID, items []object) (keys, names []string, complete bool) {
	complete = true
	for _, item := range items {
		k := r.partitionKey(id, item)
		complete = complete && len(k) == 1
		keys = append(keys, k...)
		names = append(names, slices.Collect(maps.Keys(item))...)
	}
	return keys, names, complete
}

func (r *request) batchWrite() {
	for name := range r.in.object("RequestItems") {
		id, ok := r.table(name)
		if !ok {
			return
		}
		requests, ok := r.in.object("RequestItems").list(name)
		if !ok || len(requests) == 0 {
			r.fail(invalid("RequestItems of %s is no list of requests", name))
			return
		}
		var items []object
		for _, w := range requests {
			put, remove := w.object("PutRequest").object("Item"), w.object("DeleteRequest").object("Key")
			if len(w) != 1 || (put == nil) == (remove == nil) {
				r.fail(invalid("a request of %s is neither a PutRequest nor a DeleteRequest", name))
				return
			}
			if put != nil {
				items = append(items, put)
				r.wrote(id, w.object("PutRequest")["Item"])
			} else {
				items = append(items, remove)
				r.wrote(id, w.object("DeleteRequest")["Key"])
			}
		}
		keys, names, complete := r.keysOf(id, items)
		c := iam.Context{}
		if complete {
			c = leading(keys)
		}
		r.describe(object{}, c, names)
		r.access("BatchWriteItem", id, "", c)
	}
}

// Transactions are decided by the actions in them (DynamoDB Developer Guide, "Using IAM with
// DynamoDB transactions").
func (r *request) transactGet() {
	r.transact(map[string]transactAction{"Get": {"GetItem", "Key", false}})
}

func (r *request) transactWrite() {
	r.transact(map[string]transactAction{
		"Put": {"PutItem", "Item", true}, "Update": {"UpdateItem", "Key", true},
		"Delete": {"DeleteItem", "Key", true}, "ConditionCheck": {"ConditionCheckItem", "Key", false},
	})
}

type transactAction struct {
	action, member string
	writes         bool
}

func (r *request) transact(actions map[string]transactAction) {
	items, ok := r.in.list("TransactItems")
	if !ok || len(items) == 0 {
		r.fail(invalid("TransactItems is no list of items"))
		return
	}
	for _, item := range items {
		if len(item) != 1 {
			r.fail(invalid("TransactItems can only contain one of Check, Put, Update or Delete"))
			return
		}
		for name := range item {
			a, ok := actions[name]
			in := item.object(name)
			if !ok || in == nil {
				r.fail(invalid("TransactItems has %q, which is no action of %s", name, r.operation))
				return
			}
			before := len(r.accesses)
			r.one(in, a.action, a.member, a.writes)
			for i := before; i < len(r.accesses); i++ {
				r.accesses[i].Context["dynamodb:EnclosingOperation"] = []string{r.operation}
			}
		}
	}
}

func (r *request) query() {
	id, ok := r.table(r.in.text("TableName"))
	if !ok {
		return
	}
	index := r.in.text("IndexName")
	c := iam.Context{}
	if t := r.service.lookup(r.call.HTTP.Context(), id); t != nil {
		if key := r.queried(t.keyOf(index)); key != "" {
			c = leading([]string{key})
		}
	}
	r.describe(r.in, c, slices.Collect(maps.Keys(r.in.object("KeyConditions"))))
	r.selects(c, index)
	r.access("Query", id, index, c)
}

// queried is the partition key of a query; empty if its conditions name none.
func (r *request) queried(partitionKey string) string {
	if partitionKey == "" {
		return ""
	}
	if expression, ok := r.in["KeyConditionExpression"]; ok {
		var text string
		if json.Unmarshal(expression, &text) != nil || r.in["KeyConditions"] != nil {
			return ""
		}
		name := keyCondition(text, partitionKey, r.names())
		value, _ := keyText(r.in.object("ExpressionAttributeValues")[name])
		return value
	}
	condition := r.in.object("KeyConditions").object(partitionKey)
	values, ok := condition.list("AttributeValueList")
	if condition.text("ComparisonOperator") != "EQ" || !ok || len(values) != 1 {
		return ""
	}
	raw, err := json.Marshal(values[0])
	if err != nil {
		return ""
	}
	value, _ := keyText(raw)
	return value
}

// names are the expression's attribute names.
func (r *request) names() map[string]string {
	var names map[string]string
	if json.Unmarshal(r.in["ExpressionAttributeNames"], &names) != nil {
		return nil
	}
	return names
}

// A scan carries no leading keys, whatever it filters (Service Authorization Reference).
func (r *request) scan() {
	id, ok := r.table(r.in.text("TableName"))
	if !ok {
		return
	}
	c := iam.Context{}
	r.describe(r.in, c, nil)
	r.selects(c, r.in.text("IndexName"))
	r.access("Scan", id, r.in.text("IndexName"), c)
}

// selects is dynamodb:Select, whose default depends on what is asked for.
func (r *request) selects(c iam.Context, index string) {
	value := r.in.text("Select")
	switch {
	case value != "":
	case r.in["ProjectionExpression"] != nil || r.in["AttributesToGet"] != nil:
		value = "SPECIFIC_ATTRIBUTES"
	case index != "":
		value = "ALL_PROJECTED_ATTRIBUTES"
	default:
		value = "ALL_ATTRIBUTES"
	}
	c["dynamodb:Select"] = []string{value}
}
