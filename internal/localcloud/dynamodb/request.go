package dynamodb

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// request is a call, understood as far as its decision needs it.
type request struct {
	service           *Service
	call              *gate.Call
	target, operation string
	in                *node
	// data says that it is about items.
	data bool

	// accesses are what it does.
	accesses []gate.Access
	// home of its tables; empty before the first.
	home home
	// used are the tables whose schemas it was understood by.
	used []usedTable
	// last is the one that was used last.
	last usedTable
	// edits make ARNs of tables into names, which are all that the engine knows everywhere.
	edits []edit
	// renamed are the texts by which a batch names its tables, where they are not names.
	renamed map[string]string
	// writes are followed when it succeeded.
	writes []write
	// actions of a transaction, and statements of a batch.
	actions []action
	// keyChanges are what it assigns to keys of indexes. It is done alone, exclusive, where they depend on items.
	keyChanges []keyChange
	exclusive  bool
	// problems are texts of errors about single actions, by their places.
	problems map[int]string

	// problem makes the request one that AWS does not understand; refused is found only by who may do
	// what it asks for.
	problem, refused *gate.Error
	// answer does what the engine cannot; nil has the engine do it.
	answer func() (answer, *gate.Error)
	// finish changes the engine's answer. Optional.
	finish func(answer) answer
}

type usedTable struct {
	table  *table
	schema *schema
}

// run derives, decides and does. again says that it has to be decided anew.
func (r *request) run(derive func(*request)) (out answer, problem *gate.Error, again bool) {
	derive(r)
	if r.problem != nil {
		return answer{}, r.problem, false
	}
	if len(r.accesses) == 0 {
		return answer{}, invalid("%s names no table", r.operation), false
	}
	if denied := r.call.Authorize(r.accesses...); denied != nil {
		return answer{}, denied, false
	}
	if r.refused != nil {
		return answer{}, r.refused, false
	}
	unlock, ok := r.lock()
	if !ok {
		return answer{}, nil, true
	}
	defer unlock()
	if r.answer != nil {
		out, problem = r.answer()
		return out, problem, false
	}
	out, problem = r.checked()
	return out, problem, false
}

// lock keeps the schemas as they are until the request is done, and everybody else from the tables where it is
// exclusive; ok is false if a schema has changed.
func (r *request) lock() (unlock func(), ok bool) {
	if len(r.used) == 1 && !r.exclusive {
		u := r.used[0]
		u.table.mu.RLock()
		return u.table.mu.RUnlock, u.unchanged()
	}
	// In one order, so that no two requests wait for each other.
	slices.SortFunc(r.used, func(a, b usedTable) int { return strings.Compare(a.table.id.arn(), b.table.id.arn()) })
	for _, u := range r.used {
		if r.exclusive {
			u.table.mu.Lock()
		} else {
			u.table.mu.RLock()
		}
	}
	ok = true
	for _, u := range r.used {
		ok = ok && u.table.schema.Load() == u.schema
	}
	unlock = func() {
		for _, u := range r.used {
			if r.exclusive {
				u.table.mu.Unlock()
			} else {
				u.table.mu.RUnlock()
			}
		}
	}
	if !ok {
		unlock()
	}
	return unlock, ok
}

// unchanged says whether the schema is the one that was used; if not the lock is let go.
func (u usedTable) unchanged() bool {
	if u.table.schema.Load() == u.schema {
		return true
	}
	u.table.mu.RUnlock()
	return false
}

// writeTimeout ends requests to an engine that hangs.
const writeTimeout = time.Minute

// forward has the engine do the request.
func (r *request) forward() (answer, *gate.Error) {
	if r.home == (home{}) {
		r.home = home{r.call.Caller.Account, r.call.Region}
	}
	ctx := r.call.HTTP.Context()
	if len(r.writes) > 0 {
		// What was begun is followed to its end, also when the caller has gone.
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
		defer cancel()
	}
	out, err := r.service.engine.do(ctx, r.home, r.target, splice(r.call.Body, sorted(r.edits)))
	if err != nil || out.status == http.StatusOK {
		r.service.wrote(r.writes)
	}
	if err != nil {
		return answer{}, engineDown(err)
	}
	if r.finish != nil {
		out = r.finish(out)
	}
	if r.data {
		out = awsAnswer(out)
	}
	return out, nil
}

func (r *request) fail(e *gate.Error) {
	if r.problem == nil {
		r.problem = e
	}
}

// refuse is answered to who may do what the request asks for, instead of doing it.
func (r *request) refuse(e *gate.Error) {
	if r.refused == nil {
		r.refused = e
	}
}

