package dynamodb

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// streamOperations derive what the operations of DynamoDB Streams do (DynamoDB Streams API Reference,
// "Actions").
var streamOperations = map[string]func(*request){
	"ListStreams":      listStreams,
	"DescribeStream":   describeStream,
	"GetShardIterator": getShardIterator,
	"GetRecords":       getRecords,
}

// listStreams can be limited to a table by the ARN of all its streams (DynamoDB Developer Guide,
// "Policy for stream records": table/<name>/stream/*).
func listStreams(r *request) {
	if !r.members(r.in, r.operation) {
		return
	}
	if start := r.text(r.in, "ExclusiveStartStreamArn"); start != "" {
		if id, label, ok := r.streamARN("ExclusiveStartStreamArn"); ok {
			r.toEngine("ExclusiveStartStreamArn", id, label)
		}
	}
	r.finish = r.outer
	if r.in.get("TableName") == nil {
		r.home = home{r.call.Caller.Account, r.call.Region}
		r.accesses = append(r.accesses, gate.Access{Action: "dynamodb:ListStreams", Resource: "*", ResourceAccount: r.home.account})
		return
	}
	if id, ok := r.tableName(r.in); ok {
		t, _ := r.use(id)
		r.access("ListStreams", id, "/stream/*", t, iam.Context{})
	}
}

// labelForm is wider than AWS's labels, which are times.
var labelForm = regexp.MustCompile(`^[0-9A-Za-z:.-]{1,64}$`)

// streamARN reads the ARN of a stream.
func (r *request) streamARN(member string) (id tableID, label string, ok bool) {
	text := r.text(r.in, member)
	id, rest, ok := arnOf(text)
	label, isStream := strings.CutPrefix(rest, "/stream/")
	if !ok || !isStream || !labelForm.MatchString(label) {
		r.fail(invalid("Invalid %s: %q", member, text))
		return id, "", false
	}
	return id, label, r.inHome(id)
}

// toEngine puts the engine's ARN of a stream in the place of AWS's.
func (r *request) toEngine(member string, id tableID, label string) {
	t, err := r.service.table(r.call.HTTP.Context(), id)
	switch {
	case err != nil:
		r.fail(engineDown(err))
	case t == nil:
		r.refuse(failed("ResourceNotFoundException", "Requested resource not found: Stream: %s not found", r.text(r.in, member)))
	default:
		r.edits = append(r.edits, r.in.get(member).replace(quoteJSON(t.engineStream(label))))
	}
}

// stream derives an operation that names a stream by its ARN.
func (r *request) stream() (id tableID, label string, ok bool) {
	if !r.members(r.in, r.operation) {
		return id, "", false
	}
	if id, label, ok = r.streamARN("StreamArn"); !ok {
		return id, "", false
	}
	t, _ := r.use(id)
	r.access(r.operation, id, "/stream/"+label, t, iam.Context{})
	r.toEngine("StreamArn", id, label)
	return id, label, r.problem == nil
}

func describeStream(r *request) {
	r.finish = r.outer
	r.stream()
}

func getShardIterator(r *request) {
	id, label, ok := r.stream()
	if !ok {
		return
	}
	r.finish = func(out answer) answer {
		n, err := parseJSON(out.body)
		if err != nil || out.status != http.StatusOK {
			return r.outer(out)
		}
		return r.seal(out, n, "ShardIterator", iterator{stream: id, label: label}, nil)
	}
}

// iteratorAge is how long a shard iterator is valid (DynamoDB Streams API Reference,
// "GetShardIterator").
const iteratorAge = 15 * time.Minute

// getRecords reads a stream: its iterator says which one, and is of no use to another account than
// that which got it.
func getRecords(r *request) {
	if !r.members(r.in, r.operation) {
		return
	}
	member := r.in.get("ShardIterator")
	it, ok := r.service.openIterator(r.text(r.in, "ShardIterator"))
	if !ok || it.account != r.call.Caller.Account || it.stream.region != r.call.Region {
		r.fail(invalid("Invalid ShardIterator"))
		return
	}
	r.home = it.stream.home
	t, _ := r.use(it.stream)
	r.access("GetRecords", it.stream, "/stream/"+it.label, t, iam.Context{})
	if r.service.now().Sub(it.made) > iteratorAge {
		r.refuse(failed("ExpiredIteratorException", "Iterator expired. The iterator was created at %s, which is more than 15 minutes ago", it.made.UTC().Format(time.RFC3339)))
	}
	r.edits = append(r.edits, member.replace(quoteJSON(it.engine)))
	r.finish = func(out answer) answer {
		n, err := parseJSON(out.body)
		if err != nil || out.status != http.StatusOK || t == nil {
			return r.outer(out)
		}
		return r.seal(out, n, "NextShardIterator", it, append(t.recordEdits(n), n.get("Records").numberEdits()...))
	}
}

// seal puts a sealed iterator in the place of the engine's, with other edits before it.
func (r *request) seal(out answer, n *node, member string, it iterator, edits []edit) answer {
	if m := n.get(member); m != nil {
		it.engine, _ = m.text()
		it.account, it.made = r.call.Caller.Account, r.service.now()
		edits = append(edits, m.replace(quoteJSON(r.service.sealIterator(it))))
	}
	out.body = splice(out.body, sorted(edits))
	return out
}

// recordEdits give records the region, and those of expired items their user (DynamoDB Developer Guide,
// "DynamoDB Streams and Time to Live").
func (t *table) recordEdits(n *node) []edit {
	var edits []edit
	region := quoteJSON(t.id.region)
	records := n.get("Records")
	if records == nil {
		return nil
	}
	schema := t.schema.Load()
	for i := range records.list {
		record := &records.list[i]
		if m := record.get("awsRegion"); m != nil {
			edits = append(edits, m.replace(region))
		}
		if name, _ := record.get("eventName").text(); name != "REMOVE" || schema == nil || record.get("userIdentity") != nil {
			continue
		}
		if t.expiries.removed(schema, record.get("dynamodb")) {
			at := record.at + 1
			edits = append(edits, edit{at, at, []byte(`"userIdentity":{"PrincipalId":"dynamodb.amazonaws.com","Type":"Service"},`)})
		}
	}
	return edits
}