// known are the members that decisions rely on, by their lower case. The engine does not know them in
// another case and ignores them; a request that has one means something else than it says.
var known = func() map[string]string {
	out := map[string]string{}
	for _, m := range []string{
		"TableName", "IndexName", "Key", "Keys", "Item", "RequestItems", "TransactItems", "PutRequest", "DeleteRequest",
		"Get", "Put", "Update", "Delete", "ConditionCheck", "Statement", "Statements", "TransactStatements", "Parameters",
		"KeyConditionExpression", "KeyConditions", "ExpressionAttributeNames", "ExpressionAttributeValues",
		"ProjectionExpression", "FilterExpression", "ConditionExpression", "UpdateExpression", "AttributesToGet",
		"AttributeUpdates", "Expected", "QueryFilter", "ScanFilter", "ScanIndexForward", "Select", "ReturnValues",
		"ReturnValuesOnConditionCheckFailure", "ReturnConsumedCapacity", "ResourceArn", "TableArn", "StreamArn",
		"ShardIterator", "ShardId", "BackupArn", "ExportArn", "ImportArn", "SourceTableName", "SourceTableArn", "TargetTableName",
		"GlobalTableName", "Tags", "TagKeys", "Policy", "ResourcePolicy", "TimeToLiveSpecification", "ExclusiveStartKey",
		"ExclusiveStartTableName", "ExclusiveStartStreamArn",
	} {
		out[strings.ToLower(m)] = m
	}
	return out
}()

// members checks that a value is an object whose members are in the case that AWS knows.
func (r *request) members(n *node, what string) bool {
	if n == nil || n.kind != isObject {
		r.fail(malformed("%s is no object", what))
		return false
	}
	for _, m := range n.names {
		if name, ok := known[strings.ToLower(string(m.text))]; ok && name != string(m.text) {
			r.fail(malformed("member %q of %s: its name is %q", m.text, what, name))
			return false
		}
	}
	return true
}

// text is a member that is a string; empty if there is none.
func (r *request) text(n *node, member string) string {
	m := n.get(member)
	if m == nil {
		return ""
	}
	s, ok := m.text()
	if !ok {
		r.fail(malformed("%s is no string", member))
	}
	return s
}

// object is a member that is an object; nil if there is none.
func (r *request) object(n *node, member string) *node { return r.typed(n, member, isObject, "object") }

// list is a member that is an array; nil if there is none.
func (r *request) list(n *node, member string) *node { return r.typed(n, member, isArray, "list") }

func (r *request) typed(n *node, member string, k kind, what string) *node {
	m := n.get(member)
	if m != nil && m.kind != k {
		r.fail(malformed("%s is no %s", member, what))
		return nil
	}
	return m
}

// tableName reads the member TableName, a name or an ARN (DynamoDB API Reference: "You can also provide
// the Amazon Resource Name (ARN) of the table in this parameter").
func (r *request) tableName(n *node) (tableID, bool) { return r.tableMember(n, "TableName") }

func (r *request) tableMember(n *node, member string) (tableID, bool) {
	text := r.text(n, member)
	id, ok := r.tableText(text)
	if ok && text != id.name {
		r.edits = append(r.edits, n.get(member).replace(quoteJSON(id.name)))
	}
	return id, ok
}

// tableText reads a name or an ARN of a table.
func (r *request) tableText(text string) (tableID, bool) {
	id := tableID{home{r.call.Caller.Account, r.call.Region}, text}
	if strings.HasPrefix(text, "arn:") {
		var rest string
		var ok bool
		if id, rest, ok = arnOf(text); !ok || rest != "" {
			r.fail(invalid("Invalid TableArn: %q", text))
			return id, false
		}
	}
	return id, r.inHome(id)
}

// inHome checks the name and the place of a table. DynamoDB takes ARNs of other accounts, in the region
// of the endpoint alone. A request reaches one account here, since each has a database of its own.
func (r *request) inHome(id tableID) bool {
	switch {
	case !validName(id.name):
		r.fail(invalid("Invalid table name %q: table names are 3 to 255 characters of a-z, A-Z, 0-9, '_', '-' and '.'", id.name))
	case id.region != r.call.Region:
		r.fail(invalid("Table %s is not in the region %s of the endpoint", id.arn(), r.call.Region))
	case r.home != (home{}) && r.home != id.home:
		r.fail(invalid("The local cloud does requests on the tables of one account at a time, and not of %s and %s", r.home.account, id.account))
	default:
		r.home = id.home
		return true
	}
	return false
}

// use finds a table by whose schema the request is understood; nil if there is none, which the request
// is refused for after it was decided.
func (r *request) use(id tableID) (*table, *schema) {
	r.last = usedTable{}
	t, err := r.service.table(r.call.HTTP.Context(), id)
	if err != nil {
		r.fail(engineDown(err))
		return nil, nil
	}
	if t == nil {
		r.refuse(failed("ResourceNotFoundException", "Requested resource not found"))
		return nil, nil
	}
	for _, u := range r.used {
		if u.table == t {
			r.last = u
			return t, u.schema
		}
	}
	s := t.schema.Load()
	if s == nil {
		r.refuse(failed("ResourceNotFoundException", "Requested resource not found"))
		return nil, nil
	}
	r.last = usedTable{t, s}
	r.used = append(r.used, r.last)
	return t, s
}

// access adds an access to a table or to what belongs to it: rest is what follows the table's ARN. t may
// be nil.
func (r *request) access(action string, id tableID, rest string, t *table, c iam.Context) {
	a := gate.Access{Action: "dynamodb:" + action, Resource: id.arn() + rest, ResourceAccount: id.account, Context: c}
	if t != nil {
		set := t.settings.Load()
		a.ResourceTags = set.tags
		if strings.HasPrefix(rest, "/stream/") {
			a.Policies = set.streamPolicy.documents()
		} else {
			a.Policies = set.policy.documents()
		}
	}
	r.accesses = append(r.accesses, a)
}
